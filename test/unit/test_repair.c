/*
 * test_repair.c - texts as numbers, dates and truth values; what must not be guessed; blanks
 */
#include "check.h"

#include "clean/repair.h"

/* want: "" where the text is no number. */
static void
number(const char *text, char decimal, const char *want)
{
	char got[200] = "";

	if (!up_repair_number(text, strlen(text), decimal, NULL, got))
		got[0] = '\0';
	up_check(strcmp(got, want) == 0, __FILE__, __LINE__, "\"%s\" gives \"%s\", expected \"%s\"", text, got,
			 want);
}

static void
test_numbers(void)
{
	number("12", '.', "12");
	number(" +12.50 ", '.', "12.50");
	number("-0.5", '.', "-0.5");
	number(".5", '.', "0.5");
	number("5.", '.', "5");
	number("12-", '.', "-12");
	number("(12.5)", '.', "-12.5");
	number("\xE2\x88\x92"
		   "3",
		   '.', "-3");
	number("1,234,567.89", '.', "1234567.89");
	number("1.234.567,89", ',', "1234567.89");
	number("1 234 567", '.', "1234567");
	number("1\xC2\xA0"
		   "234",
		   '.', "1234");
	number("1'234.5", '.', "1234.5");
	number("1_000", '.', "1000");
	number("$1,234.50", '.', "1234.50");
	number("-$5", '.', "-5");
	number("$ -5", '.', "-5");
	number("\xE2\x82\xAC 12,50", ',', "12.50");
	number("12,50 \xE2\x82\xAC", ',', "12.50");
	number("12.50 USD", '.', "12.50");
	number("EUR 7", '.', "7");
	number("1e3", '.', "1e3");
	number("1.5E-7", '.', "1.5e-7");
	number("007", '.', "007");
	number("$ (1,234.00)", '.', "-1234.00");
	number("1 234,50 EUR", ',', "1234.50");
	number("-\xE2\x82\xB9 7", '.', "-7");
	number("12-\xE2\x82\xAC", '.', "-12");
	number("0,5", ',', "0.5");
	number("5,-", ',', "5");
	number("CHF 1'200.--", '.', "1200");
	number("5,- \xE2\x82\xAC", ',', "5");
	number("-5,-", ',', "-5");
	number("5,\xE2\x80\x93 \xE2\x82\xAC", ',', "5");
	number("5,---", ',', "");
	number("5-", ',', "-5");
	number("US$ 5", '.', "5");
	number("12 kr", '.', "12");
	number("Rs. 1,200", '.', "1200");
	number("5 z\xC5\x82", '.', "5");
	number("1,00,000", '.', "100000");
	number("\xE2\x82\xB9 12,34,567.50", '.', "1234567.50");
	number("1,00,00,000", '.', "10000000");
	number("Rs. 1,500/-", '.', "1500");
	number("100,00,000", '.', "");
	number("1,00,00", '.', "");
	number("1,000,00,000", '.', "");
	number("1,00,000,000", '.', "");
	number("1.00.000", ',', "");
	number("1 00 000", '.', "");
	number("5/", '.', "");
	number("5/--", '.', "");
}

static void
with_unit(const char *text, const char *unit, const char *want)
{
	char got[200] = "";

	if (!up_repair_number(text, strlen(text), '.', unit, got))
		got[0] = '\0';
	up_check(strcmp(got, want) == 0, __FILE__, __LINE__, "\"%s\" gives \"%s\", expected \"%s\"", text, got,
			 want);
}

static void
test_units(void)
{
	with_unit("12 %", "%", "12");
	with_unit("%12.5", "%", "12.5");
	with_unit("-3%", "%", "-3");
	with_unit("(3 %)", "%", "-3");
	with_unit("(3) %", "%", "-3");
	with_unit("3 %-", "%", "-3");
	with_unit("7", "%", "7");
	with_unit("5 km/h", "km/h", "5");
	with_unit("1,200 m2", "m2", "1200");
	with_unit("%", "%", "");
	with_unit("5%%", "%", "");
	with_unit("5 kg", "%", "");
	with_unit("5 %", NULL, "");
}

