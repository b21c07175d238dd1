/*
 * source_columns.c - a source as columns; see source_columns.h
 *
 * With a target the rows that are held are put into canonical order, so that scores do not depend on the order of a scan; without
 * one, and where rows are not held, they come as they stand in the source. Workers that stand by see the rows, and take them apart as well.
 */
#include "postgres.h"

#include "pg/io/source_columns.h"
#include "pg/io/left_out.h"
#include "pg/io/source_frame.h"

#include "num/sort.h"
#include "prep/data.h"
#include "prep/step.h"

#include <math.h>

#define PART_ROWS      8192
#define STEP_PART_ROWS 2048 /* of those of a step */

static const char *
reason_not_to_use(const UpColumn *c)
{
	if (c->kind == UP_COLUMN_ARRAY && c->width == 0)
		return UP_NOTHING_KNOWN;
	if (c->dictionary != NULL && c->dictionary->overflowed)
		return psprintf("more than %u different values", c->dictionary->limit);
	return NULL;
}

static void
choose_columns(UpSourceColumns *c)
{
	const UpFrame *f = c->frame;
	UpValue *left_out = up_value_object();

	c->used = palloc(sizeof(uint32_t) * Max(f->n_values, 1));
	c->element = palloc0(sizeof(uint32_t) * Max(f->n_values, 1));
	c->names = palloc(sizeof(char *) * Max(f->n_values, 1));
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		const char *why = reason_not_to_use(&f->columns[i]);

		if (why != NULL)
		{
			up_value_set(left_out, f->columns[i].name, up_value_string(why));
			continue;
		}
		for (uint32_t j = 0; j < f->columns[i].width; j++)
		{
			c->names[c->n_used] = f->columns[i].kind == UP_COLUMN_ARRAY
									  ? psprintf("%s[%u]", f->columns[i].name, j + 1)
									  : f->columns[i].name;
			c->element[c->n_used] = j;
			c->used[c->n_used++] = i;
		}
	}
	for (uint32_t i = 0; i < f->left_out->n; i++)
		up_value_set(left_out, f->left_out->keys[i], f->left_out->items[i]);
	up_notice_left_out(left_out);
}

/* The different labels, sorted, up to limit + 1 of them. */
static uint32_t
different_labels(const double *labels, size_t n, uint32_t limit, double *values)
{
	uint32_t found = 0;

	for (size_t i = 0; i < n && found <= limit; i++)
	{
		if (i % 65536 == 0)
			up_tick();
		if (found > 0 && values[up_lower_bound(values, found - 1, labels[i])] == labels[i])
			continue;
		values[found++] = labels[i];
		qsort(values, found, sizeof(double), up_compare_doubles);
	}
	return found;
}

static void
set_target(UpSourceColumns *c)
{
	double *labels = up_alloc_large_array(Max(c->n, 1), sizeof(double)), *values;
	UpData rows = {.samples = c->frame->samples, .label_of = c->label_of, .n_rows = c->n, .order = c->order};
	uint32_t limit = c->frame->label_kind == UP_LABEL_TEXT ? c->frame->labels->n : UP_SOURCE_CLASSES, different;
	bool whole = true, numbers = c->frame->label_kind == UP_LABEL_NUMBER;

	if (up_frame_labels_are_numbers(c->frame))
	{
		rows.label_of = c->label_of = up_frame_label_values(c->frame);
		numbers = true;
		limit = UP_SOURCE_CLASSES;
	}
	up_data_all_labels(&rows, labels);
	for (size_t i = 0; i < c->n; i++)
		whole = whole && labels[i] == floor(labels[i]);
	values = palloc(sizeof(double) * (limit + 2));
	different = different_labels(labels, c->n, limit, values);
	c->task = UP_TASK_REGRESS;
	c->target = (UpVariable){labels, 0};
	if (numbers && (!whole || different > UP_SOURCE_CLASSES))
		return;
	for (size_t i = 0; i < c->n; i++)
		labels[i] = (double) up_lower_bound(values, different - 1, labels[i]);
	c->task = UP_TASK_CLASSIFY;
	c->target.n_values = different;
	c->class_values = values;
}

