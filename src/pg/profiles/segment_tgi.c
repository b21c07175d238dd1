/*
 * segment_tgi.c - the target group index: what a segment's users have more often than others; see segment_tables.h
 *
 * A table of one column counts by the segments of a set and by value; one more row are all users. Small cells are hidden in the
 * whole of it, so that no other segment of the set, and not all users, tell what is hidden of one.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/profiles/segment_stats.h"
#include "pg/profiles/segment_tables.h"

#define BINS        5
#define FEW_NUMBERS 10 /* different ones that are told as they are */
#define MOST_VALUES 255
#define TOLD_VALUES 20 /* the others are told together */
#define OTHER       "(other)"

/* How a column's values are told. */
typedef struct Values
{
	char *sql;   /* of a row r, as text */
	int n_edges; /* 0: values as they are */
	double edges[BINS - 1];
	char *labels[BINS];
} Values;

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
label_bins(Values *v, UpTold as, bool whole)
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

/* Quintiles of all users, at numbers that can be told. */
static void
find_edges(Values *v, const UpRows *r, UpTold as)
{
	bool isnull;
	Datum found = up_rows_get(r, 0, "edges", &isnull), *edges, least, most;
	bool whole = DatumGetBool(up_rows_get(r, 0, "whole", &isnull)) && as == UP_TOLD_NUMBER;
	int n;

	deconstruct_array(DatumGetArrayTypeP(found), FLOAT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &edges, NULL,
					  &n);
	least = up_rows_get(r, 0, "least", &isnull);
	most = up_rows_get(r, 0, "most", &isnull);
	for (int i = 0; i < n; i++)
	{
		double edge = edge_of(DatumGetFloat8(edges[i]), as);

		if (edge >= DatumGetFloat8(least) && edge < DatumGetFloat8(most) &&
			(v->n_edges == 0 || edge > v->edges[v->n_edges - 1]))
			v->edges[v->n_edges++] = edge;
	}
	label_bins(v, as, whole);
}

/* False: there are too many values, and none is told. */
static bool
find_values(const UpSegments *s, const char *column, UpTold as, Values *v)
{
	char *x, *from = up_segments_from(s, "");
	StringInfoData sql;
	UpRows r;
	bool isnull;

	memset(v, 0, sizeof(*v));
	v->sql = psprintf("r.%s::text", quote_identifier(column));
	if (as != UP_TOLD_CATEGORY)
	{
		x = up_told_number(column, as);
		r = up_segments_query(psprintf("SELECT pg_catalog.count(DISTINCT x) AS n, "
									   "pg_catalog.percentile_disc('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP "
									   "(ORDER BY x) AS edges, pg_catalog.bool_and(x = pg_catalog.trunc(x)) AS "
									   "whole, pg_catalog.min(x) AS least, pg_catalog.max(x) AS most FROM "
									   "(SELECT %s AS x FROM %s) q",
									   x, from),
							  0, NULL, NULL);
		if (DatumGetInt64(up_rows_get(&r, 0, "n", &isnull)) > FEW_NUMBERS)
		{
			find_edges(v, &r, as);
			initStringInfo(&sql);
			appendStringInfo(&sql, "CASE WHEN %s IS NULL THEN NULL", x);
			for (int i = 0; i < v->n_edges; i++)
				appendStringInfo(&sql, " WHEN %s <= '%.17g'::float8 THEN '%d'", x, v->edges[i], i);
			appendStringInfo(&sql, " ELSE '%d' END", v->n_edges);
			v->sql = sql.data;
			return v->n_edges > 0;
		}
	}
	r = up_segments_query(
		psprintf("SELECT 1 FROM (SELECT DISTINCT %s FROM %s LIMIT %d) q", v->sql, from, MOST_VALUES + 1), 0,
		NULL, NULL);
	return r.n <= MOST_VALUES;
}

