/*
 * ease.c - EASE: a linear model of every item by all others, in closed form
 *
 * Minimizes |X - X B|^2 + lambda |B|^2 with a zero diagonal of B; X: users by items. With P = (X'X + lambda I)^-1:
 * B_ij = -P_ij / P_jj (H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019).
 *
 * The inverse by sweeps of blocks of rows (J. Goodnight, "A tutorial on the SWEEP operator", 1979): block K becomes -D, D = A_KK^-1,
 * what stands beside it W = D A_K, and the rest A - A_K' W, of which the upper triangle is kept. Its rows are shared out to workers, as those
 * of X'X and the items whose weights are kept. Cost: n^3 / 2 multiply-adds for n items; memory: 8 n^2 bytes, then the weights that are kept.
 */
#include "learn/recommend/neighbours.h"

#include <math.h>
#include <string.h>

#include "num/dense.h"
#include "num/gemm_double.h"

#define BLOCK      64    /* rows of a sweep: a multiple of what products are padded to */
#define MOST_ITEMS 20000 /* the inverse takes 3.2 GB and some minutes there */
#define GRAM_ROWS  64    /* of a part */

#define SECONDS_A_PRODUCT 1e-10 /* about */
#define SECONDS_A_WEIGHT  2e-8
#define SECONDS_A_PAIR    2e-9 /* of items of a user */

typedef struct EaseParams
{
	double regularization;
	int64_t k;
	int weighting;
} EaseParams;

#define UP_PARAMS_OF EaseParams
static const UpParam ease_params[] = {
	UP_REAL_PARAM("regularization", regularization, "500", 0, 1e12, "weight of the squares of the weights",
				  .min_open = true),
	UP_INT_PARAM("k", k, "200", 1, MOST_ITEMS, "weights that are kept of each item, the largest"),
	UP_CHOICE_PARAM("weighting", weighting, "binary", up_weighting_names, "what a weight counts"),
};

/* An n × n matrix, of which the upper triangle is kept; rows and columns from n to ld are those of the identity. */
typedef struct Matrix
{
	size_t n, ld;
	double *a;
	double *beside; /* [BLOCK × ld] minus A_K */
	double *solved; /* [BLOCK × ld] W */
	double block[BLOCK * BLOCK], inverse[BLOCK * BLOCK];
} Matrix;

static void
check_size(const UpInteractions *x)
{
	size_t n = x->n_items, ld = (n + BLOCK - 1) / BLOCK * BLOCK;
	size_t bytes = ld * (ld + 2 * BLOCK) * sizeof(double) + 2 * n * n * sizeof(float);

	if (n > MOST_ITEMS || bytes > up_memory_limit())
		up_fail_with(
			UP_LIMIT,
			up_format("They need %zu MB; uprofile.max_memory allows %zu MB, and there may be %d items.",
					  bytes / (1024 * 1024) + 1, up_memory_limit() / (1024 * 1024), MOST_ITEMS),
			"Use algorithm item_knn or als, fewer items (such as those that several users have), or raise "
			"uprofile.max_memory.",
			"%zu items are too many for algorithm \"ease\"", n);
}

/* Rows of X'X as a job: each part those of some items, of all users. */
typedef struct GramJob
{
	size_t n, ld;
	uint32_t n_users;
	double regularization;
} GramJob;

enum
{
	GRAM_MATRIX,
	GRAM_STARTS,
	GRAM_ITEMS,
	GRAM_VALUES,
	GRAM_ARRAYS
};

