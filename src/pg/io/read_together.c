/*
 * read_together.c - a table of numbers read by this process and the workers that stand by; see read_together.h
 *
 * A part is some pages of the table. Its rows are put behind those of others, page by page: a part that finds no room goes on from that page
 * when there is more. Nothing is told of a row that cannot be used: which one is the first depends on who reads what.
 *
 * Where the rows are not kept, pages are read a step after the other, and it is noted where the rows of each went: so they are handed on in
 * the order in which they stand in the table, whoever read them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/transam.h"
#include "port/atomics.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"

#include "pg/io/page_parts.h"
#include "pg/io/read_together.h"

#include <math.h>

#define PART_PAGES   32
#define TICK_PAGES   1024    /* whose rows are put in order */
#define PAGE_ROWS    128     /* that there is room for, before there are more on a page */
#define MORE         16      /* of the rows that are expected, a sixteenth … */
#define MORE_ROWS    1024    /* … and so many more may come, before there is more room for them */
#define MEMORY_SHARE 8       /* of the memory setting: larger ones are packed as they come */
#define STEP_VALUES  2097152 /* of rows that are not kept, about: what memory holds of them at a time */

/* A column of the table that is the label, one of the frame's, or one of the key's. */
typedef struct Column
{
	AttrNumber number;
	UpSourceKind source;
	int32 place; /* in a row of the frame; -1: none, of a key */
	Oid type, output;
	uint64 name_hash;
	bool no_feature; /* as an attribute's */
} Column;

typedef struct Work
{
	Oid table;
	BlockNumber first, n_pages; /* of those that are read now */
	AttrNumber last;            /* of the columns */
	uint32 n_columns;           /* the label is the first of them … */
	bool has_label;             /* … if there is one, … */
	uint32 n_keys;              /* … and the key's are the last ones */
	bool hashes;                /* of rows are wanted */
	bool in_steps;              /* whoever hands rows on tells how far they are */
	uint32 width;               /* values of a row */
	uint64 room;                /* for rows, … */
	uint64 most;                /* … which is no more than this */
} Work;

struct UpTogether
{
	Work work;
	BlockNumber step; /* pages that are read at a time, where rows are not kept, … */
	uint64 least;     /* … and rows that are handed on the first time */
	Column columns[FLEXIBLE_ARRAY_MEMBER];
};

/* What all parts see and change. */
typedef struct Board
{
	pg_atomic_uint64 n_rows;
	pg_atomic_uint64 n_null_labels;
	pg_atomic_uint32 full;  /* a page did not find room */
	pg_atomic_uint32 unfit; /* a value cannot be used */
} Board;

enum
{
	BOARD,
	COLUMNS,
	SNAPSHOT,
	PAGES_READ, /* of each part */
	PLACES,     /* of each page's rows */
	ROWS,
	HASHES, /* or NULL */
	N_ARRAYS
};

/* Where the rows of a page went, among all. */
typedef struct PagePlace
{
	uint64 at;
	uint64 n;
} PagePlace;

/* Rows of one page. */
typedef struct PageRows
{
	BlockNumber number;
	double *rows;
	UpRowHash *hashes;
	size_t n, capacity;
	uint64 n_null_labels;
} PageRows;

/* ---- parts ---- */

static BlockNumber
first_page(const Work *w, uint32 part)
{
	return w->first + (BlockNumber) part * PART_PAGES;
}

/* Its rows go behind those that are there; false: there is no room. */
static bool
put_page(const Work *w, void *const *arrays, uint32 part, PageRows *page)
{
	Board *board = arrays[BOARD];
	uint64 at = pg_atomic_read_u64(&board->n_rows);

	up_tick();
	do
	{
		if (at + page->n > w->room)
		{
			pg_atomic_write_u32(&board->full, 1);
			return false;
		}
	} while (!pg_atomic_compare_exchange_u64(&board->n_rows, &at, at + page->n));
	memcpy((double *) arrays[ROWS] + at * w->width, page->rows, page->n * w->width * sizeof(double));
	if (w->hashes)
		memcpy((UpRowHash *) arrays[HASHES] + at, page->hashes, page->n * sizeof(UpRowHash));
	pg_atomic_fetch_add_u64(&board->n_null_labels, page->n_null_labels);
	((PagePlace *) arrays[PLACES])[page->number - w->first] = (PagePlace){at, page->n};
	((uint32 *) arrays[PAGES_READ])[part] = page->number + 1 - first_page(w, part);
	page->n = page->n_null_labels = 0;
	if (!IsParallelWorker() && !w->in_steps)
		up_progress("reading rows", at, 0);
	return true;
}

