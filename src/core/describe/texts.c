/*
 * texts.c - texts of a column that several processes collected, summed up; see texts.h
 *
 * A list is as many entries as there are different texts, by code, and the texts behind them. Cost: O(rows), and O(1) for each different
 * text of each process.
 */
#include "describe/texts.h"
#include "clean/repair.h"

#include <math.h>
#include <string.h>

#define LOOK_BYTES  40 /* longer texts are neither numbers nor dates */
#define LOOSE_BYTES 256

#define TELEPHONE_DIGITS 7 /* from which on a plus before them may be that of a country */

/* ---- a text by itself ---- */

/*
 * Digits, with sign, point and exponent; a comma as thousands separator is none. *code: they begin with a zero too many, with the plus of a
 * telephone number, or have an E between digits alone (12E5), as no program writes numbers.
 */
static bool
reads_as_number(const char *t, size_t len, bool *code)
{
	size_t i = 0, digits = 0, whole;

	i += i < len && (t[i] == '-' || t[i] == '+');
	for (; i < len && t[i] >= '0' && t[i] <= '9'; i++)
		digits++;
	*code = digits > 1 && t[i - digits] == '0';
	*code = *code || (t[0] == '+' && digits >= TELEPHONE_DIGITS && i == len);
	whole = i;
	if (i < len && t[i] == '.')
	{
		for (i++; i < len && t[i] >= '0' && t[i] <= '9'; i++)
			digits++;
	}
	if (digits == 0)
		return false;
	if (i < len && (t[i] == 'e' || t[i] == 'E'))
	{
		size_t first;

		i++;
		*code = *code || (i == whole + 1 && i < len && t[i] != '-' && t[i] != '+');
		i += i < len && (t[i] == '-' || t[i] == '+');
		for (first = i; i < len && t[i] >= '0' && t[i] <= '9'; i++)
			;
		if (i == first)
			return false;
	}
	return i == len;
}

/*
 * Three groups of digits with the same separator, one of them a year, and perhaps a time after it: by what comes first. A day of the 13th or
 * later tells itself from a month.
 */
static UpDateForm
date_form(const char *t, size_t len)
{
	size_t i = 0, digits[3] = {0, 0, 0};
	int value[3] = {0, 0, 0};
	char separator = '\0';

	for (int g = 0; g < 3; g++)
	{
		for (; i < len && t[i] >= '0' && t[i] <= '9' && digits[g] < 5; i++, digits[g]++)
			value[g] = 10 * value[g] + (t[i] - '0');
		if (digits[g] == 0 || digits[g] > 4)
			return UP_NO_DATE;
		if (g == 2)
			break;
		if (i >= len || (t[i] != '-' && t[i] != '/' && t[i] != '.') || (g == 1 && t[i] != separator))
			return UP_NO_DATE;
		separator = t[i++];
	}
	if (i < len && t[i] != ' ' && t[i] != ',' && t[i] != 'T')
		return UP_NO_DATE;
	if (digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2)
		return value[1] <= 12 && value[2] <= 31 ? UP_YEAR_FIRST : UP_NO_DATE;
	if (digits[0] > 2 || digits[1] > 2 || digits[2] < 2 || UP_MIN(value[0], value[1]) > 12 ||
		UP_MAX(value[0], value[1]) > 31)
		return UP_NO_DATE;
	/* 1.2.24 may as well be a version. */
	if (separator == '.' && digits[2] == 2 && (digits[0] == 1 || digits[1] == 1))
		return UP_NO_DATE;
	return value[0] > 12 ? UP_DAY_FIRST : value[1] > 12 ? UP_MONTH_FIRST : UP_DAY_OR_MONTH_FIRST;
}

static size_t
loosened(const char *text, size_t len, char *out, size_t capacity)
{
	size_t n = 0;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	while (len > 0 && (*text == ' ' || *text == '\t'))
	{
		text++;
		len--;
	}
	for (; n < len && n < capacity; n++)
		out[n] = text[n] >= 'A' && text[n] <= 'Z' ? (char) (text[n] - 'A' + 'a') : text[n];
	return n;
}

static bool
has_word(const char *t, size_t len)
{
	size_t run = 0;

	for (size_t i = 0; i < len && run < 3; i++)
		run = (t[i] >= 'A' && t[i] <= 'Z') || (t[i] >= 'a' && t[i] <= 'z') ? run + 1 : 0;
	return run == 3;
}

