/*
 * clean_form.c - the rows that a cleaning leaves, formed and written; see clean_form.h
 *
 * Only this process may write. Where that pays, workers form rows of the next turn while it writes those of the last one, and it forms with
 * them what is left then: a job's first part is this process's, which claims it before others have done theirs. Values stand where workers see
 * them since they were read (UpCleanTable.region); what points to them, and the log, is copied for them. A worker has a view of the table of its
 * own, in which pointers are shifted by the distance of the two places.
 *
 * What cannot be formed there, as it fails or has no room, is formed here, in its place. Workers form rows rather than pages: to copy a row to its page
 * takes this process 50 ns, a twentieth of its time, and the last page of each part would be half full.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/xact.h"
#include "utils/memutils.h"

#include "base/platform.h"
#include "pg/clean/clean_batch.h"
#include "pg/clean/clean_form.h"
#include "pg/clean/clean_report.h"
#include "pg/servers.h"

#define PARTS       8            /* of a turn */
#define ROOM        (256 * 1024) /* for the rows of each */
#define FIRST_ITEMS 512          /* of a part, before it is known how long rows are */
#define MOST_ITEMS  16384
#define COUNT_ITEMS 65536 /* of a part that counts */
#define TICK_ITEMS  64
#define A_ROW       3e-7 /* seconds */
#define A_JSON      7e-7
#define NAME_BYTES  (NAMEDATALEN * 4)

/* ---- what workers see ---- */

enum
{
	REGION,
	COLUMNS,
	GENERATIONS,
	RULES,
	VALUES, /* one generation after the other */
	NULLS,
	REMOVED,
	CHANGES,
	REMOVALS,
	TURNS,
	OUT,
	N_ARRAYS
};

typedef struct SharedColumn
{
	char name[NAME_BYTES];
	int n_generations;
} SharedColumn;

typedef struct SharedType
{
	Oid type;
	int32 typmod;
	Oid collation;
} SharedType;

typedef char RuleName[NAME_BYTES];

/* The log is counted for the report; rows are formed of one place after the other. */
typedef enum Kind
{
	COUNT_CHANGES,
	COUNT_REMOVALS,
	ROWS,
	END = ROWS + UP_CLEAN_PLACES
} Kind;

/* A run of items, and what was made of them: the length of each row, and itself; or counts. */
typedef struct Part
{
	Kind kind;
	size_t first;
	size_t n;
	size_t n_done;
	size_t bytes;
} Part;

typedef struct Turn
{
	uint32 n;
	Part parts[PARTS];
} Turn;

typedef struct Work
{
	uint64 number; /* of this cleaning, among those of this process */
	char *region;  /* where it stands there */
	size_t n_rows;
	size_t n_changes;
	size_t n_removals;
	int n_columns;
	int n_generations; /* of all columns */
	int n_keys;
	int keys[UP_MAX_KEY];
	int n_steps;
	int turn; /* that rows are formed of */
} Work;

/* One table as this process has it, or sees it. */
typedef struct View
{
	uint64 number;
	MemoryContext context;
	UpCleanTable *t;
	TupleDesc columns[UP_CLEAN_PLACES];
	UpCleanValues **generations;
} View;

typedef struct Forming
{
	View view;
	UpTableWriter *const *writers;
	MemoryContext outer;
	MemoryContext inner; /* a row's */
	Datum *values;
	bool *nulls;
	Work work;
	void *arrays[N_ARRAYS];
	bool written;                      /* the turn before */
	size_t n_items[UP_CLEAN_PLACES];   /* that rows were formed of, … */
	size_t out_bytes[UP_CLEAN_PLACES]; /* … and what these took */
} Forming;

static Forming *forming; /* while this process has a job done */
static View *seen;       /* in a worker */

/* ---- by this process ---- */

static void
write_items(Forming *f, UpCleanPlace place, size_t first, size_t end)
{
	static const char *const phases[] = {"writing rows", "writing the quarantine", "writing changes"};
	UpCleanTable *t = f->view.t;
	size_t n = up_clean_n_items(t, place);

	for (size_t i = first; i < end; i++)
	{
		MemoryContext outer = MemoryContextSwitchTo(f->inner);
		bool is_row;

		MemoryContextReset(f->inner);
		is_row = up_clean_fill_row(t, place, i, f->values, f->nulls);
		MemoryContextSwitchTo(outer);
		if (is_row)
			up_table_writer_add(f->writers[place], f->values, f->nulls);
		if ((i & 0xfff) == 0)
			up_progress(phases[place], i, n);
	}
}

