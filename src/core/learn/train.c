/*
 * train.c - from collected rows to a model; see train.h
 *
 * The steps: put the rows into canonical order, choose the task and the classes, fit the pipeline, fit the learner.
 */
#include "learn/train.h"

#include "base/text.h"
#include "learn/class_weights.h"
#include "learn/distinct_labels.h"
#include "learn/draw_rows.h"
#include "learn/explain.h"
#include "learn/select.h"
#include "learn/learners.h"
#include "prep/spelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MANY_CLASSES 100 /* more labels of a column are rather numbers, dates or keys than classes */
/* Seconds that it takes one process to put rows in order and to read them, about. */
#define A_ROW   6e-8
#define A_VALUE 5e-9

size_t *
up_train_order(const UpTraining *t)
{
	UpCommonParams c = t->request->common;
	UpPipelineOptions o = {.features = c.features, .exclude = c.exclude, .key = t->key};
	const char *weight = up_request_weight(t->request);
	UpFrame *f = t->frame;
	uint32_t *columns = up_alloc_large_array((size_t) f->n_values + 1, sizeof(uint32_t)), n = 0;
	UpSamples *lent;
	size_t *order;

	/* Of rows that are lent they are sorted. */
	if (f->samples->lent == NULL)
		up_frame_sort_codes(f);
	order = up_alloc_large_array(UP_MAX(f->samples->n_rows, 1), sizeof(size_t));
	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
	{
		bool weighs = weight != NULL && strcmp(weight, f->columns[i].name) == 0;

		for (uint32_t j = 0; j < f->columns[i].width && (weighs || up_pipeline_wants(&o, f->columns[i].name));
			 j++)
			columns[n++] = f->columns[i].first + j;
	}
	columns[n++] = f->n_values;
	lent = up_samples_lend_to_workers(f->samples);
	if (f->by_name && n <= f->n_values)
		up_samples_order_by(f->samples, columns, n, order);
	else
		up_samples_canonical_order(f->samples, order);
	up_samples_take_back(lent);
	up_free_large(columns);
	return order;
}

/* 1 + the place of the weights in the rows; 0: there are none. */
static uint32_t
weight_place(const UpTraining *t)
{
	const char *name = up_request_weight(t->request);
	const UpFrame *f = t->frame;
	const UpColumn *column;
	const UpValue *why;

	if (name == NULL)
		return 0;
	if (!f->by_name)
		up_fail(UP_INVALID_PARAMETER,
				"parameter \"weight\" needs named columns, which an array of features does not have");
	column = up_frame_column(f, name);
	if (column != NULL && column->kind != UP_COLUMN_NUMBER)
		up_fail(UP_WRONG_KIND, "weight column \"%s\" has no numbers", name);
	if (column != NULL)
		return column->first + 1;
	why = up_value_get(f->left_out, name);
	if (why != NULL)
		up_fail(UP_WRONG_KIND, "weight column \"%s\" is left out: %s", name,
				why->type == UP_STRING ? why->string : up_value_text(why));
	up_frame_no_column(f, name, "weight");
}

/* Whether a row counts at all: without a weight it does not. */
static bool
weighs_something(const UpTraining *t, uint32_t place, size_t row)
{
	double w = place > 0 ? up_samples_value(t->frame->samples, row, place - 1) : 1;

	if (w < 0 || w > UP_MOST_WEIGHT)
		up_fail_with(UP_INVALID_DATA, up_format("Weights are numbers from 0 to %g.", UP_MOST_WEIGHT), NULL,
					 "weight column \"%s\" has the value %g", up_request_weight(t->request), w);
	return w > 0;
}

