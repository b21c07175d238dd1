/*
 * logistic_work.c - losses, gradients and second derivatives; see logistic_work.h
 *
 * One output: f = x·theta, p = 1 / (1 + e^-f), loss log(1 + e^f) - y f, second derivatives sum c p (1 - p) x x'. Several: p =
 * softmax(f), second derivatives of outputs a, b: sum c p_a (1[a = b] - p_b) x x'. Cost: n d an output and gradient, n d^2 / 2 a
 * block of second derivatives, 2 n d an output for their product with a vector. Rows are taken in blocks that are still in a cache
 * when they are read for the second time; of several outputs as products of matrices, rows × outputs.
 */
#include "learn/linear/logistic_work.h"

#include "num/gemm_double.h"
#include "num/vec.h"
#include "num/vec_points.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   256
#define BLOCK_VALUES 65536
#define PART_ROWS    8192 /* of what is shared out */
#define PART_VALUES  2000000
#define GRAM_VALUES  4000000 /* of all parts' matrices */

void
up_logistic_work_init(UpLogisticWork *w, const UpLogisticProblem *p)
{
	memset(w, 0, sizeof(*w));
	w->p = p;
	w->k = p->n_outputs;
	w->per = (size_t) p->d + 1;
	w->dims = w->k * w->per;
	w->prob = p->curve != NULL ? p->curve->prob : NULL;
	if (w->prob == NULL)
		w->own = w->prob = up_alloc_large_array(UP_MAX(p->n, 1), w->k * sizeof(double));
	w->slope = up_alloc_array(w->dims, sizeof(double));
	w->side = w->k == 1 ? 1 : UP_GEMM_DOUBLE_UP(w->k);
	w->part_rows = UP_MAX(UP_MIN(PART_ROWS, PART_VALUES / p->ld), 256 + 8 * w->side);
	w->parts = (uint32_t) ((p->n + w->part_rows - 1) / w->part_rows);
}

static void
work_free(UpLogisticWork *w)
{
	up_free_large(w->own);
	up_free_large(w->gram);
	up_free(w->slope);
	up_free_large(w->theta);
	up_free_large(w->slots);
}

/*
 * Of one output: probabilities and the sum of the losses of a block of rows, max(z, 0) + log(1 + e^-|f|) with z = f or -f by the class. One
 * logarithm does for all rows of a cost: of the product of 1 + e, which is at most 2 a row. Where e is next to nothing its series is
 * exact, and 1 + e would not be.
 */
static double
block_losses(const double *f, const double *y, const double *cost, double *prob, size_t n)
{
	double product[2] = {1, 1}, at[2] = {0, 0}, sum = 0;

	UP_ASSERT(n <= BLOCK_ROWS);
	for (size_t i = 0; i < n; i++)
	{
		double e = exp(-fabs(f[i])), z = y[i] > 0 ? -f[i] : f[i];
		int c = y[i] > 0;

		prob[i] = (f[i] >= 0 ? 1 : e) / (1 + e);
		sum += cost[i] * (z > 0 ? z : 0);
		if (e < 1e-5)
		{
			sum += cost[i] * (e - e * e / 2 + e * e * e / 3);
			continue;
		}
		if (cost[i] != at[c])
		{
			sum += at[c] * log(product[c]);
			product[c] = 1;
			at[c] = cost[i];
		}
		product[c] *= 1 + e;
	}
	return sum + at[0] * log(product[0]) + at[1] * log(product[1]);
}

/* H t, of the upper triangle. */
static void
times_symmetric(const double *h, size_t n, const double *t, double *out)
{
	memset(out, 0, n * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		const double *row = h + i * n;

		out[i] += row[i] * t[i] + up_vec_dot(row + i + 1, t + i + 1, n - i - 1);
		up_vec_axpy(out + i + 1, t[i], row + i + 1, n - i - 1);
	}
}

/* t = theta - center, and behind it H t. */
static double *
from_center(const UpLogisticWork *w, const double *theta)
{
	double *t = up_alloc_array(2 * w->dims, sizeof(double));

	for (size_t i = 0; i < w->dims; i++)
		t[i] = theta[i] - w->p->center[i];
	times_symmetric(w->p->hessian, w->dims, t, t + w->dims);
	return t;
}