/* want: p, c what decimal sign it may have, s separated, b only blanks, % percent, $ money; "" where it is none. */
static void
figure(const char *text, const char *want)
{
	UpFigure f;
	bool good = up_repair_figure(text, strlen(text), &f);
	char got[8];
	size_t n = 0;

	if (good)
	{
		const bool is[] = {f.by_point, f.by_comma, f.separated, f.spaced, f.percent, f.currency != 0};

		for (size_t i = 0; i < UP_LENGTH(is); i++)
		{
			if (is[i])
				got[n++] = "pcsb%$"[i];
		}
	}
	got[n] = '\0';
	up_check(strcmp(got, want) == 0, __FILE__, __LINE__, "\"%s\" is \"%s\", expected \"%s\"", text, got, want);
}

static void
test_figures(void)
{
	static const char *const none[] = {"",
									   "-",
									   "007",
									   "+49170123456",
									   "+1 234 567",
									   "12E5",
									   "1.2.3",
									   "10.1.2.3",
									   "192.168.100.200",
									   "12:30",
									   "2024-01-05",
									   "1_000",
									   "12 34",
									   "5 kg",
									   "A1",
									   "1/2",
									   "01,5",
									   "ten"};
	char most[200];

	for (size_t i = 0; i < UP_LENGTH(none); i++)
		figure(none[i], "");
	figure("12", "pc");
	figure("+5", "pc");
	figure("12-", "pc");
	figure("1.234", "pcs");
	figure("0.125", "ps");
	figure("-0,125", "cs");
	figure("12.5", "ps");
	figure("1.234.567", "cs");
	figure("12,34,567", "ps");
	figure("1'234", "pc");
	figure("1'234.50", "ps");
	figure("1 234", "pcb");
	figure("1 234,50 EUR", "cs$");
	figure("12 %", "pc%");
	figure("256.100.200.300", "cs");
	memset(most, '1', sizeof(most));
	most[sizeof(most) - 1] = '\0';
	figure(most, "");
	most[64] = '\0';
	figure(most, "pc");
}

static int
currency(const char *text)
{
	UpFigure f;

	CHECK(up_repair_figure(text, strlen(text), &f));
	return f.currency;
}

static void
test_currencies(void)
{
	CHECK(currency("EUR 5") == currency("5 \xE2\x82\xAC") && currency("GBP 5") == currency("\xC2\xA3"
																						   "5"));
	CHECK(currency("$5") != currency("5 EUR") && currency("\xE2\x82\xB9"
														  "5") != currency("\xE2\x82\xBA"
																		   "5"));
	CHECK(currency("5") == 0 && currency("\xE2\x82\xB9"
										 "5") != 0);
}

static void
test_placeholders(void)
{
	CHECK(up_repair_placeholder("", 0) == 0 && up_repair_placeholder("abc", 3) == -1);
	CHECK(up_repair_placeholder("NA", 2) < UP_SURE_PLACEHOLDERS &&
		  up_repair_placeholder("Na", 2) >= UP_SURE_PLACEHOLDERS);
	CHECK(up_repair_placeholder("UnKnown", 7) >= UP_SURE_PLACEHOLDERS &&
		  up_repair_placeholder("Not Available", 13) > 0);
	CHECK(up_repair_placeholder("not available.", 14) == -1);
	CHECK(up_repair_has_year("5 May 2024", 10) && up_repair_has_year("20240305", 8) &&
		  !up_repair_has_year("30240305", 8));
	CHECK(up_repair_placeholder("0000-00-00", 10) == UP_PLACEHOLDERS - 1 &&
		  up_repair_placeholder("TBD", 3) > 0);
	CHECK(up_repair_placeholder("K.A.", 4) >= UP_SURE_PLACEHOLDERS &&
		  up_repair_placeholder("#NAME?", 6) >= UP_SURE_PLACEHOLDERS);
	CHECK(!up_repair_has_year("1.2.24", 6) && !up_repair_has_year("12345", 5));
}

