/*
 * html.h - a page of HTML, written piece by piece
 *
 * Tags and attributes are constants of ours; everything else goes through up_html_text, so that no value is markup. What is not
 * ASCII becomes a character reference: the page is the same bytes in every encoding.
 */
#ifndef UPROFILE_HTML_H
#define UPROFILE_HTML_H

#include "base/text.h"

#define UP_HTML_DEPTH   32  /* elements that are open at a time */
#define UP_HTML_LONGEST 120 /* characters of a value that are shown */

typedef struct UpHtml
{
	UpText out;
	int depth;
	const char *open[UP_HTML_DEPTH];
} UpHtml;

/* A place to go back to, where what was written since is not to stay. */
typedef struct UpHtmlPlace
{
	size_t len;
	int depth;
} UpHtmlPlace;

extern void up_html_init(UpHtml *h);
/* Markup of ours as it stands. */
extern void up_html_raw(UpHtml *h, const char *markup);
/* <tag attributes>; attributes may be NULL. */
extern void up_html_open(UpHtml *h, const char *tag, const char *attributes);
/* The end of what was opened last. */
extern void up_html_close(UpHtml *h);
/*
 * Text in UTF-8 of which nothing is markup, cut after so many characters with an ellipsis. Control characters, those that turn the
 * direction of what follows, and bytes that are no UTF-8 show as U+FFFD; line ends and tabs as blanks.
 */
extern void up_html_text_to(UpHtml *h, const char *text, size_t most);
extern void up_html_text(UpHtml *h, const char *text);
/* The same with line ends, of any length up to most: for <pre>. */
extern void up_html_block(UpHtml *h, const char *text, size_t most);
/* A value: isolated, so that its direction does not change what stands around it. */
extern void up_html_value(UpHtml *h, const char *text);
/* An element that holds just a text of ours, or just a value. */
extern void up_html_element(UpHtml *h, const char *tag, const char *attributes, const char *text);
extern void up_html_value_element(UpHtml *h, const char *tag, const char *attributes, const char *value);

extern UpHtmlPlace up_html_place(const UpHtml *h);
extern void up_html_back_to(UpHtml *h, UpHtmlPlace place);

#endif