double
up_logistic_penalty(const UpLogisticWork *w, const double *theta)
{
	const UpLogisticProblem *p = w->p;
	double sum = 0;

	for (uint32_t a = 0; a < w->k; a++)
	{
		const double *t = theta + a * w->per;

		for (uint32_t j = 0; j < p->d; j++)
			sum += 0.5 * p->l2[j] * t[j] * t[j] + (p->l1 != NULL ? p->l1[j] * fabs(t[j]) : 0);
	}
	if (p->center != NULL)
	{
		double *t = from_center(w, theta), *ht = t + w->dims;

		for (size_t i = 0; i < w->dims; i++)
			sum += t[i] * (p->slope[i] + 0.5 * ht[i]);
		up_free(t);
	}
	return sum;
}

void
up_logistic_add_penalty(const UpLogisticWork *w, const double *theta, double *g)
{
	const UpLogisticProblem *p = w->p;

	for (uint32_t a = 0; a < w->k; a++)
	{
		for (uint32_t j = 0; j < p->d; j++)
			g[a * w->per + j] += p->l2[j] * theta[a * w->per + j];
	}
	if (p->center != NULL)
	{
		double *t = from_center(w, theta), *ht = t + w->dims;

		for (size_t i = 0; i < w->dims; i++)
			g[i] += p->slope[i] + ht[i];
		up_free(t);
	}
}

/* ---- losses, gradients and products with second derivatives, a part of the rows at a time ---- */

enum
{
	ROWS,
	PLACES, /* or NULL */
	LABELS,
	COSTS,
	PROBABILITIES,
	THETA, /* ld × side */
	SLOTS, /* a part each: the sum of the losses, zeros, and ld × side sums */
	N_ARRAYS
};

#define SLOT_HEAD 8

typedef struct Job
{
	size_t n, ld, per, side, part_rows;
	uint32_t k;
	bool raw; /* rows are as they come */
} Job;

/* A block of rows as a part sees it. */
typedef struct Block
{
	const Job *job;
	const double *x, *y, *cost, *theta;
	const double *const *rows;  /* those that are raw */
	double *prob, *sums, *rest; /* rest: rows × side */
	size_t n;
} Block;

/* What a block adds to the sums; returns its losses. */
typedef double (*BlockWork)(Block *b);

/* x theta of one output, whose last coefficient is the intercept. */
static void
multiply(Block *b, double *out)
{
	size_t d = b->job->per - 1;

	if (!b->job->raw)
	{
		up_vec_rows_dot(out, b->x, b->n, b->job->ld, b->theta);
		return;
	}
	up_vec_points_dot(out, b->rows, b->n, d, b->theta);
	for (size_t i = 0; i < b->n; i++)
		out[i] += b->theta[d];
}

/* rest' x of one output. */
static void
add_rest(Block *b)
{
	uint32_t rows[BLOCK_ROWS];
	size_t d = b->job->per - 1;

	if (b->job->raw)
	{
		up_vec_points_axpy(b->sums, b->rows, b->rest, b->n, d);
		b->sums[d] += up_vec_sum(b->rest, b->n);
		return;
	}
	for (uint32_t i = 0; i < b->n; i++)
		rows[i] = i;
	up_vec_rows_axpy(b->sums, b->x, b->job->ld, rows, b->rest, b->n);
}

static double
both_of_one(Block *b)
{
	double sum;

	multiply(b, b->rest);
	sum = block_losses(b->rest, b->y, b->cost, b->prob, b->n);
	for (size_t i = 0; i < b->n; i++)
		b->rest[i] = b->cost[i] * (b->prob[i] - b->y[i]);
	add_rest(b);
	return sum;
}

static double
times_one(Block *b)
{
	multiply(b, b->rest);
	for (size_t i = 0; i < b->n; i++)
		b->rest[i] *= b->cost[i] * b->prob[i] * (1 - b->prob[i]);
	add_rest(b);
	return 0;
}

static double
both_of_many(Block *b)
{
	const Job *j = b->job;
	double sum = 0;

	up_gemm_double_nn(b->rest, j->side, b->x, j->ld, b->theta, j->side, b->n, j->side, j->per);
	for (size_t i = 0; i < b->n; i++)
	{
		double *f = b->rest + i * j->side, *prob = b->prob + i * j->k;
		size_t y = (size_t) b->y[i];

		memcpy(prob, f, j->k * sizeof(double));
		sum += b->cost[i] * (up_vec_softmax(prob, j->k) - f[y]);
		for (uint32_t a = 0; a < j->k; a++)
			f[a] = b->cost[i] * prob[a];
		f[y] -= b->cost[i];
	}
	up_gemm_double_tn(b->sums, j->side, true, b->x, j->ld, b->rest, j->side, j->per, j->side, b->n);
	return sum;
}

