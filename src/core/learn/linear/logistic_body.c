/*
 * logistic_body.c - a trained logistic regression in use, as bytes and in words; see logistic_body.h
 */
#include "learn/linear/logistic_body.h"

#include "num/dense.h"
#include "num/normal.h"
#include "num/vec.h"
#include "learn/planes.h"

#include <math.h>
#include <string.h>

size_t
up_logistic_dims(const UpLogistic *m)
{
	return (size_t) m->n_outputs * (m->d + 1);
}

UpLogistic *
up_logistic_new(uint32_t d, uint32_t n_classes)
{
	UpLogistic *m = up_alloc0(sizeof(UpLogistic));
	size_t dims;

	m->d = d;
	m->n_classes = n_classes;
	m->n_outputs = up_planes_for(n_classes);
	dims = UP_MAX(up_logistic_dims(m), 1);
	m->theta = up_alloc0(dims * sizeof(double));
	m->coef = up_alloc0(dims * sizeof(double));
	m->intercept = up_alloc0(UP_MAX(m->n_outputs, 1) * sizeof(double));
	m->mean = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	m->deviation = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	return m;
}

/* Coefficients of the features as they are. */
void
up_logistic_set_coefficients(UpLogistic *m)
{
	for (uint32_t a = 0; a < m->n_outputs; a++)
	{
		const double *theta = m->theta + (size_t) a * (m->d + 1);

		m->intercept[a] = theta[m->d];
		for (uint32_t j = 0; j < m->d; j++)
		{
			m->coef[(size_t) a * m->d + j] = theta[j] / m->deviation[j];
			m->intercept[a] -= m->coef[(size_t) a * m->d + j] * m->mean[j];
		}
	}
}

static UpPlanes
planes_of(const UpLogistic *m)
{
	return (UpPlanes){m->coef, m->intercept, m->d, m->n_outputs};
}

void
up_logistic_predict(const void *body, const double *x, size_t n, double *out)
{
	UpPlanes planes = planes_of(body);

	for (size_t i = 0; i < n; i++)
		out[i] = up_planes_class(&planes, x + i * planes.d);
}

void
up_logistic_raw_scores(const void *body, const double *x, double *out)
{
	UpPlanes planes = planes_of(body);

	up_planes_scores(&planes, x, out);
}

void
up_logistic_proba(const void *body, const double *x, size_t n, double *out)
{
	const UpLogistic *m = body;
	UpPlanes planes = planes_of(m);

	for (size_t i = 0; i < n; i++, x += m->d, out += m->n_classes)
	{
		if (m->n_outputs == 0)
			out[0] = 1;
		else if (m->n_outputs == 1)
		{
			double f = up_plane_score(&planes, 0, x);

			out[1] = up_sigmoid(f);
			out[0] = up_sigmoid(-f);
		}
		else
		{
			up_planes_scores(&planes, x, out);
			up_vec_softmax(out, m->n_outputs);
		}
	}
}

/* u8 flags | theta | means | deviations | slope | upper triangle of the second derivatives. */
enum
{
	HAS_INTERCEPT = 1,
	IS_PLAIN = 2,
	HAS_CURVATURE = 4
};

void
up_logistic_write(const void *body, UpWriter *w)
{
	const UpLogistic *m = body;
	size_t dims = up_logistic_dims(m);

	up_put_u8(w, (uint8_t) ((m->fit_intercept ? HAS_INTERCEPT : 0) | (m->plain ? IS_PLAIN : 0) |
							(m->hessian != NULL ? HAS_CURVATURE : 0)));
	if (m->n_outputs == 0)
		return;
	up_put_f64_array(w, m->theta, dims);
	up_put_f64_array(w, m->mean, m->d);
	up_put_f64_array(w, m->deviation, m->d);
	if (m->hessian == NULL)
		return;
	up_put_f64_array(w, m->slope, dims);
	for (size_t i = 0; i < dims; i++)
		up_put_f64_array(w, m->hessian + i * dims + i, dims - i);
}

static void
read_curvature(UpReader *r, UpLogistic *m)
{
	size_t dims = up_logistic_dims(m);

	if (dims > UP_LOGISTIC_CURVED || dims * (dims + 3) / 2 > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "second derivatives of logistic regression");
	m->slope = up_alloc_array(dims, sizeof(double));
	m->hessian = up_alloc0(dims * dims * sizeof(double));
	up_get_f64_array(r, m->slope, dims);
	for (size_t i = 0; i < dims; i++)
	{
		up_get_f64_array(r, m->hessian + i * dims + i, dims - i);
		if (m->hessian[i * dims + i] < 0)
			up_corrupt(r, "second derivatives of logistic regression");
	}
}

