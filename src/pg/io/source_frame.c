/*
 * source_frame.c - a source read into a frame; see source_frame.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/rng.h"
#include "learn/request.h"
#include "num/sort.h"
#include "pg/io/local_setting.h"
#include "pg/io/query.h"
#include "pg/io/read_together.h"
#include "pg/io/relation.h"
#include "pg/io/source_frame.h"
#include "pg/workers.h"

#include <math.h>

/* Rows of so many values are taken at a time, … */
#define TAKEN_VALUES 1048576
/* … but no fewer and no more rows than these. */
#define TAKEN_LEAST 2048
#define TAKEN_MOST  32768
#define TICK_ROWS   65536

typedef struct Reading
{
	UpSourceFrame *result;
	const UpSourceOrder *order;
	size_t capacity, test_capacity, key_capacity, hash_capacity, split_capacity, holdout_capacity;
	double *keys; /* 53 bits of the hash of each */
	size_t n_keys;
	UpReading *reading;
	UpRowReader *reader;
	int split, holdout; /* attributes, or -1 */
	MemoryContext row_context;
	bool is_only; /* of the frames that are read */
	uint64 taken; /* rows */
	uint64 least; /* that there are, before any is taken */
	bool holds;   /* they are not taken */
	bool stepped; /* all of them were, by all who stand by */
	bool stopped; /* some were: up to a value that cannot be used, at which who reads all one by one fails */
} Reading;

static void
name_key(UpSourceFrame *s, const UpRowReader *r, TupleDesc columns)
{
	const char *names[UP_MAX_KEY];
	AttrNumber numbers[UP_MAX_KEY];

	if (r->n_keys == 0)
		return;
	s->key = up_value_array();
	for (int i = 0; i < r->n_keys; i++)
	{
		names[i] = r->attributes[r->keys[i]].name;
		numbers[i] = (AttrNumber) (r->keys[i] + 1);
		up_value_append(s->key, up_value_string(names[i]));
	}
	s->key_text = up_key_columns_text(r->n_keys, names);
	s->key_title = up_key_columns_title(r->n_keys, names);
	s->key_form = up_key_columns_form(r->n_keys, numbers, columns);
}

/* The column by which rows are split: not the target, and a number where it has to be one. */
static int
find_split(const UpRowReader *r, const char *column, bool numbers)
{
	int found = up_row_reader_find(r, column, "split");
	UpAttribute *a = &r->attributes[found];

	if (found == r->target)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the target \"%s\" cannot be the column of the split", a->name)));
	if (numbers ? a->source >= UP_FROM_TEXT : a->source >= UP_FROM_ARRAY)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("rows cannot be split by column \"%s\" of type %s", a->name, format_type_be(a->type)),
				 numbers ? errhint("Cast it to a number or a time.") : 0));
	return found;
}

bool
up_held_out(uint64_t hash, double test_size)
{
	return (double) (hash >> 11) * 0x1p-53 < test_size;
}

/* The array with a place n, whatever it has already. */
static void *
grown(void *array, size_t n, size_t *capacity, size_t size)
{
	if (n < *capacity)
		return array;
	*capacity = Max(Max(1024, n + 1), *capacity * 2);
	return array == NULL ? up_alloc_array(*capacity, size) : up_realloc(array, *capacity * size);
}

static void
mark_row(Reading *r, size_t row, UpRowHash h)
{
	UpSourceFrame *s = r->result;
	uint64_t hash = r->reader->n_keys > 0 && !h.has_key ? UINT64_MAX : h.hash;

	if (h.has_key)
	{
		r->keys = grown(r->keys, r->n_keys, &r->key_capacity, sizeof(double));
		r->keys[r->n_keys++] = (double) (hash >> 11);
	}
	else
		s->n_keyless += r->reader->n_keys > 0;
	if (r->order->hashes)
	{
		s->hashes = grown(s->hashes, row, &r->hash_capacity, sizeof(uint64_t));
		s->hashes[row] = hash;
	}
	if (r->order->test_size == 0)
		return;
	s->held_out = grown(s->held_out, row, &r->capacity, 1);
	s->held_out[row] = up_held_out(h.hash, r->order->test_size);
	if (!s->held_out[row])
		return;
	s->test_hashes = grown(s->test_hashes, s->n_held_out, &r->test_capacity, sizeof(uint64_t));
	s->test_hashes[s->n_held_out++] = hash;
}

void
up_early_begin(void *arg, double n_rows, uint32_t n_values, bool together)
{
	UpEarly *e = arg;

	if (!together)
		return;
	up_workers_begin(e->seconds_a_value * n_rows * n_values);
	e->began = true;
}

void
up_early_end(UpEarly *e)
{
	if (e == NULL || !e->began)
		return;
	up_workers_end();
	e->began = false;
}

