/*
 * segment_tgi.c - the target group index: what a segment's users have more often than others; see segment_tables.h
 *
 * A table of one column counts by the segments of a set and by value; one more row are all users. Small cells are hidden in the
 * whole of it, so that no other segment of the set, and not all users, tell what is hidden of one.
 *
 * Users are read once for as many columns of numbers as there is memory for, whose quintiles need all of their values, and once more for all
 * others, which are counted as they come: those of few different numbers are among them.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/varlena.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/profiles/segment_tables.h"
#include "pg/profiles/segment_words.h"

#define BINS        5
#define FEW_NUMBERS 10 /* different ones that are told as they are */
#define MOST_VALUES 255
#define TOLD_VALUES 20 /* the others are told together */
#define OTHER       "(other)"
#define MISSING     (-1)
#define FEW_VALUES  15   /* there is room for them at first */
#define SLOTS       1024 /* a power of two, by which values are found */
#define MOST_READ   500  /* columns of a statement */

/* One side of the comparison. */
typedef struct Side
{
	const char *group;   /* an expression of r; NULL: everybody */
	const char *segment; /* its value */
	int n;               /* segments of the set, and none of them */
	char **segments;     /* their texts in order, NULL the last */
	int *by_bytes;       /* places of the others, by strcmp */
	int64 users;
} Side;

/* A column of the profile, and what is counted of it. */
typedef struct Column
{
	const char *name;
	UpTold as;
	double *numbers; /* one a user, NaN: missing; while they are read */
	int n_edges;     /* 0: values as they are */
	double edges[BINS - 1];
	char *labels[BINS];
	bool many;       /* values, none of which is told */
	int n_values;    /* bins, or texts */
	char **values;   /* texts */
	uint32 *hashes;  /* of them */
	int16 *slots;    /* 1 + the place of a value, 0: free */
	int room;        /* for so many values and one more, which is that they are missing, there are … */
	int64 *cells[2]; /* … counts, one for each segment of a side: those of missing ones come first */
} Column;

typedef struct Reading
{
	const UpSegments *segments;
	Side sides[2];
	int n_sides; /* 1: the base is everybody */
	Column *columns;
	int n_columns;
	Column **read; /* by the statement that runs */
	int n_read;
	uint64 n_rows;
	uint32 *groups[2]; /* of each user */
} Reading;

static double
edge_of(double v, UpTold told)
{
	char *text, *to;
	double unit = told == UP_TOLD_SPAN ? SECS_PER_DAY : 1;

	/* The end of the day. */
	if (told == UP_TOLD_DATE)
		return floor(v / SECS_PER_DAY) * SECS_PER_DAY + SECS_PER_DAY - 1e-6;
	text = to = up_readable(v / unit);
	for (char *from = text; *from != '\0'; from++)
	{
		if (*from != ',')
			*to++ = *from;
	}
	*to = '\0';
	return strtod(text, NULL) * unit;
}

static char *
told(double v, UpTold as)
{
	pg_time_t seconds = (pg_time_t) floor(v);
	char day[32];

	if (as == UP_TOLD_SPAN)
		return psprintf("%s days", up_readable(v / SECS_PER_DAY));
	if (as != UP_TOLD_DATE)
		return up_readable(v);
	pg_strftime(day, sizeof(day), "%Y-%m-%d", pg_gmtime(&seconds));
	return pstrdup(day);
}

static void
label_bins(Column *v, UpTold as, bool whole)
{
	for (int i = 0; i <= v->n_edges; i++)
	{
		if (i == 0)
			v->labels[i] = psprintf("up to %s", told(v->edges[0], as));
		else if (i == v->n_edges)
			v->labels[i] = psprintf("above %s", told(v->edges[i - 1], as));
		else if (!whole)
			v->labels[i] = psprintf("above %s to %s", told(v->edges[i - 1], as), told(v->edges[i], as));
		else if (v->edges[i - 1] + 1 == v->edges[i])
			v->labels[i] = told(v->edges[i], as);
		else
			v->labels[i] = psprintf("%s to %s", told(v->edges[i - 1] + 1, as), told(v->edges[i], as));
	}
}

