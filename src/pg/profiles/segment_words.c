/*
 * segment_words.c - names and descriptions of segments; see segment_words.h
 */
#include "postgres.h"

#include <math.h>

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"

#include "pg/profiles/segment_words.h"

#define TOLD         3  /* in a description */
#define NAMED        2  /* in a name */
#define VALUE_LENGTH 40 /* bytes of a value in words */

/* Zeros at the end of a fraction say nothing. */
static char *
trimmed(char *digits)
{
	size_t len = strlen(digits);

	if (strchr(digits, '.') == NULL || strchr(digits, 'e') != NULL)
		return digits;
	while (digits[len - 1] == '0')
		digits[--len] = '\0';
	if (digits[len - 1] == '.')
		digits[--len] = '\0';
	return digits;
}

char *
up_readable(double v)
{
	double a = fabs(v);
	char *digits = psprintf("%.0f", v), *grouped;
	size_t len = strlen(digits), at = 0;

	if (a >= 1e15)
		return psprintf("%.3g", v);
	/* Without commas, since it may be a year. */
	if (a >= 99.95 && a < 9999.5)
		return digits;
	if (a < 99.95)
		return a == 0 ? pstrdup("0") : trimmed(psprintf(a >= 9.995 ? "%.1f" : a >= 1 ? "%.2f" : "%.2g", v));
	grouped = palloc(len * 2 + 1);
	for (size_t i = 0; i < len; i++)
	{
		if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
			grouped[at++] = ',';
		grouped[at++] = digits[i];
	}
	grouped[at] = '\0';
	return grouped;
}

static double
three_digits(double v)
{
	double unit = 1;

	while (v / unit >= 9999.5)
		unit *= 10;
	if (unit == 1)
		return v;
	unit *= 10;
	while (v / unit >= 999.5)
		unit *= 10;
	return rint(v / unit) * unit;
}

static char *
told_value(const UpStand *stand, double v)
{
	pg_time_t seconds = (pg_time_t) v;
	char day[32];

	switch (stand->told)
	{
		case UP_TOLD_DATE:
			pg_strftime(day, sizeof(day), "%Y-%m-%d", pg_gmtime(&seconds));
			return pstrdup(day);
		case UP_TOLD_SPAN:
			return psprintf("%s days", up_readable(v / SECS_PER_DAY));
		case UP_TOLD_CATEGORY:
			return psprintf("%s %%", up_readable(100 * v));
		default:
			/* What is told as so many times as much needs no more than three digits. */
			return up_readable(stand->ratio ? three_digits(v) : v);
	}
}

static char *
times(double ratio)
{
	return psprintf("%s×", trimmed(psprintf(ratio >= 9.95 ? "%.0f" : ratio >= 0.095 ? "%.1f" : "%.2f", ratio)));
}

static char *
cut(const char *value)
{
	size_t len = strlen(value);

	if (len <= VALUE_LENGTH)
		return pstrdup(value);
	return psprintf("%s…", pnstrdup(value, (Size) pg_mbcliplen(value, (int) len, VALUE_LENGTH)));
}

/* "orders: 14.2 on average, 3.0× the average of all (4.7)". */
static char *
phrase(const UpStand *stand)
{
	char *value = told_value(stand, stand->value), *all = told_value(stand, stand->everybody);
	bool median = strcmp(stand->statistic, "median") == 0;
	double ratio = stand->everybody > 0 ? stand->value / stand->everybody : 0;

	if (stand->told == UP_TOLD_CATEGORY)
		return psprintf("%s = %s for %s, %s as often as among all (%s)", stand->column, cut(stand->value_of),
						value, times(ratio), all);
	if (stand->ratio && ratio >= 0.005)
		return psprintf(median ? "%s: median %s, %s that of all (%s)"
							   : "%s: %s on average, %s that of all (%s)",
						stand->column, value, times(ratio), all);
	return psprintf(median ? "%s: median %s (all: %s)" : "%s: %s on average (all: %s)", stand->column, value,
					all);
}

static char *
spaced(const char *column)
{
	char *name = pstrdup(column);

	for (char *c = name; *c != '\0'; c++)
	{
		if (*c == '_')
			*c = ' ';
	}
	return name;
}

static bool
ends_in(const char *text, const char *const *ends)
{
	for (; *ends != NULL; ends++)
	{
		size_t len = strlen(text), end = strlen(*ends);

		if (len >= end && strcmp(text + len - end, *ends) == 0)
			return true;
	}
	return false;
}

/* What is counted, as in kids_count, n_orders, orders; NULL where it is not known that something is. */
static char *
counted(const UpStand *stand)
{
	static const char *const count[] = {"_count", NULL};
	static const char *const others[] = {"ss",      "us",    "is",    "days",    "weeks",
										 "months",  "years", "hours", "minutes", "seconds",
										 "dollars", "euros", "cents", "pounds",  NULL};
	static const char *const plural[] = {"s", NULL};
	static const char *const before[] = {"n_", "num_", "number_of_", "count_"};
	const char *c = stand->column;

	for (int i = 0; i < (int) lengthof(before); i++)
	{
		size_t len = strlen(before[i]);

		if (strncmp(c, before[i], len) == 0 && ends_in(c + len, plural))
			return spaced(c + len);
	}
	if (ends_in(c, count) && strlen(c) > strlen("_count"))
	{
		char *noun = pnstrdup(c, strlen(c) - strlen("_count"));

		return ends_in(noun, plural) ? spaced(noun) : NULL;
	}
	return stand->whole && strchr(c, '_') == NULL && ends_in(c, plural) && !ends_in(c, others) ? pstrdup(c)
																							   : NULL;
}

