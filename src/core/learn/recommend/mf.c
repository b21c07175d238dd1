/*
 * mf.c - factorization of ratings with biases, by alternating ridge regressions
 *
 * Minimizes sum over ratings (r_ui - m - b_u - b_i - p_u . q_i)^2 + lambda (sum_u n_u (b_u^2 + |p_u|^2) + sum_i n_i (b_i^2 + |q_i|^2)), m the
 * mean of all ratings, n the ratings of each (Y. Zhou et al., "Large-scale parallel collaborative filtering for the Netflix
 * prize", AAIM 2008; biases as in Y. Koren, R. Bell, C. Volinsky, "Matrix factorization techniques for recommender
 * systems", 2009). A user's bias and factors are one ridge regression on (1, q_i), an item's likewise.
 *
 * Shapes: a row is k factors and, behind them, the bias. Cost of an iteration: k^2 a rating, k^3 a user and an item.
 */
#include <math.h>
#include <string.h>

#include "learn/recommend/factors.h"
#include "num/dense.h"
#include "num/vec_syrk.h"

#define PACK_ROWS 64

typedef struct MfParams
{
	int64_t factors;
	double regularization;
	int64_t iterations;
} MfParams;

#define UP_PARAMS_OF MfParams
static const UpParam mf_params[] = {
	UP_INT_PARAM("factors", factors, "16", 1, UP_FACTORS_LIMIT, "numbers that stand for a user and an item"),
	UP_REAL_PARAM("regularization", regularization, "0.1", 0, 1e9,
				  "weight of the squares of factors and biases, a rating", .min_open = true),
	UP_INT_PARAM("iterations", iterations, "15", 1, 10000, "rounds over users and items"),
};

typedef struct Mf
{
	UpFactors *items; /* with biases */
	double mean;
	double regularization;
} Mf;

/* A ridge regression of the ratings of one row. */
typedef struct Ridge
{
	uint32_t k;
	size_t side;    /* k + 1 and padding */
	double *system; /* side × side */
	double *x;      /* side: factors, then the bias */
	double *packed; /* PACK_ROWS × side */
	size_t ticks;
} Ridge;

static Ridge
new_ridge(uint32_t k)
{
	Ridge r = {.k = k, .side = UP_SYRK_PAD((size_t) k + 1)};

	r.system = up_alloc_array(r.side * r.side, sizeof(double));
	r.x = up_alloc_array(r.side, sizeof(double));
	r.packed = up_alloc0(PACK_ROWS * r.side * sizeof(double));
	return r;
}

static void
free_ridge(Ridge *r)
{
	up_free(r->system);
	up_free(r->x);
	up_free(r->packed);
}

/* x = the solution for ratings[0 … n - 1] of others; false where there is none. */
static bool
solve(Ridge *r, const UpFactors *fixed, double mean, double lambda, const uint32_t *others,
	  const double *ratings, size_t n)
{
	uint32_t k = r->k;

	memset(r->system, 0, r->side * r->side * sizeof(double));
	memset(r->x, 0, r->side * sizeof(double));
	for (size_t first = 0; first < n; first += PACK_ROWS)
	{
		size_t rows = UP_MIN(PACK_ROWS, n - first);

		for (size_t i = 0; i < rows; i++)
		{
			uint32_t other = others[first + i];
			const float *from = up_factors_row(fixed, other);
			double *row = r->packed + i * r->side, rest = ratings[first + i] - mean - fixed->bias[other];

			for (uint32_t j = 0; j < k; j++)
				row[j] = (double) from[j];
			row[k] = 1;
			for (uint32_t j = 0; j <= k; j++)
				r->x[j] += rest * row[j];
		}
		up_vec_syrk(r->system, r->side, r->packed, rows);
		up_tick_work(&r->ticks, rows * r->side * r->side / 8);
	}
	for (uint32_t j = 0; j <= k; j++)
		r->system[j * r->side + j] += lambda * (double) n;
	up_tick_work(&r->ticks, r->side * r->side * r->side / 16);
	if (up_dense_cholesky(r->system, k + 1, r->side, 0, NULL) != k + 1)
		return false;
	up_dense_solve(r->system, k + 1, r->side, NULL, r->x);
	return true;
}

