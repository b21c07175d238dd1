/*
 * row_sums.c - rows folded into sums as they come; see row_sums.h
 *
 * All that a model says of its rows is said of all of them: labels and counts come from the sums, medians from values that are counted
 * (near_values.h). Cost: that of the learner's sums, and a look-up a value.
 */
#include "learn/row_sums.h"

#include "learn/learners.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define MOST_HELD  100000 /* rows */
#define LEAST_HELD 1000
#define TICK_ROWS  1024

static const UpStream *
stream_of(const UpRowSums *s)
{
	return s->request->learner->stream;
}

/* As training has them (train.c). */
static UpPipelineOptions
options_of(const UpRequest *q, const UpValue *key)
{
	return (UpPipelineOptions){
		.native = (q->learner->abilities & UP_L_NATIVE) != 0,
		.numbers_only = (q->learner->abilities & UP_L_NUMBERS_ONLY) != 0,
		.features = q->common.features,
		.exclude = q->common.exclude,
		.key = key,
	};
}

static bool
is_scaled(const UpRequest *q)
{
	return q->common.scale != 0 || (q->learner->abilities & UP_L_SCALE) != 0;
}

uint64_t
up_row_sums_fitting(const UpFrame *f, size_t share)
{
	return UP_MAX(up_memory_limit() / share / (((size_t) f->n_values + 1) * sizeof(double)), LEAST_HELD);
}

uint64_t
up_row_sums_least(const UpFrame *f, size_t share)
{
	return UP_MIN(MOST_HELD, up_row_sums_fitting(f, share));
}

/* Empty sums of these columns. */
static UpRowSums *
new_sums(const UpRequest *q, const UpValue *key, const UpFrame *f, const uint32_t *columns, uint32_t n_columns)
{
	UpRowSums *s = up_alloc0(sizeof(UpRowSums));

	s->request = q;
	s->key = key;
	s->places = up_alloc_array(f->n_values, sizeof(uint32_t));
	s->flags = up_alloc(f->n_values);
	for (uint32_t i = 0; i < n_columns; i++)
	{
		const UpColumn *c = &f->columns[columns[i]];

		for (uint32_t j = 0; j < c->width; j++, s->n++)
		{
			s->places[s->n] = c->first + j;
			s->flags[s->n] = c->kind == UP_COLUMN_BOOLEAN;
		}
	}
	if ((q->learner->abilities & UP_L_NATIVE) == 0)
		s->values = up_alloc0(s->n * sizeof(UpNearValues));
	s->x = up_alloc_array(s->n, sizeof(double));
	return s;
}

/* The columns that would be used, none of them flags that are to be scaled; returns their number, 0: rows are needed. */
static uint32_t
usable_columns(const UpRequest *q, const UpValue *key, const UpFrame *f, uint32_t *columns)
{
	UpPipelineOptions options = options_of(q, key);
	uint32_t n;

	if (!f->by_name || !up_request_streams(q, f->label_kind) || q->common.prepare != NULL)
		return 0;
	n = up_pipeline_plain_columns(f, &options, columns);
	for (uint32_t j = 0; j < n; j++)
	{
		if (is_scaled(q) && f->columns[columns[j]].kind == UP_COLUMN_BOOLEAN)
			return 0;
	}
	return n;
}

/* Whether all of it has room beside rows that are still held, medians also while they go from one place to another. */
static bool
fits(const UpRowSums *s)
{
	size_t bytes = stream_of(s)->bytes(s->n) + (s->values != NULL ? 2 * s->n * UP_NEAR_BYTES : 0);

	return bytes <= up_memory_limit() / UP_HELD_SHARE * (UP_HELD_SHARE - 1);
}

/* Whether the rows, but those held out, know a value of each of these places. */
static bool
know_all(const UpSamples *rows, const uint8_t *held_out, const uint32_t *places, uint32_t n)
{
	for (uint32_t j = 0; j < n; j++)
	{
		uint64_t i = 0;

		while (i < rows->n_rows &&
			   ((held_out != NULL && held_out[i]) || isnan(up_samples_value(rows, i, places[j]))))
		{
			if (i++ % TICK_ROWS == 0)
				up_tick();
		}
		if (i == rows->n_rows)
			return false;
	}
	return true;
}

