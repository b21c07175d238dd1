/*
 * to_sql.c - a model as one SQL expression; see to_sql.h
 *
 * Each feature becomes an expression of its column: NULL and NaN are missing, what is imputed is a COALESCE, categories are
 * comparisons of the column's text, scales are spelled out in the order in which they are computed. The learner puts them
 * together: a plane as a sum of products, a tree as nested CASEs. Every number is a double precision literal that reads back
 * exactly, so results differ from the model's by rounding of sums at most.
 */
#include "learn/to_sql.h"

#include "base/text.h"
#include "prep/reading.h"

#include <math.h>
#include <string.h>

#define MOST_HEIGHT 1e100 /* of a plane */

static void
refuse_column(const UpStep *step, const char *what)
{
	up_fail_with(UP_WRONG_KIND, NULL, "Train with another preparation of the column (params.prepare).",
				 "column \"%s\" is prepared by %s, which is not said in SQL", step->name, what);
}

static void
add_number(UpText *t, double v)
{
	bool negative = v < 0;

	up_text_add(t, negative ? "(" : "");
	up_text_add_number(t, v);
	up_text_add(t, negative ? ")::float8" : "::float8");
}

static void
add_column(UpText *t, const UpStep *step, const char *input)
{
	if (input != NULL)
	{
		up_text_add(t, input);
		up_text_add(t, ".");
	}
	up_text_add_identifier(t, step->name);
}

/* A condition on the column's text. */
static void
add_match(UpText *t, const UpStep *step, const char *input, const char *pattern)
{
	add_column(t, step, input);
	up_text_add(t, "::text ~ ");
	up_text_add_literal(t, pattern);
}

/* Text that is read as a number, a time or a boolean: only what matches is cast. */
static char *
number_in_text(const UpStep *step, const char *input)
{
	UpText t;

	up_text_init(&t);
	up_text_add(&t, step->kind == UP_COLUMN_TIME ? "(extract(epoch from CASE WHEN " : "CASE WHEN ");
	if (step->kind == UP_COLUMN_NUMBER)
	{
		add_match(&t, step, input, up_number_pattern);
		up_text_add(&t, " THEN ");
		add_column(&t, step, input);
		up_text_add(&t, "::text::float8 END");
	}
	else if (step->kind == UP_COLUMN_BOOLEAN)
	{
		add_match(&t, step, input, up_true_pattern);
		up_text_add(&t, " THEN 1::float8 WHEN ");
		add_match(&t, step, input, up_false_pattern);
		up_text_add(&t, " THEN 0::float8 END");
	}
	else
	{
		add_match(&t, step, input, up_local_time_pattern);
		up_text_add(&t, " THEN ");
		add_column(&t, step, input);
		up_text_add(&t, "::text::timestamp WHEN ");
		add_match(&t, step, input, up_zone_time_pattern);
		up_text_add(&t, " THEN ");
		add_column(&t, step, input);
		up_text_add(&t, "::text::timestamptz AT TIME ZONE 'UTC' END)::float8 - 946684800)");
	}
	return t.bytes;
}

/* The column as a number, NULL where missing. */
static char *
raw_number(const UpStep *step, const char *input)
{
	UpText t;

	if (step->form == UP_FORM_TEXT)
		return number_in_text(step, input);
	up_text_init(&t);
	up_text_add(&t, step->kind == UP_COLUMN_TIME ? "(extract(epoch from " : "NULLIF(");
	add_column(&t, step, input);
	if (step->form == UP_FORM_MONEY)
		up_text_add(&t, "::numeric");
	if (step->kind == UP_COLUMN_TIME)
		up_text_add(&t, ")::float8 - 946684800)");
	else
		up_text_add(&t, step->kind == UP_COLUMN_BOOLEAN ? "::int::float8, 'NaN')" : "::float8, 'NaN')");
	return t.bytes;
}

