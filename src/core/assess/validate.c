/*
 * validate.c - a request trained and measured on each fold of a frame; see validate.h
 *
 * Cost: of each fold a training and a prediction of its rows; what is kept of a fold is its pipeline and the order of its rows.
 */
#include "assess/validate.h"

#include "assess/metrics.h"
#include "assess/out_of_fold.h"
#include "assess/validate_inner.h"
#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   1024
#define PART_ROWS    8192
#define PLACE_STREAM UINT64_C(0x706c616365)
#define RARE_ROWS    30 /* of a rare class that a share of the rows has, where there are so many */

enum
{
	COMPLETE = UP_SAMPLES_ARRAYS, /* of each part */
	N_ARRAYS
};

static void
look_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpSamples *s = up_samples_open(fixed, arrays);
	UpSamplesPart rows = up_samples_part(s->n_rows, PART_ROWS, part);
	size_t width = (size_t) s->n_columns + 1, work = 0;
	uint8_t *complete = up_alloc_array(width, 1);
	double *space = up_samples_space(s);

	memset(complete, 1, width);
	for (size_t i = rows.first; i < rows.end; i++)
	{
		const double *row = up_samples_read(s, i, space);

		up_tick_work(&work, width);
		for (size_t j = 0; j + 1 < width; j++)
			complete[j] &= (uint8_t) !isnan(row[j]);
	}
	memcpy((uint8_t *) arrays[COMPLETE] + part * width, complete, width);
	up_free(complete);
	up_free(space);
}

/* Which values no row misses: there is nothing to be imputed. */
static uint8_t *
find_complete(const UpSamples *s)
{
	void *arrays[N_ARRAYS];
	UpSamplesForm form = up_samples_form(s, arrays);
	uint32_t n = up_samples_parts(s->n_rows, PART_ROWS);
	size_t width = (size_t) s->n_columns + 1;
	uint8_t *complete = up_alloc_array(width, 1), *parts = up_alloc_large_array(UP_MAX(n, 1), width);

	arrays[COMPLETE] = parts;
	up_parallel(n, look_part, &form, sizeof(form), arrays, N_ARRAYS);
	memset(complete, 1, width);
	for (size_t i = 0; i < n * width; i++)
		complete[i % width] &= parts[i];
	up_free_large(parts);
	return complete;
}

UpValidation *
up_validation_over(const UpTraining *t, const size_t *order, uint8_t *complete)
{
	UpValidation *v = up_alloc0(sizeof(UpValidation));

	v->training = *t;
	v->training.order = v->order = order;
	v->all = up_train_labels(&v->training);
	v->training.strict = false;
	v->training.quiet = true;
	v->training.complete = complete;
	v->path_end = NAN;
	return v;
}

UpValidation *
up_validation_new(const UpTraining *t)
{
	const size_t *order = t->order != NULL ? t->order : up_train_order(t);
	UpSamples *lent = up_samples_lend_to_workers(t->frame->samples);
	UpValidation *v = up_validation_over(t, order, find_complete(t->frame->samples));

	up_samples_take_back(lent);
	return v;
}

UpTask
up_validation_task(const UpValidation *v)
{
	return v->all->model->task;
}

uint32_t
up_validation_n_classes(const UpValidation *v)
{
	return v->all->model->n_classes;
}

uint32_t
up_validation_constant(const UpValidation *v)
{
	return v->n_constant;
}

void
up_validation_add_constant(UpValidation *v, uint32_t n)
{
	v->n_constant += n;
}

UpSplitRows
up_validation_rows(const UpValidation *v)
{
	const UpData *d = &v->all->data;
	double *labels = up_alloc_large_array(UP_MAX(d->n_rows, 1), sizeof(double));
	UpSamples *rows = v->training.frame->samples;
	UpSplitRows r = {.n_rows = rows->n_rows, .order = d->order, .n = d->n_rows, .labels = labels};
	UpSamples *lent = up_samples_lend_to_workers(rows);

	up_data_all_labels(d, labels);
	up_samples_take_back(lent);
	r.n_classes = d->n_classes;
	return r;
}

void
up_validation_split(UpValidation *v, const UpSplitFolds *folds)
{
	v->folds = folds;
}

/*
 * Class by class, shuffled by the seed, so that a share of the rows has that share of each class; of one that is rarer than others some
 * rows more, up to as many as were its if all were alike: a share that has none of them cannot tell models apart.
 */
