/*
 * recommender_measure.c - see recommender_measure.h
 */
#include "postgres.h"

#include <math.h>

#include "assess/ranking_k.h"
#include "base/rng.h"
#include "learn/recommend/recommend_many.h"
#include "num/sort.h"
#include "pg/models/recommender_measure.h"

#define MOST_MEASURED  10000 /* users; more tell nothing more */
#define LEAST_MEASURED 500
#define ASKED_AT_ONCE  2048 /* users: their histories are held together */
#define MOST_SCORES    1e8  /* users times items; beyond it fewer users are measured */

const char *const up_recommend_figures[UP_N_FIGURES] = {
	"ndcg@10", "recall@10", "precision@10", "map@10", "mrr@10", "hit_rate@10", "coverage@10", "novelty@10",
};

/* ---- the split --------------------------------------------------------------------------------------------------- */

/* The time from which events are held out; NaN: they have too few different times. */
static double
cut_of(const UpPairs *p, double test_size)
{
	double *times = up_alloc_array(p->n, sizeof(double));
	size_t n = 0, at;
	double cut = NAN;

	for (size_t i = 0; i < p->n; i++)
	{
		if (!isnan(p->times[i]))
			times[n++] = p->times[i];
	}
	up_sort_doubles(times, n, NULL);
	if (n >= 2 && times[0] < times[n - 1])
	{
		at = Min((size_t) ((double) n * (1 - test_size)), n - 1);
		/* Events of one time are on one side: the later one, unless nothing would be left on the other. */
		cut = times[at];
		for (; cut == times[0]; cut = times[++at])
			;
	}
	up_free(times);
	return cut;
}

static uint64_t *
hashes_of(UpKeyColumn *c, uint64_t seed)
{
	uint64_t *hashes = up_alloc_array(Max(c->keys.n, 1), sizeof(uint64_t));

	for (uint32_t i = 0; i < c->keys.n; i++)
	{
		size_t len;
		const char *text = up_key_column_text(c, i, &len);

		hashes[i] = up_hash_bytes(text, len, seed);
	}
	return hashes;
}

static void
hold_out(UpRecommendSplit *s, double test_size, uint64_t seed, bool in_time)
{
	UpRecommendRead *read = unconstify(UpRecommendRead *, s->read);
	const UpPairs *p = &read->pairs;
	double cut = in_time && p->times != NULL ? cut_of(p, test_size) : NAN, sum = 0;
	uint64_t *users = NULL, *items = NULL;

	s->by_time = !isnan(cut);
	if (!s->by_time)
	{
		users = hashes_of(&read->shape.user, seed);
		items = hashes_of(&read->shape.item, seed);
	}
	up_pairs_init(&s->train, p->weights != NULL, p->times != NULL);
	up_pairs_init(&s->test, p->weights != NULL, p->times != NULL);
	for (size_t i = 0; i < p->n; i++)
	{
		uint32_t user = p->pairs[2 * i], item = p->pairs[2 * i + 1];
		double weight = p->weights != NULL ? p->weights[i] : 1, time = p->times != NULL ? p->times[i] : NAN;
		bool held = s->by_time
						? p->times[i] >= cut
						: (double) (up_mix64(users[user] ^ up_mix64(items[item])) >> 11) * 0x1p-53 < test_size;

		if ((i & 65535) == 65535)
			up_tick();
		up_pairs_add(held ? &s->test : &s->train, user, item, weight, time);
		sum += weight;
	}
	s->least = sum / (double) p->n;
	up_free(users);
	up_free(items);
}

typedef struct Drawn
{
	uint64_t hash;
	uint32_t user;
} Drawn;

