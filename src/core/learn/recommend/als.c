/*
 * als.c - matrix factorization of implicit feedback by alternating least squares
 *
 * Minimizes the sum over all users u and items i of c_ui ((p_ui - x_u . y_i)^2 + lambda (|x_u|^2 + |y_i|^2)), p_ui = 1 where the user has
 * the item, else 0; c_ui = 1 + alpha w_ui, w the weight (Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit
 * feedback datasets", ICDM 2008; regularization in proportion to the confidence of a row, as in S. Rendle et al., "Revisiting the
 * performance of iALS on item recommendation benchmarks", RecSys 2022: the same lambda serves few users and many). With
 * l_u = lambda sum_i c_ui, each user solves (Y'Y + l_u I + sum_i (c_ui - 1) y_i y_i') x_u = sum_i c_ui y_i over the user's items: by some
 * steps of conjugate gradients from the last solution (G. Takacs, I. Pilaszy, D. Tikk, RecSys 2011) or exactly, by Cholesky's
 * factor. Items likewise.
 *
 * Users are not kept: who asks is solved exactly from the history. Shapes: factors float4, n × k; systems of who asks float8. Cost of
 * an iteration: k^2 (n_users + n_items) and k a step, or k^2 for Cholesky, an interaction.
 */
#include <math.h>
#include <string.h>

#include "learn/recommend/factors.h"
#include "learn/recommend/weighting.h"
#include "num/dense.h"
#include "num/gemm.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#define MOST_CONFIDENCE 1e6 /* beyond, float4 would see nothing but that item */
#define PACK_ROWS       256
#define LEAST_RESIDUAL  1e-20
#define PART_ROWS       128 /* that one part of a job solves */

typedef enum Solver
{
	SOLVER_CG,
	SOLVER_CHOLESKY
} Solver;

static const char *const solver_names[] = {"cg", "cholesky", NULL};

typedef struct AlsParams
{
	int64_t factors;
	double regularization;
	double alpha;
	int64_t iterations;
	int weighting;
	int solver;
	int64_t cg_steps;
} AlsParams;

#define UP_PARAMS_OF AlsParams
static const UpParam als_params[] = {
	UP_INT_PARAM("factors", factors, "64", 1, UP_FACTORS_LIMIT, "numbers that stand for a user and an item"),
	UP_REAL_PARAM("regularization", regularization, "0.015", 0, 1e6,
				  "weight of the squares of the factors, a unit of confidence", .min_open = true),
	UP_REAL_PARAM("alpha", alpha, "2", 0, 1e6, "confidence is 1 + alpha times the weight", .min_open = true),
	UP_INT_PARAM("iterations", iterations, "15", 1, 10000, "rounds over users and items"),
	UP_CHOICE_PARAM("weighting", weighting, "log", up_weighting_names, "what a weight counts"),
	UP_CHOICE_PARAM("solver", solver, "cg", solver_names,
					"cg: steps of conjugate gradients; cholesky: exact, slower"),
	UP_INT_PARAM("cg_steps", cg_steps, "3", 1, 100, "steps of conjugate gradients a round"),
};

typedef struct Als
{
	UpFactors *items;
	double alpha;
	UpWeighting weighting;
	double regularization;
	double *gram; /* k × k in rows of side: Y'Y, and 1 in the padding */
	size_t side;
} Als;

static double
confidence_of(double alpha, UpWeighting how, const double *weights, const double *recency, size_t i)
{
	return UP_MIN(alpha * up_weighting(how, weights, recency, i), MOST_CONFIDENCE);
}

static void
set_gram(Als *b)
{
	uint32_t k = b->items->k;

	b->side = UP_SYRK_PAD(k);
	b->gram = up_alloc0(b->side * b->side * sizeof(double));
	up_factors_gram(b->items, b->gram, b->side);
	for (size_t i = k; i < b->side; i++)
		b->gram[i * b->side + i] = 1;
}

/* ---- training ---- */

/* One side of the matrix: rows that are solved, of what they have on the other side. */
typedef struct Side
{
	uint32_t n;
	const uint64_t *starts;
	const uint32_t *others;
	const float *extra; /* c - 1 of each */
	float *lambdas;     /* [n] lambda times the sum of c over the whole row */
} Side;                 /* its arrays are large ones, so that workers see them */