/* Where the items of a user from this one on begin. */
static size_t
first_from(const uint32_t *items, size_t from, size_t to, uint32_t item)
{
	while (from < to)
	{
		size_t mid = from + (to - from) / 2;

		if (items[mid] < item)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static void
gram_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const GramJob *job = fixed;
	double *a = arrays[GRAM_MATRIX];
	const uint64_t *starts = arrays[GRAM_STARTS];
	const uint32_t *items = arrays[GRAM_ITEMS];
	const double *values = arrays[GRAM_VALUES];
	size_t ld = job->ld, least = (size_t) part * GRAM_ROWS, end = UP_MIN(least + GRAM_ROWS, ld), work = 0;

	for (size_t i = least; i < end; i++)
	{
		up_tick_work(&work, 4 * ld);
		memset(a + i * ld, 0, ld * sizeof(double));
		a[i * ld + i] = i < job->n ? job->regularization : 1;
	}
	for (uint32_t u = 0; u < job->n_users; u++)
	{
		size_t last = starts[u + 1];

		up_tick_work(&work, 16);
		for (size_t i = first_from(items, starts[u], last, (uint32_t) least); i < last && items[i] < end; i++)
		{
			double *to = a + items[i] * ld;

			/* Each in a row and a page of its own. */
			up_tick_work(&work, 32 * (last - i));
			for (size_t j = i; j < last; j++)
				to[items[j]] += values[i] * values[j];
		}
	}
}

/* The upper triangle of X'X + lambda I. */
static void
make_gram(Matrix *m, const UpInteractions *x, const EaseParams *p)
{
	size_t n = x->starts[x->n_users], work = 0;
	GramJob job = {m->n, m->ld, x->n_users, p->regularization};
	double *values = up_alloc_large_array(n, sizeof(double));
	void *arrays[GRAM_ARRAYS] = {[GRAM_MATRIX] = m->a,
								 [GRAM_STARTS] = up_neighbours_starts(x),
								 [GRAM_ITEMS] = up_neighbours_items(x),
								 [GRAM_VALUES] = values};

	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, 16);
		values[i] = up_weighting((UpWeighting) p->weighting, x->weights, x->recency, i);
	}
	up_parallel((uint32_t) ((m->ld + GRAM_ROWS - 1) / GRAM_ROWS), gram_part, &job, sizeof(job), arrays,
				GRAM_ARRAYS);
	for (int a = GRAM_STARTS; a < GRAM_ARRAYS; a++)
		up_free_large(arrays[a]);
}

/* inverse = that of block, both whole; fails where it is not positive. */
static void
invert_block(Matrix *m)
{
	memset(m->inverse, 0, sizeof(m->inverse));
	if (up_dense_cholesky(m->block, BLOCK, BLOCK, 1e-13, NULL) != BLOCK)
		up_fail_with(UP_INVALID_DATA, "The matrix of the items has no inverse within the precision of numbers.",
					 "Raise regularization, or use weighting binary or log.",
					 "algorithm \"ease\" has no solution");
	for (size_t i = 0; i < BLOCK; i++)
	{
		m->inverse[i * BLOCK + i] = 1;
		up_dense_solve(m->block, BLOCK, BLOCK, NULL, m->inverse + i * BLOCK);
	}
}

/* The rows of block first … first + BLOCK - 1 beside it, wherever the triangle has them; minus these; 0 within the block. */
static void
take_beside(Matrix *m, size_t first)
{
	for (size_t i = 0; i < first; i++)
	{
		for (size_t r = 0; r < BLOCK; r++)
			m->beside[r * m->ld + i] = -m->a[i * m->ld + first + r];
	}
	for (size_t r = 0; r < BLOCK; r++)
	{
		double *row = m->a + (first + r) * m->ld, *to = m->beside + r * m->ld;

		for (size_t c = 0; c < BLOCK; c++)
		{
			to[first + c] = 0;
			m->block[r * BLOCK + c] = c >= r ? row[first + c] : 0;
		}
		for (size_t j = first + BLOCK; j < m->ld; j++)
			to[j] = -row[j];
	}
}

static void
put_beside(Matrix *m, size_t first)
{
	for (size_t i = 0; i < first; i++)
	{
		for (size_t r = 0; r < BLOCK; r++)
			m->a[i * m->ld + first + r] = -m->solved[r * m->ld + i];
	}
	for (size_t r = 0; r < BLOCK; r++)
	{
		double *row = m->a + (first + r) * m->ld;

		for (size_t c = r; c < BLOCK; c++)
			row[first + c] = -m->inverse[r * BLOCK + c];
		for (size_t j = first + BLOCK; j < m->ld; j++)
			row[j] = -m->solved[r * m->ld + j];
	}
}

/* What a sweep takes from the rest, a part the rows of a block. */
static void
sweep_part(const void *fixed, void *const *arrays, uint32_t part)
{
	size_t ld = *(const size_t *) fixed, i = (size_t) part * BLOCK;
	double *a = arrays[0], *beside = arrays[1], *solved = arrays[2];

	up_tick();
	up_gemm_double_tn(a + i * ld + i, ld, true, beside + i, ld, solved + i, ld, BLOCK, ld - i, BLOCK);
}

