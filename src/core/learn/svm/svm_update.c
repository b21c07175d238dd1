/*
 * svm_update.c - linear machines that learn on, row by row
 *
 * Stochastic steps from the weights that there are, each divided by the curvature that rows have given a weight so far: the diagonal of
 * Newton's matrix, w_j -= g_j / H_j with H_j = 1 + sum 2 C x_j² over the active rows (Bordes, Bottou, Gallinari 2009). Of the old rows
 * H_j is not kept; they count as many times what the new rows show, so that an old row weighs what a new one does. The new rows come
 * in an order that the seed decides; max_iter passes, 1 by default.
 *
 * Cost: O(rows × features) a machine and pass.
 */
#include "learn/svm/svm_body.h"

#include "base/rng.h"
#include "num/vec.h"
#include "learn/class_weights.h"

#include <math.h>
#include <string.h>

/* What the steps of one machine work on; the last weight is the constant's. */
typedef struct Steps
{
	const UpSvmParams *p;
	uint32_t d;
	double constant; /* 0: no intercept */
	double *w;       /* d + 1 */
	double *curve;   /* d + 1 */
	double *x;       /* a row, and the constant */
} Steps;

static double
slack(const Steps *s, double y)
{
	return 1 - y * up_vec_dot(s->w, s->x, s->d + 1);
}

static void
take_step(Steps *s, double y, double cost)
{
	double z = slack(s, y), pull;

	if (!(z > 0))
		return;
	/* The loss is z² or z. */
	pull = s->p->loss == 1 ? cost * y : 2 * cost * z * y;
	for (uint32_t j = 0; j <= s->d; j++)
	{
		s->curve[j] += 2 * cost * s->x[j] * s->x[j];
		s->w[j] += pull * s->x[j] / s->curve[j];
	}
}

/* The new rows as a machine sees them: which class is 1, and what they cost. */
typedef struct Rows
{
	const UpData *data;
	const double *labels, *weights;
	size_t *order;
	uint32_t positive;
	bool binary;
	double C;
} Rows;

static double
read_row(const Rows *r, Steps *s, size_t i, double *cost)
{
	uint32_t k = (uint32_t) r->labels[i];

	up_data_rows(r->data, i, 1, s->x);
	s->x[s->d] = s->constant;
	*cost = r->C * (r->weights != NULL && (k == r->positive || r->binary) ? r->weights[k] : 1);
	return k == r->positive ? 1 : -1;
}

/* The curvature of rows_before rows, by what the new ones show. */
static void
start_curve(const Rows *r, Steps *s, uint64_t rows_before)
{
	double share = (double) rows_before / (double) UP_MAX(r->data->n_rows, 1), cost;

	memset(s->curve, 0, ((size_t) s->d + 1) * sizeof(double));
	for (size_t i = 0; i < r->data->n_rows; i++)
	{
		double y = read_row(r, s, i, &cost);

		if (i % 256 == 0)
			up_tick();
		for (uint32_t j = 0; slack(s, y) > 0 && j <= s->d; j++)
			s->curve[j] += 2 * cost * share * s->x[j] * s->x[j];
	}
	for (uint32_t j = 0; j <= s->d; j++)
		s->curve[j] += 1;
}

static void
update_machine(Rows *r, Steps *s, UpRng *rng, int64_t passes, uint64_t rows_before)
{
	start_curve(r, s, rows_before);
	for (int64_t pass = 0; pass < passes; pass++)
	{
		up_rng_shuffle(rng, r->order, r->data->n_rows);
		for (size_t i = 0; i < r->data->n_rows; i++)
		{
			double cost, y = read_row(r, s, r->order[i], &cost);

			if (i % 256 == 0)
				up_progress("support vector machine: rows", i, r->data->n_rows);
			take_step(s, y, cost);
		}
	}
}

static UpSvm *
copy_of(const UpSvm *from)
{
	UpSvm *m = up_svm_new(from->n_features, from->n_classes, from->probability);

	memcpy(m->weights, from->weights, (size_t) from->n_machines * from->n_features * sizeof(double));
	memcpy(m->intercepts, from->intercepts, from->n_machines * sizeof(double));
	memcpy(m->sigmoids, from->sigmoids, from->n_machines * sizeof(UpPlatt));
	return m;
}

void *
up_svm_update(const void *body, const UpFit *fit)
{
	const UpSvm *from = body;
	const UpSvmParams *p = fit->params;
	uint32_t d = fit->n_features;
	Steps s = {.p = p, .d = d, .constant = p->fit_intercept ? p->intercept_scaling : 0};
	Rows r = {.data = fit->data, .binary = fit->n_classes == 2, .C = p->C};
	int64_t passes = fit->given != NULL && up_value_get(fit->given, "max_iter") != NULL ? p->max_iter : 1;
	double *labels = up_alloc_array(UP_MAX(fit->data->n_rows, 1), sizeof(double));
	UpSvm *m;
	UpRng rng;

	if (from->kernel != NULL || p->k.kernel != UP_KERNEL_LINEAR)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew, or use the linear kernel.",
					 "a support vector machine with a kernel cannot be updated");
	m = copy_of(from);
	if (m->n_machines == 0)
		return m;
	s.w = up_alloc_array((size_t) d + 1, sizeof(double));
	s.curve = up_alloc_array((size_t) d + 1, sizeof(double));
	s.x = up_alloc_array((size_t) d + 1, sizeof(double));
	r.order = up_alloc_array(UP_MAX(fit->data->n_rows, 1), sizeof(size_t));
	up_data_labels(fit->data, 0, fit->data->n_rows, labels);
	r.labels = labels;
	r.weights = up_class_weights(p->class_weight, fit, labels, fit->data->n_rows, "algorithm \"svm\"");
	for (uint32_t k = 0; k < m->n_machines; k++)
	{
		r.positive = m->n_machines == 1 ? 1 : k;
		for (size_t i = 0; i < fit->data->n_rows; i++)
			r.order[i] = i;
		up_rng_init(&rng, fit->seed, 50 + k);
		memcpy(s.w, m->weights + (size_t) k * d, d * sizeof(double));
		s.w[d] = s.constant > 0 ? m->intercepts[k] / s.constant : 0;
		update_machine(&r, &s, &rng, passes, fit->rows_before);
		memcpy(m->weights + (size_t) k * d, s.w, d * sizeof(double));
		m->intercepts[k] = s.w[d] * s.constant;
		for (uint32_t j = 0; j <= d; j++)
		{
			if (!isfinite(s.w[j]))
				up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
							 "updating the support vector machine left the range of numbers");
		}
	}
	up_free(labels);
	return m;
}
