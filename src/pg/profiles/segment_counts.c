/*
 * segment_counts.c - counts by two things, small groups hidden; and overlaps and members of segments; see segment_tables.h
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "assess/suppress.h"
#include "pg/io/query.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/segment_tables.h"

/* ---- counts ------------------------------------------------------------------------------------------------------- */

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
place_of(char ***texts, int *n, char *text)
{
	for (int i = 0; i < *n; i++)
	{
		if (same_text((*texts)[i], text))
			return i;
	}
	*texts = *n == 0                             ? palloc(sizeof(char *) * 8)
			 : (*n >= 8 && (*n & (*n - 1)) == 0) ? repalloc(*texts, sizeof(char *) * (Size) *n * 2)
												 : *texts;
	(*texts)[*n] = text;
	return (*n)++;
}

UpCounts *
up_counts_of(const char *query, int n_args, const Oid *types, const Datum *values)
{
	UpRows r = up_segments_query(query, n_args, types, values);

	return up_counts_in(&r);
}

UpCounts *
up_counts_in(const UpRows *r)
{
	UpCounts *c = palloc0(sizeof(UpCounts));
	int *row = palloc(sizeof(int) * (Size) Max(r->n, 1)), *column = palloc(sizeof(int) * (Size) Max(r->n, 1));
	bool isnull;

	for (uint64 i = 0; i < r->n; i++)
	{
		row[i] = place_of(&c->rows, &c->n_rows, up_rows_text(r, i, "a"));
		column[i] = place_of(&c->columns, &c->n_columns, up_rows_text(r, i, "b"));
	}
	c->counts = palloc0(sizeof(int64) * Max((Size) c->n_rows * (Size) c->n_columns, 1));
	for (uint64 i = 0; i < r->n; i++)
	{
		int64 n = DatumGetInt64(up_rows_get(r, i, "n", &isnull));

		c->counts[(Size) row[i] * (Size) c->n_columns + (Size) column[i]] += n;
		c->total += n;
	}
	return c;
}

int
up_counts_row(const UpCounts *c, const char *text)
{
	for (int i = 0; i < c->n_rows; i++)
	{
		if (same_text(c->rows[i], text))
			return i;
	}
	return -1;
}

int64
up_counts_row_sum(const UpCounts *c, int row)
{
	int64 sum = 0;

	for (int j = 0; row >= 0 && j < c->n_columns; j++)
		sum += c->counts[row * c->n_columns + j];
	return sum;
}

int64
up_counts_column_sum(const UpCounts *c, int column)
{
	int64 sum = 0;

	for (int i = 0; i < c->n_rows; i++)
		sum += c->counts[i * c->n_columns + column];
	return sum;
}

/* Which lines are not told at all, since their sums are hidden where sizes are shown. */
static uint8 *
hidden_sums(const UpCounts *c, bool rows, int64 least)
{
	int n = rows ? c->n_rows : c->n_columns;
	int64 *sums = palloc(sizeof(int64) * (Size) Max(n, 1));
	uint8 *hidden = palloc0((Size) Max(n, 1));

	for (int i = 0; i < n; i++)
		sums[i] = rows ? up_counts_row_sum(c, i) : up_counts_column_sum(c, i);
	up_suppress(sums, 1, (size_t) n, least, hidden);
	return hidden;
}

void
up_counts_hide(UpCounts *c, int64 least)
{
	c->hidden = palloc0(Max((Size) c->n_rows * (Size) c->n_columns, 1));
	c->hidden_rows = hidden_sums(c, true, least);
	c->hidden_columns = hidden_sums(c, false, least);
	up_suppress(c->counts, (size_t) c->n_rows, (size_t) c->n_columns, least, c->hidden);
}

bool
up_counts_is_hidden(const UpCounts *c, int row, int column)
{
	return c->hidden_rows[row] || c->hidden_columns[column] || c->hidden[row * c->n_columns + column];
}

/* ---- overlaps ----------------------------------------------------------------------------------------------------- */

static const char *
title_of(const UpSegmentSet *set, const char *segment, const UpSegment *known, int n)
{
	if (set->rule)
		return set->column;
	for (int i = 0; i < n; i++)
	{
		if (known[i].set == set && known[i].name != NULL && strcmp(known[i].segment, segment) == 0)
			return known[i].name;
	}
	return up_segment_id(set, segment);
}

static void
return_overlap(UpSrf *srf, const UpCounts *c, int i, int j, const char *a, const char *b)
{
	int64 both = c->counts[i * c->n_columns + j], in_a = up_counts_row_sum(c, i),
		  in_b = up_counts_column_sum(c, j);
	Datum values[] = {
		CStringGetTextDatum(a),
		CStringGetTextDatum(b),
		Int64GetDatum(both),
		Int64GetDatum(in_a - both),
		Int64GetDatum(in_b - both),
		Float8GetDatum((double) both / (double) (in_a + in_b - both)),
		Float8GetDatum((double) both * (double) c->total / ((double) in_a * (double) in_b)),
		BoolGetDatum(up_counts_is_hidden(c, i, j)),
	};
	bool nulls[lengthof(values)] = {false};

	if (up_counts_is_hidden(c, i, j))
		memset(nulls + 2, true, 5);
	up_srf_row(srf, values, nulls);
}

static void
overlap_of(const UpSegments *s, const UpSegmentSet *a, const UpSegmentSet *b, const UpSegment *known,
		   int n_known, UpSrf *srf)
{
	UpCounts *c = up_counts_of(
		psprintf("SELECT %s AS a, %s AS b, pg_catalog.count(*) AS n FROM %s GROUP BY 1, 2 ORDER BY 1, 2",
				 up_segment_of(a, "r"), up_segment_of(b, "r"), up_segments_from(s, "")),
		0, NULL, NULL);

	up_counts_hide(c, s->profile->policy->min_group);
	for (int i = 0; i < c->n_rows; i++)
	{
		for (int j = 0; c->rows[i] != NULL && j < c->n_columns; j++)
		{
			if (c->columns[j] != NULL)
				return_overlap(srf, c, i, j, title_of(a, c->rows[i], known, n_known),
							   title_of(b, c->columns[j], known, n_known));
		}
	}
}

void
up_segment_overlap(const UpSegments *s, UpSrf *srf)
{
	int n_known;
	UpSegment *known = up_segments_known(s, &n_known);

	for (int i = 0; i < s->n_sets; i++)
	{
		for (int j = i + 1; j < s->n_sets; j++)
			overlap_of(s, &s->sets[i], &s->sets[j], known, n_known, srf);
	}
}

/* ---- members ------------------------------------------------------------------------------------------------------ */

static void
return_member(void *arg, TupleTableSlot *slot)
{
	bool isnull;
	Datum key = slot_getattr(slot, 1, &isnull);

	up_srf_row(arg, &key, &isnull);
}

void
up_segment_members(const UpSegments *s, const char *expression, UpSrf *srf)
{
	char *condition = up_segments_condition(s, expression, NULL);

	up_query_stream(psprintf("SELECT %s FROM %s WHERE %s ORDER BY %s", up_segments_key(s, "r"),
							 up_segments_from(s, ""), condition, up_keys_list(&s->profile->key_parts, "r")),
					0, NULL, NULL, NULL, NULL, return_member, srf);
}