/* The rarer ones of many values are put together. */
static char *
values_query(const char *group, const Values *v, const char *from)
{
	char *cells = psprintf("SELECT %s AS a, %s AS b, pg_catalog.count(*) AS n FROM %s GROUP BY 1, 2", group,
						   v->sql, from);

	if (v->n_edges > 0)
		return psprintf("%s ORDER BY 2, 1", cells);
	return psprintf(
		"WITH cells AS (%s), sizes AS (SELECT b, pg_catalog.row_number() OVER (ORDER BY pg_catalog.sum(n) "
		"DESC, b) AS place FROM "
		"cells "
		"WHERE b IS NOT NULL GROUP BY b) SELECT c.a, CASE WHEN z.place <= %d THEN c.b WHEN c.b IS NOT NULL "
		"THEN "
		"'" OTHER
		"' END AS b, pg_catalog.sum(c.n)::int8 AS n FROM cells c LEFT JOIN sizes z ON z.b = c.b GROUP BY 1, 2, "
		"LEAST(z.place, %d + 1) ORDER BY LEAST(z.place, %d + 1), 1",
		cells, TOLD_VALUES, TOLD_VALUES, TOLD_VALUES);
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

/* One side of the comparison. */
typedef struct Side
{
	const char *group;   /* an expression of r */
	const char *segment; /* its value; "": everybody */
} Side;

static Side
side_of(const UpSegments *s, const char *expression, const char *what)
{
	UpSegment single = {NULL};
	char *condition;

	if (expression == NULL)
		return (Side){NULL, ""};
	condition = up_segments_condition(s, expression, &single);
	if (single.set != NULL)
		return (Side){up_segment_of(single.set, "r"), single.set->rule ? "true" : single.segment};
	if (s->profile->policy->min_group > 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("%s must be one segment where the policy of the profile has min_group", what),
						errdetail("Differences between expressions would tell of small groups."),
						errhint("Make a segment of it: uprofile_alter(profile, segments => …).")));
	return (Side){psprintf("CASE WHEN %s THEN 'in' END", condition), "in"};
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

static void
return_column(UpSrf *srf, const char *column, const Values *v, const UpCounts *of, int row,
			  const UpCounts *base, int base_row)
{
	for (int j = 0; j < of->n_columns; j++)
	{
		const char *value = of->columns[j];
		Datum values[8] = {0};
		bool nulls[8] = {false};
		double share, base_share;

		if (value != NULL && v->n_edges > 0)
			value = v->labels[atoi(value)];
		values[0] = CStringGetTextDatum(column);
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
tgi_of_column(const UpSegments *s, const char *column, UpTold as, const Side *of, const Side *base, UpSrf *srf)
{
	int64 least = s->profile->policy->min_group;
	char *from = up_segments_from(s, "");
	UpCounts *counts, *base_counts;
	Values v;
	int row, base_row;

	if (!find_values(s, column, as, &v))
		return;
	counts = with_everybody(up_counts_of(values_query(of->group, &v, from), 0, NULL, NULL), least);
	base_counts = counts;
	base_row = counts->n_rows - 1;
	if (base->group != NULL)
	{
		base_counts = with_everybody(up_counts_of(values_query(base->group, &v, from), 0, NULL, NULL), least);
		base_row = up_counts_row(base_counts, base->segment);
	}
	row = up_counts_row(counts, of->segment);
	return_column(srf, column, &v, counts, row, base_counts, base_row);
}

/* Whether it is what the segment is made of: its own column. */
static bool
is_own(const UpSegments *s, const char *column, const char *expression)
{
	UpSegment single = {NULL};

	(void) up_segments_condition(s, expression, &single);
	return single.set != NULL && strcmp(single.set->column, column) == 0;
}

void
up_segment_tgi(const UpSegments *s, const char *segment, const char *base, UpSrf *srf)
{
	Side of = side_of(s, segment, "the segment"), against = side_of(s, base, "the base");

	for (int i = 0; i < s->columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(s->columns, i);
		const char *name = pstrdup(NameStr(a->attname));
		UpTold as = up_told_as(a->atttypid);

		CHECK_FOR_INTERRUPTS();
		if (as == UP_TOLD_NOT || up_key_has(&s->profile->key_parts, name) || strcmp(name, UP_CHANGED_AT) == 0 ||
			is_own(s, name, segment))
			continue;
		tgi_of_column(s, name, as, &of, &against, srf);
	}
}