typedef struct Work
{
	const AlsParams *p;
	uint32_t k, ld;
	const float *gram; /* ld × ld; padding: zeros */
	float *packed;     /* PACK_ROWS × ld */
	float *scaled;
	float *a;         /* ld × ld */
	double *system;   /* k × k */
	double *right;    /* k */
	float *r, *q, *d; /* ld each */
	size_t ticks;
} Work;

static Work
new_work(const AlsParams *p, const float *gram)
{
	Work w = {.p = p, .k = (uint32_t) p->factors, .ld = UP_FACTORS_UP((uint32_t) p->factors), .gram = gram};

	w.system = up_alloc_array((size_t) w.k * w.k, sizeof(double));
	w.right = up_alloc_array(w.k, sizeof(double));
	w.a = up_alloc_array((size_t) w.ld * w.ld, sizeof(float));
	w.packed = up_alloc_array((size_t) PACK_ROWS * w.ld, sizeof(float));
	w.scaled = up_alloc_array((size_t) PACK_ROWS * w.ld, sizeof(float));
	w.r = up_alloc_array(w.ld, sizeof(float));
	w.q = up_alloc_array(w.ld, sizeof(float));
	w.d = up_alloc_array(w.ld, sizeof(float));
	return w;
}

/* gram (ld × ld, zeros in the padding) = Y'Y. */
static void
make_gram(const UpFactors *y, float *gram)
{
	uint32_t k = y->k, ld = y->ld;
	double *sum = up_alloc_array((size_t) k * k, sizeof(double));

	up_factors_gram(y, sum, k);
	memset(gram, 0, (size_t) ld * ld * sizeof(float));
	for (uint32_t i = 0; i < k; i++)
	{
		for (uint32_t j = 0; j < k; j++)
			gram[(size_t) i * ld + j] = (float) sum[(size_t) i * k + j];
	}
	up_free(sum);
}

static inline void
axpy(float *UP_RESTRICT y, float alpha, const float *UP_RESTRICT x, uint32_t ld)
{
	for (uint32_t j = 0; j < ld; j++)
		y[j] += alpha * x[j];
}

/* q = (Y'Y + l I + sum over the row's items of (c - 1) y y') d. */
static void
apply(Work *w, const Side *s, uint32_t row, const UpFactors *fixed, const float *d, float *q)
{
	up_gemm_nn(q, w->ld, NULL, d, w->ld, w->gram, w->ld, 1, w->ld, w->ld);
	axpy(q, s->lambdas[row], d, w->ld);
	for (size_t i = s->starts[row]; i < s->starts[row + 1]; i++)
	{
		const float *y = up_factors_row(fixed, s->others[i]);

		up_tick_work(&w->ticks, w->ld / 2);
		axpy(q, s->extra[i] * up_factors_dot(y, d, w->ld), y, w->ld);
	}
}

/* The residual sum c y - A x. */
static void
start_residual(Work *w, const Side *s, uint32_t row, const UpFactors *fixed, const float *x)
{
	up_gemm_nn(w->r, w->ld, NULL, x, w->ld, w->gram, w->ld, 1, w->ld, w->ld);
	for (uint32_t j = 0; j < w->ld; j++)
		w->r[j] = -w->r[j] - s->lambdas[row] * x[j];
	for (size_t i = s->starts[row]; i < s->starts[row + 1]; i++)
	{
		const float *y = up_factors_row(fixed, s->others[i]);

		up_tick_work(&w->ticks, w->ld / 2);
		axpy(w->r, 1 + s->extra[i] - s->extra[i] * up_factors_dot(y, x, w->ld), y, w->ld);
	}
}

static void
solve_by_steps(Work *w, const Side *s, uint32_t row, const UpFactors *fixed, float *x)
{
	float before, now;

	start_residual(w, s, row, fixed, x);
	memcpy(w->d, w->r, w->ld * sizeof(float));
	before = up_factors_dot(w->r, w->r, w->ld);
	for (int64_t step = 0; step < w->p->cg_steps && (double) before > LEAST_RESIDUAL; step++)
	{
		float along;

		apply(w, s, row, fixed, w->d, w->q);
		along = before / up_factors_dot(w->d, w->q, w->ld);
		if (!isfinite(along))
			return;
		axpy(x, along, w->d, w->ld);
		axpy(w->r, -along, w->q, w->ld);
		now = up_factors_dot(w->r, w->r, w->ld);
		for (uint32_t j = 0; j < w->ld; j++)
			w->d[j] = w->r[j] + now / before * w->d[j];
		before = now;
	}
}