/* Positions of the rows to train on, in canonical order; *kept of the *n that there are. */
static size_t *
training_order(const UpTraining *t, size_t *kept, size_t *of)
{
	const UpCommonParams *c = &t->request->common;
	uint32_t weights = weight_place(t);
	size_t n = t->frame->samples->n_rows;
	size_t *order = t->order != NULL ? up_alloc_large_array(UP_MAX(n, 1), sizeof(size_t)) : up_train_order(t);
	const size_t *all = t->order != NULL ? t->order : order;

	*kept = t->order == NULL && t->held_out == NULL && weights == 0 ? n : 0;
	for (size_t i = *kept; i < n; i++)
	{
		if ((t->held_out == NULL || !t->held_out[all[i]]) && weighs_something(t, weights, all[i]))
			order[(*kept)++] = all[i];
	}
	*of = *kept;
	if (c->max_rows != INT64_MIN)
		*kept = up_draw_rows(t->frame, order, *kept, (size_t) c->max_rows, (uint64_t) c->seed);
	return order;
}

/*
 * The different labels of the training rows (label_of: values of codes, or NULL), as far as it matters: more numbers than may be classes unsaid are values.
 */
static UpDistinctLabels
distinct_labels(const UpTraining *t, const UpData *d, const double *label_of)
{
	bool numbers = label_of != NULL || t->frame->label_kind == UP_LABEL_NUMBER;
	UpDistinctLabels labels = {
		.limit = numbers && t->request->common.task != 1 ? UP_AUTO_CLASSES : UP_LABEL_LIMIT, .whole = true};

	labels.values = up_alloc_array((size_t) labels.limit + 2, sizeof(double));
	up_distinct_labels(&labels, d->samples, d->order, d->n_rows, label_of);
	return labels;
}

static UpTask
unlabelled_task(const UpLearner *learner)
{
	return (learner->abilities & UP_L_CLUSTER) != 0   ? UP_TASK_CLUSTER
		   : (learner->abilities & UP_L_OUTLIER) != 0 ? UP_TASK_OUTLIER
													  : UP_TASK_TRANSFORM;
}

/* How labels that are none become numbers, as far as can be told. */
static const char *
numbers_hint(const UpFrame *f, UpLabelKind kind)
{
	const char *otherwise;
	char *sql;
	UpText cast;

	if (f == NULL || f->label_name == NULL || kind == UP_LABEL_NUMBER)
		return "Make the target double precision";
	if (kind == UP_LABEL_BOOLEAN)
	{
		up_text_init(&cast);
		up_text_add_identifier(&cast, f->label_name);
		return up_format("Select %s::int AS %s", cast.bytes, cast.bytes);
	}
	sql = f->labels != NULL ? up_spelled_sql(f->labels, f->label_name) : NULL;
	if (sql != NULL)
		return up_format("If the texts are what they look like, select %s", sql);
	otherwise = f->labels != NULL ? up_spelled_otherwise(f->labels) : NULL;
	return otherwise == NULL ? "Make the target double precision"
							 : up_format("If they are numbers or dates, make them such in the source, as "
										 "uprofile_clean does (\"%s\" is none)",
										 otherwise);
}

/* By the parameter; else booleans and text classify, and so do few whole numbers. f: NULL where there are but sums. */
static UpTask
choose_task(const UpRequest *q, const UpFrame *f, UpLabelKind kind, uint32_t n_distinct, bool whole)
{
	const UpLearner *learner = q->learner;
	bool numbers = kind == UP_LABEL_NUMBER;
	UpTask task = numbers && !(whole && n_distinct <= UP_AUTO_CLASSES) ? UP_TASK_REGRESS : UP_TASK_CLASSIFY;

	/* Numbers that could be classes are values for a learner that knows none. */
	if (numbers && (learner->abilities & UP_L_CLASSIFY) == 0)
		task = UP_TASK_REGRESS;
	if (q->common.task != 0)
		task = q->common.task == 1 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
	if (task == UP_TASK_REGRESS && !numbers)
		up_fail_with(UP_WRONG_KIND, NULL, up_format("%s; or classify.", numbers_hint(f, kind)),
					 "a regression needs a numeric target");
	if (task == UP_TASK_CLASSIFY && numbers && !whole)
		up_fail_with(UP_INVALID_DATA, NULL,
					 "Round the target or make it text or boolean, or use {\"task\": \"regression\"}.",
					 "classification of a numeric target needs whole numbers, and it has fractions");
	if ((learner->abilities & (1u << task)) == 0 && task == UP_TASK_REGRESS && q->common.task == 0 && whole)
		up_fail_with(
			UP_WRONG_KIND, NULL, "Use {\"task\": \"classification\"} if each number is a class.",
			"the target has more than %d different numbers, and algorithm \"%s\" does not do regression",
			UP_AUTO_CLASSES, learner->name);
	if ((learner->abilities & (1u << task)) == 0)
		up_fail_with(UP_WRONG_KIND, NULL,
					 task == UP_TASK_REGRESS
						 ? "A numeric target with fractions is a regression; choose an "
						   "algorithm that does it, or classify a boolean or text."
						 : up_format("%s; or choose an algorithm that classifies.", numbers_hint(f, kind)),
					 "algorithm \"%s\" does not do %s", learner->name, up_task_name(task));
	return task;
}

