/*
 * events.c - what is asked of events, looked up and checked; see events.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include <ctype.h>

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/params.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/source_query.h"
#include "pg/io/texts.h"
#include "pg/models/events.h"

/* ---- as a value ---- */

static void
put(UpValue *v, const char *key, const char *text)
{
	if (text != NULL)
		up_value_set(v, key, up_value_string(text));
}

UpValue *
up_event_value(const UpEventTexts *t)
{
	UpValue *v = up_value_object();

	put(v, "users", t->users);
	put(v, "events", t->events);
	put(v, "key", t->key);
	put(v, "event_time", t->event_time);
	put(v, "since", t->since);
	put(v, "target", t->target);
	put(v, "horizon", t->horizon);
	put(v, "features", t->features);
	return v;
}

static const char *
take(const UpValue *v, const char *key, bool required)
{
	const UpValue *found = up_value_get(v, key);

	if (found != NULL && found->type == UP_STRING)
		return found->string;
	if (required)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED), errmsg("the definition of the events has no \"%s\"", key)));
	return NULL;
}

UpEventTexts
up_event_read(const UpValue *v)
{
	UpEventTexts t = {0};

	t.users = take(v, "users", false);
	t.events = take(v, "events", true);
	t.key = take(v, "key", true);
	t.event_time = take(v, "event_time", true);
	t.since = take(v, "since", false);
	t.target = take(v, "target", true);
	t.horizon = take(v, "horizon", true);
	t.features = take(v, "features", false);
	return t;
}

/* ---- columns ---- */

static Form_pg_attribute
column_named(TupleDesc columns, const char *name, const char *what, const char *whose)
{
	Form_pg_attribute a = up_attribute_named(columns, name);

	if (a != NULL)
		return a;
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s column \"%s\" does not exist", what, name),
					errdetail("It is looked for in the source of %s.", whose),
					up_hint_nearest(up_nearest_column(name, columns), NULL)));
}

static Oid
time_type(Form_pg_attribute a, const char *what)
{
	Oid type = getBaseType(a->atttypid);

	if (type != TIMESTAMPOID && type != TIMESTAMPTZOID && type != DATEOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s column \"%s\" is of type %s, and no time", what, NameStr(a->attname),
							   format_type_be(a->atttypid)),
						errhint("Cast it in the source, for example to_timestamp(…).")));
	return type;
}

/* Names that the rows have for themselves. */
static void
refuse_name(const UpEvents *e, const char *name, const char *what)
{
	if (strcmp(name, "anchor") == 0 || strcmp(name, "label") == 0 ||
		(e->texts.since != NULL && strcmp(name, "days_known") == 0))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("no %s can be called \"%s\"", what, name),
				 errdetail("Rows have a column of that name besides."), errhint("Give it another name.")));
}

static void
set_keys(UpEvents *e)
{
	AttrNumber numbers[UP_MAX_KEY];

	e->n_keys = up_key_columns(e->texts.key, e->event_columns, numbers);
	for (int i = 0; i < e->n_keys; i++)
	{
		e->keys[i] = pstrdup(NameStr(TupleDescAttr(e->event_columns, numbers[i] - 1)->attname));
		if (strcmp(e->keys[i], e->texts.event_time) == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("column \"%s\" cannot be both key and event_time", e->keys[i])));
		refuse_name(e, e->keys[i], "key");
	}
}

static bool
is_key(const UpEvents *e, const char *name)
{
	for (int i = 0; i < e->n_keys; i++)
	{
		if (strcmp(e->keys[i], name) == 0)
			return true;
	}
	return false;
}

/* Users are whoever has an event, or the rows of a source. */
static void
set_users(UpEvents *e)
{
	StringInfoData s;

	if (e->texts.users == NULL)
	{
		initStringInfo(&s);
		for (int i = 0; i < e->n_keys; i++)
			appendStringInfo(&s, "%s%s", i > 0 ? ", " : "SELECT DISTINCT ", quote_identifier(e->keys[i]));
		appendStringInfo(&s, " FROM (%s) AS e", e->events);
		e->users = s.data;
		if (e->texts.since != NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("since is a column of users, and there are none"),
							errhint("Name their source: users => '…'.")));
	}
	else
		e->users = up_source_query(e->texts.users);
	e->user_columns = up_query_columns(e->users);
	for (int i = 0; i < e->n_keys; i++)
		(void) column_named(e->user_columns, e->keys[i], "key", "users");
	if (e->texts.since != NULL)
		e->since_type = time_type(column_named(e->user_columns, e->texts.since, "since", "users"), "since");
	for (int i = 0; i < e->user_columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(e->user_columns, i)->attname);

		if (is_key(e, name) || (e->texts.since != NULL && strcmp(name, e->texts.since) == 0))
			continue;
		refuse_name(e, name, "feature");
		e->user_features = lappend(e->user_features, pstrdup(name));
	}
}

