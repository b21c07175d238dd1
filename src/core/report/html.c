/*
 * html.c - a page of HTML, written piece by piece; see html.h
 *
 * Escaping follows the HTML standard (13.1.2, 13.1.4): & < > and both quotes as references, so that a text may stand in an element or
 * in an attribute; control characters and noncharacters are errors in a page and are never written. Bidirectional overrides and
 * isolates (Unicode UAX 9) are taken out, since they reach beyond the value.
 */
#include "report/html.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT 0xFFFD

void
up_html_init(UpHtml *h)
{
	memset(h, 0, sizeof *h);
	up_text_init(&h->out);
}

void
up_html_raw(UpHtml *h, const char *markup)
{
	up_text_add(&h->out, markup);
}

void
up_html_open(UpHtml *h, const char *tag, const char *attributes)
{
	UP_ASSERT(h->depth < UP_HTML_DEPTH);
	h->open[h->depth++] = tag;
	up_text_add(&h->out, "<");
	up_text_add(&h->out, tag);
	if (attributes != NULL)
	{
		up_text_add(&h->out, " ");
		up_text_add(&h->out, attributes);
	}
	up_text_add(&h->out, ">");
}

void
up_html_close(UpHtml *h)
{
	UP_ASSERT(h->depth > 0);
	up_text_add(&h->out, "</");
	up_text_add(&h->out, h->open[--h->depth]);
	up_text_add(&h->out, ">");
	/* Lines that a person can read, where blanks mean nothing. */
	if (h->depth <= 4)
		up_text_add(&h->out, "\n");
}

UpHtmlPlace
up_html_place(const UpHtml *h)
{
	return (UpHtmlPlace){.len = h->out.len, .depth = h->depth};
}

void
up_html_back_to(UpHtml *h, UpHtmlPlace place)
{
	UP_ASSERT(place.len <= h->out.len);
	h->out.len = place.len;
	h->out.bytes[place.len] = '\0';
	h->depth = place.depth;
}

/* The character at s and its bytes; what is no UTF-8 counts one byte. */
static uint32_t
decode(const unsigned char *s, int *len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int n = s[0] < 0x80 ? 1 : s[0] >= 0xF0 && s[0] < 0xF8 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC0 ? 2 : 0;
	uint32_t c = s[0];

	*len = 1;
	if (n == 0 || s[0] >= 0xF8)
		return REPLACEMENT;
	if (n > 1)
		c &= 0xFFU >> (n + 1);
	for (int i = 1; i < n; i++)
	{
		if ((s[i] & 0xC0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (s[i] & 0x3FU);
	}
	*len = n;
	return c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) ? REPLACEMENT : c;
}

static bool
is_shown(uint32_t c)
{
	if (c < ' ' || (c >= 0x7F && c < 0xA0))
		return false;
	if ((c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF))
		return false;
	return !((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
			 c == 0x061C);
}

static void
add_character(UpText *t, uint32_t c)
{
	char reference[16];

	if (c < 0x80 && strchr("&<>\"'", (int) c) == NULL)
		snprintf(reference, sizeof reference, "%c", (char) c);
	else
		snprintf(reference, sizeof reference, "&#x%X;", c);
	up_text_add(t, reference);
}

static void
add_text(UpHtml *h, const char *text, size_t most, bool lines)
{
	const unsigned char *s = (const unsigned char *) text;
	int len;

	for (size_t n = 0; *s != '\0'; n++, s += len)
	{
		uint32_t c = decode(s, &len);

		if (n == most)
		{
			add_character(&h->out, 0x2026);
			return;
		}
		if (c == '\n' && lines)
			up_text_add(&h->out, "\n");
		else if (c == '\n' || c == '\r' || c == '\t' || c == 0x2028 || c == 0x2029)
			up_text_add(&h->out, " ");
		else
			add_character(&h->out, is_shown(c) ? c : REPLACEMENT);
	}
}

void
up_html_text_to(UpHtml *h, const char *text, size_t most)
{
	add_text(h, text, most, false);
}

void
up_html_text(UpHtml *h, const char *text)
{
	add_text(h, text, SIZE_MAX, false);
}

void
up_html_block(UpHtml *h, const char *text, size_t most)
{
	add_text(h, text, most, true);
}

void
up_html_value(UpHtml *h, const char *text)
{
	up_text_add(&h->out, "<bdi>");
	add_text(h, text, UP_HTML_LONGEST, false);
	up_text_add(&h->out, "</bdi>");
}

void
up_html_element(UpHtml *h, const char *tag, const char *attributes, const char *text)
{
	up_html_open(h, tag, attributes);
	up_html_text(h, text);
	up_html_close(h);
}

void
up_html_value_element(UpHtml *h, const char *tag, const char *attributes, const char *value)
{
	up_html_open(h, tag, attributes);
	up_html_value(h, value);
	up_html_close(h);
}