static double *
make_places(const UpValidation *v)
{
	const UpData *d = &v->all->data;
	double *labels = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double)),
		   *place = up_alloc0(UP_MAX(d->samples->n_rows, 1) * sizeof(double));
	size_t *rows = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(size_t));
	uint32_t n_classes = UP_MAX(d->n_classes, 1);
	size_t *seen = up_alloc0(n_classes * sizeof(size_t)), *total = up_alloc0(n_classes * sizeof(size_t));
	UpRng rng;

	up_data_labels(d, 0, d->n_rows, labels);
	for (size_t i = 0; i < d->n_rows; i++)
	{
		rows[i] = i;
		total[d->n_classes > 0 ? (uint32_t) labels[i] : 0]++;
	}
	up_rng_init(&rng, (uint64_t) v->all->model->seed, PLACE_STREAM);
	up_rng_shuffle(&rng, rows, d->n_rows);
	for (size_t i = 0; i < d->n_rows; i++)
	{
		uint32_t c = d->n_classes > 0 ? (uint32_t) labels[rows[i]] : 0;
		size_t of = seen[c] < RARE_ROWS ? UP_MAX(total[c], d->n_rows / n_classes) : total[c];

		place[d->order[rows[i]]] = (double) seen[c]++ / (double) of;
	}
	up_free(labels);
	up_free(rows);
	up_free(seen);
	up_free(total);
	return place;
}

char *
up_validation_way(const UpRequest *q, double share)
{
	const UpCommonParams *c = &q->common;
	UpValue *how = up_value_array();
	const UpValue *trees[] = {c->features, c->exclude, c->prepare, c->select, c->weight};

	up_value_append(how, up_value_number((double) c->seed));
	up_value_append(how, up_value_number(c->scale));
	up_value_append(how, up_value_number(share));
	for (size_t i = 0; i < UP_LENGTH(trees); i++)
		up_value_append(how, trees[i] != NULL ? up_value_copy(trees[i]) : up_value_null());
	return up_value_text(how);
}

static size_t
n_all_folds(const UpValidation *v)
{
	return (size_t) v->folds->n_repeats * v->folds->n_folds;
}

/* Frees the oldest of the ways. */
static void
forget(UpValidation *v, Kept *k)
{
	size_t n = n_all_folds(v);

	for (size_t i = 0; i < n; i++)
	{
		if (k->folds[i].reuse != NULL)
			v->left[i] += k->folds[i].reuse->taken;
	}
	up_arena_resume(k->arena);
	up_arena_leave(k->arena);
	k->arena = NULL;
}

UpPath *
up_validation_path_of(UpValidation *v, uint32_t fold, const char *how)
{
	FoldPaths *p;
	WayPath *way;
	void *before;

	if (v->paths == NULL)
		v->paths = up_alloc0(n_all_folds(v) * sizeof(FoldPaths));
	p = &v->paths[fold];
	for (uint32_t i = 0; i < p->n; i++)
	{
		if (strcmp(p->ways[i].how, how) == 0)
			return p->ways[i].path;
	}
	if (p->arena == NULL)
	{
		p->arena = up_arena_enter();
		up_arena_suspend(p->arena);
	}
	before = up_arena_visit(p->arena);
	if (p->n == p->capacity)
	{
		p->capacity = UP_MAX(2 * p->capacity, 4);
		p->ways = p->ways == NULL ? up_alloc_array(p->capacity, sizeof(WayPath))
								  : up_realloc(p->ways, p->capacity * sizeof(WayPath));
	}
	way = &p->ways[p->n++];
	way->how = up_strdup(how);
	way->path = up_path_new(p->arena);
	up_arena_return(before);
	return way->path;
}

void
up_validation_let_go(UpValidation *v)
{
	for (uint32_t i = 0; i < v->n_kept; i++)
		forget(v, &v->kept[i]);
	v->n_kept = v->next_kept = 0;
	for (size_t i = 0; v->paths != NULL && i < n_all_folds(v); i++)
	{
		if (v->paths[i].arena == NULL)
			continue;
		up_arena_resume(v->paths[i].arena);
		up_arena_leave(v->paths[i].arena);
		memset(&v->paths[i], 0, sizeof(FoldPaths));
	}
}

void
up_validation_stage(UpValidation *v, uint32_t stage)
{
	v->stage = stage;
}