static void
add_scaled(UpText *t, const UpScale *s, const char *value)
{
	if (s == NULL || s->method == UP_SCALE_NONE)
	{
		up_text_add(t, value);
		return;
	}
	up_text_add(t, "(((");
	up_text_add(t, value);
	up_text_add(t, " - ");
	add_number(t, s->center);
	up_text_add(t, ") - ");
	add_number(t, s->rest);
	up_text_add(t, ") * ");
	add_number(t, s->factor);
	up_text_add(t, " + ");
	add_number(t, s->low);
	up_text_add(t, ")");
}

static void
check_scale(const UpStep *step)
{
	for (uint32_t k = 0; step->scales != NULL && k < step->n_features - step->indicator; k++)
	{
		if (step->scales[k].method != UP_SCALE_NONE &&
			(up_scale_traits[step->scales[k].method] & UP_SCALE_LINEAR) == 0)
			refuse_column(step, up_format("the scale \"%s\"", up_scale_method_names[step->scales[k].method]));
	}
}

static void
number_terms(const UpStep *step, const char *input, char **terms)
{
	char *raw = raw_number(step, input);
	UpText t;

	up_text_init(&t);
	if (step->impute != UP_IMPUTE_NONE)
	{
		UpText filled;

		up_text_init(&filled);
		up_text_add(&filled, "COALESCE(");
		up_text_add(&filled, raw);
		up_text_add(&filled, ", ");
		add_number(&filled, step->fill[0]);
		up_text_add(&filled, ")");
		add_scaled(&t, step->scales, filled.bytes);
	}
	else
		add_scaled(&t, step->scales, raw);
	terms[0] = t.bytes;
	if (step->indicator)
		terms[1] = up_format("(%s IS NULL)::int::float8", raw);
}

/* A list of categories in parentheses; those for which keep is true. */
static void
add_categories(UpText *t, const UpStep *step, uint32_t but)
{
	bool first = true;

	up_text_add(t, "(");
	for (uint32_t k = 0; k < step->n_categories; k++)
	{
		if (k == but)
			continue;
		up_text_add(t, first ? "" : ", ");
		up_text_add_literal(t, step->categories[k]);
		first = false;
	}
	up_text_add(t, first ? "NULL)" : ")");
}

/* The number of the category that stands for missing values and, without a shared one, for unseen ones; or UINT32_MAX. */
static uint32_t
fallback_of(const UpStep *step)
{
	return step->impute == UP_IMPUTE_NONE ? UINT32_MAX : (uint32_t) step->fill[0];
}

/* Whether the row is of category k, as a condition that is never NULL. */
static char *
is_category(const UpStep *step, const char *text, uint32_t k)
{
	bool fallback = fallback_of(step) == k;
	UpText t;

	up_text_init(&t);
	if (k == step->n_categories)
	{
		/* The shared one: known, and not in the list; and what is missing, if that falls to it. */
		up_text_add(&t, fallback ? "(" : "COALESCE(");
		up_text_add(&t, text);
		up_text_add(&t, fallback ? " IN " : " NOT IN ");
		add_categories(&t, step, UINT32_MAX);
		up_text_add(&t, fallback ? ") IS NOT TRUE" : ", false)");
		return t.bytes;
	}
	if (fallback && !step->other)
	{
		/* Whatever is none of the others. */
		up_text_add(&t, "(");
		up_text_add(&t, text);
		up_text_add(&t, " IN ");
		add_categories(&t, step, k);
		up_text_add(&t, ") IS NOT TRUE");
		return t.bytes;
	}
	up_text_add(&t, "COALESCE(");
	up_text_add(&t, text);
	up_text_add(&t, " = ");
	up_text_add_literal(&t, step->categories[k]);
	up_text_add(&t, fallback ? ", true)" : ", false)");
	return t.bytes;
}

