/*
 * segment_moves.c - who moved from which segment to which, and what moved them; see segment_tables.h
 *
 * The profile of then (uprofile_as_of) beside that of now, joined by key. What moved users are the columns whose means changed most
 * among them, in standard deviations of all users.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "base/value.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/history.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/segment_tables.h"
#include "pg/profiles/segment_words.h"

#define MOST_COLUMNS 100
#define REASONS      2
#define MOVES        0.2 /* standard deviations */
#define CHANGES      0.3 /* share of the users whose category changed */
#define GONE         "gone"
#define NONE         "none"

/* A column that may have moved users. */
typedef struct Feature
{
	const char *name;
	UpTold told;
	double spread; /* of all users now */
} Feature;

typedef struct Moves
{
	const UpSegments *segments;
	const UpSegmentSet *set;
	const UpSegment *known;
	int n_known;
	int n;
	Feature *features;
	bool retrained;
} Moves;

static char *
as_of(const UpSegments *s, TimestampTz since)
{
	return psprintf("%s.uprofile_as_of(NULL::%s, %s)", s->profile->schema, s->profile->table,
					up_history_time(since));
}

/* o: the rows of then, n: those of now. */
static char *
joined(const UpSegments *s, TimestampTz since)
{
	const UpKey *key = &s->profile->key_parts;
	Oid types[UP_MAX_KEY];

	up_key_types_in(key, s->columns, types);
	return psprintf("%s o FULL JOIN %s n ON %s", as_of(s, since), s->profile->table,
					up_keys_equal(key, "o", types, "n", types, false));
}

/* "none": without a segment; "gone": not there. */
static char *
segment_in(const Moves *m, const char *alias)
{
	const UpKey *key = &m->segments->profile->key_parts;

	return psprintf("CASE WHEN %s.%s IS NULL THEN '" GONE "' ELSE coalesce(%s, '" NONE "') END", alias,
					quote_identifier(key->parts[0].name), up_segment_of(m->set, alias));
}

/* Whether a column is what the profile itself says of a user, and no reason why he moved. */
static bool
is_made(const UpProfile *p, const char *name)
{
	UpValue *models = up_value_from_jsonb(p->definitions);

	for (size_t i = 0; models->type == UP_OBJECT && i < models->n; i++)
	{
		const char *model = models->keys[i];

		if (strcmp(model, name) == 0 || strcmp(up_profile_probability_name(model), name) == 0 ||
			strcmp(up_profile_reasons_name(model), name) == 0)
			return true;
	}
	return p->offers != NULL && up_offer_is(name);
}

static void
find_features(Moves *m)
{
	const UpSegments *s = m->segments;
	StringInfoData sql;
	UpRows r;
	bool isnull;

	m->features = palloc0(sizeof(Feature) * (Size) Max(s->columns->natts, 1));
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT true");
	for (int i = 0; i < s->columns->natts && m->n < MOST_COLUMNS; i++)
	{
		Form_pg_attribute a = TupleDescAttr(s->columns, i);
		const char *name = NameStr(a->attname);
		Feature f = {pstrdup(name), up_told_as(a->atttypid)};
		bool own = strcmp(name, m->set->column) == 0 || strcmp(name, UP_CHANGED_AT) == 0 ||
				   up_key_has(&s->profile->key_parts, name) || is_made(s->profile, name) ||
				   up_policy_live(s->profile->policy, name) != NULL;

		/* Those that the table has. */
		if (f.told == UP_TOLD_NOT || own)
			continue;
		appendStringInfo(&sql, ", %s",
						 f.told == UP_TOLD_CATEGORY
							 ? "1::float8"
							 : psprintf("pg_catalog.stddev_pop(%s)", up_told_number("r", f.name, f.told)));
		m->features[m->n++] = f;
	}
	appendStringInfo(&sql, " FROM %s r", s->profile->table);
	r = up_query(true, sql.data, 0, NULL, NULL, NULL);
	for (int i = 0; i < m->n; i++)
	{
		Datum spread = heap_getattr(r.rows[0], i + 2, r.desc, &isnull);

		m->features[i].spread = isnull ? NAN : DatumGetFloat8(spread);
	}
}

