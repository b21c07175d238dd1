/*
 * profile_report.c - a profile as a page for people; see profile_report.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "pg/io/relation.h"
#include "pg/models/registry.h"
#include "pg/models/report_model.h"
#include "pg/profiles/profile_report.h"

#include <math.h>

#define UTC(time) "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"

/* ---- reading ---- */

UpRows
up_report_ask(const char *sql, const char *argument)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(argument);

	return up_query(true, sql, 1, &type, &value, NULL);
}

static UpRows
ask_of_profile(const UpReportOf *r, const char *sql)
{
	return up_report_ask(sql, r->profile->name);
}

static void
read_table(UpReportOf *r)
{
	Oid table = up_profile_own_table(r->profile, AccessShareLock, true, &r->why_not);

	if (!OidIsValid(table))
		return;
	r->columns = up_relation_columns(table);
	r->may_read = pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	if (!r->may_read)
		r->why_not = psprintf("It takes the right to read %s", r->profile->table);
}

void
up_report_read(UpReportOf *r, const char *schema, const char *name)
{
	const char *s = schema;

	memset(r, 0, sizeof *r);
	r->profile = up_profile_look_shared(schema, name);
	r->facts = ask_of_profile(
		r,
		psprintf("SELECT profile, table_name, key_column, source, watch, owner::text AS "
				 "owner, " UTC("created_at") " AS created_at, last_status, " UTC(
					 "last_refresh") " AS last_refresh, " UTC("fresh_at") " AS fresh_at, "
																		  "extract(epoch FROM "
																		  "age)::float8 AS age, "
																		  "users::float8 AS "
																		  "users, last_message, "
																		  "last_mode, "
																		  "changed::float8 AS "
																		  "changed, "
																		  "CASE WHEN all_changed "
																		  "THEN 'everybody' END "
																		  "AS everybody, refresh, "
																		  "schedule, " UTC("next_full") " AS "
																										"next_"
																										"full, "
																										"policy"
																										"::"
																										"text "
																										"AS "
																										"policy"
																										", "
																										"clean:"
																										":text "
																										"AS "
																										"clean,"
																										" "
																										"CASE "
																										"WHEN "
																										"source"
																										" IS "
																										"NULL "
																										"THEN "
																										"0 "
																										"ELSE "
																										"1 "
																										"END::"
																										"float8"
																										" AS "
																										"whole "
																										"FROM "
																										"%s."
																										"uprofi"
																										"le_"
																										"profil"
																										"es "
																										"WHERE "
																										"profil"
																										"e = "
																										"$1",
				 s));
	if (r->facts.n == 0)
		up_profile_fail_unknown(s, name);
	r->whole = up_page_number(&r->facts, 0, "whole") == 1;
	read_table(r);
	/* Names of models in profiles have no dot of their own where another profile's could be meant. */
	r->models = ask_of_profile(r, psprintf("SELECT m.model AS name, substr(m.model, length($1) + 2) AS "
										   "column_name, m.task, m.algorithm FROM %s.uprofile_models m "
										   "WHERE m.deployed AND starts_with(m.model, $1 || '.') AND ((SELECT "
										   "d.models FROM %s.uprofile_profiles d "
										   "WHERE d.profile = $1) ? substr(m.model, length($1) + 2) OR (SELECT "
										   "d.models FROM %s.uprofile_profiles d "
										   "WHERE d.profile = $1) IS NULL) ORDER BY 1",
										   s, s, s));
}

const char *
up_report_span(double seconds)
{
	static const struct
	{
		double size;
		const char *one, *many;
	} units[] = {{86400, "1 day", "days"},
				 {3600, "1 hour", "hours"},
				 {60, "1 minute", "minutes"},
				 {1, "1 second", "seconds"}};

	for (int i = 0; i < (int) lengthof(units); i++)
	{
		double n = floor(seconds / units[i].size);

		if (n >= 2)
			return psprintf("%.0f %s", n, units[i].many);
		if (n >= 1)
			return units[i].one;
	}
	return "less than a second";
}

int64
up_report_least(const UpReportOf *r)
{
	return r->profile->policy->min_group;
}