/* Of rows that are held. */
static void
finish_columns(UpSourceColumns *c)
{
	up_frame_sort_codes(c->frame);
	c->n = c->frame->samples->n_rows;
	choose_columns(c);
	c->task = UP_TASK_TRANSFORM;
}

void
up_source_columns_arrange(UpSourceColumns *c)
{
	(void) up_samples_lend_to_workers(c->frame->samples);
	if (c->frame->label_kind == UP_LABEL_NONE)
		return;
	c->order = up_alloc_large_array(Max(c->n, 1), sizeof(size_t));
	up_samples_canonical_order(c->frame->samples, c->order);
	set_target(c);
}

/* ---- rows that are handed on ---- */

typedef struct Handing
{
	UpSourceColumns *c;
	const UpColumnSums *sums;
	uint64 rows; /* of the first run */
	bool once_more;
	size_t capacity, filled; /* rows */
	size_t stride;           /* from a column to the next: places that differ, for the processor's cache */
	double *values;          /* n_used columns, then the labels */
	const double **columns;
	uint32_t *places; /* of the columns in the rows, then of the labels */
} Handing;

/* Whether all columns are numbers, whatever comes. */
static bool
is_numbers(const UpFrame *f)
{
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		if (f->columns[i].dictionary != NULL ||
			(f->columns[i].kind == UP_COLUMN_ARRAY && f->columns[i].width == 0))
			return false;
	}
	return f->label_kind != UP_LABEL_TEXT || !up_frame_labels_are_numbers(f);
}

/* In the rows, a large array with room for one more. */
static uint32_t *
column_places(const UpSourceColumns *c)
{
	uint32_t *places = up_alloc_large_array((size_t) c->n_used + 1, sizeof(uint32_t));

	for (uint32_t j = 0; j < c->n_used; j++)
		places[j] = c->frame->columns[c->used[j]].first + c->element[j];
	return places;
}

/* Columns are known. */
static void
begin_handing(Handing *h, UpFrame *f)
{
	UpSourceColumns *c = h->c;

	c->frame = f;
	c->summed = true;
	choose_columns(c);
	h->columns = palloc(sizeof(double *) * Max(c->n_used, 1));
	h->places = column_places(c);
	h->places[c->n_used] = f->n_values;
	h->sums->begin(h->sums->arg, c);
}

static void
make_room(Handing *h, size_t n)
{
	if (n <= h->capacity)
		return;
	up_free_large(h->values);
	h->capacity = n;
	h->stride = n + UP_LINE_BYTES / sizeof(double);
	h->values = up_alloc_large_array(((size_t) h->c->n_used + 1) * h->stride, sizeof(double));
	for (uint32_t j = 0; j < h->c->n_used; j++)
		h->columns[j] = h->values + j * h->stride;
}

/* Those that are there. */
static void
hand_on(Handing *h)
{
	h->rows += h->once_more ? 0 : h->filled;
	if (h->filled > 0)
		h->sums->add(h->sums->arg, h->columns, h->values + h->c->n_used * h->stride, h->filled);
	h->filled = 0;
}

/* All rows of the frame: the label of those that have none is 0. */
static void
hand_on_frame(Handing *h, const UpFrame *f)
{
	double *space = up_samples_space(f->samples);
	uint32_t n_used = h->c->n_used;

	h->filled = f->samples->n_rows;
	make_room(h, h->filled);
	for (size_t row = 0; row < h->filled; row++)
	{
		const double *from = up_samples_read(f->samples, row, space);

		for (uint32_t j = 0; j < n_used; j++)
			h->values[j * h->stride + row] = from[h->places[j]];
		h->values[n_used * h->stride + row] = f->label_kind == UP_LABEL_NONE ? 0 : from[f->n_values];
	}
	up_free(space);
	hand_on(h);
}

