/*
 * fn_recommender.c - uprofile_train_recommender, uprofile_recommenders, uprofile_similar_items and uprofile_similar_users
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "learn/recommend/pairs.h"
#include "learn/recommend/recommend_many.h"
#include "num/sort.h"
#include "pg/io/nearest.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/recommender_site.h"
#include "pg/sql/train_arguments.h"

#include <math.h>

#define ALIKE       1e-12 /* below it a cosine is none */
#define OWNED_BYTES (sizeof(uint32_t) + 2 * sizeof(double))

PG_FUNCTION_INFO_V1(uprofile_recommenders);
Datum
uprofile_recommenders(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);

	for (int i = 0; i < up_n_recommenders; i++)
	{
		Datum values[] = {CStringGetTextDatum(up_recommenders[i]->name),
						  CStringGetTextDatum(up_recommenders[i]->help)};
		bool nulls[2] = {false};

		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_train_recommender);
Datum
uprofile_train_recommender(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpRecommendOrder order = {0};
	UpRecommendTrained *t;
	Datum values[9];
	bool nulls[9] = {false};

	order.schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	order.name = up_text_argument(fcinfo, 0, "model");
	up_registry_check_name(order.name);
	order.source = up_text_argument(fcinfo, 1, "source");
	order.columns.user_key = up_text_argument(fcinfo, 2, "user_key");
	order.columns.item = up_text_argument(fcinfo, 3, "item");
	order.columns.weight = up_text_argument(fcinfo, 4, NULL);
	order.columns.event_time = up_text_argument(fcinfo, 5, NULL);
	order.algorithm = up_text_argument(fcinfo, 6, "algorithm");
	order.params = up_params_argument(fcinfo, 7, 11);
	order.columns.segment = up_text_argument(fcinfo, 8, NULL);
	order.test_size = up_test_size_argument(fcinfo, 9);
	order.deploy = up_deploy_argument(fcinfo, 10);
	t = up_train_recommender(&order);
	values[0] = CStringGetTextDatum(order.name);
	values[1] = Int32GetDatum(t->version);
	values[2] = CStringGetTextDatum(t->algorithm);
	values[3] = Int64GetDatum(t->n_users);
	values[4] = Int64GetDatum(t->n_items);
	values[5] = Int64GetDatum((int64) t->n_events);
	values[6] = JsonbPGetDatum(up_value_to_jsonb(t->metrics));
	values[7] = BoolGetDatum(t->deployed);
	nulls[8] = t->note == NULL;
	values[8] = t->note != NULL ? CStringGetTextDatum(t->note) : (Datum) 0;
	up_srf_row(srf, values, nulls);
	return up_srf_end_work(srf);
}

static void
send(UpSrf *srf, const char *text, double score, uint32_t place)
{
	Datum values[] = {CStringGetTextDatum(text), Float8GetDatum(score), Int32GetDatum((int32) place + 1)};
	bool nulls[lengthof(values)] = {false};

	up_srf_row(srf, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_similar_items);
Datum
uprofile_similar_items(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile similar items", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(work);
	UpRecommenderSite *s = up_recommender_site(fcinfo, NULL);
	const UpRecommendModel *m = s->recommender->model;
	char *text = up_recommender_item_text(fcinfo, 1);
	uint32_t n = Min(up_recommender_count(fcinfo, 2), m->n_items), item = up_recommend_item(m, text), *top;

	if (item == UP_NO_ITEM)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" knows no item \"%s\"", s->name, text),
						up_hint_nearest(up_nearest_name(text, (const char *const *) m->items, (int) m->n_items),
										"Items that came after the training are known to the next version.")));
	up_recommend_similar(m, item, s->scores);
	top = up_alloc_array(n, sizeof(uint32_t));
	n = up_recommend_top(m, s->scores, NULL, n, top);
	for (uint32_t i = 0; i < n && s->scores[top[i]] > 0; i++)
		send(srf, m->items[top[i]], s->scores[top[i]], i);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(work);
	return (Datum) 0;
}

/* ---- similar users ----------------------------------------------------------------------------------------------- */

static UpHistory *
history_of(const UpRecommenderSite *s, uint32_t user)
{
	uint32_t segment;
	UpPairs pairs;

	up_user_events_of(&s->users, user, &pairs, &segment);
	return up_recommend_history(s->recommender->model, &pairs, segment);
}

