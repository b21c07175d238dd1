/*
 * ease.c - EASE: a linear model of every item by all others, in closed form
 *
 * Minimizes |X - X B|^2 + lambda |B|^2 with a zero diagonal of B; X: users by items. With P = (X'X + lambda I)^-1:
 * B_ij = -P_ij / P_jj (H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019).
 *
 * The inverse by sweeps of blocks of rows (J. Goodnight, "A tutorial on the SWEEP operator", 1979): block K becomes -D, D = A_KK^-1,
 * what stands beside it W = D A_K, and the rest A - A_K' W, of which the upper triangle is kept. Cost: n^3 / 2 multiply-adds
 * for n items; memory: 8 n^2 bytes, then the weights that are kept.
 */
#include "learn/recommend/neighbours.h"

#include <math.h>
#include <string.h>

#include "num/dense.h"
#include "num/gemm_double.h"

#define BLOCK      64    /* rows of a sweep: a multiple of what products are padded to */
#define MOST_ITEMS 20000 /* the inverse takes 3.2 GB and some minutes there */

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

/* The upper triangle of X'X + lambda I. */
static void
make_gram(Matrix *m, const UpInteractions *x, const EaseParams *p)
{
	double *row = up_alloc_array(m->ld, sizeof(double));
	size_t work = 0;

	for (size_t i = 0; i < m->ld; i++)
	{
		up_tick_work(&work, 4 * m->ld);
		memset(m->a + i * m->ld, 0, m->ld * sizeof(double));
		m->a[i * m->ld + i] = i < m->n ? p->regularization : 1;
	}
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		size_t first = x->starts[u], n = x->starts[u + 1] - first;

		for (size_t i = 0; i < n; i++)
			row[i] = up_weighting((UpWeighting) p->weighting, x->weights, x->recency, first + i);
		for (size_t i = 0; i < n; i++)
		{
			double *to = m->a + x->items[first + i] * m->ld;

			/* Each in a row and a page of its own. */
			up_tick_work(&work, 32 * (n - i));
			for (size_t j = i; j < n; j++)
				to[x->items[first + j]] += row[i] * row[j];
		}
	}
	up_free(row);
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

/* a becomes minus its inverse. */
static void
invert(Matrix *m)
{
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
		for (size_t i = 0; i < m->ld; i += BLOCK)
		{
			up_tick_work(&work, BLOCK * BLOCK * (m->ld - i) / 8);
			up_gemm_double_tn(m->a + i * m->ld + i, m->ld, true, m->beside + i, m->ld, m->solved + i, m->ld,
							  BLOCK, m->ld - i, BLOCK);
		}
		put_beside(m, first);
	}
}

/* The weights by which item j speaks of others: B_ji = -P_ji / P_ii. a is minus P. */
static void
keep_weights(const Matrix *m, UpNeighbours *b, uint32_t k, UpArena *arena)
{
	uint32_t *items = up_alloc_array(m->n, sizeof(uint32_t));
	float *values = up_alloc_array(m->n, sizeof(float));
	size_t work = 0;

	for (uint32_t j = 0; j < m->n; j++)
	{
		up_tick_work(&work, 32 * m->n);
		for (uint32_t i = 0; i < m->n; i++)
		{
			double p = i < j ? m->a[i * m->ld + j] : m->a[j * m->ld + i];

			items[i] = i;
			values[i] = i == j ? 0 : (float) (-p / m->a[i * m->ld + i]);
		}
		up_arena_suspend(arena);
		up_neighbours_add(b, j, items, values, (uint32_t) m->n, k);
		up_arena_resume(arena);
	}
}

static void *
ease_fit(const UpRecommendFit *fit)
{
	const EaseParams *p = fit->params;
	const UpInteractions *x = fit->data;
	UpNeighbours *b;
	UpArena *arena;
	Matrix *m;

	check_size(x);
	b = up_neighbours_new(x->n_items, (UpWeighting) p->weighting);
	arena = up_arena_enter();
	m = up_alloc0(sizeof(*m));
	m->n = x->n_items;
	m->ld = (m->n + BLOCK - 1) / BLOCK * BLOCK;
	m->a = up_alloc_array(m->ld * m->ld, sizeof(double));
	m->beside = up_alloc_array(BLOCK * m->ld, sizeof(double));
	m->solved = up_alloc_array(BLOCK * m->ld, sizeof(double));
	make_gram(m, x, p);
	invert(m);
	keep_weights(m, b, (uint32_t) p->k, arena);
	up_arena_leave(arena);
	return b;
}

const UpRecommender up_recommend_ease = {
	.name = "ease",
	.number = 5,
	.help = "a linear model of every item by all others, in closed form; for up to some thousand items",
	.params = {ease_params, UP_LENGTH(ease_params)},
	.params_size = sizeof(EaseParams),
	.fit = ease_fit,
	.write = up_neighbours_write,
	.read = up_neighbours_read,
	.describe = up_neighbours_describe,
	.score = up_neighbours_score,
	.reason = up_neighbours_reason,
	.similar = up_neighbours_similar,
};