/* 1 where the category is missing. One that was not seen in training is, unless there is a shared one for it. */
static char *
missing_category(const UpStep *step, const char *text)
{
	UpText t;

	if (step->other)
		return up_format("(%s IS NULL)::int::float8", text);
	up_text_init(&t);
	up_text_add(&t, "((");
	up_text_add(&t, text);
	up_text_add(&t, " IN ");
	add_categories(&t, step, UINT32_MAX);
	up_text_add(&t, ") IS NOT TRUE)::int::float8");
	return t.bytes;
}

static void
category_terms(const UpStep *step, const char *input, char **terms)
{
	uint32_t width = step->n_categories + step->other;
	UpText text;

	up_text_init(&text);
	add_column(&text, step, input);
	up_text_add(&text, "::text");
	if (step->encode == UP_ENCODE_NATIVE)
	{
		/* As text: the tree compares it. What is not known counts as missing, or as what is imputed. */
		if (step->impute == UP_IMPUTE_NONE && !step->other)
			terms[0] = text.bytes;
		else
			refuse_column(step, "an imputed category for a tree");
	}
	else if (step->encode == UP_ENCODE_ORDINAL)
	{
		UpText t, value;

		up_text_init(&t);
		up_text_init(&value);
		up_text_add(&value, "CASE");
		for (uint32_t k = 0; k < width; k++)
		{
			up_text_add(&value, " WHEN ");
			up_text_add(&value, is_category(step, text.bytes, k));
			up_text_add(&value, " THEN ");
			add_number(&value, step->ranks[k]);
		}
		up_text_add(&value, " END");
		add_scaled(&t, step->scales, value.bytes);
		terms[0] = t.bytes;
	}
	else
	{
		for (uint32_t k = 0; k < width; k++)
		{
			UpText t;

			up_text_init(&t);
			add_scaled(&t, step->scales != NULL ? &step->scales[k] : NULL,
					   up_format("(%s)::int::float8", is_category(step, text.bytes, k)));
			terms[k] = t.bytes;
		}
	}
	if (step->indicator)
		terms[step->n_features - 1] = missing_category(step, text.bytes);
}

static void
step_terms(const UpStep *step, const char *input, char **terms)
{
	check_scale(step);
	switch (step->kind)
	{
		case UP_COLUMN_CATEGORY:
			category_terms(step, input, terms);
			return;
		case UP_COLUMN_NUMBER:
		case UP_COLUMN_BOOLEAN:
		case UP_COLUMN_TIME:
			if (step->encode == UP_ENCODE_CYCLIC)
				refuse_column(step, "parts of the time that come round again");
			number_terms(step, input, terms);
			return;
		default:
			refuse_column(step, "its hash, its words, its target's mean or its elements");
	}
}

/* An expression a feature that is left after selection. */
static char **
all_terms(const UpModel *m, const char *input)
{
	const UpPipeline *p = m->pipeline;
	char **encoded = up_alloc0(UP_MAX(p->n_encoded, 1) * sizeof(char *)), **terms;
	uint32_t at = 0;

	for (uint32_t j = 0; p->steps == NULL && j < p->n_encoded; j++)
		encoded[j] = up_format("(%s)[%u]", input != NULL ? input : "features", j + 1);
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *step = &p->steps[i];

		if (step->name != NULL)
			step_terms(step, input, encoded + at);
		else
		{
			UpText t;

			check_scale(step);
			up_text_init(&t);
			add_scaled(&t, step->scales, up_format("(%s)[%u]", input != NULL ? input : "features", i + 1));
			encoded[at] = t.bytes;
		}
		at += step->n_features;
	}
	if (p->selected == NULL)
		return encoded;
	terms = up_alloc_array(UP_MAX(p->n_features, 1), sizeof(char *));
	for (uint32_t j = 0; j < p->n_features; j++)
		terms[j] = encoded[p->selected[j]];
	return terms;
}

/* What a class is called, as a literal of its type. */
static char **
label_literals(const UpModel *m)
{
	char **labels = up_alloc0(UP_MAX(m->n_classes, 1) * sizeof(char *));

	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		UpText t;

		up_text_init(&t);
		if (m->label_kind == UP_LABEL_TEXT)
			up_text_add_literal(&t, m->classes[k]);
		else if (m->label_kind == UP_LABEL_BOOLEAN)
			up_text_add(&t, m->classes[k]);
		else
			add_number(&t, m->class_values[k]);
		labels[k] = t.bytes;
	}
	return labels;
}