static double
times_many(Block *b)
{
	const Job *j = b->job;

	up_gemm_double_nn(b->rest, j->side, b->x, j->ld, b->theta, j->side, b->n, j->side, j->per);
	for (size_t i = 0; i < b->n; i++)
	{
		const double *prob = b->prob + i * j->k;
		double *f = b->rest + i * j->side, mean = 0;

		for (uint32_t a = 0; a < j->k; a++)
			mean += prob[a] * f[a];
		for (uint32_t a = 0; a < j->k; a++)
			f[a] = b->cost[i] * prob[a] * (f[a] - mean);
	}
	up_gemm_double_tn(b->sums, j->side, true, b->x, j->ld, b->rest, j->side, j->per, j->side, b->n);
	return 0;
}

static void
run_part(const Job *j, void *const *arrays, uint32_t part, BlockWork work)
{
	size_t first = part * j->part_rows, end = UP_MIN(first + j->part_rows, j->n), done = 0;
	size_t block = UP_MAX(UP_MIN(BLOCK_ROWS, BLOCK_VALUES / j->ld), 32), width = j->ld * j->side;
	double *slot = (double *) arrays[SLOTS] + part * (SLOT_HEAD + width);
	const double *const *places = arrays[PLACES], *rows[BLOCK_ROWS];
	Block b = {.job = j, .theta = arrays[THETA], .sums = slot + SLOT_HEAD};

	b.rest = up_alloc_array(block, j->side * sizeof(double));
	memset(slot, 0, (SLOT_HEAD + width) * sizeof(double));
	for (; first < end; first += block)
	{
		b.n = UP_MIN(block, end - first);
		b.x = places == NULL ? (const double *) arrays[ROWS] + first * j->ld : NULL;
		for (size_t i = 0; j->raw && i < b.n; i++)
			rows[i] = places != NULL ? places[first + i] : b.x + i * j->ld;
		b.rows = rows;
		b.y = (const double *) arrays[LABELS] + first;
		b.cost = (const double *) arrays[COSTS] + first;
		b.prob = (double *) arrays[PROBABILITIES] + first * j->k;
		up_tick_work(&done, b.n * j->ld * j->k);
		slot[0] += work(&b);
	}
	up_free(b.rest);
}

static void
both_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;

	run_part(j, arrays, part, j->k == 1 ? both_of_one : both_of_many);
}

static void
times_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;

	run_part(j, arrays, part, j->k == 1 ? times_one : times_many);
}

/* Coefficients of standardized features, and an intercept, as those of the features. */
static void
to_raw(const UpLogisticProblem *p, double *theta)
{
	for (uint32_t j = 0; j < p->d; j++)
	{
		theta[j] /= p->deviation[j];
		theta[p->d] -= p->mean[j] * theta[j];
	}
}

/* Sums over features, and of what they were multiplied by, as those over standardized features. */
static void
from_raw(const UpLogisticProblem *p, double *sums)
{
	for (uint32_t j = 0; j < p->d; j++)
		sums[j] = (sums[j] - p->mean[j] * sums[p->d]) / p->deviation[j];
}

/* fn over all rows with theta; the sums of its parts to out, and of their losses. */
static double
run(UpLogisticWork *w, UpPart fn, const double *theta, double *out)
{
	const UpLogisticProblem *p = w->p;
	Job job = {p->n, p->ld, w->per, w->side, w->part_rows, w->k, p->mean != NULL};
	size_t width = p->ld * w->side, stride = SLOT_HEAD + width;
	double sum = 0;

	if (w->theta == NULL)
	{
		up_reserve((width + w->parts * stride) * sizeof(double), "logistic regression");
		w->theta = up_alloc_large_zeroed(width, sizeof(double));
		w->slots = up_alloc_large_array(UP_MAX(w->parts, 1) * stride, sizeof(double));
	}
	for (uint32_t a = 0; a < w->k; a++)
	{
		for (size_t j = 0; j < w->per; j++)
			w->theta[j * w->side + a] = theta[a * w->per + j];
	}
	if (p->mean != NULL)
		to_raw(p, w->theta);
	up_parallel(w->parts, fn, &job, sizeof(job),
				(void *[]){(void *) p->x, (void *) p->places, (void *) p->y, (void *) p->cost, w->prob,
						   w->theta, w->slots},
				N_ARRAYS);
	for (uint32_t part = 1; part < w->parts; part++)
		up_vec_axpy(w->slots, 1, w->slots + part * stride, stride);
	for (uint32_t a = 0; a < w->k; a++)
	{
		for (size_t j = 0; j < w->per; j++)
			out[a * w->per + j] = w->parts > 0 ? w->slots[SLOT_HEAD + j * w->side + a] : 0;
		if (p->mean != NULL)
			from_raw(p, out);
		if (!p->fit_intercept)
			out[a * w->per + p->d] = 0;
	}
	sum = w->parts > 0 ? w->slots[0] : 0;
	return sum;
}

