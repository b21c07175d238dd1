/*
 * train_sums.c - rows that are summed up as they are read; see train_sums.h
 *
 * Few rows are held, put into canonical order and trained on, as those of all learners: then the same rows give the same bytes in whatever order they
 * come. Of more the order in the source decides the last digits of the sums, and which rows are looked at: these are drawn by their place alone, each
 * with the same chance, so that neither turns that rows take nor a key that comes again count. Whenever there are too many, every second of them goes, by a
 * bit of the hash of its place.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "assess/holdout.h"
#include "assess/spread.h"
#include "base/rng.h"
#include "learn/learners.h"
#include "learn/row_blocks.h"
#include "num/sort.h"
#include "pg/models/train_sums.h"

#include <math.h>

#define MOST_HELD    100000         /* rows, or … */
#define MEMORY_SHARE 16             /* … what is this part of the memory, … */
#define LEAST_HELD   1000           /* … but so many */
#define LOOKED_AT    UP_SPREAD_ROWS /* and up to twice as many, in the same part of it */
#define MOST_CLASSES 1024           /* that are counted */

struct UpTrainSums
{
	const UpRequest *request;
	MemoryContext context;
	UpRowSums *sums; /* NULL: rows are held so far */
	UpRowBlocks *blocks;
	UpFrame waiting; /* rows that lack a value, in a frame like theirs */
	UpSamples *held_out, *some;
	uint64 most;   /* of some */
	uint64 *turns; /* the hash of the place of each */
	unsigned bits; /* of these that are 0 */
	uint64 n_trained;
	double *row; /* space for one */
	double mean; /* of the labels */
	uint32_t n_labels;
	bool many_labels;
	bool refused;                /* so many labels are no classes, and nobody said that they are, … */
	bool broken;                 /* … and some of them are no whole numbers */
	double labels[MOST_CLASSES]; /* different ones, ascending, … */
	uint64_t counts[MOST_CLASSES];
};

/* ---- what is known of labels ---- */

static void
count_label(UpTrainSums *t, double label)
{
	size_t at;

	t->mean += (label - t->mean) / (double) t->n_trained;
	if (t->many_labels)
		return;
	at = up_lower_bound(t->labels, t->n_labels, label);
	if (at == t->n_labels || t->labels[at] != label)
	{
		t->many_labels = t->n_labels == MOST_CLASSES;
		if (t->many_labels)
			return;
		memmove(t->labels + at + 1, t->labels + at, (t->n_labels - at) * sizeof(double));
		memmove(t->counts + at + 1, t->counts + at, (t->n_labels - at) * sizeof(uint64_t));
		t->labels[at] = label;
		t->counts[at] = 0;
		t->n_labels++;
	}
	t->counts[at]++;
}

/* Whether sums have all labels that matter: more would take memory, and fail by that. */
static bool
knows_enough(UpTrainSums *t, double label)
{
	bool whole = label == floor(label);

	if (!t->refused)
		t->refused = t->n_labels > UP_AUTO_CLASSES && t->request->common.task == 0 &&
					 t->request->learner->stream->labels != NULL && t->waiting.label_kind == UP_LABEL_NUMBER;
	else if (whole || t->broken)
		return true;
	t->broken |= !whole;
	return false;
}

UpConstant *
up_train_sums_constant(const UpTrainSums *t, const UpModel *m)
{
	double classes[MOST_CLASSES];

	if (m->task != UP_TASK_CLASSIFY)
		return up_constant_new(m, &t->mean, 1);
	if (t->many_labels)
		return NULL;
	/* The classes of the model are these labels. */
	for (uint32_t i = 0; i < t->n_labels; i++)
		classes[i] = (double) up_lower_bound(m->class_values, m->n_classes, t->labels[i]);
	return up_constant_of_counts(m, classes, t->counts, t->n_labels);
}

/* ---- rows that are looked at ---- */

static bool
is_drawn(const UpTrainSums *t, uint64 turn)
{
	return t->bits == 0 || turn >> (64 - t->bits) == 0;
}

/* Half of them. */
static void
thin_out(UpTrainSums *t)
{
	UpSamples *fewer = up_samples_new(t->some->n_columns);

	t->bits++;
	for (uint64 i = 0; i < t->some->n_rows; i++)
	{
		if (!is_drawn(t, t->turns[i]))
			continue;
		t->turns[fewer->n_rows] = t->turns[i];
		memcpy(up_samples_add(fewer), up_samples_read(t->some, i, t->row), up_samples_row_bytes(fewer));
	}
	up_samples_free(t->some);
	t->some = fewer;
}

static void
look_at(UpTrainSums *t, const double *row)
{
	uint64 turn = up_hash_bytes(&t->n_trained, sizeof(t->n_trained), 0);

	if (!is_drawn(t, turn))
		return;
	t->turns[t->some->n_rows] = turn;
	memcpy(up_samples_add(t->some), row, up_samples_row_bytes(t->some));
	if (t->some->n_rows == t->most)
		thin_out(t);
}

/* ---- rows as they come ---- */

