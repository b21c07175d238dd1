/*
 * item_knn.c - items that the same users have: similarities of items, the k nearest of each
 *
 * cosine: sum_u a_ui a_uj / (|a_i| |a_j|), of weights a; jaccard: common / (n_i + n_j - common); llr: 1 - 1 / (1 + L), L the logarithm
 * of the likelihood ratio of the table of users who have both, one, none (T. Dunning, "Accurate methods for the statistics of surprise
 * and coincidence", 1993), 0 where they meet less often than by chance. Each is multiplied by c / (c + shrinkage), c the users in
 * common (Y. Koren, "Factorization meets the neighborhood", KDD 2008).
 *
 * One item at a time: the items of its users are summed up into an array. Cost: the sum over users of the square of their items;
 * memory: 16 bytes an interaction, 24 an item, 8 a neighbour kept.
 */
#include "learn/recommend/neighbours.h"

#include <math.h>
#include <string.h>

#define MOST_NEIGHBOURS 100000

typedef enum Similarity
{
	SIMILARITY_COSINE,
	SIMILARITY_JACCARD,
	SIMILARITY_LLR
} Similarity;

static const char *const similarity_names[] = {"cosine", "jaccard", "llr", NULL};

typedef struct KnnParams
{
	int similarity;
	int64_t k;
	double shrinkage;
	int64_t max_items;
	int weighting;
} KnnParams;

#define UP_PARAMS_OF KnnParams
static const UpParam knn_params[] = {
	UP_CHOICE_PARAM("similarity", similarity, "cosine", similarity_names, "how alike two items are"),
	UP_INT_PARAM("k", k, "20", 1, MOST_NEIGHBOURS, "neighbours that are kept of each item"),
	UP_REAL_PARAM("shrinkage", shrinkage, "10", 0, 1e9,
				  "similarities are multiplied by c / (c + shrinkage), c users in common"),
	UP_INT_PARAM("max_items", max_items, "10000", 1, 1e9,
				 "users who have more items say nothing of similarities: each costs the square of them"),
	UP_CHOICE_PARAM("weighting", weighting, "log", up_weighting_names,
					"what a weight counts; jaccard and llr ask only who has an item, in training"),
};

/* Users by item: the transposed matrix, with what each counts; without users who have too many. */
typedef struct Columns
{
	const UpInteractions *x;
	double *values;   /* [n] of x */
	double *norms;    /* [n_items] sums of squares */
	uint64_t *starts; /* [n_items + 1] into what follows */
	uint32_t *users;
	double *column_values;
	uint64_t most; /* items of a user */
	uint32_t left_out;
} Columns;

static bool
is_taken(const Columns *c, uint32_t u)
{
	return c->x->starts[u + 1] - c->x->starts[u] <= c->most;
}

static void
make_columns(Columns *c, const UpInteractions *x, UpWeighting how)
{
	size_t n = x->starts[x->n_users], work = 0;

	c->x = x;
	c->values = up_alloc_array(n, sizeof(double));
	c->norms = up_alloc0(x->n_items * sizeof(double));
	c->starts = up_alloc0(((size_t) x->n_items + 2) * sizeof(uint64_t));
	c->users = up_alloc_array(n, sizeof(uint32_t));
	c->column_values = up_alloc_array(n, sizeof(double));
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		if (!is_taken(c, u))
			continue;
		up_tick_work(&work, 8 * (x->starts[u + 1] - x->starts[u]));
		for (size_t i = x->starts[u]; i < x->starts[u + 1]; i++)
		{
			c->values[i] = up_weighting(how, x->weights, x->recency, i);
			c->norms[x->items[i]] += c->values[i] * c->values[i];
			c->starts[x->items[i] + 2]++;
		}
	}
	for (uint32_t i = 0; i < x->n_items; i++)
		c->starts[i + 2] += c->starts[i + 1];
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		if (!is_taken(c, u))
		{
			c->left_out++;
			continue;
		}
		up_tick_work(&work, 4 * (x->starts[u + 1] - x->starts[u]));
		for (size_t i = x->starts[u]; i < x->starts[u + 1]; i++)
		{
			size_t at = c->starts[x->items[i] + 1]++;

			c->users[at] = u;
			c->column_values[at] = c->values[i];
		}
	}
}

static double
x_log_x(double x)
{
	return x > 0 ? x * log(x) : 0;
}

