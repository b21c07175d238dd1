/*
 * combine.c - merges models and takes rows away from them; see combine.h
 *
 * The learner adds and subtracts bodies of one shape. Here the shapes are made the same: classes in the order of their
 * labels, columns by name, categories by their text. Columns whose preparation was fitted to the rows (scaled, imputed by a mean)
 * differ between parts, and such models are refused.
 */
#include "learn/combine.h"

#include "prep/pipeline_codec.h"

#include <string.h>

/* Where what one of the two models has stands in the common shape. */
typedef struct Places
{
	const UpModel *model;
	uint32_t *class_of;
	uint32_t *feature_of;
	uint32_t **value_of;
	uint32_t *n_values;
	bool same; /* everything stays where it is */
} Places;

static void
places_init(Places *p, const UpModel *m)
{
	p->model = m;
	p->class_of = up_alloc_array(UP_MAX(m->n_classes, 1), sizeof(uint32_t));
	p->feature_of = up_alloc_array(UP_MAX(m->n_features, 1), sizeof(uint32_t));
	p->value_of = up_alloc0(UP_MAX(m->n_features, 1) * sizeof(uint32_t *));
	p->n_values = up_alloc0(UP_MAX(m->n_features, 1) * sizeof(uint32_t));
	p->same = true;
	for (uint32_t j = 0; j < m->n_features; j++)
		p->feature_of[j] = j;
	for (uint32_t k = 0; k < m->n_classes; k++)
		p->class_of[k] = k;
}

static void
fail_different(const char *what)
{
	up_fail_with(UP_WRONG_KIND, NULL, "Train both with the same columns and params.",
				 "the models have different %s", what);
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static void
check_alike(const UpModel *a, const UpModel *b)
{
	if (a->learner != b->learner)
		fail_different("algorithms");
	if (a->task != b->task || a->label_kind != b->label_kind || !same_text(a->label_name, b->label_name))
		fail_different("targets");
	if (a->pipeline->by_name != b->pipeline->by_name)
		fail_different("forms: one was trained on rows, the other on arrays");
	if (!up_value_equal(a->params, b->params))
		fail_different("params");
}

/* < 0, 0, > 0, as classes are sorted. */
static int
compare_classes(const UpModel *a, uint32_t i, const UpModel *b, uint32_t j)
{
	if (a->label_kind == UP_LABEL_TEXT)
		return strcmp(a->classes[i], b->classes[j]);
	return a->class_values[i] < b->class_values[j] ? -1 : a->class_values[i] > b->class_values[j];
}

/* The classes of both, sorted, into m. */
static void
join_classes(Places *a, Places *b, UpModel *m)
{
	const UpModel *x = a->model, *y = b->model;
	uint32_t i = 0, j = 0, n = 0;

	m->classes = up_alloc_array((size_t) x->n_classes + y->n_classes + 1, sizeof(char *));
	m->class_values = up_alloc0(((size_t) x->n_classes + y->n_classes + 1) * sizeof(double));
	while (i < x->n_classes || j < y->n_classes)
	{
		int order = i == x->n_classes ? 1 : j == y->n_classes ? -1 : compare_classes(x, i, y, j);
		const UpModel *from = order <= 0 ? x : y;
		uint32_t at = order <= 0 ? i : j;

		m->classes[n] = from->classes[at];
		m->class_values[n] = from->class_values[at];
		if (order <= 0)
			a->class_of[i++] = n;
		if (order >= 0)
			b->class_of[j++] = n;
		n++;
	}
	if (n > UP_LABEL_LIMIT)
		up_fail(UP_LIMIT, "the models have more than %d different labels together", UP_LABEL_LIMIT);
	m->n_classes = n;
	a->same = a->same && n == x->n_classes;
	b->same = b->same && n == y->n_classes;
}

/* Whether two columns are prepared alike, whatever categories they have met. */
static bool
steps_are_alike(const UpStep *a, const UpStep *b)
{
	const UpStep *both[2] = {a, b};
	UpWriter w[2];
	bool alike;

	for (int i = 0; i < 2; i++)
	{
		UpStep step = *both[i];
		UpPipeline p = {.by_name = true, .n_inputs = step.width, .n_steps = 1, .steps = &step};

		p.left_out = up_value_object();
		if (step.encode == UP_ENCODE_NATIVE && step.impute == UP_IMPUTE_NONE)
			step.n_categories = 0;
		up_writer_init(&w[i]);
		up_put_pipeline(&w[i], &p, true);
	}
	alike = w[0].len == w[1].len && memcmp(w[0].bytes, w[1].bytes, w[0].len) == 0;
	up_free(w[0].bytes);
	up_free(w[1].bytes);
	return alike;
}

static uint32_t
first_feature(const UpPipeline *p, uint32_t step)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < step; i++)
		at += p->steps[i].n_features;
	return at;
}

