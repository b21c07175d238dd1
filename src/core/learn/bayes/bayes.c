/*
 * bayes.c - naive Bayes: classes by the product of their features' distributions
 *
 * p(c | x) is in proportion to p(c) prod_j p(x_j | c), the features taken as independent in each class (Maron 1961; Domingos,
 * Pazzani 1997). Numbers are Gaussian with the class's mean and variance, or by parameter Bernoulli (above a threshold or
 * not), multinomial (counts) or categorical (codes); categories are categorical, flags Bernoulli. The variance grows by
 * var_smoothing times the largest variance of a number, probabilities are smoothed by alpha rows (Lidstone). Definitions are those
 * of scikit-learn's GaussianNB, BernoulliNB, MultinomialNB and CategoricalNB.
 *
 * A missing value is left out of the product and of the sums; so is a category that no row had. Sums are all that is kept
 * (bayes_sums.h), so models learn more rows, merge, and give rows back exactly.
 *
 * Shapes: sums n_classes × statistics. Cost: O(n features) to train, O(classes features) a prediction.
 */
#include "learn/bayes/bayes_body.h"

#include "prep/pipeline.h"
#include "prep/dictionary.h"

#include <math.h>
#include <string.h>

typedef struct BayesParams
{
	int distribution;
	double alpha;
	double var_smoothing;
	double binarize;
	bool fit_prior;
	UpValue *class_prior;
} BayesParams;

enum
{
	AUTO,
	GAUSSIAN,
	BERNOULLI,
	MULTINOMIAL,
	CATEGORICAL
};

static const char *const distributions[] = {"auto",        "gaussian",    "bernoulli",
											"multinomial", "categorical", NULL};

#define UP_PARAMS_OF BayesParams
static const UpParam bayes_params[] = {
	UP_CHOICE_PARAM("distribution", distribution, "auto", distributions,
					"of numbers in a class; auto: gaussian; categories and flags of rows have their own"),
	UP_REAL_PARAM("alpha", alpha, "1", 1e-10, 1e9, "rows added to every count"),
	UP_REAL_PARAM("var_smoothing", var_smoothing, "1e-9", 0, 1e9,
				  "share of the largest variance that is added to every variance"),
	UP_REAL_PARAM("binarize", binarize, "0", -1e300, 1e300, "bernoulli: numbers above count as 1"),
	UP_BOOL_PARAM("fit_prior", fit_prior, "true",
				  "classes as likely as they are frequent; false: equally likely"),
	UP_TREE_PARAM("class_prior", class_prior, "null", "object of class and probability",
				  "probabilities of the classes that add up to 1; null: by fit_prior"),
};

/* Probabilities given for the classes, or NULL. Labels that no row has are passed over: a group may lack some. */
static double *
given_prior(const UpValue *given, const UpFit *fit)
{
	double *prior, sum = 0;

	if (given == NULL || given->type == UP_NULL)
		return NULL;
	if (given->type != UP_OBJECT)
		up_fail(UP_INVALID_PARAMETER,
				"parameter \"class_prior\" of algorithm \"bayes\" must be an object, not %s",
				up_value_text(given));
	for (uint32_t i = 0; i < given->n; i++)
	{
		if (given->items[i]->type != UP_NUMBER ||
			!(given->items[i]->number > 0 && given->items[i]->number <= 1))
			up_fail_with(
				UP_INVALID_PARAMETER, "Allowed: above 0, up to 1.", NULL,
				"parameter \"class_prior\" of algorithm \"bayes\" gives class \"%s\" the probability %s",
				given->keys[i], up_value_text(given->items[i]));
		sum += given->items[i]->number;
	}
	if (!(fabs(sum - 1) < 1e-6))
		up_fail(UP_INVALID_PARAMETER,
				"the probabilities of parameter \"class_prior\" of algorithm \"bayes\" add up to %s, not to 1",
				up_value_text(up_value_number(sum)));
	prior = up_alloc_array(UP_MAX(fit->n_classes, 1), sizeof(double));
	for (uint32_t k = 0; k < fit->n_classes; k++)
	{
		const UpValue *v = up_value_get(given, fit->classes[k]);

		if (v == NULL)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Give the probability of every class.",
						 "parameter \"class_prior\" of algorithm \"bayes\" lacks the class \"%s\"",
						 fit->classes[k]);
		prior[k] = v->number;
	}
	return prior;
}

