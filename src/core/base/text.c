/*
 * text.c - text that grows; see text.h
 */
#include "base/text.h"

#include "base/value.h"

#include <string.h>

#define MOST_DAYS 1e9

void
up_text_init(UpText *t)
{
	t->capacity = 256;
	t->len = 0;
	t->bytes = up_alloc(t->capacity);
	t->bytes[0] = '\0';
}

static void
add_bytes(UpText *t, const char *piece, size_t len)
{
	if (t->len + len + 1 > t->capacity)
	{
		t->capacity = 2 * t->capacity + len + 1;
		t->bytes = up_realloc(t->bytes, t->capacity);
	}
	memcpy(t->bytes + t->len, piece, len);
	t->len += len;
	t->bytes[t->len] = '\0';
}

void
up_text_add(UpText *t, const char *piece)
{
	add_bytes(t, piece, strlen(piece));
}

void
up_text_add_number(UpText *t, double v)
{
	UpValue *number = up_value_number(v);
	char *digits = up_value_text(number);

	up_text_add(t, digits);
	up_free(digits);
}

void
up_text_add_day(UpText *t, double day)
{
	/* Years begin in March, so that the leap day is their last; eras have 400 of them (H. Hinnant's civil_from_days). */
	int64_t since = (int64_t) UP_MIN(UP_MAX(day, -MOST_DAYS), MOST_DAYS) + 730425;
	int64_t era = (since >= 0 ? since : since - 146096) / 146097, in_era = since - era * 146097;
	int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * year + year / 4 - year / 100), month = (5 * in_year + 2) / 153;

	up_text_add(t, up_format("%04d-%02d-%02d", (int) (year + era * 400 + (month >= 10)),
							 (int) (month < 10 ? month + 3 : month - 9),
							 (int) (in_year - (153 * month + 2) / 5 + 1)));
}

static void
add_quoted(UpText *t, const char *s, char quote, bool escape)
{
	add_bytes(t, &quote, 1);
	for (; *s != '\0'; s++)
	{
		if (*s == quote || (escape && *s == '\\'))
			add_bytes(t, s, 1);
		add_bytes(t, s, 1);
	}
	add_bytes(t, &quote, 1);
}

void
up_text_add_literal(UpText *t, const char *s)
{
	bool escape = strchr(s, '\\') != NULL;

	if (escape)
		up_text_add(t, "E");
	add_quoted(t, s, '\'', escape);
}

void
up_text_add_identifier(UpText *t, const char *s)
{
	add_quoted(t, s, '"', false);
}
