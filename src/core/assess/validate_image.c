/*
 * validate_image.c - a validation taken to another process; see validate_image.h
 */
#include "assess/validate_image.h"

#include "assess/metrics.h"
#include "assess/validate_inner.h"
#include "learn/learners.h"

#include <string.h>

#define BESIDE 12 /* numbers a row that learners take beside its features, and … */
#define EACH   2  /* … for each output */
/* Whatever the number of rows: second derivatives of a logistic regression. */
#define LEARNER_KEEPS (12.0 * 1024 * 1024)

/* A copy that others can see. */
static void *
copied(const void *from, size_t n, size_t size)
{
	void *to;

	if (from == NULL)
		return NULL;
	to = up_alloc_large_array(UP_MAX(n, 1), size);
	memcpy(to, from, n * size);
	return to;
}

static uint16_t *
copied_folds(const UpSplitFolds *f)
{
	uint16_t *to = up_alloc_large_array(UP_MAX(f->n_rows, 1) * f->n_repeats, sizeof(uint16_t));

	for (uint32_t i = 0; i < f->n_repeats; i++)
		memcpy(to + i * f->n_rows, f->fold_of[i], f->n_rows * sizeof(uint16_t));
	return to;
}

void
up_put_request(UpWriter *w, const UpRequest *q)
{
	up_put_text(w, q->learner->name);
	up_put_value(w, q->values);
	up_put_u64(w, (uint64_t) q->common.seed);
}

UpRequest *
up_get_request(UpReader *r)
{
	const UpLearner *learner = up_learner_by_name(up_get_text(r));
	UpRequest *q = up_request_parse(learner, up_get_value(r));

	/* Which is not among the values. */
	q->common.seed = (int64_t) up_get_u64(r);
	return q;
}

void
up_put_validation(UpWriter *w, UpValidation *v, void **arrays)
{
	const UpTraining *t = &v->training;
	UpFrame *f = t->frame;
	size_t n = (size_t) f->samples->n_rows;

	if (!up_samples_in_one(f->samples))
		up_samples_move(f->samples);
	arrays[UP_IMAGE_ROWS] = f->samples->whole;
	arrays[UP_IMAGE_ORDER] = copied(v->order, n, sizeof(size_t));
	arrays[UP_IMAGE_FOLDS] = copied_folds(v->folds);
	arrays[UP_IMAGE_HELD_OUT] = copied(t->held_out, n, sizeof(uint8_t));
	arrays[UP_IMAGE_GROUPS] = copied(t->groups, n, sizeof(uint64_t));
	up_put_frame_head(w, f);
	up_put_samples_form(w, f->samples);
	up_put_bytes(w, t->complete, (size_t) f->n_values + 1);
	up_put_request(w, t->request);
	up_put_u8(w, t->key != NULL);
	if (t->key != NULL)
		up_put_value(w, t->key);
	up_put_u32(w, v->folds->n_folds);
	up_put_u32(w, v->folds->n_repeats);
	up_put_u8(w, v->folds->ordered);
	up_put_u8(w, v->sharing);
	up_put_u64(w, v->most);
	up_put_text(w, v->measure != NULL ? v->measure->name : NULL);
	up_put_bytes(w, &v->path_end, sizeof(double));
}

static UpSplitFolds *
get_folds(UpReader *r, uint16_t *fold_of, size_t n)
{
	UpSplitFolds *f = up_alloc0(sizeof(UpSplitFolds));

	f->n_folds = up_get_u32(r);
	f->n_repeats = up_get_u32(r);
	f->ordered = up_get_bool(r);
	f->n_rows = n;
	f->fold_of = up_alloc_array(UP_MAX(f->n_repeats, 1), sizeof(uint16_t *));
	for (uint32_t i = 0; i < f->n_repeats; i++)
		f->fold_of[i] = fold_of + i * n;
	return f;
}

UpValidation *
up_get_validation(UpReader *r, void *const *arrays)
{
	UpTraining t = {.frame = up_get_frame_head(r), .quiet = true};
	uint8_t *complete = up_alloc((size_t) t.frame->n_values + 1);
	UpSplitFolds *folds;
	UpValidation *v;
	bool sharing;
	char *measure;
	size_t n, most;

	t.frame->samples = up_samples_over(r, arrays[UP_IMAGE_ROWS], SIZE_MAX);
	n = (size_t) t.frame->samples->n_rows;
	up_get_bytes(r, complete, (size_t) t.frame->n_values + 1);
	t.request = up_get_request(r);
	t.key = up_get_bool(r) ? up_get_value(r) : NULL;
	t.held_out = arrays[UP_IMAGE_HELD_OUT];
	t.groups = arrays[UP_IMAGE_GROUPS];
	folds = get_folds(r, arrays[UP_IMAGE_FOLDS], n);
	sharing = up_get_bool(r);
	most = (size_t) up_get_u64(r);
	measure = up_get_text(r);
	v = up_validation_over(&t, arrays[UP_IMAGE_ORDER], complete);
	up_get_bytes(r, &v->path_end, sizeof(double));
	up_validation_split(v, folds);
	if (sharing)
		up_validation_share(v, measure != NULL ? up_measure_by_name(measure) : NULL, most);
	return v;
}

void
up_put_validation_paths(UpWriter *w, const UpValidation *v, uint32_t fold)
{
	const FoldPaths *p = v->paths != NULL ? &v->paths[fold] : NULL;

	up_put_u32(w, p != NULL ? p->n : 0);
	for (uint32_t i = 0; p != NULL && i < p->n; i++)
	{
		up_put_text(w, p->ways[i].how);
		up_put_path(w, p->ways[i].path);
	}
}

void
up_get_validation_paths(UpReader *r, UpValidation *v, uint32_t fold)
{
	uint32_t n = up_get_count(r, sizeof(uint32_t), UINT32_MAX, "ways");

	for (uint32_t i = 0; i < n; i++)
	{
		char *how = up_get_text(r);

		up_get_path(r, up_validation_path_of(v, fold, how));
		up_free(how);
	}
}

/* As many features as there can be by the columns and their categories; steps of preparation that make more are rare, and small. */
static double
most_features(const UpFrame *f)
{
	double n = f->n_values;

	for (uint32_t i = 0; f->by_name && i < f->n_columns; i++)
		n += f->columns[i].dictionary != NULL ? f->columns[i].dictionary->n : 0;
	return n;
}

double
up_validation_needs(const UpValidation *v)
{
	double n = (double) v->all->data.n_rows, features = most_features(v->training.frame);
	double outputs = v->all->model->n_classes > 2 ? v->all->model->n_classes : 1;

	return n * sizeof(double) * (features + BESIDE + EACH * outputs) + LEARNER_KEEPS;
}
