/*
 * events.h - questions about what users will do, answered from what they did before: rows that are correct at a point in time
 *
 * At an anchor, a moment, a user's features are made of the events before it, and his label of those from it to the end of the
 * horizon. Features are a query over two tables, events and users, that hold what was there at the anchor: what comes
 * later is not hidden by a condition that somebody might forget, it is not in them. No other table may be read there.
 * uprofile_anchor() stands for the anchor, in the features as in the sources.
 */
#ifndef UPROFILE_EVENTS_H
#define UPROFILE_EVENTS_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "datatype/timestamp.h"

#include "base/value.h"
#include "pg/io/key_columns.h"

/* As given, and kept with a model. */
typedef struct UpEventTexts
{
	const char *users; /* a source, or NULL: whoever has an event */
	const char *events;
	const char *key;
	const char *event_time;
	const char *since;  /* the column of users that says since when one is there; NULL: since the first event */
	const char *target; /* exists(…), not exists(…), count(…), sum(…), each with or without WHERE … */
	const char *horizon;  /* an interval */
	const char *features; /* a query over events and users, or NULL: not chosen yet */
} UpEventTexts;

extern UpValue *up_event_value(const UpEventTexts *t);
/* Fails where the value, a row of the registry, is no such thing. */
extern UpEventTexts up_event_read(const UpValue *v);

typedef enum UpEventLabel
{
	UP_EVENT_EXISTS,
	UP_EVENT_NOT_EXISTS,
	UP_EVENT_COUNT,
	UP_EVENT_SUM
} UpEventLabel;

/* Looked up and checked: what SQL is made of. */
typedef struct UpEvents
{
	UpEventTexts texts;
	const char *users; /* queries */
	const char *events;
	TupleDesc event_columns;
	TupleDesc user_columns;
	int n_keys;
	const char *keys[UP_MAX_KEY]; /* names, as they are in the events */
	const char *time;             /* quoted */
	Oid time_type;                /* timestamp, timestamptz or date */
	Oid since_type;
	UpEventLabel label;
	char *label_sql;              /* over the events of the horizon */
	const char *where;            /* or NULL */
	List *user_features;          /* names of columns of users that are features, quoted */
	List *feature_columns;        /* of the features query */
	Oid feature_keys[UP_MAX_KEY]; /* types of its keys */
} UpEvents;

extern UpEvents *up_events_new(const UpEventTexts *texts);
/* Once features are chosen: checks them. */
extern void up_events_set_features(UpEvents *e, const char *features);
extern bool up_events_is_class(const UpEvents *e);

/*
 * The rows at an anchor, as a query: the columns of the key, the features, "anchor" and, where it is asked for, "label". key_text: before all
 * that one column, the key as text.
 */
extern char *up_events_query(const UpEvents *e, TimestampTz anchor, bool label, bool key_text);
/* That the keys of two rows are equal: of "e" and "l", events; of "u", users; of "f", features. */
extern void up_events_add_keys_equal(StringInfo s, const UpEvents *e, const char *a, const char *b);
/* A row if any event of the horizon is what a label asks for that something exists (or not); else none. */
extern char *up_events_happened_query(const UpEvents *e, TimestampTz anchor);
/* What the features query itself gives there. */
extern char *up_events_features_query(const UpEvents *e, TimestampTz anchor);
/* Of several anchors, one below the other. */
extern char *up_events_rows(const UpEvents *e, const TimestampTz *anchors, int n, bool key_text);

/* Features that suit the events: counts, sums and times since, in windows of time before the anchor. until: what is counted to choose them. */
extern char *up_event_features(const UpEvents *e, const char *const *windows, int n_windows, TimestampTz until);

/* ---- anchors ---- */

typedef struct UpAnchors
{
	int n;
	TimestampTz *at; /* ascending */
	TimestampTz first_event, last_event;
} UpAnchors;

/* ["2026-01-01", …], or {"last": 6, "every": "30 days", "until": "2026-06-01"}, or NULL. Fails where a horizon is not over. */
extern UpAnchors *up_anchors(const UpEvents *e, const UpValue *given);
/* The greatest anchor whose horizon is over at this one; -1: there is none. */
extern int up_anchor_known_at(const UpEvents *e, const UpAnchors *a, int at);
/* 'YYYY-MM-DD hh:mm:ss+00' */
extern char *up_anchor_text(TimestampTz t);

/* ---- checks ---- */

/* The statement with each uprofile_anchor() replaced by the text of the anchor, in parentheses. */
extern char *up_anchored(const char *statement, TimestampTz anchor);
/* Fails where the query reads anything but users and events, or the clock. */
extern void up_event_check_features(const UpEvents *e, const char *features);

#endif