/* Classes that are numbers, unless neighbours among them may have been rounded onto each other. */
static void
check_told_apart(const UpModel *m, const double *values, uint32_t n)
{
	for (uint32_t i = 0; i < n && m->label_kind == UP_LABEL_NUMBER; i++)
	{
		if (fabs(values[i]) >= 0x1p53)
			up_fail_with(UP_INVALID_DATA, "Whole numbers from 2^53 on may be rounded onto each other.",
						 "Cast the target to text in the source.",
						 "the target has the label %s, which is too large to be a class",
						 up_value_text(up_value_number(values[i])));
	}
}

static void
set_classes(UpModel *m, const UpFrame *f, const double *values, uint32_t n)
{
	if (n > UP_LABEL_LIMIT)
		up_fail(UP_LIMIT, "the target has more than %d different labels", UP_LABEL_LIMIT);
	check_told_apart(m, values, n);
	m->n_classes = n;
	m->class_values = up_alloc_array((size_t) n + 1, sizeof(double));
	m->classes = up_alloc_array((size_t) n + 1, sizeof(char *));
	memcpy(m->class_values, values, n * sizeof(double));
	for (uint32_t i = 0; i < n; i++)
	{
		if (m->label_kind == UP_LABEL_TEXT)
			m->classes[i] = up_strdup(f->labels->texts[(uint32_t) values[i]]);
		else if (m->label_kind == UP_LABEL_BOOLEAN)
			m->classes[i] = up_strdup(values[i] != 0 ? "true" : "false");
		else
			m->classes[i] = up_value_text(up_value_number(values[i]));
	}
}

/* A model of one class is constant: noted, or a failure. */
static void
note_one_class(UpModel *m, bool strict, bool quiet)
{
	const char *what = up_format("every row has the label \"%s\"", m->classes[0]);

	if (strict)
		up_fail_with(UP_INVALID_DATA, NULL, "A classifier needs rows of at least two classes.", "%s", what);
	up_value_set(m->summary, "note", up_value_string(up_format("%s: the model is constant", what)));
	if (!quiet)
		up_warn("A classifier needs rows of at least two classes.", "%s: the model is constant", what);
}

/* Whether text labels are numbers, and values to be regressed on: then they are taken as such. */
static bool
regress_on_texts(const UpTraining *t, UpData *data, UpModel *m)
{
	UpDistinctLabels labels;
	double *label_of;

	if (t->request->common.task == 1 || !up_frame_labels_are_numbers(t->frame))
		return false;
	label_of = up_frame_label_values(t->frame);
	labels = distinct_labels(t, data, label_of);
	m->task = choose_task(t->request, t->frame, UP_LABEL_NUMBER, labels.n, labels.whole);
	up_free(labels.values);
	if (m->task != UP_TASK_REGRESS)
	{
		up_free(label_of);
		return false;
	}
	m->label_kind = UP_LABEL_NUMBER;
	data->label_of = label_of;
	return true;
}