typedef struct Side
{
	uint32_t n;
	const uint64_t *starts;
	const uint32_t *others;
	const double *ratings;
} Side;

static void
solve_side(Ridge *r, const Side *s, double mean, double lambda, const UpFactors *fixed, UpFactors *out)
{
	for (uint32_t row = 0; row < s->n; row++)
	{
		size_t first = s->starts[row], n = s->starts[row + 1] - first;

		if (n == 0 || !solve(r, fixed, mean, lambda, s->others + first, s->ratings + first, n))
			continue;
		for (uint32_t j = 0; j < r->k; j++)
			up_factors_row(out, row)[j] = (float) r->x[j];
		out->bias[row] = r->x[r->k];
	}
}

static Side
item_side(const UpInteractions *x)
{
	size_t n = x->starts[x->n_users], work = 0;
	uint64_t *starts = up_alloc0(((size_t) x->n_items + 2) * sizeof(uint64_t));
	uint32_t *others = up_alloc_array(n, sizeof(uint32_t));
	double *ratings = up_alloc_array(n, sizeof(double));

	for (size_t i = 0; i < n; i++)
		starts[x->items[i] + 2]++;
	for (uint32_t i = 0; i < x->n_items; i++)
		starts[i + 2] += starts[i + 1];
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		up_tick_work(&work, 4 * (x->starts[u + 1] - x->starts[u]));
		for (size_t i = x->starts[u]; i < x->starts[u + 1]; i++)
		{
			size_t at = starts[x->items[i] + 1]++;

			others[at] = u;
			ratings[at] = x->weights[i];
		}
	}
	return (Side){x->n_items, starts, others, ratings};
}

static double
rmse_of(const Side *s, double mean, const UpFactors *users, const UpFactors *items)
{
	double sum = 0;
	size_t work = 0;

	for (uint32_t u = 0; u < s->n; u++)
	{
		for (size_t i = s->starts[u]; i < s->starts[u + 1]; i++)
		{
			uint32_t item = s->others[i];
			double guess =
				mean + users->bias[u] + items->bias[item] +
				(double) up_factors_dot(up_factors_row(users, u), up_factors_row(items, item), users->ld);

			up_tick_work(&work, users->ld / 4);
			sum += (s->ratings[i] - guess) * (s->ratings[i] - guess);
		}
	}
	return sqrt(sum / (double) s->starts[s->n]);
}

static void *
mf_fit(const UpRecommendFit *fit)
{
	const MfParams *p = fit->params;
	const UpInteractions *x = fit->data;
	uint32_t k = (uint32_t) p->factors;
	size_t n = x->starts[x->n_users];
	Side by_user = {x->n_users, x->starts, x->items, x->weights}, by_item;
	Mf *b = up_alloc0(sizeof(*b));
	UpFactors *users;
	UpArena *arena;
	Ridge r;
	UpRng rng;
	double rmse;

	up_reserve(up_factors_bytes(x->n_users, k) + up_factors_bytes(x->n_items, k) + n * 12 +
				   (size_t) x->n_items * sizeof(uint64_t),
			   "the factors of users and items");
	b->items = up_factors_new(x->n_items, k, true);
	b->regularization = p->regularization;
	for (size_t i = 0; i < n; i++)
		b->mean += x->weights[i] / (double) n;
	arena = up_arena_enter();
	users = up_factors_new(x->n_users, k, true);
	by_item = item_side(x);
	r = new_ridge(k);
	up_rng_init(&rng, fit->seed, 0);
	up_factors_draw(b->items, 0.1, &rng);
	for (int64_t round = 0; round < p->iterations; round++)
	{
		up_progress("mf: rounds", (uint64_t) round, (uint64_t) p->iterations);
		solve_side(&r, &by_user, b->mean, p->regularization, b->items, users);
		solve_side(&r, &by_item, b->mean, p->regularization, users, b->items);
	}
	rmse = rmse_of(&by_user, b->mean, users, b->items);
	up_arena_leave(arena);
	up_value_set(fit->info, "mean", up_value_number(b->mean));
	up_value_set(fit->info, "rmse", up_value_number(rmse));
	return b;
}

