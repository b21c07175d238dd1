/*
 * cron_text.c - what is wrong with the five fields of a schedule; see cron_text.h
 *
 * It judges nothing by itself: pg_cron decides what it takes, and newer versions take more. This only finds the words for
 * what was refused.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "pg/profiles/cron_text.h"

#define N_FIELDS 5

typedef struct Field
{
	const char *name;
	int low, high;
	const char *words; /* names that stand for numbers, three letters each */
} Field;

static const Field fields[N_FIELDS] = {
	{"minute", 0, 59, ""},
	{"hour", 0, 23, ""},
	{"day of the month", 1, 31, ""},
	{"month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"},
	{"day of the week", 0, 7, "sun mon tue wed thu fri sat"},
};

/* A number in the field's range, or one of its names; the text behind it, or NULL. */
static const char *
skip_value(const Field *f, const char *at)
{
	char word[4] = {0};
	long value;
	char *end;

	if (isdigit((unsigned char) *at))
	{
		value = strtol(at, &end, 10);
		return value >= f->low && value <= f->high ? end : NULL;
	}
	for (int i = 0; i < 3 && isalpha((unsigned char) at[i]); i++)
		word[i] = (char) tolower((unsigned char) at[i]);
	return strlen(word) == 3 && strstr(f->words, word) != NULL ? at + 3 : NULL;
}

/* *, a value or a range of them, each with a step; several joined by commas. */
static bool
is_field(const Field *f, const char *at)
{
	for (;;)
	{
		at = *at == '*' ? at + 1 : skip_value(f, at);
		if (at != NULL && *at == '-')
			at = skip_value(f, at + 1);
		if (at != NULL && *at == '/' && atoi(at + 1) > 0)
			at += 1 + strspn(at + 1, "0123456789");
		if (at == NULL || *at != ',')
			return at != NULL && *at == '\0';
		at++;
	}
}

const char *
up_cron_fault(const char *text)
{
	char *copy = pstrdup(text), *rest = copy, *token;
	char *found[N_FIELDS];
	int n = 0;

	while ((token = strtok_r(rest, " \t\n\r", &rest)) != NULL)
	{
		if (n < N_FIELDS)
			found[n] = token;
		n++;
	}
	if (n != N_FIELDS)
		return psprintf("It has %d %s, not five.", n, n == 1 ? "field" : "fields");
	for (int i = 0; i < N_FIELDS; i++)
	{
		if (!is_field(&fields[i], found[i]))
			return psprintf("The %s is \"%s\"; allowed are %d to %d%s%s, *, lists, ranges and steps.",
							fields[i].name, found[i], fields[i].low, fields[i].high,
							fields[i].words[0] != '\0' ? ", " : "", fields[i].words);
	}
	return "Its fields are each right, but no time matches them.";
}
