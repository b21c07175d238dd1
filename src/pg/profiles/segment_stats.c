/*
 * segment_stats.c - what stands out in the users of a segment; see segment_stats.h
 *
 * A column stands out by the difference of the segment's mean to that of all users, in standard deviations of all users; a value of a
 * category likewise by its share. What is told is the mean or, of a column that is skewed, the median, and only where that
 * differs in the same direction and visibly. Of many users a sample chooses the columns; what is told of these is measured
 * on all users.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/profiles/segment_stats.h"

#define SAMPLE       10000 /* users by whom columns are chosen, where there are more than twice as many */
#define MOST_COLUMNS 300   /* that are looked at */
#define MOST_VALUES  255   /* of a category */
#define STANDS_OUT   0.3   /* standard deviations */
#define SKEWED       0.25  /* times the distance of the quartiles, between mean and median */
#define MORE         1.2   /* times, below which more is not told as more; and the inverse */
#define FEW          30    /* users of a segment in the sample, below which they are looked at all */
#define MANY         100   /* users: as many of two columns by chance is unlikely */

/* ---- columns ------------------------------------------------------------------------------------------------------ */

UpTold
up_told_as(Oid type)
{
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return UP_TOLD_NUMBER;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return UP_TOLD_DATE;
		case INTERVALOID:
			return UP_TOLD_SPAN;
		case BOOLOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return UP_TOLD_CATEGORY;
		default:
			return type_is_enum(getBaseType(type)) ? UP_TOLD_CATEGORY : UP_TOLD_NOT;
	}
}

char *
up_told_value(const char *row, const char *column, UpTold told)
{
	return psprintf(told == UP_TOLD_NUMBER ? "%s.%s::float8" : "extract(epoch FROM %s.%s)::float8", row,
					quote_identifier(column));
}

char *
up_told_number(const char *row, const char *column, UpTold told)
{
	char *v = up_told_value(row, column, told);

	return psprintf("CASE WHEN pg_catalog.abs(%s) < '1e100'::float8 THEN %s END", v, v);
}

static bool
is_of_model(const UpSegments *s, const char *name)
{
	for (int i = 0; i < s->n_sets; i++)
	{
		if (strcmp(s->sets[i].column, name) == 0)
			return true;
	}
	return false;
}

/* Whether a column says what a user is like: one of the source, or a live one. */
static bool
describes(const UpSegments *s, const char *name)
{
	const UpProfile *p = s->profile;

	if (up_key_has(&p->key_parts, name) || is_of_model(s, name) || strcmp(name, UP_CHANGED_AT) == 0)
		return false;
	return up_policy_live(p->policy, name) != NULL || up_attribute_named(p->columns, name) != NULL;
}

/* ---- figures ------------------------------------------------------------------------------------------------------ */

static double
number_of(const UpRows *r, uint64 i, const char *column)
{
	bool isnull;
	Datum value = up_rows_get(r, i, column, &isnull);

	return isnull ? NAN : DatumGetFloat8(value);
}

static UpSegmentGroup *
group_named(UpSegmentGroup *groups, int n, const UpSegmentSet *set, const char *segment)
{
	for (int i = 0; segment != NULL && i < n; i++)
	{
		if (set->rule || strcmp(groups[i].segment, segment) == 0)
			return &groups[i];
	}
	return NULL;
}

/* Whether a count tells of a group that is too small. */
static bool
is_small(double count, int64 least)
{
	return count > 0.5 && count < (double) least - 0.5;
}

/* Whether it is told that one is more, or less, than the other. */
static bool
is_visible(double value, double everybody, double difference, double spread, bool ratio)
{
	if (!isfinite(value) || !isfinite(everybody) || (value > everybody) != (difference > 0) ||
		value == everybody)
		return false;
	if (!ratio)
		return fabs(value - everybody) >= STANDS_OUT * spread / 2;
	return value >= everybody * MORE || value <= everybody / MORE;
}

typedef struct Numbers
{
	double rows; /* with or without a value */
	double n, mean, median, spread, least, most;
	double quartiles; /* how far they are from each other */
} Numbers;

static Numbers
numbers_of(const UpRows *r, uint64 i)
{
	return (Numbers){number_of(r, i, "rows"),   number_of(r, i, "n"),        number_of(r, i, "mean"),
					 number_of(r, i, "median"), number_of(r, i, "spread"),   number_of(r, i, "least"),
					 number_of(r, i, "most"),   number_of(r, i, "quartiles")};
}