double
up_logistic_objective(UpLogisticWork *w, const double *theta)
{
	return run(w, both_part, theta, w->slope) + up_logistic_penalty(w, theta);
}

void
up_logistic_gradient(const UpLogisticWork *w, const double *theta, double *g)
{
	memcpy(g, w->slope, w->dims * sizeof(double));
	up_logistic_add_penalty(w, theta, g);
}

double
up_logistic_both(UpLogisticWork *w, const double *theta, double *g)
{
	double objective = up_logistic_objective(w, theta);

	up_logistic_gradient(w, theta, g);
	return objective;
}

/* By how much the second derivative of a row by margin weighs. */
static inline double
curve_of(const UpLogisticWork *w, size_t i, uint32_t a)
{
	double prob = w->prob[i * w->k + a];

	return w->p->cost[i] * prob * (1 - prob);
}

void
up_logistic_times(UpLogisticWork *w, const double *v, double *out)
{
	const UpLogisticProblem *p = w->p;

	run(w, times_part, v, out);
	for (uint32_t a = 0; a < w->k; a++)
	{
		for (uint32_t j = 0; j < p->d; j++)
			out[a * w->per + j] += p->l2[j] * v[a * w->per + j];
	}
	if (p->center != NULL)
	{
		double *add = up_alloc_array(w->dims, sizeof(double));

		times_symmetric(p->hessian, w->dims, v, add);
		up_vec_axpy(out, 1, add, w->dims);
		up_free(add);
	}
}

void
up_logistic_diagonal(const UpLogisticWork *w, double *out)
{
	const UpLogisticProblem *p = w->p;

	for (uint32_t a = 0; a < w->k; a++)
	{
		double sum = 0;

		for (size_t i = 0; i < p->n; i++)
			sum += curve_of(w, i, a);
		for (size_t j = 0; j < w->per; j++)
		{
			size_t at = a * w->per + j;

			out[at] = sum + (j < p->d ? p->l2[j] : 0);
			if (p->center != NULL)
				out[at] += p->hessian[at * (w->dims + 1)];
		}
	}
}

/* ---- second derivatives as a matrix ---- */

typedef struct Products
{
	size_t n, ld, part_rows;
	uint32_t d, k, a, b; /* outputs */
	double constant;     /* of rows as they come */
} Products;

enum
{
	PRODUCT_ROWS,
	PRODUCT_PLACES,
	PRODUCT_MEAN, /* of rows as they come; else NULL */
	PRODUCT_DEVIATION,
	PRODUCT_COSTS,
	PRODUCT_PROBABILITIES,
	PRODUCT_GRAMS, /* parts × ld × ld */
	N_PRODUCT_ARRAYS
};

/* Of row i, standardized, root times. */
static void
pack_row(const Products *q, void *const *arrays, size_t i, double root, double *to)
{
	const double *const *places = arrays[PRODUCT_PLACES];
	const double *row = places != NULL ? places[i] : (const double *) arrays[PRODUCT_ROWS] + i * q->ld;
	const double *mean = arrays[PRODUCT_MEAN], *deviation = arrays[PRODUCT_DEVIATION];

	if (mean == NULL)
	{
		for (size_t j = 0; j < q->ld; j++)
			to[j] = root * row[j];
		return;
	}
	for (uint32_t j = 0; j < q->d; j++)
		to[j] = root * (row[j] - mean[j]) / deviation[j];
	memset(to + q->d, 0, (q->ld - q->d) * sizeof(double));
	to[q->d] = root * q->constant;
}

