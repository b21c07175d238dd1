/*
 * logistic.c - logistic regression of two classes, multinomial of more, with l2, l1, elastic-net or no penalty
 *
 * Minimizes C sum cost_i loss_i + |w|^2 / 2 (l2), + |w|_1 (l1), or l1_ratio |w|_1 + (1 - l1_ratio) |w|^2 / 2 (elasticnet), the
 * intercepts free, as scikit-learn's LogisticRegression(multi_class="multinomial") does. Features are standardized inside, which
 * changes no solution but makes each easy to find; logistic_solve.h says how.
 *
 * A body of up to UP_LOGISTIC_CURVED coefficients keeps slope and second derivatives of its rows' losses at the solution. They stand for
 * those rows in an update (the Laplace approximation: Spiegelhalter, Lauritzen 1990), and give Wald's standard errors where
 * there is no penalty.
 *
 * Arrays: rows n × ld (features, the constant, zeros up to 8), theta outputs × (d + 1) in standardized features.
 */
#include "learn/linear/logistic_body.h"

#include "num/vec.h"
#include "num/vec_syrk.h"
#include "learn/class_weights.h"
#include "learn/reuse.h"
#include "learn/linear/logistic_inner.h"
#include "learn/linear/logistic_solve.h"

#include <math.h>
#include <string.h>

#define MOST_DENSE 5000 /* features that an absolute-value penalty can weigh against each other */
#define WILD       10   /* log-odds */

static const char *const penalties[] = {"none", "l2", "l1", "elasticnet", NULL};

#define UP_PARAMS_OF LogisticParams
static const UpParam logistic_params[] = {
	UP_CHOICE_PARAM("penalty", penalty, "l2", penalties, "of the size of the coefficients"),
	UP_REAL_PARAM("C", C, "1", 0, 1e15, "weight of the losses against the penalty", .min_open = true),
	UP_REAL_PARAM("l1_ratio", l1_ratio, "0.5", 0, 1, "elasticnet: share of the l1 penalty"),
	UP_BOOL_PARAM("fit_intercept", fit_intercept, "true", "whether there are intercepts"),
	UP_TREE_PARAM("class_weight", class_weight, "null", "balanced, or object of class and weight",
				  "weights of the classes; null: 1 each"),
	UP_REAL_PARAM("tol", tol, "1e-8", 0, 1, "ends when the gradient is this share of the one at 0",
				  .min_open = true),
	UP_INT_PARAM("max_iter", max_iter, "100", 1, 1000000000, "the most steps"),
};

static void
set_costs(Job *job)
{
	const Kept *kept = job->fit->reuse != NULL ? job->fit->reuse->kept : NULL;
	double *weights;

	job->cost = kept != NULL && kept->cost != NULL ? kept->cost
												   : up_alloc_large_array(UP_MAX(job->n, 1), sizeof(double));
	weights = up_row_weights(job->params->class_weight, job->fit, job->y, job->n, "algorithm \"logistic\"");
	for (size_t i = 0; i < job->n; i++)
		job->cost[i] =
			(job->params->penalty == PENALTY_NONE ? 1 : job->params->C) * (weights != NULL ? weights[i] : 1);
	up_free(weights);
}

