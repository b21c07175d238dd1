/*
 * event_sql.c - rows that are correct at an anchor, as SQL; see events.h
 *
 * One statement, so that it can be shown, planned and run in parallel: the anchor stands in it as a constant. Features see the
 * tables "events" and "users" of the WITH clause, which hold what was there before the anchor and hide any other table
 * of these names; the label is taken from the events themselves.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "pg/io/equality.h"
#include "pg/io/relation.h"
#include "pg/models/events.h"

char *
up_anchor_text(TimestampTz t)
{
	struct pg_tm tm;
	fsec_t fsec;
	char buffer[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(t) || timestamp2tm(t, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("an anchor is out of range")));
	tm.tm_isdst = 0; /* else no zone is written */
	EncodeDateTime(&tm, fsec, true, 0, NULL, USE_ISO_DATES, buffer);
	return pstrdup(buffer);
}

/* The anchor as a value to be compared with a column of this type; dates and times without a zone are those of the session. */
static char *
anchor_of(TimestampTz anchor, Oid type)
{
	char *t = psprintf("'%s'::pg_catalog.timestamptz", up_anchor_text(anchor));

	return type == TIMESTAMPTZOID ? t : psprintf("(%s)::pg_catalog.timestamp", t);
}

/* "a.k1, a.k2", with something between. */
static void
add_keys(StringInfo s, const UpEvents *e, const char *alias, const char *between)
{
	for (int i = 0; i < e->n_keys; i++)
		appendStringInfo(s, "%s%s.%s", i > 0 ? between : "", alias, quote_identifier(e->keys[i]));
}

/* Users without a source are made of events. */
static Oid
type_of_key(const UpEvents *e, const char *alias, int i)
{
	bool of_user = strcmp(alias, "u") == 0 && e->texts.users != NULL;

	if (strcmp(alias, "f") == 0)
		return e->feature_keys[i];
	return up_attribute_named(of_user ? e->user_columns : e->event_columns, e->keys[i])->atttypid;
}

void
up_events_add_keys_equal(StringInfo s, const UpEvents *e, const char *a, const char *b)
{
	for (int i = 0; i < e->n_keys; i++)
	{
		const char *key = quote_identifier(e->keys[i]);

		appendStringInfoString(s, i > 0 ? " AND " : "");
		up_append_equal(s, psprintf("%s.%s", a, key), type_of_key(e, a, i), psprintf("%s.%s", b, key),
						type_of_key(e, b, i));
	}
}

static void
add_keys_known(StringInfo s, const UpEvents *e, const char *alias)
{
	for (int i = 0; i < e->n_keys; i++)
		appendStringInfo(s, "%s%s.%s IS NOT NULL", i > 0 ? " AND " : "", alias, quote_identifier(e->keys[i]));
}

/* The tables of the WITH clause. */
static void
add_tables(StringInfo s, const UpEvents *e, TimestampTz anchor)
{
	char *at = anchor_of(anchor, e->time_type);

	appendStringInfo(s, "WITH uprofile_events AS NOT MATERIALIZED (%s)", e->events);
	if (e->texts.users != NULL)
		appendStringInfo(s, ",\nuprofile_users AS NOT MATERIALIZED (%s)", e->users);
	appendStringInfo(s, ",\nevents AS (SELECT e.* FROM uprofile_events AS e WHERE e.%s < %s)", e->time, at);
	appendStringInfoString(s, ",\nusers AS (SELECT ");
	if (e->texts.users == NULL)
	{
		appendStringInfoString(s, "DISTINCT ");
		add_keys(s, e, "u", ", ");
		appendStringInfoString(s, " FROM events AS u WHERE ");
		add_keys_known(s, e, "u");
	}
	else if (e->texts.since != NULL)
	{
		appendStringInfo(s, "u.* FROM uprofile_users AS u WHERE u.%s < %s AND ",
						 quote_identifier(e->texts.since), anchor_of(anchor, e->since_type));
		add_keys_known(s, e, "u");
	}
	else
	{
		appendStringInfo(
			s,
			"u.* FROM uprofile_users AS u WHERE EXISTS (SELECT FROM uprofile_events AS e WHERE e.%s < %s AND ",
			e->time, at);
		up_events_add_keys_equal(s, e, "e", "u");
		appendStringInfoChar(s, ')');
	}
	appendStringInfoString(s, ")\n");
}