/* Quintiles of all users, at numbers that can be told. x: those that are there, in order. */
static void
find_edges(Column *c, const double *x, uint64 n)
{
	bool whole = c->as == UP_TOLD_NUMBER;

	for (uint64 i = 0; i < n && whole; i++)
		whole = x[i] == trunc(x[i]);
	for (int i = 1; i < BINS; i++)
	{
		double edge = edge_of(x[Max((uint64) ceil(i / (double) BINS * (double) n), 1) - 1], c->as);

		if (edge >= x[0] && edge < x[n - 1] && (c->n_edges == 0 || edge > c->edges[c->n_edges - 1]))
			c->edges[c->n_edges++] = edge;
	}
	c->many = c->n_edges == 0;
	if (c->n_edges > 0)
		label_bins(c, c->as, whole);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static int
compare_segments(const void *a, const void *b, void *segments)
{
	return strcmp(((char **) segments)[*(const int *) a], ((char **) segments)[*(const int *) b]);
}

static void
find_segments(const UpSegments *s, Side *side)
{
	UpRows r =
		up_segments_query(psprintf("SELECT %s AS a, pg_catalog.count(*) AS n FROM %s GROUP BY 1 ORDER BY 1",
								   side->group, up_segments_from(s, "")),
						  0, NULL, NULL);
	bool isnull;
	int named = 0;

	side->n = (int) r.n;
	side->segments = palloc(sizeof(char *) * Max(r.n, 1));
	side->by_bytes = palloc(sizeof(int) * Max(r.n, 1));
	for (int i = 0; i < side->n; i++)
	{
		side->segments[i] = up_rows_text(&r, (uint64) i, "a");
		side->users += DatumGetInt64(up_rows_get(&r, (uint64) i, "n", &isnull));
		if (side->segments[i] != NULL)
			side->by_bytes[named++] = i;
	}
	qsort_arg(side->by_bytes, (size_t) named, sizeof(int), compare_segments, side->segments);
}

/* The place of a user's segment, which is the first column or the second; -1: it was not there. */
static int
segment_place(const Side *side, TupleTableSlot *slot, int column)
{
	int named = side->n - (side->n > 0 && side->segments[side->n - 1] == NULL);
	int low = 0, high = named - 1;
	text *t;

	if (slot->tts_isnull[column])
		return named < side->n ? named : -1;
	t = DatumGetTextPP(slot->tts_values[column]);
	while (low <= high)
	{
		int middle = (low + high) / 2, len = (int) VARSIZE_ANY_EXHDR(t);
		const char *segment = side->segments[side->by_bytes[middle]];
		int order = strncmp(VARDATA_ANY(t), segment, (size_t) len);

		order = order == 0 && segment[len] != '\0' ? -1 : order;
		if (order == 0)
			return side->by_bytes[middle];
		low = order > 0 ? middle + 1 : low;
		high = order < 0 ? middle - 1 : high;
	}
	return -1;
}

static void
run_reading(Reading *r, char *(*expression)(const Column *), UpRowFn row)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s%s%s", r->sides[0].group, r->n_sides > 1 ? ", " : "",
					 r->n_sides > 1 ? r->sides[1].group : "");
	for (int i = 0; i < r->n_read; i++)
		appendStringInfo(&sql, ", %s", expression(r->read[i]));
	appendStringInfo(&sql, " FROM %s", up_segments_from(r->segments, ""));
	r->n_rows = 0;
	(void) up_query_stream(sql.data, 0, NULL, NULL, NULL, NULL, row, r);
}

/* The counts of a value, or of MISSING, by the segments of a side. */
static int64 *
cells_of(const Column *c, const Side *side, int k, int value)
{
	return c->cells[k] + (Size) (value + 1) * (Size) side->n;
}

