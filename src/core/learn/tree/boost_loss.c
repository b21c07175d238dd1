/*
 * boost_loss.c - losses of gradient boosting; see boost_loss.h
 *
 *   log (two classes)   log(1 + e^s) - y s         gradient p - y          hessian p (1 - p)
 *   log (k classes)     log sum e^s_c - s_y        gradient p_c - [y = c]  hessian k/(k - 1) p_c (1 - p_c), see below
 *   squared             1/2 (s - y)^2              gradient s - y          hessian 1
 *   absolute            |s - y|                    gradient sign(s - y)    hessian 1, leaves: medians
 *   quantile q          q (y - s)+ + (1 - q)(s - y)+   gradient 1 - q or -q    hessian 1, leaves: quantiles
 *   poisson             e^s - y s                  gradient e^s - y        hessian e^s
 *
 * Of k classes all scores move at once, and one of them more than it takes: a step along their common direction changes nothing, which
 * k/(k - 1) makes up for (Friedman 2001). It bounds the curvature at even odds; elsewhere 2 would, so that rounds are looked at.
 */
#include "learn/tree/boost_loss.h"

#include "num/sort.h"
#include "num/vec_gradient.h"

#include <math.h>

#define LEAST_SHARE 1e-15
#define TICK_ROWS   65536
#define FEW_ROWS    256

static double
weighted_mean(const double *y, const double *weight, const uint32_t *rows, uint32_t n)
{
	double sum = 0, total = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		double w = weight != NULL ? weight[rows[i]] : 1;

		sum += w * y[rows[i]];
		total += w;
	}
	return sum / total;
}

static double
quantile_of(double *v, uint32_t n, double q, double *buffer)
{
	double at = q * (n - 1);
	uint32_t below = (uint32_t) at;

	up_sort_doubles(v, n, buffer);
	return below + 1 < n ? v[below] + (at - below) * (v[below + 1] - v[below]) : v[n - 1];
}

/*
 * The same of values that weigh, v[i] as much as row rows[i]: each has its weight's room on a line, and the quantile is the mean over a piece
 * of it as long as the smallest weight, or 1. So whole weights are values that come again, and all of one weight are as without.
 */
static double
weighted_quantile(const double *v, const double *weight, const uint32_t *rows, uint32_t n, double q)
{
	uint32_t *order = up_alloc_array(n, sizeof(uint32_t));
	double all = 0, piece = 1, at, end = 0, quantile = 0;

	up_order_doubles(v, n, order);
	for (uint32_t i = 0; i < n; i++)
	{
		double w = weight[rows[order[i]]];

		all += w;
		piece = UP_MIN(piece, w);
	}
	at = q * (all - piece);
	for (uint32_t i = 0; i < n; i++)
	{
		end += weight[rows[order[i]]];
		quantile = v[order[i]];
		if (at >= end)
			continue;
		if (i + 1 < n && at + piece > end)
			quantile += UP_MIN((at + piece - end) / piece, 1) * (v[order[i + 1]] - quantile);
		break;
	}
	up_free(order);
	return quantile;
}

static double
quantile_for(const UpLossSpec *s, double *v, const double *weight, const uint32_t *rows, uint32_t n,
			 double *buffer)
{
	double q = s->loss == UP_LOSS_ABSOLUTE ? 0.5 : s->quantile;

	return weight != NULL ? weighted_quantile(v, weight, rows, n, q) : quantile_of(v, n, q, buffer);
}

