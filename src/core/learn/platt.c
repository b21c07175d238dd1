/*
 * platt.c - a sigmoid over scores
 *
 * Maximizes the likelihood of the smoothed targets t+ = (N+ + 1) / (N+ + 2), t- = 1 / (N- + 2) (Platt 1999) by Newton's
 * method with backtracking, in the form of Lin, Lin, Weng 2007 that neither overflows nor cancels. N+ and N- are rows, or what they weigh;
 * weights below 1 on average are taken times so much that they are 1, as those that add up to 1 would leave nothing but the smoothing.
 * Sums are of weights of 1 on average. Cost: O(n) a step, nearly all of it for exponentials and logarithms, which are shared out; their
 * sums are taken in the order of the rows.
 *
 * A higher score must never mean a lower probability. Held-out scores of a handful of positives may say so by chance, and the
 * model's probabilities would rank its rows upside down. The best that is allowed is then the constant; a slope next to none keeps the order.
 */
#include "learn/platt.h"

#include "num/vec.h"

#include <float.h>
#include <math.h>

#define MAX_STEPS 100
#define MIN_STEP  1e-10
#define RIDGE     1e-12
#define PART_ROWS 16384
#define LEAST     1e-6 /* log-odds between the middle and the farthest score */

double
up_platt_proba(UpPlatt p, double score)
{
	return up_sigmoid(-(p.a * score + p.b));
}

/* A look at all rows with a sigmoid: at what each adds to the loss, or at its probability. */
typedef struct Look
{
	UpPlatt p;
	size_t n;
	double target[2];
	bool loss;
} Look;

enum
{
	SCORES,
	Y,
	FOUND,
	N_ARRAYS
};

/* Of the loss -Σ t log p + (1 - t) log(1 - p) with p = 1 / (1 + exp(q)): t q + log(1 + exp(-q)). */
static void
look_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Look *l = fixed;
	const double *scores = arrays[SCORES], *y = arrays[Y];
	size_t first = (size_t) part * PART_ROWS, end = UP_MIN(first + PART_ROWS, l->n);
	double *found = arrays[FOUND];

	up_tick();
	for (size_t i = first; i < end; i++)
	{
		double q = l->p.a * scores[i] + l->p.b;

		found[i] = l->loss ? l->target[y[i] > 0] * q + up_log1pexp(-q) : up_sigmoid(-q);
	}
}

static void
look(Look *l, UpPlatt p, bool loss, void *const *arrays)
{
	l->p = p;
	l->loss = loss;
	up_parallel((uint32_t) ((l->n + PART_ROWS - 1) / PART_ROWS), look_part, l, sizeof(*l), arrays, N_ARRAYS);
}

/* Of rows: values[i] / unit, or 1. */
typedef struct Weights
{
	const double *values;
	double unit;
} Weights;

static inline double
weight_at(const Weights *w, size_t i)
{
	return w->values != NULL ? w->values[i] / w->unit : 1;
}

/* What the positives weigh, and all. Where rows weigh less than 1 each, they count as so many rows. */
static Weights
weigh(size_t n, const double *y, const double *values, double *positive, double *all)
{
	Weights w = {values, 1};
	double mean;

	*positive = *all = 0;
	for (size_t i = 0; i < n; i++)
	{
		*positive += y[i] > 0 ? weight_at(&w, i) : 0;
		*all += weight_at(&w, i);
	}
	if (values == NULL)
		return w;
	mean = UP_MAX(*all / (double) n, DBL_MIN);
	*positive /= UP_MIN(mean, 1);
	*all /= UP_MIN(mean, 1);
	w.unit = mean;
	return w;
}

static double
loss_at(Look *l, UpPlatt p, const Weights *weights, void *const *arrays)
{
	const double *terms = arrays[FOUND];
	double sum = 0;

	look(l, p, true, arrays);
	for (size_t i = 0; i < l->n; i++)
		sum += weight_at(weights, i) * terms[i];
	return sum;
}

UpPlatt
up_platt_fit(size_t n, const double *scores, const double *y, const double *weights)
{
	double positive, all, loss, *probas = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	void *arrays[N_ARRAYS] = {(void *) scores, (void *) y, probas};
	Weights of = weigh(n, y, weights, &positive, &all);
	Look l = {.n = n};
	UpPlatt p;

	l.target[0] = 1 / (all - positive + 2);
	l.target[1] = (positive + 1) / (positive + 2);
	p.a = 0;
	p.b = log((all - positive + 1) / (positive + 1));
	loss = loss_at(&l, p, &of, arrays);
	for (int step = 0; step < MAX_STEPS; step++)
	{
		double h11 = RIDGE, h22 = RIDGE, h21 = 0, g1 = 0, g2 = 0, det, da, db, slope, length = 1;

		look(&l, p, false, arrays);
		for (size_t i = 0; i < n; i++)
		{
			double w = weight_at(&of, i), curve = w * (probas[i] * (1 - probas[i])),
				   miss = w * (l.target[y[i] > 0] - probas[i]);

			h11 += scores[i] * scores[i] * curve;
			h22 += curve;
			h21 += scores[i] * curve;
			g1 += scores[i] * miss;
			g2 += miss;
		}
		if (fabs(g1) < 1e-9 * (double) n && fabs(g2) < 1e-9 * (double) n)
			break;
		det = h11 * h22 - h21 * h21;
		da = -(h22 * g1 - h21 * g2) / det;
		db = -(h11 * g2 - h21 * g1) / det;
		slope = g1 * da + g2 * db;
		for (; length >= MIN_STEP; length /= 2)
		{
			UpPlatt next = {p.a + length * da, p.b + length * db};
			double next_loss = loss_at(&l, next, &of, arrays);

			if (next_loss < loss + 1e-4 * length * slope)
			{
				p = next;
				loss = next_loss;
				break;
			}
		}
		if (length < MIN_STEP)
			break;
	}
	up_free_large(probas);
	if (!(p.a < 0))
	{
		double most = 0;

		for (size_t i = 0; i < n; i++)
			most = UP_MAX(most, fabs(scores[i]));
		p.a = most > 0 ? -LEAST / most : -LEAST;
		p.b = log((all - positive + 1) / (positive + 1));
	}
	return p;
}