/* ---- a part ---- */

static View *
new_view(const Work *w, void *const *arrays)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "uprofile view", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(context);
	View *view = palloc0(sizeof(View));
	UpCleanTable *t = view->t = palloc0(sizeof(UpCleanTable));
	const SharedColumn *columns = arrays[COLUMNS];
	const SharedType *types = arrays[GENERATIONS];
	int g = 0;

	view->context = t->context = context;
	t->n_columns = w->n_columns;
	t->columns = palloc0(sizeof(UpCleanColumn) * w->n_columns);
	t->desc = CreateTemplateTupleDesc(w->n_columns);
	view->generations = palloc(sizeof(UpCleanValues *) * w->n_generations);
	for (int i = 0; i < w->n_columns; i++)
	{
		UpCleanColumn *c = &t->columns[i];

		c->name = pstrdup(columns[i].name);
		c->n_generations = columns[i].n_generations;
		c->generations = &view->generations[g];
		TupleDescInitEntry(t->desc, (AttrNumber) (i + 1), c->name, types[g].type, types[g].typmod, 0);
		for (int j = 0; j < c->n_generations; j++, g++)
			view->generations[g] =
				up_clean_values_new(context, types[g].type, types[g].typmod, types[g].collation);
		c->now = view->generations[g - 1];
	}
	t->desc = up_columns_done(t->desc);
	t->n_keys = w->n_keys;
	memcpy(t->keys, w->keys, sizeof(t->keys));
	t->n_steps = w->n_steps;
	t->column_names = palloc(sizeof(Datum) * w->n_columns);
	t->rule_names = palloc(sizeof(Datum) * Max(w->n_steps, 1));
	for (int i = 0; i < w->n_columns; i++)
		t->column_names[i] = CStringGetTextDatum(t->columns[i].name);
	for (int i = 0; i < w->n_steps; i++)
		t->rule_names[i] = CStringGetTextDatum(((const RuleName *) arrays[RULES])[i]);
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		view->columns[i] = up_clean_columns_of(t, (UpCleanPlace) i);
	view->number = w->number;
	MemoryContextSwitchTo(outer);
	return view;
}

/* The table as a worker sees it. */
static View *
view_of(const Work *w, void *const *arrays)
{
	UpCleanTable *t;

	if (seen != NULL && seen->number != w->number)
	{
		MemoryContextDelete(seen->context);
		seen = NULL;
	}
	if (seen == NULL)
		seen = new_view(w, arrays);
	t = seen->t;
	t->shift = (char *) arrays[REGION] - w->region;
	t->n_rows = w->n_rows;
	t->removed = arrays[REMOVED];
	t->n_changes = w->n_changes;
	t->changes = arrays[CHANGES];
	t->n_removals = w->n_removals;
	t->removals = arrays[REMOVALS];
	for (int g = 0; g < w->n_generations; g++)
	{
		seen->generations[g]->values = (Datum *) arrays[VALUES] + (size_t) g * w->n_rows;
		seen->generations[g]->nulls = (bool *) arrays[NULLS] + (size_t) g * w->n_rows;
	}
	return seen;
}

static void
form_rows(const View *view, Part *part, char *out, MemoryContext inner)
{
	UpCleanPlace place = (UpCleanPlace) (part->kind - ROWS);
	TupleDesc columns = view->columns[place];
	Datum *values = palloc(sizeof(Datum) * Max(columns->natts, UP_CLEAN_RECORD_COLUMNS));
	bool *nulls = palloc(sizeof(bool) * Max(columns->natts, UP_CLEAN_RECORD_COLUMNS));
	MemoryContext outer = MemoryContextSwitchTo(inner);

	for (; part->n_done < part->n; part->n_done++)
	{
		HeapTuple tuple;
		size_t size;

		if (part->n_done % TICK_ITEMS == 0)
		{
			MemoryContextReset(inner);
			up_tick();
		}
		if (!up_clean_fill_row(view->t, place, part->first + part->n_done, values, nulls))
			continue;
		tuple = heap_form_tuple(columns, values, nulls);
		size = MAXALIGN(sizeof(uint32)) + MAXALIGN(tuple->t_len);
		if (size > ROOM - part->bytes)
			break;
		*(uint32 *) (out + part->bytes) = tuple->t_len;
		memcpy(out + part->bytes + MAXALIGN(sizeof(uint32)), tuple->t_data, tuple->t_len);
		part->bytes += size;
	}
	MemoryContextSwitchTo(outer);
}

