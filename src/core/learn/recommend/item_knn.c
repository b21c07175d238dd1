/*
 * item_knn.c - items that the same users have: similarities of items, the k nearest of each
 *
 * cosine: sum_u a_ui a_uj / (|a_i| |a_j|), of weights a; jaccard: common / (n_i + n_j - common); llr: 1 - 1 / (1 + L), L the logarithm
 * of the likelihood ratio of the table of users who have both, one, none (T. Dunning, "Accurate methods for the statistics of surprise
 * and coincidence", 1993), 0 where they meet less often than by chance. Each is multiplied by c / (c + shrinkage), c the users in
 * common (Y. Koren, "Factorization meets the neighborhood", KDD 2008).
 *
 * One item at a time: the items of its users are summed up into an array; items are shared out to workers. Cost: the sum over users of the
 * square of their items; memory: 32 bytes an interaction, 24 an item for each process, 8 a neighbour kept.
 */
#include "learn/recommend/neighbours.h"

#include <math.h>
#include <string.h>

#define MOST_NEIGHBOURS 100000
#define SECONDS_A_PAIR  2e-9 /* of items of a user, about */

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
	uint64_t *user_starts; /* as x has them, where parts can see them */
	uint32_t *items;
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
	c->user_starts = up_neighbours_starts(x);
	c->items = up_neighbours_items(x);
	c->values = up_alloc_large_array(n, sizeof(double));
	c->norms = up_alloc_large_zeroed(x->n_items, sizeof(double));
	c->starts = up_alloc_large_zeroed((size_t) x->n_items + 2, sizeof(uint64_t));
	c->users = up_alloc_large_array(n, sizeof(uint32_t));
	c->column_values = up_alloc_large_array(n, sizeof(double));
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

/* What a part is told. */
typedef struct Job
{
	UpNeighbourRound round;
	uint32_t n_items;
	double n_users; /* that are taken */
	int similarity;
	double shrinkage;
} Job;

enum
{
	USER_STARTS = UP_NEIGHBOUR_ARRAYS,
	ITEMS,
	VALUES,
	NORMS,
	STARTS,
	USERS,
	COLUMN_VALUES,
	N_ARRAYS
};

static double
similarity(const Job *p, const double *norms, uint32_t i, uint32_t j, double sum, uint32_t common)
{
	double value = 0;

	switch ((Similarity) p->similarity)
	{
		case SIMILARITY_COSINE:
			value = sum / sqrt(norms[i] * norms[j]);
			break;
		case SIMILARITY_JACCARD:
			value = sum / (norms[i] + norms[j] - sum);
			break;
		case SIMILARITY_LLR:
			value = likelihood_ratio(sum, norms[i], norms[j], p->n_users);
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
sum_item(void *const *arrays, Sums *s, uint32_t item, size_t *work)
{
	const uint64_t *user_starts = arrays[USER_STARTS], *starts = arrays[STARTS];
	const uint32_t *users = arrays[USERS], *items = arrays[ITEMS];
	const double *values = arrays[VALUES], *column_values = arrays[COLUMN_VALUES];
	uint32_t n = 0;

	for (size_t k = starts[item]; k < starts[item + 1]; k++)
	{
		size_t first = user_starts[users[k]], end = user_starts[users[k] + 1];

		up_tick_work(work, 2 * (end - first));
		for (size_t i = first; i < end; i++)
		{
			uint32_t other = items[i];

			if (s->common[other]++ == 0)
				s->seen[n++] = other;
			s->sums[other] += column_values[k] * values[i];
		}
	}
	return n;
}

static void
compare_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *p = fixed;
	uint32_t end = up_neighbours_end(&p->round, part);
	size_t work = 0;
	Sums s;

	s.sums = up_alloc0(p->n_items * sizeof(double));
	s.common = up_alloc0(p->n_items * sizeof(uint32_t));
	s.seen = up_alloc_array(p->n_items, sizeof(uint32_t));
	s.values = up_alloc_array(p->n_items, sizeof(float));
	for (uint32_t i = up_neighbours_from(&p->round, part); i < end; i++)
	{
		uint32_t n = sum_item(arrays, &s, i, &work);

		up_tick_work(&work, 16 * n);
		for (uint32_t k = 0; k < n; k++)
		{
			uint32_t other = s.seen[k];

			s.values[k] = (float) similarity(p, arrays[NORMS], i, other, s.sums[other], s.common[other]);
			s.sums[other] = 0;
			s.common[other] = 0;
		}
		up_neighbours_keep(&p->round, arrays, i, s.seen, s.values, n);
	}
	up_free(s.sums);
	up_free(s.common);
	up_free(s.seen);
	up_free(s.values);
}

/* About how long all of it takes one process. */
static double
seconds_of(const UpInteractions *x, uint64_t most)
{
	double pairs = 0;

	for (uint32_t u = 0; u < x->n_users; u++)
	{
		double n = (double) (x->starts[u + 1] - x->starts[u]);

		pairs += n <= (double) most ? n * n : 0;
	}
	return pairs * SECONDS_A_PAIR;
}

static void *
knn_fit(const UpRecommendFit *fit)
{
	const KnnParams *p = fit->params;
	const UpInteractions *x = fit->data;
	UpNeighbours *b = up_neighbours_new(x->n_items, (UpWeighting) p->weighting);
	UpWeighting how = p->similarity == SIMILARITY_COSINE ? (UpWeighting) p->weighting : UP_WEIGHT_BINARY;
	Job job = {.n_items = x->n_items, .similarity = p->similarity, .shrinkage = p->shrinkage};
	Columns c = {.most = (uint64_t) p->max_items};
	void *arrays[N_ARRAYS];

	up_workers_begin(seconds_of(x, c.most));
	/* Interactions stand in large arrays. */
	up_reserve((size_t) x->n_items * (16 + 20 * (size_t) up_workers()), "the similarities of items");
	make_columns(&c, x, how);
	job.n_users = x->n_users - c.left_out;
	arrays[USER_STARTS] = c.user_starts;
	arrays[ITEMS] = c.items;
	arrays[VALUES] = c.values;
	arrays[NORMS] = c.norms;
	arrays[STARTS] = c.starts;
	arrays[USERS] = c.users;
	arrays[COLUMN_VALUES] = c.column_values;
	up_neighbours_share(b, (uint32_t) p->k, "item_knn: similarities", compare_part, &job.round, sizeof(job),
						arrays, N_ARRAYS);
	for (int a = USER_STARTS; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
	up_workers_end();
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
	UP_NEIGHBOURS_METHODS,
};