/* Penalties of standardized coefficients: w = theta / deviation. */
static void
set_penalties(Job *job, const UpLogistic *m)
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
problem_of(const Job *job, const UpLogistic *m)
{
	UpLogisticProblem p = {
		.n = job->n,
		.d = m->d,
		.ld = job->ld,
		.n_outputs = m->n_outputs,
		.x = job->x,
		.mean = job->shift,
		.deviation = job->shift != NULL ? job->shift + m->d : NULL,
		.places = (const double *const *) job->places,
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
	{
		up_value_set(fit->info, "separation_note",
					 up_value_string("the features tell the classes apart without error: without a penalty the "
									 "coefficients have no end"));
		up_warn("Use a penalty, or fewer features.", "the features tell the classes apart without error: "
													 "without a penalty the coefficients have no end");
	}
	else if (!r->converged)
		up_warn("Raise max_iter or tol.",
				"logistic regression stopped at max_iter = %lld with a relative gradient of %.3g",
				(long long) params->max_iter, r->gradient);
}

/* Slope and second derivatives of the losses at the solution, added to those of older rows. */
static void
keep_curvature(const UpLogisticProblem *p, const UpLogistic *before, UpLogistic *m)
{
	size_t dims = up_logistic_dims(m);

	if (dims > UP_LOGISTIC_CURVED)
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

/*
 * Without a penalty: a feature that moves the log-odds by WILD or more between its ends, and of which that is yet less than half
 * its standard error, tells some rows apart without error (a category that only one class has): it has no end either, the
 * steps only became too small to go on. Returns d if there is none.
 */
static uint32_t
find_wild(const Job *job, const UpLogistic *m)
{
	uint32_t n, wild = m->d;
	UpCoefficient *c = up_logistic_coefficients(m, &n);

	for (uint32_t i = 0; i < n && wild == m->d; i++)
	{
		uint32_t j = c[i].feature;
		double low = INFINITY, high = -INFINITY;

		if (j >= m->d || !(fabs(c[i].statistic) < 0.5))
			continue;
		up_tick();
		for (size_t r = 0; r < job->n; r++)
		{
			low = UP_MIN(low, job->x[r * job->ld + j]);
			high = UP_MAX(high, job->x[r * job->ld + j]);
		}
		if (fabs(m->theta[(size_t) c[i].output * (m->d + 1) + j]) * (high - low) >= WILD)
			wild = j;
	}
	up_free(c);
	return wild;
}

static void
tell_wild(const UpFit *fit, const Job *job, const UpLogistic *m)
{
	uint32_t wild = find_wild(job, m);
	char *note;

	if (wild == m->d)
		return;
	note = up_format("%s tells some rows apart without error: without a penalty its coefficient has no end",
					 up_feature_called(fit->pipeline, wild));
	up_value_set(fit->info, "separation_note", up_value_string(note));
	up_warn("Use a penalty, or leave the feature out.", "%s", note);
}

/* The family of the problem, and what it shares with the others of it; without a penalty C says nothing, and there may be no end. */
static void
join_family(Job *job, UpLogisticProblem *p)
{
	const LogisticParams *params = job->params;
	UpReuse *reuse = job->fit->reuse;
	Kept *kept = reuse != NULL ? reuse->kept : NULL;
	void *memory;

	if (kept == NULL || params->penalty == PENALTY_NONE || kept->x != job->x)
		return;
	job->family = up_format("%d %d %.17g %s", params->penalty, params->fit_intercept,
							params->penalty == PENALTY_ELASTICNET ? params->l1_ratio : 0,
							params->class_weight != NULL ? up_value_text(params->class_weight) : "");
	if (kept->curve.h == NULL || p->l1 != NULL)
		return;
	if (kept->family == NULL || strcmp(kept->family, job->family) != 0)
	{
		kept->curve.C = kept->curve.scale = 0;
		memory = up_arena_visit(reuse->arena);
		up_free(kept->family);
		kept->family = up_strdup(job->family);
		up_arena_return(memory);
	}
	p->curve = &kept->curve;
	p->C = params->C;
}

/* Begins at a point of the path: with what is known there, where that is kept. */
static void
begin_at_point(const UpLogisticProblem *p, const UpPathPoint *from, double *theta, size_t dims)
{
	memcpy(theta, from->w, dims * sizeof(double));
	/* It may have been kept where there was no room for what the losses are. */
	if (p->curve == NULL || isnan(from->w[2 * dims]))
		return;
	memcpy(p->curve->slope, from->w + dims, dims * sizeof(double));
	p->curve->losses = from->w[2 * dims];
	p->curve->known = true;
}

/* Keeps the solution, and what the losses are there. */
static void
keep_point(const Job *job, const UpLogisticProblem *p, const double *theta, size_t dims)
{
	double *point = up_alloc0((2 * dims + 1) * sizeof(double));

	memcpy(point, theta, dims * sizeof(double));
	point[2 * dims] = NAN;
	if (p->curve != NULL)
	{
		memcpy(point + dims, p->curve->slope, dims * sizeof(double));
		point[2 * dims] = p->curve->losses;
	}
	up_path_add(job->fit->reuse, job->family, job->params->C, point, 2 * dims + 1);
	up_free(point);
}

/* From the solutions for other C where there are some, and else or if that does not end from 0. */
static UpLogisticResult
solve(const Job *job, const UpLogisticProblem *p, double *theta, size_t dims)
{
	UpReuse *reuse = job->fit->reuse;
	double C = job->params->C;
	const UpPathPoint *from = job->family != NULL ? up_path_nearest(reuse, job->family, C) : NULL;
	UpLogisticResult r = {0};

	if (p->curve != NULL)
		p->curve->known = false;
	if (from != NULL)
	{
		if (p->l1 != NULL || !up_path_extend(reuse, job->family, C, theta, dims))
			begin_at_point(p, from, theta, dims);
		r = up_logistic_solve(p, theta);
	}
	if (from != NULL && !r.converged)
	{
		memset(theta, 0, dims * sizeof(double));
		if (p->curve != NULL)
			p->curve->known = false;
	}
	if (!r.converged)
		r = up_logistic_solve(p, theta);
	if (job->family != NULL && r.converged)
		keep_point(job, p, theta, dims);
	return r;
}

/* before: what is updated, or NULL. */
static void *
train(const UpFit *fit, const UpLogistic *before)
{
	const LogisticParams *params = fit->params;
	UpLogistic *m = up_logistic_new(fit->n_features, fit->n_classes);
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
	up_logistic_read_rows(&job, before, m);
	if (before != NULL)
		memcpy(m->theta, before->theta, up_logistic_dims(m) * sizeof(double));
	set_costs(&job);
	set_penalties(&job, m);
	p = problem_of(&job, m);
	join_family(&job, &p);
	if (before != NULL)
	{
		p.center = before->theta;
		p.slope = before->slope;
		p.hessian = before->hessian;
	}
	r = solve(&job, &p, m->theta, up_logistic_dims(m));
	up_logistic_set_coefficients(m);
	for (size_t i = 0; i < up_logistic_dims(m); i++)
	{
		if (!isfinite(m->theta[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "logistic regression left the range of numbers");
	}
	/* For updates and standard errors, not for predictions. */
	if (fit->reuse == NULL)
		keep_curvature(&p, before, m);
	report(fit, params, &r);
	if (m->plain && before == NULL && !r.separated && fit->reuse == NULL)
		tell_wild(fit, &job, m);
	if (fit->reuse != NULL)
		return m;
	up_free_large(job.cost);
	up_free_large(job.x);
	up_free_large(job.y);
	up_free_large(job.shift);
	up_free(job.places);
	return m;
}

/* Of steps, from nothing and from the solution of another C; of passes where there is no matrix. Seconds, as they were measured. */
#define STEPS         8
#define STEPS_OF_NEXT 3
#define PASSES        30
#define A_VALUE       4e-10 /* of a row, in a pass, for each output */
#define A_LOSS        6e-9
#define A_PRODUCT     1.2e-11 /* of two values, in a matrix */
#define A_WEIGHT      5.4e-10 /* of a value, before it */

/*
 * How much longer one process works than two need for making all arrays in shared memory: where that takes as long as a dozen passes over
 * them, workers pay only where there are matrices to make of many columns, or many classes.
 */
static double
seconds_of(const UpFit *fit)
{
	double n = (double) fit->data->n_rows, ld = (double) UP_SYRK_PAD((size_t) fit->n_features + 1);
	double k = fit->n_classes > 2 ? fit->n_classes : 1, blocks = k * (k + 1) / 2;
	double pass = n * k * (ld * A_VALUE + A_LOSS), bytes = n * (ld + k + 2) * sizeof(double), work;
	const Kept *kept = fit->reuse != NULL ? fit->reuse->kept : NULL;

	if (kept != NULL && kept->curve.C > 0)
		return STEPS_OF_NEXT * pass;
	if (up_logistic_is_dense((uint32_t) k, fit->n_features))
		work = STEPS * (pass + n * blocks * ld * (A_WEIGHT + ld * A_PRODUCT));
	else
		work = PASSES * pass;
	return UP_MAX(work - 2 * up_seconds_to_share(bytes), 1e-9);
}

/* The same where workers stand by for the passes over the rows. */
static void *
train_together(const UpFit *fit, const UpLogistic *before)
{
	void *m;

	up_workers_begin(seconds_of(fit));
	m = train(fit, before);
	up_workers_end();
	return m;
}

static void *
logistic_fit(const UpFit *fit)
{
	return train_together(fit, NULL);
}

static void *
logistic_update(const void *body, const UpFit *fit)
{
	const UpLogistic *before = body;
	const LogisticParams *params = fit->params;

	if (before->n_outputs > 0 && before->hessian == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew.",
					 "a logistic model that was merged, or has more than %d coefficients, does not carry along "
					 "what an update needs",
					 UP_LOGISTIC_CURVED);
	if (before->fit_intercept != params->fit_intercept || before->plain != (params->penalty == PENALTY_NONE))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change them.",
					 "penalty and fit_intercept cannot be changed by an update");
	return train_together(fit, before->n_outputs > 0 ? before : NULL);
}

/*
 * Of the features as they are: each part has standardized them by its own rows. Importance and explanations go by means and
 * deviations of both.
 */
static void *
logistic_average(const void *p, double rows_p, const void *q, double rows_q)
{
	const UpLogistic *a = p, *b = q;
	double share = rows_q / (rows_p + rows_q);
	UpLogistic *m = up_logistic_new(a->d, a->n_classes);

	m->fit_intercept = a->fit_intercept;
	for (uint32_t j = 0; j < m->d; j++)
	{
		double gap = b->mean[j] - a->mean[j];

		m->mean[j] = a->mean[j] + share * gap;
		m->deviation[j] = hypot(hypot(sqrt(1 - share) * a->deviation[j], sqrt(share) * b->deviation[j]),
								sqrt(share * (1 - share)) * gap);
	}
	for (uint32_t k = 0; k < m->n_outputs; k++)
	{
		double *theta = m->theta + (size_t) k * (m->d + 1);

		theta[m->d] = a->intercept[k] + share * (b->intercept[k] - a->intercept[k]);
		for (uint32_t j = 0; j < m->d; j++)
		{
			size_t at = (size_t) k * m->d + j;
			double coef = a->coef[at] + share * (b->coef[at] - a->coef[at]);

			theta[j] = coef * m->deviation[j];
			theta[m->d] += coef * m->mean[j];
		}
	}
	up_logistic_set_coefficients(m);
	return m;
}

const UpLearner up_logistic = {
	.name = "logistic",
	.number = 8,
	.abilities = UP_L_CLASSIFY | UP_L_SCALE | UP_L_WEIGHTS,
	.help = "logistic regression: two classes or more, with l2, l1, elastic-net or no penalty",
	.params = {logistic_params, UP_LENGTH(logistic_params)},
	.params_size = sizeof(LogisticParams),
	.path = "C",
	.fit = logistic_fit,
	.predict = up_logistic_predict,
	.proba = up_logistic_proba,
	.write = up_logistic_write,
	.read = up_logistic_read,
	.describe = up_logistic_describe,
	.importance = up_logistic_importance,
	.explain = up_logistic_explain,
	.raw_scores = up_logistic_raw_scores,
	.n_outputs = up_logistic_n_outputs,
	.update = logistic_update,
	.average = logistic_average,
	.show = up_logistic_show,
	.coefficients = up_logistic_coefficients,
	.plane = up_logistic_plane,
};
