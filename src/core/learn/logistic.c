/*
 * logistic.c - logistic regression of two classes, multinomial of more, with l2, l1, elastic-net or no penalty
 *
 * Minimizes C sum cost_i loss_i + |w|^2 / 2 (l2), + |w|_1 (l1), or l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2 (elasticnet), the
 * intercepts free, as scikit-learn's LogisticRegression(multi_class="multinomial") does. Features are standardized inside, which
 * changes no solution but makes each easy to find; logistic_solve.h says how.
 *
 * A body of up to MOST_CURVED coefficients keeps slope and second derivatives of its rows' losses at the solution. They stand for
 * those rows in an update (the Laplace approximation: Spiegelhalter, Lauritzen 1990), and give Wald's standard errors where
 * there is no penalty.
 *
 * Arrays: rows n × ld (features, the constant, zeros up to 8), theta outputs × (d + 1) in standardized features.
 */
#include "learn/learner.h"

#include "base/dense.h"
#include "base/normal.h"
#include "base/vec.h"
#include "base/vec_syrk.h"
#include "learn/forest.h"
#include "learn/linear_text.h"
#include "learn/logistic_solve.h"

#include <math.h>
#include <string.h>

#define MOST_CURVED 500
#define MOST_DENSE  5000 /* features that an absolute-value penalty can weigh against each other */
#define READ_ROWS   256

enum
{
	PENALTY_NONE,
	PENALTY_L2,
	PENALTY_L1,
	PENALTY_ELASTICNET
};

typedef struct LogisticParams
{
	int penalty;
	double C;
	double l1_ratio;
	bool fit_intercept;
	UpValue *class_weight;
	double tol;
	int64_t max_iter;
} LogisticParams;

static const char *const penalties[] = {"none", "l2", "l1", "elasticnet", NULL};

#define FIELD(name) offsetof(LogisticParams, name)
static const UpParam logistic_params[] = {
	{.name = "penalty",
	 .type = UP_P_CHOICE,
	 .offset = FIELD(penalty),
	 .initial = "l2",
	 .choices = penalties,
	 .help = "of the size of the coefficients"},
	{.name = "C",
	 .type = UP_P_REAL,
	 .offset = FIELD(C),
	 .initial = "1",
	 .min = 0,
	 .min_open = true,
	 .max = 1e15,
	 .help = "weight of the losses against the penalty"},
	{.name = "l1_ratio",
	 .type = UP_P_REAL,
	 .offset = FIELD(l1_ratio),
	 .initial = "0.5",
	 .min = 0,
	 .max = 1,
	 .help = "elasticnet: share of the l1 penalty"},
	{.name = "fit_intercept",
	 .type = UP_P_BOOL,
	 .offset = FIELD(fit_intercept),
	 .initial = "true",
	 .help = "whether there are intercepts"},
	{.name = "class_weight",
	 .type = UP_P_TREE,
	 .offset = FIELD(class_weight),
	 .initial = "null",
	 .shape = "balanced, or object of class and weight",
	 .help = "weights of the classes; null: 1 each"},
	{.name = "tol",
	 .type = UP_P_REAL,
	 .offset = FIELD(tol),
	 .initial = "1e-8",
	 .min = 0,
	 .min_open = true,
	 .max = 1,
	 .help = "ends when the gradient is this share of the one at 0"},
	{.name = "max_iter",
	 .type = UP_P_INT,
	 .offset = FIELD(max_iter),
	 .initial = "100",
	 .min = 1,
	 .max = 1000000000,
	 .help = "the most steps (l-bfgs: 20 times as many)"},
};

typedef struct Logistic
{
	uint32_t d;
	uint32_t n_classes;
	uint32_t n_outputs; /* 0: one class */
	bool fit_intercept;
	bool plain;        /* no penalty: standard errors mean something */
	double *theta;     /* n_outputs × (d + 1), of standardized features */
	double *mean;      /* d */
	double *deviation; /* d; 1 for constant features */
	/* What follows from them. */
	double *coef;      /* n_outputs × d */
	double *intercept; /* n_outputs */
	/* The rows' losses near theta: dims values, and dims × dims, upper triangle; or NULL. */
	double *slope, *hessian;
} Logistic;

static uint32_t
outputs_for(uint32_t n_classes)
{
	return n_classes < 2 ? 0 : n_classes == 2 ? 1 : n_classes;
}