static void
add_plane(UpText *t, const UpModel *m, char **terms, uint32_t output)
{
	double *w = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double)), intercept;

	if (!m->learner->plane(m->body, output, w, &intercept))
		up_fail_with(UP_WRONG_KIND, NULL, "Linear models and single trees can be.",
					 "this model of algorithm \"%s\" is not linear, and cannot be said in SQL",
					 m->learner->name);
	up_text_add(t, "(");
	add_number(t, intercept);
	for (uint32_t j = 0; j < m->n_features; j++)
	{
		if (w[j] == 0)
			continue;
		up_text_add(t, "\n + ");
		add_number(t, w[j]);
		up_text_add(t, " * ");
		up_text_add(t, terms[j]);
	}
	up_text_add(t, ")");
	up_free(w);
}

/* The probability of the second class where the plane is that high: at a point on its normal. */
static double
proba_at(const UpModel *m, const double *w, double intercept, double height)
{
	double *x, norm = 0, proba[2];

	if (m->adjust->n_maps > 0)
		return up_map_proba(m->adjust, 0, height);
	x = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double));
	for (uint32_t j = 0; j < m->n_features; j++)
		norm += w[j] * w[j];
	for (uint32_t j = 0; j < m->n_features; j++)
		x[j] = norm > 0 ? w[j] * ((height - intercept) / norm) : 0;
	m->learner->proba(m->body, x, 1, proba);
	up_free(x);
	return proba[1];
}

static bool
is_second(const UpModel *m, double proba)
{
	double both[2] = {1 - proba, proba};

	return up_adjust_class(m->adjust, both, 2) == 1;
}

/*
 * The height from which on the second class is predicted, found by halving, since probabilities never fall as scores rise. INFINITY:
 * nowhere; -INFINITY: everywhere.
 */
static double
height_of_change(const UpModel *m)
{
	double *w = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(double)), intercept, low = -1, high = 1;

	if (!m->learner->plane(m->body, 0, w, &intercept))
		return 0;
	while (low > -MOST_HEIGHT && is_second(m, proba_at(m, w, intercept, low)))
		low *= 2;
	while (high < MOST_HEIGHT && !is_second(m, proba_at(m, w, intercept, high)))
		high *= 2;
	if (!(low > -MOST_HEIGHT) || !(high < MOST_HEIGHT))
	{
		up_free(w);
		return low > -MOST_HEIGHT ? INFINITY : -INFINITY;
	}
	for (;;)
	{
		double middle = low + (high - low) / 2;

		if (!(middle > low && middle < high))
			break;
		*(is_second(m, proba_at(m, w, intercept, middle)) ? &high : &low) = middle;
	}
	up_free(w);
	return high;
}

/* Of two classes, where a threshold or a calibration decides. */
static char *
adjusted_sql(const UpModel *m, char **terms, char **labels)
{
	double height = height_of_change(m);
	UpText t;

	up_text_init(&t);
	if (isinf(height))
	{
		up_text_add(&t, labels[height < 0]);
		return t.bytes;
	}
	up_text_add(&t, "CASE WHEN ");
	add_plane(&t, m, terms, 0);
	up_text_add(&t, " >= ");
	add_number(&t, height);
	up_text_add(&t, up_format(" THEN %s ELSE %s END", labels[1], labels[0]));
	return t.bytes;
}

