/*
 * out_of_fold.c - calibration, threshold and intervals from predictions of rows that were not trained on; see out_of_fold.h
 *
 * Cost: as many trainings as there are folds, each of the share of the rows that it is left, one after the other; of each row a score
 * a class and its label are kept.
 */
#include "assess/out_of_fold.h"

#include "assess/cut.h"
#include "assess/splits.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 1024

/* The rows that are trained on, in canonical order, and what was said of them. */
typedef struct Said
{
	const UpTraining *training;
	const UpModel *model;
	const UpAdjustOptions *options;
	UpRequest request; /* of the folds */
	UpData data;
	double *labels, *weights; /* weights: NULL: 1 each */
	uint32_t width;           /* values a row */
	double *values;           /* scores, probabilities of the second class, or predictions */
	bool *known;              /* whether the row was predicted by a model that knows all classes */
	uint32_t n_folds;
} Said;

static UpSplitFolds *
make_folds(Said *s)
{
	const UpTraining *t = s->training;
	const UpData *d = &s->data;
	UpSplit split = {.repeats = 1, .seed = (uint64_t) s->model->seed};
	UpSplitRows rows = {.n_rows = d->samples->n_rows,
						.order = d->order,
						.n = d->n_rows,
						.labels = s->labels,
						.n_classes = d->n_classes};

	split.folds = UP_MIN(s->options->folds, (int64_t) d->n_rows);
	split.method = d->n_classes > 0 ? UP_SPLIT_STRATIFIED : UP_SPLIT_RANDOM;
	if (t->groups != NULL)
	{
		double *groups = up_alloc_array(UP_MAX(rows.n_rows, 1), sizeof(double));

		for (size_t i = 0; i < rows.n_rows; i++)
			groups[i] = t->groups[i] != UINT64_MAX ? (double) (t->groups[i] >> 11) : NAN;
		rows.column = groups;
		split.method = UP_SPLIT_GROUP;
	}
	return up_split_make(&split, &rows);
}

/* Of the task that the model has; scores that a learner has anyway need no probabilities of its own. */
static UpRequest
fold_request(const Said *s)
{
	UpRequest q = *s->training->request;
	bool classify = s->model->task == UP_TASK_CLASSIFY;

	if (classify && s->options->calibrate != UP_CALIBRATE_NONE && up_model_has_scores(s->model) &&
		up_value_get(q.values, "probability") != NULL)
	{
		UpValue *values = up_value_copy(q.values);

		up_value_set(values, "probability", up_value_bool(false));
		up_value_set(values, "seed", up_value_number((double) s->model->seed));
		q = *up_request_parse(q.learner, values);
	}
	q.common.task = classify ? 1 : 2;
	return q;
}

/* What a fold's model says of n rows: n × width. */
static void
say(const Said *s, const UpModel *m, const double *x, size_t n, double *out)
{
	if (m->task == UP_TASK_REGRESS)
		up_model_predict_encoded(m, x, n, out);
	else if (s->options->calibrate != UP_CALIBRATE_NONE)
		up_model_scores(m, x, n, out);
	else
	{
		double proba[2 * BLOCK_ROWS];

		up_model_proba_encoded(m, x, n, proba);
		for (size_t i = 0; i < n; i++)
			out[i] = proba[2 * i + 1];
	}
}

static void
predict_fold(Said *s, const UpModel *m, const size_t *rows, size_t n)
{
	double *x = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(m->n_features, 1), sizeof(double)),
		   *out = up_alloc_array((size_t) BLOCK_ROWS * s->width, sizeof(double)),
		   *space = up_samples_space(s->data.samples);

	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, n - first);

		up_tick();
		for (size_t i = 0; i < count; i++)
			up_pipeline_encode(m->pipeline,
							   up_samples_read(s->data.samples, s->data.order[rows[first + i]], space),
							   x + i * m->n_features);
		say(s, m, x, count, out);
		for (size_t i = 0; i < count; i++)
		{
			memcpy(s->values + rows[first + i] * s->width, out + i * s->width, s->width * sizeof(double));
			s->known[rows[first + i]] = true;
		}
	}
}

static void
run_fold(Said *s, const UpSplitFolds *folds, uint32_t fold)
{
	UpArena *arena = up_arena_enter();
	UpTraining t = *s->training;
	uint8_t *out = up_alloc_array(UP_MAX(folds->n_rows, 1), 1);
	size_t *rows = up_alloc_array(UP_MAX(s->data.n_rows, 1), sizeof(size_t)), n = 0, size;
	UpModel *m;

	up_arena_hush(arena);
	for (size_t i = 0; i < folds->n_rows; i++)
		out[i] = !up_fold_trains(folds, 0, fold, i);
	for (size_t i = 0; i < s->data.n_rows; i++)
	{
		if (up_fold_tries(folds, 0, fold, s->data.order[i]))
			rows[n++] = i;
	}
	t.request = &s->request;
	t.held_out = out;
	t.strict = false;
	t.quiet = true;
	m = up_train_prepared(up_train_prepare(&t), &s->request, false);
	if (m->n_classes == s->model->n_classes)
	{
		m->body = up_model_body_again(m, &size);
		predict_fold(s, m, rows, n);
	}
	up_arena_leave(arena);
}