/* NaN for NULL, and for what is infinite and no feature; false: it is infinite. */
static inline bool
read_value(const Column *c, const TupleTableSlot *slot, double *row)
{
	Datum value = slot->tts_values[c->number - 1];
	double v;

	if (slot->tts_isnull[c->number - 1])
		v = NAN;
	else
		v = c->source == UP_FROM_FLOAT8 ? DatumGetFloat8(value) : up_source_raw(c->source, value);
	if (unlikely(isinf(v)))
	{
		if (!c->no_feature)
			return false;
		v = NAN;
	}
	row[c->place] = v;
	return true;
}

/* As up_row_reader_add does it: a row without a label is none, whatever else it holds. */
static bool
read_row(const Work *w, const Column *columns, TupleTableSlot *slot, PageRows *page)
{
	double *row;
	uint32 i = 0;

	if (page->n == page->capacity)
	{
		page->capacity *= 2;
		page->rows = up_realloc(page->rows, page->capacity * w->width * sizeof(double));
		page->hashes = up_realloc(page->hashes, page->capacity * sizeof(UpRowHash));
	}
	row = page->rows + page->n * w->width;
	row[w->width - 1] = 0;
	slot_getsomeattrs(slot, w->last);
	if (w->has_label)
	{
		if (!read_value(&columns[i++], slot, row))
			return false;
		if (isnan(row[w->width - 1]))
		{
			page->n_null_labels++;
			return true;
		}
	}
	for (; i < w->n_columns - w->n_keys; i++)
	{
		if (!read_value(&columns[i], slot, row))
			return false;
	}
	page->n++;
	return true;
}

/* A reader of as much of a row as its hash is made of. */
static UpRowReader *
hash_reader(const Work *w, const Column *columns)
{
	UpRowReader *r = palloc0(sizeof(UpRowReader));

	r->n_attributes = (int) w->n_columns;
	r->attributes = palloc0(sizeof(UpAttribute) * w->n_columns);
	r->values = palloc(sizeof(Datum) * w->n_columns);
	r->nulls = palloc(sizeof(bool) * w->n_columns);
	for (uint32 i = 0; i < w->n_columns; i++)
	{
		const Column *c = &columns[i];
		UpAttribute *a = &r->attributes[i];

		a->name_hash = c->name_hash;
		a->type = c->type;
		a->source = c->source;
		a->column = w->has_label && i == 0 ? -1 : c->place;
		fmgr_info(c->output, &a->output);
		if (c->place < 0)
			r->keys[r->n_keys++] = (int) i;
	}
	return r;
}

static UpRowHash
hash_row(UpRowReader *r, const Column *columns, const TupleTableSlot *slot)
{
	for (int i = 0; i < r->n_attributes; i++)
	{
		r->values[i] = slot->tts_values[columns[i].number - 1];
		r->nulls[i] = slot->tts_isnull[columns[i].number - 1];
	}
	return (UpRowHash){up_row_reader_hash(r), up_row_reader_has_key(r)};
}

/* Pages from one on, before another; false: one did not find room, or a value cannot be used. */
static bool
read_pages(const Work *w, void *const *arrays, uint32 part, UpPageScan *scan, PageRows *page)
{
	MemoryContext values = AllocSetContextCreate(CurrentMemoryContext, "uprofile values", ALLOCSET_SMALL_SIZES);
	const Column *columns = arrays[COLUMNS];
	UpRowReader *reader = w->hashes ? hash_reader(w, columns) : NULL;

	while (up_page_scan_next(scan))
	{
		TupleTableSlot *slot = scan->slot;
		BlockNumber number = ItemPointerGetBlockNumber(&slot->tts_tid);
		MemoryContext outer;
		size_t row;
		bool fits;

		if (number != page->number && !put_page(w, arrays, part, page))
			return false;
		page->number = number;
		row = page->n;
		outer = MemoryContextSwitchTo(values);
		fits = read_row(w, columns, slot, page);
		if (w->hashes && page->n > row)
			page->hashes[row] = hash_row(reader, columns, slot);
		MemoryContextSwitchTo(outer);
		MemoryContextReset(values);
		if (!fits)
		{
			pg_atomic_write_u32(&((Board *) arrays[BOARD])->unfit, 1);
			return false;
		}
	}
	return true;
}