/* Marks the encoded features that are 0 or 1 by their nature. */
static void
mark_flags(const UpPipeline *p, uint8_t *flag)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];
		uint32_t own = step->n_features - step->indicator;
		bool is_flag = step->encode == UP_ENCODE_ONE_HOT || step->encode == UP_ENCODE_HASH ||
					   (step->kind == UP_COLUMN_BOOLEAN && step->scales == NULL);

		memset(flag + at, is_flag, own);
		if (step->indicator)
			flag[at + own] = 1;
		at += step->n_features;
	}
}

/* What each feature is taken for. */
static uint8_t *
choose_kinds(const UpData *d, int distribution)
{
	static const uint8_t of_numbers[] = {UP_BAYES_GAUSSIAN, UP_BAYES_GAUSSIAN, UP_BAYES_BERNOULLI,
										 UP_BAYES_MULTINOMIAL, UP_BAYES_CODES};
	uint8_t *kind = up_alloc_array(UP_MAX(d->n_features, 1), 1);
	const UpPipeline *p = d->pipeline;
	uint8_t *flag = NULL;

	if (p != NULL && p->by_name)
	{
		flag = up_alloc0(UP_MAX(p->n_encoded, 1));
		mark_flags(p, flag);
	}
	for (uint32_t j = 0; j < d->n_features; j++)
	{
		uint32_t encoded = p != NULL && p->selected != NULL ? p->selected[j] : j;

		kind[j] = of_numbers[distribution];
		if (d->n_values != NULL && d->n_values[j] > 0)
			kind[j] = UP_BAYES_CATEGORY;
		else if (flag != NULL && flag[encoded] && kind[j] != UP_BAYES_MULTINOMIAL)
			kind[j] = UP_BAYES_FLAG;
	}
	up_free(flag);
	return kind;
}

static void *
body_of(const UpFit *fit, UpBayesSums *sums)
{
	const BayesParams *p = fit->params;
	UpBayes *b = up_alloc0(sizeof(UpBayes));

	b->sums = sums;
	b->var_smoothing = p->var_smoothing;
	b->alpha = p->alpha;
	b->fit_prior = p->fit_prior;
	b->given_prior = given_prior(p->class_prior, fit);
	b->classes = fit->classes;
	up_bayes_derive(b);
	return b;
}

static bool
streams(const void *params)
{
	return ((const BayesParams *) params)->distribution <= GAUSSIAN;
}

static void *
bayes_fit(const UpFit *fit)
{
	const BayesParams *p = fit->params;
	const UpData *d = fit->data;
	uint32_t *n_values = up_alloc0(UP_MAX(d->n_features, 1) * sizeof(uint32_t));
	bool gaussian = p->distribution <= GAUSSIAN;
	UpBayesSums *sums;

	if (d->n_values != NULL)
		memcpy(n_values, d->n_values, d->n_features * sizeof(uint32_t));
	sums = up_bayes_sums_new(d->n_features, fit->n_classes, choose_kinds(d, p->distribution), n_values,
							 gaussian ? 0 : p->binarize);
	up_bayes_sums_collect(sums, fit);
	return body_of(fit, sums);
}

/* A body like b with other sums. */
static UpBayes *
with_sums(const UpBayes *b, UpBayesSums *sums)
{
	UpBayes *to = up_alloc(sizeof(UpBayes));

	*to = *b;
	to->sums = sums;
	up_bayes_derive(to);
	return to;
}

