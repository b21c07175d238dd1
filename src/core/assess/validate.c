/*
 * validate.c - a request trained and measured on each fold of a frame; see validate.h
 *
 * Cost: of each fold a training and a prediction of its rows; what is kept of a fold is its pipeline and the order of its rows.
 */
#include "assess/validate.h"

#include "assess/metrics.h"
#include "assess/out_of_fold.h"
#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   1024
#define MOST_KEPT    16 /* ways of preparing the rows that are kept */
#define PLACE_STREAM UINT64_C(0x706c616365)

/* The folds prepared in one way. */
typedef struct Kept
{
	char *how;
	UpArena *arena;
	UpPrepared **prepared; /* one a repeat and fold, or NULL */
} Kept;

struct UpValidation
{
	UpTraining training;
	UpPrepared *all;
	size_t *order;
	const UpSplitFolds *folds;
	double *place; /* of each row among those of its class, shuffled: 0 … 1; NULL: not needed yet */
	Kept kept[MOST_KEPT];
	uint32_t n_kept, next_kept;
	uint32_t n_constant;
};

UpValidation *
up_validation_new(const UpTraining *t)
{
	UpValidation *v = up_alloc0(sizeof(UpValidation));

	v->training = *t;
	v->order = up_train_order(t);
	v->training.order = v->order;
	v->all = up_train_labels(&v->training);
	v->training.strict = false;
	v->training.quiet = true;
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

UpSplitRows
up_validation_rows(const UpValidation *v)
{
	const UpData *d = &v->all->data;
	double *labels = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double));
	UpSplitRows r = {.n_rows = d->samples->n_rows, .order = d->order, .n = d->n_rows, .labels = labels};

	up_data_labels(d, 0, d->n_rows, labels);
	r.n_classes = d->n_classes;
	return r;
}

void
up_validation_split(UpValidation *v, const UpSplitFolds *folds)
{
	v->folds = folds;
}

/* Class by class, shuffled by the seed, so that a share of the rows has that share of each class. */
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

		place[d->order[rows[i]]] = (double) seen[c]++ / (double) total[c];
	}
	up_free(labels);
	up_free(rows);
	up_free(seen);
	up_free(total);
	return place;
}

/* What decides on the features of a training, as text. */
static char *
how_prepared(const UpRequest *q, double share)
{
	const UpCommonParams *c = &q->common;
	UpValue *how = up_value_array();
	const UpValue *trees[] = {c->features, c->exclude, c->prepare, c->select};

	up_value_append(how, up_value_number((double) c->seed));
	up_value_append(how, up_value_number(c->scale));
	up_value_append(how, up_value_number(share));
	for (size_t i = 0; i < UP_LENGTH(trees); i++)
		up_value_append(how, trees[i] != NULL ? up_value_copy(trees[i]) : up_value_null());
	return up_value_text(how);
}

/* The folds that are prepared as this request wants it; the oldest make way. */
static Kept *
kept_for(UpValidation *v, const UpRequest *q, double share)
{
	char *how = how_prepared(q, share);
	size_t n = (size_t) v->folds->n_repeats * v->folds->n_folds;
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
	{
		up_arena_resume(k->arena);
		up_arena_leave(k->arena);
	}
	k->arena = up_arena_enter();
	k->how = up_strdup(how);
	k->prepared = up_alloc0(n * sizeof(UpPrepared *));
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

static UpPrepared *
prepared_fold(UpValidation *v, const UpRequest *q, uint32_t repeat, uint32_t fold, double share)
{
	Kept *k = kept_for(v, q, share);
	size_t at = (size_t) repeat * v->folds->n_folds + fold - 1;

	if (k->prepared[at] == NULL)
	{
		UpTraining t = v->training;
		UpRequest request = *q;
		uint8_t *out = left_out(v, repeat, fold, share);

		request.common.task = v->all->model->task == UP_TASK_CLASSIFY ? 1 : 2;
		t.request = &request;
		t.held_out = out;
		up_arena_resume(k->arena);
		k->prepared[at] = up_train_prepare(&t);
		up_arena_suspend(k->arena);
		v->n_constant += k->prepared[at]->model->n_classes == 1;
		up_free(out);
	}
	return k->prepared[at];
}

/* Rows that are tried, and what comes out. */
typedef struct Tried
{
	const UpModel *model;
	const UpData *data; /* of the rows, in canonical order, with all classes */
	uint32_t *class_of; /* of the model → of all */
	double *actual, *predicted;
	double *proba; /* n × classes, or NULL */
} Tried;

static void
try_block(const Tried *t, size_t first, size_t n, double *x, double *proba)
{
	const UpModel *m = t->model;
	double *predicted = t->predicted + first;

	for (size_t i = 0; i < n; i++)
		up_pipeline_encode(m->pipeline, up_samples_row(t->data->samples, t->data->order[first + i]),
						   x + i * m->n_features);
	up_model_predict_encoded(m, x, n, predicted);
	for (size_t i = 0; t->class_of != NULL && i < n; i++)
		predicted[i] = t->class_of[(uint32_t) predicted[i]];
	if (t->proba == NULL)
		return;
	up_model_proba_encoded(m, x, n, proba);
	for (size_t i = 0; i < n; i++)
	{
		double *out = t->proba + (first + i) * t->data->n_classes;

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

static void
try_rows(Tried *t, const UpModel *all)
{
	const UpModel *m = t->model;
	size_t n = t->data->n_rows;
	bool classify = m->task == UP_TASK_CLASSIFY;
	double *x = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(m->n_features, 1), sizeof(double)),
		   *proba = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(m->n_classes, 1), sizeof(double));

	t->actual = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t->predicted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t->class_of = classify ? class_numbers(m, all) : NULL;
	if (up_model_has_proba(m))
	{
		up_reserve(n * all->n_classes * sizeof(double), "probabilities of a fold");
		t->proba = up_alloc0(UP_MAX(n, 1) * all->n_classes * sizeof(double));
	}
	up_data_labels(t->data, 0, n, t->actual);
	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		up_tick();
		try_block(t, first, UP_MIN(BLOCK_ROWS, n - first), x, proba);
	}
}

static UpData
fold_data(const UpValidation *v, uint32_t repeat, uint32_t fold)
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
	UpPrepared *p;
	UpArena *arena;
	const UpModel *all = v->all->model;
	UpFoldScore score = {0};
	UpModel *m;
	UpData data;
	Tried t = {.data = &data};
	UpValue *metrics;

	if (share < 1 && v->place == NULL)
		v->place = make_places(v);
	p = prepared_fold(v, q, repeat, fold, share);
	arena = up_arena_enter();
	m = up_train_prepared(p, q, false);
	data = fold_data(v, repeat, fold);
	t.model = m;
	adjust(v, q, repeat, fold, share, m);
	m->body = up_model_body_again(m, &score.size); /* what is measured is what would be read back */
	try_rows(&t, all);
	if (m->task == UP_TASK_CLASSIFY)
		metrics =
			up_metrics_classification(data.n_rows, t.actual, t.predicted, t.proba, all->n_classes,
									  (const char *const *) all->classes, all->n_classes == 2 ? 1 : -1, true);
	else
		metrics = up_metrics_regression(data.n_rows, t.actual, t.predicted, true);
	up_arena_suspend(arena);
	score.metrics = up_value_copy(metrics);
	up_arena_resume(arena);
	up_arena_leave(arena);
	return score;
}
