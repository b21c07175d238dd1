/*
 * reading.c - numbers, times and booleans that are kept as text; see reading.h
 *
 * Limits of digits and exponent keep every number within double precision, so that no cast of exported SQL can fail.
 */
#include "prep/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS          "[ \\t\\n\\r]*"
#define WHOLE_DIGITS    30
#define FRACTION_DIGITS 40
#define MOST_EXPONENT   259

const char *const up_number_pattern = "^" BLANKS "[-+]?([0-9]{1,30}(\\.[0-9]{0,40})?|\\.[0-9]{1,40})"
									  "([eE][-+]?(0?[0-9]{1,2}|1[0-9]{2}|2[0-5][0-9]))?" BLANKS "$";

/* No year 0, and no day that a month does not have: a cast of anything else would fail. */
#define LEAP_PAIRS "(0[48]|[2468][048]|[13579][26])"
#define ISO_DATE                                                                                               \
	"(?!0000)([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)|"  \
	"[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])|([0-9]{2}" LEAP_PAIRS "|" LEAP_PAIRS "00)-02-29)"
#define ISO_TIME "[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?"

const char *const up_local_time_pattern = "^" BLANKS ISO_DATE "(" ISO_TIME ")?" BLANKS "$";
const char *const up_zone_time_pattern =
	"^" BLANKS ISO_DATE ISO_TIME "(Z|[-+](0[0-9]|1[0-5])(:?[0-5][0-9])?)" BLANKS "$";
const char *const up_true_pattern = "^" BLANKS "[tT]([rR][uU][eE])?" BLANKS "$";
const char *const up_false_pattern = "^" BLANKS "[fF]([aA][lL][sS][eE])?" BLANKS "$";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
count_digits(const char *t, size_t len, size_t at)
{
	size_t n = 0;

	while (at + n < len && is_digit(t[at + n]))
		n++;
	return n;
}

/* Moves both ends past blanks. */
static const char *
trimmed(const char *text, size_t *len)
{
	while (*len > 0 && is_blank(text[*len - 1]))
		(*len)--;
	while (*len > 0 && is_blank(*text))
	{
		text++;
		(*len)--;
	}
	return text;
}

/* The value of a trimmed text, NaN if it is no number. *code: it has a leading zero, or an E between digits alone, as no program writes numbers. */
static double
read_number(const char *t, size_t len, bool *code)
{
	char bytes[1 + WHOLE_DIGITS + 1 + FRACTION_DIGITS + 6];
	size_t at = len > 0 && (t[0] == '-' || t[0] == '+'), whole = count_digits(t, len, at), fraction = 0, point;

	*code = whole > 1 && t[at] == '0';
	point = at += whole;
	if (at < len && t[at] == '.')
	{
		fraction = count_digits(t, len, at + 1);
		at += 1 + fraction;
	}
	if (whole + fraction == 0 || whole > WHOLE_DIGITS || fraction > FRACTION_DIGITS)
		return NAN;
	if (at < len && (t[at] == 'e' || t[at] == 'E'))
	{
		size_t sign = at + 1 < len && (t[at + 1] == '-' || t[at + 1] == '+');
		size_t digits = count_digits(t, len, at + 1 + sign);
		int exponent = 0;

		for (size_t i = 0; i < digits && i < 3; i++)
			exponent = exponent * 10 + (t[at + 1 + sign + i] - '0');
		*code = *code || (sign == 0 && at == point);
		if (digits == 0 || digits > 3 || exponent > MOST_EXPONENT)
			return NAN;
		at += 1 + sign + digits;
	}
	if (at != len)
		return NAN;
	memcpy(bytes, t, len);
	bytes[len] = '\0';
	return strtod(bytes, NULL);
}

/* n digits at a place as a number, or -1. */
static int
digits_at(const char *t, size_t len, size_t at, size_t n)
{
	int v = 0;

	if (at + n > len)
		return -1;
	for (size_t i = at; i < at + n; i++)
	{
		if (!is_digit(t[i]))
			return -1;
		v = v * 10 + (t[i] - '0');
	}
	return v;
}

/* Days from 2000-01-01 in the Gregorian calendar: years begin in March, so that the leap day is their last. */
static int64_t
day_number(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 730425;
}