void *
up_logistic_read(UpReader *r, const UpShape *shape)
{
	uint8_t flags = up_get_u8(r);
	size_t dims = (size_t) up_planes_for(shape->n_classes) * ((size_t) shape->n_features + 1);
	UpLogistic *m;

	if (shape->task != UP_TASK_CLASSIFY || flags > 7)
		up_corrupt(r, "kind of a logistic model");
	if (dims > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "size of a logistic model");
	m = up_logistic_new(shape->n_features, shape->n_classes);
	m->fit_intercept = (flags & HAS_INTERCEPT) != 0;
	m->plain = (flags & IS_PLAIN) != 0;
	if (m->n_outputs == 0)
	{
		if ((flags & HAS_CURVATURE) != 0)
			up_corrupt(r, "kind of a logistic model");
		return m;
	}
	up_get_f64_array(r, m->theta, dims);
	up_get_f64_array(r, m->mean, m->d);
	up_get_f64_array(r, m->deviation, m->d);
	for (uint32_t j = 0; j < m->d; j++)
	{
		if (!(m->deviation[j] > 0))
			up_corrupt(r, "deviations of a logistic model");
	}
	up_logistic_set_coefficients(m);
	for (size_t i = 0; i < (size_t) m->n_outputs * m->d; i++)
	{
		if (!isfinite(m->coef[i]))
			up_corrupt(r, "coefficients of a logistic model");
	}
	for (uint32_t a = 0; a < m->n_outputs; a++)
	{
		if (!isfinite(m->intercept[a]))
			up_corrupt(r, "coefficients of a logistic model");
	}
	if ((flags & HAS_CURVATURE) != 0)
		read_curvature(r, m);
	return m;
}

void
up_logistic_describe(const void *body, UpValue *info)
{
	UpPlanes planes = planes_of(body);

	up_planes_describe(&planes, info);
}

void
up_logistic_importance(const void *body, double *out)
{
	const UpLogistic *m = body;

	up_linear_importance(m->coef, m->deviation, m->d, m->n_outputs, out);
}

uint32_t
up_logistic_n_outputs(const void *body)
{
	return UP_MAX(((const UpLogistic *) body)->n_outputs, 1);
}

void
up_logistic_explain(const void *body, const double *x, double *out)
{
	const UpLogistic *m = body;

	memset(out, 0, ((size_t) m->d + 1) * sizeof(double));
	for (uint32_t a = 0; a < m->n_outputs; a++)
		up_linear_explain(m->coef + (size_t) a * m->d, m->intercept[a], m->mean, x, m->d,
						  out + (size_t) a * (m->d + 1));
}

/* The log-odds of the second class; of several classes, the score of each. */
char *
up_logistic_show(const void *body, const UpNames *names)
{
	UpPlanes planes = planes_of(body);

	return up_planes_show(&planes, names, "log-odds");
}

bool
up_logistic_plane(const void *body, uint32_t output, double *w, double *intercept)
{
	UpPlanes planes = planes_of(body);

	return up_planes_get(&planes, output, w, intercept);
}

/*
 * Several outputs may all be moved by the same vector: what is told is the solution whose sum over the outputs is 0, and its
 * covariance is the pseudo-inverse of h. Where h gets c_j 1 1' of each feature j, the inverse gets 1 1' / (k² c_j) besides, which
 * is taken off again. shift: 1 / (k² c_j).
 */
static void
add_shifts(const UpLogistic *m, double *h, double *shift)
{
	size_t dims = up_logistic_dims(m), per = (size_t) m->d + 1, k = m->n_outputs;

	for (size_t j = 0; j < per; j++)
	{
		double c = 0;

		shift[j] = 0;
		for (size_t a = 0; a < k; a++)
			c += h[(a * per + j) * (dims + 1)] / (double) k;
		if (k == 1 || !(c > 0))
			continue;
		for (size_t a = 0; a < k; a++)
		{
			for (size_t b = a; b < k; b++)
				h[(a * per + j) * dims + b * per + j] += c;
		}
		shift[j] = 1 / ((double) (k * k) * c);
	}
}

