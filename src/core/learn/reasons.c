/*
 * reasons.c - what speaks for a prediction; see reasons.h
 *
 * Contributions are those of explain.c, added up over the features that a column became. For is what moves the output to where the
 * prediction lies: the score of the predicted class (of two classes the second's, turned around if the first is predicted), a value
 * or an outlier's score away from the base value.
 *
 * A cluster has no score that falls into parts. What speaks for it is how much nearer a column brings the row to its centre than to
 * the other centres, in squared distance: the mean over the others c of (x_j - c_j)² - (x_j - own_j)², summed over its features.
 *
 * Cost: that of up_explain_columns.
 */
#include "learn/reasons.h"

#include "learn/explain.h"

#include <string.h>

/* Of each feature the column that it is made of: a walk over the columns, as up_pipeline_step_of goes for one feature. */
static uint32_t *
columns_of_features(const UpModel *m, uint32_t *n)
{
	const UpPipeline *p = m->pipeline;
	uint32_t *column_of = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(uint32_t)), *made_of, made = 0;

	*n = p->steps != NULL ? p->n_steps : m->n_features;
	for (uint32_t j = 0; p->steps == NULL && j < m->n_features; j++)
		column_of[j] = j;
	if (p->steps == NULL)
		return column_of;
	for (uint32_t i = 0; i < p->n_steps; i++)
		made += p->steps[i].n_features;
	made_of = up_alloc_array(UP_MAX(made, 1), sizeof(uint32_t));
	made = 0;
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		for (uint32_t k = 0; k < p->steps[i].n_features; k++)
			made_of[made++] = i;
	}
	for (uint32_t j = 0; j < m->n_features; j++)
		column_of[j] = made_of[p->selected != NULL ? p->selected[j] : j];
	up_free(made_of);
	return column_of;
}

static void
of_cluster(const UpModel *m, const double *x, const uint32_t *column_of, UpReasons *r)
{
	UpClusters clusters = m->learner->clusters(m->body);
	double number, *own = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double)),
				   *other = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double));
	uint32_t mine = 0;

	up_model_predict_encoded(m, x, 1, &number);
	for (uint32_t c = 0; c < clusters.k; c++)
	{
		if (number == (double) (clusters.numbers != NULL ? clusters.numbers[c] : c))
			mine = c;
	}
	m->learner->centre(m->body, mine, own);
	for (uint32_t c = 0; c < clusters.k; c++)
	{
		if (c == mine)
			continue;
		m->learner->centre(m->body, c, other);
		for (uint32_t j = 0; j < m->n_features; j++)
		{
			double far = x[j] - other[j], near = x[j] - own[j];

			r->contribution[column_of[j]] += (far * far - near * near) / (clusters.k - 1);
		}
	}
	memcpy(r->signed_as, r->contribution, r->n_columns * sizeof(double));
	r->output = (int64_t) number;
	up_free(own);
	up_free(other);
}

static void
of_output(const UpModel *m, const double *x, const uint32_t *column_of, UpReasons *r)
{
	uint32_t outputs = up_explain_outputs(m), n = r->n_columns;
	double *out = up_alloc_array((size_t) outputs * (n + 1), sizeof(double)), *of = out, sum = 0, predicted,
		   sign;

	up_explain_columns(m, x, column_of, n, out);
	up_model_predict_encoded(m, x, 1, &predicted);
	if (outputs > 1)
		of = out + (size_t) predicted * (n + 1);
	for (uint32_t k = 0; k < n; k++)
		sum += of[k];
	sign = sum < 0 ? -1 : 1;
	if (m->task == UP_TASK_CLASSIFY)
	{
		sign = outputs > 1 || predicted > 0 ? 1 : -1;
		r->output = outputs > 1 ? (int64_t) predicted : (int64_t) m->n_classes - 1;
	}
	for (uint32_t k = 0; k < n; k++)
	{
		r->signed_as[k] = of[k];
		r->contribution[k] = sign * of[k];
	}
	r->base = of[n];
	up_free(out);
}

void
up_reasons(const UpModel *m, const double *inputs, UpReasons *reasons)
{
	double *x;
	uint32_t *column_of;
	bool clusters = m->task == UP_TASK_CLUSTER && m->learner->clusters != NULL && m->learner->centre != NULL;

	memset(reasons, 0, sizeof(UpReasons));
	reasons->output = -1;
	reasons->known = clusters || up_explain_can(m);
	if (!reasons->known)
		return;
	column_of = columns_of_features(m, &reasons->n_columns);
	reasons->contribution = up_alloc0(UP_MAX(reasons->n_columns, 1) * sizeof(double));
	reasons->signed_as = up_alloc0(UP_MAX(reasons->n_columns, 1) * sizeof(double));
	x = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double));
	up_pipeline_encode(m->pipeline, inputs, x);
	if (clusters)
		of_cluster(m, x, column_of, reasons);
	else
		of_output(m, x, column_of, reasons);
	up_free(x);
	up_free(column_of);
}