bool
up_report_few(const UpReportOf *r, double users)
{
	return users > 0 && users < (double) up_report_least(r);
}

/* ---- what it is ---- */

static const char *
fact(const UpReportOf *r, const char *column)
{
	return up_rows_text(&r->facts, 0, column);
}

static void
add_tiles(UpReportOf *r)
{
	UpPage *p = &r->page;
	double age = up_page_number(&r->facts, 0, "age"), changed = up_page_number(&r->facts, 0, "changed");
	char users[UP_NUMBER_TEXT], waiting[UP_NUMBER_TEXT];
	const char *everybody = fact(r, "everybody"), *status = fact(r, "last_status");

	up_html_open(p->h, "ul", "class=\"tiles\"");
	up_page_tile(p, "Users", up_number_shown(up_page_number(&r->facts, 0, "users"), users),
				 "at the last refresh");
	up_page_tile(p, "Up to date", isnan(age) ? "never" : psprintf("%s ago", up_report_span(age)),
				 isnan(age) ? "it was not refreshed yet" : psprintf("%s UTC", fact(r, "fresh_at")));
	up_page_tile(p, "Changes that wait",
				 everybody != NULL           ? everybody
				 : isnan(changed)            ? "not watched"
				 : up_report_few(r, changed) ? psprintf("fewer than " INT64_FORMAT, up_report_least(r))
											 : up_number_shown(changed, waiting),
				 everybody != NULL ? "is to be computed anew"
				 : isnan(changed)  ? "each refresh reads all users"
								   : "users to be computed anew");
	up_page_tile(p, "Last refresh", status != NULL ? status : "none",
				 status != NULL ? psprintf("%s UTC", fact(r, "last_refresh")) : NULL);
	up_html_close(p->h);
}

static void
add_what(UpReportOf *r)
{
	UpPage *p = &r->page;
	const char *schedule = fact(r, "schedule"), *refresh = fact(r, "refresh");

	up_html_element(p->h, "h2", "id=\"what\"", "What it is");
	up_html_open(p->h, "dl", "class=\"facts\"");
	up_page_fact(p, "Table", fact(r, "table_name"));
	up_page_fact(p, "A user is", fact(r, "key_column"));
	up_page_fact(p, "Owner", fact(r, "owner"));
	up_page_fact(p, "Since", psprintf("%s UTC", fact(r, "created_at")));
	up_page_fact(p, "Refreshed",
				 schedule != NULL ? psprintf("%s, by schedule %s", refresh, schedule) : refresh);
	if (fact(r, "next_full") != NULL)
		up_page_fact(p, "All users again", psprintf("%s UTC", fact(r, "next_full")));
	up_html_close(p->h);
	if (up_report_least(r) > 1)
		up_page_sentence(p, "class=\"said\"",
						 "Groups of fewer than " INT64_FORMAT
						 " users are not shown, nor what would tell of them; the number of all users is.",
						 up_report_least(r));
	if (!r->whole)
		up_page_sentence(
			p, "class=\"said\"",
			"Source, policy, drift, failures and corrections are shown to the owner of the profile only.");
	up_page_details(p, "Source", fact(r, "source"));
	up_page_details(p, "Policy", fact(r, "policy"));
	up_page_details(p, "Rules of cleaning", fact(r, "clean"));
}

/* ---- models ---- */

typedef struct OneModel
{
	const UpReportOf *report;
	const char *name;
} OneModel;

/* On the rows of the profile's table, which cost no run of the source. */
static void
add_own_model(UpPage *p, void *arg)
{
	OneModel *m = arg;
	UpAppraisalOrder order = {.schema = p->schema,
							  .name = m->name,
							  .id = up_registry_deployed(p->schema, m->name),
							  .source = m->report->profile->table,
							  .forgiving = true};
	UpAppraisal *a = up_appraise(&order);

	up_report_what_model(p, a);
	up_report_worth(p, a, up_report_least(m->report));
}