/* A feature of all outputs out of the matrix. */
static void
leave_out(const UpLogistic *m, double *h, size_t feature)
{
	size_t dims = up_logistic_dims(m), per = (size_t) m->d + 1;

	for (size_t i = feature; i < dims; i += per)
	{
		for (size_t j = 0; j < dims; j++)
			h[UP_MIN(i, j) * dims + UP_MAX(i, j)] = i == j ? 1 : 0;
	}
}

/*
 * The factor of the second derivatives and shifts. Features that are combinations of others, and an intercept that is none, are
 * left out of every output: their shift is NaN.
 */
static double *
factor(const UpLogistic *m, double *shift)
{
	size_t dims = up_logistic_dims(m), per = (size_t) m->d + 1;
	double *h = up_alloc_array(dims * dims, sizeof(double));
	bool *skipped = up_alloc0(dims), *gone = up_alloc0(per);

	gone[m->d] = !m->fit_intercept;
	for (bool again = true; again;)
	{
		memcpy(h, m->hessian, dims * dims * sizeof(double));
		for (size_t j = 0; j < per; j++)
		{
			if (gone[j])
				leave_out(m, h, j);
		}
		add_shifts(m, h, shift);
		up_dense_cholesky(h, dims, dims, 1e-13, skipped);
		again = false;
		for (size_t i = 0; i < dims; i++)
		{
			again = again || (skipped[i] && !gone[i % per]);
			gone[i % per] = gone[i % per] || skipped[i];
		}
	}
	for (size_t j = 0; j < per; j++)
		shift[j] = gone[j] ? NAN : shift[j];
	up_free(skipped);
	up_free(gone);
	return h;
}

/* Standard errors of the coefficients as they are, outputs × (d, intercept); NULL where they mean nothing. */
static double *
standard_errors(const UpLogistic *m)
{
	size_t dims = up_logistic_dims(m), per = (size_t) m->d + 1;
	double *h, *out, *v, *shift;

	if (!m->plain || m->hessian == NULL)
		return NULL;
	out = up_alloc_array(dims, sizeof(double));
	v = up_alloc_array(dims, sizeof(double));
	shift = up_alloc_array(per, sizeof(double));
	h = factor(m, shift);
	up_dense_inverse_diagonal(h, dims, dims, NULL, out);
	for (size_t a = 0; a < m->n_outputs; a++)
	{
		double variance = 0, *to = out + a * per;

		memset(v, 0, dims * sizeof(double));
		v[a * per + m->d] = 1;
		for (uint32_t j = 0; j < m->d; j++)
		{
			to[j] = sqrt(UP_MAX(to[j] - shift[j], 0)) / m->deviation[j];
			if (isnan(shift[j]))
				to[j] = NAN;
			else
				v[a * per + j] = -m->mean[j] / m->deviation[j];
		}
		for (size_t j = 0; j < per; j++)
			variance -= v[a * per + j] == 0 ? 0 : v[a * per + j] * v[a * per + j] * shift[j];
		variance += up_dense_inverse_form(h, dims, dims, NULL, v);
		to[m->d] = isnan(shift[m->d]) ? NAN : sqrt(UP_MAX(variance, 0));
	}
	up_free(h);
	up_free(v);
	up_free(shift);
	return out;
}

UpCoefficient *
up_logistic_coefficients(const void *body, uint32_t *n)
{
	const UpLogistic *m = body;
	uint32_t per = m->d + m->fit_intercept;
	UpCoefficient *c = up_alloc0(UP_MAX((size_t) m->n_outputs * per, 1) * sizeof(UpCoefficient));
	double *errors = m->n_outputs > 0 ? standard_errors(m) : NULL;

	*n = m->n_outputs * per;
	for (uint32_t i = 0; i < *n; i++)
	{
		uint32_t a = i / per, at = i % per;
		uint32_t j = m->fit_intercept ? (at == 0 ? m->d : at - 1) : at;

		c[i].output = a;
		c[i].feature = j;
		c[i].estimate = j < m->d ? m->coef[(size_t) a * m->d + j] : m->intercept[a];
		c[i].error = errors != NULL ? errors[(size_t) a * (m->d + 1) + j] : NAN;
		c[i].statistic = c[i].estimate / c[i].error;
		c[i].p = isfinite(c[i].statistic) ? 2 * up_normal_tail(fabs(c[i].statistic)) : NAN;
	}
	return c;
}