/* For every movement the means of each column before and after, of those who have both; of a category the share that changed. */
static char *
query_of(const Moves *m, TimestampTz since)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s AS a, %s AS b, pg_catalog.count(*) AS n", segment_in(m, "o"),
					 segment_in(m, "n"));
	for (int i = 0; i < m->n; i++)
	{
		const Feature *f = &m->features[i];

		if (f->told == UP_TOLD_CATEGORY)
		{
			const char *name = quote_identifier(f->name);

			appendStringInfo(
				&sql, ", 0::float8, pg_catalog.avg((o.%s::text IS DISTINCT FROM n.%s::text)::int4)::float8",
				name, name);
			continue;
		}
		appendStringInfo(&sql, ", pg_catalog.avg(%s) FILTER (WHERE n.%s IS NOT NULL)",
						 up_told_number("o", f->name, f->told), quote_identifier(f->name));
		appendStringInfo(&sql, ", pg_catalog.avg(%s) FILTER (WHERE o.%s IS NOT NULL)",
						 up_told_number("n", f->name, f->told), quote_identifier(f->name));
	}
	appendStringInfo(&sql, " FROM %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2", joined(m->segments, since));
	return sql.data;
}

/* ---- reasons ------------------------------------------------------------------------------------------------------ */

typedef struct Change
{
	const Feature *feature;
	double before, after;
	double size; /* in standard deviations; of a category how far its share is above the least */
} Change;

static int
by_size(const void *a, const void *b)
{
	double x = fabs(((const Change *) a)->size), y = fabs(((const Change *) b)->size);

	if (x != y)
		return x > y ? -1 : 1;
	return strcmp(((const Change *) a)->feature->name, ((const Change *) b)->feature->name);
}

/* Whether the share whose category changed tells of too few. */
static bool
is_small(const Moves *m, double users)
{
	return users > 0.5 && users < (double) m->segments->profile->policy->min_group - 0.5;
}

static int
changes_of(const Moves *m, const UpRows *r, uint64 row, Change *changes)
{
	bool isnull;
	double users = (double) DatumGetInt64(up_rows_get(r, row, "n", &isnull));
	int n = 0;

	for (int i = 0; i < m->n; i++)
	{
		const Feature *f = &m->features[i];
		bool no_before, no_after;
		Datum before = heap_getattr(r->rows[row], 2 * i + 4, r->desc, &no_before);
		Datum after = heap_getattr(r->rows[row], 2 * i + 5, r->desc, &no_after);
		Change c = {f};

		if (no_before || no_after)
			continue;
		c.before = DatumGetFloat8(before);
		c.after = DatumGetFloat8(after);
		if (f->told == UP_TOLD_CATEGORY && (is_small(m, c.after * users) || is_small(m, (1 - c.after) * users)))
			continue;
		c.size = f->told == UP_TOLD_CATEGORY ? c.after : (c.after - c.before) / f->spread;
		if (isfinite(c.size) && fabs(c.size) >= (f->told == UP_TOLD_CATEGORY ? CHANGES : MOVES))
			changes[n++] = c;
	}
	qsort(changes, (size_t) n, sizeof(Change), by_size);
	return Min(n, REASONS);
}

static char *
told(const Feature *f, double v)
{
	if (f->told == UP_TOLD_SPAN || f->told == UP_TOLD_DATE)
		return psprintf("%s days", up_readable(v / SECS_PER_DAY));
	return up_readable(v);
}

static char *
phrase(const Change *c)
{
	const Feature *f = c->feature;

	if (f->told == UP_TOLD_CATEGORY)
		return psprintf("%s changed for %s %%", f->name, up_readable(100 * c->after));
	if (f->told == UP_TOLD_DATE)
		return psprintf("%s %s %s on average", f->name, told(f, fabs(c->after - c->before)),
						c->after > c->before ? "later" : "earlier");
	return psprintf("%s from %s to %s on average", f->name, told(f, c->before), told(f, c->after));
}

static UpValue *
figures_of(const Change *changes, int n)
{
	UpValue *all = up_value_array();

	for (int i = 0; i < n; i++)
	{
		const Change *c = &changes[i];
		UpValue *one = up_value_object();

		up_value_set(one, "column", up_value_string(c->feature->name));
		if (c->feature->told == UP_TOLD_CATEGORY)
			up_value_set(one, "changed", up_value_number(c->after));
		else
		{
			up_value_set(one, "before", up_value_number(c->before));
			up_value_set(one, "after", up_value_number(c->after));
			up_value_set(one, "difference", up_value_number(c->size));
		}
		up_value_append(all, one);
	}
	return all;
}

static char *
reason_of(const Moves *m, const Change *changes, int n)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? "; " : "", phrase(&changes[i]));
	if (m->retrained)
		appendStringInfo(&text, "%sthe model is another version since", text.len > 0 ? "; " : "");
	return text.len > 0 ? text.data : NULL;
}

/* ---- rows --------------------------------------------------------------------------------------------------------- */

enum
{
	MODEL,
	MOVEMENT,
	FROM,
	FROM_NAME,
	TO,
	TO_NAME,
	USERS,
	SHARE,
	REASON,
	STATISTICS,
	HIDDEN,
	COLUMNS
};