static void
mf_write(const void *body, UpWriter *w)
{
	const Mf *b = body;

	up_put_f64(w, b->mean);
	up_put_f64(w, b->regularization);
	up_put_factors(w, b->items);
}

static void *
mf_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	Mf *b = up_alloc0(sizeof(*b));

	(void) n_segments;
	b->mean = up_get_f64(r);
	b->regularization = up_get_f64(r);
	if (fabs(b->mean) > 1e30 || !(b->regularization > 0 && b->regularization <= 1e9))
		up_corrupt(r, "parameters");
	b->items = up_get_factors(r, n_items, true);
	return b;
}

static void
mf_describe(const void *body, UpValue *info)
{
	const Mf *b = body;

	up_value_set(info, "factors", up_value_number(b->items->k));
}

static bool
ask(const Mf *b, const UpHistory *h, Ridge *r)
{
	*r = new_ridge(b->items->k);
	return h->n > 0 && solve(r, b->items, b->mean, b->regularization, h->items, h->weights, h->n);
}

static void
mf_score(const void *body, const UpHistory *h, double *out)
{
	const Mf *b = body;
	Ridge r;

	if (ask(b, h, &r))
	{
		up_factors_score(b->items, r.x, out);
		for (uint32_t i = 0; i < b->items->n; i++)
			out[i] += b->mean + r.x[r.k];
	}
	else
		memset(out, 0, b->items->n * sizeof(double));
	free_ridge(&r);
}

/* (p, b) . (q_i, 1) = sum_j (r_j - m - b_j) (q_j, 1) . A^-1 (q_i, 1). */
static bool
mf_reason(const void *body, const UpHistory *h, uint32_t item, double *out)
{
	const Mf *b = body;
	uint32_t k = b->items->k;
	Ridge r;
	bool possible = ask(b, h, &r), any = false;

	for (uint32_t j = 0; j < k; j++)
		r.x[j] = (double) up_factors_row(b->items, item)[j];
	r.x[k] = 1;
	if (possible)
		up_dense_solve(r.system, k + 1, r.side, NULL, r.x);
	for (uint32_t i = 0; possible && i < h->n; i++)
	{
		const float *row = up_factors_row(b->items, h->items[i]);
		double sum = r.x[k];

		for (uint32_t j = 0; j < k; j++)
			sum += r.x[j] * (double) row[j];
		out[i] = sum * (h->weights[i] - b->mean - b->items->bias[h->items[i]]);
		any |= out[i] != 0;
	}
	free_ridge(&r);
	return any;
}

static void
mf_similar(const void *body, uint32_t item, double *out)
{
	up_factors_similar(((const Mf *) body)->items, item, out);
}

static uint32_t
mf_vector_length(const void *body)
{
	return ((const Mf *) body)->items->k;
}

static void
mf_vector(const void *body, const UpHistory *h, double *out)
{
	const Mf *b = body;
	Ridge r;

	if (ask(b, h, &r))
		memcpy(out, r.x, b->items->k * sizeof(double));
	else
		memset(out, 0, b->items->k * sizeof(double));
	free_ridge(&r);
}

const UpRecommender up_recommend_mf = {
	.name = "mf",
	.number = 6,
	.help = "factorization of ratings with biases of users and items; weights are ratings",
	.params = {mf_params, UP_LENGTH(mf_params)},
	.params_size = sizeof(MfParams),
	.ratings = true,
	.fit = mf_fit,
	.write = mf_write,
	.read = mf_read,
	.describe = mf_describe,
	.score = mf_score,
	.reason = mf_reason,
	.similar = mf_similar,
	.vector_length = mf_vector_length,
	.vector = mf_vector,
};