static bool
calls_casts(const UpRowReader *r)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		if (r->attributes[i].source == UP_FROM_CAST)
			return true;
	}
	return false;
}

static bool
wants_hashes(const Reading *r)
{
	return r->order->test_size > 0 || r->reader->n_keys > 0 || r->order->hashes || r->order->row != NULL;
}

/* Whether nothing is wanted of a row but that it is one of the only frame, and its hash. */
static bool
wants_rows_alone(const Reading *r)
{
	const UpSourceOrder *o = r->order;

	return r->is_only && r->split < 0 && r->holdout < 0 && o->row == NULL;
}

static UpTogether *
plan_together(const Reading *r, Oid table, const AttrNumber *numbers, double n)
{
	const UpFrame *f = r->result->frame;

	if (!wants_rows_alone(r))
		return NULL;
	if (!r->holds && r->order->step == NULL)
		return NULL;
	if (r->holds || (n < (double) r->least && r->order->least != NULL))
		return up_together_plan(table, numbers, r->reader, f, n, wants_hashes(r));
	return up_together_plan_steps(table, numbers, r->reader, f, n, r->least, wants_hashes(r));
}

/* UpStepFn */
static bool
take_step(void *arg, UpFrame *f, const UpStepRows *rows)
{
	Reading *r = arg;
	size_t n_keys = r->n_keys, n_held_out = r->result->n_held_out, n_keyless = r->result->n_keyless;

	for (size_t i = 0; rows->hashes != NULL && i < rows->n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		mark_row(r, i, rows->hashes[rows->order[i]]);
	}
	if (r->order->step(r->order->taker, r->result, rows))
	{
		r->taken += rows->n;
		return true;
	}
	r->n_keys = n_keys;
	r->result->n_held_out = n_held_out;
	r->result->n_keyless = n_keyless;
	r->holds = true;
	return false;
}

/* All rows, as often as they are wanted, by all who stand by; false: they are to be read one by one. */
static bool
read_steps(Reading *r, UpTogether *plan)
{
	const UpSourceOrder *o = r->order;
	UpFrame *f = r->result->frame;

	do
	{
		r->taken = 0;
		if (!up_read_steps(plan, f, take_step, r))
		{
			r->stopped = r->taken > 0;
			return false;
		}
	} while (o->again != NULL && o->again(o->taker, f));
	r->stepped = true;
	return true;
}

/* More rows than were expected, which are held: as if they had come step by step. */
static bool
take_all(Reading *r, const UpRowHash *hashes, const size_t *order)
{
	UpFrame *f = r->result->frame;
	const double *values = (const double *) f->samples->whole;
	UpStepRows rows = {values, (size_t) f->n_values + 1, order, hashes, f->samples->n_rows};

	if (rows.n < r->least || !take_step(r, f, &rows))
		return false;
	up_samples_free(f->samples);
	f->samples = up_samples_new(f->n_values);
	r->stepped = true;
	return true;
}

/* All rows, by all who stand by; false: they are to be read one by one. */
static bool
read_together(Reading *r, UpTogether *plan)
{
	UpFrame *f = r->result->frame;
	UpRowHash *hashes;
	size_t *order;

	if (up_together_in_steps(plan))
		return read_steps(r, plan);
	if (!up_read_together(plan, f, &hashes, &order))
		return false;
	if (!r->holds && take_all(r, hashes, order))
	{
		up_free_large(hashes);
		up_free_large(order);
		return true;
	}
	for (uint64 i = 0; hashes != NULL && i < f->samples->n_rows; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		mark_row(r, order[i], hashes[order[i]]);
	}
	r->result->order = order;
	up_free_large(hashes);
	return true;
}

/* Before the first row. Workers that begin now read the rows as well, where they can. */
static void
begin_plain(Reading *r)
{
	AttrNumber *numbers = palloc0(sizeof(AttrNumber) * Max(r->reader->n_attributes, 1));
	double n = up_reading_n_rows(r->reading);
	UpFrame *f = r->result->frame;
	Oid table = r->order->plain != NULL ? up_reading_table(r->reading, numbers) : InvalidOid;
	UpTogether *plan = NULL;

	if (OidIsValid(table) && !calls_casts(r->reader))
	{
		plan = plan_together(r, table, numbers, n);
		r->order->plain(r->order->arg, n, f->n_values, plan != NULL);
	}
	while (plan != NULL)
	{
		bool held = r->holds, done = read_together(r, plan);

		pfree(plan);
		/* Who was to take rows, and does not, has them held. */
		plan = !done && r->holds && !held ? plan_together(r, table, numbers, n) : NULL;
		if (done)
			up_reading_stop(r->reading);
	}
	pfree(numbers);
}

