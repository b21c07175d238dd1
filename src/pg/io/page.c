/*
 * page.c - a page of HTML for people; see page.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/caught.h"
#include "pg/io/page.h"
#include "report/style.h"

#include <math.h>

#define SHOWN_ERROR 500   /* characters */
#define MOST_TEXT   20000 /* of a source */

/* ---- texts ---- */

const char *
up_page_text(const char *text)
{
	/* Without an encoding bytes are what they are, and core shows those that are no UTF-8 as such. */
	if (GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII)
		return text;
	return pg_server_to_any(text, (int) strlen(text), PG_UTF8);
}

void
up_page_value(UpPage *p, const char *text)
{
	up_html_value(p->h, up_page_text(text));
}

void
up_page_sentence(UpPage *p, const char *class, const char *fmt, ...)
{
	StringInfoData text;
	int missing;

	initStringInfo(&text);
	do
	{
		va_list args;

		va_start(args, fmt);
		missing = appendStringInfoVA(&text, fmt, args);
		va_end(args);
		if (missing > 0)
			enlargeStringInfo(&text, missing);
	} while (missing > 0);
	up_html_open(p->h, "p", class);
	up_html_text_to(p->h, up_page_text(text.data), SHOWN_ERROR);
	up_html_close(p->h);
	pfree(text.data);
}

/* ---- the frame ---- */

void
up_page_begin(UpPage *p, const char *schema, const char *title, const char *subject)
{
	UpHtml *h = p->h = &p->html;

	up_html_init(h);
	p->schema = schema;
	up_html_raw(h, "<!DOCTYPE html>\n");
	up_html_open(h, "html", "lang=\"en\"");
	up_html_raw(h, "\n<head>\n<meta charset=\"utf-8\">\n"
				   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
				   "<meta name=\"generator\" content=\"uprofile\">\n<title>");
	up_html_text(h, title);
	if (subject != NULL)
	{
		up_html_raw(h, " ");
		up_html_text_to(h, up_page_text(subject), UP_HTML_LONGEST);
	}
	up_html_raw(h, "</title>\n<style>\n");
	up_html_raw(h, up_report_style);
	up_html_raw(h, "</style>\n</head>\n");
	up_html_open(h, "body", NULL);
	up_html_open(h, "header", NULL);
	up_html_open(h, "h1", NULL);
	up_html_text(h, title);
	if (subject != NULL)
	{
		up_html_raw(h, " ");
		up_page_value(p, subject);
	}
	up_html_close(h);
}

void
up_page_sections(UpPage *p, int n, const char *const (*sections)[2])
{
	UpHtml *h = p->h;

	up_html_close(h);
	up_html_open(h, "nav", "aria-label=\"Sections\"");
	up_html_open(h, "ul", NULL);
	for (int i = 0; i < n; i++)
	{
		up_html_raw(h, "<li><a href=\"#");
		up_html_raw(h, sections[i][0]);
		up_html_raw(h, "\">");
		up_html_text(h, sections[i][1]);
		up_html_raw(h, "</a></li>");
	}
	up_html_close(h);
	up_html_close(h);
	up_html_open(h, "main", NULL);
}

char *
up_page_end(UpPage *p)
{
	while (p->h->depth > 0)
		up_html_close(p->h);
	return p->h->out.bytes;
}

void
up_page_fact(UpPage *p, const char *term, const char *value)
{
	if (value == NULL)
		return;
	up_html_element(p->h, "dt", NULL, term);
	up_html_value_element(p->h, "dd", NULL, up_page_text(value));
}

void
up_page_details(UpPage *p, const char *summary, const char *text)
{
	if (text == NULL)
		return;
	up_html_open(p->h, "details", NULL);
	up_html_element(p->h, "summary", NULL, summary);
	up_html_open(p->h, "pre", "tabindex=\"0\"");
	up_html_block(p->h, up_page_text(text), MOST_TEXT);
	up_html_close(p->h);
	up_html_close(p->h);
}

void
up_page_tile(UpPage *p, const char *term, const char *value, const char *small)
{
	up_html_open(p->h, "li", NULL);
	up_html_element(p->h, "span", NULL, term);
	up_html_open(p->h, "strong", NULL);
	up_page_value(p, value);
	up_html_close(p->h);
	if (small != NULL)
		up_html_value_element(p->h, "small", NULL, up_page_text(small));
	up_html_close(p->h);
}

