/*
 * clean_cells.c - one value of a column after the other; see clean_cells.h
 *
 * Columns of real tables repeat their values, so what was decided of a value is remembered in a small table; a value
 * that hashes to the same place takes the other's. Texts that hardly repeat are asked about by workers, once the rows before them
 * have shown what it takes: what they answer is what this process would.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/clean/clean_batch.h"
#include "pg/clean/clean_cells.h"
#include "pg/io/money.h"
#include "pg/module.h"

#define MEMORY_SLOTS 8192
#define TICK_ROWS    0x3ff
#define BLOCK        1024   /* rows, after each of which it is seen whether workers pay */
#define LEARNED      2      /* blocks until much of what repeats is known, … */
#define SURE         3      /* … and as many more that say that they pay */
#define PAYS         0.05   /* seconds of work that pay for workers, and … */
#define PAYS_ON      0.01   /* … where they stand by; and … */
#define PAYS_A_TEXT  1.5e-7 /* … for each text: others cannot see it where it stands */

typedef struct Remembered
{
	bool used;
	uint64 hash;
	Datum value;
	UpCleanAnswer answer;
} Remembered;

typedef struct Look
{
	UpCleanCells *cells;
	UpCleanValues *of; /* values before */
	UpCleanValues *to;
	Remembered *memory; /* or NULL */
	MemoryContext inner;
	size_t n_there; /* of the last rows without workers: values, and those that were asked about */
	size_t n_asked;
	size_t n_blocks;
	size_t n_paying; /* the last of them */
	UpCleanBatch *batch;
	bool alone; /* workers were called, and none came */
} Look;

/* A domain may forbid NULL. */
static void
check_may_miss(UpCleanValues *v)
{
	if (v->base != v->type)
		(void) InputFunctionCall(&v->input, NULL, v->input_param, v->typmod);
}

static void
change(UpCleanCells *cells, size_t row, const UpCleanAnswer *a)
{
	UpCleanTable *t = cells->t;

	if (a->verdict == UP_CELL_SET)
		up_clean_table_change(t, row, cells->column, a->out, false);
	else if (a->verdict == UP_CELL_BAD && cells->rule->action == UP_ACTION_QUARANTINE)
		up_clean_table_quarantine(t, row, cells->column, a->complaint);
	else if (a->verdict != UP_CELL_KEEP)
	{
		check_may_miss(t->columns[cells->column].now);
		up_clean_table_change(t, row, cells->column, (Datum) 0, true);
	}
}

/* The rule's action on a bad value, and a new one in the memory of the table. */
static void
settle(const Look *l, Datum value, UpCleanAnswer *a)
{
	UpCleanCells *cells = l->cells;

	if (cells->text != NULL)
		a->complaint = cells->complaint;
	if (a->verdict == UP_CELL_BAD && cells->rule->action == UP_ACTION_REPLACE)
	{
		a->out = cells->with;
		/* Otherwise a value that replaces itself would count as a change. */
		a->verdict = up_clean_equal(l->of, a->out, value) ? UP_CELL_KEEP : UP_CELL_SET;
	}
	if (up_clean_has_out(a->verdict))
		a->out = up_clean_table_coerce(cells->t, l->to, a->out);
}

static UpCleanAnswer
ask(Look *l, Datum value)
{
	const UpCleanCells *cells = l->cells;
	UpCleanAnswer a = {UP_CELL_KEEP, (Datum) 0, NULL};
	const char *text;
	size_t len;

	l->n_asked++;
	if (cells->text == NULL)
		return cells->ask(cells, value);
	text = up_clean_characters(l->of, value, &len);
	a.verdict = up_text_rule_ask(cells->text, text, len, &a.out);
	return a;
}

/* Whether it is sooner asked than looked up what was answered before. */
static bool
is_soon_asked(const UpCleanCells *cells)
{
	return cells->text != NULL && cells->text->rule.kind == UP_CLEAN_TRIM;
}