typedef struct Counted
{
	const Reading *reading;
	double n;
} Counted;

static void
count_row(void *arg, TupleTableSlot *slot)
{
	Counted *c = arg;
	MemoryContext outer = MemoryContextSwitchTo(c->reading->row_context);

	up_tick();
	c->n += up_row_reader_has_label(c->reading->reader, slot);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(c->reading->row_context);
}

/* What a learner that holds its rows could not is not read. Only training tells how many rows have a weight, or come before a time. */
static void
check_memory(Reading *r)
{
	const UpSourceOrder *o = r->order;
	uint32_t n_features = up_request_least_features(o->request, r->result->frame);
	Counted counted = {r, 0};

	if (up_request_fits(o->request, up_reading_n_rows(r->reading) * (1 - o->test_size), n_features) ||
		up_request_weight(o->request) != NULL || o->split_column != NULL || o->holdout_column != NULL)
		return;
	if (up_reading_measure(r->reading, count_row, &counted))
		up_request_check_memory(o->request, counted.n * (1 - o->test_size), n_features, true);
}

static void
mark_features(const Reading *r)
{
	const UpSourceOrder *o = r->order;

	if (o->n_wanted > 0)
		up_row_reader_mark_features(r->reader, o->wanted, o->n_wanted, o->model);
	else
		up_row_reader_mark_features(r->reader, &o->request, o->request != NULL ? 1 : 0, o->model);
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;

	r->reader = up_row_reader_new(desc);
	/* A model that has them needs them. */
	for (int i = 0; r->order->model == NULL && i < desc->natts; i++)
	{
		AttrNumber number;
		Oid relation = up_reading_origin(r->reading, i, &number);

		if (OidIsValid(relation))
			r->reader->attributes[i].bookkeeping =
				up_relation_bookkeeping(relation, number, r->reader->attributes[i].name);
	}
	r->result->frame = up_row_reader_frame(r->reader, r->order->target, r->order->key, r->order->prepare);
	r->holds = r->order->take == NULL || (r->order->in_turn && up_reading_is_parallel(r->reading)) ||
			   (r->order->again != NULL && up_reading_varies(r->reading));
	/* Workers put them in order, and look at them, where they stand. */
	if ((r->order->shared || r->order->request != NULL) && r->order->model == NULL && r->holds &&
		up_workers_allowed() > 0)
		up_samples_grow_seen(r->result->frame->samples);
	name_key(r->result, r->reader, desc);
	r->split = r->order->split_column == NULL
				   ? -1
				   : find_split(r->reader, r->order->split_column, r->order->split_numbers);
	r->holdout = r->order->holdout_column == NULL
					 ? -1
					 : find_split(r->reader, r->order->holdout_column, r->order->holdout_numbers);
	if (r->order->check_target)
		up_row_reader_check_target(r->reader, r->order->task);
	if (r->order->request != NULL)
		check_memory(r);
	if (r->order->model != NULL)
		up_row_reader_read_for(r->reader, r->result->frame, r->order->model);
	mark_features(r);
	if (r->order->columns != NULL)
		r->order->columns(r->order->arg, r->reader);
	r->least = (r->order->least != NULL ? r->order->least : up_source_taken)(r->result->frame);
	begin_plain(r);
}

static double
split_value(Reading *r, int column, bool numbers)
{
	UpAttribute *a = &r->reader->attributes[column];
	Datum value = r->reader->values[column];
	char *t;

	if (r->reader->nulls[column])
		return NAN;
	if (numbers)
		return up_attribute_number(a, value);
	t = up_attribute_text(a, value);
	return (double) (up_hash_bytes(t, strlen(t), 1) >> 11);
}

static void
mark_split(Reading *r, double split, double holdout)
{
	UpSourceFrame *s = r->result;
	size_t row = s->frame->samples->n_rows - 1;

	if (r->split >= 0)
	{
		s->split_values = grown(s->split_values, row, &r->split_capacity, sizeof(double));
		s->split_values[row] = split;
	}
	if (r->holdout >= 0)
	{
		s->holdout_values = grown(s->holdout_values, row, &r->holdout_capacity, sizeof(double));
		s->holdout_values[row] = holdout;
	}
}

/* How often a key comes again, by 53 bits of its hash. */
static void
count_repeated(Reading *r)
{
	double *buffer;

	if (r->n_keys == 0)
		return;
	buffer = up_alloc_array(r->n_keys, sizeof(double));
	up_sort_doubles(r->keys, r->n_keys, buffer);
	for (size_t i = 1; i < r->n_keys; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		r->result->n_repeated += r->keys[i] == r->keys[i - 1];
	}
	up_free(buffer);
	up_free(r->keys);
}

