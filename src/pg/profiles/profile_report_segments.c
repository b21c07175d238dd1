/*
 * profile_report_segments.c - the segments of a profile on its page; see profile_report.h
 *
 * Of each segment: its size, and the columns by whose mean it stands out, in deviations of all users.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/profiles/profile_report.h"

#include <math.h>

#define MOST_COLUMNS  200
#define MOST_SEGMENTS 60
#define MOST_TOLD     3
#define STANDS_OUT    0.3 /* deviations */

typedef struct Averages
{
	int n;
	const char *columns[MOST_COLUMNS];
	UpRows all, each;
} Averages;

static bool
is_number(Oid type)
{
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return true;
		default:
			return false;
	}
}

static void
choose_columns(const UpReportOf *r, Averages *a)
{
	for (int i = 0; i < r->columns->natts && a->n < MOST_COLUMNS; i++)
	{
		Form_pg_attribute c = TupleDescAttr(r->columns, i);

		if (!c->attisdropped && is_number(c->atttypid) && strcmp(NameStr(c->attname), r->profile->key) != 0 &&
			!up_report_is_answer(r, NameStr(c->attname)))
			a->columns[a->n++] = NameStr(c->attname);
	}
}

static void
read_averages(const UpReportOf *r, const char *segment, Averages *a)
{
	StringInfoData all, each;

	initStringInfo(&all);
	initStringInfo(&each);
	appendStringInfo(&each,
					 "SELECT %s::text AS segment, count(*)::float8 AS users, count(*)::float8 / sum(count(*)) "
					 "OVER ()::float8 AS share",
					 quote_identifier(segment));
	appendStringInfoString(&all, "SELECT count(*)::float8 AS users");
	for (int i = 0; i < a->n; i++)
	{
		const char *c = quote_identifier(a->columns[i]);

		appendStringInfo(&each, ", avg(%s::float8) AS mean_%d", c, i);
		appendStringInfo(&all, ", avg(%s::float8) AS mean_%d, stddev_pop(%s::float8) AS deviation_%d", c, i, c,
						 i);
	}
	appendStringInfo(&each, " FROM %s WHERE %s IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d",
					 r->profile->table, quote_identifier(segment), MOST_SEGMENTS);
	appendStringInfo(&all, " FROM %s", r->profile->table);
	a->all = up_query(true, all.data, 0, NULL, NULL, NULL);
	a->each = up_query(true, each.data, 0, NULL, NULL, NULL);
}

static double
distance(const Averages *a, uint64 segment, int column)
{
	double deviation = up_page_number(&a->all, 0, psprintf("deviation_%d", column));
	double z = (up_page_number(&a->each, segment, psprintf("mean_%d", column)) -
				up_page_number(&a->all, 0, psprintf("mean_%d", column))) /
			   deviation;

	return deviation > 0 && isfinite(z) ? fabs(z) : 0;
}

static void
add_what_stands_out(UpPage *p, const Averages *a, uint64 segment)
{
	bool *told = palloc0(Max(a->n, 1));
	int n = 0;

	for (; n < MOST_TOLD; n++)
	{
		int best = -1;
		char own[UP_NUMBER_TEXT], all[UP_NUMBER_TEXT];

		for (int i = 0; i < a->n; i++)
		{
			if (!told[i] && distance(a, segment, i) >= STANDS_OUT &&
				(best < 0 || distance(a, segment, i) > distance(a, segment, best)))
				best = i;
		}
		if (best < 0)
			break;
		told[best] = true;
		up_html_open(p->h, "p", NULL);
		up_page_value(p, a->columns[best]);
		up_html_text(
			p->h, psprintf(": %s on average, all users %s",
						   up_number_shown(up_page_number(&a->each, segment, psprintf("mean_%d", best)), own),
						   up_number_shown(up_page_number(&a->all, 0, psprintf("mean_%d", best)), all)));
		up_html_close(p->h);
	}
	if (n == 0)
		up_html_element(p->h, "p", "class=\"said\"",
						"Nothing stands out: on average they are as all users are.");
}

static void
add_segments_of(UpPage *p, const UpReportOf *r, const char *column)
{
	Averages *a = palloc0(sizeof(Averages));

	choose_columns(r, a);
	read_averages(r, column, a);
	up_html_value_element(p->h, "h3", NULL, up_page_text(column));
	up_html_open(p->h, "ul", "class=\"cards\"");
	for (uint64 i = 0; i < a->each.n; i++)
	{
		char users[UP_NUMBER_TEXT], share[UP_NUMBER_TEXT];

		up_html_open(p->h, "li", NULL);
		up_html_open(p->h, "h4", NULL);
		up_html_text(p->h, "Segment ");
		up_page_value(p, up_page_get(&a->each, i, "segment"));
		up_html_close(p->h);
		up_html_element(p->h, "p", NULL,
						psprintf("%s users, %s", up_number_shown(up_page_number(&a->each, i, "users"), users),
								 up_share_shown(up_page_number(&a->each, i, "share"), share)));
		up_chart_bar(p->h, up_page_number(&a->each, i, "share"), "Share of all users");
		add_what_stands_out(p, a, i);
		up_html_close(p->h);
	}
	up_html_close(p->h);
}

void
up_report_segments(UpPage *p, void *report)
{
	const UpReportOf *r = report;
	int n = 0;

	if (!r->may_read)
	{
		up_page_sentence(p, "class=\"said\"", "They are not shown: %s.", r->why_not);
		return;
	}
	for (uint64 i = 0; i < r->models.n; i++)
	{
		if (strcmp(up_page_get(&r->models, i, "task"), "clustering") != 0)
			continue;
		add_segments_of(p, r, up_page_get(&r->models, i, "column_name"));
		n++;
	}
	if (n == 0)
		up_page_sentence(p, NULL, "None of its models makes segments.");
}