static void
add_number(UpSegmentGroup *g, const char *column, UpTold told, bool whole, const Numbers *of,
		   const Numbers *all)
{
	UpStand stand = {.column = column, .told = told, .whole = whole, .users = (int64) of->n};
	double scale = all->quartiles > 0 ? Min(all->quartiles, all->spread) : all->spread;
	bool skewed = told == UP_TOLD_DATE || fabs(all->mean - all->median) > SKEWED * scale;
	double difference = (of->mean - all->mean) / all->spread;

	if (!(fabs(difference) >= STANDS_OUT) || !isfinite(difference) || of->n * 2 < of->rows)
		return;
	for (int median = skewed; median >= 0; median--)
	{
		stand.statistic = median ? "median" : "mean";
		stand.value = median ? of->median : of->mean;
		stand.everybody = median ? all->median : all->mean;
		stand.ratio = told != UP_TOLD_DATE && all->least >= 0 && stand.everybody > 0;
		stand.difference = difference;
		if (is_visible(stand.value, stand.everybody, difference, all->spread, stand.ratio))
		{
			g->stands = lappend(g->stands, memcpy(palloc(sizeof(UpStand)), &stand, sizeof(UpStand)));
			return;
		}
		/* A mean of dates is none of them. */
		if (told == UP_TOLD_DATE)
			return;
	}
}

static void
add_share(UpSegmentGroup *g, const char *column, bool whole, const char *value, double count, double share,
		  double everybody)
{
	UpStand stand = {.column = column,
					 .told = UP_TOLD_CATEGORY,
					 .whole = whole,
					 .statistic = "share",
					 .value_of = value,
					 .ratio = true};

	if (!(everybody > 0 && everybody < 1) || share < 0.2 || share < everybody * MORE)
		return;
	stand.value = share;
	stand.everybody = everybody;
	stand.users = (int64) count;
	stand.difference = (share - everybody) / sqrt(everybody * (1 - everybody));
	if (stand.difference >= STANDS_OUT)
		g->stands = lappend(g->stands, memcpy(palloc(sizeof(UpStand)), &stand, sizeof(UpStand)));
}

/*
 * Whether shares of a value tell of none: it has enough users, or nobody, in each segment, and so have all other values
 * together.
 */
static bool
may_tell(const UpRows *r, const char *value, int64 least)
{
	for (uint64 i = 0; least > 1 && i < r->n; i++)
	{
		const char *other = up_rows_text(r, i, "value");
		double count = number_of(r, i, "count");

		if (other == NULL || strcmp(other, value) != 0)
			continue;
		if (is_small(count, least) || is_small(count / number_of(r, i, "share") - count, least))
			return false;
	}
	return true;
}

/* Rows come with the share of each value among the segment's users, and among all. */
static void
add_shares(const UpSegments *s, const UpSegmentSet *set, UpSegmentGroup *groups, int n, const char *column,
		   bool whole, const char *sample)
{
	char *from = up_segments_from(s, sample);
	const char *name = quote_identifier(column);
	UpRows r;

	r = up_segments_query(
		psprintf("SELECT 1 FROM (SELECT DISTINCT r.%s::text FROM %s LIMIT %d) q", name, from, MOST_VALUES + 1),
		0, NULL, NULL);
	if (r.n > MOST_VALUES)
		return;
	r = up_segments_query(
		psprintf("SELECT g AS segment, v AS value, c::float8 AS count, c::float8 / pg_catalog.sum(c) OVER "
				 "(PARTITION BY g) AS share, "
				 "(pg_catalog.sum(c) OVER (PARTITION BY v) / pg_catalog.sum(c) OVER ())::float8 AS everybody "
				 "FROM (SELECT "
				 "%s AS g, r.%s::text AS "
				 "v, pg_catalog.count(*)::float8 AS c FROM %s GROUP BY 1, 2) q ORDER BY 1, 2",
				 up_segment_of(set, "r"), name, from),
		0, NULL, NULL);
	for (uint64 i = 0; i < r.n; i++)
	{
		UpSegmentGroup *g = group_named(groups, n, set, up_rows_text(&r, i, "segment"));
		char *value = up_rows_text(&r, i, "value");

		if (g != NULL && value != NULL && may_tell(&r, value, s->profile->policy->min_group))
			add_share(g, column, whole, value, number_of(&r, i, "count"), number_of(&r, i, "share"),
					  number_of(&r, i, "everybody"));
	}
}