void
up_loss_start(const UpLossSpec *s, const double *y, const double *weight, const uint32_t *rows, uint32_t n,
			  double *scores)
{
	double mean, *v, *buffer;

	switch (s->loss)
	{
		case UP_LOSS_LOG:
			for (uint32_t k = 0; k < s->n_outputs; k++)
			{
				double hits = 0, total = 0, p;

				for (uint32_t i = 0; i < n; i++)
				{
					double w = weight != NULL ? weight[rows[i]] : 1;

					hits += y[rows[i]] == (s->n_outputs == 1 ? 1 : k) ? w : 0;
					total += w;
				}
				p = UP_MIN(UP_MAX(hits / total, LEAST_SHARE), 1 - LEAST_SHARE);
				scores[k] = s->n_outputs == 1 ? log(p / (1 - p)) : log(p);
			}
			break;
		case UP_LOSS_ABSOLUTE:
		case UP_LOSS_QUANTILE:
			v = up_alloc_array(2 * (size_t) n, sizeof(double));
			buffer = v + n;
			for (uint32_t i = 0; i < n; i++)
				v[i] = y[rows[i]];
			scores[0] = quantile_for(s, v, weight, rows, n, buffer);
			up_free(v);
			break;
		default:
			mean = weighted_mean(y, weight, rows, n);
			scores[0] = s->loss == UP_LOSS_POISSON ? log(UP_MAX(mean, LEAST_SHARE)) : mean;
	}
}

/* The greatest of a row's scores, and the sum of exp(score - greatest). */
static double
sum_above(const double *scores, uint32_t n, double *most)
{
	double sum = 0;

	*most = scores[0];
	for (uint32_t c = 1; c < n; c++)
		*most = UP_MAX(*most, scores[c]);
	for (uint32_t c = 0; c < n; c++)
		sum += exp(scores[c] - *most);
	return sum;
}

/* The share of one class among a row's scores. */
static double
softmax(const double *scores, uint32_t n, uint32_t k)
{
	double most, sum = sum_above(scores, n, &most);

	return exp(scores[k] - most) / sum;
}

/* The logarithm of softmax, however small that is. */
static double
log_softmax(const double *scores, uint32_t n, uint32_t k)
{
	double most, sum = sum_above(scores, n, &most);

	return scores[k] - most - log(sum);
}

double
up_loss_refit(const UpLossSpec *s, const double *y, const double *weight, const double *scores,
			  const uint32_t *rows, uint32_t n, double *moves)
{
	uint32_t classes = s->n_classes;
	double *proba = up_alloc_array(classes, sizeof(double));
	double *hits = up_alloc0(2 * classes * sizeof(double)), *sums = hits + classes, most = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t r = rows[i];
		double w = weight != NULL ? weight[r] : 1;

		if (i % TICK_ROWS == 0)
			up_tick();
		up_loss_proba(s, scores + (size_t) r * s->n_outputs, proba);
		hits[(uint32_t) y[r]] += w;
		for (uint32_t k = 0; k < classes; k++)
			sums[k] += w * proba[k];
	}
	/* A class without rows or without any probability stays where it is. */
	for (uint32_t k = 0; k < classes; k++)
		proba[k] = hits[k] > 0 && sums[k] > 0 ? log(hits[k] / sums[k]) : 0;
	for (uint32_t k = 0; k < s->n_outputs; k++)
	{
		moves[k] = s->n_outputs == 1 ? proba[classes - 1] - proba[0] : proba[k];
		most = UP_MAX(most, fabs(moves[k]));
	}
	up_free(proba);
	up_free(hits);
	return most;
}

/* Two classes: some rows, which ascend, at a time. */
static void
log_gradients(const double *y, const double *weight, const double *scores, const uint32_t *rows, uint32_t n,
			  double *gradient, double *hessian)
{
	double few[4][FEW_ROWS];

	for (uint32_t first = 0; first < n; first += FEW_ROWS)
	{
		uint32_t here = UP_MIN(FEW_ROWS, n - first);
		const uint32_t *at = rows + first;

		if (first % TICK_ROWS == 0)
			up_tick();
		/* Those that stand one after the other are taken as they stand. */
		if (weight == NULL && at[here - 1] - at[0] == here - 1)
		{
			up_vec_log_gradients(scores + at[0], y + at[0], here, gradient + at[0], hessian + at[0]);
			continue;
		}
		for (uint32_t i = 0; i < here; i++)
		{
			few[0][i] = scores[at[i]];
			few[1][i] = y[at[i]];
		}
		up_vec_log_gradients(few[0], few[1], here, few[2], few[3]);
		for (uint32_t i = 0; i < here; i++)
		{
			double w = weight != NULL ? weight[at[i]] : 1;

			gradient[at[i]] = w * few[2][i];
			hessian[at[i]] = w * few[3][i];
		}
	}
}