/* Of so many values, the new ones 0. */
static void
make_cells(const Reading *r, Column *c, int room)
{
	for (int k = 0; k < r->n_sides; k++)
	{
		Size a_value = sizeof(int64) * (Size) r->sides[k].n,
			 old = c->room > 0 ? a_value * (Size) (c->room + 1) : 0;
		Size size = a_value * (Size) (room + 1);

		c->cells[k] = old > 0 ? repalloc_huge(c->cells[k], size) : palloc_extended(size, MCXT_ALLOC_HUGE);
		memset((char *) c->cells[k] + old, 0, size - old);
	}
	c->room = room;
}

static void
count_value(const Reading *r, const Column *c, const int *groups, int value)
{
	for (int k = 0; k < r->n_sides; k++)
	{
		if (groups[k] >= 0)
			cells_of(c, &r->sides[k], k, value)[groups[k]]++;
	}
}

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static char *
as_number(const Column *c)
{
	return up_told_value("r", c->name, c->as);
}

static void
take_numbers(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;

	if (r->n_rows == (uint64) r->sides[0].users)
		return;
	slot_getallattrs(slot);
	for (int k = 0; k < r->n_sides; k++)
		r->groups[k][r->n_rows] = (uint32) segment_place(&r->sides[k], slot, k);
	for (int i = 0; i < r->n_read; i++)
	{
		int at = r->n_sides + i;
		double v = slot->tts_isnull[at] ? NAN : DatumGetFloat8(slot->tts_values[at]);

		r->read[i]->numbers[r->n_rows] = fabs(v) < UP_TOLD_LIMIT ? v : NAN;
	}
	r->n_rows++;
}

/* Of few different ones nothing is counted here. */
static void
count_numbers(const Reading *r, Column *c, double *x, double *scratch)
{
	uint64 n = 0, different = 0;

	for (uint64 i = 0; i < r->n_rows; i++)
	{
		if (!isnan(c->numbers[i]))
			x[n++] = c->numbers[i];
	}
	up_sort_doubles(x, n, scratch);
	for (uint64 i = 0; i < n && different <= FEW_NUMBERS; i++)
		different += i == 0 || x[i] != x[i - 1];
	if (different <= FEW_NUMBERS)
		return;
	find_edges(c, x, n);
	if (c->many)
		return;
	c->n_values = c->n_edges + 1;
	make_cells(r, c, c->n_values);
	for (uint64 i = 0; i < r->n_rows; i++)
	{
		int groups[2] = {(int) r->groups[0][i], r->n_sides > 1 ? (int) r->groups[1][i] : 0};
		double v = c->numbers[i];
		int value = 0;

		while (value < c->n_edges && v > c->edges[value])
			value++;
		count_value(r, c, groups, isnan(v) ? MISSING : value);
	}
}

static void
read_numbers(Reading *r)
{
	uint64 room = (uint64) Max(r->sides[0].users, 1);
	int most = (int) Min(Max(up_memory_limit() / 4 / (room * sizeof(double)), 1), MOST_READ), next = 0;
	double *x = up_alloc_array(room, sizeof(double)), *scratch = up_alloc_array(room, sizeof(double));

	for (int k = 0; k < r->n_sides; k++)
		r->groups[k] = up_alloc_array(room, sizeof(uint32));
	while (next < r->n_columns)
	{
		for (r->n_read = 0; r->n_read < most && next < r->n_columns; next++)
		{
			Column *c = &r->columns[next];

			if (c->as == UP_TOLD_CATEGORY)
				continue;
			c->numbers = up_alloc_array(room, sizeof(double));
			r->read[r->n_read++] = c;
		}
		if (r->n_read > 0)
			run_reading(r, as_number, take_numbers);
		for (int i = 0; i < r->n_read; i++)
		{
			CHECK_FOR_INTERRUPTS();
			count_numbers(r, r->read[i], x, scratch);
			up_free(r->read[i]->numbers);
		}
	}
	for (int k = 0; k < r->n_sides; k++)
		up_free(r->groups[k]);
	up_free(scratch);
	up_free(x);
}

/* ---- values as they are ------------------------------------------------------------------------------------------- */

static char *
as_text(const Column *c)
{
	return psprintf("r.%s::text", quote_identifier(c->name));
}