/* ---- rows ---- */

double
up_page_number(const UpRows *rows, uint64 row, const char *column)
{
	bool isnull;
	Datum value = up_rows_get(rows, row, column, &isnull);

	return isnull ? NAN : DatumGetFloat8(value);
}

static const char *
class_of(UpCell cell)
{
	return cell == UP_CELL_VALUE                             ? NULL
		   : cell == UP_CELL_NAME                            ? "class=\"named\""
		   : cell == UP_CELL_LONG                            ? "class=\"wide\""
		   : cell == UP_CELL_TIME                            ? "class=\"time\""
		   : cell == UP_CELL_NUMBER || cell == UP_CELL_SHARE ? "class=\"number\""
															 : "class=\"bars\"";
}

static void
add_cell(UpPage *p, const char *tag, const UpRows *rows, uint64 row, const UpPageColumn *c)
{
	char shown[UP_NUMBER_TEXT];

	up_html_open(p->h, tag, class_of(c->cell));
	if (c->cell <= UP_CELL_TIME)
	{
		char *value = up_rows_text(rows, row, c->name);

		if (value != NULL && c->cell != UP_CELL_LONG)
			up_page_value(p, value);
		else if (value != NULL)
			up_html_text_to(p->h, up_page_text(value), SHOWN_ERROR);
	}
	else
	{
		double v = up_page_number(rows, row, c->name);

		if (c->cell == UP_CELL_NUMBER)
			up_html_text(p->h, up_number_shown(v, shown));
		else if (c->cell == UP_CELL_SHARE)
			up_html_text(p->h, up_share_shown(v, shown));
		else if (!isnan(v) && c->cell == UP_CELL_BAR)
			up_chart_bar(p->h, v, c->heading);
		else if (!isnan(v))
			up_chart_signed_bar(p->h, v, c->heading);
	}
	up_html_close(p->h);
}

void
up_page_table(UpPage *p, const char *caption, const UpRows *rows, int n, const UpPageColumn *columns,
			  const char *empty)
{
	UpHtml *h = p->h;

	if (rows->n == 0)
	{
		if (empty != NULL)
			up_html_element(h, "p", NULL, empty);
		return;
	}
	up_html_open(h, "div", "class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"");
	up_html_open(h, "table", NULL);
	up_html_open(h, "caption", NULL);
	up_html_element(h, "span", NULL, caption);
	up_html_close(h);
	up_html_open(h, "thead", NULL);
	up_html_open(h, "tr", NULL);
	for (int i = 0; i < n; i++)
	{
		up_html_raw(h, columns[i].cell == UP_CELL_NUMBER || columns[i].cell == UP_CELL_SHARE
						   ? "<th scope=\"col\" class=\"number\">"
						   : "<th scope=\"col\">");
		up_html_text(h, columns[i].heading);
		up_html_raw(h, "</th>");
	}
	up_html_close(h);
	up_html_close(h);
	up_html_open(h, "tbody", NULL);
	for (uint64 row = 0; row < rows->n; row++)
	{
		up_html_open(h, "tr", NULL);
		for (int i = 0; i < n; i++)
			add_cell(p, "td", rows, row, &columns[i]);
		up_html_close(h);
		up_html_raw(h, "\n");
	}
	up_html_close(h);
	up_html_close(h);
	up_html_close(h);
}

/* ---- parts that may fail ---- */

typedef struct Part
{
	UpPage *p;
	UpPagePart part;
	void *arg;
} Part;

static void
make_part(void *of)
{
	Part *part = of;

	part->part(part->p, part->arg);
}

bool
up_page_try(UpPage *p, UpPagePart part, void *arg)
{
	UpHtmlPlace place = up_html_place(p->h);
	Part work = {p, part, arg};
	ErrorData *e = up_attempt(make_part, &work);

	if (e == NULL)
		return true;
	up_html_back_to(p->h, place);
	/* What a profile does not have is no fault. */
	if (e->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		up_page_sentence(p, "class=\"said\"", "There is nothing to tell: %s.", e->message);
	else
		up_page_sentence(p, "class=\"said\"", "This part could not be made: %s.", e->message);
	return false;
}