static void
solve_exactly(Work *w, const Side *s, uint32_t row, const UpFactors *fixed, float *x)
{
	uint32_t k = w->k, ld = w->ld;

	memcpy(w->a, w->gram, (size_t) ld * ld * sizeof(float));
	memset(w->r, 0, ld * sizeof(float));
	for (size_t first = s->starts[row]; first < s->starts[row + 1]; first += PACK_ROWS)
	{
		size_t n = UP_MIN(PACK_ROWS, s->starts[row + 1] - first);

		for (size_t i = 0; i < n; i++)
		{
			const float *y = up_factors_row(fixed, s->others[first + i]);
			float extra = s->extra[first + i];

			memcpy(w->packed + i * ld, y, ld * sizeof(float));
			for (uint32_t j = 0; j < ld; j++)
				w->scaled[i * ld + j] = extra * y[j];
			axpy(w->r, 1 + extra, y, ld);
		}
		up_gemm_tn(w->a, ld, true, w->scaled, ld, w->packed, ld, ld, ld, n);
		up_tick_work(&w->ticks, n * ld * ld / 8 + n * ld);
	}
	for (uint32_t i = 0; i < k; i++)
	{
		for (uint32_t j = i; j < k; j++)
			w->system[(size_t) i * k + j] = (double) w->a[(size_t) i * ld + j];
		w->system[(size_t) i * k + i] += (double) s->lambdas[row];
		w->right[i] = (double) w->r[i];
	}
	if (up_dense_cholesky(w->system, k, k, 0, NULL) != k)
		return; /* not positive in float4: the last solution stays */
	up_dense_solve(w->system, k, k, NULL, w->right);
	for (uint32_t i = 0; i < k; i++)
		x[i] = (float) w->right[i];
}

static void
solve_rows(Work *w, const Side *s, const UpFactors *fixed, UpFactors *out, uint32_t first, uint32_t n_rows)
{
	/* One small system's factor is not long enough to tick by itself; those of many rows are. */
	size_t square = (size_t) w->ld * w->ld,
		   a_row = w->p->solver == SOLVER_CG ? square / 4 : square * (1 + w->ld / 8);

	for (uint32_t row = first; row < first + n_rows; row++)
	{
		size_t n = s->starts[row + 1] - s->starts[row];

		up_tick_work(&w->ticks, a_row);
		if (n == 0)
			memset(up_factors_row(out, row), 0, w->ld * sizeof(float));
		else if (w->p->solver == SOLVER_CG)
			solve_by_steps(w, s, row, fixed, up_factors_row(out, row));
		else
			solve_exactly(w, s, row, fixed, up_factors_row(out, row));
	}
}

/* The rows of a side as a job: each part solves some. */
typedef struct SideJob
{
	AlsParams p;
	uint32_t n;
	UpFactors fixed, out; /* without their rows */
} SideJob;

enum
{
	STARTS,
	OTHERS,
	EXTRA,
	LAMBDAS,
	GRAM,
	FIXED_ROWS,
	OUT_ROWS,
	N_ARRAYS
};

static void
solve_part(const void *job, void *const *arrays, uint32_t part)
{
	SideJob j = *(const SideJob *) job;
	Work w = new_work(&j.p, arrays[GRAM]);
	Side s = {j.n, arrays[STARTS], arrays[OTHERS], arrays[EXTRA], arrays[LAMBDAS]};
	uint32_t first = part * PART_ROWS;

	j.fixed.rows = arrays[FIXED_ROWS];
	j.out.rows = arrays[OUT_ROWS];
	solve_rows(&w, &s, &j.fixed, &j.out, first, UP_MIN(PART_ROWS, j.n - first));
}

static void
solve_side(const AlsParams *p, const Side *s, const UpFactors *fixed, UpFactors *out, float *gram)
{
	SideJob job = {.p = *p, .n = s->n, .fixed = *fixed, .out = *out};
	void *arrays[N_ARRAYS] = {[STARTS] = (void *) s->starts,
							  [OTHERS] = (void *) s->others,
							  [EXTRA] = (void *) s->extra,
							  [LAMBDAS] = s->lambdas,
							  [GRAM] = gram,
							  [FIXED_ROWS] = fixed->rows,
							  [OUT_ROWS] = out->rows};

	make_gram(fixed, gram);
	up_parallel((s->n + PART_ROWS - 1) / PART_ROWS, solve_part, &job, sizeof(job), arrays, N_ARRAYS);
}