/* As date_form; also with the month by its name, and eight digits. What cleaning cannot read (2024-02-30) is none. */
static void
look_at_date(UpTextLook *look, const char *t, size_t len)
{
	UpDateForm form = date_form(t, len);
	UpMoment m;

	if (form == UP_NO_DATE && len >= 8 && (len == 8 || has_word(t, len)) && up_repair_has_year(t, len))
		form = UP_YEAR_FIRST;
	if (form == UP_NO_DATE || !up_repair_date(t, len, form == UP_MONTH_FIRST ? UP_DATE_MDY : UP_DATE_DMY, &m))
		return;
	look->date = (uint8_t) form;
	look->forms |= m.has_time ? 1 << UP_WITH_TIME : 0;
	look->forms |= m.has_zone ? 1 << UP_WITH_ZONE : 0;
	look->forms |= form == UP_YEAR_FIRST ? 1 << UP_CAST_DATE : 0;
}

static void
look_at_amount(UpTextLook *look, const char *t, size_t len)
{
	UpFigure f;
	bool code, number = reads_as_number(t, len, &code);

	if (number)
		look->forms |= 1 << (code ? UP_CODE : UP_CAST_NUMBER);
	if (code)
		return;
	if (up_repair_figure(t, len, &f))
	{
		look->currency = (uint16_t) f.currency;
		look->forms |= 1 << UP_AMOUNT | (uint32_t) f.by_point << UP_BY_POINT |
					   (uint32_t) f.by_comma << UP_BY_COMMA | (uint32_t) f.separated << UP_SEPARATED |
					   (uint32_t) f.spaced << UP_SPACED | (uint32_t) f.percent << UP_PERCENT |
					   (f.currency != 0 ? 1u << UP_CURRENCY : 0);
	}
	/* With an exponent. */
	else if (number)
		look->forms |= 1 << UP_AMOUNT | 1 << UP_BY_POINT | 1 << UP_SEPARATED;
}

/* A text without blanks at its ends. */
static void
look_at(UpTextLook *look, const char *t, size_t len, bool in_blanks)
{
	bool truth;

	look->placeholder = (int8_t) up_repair_placeholder(t, len);
	if (look->placeholder >= 0)
	{
		look->forms = 1 << (look->placeholder < UP_SURE_PLACEHOLDERS ? UP_MEANS_MISSING : UP_MAY_MEAN_MISSING);
		look->forms |= in_blanks ? 1 << UP_MISSING_IN_BLANKS : 0;
		return;
	}
	look_at_amount(look, t, len);
	look_at_date(look, t, len);
	if (up_repair_boolean(t, len, &truth))
		look->forms |= 1 << (truth ? UP_TRUE : UP_FALSE);
	/* A cast may fail on blanks that are not the server's. */
	if (in_blanks)
		look->forms &= ~(uint32_t) (1 << UP_CAST_NUMBER | 1 << UP_CAST_DATE);
}

/* Where a blank of any kind may be. */
static bool
may_be_blank(char c)
{
	return (unsigned char) c <= ' ' || (unsigned char) c >= 0x80;
}

void
up_text_look(UpTextLook *look, const char *text, size_t len)
{
	char loose[LOOSE_BYTES], trimmed[LOOK_BYTES];
	size_t n = len;

	*look = (UpTextLook){.placeholder = -1};
	look->loose = up_tally_hash(loose, loosened(text, len, loose, sizeof(loose)));
	if (len > LOOK_BYTES)
		return;
	if (len > 0 && (may_be_blank(text[0]) || may_be_blank(text[len - 1])))
	{
		n = up_repair_blanks(text, len, true, false, trimmed);
		text = trimmed;
	}
	look_at(look, text, n, n < len);
}

void
up_text_count(UpTextCounts *counts, const UpTextLook *look, uint64_t rows)
{
	uint32_t forms = look->forms;

	counts->dates[look->date] += rows;
	for (int form = 0; forms != 0; form++, forms >>= 1)
		counts->forms[form] += (forms & 1) != 0 ? rows : 0;
	if (look->placeholder >= 0)
		counts->placeholders |= UINT64_C(1) << look->placeholder;
	if (look->currency != 0 && (counts->least_currency == 0 || look->currency < counts->least_currency))
		counts->least_currency = look->currency;
	counts->most_currency = UP_MAX(counts->most_currency, look->currency);
}

/* ---- lists ---- */

typedef struct Listed
{
	uint64_t hash;
	uint64_t text; /* from the first entry, in bytes */
	UpTextLook look;
} Listed;

typedef struct List
{
	uint64_t n;
	Listed entries[];
} List;

