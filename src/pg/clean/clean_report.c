/*
 * clean_report.c - what a cleaning did, in few rows; see clean_report.h
 *
 * One row a step with the number of rows it touched (before and after are both NULL), below it one row for each pair of
 * values before and after, most frequent first; beyond the first 20 of a column, the rest in one row.
 *
 * Pairs of a run of the log can be counted by others, who tell the first of each: added up in the order of the log, they are as if they had
 * been counted here. That is not done on where they hardly repeat.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/rng.h"
#include "num/hash_table.h"
#include "pg/clean/clean_report.h"

#define SHOWN_PAIRS 20
#define TOLD_PAIRS  65536 /* that others counted, at most */

/* Values before and after, and how often. */
typedef struct Pair
{
	UpCleanChange change; /* one of them */
	uint64 hash;
	size_t n;
	char *before; /* as text, when it was needed */
	char *after;
} Pair;

typedef struct Pairs
{
	UpCleanTable *t;
	size_t n;
	size_t capacity;
	Pair *pairs;
	UpHashTable table;
} Pairs;

struct UpCleanCounts
{
	size_t n;      /* of pairs */
	int n_columns; /* of all steps */
	int *first;    /* of each step */
	Pairs *of[2];  /* changes and removals of each */
};

static const UpCleanValues *
values_of(const Pairs *p, int column, int generation)
{
	return p->t->columns[column].generations[generation];
}

static bool
same_value(const Pairs *p, const UpCleanValues *v, Datum a, bool a_null, Datum b, bool b_null)
{
	return a_null == b_null &&
		   (a_null || up_clean_same(v, up_clean_here(p->t, v, a), up_clean_here(p->t, v, b)));
}

static uint64
pair_hash(const Pairs *p, const UpCleanChange *c)
{
	const UpCleanValues *before = values_of(p, c->column, c->generation_before),
						*after = values_of(p, c->column, c->generation_after);
	uint64 hash = c->before_null ? 1 : up_clean_image_hash(before, up_clean_here(p->t, before, c->before));

	hash = up_mix64(hash + c->step);
	return up_mix64(hash +
					(c->after_null ? 1 : up_clean_image_hash(after, up_clean_here(p->t, after, c->after))));
}

static bool
pair_equal(const Pairs *p, const UpCleanChange *a, const UpCleanChange *b)
{
	return a->step == b->step && a->column == b->column &&
		   same_value(p, values_of(p, a->column, a->generation_before), a->before, a->before_null, b->before,
					  b->before_null) &&
		   same_value(p, values_of(p, a->column, a->generation_after), a->after, a->after_null, b->after,
					  b->after_null);
}

#define UP_HASH_NAME  pair
#define UP_HASH_OWNER Pairs
#define UP_HASH_KEY   const Pair *
#define UP_HASH_SLOT  size_t
#define UP_HASH_EQUAL(p, i, key)                                                                               \
	((p)->pairs[i].hash == (key)->hash && pair_equal(p, &(p)->pairs[i].change, &(key)->change))
#define UP_HASH_OF(p, i) (p)->pairs[i].hash
#include "num/hash_table.h"

static void
grow_pairs(Pairs *p)
{
	p->capacity = p->capacity == 0 ? 256 : p->capacity * 2;
	up_reserve(p->t->bytes + p->capacity * (sizeof(Pair) + 2 * sizeof(size_t)), "the report");
	p->pairs = p->pairs == NULL ? up_alloc_array(p->capacity, sizeof(Pair))
								: up_realloc(p->pairs, p->capacity * sizeof(Pair));
	pair_resize(&p->table, p, p->n, p->capacity);
}

static void
count_pairs(Pairs *p, const UpCleanChange *c, uint64 hash, size_t n)
{
	Pair pair = {.change = *c, .hash = hash};
	size_t *slot;

	if (p->n == p->capacity)
		grow_pairs(p);
	slot = pair_find(&p->table, p, pair.hash, &pair);
	if (*slot == 0)
	{
		p->pairs[p->n] = pair;
		*slot = ++p->n;
	}
	p->pairs[*slot - 1].n += n;
}

static void
count_pair(Pairs *p, const UpCleanChange *c)
{
	count_pairs(p, c, pair_hash(p, c), 1);
}