static void
count(const View *view, Part *part, char *out)
{
	size_t n;

	if (up_clean_count(view->t, part->kind == COUNT_REMOVALS, part->first, part->n, (UpCleanCount *) out,
					   ROOM / sizeof(UpCleanCount), &n))
		part->n_done = part->n;
	part->bytes = n * sizeof(UpCleanCount);
}

static char *
out_of(void *const *arrays, int turn, uint32 part)
{
	return (char *) arrays[OUT] + ((size_t) turn * PARTS + part) * ROOM;
}

/* What fails stays for the caller, who meets the failure in its place among the rows. */
static void
form_part(const View *view, Part *part, char *out)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile row", ALLOCSET_DEFAULT_SIZES);

	PG_TRY();
	{
		if (part->kind < ROWS)
			count(view, part, out);
		else
			form_rows(view, part, out, inner);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(outer);
		up_clean_leave_failure();
	}
	PG_END_TRY();
}

static void
add_counts(UpCleanTable *t, const Part *part, const char *out)
{
	if (part->n_done < part->n)
		up_clean_counts_leave(t);
	else
		up_clean_counts_add(t, part->kind == COUNT_REMOVALS, part->first, (const UpCleanCount *) out,
							part->bytes / sizeof(UpCleanCount));
}

static void
write_part(Forming *f, const Part *part, char *out)
{
	UpCleanPlace place = (UpCleanPlace) (part->kind - ROWS);
	HeapTupleData tuple = {0};

	ItemPointerSetInvalid(&tuple.t_self);
	for (size_t at = 0; at < part->bytes; at += MAXALIGN(sizeof(uint32)) + MAXALIGN(tuple.t_len))
	{
		tuple.t_len = *(uint32 *) (out + at);
		tuple.t_data = (HeapTupleHeader) (out + at + MAXALIGN(sizeof(uint32)));
		up_table_writer_add_tuple(f->writers[place], &tuple);
	}
	f->n_items[place] += part->n_done;
	f->out_bytes[place] += part->bytes;
	write_items(f, place, part->first + part->n_done, part->first + part->n);
}

static void
write_turn(Forming *f)
{
	MemoryContext outer = MemoryContextSwitchTo(f->outer);
	int last = 1 - f->work.turn;
	const Turn *turn = (const Turn *) f->arrays[TURNS] + last;

	f->written = true;
	for (uint32 i = 0; i < turn->n; i++)
	{
		if (turn->parts[i].kind < ROWS)
			add_counts(f->view.t, &turn->parts[i], out_of(f->arrays, last, i));
		else
			write_part(f, &turn->parts[i], out_of(f->arrays, last, i));
	}
	MemoryContextSwitchTo(outer);
}

/* UpPart: the first one writes what was formed in the turn before. */
static void
do_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Work *w = fixed;

	if (part > 0)
		form_part(IsParallelWorker() ? view_of(w, arrays) : &forming->view,
				  &((Turn *) arrays[TURNS])[w->turn].parts[part - 1], out_of(arrays, w->turn, part - 1));
	else if (!IsParallelWorker())
		write_turn(forming);
}

/* ---- the whole ---- */

/* Whether rows that workers form are those that the table's columns ask for. */
static bool
same_columns(TupleDesc a, TupleDesc b)
{
	bool same = a->natts == b->natts;

	for (int i = 0; same && i < a->natts; i++)
	{
		Form_pg_attribute x = TupleDescAttr(a, i), y = TupleDescAttr(b, i);

		same = x->atttypid == y->atttypid && x->attlen == y->attlen && x->attbyval == y->attbyval &&
			   x->attalign == y->attalign && x->attstorage == y->attstorage &&
			   x->attisdropped == y->attisdropped;
	}
	return same;
}

/* What others may do: rows of the server's own types, whose texts no code of users makes. */
static bool
may_be_shared(const Forming *f)
{
	const UpCleanTable *t = f->view.t;

	if (t->region == NULL || t->n_rows == 0)
		return false;
	for (int i = 0; i < t->n_columns; i++)
	{
		for (int j = 0; j < t->columns[i].n_generations; j++)
		{
			if (!up_clean_is_built_in(t->columns[i].generations[j]))
				return false;
		}
	}
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
	{
		if (!same_columns(f->view.columns[i], up_table_writer_columns(f->writers[i])))
			return false;
	}
	return true;
}

