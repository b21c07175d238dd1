/*
 * clean_propose.c - the rules that a table calls for, where none are given; see clean_propose.h
 *
 * Only what corrects and never what invents: blanks at the ends, texts that mean "missing", spellings that differ in
 * capitals, types that every value of a column has, repeated rows and keys, rows without key. What a value may be, what
 * is an outlier and what fills a gap is for people to say. The facts of uprofile_describe say which columns are
 * categories whose values differ only in their spelling; the rest takes a look at every value of a text column.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/memutils.h"

#include "pg/clean/clean_propose.h"
#include "pg/clean/clean_parse.h"
#include "pg/module.h"
#include "describe/describe.h"
#include "prep/dictionary.h"
#include "clean/repair.h"

enum
{
	COULD_INTEGER = 1 << 0,
	COULD_NUMBER = 1 << 1,
	COULD_BOOLEAN = 1 << 2,
	COULD_DATE = 1 << 3, /* three bits each: ymd, dmy, mdy */
	COULD_TIMESTAMP = 1 << 6,
	COULD_COMMA = 1 << 9, /* a number with a decimal comma */
	COULD_ALL = (1 << 10) - 1,
	COULD_FIGURE = COULD_INTEGER | COULD_NUMBER | COULD_COMMA
};

typedef struct Facts
{
	bool blanks;         /* at an end of a value */
	bool separated;      /* a point or a comma in a figure */
	bool spaced;         /* figures that may be numbers of telephones */
	uint64 placeholders; /* one bit each */
	unsigned could;
	bool percent; /* of all values so far */
	int currency; /* the same, 0: none is named */
	size_t n;     /* values that are there and mean something */
	UpDictionary *texts;
	uint64 *counts;
} Facts;

static bool
could_be(const char *text, size_t len, UpCleanType type, int date_order, bool comma)
{
	UpCleanRule rule = {.to_type = type, .date_order = date_order, .decimal = comma};
	Datum value;

	return up_clean_parse(&rule, "%", text, len, &value);
}

/* Amounts in several currencies are not one quantity: only figures of one kind are proposed as numbers. */
static void
narrow_figures(Facts *f, const char *text, size_t len)
{
	UpFigure figure;

	if (!up_repair_figure(text, len, &figure) ||
		(f->n > 1 && (figure.currency != f->currency || figure.percent != f->percent)))
		f->could &= ~(unsigned) COULD_FIGURE;
	f->currency = figure.currency;
	f->percent = figure.percent;
	f->spaced = f->spaced || figure.spaced;
	f->separated = f->separated || figure.separated;
	if (!figure.by_comma)
		f->could &= ~(unsigned) COULD_COMMA;
	if (!figure.by_point)
		f->could &= ~(unsigned) (COULD_INTEGER | COULD_NUMBER);
	if ((f->could & COULD_INTEGER) != 0 && !could_be(text, len, UP_TYPE_INTEGER, 0, false))
		f->could &= ~(unsigned) COULD_INTEGER;
}

static void
narrow_types(Facts *f, const char *text, size_t len)
{
	if ((f->could & COULD_FIGURE) != 0)
		narrow_figures(f, text, len);
	if ((f->could & COULD_BOOLEAN) != 0 &&
		(len == 1 && (text[0] == '0' || text[0] == '1') ? true
														: !could_be(text, len, UP_TYPE_BOOLEAN, 0, false)))
		f->could &= ~(unsigned) COULD_BOOLEAN;
	if (!up_repair_has_year(text, len))
		f->could &= (unsigned) (COULD_FIGURE | COULD_BOOLEAN);
	for (int order = 0; order < 3; order++)
	{
		unsigned date = (unsigned) COULD_DATE << order, timestamp = (unsigned) COULD_TIMESTAMP << order;

		if ((f->could & date) != 0 && !could_be(text, len, UP_TYPE_DATE, order, false))
			f->could &= ~date;
		if ((f->could & timestamp) != 0 && !could_be(text, len, UP_TYPE_TIMESTAMP, order, false))
			f->could &= ~timestamp;
	}
}

static void
look_at(Facts *f, UpCleanTable *t, const char *text, size_t len, MemoryContext keep)
{
	char *trimmed = palloc(len + 1);
	size_t n = up_repair_blanks(text, len, t->utf8, false, trimmed);
	int placeholder;

	f->blanks = f->blanks || n != len;
	placeholder = up_repair_placeholder(trimmed, n);
	if (placeholder >= 0)
		f->placeholders |= UINT64CONST(1) << placeholder;
	if (placeholder >= 0 && placeholder < UP_SURE_PLACEHOLDERS)
		return;
	f->n += placeholder < 0;
	if (f->could != 0 && placeholder < 0)
		narrow_types(f, trimmed, n);
	if (!f->texts->overflowed)
	{
		MemoryContext outer = MemoryContextSwitchTo(keep);
		int64_t code = up_dictionary_add(f->texts, trimmed, n);

		MemoryContextSwitchTo(outer);
		if (code >= 0)
			f->counts[code]++;
	}
}