/* HH:MM[:SS[.f]] at *at; microseconds, or -1. */
static int64_t
read_clock(const char *t, size_t len, size_t *at)
{
	int hour = digits_at(t, len, *at, 2), minute = digits_at(t, len, *at + 3, 2), second = 0;
	int64_t micros = 0, unit = 100000;

	if (minute < 0 || minute > 59 || hour < 0 || hour > 23 || t[*at + 2] != ':')
		return -1;
	*at += 5;
	if (*at < len && t[*at] == ':')
	{
		second = digits_at(t, len, *at + 1, 2);
		if (second < 0 || second > 59)
			return -1;
		*at += 3;
		if (*at < len && t[*at] == '.')
		{
			size_t n = count_digits(t, len, *at + 1);

			if (n == 0 || n > 6)
				return -1;
			for (size_t i = 0; i < n; i++, unit /= 10)
				micros += (t[*at + 1 + i] - '0') * unit;
			*at += 1 + n;
		}
	}
	return ((int64_t) hour * 3600 + minute * 60 + second) * 1000000 + micros;
}

/* Z or ±HH[[:]MM] up to the end; minutes east of UTC, or INT32_MIN. */
static int
read_zone(const char *t, size_t len, size_t at)
{
	int hours, minutes = 0;
	size_t after = at + 3;

	if (t[at] == 'Z')
		return at + 1 == len ? 0 : INT32_MIN;
	hours = t[at] == '-' || t[at] == '+' ? digits_at(t, len, at + 1, 2) : -1;
	if (hours < 0 || hours > 15)
		return INT32_MIN;
	if (after < len)
	{
		after += t[after] == ':';
		minutes = digits_at(t, len, after, 2);
		if (minutes < 0 || minutes > 59 || after + 2 != len)
			return INT32_MIN;
	}
	return (t[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/* Seconds since 2000-01-01 UTC of a trimmed text, NaN if it is no time. */
static double
read_time(const char *t, size_t len)
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = digits_at(t, len, 0, 4), month = digits_at(t, len, 5, 2), day = digits_at(t, len, 8, 2),
		zone = 0;
	int64_t micros = 0;
	size_t at = 11;

	if (day < 1 || year < 1 || month < 1 || month > 12 || t[4] != '-' || t[7] != '-' ||
		day > lengths[month - 1])
		return NAN;
	if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
		return NAN;
	if (len > 10)
	{
		if (t[10] != ' ' && t[10] != 'T')
			return NAN;
		micros = read_clock(t, len, &at);
		if (micros >= 0 && at < len)
			zone = read_zone(t, len, at);
		if (micros < 0 || zone == INT32_MIN)
			return NAN;
	}
	micros += day_number(year, month, day) * INT64_C(86400000000) - zone * INT64_C(60000000);
	return (double) micros / 1e6;
}

static bool
is_word(const char *t, size_t len, const char *word)
{
	if (len != 1 && len != strlen(word))
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if ((t[i] >= 'A' && t[i] <= 'Z' ? t[i] - 'A' + 'a' : t[i]) != word[i])
			return false;
	}
	return true;
}

unsigned
up_text_readings(const char *text, size_t len)
{
	const char *t = trimmed(text, &len);
	bool code;

	if (len == 0)
		return UP_READS_ANYTHING;
	if (!isnan(read_number(t, len, &code)))
		return code ? 0 : UP_READS_NUMBER;
	if (!isnan(read_time(t, len)))
		return UP_READS_TIME;
	return is_word(t, len, "true") || is_word(t, len, "false") ? UP_READS_BOOLEAN : 0;
}

UpColumnKind
up_reading_kind(unsigned readings)
{
	switch (readings)
	{
		case UP_READS_NUMBER:
			return UP_COLUMN_NUMBER;
		case UP_READS_TIME:
			return UP_COLUMN_TIME;
		case UP_READS_BOOLEAN:
			return UP_COLUMN_BOOLEAN;
		default:
			return UP_COLUMN_CATEGORY;
	}
}

double
up_text_read(UpColumnKind kind, const char *text, size_t len)
{
	const char *t = trimmed(text, &len);
	bool code;

	switch (kind)
	{
		case UP_COLUMN_NUMBER:
			return read_number(t, len, &code);
		case UP_COLUMN_TIME:
			return read_time(t, len);
		default:
			return is_word(t, len, "true") ? 1 : is_word(t, len, "false") ? 0 : NAN;
	}
}

const char *
up_column_kind_name(UpColumnKind kind)
{
	static const char *const names[] = {"number", "boolean", "category", "time", "category", "text", "array"};

	UP_ASSERT((size_t) kind < UP_LENGTH(names));
	return names[kind];
}