static bool
is_segment(const char *text)
{
	return strcmp(text, GONE) != 0 && strcmp(text, NONE) != 0;
}

static void
set_segment(const Moves *m, const char *text, int at, Datum *values, bool *nulls)
{
	nulls[at] = !is_segment(text);
	values[at] = CStringGetTextDatum(text);
	nulls[at + 1] = true;
	for (int i = 0; i < m->n_known; i++)
	{
		if (m->known[i].set != m->set || strcmp(m->known[i].segment, text) != 0 || m->known[i].name == NULL)
			continue;
		values[at + 1] = CStringGetTextDatum(m->known[i].name);
		nulls[at + 1] = false;
	}
}

static const char *
movement_of(const char *from, const char *to)
{
	if (strcmp(from, GONE) == 0)
		return "came";
	if (strcmp(to, GONE) == 0)
		return "left";
	return strcmp(from, to) == 0 ? "stayed" : "moved";
}

static void
return_move(const Moves *m, const UpRows *r, uint64 row, const UpCounts *c, UpSrf *srf)
{
	bool isnull;
	const char *from = TextDatumGetCString(up_rows_get(r, row, "a", &isnull));
	const char *to = TextDatumGetCString(up_rows_get(r, row, "b", &isnull));
	const char *movement = movement_of(from, to);
	Change *changes = palloc(sizeof(Change) * (Size) Max(m->n, 1));
	int i = up_counts_row(c, from), j = 0, n = 0;
	Datum values[COLUMNS] = {0};
	bool nulls[COLUMNS] = {false};
	char *reason = NULL;

	while (strcmp(c->columns[j], to) != 0)
		j++;
	if (strcmp(movement, "moved") == 0)
	{
		n = changes_of(m, r, row, changes);
		reason = reason_of(m, changes, n);
	}
	values[MODEL] = CStringGetTextDatum(m->set->column);
	values[MOVEMENT] = CStringGetTextDatum(movement);
	set_segment(m, from, FROM, values, nulls);
	set_segment(m, to, TO, values, nulls);
	values[USERS] = up_rows_get(r, row, "n", &isnull);
	values[SHARE] = Float8GetDatum((double) DatumGetInt64(values[USERS]) / (double) up_counts_row_sum(c, i));
	values[REASON] = reason != NULL ? CStringGetTextDatum(reason) : (Datum) 0;
	values[STATISTICS] = JsonbPGetDatum(up_value_to_jsonb(figures_of(changes, n)));
	values[HIDDEN] = BoolGetDatum(up_counts_is_hidden(c, i, j));
	nulls[REASON] = reason == NULL;
	nulls[STATISTICS] = strcmp(movement, "moved") != 0;
	if (up_counts_is_hidden(c, i, j))
		nulls[USERS] = nulls[SHARE] = nulls[REASON] = nulls[STATISTICS] = true;
	up_srf_row(srf, values, nulls);
}

static bool
is_retrained(const UpSegments *s, const UpSegmentSet *set, TimestampTz since)
{
	Oid types[] = {TEXTOID, TIMESTAMPTZOID};
	Datum values[] = {CStringGetTextDatum(set->registered), TimestampTzGetDatum(since)};

	return up_query(true,
					psprintf("SELECT 1 FROM %s.uprofile_deployments WHERE model = $1 AND deployed_at > $2",
							 s->profile->schema),
					2, types, values, NULL)
			   .n > 0;
}

static void
moves_of(const UpSegments *s, const UpSegmentSet *set, TimestampTz since, UpSrf *srf)
{
	Moves m = {s, set};
	UpRows r;
	UpCounts *c;

	m.known = up_segments_known(s, &m.n_known);
	m.retrained = is_retrained(s, set, since);
	find_features(&m);
	r = up_query(true, query_of(&m, since), 0, NULL, NULL, NULL);
	c = up_counts_in(&r);
	up_counts_hide(c, s->profile->policy->min_group);
	for (uint64 i = 0; i < r.n; i++)
		return_move(&m, &r, i, c, srf);
}

void
up_segment_migration(const UpSegments *s, TimestampTz since, UpSrf *srf)
{
	if (s->profile->policy->history == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("profile \"%s\" keeps no history, which tells who moved", s->profile->name),
						errhint("uprofile_alter(%s, policy => '{\"history\": \"2 years\"}') begins one.",
								quote_literal_cstr(s->profile->name))));
	for (int i = 0; i < s->n_sets; i++)
	{
		if (!s->sets[i].rule)
			moves_of(s, &s->sets[i], since, srf);
	}
}