/* UpPart */
static void
read_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Work *w = fixed;
	Board *board = arrays[BOARD];
	BlockNumber first = first_page(w, part) + ((const uint32 *) arrays[PAGES_READ])[part],
				end = Min(first_page(w, part) + PART_PAGES, w->first + w->n_pages);
	PageRows page = {.number = first, .capacity = PAGE_ROWS};
	UpPageScan scan;

	if (first >= end || pg_atomic_read_u32(&board->full) != 0 || pg_atomic_read_u32(&board->unfit) != 0)
		return;
	up_page_scan_begin(&scan, w->table, arrays[SNAPSHOT], first, end);
	page.rows = up_alloc_array(page.capacity * w->width, sizeof(double));
	page.hashes = up_alloc_array(page.capacity, sizeof(UpRowHash));
	if (read_pages(w, arrays, part, &scan, &page) && put_page(w, arrays, part, &page))
		((uint32 *) arrays[PAGES_READ])[part] = end - first_page(w, part);
	up_page_scan_end(&scan);
}

/* ---- the whole ---- */

static bool
is_number(const UpAttribute *a)
{
	return a->source < UP_FROM_TEXT && a->kind != UP_COLUMN_CATEGORY && a->kind != UP_COLUMN_HASH;
}

/* Whether its text is made by the server alone, and of every value. */
static bool
has_own_text(const UpAttribute *a)
{
	return a->source != UP_FROM_FLOAT4 && a->source != UP_FROM_FLOAT8 && a->output.fn_oid < FirstGenbkiObjectId;
}

static void
add_column(Work *w, Column *columns, const UpAttribute *a, AttrNumber number, int32 place)
{
	Column *c = &columns[w->n_columns++];

	*c = (Column){number, a->source, place, a->type, a->output.fn_oid, a->name_hash, a->no_feature};
	w->last = Max(w->last, number);
}

/* Columns that all hold one number of a row each, or are of the key; false: there are others, or what is no column of the table. */
static bool
find_columns(const UpRowReader *r, const AttrNumber *numbers, const UpFrame *f, Work *w, Column *columns)
{
	bool all = true;

	w->has_label = r->target >= 0;
	w->n_keys = (uint32) r->n_keys;
	w->width = f->n_values + 1;
	if (w->has_label)
	{
		const UpAttribute *a = &r->attributes[r->target];

		all = numbers[r->target] > 0 && a->source < UP_FROM_TEXT;
		add_column(w, columns, a, numbers[r->target], (int32) f->n_values);
	}
	for (int i = 0; i < r->n_attributes; i++)
	{
		const UpAttribute *a = &r->attributes[i];

		if (a->column < 0 || i == r->target)
			continue;
		all = all && numbers[i] > 0 && is_number(a);
		add_column(w, columns, a, numbers[i], (int32) f->columns[a->column].first);
	}
	for (int i = 0; i < r->n_keys; i++)
	{
		const UpAttribute *a = &r->attributes[r->keys[i]];

		all = all && numbers[r->keys[i]] > 0 && has_own_text(a);
		add_column(w, columns, a, numbers[r->keys[i]], -1);
	}
	return all && w->n_columns > 0;
}

static double
row_bytes(const Work *w)
{
	return w->width * sizeof(double) + (w->hashes ? sizeof(UpRowHash) : 0);
}

/* Whether all parts have been read to their ends. */
static bool
is_read(const Work *w, const uint32 *pages_read, uint32 parts)
{
	BlockNumber n = 0;

	for (uint32 i = 0; i < parts; i++)
		n += pages_read[i];
	return n == w->n_pages;
}

/* A large array moved into one with room for more values; n of them are there. */
static void *
larger(void *before, uint64 n, uint64 room, size_t size)
{
	void *after = up_alloc_large_array(room, size);

	memcpy(after, before, n * size);
	up_free_large(before);
	return after;
}

/* Twice the room, or what there is; false: there is no more. */
static bool
make_room(Work *w, void **arrays)
{
	Board *board = arrays[BOARD];
	uint64 n = pg_atomic_read_u64(&board->n_rows);

	if (w->room >= w->most)
		return false;
	w->room = Min(2 * w->room, w->most);
	arrays[ROWS] = larger(arrays[ROWS], n, w->room, w->width * sizeof(double));
	if (w->hashes)
		arrays[HASHES] = larger(arrays[HASHES], n, w->room, sizeof(UpRowHash));
	pg_atomic_write_u32(&board->full, 0);
	return true;
}

/* All pages; false: as up_read_together has it. */
static bool
read_all(Work *w, void **arrays)
{
	Board *board = arrays[BOARD];
	uint32 parts = (w->n_pages + PART_PAGES - 1) / PART_PAGES;

	for (;;)
	{
		up_parallel(parts, read_part, w, sizeof(*w), arrays, N_ARRAYS);
		if (pg_atomic_read_u32(&board->unfit) != 0)
			return false;
		if (is_read(w, arrays[PAGES_READ], parts))
			return true;
		if (!make_room(w, arrays))
			return false;
	}
}