/* What a row's squares weigh, one of n_others cells. */
static void
set_lambdas(Side *s, double regularization, uint32_t n_others)
{
	size_t work = 0;

	s->lambdas = up_alloc_large_array(s->n, sizeof(float));
	for (uint32_t row = 0; row < s->n; row++)
	{
		double sum = n_others;

		up_tick_work(&work, s->starts[row + 1] - s->starts[row] + 1);
		for (size_t i = s->starts[row]; i < s->starts[row + 1]; i++)
			sum += (double) s->extra[i];
		s->lambdas[row] = (float) (regularization * sum);
	}
}

static Side
user_side(const UpInteractions *x, const AlsParams *p)
{
	size_t n = x->starts[x->n_users], starts_size = ((size_t) x->n_users + 1) * sizeof(uint64_t);
	float *extra = up_alloc_large_array(n, sizeof(float));
	Side s = {.n = x->n_users, .extra = extra};
	size_t work = 0;

	s.starts = memcpy(up_alloc_large(starts_size), x->starts, starts_size);
	s.others = memcpy(up_alloc_large_array(n, sizeof(uint32_t)), x->items, n * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, 16);
		extra[i] = (float) confidence_of(p->alpha, (UpWeighting) p->weighting, x->weights, x->recency, i);
	}
	set_lambdas(&s, p->regularization, x->n_items);
	return s;
}

static Side
item_side(const Side *users, const AlsParams *p, uint32_t n_items)
{
	size_t n = users->starts[users->n], work = 0;
	uint64_t *starts = up_alloc_large_zeroed((size_t) n_items + 2, sizeof(uint64_t));
	uint32_t *others = up_alloc_large_array(n, sizeof(uint32_t));
	float *extra = up_alloc_large_array(n, sizeof(float));
	Side s = {.n = n_items, .starts = starts, .others = others, .extra = extra};

	for (size_t i = 0; i < n; i++)
		starts[users->others[i] + 2]++;
	for (uint32_t i = 0; i < n_items; i++)
		starts[i + 2] += starts[i + 1];
	for (uint32_t u = 0; u < users->n; u++)
	{
		up_tick_work(&work, 4 * (users->starts[u + 1] - users->starts[u]));
		for (size_t i = users->starts[u]; i < users->starts[u + 1]; i++)
		{
			size_t at = starts[users->others[i] + 1]++;

			others[at] = u;
			extra[at] = users->extra[i];
		}
	}
	set_lambdas(&s, p->regularization, users->n);
	return s;
}

/* The sum of l |x|^2. */
static double
penalty_of(const Side *s, const UpFactors *f)
{
	double sum = 0;

	for (uint32_t row = 0; row < s->n; row++)
		sum += (double) s->lambdas[row] *
			   (double) up_factors_dot(up_factors_row(f, row), up_factors_row(f, row), f->ld);
	return sum;
}

/* The objective without its penalties, divided by the number of cells. */
static double
loss_of(const Side *s, const UpFactors *users, const UpFactors *items)
{
	size_t square = (size_t) items->k * items->k, work = 0;
	double *gram = up_alloc_array(square, sizeof(double)), *other = up_alloc_array(square, sizeof(double)),
		   sum = 0;

	up_factors_gram(items, gram, items->k);
	up_factors_gram(users, other, items->k);
	/* The sum over all cells of (x . y)^2 is the trace of X'X Y'Y. */
	sum += up_vec_dot(gram, other, square);

	for (uint32_t u = 0; u < s->n; u++)
	{
		for (size_t i = s->starts[u]; i < s->starts[u + 1]; i++)
		{
			double score = (double) up_factors_dot(up_factors_row(users, u),
												   up_factors_row(items, s->others[i]), items->ld);

			up_tick_work(&work, items->ld / 4);
			sum += (1 + (double) s->extra[i]) * (1 - score) * (1 - score) - score * score;
		}
	}
	up_free(other);
	up_free(gram);
	return sum / users->n / items->n;
}

