/*
 * page.h - a page of HTML for people, of texts in the server's encoding and rows of our own statements
 */
#ifndef UPROFILE_PAGE_H
#define UPROFILE_PAGE_H

#include "pg/io/query.h"
#include "report/figures.h"

typedef struct UpPage
{
	UpHtml html;
	UpHtml *h;          /* the same */
	const char *schema; /* of the extension, quoted */
} UpPage;

typedef enum UpCell
{
	UP_CELL_VALUE, /* a text */
	UP_CELL_NAME,  /* a text of some words */
	UP_CELL_LONG,  /* a text of a sentence */
	UP_CELL_TIME,  /* a text that stays in one line */
	UP_CELL_NUMBER,
	UP_CELL_SHARE,
	UP_CELL_BAR, /* of a share: it has no words, and stands beside a column that says it */
	UP_CELL_SIGNED_BAR
} UpCell;

typedef struct UpPageColumn
{
	const char *name; /* of the rows: a text, or a float8 for numbers */
	const char *heading;
	UpCell cell;
} UpPageColumn;

/* title: of ours, subject: a name, both of the heading; NULL: none. */
extern void up_page_begin(UpPage *p, const char *schema, const char *title, const char *subject);
/* A link for each section, of which ids and headings are given. Ends the heading. */
extern void up_page_sections(UpPage *p, int n, const char *const (*sections)[2]);
/* The whole page, which is ASCII. */
extern char *up_page_end(UpPage *p);

/* A text of the server as core's pages want it. */
extern const char *up_page_text(const char *text);
/* A value in place. */
extern void up_page_value(UpPage *p, const char *text);
extern void up_page_sentence(UpPage *p, const char *class, const char *fmt, ...) pg_attribute_printf(3, 4);
/* One more term of a list of facts, or tile; nothing where value is NULL. small: a second line, or NULL. */
extern void up_page_fact(UpPage *p, const char *term, const char *value);
/* A long text that is folded away; nothing where it is NULL. */
extern void up_page_details(UpPage *p, const char *summary, const char *text);
extern void up_page_tile(UpPage *p, const char *term, const char *value, const char *small);

/* A column of a row as text, NULL where it is NULL; as a number, NaN where it is. */
extern double up_page_number(const UpRows *rows, uint64 row, const char *column);
/* Rows as a table, where there are some; else the sentence empty, where it is given. */
extern void up_page_table(UpPage *p, const char *caption, const UpRows *rows, int n,
						  const UpPageColumn *columns, const char *empty);

/*
 * A part of the page that can fail, and that is then a sentence with what was wrong. What it did in the database is undone. Errors that
 * no page is to hide (cancellation) are thrown.
 */
typedef void (*UpPagePart)(UpPage *p, void *arg);
extern bool up_page_try(UpPage *p, UpPagePart part, void *arg);

#endif