/* The folds that are prepared as this request wants it; the oldest make way. */
static Kept *
kept_for(UpValidation *v, const UpRequest *q, double share)
{
	char *how = up_validation_way(q, share);
	size_t n = n_all_folds(v);
	Kept *k;

	for (uint32_t i = 0; i < v->n_kept; i++)
	{
		if (strcmp(v->kept[i].how, how) == 0)
		{
			up_free(how);
			return &v->kept[i];
		}
	}
	k = &v->kept[v->next_kept];
	v->next_kept = (v->next_kept + 1) % MOST_KEPT;
	if (v->n_kept < MOST_KEPT)
		v->n_kept++;
	else
		forget(v, k);
	k->arena = up_arena_enter();
	k->how = up_strdup(how);
	k->folds = up_alloc0(n * sizeof(Fold));
	up_arena_suspend(k->arena);
	up_free(how);
	return k;
}

/* The rows that a fold does not train on. */
static uint8_t *
left_out(const UpValidation *v, uint32_t repeat, uint32_t fold, double share)
{
	uint8_t *out = up_alloc_array(UP_MAX(v->folds->n_rows, 1), 1);

	for (size_t i = 0; i < v->folds->n_rows; i++)
		out[i] = !up_fold_trains(v->folds, repeat, fold, i) || (share < 1 && v->place[i] >= share);
	return out;
}

/* The rows that a fold tries, in canonical order, with all classes. */
static UpData
rows_to_try(const UpValidation *v, uint32_t repeat, uint32_t fold)
{
	UpData d = v->all->data;
	size_t *rows = up_alloc_array(UP_MAX(d.n_rows, 1), sizeof(size_t)), n = 0;

	for (size_t i = 0; i < d.n_rows; i++)
	{
		if (up_fold_tries(v->folds, repeat, fold, d.order[i]))
			rows[n++] = d.order[i];
	}
	d.order = rows;
	d.n_rows = n;
	return d;
}

/* n rows to be tried, from the first on, as the learner sees them. */
static void
encode_tried(const UpModel *m, const UpData *d, size_t first, size_t n, double *x)
{
	double *space = up_samples_space(d->samples);

	for (size_t i = first; i < first + n; i++, x += m->n_features)
	{
		if (i % BLOCK_ROWS == 0)
			up_tick();
		if (i + UP_SAMPLES_AHEAD < d->n_rows)
			up_samples_ask(d->samples, d->order[i + UP_SAMPLES_AHEAD], 0, d->samples->n_columns);
		up_pipeline_encode(m->pipeline, up_samples_read(d->samples, d->order[i], space), x);
	}
	up_free(space);
}

static void
keep_rows_to_try(Fold *f)
{
	const UpModel *m = f->prepared->model;
	const UpData *d = &f->tried;
	void *before;
	double *x;

	if (!up_reuse_take(f->reuse, d->n_rows * m->n_features * sizeof(double)))
		return;
	before = up_arena_visit(f->reuse->arena);
	x = up_alloc_array(UP_MAX(d->n_rows, 1), UP_MAX(m->n_features, 1) * sizeof(double));
	up_arena_return(before);
	encode_tried(m, d, 0, d->n_rows, x);
	f->x = x;
}

static void
prepare_fold(UpValidation *v, const UpRequest *q, uint32_t repeat, uint32_t fold, double share, Kept *k,
			 uint32_t number)
{
	Fold *f = &k->folds[number];
	UpTraining t = v->training;
	UpRequest request = *q;
	uint8_t *out = left_out(v, repeat, fold, share);

	request.common.task = v->all->model->task == UP_TASK_CLASSIFY ? 1 : 2;
	t.request = &request;
	t.held_out = out;
	up_arena_resume(k->arena);
	f->tried = rows_to_try(v, repeat, fold);
	f->actual = up_alloc_array(UP_MAX(f->tried.n_rows, 1), sizeof(double));
	up_data_labels(&f->tried, 0, f->tried.n_rows, f->actual);
	f->prepared = up_train_prepare(&t);
	up_arena_suspend(k->arena);
	if (v->sharing)
	{
		f->prepared->reuse = f->reuse = up_reuse_new(k->arena, &v->left[number]);
		f->reuse->path_end = v->path_end;
		keep_rows_to_try(f);
	}
	v->n_constant += f->prepared->model->n_classes == 1;
	up_free(out);
}

/* The rows to train on as numbers, in the place of what they were made of; for learners that keep nothing of their own. */
static void
keep_training_rows(Fold *f)
{
	UpData *d = &f->prepared->data;
	size_t n = d->n_rows, width = (size_t) d->n_features + 1;
	UpSamples *samples;
	size_t *order;
	void *before;

	if (d->n_features == 0 || d->weight_at > 0 || !up_reuse_take(f->reuse, n * (width + 1) * sizeof(double)))
		return;
	before = up_arena_visit(f->reuse->arena);
	samples = up_samples_new(d->n_features);
	order = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(samples);

		if (i % BLOCK_ROWS == 0)
			up_tick();
		up_data_rows(d, i, 1, row);
		up_data_labels(d, i, 1, row + d->n_features);
		order[i] = i;
	}
	up_arena_return(before);
	d->samples = samples;
	d->order = order;
	d->pipeline = NULL;
	d->label_of = d->class_values = NULL;
}

