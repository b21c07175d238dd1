/*
 * profile_report_segments.c - the segments of a profile on its page; see profile_report.h
 *
 * What uprofile_segments and uprofile_migration say, which keep groups of fewer users than the policy's min_group to themselves.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/profiles/history.h"
#include "pg/profiles/profile_report.h"

#include <math.h>

#define MOST_SEGMENTS 100
#define MOST_MOVES    25

static UpRows
ask(const UpReportOf *r, const char *sql)
{
	Oid type = TEXTOID;
	Datum profile = CStringGetTextDatum(r->profile->name);

	return up_query(true, sql, 1, &type, &profile, NULL);
}

/* How sure one may be of it. */
static void
add_trust(UpPage *p, double silhouette, double stability)
{
	char shown[UP_NUMBER_TEXT];

	if (isnan(silhouette) && isnan(stability))
		return;
	up_html_open(p->h, "p", "class=\"note\"");
	if (!isnan(silhouette))
	{
		up_html_text(p->h, "Silhouette ");
		up_html_text(p->h, up_number_shown(silhouette, shown));
	}
	if (!isnan(stability))
	{
		up_html_text(p->h, isnan(silhouette) ? "Stability " : ", stability ");
		up_html_text(p->h, up_number_shown(stability, shown));
	}
	up_html_close(p->h);
}

static void
add_card(UpPage *p, const UpRows *s, uint64 i)
{
	char users[UP_NUMBER_TEXT], share[UP_NUMBER_TEXT];
	char *name = up_page_get(s, i, "name"), *description = up_page_get(s, i, "description");
	double of_all = up_page_number(s, i, "share");

	up_html_open(p->h, "li", NULL);
	up_html_open(p->h, "h4", NULL);
	if (name == NULL)
		up_html_text(p->h, "Segment ");
	up_page_value(p, name != NULL ? name : up_page_get(s, i, "segment"));
	up_html_close(p->h);
	if (up_page_number(s, i, "hidden") == 1)
		up_html_element(p->h, "p", "class=\"said\"", "Not shown: too small, or it would tell of one that is.");
	else
	{
		up_html_element(p->h, "p", NULL,
						psprintf("%s users, %s", up_number_shown(up_page_number(s, i, "users"), users),
								 up_share_shown(of_all, share)));
		up_chart_bar(p->h, of_all, "Share of all users");
		if (description != NULL)
		{
			up_html_open(p->h, "p", NULL);
			up_html_text_to(p->h, up_page_text(description), 600);
			up_html_close(p->h);
		}
		add_trust(p, up_page_number(s, i, "silhouette"), up_page_number(s, i, "stability"));
	}
	up_html_close(p->h);
}

static void
add_moves(UpPage *p, void *report)
{
	static const UpPageColumn columns[] = {
		{"movement", "What", UP_CELL_VALUE}, {"from_name", "From", UP_CELL_NAME},
		{"to_name", "To", UP_CELL_NAME},     {"users", "Users", UP_CELL_NUMBER},
		{"share", "Share", UP_CELL_SHARE},   {"reason", "With it changed", UP_CELL_LONG}};
	const UpProfile *profile = ((const UpReportOf *) report)->profile;
	char *name = psprintf("%s" UP_HISTORY_SUFFIX, up_profile_base(profile));
	Oid history = get_relname_relid(name, get_namespace_oid(profile->table_schema, true));
	UpRows r;

	/* A table runs nothing when it is read. */
	if (!OidIsValid(history) || get_rel_relkind(history) != RELKIND_RELATION)
	{
		up_page_sentence(p, NULL, "They are not known: the profile keeps no history.");
		return;
	}
	r = ask(report,
			psprintf("SELECT movement, coalesce(from_name, from_segment) AS from_name, coalesce(to_name, "
					 "to_segment) AS to_name, "
					 "CASE WHEN NOT hidden THEN users::float8 END AS users, CASE WHEN NOT hidden THEN share "
					 "END AS share, "
					 "CASE WHEN hidden THEN 'not shown: too few' ELSE reason END AS reason "
					 "FROM %s.uprofile_migration($1, greatest(now() - interval '30 days', (SELECT "
					 "max(h.changed_at) FROM %s h WHERE "
					 "h.key_1 IS NULL AND h.operation = '" UP_HISTORY_BEGIN "'))) WHERE movement <> 'stayed' "
					 "ORDER BY hidden, users DESC NULLS LAST, 1, 2, 3 LIMIT %d",
					 p->schema, quote_qualified_identifier(profile->table_schema, name), MOST_MOVES));
	up_page_table(p, "Users who changed their segment within 30 days, and their share of those who were there",
				  &r, lengthof(columns), columns, "Nobody changed the segment within 30 days.");
}

void
up_report_segments(UpPage *p, void *report)
{
	const UpReportOf *r = report;
	UpRows s;
	const char *last = NULL;

	if (!r->whole)
	{
		up_page_sentence(p, "class=\"said\"", "Shown to the owner of the profile only.");
		return;
	}
	s = ask(
		r,
		psprintf(
			"SELECT model, segment, name, users::float8, share, description, silhouette, stability, "
			"hidden::int::float8 AS hidden "
			"FROM %s.uprofile_segments($1) ORDER BY model NULLS LAST, users DESC NULLS LAST, segment LIMIT %d",
			p->schema, MOST_SEGMENTS));
	if (s.n == 0)
	{
		up_page_sentence(p, NULL, "There are none: no model makes segments, and no rules do.");
		return;
	}
	for (uint64 i = 0; i < s.n; i++)
	{
		const char *model = up_page_get(&s, i, "model");

		model = model != NULL ? model : "by rule";
		if (last == NULL || strcmp(last, model) != 0)
		{
			if (last != NULL)
				up_html_close(p->h);
			up_html_value_element(p->h, "h3", NULL, up_page_text(model));
			up_html_open(p->h, "ul", "class=\"cards\"");
		}
		add_card(p, &s, i);
		last = model;
	}
	up_html_close(p->h);
	up_html_element(p->h, "h3", NULL, "Movements");
	up_page_try(p, add_moves, report);
}
