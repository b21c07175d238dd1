/*
 * l1_logistic.c - logistic regression with an absolute-value penalty by proximal Newton steps; see l1_logistic.h
 *
 * A step replaces the loss by its second-order expansion at the current point and minimizes that plus the penalty by
 * coordinate descent on the weighted products of the candidate features (Friedman, Hastie, Tibshirani 2010; Yuan, Ho, Lin
 * 2012), then halves the step until the objective falls. Candidates are those with a coefficient and those that the
 * sequential strong rule (Tibshirani et al. 2012) cannot rule out; the optimality conditions of the others are checked
 * afterwards, and who breaks them joins.
 *
 * Shapes: x n × ld; s candidates, products (s + 1)^2 with the intercept last. Cost of a step: n s^2 / 2 + n s; of a check
 * n d. The path takes about 3 steps a penalty.
 */
#include "learn/linear/l1_logistic.h"

#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS  256
#define PENALTIES   60
#define SMALLEST    1e-3
#define STEPS       50
#define SWEEPS      1000
#define HALVINGS    30
#define CLOSE       1e-9
#define LEAST_CURVE 1e-6 /* of p (1 - p): keeps the products invertible */
#define EXPLAINED   0.99 /* of the deviance: the path ends */
#define SLACK       1e-7

typedef struct Problem
{
	const double *x, *y;
	size_t ld, n;
	uint32_t d;
	double *w, b;
	double *f;        /* n margins */
	double *rest;     /* n: y - p */
	double *gradient; /* d: x' rest / n */
	uint32_t *set;    /* candidates */
	uint32_t s;
	bool *is_candidate;
} Problem;

static Problem *
problem_new(const double *x, size_t ld, const double *y, size_t n, uint32_t d, double *w, double b)
{
	Problem *p = up_alloc0(sizeof(Problem));

	p->x = x;
	p->y = y;
	p->ld = ld;
	p->n = n;
	p->d = d;
	p->w = w;
	p->b = b;
	p->f = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	p->rest = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	p->gradient = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	p->set = up_alloc_array(UP_MAX(d, 1), sizeof(uint32_t));
	p->is_candidate = up_alloc0(UP_MAX(d, 1) * sizeof(bool));
	return p;
}

static void
add_candidate(Problem *p, uint32_t j)
{
	if (p->is_candidate[j])
		return;
	p->is_candidate[j] = true;
	p->set[p->s++] = j;
}

/* Margins of w and b, into p->f; returns the mean loss. */
static double
margins(Problem *p)
{
	double loss[8] = {0};

	for (size_t i = 0; i < p->n; i++)
	{
		const double *row = p->x + i * p->ld;
		double f = p->b;

		if (i % 1024 == 0)
			up_tick();
		for (uint32_t k = 0; k < p->s; k++)
			f += row[p->set[k]] * p->w[p->set[k]];
		p->f[i] = f;
		loss[i & 7] += up_log1pexp(p->y[i] > 0 ? -f : f);
	}
	return (((loss[0] + loss[1]) + (loss[2] + loss[3])) + ((loss[4] + loss[5]) + (loss[6] + loss[7]))) /
		   (double) p->n;
}

static double
penalty_of(const Problem *p, double penalty)
{
	double sum = 0;

	for (uint32_t k = 0; k < p->s; k++)
		sum += fabs(p->w[p->set[k]]);
	return penalty * sum;
}

/* Of all features, from the margins. */
static void
full_gradient(Problem *p)
{
	memset(p->gradient, 0, p->d * sizeof(double));
	for (size_t i = 0; i < p->n; i++)
	{
		p->rest[i] = (p->y[i] - up_sigmoid(p->f[i])) / (double) p->n;
		if (i % 256 == 0)
			up_tick();
		up_vec_axpy(p->gradient, p->rest[i], p->x + i * p->ld, p->d);
	}
}