static bool
take_rows(void *arg, UpSourceFrame *s)
{
	Handing *h = arg;
	UpFrame *f = s->frame;

	if (!h->c->summed)
	{
		if (!is_numbers(f))
			return false;
		begin_handing(h, f);
	}
	hand_on_frame(h, f);
	return true;
}

/* Rows of a step as columns. */
typedef struct Transposing
{
	size_t n, width, stride;
	uint32_t n_columns;
} Transposing;

enum
{
	STEP_ROWS,
	STEP_ORDER,
	STEP_PLACES,
	STEP_VALUES,
	N_STEP_ARRAYS
};

static void
transpose_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Transposing *t = fixed;
	const double *rows = arrays[STEP_ROWS];
	const size_t *order = arrays[STEP_ORDER];
	const uint32_t *places = arrays[STEP_PLACES];
	double *values = arrays[STEP_VALUES];
	size_t end = Min((size_t) (part + 1) * STEP_PART_ROWS, t->n);

	for (size_t row = (size_t) part * STEP_PART_ROWS; row < end; row++)
	{
		const double *from = rows + order[row] * t->width;

		for (uint32_t j = 0; j < t->n_columns; j++)
			values[j * t->stride + row] = from[places[j]];
	}
}

/* The same chunks as of rows that come one by one: so are the sums. */
static bool
take_step(void *arg, UpSourceFrame *s, const UpStepRows *rows)
{
	Handing *h = arg;
	UpFrame *f = s->frame;
	size_t done = 0;

	if (!h->c->summed)
		begin_handing(h, f);
	make_room(h, up_source_taken(f));
	while (done < rows->n)
	{
		Transposing t = {
			.n = Min(rows->n - done, h->capacity - h->filled), rows->width, h->stride, h->c->n_used + 1};
		void *arrays[N_STEP_ARRAYS] = {unconstify(double *, rows->values),
									   unconstify(size_t *, rows->order) + done, h->places,
									   h->values + h->filled};

		up_parallel((uint32_t) ((t.n + STEP_PART_ROWS - 1) / STEP_PART_ROWS), transpose_part, &t, sizeof(t),
					arrays, N_STEP_ARRAYS);
		h->filled += t.n;
		done += t.n;
		if (h->filled == h->capacity)
			hand_on(h);
	}
	return true;
}

static bool
take_last(void *arg, UpFrame *f)
{
	Handing *h = arg;

	if (!h->c->summed)
		return false;
	if (h->filled > 0)
		hand_on(h);
	else
		hand_on_frame(h, f);
	h->once_more = true;
	return h->sums->again != NULL && h->sums->again(h->sums->arg);
}

static void
begin_workers(void *arg, double n_rows, uint32_t n_values, bool together)
{
	up_early_begin(&((Handing *) arg)->c->early, n_rows, n_values, together);
}

UpSourceColumns *
up_source_columns_sum(const char *query, const char *target, const UpColumnSums *sums)
{
	UpSourceColumns *c = palloc0(sizeof(UpSourceColumns));
	Handing h = {.c = c, .sums = sums};
	UpSourceOrder order = {.target = target,
						   .plain = begin_workers,
						   .take = take_rows,
						   .again = take_last,
						   .step = take_step,
						   .taker = &h,
						   .arg = &h,
						   .in_order = true};

	c->early.seconds_a_value = UP_READ_SECONDS;
	c->frame = up_source_frame_read(query, &order)->frame;
	if (c->summed)
	{
		up_free_large(h.values);
		up_free_large(h.places);
		up_source_columns_release(c);
		c->n = h.rows;
		return c;
	}
	finish_columns(c);
	return c;
}

void
up_source_columns_end(UpSourceColumns *c)
{
	up_early_end(&c->early);
}