static void
add_row(UpTrainSums *t, const double *row, bool held_out)
{
	if (held_out)
	{
		memcpy(up_samples_add(t->held_out), row, up_samples_row_bytes(t->held_out));
		return;
	}
	t->n_trained++;
	if (t->waiting.label_kind != UP_LABEL_NONE)
		count_label(t, row[t->waiting.n_values]);
	if (!knows_enough(t, row[t->waiting.n_values]))
		up_row_blocks_add(t->blocks, &t->waiting, row);
	look_at(t, row);
}

static bool
is_held_out(const UpSourceFrame *s, size_t i)
{
	return s->n_held_out > 0 && s->held_out[i] == UP_ROW_HELD_OUT;
}

/* Rows in a part of the memory. */
static uint64
fitting_rows(const UpFrame *f)
{
	return Max(up_memory_limit() / MEMORY_SHARE / (((size_t) f->n_values + 1) * sizeof(double)), LEAST_HELD);
}

static uint64
least_rows(const UpFrame *f)
{
	return Min(MOST_HELD, fitting_rows(f));
}

/* Whether there are to be sums, as far as the first rows tell: so many that are there in any case, so that all go by the same ones. */
static bool
begin(UpTrainSums *t, const UpSourceFrame *s, const UpFrame *first)
{
	t->sums = up_row_sums_new(t->request, s->key, first, s->n_held_out > 0 ? s->held_out : NULL);
	if (t->sums == NULL)
		return false;
	t->blocks = up_row_blocks_begin(t->sums);
	t->waiting = *s->frame;
	t->waiting.samples = up_samples_new(s->frame->n_values);
	t->held_out = up_samples_new(s->frame->n_values);
	t->some = up_samples_new(s->frame->n_values);
	t->most = Min(2 * LOOKED_AT, fitting_rows(s->frame));
	t->turns = palloc(sizeof(uint64) * t->most);
	t->row = up_samples_space(t->some);
	return true;
}

static void
add_frame(UpTrainSums *t, const UpSourceFrame *s)
{
	const UpSamples *rows = s->frame->samples;
	double *space = up_samples_space(rows);

	for (uint64 i = 0; i < rows->n_rows; i++)
		add_row(t, up_samples_read(rows, i, space), is_held_out(s, i));
	up_free(space);
}

static bool
take_rows(void *arg, UpSourceFrame *s)
{
	UpTrainSums *t = arg;
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	bool sums = t->sums != NULL || begin(t, s, s->frame);

	if (sums)
		add_frame(t, s);
	MemoryContextSwitchTo(outer);
	return sums;
}

/* The first rows of a step in a frame, as who reads them one by one sees them. */
static bool
begin_step(UpTrainSums *t, const UpSourceFrame *s, const UpStepRows *rows)
{
	UpFrame first = *s->frame;
	uint64 n = least_rows(s->frame);
	bool sums;

	Assert(rows->n >= n);
	first.samples = up_samples_new(first.n_values);
	for (uint64 i = 0; i < n; i++)
		memcpy(up_samples_add(first.samples), rows->values + rows->order[i] * rows->width,
			   up_samples_row_bytes(first.samples));
	sums = begin(t, s, &first);
	up_samples_free(first.samples);
	return sums;
}

static bool
take_step(void *arg, UpSourceFrame *s, const UpStepRows *rows)
{
	UpTrainSums *t = arg;
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	bool sums = t->sums != NULL || begin_step(t, s, rows);

	for (size_t i = 0; sums && i < rows->n; i++)
		add_row(t, rows->values + rows->order[i] * rows->width, is_held_out(s, i));
	MemoryContextSwitchTo(outer);
	return sums;
}

/* ---- the whole ---- */

UpTrainSums *
up_train_sums_begin(const UpRequest *q, UpSourceOrder *reading)
{
	UpTrainSums *t;

	if (!up_request_streams(q, UP_LABEL_NUMBER))
		return NULL;
	t = palloc0(sizeof(UpTrainSums));
	t->request = q;
	t->context = CurrentMemoryContext;
	reading->take = take_rows;
	reading->step = take_step;
	reading->least = least_rows;
	reading->taker = t;
	reading->in_turn = true;
	return t;
}

bool
up_train_sums_finish(UpTrainSums *t, UpSourceFrame *s)
{
	UpFrame *f = s->frame;
	uint8_t *held_out;

	if (t == NULL || t->sums == NULL)
		return false;
	add_frame(t, s);
	up_row_blocks_end(t->blocks);
	t->waiting.n_null_labels = f->n_null_labels;
	up_samples_free(f->samples);
	f->samples = t->held_out;
	up_samples_append(f->samples, t->some);
	up_samples_free(t->some);
	held_out = up_alloc0(Max(f->samples->n_rows, 1));
	memset(held_out, UP_ROW_HELD_OUT, s->n_held_out);
	if (s->held_out != NULL)
		up_free(s->held_out);
	s->held_out = held_out;
	return true;
}

UpModel *
up_train_sums_model(const UpTrainSums *t)
{
	return up_row_sums_train(t->sums, &t->waiting, true);
}