static double
likelihood_ratio(double both, double one, double other, double all)
{
	double a = both, b = UP_MAX(one - both, 0), c = UP_MAX(other - both, 0),
		   d = UP_MAX(all - one - other + both, 0);
	double rows = x_log_x(a + b) + x_log_x(c + d), columns = x_log_x(a + c) + x_log_x(b + d);
	double cells = x_log_x(a) + x_log_x(b) + x_log_x(c) + x_log_x(d);

	if (a * d <= b * c)
		return 0;
	return UP_MAX(2 * (cells + x_log_x(a + b + c + d) - rows - columns), 0);
}

static double
similarity(const KnnParams *p, const Columns *c, uint32_t i, uint32_t j, double sum, uint32_t common)
{
	double value = 0;

	switch ((Similarity) p->similarity)
	{
		case SIMILARITY_COSINE:
			value = sum / sqrt(c->norms[i] * c->norms[j]);
			break;
		case SIMILARITY_JACCARD:
			value = sum / (c->norms[i] + c->norms[j] - sum);
			break;
		case SIMILARITY_LLR:
			value = likelihood_ratio(sum, c->norms[i], c->norms[j], c->x->n_users - c->left_out);
			value = 1 - 1 / (1 + value);
			break;
	}
	return value * common / (common + p->shrinkage);
}

/* Sums of one item with all others. */
typedef struct Sums
{
	double *sums;     /* [n_items] zeros between items */
	uint32_t *common; /* [n_items] zeros too */
	uint32_t *seen;   /* those that are not */
	float *values;
} Sums;

static uint32_t
sum_item(const Columns *c, Sums *s, uint32_t item, size_t *work)
{
	const UpInteractions *x = c->x;
	uint32_t n = 0;

	for (size_t k = c->starts[item]; k < c->starts[item + 1]; k++)
	{
		size_t first = x->starts[c->users[k]], end = x->starts[c->users[k] + 1];

		up_tick_work(work, 2 * (end - first));
		for (size_t i = first; i < end; i++)
		{
			uint32_t other = x->items[i];

			if (s->common[other]++ == 0)
				s->seen[n++] = other;
			s->sums[other] += c->column_values[k] * c->values[i];
		}
	}
	return n;
}

static void *
knn_fit(const UpRecommendFit *fit)
{
	const KnnParams *p = fit->params;
	const UpInteractions *x = fit->data;
	UpNeighbours *b = up_neighbours_new(x->n_items, (UpWeighting) p->weighting);
	UpWeighting how = p->similarity == SIMILARITY_COSINE ? (UpWeighting) p->weighting : UP_WEIGHT_BINARY;
	UpArena *arena;
	Columns c = {.most = (uint64_t) p->max_items};
	Sums s;
	size_t work = 0;

	up_reserve(x->starts[x->n_users] * 20 + (size_t) x->n_items * 36, "the similarities of items");
	arena = up_arena_enter();
	make_columns(&c, x, how);
	s.sums = up_alloc0(x->n_items * sizeof(double));
	s.common = up_alloc0(x->n_items * sizeof(uint32_t));
	s.seen = up_alloc_array(x->n_items, sizeof(uint32_t));
	s.values = up_alloc_array(x->n_items, sizeof(float));
	for (uint32_t i = 0; i < x->n_items; i++)
	{
		uint32_t n = sum_item(&c, &s, i, &work);

		if (i % 256 == 0)
			up_progress("item_knn: similarities", i, x->n_items);
		up_tick_work(&work, 16 * n);
		for (uint32_t k = 0; k < n; k++)
		{
			uint32_t other = s.seen[k];

			s.values[k] = (float) similarity(p, &c, i, other, s.sums[other], s.common[other]);
			s.sums[other] = 0;
			s.common[other] = 0;
		}
		up_arena_suspend(arena);
		up_neighbours_add(b, i, s.seen, s.values, n, (uint32_t) p->k);
		up_arena_resume(arena);
	}
	up_arena_leave(arena);
	if (c.left_out > 0)
		up_value_set(fit->info, "users_left_out", up_value_number(c.left_out));
	return b;
}

const UpRecommender up_recommend_item_knn = {
	.name = "item_knn",
	.number = 2,
	.help = "items that the same users have: cosine, jaccard or likelihood ratio, the k nearest of each",
	.params = {knn_params, UP_LENGTH(knn_params)},
	.params_size = sizeof(KnnParams),
	.fit = knn_fit,
	.write = up_neighbours_write,
	.read = up_neighbours_read,
	.describe = up_neighbours_describe,
	.score = up_neighbours_score,
	.reason = up_neighbours_reason,
	.similar = up_neighbours_similar,
};