static size_t
shared_bytes(const Work *w)
{
	return w->n_columns * sizeof(SharedColumn) + w->n_generations * sizeof(SharedType) +
		   (w->n_steps + 1) * sizeof(RuleName) +
		   (w->n_generations * (sizeof(Datum) + sizeof(bool)) + sizeof(bool)) * w->n_rows +
		   (w->n_changes + 1) * sizeof(UpCleanChange) + (w->n_removals + 1) * sizeof(UpCleanRemoval) +
		   2 * (sizeof(Turn) + PARTS * ROOM);
}

static void
describe_work(const UpCleanTable *t, Work *w)
{
	static uint64 number;

	w->number = ++number;
	w->region = t->region;
	w->n_rows = t->n_rows;
	w->n_changes = t->n_changes;
	w->n_removals = t->n_removals;
	w->n_columns = t->n_columns;
	w->n_keys = t->n_keys;
	memcpy(w->keys, t->keys, sizeof(w->keys));
	w->n_steps = t->n_steps;
	for (int i = 0; i < t->n_columns; i++)
		w->n_generations += t->columns[i].n_generations;
}

static void *
copied(const void *from, size_t n, size_t size)
{
	void *to = up_alloc_large_array(n + 1, size);

	for (size_t at = 0; at < n; at += 65536)
	{
		up_tick();
		memcpy((char *) to + at * size, (const char *) from + at * size, Min(65536, n - at) * size);
	}
	return to;
}

static void
copy_columns(const UpCleanTable *t, const Work *w, void **arrays)
{
	SharedColumn *columns = arrays[COLUMNS] = up_alloc_large_zeroed(w->n_columns, sizeof(SharedColumn));
	SharedType *types = arrays[GENERATIONS] = up_alloc_large_array(w->n_generations, sizeof(SharedType));
	RuleName *rules = arrays[RULES] = up_alloc_large_zeroed(w->n_steps + 1, sizeof(RuleName));
	Datum *values = arrays[VALUES] = up_alloc_large_array(w->n_generations * w->n_rows, sizeof(Datum));
	bool *nulls = arrays[NULLS] = up_alloc_large_array(w->n_generations * w->n_rows, sizeof(bool));

	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanColumn *c = &t->columns[i];

		strlcpy(columns[i].name, c->name, NAME_BYTES);
		columns[i].n_generations = c->n_generations;
		for (int j = 0; j < c->n_generations; j++, types++, values += w->n_rows, nulls += w->n_rows)
		{
			const UpCleanValues *v = c->generations[j];

			up_tick();
			*types = (SharedType){v->type, v->typmod, v->collation};
			memcpy(values, v->values, sizeof(Datum) * w->n_rows);
			memcpy(nulls, v->nulls, sizeof(bool) * w->n_rows);
		}
	}
	for (int i = 0; i < t->n_steps; i++)
		strlcpy(rules[i], t->steps[i].rule->name, NAME_BYTES);
}

static void
share_table(Forming *f)
{
	const UpCleanTable *t = f->view.t;

	f->arrays[REGION] = t->region;
	copy_columns(t, &f->work, f->arrays);
	f->arrays[REMOVED] = copied(t->removed, t->n_rows, sizeof(bool));
	f->arrays[CHANGES] = copied(t->changes, t->n_changes, sizeof(UpCleanChange));
	f->arrays[REMOVALS] = copied(t->removals, t->n_removals, sizeof(UpCleanRemoval));
	f->arrays[TURNS] = up_alloc_large_zeroed(2, sizeof(Turn));
	f->arrays[OUT] = up_alloc_large(2 * PARTS * ROOM);
}

/* Items that should fit into a part. */
static size_t
items_of_part(const Forming *f, Kind kind)
{
	UpCleanPlace place = (UpCleanPlace) (kind - ROWS);

	if (kind < ROWS)
		return COUNT_ITEMS;
	if (f->n_items[place] == 0)
		return FIRST_ITEMS;
	return (size_t) Min(MOST_ITEMS,
						1 + 0.8 * ROOM * (double) f->n_items[place] / (double) (f->out_bytes[place] + 1));
}