static void
add_numbers(const UpSegments *s, const UpSegmentSet *set, UpSegmentGroup *groups, int n, const char *column,
			Oid type, const char *sample)
{
	UpTold told = up_told_as(type);
	Oid base = getBaseType(type);
	bool whole = base == INT2OID || base == INT4OID || base == INT8OID;
	UpRows r = up_segments_query(
		psprintf("SELECT g AS segment, pg_catalog.count(*)::float8 AS rows, pg_catalog.count(x)::float8 AS n, "
				 "pg_catalog.avg(x) AS mean, "
				 "pg_catalog.stddev_pop(x) AS spread, "
				 "pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS median, pg_catalog.min(x) AS "
				 "least, pg_catalog.max(x) AS most, "
				 "pg_catalog.percentile_cont(0.75) "
				 "WITHIN GROUP (ORDER BY x) - pg_catalog.percentile_cont(0.25) WITHIN GROUP (ORDER BY x) AS "
				 "quartiles FROM "
				 "(SELECT %s AS "
				 "g, %s AS x FROM %s%s) q GROUP BY GROUPING SETS ((g), ()) ORDER BY GROUPING(g) DESC",
				 up_segment_of(set, "r"), up_told_number("r", column, told), up_segments_from(s, sample),
				 /* Shards know no GROUPING: they give these two columns. */
				 up_is_sharded(s->table) ? " OFFSET 0" : ""),
		0, NULL, NULL);
	Numbers all;

	if (r.n == 0)
		return;
	all = numbers_of(&r, 0);
	/* A yes or no in figures: its mean is a share. */
	if (whole && all.least == 0 && all.most == 1)
	{
		add_shares(s, set, groups, n, column, true, sample);
		return;
	}
	for (uint64 i = 1; i < r.n && all.spread > 0; i++)
	{
		UpSegmentGroup *g = group_named(groups, n, set, up_rows_text(&r, i, "segment"));
		Numbers of = numbers_of(&r, i);

		if (g == NULL || of.n <= 0 || is_small(of.n, s->profile->policy->min_group) ||
			is_small((double) g->users - of.n, s->profile->policy->min_group))
			continue;
		add_number(g, column, told, whole, &of, &all);
	}
}

static int
by_difference(const ListCell *a, const ListCell *b)
{
	const UpStand *x = lfirst(a), *y = lfirst(b);
	/* Of an age and its date the age is told. */
	double dx = fabs(x->difference) - (x->told == UP_TOLD_DATE ? 0.01 : 0);
	double dy = fabs(y->difference) - (y->told == UP_TOLD_DATE ? 0.01 : 0);

	if (dx != dy)
		return dx > dy ? -1 : 1;
	return strcmp(x->column, y->column);
}

/* A value of the same column, or a column that is another by a linear formula, as an age is a date. */
static bool
says_the_same(const UpStand *a, const UpStand *b)
{
	double apart = fabs(fabs(a->difference) - fabs(b->difference));

	if (strcmp(a->column, b->column) == 0)
		return true;
	/* Values that the same users have, as where one question answers another. */
	if (a->told == UP_TOLD_CATEGORY && b->told == UP_TOLD_CATEGORY)
		return apart < 1e-9 && a->users == b->users && fabs(a->everybody - b->everybody) < 1e-12 &&
			   (strcmp(a->value_of, b->value_of) == 0 || a->users >= MANY);
	if (a->told == UP_TOLD_CATEGORY || b->told == UP_TOLD_CATEGORY)
		return false;
	/* A date and the whole days since a time. */
	return apart < ((a->told == UP_TOLD_DATE) != (b->told == UP_TOLD_DATE) ? 0.01 : 1e-9);
}

/* One of those that say the same: that which differs most. */
static void
settle(UpSegmentGroup *g)
{
	List *kept = NIL;
	ListCell *cell, *other;

	list_sort(g->stands, by_difference);
	foreach (cell, g->stands)
	{
		bool seen = false;

		foreach (other, kept)
			seen = seen || says_the_same(lfirst(other), lfirst(cell));
		if (!seen)
			kept = lappend(kept, lfirst(cell));
	}
	g->stands = kept;
}