/* Zeros, in a large array. */
static UpFactors
large_factors(uint32_t n, uint32_t k)
{
	UpFactors f = {.n = n, .k = k, .ld = UP_FACTORS_UP(k)};

	f.rows = up_alloc_large_zeroed((size_t) n * f.ld, sizeof(float));
	return f;
}

/* About how long one process takes. */
static double
seconds_of(const AlsParams *p, const UpInteractions *x)
{
	double k = (double) p->factors, rows = (double) x->n_users + x->n_items;
	double pairs = 2 * (double) x->starts[x->n_users];
	double a_row = p->solver == SOLVER_CG ? (double) p->cg_steps * k * k : k * k * k / 3;
	double a_pair = p->solver == SOLVER_CG ? 4 * (double) (p->cg_steps + 1) * k : k * k;

	return (double) p->iterations * (rows * a_row + pairs * a_pair) / 1e10;
}

static void *
als_fit(const UpRecommendFit *fit)
{
	const AlsParams *p = fit->params;
	const UpInteractions *x = fit->data;
	uint32_t k = (uint32_t) p->factors;
	Als *b = up_alloc0(sizeof(*b));
	UpFactors users, items;
	float *gram;
	UpArena *arena;
	Side by_user, by_item;
	UpRng rng;
	double loss;

	/* All else is large arrays. */
	up_reserve(up_factors_bytes(x->n_items, k), "the factors of items");
	b->items = up_factors_new(x->n_items, k, false);
	b->alpha = p->alpha;
	b->weighting = (UpWeighting) p->weighting;
	b->regularization = p->regularization;
	arena = up_arena_enter();
	up_workers_begin(seconds_of(p, x));
	users = large_factors(x->n_users, k);
	items = large_factors(x->n_items, k);
	gram = up_alloc_large_array((size_t) items.ld * items.ld, sizeof(float));
	by_user = user_side(x, p);
	by_item = item_side(&by_user, p, x->n_items);
	up_rng_init(&rng, fit->seed, 0);
	up_factors_draw(&items, 0.1 / sqrt(k), &rng);
	for (int64_t round = 0; round < p->iterations; round++)
	{
		up_progress("als: rounds", (uint64_t) round, (uint64_t) p->iterations);
		solve_side(p, &by_user, &items, &users, gram);
		solve_side(p, &by_item, &users, &items, gram);
	}
	loss = loss_of(&by_user, &users, &items) +
		   (penalty_of(&by_user, &users) + penalty_of(&by_item, &items)) / x->n_users / x->n_items;
	up_workers_end();
	memcpy(b->items->rows, items.rows, (size_t) items.n * items.ld * sizeof(float));
	up_arena_leave(arena);
	up_value_set(fit->info, "loss", up_value_number(loss));
	set_gram(b);
	return b;
}

/* ---- as bytes ---- */

static void
als_write(const void *body, UpWriter *w)
{
	const Als *b = body;

	up_put_f64(w, b->alpha);
	up_put_u8(w, (uint8_t) b->weighting);
	up_put_f64(w, b->regularization);
	up_put_factors(w, b->items);
}

static void *
als_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	Als *b = up_alloc0(sizeof(*b));
	uint8_t weighting;

	(void) n_segments;
	b->alpha = up_get_f64(r);
	weighting = up_get_u8(r);
	b->regularization = up_get_f64(r);
	if (!(b->alpha > 0 && b->alpha <= 1e6) || weighting > UP_WEIGHT_BINARY ||
		!(b->regularization > 0 && b->regularization <= 1e6))
		up_corrupt(r, "parameters");
	b->weighting = (UpWeighting) weighting;
	b->items = up_get_factors(r, n_items, false);
	set_gram(b);
	return b;
}

static void
als_describe(const void *body, UpValue *info)
{
	const Als *b = body;

	up_value_set(info, "factors", up_value_number(b->items->k));
}

/* ---- asked ---- */

/* Who asks: R'R = Y'Y + l I + sum (c - 1) y y', and x. */
typedef struct Asking
{
	bool solved;
	double *system;
	double *x;
} Asking;

#define ASK_ROWS 64

/* Without telling them apart the compiler takes one number after the other. */
static void
add_item(const float *UP_RESTRICT y, uint32_t k, double extra, double *UP_RESTRICT packed,
		 double *UP_RESTRICT x)
{
	double root = sqrt(extra), all = 1 + extra;

	for (uint32_t j = 0; j < k; j++)
	{
		packed[j] = root * (double) y[j];
		x[j] += all * (double) y[j];
	}
}

