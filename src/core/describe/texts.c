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

/* ---- a text by itself ---- */

/* Digits, with sign, point and exponent; a comma as thousands separator is none. *code: they begin with a zero too many. */
static bool
reads_as_number(const char *t, size_t len, bool *code)
{
	size_t i = 0, digits = 0;

	i += i < len && (t[i] == '-' || t[i] == '+');
	for (; i < len && t[i] >= '0' && t[i] <= '9'; i++)
		digits++;
	*code = digits > 1 && t[i - digits] == '0';
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
	if (i < len && t[i] != ' ' && t[i] != 'T')
		return UP_NO_DATE;
	if (digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2)
		return value[1] <= 12 && value[2] <= 31 ? UP_YEAR_FIRST : UP_NO_DATE;
	if (digits[0] > 2 || digits[1] > 2 || digits[2] < 2 || UP_MIN(value[0], value[1]) > 12 ||
		UP_MAX(value[0], value[1]) > 31)
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

/* Of a number that a cast reads: a single point separates thousands only where three digits come after it. */
static uint8_t
number_forms(const char *text, size_t len)
{
	const char *point = memchr(text, '.', len);
	char digits[LOOK_BYTES + 4];
	bool comma = point == NULL || (point + 4 == text + len && up_repair_number(text, len, ',', digits));

	return (uint8_t) (1 << UP_BY_POINT | (comma ? 1 << UP_BY_COMMA : 0));
}

static uint8_t
text_forms(const char *text, size_t len)
{
	char trimmed[LOOK_BYTES], digits[LOOK_BYTES + 4];
	uint8_t forms = 0;
	bool code;

	if (len > 0 && ((unsigned char) text[0] <= ' ' || (unsigned char) text[len - 1] <= ' '))
	{
		len = up_repair_blanks(text, len, true, false, trimmed);
		text = trimmed;
		if (reads_as_number(text, len, &code))
			return code ? 0 : number_forms(text, len);
	}
	if (up_repair_placeholder(text, len) >= 0)
		return 1 << UP_MEANS_MISSING;
	if (!up_repair_is_plain(text, len))
		return 0;
	forms |= up_repair_number(text, len, '.', digits) ? 1 << UP_BY_POINT : 0;
	forms |= up_repair_number(text, len, ',', digits) ? 1 << UP_BY_COMMA : 0;
	return forms == 0 ? 0 : forms | 1 << UP_SEPARATED;
}

void
up_text_forms_add(uint64_t counts[UP_TEXT_FORMS], uint8_t forms, uint64_t rows)
{
	for (int form = 0; forms != 0; form++, forms >>= 1)
		counts[form] += (forms & 1) != 0 ? rows : 0;
}

void
up_text_look(UpTallied *e, const char *text, size_t len)
{
	char loose[LOOSE_BYTES];
	bool code = false, number = len <= LOOK_BYTES && reads_as_number(text, len, &code);

	e->is_number = number && !code;
	e->is_code = number && code;
	e->forms = code || len > LOOK_BYTES ? 0 : number ? number_forms(text, len) : text_forms(text, len);
	e->date = len <= LOOK_BYTES ? (uint8_t) date_form(text, len) : UP_NO_DATE;
	if (e->date != UP_NO_DATE && memchr(text, ':', len) != NULL)
		e->forms |= 1 << UP_WITH_TIME;
	e->loose = up_tally_hash(loose, loosened(text, len, loose, sizeof(loose)));
}

/* ---- lists ---- */

typedef struct Listed
{
	uint64_t hash, loose;
	uint64_t text; /* from the first entry, in bytes */
	bool is_number, is_code;
	uint8_t date, forms;
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

		list->entries[i] = (Listed){e->hash, e->loose, at, e->is_number, e->is_code, e->date, e->forms};
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
		up_tally_again(t->loose, l->loose, NULL, counts[i]);
		found->numbers += l->is_number ? counts[i] : 0;
		found->codes += l->is_code ? counts[i] : 0;
		found->dates[l->date] += counts[i];
		up_text_forms_add(found->forms, l->forms, counts[i]);
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