/* Leaves out what was not predicted. */
static void
keep_known(Said *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->data.n_rows; i++)
	{
		if (!s->known[i])
			continue;
		s->labels[kept] = s->labels[i];
		if (s->weights != NULL)
			s->weights[kept] = s->weights[i];
		memmove(s->values + kept * s->width, s->values + i * s->width, s->width * sizeof(double));
		kept++;
	}
	s->data.n_rows = kept;
}

static void
predict_rows(Said *s)
{
	bool calibrates = s->options->calibrate != UP_CALIBRATE_NONE;
	UpSplitFolds *folds = make_folds(s);

	s->n_folds = folds->n_folds;
	s->width = calibrates ? up_maps_for(s->model->n_classes) : 1;
	s->values = up_alloc0(UP_MAX(s->data.n_rows * s->width, 1) * sizeof(double));
	s->known = up_alloc0(UP_MAX(s->data.n_rows, 1));
	s->request = fold_request(s);
	for (uint32_t fold = 1; fold <= s->n_folds; fold++)
		run_fold(s, folds, fold);
	keep_known(s);
}

/* ---- what is learned of it ---- */

static UpMap
fit_map(const Said *s, uint32_t map)
{
	size_t n = s->data.n_rows;
	double *scores = up_alloc_array(UP_MAX(n, 1), sizeof(double)),
		   *y = up_alloc_array(UP_MAX(n, 1), sizeof(double)), of = s->width == 1 ? 1 : map;
	UpMap m = {0};

	for (size_t i = 0; i < n; i++)
	{
		scores[i] = s->values[i * s->width + map];
		y[i] = s->labels[i] == of;
	}
	if (s->options->calibrate == UP_CALIBRATE_SIGMOID)
		m.sigmoid = up_platt_fit(n, scores, y, s->weights);
	else
		m.isotonic = up_isotonic_fit(n, scores, y, s->weights);
	up_free(scores);
	up_free(y);
	return m;
}

static UpValue *
new_note(const Said *s)
{
	UpValue *note = up_value_object();

	up_value_set(note, "rows", up_value_number((double) s->data.n_rows));
	up_value_set(note, "folds", up_value_number(s->n_folds));
	return note;
}

static void
calibrate(Said *s, UpAdjust *a, UpValue *summary)
{
	UpValue *note = new_note(s);

	a->method = s->options->calibrate;
	a->n_maps = s->width;
	a->maps = up_alloc_array(a->n_maps, sizeof(UpMap));
	for (uint32_t k = 0; k < a->n_maps; k++)
		a->maps[k] = fit_map(s, k);
	up_value_set(note, "method", up_value_string(up_calibrate_names[a->method]));
	up_value_set(note, "of", up_value_string(up_model_has_scores(s->model) ? "scores" : "probabilities"));
	up_value_set(note, "explained", up_value_string("before calibration"));
	up_value_set(summary, "calibration", note);
}

static void
choose_threshold(Said *s, UpAdjust *a, UpValue *summary)
{
	static const char *const figures[] = {NULL, NULL, "f1", "cost", "rate"};
	UpThreshold by = s->options->threshold;
	UpValue *note;
	double figure;

	a->has_threshold = true;
	a->threshold = s->options->number;
	if (by != UP_THRESHOLD_NUMBER)
	{
		for (size_t i = 0; i < s->data.n_rows && a->n_maps > 0; i++)
			s->values[i] = up_map_proba(a, 0, s->values[i]);
		a->threshold = up_best_threshold(s->options, s->data.n_rows, s->values, s->labels, s->weights, &figure);
	}
	note = by == UP_THRESHOLD_NUMBER ? up_value_object() : new_note(s);
	up_value_set(note, "value", up_value_number(a->threshold));
	if (by != UP_THRESHOLD_NUMBER)
	{
		up_value_set(note, "by", up_value_string(figures[by]));
		up_value_set(note, by == UP_THRESHOLD_COST ? "mean_cost" : figures[by], up_value_number(figure));
	}
	up_value_set(summary, "threshold", note);
}