static int
compare_drawn(const void *a, const void *b)
{
	const Drawn *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Those with events on both sides; of very many some, the same ones each time. */
static void
choose_users(UpRecommendSplit *s, uint64_t seed)
{
	uint64_t *hashes = hashes_of(unconstify(UpKeyColumn *, &s->read->shape.user), seed);
	Drawn *drawn = up_alloc_array(Max(s->read->n_users, 1), sizeof(Drawn));
	uint32_t most;

	for (uint32_t u = 0; u < s->read->n_users; u++)
	{
		if (s->train_starts[u] < s->train_starts[u + 1] && s->test_starts[u] < s->test_starts[u + 1])
			drawn[s->n_users++] = (Drawn){hashes[u], u};
	}
	/* In an order of their own, so that sums do not depend on the order in which events came. */
	up_sort(drawn, s->n_users, sizeof(Drawn), compare_drawn);
	most = (uint32_t) Min(MOST_MEASURED, Max(LEAST_MEASURED, MOST_SCORES / s->read->n_items));
	s->n_users = Min(s->n_users, most);
	s->users = up_alloc_array(Max(s->n_users, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < s->n_users; i++)
		s->users[i] = drawn[i].user;
	up_free(drawn);
	up_free(hashes);
}

static UpRecommendSplit *
try_split(const UpRecommendRead *read, double test_size, uint64_t seed, bool in_time)
{
	UpRecommendSplit *s = up_alloc0(sizeof(UpRecommendSplit));

	s->read = read;
	hold_out(s, test_size, seed, in_time);
	s->train_places = up_recommend_places(&s->train, read->n_users, &s->train_starts);
	s->test_places = up_recommend_places(&s->test, read->n_users, &s->test_starts);
	choose_users(s, seed);
	return s;
}

UpRecommendSplit *
up_recommend_split(const UpRecommendRead *read, double test_size, uint64_t seed, const char **why)
{
	UpRecommendSplit *s;

	*why = "test_size is 0";
	if (test_size <= 0)
		return NULL;
	*why = "no user has events that are held out and others";
	s = try_split(read, test_size, seed, true);
	/* As where each user comes once, such as a basket. */
	if (s->by_time && s->n_users == 0)
		s = try_split(read, test_size, seed, false);
	return s->n_users > 0 ? s : NULL;
}

/* ---- the figures ------------------------------------------------------------------------------------------------- */

typedef struct Measuring
{
	const UpRecommendModel *m;
	const UpRecommendSplit *s;
	bool ratings;
	uint32_t *number; /* of each item read, the model's */
	uint32_t *segment_number;
	double *self_information; /* of the model's items */
	uint8_t *recommended;     /* the same: to anybody */
	uint8_t *marks;           /* the same, of one user: whether relevant */
	uint8_t *relevant;        /* of the items read, of one user */
	size_t n_shown;           /* items shown to all */
} Measuring;

static void
measuring_init(Measuring *g)
{
	const UpRecommendRead *read = g->s->read;
	uint64_t *counts;
	double total = 0;
	uint8_t *seen = up_alloc0(Max(read->n_items, 1));
	size_t work = 0;

	g->number = up_alloc_array(Max(read->n_items, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < read->n_items; i++)
		g->number[i] = up_recommend_item(g->m, read->items[i]);
	g->segment_number = up_alloc_array(Max(read->n_segments, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < read->n_segments; i++)
		g->segment_number[i] = up_recommend_segment(g->m, read->segment_names[i]);
	g->recommended = up_alloc0(g->m->n_items);
	g->marks = up_alloc0(g->m->n_items);
	g->relevant = up_alloc0(Max(read->n_items, 1));
	g->self_information = up_alloc_array(g->m->n_items, sizeof(double));
	counts = up_alloc0(g->m->n_items * sizeof(uint64_t));
	/* How many users have each item. */
	for (uint32_t u = 0; u < read->n_users; u++)
	{
		uint64_t from = g->s->train_starts[u], to = g->s->train_starts[u + 1];

		up_tick_work(&work, 16 * (size_t) (to - from) + 16);
		total += from < to;
		for (uint64_t i = from; i < to; i++)
		{
			uint32_t item = g->s->train.pairs[2 * (size_t) g->s->train_places[i] + 1];

			if (!seen[item] && g->number[item] != UP_NO_ITEM)
				counts[g->number[item]]++;
			seen[item] = 1;
		}
		for (uint64_t i = from; i < to; i++)
			seen[g->s->train.pairs[2 * (size_t) g->s->train_places[i] + 1]] = 0;
	}
	for (uint32_t i = 0; i < g->m->n_items; i++)
		g->self_information[i] = up_novelty_term((double) counts[i], total);
	up_free(counts);
	up_free(seen);
}

/* What a user had. */
static UpHistory *
history_of(Measuring *g, uint32_t user)
{
	const UpPairs *p = &g->s->train;
	UpPairs own;
	uint32_t segment = g->s->read->segments != NULL ? g->s->read->segments[user] : UP_NO_SEGMENT;

	up_pairs_init(&own, p->weights != NULL, p->times != NULL);
	for (uint64_t i = g->s->train_starts[user]; i < g->s->train_starts[user + 1]; i++)
	{
		size_t at = g->s->train_places[i];
		uint32_t item = g->number[p->pairs[2 * at + 1]];

		if (item == UP_NO_ITEM)
			continue;
		up_pairs_add(&own, 0, item, p->weights != NULL ? p->weights[at] : 1,
					 p->times != NULL ? p->times[at] : NAN);
	}
	return up_recommend_history(g->m, &own,
								segment != UP_NO_SEGMENT ? g->segment_number[segment] : UP_NO_SEGMENT);
}

static void
set_relevant(Measuring *g, uint32_t user, uint32_t *n)
{
	const UpPairs *test = &g->s->test, *train = &g->s->train;

	*n = 0;
	for (uint64_t i = g->s->test_starts[user]; i < g->s->test_starts[user + 1]; i++)
	{
		size_t at = g->s->test_places[i];

		g->relevant[test->pairs[2 * at + 1]] =
			!g->ratings || test->weights == NULL || test->weights[at] >= g->s->least;
	}
	for (uint64_t i = g->s->train_starts[user]; i < g->s->train_starts[user + 1]; i++)
		g->relevant[train->pairs[2 * (size_t) g->s->train_places[i] + 1]] = 0;
	for (uint64_t i = g->s->test_starts[user]; i < g->s->test_starts[user + 1]; i++)
	{
		uint32_t item = test->pairs[2 * (size_t) g->s->test_places[i] + 1];

		/* Counted once, and known by its mark among the model's items. */
		if (g->relevant[item] != 1)
			continue;
		g->relevant[item] = 2;
		(*n)++;
		if (g->number[item] != UP_NO_ITEM)
			g->marks[g->number[item]] = 1;
	}
}

static void
forget_user(Measuring *g, uint32_t user)
{
	const UpPairs *sides[] = {&g->s->train, &g->s->test};
	const uint32_t *places[] = {g->s->train_places, g->s->test_places};
	const uint64_t *starts[] = {g->s->train_starts, g->s->test_starts};

	for (int side = 0; side < 2; side++)
	{
		for (uint64_t i = starts[side][user]; i < starts[side][user + 1]; i++)
		{
			uint32_t item = sides[side]->pairs[2 * (size_t) places[side][i] + 1];

			g->relevant[item] = 0;
			if (g->number[item] != UP_NO_ITEM)
				g->marks[g->number[item]] = 0;
		}
	}
}

/* Adds one user's part to each figure. */
static void
add_user(Measuring *g, const uint32_t *top, uint32_t n_top, uint32_t n_relevant, double *sums)
{
	double gains[UP_RECOMMEND_K], *ideal = up_alloc_array(n_relevant, sizeof(double));
	UpRanked ranked = {n_top, gains, n_relevant, ideal};

	for (uint32_t i = 0; i < n_relevant; i++)
		ideal[i] = 1;
	for (uint32_t i = 0; i < n_top; i++)
	{
		g->n_shown++;
		g->recommended[top[i]] = 1;
		sums[UP_FIGURE_NOVELTY] += g->self_information[top[i]];
		gains[i] = g->marks[top[i]];
	}
	sums[UP_FIGURE_NDCG] += up_ndcg_at(&ranked, UP_RECOMMEND_K);
	sums[UP_FIGURE_RECALL] += up_recall_at(&ranked, UP_RECOMMEND_K);
	sums[UP_FIGURE_PRECISION] += up_precision_at(&ranked, UP_RECOMMEND_K);
	sums[UP_FIGURE_MAP] += up_average_precision_at(&ranked, UP_RECOMMEND_K);
	sums[UP_FIGURE_MRR] += up_reciprocal_rank_at(&ranked, UP_RECOMMEND_K);
	sums[UP_FIGURE_HIT_RATE] += up_hit_at(&ranked, UP_RECOMMEND_K);
}

/* Some users, all of whom are asked for together: those with something relevant. Returns how many these are. */
static uint32_t
measure_users(Measuring *g, UpRecommendMany *many, const uint32_t *users, uint32_t n, double *sums)
{
	UpArena *arena = up_arena_enter();
	UpHistory **histories = up_alloc_array(n, sizeof(UpHistory *));
	uint32_t *asked = up_alloc_array(n, sizeof(uint32_t)), *n_relevant = up_alloc_array(n, sizeof(uint32_t)),
			 *tops = up_alloc_array((size_t) n * UP_RECOMMEND_K, sizeof(uint32_t)),
			 *n_tops = up_alloc_array(n, sizeof(uint32_t)), n_asked = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		up_tick();
		set_relevant(g, users[i], &n_relevant[n_asked]);
		forget_user(g, users[i]);
		if (n_relevant[n_asked] == 0)
			continue;
		histories[n_asked] = history_of(g, users[i]);
		asked[n_asked++] = users[i];
	}
	if (n_asked > 0)
		up_recommend_many(many, histories, n_asked, tops, n_tops);
	for (uint32_t i = 0; i < n_asked; i++)
	{
		set_relevant(g, asked[i], &n_relevant[i]);
		add_user(g, tops + (size_t) i * UP_RECOMMEND_K, n_tops[i], n_relevant[i], sums);
		forget_user(g, asked[i]);
	}
	up_arena_leave(arena);
	return n_asked;
}

uint32_t
up_recommend_measure(const UpRecommendModel *m, const UpRecommendSplit *s, bool ratings, double *figures)
{
	Measuring g = {.m = m, .s = s, .ratings = ratings};
	UpRecommendMany *many = up_recommend_many_begin(m, s->n_users, UP_RECOMMEND_K);
	uint32_t n = 0;

	measuring_init(&g);
	memset(figures, 0, sizeof(double) * UP_N_FIGURES);
	for (uint32_t i = 0; i < s->n_users; i += ASKED_AT_ONCE)
	{
		up_progress("measuring recommendations", i, s->n_users);
		n += measure_users(&g, many, s->users + i, Min(ASKED_AT_ONCE, s->n_users - i), figures);
	}
	up_recommend_many_end(many);
	for (int f = 0; f < UP_N_FIGURES; f++)
		figures[f] = n > 0 ? figures[f] / n : NAN;
	figures[UP_FIGURE_COVERAGE] = up_coverage(g.recommended, m->n_items);
	figures[UP_FIGURE_NOVELTY] = g.n_shown > 0 ? figures[UP_FIGURE_NOVELTY] * n / (double) g.n_shown : NAN;
	up_free(g.number);
	up_free(g.segment_number);
	up_free(g.recommended);
	up_free(g.marks);
	up_free(g.relevant);
	up_free(g.self_information);
	return n;
}

UpValue *
up_recommend_figures_value(const double *figures)
{
	UpValue *v = up_value_object();

	for (int f = 0; f < UP_N_FIGURES; f++)
		up_value_set(v, up_recommend_figures[f],
					 isnan(figures[f]) ? up_value_null() : up_value_number(figures[f]));
	return v;
}