/* What parts see, and room for rows of at most so many pages at a time. */
static void
begin_reading(Relation table, const Work *w, const Column *columns, BlockNumber n_pages, void **arrays)
{
	Board *board;

	arrays[BOARD] = board = up_alloc_large_zeroed(1, sizeof(Board));
	pg_atomic_init_u64(&board->n_rows, 0);
	pg_atomic_init_u64(&board->n_null_labels, 0);
	pg_atomic_init_u32(&board->full, 0);
	pg_atomic_init_u32(&board->unfit, 0);
	arrays[COLUMNS] = up_alloc_large_array(w->n_columns, sizeof(Column));
	memcpy(arrays[COLUMNS], columns, w->n_columns * sizeof(Column));
	arrays[SNAPSHOT] = up_pages_snapshot(table);
	arrays[PAGES_READ] = up_alloc_large_zeroed(n_pages / PART_PAGES + 1, sizeof(uint32));
	arrays[PLACES] = up_alloc_large_zeroed(n_pages, sizeof(PagePlace));
	arrays[ROWS] = up_alloc_large_array(w->room, w->width * sizeof(double));
	arrays[HASHES] = w->hashes ? up_alloc_large_array(w->room, sizeof(UpRowHash)) : NULL;
}

/*
 * Appends where the rows of these pages stand, as a scan by one process meets them, to an order of n rows; returns how many these are then.
 * Figures are sums in this order.
 */
static uint64
append_order(const Work *w, const PagePlace *places, size_t *order, uint64 n)
{
	for (BlockNumber page = 0; page < w->n_pages; page++)
	{
		if (page % TICK_PAGES == 0)
			up_tick();
		for (uint64 i = 0; i < places[page].n; i++)
			order[n++] = places[page].at + i;
	}
	return n;
}

static bool
read_table(Relation table, Work *w, const Column *columns, UpFrame *f, UpRowHash **hashes, size_t **order)
{
	void *arrays[N_ARRAYS];
	bool done;

	begin_reading(table, w, columns, w->n_pages, arrays);
	done = read_all(w, arrays);
	if (done)
	{
		Board *board = arrays[BOARD];
		uint64 n = pg_atomic_read_u64(&board->n_rows), in_order PG_USED_FOR_ASSERTS_ONLY;

		up_samples_stand(f->samples, arrays[ROWS], n);
		f->n_null_labels += pg_atomic_read_u64(&board->n_null_labels);
		*hashes = arrays[HASHES];
		*order = up_alloc_large_array(Max(n, 1), sizeof(size_t));
		in_order = append_order(w, arrays[PLACES], *order, 0);
		Assert(in_order == n);
		up_pages_tell_read(table, w->n_pages);
	}
	for (int i = 0; i < (done ? ROWS : N_ARRAYS); i++)
		up_free_large(arrays[i]);
	return done;
}

/* ---- steps ---- */

/* Rows that were read and are not handed on yet. */
typedef struct Step
{
	UpStepRows rows;
	size_t *order;
	uint64 room; /* of order, in rows */
} Step;

/* The rows of these pages go behind those that are in order. */
static void
put_in_order(Step *s, const Work *w, void *const *arrays)
{
	if (s->room < w->room)
	{
		s->order = larger(s->order, s->rows.n, w->room, sizeof(size_t));
		s->room = w->room;
	}
	s->rows.n = append_order(w, arrays[PLACES], s->order, s->rows.n);
	s->rows.values = arrays[ROWS];
	s->rows.order = s->order;
	s->rows.hashes = w->hashes ? arrays[HASHES] : NULL;
}

/* So many pages on, those that are left at most; false: there are none. */
static bool
next_pages(Work *w, BlockNumber step, BlockNumber n_pages, void *const *arrays)
{
	w->first += w->n_pages;
	w->n_pages = Min(step, n_pages - w->first);
	memset(arrays[PAGES_READ], 0, (step / PART_PAGES + 1) * sizeof(uint32));
	memset(arrays[PLACES], 0, step * sizeof(PagePlace));
	return w->n_pages > 0;
}