/* Whether the labels so far can be classes, where sums are kept of each: numbers that are none will be refused in the end. */
static bool
may_be_classes(const UpRequest *q, const UpFrame *f)
{
	double labels[UP_AUTO_CLASSES];
	size_t n = 0;

	if (q->learner->stream->labels == NULL || f->label_kind != UP_LABEL_NUMBER || q->common.task != 0)
		return true;
	for (uint64_t i = 0; i < f->samples->n_rows; i++)
	{
		double label = up_samples_value(f->samples, i, f->n_values);
		size_t at = up_lower_bound(labels, n, label);

		if (i % TICK_ROWS == 0)
			up_tick();
		if (at < n && labels[at] == label)
			continue;
		if (n == UP_AUTO_CLASSES || label != floor(label))
			return false;
		memmove(labels + at + 1, labels + at, (n - at) * sizeof(double));
		labels[at] = label;
		n++;
	}
	return true;
}

/* The frame's rows go into sums, but those before first, which have waited already. */
static void
fold(UpRowSums *s, UpFrame *f, uint64_t first)
{
	UpSamples *rows = f->samples;
	double *space = up_samples_space(rows);

	f->samples = up_samples_new(f->n_values);
	for (uint64_t i = 0; i < rows->n_rows; i++)
	{
		const double *row = up_samples_read(rows, i, space);

		if (i % TICK_ROWS == 0)
			up_tick();
		if (i < first)
			memcpy(up_samples_add(f->samples), row, up_samples_row_bytes(rows));
		else
			up_row_sums_add(s, f, row);
	}
	up_free(space);
	up_samples_free(rows);
}

UpRowSums *
up_row_sums_new(const UpRequest *q, const UpValue *key, const UpFrame *f, const uint8_t *held_out)
{
	uint32_t *columns = up_alloc_array(UP_MAX(f->n_columns, 1), sizeof(uint32_t));
	uint32_t n = usable_columns(q, key, f, columns);
	UpRowSums *s = n > 0 ? new_sums(q, key, f, columns, n) : NULL;

	up_free(columns);
	if (s == NULL || !fits(s) || !may_be_classes(q, f) || !know_all(f->samples, held_out, s->places, s->n))
		return NULL;
	s->sums = q->learner->stream->start(s->n, s->flags);
	return s;
}

UpRowSums *
up_row_sums_begin(const UpRequest *q, UpFrame *f)
{
	UpRowSums *s = up_row_sums_new(q, NULL, f, NULL);

	if (s != NULL)
		fold(s, f, 0);
	return s;
}

void
up_row_sums_add(UpRowSums *s, UpFrame *f, const double *row)
{
	bool complete = true;

	for (uint32_t j = 0; j < s->n; j++)
	{
		s->x[j] = row[s->places[j]];
		complete = complete && !isnan(s->x[j]);
	}
	if (s->values != NULL)
		up_near_values_add(s->values, s->x, s->n);
	if (s->values != NULL && !complete)
	{
		memcpy(up_samples_add(f->samples), row, up_samples_row_bytes(f->samples));
		return;
	}
	stream_of(s)->add(s->sums, s->x, row[f->n_values]);
	s->n_rows++;
}

/* Empty ones of the same columns. */
static UpRowSums *
begin_like(const UpRowSums *other, const UpRequest *q)
{
	UpRowSums *s = up_alloc(sizeof(UpRowSums));

	*s = *other;
	s->request = q;
	s->places = memcpy(up_alloc_array(s->n, sizeof(uint32_t)), other->places, s->n * sizeof(uint32_t));
	s->flags = memcpy(up_alloc(s->n), other->flags, s->n);
	s->values = other->values != NULL ? up_alloc0(s->n * sizeof(UpNearValues)) : NULL;
	s->sums = q->learner->stream->start(s->n, s->flags);
	s->n_rows = 0;
	s->x = up_alloc_array(s->n, sizeof(double));
	return s;
}