/* Sum of weight x x' over the rows of the part; weights are not below 0 (those of a < b are negated). */
static void
products_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Products *q = fixed;
	size_t ld = q->ld, begin = part * q->part_rows, end = UP_MIN(begin + q->part_rows, q->n), done = 0;
	double *gram = (double *) arrays[PRODUCT_GRAMS] + part * ld * ld;
	double *packed = up_alloc_array(BLOCK_ROWS * ld, sizeof(double));

	memset(gram, 0, ld * ld * sizeof(double));
	for (size_t first = begin; first < end; first += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, end - first);

		up_tick_work(&done, n * ld * UP_MAX(ld / 8, 1));
		for (size_t i = first; i < first + n; i++)
		{
			const double *prob = (const double *) arrays[PRODUCT_PROBABILITIES] + i * q->k;
			double pa = prob[q->a], pb = prob[q->b];
			double root =
				sqrt(((const double *) arrays[PRODUCT_COSTS])[i] * (q->a == q->b ? pa * (1 - pa) : pa * pb));

			pack_row(q, arrays, i, root, packed + (i - first) * ld);
		}
		up_vec_syrk(gram, ld, packed, n);
	}
	up_free(packed);
}

/* gram: the same over all rows, for outputs a <= b. */
static void
weighted_products(UpLogisticWork *w, uint32_t a, uint32_t b)
{
	const UpLogisticProblem *p = w->p;
	size_t values = p->ld * p->ld, most = UP_MAX(GRAM_VALUES / values, 1);
	uint32_t parts = (uint32_t) UP_MAX(UP_MIN(w->parts, most), 1);
	Products job = {p->n, p->ld, (p->n + parts - 1) / parts, p->d, w->k, a, b, p->fit_intercept};

	if (w->gram == NULL)
	{
		up_reserve((parts * values + up_workers() * BLOCK_ROWS * p->ld) * sizeof(double),
				   "logistic regression");
		w->gram = up_alloc_large_array(parts * values, sizeof(double));
	}
	up_parallel(parts, products_part, &job, sizeof(job),
				(void *[]){(void *) p->x, (void *) p->places, (void *) p->mean, (void *) p->deviation,
						   (void *) p->cost, w->prob, w->gram},
				N_PRODUCT_ARRAYS);
	for (uint32_t part = 1; part < parts; part++)
		up_vec_axpy(w->gram, 1, w->gram + part * values, values);
}

/* Adds gram × sign as the block of outputs a and b of a matrix whose rows have stride values. */
static void
add_block(const UpLogisticWork *w, double sign, double *h, size_t stride, size_t at_row, size_t at_column)
{
	size_t ld = w->p->ld, per = w->per;

	for (size_t i = 0; i < per; i++)
	{
		for (size_t j = i; j < per; j++)
		{
			h[(at_row + i) * stride + at_column + j] += sign * w->gram[i * ld + j];
			if (at_row != at_column && j > i)
				h[(at_row + j) * stride + at_column + i] += sign * w->gram[i * ld + j];
		}
	}
}

void
up_logistic_hessian(UpLogisticWork *w, double *h)
{
	memset(h, 0, w->dims * w->dims * sizeof(double));
	for (uint32_t a = 0; a < w->k; a++)
	{
		for (uint32_t b = a; b < w->k; b++)
		{
			weighted_products(w, a, b);
			add_block(w, a == b ? 1 : -1, h, w->dims, a * w->per, b * w->per);
		}
	}
}

void
up_logistic_add_rest(const UpLogisticWork *w, double *h)
{
	const UpLogisticProblem *p = w->p;

	for (uint32_t a = 0; a < w->k; a++)
	{
		for (uint32_t j = 0; j < p->d; j++)
			h[(a * w->per + j) * (w->dims + 1)] += p->l2[j];
	}
	if (p->center != NULL)
		up_vec_axpy(h, 1, p->hessian, w->dims * w->dims);
}

void
up_logistic_block(UpLogisticWork *w, uint32_t output, double *h)
{
	const UpLogisticProblem *p = w->p;

	memset(h, 0, w->per * w->per * sizeof(double));
	weighted_products(w, output, output);
	add_block(w, 1, h, w->per, 0, 0);
	for (uint32_t j = 0; j < p->d; j++)
		h[j * (w->per + 1)] += p->l2[j];
	for (size_t i = 0; p->center != NULL && i < w->per; i++)
	{
		for (size_t j = i; j < w->per; j++)
			h[i * w->per + j] += p->hessian[(output * w->per + i) * w->dims + output * w->per + j];
	}
}

void
up_logistic_curvature(const UpLogisticProblem *p, const double *theta, double *gradient, double *hessian)
{
	UpLogisticWork w;

	up_logistic_work_init(&w, p);
	(void) run(&w, both_part, theta, gradient);
	if (hessian != NULL)
		up_logistic_hessian(&w, hessian);
	work_free(&w);
}