/* What users have, from first to end - 1, one after the other. */
static UpInteractions *
read_each(const UpRecommenderSite *s, uint32_t first, uint32_t end)
{
	uint32_t n = end - first;
	size_t most = Max(s->users.starts[end] - s->users.starts[first], 1);
	UpInteractions *x = up_alloc0(sizeof(UpInteractions));

	up_reserve(most * OWNED_BYTES, "what all users have");
	x->n_users = n;
	x->starts = up_alloc0(((size_t) n + 1) * sizeof(uint64_t));
	x->items = up_alloc_array(most, sizeof(uint32_t));
	x->weights = up_alloc_array(most, sizeof(double));
	for (uint32_t u = 0; u < n; u++)
	{
		UpArena *arena = up_arena_enter();
		const UpHistory *h = history_of(s, first + u);
		uint64_t at = x->starts[u];

		up_tick();
		x->starts[u + 1] = at + h->n;
		if (h->n > 0)
		{
			memcpy(x->items + at, h->items, h->n * sizeof(uint32_t));
			memcpy(x->weights + at, h->weights, h->n * sizeof(double));
		}
		if (h->recency != NULL && x->recency == NULL)
			x->recency = MemoryContextAllocHuge(s->users.all_context, most * sizeof(double));
		if (h->recency != NULL)
			memcpy(x->recency + at, h->recency, h->n * sizeof(double));
		up_arena_leave(arena);
	}
	return x;
}

/* Those of all users at once; NULL: they have to be read one after the other. */
static UpInteractions *
read_together(const UpRecommenderSite *s)
{
	return up_recommend_histories(s->recommender->model, &s->users.all->pairs, s->users.all->n_users,
								  s->users.item_number);
}

/* From first on, the users whose events a quarter of the memory has room for; one at least. */
static uint32_t
some_end(const UpRecommenderSite *s, uint32_t first)
{
	uint32_t end = first + 1;
	uint64_t most = up_memory_limit() / (4 * OWNED_BYTES);

	while (end < s->users.all->n_users && s->users.starts[end + 1] - s->users.starts[first] <= most)
		end++;
	return end;
}

static void
normalize(double *v, size_t n)
{
	double square = 0;

	for (size_t i = 0; i < n; i++)
		square += v[i] * v[i];
	for (size_t i = 0; i < n && square > 0; i++)
		v[i] /= sqrt(square);
}

/* The vectors of all users, each of length 1 (or 0); kept for the moment. */
static void
make_vectors(UpRecommenderSite *s, uint32_t length)
{
	uint32_t n = s->users.all->n_users, end;
	UpInteractions *owned = read_together(s);
	double *vectors;

	up_reserve((size_t) n * length * sizeof(double), "the vectors of all users");
	vectors = up_alloc_array(Max((Size) n * length, 1), sizeof(double));
	for (uint32_t first = 0; first < n; first = end)
	{
		end = owned != NULL ? n : some_end(s, first);
		if (owned == NULL)
			owned = read_each(s, first, end);
		up_recommend_vectors(s->recommender->model, owned, vectors + (size_t) first * length);
		up_interactions_free(owned);
		owned = NULL;
	}
	for (uint32_t u = 0; u < n; u++)
	{
		if ((u & 1023) == 1023)
			up_tick();
		normalize(vectors + (size_t) u * length, length);
	}
	s->vectors = vectors;
}

/* Where the algorithm has no vectors, what users have is one: by the weights, to length 1. */
static void
make_owned(UpRecommenderSite *s)
{
	UpInteractions *x = read_together(s);

	if (x == NULL)
		x = read_each(s, 0, s->users.all->n_users);
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		if ((u & 1023) == 1023)
			up_tick();
		normalize(x->weights + x->starts[u], x->starts[u + 1] - x->starts[u]);
	}
	s->owned = x;
}

static void
prepare_users(UpRecommenderSite *s)
{
	uint32_t length = up_recommend_vector_length(s->recommender->model);
	MemoryContext outer;

	up_user_events_all(&s->users);
	outer = MemoryContextSwitchTo(s->users.all_context);
	if (length > 0 && s->vectors == NULL)
		make_vectors(s, length);
	if (length == 0 && s->owned == NULL)
		make_owned(s);
	MemoryContextSwitchTo(outer);
}

