/*
 * figures.c - numbers as a person reads them, and small charts of them; see figures.h
 *
 * A bar is as wide as its place; its share is a percentage, so that it fits every width without a script. A chart of lines has a
 * size of its own, by which the page scales it. Colours are those of the page's style, by class; lines differ in their strokes as
 * well.
 */
#include "report/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH   360.0
#define HEIGHT  280.0
#define LEFT    44.0
#define RIGHT   14.0
#define TOP     10.0
#define BOTTOM  42.0
#define TICKS   5
#define DETAIL  1.5 /* what is nearer than this is one point */
#define LARGEST 1e15

/* 1234567 → 1,234,567 */
static void
add_commas(char *text)
{
	char *digits = text + (*text == '-'), *end = digits + strcspn(digits, ".");

	for (char *at = end - 3; at > digits; at -= 3)
	{
		memmove(at + 1, at, strlen(at) + 1);
		*at = ',';
	}
}

const char *
up_number_shown(double v, char out[UP_NUMBER_TEXT])
{
	double size = fabs(v);
	int decimals = 0;

	if (isnan(v))
		return strcpy(out, "\xE2\x80\x93");
	if (isinf(v))
		return strcpy(out, v > 0 ? "\xE2\x88\x9E" : "-\xE2\x88\x9E");
	if (size >= LARGEST || (size > 0 && size < 1e-4))
	{
		snprintf(out, UP_NUMBER_TEXT, "%.2g", v);
		return out;
	}
	if (v != floor(v))
		decimals = size < 0.01 ? 5 : size < 1 ? 3 : size < 9.995 ? 2 : size < 999.95 ? 1 : 0;
	/* A zero has no sign. */
	snprintf(out, UP_NUMBER_TEXT, "%.*f", decimals, v == 0 ? 0 : v);
	add_commas(out);
	return out;
}

const char *
up_share_shown(double share, char out[UP_NUMBER_TEXT])
{
	double percent = 100 * share;

	if (!isfinite(share))
		return up_number_shown(share, out);
	if (percent > 0 && percent < 0.1)
		return strcpy(out, "< 0.1\xC2\xA0%");
	if (percent < 100 && percent > 99.9)
		return strcpy(out, "> 99.9\xC2\xA0%");
	snprintf(out, UP_NUMBER_TEXT, "%.*f\xC2\xA0%%", percent == floor(percent) ? 0 : 1, percent);
	return out;
}

static void
add_format(UpHtml *h, const char *format, double a, double b, double c, double d)
{
	char text[200];

	snprintf(text, sizeof text, format, a, b, c, d);
	up_html_raw(h, text);
}

static double
within(double v, double low, double high)
{
	return isnan(v) || v < low ? low : v > high ? high : v;
}

static void
begin_bar(UpHtml *h, const char *title)
{
	up_html_open(h, "svg", "class=\"bar\" role=\"img\" width=\"100%\" height=\"14\"");
	up_html_element(h, "title", NULL, title);
	up_html_raw(h, "<rect class=\"track\" x=\"0\" y=\"3\" width=\"100%\" height=\"8\" rx=\"2\"/>");
}

void
up_chart_bar(UpHtml *h, double share, const char *title)
{
	begin_bar(h, title);
	add_format(h, "<rect class=\"fill\" x=\"0\" y=\"3\" width=\"%.2f%%\" height=\"8\" rx=\"2\"/>",
			   100 * within(share, 0, 1), 0, 0, 0);
	up_html_close(h);
}

void
up_chart_signed_bar(UpHtml *h, double share, const char *title)
{
	double v = within(share, -1, 1);

	begin_bar(h, title);
	add_format(h,
			   v >= 0 ? "<rect class=\"fill\" x=\"%.2f%%\" y=\"3\" width=\"%.2f%%\" height=\"8\"/>"
					  : "<rect class=\"less\" x=\"%.2f%%\" y=\"3\" width=\"%.2f%%\" height=\"8\"/>",
			   v >= 0 ? 50 : 50 + 50 * v, 50 * fabs(v), 0, 0);
	up_html_raw(h, "<line class=\"axis\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"14\"/>");
	up_html_close(h);
}

static double
place_x(const UpChart *c, double v)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * within(v / c->x_most, 0, 1);
}