/* The place of a value, which gets one; -1: there are too many. */
static int
value_place(Column *c, text *value)
{
	int len = (int) VARSIZE_ANY_EXHDR(value);
	uint32 hash = hash_bytes((const unsigned char *) VARDATA_ANY(value), len);
	int at = (int) (hash & (SLOTS - 1));

	for (; c->slots[at] != 0; at = (at + 1) & (SLOTS - 1))
	{
		int i = c->slots[at] - 1;

		if (c->hashes[i] == hash && strncmp(c->values[i], VARDATA_ANY(value), (size_t) len) == 0 &&
			c->values[i][len] == '\0')
			return i;
	}
	if (c->n_values == MOST_VALUES)
		return -1;
	c->slots[at] = (int16) (c->n_values + 1);
	c->hashes[c->n_values] = hash;
	c->values[c->n_values] = MemoryContextStrdup(GetMemoryChunkContext(c->values), text_to_cstring(value));
	return c->n_values++;
}

static void
take_texts(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	int groups[2];

	slot_getallattrs(slot);
	for (int k = 0; k < r->n_sides; k++)
		groups[k] = segment_place(&r->sides[k], slot, k);
	for (int i = 0; i < r->n_read; i++)
	{
		Column *c = r->read[i];
		int at = r->n_sides + i, value = MISSING;

		if (c->many)
			continue;
		if (!slot->tts_isnull[at])
		{
			text *t = DatumGetTextPP(slot->tts_values[at]);

			value = value_place(c, t);
			c->many = value < 0;
			if (t != (text *) DatumGetPointer(slot->tts_values[at]))
				pfree(t);
		}
		if (c->many)
			continue;
		if (c->n_values > c->room)
			make_cells(r, c, 2 * c->room + 1);
		count_value(r, c, groups, value);
	}
}

static void
read_texts(Reading *r)
{
	int next = 0;

	while (next < r->n_columns)
	{
		for (r->n_read = 0; r->n_read < MOST_READ && next < r->n_columns; next++)
		{
			Column *c = &r->columns[next];

			if (c->n_edges > 0 || c->many)
				continue;
			c->values = palloc(sizeof(char *) * MOST_VALUES);
			c->hashes = palloc(sizeof(uint32) * MOST_VALUES);
			c->slots = palloc0(sizeof(int16) * SLOTS);
			make_cells(r, c, FEW_VALUES);
			r->read[r->n_read++] = c;
		}
		if (r->n_read > 0)
			run_reading(r, as_text, take_texts);
	}
}

/* ---- tables ------------------------------------------------------------------------------------------------------- */

typedef struct Sized
{
	const char *value;
	int at;
	int64 n;
} Sized;

static int
by_size(const void *a, const void *b)
{
	const Sized *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return varstr_cmp(x->value, (int) strlen(x->value), y->value, (int) strlen(y->value),
					  DEFAULT_COLLATION_OID);
}

static int64
size_of(const Column *c, const Side *side, int k, int value)
{
	const int64 *cells = cells_of(c, side, k, value);
	int64 n = 0;

	for (int g = 0; g < side->n; g++)
		n += cells[g];
	return n;
}

/* Values in the order in which they are told: bins as they are, the frequent ones of texts first. */
static Sized *
values_in_order(const Column *c, const Side *side, int k)
{
	Sized *order = palloc(sizeof(Sized) * (Size) (c->n_values + 1));

	for (int i = 0; i < c->n_values; i++)
		order[i] = (Sized){c->n_edges > 0 ? psprintf("%d", i) : c->values[i], i, size_of(c, side, k, i)};
	if (c->n_edges == 0)
		qsort(order, (size_t) c->n_values, sizeof(Sized), by_size);
	order[c->n_values] = (Sized){NULL, MISSING, size_of(c, side, k, MISSING)};
	return order;
}

static int
column_of(const UpCounts *c, const char *text)
{
	for (int j = 0; j < c->n_columns; j++)
	{
		if (text == NULL || c->columns[j] == NULL ? text == c->columns[j] : strcmp(c->columns[j], text) == 0)
			return j;
	}
	return -1;
}