/* ---- the label ---- */

static void
refuse_target(const char *target, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("target \"%s\" %s", target, why),
			 errhint("For example exists(kind = 'order'), not exists(*), count(*), sum(amount) WHERE kind = "
					 "'order': of the events in the horizon.")));
}

static void
name_target(void *target)
{
	internalerrposition(0);
	internalerrquery(NULL);
	errcontext("target \"%s\"", (const char *) target);
}

/* A text that is one expression, whatever it says of itself. */
static void
check_expression(const char *target, const char *expression)
{
	ErrorContextCallback context = {error_context_stack, name_target, unconstify(char *, target)};
	const SelectStmt *s;
	List *parsed;

	error_context_stack = &context;
	parsed = up_expression_parse(expression);
	error_context_stack = context.previous;
	if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
		refuse_target(target, "is not one expression");
	s = (const SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (s->op != SETOP_NONE || list_length(s->targetList) != 1 || s->fromClause != NIL ||
		s->whereClause != NULL || s->groupClause != NIL || s->havingClause != NULL || s->sortClause != NIL ||
		s->limitCount != NULL || s->limitOffset != NULL || s->intoClause != NULL || s->lockingClause != NIL ||
		s->windowClause != NIL)
		refuse_target(target, "is not one expression");
}

/* The closing parenthesis of the one that is opened here, past what is quoted. */
static const char *
closing(const char *c)
{
	int depth = 0;
	char quote = '\0';

	for (; *c != '\0'; c++)
	{
		if (quote != '\0')
			quote = *c == quote ? '\0' : quote;
		else if (*c == '\'' || *c == '"')
			quote = *c;
		else if (*c == '(')
			depth++;
		else if (*c == ')' && --depth == 0)
			return c;
	}
	return NULL;
}

static const char *
skip_space(const char *c)
{
	while (scanner_isspace(*c))
		c++;
	return c;
}

/* The word that the text begins with, behind it; NULL where it begins with another. */
static const char *
behind_word(const char *c, const char *word)
{
	size_t len = strlen(word);

	if (pg_strncasecmp(c, word, len) != 0 || c[len] == '_' || isalnum((unsigned char) c[len]))
		return NULL;
	return skip_space(c + len);
}

/* "exists(orders)" of the events "orders" means any of them. */
static bool
means_all(const UpEvents *e, const char *inner)
{
	const char *point = strrchr(e->texts.events, '.');

	return inner[0] == '\0' || strcmp(inner, "*") == 0 || pg_strcasecmp(inner, "events") == 0 ||
		   pg_strcasecmp(inner, e->texts.events) == 0 ||
		   (point != NULL && pg_strcasecmp(inner, point + 1) == 0);
}

static char *
label_sql(const UpEvents *e, const char *inner)
{
	const char *distinct = behind_word(inner, "distinct");
	bool all = means_all(e, inner);

	if (e->label == UP_EVENT_COUNT && distinct != NULL)
	{
		check_expression(e->texts.target, distinct);
		return psprintf("pg_catalog.count(DISTINCT (%s\n))::pg_catalog.float8", distinct);
	}
	if (!all)
		check_expression(e->texts.target, inner);
	switch (e->label)
	{
		case UP_EVENT_COUNT:
			return all ? pstrdup("pg_catalog.count(*)::pg_catalog.float8")
					   : psprintf("pg_catalog.count(*) FILTER (WHERE %s\n)::pg_catalog.float8", inner);
		case UP_EVENT_SUM:
			if (all)
				refuse_target(e->texts.target, "has nothing to sum");
			return psprintf("pg_catalog.sum((%s\n)::pg_catalog.float8)", inner);
		default:
			return all ? pstrdup("true") : psprintf("pg_catalog.bool_or(%s\n)", inner);
	}
}

static void
set_label(UpEvents *e)
{
	static const char *const words[] = {"exists", NULL, "count", "sum"};
	const char *c = skip_space(e->texts.target), *end, *rest = behind_word(c, "not"), *inner = NULL;

	c = rest != NULL ? rest : c;
	for (int i = 0; i < (int) lengthof(words) && inner == NULL; i++)
	{
		inner = words[i] != NULL ? behind_word(c, words[i]) : NULL;
		e->label = (UpEventLabel) i;
	}
	if (inner == NULL || *inner != '(' || (rest != NULL && e->label != UP_EVENT_EXISTS))
		refuse_target(e->texts.target, "is none of exists(…), not exists(…), count(…) and sum(…)");
	e->label = rest != NULL ? UP_EVENT_NOT_EXISTS : e->label;
	end = closing(inner);
	if (end == NULL)
		refuse_target(e->texts.target, "has no closing parenthesis");
	c = skip_space(end + 1);
	e->where = *c != '\0' ? behind_word(c, "where") : NULL;
	if (*c != '\0' && e->where == NULL)
		refuse_target(e->texts.target, psprintf("has \"%s\" at its end", c));
	if (e->where != NULL)
		check_expression(e->texts.target, e->where);
	e->label_sql = label_sql(e, up_trimmed(inner + 1, end));
}

/* So that what is wrong with it is told of the target alone, not of a statement that nobody wrote. */
static void
check_label(const UpEvents *e)
{
	ErrorContextCallback context = {error_context_stack, name_target, unconstify(char *, e->texts.target)};

	error_context_stack = &context;
	(void) up_query_columns(psprintf("WITH uprofile_events AS (%s), events AS (SELECT * FROM uprofile_events), "
									 "users AS (%s) SELECT %s AS label FROM uprofile_events AS events%s",
									 e->events, e->users, e->label_sql,
									 e->where != NULL ? psprintf(" WHERE (%s\n)", e->where) : ""));
	error_context_stack = context.previous;
}

bool
up_events_is_class(const UpEvents *e)
{
	return e->label == UP_EVENT_EXISTS || e->label == UP_EVENT_NOT_EXISTS;
}

static void
check_horizon(const char *horizon)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(horizon);
	UpRows r =
		up_query(true, "SELECT timestamp '2000-01-01' + $1::interval > timestamp '2000-01-01' AS positive", 1,
				 &type, &value, NULL);
	bool isnull;

	if (!DatumGetBool(up_rows_get(&r, 0, "positive", &isnull)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("horizon must be longer than nothing")));
}