/* What ranks the classes of several: the score, or the logarithm of the odds that a sigmoid makes of it. */
static void
add_score(UpText *t, const UpModel *m, char **terms, uint32_t k)
{
	const UpAdjust *a = m->adjust;

	if (a == NULL || a->n_maps == 0)
	{
		add_plane(t, m, terms, k);
		return;
	}
	if (a->method != UP_CALIBRATE_SIGMOID)
		up_fail_with(UP_WRONG_KIND, NULL, "Calibrate it by {\"calibrate\": \"sigmoid\"}.",
					 "a model of several classes that is calibrated by isotonic regression is not said in SQL");
	up_text_add(t, "(");
	add_number(t, -a->maps[k].sigmoid.b);
	up_text_add(t, " + ");
	add_number(t, -a->maps[k].sigmoid.a);
	up_text_add(t, " * ");
	add_plane(t, m, terms, k);
	up_text_add(t, ")");
}

static char *
linear_sql(const UpModel *m, char **terms)
{
	char **labels = label_literals(m);
	uint32_t outputs = m->task == UP_TASK_CLASSIFY && m->n_classes > 2 ? m->n_classes : 1;
	UpText t;

	up_text_init(&t);
	if (m->n_classes == 1)
		up_text_add(&t, labels[0]);
	else if (m->task == UP_TASK_REGRESS)
		add_plane(&t, m, terms, 0);
	else if (outputs == 1 && m->adjust != NULL)
		return adjusted_sql(m, terms, labels);
	else if (outputs == 1)
	{
		up_text_add(&t, "CASE WHEN ");
		add_plane(&t, m, terms, 0);
		up_text_add(&t, up_format(" > 0 THEN %s ELSE %s END", labels[1], labels[0]));
	}
	else
	{
		/* The first of the highest scores. */
		up_text_add(&t, "(SELECT label FROM (VALUES");
		for (uint32_t k = 0; k < outputs; k++)
		{
			up_text_add(&t, k > 0 ? ",\n (" : "\n (");
			add_score(&t, m, terms, k);
			up_text_add(&t, up_format(", %u, %s)", k, labels[k]));
		}
		up_text_add(&t, ") AS s (score, position, label) ORDER BY score DESC, position LIMIT 1)");
	}
	return t.bytes;
}

/* The class that a leaf says, whose probabilities these are. */
static uint32_t
class_of_leaf(const void *model, const double *values)
{
	const UpModel *m = model;
	const UpAdjust *a = m->adjust;
	double *proba = up_alloc_array(m->n_classes, sizeof(double));
	uint32_t k;

	memcpy(proba, values, m->n_classes * sizeof(double));
	if (a->n_maps > 0)
		up_adjust_proba(a, m->n_classes == 2 ? values + 1 : values, m->n_classes, proba);
	k = up_adjust_class(a, proba, m->n_classes);
	up_free(proba);
	return k;
}

static UpSqlTerms
tree_terms(const UpModel *m, char **terms)
{
	const UpPipeline *p = m->pipeline;
	UpSqlTerms t = {.features = (const char *const *) terms};
	const char *const **values = up_alloc0(UP_MAX(m->n_features, 1) * sizeof(char **));

	for (uint32_t j = 0; p->steps != NULL && j < m->n_features; j++)
	{
		const UpStep *step = &p->steps[up_pipeline_step_of(p, j)];

		if (step->encode == UP_ENCODE_NATIVE)
			values[j] = (const char *const *) step->categories;
	}
	t.values = values;
	t.labels = m->task == UP_TASK_CLASSIFY ? (const char *const *) label_literals(m) : NULL;
	if (m->task == UP_TASK_CLASSIFY && m->adjust != NULL)
	{
		t.class_of = class_of_leaf;
		t.model = m;
	}
	return t;
}

char *
up_model_to_sql(const UpModel *m, const char *input)
{
	char **terms;

	if (m->learner->plane == NULL && m->learner->sql == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Linear models and single trees can be.",
					 "models of algorithm \"%s\" cannot be said in SQL", m->learner->name);
	terms = all_terms(m, input);
	if (m->learner->sql != NULL)
	{
		UpSqlTerms t = tree_terms(m, terms);

		return m->learner->sql(m->body, &t);
	}
	return linear_sql(m, terms);
}