/* The column of values that are told so, which there may be already. */
static int
column_place(UpCounts *c, const char *told)
{
	int at = column_of(c, told);

	if (at >= 0)
		return at;
	c->columns[c->n_columns] = unconstify(char *, told);
	return c->n_columns++;
}

/* The rarer ones of many values are put together. */
static UpCounts *
counts_of(const Column *col, const Side *side, int k)
{
	const Sized *order = values_in_order(col, side, k);
	UpCounts *c = palloc0(sizeof(UpCounts));
	int n = col->n_values + 1; /* with those that are missing, the last */
	int *row = palloc(sizeof(int) * (Size) Max(side->n, 1)), *column = palloc0(sizeof(int) * (Size) n);

	c->rows = palloc(sizeof(char *) * (Size) Max(side->n, 1));
	c->columns = palloc(sizeof(char *) * (Size) n);
	memset(row, -1, sizeof(int) * (Size) Max(side->n, 1));
	for (int i = 0; i < n; i++)
	{
		bool rare = col->n_edges == 0 && i >= TOLD_VALUES && i < col->n_values;

		if (order[i].n > 0)
			column[i] = column_place(c, rare ? OTHER : order[i].value);
	}
	c->counts = palloc0(sizeof(int64) * (Size) Max(side->n, 1) * (Size) Max(c->n_columns, 1));
	/* Segments in the order in which they come with the values. */
	for (int i = 0; i < n; i++)
	{
		const int64 *cells = cells_of(col, side, k, order[i].at);

		for (int g = 0; g < side->n; g++)
		{
			if (cells[g] == 0)
				continue;
			if (row[g] < 0)
			{
				row[g] = c->n_rows;
				c->rows[c->n_rows++] = side->segments[g];
			}
			c->counts[row[g] * c->n_columns + column[i]] += cells[g];
			c->total += cells[g];
		}
	}
	return c;
}

/* The same with a last row of all users, and small cells hidden. */
static UpCounts *
with_everybody(const UpCounts *c, int64 least)
{
	UpCounts *all = palloc0(sizeof(UpCounts));
	UpCounts *sets = palloc(sizeof(UpCounts));

	*all = *c;
	all->n_rows = c->n_rows + 1;
	all->rows = palloc(sizeof(char *) * (Size) all->n_rows);
	all->counts = palloc(sizeof(int64) * (Size) all->n_rows * (Size) Max(c->n_columns, 1));
	if (c->n_rows > 0)
	{
		memcpy(all->rows, c->rows, sizeof(char *) * (Size) c->n_rows);
		memcpy(all->counts, c->counts, sizeof(int64) * (Size) c->n_rows * (Size) c->n_columns);
	}
	all->rows[c->n_rows] = pstrdup("");
	for (int j = 0; j < c->n_columns; j++)
		all->counts[c->n_rows * c->n_columns + j] = up_counts_column_sum(c, j);
	up_counts_hide(all, least);
	/* Which segments, and which values, are hidden as a whole is decided without the row of all. */
	*sets = *c;
	up_counts_hide(sets, least);
	memcpy(all->hidden_rows, sets->hidden_rows, (Size) c->n_rows);
	memcpy(all->hidden_columns, sets->hidden_columns, (Size) c->n_columns);
	all->hidden_rows[c->n_rows] = 0;
	return all;
}

static Side
side_of(const UpSegments *s, const char *expression, const char *what)
{
	UpSegment single = {NULL};
	char *condition;

	if (expression == NULL)
		return (Side){.segment = ""};
	condition = up_segments_condition(s, expression, &single);
	if (single.set != NULL)
		return (Side){.group = up_segment_of(single.set, "r"),
					  .segment = single.set->rule ? "true" : single.segment};
	if (s->profile->policy->min_group > 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("%s must be one segment where the policy of the profile has min_group", what),
						errdetail("Differences between expressions would tell of small groups."),
						errhint("Make a segment of it: uprofile_alter(profile, segments => …).")));
	return (Side){.group = psprintf("CASE WHEN %s THEN 'in' END", condition), .segment = "in"};
}

