/*
 * profile_report_segments.c - the segments of a profile on its page; see profile_report.h
 *
 * What uprofile_segments and uprofile_migration say, which keep groups of fewer users than the policy's min_group to themselves.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/io/relation.h"
#include "pg/profiles/history.h"
#include "pg/profiles/profile_report.h"

#include <math.h>

#define MOST_SEGMENTS 100
#define MOST_MOVES    25

static UpRows
ask(const UpReportOf *r, const char *sql)
{
	return up_report_ask(sql, r->profile->name);
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

/* What is told of each column on a line of its own. */
static char *
lines_of(const char *description)
{
	char *lines = pstrdup(description);

	for (char *c = strstr(lines, "; "); c != NULL; c = strstr(c, "; "))
		memcpy(c, " \n", 2);
	return lines;
}

static void
add_card(UpPage *p, const UpRows *s, uint64 i)
{
	char users[UP_NUMBER_TEXT], share[UP_NUMBER_TEXT];
	char *name = up_rows_text(s, i, "name"), *description = up_rows_text(s, i, "description");
	double of_all = up_page_number(s, i, "share");

	up_html_open(p->h, "li", NULL);
	up_html_open(p->h, "h4", NULL);
	if (name == NULL)
		up_html_text(p->h, "Segment ");
	up_page_value(p, name != NULL ? name : up_rows_text(s, i, "segment"));
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
			up_html_open(p->h, "p", "class=\"lines\"");
			up_html_block(p->h, lines_of(up_page_text(description)), 600);
			up_html_close(p->h);
		}
		add_trust(p, up_page_number(s, i, "silhouette"), up_page_number(s, i, "stability"));
	}
	up_html_close(p->h);
}

/*
 * From when on movements are known: the beginning of the history or, of a profile that began with it, the end of its first
 * refresh, before which there was nobody. A history is the profile's own, and read as its owner: its table may have policies.
 */
static bool
find_beginning(const UpProfile *profile, TimestampTz *begin)
{
	Oid owner = up_profile_owner(profile), history = up_history_table(profile, AccessShareLock);
	UpAsRole before;
	UpRows r;
	bool isnull;

	if (!OidIsValid(history))
		return false;
	up_as_role_begin(&before, owner, profile->source_path);
	up_history_check(history, 0);
	r = up_query(
		true,
		psprintf(
			"SELECT CASE WHEN NOT EXISTS (SELECT FROM %s p WHERE p.%s < b.at) AND NOT EXISTS (SELECT FROM %s u "
			"WHERE u.changed_at = f.at AND u.operation <> 'insert') THEN greatest(f.at, b.at) ELSE b.at END AS "
			"at "
			"FROM (SELECT max(h.changed_at) AS at FROM %s h WHERE h.key_1 IS NULL AND h.operation = "
			"'" UP_HISTORY_BEGIN
			"') b, LATERAL (SELECT min(h.changed_at) AS at FROM %s h WHERE h.changed_at >= "
			"b.at AND h.key_1 IS NOT NULL) f",
			profile->table, UP_CHANGED_AT, up_relation_name(history), up_relation_name(history),
			up_relation_name(history)),
		0, NULL, NULL, NULL);
	*begin = DatumGetTimestampTz(up_rows_get(&r, 0, "at", &isnull));
	up_as_role_end(&before);
	return !isnull;
}

static void
add_moves(UpPage *p, void *report)
{
	static const UpPageColumn columns[] = {
		{"movement", "What", UP_CELL_VALUE}, {"from_name", "From", UP_CELL_NAME},
		{"to_name", "To", UP_CELL_NAME},     {"users", "Users", UP_CELL_NUMBER},
		{"share", "Share", UP_CELL_SHARE},   {"reason", "With it changed", UP_CELL_LONG}};
	TimestampTz begin;
	Oid types[] = {TEXTOID, TIMESTAMPTZOID};
	Datum values[2];
	UpRows r;

	if (!find_beginning(((const UpReportOf *) report)->profile, &begin))
	{
		up_page_sentence(p, NULL, "They are not known: the profile keeps no history.");
		return;
	}
	values[0] = CStringGetTextDatum(((const UpReportOf *) report)->profile->name);
	values[1] = TimestampTzGetDatum(begin);
	r = up_query(
		true,
		psprintf("SELECT movement, coalesce(from_name, from_segment) AS from_name, coalesce(to_name, "
				 "to_segment) AS to_name, "
				 "CASE WHEN NOT hidden THEN users::float8 END AS users, CASE WHEN NOT hidden THEN share "
				 "END AS share, "
				 "CASE WHEN hidden THEN 'not shown: too few' ELSE reason END AS reason "
				 "FROM %s.uprofile_migration($1, greatest(now() - interval '30 days', $2)) WHERE movement <> "
				 "'stayed' ORDER BY hidden, users DESC NULLS LAST, 1, 2, 3 LIMIT %d",
				 p->schema, MOST_MOVES),
		lengthof(types), types, values, NULL);
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
			p->schema, MOST_SEGMENTS + 1));
	if (s.n == 0)
	{
		up_page_sentence(p, NULL, "There are none: no model makes segments, and no rules do.");
		return;
	}
	for (uint64 i = 0; i < Min(s.n, MOST_SEGMENTS); i++)
	{
		const char *model = up_rows_text(&s, i, "model");

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
	if (s.n > MOST_SEGMENTS)
		up_page_sentence(p, NULL, "There are more, which are not shown here: uprofile_segments has all.");
	up_html_element(p->h, "h3", NULL, "Movements");
	up_page_try(p, add_moves, report);
}
