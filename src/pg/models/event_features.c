/*
 * event_features.c - a query of features that suits the columns of the events; see events.h
 *
 * What is made can be read, changed, and given back as one's own: it is a features query as any other. Of each user: how many events, since
 * when and how long not; sums and means of numbers; how often each value of a column of few; how many different ones of all others.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/attribute.h"
#include "pg/io/query.h"
#include "pg/models/events.h"

#define FEW_VALUES 12
#define MOST_NAMES 400

typedef struct Making
{
	const UpEvents *e;
	StringInfoData s;
	List *names;
	const char *const *windows;
	int n_windows;
	const char *at; /* the anchor, in the type of the events' time */
} Making;

static bool
is_taken(const Making *m, const char *name)
{
	ListCell *cell;

	foreach (cell, m->names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/*
 * A name of a column: letters, digits and lines, as long as a name may be; numbered, where values that differ in other characters
 * would have the same. NULL: no more are wanted.
 */
static char *
name_of(Making *m, const char *text)
{
	char plain[NAMEDATALEN], *name = plain;
	size_t n = 0;

	if (list_length(m->names) == MOST_NAMES)
		return NULL;
	for (const char *c = text; *c != '\0' && n + 1 < sizeof(plain); c++)
	{
		bool as_it_is = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (unsigned char) *c >= 128;

		if (as_it_is || (*c >= 'A' && *c <= 'Z'))
			plain[n++] = as_it_is ? *c : (char) (*c + 'a' - 'A');
		else if (n > 0 && plain[n - 1] != '_')
			plain[n++] = '_';
	}
	plain[n] = '\0';
	plain[pg_mbcliplen(plain, (int) n, NAMEDATALEN - 1)] = '\0';
	for (int i = 2; is_taken(m, name); i++)
	{
		char *number = psprintf("_%d", i);
		int kept = pg_mbcliplen(plain, (int) strlen(plain), NAMEDATALEN - 1 - (int) strlen(number));

		name = psprintf("%.*s%s", kept, plain, number);
	}
	m->names = lappend(m->names, pstrdup(name));
	return pstrdup(quote_identifier(llast(m->names)));
}

static void
add(Making *m, const char *name, char *expression)
{
	char *quoted = name_of(m, name);

	if (quoted != NULL)
		appendStringInfo(&m->s, ",\n\t%s AS %s", expression, quoted);
	pfree(expression);
}

/* An aggregate of all events, and of those in each window. %s of form: what is filtered, or nothing. */
static void
add_windows(Making *m, const char *name, const char *before, const char *condition, const char *behind)
{
	add(m, name,
		condition == NULL ? psprintf("%s%s", before, behind)
						  : psprintf("%s FILTER (WHERE %s)%s", before, condition, behind));
	for (int i = 0; i < m->n_windows; i++)
		add(m, psprintf("%s_%s", name, m->windows[i]),
			psprintf("%s FILTER (WHERE %s%se.%s >= %s - interval %s)%s", before,
					 condition != NULL ? condition : "", condition != NULL ? " AND " : "", m->e->time, m->at,
					 quote_literal_cstr(m->windows[i]), behind));
}

/* Its values, if they are few, by frequency; those after the anchor of the hold-out do not count. */
static UpRows
values_of(const UpEvents *e, const char *column, TimestampTz until)
{
	return up_query_in_path(
		up_anchored(psprintf("SELECT e.%s::pg_catalog.text AS value FROM (%s) AS e WHERE e.%s IS NOT NULL AND "
							 "e.%s < '%s'::pg_catalog.timestamptz%s "
							 "GROUP BY 1 ORDER BY pg_catalog.count(*) DESC, 1 LIMIT %d",
							 column, e->events, column, e->time, up_anchor_text(until),
							 e->time_type == TIMESTAMPTZOID ? "" : "::pg_catalog.timestamp", FEW_VALUES + 1),
					until));
}

static void
add_category(Making *m, const char *name, const char *column, TimestampTz until)
{
	UpRows r = values_of(m->e, column, until);
	bool isnull;

	if (r.n > FEW_VALUES)
	{
		add(m, psprintf("different_%s", name), psprintf("pg_catalog.count(DISTINCT e.%s)", column));
		return;
	}
	for (uint64 i = 0; i < r.n; i++)
	{
		char *value = TextDatumGetCString(up_rows_get(&r, i, "value", &isnull));

		add_windows(m, psprintf("n_%s_%s", name, value), "pg_catalog.count(*)",
					psprintf("e.%s::text = %s", column, quote_literal_cstr(value)), "");
	}
}

/* Whether a number is a name, by what its column is called. */
static bool
is_identifier(const char *name)
{
	static const char *const ends[] = {"id", "_no", "_nr", "_key", "_code", "number"};
	size_t len = strlen(name);

	for (int i = 0; i < (int) lengthof(ends); i++)
	{
		size_t n = strlen(ends[i]);

		if (len >= n && pg_strcasecmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return false;
}

static void
add_column(Making *m, Form_pg_attribute a, TimestampTz until)
{
	const char *name = NameStr(a->attname), *column = quote_identifier(name);
	UpSourceKind kind = up_source_of_type(getBaseType(a->atttypid));
	char *sum = psprintf("coalesce(pg_catalog.sum(e.%s)", column);

	if (kind <= UP_FROM_NUMERIC && !is_identifier(name))
	{
		add(m, psprintf("mean_%s", name), psprintf("pg_catalog.avg(e.%s)::float8", column));
		add(m, psprintf("max_%s", name), psprintf("pg_catalog.max(e.%s)::float8", column));
		add(m, psprintf("sum_%s", name), psprintf("%s, 0)::float8", sum));
		for (int i = 0; i < m->n_windows; i++)
			add(m, psprintf("sum_%s_%s", name, m->windows[i]),
				psprintf("%s FILTER (WHERE e.%s >= %s - interval %s), 0)::float8", sum, m->e->time, m->at,
						 quote_literal_cstr(m->windows[i])));
	}
	else if (kind <= UP_FROM_NUMERIC)
		add(m, psprintf("different_%s", name), psprintf("pg_catalog.count(DISTINCT e.%s)", column));
	else if (kind == UP_FROM_BOOL || kind == UP_FROM_TEXT || kind == UP_FROM_OUTPUT)
		add_category(m, name, column, until);
}

static bool
is_bookkeeping(const UpEvents *e, const char *name)
{
	for (int i = 0; i < e->n_keys; i++)
	{
		if (strcmp(e->keys[i], name) == 0)
			return true;
	}
	return strcmp(quote_identifier(name), e->time) == 0;
}

char *
up_event_features(const UpEvents *e, const char *const *windows, int n_windows, TimestampTz until)
{
	Making m = {.e = e, .windows = windows, .n_windows = n_windows};
	const char *first = quote_identifier(e->keys[0]);

	m.at = e->time_type == TIMESTAMPTZOID ? "uprofile_anchor()" : "uprofile_anchor()::timestamp";
	initStringInfo(&m.s);
	m.names = list_copy(e->user_features);
	for (int i = 0; i < e->n_keys; i++)
	{
		appendStringInfo(&m.s, "%su.%s", i > 0 ? ", " : "SELECT ", quote_identifier(e->keys[i]));
		m.names = lappend(m.names, pstrdup(e->keys[i]));
	}
	add_windows(&m, "n_events", psprintf("pg_catalog.count(e.%s)", first), NULL, "");
	add(&m, "days_since_last",
		psprintf("(extract(epoch FROM %s - pg_catalog.max(e.%s)) / 86400)::float8", m.at, e->time));
	add(&m, "days_since_first",
		psprintf("(extract(epoch FROM %s - pg_catalog.min(e.%s)) / 86400)::float8", m.at, e->time));
	for (int i = 0; i < e->event_columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(e->event_columns, i);

		if (!is_bookkeeping(e, NameStr(a->attname)))
			add_column(&m, a, until);
	}
	appendStringInfoString(&m.s, "\nFROM users u LEFT JOIN events e ON ");
	up_events_add_keys_equal(&m.s, e, "e", "u");
	appendStringInfoString(&m.s, "\nGROUP BY ");
	for (int i = 0; i < e->n_keys; i++)
		appendStringInfo(&m.s, "%su.%s", i > 0 ? ", " : "", quote_identifier(e->keys[i]));
	return m.s.data;
}