static void
set_count(Datum *values, bool *nulls, int at, const UpCounts *c, int row, int column, double *share)
{
	int64 size = up_counts_row_sum(c, row);
	int64 n = row >= 0 && column >= 0 ? c->counts[row * c->n_columns + column] : 0;

	*share = size > 0 ? (double) n / (double) size : 0;
	values[at] = Int64GetDatum(n);
	values[at + 1] = Float8GetDatum(*share);
	nulls[at] = nulls[at + 1] = row >= 0 && column >= 0 && up_counts_is_hidden(c, row, column);
}

static void
return_column(UpSrf *srf, const Column *c, const UpCounts *of, int row, const UpCounts *base, int base_row)
{
	for (int j = 0; j < of->n_columns; j++)
	{
		const char *value = of->columns[j];
		Datum values[8] = {0};
		bool nulls[8] = {false};
		double share, base_share;

		if (value != NULL && c->n_edges > 0)
			value = c->labels[atoi(value)];
		values[0] = CStringGetTextDatum(c->name);
		nulls[1] = value == NULL;
		values[1] = value != NULL ? CStringGetTextDatum(value) : (Datum) 0;
		set_count(values, nulls, 2, of, row, j, &share);
		set_count(values, nulls, 4, base, base_row, column_of(base, of->columns[j]), &base_share);
		nulls[6] = nulls[2] || nulls[4] || base_share == 0;
		values[6] = Float8GetDatum(base_share > 0 ? 100 * share / base_share : 0);
		values[7] = BoolGetDatum(nulls[2] || nulls[4]);
		up_srf_row(srf, values, nulls);
	}
}

static void
tell_column(const Reading *r, const Column *c, UpSrf *srf)
{
	int64 least = r->segments->profile->policy->min_group;
	UpCounts *counts = with_everybody(counts_of(c, &r->sides[0], 0), least), *base_counts = counts;
	int base_row = counts->n_rows - 1;

	if (r->n_sides > 1)
	{
		base_counts = with_everybody(counts_of(c, &r->sides[1], 1), least);
		base_row = up_counts_row(base_counts, r->sides[1].segment);
	}
	return_column(srf, c, counts, up_counts_row(counts, r->sides[0].segment), base_counts, base_row);
}

/* The column of the set that the segment is one of, which says nothing of its users; NULL: an expression. */
static const char *
own_column(const UpSegments *s, const char *expression)
{
	UpSegment single = {NULL};

	(void) up_segments_condition(s, expression, &single);
	return single.set != NULL ? single.set->column : NULL;
}

static void
find_columns(Reading *r, const char *own)
{
	const UpSegments *s = r->segments;

	r->columns = palloc0(sizeof(Column) * (Size) Max(s->columns->natts, 1));
	r->read = palloc(sizeof(Column *) * (Size) Max(s->columns->natts, 1));
	for (int i = 0; i < s->columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(s->columns, i);
		const char *name = pstrdup(NameStr(a->attname));
		UpTold as = up_told_as(a->atttypid);

		if (as != UP_TOLD_NOT && !up_key_has(&s->profile->key_parts, name) &&
			strcmp(name, UP_CHANGED_AT) != 0 && (own == NULL || strcmp(own, name) != 0))
			r->columns[r->n_columns++] = (Column){.name = name, .as = as};
	}
}

void
up_segment_tgi(const UpSegments *s, const char *segment, const char *base, UpSrf *srf)
{
	Reading r = {.segments = s, .n_sides = base != NULL ? 2 : 1};

	r.sides[0] = side_of(s, segment, "the segment");
	r.sides[1] = side_of(s, base, "the base");
	find_columns(&r, own_column(s, segment));
	for (int k = 0; k < r.n_sides; k++)
		find_segments(s, &r.sides[k]);
	read_numbers(&r);
	read_texts(&r);
	for (int i = 0; i < r.n_columns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!r.columns[i].many)
			tell_column(&r, &r.columns[i], srf);
	}
}
