/*
 * svm_body.c - a trained support vector machine in use, as bytes and in words; see svm_body.h
 */
#include "learn/svm/svm_body.h"

#include "num/vec.h"
#include "learn/planes.h"

#include <math.h>
#include <string.h>

#define WITH_KERNEL 2 /* in the first byte, beside whether there are probabilities */

UpSvm *
up_svm_new(uint32_t n_features, uint32_t n_classes, bool probability)
{
	UpSvm *m = up_alloc0(sizeof(UpSvm));

	m->n_features = n_features;
	m->n_classes = n_classes;
	m->n_machines = up_planes_for(n_classes);
	m->probability = probability;
	m->weights = up_alloc0(UP_MAX((size_t) m->n_machines * n_features, 1) * sizeof(double));
	m->intercepts = up_alloc0(UP_MAX(m->n_machines, 1) * sizeof(double));
	m->sigmoids = up_alloc0(UP_MAX(m->n_machines, 1) * sizeof(UpPlatt));
	return m;
}

static UpPlanes
planes_of(const UpSvm *m)
{
	return (UpPlanes){m->weights, m->intercepts, m->n_features, m->n_machines};
}

void
up_svm_predict(const void *body, const double *x, size_t n, double *out)
{
	const UpSvm *m = body;
	UpPlanes planes = planes_of(m);

	if (m->kernel != NULL)
	{
		up_machines_predict(m->kernel, x, n, out);
		return;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = up_planes_class(&planes, x + i * m->n_features);
}

static void
row_proba(const UpSvm *m, const double *x, double *out)
{
	UpPlanes planes = planes_of(m);
	double sum = 0;

	if (m->n_machines == 0)
	{
		out[0] = 1;
		return;
	}
	if (m->n_machines == 1)
	{
		out[1] = up_platt_proba(m->sigmoids[0], up_plane_score(&planes, 0, x));
		out[0] = 1 - out[1];
		return;
	}
	for (uint32_t k = 0; k < m->n_machines; k++)
		sum += out[k] = up_platt_proba(m->sigmoids[k], up_plane_score(&planes, k, x));
	for (uint32_t k = 0; k < m->n_machines; k++)
		out[k] = sum > 0 ? out[k] / sum : 1.0 / m->n_machines;
}

void
up_svm_proba(const void *body, const double *x, size_t n, double *out)
{
	const UpSvm *m = body;

	if (!m->probability)
		up_fail_with(UP_WRONG_KIND, NULL, "Train with {\"probability\": true}.",
					 "this support vector machine was trained without probabilities");
	if (m->kernel != NULL)
	{
		up_machines_proba(m->kernel, x, n, out);
		return;
	}
	for (size_t i = 0; i < n; i++)
		row_proba(m, x + i * m->n_features, out + i * m->n_classes);
}

void
up_svm_write(const void *body, UpWriter *w)
{
	const UpSvm *m = body;

	up_put_u8(w, (uint8_t) (m->probability | (m->kernel != NULL ? WITH_KERNEL : 0)));
	if (m->kernel != NULL)
	{
		up_machines_write(m->kernel, w);
		return;
	}
	up_put_f64_array(w, m->weights, (size_t) m->n_machines * m->n_features);
	up_put_f64_array(w, m->intercepts, m->n_machines);
	for (uint32_t k = 0; m->probability && k < m->n_machines; k++)
	{
		up_put_f64(w, m->sigmoids[k].a);
		up_put_f64(w, m->sigmoids[k].b);
	}
}

void *
up_svm_read(UpReader *r, const UpShape *shape)
{
	uint8_t flags = up_get_u8(r);
	bool probability = (flags & 1) != 0;
	size_t n_machines = up_planes_for(shape->n_classes);
	UpSvm *m;

	if (flags > (WITH_KERNEL | 1))
		up_corrupt(r, "kind of support vector machine");
	if ((flags & WITH_KERNEL) != 0)
	{
		if (n_machines == 0)
			up_corrupt(r, "kind of support vector machine");
		m = up_svm_new(0, shape->n_classes, probability);
		m->n_features = shape->n_features;
		m->kernel = up_machines_read(r, shape->n_features, shape->n_classes, probability);
		return m;
	}

	if (n_machines * ((size_t) shape->n_features + 1) > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "size of the support vector machine");
	m = up_svm_new(shape->n_features, shape->n_classes, probability);
	up_get_f64_array(r, m->weights, n_machines * m->n_features);
	up_get_f64_array(r, m->intercepts, n_machines);
	for (size_t k = 0; probability && k < n_machines; k++)
	{
		m->sigmoids[k].a = up_get_f64(r);
		m->sigmoids[k].b = up_get_f64(r);
	}
	return m;
}

void
up_svm_describe(const void *body, UpValue *info)
{
	const UpSvm *m = body;
	UpPlanes planes = planes_of(m);

	if (m->kernel != NULL)
		up_machines_describe(m->kernel, info);
	else
		up_planes_describe(&planes, info);
}

bool
up_svm_plane(const void *body, uint32_t output, double *w, double *intercept)
{
	const UpSvm *m = body;
	UpPlanes planes = planes_of(m);

	return m->kernel == NULL && up_planes_get(&planes, output, w, intercept);
}

/* Of several classes with a kernel, pairs decide: there is no score for each class. */
uint32_t
up_svm_n_outputs(const void *body)
{
	const UpSvm *m = body;

	return m->kernel != NULL ? (m->kernel->n_machines == 1 ? 1 : 0) : UP_MAX(m->n_machines, 1);
}

void
up_svm_raw_scores(const void *body, const double *x, double *out)
{
	const UpSvm *m = body;
	UpPlanes planes = planes_of(m);

	if (m->kernel != NULL)
		up_machines_decide(m->kernel, x, 1, out);
	else
		up_planes_scores(&planes, x, out);
}

char *
up_svm_show(const void *body, const UpNames *names)
{
	const UpSvm *m = body;
	UpPlanes planes = planes_of(m);

	if (m->kernel != NULL)
		return up_format("%zu support vectors, kernel %s\n", m->kernel->vectors->n,
						 up_kernel_names[m->kernel->kernel.kind]);
	return up_planes_show(&planes, names, "score");
}