/* The second training on a fold shows that its rows are to be kept for the learner. */
static Fold *
prepared_fold(UpValidation *v, const UpRequest *q, uint32_t repeat, uint32_t fold, double share)
{
	uint32_t number = repeat * v->folds->n_folds + fold - 1;
	Kept *k = kept_for(v, q, share);
	Fold *f = &k->folds[number];

	if (f->prepared == NULL)
		prepare_fold(v, q, repeat, fold, share, k, number);
	else if (v->sharing && !f->again)
	{
		f->again = true;
		if (f->reuse->kept == NULL)
			keep_training_rows(f);
	}
	if (f->reuse != NULL)
	{
		f->reuse->path = up_validation_path_of(v, number, k->how);
		f->reuse->stage = v->stage;
	}
	return f;
}

/* Rows that are tried, and what comes out. */
typedef struct Tried
{
	const UpModel *model;
	const Fold *fold;
	uint32_t *class_of; /* of the model → of all */
	uint32_t n_classes; /* of all */
	double *predicted;  /* or NULL */
	double *proba;      /* n × classes, or NULL */
} Tried;

static void
try_block(const Tried *t, size_t first, size_t n, const double *x, double *proba)
{
	const UpModel *m = t->model;

	if (t->predicted != NULL)
	{
		double *predicted = t->predicted + first;

		up_model_predict_encoded(m, x, n, predicted);
		for (size_t i = 0; t->class_of != NULL && i < n; i++)
			predicted[i] = t->class_of[(uint32_t) predicted[i]];
	}
	if (t->proba == NULL)
		return;
	up_model_proba_encoded(m, x, n, proba);
	for (size_t i = 0; i < n; i++)
	{
		double *out = t->proba + (first + i) * t->n_classes;

		for (uint32_t c = 0; c < m->n_classes; c++)
			out[t->class_of[c]] = proba[i * m->n_classes + c];
	}
}

/* Where the classes of a model stand among all. */
static uint32_t *
class_numbers(const UpModel *m, const UpModel *all)
{
	uint32_t *class_of = up_alloc_array((size_t) m->n_classes + 1, sizeof(uint32_t));

	for (uint32_t c = 0; c < m->n_classes; c++)
		class_of[c] = (uint32_t) up_lower_bound(all->class_values, all->n_classes, m->class_values[c]);
	return class_of;
}

static bool
wants(const UpMeasure *measure, bool probabilities)
{
	return measure == NULL || probabilities == (measure->family == UP_MEASURE_SCORES ||
												measure->family == UP_MEASURE_PROBABILITIES);
}

static void
try_rows(const UpValidation *v, Tried *t)
{
	const UpModel *all = v->all->model;
	const UpMeasure *measure = v->measure;
	const UpModel *m = t->model;
	const UpData *data = &t->fold->tried;
	size_t n = data->n_rows, width = m->n_features;
	double *x = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(width, 1), sizeof(double)),
		   *proba = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(m->n_classes, 1), sizeof(double));

	t->n_classes = all->n_classes;
	t->class_of = m->task == UP_TASK_CLASSIFY ? class_numbers(m, all) : NULL;
	if (wants(measure, false) || (v->out != NULL && t->class_of == NULL))
		t->predicted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	if ((wants(measure, true) || v->out != NULL) && t->class_of != NULL && up_model_has_proba(m))
	{
		up_reserve(n * all->n_classes * sizeof(double), "probabilities of a fold");
		t->proba = up_alloc0(UP_MAX(n, 1) * all->n_classes * sizeof(double));
	}
	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		size_t rows = UP_MIN(BLOCK_ROWS, n - first);

		up_tick();
		if (t->fold->x == NULL)
			encode_tried(m, data, first, rows, x);
		try_block(t, first, rows, t->fold->x != NULL ? t->fold->x + first * width : x, proba);
	}
}