static void *
bayes_merge(const void *a, const void *b)
{
	const UpBayes *x = a, *y = b;
	UpBayes *to = with_sums(x, up_bayes_sums_merge(x->sums, y->sums));

	if (x->given_prior == NULL || y->given_prior == NULL)
		return to;
	/* 0: not known to one of them. */
	to->given_prior = up_alloc_array(UP_MAX(x->sums->n_classes, 1), sizeof(double));
	for (uint32_t k = 0; k < x->sums->n_classes; k++)
		to->given_prior[k] = UP_MAX(x->given_prior[k], y->given_prior[k]);
	up_bayes_derive(to);
	return to;
}

static void *
bayes_subtract(const void *a, const void *b, bool *kept)
{
	const UpBayes *x = a, *y = b;

	return with_sums(x, up_bayes_sums_subtract(x->sums, y->sums, kept));
}

static void *
bayes_renumber(const void *body, const UpRenumbering *r)
{
	const UpBayes *b = body;
	UpBayes *to = up_alloc(sizeof(UpBayes));

	*to = *b;
	to->sums = up_bayes_sums_renumber(b->sums, r);
	to->classes = r->shape.classes;
	if (b->given_prior != NULL)
	{
		to->given_prior = up_alloc0(UP_MAX(r->shape.n_classes, 1) * sizeof(double));
		for (uint32_t k = 0; k < b->sums->n_classes; k++)
		{
			if (r->class_of[k] != UINT32_MAX)
				to->given_prior[r->class_of[k]] = b->given_prior[k];
		}
	}
	up_bayes_derive(to);
	return to;
}

/* Sums of rows that were taken for something else do not add up; and what smooths them stays what it was. */
static void *
bayes_update(const void *body, const UpFit *fit)
{
	for (uint32_t i = 0; fit->given != NULL && i < fit->given->n; i++)
	{
		if (strcmp(fit->given->keys[i], "seed") != 0)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change it.",
						 "parameter \"%s\" of algorithm \"bayes\" cannot be changed by an update",
						 fit->given->keys[i]);
	}
	return bayes_merge(body, bayes_fit(fit));
}

static void
bayes_write(const void *body, UpWriter *w)
{
	const UpBayes *b = body;

	up_put_f64(w, b->var_smoothing);
	up_put_f64(w, b->alpha);
	up_put_u8(w, b->fit_prior);
	up_put_u8(w, b->given_prior != NULL);
	if (b->given_prior != NULL)
		up_put_f64_array(w, b->given_prior, b->sums->n_classes);
	up_put_bayes_sums(w, b->sums);
}

static void *
bayes_read(UpReader *r, const UpShape *shape)
{
	UpBayes *b = up_alloc0(sizeof(UpBayes));

	b->classes = shape->classes;
	b->var_smoothing = up_get_f64(r);
	b->alpha = up_get_f64(r);
	if (!(b->var_smoothing >= 0 && b->var_smoothing <= 1e9) || !(b->alpha >= 1e-10 && b->alpha <= 1e9))
		up_corrupt(r, "smoothing of naive Bayes");
	b->fit_prior = up_get_bool(r);
	if (up_get_bool(r))
	{
		if ((r->len - r->pos) / sizeof(double) < shape->n_classes)
			up_corrupt(r, "probabilities of the classes");
		b->given_prior = up_alloc_array(UP_MAX(shape->n_classes, 1), sizeof(double));
		up_get_f64_array(r, b->given_prior, shape->n_classes);
		for (uint32_t k = 0; k < shape->n_classes; k++)
		{
			if (!(b->given_prior[k] > 0 && b->given_prior[k] <= 1))
				up_corrupt(r, "probabilities of the classes");
		}
	}
	b->sums = up_get_bayes_sums(r, shape);
	up_bayes_derive(b);
	return b;
}

/* ---- naive Bayes of numbers and flags in one pass: sums of each label that comes along; no row is held ---- */

/*
 * Labels are kept in order, each with sums and a block of its own (bayes_sums.h). Parts merge, and travel with their blocks
 * folded in. Cost: O(features + log labels) a row; memory 9 doubles a label and number.
 */

#define MOST_ROWS 9007199254740992.0 /* 2^53 */