static size_t
n_items(const UpCleanTable *t, Kind kind)
{
	if (kind >= ROWS)
		return up_clean_n_items(t, (UpCleanPlace) (kind - ROWS));
	return t->counts == NULL ? 0 : kind == COUNT_CHANGES ? t->n_changes : t->n_removals;
}

/* Where items of some kinds are taken from next. */
typedef struct Cursor
{
	Kind kind;
	Kind end;
	size_t first;
} Cursor;

/* false: there are no more. */
static bool
cut_part(const Forming *f, Cursor *c, Turn *turn)
{
	size_t n;
	Part *part;

	while (c->kind < c->end && c->first >= n_items(f->view.t, c->kind))
	{
		c->kind = (Kind) (c->kind + 1);
		c->first = 0;
	}
	if (c->kind == c->end)
		return false;
	n = Min(items_of_part(f, c->kind), n_items(f->view.t, c->kind) - c->first);
	part = &turn->parts[turn->n++];
	*part = (Part){.kind = c->kind, .first = c->first, .n = n};
	c->first += n;
	return true;
}

/* What is counted comes last, as workers begin with that: this process has enough to do with what it writes, and waits for the disk. */
static void
cut_turn(const Forming *f, Cursor *rows, Cursor *counts, Turn *turn)
{
	turn->n = 0;
	while (turn->n < PARTS - 1 && cut_part(f, rows, turn))
		;
	while (turn->n < PARTS && cut_part(f, counts, turn))
		;
}

static void
write_together(Forming *f)
{
	Turn *turns = f->arrays[TURNS];
	Cursor rows = {.kind = ROWS, .end = END}, counts = {.kind = COUNT_CHANGES, .end = ROWS};
	const UpCleanTable *t = f->view.t;
	uint64 n = t->n_rows + t->n_changes + t->n_removals, done = 0;

	up_clean_counts_begin(f->view.t);
	do
	{
		Turn *turn = &turns[f->work.turn];

		cut_turn(f, &rows, &counts, turn);
		f->written = false;
		forming = f;
		up_parallel(turn->n + 1, do_part, &f->work, sizeof(Work), f->arrays, N_ARRAYS);
		forming = NULL;
		if (!f->written)
			write_turn(f);
		f->work.turn = 1 - f->work.turn;
		for (uint32 i = 0; i < turn->n; i++)
			done += turn->parts[i].kind >= ROWS ? turn->parts[i].n : 0;
		up_progress("writing", done, n);
	} while (turns[1 - f->work.turn].n > 0);
}

/* false: there are no workers, or no memory for what they see. */
static bool
try_together(Forming *f)
{
	const UpCleanTable *t = f->view.t;
	bool shared;

	if (!may_be_shared(f))
		return false;
	describe_work(t, &f->work);
	if (t->bytes + shared_bytes(&f->work) > up_memory_limit())
		return false;
	/* Who is in parallel mode gets no number for what he writes. */
	(void) GetCurrentTransactionId();
	up_workers_begin(A_ROW * (double) (t->n_rows + t->n_changes) + A_JSON * (double) t->n_removals);
	shared = up_workers() > 1;
	if (shared)
	{
		MemoryContext outer = MemoryContextSwitchTo(f->view.context);

		share_table(f);
		MemoryContextSwitchTo(outer);
		write_together(f);
		for (int i = COLUMNS; i < N_ARRAYS; i++)
			up_free_large(f->arrays[i]);
	}
	up_workers_end();
	return shared;
}

void
up_clean_form(UpCleanTable *t, UpTableWriter *const *writers)
{
	static const UpCleanPlace order[] = {UP_CLEAN_DESTINATION, UP_CLEAN_CHANGES, UP_CLEAN_QUARANTINE};
	Forming *f = palloc0(sizeof(Forming));
	int n = Max(t->n_columns, UP_CLEAN_RECORD_COLUMNS);

	f->view.t = t;
	f->writers = writers;
	f->view.context = f->outer = CurrentMemoryContext;
	f->inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	f->values = palloc(sizeof(Datum) * n);
	f->nulls = palloc(sizeof(bool) * n);
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		f->view.columns[i] = up_clean_columns_of(t, (UpCleanPlace) i);
	if (!try_together(f))
	{
		for (size_t i = 0; i < lengthof(order); i++)
			write_items(f, order[i], 0, up_clean_n_items(t, order[i]));
	}
	MemoryContextDelete(f->inner);
	pfree(f);
}