static bool
is_chosen(const UpSegmentGroup *groups, int n, const char *column)
{
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < list_length(groups[i].stands) && j < UP_STANDS_CHOSEN; j++)
		{
			if (strcmp(((UpStand *) list_nth(groups[i].stands, j))->column, column) == 0)
				return true;
		}
	}
	return false;
}

/* Of the columns that are chosen (all: of every one). */
static void
measure(const UpSegments *s, const UpSegmentSet *set, UpSegmentGroup *groups, int n, const bool *chosen,
		const char *sample)
{
	int looked_at = 0;

	for (int i = 0; i < n; i++)
		groups[i].stands = NIL;
	for (int i = 0; i < s->columns->natts && looked_at < MOST_COLUMNS; i++)
	{
		Form_pg_attribute a = TupleDescAttr(s->columns, i);
		UpTold told = a->attisdropped ? UP_TOLD_NOT : up_told_as(a->atttypid);

		CHECK_FOR_INTERRUPTS();
		if (told == UP_TOLD_NOT || !describes(s, NameStr(a->attname)) || (chosen != NULL && !chosen[i]))
			continue;
		looked_at++;
		if (told == UP_TOLD_CATEGORY)
			add_shares(s, set, groups, n, NameStr(a->attname), false, sample);
		else
			add_numbers(s, set, groups, n, NameStr(a->attname), a->atttypid, sample);
	}
	for (int i = 0; i < n; i++)
		settle(&groups[i]);
}

static UpSegmentGroup *
count_groups(const UpSegments *s, const UpSegmentSet *set, int *n, int64 *total)
{
	UpRows r = up_segments_query(
		psprintf("SELECT %s AS segment, pg_catalog.count(*) AS users FROM %s GROUP BY 1 ORDER BY 2 DESC, 1",
				 up_segment_of(set, "r"), up_segments_from(s, "")),
		0, NULL, NULL);
	UpSegmentGroup *groups = palloc0(sizeof(UpSegmentGroup) * (Size) (r.n + 1));
	bool isnull;

	*n = 0;
	*total = 0;
	for (uint64 i = 0; i < r.n; i++)
	{
		char *segment = up_rows_text(&r, i, "segment");
		int64 users = DatumGetInt64(up_rows_get(&r, i, "users", &isnull));

		*total += users;
		if (segment != NULL)
			groups[(*n)++] = (UpSegmentGroup){.segment = set->rule ? set->column : segment, .users = users};
	}
	if (set->rule && *n == 0)
		groups[(*n)++] = (UpSegmentGroup){.segment = set->column};
	return groups;
}

/* Some of the users, and of a model's segments that are small all. */
static char *
sample_of(const UpSegments *s, const UpSegmentSet *set, UpSegmentGroup *groups, int n, int64 total)
{
	double share = (double) SAMPLE / (double) total;
	char *sample = psprintf("TABLESAMPLE BERNOULLI (%.10g) REPEATABLE (0)", 100 * share);
	StringInfoData small;

	initStringInfo(&small);
	for (int i = 0; i < n; i++)
	{
		if (groups[i].users == 0 || (double) groups[i].users * share >= FEW)
			continue;
		groups[i].unseen = set->rule;
		appendStringInfo(&small, "%s%s", small.len > 0 ? ", " : "", quote_literal_cstr(groups[i].segment));
	}
	if (set->rule || small.len == 0)
		return sample;
	return psprintf("%s UNION ALL SELECT * FROM %s profile WHERE profile.%s IN (%s)", sample, s->profile->table,
					quote_identifier(set->column), small.data);
}

UpSegmentGroup *
up_segment_groups(const UpSegments *s, const UpSegmentSet *set, int *n, int64 *total)
{
	UpSegmentGroup *groups = count_groups(s, set, n, total);
	bool *chosen;

	if (*total <= 2 * SAMPLE)
	{
		measure(s, set, groups, *n, NULL, "");
		return groups;
	}
	measure(s, set, groups, *n, NULL, sample_of(s, set, groups, *n, *total));
	chosen = palloc0(sizeof(bool) * (Size) s->columns->natts);
	for (int i = 0; i < s->columns->natts; i++)
		chosen[i] = is_chosen(groups, *n, NameStr(TupleDescAttr(s->columns, i)->attname));
	measure(s, set, groups, *n, chosen, "");
	return groups;
}