/* All metrics, or the one that is asked for. */
static UpValue *
measure_rows(const UpValidation *v, const Tried *t)
{
	const UpModel *all = v->all->model;
	size_t n = t->fold->tried.n_rows;
	bool classify = all->task == UP_TASK_CLASSIFY;
	int positive = all->n_classes == 2 ? 1 : -1;
	double figure;
	UpValue *one;

	if (v->measure == NULL && !classify)
		return up_metrics_regression_of(n, t->fold->actual, t->predicted, true, NULL,
										&(UpOfRegression){t->model->n_features, NAN});
	if (v->measure == NULL)
		return up_metrics_classification(n, t->fold->actual, t->predicted, t->proba, all->n_classes,
										 (const char *const *) all->classes, positive, true);
	one = up_value_object();
	figure = up_metrics_figure(v->measure, n, t->fold->actual, t->predicted, t->proba,
							   classify ? all->n_classes : 0, positive);
	if (!isnan(figure))
		up_value_set(one, v->measure->name, up_value_number(figure));
	return one;
}

void
up_validation_tell(UpValidation *v, double *out)
{
	v->out = out;
}

/* What was said of the rows, to their places. */
static void
tell(const UpValidation *v, const Tried *t)
{
	const UpData *tried = &t->fold->tried;
	uint32_t width = UP_MAX(v->all->model->n_classes, 1);
	const double *said = t->class_of != NULL ? t->proba : t->predicted;

	if (said == NULL)
		up_fail(UP_WRONG_KIND, "models of algorithm \"%s\" have no probabilities here",
				t->model->learner->name);
	for (size_t i = 0; i < tried->n_rows; i++)
		memcpy(v->out + tried->order[i] * width, said + i * width, width * sizeof(double));
}

UpValue *
up_validation_measure(const UpValidation *v, uint32_t repeat, uint32_t fold, const double *said)
{
	UpArena *arena = up_arena_enter();
	uint32_t width = UP_MAX(v->all->model->n_classes, 1);
	Fold f = {.tried = rows_to_try(v, repeat, fold)};
	size_t n = f.tried.n_rows;
	Tried t = {.model = v->all->model, .fold = &f, .n_classes = v->all->model->n_classes};
	double *answers = up_alloc_array(UP_MAX(n, 1) * width, sizeof(double));
	UpValue *metrics, *kept;

	f.actual = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t.predicted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t.proba = t.n_classes > 0 ? answers : NULL;
	up_data_labels(&f.tried, 0, n, f.actual);
	for (size_t i = 0; i < n; i++)
	{
		const double *of = said + f.tried.order[i] * width;
		uint32_t best = 0;

		memcpy(answers + i * width, of, width * sizeof(double));
		for (uint32_t k = 1; k < width; k++)
			best = of[k] > of[best] ? k : best;
		t.predicted[i] = t.n_classes > 0 ? best : of[0];
	}
	metrics = measure_rows(v, &t);
	up_arena_suspend(arena);
	kept = up_value_copy(metrics);
	up_arena_resume(arena);
	up_arena_leave(arena);
	return kept;
}

void
up_validation_share(UpValidation *v, const UpMeasure *measure, size_t most)
{
	v->sharing = true;
	v->most = most;
	v->left = up_alloc_array(n_all_folds(v), sizeof(size_t));
	/* Its own of each: which of them a process does must not decide on what is kept, since who goes on from that may end at other last digits. */
	for (size_t i = 0; i < n_all_folds(v); i++)
		v->left[i] = most / n_all_folds(v);
	v->measure = measure;
}

void
up_validation_path(UpValidation *v, double end)
{
	v->path_end = end;
}

/* Within the rows that the fold trains on. */
static void
adjust(const UpValidation *v, const UpRequest *q, uint32_t repeat, uint32_t fold, double share, UpModel *m)
{
	UpTraining t = v->training;

	if (!up_adjust_wanted(&q->adjust))
		return;
	t.request = q;
	t.held_out = left_out(v, repeat, fold, share);
	up_adjust_model(&t, m);
}

UpFoldScore
up_validate(UpValidation *v, const UpRequest *q, uint32_t repeat, uint32_t fold, double share)
{
	UpArena *arena;
	UpFoldScore score = {0};
	UpModel *m;
	Tried t = {0};
	UpValue *metrics;

	if (share < 1 && v->place == NULL)
		v->place = make_places(v);
	t.fold = prepared_fold(v, q, repeat, fold, share);
	arena = up_arena_enter();
	m = up_train_prepared(t.fold->prepared, q, false);
	t.model = m;
	score.constant = m->n_classes == 1;
	adjust(v, q, repeat, fold, share, m);
	m->body = up_model_body_again(m, &score.size); /* what is measured is what would be read back */
	try_rows(v, &t);
	if (v->out != NULL)
		tell(v, &t);
	metrics = measure_rows(v, &t);
	up_arena_suspend(arena);
	score.metrics = up_value_copy(metrics);
	up_arena_resume(arena);
	up_arena_leave(arena);
	return score;
}