/* A column that both have: step `at` of a, which is step `at` of the result, and step `other` of b. */
static void
join_step(Places *a, Places *b, UpPipeline *p, uint32_t at, uint32_t other)
{
	UpStep *step = &p->steps[at];
	const UpStep *x = &a->model->pipeline->steps[at], *y = &b->model->pipeline->steps[other];
	uint32_t fx = first_feature(a->model->pipeline, at), fy = first_feature(b->model->pipeline, other);

	if (!steps_are_alike(x, y))
		up_fail_with(UP_WRONG_KIND, "What imputes, encodes and scales a column was fitted to different rows.",
					 "Train both without preparation that depends on the rows.",
					 "the models prepare column \"%s\" differently", x->name);
	for (uint32_t f = 0; f < y->n_features; f++)
	{
		b->same = b->same && fx == fy;
		b->feature_of[fy + f] = fx + f;
	}
	if (x->encode != UP_ENCODE_NATIVE)
		return;
	a->value_of[fx] = up_alloc_array((size_t) x->n_categories + 1, sizeof(uint32_t));
	b->value_of[fy] = up_alloc_array((size_t) y->n_categories + 1, sizeof(uint32_t));
	up_step_join_categories(step, x, y, a->value_of[fx], b->value_of[fy]);
	a->n_values[fx] = b->n_values[fy] = step->n_categories;
	a->same = a->same && x->n_categories == step->n_categories;
	b->same = b->same && y->n_categories == step->n_categories;
}

/* Of a column that one model has and the other left out: allowed if that one knew no value of it. */
static void
check_left_out(const UpModel *m, const char *name)
{
	const UpValue *why = up_value_get(m->pipeline->left_out, name);

	if (why == NULL || why->type != UP_STRING || strcmp(why->string, UP_NOTHING_KNOWN) != 0)
		up_fail_with(UP_WRONG_KIND, why != NULL ? up_format("It was left out: %s.", up_value_text(why)) : NULL,
					 "Train both on the same columns.", "one of the models does not use column \"%s\"", name);
}

