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

#define MEMORY_SHARE 16             /* in this part of the memory rows are held, … */
#define LOOKED_AT    UP_SPREAD_ROWS /* … and in as much so many that are looked at, and up to twice as many */
#define MOST_CLASSES 1024           /* that are counted */
#define TICK_ROWS    1024
#define AHEAD        16 /* rows that are asked for before they are seen */

struct UpTrainSums
{
	const UpRequest *request;
	MemoryContext context;
	UpRowSums *sums; /* NULL: rows are held so far */
	UpRowBlocks *blocks;
	UpFrame waiting; /* rows that lack a value, in a frame like theirs */
	UpSamples *held_out;
	double *some; /* rows that are looked at, one after the other, … */
	uint64 n_some;
	uint64 most;   /* … at most so many */
	uint64 *turns; /* the hash of the place of each */
	unsigned bits; /* of these that are 0 */
	uint64 n_trained;
	size_t *summed; /* where rows of a step stand that go into the sums */
	size_t room;    /* for so many */
	double mean;    /* of the labels */
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

static inline double *
looked_at(const UpTrainSums *t, uint64 i)
{
	return t->some + i * ((size_t) t->waiting.n_values + 1);
}

/* Half of them. */
static void
thin_out(UpTrainSums *t)
{
	uint64 n = 0;

	t->bits++;
	for (uint64 i = 0; i < t->n_some; i++)
	{
		if (!is_drawn(t, t->turns[i]))
			continue;
		t->turns[n] = t->turns[i];
		if (n < i)
			memcpy(looked_at(t, n), looked_at(t, i), up_samples_row_bytes(t->held_out));
		n++;
	}
	t->n_some = n;
}

static void
look_at(UpTrainSums *t, const double *row)
{
	uint64 turn = up_hash_bytes(&t->n_trained, sizeof(t->n_trained), 0);

	if (!is_drawn(t, turn))
		return;
	t->turns[t->n_some] = turn;
	memcpy(looked_at(t, t->n_some++), row, up_samples_row_bytes(t->held_out));
	if (t->n_some == t->most)
		thin_out(t);
}

/* ---- rows as they come ---- */

/* Keeps what is to be kept of a row; returns whether it is to go into the sums. */
static bool
see_row(UpTrainSums *t, const double *row, bool held_out)
{
	if (held_out)
	{
		memcpy(up_samples_add(t->held_out), row, up_samples_row_bytes(t->held_out));
		return false;
	}
	t->n_trained++;
	if (t->waiting.label_kind != UP_LABEL_NONE)
		count_label(t, row[t->waiting.n_values]);
	look_at(t, row);
	return !knows_enough(t, row[t->waiting.n_values]);
}

static bool
is_held_out(const UpSourceFrame *s, size_t i)
{
	return s->n_held_out > 0 && s->held_out[i] == UP_ROW_HELD_OUT;
}

static uint64
least_rows(const UpFrame *f)
{
	return up_row_sums_least(f, MEMORY_SHARE);
}

/* Whether there are to be sums, as far as the first rows tell: so many that are there in any case, so that all go by the same ones. */
static bool
begin(UpTrainSums *t, const UpSourceFrame *s, const UpFrame *first, bool steps)
{
	t->sums = up_row_sums_new(t->request, s->key, first, s->n_held_out > 0 ? s->held_out : NULL);
	if (t->sums == NULL)
		return false;
	t->blocks = up_row_blocks_begin(t->sums, steps);
	t->waiting = *s->frame;
	t->waiting.samples = up_samples_new(s->frame->n_values);
	t->held_out = up_samples_new(s->frame->n_values);
	/* Workers look at them, and at some that are drawn, where they stand. */
	if (up_workers() > 1)
		up_samples_grow_seen(t->held_out);
	t->most = Min(2 * LOOKED_AT, up_row_sums_fitting(s->frame, MEMORY_SHARE));
	t->some = up_alloc_large_array(t->most, up_samples_row_bytes(t->held_out));
	t->turns = palloc(sizeof(uint64) * t->most);
	return true;
}

static void
add_frame(UpTrainSums *t, const UpSourceFrame *s)
{
	const UpSamples *rows = s->frame->samples;
	double *space = up_samples_space(rows);

	for (uint64 i = 0; i < rows->n_rows; i++)
	{
		const double *row = up_samples_read(rows, i, space);

		if (see_row(t, row, is_held_out(s, i)))
			up_row_blocks_add(t->blocks, &t->waiting, row);
	}
	up_free(space);
}

static bool
take_rows(void *arg, UpSourceFrame *s)
{
	UpTrainSums *t = arg;
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	bool sums = t->sums != NULL || begin(t, s, s->frame, false);

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
	sums = begin(t, s, &first, true);
	up_samples_free(first.samples);
	return sums;
}

static void
add_step(UpTrainSums *t, const UpSourceFrame *s, const UpStepRows *rows)
{
	size_t n = 0;

	if (t->room < rows->n)
	{
		up_free_large(t->summed);
		t->summed = up_alloc_large_array(rows->n, sizeof(size_t));
		t->room = rows->n;
	}
	for (size_t i = 0; i < rows->n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (i + AHEAD < rows->n)
			__builtin_prefetch(rows->values + rows->order[i + AHEAD] * rows->width + t->waiting.n_values);
		if (see_row(t, rows->values + rows->order[i] * rows->width, is_held_out(s, i)))
			t->summed[n++] = rows->order[i];
	}
	up_row_blocks_add_many(t->blocks, &t->waiting, rows->values, rows->width, t->summed, n);
}

static bool
take_step(void *arg, UpSourceFrame *s, const UpStepRows *rows)
{
	UpTrainSums *t = arg;
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	bool sums = t->sums != NULL || begin_step(t, s, rows);

	if (sums)
		add_step(t, s, rows);
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
	up_free_large(t->summed);
	t->waiting.n_null_labels = f->n_null_labels;
	up_samples_free(f->samples);
	f->samples = t->held_out;
	for (uint64 i = 0; i < t->n_some; i++)
		memcpy(up_samples_add(f->samples), looked_at(t, i), up_samples_row_bytes(f->samples));
	up_free_large(t->some);
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