/* What uprofile_describe knows of the text columns; facts of column i stand at at[i]. */
static UpColumnFacts *
describe_texts(UpCleanTable *t, int *at)
{
	UpSummary **summaries = palloc(sizeof(UpSummary *) * t->n_columns);
	size_t capacity = (size_t) up_max_memory_kb * 1024 / 4 / t->n_columns;
	int n = 0;

	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].now;

		if (!v->is_text)
			continue;
		at[i] = n;
		summaries[n] = up_summary_new(t->columns[i].name, UP_FACT_CATEGORY, true, false, false, capacity, NULL);
		for (size_t row = 0; row < t->n_rows; row++)
		{
			size_t len;
			const char *text;

			if ((row & 0xfff) == 0)
				up_progress("describing the columns", row, t->n_rows);
			if (v->nulls[row])
			{
				up_summary_missing(summaries[n]);
				continue;
			}
			text = up_clean_characters(v, v->values[row], &len);
			up_summary_text(summaries[n], text, len);
		}
		n++;
	}
	return up_summaries_finish(summaries, n, -1);
}

static Facts *
facts_of(UpCleanTable *t, int column)
{
	const UpCleanValues *v = t->columns[column].now;
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile facts", ALLOCSET_DEFAULT_SIZES);
	Facts *f = palloc0(sizeof(Facts));

	f->could = up_clean_is_key(t, column) ? 0 : COULD_ALL;
	f->texts = up_dictionary_new(UP_CATEGORY_LIMIT);
	f->counts = palloc0(sizeof(uint64) * (UP_CATEGORY_LIMIT + 1));
	MemoryContextSwitchTo(inner);
	for (size_t row = 0; row < t->n_rows; row++)
	{
		size_t len;
		const char *text;

		if ((row & 0x3ff) == 0)
		{
			MemoryContextReset(inner);
			up_progress("looking at the values", row, t->n_rows);
		}
		if (v->nulls[row])
			continue;
		text = up_clean_characters(v, v->values[row], &len);
		look_at(f, t, text, len, outer);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return f;
}

/* ---- from facts to rules ---- */

/* Days and moments; of eight digits, too, where each has a year of this or the last century. */
static const char *
time_of(const Facts *f, int *order)
{
	for (*order = 0; *order < 3; ++*order)
	{
		/* Where day and month could change places in every value, nobody knows. */
		bool both = *order > 0 && (f->could & ((unsigned) COULD_TIMESTAMP << 1)) != 0 &&
					(f->could & ((unsigned) COULD_TIMESTAMP << 2)) != 0;

		if ((f->could & ((unsigned) COULD_TIMESTAMP << *order)) != 0 && !both)
			return (f->could & ((unsigned) COULD_DATE << *order)) != 0 ? "date" : "timestamp";
	}
	return NULL;
}

/* The rule's parameters beside the column, or NULL. */
static UpValue *
type_of(const Facts *f)
{
	static const char *const orders[] = {"ymd", "dmy", "mdy"};
	UpValue *type = up_value_object();
	bool point = (f->could & COULD_NUMBER) != 0, comma = (f->could & COULD_COMMA) != 0;
	int order;
	const char *time = f->n > 0 ? time_of(f, &order) : NULL;

	if (time != NULL)
	{
		up_value_set(type, "to", up_value_string(time));
		up_value_set(type, "date_order", up_value_string(orders[order]));
	}
	else if (f->n > 0 && (point || comma))
	{
		/* Where a sign could separate thousands or decimals in every value (1,101), nobody knows either; nor what 170 100 200 is. */
		if ((f->separated && point && comma) || (f->spaced && !f->separated && !f->percent && f->currency == 0))
			return NULL;
		up_value_set(type, "to", up_value_string((f->could & COULD_INTEGER) != 0 ? "integer" : "number"));
		if (!point)
			up_value_set(type, "decimal", up_value_string(","));
		if (f->percent)
			up_value_set(type, "unit", up_value_string("%"));
	}
	else if (f->n > 0 && (f->could & COULD_BOOLEAN) != 0)
		up_value_set(type, "to", up_value_string("boolean"));
	else
		return NULL;
	return type;
}

static UpValue *
new_rule(UpValue *rules, const char *name)
{
	UpValue *rule = up_value_object();

	up_value_set(rule, "rule", up_value_string(name));
	up_value_append(rules, rule);
	return rule;
}

static void
propose_trim(UpCleanTable *t, Facts **facts, UpValue *rules)
{
	UpValue *columns = up_value_array();

	for (int i = 0; i < t->n_columns; i++)
	{
		if (facts[i] != NULL && facts[i]->blanks)
			up_value_append(columns, up_value_string(t->columns[i].name));
	}
	if (columns->n > 0)
		up_value_set(new_rule(rules, "trim"), "columns", columns);
}

/* Texts of these columns that mean "missing": first … end of all that do so. */
static void
propose_missing(UpCleanTable *t, Facts **facts, int first, int end, UpValue *rules)
{
	UpValue *columns = up_value_array(), *values = up_value_array();
	uint64 range = (UINT64CONST(1) << end) - (UINT64CONST(1) << first), found = 0;
	bool surely = first < UP_SURE_PLACEHOLDERS;

	for (int i = 0; i < t->n_columns; i++)
	{
		if (facts[i] == NULL || (facts[i]->placeholders & range) == 0 || (!surely && type_of(facts[i]) == NULL))
			continue;
		found |= facts[i]->placeholders & range;
		up_value_append(columns, up_value_string(t->columns[i].name));
	}
	for (int i = first; i < end; i++)
	{
		if ((found >> i & 1) != 0)
			up_value_append(values, up_value_string(up_repair_placeholders[i]));
	}
	if (columns->n > 0)
	{
		UpValue *rule = new_rule(rules, "missing");

		up_value_set(rule, "columns", columns);
		up_value_set(rule, "values", values);
		if (!surely)
			up_value_set(rule, "ignore_case", up_value_bool(true));
	}
}

/* Of spellings that differ only in capitals the most frequent one; among equals the first by bytes. */
static void
propose_spellings(UpCleanTable *t, int column, const Facts *f, const UpColumnFacts *described, UpValue *rules)
{
	UpValue *table = up_value_object();
	const UpDictionary *d = f->texts;
	char **folded = palloc(sizeof(char *) * (d->n + 1));

	if (described->kind == UP_FACT_KEY ||
		(described->exact && described->loose_distinct >= described->distinct) || d->overflowed ||
		up_clean_is_key(t, column))
		return;
	for (uint32_t i = 0; i < d->n; i++)
		folded[i] = str_tolower(d->texts[i], strlen(d->texts[i]), t->columns[column].now->collation);
	for (uint32_t i = 0; i < d->n; i++)
	{
		uint32_t best = i;

		for (uint32_t j = 0; j < d->n; j++)
		{
			if (strcmp(folded[i], folded[j]) != 0)
				continue;
			if (f->counts[j] > f->counts[best] ||
				(f->counts[j] == f->counts[best] && strcmp(d->texts[j], d->texts[best]) < 0))
				best = j;
		}
		if (best != i)
			up_value_set(table, d->texts[i], up_value_string(d->texts[best]));
	}
	if (table->n > 0)
	{
		UpValue *rule = new_rule(rules, "synonyms");

		up_value_set(rule, "column", up_value_string(t->columns[column].name));
		up_value_set(rule, "table", table);
	}
}

static void
propose_type(UpCleanTable *t, int column, const Facts *f, UpValue *rules)
{
	const UpValue *type = type_of(f);
	UpValue *rule;

	if (type == NULL)
		return;
	rule = new_rule(rules, "type");
	up_value_set(rule, "column", up_value_string(t->columns[column].name));
	for (uint32_t i = 0; i < type->n; i++)
		up_value_set(rule, type->keys[i], type->items[i]);
}

UpValue *
up_clean_propose(UpCleanTable *t)
{
	UpValue *rules = up_value_array();
	Facts **facts = palloc0(sizeof(Facts *) * t->n_columns);
	int *at = palloc0(sizeof(int) * t->n_columns);
	UpColumnFacts *described = describe_texts(t, at);

	for (int i = 0; i < t->n_columns; i++)
	{
		if (t->columns[i].now->is_text)
			facts[i] = facts_of(t, i);
	}
	propose_trim(t, facts, rules);
	propose_missing(t, facts, 0, UP_SURE_PLACEHOLDERS, rules);
	propose_missing(t, facts, UP_SURE_PLACEHOLDERS, UP_PLACEHOLDERS, rules);
	for (int i = 0; i < t->n_columns; i++)
	{
		if (facts[i] == NULL)
			continue;
		propose_spellings(t, i, facts[i], &described[at[i]], rules);
		propose_type(t, i, facts[i], rules);
	}
	for (int i = 0; i < t->n_keys; i++)
		up_value_set(new_rule(rules, "required"), "column", up_value_string(t->columns[t->keys[i]].name));
	new_rule(rules, "duplicates");
	if (t->n_keys > 0)
		up_value_set(new_rule(rules, "duplicate_keys"), "keep", up_value_string("complete"));
	return rules;
}
