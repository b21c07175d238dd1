/*
 * profile_report_quality.c - the quality of a profile's data, and its offers, on its page; see profile_report.h
 *
 * Groups of fewer users than the policy's min_group are not told here either.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/relation.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_report.h"

#define MOST_COLUMNS 200
#define MOST_ITEMS   10

/*
 * The rows of a query with a count n, and whether each is one that is not told (small): of fewer users than the least, and as many
 * more, the smallest first, as it takes that these come to two groups and to as many users. order: by which rows differ.
 */
static char *
mark_small(const UpReportOf *r, const char *query, const char *order)
{
	int64 k = up_report_least(r);

	return psprintf("SELECT g.*, bool_or(n < " INT64_FORMAT ") OVER () AND (n < " INT64_FORMAT
					" OR row_number() OVER w <= 2 OR coalesce(sum(n) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING "
					"AND 1 PRECEDING), 0) < " INT64_FORMAT
					") AS small FROM (%s) g WINDOW w AS (ORDER BY n, %s)",
					k, k, k, query, order);
}

/* ---- columns ---- */

/* Shares and quantiles tell of those who lack a value, or who lie beyond. */
static void
add_columns(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {
		{"column_name", "Column", UP_CELL_VALUE}, {"kind", "Kind", UP_CELL_VALUE},
		{"missing", "Missing", UP_CELL_SHARE},    {"distinct_values", "Distinct", UP_CELL_NUMBER},
		{"p05", "5 % below", UP_CELL_NUMBER},     {"median", "Median", UP_CELL_NUMBER},
		{"p95", "5 % above", UP_CELL_NUMBER},     {"outliers", "Outliers", UP_CELL_NUMBER},
		{"advice", "What to know", UP_CELL_LONG}};
	const UpReportOf *report = arg;
	const UpProfile *of = report->profile;
	UpRows r = up_report_ask(
		psprintf(
			"SELECT d.column_name, d.kind, CASE WHEN d.missing IN (0, d.n_rows) OR least(d.missing, d.n_rows - "
			"d.missing) >= k THEN d.missing::float8 / nullif(d.n_rows, 0) END AS missing, "
			"d.distinct_values::float8, "
			"CASE WHEN k = 1 OR (d.n_rows - d.missing) * 0.05 >= k THEN d.p05 END AS p05, "
			"CASE WHEN k = 1 OR (d.n_rows - d.missing) * 0.5 >= k THEN d.median END AS median, "
			"CASE WHEN k = 1 OR (d.n_rows - d.missing) * 0.05 >= k THEN d.p95 END AS p95, "
			"CASE WHEN d.outliers = 0 OR d.outliers >= k THEN d.outliers::float8 END AS outliers, "
			"CASE WHEN k = 1 OR d.advice !~ '[0-9]' THEN d.advice END AS advice "
			"FROM %s.uprofile_describe($1) d, (SELECT " INT64_FORMAT "::int8 AS k) k "
			"WHERE d.column_name <> '" UP_CHANGED_AT
			"' AND NOT EXISTS (SELECT FROM jsonb_object_keys(%s::jsonb) m WHERE d.column_name IN (m, m || "
			"'_probability', m || '_reasons')) %s LIMIT %d",
			p->schema, up_report_least(report),
			quote_literal_cstr(JsonbToCString(NULL, &of->definitions->root, 0)),
			of->offers != NULL ? "AND d.column_name !~ '^offer_[0-9]+(_reason)?$'" : "", MOST_COLUMNS),
		of->table);

	up_page_table(p, "The columns of the source, over all users", &r, lengthof(columns), columns, NULL);
	if (report->columns->natts - 1 > MOST_COLUMNS)
		up_page_sentence(p, NULL, "And %d more columns.", report->columns->natts - 1 - MOST_COLUMNS);
}