static const char *
pair_text(Pairs *p, Pair *pair, bool after)
{
	const UpCleanChange *c = &pair->change;
	char **text = after ? &pair->after : &pair->before;
	bool isnull = after ? c->after_null : c->before_null;
	UpCleanValues *v = p->t->columns[c->column].generations[after ? c->generation_after : c->generation_before];

	if (*text == NULL && !isnull)
		*text = up_clean_text(v, after ? c->after : c->before);
	return *text;
}

/* NULL comes first. */
static int
compare_texts(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

/* Whether a comes before b in the report. */
static bool
comes_before(Pairs *p, Pair *a, Pair *b)
{
	int order;

	if (a->n != b->n)
		return a->n > b->n;
	order = compare_texts(pair_text(p, a, false), pair_text(p, b, false));
	return order != 0 ? order < 0 : compare_texts(pair_text(p, a, true), pair_text(p, b, true)) < 0;
}

static void
report_row(UpSrf *srf, int step, const char *rule, const char *column, size_t rows, const char *before,
		   const char *after)
{
	Datum values[6] = {Int32GetDatum(step), CStringGetTextDatum(rule), (Datum) 0, Int64GetDatum((int64) rows)};
	bool nulls[6] = {false, false, column == NULL, false, before == NULL, after == NULL};

	if (column != NULL)
		values[2] = CStringGetTextDatum(column);
	if (before != NULL)
		values[4] = CStringGetTextDatum(before);
	if (after != NULL)
		values[5] = CStringGetTextDatum(after);
	up_srf_row(srf, values, nulls);
}

static void
report_pairs(Pairs *p, UpSrf *srf, const UpCleanStep *step, const char *what)
{
	Pair *shown[SHOWN_PAIRS + 1];
	size_t n = 0, rest = 0;
	const char *column;

	if (p->n == 0)
		return;
	column = p->t->columns[p->pairs[0].change.column].name;
	for (size_t i = 0; i < p->n; i++)
	{
		size_t at = n;

		if ((i & 0xfff) == 0)
			up_tick();
		rest += p->pairs[i].n;
		if (n == SHOWN_PAIRS && !comes_before(p, &p->pairs[i], shown[n - 1]))
			continue;
		while (at > 0 && comes_before(p, &p->pairs[i], shown[at - 1]))
		{
			shown[at] = shown[at - 1];
			at--;
		}
		shown[at] = &p->pairs[i];
		n = Min(n + 1, SHOWN_PAIRS);
	}
	for (size_t i = 0; i < n; i++)
	{
		rest -= shown[i]->n;
		report_row(srf, (int) step->number, step->rule->name, column, shown[i]->n,
				   pair_text(p, shown[i], false), what != NULL ? what : pair_text(p, shown[i], true));
	}
	if (rest > 0)
		report_row(srf, (int) step->number, step->rule->name, column, rest,
				   psprintf("(%zu other values)", p->n - n), what != NULL ? what : "(changed)");
}

/* A row that left as if its value had become missing. */
static UpCleanChange
as_change(const UpCleanRemoval *r)
{
	UpCleanChange c = {0};

	c.step = r->step;
	c.column = (uint16) r->column;
	c.generation_before = c.generation_after = r->generation;
	c.before = r->value;
	c.before_null = r->value_null;
	c.after_null = true;
	return c;
}

/* ---- counted by others ---- */

bool
up_clean_count(UpCleanTable *t, bool removals, size_t first, size_t n, UpCleanCount *counts, size_t most,
			   size_t *found)
{
	Pairs p = {.t = t};

	*found = 0;
	for (size_t i = 0; i < n; i++)
	{
		UpCleanChange c;

		if ((i & 0x3ff) == 0)
			up_tick();
		if (removals && t->removals[first + i].column < 0)
			continue;
		c = removals ? as_change(&t->removals[first + i]) : t->changes[first + i];
		c.row = i;
		count_pair(&p, &c);
		if (p.n > most)
			return false;
	}
	for (size_t i = 0; i < p.n; i++)
		counts[i] = (UpCleanCount){p.pairs[i].hash, (uint32) p.pairs[i].change.row, (uint32) p.pairs[i].n};
	*found = p.n;
	return true;
}

void
up_clean_counts_begin(UpCleanTable *t)
{
	struct UpCleanCounts *counts = palloc0(sizeof(struct UpCleanCounts));

	counts->first = palloc(sizeof(int) * Max(t->n_steps, 1));
	for (int i = 0; i < t->n_steps; i++)
	{
		counts->first[i] = counts->n_columns;
		counts->n_columns += t->steps[i].n_columns;
	}
	for (int i = 0; i < 2; i++)
	{
		counts->of[i] = palloc0(sizeof(Pairs) * Max(counts->n_columns, 1));
		for (int j = 0; j < counts->n_columns; j++)
			counts->of[i][j].t = t;
	}
	t->counts = counts;
}

/* Of a column that a step worked on. */
static Pairs *
counts_of(const UpCleanTable *t, bool removals, const UpCleanStep *step, int column)
{
	int i = 0;

	while (step->columns[i] != column)
		i++;
	return &t->counts->of[removals][t->counts->first[step->number - 1] + i];
}

void
up_clean_counts_add(UpCleanTable *t, bool removals, size_t first, const UpCleanCount *counts, size_t n)
{
	for (size_t i = 0; i < n && t->counts != NULL; i++)
	{
		size_t item = first + counts[i].item;
		UpCleanChange c = removals ? as_change(&t->removals[item]) : t->changes[item];
		Pairs *p = counts_of(t, removals, &t->steps[c.step - 1], c.column);

		t->counts->n -= p->n;
		count_pairs(p, &c, counts[i].hash, counts[i].n);
		t->counts->n += p->n;
		if (t->counts->n > TOLD_PAIRS)
			up_clean_counts_leave(t);
	}
}

void
up_clean_counts_leave(UpCleanTable *t)
{
	struct UpCleanCounts *counts = t->counts;

	t->counts = NULL;
	for (int i = 0; counts != NULL && i < 2; i++)
	{
		for (int j = 0; j < counts->n_columns; j++)
		{
			up_free(counts->of[i][j].pairs);
			up_free(counts->of[i][j].table.slots);
		}
	}
}

/* ---- the report ---- */

static void
count_column(UpCleanTable *t, const UpCleanStep *step, int column, Pairs *changes, Pairs *removals)
{
	for (size_t i = 0; i < step->n_changes; i++)
	{
		const UpCleanChange *c = &t->changes[step->first_change + i];

		if ((i & 0xfff) == 0)
			up_tick();
		if (c->column == column)
			count_pair(changes, c);
	}
	for (size_t i = 0; i < step->n_removals; i++)
	{
		const UpCleanRemoval *r = &t->removals[step->first_removal + i];
		UpCleanChange c;

		if ((i & 0xfff) == 0)
			up_tick();
		if (r->column != column)
			continue;
		c = as_change(r);
		count_pair(removals, &c);
	}
}

static void
report_column(UpCleanTable *t, UpSrf *srf, const UpCleanStep *step, int column)
{
	MemoryContext inner =
					  AllocSetContextCreate(CurrentMemoryContext, "uprofile report", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(inner);
	Pairs changes = {.t = t}, removals = {.t = t};

	if (t->counts != NULL)
	{
		changes = *counts_of(t, false, step, column);
		removals = *counts_of(t, true, step, column);
	}
	else
		count_column(t, step, column, &changes, &removals);
	report_pairs(&changes, srf, step, NULL);
	report_pairs(&removals, srf, step, "(quarantined)");
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
}

void
up_clean_report(UpCleanTable *t, UpSrf *srf)
{
	int last = t->n_steps + 1;

	report_row(srf, 0, "input", NULL, t->n_rows, NULL, NULL);
	for (int i = 0; i < t->n_steps; i++)
	{
		const UpCleanStep *step = &t->steps[i];

		report_row(srf, (int) step->number, step->rule->name,
				   step->n_columns == 1 ? t->columns[step->columns[0]].name : NULL, step->n_rows, NULL, NULL);
		for (int j = 0; j < step->n_columns; j++)
			report_column(t, srf, step, step->columns[j]);
	}
	report_row(srf, last, "cleaned", NULL, t->n_rows - t->n_removals, NULL, NULL);
	report_row(srf, last, "quarantined", NULL, t->n_removals - t->n_merged, NULL, NULL);
	report_row(srf, last, "merged", NULL, t->n_merged, NULL, NULL);
}