static void
add_columns(StringInfo s, List *names, const char *alias)
{
	ListCell *cell;

	foreach (cell, names)
		appendStringInfo(s, ", %s.%s", alias, quote_identifier(lfirst(cell)));
}

static void
add_key_text(StringInfo s, const UpEvents *e)
{
	if (e->n_keys == 1)
		appendStringInfo(s, "u.%s::pg_catalog.text", quote_identifier(e->keys[0]));
	else
	{
		appendStringInfoString(s, "ROW(");
		add_keys(s, e, "u", ", ");
		appendStringInfoString(s, ")::pg_catalog.text");
	}
	appendStringInfoString(s, " AS \"user_key of events\", ");
}

static void
add_label(StringInfo s, const UpEvents *e)
{
	const char *nothing = up_events_is_class(e) ? "false" : "0";

	appendStringInfo(s, ", %scoalesce(l.label, %s) AS label", e->label == UP_EVENT_NOT_EXISTS ? "NOT " : "",
					 nothing);
}

/* The label of the events of the horizon. */
static void
add_events_of_horizon(StringInfo s, const UpEvents *e, TimestampTz anchor)
{
	char *at = anchor_of(anchor, e->time_type);

	appendStringInfo(s,
					 "%s AS label FROM uprofile_events AS events WHERE events.%s >= %s AND events.%s < %s + "
					 "%s::pg_catalog.interval",
					 e->label_sql, e->time, at, e->time, at, quote_literal_cstr(e->texts.horizon));
	if (e->where != NULL)
		appendStringInfo(s, " AND (%s\n)", e->where);
}

char *
up_events_happened_query(const UpEvents *e, TimestampTz anchor)
{
	StringInfoData s;

	initStringInfo(&s);
	add_tables(&s, e, anchor);
	appendStringInfoString(&s, "SELECT FROM (SELECT ");
	add_events_of_horizon(&s, e, anchor);
	appendStringInfoString(&s, ") AS l WHERE l.label LIMIT 1");
	return up_anchored(s.data, anchor);
}

/* A user without one has no row. */
static void
add_horizon(StringInfo s, const UpEvents *e, TimestampTz anchor)
{
	appendStringInfoString(s, "\nLEFT JOIN (SELECT ");
	add_keys(s, e, "events", ", ");
	appendStringInfoString(s, ", ");
	add_events_of_horizon(s, e, anchor);
	appendStringInfoString(s, " GROUP BY ");
	add_keys(s, e, "events", ", ");
	appendStringInfoString(s, ") AS l ON ");
	up_events_add_keys_equal(s, e, "l", "u");
}

char *
up_events_query(const UpEvents *e, TimestampTz anchor, bool label, bool key_text)
{
	StringInfoData s;

	initStringInfo(&s);
	add_tables(&s, e, anchor);
	appendStringInfoString(&s, "SELECT ");
	if (key_text)
		add_key_text(&s, e);
	add_keys(&s, e, "u", ", ");
	add_columns(&s, e->user_features, "u");
	if (e->texts.since != NULL)
		appendStringInfo(&s, ", (extract(epoch FROM %s - u.%s) / 86400)::pg_catalog.float8 AS days_known",
						 anchor_of(anchor, e->since_type), quote_identifier(e->texts.since));
	add_columns(&s, e->feature_columns, "f");
	appendStringInfo(&s, ", '%s'::pg_catalog.timestamptz AS anchor", up_anchor_text(anchor));
	if (label)
		add_label(&s, e);
	appendStringInfo(&s, "\nFROM users AS u\nLEFT JOIN (%s) AS f ON ", e->texts.features);
	up_events_add_keys_equal(&s, e, "f", "u");
	if (label)
		add_horizon(&s, e, anchor);
	return up_anchored(s.data, anchor);
}

char *
up_events_features_query(const UpEvents *e, TimestampTz anchor)
{
	StringInfoData s;

	initStringInfo(&s);
	add_tables(&s, e, anchor);
	appendStringInfo(&s, "SELECT * FROM (%s) AS f", e->texts.features);
	return up_anchored(s.data, anchor);
}

char *
up_events_rows(const UpEvents *e, const TimestampTz *anchors, int n, bool key_text)
{
	StringInfoData s;

	initStringInfo(&s);
	for (int i = 0; i < n; i++)
		appendStringInfo(&s, "%s(%s)", i > 0 ? "\nUNION ALL\n" : "",
						 up_events_query(e, anchors[i], true, key_text));
	return s.data;
}