static bool
is_one_of(const char *value, const char *const *values)
{
	for (; *values != NULL; values++)
	{
		if (pg_strcasecmp(value, *values) == 0)
			return true;
	}
	return false;
}

/* "country DE", "no partner", "no kids". */
static char *
category_word(const UpStand *stand)
{
	static const char *const yes[] = {"true", "yes", NULL};
	static const char *const no[] = {"false", "no", NULL};
	const char *column = stand->column, *value = stand->value_of;
	bool is = strncmp(column, "is_", 3) == 0, has = strncmp(column, "has_", 4) == 0;
	char *what = spaced(is ? column + 3 : has ? column + 4 : column);
	char *noun = counted(stand);

	if (is_one_of(value, yes) || (stand->whole && strcmp(value, "1") == 0))
		return has ? spaced(column) : what;
	if (is_one_of(value, no) || (stand->whole && strcmp(value, "0") == 0))
		return psprintf("%s %s", is ? "not" : "no", what);
	if (noun != NULL && strcmp(value, "0") == 0)
		return psprintf("no %s", noun);
	/* "country: Hong Kong", since it is not clear without where the value begins. */
	return psprintf(strchr(value, ' ') != NULL ? "%s: %s" : "%s %s", spaced(column), cut(value));
}

/* "many orders", "high spent"; of times "last order later". They compare with all users. */
static char *
word(const UpStand *stand)
{
	static const char *const recency[] = {"recency_days", "recency_weeks", "recency_months", NULL};
	static const char *const units[] = {"_days", "_weeks", "_months", NULL};
	static const char *const lengths[] = {"tenure", "duration", "gap", NULL};
	char *column = pstrdup(stand->column);
	bool more = stand->difference > 0, much = fabs(stand->difference) >= 1.5;
	const char *how = more ? "high" : "low";
	char *noun = counted(stand);

	if (stand->told == UP_TOLD_CATEGORY)
		return category_word(stand);
	if (stand->told == UP_TOLD_DATE)
		return psprintf("%s %s%s", spaced(stand->column), much ? "much " : "", more ? "later" : "earlier");
	if (is_one_of(stand->column, recency))
		return psprintf("seen %s%s", much ? "much " : "", more ? "longer ago" : "more recently");
	if (noun != NULL)
		how = more ? "many" : "few";
	else
	{
		if (ends_in(column, units))
			*strrchr(column, '_') = '\0';
		if (stand->told == UP_TOLD_SPAN || ends_in(column, lengths))
			how = more ? "long" : "short";
		else
			column = pstrdup(stand->column);
	}
	return psprintf("%s%s %s", much ? "very " : "", how, noun != NULL ? noun : spaced(column));
}

static char *
words_of(const UpSegmentGroup *g, int most)
{
	StringInfoData name;

	initStringInfo(&name);
	for (int i = 0; i < list_length(g->stands) && i < most; i++)
		appendStringInfo(&name, "%s%s", i > 0 ? ", " : "", word(list_nth(g->stands, i)));
	return name.len > 0 ? name.data : pstrdup("like all users");
}

static bool
is_used(List *used, const char *name)
{
	ListCell *cell;

	foreach (cell, used)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/* As short as it may be where it is another than all others: more words, then the figure, then the number. */
static char *
name_of(const UpSegmentGroup *g, const UpSegmentSet *set, List *used)
{
	char *name = words_of(g, NAMED);
	const UpStand *first = g->stands != NIL ? linitial(g->stands) : NULL;

	for (int most = NAMED + 1;
		 is_used(used, name) && most <= list_length(g->stands) && most <= UP_STANDS_CHOSEN; most++)
		name = words_of(g, most);
	if (is_used(used, name) && first != NULL)
		name = psprintf("%s (%s)", words_of(g, NAMED), told_value(first, first->value));
	if (is_used(used, name))
		name = psprintf("%s (%s)", words_of(g, NAMED), up_segment_id(set, g->segment));
	while (is_used(used, name))
		name = psprintf("%s *", name);
	return name;
}

static char *
description_of(const UpSegmentGroup *g)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < list_length(g->stands) && i < TOLD; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? "; " : "", phrase(list_nth(g->stands, i)));
	if (text.len > 0)
		return text.data;
	return pstrdup(g->users == 0 ? "nobody is in it"
				   : g->unseen   ? "too few of so many users to say what stands out"
								 : "nothing stands out");
}

void
up_segment_words(UpSegmentGroup *groups, int n, const UpSegmentSet *set, List **used)
{
	for (int i = 0; i < n; i++)
	{
		UpSegmentGroup *g = &groups[i];

		g->name = set->rule ? set->column : name_of(g, set, *used);
		*used = lappend(*used, pstrdup(g->name));
		g->description = description_of(g);
		if (set->rule)
			g->description = psprintf("%s; %s", set->condition, g->description);
	}
}

UpValue *
up_segment_figures_told(const UpSegmentGroup *group)
{
	UpValue *all = up_value_array();

	for (int i = 0; i < list_length(group->stands) && i < TOLD; i++)
	{
		const UpStand *stand = list_nth(group->stands, i);
		UpValue *one = up_value_object();

		up_value_set(one, "column", up_value_string(stand->column));
		up_value_set(one, "statistic", up_value_string(stand->statistic));
		if (stand->value_of != NULL)
			up_value_set(one, "of", up_value_string(stand->value_of));
		up_value_set(one, "value", up_value_number(stand->value));
		up_value_set(one, "everybody", up_value_number(stand->everybody));
		up_value_set(one, "difference", up_value_number(stand->difference));
		up_value_set(one, "users", up_value_number((double) stand->users));
		up_value_append(all, one);
	}
	return all;
}