static void
test_no_numbers(void)
{
	static const char *const texts[] = {
		"",    "   ",  "-",         ".",   "abc",   "12a",    "1,5",    "1,23,45", "1,2345", "1.2.3",
		"--1", "(-1)", "12 34",     "1 2", "0,125", "00,125", "1e",     "1e+",     "e5",     "NaN",
		"inf", "0x10", "1,234 567", "$",   "()",    "12%",    "1e1234", "1-2",     ",123"};

	for (size_t i = 0; i < UP_LENGTH(texts); i++)
		number(texts[i], '.', "");
	number("ABC 7", '.', "");
	number("SKU42", '.', "");
	number("7 usd", '.', "");
	number("USD", '.', "");
	number("$ 5 EUR", '.', "");
	number("1.5", ',', "");
	number("1,2,3", ',', "");
}

static void
date(const char *text, UpDateOrder order, int year, int month, int day, int64_t micros)
{
	UpMoment m;
	bool good = up_repair_date(text, strlen(text), order, &m);

	up_check(good == (year != 0) &&
				 (!good || (m.year == year && m.month == month && m.day == day && m.micros == micros)),
			 __FILE__, __LINE__, "\"%s\" gives %s %d-%d-%d %lld", text, good ? "" : "nothing", m.year, m.month,
			 m.day, (long long) m.micros);
}

static void
test_dates(void)
{
	date("2024-03-05", UP_DATE_YMD, 2024, 3, 5, 0);
	date(" 2024/3/5 ", UP_DATE_YMD, 2024, 3, 5, 0);
	date("20240305", UP_DATE_YMD, 2024, 3, 5, 0);
	date("2024-02-29", UP_DATE_YMD, 2024, 2, 29, 0);
	date("2000-02-29", UP_DATE_YMD, 2000, 2, 29, 0);
	date("5 March 2024", UP_DATE_YMD, 2024, 3, 5, 0);
	date("05-Mar-24", UP_DATE_YMD, 2024, 3, 5, 0);
	date("Sept. 5, 1999", UP_DATE_YMD, 1999, 9, 5, 0);
	date("Dec 31 69", UP_DATE_YMD, 2069, 12, 31, 0);
	date("Dec 31 70", UP_DATE_YMD, 1970, 12, 31, 0);
	date("2024 May 7", UP_DATE_YMD, 2024, 5, 7, 0);
	date("05/03/2024", UP_DATE_DMY, 2024, 3, 5, 0);
	date("05/03/2024", UP_DATE_MDY, 2024, 5, 3, 0);
	date("31.12.24", UP_DATE_DMY, 2024, 12, 31, 0);
	date("2024-03-05", UP_DATE_MDY, 2024, 3, 5, 0);
	date("2024-03-05 08:26", UP_DATE_YMD, 2024, 3, 5, (8 * 60 + 26) * INT64_C(60000000));
	date("2024-03-05T08:26:01.5", UP_DATE_YMD, 2024, 3, 5, (8 * 60 + 26) * INT64_C(60000000) + 1500000);
	date("2024-03-05 12:00 am", UP_DATE_YMD, 2024, 3, 5, 0);
	date("3/5/2024, 1:05 PM", UP_DATE_MDY, 2024, 3, 5, (13 * 60 + 5) * INT64_C(60000000));
}