typedef struct Class
{
	double label;
	UpBayesSums *sums; /* of one class */
	UpBayesBlocks blocks;
} Class;

typedef struct Stream
{
	uint32_t n_features;
	uint8_t *flags; /* one a feature, of rows; NULL: arrays, of numbers that are all there */
	uint32_t n;
	uint32_t capacity;
	Class **classes; /* by label */
} Stream;

static size_t
class_bytes(uint32_t n_features)
{
	return sizeof(Class) + sizeof(UpBayesSums) + (size_t) n_features * (9 * sizeof(double) + 16);
}

static size_t
stream_bytes(uint32_t n_features)
{
	return sizeof(Stream) + 2 * class_bytes(n_features);
}

static void *
stream_start(uint32_t n_features, const uint8_t *flags)
{
	Stream *s = up_alloc0(sizeof(Stream));

	s->n_features = n_features;
	if (flags != NULL)
		s->flags = memcpy(up_alloc(UP_MAX(n_features, 1)), flags, n_features);
	s->capacity = 2;
	s->classes = up_alloc_array(s->capacity, sizeof(Class *));
	return s;
}

static UpBayesSums *
stream_sums(const Stream *s, uint32_t n_classes)
{
	uint8_t *kind = up_alloc_array(UP_MAX(s->n_features, 1), 1);

	for (uint32_t j = 0; j < s->n_features; j++)
		kind[j] = s->flags != NULL && s->flags[j] ? UP_BAYES_FLAG : UP_BAYES_GAUSSIAN;
	return up_bayes_sums_new(s->n_features, n_classes, kind,
							 up_alloc0(UP_MAX(s->n_features, 1) * sizeof(uint32_t)), 0);
}

/* The class of a label, which is added if new. */
static Class *
class_of(Stream *s, double label)
{
	uint32_t low = 0, high = s->n;
	Class *c;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (s->classes[mid]->label < label)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < s->n && s->classes[low]->label == label)
		return s->classes[low];
	if (s->n == UP_LABEL_LIMIT)
		up_fail(UP_LIMIT, "the target has more than %d different labels", UP_LABEL_LIMIT);
	up_reserve(((size_t) s->n + 1) * class_bytes(s->n_features), "naive Bayes");
	up_tick();
	if (s->n == s->capacity)
	{
		s->capacity *= 2;
		s->classes = up_realloc(s->classes, s->capacity * sizeof(Class *));
	}
	c = up_alloc0(sizeof(Class));
	c->label = label + 0.0; /* one zero */
	c->sums = stream_sums(s, 1);
	up_bayes_blocks_init(&c->blocks, c->sums);
	memmove(s->classes + low + 1, s->classes + low, (s->n - low) * sizeof(Class *));
	s->classes[low] = c;
	s->n++;
	return c;
}

static void
stream_add(void *sums, const double *x, double label)
{
	const Stream *s = sums;
	Class *c = class_of(sums, label);

	c->sums->rows[0]++;
	up_bayes_blocks_add(&c->blocks, c->sums, 0, x);
	if (s->flags != NULL)
		up_bayes_count_row(c->sums, 0, x, NULL);
}

static void
stream_merge(void *sums, const void *other)
{
	const Stream *o = other;
	double *stats = up_alloc_array((size_t) o->n_features * 4 + 1, sizeof(double));

	for (uint32_t i = 0; i < o->n; i++)
	{
		const Class *from = o->classes[i];
		Class *to = class_of(sums, from->label);

		up_bayes_blocks_read(&from->blocks, from->sums, 0, stats);
		up_bayes_blocks_fold(&to->blocks, to->sums, 0);
		up_bayes_stats_add(to->sums, 0, stats);
		to->sums->rows[0] += from->sums->rows[0];
		up_bayes_blocks_restart(&to->blocks, to->sums, 0);
	}
	up_free(stats);
}

