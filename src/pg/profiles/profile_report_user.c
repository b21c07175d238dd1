/*
 * profile_report_user.c - one user of a profile as a page for people; see profile_report.h
 *
 * What is known of him is what uprofile_get tells the caller.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/io/relation.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/profile_report.h"

#include <math.h>

typedef struct OfUser
{
	const char *schema, *profile;
	Oid type;
	Datum key;
	UpRows got; /* what uprofile_get says, taken apart */
	const char *answer;
} OfUser;

static UpRows
ask_of_user(const OfUser *u, const char *sql)
{
	Oid types[] = {TEXTOID, u->type};
	Datum values[] = {CStringGetTextDatum(u->profile), u->key};

	return up_query(true, sql, lengthof(types), types, values, NULL);
}

static void
read_user(OfUser *u)
{
	u->got = ask_of_user(
		u, psprintf("SELECT g ->> 'user_key' AS user_key, g ->> 'found' AS found, "
					"to_char((g ->> 'computed_at')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') "
					"AS computed_at, "
					"to_char((g ->> 'changed_at')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS "
					"changed_at, "
					"extract(epoch FROM now() - (g ->> 'computed_at')::timestamptz)::float8 AS age, "
					"g ->> 'stale' AS stale, g ->> 'reason' AS reason, g ->> 'failed_since' AS failed_since, g "
					"->> 'error' AS error, g::text AS whole "
					"FROM %s.uprofile_get($1, $2) g",
					u->schema));
	u->answer = up_rows_text(&u->got, 0, "whole");
}

/* A value of JSON as it is told: elements of an array one after another, a long fraction with four digits. */
static char *
told(const char *json, const char *name)
{
	return psprintf(
		"CASE jsonb_typeof(%s -> %s) WHEN 'array' THEN (SELECT string_agg(coalesce(e, 'NULL'), ', ' ORDER BY "
		"i) "
		"FROM jsonb_array_elements_text(%s -> %s) WITH ORDINALITY AS a (e, i)) WHEN 'number' THEN CASE "
		"WHEN scale((%s ->> %s)::numeric) > 4 AND abs((%s ->> %s)::numeric) >= 0.001 THEN "
		"trim_scale(round((%s ->> %s)::numeric, 4))::text ELSE %s ->> %s END ELSE %s ->> %s END",
		json, name, json, name, json, name, json, name, json, name, json, name, json, name);
}

/* In the order of the view's columns. */
static void
add_values(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {{"name", "Column", UP_CELL_VALUE},
										   {"value", "Value", UP_CELL_VALUE},
										   {"origin", "From", UP_CELL_VALUE},
										   {"stale", "State", UP_CELL_VALUE}};
	const OfUser *u = arg;
	Oid types[] = {TEXTOID, OIDOID};
	UpReportOf of;
	Datum values[2];
	UpRows r;

	up_report_read(&of, u->schema, u->profile);
	values[0] = CStringGetTextDatum(u->answer);
	values[1] = ObjectIdGetDatum(up_view_find(of.profile));
	r = up_query(
		true,
		psprintf(
			"SELECT key AS name, %s AS value, CASE value ->> 'from' WHEN 'own' THEN 'a column of "
			"your own' WHEN 'live' THEN "
			"'computed when it is read' ELSE (value ->> 'from') || coalesce(', version ' || (value ->> "
			"'version'), "
			"'') END AS origin, "
			"CASE WHEN value ->> 'expired' = 'true' THEN 'expired' WHEN value ->> 'stale' = 'true' THEN "
			"'stale' "
			"WHEN value ->> 'stale' = 'false' THEN 'fresh' ELSE 'not known' END AS stale "
			"FROM jsonb_each($1::jsonb -> 'values') LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = $2 AND "
			"a.attname = key ORDER BY a.attnum, key LIMIT 500",
			told("value", "'value'")),
		lengthof(types), types, values, NULL);

	up_page_table(p, "What is known of the user", &r, lengthof(columns), columns,
				  "Nothing is known of the user.");
}

typedef struct OneReason
{
	const OfUser *user;
	const char *view, *model, *column;
} OneReason;

static void
add_prediction(UpPage *p, const OneReason *o)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(o->user->answer), CStringGetTextDatum(o->column)};
	UpRows r = up_query(true,
						psprintf("SELECT %s AS value, ($1::jsonb #>> ARRAY['values', $2 || '_probability', "
								 "'value'])::float8 AS probability",
								 told("($1::jsonb #> ARRAY['values', $2])", "'value'")),
						lengthof(types), types, values, NULL);
	const char *value = up_rows_text(&r, 0, "value");
	double probability = up_page_number(&r, 0, "probability");
	char shown[UP_NUMBER_TEXT];

	up_html_open(p->h, "p", NULL);
	up_html_text(p->h, "Predicted: ");
	up_page_value(p, value != NULL ? value : "nothing");
	if (!isnan(probability))
	{
		up_html_text(p->h, ", probability ");
		up_html_text(p->h, up_share_shown(probability, shown));
	}
	up_html_close(p->h);
}