static void
compare_vectors(const UpRecommenderSite *s, uint32_t user, uint32_t length, double *out)
{
	const double *own = s->vectors + (size_t) user * length;

	for (uint32_t u = 0; u < s->users.all->n_users; u++)
	{
		double sum = 0;

		if ((u & 1023) == 1023)
			up_tick();
		for (uint32_t i = 0; i < length; i++)
			sum += own[i] * s->vectors[(size_t) u * length + i];
		out[u] = sum;
	}
}

static void
compare_owned(const UpRecommenderSite *s, uint32_t user, double *out)
{
	const UpInteractions *x = s->owned;
	double *dense = up_alloc0(s->recommender->model->n_items * sizeof(double));
	size_t work = 0;

	for (uint64_t i = x->starts[user]; i < x->starts[user + 1]; i++)
		dense[x->items[i]] = x->weights[i];
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		double sum = 0;

		up_tick_work(&work, 8 + (size_t) (x->starts[u + 1] - x->starts[u]));
		for (uint64_t i = x->starts[u]; i < x->starts[u + 1]; i++)
			sum += dense[x->items[i]] * x->weights[i];
		out[u] = sum;
	}
}

/* Cosines of one user with all; his own is none. */
static void
compare_users(const UpRecommenderSite *s, uint32_t user, double *out)
{
	uint32_t length = up_recommend_vector_length(s->recommender->model);

	if (length > 0)
		compare_vectors(s, user, length, out);
	else
		compare_owned(s, user, out);
	out[user] = 0;
}

typedef struct Alike
{
	double score;
	uint32_t user;
	const char *text;
} Alike;

static int
compare_alike(const void *a, const void *b)
{
	const Alike *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* The least score that may be among the best so many. */
static double
least_score(const double *scores, uint32_t n, uint32_t most)
{
	double *sorted = up_alloc_array(Max(n, 1), sizeof(double)), least = ALIKE;

	for (uint32_t u = 0; u < n; u++)
		sorted[u] = isnan(scores[u]) ? 0 : scores[u];
	up_sort_doubles(sorted, n, NULL);
	if (most <= n)
		least = Max(least, sorted[n - most]);
	up_free(sorted);
	return least;
}

/* Those alike, the most first, equal ones by their text; with all that are as alike as the last one wanted. */
static Alike *
order_alike(const UpRecommenderSite *s, const double *scores, uint32_t most, uint32_t *n)
{
	uint32_t n_users = s->users.all->n_users, k = 0;
	double least = least_score(scores, n_users, most);
	Alike *alike;

	for (uint32_t u = 0; u < n_users; u++)
		k += scores[u] >= least;
	alike = up_alloc_array(Max(k, 1), sizeof(Alike));
	*n = 0;
	for (uint32_t u = 0; u < n_users; u++)
	{
		size_t len;
		const char *text;

		if (!(scores[u] >= least))
			continue;
		text = up_key_column_text(&s->users.all->shape.user, u, &len);
		alike[(*n)++] = (Alike){scores[u], u, pnstrdup(text, len)};
	}
	up_sort(alike, *n, sizeof(Alike), compare_alike);
	return alike;
}

PG_FUNCTION_INFO_V1(uprofile_similar_users);
Datum
uprofile_similar_users(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	MemoryContext work =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile similar users", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(work);
	UpRecommenderSite *s = up_recommender_site(fcinfo, up_text_argument(fcinfo, 3, NULL));
	uint32_t most = up_recommender_count(fcinfo, 2), user, n = 0;
	double *scores;
	Alike *alike = NULL;

	prepare_users(s);
	user = up_user_events_number(&s->users, fcinfo, 1);
	if (user == UINT32_MAX && !PG_ARGISNULL(1))
		ereport(NOTICE, (errmsg("the events of model \"%s\" have no user \"%s\"", s->name,
								up_user_key_given(fcinfo, 1))));
	if (user != UINT32_MAX)
	{
		scores = up_alloc_array(s->users.all->n_users, sizeof(double));
		compare_users(s, user, scores);
		alike = order_alike(s, scores, most, &n);
	}
	for (uint32_t i = 0; i < n && i < most; i++)
		send(srf, alike[i].text, alike[i].score, i);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(work);
	return (Datum) 0;
}