static void
stream_write(const void *sums, UpWriter *w)
{
	const Stream *s = sums;
	double *stats = up_alloc_array((size_t) s->n_features * 4 + 1, sizeof(double));

	up_put_u32(w, s->n);
	for (uint32_t i = 0; i < s->n; i++)
	{
		const Class *c = s->classes[i];

		up_put_f64(w, c->label);
		up_put_f64(w, c->sums->rows[0]);
		up_bayes_blocks_read(&c->blocks, c->sums, 0, stats);
		up_put_f64_array(w, stats, c->sums->offset[s->n_features]);
	}
	up_free(stats);
}

static void *
stream_read(UpReader *r, uint32_t n_features, const uint8_t *flags)
{
	Stream *s = stream_start(n_features, flags);
	size_t width = stream_sums(s, 1)->offset[n_features];
	uint32_t n = up_get_count(r, (width + 2) * sizeof(double), UP_LABEL_LIMIT, "labels");

	for (uint32_t i = 0; i < n; i++)
	{
		double label = up_get_f64(r);
		Class *c;

		if (i > 0 && !(s->classes[i - 1]->label < label))
			up_corrupt(r, "labels");
		c = class_of(s, label);
		c->sums->rows[0] = up_get_f64(r);
		up_get_f64_array(r, c->sums->stats, width);
		if (!(c->sums->rows[0] >= 1 && c->sums->rows[0] <= MOST_ROWS) ||
			c->sums->rows[0] != floor(c->sums->rows[0]))
			up_corrupt(r, "rows of a label");
		for (uint32_t j = 0; j < n_features; j++)
		{
			/* An array misses nothing. */
			if (!up_bayes_stats_are_possible(c->sums, 0, j) ||
				(flags == NULL && up_bayes_stats(c->sums, 0, j)[0] != c->sums->rows[0]))
				up_corrupt(r, "sums of a label");
		}
		up_bayes_blocks_restart(&c->blocks, c->sums, 0);
	}
	return s;
}

static double *
stream_labels(const void *sums, uint32_t *n)
{
	const Stream *s = sums;
	double *labels = up_alloc_array(UP_MAX(s->n, 1), sizeof(double));

	for (uint32_t i = 0; i < s->n; i++)
		labels[i] = s->classes[i]->label;
	*n = s->n;
	return labels;
}

static void *
stream_finish(const void *sums, const UpFit *fit)
{
	const Stream *s = sums;
	UpBayesSums *all = stream_sums(s, s->n);

	for (uint32_t k = 0; k < s->n; k++)
	{
		const Class *c = s->classes[k];

		all->rows[k] = c->sums->rows[0];
		if (s->n_features > 0)
			up_bayes_blocks_read(&c->blocks, c->sums, 0, up_bayes_stats(all, k, 0));
	}
	up_bayes_check_bounded(all, fit->pipeline);
	return body_of(fit, all);
}

static const UpStream stream = {
	.usable = streams,
	.start = stream_start,
	.add = stream_add,
	.merge = stream_merge,
	.write = stream_write,
	.read = stream_read,
	.bytes = stream_bytes,
	.labels = stream_labels,
	.finish = stream_finish,
};

const UpLearner up_bayes = {
	.name = "bayes",
	.number = 10,
	.abilities = UP_L_CLASSIFY | UP_L_NATIVE | UP_L_JOINT,
	.help = "naive Bayes: numbers, flags, counts and categories as independent in each class; keeps sums, so "
			"models add "
			"and subtract",
	.params = {bayes_params, UP_LENGTH(bayes_params)},
	.params_size = sizeof(BayesParams),
	.stream = &stream,
	.fit = bayes_fit,
	.predict = up_bayes_predict,
	.proba = up_bayes_proba,
	.write = bayes_write,
	.read = bayes_read,
	.describe = up_bayes_describe,
	.importance = up_bayes_importance,
	.explain = up_bayes_explain,
	.raw_scores = up_bayes_raw_scores,
	.n_outputs = up_bayes_n_outputs,
	.show = up_bayes_show,
	.update = bayes_update,
	.merge = bayes_merge,
	.subtract = bayes_subtract,
	.renumber = bayes_renumber,
};