uint64
up_source_taken(const UpFrame *f)
{
	uint64 rows = TAKEN_VALUES / (f->n_values + 1) + (TAKEN_VALUES % (f->n_values + 1) > 0);

	return Max(TAKEN_LEAST, Min(rows, TAKEN_MOST));
}

/* Where the rows are not to be held. */
static void
take_rows(Reading *r)
{
	UpFrame *f = r->result->frame;
	uint64 rows = f->samples->n_rows;

	if (r->holds || rows < (r->taken == 0 ? r->least : up_source_taken(f)))
		return;
	r->holds = !r->order->take(r->order->taker, r->result);
	if (r->holds)
		return;
	r->taken += rows;
	up_samples_clear(f->samples);
	up_progress("reading rows", r->taken, 0);
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	UpFrame *f = r->result->frame;
	MemoryContext outer;

	MemoryContextReset(r->row_context);
	slot_getallattrs(slot);
	memcpy(r->reader->values, slot->tts_values, sizeof(Datum) * r->reader->n_attributes);
	memcpy(r->reader->nulls, slot->tts_isnull, sizeof(bool) * r->reader->n_attributes);
	outer = MemoryContextSwitchTo(r->row_context);
	if (!up_row_reader_add(r->reader, f))
		f->n_null_labels++;
	else
	{
		bool wants_hash = wants_hashes(r);
		uint64_t hash = wants_hash ? up_row_reader_hash(r->reader) : 0;
		double split = r->split >= 0 ? split_value(r, r->split, r->order->split_numbers) : 0;
		double holdout = r->holdout >= 0 ? split_value(r, r->holdout, r->order->holdout_numbers) : 0;

		MemoryContextSwitchTo(r->reader->frame_context);
		if (wants_hash)
			mark_row(r, f->samples->n_rows - 1, (UpRowHash){hash, up_row_reader_has_key(r->reader)});
		mark_split(r, split, holdout);
		if (r->order->row != NULL)
		{
			MemoryContextSwitchTo(r->row_context);
			r->order->row(r->order->arg, r->reader, hash);
		}
	}
	MemoryContextSwitchTo(outer);
	if ((f->samples->n_rows & 0x3ff) == 0)
		up_progress("reading rows", r->taken + f->samples->n_rows, 0);
	take_rows(r);
}

/* Several frames of the same rows. */
typedef struct Readings
{
	uint32_t n;
	Reading *each;
} Readings;

static void
start_all(void *arg, TupleDesc desc)
{
	Readings *r = arg;

	for (uint32_t i = 0; i < r->n; i++)
		start_reading(&r->each[i], desc);
}

static void
read_all(void *arg, TupleTableSlot *slot)
{
	Readings *r = arg;

	for (uint32_t i = 0; i < r->n; i++)
		read_row(&r->each[i], slot);
}

/* The processes of a plan hand rows on as they get to them, and a scan of a large table may begin where another one is. */
static UpReading *
begin(const char *query, const UpSourceOrder *o)
{
	if (o->in_order || o->in_turn)
		up_set_locally("synchronize_seqscans", "off");
	return o->in_order ? up_reading_begin_with(query, 0) : up_reading_begin(query);
}

UpSourceFrame **
up_source_frames_read(const char *query, const UpSourceOrder *orders, uint32_t n)
{
	Readings r = {.n = n, .each = palloc0(sizeof(Reading) * n)};
	UpSourceFrame **results = palloc(sizeof(UpSourceFrame *) * n);
	int level = NewGUCNestLevel();
	UpReading *reading = begin(query, orders);

	for (uint32_t i = 0; i < n; i++)
	{
		results[i] = r.each[i].result = palloc0(sizeof(UpSourceFrame));
		r.each[i].order = &orders[i];
		r.each[i].reading = reading;
		r.each[i].is_only = n == 1;
		r.each[i].row_context =
			AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	}
	up_reading_run(reading, start_all, read_all, &r);
	if (r.each[0].stopped)
		elog(ERROR, "rows were taken twice");
	while (n == 1 && orders->again != NULL && !r.each[0].stepped &&
		   orders->again(orders->taker, results[0]->frame))
	{
		up_samples_clear(results[0]->frame->samples);
		r.each[0].taken = 0;
		up_reading_run(reading, NULL, read_all, &r);
	}
	up_reading_end(reading);
	AtEOXact_GUC(true, level);
	for (uint32_t i = 0; i < n; i++)
	{
		MemoryContextDelete(r.each[i].row_context);
		results[i]->n_rows = r.each[i].taken + results[i]->frame->samples->n_rows;
		count_repeated(&r.each[i]);
	}
	return results;
}

UpSourceFrame *
up_source_frame_read(const char *query, const UpSourceOrder *order)
{
	return up_source_frames_read(query, order, 1)[0];
}