UpSourceColumns *
up_source_columns_read(const char *query, const char *target, double seconds_a_value)
{
	UpSourceColumns *c = palloc0(sizeof(UpSourceColumns));
	UpSourceOrder order = {.target = target,
						   .plain = up_early_begin,
						   .arg = &c->early,
						   .shared = true,
						   .in_order = target == NULL};
	UpSourceFrame *read;

	c->early.seconds_a_value = UP_READ_SECONDS + seconds_a_value;
	read = up_source_frame_read(query, &order);
	c->frame = read->frame;
	if (target == NULL)
		c->order = read->order;
	else
		up_free_large(read->order);
	finish_columns(c);
	return c;
}

void
up_source_columns_release(UpSourceColumns *c)
{
	if (c->frame->samples == NULL)
		return;
	up_samples_take_back(c->frame->samples);
	up_samples_free(c->frame->samples);
	c->frame->samples = NULL;
}

/* ---- columns ---- */

enum
{
	ORDER = UP_SAMPLES_ARRAYS, /* or NULL: as they stand */
	PLACES,                    /* of the columns in the rows */
	VALUES,                    /* column by column */
	N_ARRAYS
};

typedef struct Extracting
{
	UpSamplesForm rows;
	size_t n;
	uint32_t n_used;
} Extracting;

static void
extract_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Extracting *e = fixed;
	const UpSamples *samples = up_samples_open(&e->rows, arrays);
	UpSamplesPart rows = up_samples_part(e->n, PART_ROWS, part);
	const size_t *order = arrays[ORDER];
	const uint32_t *places = arrays[PLACES];
	double *values = arrays[VALUES], *space = up_samples_space(samples);

	for (size_t row = rows.first; row < rows.end; row++)
	{
		const double *from;

		if (row % 4096 == 0)
			up_tick();
		if (order != NULL && row + UP_SAMPLES_AHEAD < rows.end)
			up_samples_ask(samples, order[row + UP_SAMPLES_AHEAD], 0, samples->n_columns);
		from = up_samples_read(samples, order != NULL ? order[row] : row, space);
		for (uint32_t j = 0; j < e->n_used; j++)
			values[j * e->n + row] = from[places[j]];
	}
	up_free(space);
}

/* Text that is numbers is scored as such, as training has it: codes become what they are read as. */
static void
read_codes(const UpColumn *column, double *v, size_t n)
{
	double *read = up_column_values(column, up_column_reading(column));

	for (size_t row = 0; row < n; row++)
	{
		if (row % 65536 == 0)
			up_tick();
		v[row] = isnan(v[row]) ? v[row] : read[(uint32_t) v[row]];
	}
}

void
up_source_columns_extract(UpSourceColumns *c)
{
	const UpFrame *f = c->frame;
	Extracting e = {.n = c->n, .n_used = c->n_used};
	void *arrays[N_ARRAYS];
	uint32_t *places = column_places(c);
	double *values = up_alloc_large_array(Max((size_t) c->n_used * c->n, 1), sizeof(double));

	e.rows = up_samples_form(f->samples, arrays);
	arrays[ORDER] = c->order;
	arrays[PLACES] = places;
	arrays[VALUES] = values;
	up_parallel(up_samples_parts(c->n, PART_ROWS), extract_part, &e, sizeof(e), arrays, N_ARRAYS);
	up_free_large(places);
	c->columns = palloc0(sizeof(UpVariable) * Max(c->n_used, 1));
	for (uint32_t j = 0; j < c->n_used; j++)
	{
		const UpColumn *column = &f->columns[c->used[j]];
		UpColumnKind kind = up_column_reading(column);

		if (column->stored == UP_COLUMN_CATEGORY && kind != UP_COLUMN_CATEGORY)
			read_codes(column, values + j * c->n, c->n);
		c->columns[j].v = values + j * c->n;
		/* A category that is missing in every row is one still. */
		c->columns[j].n_values = kind == UP_COLUMN_CATEGORY ? Max(column->dictionary->n, 1) : 0;
	}
	up_source_columns_release(c);
}
