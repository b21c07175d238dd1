/*
 * spelling.c - numbers and times that people spelled; see spelling.h
 */
#include "prep/spelling.h"

#include "base/text.h"
#include "prep/reading.h"

#include <math.h>
#include <string.h>

#define LONGEST_SHOWN 64 /* bytes of a text that a hint names */

/* A number with groups of three digits behind each separator, and the decimal mark behind them: without blanks and separators, or false. */
static bool
spells_number(const char *text, char separator, char mark, char *plain)
{
	size_t n = 0, digits = 0;
	bool grouped = false, whole = true;

	/* Codes such as 007 would lose their zeros. */
	if (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		return false;
	for (; *text != '\0'; text++)
	{
		bool ends_group = *text == separator || *text == mark;

		if (*text == ' ')
			continue;
		if (whole && ends_group)
		{
			if (grouped ? digits != 3 : *text == separator && (digits == 0 || digits > 3))
				return false;
			grouped = grouped || *text == separator;
			whole = *text != mark;
			digits = 0;
		}
		else if (ends_group)
			return false;
		else if (*text >= '0' && *text <= '9')
			digits++;
		if (*text != separator)
			plain[n++] = *text == mark ? '.' : *text;
	}
	plain[n] = '\0';
	return n == 0 || ((!whole || !grouped || digits == 3) && !isnan(up_text_read(UP_COLUMN_NUMBER, plain, n)));
}

static bool
all_spell_numbers(const UpDictionary *d, char separator, char mark)
{
	bool all = true, any = false;

	for (uint32_t i = 0; i < d->n && all; i++)
	{
		char *plain = up_alloc(strlen(d->texts[i]) + 1);

		all = spells_number(d->texts[i], separator, mark, plain);
		any = any || plain[0] != '\0';
		up_free(plain);
	}
	return all && any;
}

static bool
all_are_times(const UpDictionary *d)
{
	unsigned readings = UP_READS_ANYTHING;

	for (uint32_t i = 0; i < d->n; i++)
		readings &= up_text_readings(d->texts[i], strlen(d->texts[i]));
	return up_reading_kind(readings) == UP_COLUMN_TIME;
}

char *
up_spelled_sql(const UpDictionary *texts, const char *column)
{
	const char *before, *after;
	UpText sql;

	if (texts->overflowed || texts->n == 0)
		return NULL;
	if (all_spell_numbers(texts, ',', '.'))
		before = "nullif(translate(", after = ", ', ', ''), '')::double precision";
	else if (all_spell_numbers(texts, '.', ','))
		before = "nullif(translate(", after = ", ',. ', '.'), '')::double precision";
	else if (all_are_times(texts))
		before = "extract(epoch FROM nullif(trim(", after = "), '')::timestamptz)::double precision";
	else
		return NULL;
	up_text_init(&sql);
	up_text_add(&sql, before);
	up_text_add_identifier(&sql, column);
	up_text_add(&sql, after);
	up_text_add(&sql, " AS ");
	up_text_add_identifier(&sql, column);
	return sql.bytes;
}

const char *
up_spelled_otherwise(const UpDictionary *texts)
{
	const char *first = NULL;

	for (uint32_t i = 0; i < texts->n; i++)
	{
		const char *text = texts->texts[i];

		if (strlen(text) <= LONGEST_SHOWN && (up_text_readings(text, strlen(text)) & UP_READS_NUMBER) == 0 &&
			(first == NULL || strcmp(text, first) < 0))
			first = text;
	}
	return first;
}
