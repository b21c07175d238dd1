/*
 * agg_ranking.c - figures of ranked lists as aggregates over (recommended, relevant [, k]), a row a user
 *
 * The initial value of the state is the figure's name; how it lives, expanded.h tells. A row with a NULL list is passed over, and so is
 * a user for whom nothing is relevant. Coverage and novelty are of items: these are counted by their text.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "assess/ranking_k.h"
#include "mine/items.h"
#include "pg/sql/expanded.h"

#include <math.h>

#define STATE_FORMAT 1
static const char flat_magic[4] = {'U', 'P', 'R', 'K'};

static const struct Figure
{
	const char *name;
	double (*of_user)(const UpRanked *r, uint32_t k); /* NULL: of items */
} figures[] = {
	{"precision_at_k", up_precision_at},
	{"recall_at_k", up_recall_at},
	{"ndcg_at_k", up_ndcg_at},
	{"map_at_k", up_average_precision_at},
	{"mrr", up_reciprocal_rank_at},
	{"hit_rate", up_hit_at},
	{"coverage", NULL},
	{"novelty", NULL},
};

#define COVERAGE 6
#define NOVELTY  7

typedef struct RankingState
{
	UpExpanded expanded;
	uint32_t figure; /* place in the table */
	uint32_t k;
	uint64_t n; /* users */
	double sum; /* of their figures */
	/* Of items: */
	UpKeys items;
	uint32_t capacity;
	uint64_t *shown; /* to how many users */
	uint64_t *relevant;
} RankingState;

/* ---- states that travel ------------------------------------------------------------------------------------------ */

static void
put_state(UpWriter *w, const void *state)
{
	const RankingState *s = state;

	up_put_bytes(w, flat_magic, sizeof(flat_magic));
	up_put_u16(w, STATE_FORMAT);
	up_put_u8(w, s->expanded.begun);
	up_put_u8(w, (uint8_t) s->figure);
	up_put_u32(w, s->k);
	up_put_u64(w, s->n);
	up_put_f64(w, s->sum);
	up_put_u32(w, s->items.n);
	for (uint32_t i = 0; i < s->items.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&s->items, i, &len);

		up_put_u32(w, (uint32_t) len);
		up_put_bytes(w, text, len);
		up_put_u64(w, s->shown[i]);
		up_put_u64(w, s->relevant[i]);
	}
}

static uint32_t
item_number(RankingState *s, const char *text, size_t len)
{
	uint32_t item = up_keys_bytes(&s->items, text, len);

	if (item < s->capacity)
		return item;
	s->shown = s->capacity == 0 ? up_alloc_array(64, sizeof(uint64_t))
								: up_realloc(s->shown, 2 * (size_t) s->capacity * sizeof(uint64_t));
	s->relevant = s->capacity == 0 ? up_alloc_array(64, sizeof(uint64_t))
								   : up_realloc(s->relevant, 2 * (size_t) s->capacity * sizeof(uint64_t));
	for (uint32_t i = s->capacity; i < Max(64, 2 * s->capacity); i++)
		s->shown[i] = s->relevant[i] = 0;
	s->capacity = Max(64, 2 * s->capacity);
	return item;
}

static void
get_items(RankingState *s, UpReader *r)
{
	uint32_t n = up_get_count(r, 20, UINT32_MAX, "items");

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_get_count(r, 1, UINT32_MAX, "length of an item"), item;

		item = item_number(s, (const char *) r->bytes + r->pos, len);
		r->pos += len;
		if (item != i)
			up_corrupt(r, "an item comes twice");
		s->shown[i] = up_get_u64(r);
		s->relevant[i] = up_get_u64(r);
	}
}

static void
get_state(void *state, const char *bytes, Size len)
{
	RankingState *s = state;
	UpReader r;
	char start[4];

	up_keys_init(&s->items, true);
	if (len < sizeof(flat_magic) || memcmp(bytes, flat_magic, sizeof(flat_magic)) != 0)
	{
		while (s->figure < lengthof(figures) &&
			   (strlen(figures[s->figure].name) != len || memcmp(figures[s->figure].name, bytes, len) != 0))
			s->figure++;
		if (s->figure == lengthof(figures))
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("damaged aggregate state: no figure of ranked lists")));
		return;
	}
	up_reader_init(&r, bytes, len, "aggregate state");
	up_get_bytes(&r, start, sizeof(start));
	if (up_get_u16(&r) != STATE_FORMAT)
		up_corrupt(&r, "format");
	s->expanded.begun = up_get_bool(&r);
	s->figure = up_get_u8(&r);
	if (s->figure >= lengthof(figures))
		up_corrupt(&r, "figure");
	s->k = up_get_u32(&r);
	s->n = up_get_u64(&r);
	s->sum = up_get_f64(&r);
	get_items(s, &r);
	up_get_end(&r);
}

static void
check_k(const RankingState *s, uint32_t k)
{
	if (s->expanded.begun && s->k != k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("k differs between rows of one aggregate"),
				 errhint("Give the same k with every row; GROUP BY it to measure each.")));
}