static int64_t
find_step(const UpPipeline *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		if (strcmp(p->steps[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* The columns of a, then those of b alone. */
static UpPipeline *
join_columns(Places *a, Places *b)
{
	const UpPipeline *x = a->model->pipeline, *y = b->model->pipeline;
	UpPipeline *p = up_alloc(sizeof(UpPipeline));

	*p = *x;
	p->steps = up_alloc0(((size_t) x->n_steps + y->n_steps) * sizeof(UpStep));
	memcpy(p->steps, x->steps, x->n_steps * sizeof(UpStep));
	p->left_out = up_value_object();
	for (uint32_t i = 0; i < x->left_out->n; i++)
	{
		if (find_step(y, x->left_out->keys[i]) < 0)
			up_value_set(p->left_out, x->left_out->keys[i], x->left_out->items[i]);
	}
	for (uint32_t i = 0; i < x->n_steps; i++)
	{
		int64_t other = find_step(y, x->steps[i].name);

		if (other >= 0)
			join_step(a, b, p, i, (uint32_t) other);
		else
			check_left_out(b->model, x->steps[i].name);
	}
	for (uint32_t i = 0; i < y->n_steps; i++)
	{
		UpStep *step = &p->steps[p->n_steps];
		uint32_t feature = first_feature(y, i);

		if (find_step(x, y->steps[i].name) >= 0)
			continue;
		check_left_out(a->model, y->steps[i].name);
		*step = y->steps[i];
		step->source = p->n_inputs;
		for (uint32_t f = 0; f < step->n_features; f++)
			b->feature_of[feature + f] = p->n_encoded + f;
		p->n_inputs += step->width;
		p->n_encoded += step->n_features;
		p->n_steps++;
	}
	p->n_features = p->n_encoded;
	a->same = a->same && p->n_features == x->n_features;
	b->same = b->same && p->n_features == y->n_features;
	return p;
}

/* Arrays, and rows of which some features were selected: only if they are the same. */
static UpPipeline *
same_pipeline(const UpModel *a, const UpModel *b)
{
	UpWriter x, y;

	if (a->pipeline->n_inputs != b->pipeline->n_inputs)
		fail_different("numbers of features");
	up_writer_init(&x);
	up_writer_init(&y);
	up_put_pipeline(&x, a->pipeline, true);
	up_put_pipeline(&y, b->pipeline, true);
	if (x.len != y.len || memcmp(x.bytes, y.bytes, x.len) != 0)
		fail_different("features");
	return a->pipeline;
}

/* The shape of both, with an empty summary and no body yet. */
static UpModel *
join(Places *a, Places *b)
{
	const UpModel *x = a->model, *y = b->model;
	UpModel *m = up_alloc(sizeof(UpModel));

	check_alike(x, y);
	if (x->adjust != NULL || y->adjust != NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train parts without, and the whole with them.",
					 "models with calibrate, threshold or intervals cannot be put together or taken apart");
	*m = *x;
	m->format = UP_MODEL_FORMAT;
	m->distribution = NULL;
	m->summary = up_value_object();
	if (x->n_classes > 0)
		join_classes(a, b, m);
	if (x->pipeline->by_name && x->pipeline->selected == NULL && y->pipeline->selected == NULL)
		m->pipeline = join_columns(a, b);
	else
		m->pipeline = same_pipeline(x, y);
	m->n_features = m->pipeline->n_features;
	return m;
}

static const void *
body_in(const Places *p, const UpModel *m)
{
	UpRenumbering r = {.feature_of = p->feature_of, .class_of = p->class_of, .n_values = p->n_values};

	if (p->same)
		return p->model->body;
	if (m->learner->renumber == NULL)
		fail_different("classes, columns or categories");
	r.shape = (UpShape){m->task, m->n_features, m->n_classes, (const char *const *) m->classes};
	r.value_of = (const uint32_t *const *) p->value_of;
	return m->learner->renumber(p->model->body, &r);
}

static double
rows_of(const UpModel *m, const char *key)
{
	const UpValue *v = up_value_get(m->summary, key);

	return v != NULL && v->type == UP_NUMBER ? v->number : 0;
}

UpModel *
up_model_merge(const UpModel *a, const UpModel *b)
{
	static const char *const keys[] = {"rows", "skipped_rows", "skipped_labels"};
	Places x, y;
	UpModel *m;

	if (a->learner->merge == NULL && a->learner->average == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "What they predict can be averaged.",
					 "models of algorithm \"%s\" cannot be merged", a->learner->name);
	if ((a->learner->abilities & UP_L_ONE_START) != 0 && a->seed != b->seed)
		up_fail_with(
			UP_WRONG_KIND, NULL, "Train them with the same seed, and go on from their mean with updates.",
			"models of algorithm \"%s\" that began with different weights have no mean", a->learner->name);
	places_init(&x, a);
	places_init(&y, b);
	m = join(&x, &y);
	for (size_t i = 0; i < UP_LENGTH(keys); i++)
	{
		double rows = rows_of(a, keys[i]) + rows_of(b, keys[i]);

		if (rows > 0)
			up_value_set(m->summary, keys[i], up_value_number(rows));
	}
	up_value_set(m->summary, "merged",
				 up_value_number(UP_MAX(rows_of(a, "merged"), 1) + UP_MAX(rows_of(b, "merged"), 1)));
	if (m->learner->merge != NULL)
		m->body = m->learner->merge(body_in(&x, m), body_in(&y, m));
	else
	{
		m->body = m->learner->average(body_in(&x, m), UP_MAX(rows_of(a, "rows"), 1), body_in(&y, m),
									  UP_MAX(rows_of(b, "rows"), 1));
		up_value_set(m->summary, "averaged", up_value_bool(true));
	}
	return m;
}

/* Leaves out the classes that no row is left of. */
static void
drop_classes(UpModel *m, const bool *kept)
{
	uint32_t *class_of = up_alloc_array(UP_MAX(m->n_classes, 1), sizeof(uint32_t));
	Places p;
	uint32_t n = 0;
	UpModel before = *m;

	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		class_of[k] = kept[k] ? n : UINT32_MAX;
		if (kept[k])
		{
			m->classes[n] = m->classes[k];
			m->class_values[n++] = m->class_values[k];
		}
	}
	m->n_classes = n;
	places_init(&p, &before);
	p.class_of = class_of;
	p.same = n == before.n_classes;
	m->body = (void *) body_in(&p, m);
}

void
up_fail_not_a_part(void)
{
	up_fail_with(UP_INVALID_DATA, NULL, "Take away only what the model was trained on, and only once.",
				 "the part holds rows that the model was not trained on");
}

UpModel *
up_model_subtract(const UpModel *model, const UpModel *part)
{
	Places x, y;
	double rows = rows_of(model, "rows") - rows_of(part, "rows");
	UpModel *m;
	bool *kept;

	if (model->learner->subtract == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it again without them.",
					 "models of algorithm \"%s\" cannot forget rows", model->learner->name);
	places_init(&x, model);
	places_init(&y, part);
	m = join(&x, &y);
	/* Whatever the part has met, the model must have met. */
	if (!x.same || rows < 0)
		up_fail_not_a_part();
	if (rows == 0)
		up_fail(UP_INVALID_DATA, "no row would be left in the model");
	up_value_set(m->summary, "rows", up_value_number(rows));
	kept = up_alloc0(UP_MAX(m->n_classes, 1));
	m->body = m->learner->subtract(body_in(&x, m), body_in(&y, m), kept);
	if (m->n_classes > 0)
		drop_classes(m, kept);
	if (m->n_classes == 1)
		up_value_set(
			m->summary, "note",
			up_value_string(up_format("every row has the label \"%s\": the model is constant", m->classes[0])));
	return m;
}