/* Many different texts, and nobody said that they are classes. */
static void
check_class_count(const UpRequest *q, const UpFrame *f, uint32_t n)
{
	if (!f->by_name || q->common.task != 0 || n <= MANY_CLASSES)
		return;
	up_fail_with(UP_INVALID_DATA, NULL,
				 up_format("%s; if each value is a class, use {\"task\": \"classification\"}.",
						   numbers_hint(f, f->label_kind)),
				 "the target \"%s\" has %u different labels", f->label_name, n);
}

static void
choose_labels(const UpTraining *t, UpData *data, UpModel *m)
{
	UpDistinctLabels labels;

	m->label_kind = t->frame->label_kind;
	m->label_name = t->frame->label_name != NULL ? up_strdup(t->frame->label_name) : NULL;
	if (m->label_kind == UP_LABEL_NONE)
	{
		m->task = unlabelled_task(m->learner);
		return;
	}
	if (regress_on_texts(t, data, m))
		return;
	labels = distinct_labels(t, data, NULL);
	m->task = choose_task(t->request, t->frame, m->label_kind, labels.n, labels.whole);
	if (m->task == UP_TASK_CLASSIFY)
	{
		check_class_count(t->request, t->frame, labels.n);
		set_classes(m, t->frame, labels.values, t->frame->labels_stored ? UP_LABEL_LIMIT + 1 : labels.n);
	}
	up_free(labels.values);
	if (m->n_classes == 1)
		note_one_class(m, t->strict, t->quiet);
}

/* The labels of the training rows: class numbers, or values. */
static double *
training_labels(const UpData *d, const UpModel *m)
{
	double *labels;

	if (m->label_kind == UP_LABEL_NONE)
		return NULL;
	labels = up_alloc_large_array(d->n_rows, sizeof(double));
	up_data_all_labels(d, labels);
	return labels;
}

/* Which of the encoded features are kept. */
static void
fit_selection(const UpRequest *q, UpModel *m, UpData *data)
{
	UpSelectOptions options = up_select_parse(q->common.select);
	uint32_t *selected = up_alloc_array(m->n_features, sizeof(uint32_t)), n;

	n = up_select_fit(&options, data, m->task, (uint64_t) m->seed, selected);
	up_pipeline_select(m->pipeline, selected, n);
	up_free(selected);
}

static void
bind_features(UpModel *m, UpData *data)
{
	const UpPipeline *p = m->pipeline;

	m->n_features = p->n_features;
	data->pipeline = p->steps != NULL || p->selected != NULL ? p : NULL;
	data->n_features = p->n_features;
	data->n_values = (m->learner->abilities & UP_L_NATIVE) != 0 ? up_pipeline_n_values(p) : NULL;
}

static void
fit_pipeline(const UpTraining *t, UpModel *m, UpData *data)
{
	const UpRequest *q = t->request;
	bool needs_scale = t->frame->by_name && (m->learner->abilities & UP_L_SCALE) != 0;
	UpPipelineOptions options = {0};
	double *labels = up_pipeline_may_use_labels(t->frame) ? training_labels(data, m) : NULL;

	options.scale = q->common.scale == 0 && needs_scale ? 1 + UP_SCALE_ZSCORE : q->common.scale;
	options.native = t->frame->by_name && (m->learner->abilities & UP_L_NATIVE) != 0;
	options.numbers_only = (m->learner->abilities & UP_L_NUMBERS_ONLY) != 0;
	options.features = q->common.features;
	options.exclude = q->common.exclude;
	options.prepare = q->common.prepare;
	options.key = t->key;
	options.weight = up_request_weight(q);
	options.labels = labels;
	options.n_classes = m->n_classes;
	options.seed = (uint64_t) m->seed;
	options.complete = t->complete;
	m->pipeline = up_pipeline_fit(t->frame, data->order, data->n_rows, &options);
	up_free_large(labels);
	bind_features(m, data);
	if (q->common.select == NULL)
		return;
	fit_selection(q, m, data);
	bind_features(m, data);
}