/* Of a model that is another's: what its registry shows. */
static void
add_shared_model(UpPage *p, void *arg)
{
	static const UpPageColumn figures[] = {{"metric", "Figure", UP_CELL_VALUE},
										   {"value", "Model", UP_CELL_NUMBER}};
	OneModel *m = arg;
	UpRows tested = up_report_ask(
		psprintf("SELECT rows_tested::text AS n FROM %s.uprofile_models WHERE model = $1 AND deployed",
				 p->schema),
		m->name);
	UpRows r = up_report_ask(
		psprintf(
			"SELECT metric, value FROM %s.uprofile_metrics WHERE model = $1 AND deployed AND metric <> 'rows' "
			"AND strpos(metric, '[') = 0 ORDER BY 1",
			p->schema),
		m->name);

	up_page_table(p, up_report_of_training(tested.n > 0 ? up_rows_text(&tested, 0, "n") : "0"), &r,
				  lengthof(figures), figures, "No figures were measured at its training.");
	up_page_sentence(p, "class=\"said\"",
					 "Curves, and what matters most, are shown to the owner of the profile only.");
}

static void
add_models(UpReportOf *r)
{
	UpPage *p = &r->page;

	up_html_element(p->h, "h2", "id=\"models\"", "Models");
	if (r->models.n == 0)
		up_page_sentence(p, NULL, "None is deployed.");
	for (uint64 i = 0; i < r->models.n; i++)
	{
		OneModel one = {.report = r, .name = up_rows_text(&r->models, i, "name")};

		up_html_value_element(p->h, "h3", NULL, up_page_text(up_rows_text(&r->models, i, "column_name")));
		up_page_try(p, r->whole ? add_own_model : add_shared_model, &one);
	}
}

/* ---- drift, rules, runs ---- */

static void
add_drift(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {{"model", "Model", UP_CELL_VALUE},
										   {"column_name", "Column", UP_CELL_VALUE},
										   {"statistic", "Statistic", UP_CELL_VALUE},
										   {"value", "Value", UP_CELL_NUMBER},
										   {"threshold", "Threshold", UP_CELL_NUMBER},
										   {"drifted", "Drifted", UP_CELL_VALUE},
										   {"detail", "How", UP_CELL_LONG},
										   {"measured_at", "Measured (UTC)", UP_CELL_TIME}};
	UpRows r = ask_of_profile(
		arg,
		psprintf(
			"SELECT model, coalesce(column_name, 'all together') AS column_name, statistic, CASE WHEN "
			"abs(value) < 1e-9 THEN 0 ELSE value END AS value, threshold, "
			"CASE WHEN drifted THEN 'yes' ELSE 'no' END AS drifted, detail, " UTC(
				"measured_at") " AS measured_at "
							   "FROM (SELECT *, max(run) OVER (PARTITION BY model) AS newest FROM "
							   "%s.uprofile_drift_log WHERE profile = $1) l "
							   "WHERE run = newest ORDER BY model, kind <> 'model', drifted DESC, value DESC "
							   "LIMIT 40",
			p->schema));

	up_page_table(
		p, "Whether users still look as those that each model was trained on, as the last refresh measured it",
		&r, lengthof(columns), columns, "No refresh has measured any drift.");
}

static void
add_rules(UpPage *p, void *arg pg_attribute_unused())
{
	static const UpPageColumn columns[] = {
		{"mine", "Mine", UP_CELL_VALUE},    {"lhs", "Who has", UP_CELL_VALUE},
		{"rhs", "also has", UP_CELL_VALUE}, {"confidence", "Confidence", UP_CELL_SHARE},
		{"lift", "Lift", UP_CELL_NUMBER},   {"support", "Of all baskets", UP_CELL_SHARE}};
	UpRows r = up_report_ask(
		psprintf(
			"SELECT mine, array_to_string(lhs, ', ') AS lhs, array_to_string(rhs, ', ') AS rhs, "
			"confidence, lift, support "
			"FROM (SELECT *, row_number() OVER (PARTITION BY mine ORDER BY lift DESC, support DESC, lhs, "
			"rhs) AS place "
			"FROM %s.uprofile_rules WHERE $1 IS NOT NULL) x WHERE place <= 8 ORDER BY mine, place LIMIT 40",
			p->schema),
		"");

	up_page_table(p,
				  "The rules of the named mines that you may use, those with the greatest lift: how many times "
				  "as often as by chance",
				  &r, lengthof(columns), columns, "There are no named mines that you may use.");
}