static size_t
list_bytes(const UpTally *t)
{
	size_t bytes = sizeof(List) + t->n * sizeof(Listed) + t->text_bytes;

	return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

static void
put_list(const UpTally *t, List *list)
{
	size_t at = t->n * sizeof(Listed);

	list->n = t->n;
	for (uint32_t i = 0; i < t->n; i++)
	{
		const UpTallied *e = &t->entries[i];
		size_t bytes = strlen(e->text) + 1;

		list->entries[i] = (Listed){e->hash, at, e->look};
		memcpy((char *) list->entries + at, e->text, bytes);
		at += bytes;
	}
}

size_t
up_texts_bytes(const UpTally *const *tallies, uint32_t n_columns)
{
	size_t bytes = n_columns * sizeof(uint64_t);

	for (uint32_t j = 0; j < n_columns; j++)
		bytes += tallies[j] != NULL ? list_bytes(tallies[j]) : 0;
	return bytes;
}

void
up_texts_put(const UpTally *const *tallies, uint32_t n_columns, void *lists)
{
	uint64_t *places = lists, at = n_columns * sizeof(uint64_t);

	for (uint32_t j = 0; j < n_columns; j++)
	{
		places[j] = tallies[j] != NULL ? at : 0;
		if (tallies[j] == NULL)
			continue;
		put_list(tallies[j], (List *) (void *) ((char *) lists + at));
		at += list_bytes(tallies[j]);
	}
}

/* ---- a column of all processes ---- */

/* How often each text of a share occurs. */
static uint64_t *
count_share(const UpHeldShare *s, const List *list, size_t n_columns, size_t column, UpTexts *found)
{
	uint64_t *counts = up_alloc0(UP_MAX(list->n, 1) * sizeof(uint64_t));

	for (size_t at = 0; at < s->rows; at += UP_HELD_BLOCK)
	{
		const double *codes = up_held_region_block(s->regions, at / UP_HELD_BLOCK * n_columns + column);
		size_t n = UP_MIN(UP_HELD_BLOCK, s->rows - at);

		up_tick();
		for (size_t i = 0; i < n; i++)
		{
			bool missing = isnan(codes[i]);
			size_t code = missing ? 0 : (size_t) codes[i];

			UP_ASSERT(missing || code < list->n);
			up_content_add(found->content, found->n++, missing ? 0 : list->entries[code].hash | 1);
			found->missing += missing;
			if (!missing)
				counts[code]++;
		}
	}
	return counts;
}

/* What is put together of all shares. */
typedef struct Together
{
	UpTally *all, *loose;
	const char *least, *most; /* by bytes */
} Together;

static void
add_share(const List *list, const uint64_t *counts, Together *t, UpTexts *found)
{
	for (uint64_t i = 0; i < list->n && t->all->distinct == NULL; i++)
	{
		const Listed *l = &list->entries[i];
		const char *text = (const char *) list->entries + l->text;

		if (i % 4096 == 0)
			up_tick();
		up_tally_again(t->all, l->hash, text, counts[i]);
		up_tally_again(t->loose, l->look.loose, NULL, counts[i]);
		if (counts[i] > 0)
			up_text_count(&found->counted, &l->look, counts[i]);
		if (t->least == NULL || strcmp(text, t->least) < 0)
			t->least = text;
		if (t->most == NULL || strcmp(text, t->most) > 0)
			t->most = text;
	}
}

void
up_texts_sum_up(const UpHeldShare *shares, int n_shares, size_t n_columns, size_t column, uint32_t limit,
				UpTexts *found)
{
	UpArena *arena = up_arena_enter();
	Together t = {.all = up_tally_new(limit), .loose = up_tally_new(limit)};
	const UpTallied *top[UP_FACT_TOP];

	*found = (UpTexts){0};
	for (const UpHeldShare *s = shares; s < shares + n_shares && t.all->distinct == NULL; s++)
	{
		const List *list;

		if (s->rows == 0)
			continue;
		list = (const List *) (const void *) ((const char *) s->texts + ((const uint64_t *) s->texts)[column]);
		add_share(list, count_share(s, list, n_columns, column, found), &t, found);
	}
	found->exact = t.all->distinct == NULL;
	found->distinct = up_tally_distinct(t.all);
	found->loose_distinct = up_tally_distinct(t.loose);
	if (t.least != NULL)
	{
		strcpy(found->least, t.least);
		strcpy(found->most, t.most);
	}
	found->n_top = up_tally_top(t.all, UP_FACT_TOP, top);
	for (uint32_t i = 0; i < found->n_top; i++)
	{
		strcpy(found->top[i], top[i]->text);
		found->counts[i] = top[i]->count;
	}
	up_arena_leave(arena);
}