/* Weighted products of the candidates and the intercept (h, side ld), and their gradient. */
static void
expand(const Problem *p, double *h, size_t ld, double *rows, double *gradient)
{
	double inverse = 1 / (double) p->n;

	memset(h, 0, ld * ld * sizeof(double));
	memset(gradient, 0, ld * sizeof(double));
	for (size_t first = 0; first < p->n; first += BLOCK_ROWS)
	{
		size_t some = UP_MIN(BLOCK_ROWS, p->n - first);

		up_tick();
		for (size_t i = 0; i < some; i++)
		{
			const double *row = p->x + (first + i) * p->ld;
			double *to = rows + i * ld, share = up_sigmoid(p->f[first + i]);
			double rest = (p->y[first + i] - share) * inverse;
			double root = sqrt(UP_MAX(share * (1 - share), LEAST_CURVE) * inverse);

			for (uint32_t k = 0; k < p->s; k++)
			{
				double v = row[p->set[k]];

				gradient[k] += rest * v;
				to[k] = root * v;
			}
			gradient[p->s] += rest;
			to[p->s] = root;
		}
		up_vec_syrk(h, ld, rows, some);
	}
	for (uint32_t a = 0; a <= p->s; a++)
	{
		for (uint32_t b = 0; b < a; b++)
			h[a * ld + b] = h[b * ld + a];
	}
}

/* The minimum of the expansion plus the penalty: step; gradient becomes that at the step. */
static void
descend(const Problem *p, const double *h, size_t ld, double *gradient, double penalty, double *step)
{
	memset(step, 0, (p->s + 1) * sizeof(double));
	for (int sweep = 0; sweep < SWEEPS; sweep++)
	{
		double largest = 0;

		up_tick();
		for (uint32_t k = 0; k <= p->s; k++)
		{
			const double *UP_RESTRICT row = h + k * ld;
			double old = k < p->s ? p->w[p->set[k]] + step[k] : p->b + step[k], z, now;

			if (!(row[k] > 0))
				continue;
			z = gradient[k] + row[k] * old;
			if (k == p->s)
				now = z / row[k];
			else
				now = z > penalty ? (z - penalty) / row[k] : z < -penalty ? (z + penalty) / row[k] : 0;
			if (now == old)
				continue;
			step[k] += now - old;
			for (uint32_t l = 0; l <= p->s; l++)
				gradient[l] -= (now - old) * row[l];
			largest = UP_MAX(largest, fabs(now - old) * sqrt(row[k]));
		}
		if (largest < CLOSE / 10)
			break;
	}
}

/* Steps on the candidates until they stand still; returns the mean loss. */
static double
solve_candidates(Problem *p, double penalty)
{
	size_t ld = UP_SYRK_PAD((size_t) p->s + 1);
	double *h = up_alloc_array(ld * ld, sizeof(double)), *rows = up_alloc0(BLOCK_ROWS * ld * sizeof(double));
	double *gradient = up_alloc_array(ld, sizeof(double)), *step = up_alloc_array(ld, sizeof(double));
	double loss = margins(p), objective = loss + penalty_of(p, penalty);

	for (int iteration = 0; iteration < STEPS; iteration++)
	{
		double largest = 0, share = 1, before = objective;

		expand(p, h, ld, rows, gradient);
		descend(p, h, ld, gradient, penalty, step);
		for (uint32_t k = 0; k <= p->s; k++)
			largest = UP_MAX(largest, fabs(step[k]));
		for (int halving = 0; halving < HALVINGS; halving++)
		{
			double change;

			share = halving == 0 ? 1 : share / 2;
			change = halving == 0 ? 1 : -share;
			for (uint32_t k = 0; k < p->s; k++)
				p->w[p->set[k]] += change * step[k];
			p->b += change * step[p->s];
			loss = margins(p);
			objective = loss + penalty_of(p, penalty);
			if (objective <= before * (1 + 1e-15))
				break;
		}
		if (largest * share < CLOSE)
			break;
	}
	/* What the steps bring back to 0 is 0, not a rest of rounding. */
	for (uint32_t k = 0; k < p->s; k++)
	{
		if (fabs(p->w[p->set[k]]) < 1e-14)
			p->w[p->set[k]] = 0;
	}
	up_free(h);
	up_free(rows);
	up_free(gradient);
	up_free(step);
	return loss;
}

/* Solves for all features; those in the set are tried first. */
static double
solve(Problem *p, double penalty)
{
	for (;;)
	{
		double loss = solve_candidates(p, penalty);
		uint32_t before = p->s;

		full_gradient(p);
		for (uint32_t j = 0; j < p->d; j++)
		{
			if (fabs(p->gradient[j]) > penalty * (1 + SLACK))
				add_candidate(p, j);
		}
		if (p->s == before)
			return loss;
	}
}