static bool
ask(const Als *b, const UpHistory *h, Asking *a)
{
	uint32_t k = b->items->k;
	size_t side = b->side, work = 0;
	double *packed = up_alloc0(ASK_ROWS * side * sizeof(double)), confidence = b->items->n;

	a->system = up_alloc_array(side * side, sizeof(double));
	a->x = up_alloc0(side * sizeof(double));
	memcpy(a->system, b->gram, side * side * sizeof(double));
	for (uint32_t first = 0; first < h->n; first += ASK_ROWS)
	{
		uint32_t n = UP_MIN(ASK_ROWS, h->n - first);

		for (uint32_t i = 0; i < n; i++)
		{
			const float *y = up_factors_row(b->items, h->items[first + i]);
			double extra = confidence_of(b->alpha, b->weighting, h->weights, h->recency, first + i);

			confidence += extra;
			add_item(y, k, extra, packed + i * side, a->x);
		}
		up_vec_syrk(a->system, side, packed, n);
		up_tick_work(&work, n * side * side / 8);
	}
	up_free(packed);
	for (uint32_t j = 0; j < k; j++)
		a->system[j * side + j] += b->regularization * confidence;
	if (up_dense_cholesky(a->system, k, side, 0, NULL) != k)
		return false;
	up_dense_solve(a->system, k, side, NULL, a->x);
	return true;
}

/* The same, made once for a history; NULL: it cannot be solved. */
static const Asking *
asked(const Als *b, const UpHistory *h)
{
	Asking *a = h->memo != NULL ? *h->memo : NULL;

	if (a == NULL)
	{
		a = up_alloc0(sizeof(Asking));
		a->solved = ask(b, h, a);
	}
	if (h->memo != NULL)
		*h->memo = a;
	return a->solved ? a : NULL;
}

static void
als_score(const void *body, const UpHistory *h, double *out)
{
	const Als *b = body;
	const Asking *a = asked(b, h);

	if (a != NULL)
		up_factors_score(b->items, a->x, out);
	else
		memset(out, 0, b->items->n * sizeof(double));
}

/* x . y_i = sum_j c_j y_j . A^-1 y_i (section 5 of Hu et al.). */
static bool
als_reason(const void *body, const UpHistory *h, uint32_t item, double *out)
{
	const Als *b = body;
	uint32_t k = b->items->k;
	const Asking *a = asked(b, h);
	double *v;
	bool any = false;

	if (a == NULL)
		return false;
	v = up_alloc0(b->side * sizeof(double));
	for (uint32_t j = 0; j < k; j++)
		v[j] = (double) up_factors_row(b->items, item)[j];
	up_dense_solve(a->system, k, b->side, NULL, v);
	for (uint32_t i = 0; i < h->n; i++)
	{
		const float *y = up_factors_row(b->items, h->items[i]);
		double sum = 0;

		for (uint32_t j = 0; j < k; j++)
			sum += v[j] * (double) y[j];
		out[i] = sum * (1 + confidence_of(b->alpha, b->weighting, h->weights, h->recency, i));
		any |= out[i] != 0;
	}
	up_free(v);
	return any;
}

static void
als_similar(const void *body, uint32_t item, double *out)
{
	up_factors_similar(((const Als *) body)->items, item, out);
}

static uint32_t
als_vector_length(const void *body)
{
	return ((const Als *) body)->items->k;
}

static void
als_vector(const void *body, const UpHistory *h, double *out)
{
	const Als *b = body;
	const Asking *a = asked(b, h);

	if (a != NULL)
		memcpy(out, a->x, b->items->k * sizeof(double));
	else
		memset(out, 0, b->items->k * sizeof(double));
}

const UpRecommender up_recommend_als = {
	.name = "als",
	.number = 3,
	.help = "matrix factorization of implicit feedback by alternating least squares",
	.params = {als_params, UP_LENGTH(als_params)},
	.params_size = sizeof(AlsParams),
	.fit = als_fit,
	.write = als_write,
	.read = als_read,
	.describe = als_describe,
	.score = als_score,
	.reason = als_reason,
	.similar = als_similar,
	.vector_length = als_vector_length,
	.vector = als_vector,
};
