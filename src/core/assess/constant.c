/*
 * constant.c - a model against the best constant of its training rows; see constant.h
 *
 * A model p tells the classes apart better than the shares s do if betting on it gains: the mean of p(y) / s(y) is above 1.
 * For labels without probabilities that is their balanced accuracy against 1 / classes; unlike log loss no single row
 * weighs more than 1 / s(y).
 */
#include "assess/constant.h"

#include "assess/metrics.h"
#include "assess/ranking.h"
#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STANDARD_ERRORS 2

/* The weights that the model was to give its classes, or NULL. */
static double *
class_weights(const UpModel *m, const double *shares)
{
	const UpValue *given = up_value_get(m->params, "class_weight"),
				  *prior = up_value_get(m->params, "class_prior"),
				  *fit_prior = up_value_get(m->params, "fit_prior");
	bool has_prior = prior != NULL && prior->type == UP_OBJECT;
	bool balanced = (given != NULL && given->type == UP_STRING) ||
					(fit_prior != NULL && fit_prior->type == UP_BOOLEAN && !fit_prior->boolean);
	double *weights;

	/* Probabilities that are what happens are so without weights. */
	if (m->adjust != NULL && m->adjust->n_maps > 0)
		return NULL;
	if (!has_prior && !balanced && (given == NULL || given->type != UP_OBJECT))
		return NULL;
	weights = up_alloc_array(UP_MAX(m->n_classes, 1), sizeof(double));
	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		const UpValue *v = has_prior  ? up_value_get(prior, m->classes[k])
						   : balanced ? NULL
									  : up_value_get(given, m->classes[k]);
		double number = v != NULL && v->type == UP_NUMBER ? v->number : 1;

		weights[k] = has_prior || balanced ? number / UP_MAX(shares[k], 1e-300) : number;
	}
	return weights;
}

/* rows: of each label; NULL: one. */
static void
set_shares(UpConstant *c, const double *labels, const uint64_t *rows, size_t n)
{
	uint32_t k = c->model->n_classes;
	double total = 0, all = 0;

	c->shares = up_alloc0(UP_MAX(k, 1) * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		double here = rows != NULL ? (double) rows[i] : 1;

		c->shares[(uint32_t) labels[i]] += here;
		all += here;
	}
	for (uint32_t j = 0; j < k; j++)
		c->shares[j] /= all;
	c->weights = class_weights(c->model, c->shares);
	for (uint32_t j = 0; c->weights != NULL && j < k; j++)
		c->shares[j] *= c->weights[j];
	for (uint32_t j = 0; j < k; j++)
		total += c->shares[j];
	for (uint32_t j = 0; total > 0 && j < k; j++)
		c->shares[j] /= total;
}

static bool
is_choice(const UpModel *m, const char *param, const char *choice)
{
	const UpValue *v = up_value_get(m->params, param);

	return v != NULL && v->type == UP_STRING && strcmp(v->string, choice) == 0;
}

/* The quantile that the model was to find; NaN: the mean. */
static double
sought_quantile(const UpModel *m)
{
	const UpValue *q = up_value_get(m->params, "quantile");

	if (is_choice(m, "loss", "quantile") && q != NULL && q->type == UP_NUMBER)
		return q->number;
	return is_choice(m, "loss", "absolute_error") || is_choice(m, "criterion", "absolute_error") ||
				   (m->learner->abilities & UP_L_ABSOLUTE) != 0
			   ? 0.5
			   : NAN;
}

UpConstant *
up_constant_new(const UpModel *m, const double *labels, size_t n)
{
	UpConstant *c = up_alloc0(sizeof(UpConstant));

	c->model = m;
	if (m->task == UP_TASK_CLASSIFY)
	{
		set_shares(c, labels, NULL, n);
		return c;
	}
	c->quantile = sought_quantile(m);
	if (isnan(c->quantile))
	{
		for (size_t i = 0; i < n; i++)
			c->value += (labels[i] - c->value) / (double) (i + 1);
	}
	else
	{
		double *sorted = up_alloc_array(n, sizeof(double));

		memcpy(sorted, labels, n * sizeof(double));
		up_sort_doubles(sorted, n, NULL);
		c->value = sorted[(size_t) floor(c->quantile * (double) (n - 1) + 0.5)];
		up_free(sorted);
	}
	return c;
}