void
up_l1_logistic_fit(const double *x, size_t ld, const double *y, size_t n, uint32_t d, double penalty, double *w,
				   double *b)
{
	UpArena *arena = up_arena_enter();
	Problem *p = problem_new(x, ld, y, n, d, w, *b);

	for (uint32_t j = 0; j < d; j++)
	{
		if (w[j] != 0)
			add_candidate(p, j);
	}
	solve(p, penalty);
	*b = p->b;
	up_arena_leave(arena);
}

static void
walk_path(Problem *p, double *score)
{
	double ones = 0, most = 0, last, none;
	uint32_t entered = 0;

	for (size_t i = 0; i < p->n; i++)
		ones += p->y[i];
	if (ones == 0 || ones == (double) p->n)
		return;
	p->b = log(ones / ((double) p->n - ones));
	none = margins(p);
	full_gradient(p);
	for (uint32_t j = 0; j < p->d; j++)
		most = UP_MAX(most, fabs(p->gradient[j]));
	last = most;
	for (int i = 1; most > 0 && i <= PENALTIES && p->s <= UP_L1_ACTIVE && entered < p->d; i++)
	{
		double share = pow(SMALLEST, (double) i / PENALTIES), penalty = share * most, loss;

		up_progress("l1: penalties", (uint64_t) i, PENALTIES);
		for (uint32_t j = 0; j < p->d; j++)
		{
			if (fabs(p->gradient[j]) >= 2 * penalty - last)
				add_candidate(p, j);
		}
		loss = solve(p, penalty);
		entered = 0;
		for (uint32_t j = 0; j < p->d; j++)
		{
			if (p->w[j] != 0)
				score[j] = UP_MAX(score[j], share);
			entered += score[j] > 0;
		}
		/* The next penalty begins with those that have a coefficient. */
		memset(p->is_candidate, 0, p->d * sizeof(bool));
		p->s = 0;
		for (uint32_t j = 0; j < p->d; j++)
		{
			if (p->w[j] != 0)
				add_candidate(p, j);
		}
		last = penalty;
		if (loss < (1 - EXPLAINED) * none)
			break;
	}
}

/* Columns of x, n rows, to mean 0 and deviation 1; constant ones to 0. */
static void
standardize(double *x, size_t ld, size_t n, uint32_t d)
{
	double *mean = up_alloc0(UP_MAX(d, 1) * sizeof(double)), *scale = up_alloc0(UP_MAX(d, 1) * sizeof(double));

	for (int pass = 0; pass < 3; pass++)
	{
		for (size_t i = 0; i < n; i++)
		{
			double *row = x + i * ld;

			if (i % 256 == 0)
				up_tick();
			for (uint32_t j = 0; j < d; j++)
			{
				if (pass == 0)
					mean[j] += row[j];
				else if (pass == 1)
					scale[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
				else
					row[j] = (row[j] - mean[j]) * scale[j];
			}
		}
		for (uint32_t j = 0; j < d; j++)
		{
			if (pass == 0)
				mean[j] /= (double) n;
			else if (pass == 1)
				scale[j] = scale[j] > 1e-24 * mean[j] * mean[j] * (double) n ? sqrt((double) n / scale[j]) : 0;
		}
	}
	up_free(mean);
	up_free(scale);
}

void
up_l1_logistic_order(const UpData *data, double *score)
{
	size_t n = UP_MIN(data->n_rows, UP_L1_ROWS);
	uint32_t d = data->n_features;
	UpArena *arena = up_arena_enter();
	double *x, *labels, *y, *w;

	memset(score, 0, d * sizeof(double));
	up_reserve((n * d + 5 * n) * sizeof(double), "selecting features by l1");
	x = up_alloc_array(UP_MAX(n * d, 1), sizeof(double));
	labels = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	w = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	up_data_rows(data, 0, n, x);
	up_data_labels(data, 0, n, labels);
	standardize(x, d, n, d);
	for (uint32_t c = data->n_classes > 2 ? 0 : 1; c < data->n_classes; c++)
	{
		for (size_t i = 0; i < n; i++)
			y[i] = labels[i] == c;
		memset(w, 0, d * sizeof(double));
		walk_path(problem_new(x, d, y, n, d, w, 0), score);
	}
	up_arena_leave(arena);
}