void
up_loss_gradients(const UpLossSpec *s, uint32_t output, const double *y, const double *weight,
				  const double *scores, const uint32_t *rows, uint32_t n, double *gradient, double *hessian)
{
	if (s->loss == UP_LOSS_LOG && s->n_outputs == 1)
	{
		log_gradients(y, weight, scores, rows, n, gradient, hessian);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t r = rows[i];
		const double *score = scores + (size_t) r * s->n_outputs;
		double w = weight != NULL ? weight[r] : 1, g, h = 1, p;

		if (i % TICK_ROWS == 0)
			up_tick();
		switch (s->loss)
		{
			case UP_LOSS_LOG:
				p = softmax(score, s->n_outputs, output);
				g = p - (y[r] == output);
				h = (double) s->n_outputs / (s->n_outputs - 1) * p * (1 - p);
				break;
			case UP_LOSS_SQUARED:
				g = score[0] - y[r];
				break;
			case UP_LOSS_ABSOLUTE:
				g = score[0] > y[r] ? 1 : score[0] < y[r] ? -1 : 0;
				break;
			case UP_LOSS_QUANTILE:
				g = score[0] > y[r] ? 1 - s->quantile : -s->quantile;
				break;
			default:
				h = exp(UP_MIN(score[0], 500));
				g = h - y[r];
		}
		gradient[r] = w * g;
		hessian[r] = w * h;
	}
}

bool
up_loss_leaf_is_quantile(const UpLossSpec *s)
{
	return s->loss == UP_LOSS_ABSOLUTE || s->loss == UP_LOSS_QUANTILE;
}

double
up_loss_leaf_quantile(const UpLossSpec *s, const double *y, const double *weight, const double *scores,
					  const uint32_t *rows, uint32_t n, double *buffer)
{
	for (uint32_t i = 0; i < n; i++)
		buffer[i] = y[rows[i]] - scores[rows[i]];
	return quantile_for(s, buffer, weight, rows, n, buffer + n);
}

UpLossSum
up_loss_sum(const UpLossSpec *s, const double *y, const double *weight, const double *scores,
			const uint32_t *rows, uint32_t n)
{
	UpLossSum sum = {0, 0};
	double last = NAN, of_last = NAN;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t r = rows[i];
		const double *score = scores + (size_t) r * s->n_outputs;
		double w = weight != NULL ? weight[r] : 1, d = y[r] - score[0], loss;

		switch (s->loss)
		{
			case UP_LOSS_LOG:
				/* Before the first round all scores are alike. */
				if (s->n_outputs == 1 && score[0] != last)
				{
					last = score[0];
					of_last = log1p(exp(-fabs(last))) + UP_MAX(last, 0);
				}
				if (s->n_outputs == 1)
					loss = of_last - (y[r] == 1 ? last : 0);
				else
					loss = -log_softmax(score, s->n_outputs, (uint32_t) y[r]);
				break;
			case UP_LOSS_SQUARED:
				loss = d * d / 2;
				break;
			case UP_LOSS_ABSOLUTE:
				loss = fabs(d);
				break;
			case UP_LOSS_QUANTILE:
				loss = d > 0 ? s->quantile * d : (s->quantile - 1) * d;
				break;
			default:
				loss = exp(UP_MIN(score[0], 500)) - y[r] * score[0];
		}
		sum.loss += w * loss;
		sum.weight += w;
	}
	return sum;
}

void
up_loss_proba(const UpLossSpec *s, const double *scores, double *proba)
{
	if (s->n_classes == 1)
		proba[0] = 1;
	else if (s->n_outputs == 1)
	{
		proba[1] = 1 / (1 + exp(-scores[0]));
		proba[0] = 1 / (1 + exp(scores[0]));
	}
	else
	{
		for (uint32_t k = 0; k < s->n_outputs; k++)
			proba[k] = softmax(scores, s->n_outputs, k);
	}
}

double
up_loss_value(const UpLossSpec *s, double score)
{
	return s->loss == UP_LOSS_POISSON ? exp(UP_MIN(score, 700)) : score;
}