/* A count, or nothing where it is one of too few. */
static char *
large(const char *count, int64 least)
{
	return psprintf("CASE WHEN %s BETWEEN 1 AND " INT64_FORMAT " - 1 THEN NULL ELSE %s::float8 END", count,
					least, count);
}

static void
add_runs(UpPage *p, void *arg)
{
	int64 k = up_report_least(arg);
	static const UpPageColumn columns[] = {{"started_at", "Started (UTC)", UP_CELL_TIME},
										   {"status", "Status", UP_CELL_VALUE},
										   {"mode", "Mode", UP_CELL_VALUE},
										   {"users", "Users", UP_CELL_NUMBER},
										   {"inserted", "Added", UP_CELL_NUMBER},
										   {"updated", "Changed", UP_CELL_NUMBER},
										   {"deleted", "Removed", UP_CELL_NUMBER},
										   {"failed", "Failed", UP_CELL_NUMBER},
										   {"seconds", "Seconds", UP_CELL_NUMBER},
										   {"message", "Message", UP_CELL_LONG}};
	UpRows r = ask_of_profile(
		arg,
		psprintf(
			"SELECT " UTC(
				"started_at") " AS started_at, status, mode, users::float8, %s AS inserted, %s AS updated, "
							  "%s AS deleted, %s AS failed, extract(epoch FROM duration)::float8 AS seconds, "
							  "CASE WHEN " INT64_FORMAT " > 1 AND (failed > 0 OR status <> 'succeeded') AND "
							  "message <> '' THEN 'not shown: it may name a user' ELSE message END AS message "
							  "FROM %s.uprofile_runs WHERE profile = $1 ORDER BY run DESC LIMIT 15",
			large("inserted", k), large("updated", k), large("deleted", k), large("failed", k), k, p->schema));

	up_page_table(p, "The last refreshes, the newest first", &r, lengthof(columns), columns,
				  "It was not refreshed yet.");
}

static void
add_section(UpReportOf *r, const char *const section[2], UpPagePart part)
{
	up_html_open(r->page.h, "h2", psprintf("id=\"%s\"", section[0]));
	up_html_text(r->page.h, section[1]);
	up_html_close(r->page.h);
	up_page_try(&r->page, part, r);
}

/* When, by whom and with what rights: what is on the page depends on it. */
static void
add_footer(UpPage *p)
{
	UpRows r = up_query(true, "SELECT " UTC("now()") " AS now", 0, NULL, NULL, NULL);

	up_html_close(p->h);
	up_html_open(p->h, "footer", NULL);
	up_html_text(p->h, "Made by uprofile at ");
	up_html_text(p->h, up_rows_text(&r, 0, "now"));
	up_html_text(p->h, " UTC, as role ");
	up_page_value(p, GetUserNameFromId(GetUserId(), false));
	up_html_text(p->h, ", with what this role may read.");
	up_html_close(p->h);
}

char *
up_report_profile(const char *schema, const char *name)
{
	static const char *const sections[][2] = {{"what", "What it is"},
											  {"segments", "Segments"},
											  {"models", "Models"},
											  {"drift", "Drift"},
											  {"offers", "Offers"},
											  {"rules", "Rules"},
											  {"quality", "Quality of the data"},
											  {"runs", "Refreshes"}};
	UpReportOf r;
	UpPage *p = &r.page;

	up_report_read(&r, schema, name);
	up_page_begin(p, schema, "Profile", r.profile->name);
	add_tiles(&r);
	up_page_sections(p, lengthof(sections), sections);
	add_what(&r);
	add_section(&r, sections[1], up_report_segments);
	add_models(&r);
	if (r.whole)
		add_section(&r, sections[3], add_drift);
	else
	{
		up_html_element(p->h, "h2", "id=\"drift\"", sections[3][1]);
		up_page_sentence(p, "class=\"said\"", "Shown to the owner of the profile only.");
	}
	add_section(&r, sections[4], up_report_offers);
	add_section(&r, sections[5], add_rules);
	up_report_quality(&r);
	add_section(&r, sections[7], add_runs);
	add_footer(p);
	return up_page_end(p);
}