static bool
read_in_steps(UpTogether *t, Relation table, UpFrame *f, UpStepFn take, void *arg)
{
	Work w = t->work;
	Step s = {.rows.width = w.width, .order = up_alloc_large_array(w.room, sizeof(size_t)), .room = w.room};
	void *arrays[N_ARRAYS];
	uint64 taken = 0;
	bool fit = true;
	Board *board;

	begin_reading(table, &w, t->columns, t->step, arrays);
	board = arrays[BOARD];
	w.n_pages = 0;
	while (fit && next_pages(&w, t->step, t->work.n_pages, arrays))
	{
		fit = read_all(&w, arrays);
		if (!fit)
			break;
		put_in_order(&s, &w, arrays);
		if (taken == 0 && s.rows.n < t->least)
			continue;
		fit = take(arg, f, &s.rows);
		if (!fit)
			break;
		taken += s.rows.n;
		s.rows.n = 0;
		pg_atomic_write_u64(&board->n_rows, 0);
		up_progress("reading rows", taken, 0);
	}
	if (fit && taken > 0)
	{
		f->n_null_labels = pg_atomic_read_u64(&board->n_null_labels);
		up_pages_tell_read(table, t->work.n_pages);
	}
	up_free_large(s.order);
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
	return fit && taken > 0;
}

/* ---- plans ---- */

/* NULL: it cannot be read so. */
static UpTogether *
plan_for(Oid table, const AttrNumber *numbers, const UpRowReader *r, const UpFrame *f, bool hashes)
{
	UpTogether *t = palloc0(offsetof(UpTogether, columns) + sizeof(Column) * (size_t) Max(r->n_attributes, 1));
	Work *w = &t->work;
	Relation relation = table_open(table, AccessShareLock);
	bool can = up_pages_can_be_shared(relation);

	w->table = table;
	w->n_pages = can ? RelationGetNumberOfBlocks(relation) : 0;
	w->hashes = hashes;
	table_close(relation, NoLock);
	if (w->n_pages > 0 && find_columns(r, numbers, f, w, t->columns))
	{
		w->most = (uint64) ((double) up_memory_limit() / MEMORY_SHARE / row_bytes(w));
		return t;
	}
	pfree(t);
	return NULL;
}

/* The plan, if memory has room for so many rows; else it is gone. */
static UpTogether *
with_room_for(UpTogether *t, double rows)
{
	if (rows <= (double) t->work.most)
		return t;
	pfree(t);
	return NULL;
}

UpTogether *
up_together_plan(Oid table, const AttrNumber *numbers, const UpRowReader *r, const UpFrame *f,
				 double n_expected, bool hashes)
{
	UpTogether *t = plan_for(table, numbers, r, f, hashes);

	if (t == NULL)
		return NULL;
	t->work.room = (uint64) (n_expected * (1 + 1.0 / MORE)) + MORE_ROWS;
	return with_room_for(t, (double) t->work.room);
}

UpTogether *
up_together_plan_steps(Oid table, const AttrNumber *numbers, const UpRowReader *r, const UpFrame *f,
					   double n_expected, uint64 least, bool hashes)
{
	UpTogether *t = n_expected < least ? NULL : plan_for(table, numbers, r, f, hashes);
	double a_page, pages, room;
	Work *w;

	if (t == NULL)
		return NULL;
	w = &t->work;
	a_page = Max(n_expected / w->n_pages, 1);
	pages = ceil(Max((double) STEP_VALUES / w->width, 1) / a_page / PART_PAGES) * PART_PAGES;
	/* There is room for whatever the pages hold beside what is left of those before. */
	room = floor(((double) w->most - (double) least) / MaxHeapTuplesPerPage / PART_PAGES) * PART_PAGES;
	if (room < PART_PAGES)
	{
		pfree(t);
		return NULL;
	}
	t->step = (BlockNumber) Min(Min(pages, room), w->n_pages);
	t->least = least;
	w->in_steps = true;
	w->room = Min((uint64) (t->step * a_page * (1 + 1.0 / MORE)) + MORE_ROWS + least, w->most);
	return t;
}

bool
up_together_in_steps(const UpTogether *t)
{
	return t->work.in_steps;
}

/* ---- reading ---- */

bool
up_read_together(UpTogether *t, UpFrame *f, UpRowHash **hashes, size_t **order)
{
	Relation relation;
	bool done;

	if (up_workers() < 2)
		return false;
	relation = table_open(t->work.table, AccessShareLock);
	done = read_table(relation, &t->work, t->columns, f, hashes, order);
	table_close(relation, NoLock);
	return done;
}

bool
up_read_steps(UpTogether *t, UpFrame *f, UpStepFn take, void *arg)
{
	Relation relation;
	bool done;

	if (up_workers() < 2)
		return false;
	relation = table_open(t->work.table, AccessShareLock);
	done = read_in_steps(t, relation, f, take, arg);
	table_close(relation, NoLock);
	return done;
}