UpEvents *
up_events_new(const UpEventTexts *texts)
{
	UpEvents *e = palloc0(sizeof(UpEvents));
	Form_pg_attribute time;

	e->texts = *texts;
	check_horizon(texts->horizon);
	e->events = up_source_query(texts->events);
	e->event_columns = up_query_columns(e->events);
	time = column_named(e->event_columns, texts->event_time, "event_time", "events");
	e->time_type = time_type(time, "event_time");
	e->time = quote_identifier(pstrdup(NameStr(time->attname)));
	set_keys(e);
	set_users(e);
	set_label(e);
	check_label(e);
	if (texts->features != NULL)
		up_events_set_features(e, texts->features);
	return e;
}

static void
check_twice(const UpEvents *e, TupleDesc columns, int column)
{
	const char *name = NameStr(TupleDescAttr(columns, column)->attname);
	ListCell *cell;

	refuse_name(e, name, "feature");
	foreach (cell, e->user_features)
	{
		if (strcmp(lfirst(cell), name) == 0)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("users and features both have a column \"%s\"", name),
							errhint("Give it another name.")));
	}
	for (int i = 0; i < column; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(columns, i)->attname), name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("features have column \"%s\" twice", name),
					 errhint("Give it another name.")));
	}
}

void
up_events_set_features(UpEvents *e, const char *features)
{
	TupleDesc columns;

	e->texts.features = up_source_query(features);
	up_event_check_features(e, e->texts.features);
	e->feature_columns = NIL;
	columns = up_query_columns(up_events_features_query(e, 0));
	for (int i = 0; i < e->n_keys; i++)
		e->feature_keys[i] = column_named(columns, e->keys[i], "key", "features")->atttypid;
	for (int i = 0; i < columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(columns, i)->attname);

		if (is_key(e, name))
			continue;
		check_twice(e, columns, i);
		e->feature_columns = lappend(e->feature_columns, pstrdup(name));
	}
	if (e->feature_columns == NIL && e->user_features == NIL && e->texts.since == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("features have no column but the key")));
}