static void
test_no_dates(void)
{
	static const char *const texts[] = {"",
										"2024",
										"2024-13-01",
										"2023-02-29",
										"1900-02-29",
										"2024-00-05",
										"2024-04-31",
										"05/03/2024",
										"5",
										"2024-03",
										"March",
										"2024-03-05x",
										"2024-03-05 25:00",
										"2024-03-05 8",
										"2024-03-05 10:61",
										"2024-03-05 13:00 pm",
										"123-03-05",
										"0000-01-01",
										"Mai 5, 2024",
										"12/12/12",
										"2024-03-05 10:00 +25",
										"99999999"};

	for (size_t i = 0; i < UP_LENGTH(texts); i++)
		date(texts[i], UP_DATE_YMD, 0, 0, 0, 0);
	date("31/12/2024", UP_DATE_MDY, 0, 0, 0, 0);
	date("12/31/2024", UP_DATE_DMY, 0, 0, 0, 0);
}

static void
test_zones(void)
{
	UpMoment m;

	CHECK(up_repair_date("2024-03-05T08:26:00Z", 20, UP_DATE_YMD, &m) && m.has_zone && m.zone == 0);
	CHECK(up_repair_date("2024-03-05 08:26+05:30", 22, UP_DATE_YMD, &m) && m.has_zone && m.zone == 330);
	CHECK(up_repair_date("2024-03-05 08:26 -0800", 22, UP_DATE_YMD, &m) && m.has_zone && m.zone == -480);
	CHECK(up_repair_date("2024-03-05 08:26", 16, UP_DATE_YMD, &m) && !m.has_zone && m.has_time);
	CHECK(up_repair_date("2024-03-05", 10, UP_DATE_YMD, &m) && !m.has_time);
}

static void
test_booleans(void)
{
	bool b = false;

	CHECK(up_repair_boolean("Yes", 3, &b) && b);
	CHECK(up_repair_boolean(" TRUE ", 6, &b) && b);
	CHECK(up_repair_boolean("1", 1, &b) && b);
	CHECK(up_repair_boolean("n", 1, &b) && !b);
	CHECK(up_repair_boolean("off", 3, &b) && !b);
	CHECK(up_repair_boolean("Ja", 2, &b) && b);
	CHECK(up_repair_boolean("NEIN", 4, &b) && !b);
	CHECK(up_repair_boolean("s\xC3\xAD", 3, &b) && b);
	CHECK(up_repair_boolean("n\xC3\xA3o", 4, &b) && !b);
	CHECK(!up_repair_boolean("", 0, &b));
	CHECK(!up_repair_boolean("yess", 4, &b));
	CHECK(!up_repair_boolean("ye", 2, &b));
	CHECK(!up_repair_boolean("2", 1, &b));
}

static void
blanks(const char *text, bool utf8, bool collapse, const char *want)
{
	char got[100];
	size_t n = up_repair_blanks(text, strlen(text), utf8, collapse, got);

	up_check(n == strlen(want) && memcmp(got, want, n) == 0, __FILE__, __LINE__, "\"%s\" gives \"%.*s\"", text,
			 (int) n, got);
}

static void
test_blanks(void)
{
	blanks("", true, true, "");
	blanks("  \t\n ", true, true, "");
	blanks("  a  b ", true, false, "a  b");
	blanks("  a \t b ", true, true, "a b");
	blanks("\xC2\xA0"
		   "a\xC2\xA0\xE3\x80\x80"
		   "b\xE2\x80\x83",
		   true, true, "a b");
	blanks("\xEF\xBB\xBF"
		   "a",
		   true, false, "a");
	blanks("\xC3\xA4 \xC3\x9F", true, true, "\xC3\xA4 \xC3\x9F");
	blanks("\xA0"
		   "a",
		   false, true,
		   "\xA0"
		   "a");
}

int
main(void)
{
	static const UpTest tests[] = {
		{"numbers", test_numbers},
		{"no numbers", test_no_numbers},
		{"dates", test_dates},
		{"no dates", test_no_dates},
		{"time zones", test_zones},
		{"booleans", test_booleans},
		{"blanks", test_blanks},
		{"units", test_units},
		{"figures", test_figures},
		{"currencies", test_currencies},
		{"placeholders", test_placeholders},
	};

	return up_run_tests("repair", tests, UP_LENGTH(tests));
}