/* So many rows from the first one on. batch: what others answered about them, or NULL. */
static void
look_at(Look *l, size_t first, size_t n, const UpCleanBatch *batch)
{
	UpCleanCells *cells = l->cells;
	UpCleanTable *t = cells->t;
	MemoryContext outer = MemoryContextSwitchTo(l->inner);
	Remembered one = {0}, *r = &one;
	bool soon = is_soon_asked(cells);

	l->n_there = l->n_asked = 0;
	for (size_t i = 0; i < n; i++)
	{
		size_t row = first + i;
		Datum value = l->of->values[row];
		UpCleanAnswer answer;
		bool answered;
		uint64 hash = 0;

		if ((i & TICK_ROWS) == 0)
		{
			MemoryContextReset(l->inner);
			up_progress(cells->rule->owner, row, t->n_rows);
		}
		if (t->removed[row] || l->of->nulls[row])
			continue;
		l->n_there++;
		answered = batch != NULL && up_clean_batch_answer(batch, i, &answer);
		if (!answered && soon)
		{
			answer = ask(l, value);
			answered = true;
		}
		if (answered && answer.verdict == UP_CELL_KEEP)
			continue;
		if (l->memory != NULL)
		{
			hash = up_clean_image_hash(l->of, value);
			r = &l->memory[hash % MEMORY_SLOTS];
		}
		if (l->memory == NULL || !r->used || r->hash != hash || !up_clean_same(l->of, r->value, value))
		{
			r->used = true;
			r->hash = hash;
			r->value = value;
			r->answer = answered ? answer : ask(l, value);
			settle(l, value, &r->answer);
		}
		if (cells->apply != NULL)
			cells->apply(cells, row, &r->answer);
		else
			change(cells, row, &r->answer);
	}
	MemoryContextSwitchTo(outer);
}

/*
 * The last rows were a block, which this process took so many seconds for: whether workers would pay for the rest. Several blocks must say so,
 * for what else the machine does may hold up one.
 */
static void
consider_workers(Look *l, size_t rows_left, double seconds)
{
	UpCleanTable *t = l->cells->t;
	double rest = seconds * (double) rows_left / BLOCK;
	bool pays = 4 * l->n_asked >= 3 * l->n_there && seconds >= PAYS_A_TEXT * (double) l->n_asked &&
				rest >= (t->batch != NULL ? PAYS_ON : PAYS);

	if (l->cells->text == NULL || l->alone || !up_clean_is_built_in(l->of))
		return;
	l->n_blocks++;
	l->n_paying = pays && l->n_blocks > LEARNED ? l->n_paying + 1 : 0;
	if (l->n_paying < SURE && !up_debug_workers)
		return;
	l->batch = up_clean_batch_begin(t, l->cells->text, Max(rest, 1e-9));
	l->alone = l->batch == NULL;
}

void
up_clean_cells(UpCleanCells *cells)
{
	UpCleanTable *t = cells->t;
	UpCleanValues *of = t->columns[cells->column].now;
	Look l = {.cells = cells, .of = of, .to = cells->to != NULL ? cells->to : of};
	size_t rows;

	l.inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile cells", ALLOCSET_DEFAULT_SIZES);
	if (cells->text != NULL || cells->remember)
		l.memory = palloc0(sizeof(Remembered) * MEMORY_SLOTS);
	for (size_t row = 0; row < t->n_rows; row += rows)
	{
		double began;

		rows = l.batch != NULL ? up_clean_batch_ask(l.batch, t, of, row) : 0;
		if (rows > 0)
		{
			look_at(&l, row, rows, l.batch);
			continue;
		}
		rows = Min(BLOCK, t->n_rows - row);
		began = up_seconds();
		look_at(&l, row, rows, NULL);
		if (l.batch == NULL && rows == BLOCK)
			consider_workers(&l, t->n_rows - row - rows, up_seconds() - began);
	}
	if (l.batch != NULL)
		up_clean_batch_end(l.batch);
	MemoryContextDelete(l.inner);
	if (l.memory != NULL)
		pfree(l.memory);
}

const char *
up_clean_scalar_text(const UpValue *v)
{
	return v->type == UP_STRING ? v->string : up_value_text(v);
}

Datum
up_clean_from_scalar(UpCleanTable *t, UpCleanValues *v, const UpValue *scalar)
{
	const char *text = up_clean_scalar_text(scalar);

	/* A locale may read the point of a number in another way. */
	if (v->number == UP_FROM_MONEY && scalar->type == UP_NUMBER)
		return up_clean_table_coerce(t, v, up_money_from_digits(text));
	return up_clean_from_text(t, v, text);
}