UpRowSums *
up_row_sums_merge(UpRowSums *s, UpFrame *f, const UpRequest *q, const UpRowSums *other,
				  const UpFrame *other_frame)
{
	uint64_t waiting;

	up_frame_check_shape(f, other_frame);
	if (s == NULL)
	{
		s = begin_like(other, q);
		for (uint32_t i = 0; i < f->n_columns; i++)
		{
			if (f->columns[i].width == 0)
				up_frame_set_width(f, i, other_frame->columns[i].width);
		}
		fold(s, f, 0);
	}
	waiting = f->samples->n_rows;
	up_frame_merge(f, other_frame);
	if (other == NULL)
	{
		fold(s, f, waiting);
		return s;
	}
	if (s->n != other->n || memcmp(s->places, other->places, s->n * sizeof(uint32_t)) != 0)
		up_fail(UP_CORRUPT, "damaged aggregate state: columns");
	for (uint32_t j = 0; s->values != NULL && j < s->n; j++)
		up_near_values_merge(&s->values[j], &other->values[j]);
	stream_of(s)->merge(s->sums, other->sums);
	s->n_rows += other->n_rows;
	return s;
}

/* The sums with the rows that wait, filled in. */
static void *
with_waiting(const UpRowSums *s, const UpFrame *f, const UpPipeline *p)
{
	const UpSamples *rows = f->samples;
	void *sums = stream_of(s)->start(s->n, s->flags);
	double *space = up_samples_space(rows), *x = up_alloc_array(s->n, sizeof(double));

	stream_of(s)->merge(sums, s->sums);
	for (uint64_t i = 0; i < rows->n_rows; i++)
	{
		const double *row = up_samples_read(rows, i, space);

		if (i % TICK_ROWS == 0)
			up_tick();
		up_pipeline_encode(p, row, x);
		stream_of(s)->add(sums, x, row[f->n_values]);
	}
	up_free(space);
	up_free(x);
	return sums;
}

UpModel *
up_row_sums_train(const UpRowSums *s, const UpFrame *f, bool strict)
{
	UpPipelineOptions options = options_of(s->request, s->key);
	UpPipeline *p = up_pipeline_of_values(f, &options, s->values);
	UpSumsOfRows all = {.sums = s->sums,
						.label_kind = f->label_kind,
						.n_features = s->n,
						.n_rows = s->n_rows + f->samples->n_rows,
						.n_null_rows = f->n_null_rows,
						.n_null_labels = f->n_null_labels,
						.pipeline = p,
						.frame = f,
						.strict = strict};

	if (f->samples->n_rows > 0)
		all.sums = with_waiting(s, f, p);
	if (is_scaled(s->request))
	{
		UpScale *scales = up_alloc_array(s->n, sizeof(UpScale));

		all.sums = stream_of(s)->zscored(all.sums, scales);
		up_pipeline_set_scales(p, scales);
	}
	return up_train_from_sums(s->request, &all);
}

void
up_put_row_sums(UpWriter *w, const UpRowSums *s)
{
	up_put_u64(w, s->n_rows);
	for (uint32_t j = 0; s->values != NULL && j < s->n; j++)
		up_put_near_values(w, &s->values[j]);
	stream_of(s)->write(s->sums, w);
}

UpRowSums *
up_get_row_sums(UpReader *r, const UpRequest *q, const UpFrame *f)
{
	uint32_t *columns = up_alloc_array(UP_MAX(f->n_columns, 1), sizeof(uint32_t));
	uint32_t n = usable_columns(q, NULL, f, columns);
	UpRowSums *s;

	if (n == 0)
		up_corrupt(r, "columns");
	s = new_sums(q, NULL, f, columns, n);
	up_free(columns);
	s->n_rows = up_get_u64(r);
	for (uint32_t j = 0; s->values != NULL && j < s->n; j++)
	{
		up_get_near_values(r, &s->values[j]);
		if (s->values[j].known == 0)
			up_corrupt(r, "values");
	}
	s->sums = q->learner->stream->read(r, s->n, s->flags);
	return s;
}