static void
add_failures(UpPage *p, void *arg)
{
	static const UpPageColumn failed[] = {{"error", "Error", UP_CELL_LONG},
										  {"users", "Users", UP_CELL_NUMBER},
										  {"since", "Since (UTC)", UP_CELL_TIME}};
	static const UpPageColumn corrected[] = {{"rule", "Rule", UP_CELL_VALUE},
											 {"column_name", "Column", UP_CELL_VALUE},
											 {"action", "Action", UP_CELL_VALUE},
											 {"users", "Rows", UP_CELL_NUMBER}};
	const UpReportOf *report = arg;
	/* An error may quote a value of the one who has it. */
	UpRows r = up_report_ask(
		psprintf(
			"SELECT CASE WHEN small THEN 'not shown: errors of too few users' ELSE error END AS error, "
			"sum(n) FILTER (WHERE NOT small)::float8 AS users, to_char(min(since) FILTER (WHERE NOT small) "
			"AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since FROM (%s) f GROUP BY 1 "
			"ORDER BY 2 DESC NULLS LAST, 1 LIMIT 20",
			mark_small(report,
					   psprintf("SELECT error, count(*) AS n, min(since) AS since FROM %s.uprofile_failures "
								"WHERE profile = $1 GROUP BY 1",
								p->schema),
					   "error")),
		report->profile->name);

	up_html_element(p->h, "h3", NULL, "Users that could not be computed");
	up_page_table(p, "Users whose rows stay as they were, by error", &r, lengthof(failed), failed,
				  "There are none.");
	r = up_report_ask(
		psprintf("SELECT rule, column_name, action, CASE WHEN NOT small THEN n::float8 END AS users "
				 "FROM (%s) c ORDER BY 4 DESC NULLS LAST, 1, 2, 3 LIMIT 40",
				 mark_small(report,
							psprintf("SELECT rule, column_name, action, count(*) AS n FROM "
									 "%s.uprofile_corrections WHERE profile = $1 GROUP BY 1, 2, 3",
									 p->schema),
							"rule, column_name, action")),
		report->profile->name);
	up_html_element(p->h, "h3", NULL, "What cleaning does");
	up_page_table(p, "Corrections of the rows of users, by rule", &r, lengthof(corrected), corrected,
				  "Nothing is corrected.");
}

void
up_report_quality(UpReportOf *r)
{
	UpPage *p = &r->page;

	up_html_element(p->h, "h2", "id=\"quality\"", "Quality of the data");
	if (r->may_read)
		up_page_try(p, add_columns, r);
	else
		up_page_sentence(p, "class=\"said\"", "Its columns are not described: %s.", r->why_not);
	if (r->whole)
		up_page_try(p, add_failures, r);
}

/* ---- offers ---- */

/* The offers of the table: (offer_1), (offer_2), …; NULL where it has none. */
static char *
offers_of(const UpReportOf *r, const char *before, const char *after)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < UP_MOST_OFFERS; i++)
	{
		const char *name = up_offer_name(i, false);

		if (up_attribute_named(r->columns, name) == NULL)
			break;
		appendStringInfo(&list, "%s%s%s::text%s", i > 0 ? ", " : "", before, quote_identifier(name), after);
	}
	return list.len > 0 ? list.data : NULL;
}

static void
add_share_offered(const UpReportOf *r, UpPage *p, const char *offers)
{
	UpRows s = up_query(true,
						psprintf("SELECT count(*)::float8 AS users, count(coalesce(%s))::float8 AS offered "
								 "FROM %s",
								 offers, r->profile->table),
						0, NULL, NULL, NULL);
	double users = up_page_number(&s, 0, "users"), offered = up_page_number(&s, 0, "offered");
	char shown[UP_NUMBER_TEXT], share[UP_NUMBER_TEXT];

	if (users == 0)
		up_page_sentence(p, NULL, "There are no users.");
	else if (up_report_few(r, offered) || up_report_few(r, users - offered))
		up_page_sentence(p, NULL, "How many users have one is not shown: too few have, or have none.");
	else
		up_page_sentence(p, NULL, "%s users have at least one: %s of all.", up_number_shown(offered, shown),
						 up_share_shown(offered / users, share));
}

void
up_report_offers(UpPage *p, void *report)
{
	static const UpPageColumn columns[] = {{"item", "Item", UP_CELL_VALUE},
										   {"users", "Users", UP_CELL_NUMBER},
										   {"share", "Of all users", UP_CELL_SHARE}};
	const UpReportOf *r = report;
	char *offers;
	UpRows items;

	if (!r->may_read)
	{
		up_page_sentence(p, "class=\"said\"", "They are not told: %s.", r->why_not);
		return;
	}
	offers = r->profile->offers != NULL ? offers_of(r, "r.", "") : NULL;
	if (offers == NULL)
	{
		up_page_sentence(p, NULL, "There are none: the profile makes no offers.");
		return;
	}
	add_share_offered(r, p, offers_of(r, "", ""));
	items = up_query(
		true,
		psprintf("SELECT item, n::float8 AS users, n / nullif(everybody, 0)::float8 AS share FROM (%s) i "
				 "WHERE NOT small ORDER BY n DESC, item LIMIT %d",
				 mark_small(
					 r,
					 psprintf("SELECT o.item, count(*) AS n, (SELECT count(*) FROM %s) AS everybody FROM %s r "
							  "CROSS JOIN LATERAL (VALUES %s) o (item) WHERE o.item IS NOT NULL GROUP BY 1",
							  r->profile->table, r->profile->table, offers_of(r, "(r.", ")")),
					 "item"),
				 MOST_ITEMS),
		0, NULL, NULL, NULL);
	up_page_table(p, "What is offered most", &items, lengthof(columns), columns, NULL);
}