static void
set_counts(UpModel *m, uint64_t rows, uint64_t null_rows, uint64_t null_labels)
{
	up_value_set(m->summary, "rows", up_value_number((double) rows));
	if (null_rows > 0)
		up_value_set(m->summary, "skipped_rows", up_value_number((double) null_rows));
	if (null_labels > 0)
		up_value_set(m->summary, "skipped_labels", up_value_number((double) null_labels));
}

static UpModel *
new_model(const UpRequest *q)
{
	UpModel *m = up_alloc0(sizeof(UpModel));

	m->format = UP_MODEL_FORMAT;
	m->learner = q->learner;
	m->seed = q->common.seed;
	m->params = q->values;
	m->summary = up_value_object();
	return m;
}

UpPrepared *
up_train_labels(const UpTraining *t)
{
	UpPrepared *p = up_alloc0(sizeof(UpPrepared));
	UpFrame *f = t->frame;
	size_t of;

	p->data.order = training_order(t, &p->data.n_rows, &of);
	if (p->data.n_rows == 0)
		up_fail_with(UP_INVALID_DATA,
					 f->n_null_labels > 0 ? up_format("%zu rows have no label.", (size_t) f->n_null_labels)
										  : NULL,
					 NULL, "there is no row to train on%s",
					 up_request_weight(t->request) != NULL ? " that weighs something" : "");
	p->model = new_model(t->request);
	set_counts(p->model, p->data.n_rows, f->n_null_rows, f->n_null_labels);
	if (p->data.n_rows < of)
		up_value_set(p->model->summary, "sampled_from", up_value_number((double) of));
	p->data.samples = f->samples;
	p->data.weight_at = weight_place(t);
	choose_labels(t, &p->data, p->model);
	p->data.class_values = p->model->class_values;
	p->data.n_classes = p->model->n_classes;
	return p;
}

UpPrepared *
up_train_prepare(const UpTraining *t)
{
	UpPrepared *p = up_train_labels(t);

	fit_pipeline(t, p->model, &p->data);
	return p;
}

/* What a learner is told of a model that lacks only the body. */
static UpFit
fit_of(const UpModel *m, const void *params, bool strict)
{
	return (UpFit){.pipeline = m->pipeline,
				   .task = m->task,
				   .params = params,
				   .seed = (uint64_t) m->seed,
				   .n_features = m->n_features,
				   .n_classes = m->n_classes,
				   .classes = (const char *const *) m->classes,
				   .info = m->summary,
				   .strict = strict};
}

UpModel *
up_train_prepared(const UpPrepared *p, const UpRequest *q, bool strict)
{
	UpModel *m = up_alloc(sizeof(UpModel));
	UpFit fit;

	*m = *p->model;
	m->learner = q->learner;
	m->params = q->values;
	m->summary = up_value_copy(p->model->summary);
	fit = fit_of(m, q->params, strict);
	fit.data = &p->data;
	fit.reuse = p->reuse;
	up_request_check_memory(q, (double) p->data.n_rows, m->n_features, false);
	m->body = m->learner->fit(&fit);
	return m;
}

/* Rows that stand where workers see them are put in order and read by all of them. */
static void
begin_together(const UpTraining *t)
{
	UpSamples *rows = t->frame->samples;
	double values = (double) rows->n_columns + 1;

	/* A failure that somebody caught may have left what it says of memory that is gone. */
	rows->lent = NULL;
	up_workers_begin(rows->n_homes > 0 ? (double) rows->n_rows * (A_ROW + A_VALUE * values) : 0);
	if (up_workers() == 1)
		return;
	if (t->order == NULL)
		up_frame_sort_codes(t->frame);
	(void) up_samples_lend(rows);
}

static void
end_together(UpSamples *rows)
{
	up_samples_take_back(rows);
	up_workers_end();
}