/* a becomes minus its inverse. */
static void
invert(Matrix *m)
{
	void *arrays[] = {m->a, m->beside, m->solved};
	size_t work = 0;

	for (size_t first = 0; first < m->ld; first += BLOCK)
	{
		up_progress("ease: inverse", first, m->ld);
		take_beside(m, first);
		invert_block(m);
		/* solved is minus W, as beside is minus A_K: A_K' W is their product. */
		up_tick_work(&work, BLOCK * BLOCK * m->ld / 4);
		up_gemm_double_nn(m->solved, m->ld, m->inverse, BLOCK, m->beside, m->ld, BLOCK, m->ld, BLOCK);
		for (size_t r = 0; r < BLOCK * m->ld; r++)
			m->beside[r] = -m->beside[r];
		up_parallel((uint32_t) (m->ld / BLOCK), sweep_part, &m->ld, sizeof(m->ld), arrays, UP_LENGTH(arrays));
		put_beside(m, first);
	}
}

typedef struct WeightsJob
{
	UpNeighbourRound round;
	size_t n, ld;
} WeightsJob;

enum
{
	INVERSE = UP_NEIGHBOUR_ARRAYS, /* minus P */
	N_ARRAYS
};

/* The weights by which item j speaks of others: B_ji = -P_ji / P_ii. */
static void
weights_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const WeightsJob *job = fixed;
	const double *a = arrays[INVERSE];
	size_t n = job->n, ld = job->ld, work = 0;
	uint32_t *items = up_alloc_array(n, sizeof(uint32_t)), end = up_neighbours_end(&job->round, part);
	float *values = up_alloc_array(n, sizeof(float));

	for (uint32_t j = up_neighbours_from(&job->round, part); j < end; j++)
	{
		up_tick_work(&work, 32 * n);
		for (uint32_t i = 0; i < n; i++)
		{
			double p = i < j ? a[i * ld + j] : a[j * ld + i];

			items[i] = i;
			values[i] = i == j ? 0 : (float) (-p / a[i * ld + i]);
		}
		up_neighbours_keep(&job->round, arrays, j, items, values, (uint32_t) n);
	}
	up_free(items);
	up_free(values);
}

/* About how long all of it takes one process. */
static double
seconds_of(size_t ld, const UpInteractions *x)
{
	double pairs = 0;

	for (uint32_t u = 0; u < x->n_users; u++)
		pairs += (double) (x->starts[u + 1] - x->starts[u]) * (double) (x->starts[u + 1] - x->starts[u]) / 2;
	return (double) ld * (double) ld * ((double) ld / 2 * SECONDS_A_PRODUCT + SECONDS_A_WEIGHT) +
		   pairs * SECONDS_A_PAIR;
}

static void *
ease_fit(const UpRecommendFit *fit)
{
	const EaseParams *p = fit->params;
	const UpInteractions *x = fit->data;
	WeightsJob job = {.n = x->n_items};
	void *arrays[N_ARRAYS];
	UpNeighbours *b;
	Matrix *m;

	check_size(x);
	b = up_neighbours_new(x->n_items, (UpWeighting) p->weighting);
	m = up_alloc0(sizeof(*m));
	m->n = x->n_items;
	m->ld = job.ld = (m->n + BLOCK - 1) / BLOCK * BLOCK;
	up_workers_begin(seconds_of(m->ld, x));
	m->a = up_alloc_large_array(m->ld * m->ld, sizeof(double));
	m->beside = up_alloc_large_array(BLOCK * m->ld, sizeof(double));
	m->solved = up_alloc_large_array(BLOCK * m->ld, sizeof(double));
	make_gram(m, x, p);
	invert(m);
	arrays[INVERSE] = m->a;
	up_neighbours_share(b, (uint32_t) p->k, "ease: weights", weights_part, &job.round, sizeof(job), arrays,
						N_ARRAYS);
	up_free_large(m->a);
	up_free_large(m->beside);
	up_free_large(m->solved);
	up_free(m);
	up_workers_end();
	return b;
}

const UpRecommender up_recommend_ease = {
	.name = "ease",
	.number = 5,
	.help = "a linear model of every item by all others, in closed form; for up to some thousand items",
	.params = {ease_params, UP_LENGTH(ease_params)},
	.params_size = sizeof(EaseParams),
	.fit = ease_fit,
	UP_NEIGHBOURS_METHODS,
};