/* Of his row as uprofile_get gave it: the model is asked with the rights of the caller. */
static void
add_reasons_of(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {{"column_name", "Because of", UP_CELL_VALUE},
										   {"column_value", "which is", UP_CELL_VALUE},
										   {"contribution", "Adds", UP_CELL_NUMBER},
										   {"label", "Towards", UP_CELL_VALUE},
										   {"part", "Less or more", UP_CELL_SIGNED_BAR}};
	const OneReason *o = arg;
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(o->model), CStringGetTextDatum(o->user->answer)};
	UpRows r;

	add_prediction(p, o);
	r = up_query(
		true,
		psprintf("SELECT e.label, e.column_name, e.column_value, e.contribution, e.contribution / "
				 "nullif(max(abs(e.contribution)) OVER (), 0) AS part "
				 "FROM (SELECT jsonb_populate_record(NULL::%s, (SELECT jsonb_object_agg(key, value -> 'value') "
				 "FROM jsonb_each($2::jsonb -> 'values'))) AS r) u, LATERAL %s.uprofile_explain_columns($1, "
				 "u.r) e WHERE e.contribution <> 0 "
				 "ORDER BY abs(e.contribution) DESC, 2 LIMIT 8",
				 o->view, p->schema),
		lengthof(types), types, values, NULL);
	up_page_table(p, "What the prediction is made of: what each column adds to it, the greatest first", &r,
				  lengthof(columns), columns, "Nothing stands out.");
}

static void
add_reasons(UpPage *p, void *arg)
{
	OfUser *u = arg;
	UpReportOf r;
	Oid view;
	int n = 0;

	up_report_read(&r, u->schema, u->profile);
	view = up_view_find(r.profile);
	for (uint64 i = 0; OidIsValid(view) && i < r.models.n; i++)
	{
		OneReason one = {.user = u,
						 .view = up_relation_name(view),
						 .model = up_rows_text(&r.models, i, "name"),
						 .column = up_rows_text(&r.models, i, "column_name")};
		const char *task = up_rows_text(&r.models, i, "task");

		if (strcmp(task, "classification") != 0 && strcmp(task, "regression") != 0)
			continue;
		n++;
		up_html_value_element(p->h, "h3", NULL, up_page_text(one.column));
		up_page_try(p, add_reasons_of, &one);
	}
	if (n == 0)
		up_page_sentence(p, NULL, "The profile has no model that predicts anything of its users.");
}

static void
add_history(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {{"changed_at", "When (UTC)", UP_CELL_TIME},
										   {"operation", "What", UP_CELL_VALUE},
										   {"name", "Column", UP_CELL_VALUE},
										   {"before", "Before", UP_CELL_VALUE},
										   {"after", "After", UP_CELL_VALUE}};
	const OfUser *u = arg;
	UpRows r = ask_of_user(u, psprintf("SELECT to_char(h.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') "
									   "AS changed_at, h.operation, k AS name, "
									   "%s AS before, %s AS after "
									   "FROM %s.uprofile_history($1, $2) h LEFT JOIN LATERAL "
									   "jsonb_object_keys(h.values_after) k ON h.operation = 'update' "
									   "ORDER BY h.changed_at DESC, k LIMIT 60",
									   told("h.values_before", "k"), told("h.values_after", "k"), u->schema));

	up_page_table(p, "What refreshes changed, the newest first", &r, lengthof(columns), columns,
				  "Nothing has changed.");
}

static void
add_state(UpPage *p, const OfUser *u)
{
	const char *stale = up_rows_text(&u->got, 0, "stale"), *reason = up_rows_text(&u->got, 0, "reason");
	const char *error = up_rows_text(&u->got, 0, "error");
	bool found = strcmp(up_rows_text(&u->got, 0, "found"), "true") == 0;
	double age = up_page_number(&u->got, 0, "age");

	up_html_open(p->h, "ul", "class=\"tiles\"");
	up_page_tile(p, "In the profile", found ? "yes" : "no",
				 found ? NULL : "there is no such user, or not for you");
	up_page_tile(p, "Computed",
				 found && up_rows_text(&u->got, 0, "computed_at") != NULL
					 ? psprintf("%s ago", up_report_span(age))
					 : "never",
				 up_rows_text(&u->got, 0, "computed_at"));
	up_page_tile(p, "State",
				 stale == NULL                ? "not known"
				 : strcmp(stale, "true") == 0 ? "stale"
											  : "fresh",
				 reason);
	if (error != NULL)
		up_page_tile(p, "Last error", error, up_rows_text(&u->got, 0, "failed_since"));
	up_html_close(p->h);
}

char *
up_report_user(const char *schema, const char *name, Oid type, Datum key)
{
	static const char *const sections[][2] = {
		{"values", "Values"}, {"reasons", "Reasons"}, {"past", "What changed"}};
	OfUser u = {.schema = schema, .profile = name, .type = type, .key = key};
	UpPage page, *p = &page;

	read_user(&u);
	up_page_begin(p, schema, "User", up_rows_text(&u.got, 0, "user_key"));
	up_html_open(p->h, "p", "class=\"said\"");
	up_html_text(p->h, "Of profile ");
	up_page_value(p, name);
	up_html_text(p->h, ".");
	up_html_close(p->h);
	add_state(p, &u);
	up_page_sections(p, lengthof(sections), sections);
	up_html_element(p->h, "h2", "id=\"values\"", sections[0][1]);
	add_values(p, &u);
	up_html_element(p->h, "h2", "id=\"reasons\"", sections[1][1]);
	if (strcmp(up_rows_text(&u.got, 0, "found"), "true") == 0)
		up_page_try(p, add_reasons, &u);
	else
		up_page_sentence(p, NULL, "There is no prediction.");
	up_html_element(p->h, "h2", "id=\"past\"", sections[2][1]);
	up_page_try(p, add_history, &u);
	return up_page_end(p);
}