static void
check_state(const void *state, const void *other)
{
	const RankingState *s = state, *o = other;

	if (s->figure != o->figure)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("states of different figures")));
	if (o->expanded.begun)
		check_k(s, o->k);
}

static void
merge_state(void *state, void *other)
{
	RankingState *s = state, *o = other;

	s->n += o->n;
	s->sum += o->sum;
	for (uint32_t i = 0; i < o->items.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&o->items, i, &len);
		uint32_t item = item_number(s, text, len);

		s->shown[item] += o->shown[i];
		s->relevant[item] += o->relevant[i];
	}
}

static const UpExpandedKind ranking_state = {
	.name = "ranking",
	.size = sizeof(RankingState),
	.put = put_state,
	.get = get_state,
	.check = check_state,
	.merge = merge_state,
	.too_large = "SET max_parallel_workers_per_gather = 0.",
};

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static const char **
texts_of(ArrayType *array, uint32_t *n)
{
	Datum *elements;
	bool *nulls;
	const char **texts;
	int all;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &all);
	texts = palloc(sizeof(char *) * Max(all, 1));
	for (int i = 0; i < all; i++)
		texts[i] = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
	*n = (uint32_t) all;
	return texts;
}

/* Counts each item of a list once. */
static void
count_items(RankingState *s, const char *const *texts, uint32_t n, bool shown)
{
	UpKeys seen;

	up_keys_init(&seen, true);
	for (uint32_t i = 0; i < n; i++)
	{
		MemoryContext outer;
		uint32_t item;

		if (texts[i] == NULL || up_keys_has(&seen, texts[i], strlen(texts[i])))
			continue;
		(void) up_keys_bytes(&seen, texts[i], strlen(texts[i]));
		outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
		item = item_number(s, texts[i], strlen(texts[i]));
		MemoryContextSwitchTo(outer);
		(shown ? s->shown : s->relevant)[item]++;
	}
}

static void
add_row(RankingState *s, ArrayType *recommended, ArrayType *relevant)
{
	uint32_t n_recommended, n_relevant;
	const char **shown = texts_of(recommended, &n_recommended), **wanted = texts_of(relevant, &n_relevant);
	double figure;

	if (figures[s->figure].of_user == NULL)
	{
		count_items(s, shown, Min(n_recommended, s->k), true);
		count_items(s, wanted, n_relevant, false);
		s->n++;
		return;
	}
	figure = figures[s->figure].of_user(up_ranked(shown, n_recommended, wanted, NULL, n_relevant), s->k);
	if (isnan(figure))
		return;
	s->sum += figure;
	s->n++;
}

PG_FUNCTION_INFO_V1(uprofile_agg_ranking);
Datum
uprofile_agg_ranking(PG_FUNCTION_ARGS)
{
	RankingState *s = up_expanded_writable(fcinfo, &ranking_state);
	uint32_t k = UP_ALL_RANKS;

	if (PG_NARGS() == 4)
	{
		if (PG_ARGISNULL(3) || PG_GETARG_INT32(3) < 1)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							PG_ARGISNULL(3) ? errmsg("k must not be NULL")
											: errmsg("k must be at least 1, not %d", PG_GETARG_INT32(3))));
		k = (uint32_t) PG_GETARG_INT32(3);
	}
	check_k(s, k);
	s->k = k;
	s->expanded.begun = true;
	/* What this takes goes with the row: the executor calls transitions in memory that it resets. */
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
		add_row(s, PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_ARRAYTYPE_P(2));
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_ranking_combine);
Datum
uprofile_agg_ranking_combine(PG_FUNCTION_ARGS)
{
	return up_expanded_combine(fcinfo, &ranking_state);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

/* Of the items that were shown or relevant, the share of those shown. */
static double
coverage(const RankingState *s)
{
	uint8_t *shown = up_alloc_array(Max(s->items.n, 1), 1);

	for (uint32_t i = 0; i < s->items.n; i++)
		shown[i] = s->shown[i] > 0;
	return s->items.n > 0 ? up_coverage(shown, s->items.n) : NAN;
}

/* The mean over all that was shown, each time to each user. */
static double
novelty(const RankingState *s)
{
	double sum = 0, total = 0;

	for (uint32_t i = 0; i < s->items.n; i++)
	{
		sum += (double) s->shown[i] * up_novelty_term((double) s->relevant[i], (double) s->n);
		total += (double) s->shown[i];
	}
	return total > 0 ? sum / total : NAN;
}

PG_FUNCTION_INFO_V1(uprofile_agg_ranking_final);
Datum
uprofile_agg_ranking_final(PG_FUNCTION_ARGS)
{
	const RankingState *s;
	double figure;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	s = up_expanded_readable(PG_GETARG_DATUM(0), &ranking_state);
	if (s->n == 0)
		PG_RETURN_NULL();
	figure = s->figure == COVERAGE ? coverage(s) : s->figure == NOVELTY ? novelty(s) : s->sum / (double) s->n;
	if (isnan(figure))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(figure);
}
