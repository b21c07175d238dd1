/*
 * test_report.c - pages: escaping, clipping, numbers for people, bars and charts
 */
#include "check.h"

#include "report/figures.h"
#include "report/style.h"

#include <stdlib.h>

static void
expect_text(const char *given, size_t most, const char *wanted)
{
	UpHtml h;

	up_html_init(&h);
	up_html_text_to(&h, given, most);
	up_check(strcmp(h.out.bytes, wanted) == 0, __FILE__, __LINE__, "%s, expected %s", h.out.bytes, wanted);
}

static void
nothing_is_markup(void)
{
	expect_text("<script>alert('x')</script>", 100,
				"&#x3C;script&#x3E;alert(&#x27;x&#x27;)&#x3C;/script&#x3E;");
	expect_text("a & b \" &amp;", 100, "a &#x26; b &#x22; &#x26;amp;");
	expect_text("", 100, "");
	expect_text("plain", 100, "plain");
}

static void
characters_are_references(void)
{
	expect_text("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 100, "&#xE9;&#x20AC;&#x1F600;");
	/* A family of three: zero width joiners stay. */
	expect_text("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA6", 100, "&#x1F468;&#x200D;&#x1F466;");
	expect_text("\xD7\xA9\xD7\x9C", 100, "&#x5E9;&#x5DC;");
	/* What is no UTF-8: a lone byte, one cut off, an overlong slash, a surrogate, beyond Unicode. */
	expect_text("\x80", 100, "&#xFFFD;");
	expect_text("\xE2\x82", 100, "&#xFFFD;&#xFFFD;");
	expect_text("\xC0\xAF", 100, "&#xFFFD;");
	expect_text("\xED\xA0\x80", 100, "&#xFFFD;");
	expect_text("\xF4\x90\x80\x80", 100, "&#xFFFD;");
	expect_text("\xFF\xFE", 100, "&#xFFFD;&#xFFFD;");
}

static void
control_characters_are_not_written(void)
{
	expect_text("a\x01\x1B\x7F", 100, "a&#xFFFD;&#xFFFD;&#xFFFD;");
	expect_text("\xC2\x85\xEF\xBF\xBF\xEF\xB7\x90", 100, "&#xFFFD;&#xFFFD;&#xFFFD;");
	expect_text("two\nlines\r\ttab\xE2\x80\xA8", 100, "two lines  tab ");
	/* Overrides and isolates of direction. */
	expect_text("\xE2\x80\xAE"
				"abc\xE2\x81\xA6\xE2\x80\x8F",
				100, "&#xFFFD;abc&#xFFFD;&#xFFFD;");
}

static void
long_values_are_cut(void)
{
	char *long_text = up_alloc(10001);
	UpHtml h;

	memset(long_text, '<', 10000);
	long_text[10000] = '\0';
	expect_text("abcdef", 6, "abcdef");
	expect_text("abcdef", 5, "abcde&#x2026;");
	expect_text("\xC3\xA9\xC3\xA9\xC3\xA9", 2, "&#xE9;&#xE9;&#x2026;");
	up_html_init(&h);
	up_html_value(&h, long_text);
	CHECK(h.out.len == strlen("<bdi></bdi>") + UP_HTML_LONGEST * strlen("&#x3C;") + strlen("&#x2026;"));
}

static void
elements_close(void)
{
	UpHtml h;
	UpHtmlPlace place;

	up_html_init(&h);
	up_html_open(&h, "p", "class=\"note\"");
	place = up_html_place(&h);
	up_html_open(&h, "b", NULL);
	up_html_text(&h, "gone");
	up_html_back_to(&h, place);
	up_html_value_element(&h, "i", NULL, "a<b");
	up_html_block(&h, "x\ny", 10);
	up_html_close(&h);
	CHECK(strcmp(h.out.bytes, "<p class=\"note\"><i><bdi>a&#x3C;b</bdi></i>\nx\ny</p>\n") == 0);
	CHECK(h.depth == 0);
}

static void
expect_number(double v, const char *wanted)
{
	char out[UP_NUMBER_TEXT];

	up_number_shown(v, out);
	up_check(strcmp(out, wanted) == 0, __FILE__, __LINE__, "%s, expected %s", out, wanted);
}

static void
numbers_are_short(void)
{
	char out[UP_NUMBER_TEXT];

	expect_number(0, "0");
	expect_number(-0.0, "0");
	expect_number(7, "7");
	expect_number(999, "999");
	expect_number(1000, "1,000");
	expect_number(-1234567, "-1,234,567");
	expect_number(123456.78, "123,457");
	expect_number(12.345, "12.3");
	expect_number(1.2345, "1.23");
	expect_number(0.98765, "0.988");
	expect_number(0.00123, "0.00123");
	expect_number(999.96, "1,000");
	expect_number(-0.00001, "-1e-05");
	expect_number(1e21, "1e+21");
	expect_number(-999999999999999.0, "-999,999,999,999,999");
	expect_number(NAN, "\xE2\x80\x93");
	expect_number(INFINITY, "\xE2\x88\x9E");
	expect_number(-INFINITY, "-\xE2\x88\x9E");
	CHECK(strcmp(up_share_shown(0.1234, out), "12.3\xC2\xA0%") == 0);
	CHECK(strcmp(up_share_shown(1, out), "100\xC2\xA0%") == 0);
	CHECK(strcmp(up_share_shown(0, out), "0\xC2\xA0%") == 0);
	CHECK(strcmp(up_share_shown(0.0004, out), "< 0.1\xC2\xA0%") == 0);
	CHECK(strcmp(up_share_shown(0.99999, out), "> 99.9\xC2\xA0%") == 0);
	CHECK(strcmp(up_share_shown(NAN, out), "\xE2\x80\x93") == 0);
}

static void
charts_stay_within_bounds(void)
{
	static const double x[] = {0, NAN, 0.5, 7}, y[] = {-3, 0.2, INFINITY, 0.5};
	double many[5000];
	UpChart c = {.title = "<T>", .x_caption = "x", .y_caption = "y", .x_most = 1, .y_most = 1, .n = 2};
	UpHtml h;

	for (int i = 0; i < 5000; i++)
		many[i] = i / 4999.0;
	c.lines[0] = (UpChartLine){.name = "one", .n = 4, .x = x, .y = y, .points = true};
	c.lines[1] = (UpChartLine){.name = "many", .n = 5000, .x = many, .y = many};
	up_html_init(&h);
	up_chart(&h, &c);
	up_chart_bar(&h, 17, "much");
	up_chart_bar(&h, NAN, "none");
	up_chart_signed_bar(&h, -5, "less");
	CHECK(h.depth == 0);
	CHECK(strstr(h.out.bytes, "nan") == NULL && strstr(h.out.bytes, "inf") == NULL &&
		  strstr(h.out.bytes, "<T>") == NULL);
	CHECK(strstr(h.out.bytes, "width=\"100.00%\"") != NULL);
	CHECK(strstr(h.out.bytes, "width=\"0.00%\"") != NULL);
	CHECK(strstr(h.out.bytes, "x=\"0.00%\" y=\"3\" width=\"50.00%\"") != NULL);
	/* As many points as one can tell apart. */
	CHECK(h.out.len < 12000);
	/* Without a second line no legend is needed. */
	c.n = 1;
	up_html_init(&h);
	up_chart(&h, &c);
	CHECK(strstr(h.out.bytes, "legend") == NULL);
}

/* Colours of texts on their grounds, in light (0) and dark (1): WCAG's contrast. */
static double
luminance(const char *name, int which)
{
	const char *at = up_report_style;
	double l = 0;

	for (int i = 0; i <= which; i++)
		at = strstr(at, name) + strlen(name);
	for (int i = 0; i < 3; i++)
	{
		char hex[3] = {at[1 + 2 * i], at[2 + 2 * i], '\0'};
		double v = (double) strtol(hex, NULL, 16) / 255;

		l += (i == 0   ? 0.2126
			  : i == 1 ? 0.7152
					   : 0.0722) *
			 (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
	}
	return l;
}

static void
colours_have_contrast(void)
{
	static const char *const texts[] = {"--text:", "--muted:", "--accent:", "--other:"}, *const grounds[] = {
																							 "--ground:",
																							 "--panel:"};

	for (int which = 0; which < 2; which++)
	{
		for (int i = 0; i < 4; i++)
		{
			for (int g = 0; g < 2; g++)
			{
				double a = luminance(texts[i], which), b = luminance(grounds[g], which);
				double contrast = (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);

				up_check(contrast >= (i < 3 ? 4.5 : 3), __FILE__, __LINE__, "%s on %s: %.2f", texts[i],
						 grounds[g], contrast);
			}
		}
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"nothing is markup", nothing_is_markup},
		{"characters are references", characters_are_references},
		{"control characters are not written", control_characters_are_not_written},
		{"long values are cut", long_values_are_cut},
		{"elements close", elements_close},
		{"numbers are short", numbers_are_short},
		{"charts stay within bounds", charts_stay_within_bounds},
		{"colours have contrast", colours_have_contrast},
	};

	return up_run_tests("report", tests, UP_LENGTH(tests));
}