UpModel *
up_train(const UpTraining *t)
{
	UpPrepared *p;
	UpModel *m;

	begin_together(t);
	p = up_train_prepare(t);
	m = up_train_prepared(p, t->request, t->strict);
	if (up_explain_needs_means(m->learner, m->task))
		up_value_set(m->summary, "feature_means", up_value_numbers(up_explain_means(&p->data), m->n_features));
	up_free_large((size_t *) p->data.order);
	end_together(t->frame->samples);
	return m;
}

bool
up_request_streams(const UpRequest *q, UpLabelKind kind)
{
	const UpStream *stream = q->learner->stream;

	/* Texts as labels have codes, which a frame keeps. */
	if (stream == NULL ||
		(q->common.scale != 0 && (q->common.scale != 1 + UP_SCALE_ZSCORE || stream->zscored == NULL)))
		return false;
	return stream->usable(q->params) && q->common.select == NULL && kind != UP_LABEL_TEXT &&
		   !up_adjust_wanted(&q->adjust) && q->common.weight == NULL && q->common.max_rows == INT64_MIN;
}

static bool
are_booleans(const double *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
	{
		if (values[i] != 0 && values[i] != 1)
			return false;
	}
	return true;
}

/* The task and the classes, as choose_labels does it. */
static void
choose_sums_labels(const UpRequest *q, const UpSumsOfRows *s, UpModel *m)
{
	const UpStream *stream = m->learner->stream;
	UpLabelKind kind = s->label_kind;
	bool whole = true;
	double *values;
	uint32_t n;

	m->label_kind = kind;
	m->label_name = s->frame != NULL && s->frame->label_name != NULL ? up_strdup(s->frame->label_name) : NULL;
	if (kind == UP_LABEL_NONE)
	{
		m->task = unlabelled_task(m->learner);
		return;
	}
	if (stream->labels == NULL)
	{
		m->task = choose_task(q, s->frame, kind, UP_AUTO_CLASSES + 1, false);
		return;
	}
	values = stream->labels(s->sums, &n);
	for (uint32_t i = 0; i < n; i++)
		whole = whole && values[i] == floor(values[i]);
	/* Sums may come from anywhere. */
	if (n == 0 || (kind == UP_LABEL_BOOLEAN && !are_booleans(values, n)))
		up_fail(UP_CORRUPT, "damaged aggregate state: labels");
	m->task = choose_task(q, s->frame, kind, n, whole);
	if (s->frame != NULL && m->task == UP_TASK_CLASSIFY)
		check_class_count(q, s->frame, n);
	if (m->task == UP_TASK_CLASSIFY)
		set_classes(m, NULL, values, n);
	up_free(values);
	if (m->n_classes == 1)
		note_one_class(m, s->strict, false);
}

UpModel *
up_train_from_sums(const UpRequest *request, const UpSumsOfRows *s)
{
	UpModel *m = new_model(request);
	const void *sums = s->sums;
	UpFit fit;

	set_counts(m, s->n_rows, s->n_null_rows, s->n_null_labels);
	choose_sums_labels(request, s, m);
	m->n_features = s->n_features;
	if (s->pipeline != NULL)
		m->pipeline = s->pipeline;
	else if (request->common.scale != 0)
	{
		UpScale *scales = up_alloc_array(UP_MAX(s->n_features, 1), sizeof(UpScale));

		sums = m->learner->stream->zscored(sums, scales);
		m->pipeline = up_pipeline_of_scales(scales, s->n_features);
	}
	else
	{
		m->pipeline = up_alloc0(sizeof(UpPipeline));
		m->pipeline->n_inputs = m->pipeline->n_encoded = m->pipeline->n_features = s->n_features;
		m->pipeline->left_out = up_value_object();
	}
	fit = fit_of(m, request->params, s->strict);
	fit.by_name = s->pipeline != NULL;
	m->body = m->learner->stream->finish(sums, &fit);
	return m;
}