/* NULL, or why it cannot be. */
static char *
measure_intervals(Said *s, UpAdjust *a, UpValue *summary)
{
	double level = s->options->level;
	UpValue *note = new_note(s);

	if (!up_measure_intervals(a, level, s->data.n_rows, s->values, s->labels))
		return up_format("intervals for a share of %g need at least %.0f rows, and there are %zu", level,
						 ceil(level / (1 - level) - 1e-9), s->data.n_rows);
	up_value_set(note, "level", up_value_number(level));
	if (a->n_widths > 1)
		up_value_set(note, "from", up_value_numbers(a->edges, a->n_widths - 1));
	up_value_set(note, "widths", up_value_numbers(a->widths, a->n_widths));
	up_value_set(summary, "intervals", note);
	return NULL;
}

/* NULL, or why rows of the two classes are not enough. */
static char *
too_few(const Said *s)
{
	bool other = false;

	if (s->model->task != UP_TASK_CLASSIFY)
		return NULL;
	for (size_t i = 1; i < s->data.n_rows && !other; i++)
		other = s->labels[i] != s->labels[0];
	return other ? NULL : up_strdup("too few rows to be predicted by models that were not trained on them");
}

static void
cannot(const UpTraining *t, UpModel *m, const char *why)
{
	const char *hint = m->task == UP_TASK_REGRESS
						   ? "Train on more rows, or ask for a smaller share."
						   : "Each class needs some rows; else leave out calibrate and threshold.";

	if (t->strict)
		up_fail_with(UP_INVALID_DATA, NULL, hint, "%s", why);
	if (!t->quiet)
		up_warn(hint, "%s", why);
	up_value_set(m->summary, "not_adjusted", up_value_string(why));
}

static UpAdjust *
copied(const UpAdjust *a, const UpModel *m)
{
	UpWriter w;
	UpReader r;

	up_writer_init(&w);
	up_put_adjust(&w, a);
	up_reader_init(&r, w.bytes, w.len, "model");
	return up_get_adjust(&r, m->task, m->n_classes);
}

void
up_adjust_model(const UpTraining *t, UpModel *m)
{
	Said s = {.training = t, .model = m, .options = &t->request->adjust};
	UpAdjust a = {0};
	UpValue *summary = up_value_object();
	UpTraining labels = *t;
	UpRequest request = *t->request;
	UpArena *arena;
	char *why = NULL;

	if (!up_adjust_wanted(s.options) || (m->task == UP_TASK_CLASSIFY && m->n_classes < 2))
		return;
	up_adjust_check(s.options, m->task, m->n_classes, up_model_has_proba(m));
	arena = up_arena_enter();
	request.common.task = m->task == UP_TASK_CLASSIFY ? 1 : 2;
	labels.request = &request;
	labels.quiet = true;
	s.data = up_train_labels(&labels)->data;
	s.labels = up_alloc_array(UP_MAX(s.data.n_rows, 1), sizeof(double));
	up_data_labels(&s.data, 0, s.data.n_rows, s.labels);
	s.weights = up_data_weights(&s.data);
	if (up_adjust_needs_rows(s.options))
	{
		if (s.data.n_rows < 2)
			s.data.n_rows = 0;
		else
			predict_rows(&s);
		why = too_few(&s);
	}
	if (why == NULL && s.options->calibrate != UP_CALIBRATE_NONE)
		calibrate(&s, &a, summary);
	if (why == NULL && s.options->threshold != UP_THRESHOLD_NONE)
		choose_threshold(&s, &a, summary);
	if (why == NULL && !isnan(s.options->level))
		why = measure_intervals(&s, &a, summary);
	up_arena_suspend(arena);
	if (why != NULL)
		cannot(t, m, why);
	else
	{
		m->adjust = copied(&a, m);
		m->format = UP_MODEL_FORMAT;
		for (uint32_t i = 0; i < summary->n; i++)
			up_value_set(m->summary, summary->keys[i], up_value_copy(summary->items[i]));
	}
	up_arena_resume(arena);
	up_arena_leave(arena);
}

/* Before any work is done. */
static void
check_before(const UpTraining *t)
{
	UpArena *arena = up_arena_enter();
	UpTraining labels = *t;
	const UpModel *m;

	labels.quiet = true;
	m = up_train_labels(&labels)->model;
	if (m->task != UP_TASK_CLASSIFY || m->n_classes > 1)
		up_adjust_check(&t->request->adjust, m->task, m->n_classes, up_request_has_proba(t->request));
	up_arena_leave(arena);
}

UpModel *
up_train_whole(const UpTraining *t)
{
	UpTraining all = *t;
	UpModel *m;

	if (!up_adjust_wanted(&t->request->adjust))
		return up_train(t);
	if (t->order == NULL)
		all.order = up_train_order(t);
	check_before(&all);
	m = up_train(&all);
	up_adjust_model(&all, m);
	return m;
}