static double
place_y(const UpChart *c, double v)
{
	return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * within(v / c->y_most, 0, 1);
}

/* Ticks are at fifths, of which few digits say all. */
static const char *
tick_shown(double v, double most, char out[UP_NUMBER_TEXT])
{
	if (most > 10)
		return up_number_shown(v, out);
	snprintf(out, UP_NUMBER_TEXT, "%.3g", v);
	return out;
}

static void
add_axes(UpHtml *h, const UpChart *c)
{
	char shown[UP_NUMBER_TEXT];

	for (int i = 0; i <= TICKS; i++)
	{
		double x = c->x_most * i / TICKS, y = c->y_most * i / TICKS;

		add_format(h, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
				   WIDTH - RIGHT, place_y(c, y), place_y(c, y));
		add_format(h, "<text class=\"tick\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">", LEFT - 6,
				   place_y(c, y) + 4, 0, 0);
		up_html_text(h, tick_shown(y, c->y_most, shown));
		add_format(h, "</text><text class=\"tick\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">",
				   place_x(c, x), HEIGHT - BOTTOM + 16, 0, 0);
		up_html_text(h, tick_shown(x, c->x_most, shown));
		up_html_raw(h, "</text>");
	}
	add_format(h, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
			   HEIGHT - BOTTOM, HEIGHT - BOTTOM);
	add_format(h, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, LEFT, TOP,
			   HEIGHT - BOTTOM);
	add_format(h, "<text class=\"caption\" text-anchor=\"middle\" x=\"%.1f\" y=\"%.1f\">",
			   (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, 0, 0);
	up_html_text(h, c->x_caption);
	add_format(
		h,
		"</text><text class=\"caption\" text-anchor=\"middle\" transform=\"translate(11 %.1f) rotate(-90)\">",
		(TOP + HEIGHT - BOTTOM) / 2, 0, 0, 0);
	up_html_text(h, c->y_caption);
	up_html_raw(h, "</text>");
}

static void
add_line(UpHtml *h, const UpChart *c, uint32_t k)
{
	const UpChartLine *l = &c->lines[k];
	double last_x = -LARGEST, last_y = -LARGEST;
	char number[4];

	snprintf(number, sizeof number, "%u", k % 10);
	up_html_raw(h, "<polyline class=\"line line");
	up_html_raw(h, number);
	up_html_raw(h, "\" points=\"");
	for (size_t i = 0; i < l->n; i++)
	{
		double x = place_x(c, l->x[i]), y = place_y(c, l->y[i]);

		if (i > 0 && i + 1 < l->n && fabs(x - last_x) < DETAIL && fabs(y - last_y) < DETAIL)
			continue;
		add_format(h, i > 0 ? " %.1f,%.1f" : "%.1f,%.1f", x, y, 0, 0);
		last_x = x;
		last_y = y;
	}
	up_html_raw(h, "\"/>");
	for (size_t i = 0; l->points && i < l->n; i++)
		add_format(h, "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", place_x(c, l->x[i]),
				   place_y(c, l->y[i]), 0, 0);
}

static void
add_legend(UpHtml *h, const UpChart *c)
{
	up_html_open(h, "ul", "class=\"legend\"");
	for (uint32_t k = 0; k < c->n; k++)
	{
		char number[4];

		snprintf(number, sizeof number, "%u", k % 10);
		up_html_open(h, "li", NULL);
		up_html_raw(h, "<svg width=\"28\" height=\"10\" aria-hidden=\"true\"><line class=\"line line");
		up_html_raw(h, number);
		up_html_raw(h, "\" x1=\"1\" x2=\"27\" y1=\"5\" y2=\"5\"/></svg> ");
		up_html_text(h, c->lines[k].name);
		up_html_close(h);
	}
	up_html_close(h);
}

void
up_chart(UpHtml *h, const UpChart *c)
{
	up_html_open(h, "figure", NULL);
	up_html_open(h, "svg", "class=\"chart\" role=\"img\" viewBox=\"0 0 360 280\"");
	up_html_element(h, "title", NULL, c->title);
	add_axes(h, c);
	/* The first line on top. */
	for (uint32_t k = c->n; k > 0; k--)
		add_line(h, c, k - 1);
	up_html_close(h);
	if (c->n > 1)
		add_legend(h, c);
	up_html_close(h);
}