static size_t
dims_of(const Logistic *m)
{
	return (size_t) m->n_outputs * (m->d + 1);
}

static Logistic *
new_logistic(uint32_t d, uint32_t n_classes)
{
	Logistic *m = up_alloc0(sizeof(Logistic));
	size_t dims;

	m->d = d;
	m->n_classes = n_classes;
	m->n_outputs = outputs_for(n_classes);
	dims = UP_MAX(dims_of(m), 1);
	m->theta = up_alloc0(dims * sizeof(double));
	m->coef = up_alloc0(dims * sizeof(double));
	m->intercept = up_alloc0(UP_MAX(m->n_outputs, 1) * sizeof(double));
	m->mean = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	m->deviation = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	return m;
}

/* Coefficients of the features as they are. */
static void
set_coefficients(Logistic *m)
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

/* What a training works on. */
typedef struct Job
{
	const UpFit *fit;
	const LogisticParams *params;
	const char *owner;
	size_t n, ld;
	double *x, *y, *cost, *l1, *l2;
} Job;

/* Means and deviations, in one pass over shifted rows. Without intercepts, features keep their zero. */
static void
measure(const Job *job, Logistic *m)
{
	uint32_t d = m->d;

	for (uint32_t j = 0; j < d; j++)
	{
		double shift = job->x[j], sum = 0, squares = 0, n = (double) job->n;

		for (size_t i = 0; i < job->n; i++)
		{
			double v = job->x[i * job->ld + j] - shift;

			sum += v;
			squares += v * v;
		}
		m->mean[j] = shift + sum / n;
		m->deviation[j] = sqrt(UP_MAX(squares / n - sum / n * (sum / n), 0));
		if (!(m->deviation[j] > 1e-14 * fabs(m->mean[j])))
			m->deviation[j] = 1;
		if (!job->params->fit_intercept)
			m->mean[j] = 0;
		if (!isfinite(squares) || !isfinite(m->mean[j]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "feature %u is too large for logistic regression", j + 1);
		up_tick();
	}
}

static void
standardize(Job *job, const Logistic *m)
{
	for (size_t i = 0; i < job->n; i++)
	{
		double *row = job->x + i * job->ld;

		if ((i & 0xfff) == 0)
			up_tick();
		for (uint32_t j = 0; j < m->d; j++)
			row[j] = (row[j] - m->mean[j]) / m->deviation[j];
		row[m->d] = m->fit_intercept;
		for (size_t j = (size_t) m->d + 1; j < job->ld; j++)
			row[j] = 0;
	}
}

static void
read_rows(Job *job)
{
	const UpData *data = job->fit->data;
	uint32_t d = data->n_features;
	double *block = up_alloc_array((size_t) READ_ROWS * UP_MAX(d, 1), sizeof(double)), *weights;

	job->n = data->n_rows;
	job->ld = UP_SYRK_PAD(UP_MAX((size_t) d + 1, UP_ROWS_MIN));
	up_reserve(job->n * (job->ld + 2) * sizeof(double), "logistic regression");
	job->x = up_alloc_array(UP_MAX(job->n, 1), job->ld * sizeof(double));
	job->y = up_alloc_array(UP_MAX(job->n, 1), sizeof(double));
	job->cost = up_alloc_array(UP_MAX(job->n, 1), sizeof(double));
	for (size_t first = 0; first < job->n; first += READ_ROWS)
	{
		size_t rows = UP_MIN(READ_ROWS, job->n - first);

		up_tick();
		up_data_rows(data, first, rows, block);
		for (size_t i = 0; i < rows; i++)
			memcpy(job->x + (first + i) * job->ld, block + i * d, d * sizeof(double));
	}
	up_data_labels(data, 0, job->n, job->y);
	weights = up_class_weights(job->params->class_weight, job->fit, job->y, job->n, "algorithm \"logistic\"");
	for (size_t i = 0; i < job->n; i++)
		job->cost[i] = (job->params->penalty == PENALTY_NONE ? 1 : job->params->C) *
					   (weights != NULL ? weights[(uint32_t) job->y[i]] : 1);
	up_free(block);
}

/* Penalties of standardized coefficients: w = theta / deviation. */
static void
set_penalties(Job *job, const Logistic *m)
{
	const LogisticParams *p = job->params;
	double share = p->penalty == PENALTY_L1 ? 1 : p->penalty == PENALTY_ELASTICNET ? p->l1_ratio : 0;
	double square = p->penalty == PENALTY_NONE ? 0 : 1 - share;

	job->l2 = up_alloc0(UP_MAX(m->d, 1) * sizeof(double));
	job->l1 = share > 0 ? up_alloc0(UP_MAX(m->d, 1) * sizeof(double)) : NULL;
	for (uint32_t j = 0; j < m->d; j++)
	{
		job->l2[j] = square / (m->deviation[j] * m->deviation[j]);
		if (job->l1 != NULL)
			job->l1[j] = share / m->deviation[j];
	}
	if (job->l1 != NULL && m->d > MOST_DENSE)
		up_fail_with(UP_LIMIT, NULL, "Select features first (params.select), or use the penalty l2.",
					 "%u features are more than the %d that the penalty \"%s\" can weigh against each other",
					 m->d, MOST_DENSE, penalties[p->penalty]);
}

static UpLogisticProblem
problem_of(const Job *job, const Logistic *m)
{
	UpLogisticProblem p = {
		.n = job->n,
		.d = m->d,
		.ld = job->ld,
		.n_outputs = m->n_outputs,
		.x = job->x,
		.y = job->y,
		.cost = job->cost,
		.l2 = job->l2,
		.l1 = job->l1,
		.fit_intercept = m->fit_intercept,
		.tol = job->params->tol,
		.max_iter = job->params->max_iter,
	};

	return p;
}

static void
report(const UpFit *fit, const LogisticParams *params, const UpLogisticResult *r)
{
	up_value_set(fit->info, "solver", up_value_string(r->solver));
	up_value_set(fit->info, "objective", up_value_number(r->objective));
	up_value_set(fit->info, "gradient", up_value_number(r->gradient));
	up_value_set(fit->info, "iterations", up_value_number((double) r->iterations));
	up_value_set(fit->info, "converged", up_value_bool(r->converged));
	if (r->separated)
		up_warn("Use a penalty, or fewer features.", "the features tell the classes apart without error: "
													 "without a penalty the coefficients have no end");
	else if (!r->converged)
		up_warn("Raise max_iter or tol.",
				"logistic regression stopped at max_iter = %lld with a relative gradient of %.3g",
				(long long) params->max_iter, r->gradient);
}

/* Slope and second derivatives of the losses at the solution, added to those of older rows. */
static void
keep_curvature(const UpLogisticProblem *p, const Logistic *before, Logistic *m)
{
	size_t dims = dims_of(m);

	if (dims > MOST_CURVED)
		return;
	m->slope = up_alloc_array(dims, sizeof(double));
	m->hessian = up_alloc_array(dims * dims, sizeof(double));
	up_logistic_curvature(p, m->theta, m->slope, m->hessian);
	if (before == NULL)
		return;
	for (size_t i = 0; i < dims; i++)
	{
		double at = before->slope[i];

		/* The slope of the older part where theta is now. */
		for (size_t j = 0; j < dims; j++)
			at += before->hessian[UP_MIN(i, j) * dims + UP_MAX(i, j)] * (m->theta[j] - before->theta[j]);
		m->slope[i] += at;
	}
	up_vec_axpy(m->hessian, 1, before->hessian, dims * dims);
}

/* before: what is updated, or NULL. */
static void *
train(const UpFit *fit, const Logistic *before)
{
	const LogisticParams *params = fit->params;
	Logistic *m = new_logistic(fit->n_features, fit->n_classes);
	Job job = {.fit = fit, .params = params};
	UpLogisticProblem p;
	UpLogisticResult r;

	m->fit_intercept = params->fit_intercept;
	m->plain = params->penalty == PENALTY_NONE;
	if (m->n_outputs == 0)
	{
		up_value_set(fit->info, "constant", up_value_bool(true));
		return m;
	}
	read_rows(&job);
	if (before == NULL)
		measure(&job, m);
	else
	{
		memcpy(m->mean, before->mean, m->d * sizeof(double));
		memcpy(m->deviation, before->deviation, m->d * sizeof(double));
		memcpy(m->theta, before->theta, dims_of(m) * sizeof(double));
	}
	standardize(&job, m);
	set_penalties(&job, m);
	p = problem_of(&job, m);
	if (before != NULL)
	{
		p.center = before->theta;
		p.slope = before->slope;
		p.hessian = before->hessian;
	}
	r = up_logistic_solve(&p, m->theta);
	set_coefficients(m);
	for (size_t i = 0; i < dims_of(m); i++)
	{
		if (!isfinite(m->theta[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "logistic regression left the range of numbers");
	}
	keep_curvature(&p, before, m);
	report(fit, params, &r);
	up_free(job.x);
	up_free(job.y);
	up_free(job.cost);
	return m;
}

static void *
logistic_fit(const UpFit *fit)
{
	return train(fit, NULL);
}

static void *
logistic_update(const void *body, const UpFit *fit)
{
	const Logistic *before = body;
	const LogisticParams *params = fit->params;

	if (before->n_outputs > 0 && before->hessian == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew.",
					 "a logistic model of more than %d coefficients does not carry along what an update needs",
					 MOST_CURVED);
	if (before->fit_intercept != params->fit_intercept || before->plain != (params->penalty == PENALTY_NONE))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change them.",
					 "penalty and fit_intercept cannot be changed by an update");
	return train(fit, before->n_outputs > 0 ? before : NULL);
}

static double
margin(const Logistic *m, uint32_t a, const double *x)
{
	return up_vec_dot(m->coef + (size_t) a * m->d, x, m->d) + m->intercept[a];
}

static void
logistic_predict(const void *body, const double *x, size_t n, double *out)
{
	const Logistic *m = body;

	for (size_t i = 0; i < n; i++, x += m->d)
	{
		double best;

		out[i] = 0;
		if (m->n_outputs == 0)
			continue;
		best = margin(m, 0, x);
		if (m->n_outputs == 1)
			out[i] = best > 0;
		for (uint32_t a = 1; a < m->n_outputs; a++)
		{
			double score = margin(m, a, x);

			if (score > best)
			{
				best = score;
				out[i] = a;
			}
		}
	}
}

static void
logistic_raw_scores(const void *body, const double *x, double *out)
{
	const Logistic *m = body;

	for (uint32_t a = 0; a < m->n_outputs; a++)
		out[a] = margin(m, a, x);
	if (m->n_outputs == 0)
		out[0] = 0;
}

static void
logistic_proba(const void *body, const double *x, size_t n, double *out)
{
	const Logistic *m = body;

	for (size_t i = 0; i < n; i++, x += m->d, out += m->n_classes)
	{
		if (m->n_outputs == 0)
			out[0] = 1;
		else if (m->n_outputs == 1)
		{
			double f = margin(m, 0, x);

			out[1] = up_sigmoid(f);
			out[0] = up_sigmoid(-f);
		}
		else
		{
			logistic_raw_scores(m, x, out);
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

static void
logistic_write(const void *body, UpWriter *w)
{
	const Logistic *m = body;
	size_t dims = dims_of(m);

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
read_curvature(UpReader *r, Logistic *m)
{
	size_t dims = dims_of(m);

	if (dims > MOST_CURVED || dims * (dims + 3) / 2 > (r->len - r->pos) / sizeof(double))
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

static void *
logistic_read(UpReader *r, const UpShape *shape)
{
	uint8_t flags = up_get_u8(r);
	size_t dims = (size_t) outputs_for(shape->n_classes) * ((size_t) shape->n_features + 1);
	Logistic *m;

	if (shape->task != UP_TASK_CLASSIFY || flags > 7)
		up_corrupt(r, "kind of a logistic model");
	if (dims > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "size of a logistic model");
	m = new_logistic(shape->n_features, shape->n_classes);
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
	set_coefficients(m);
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

static void
logistic_describe(const void *body, UpValue *info)
{
	const Logistic *m = body;
	UpValue *coefficients = up_value_array();

	if (m->n_outputs == 0)
		return;
	if (m->n_outputs == 1)
	{
		up_value_set(info, "coef", up_value_numbers(m->coef, m->d));
		up_value_set(info, "intercept", up_value_number(m->intercept[0]));
		return;
	}
	for (uint32_t a = 0; a < m->n_outputs; a++)
		up_value_append(coefficients, up_value_numbers(m->coef + (size_t) a * m->d, m->d));
	up_value_set(info, "coef", coefficients);
	up_value_set(info, "intercept", up_value_numbers(m->intercept, m->n_outputs));
}

static void
logistic_importance(const void *body, double *out)
{
	const Logistic *m = body;

	up_linear_importance(m->coef, m->deviation, m->d, m->n_outputs, out);
}

static uint32_t
logistic_n_outputs(const void *body)
{
	return UP_MAX(((const Logistic *) body)->n_outputs, 1);
}

static void
logistic_explain(const void *body, const double *x, double *out)
{
	const Logistic *m = body;

	memset(out, 0, ((size_t) m->d + 1) * sizeof(double));
	for (uint32_t a = 0; a < m->n_outputs; a++)
		up_linear_explain(m->coef + (size_t) a * m->d, m->intercept[a], m->mean, x, m->d,
						  out + (size_t) a * (m->d + 1));
}

/* The log-odds of the second class; of several classes, the score of each. */
static char *
logistic_show(const void *body, const UpNames *names)
{
	const Logistic *m = body;
	char *out = up_strdup("");

	if (m->n_outputs == 0)
		return up_format("always %s\n", names->classes != NULL ? names->classes[0] : "the one class");
	for (uint32_t a = 0; a < m->n_outputs; a++)
	{
		uint32_t k = m->n_outputs == 1 ? 1 : a;
		char *what = up_format("%s of %s", m->n_outputs == 1 ? "log-odds" : "score",
							   names->classes != NULL ? names->classes[k] : up_format("class %u", k));

		out = up_format(
			"%s%s", out,
			up_linear_formula(what, m->coef + (size_t) a * m->d, m->intercept[a], names->features, m->d));
	}
	return out;
}

static bool
logistic_plane(const void *body, uint32_t output, double *w, double *intercept)
{
	const Logistic *m = body;

	if (m->n_outputs == 0)
		return false;
	memcpy(w, m->coef + (size_t) output * m->d, m->d * sizeof(double));
	*intercept = m->intercept[output];
	return true;
}

/* Variances of the coefficients as they are, intercepts included; NULL where they mean nothing. */
static double *
standard_errors(const Logistic *m)
{
	size_t dims = dims_of(m), per = (size_t) m->d + 1;
	double *h, *out, *v;
	bool *skipped;

	/* Several outputs without a penalty can be moved together: none is known by itself. */
	if (!m->plain || m->hessian == NULL || m->n_outputs != 1)
		return NULL;
	h = up_alloc_array(dims * dims, sizeof(double));
	out = up_alloc_array(per, sizeof(double));
	v = up_alloc0(per * sizeof(double));
	skipped = up_alloc0(per);
	memcpy(h, m->hessian, dims * dims * sizeof(double));
	if (!m->fit_intercept)
		h[dims * dims - 1] = 1;
	up_dense_cholesky(h, dims, dims, 1e-13, skipped);
	up_dense_inverse_diagonal(h, dims, dims, skipped, out);
	for (uint32_t j = 0; j < m->d; j++)
	{
		out[j] = sqrt(out[j]) / m->deviation[j];
		v[j] = -m->mean[j] / m->deviation[j];
	}
	v[m->d] = 1;
	out[m->d] = m->fit_intercept ? sqrt(up_dense_inverse_form(h, dims, dims, skipped, v)) : NAN;
	return out;
}

static UpCoefficient *
logistic_coefficients(const void *body, uint32_t *n)
{
	const Logistic *m = body;
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
		c[i].error = errors != NULL ? errors[j] : NAN;
		c[i].statistic = c[i].estimate / c[i].error;
		c[i].p = isfinite(c[i].statistic) ? 2 * up_normal_tail(fabs(c[i].statistic)) : NAN;
	}
	return c;
}

const UpLearner up_logistic = {
	.name = "logistic",
	.number = 8,
	.abilities = UP_L_CLASSIFY | UP_L_SCALE,
	.help = "logistic regression: two classes or more, with l2, l1, elastic-net or no penalty",
	.params = {logistic_params, UP_LENGTH(logistic_params)},
	.params_size = sizeof(LogisticParams),
	.fit = logistic_fit,
	.predict = logistic_predict,
	.proba = logistic_proba,
	.write = logistic_write,
	.read = logistic_read,
	.describe = logistic_describe,
	.importance = logistic_importance,
	.explain = logistic_explain,
	.raw_scores = logistic_raw_scores,
	.n_outputs = logistic_n_outputs,
	.update = logistic_update,
	.show = logistic_show,
	.coefficients = logistic_coefficients,
	.plane = logistic_plane,
};