UpConstant *
up_constant_of_counts(const UpModel *m, const double *labels, const uint64_t *rows, size_t n)
{
	UpConstant *c = up_alloc0(sizeof(UpConstant));

	c->model = m;
	set_shares(c, labels, rows, n);
	return c;
}

static double
weight_of(const UpConstant *c, double actual)
{
	return c->weights != NULL && actual < c->model->n_classes ? c->weights[(uint32_t) actual] : 1;
}

/* A label that the model does not know has no share, and no weight but 1. */
static double
share_of(const UpConstant *c, double actual)
{
	return actual < c->model->n_classes ? c->shares[(uint32_t) actual] : 0;
}

static void
compare_probabilities(const UpConstant *c, size_t n, const double *actual, const double *proba, uint32_t width,
					  UpAgainstConstant *r)
{
	double weights = 0, mean, sum = 0, squares = 0;

	r->metric = c->weights != NULL ? "weighted log_loss" : "log_loss";
	for (size_t i = 0; i < n; i++)
	{
		double w = weight_of(c, actual[i]), s = share_of(c, actual[i]),
			   p = proba[i * width + (size_t) actual[i]], gain = s > 0 ? w * (p / s - 1) : 0;

		weights += w;
		r->model += w * up_log_loss_term(p);
		r->constant += w * up_log_loss_term(s);
		sum += gain;
		squares += gain * gain;
	}
	r->model /= weights;
	r->constant /= weights;
	mean = sum / (double) n;
	r->worse = !(r->model <= r->constant);
	r->tells_apart =
		r->worse && mean > 0 &&
		mean * mean * (double) n > STANDARD_ERRORS * STANDARD_ERRORS * (squares / (double) n - mean * mean);
}

static void
compare_labels(const UpConstant *c, size_t n, const double *actual, const double *predicted,
			   UpAgainstConstant *r)
{
	uint32_t most = 0;
	double weights = 0;

	r->metric = c->weights != NULL ? "weighted accuracy" : "accuracy";
	for (uint32_t k = 1; k < c->model->n_classes; k++)
		most = c->shares[k] > c->shares[most] ? k : most;
	for (size_t i = 0; i < n; i++)
	{
		double w = weight_of(c, actual[i]);

		weights += w;
		r->model += predicted[i] == actual[i] ? w : 0;
		r->constant += actual[i] == most ? w : 0;
	}
	r->model /= weights;
	r->constant /= weights;
	r->worse = r->model < r->constant;
}

/* The loss of a deviation y - p: its square, or (quantile q) q d above and (q - 1) d below. */
static double
loss_of(const UpConstant *c, double d)
{
	return isnan(c->quantile) ? d * d : d > 0 ? c->quantile * d : (c->quantile - 1) * d;
}

static void
compare_values(const UpConstant *c, size_t n, const double *actual, const double *predicted,
			   UpAgainstConstant *r)
{
	for (size_t i = 0; i < n; i++)
	{
		r->model += loss_of(c, actual[i] - predicted[i]) / (double) n;
		r->constant += loss_of(c, actual[i] - c->value) / (double) n;
	}
	if (isnan(c->quantile))
	{
		r->metric = "rmse";
		r->model = sqrt(r->model);
		r->constant = sqrt(r->constant);
	}
	else if (c->quantile == 0.5)
	{
		r->metric = "mae";
		r->model *= 2;
		r->constant *= 2;
	}
	else
		r->metric = "quantile loss";
	/* Where every row has the same value, the last digits of a fit are no fault. */
	r->worse = !(r->model <= r->constant * (1 + 1e-9) + 1e-12 * fabs(c->value));
}

UpAgainstConstant
up_against_constant(const UpConstant *c, size_t n, const double *actual, const double *predicted,
					const double *proba, uint32_t width)
{
	UpAgainstConstant r = {0};

	if (n == 0 || (c->model->task == UP_TASK_CLASSIFY && c->model->n_classes < 2))
		return r;
	if (c->model->task != UP_TASK_CLASSIFY)
		compare_values(c, n, actual, predicted, &r);
	else if (proba != NULL)
		compare_probabilities(c, n, actual, proba, width, &r);
	else
		compare_labels(c, n, actual, predicted, &r);
	return r;
}
