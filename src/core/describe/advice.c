/*
 * advice.c - plain sentences about a column: what is odd about it, and what to do; see describe.h
 *
 * Of texts the shares are those of values that mean something: of amounts with "N/A" among them the others are told of. A rule of cleaning is
 * told as uprofile_clean takes it, but where it needs what only people know.
 */
#include "describe/describe.h"
#include "clean/repair.h"

#include <math.h>
#include <string.h>

#define NEARLY_ALL 0.95 /* of the values */

const char *
up_fact_kind_name(UpFactKind kind)
{
	static const char *const names[] = {"number", "boolean", "time",  "category",
										"text",   "key",     "array", "other"};

	return names[kind];
}

typedef struct Sentences
{
	char *text;
} Sentences;

static void
say(Sentences *s, char *sentence)
{
	s->text = s->text[0] == '\0' ? sentence : up_format("%s; %s", s->text, sentence);
}

/* ---- texts ---- */

/* What the texts of a column are that mean something. */
typedef struct Meaning
{
	const UpColumnFacts *f;
	const uint64_t *forms;
	double rows;
	bool words;                                  /* neither numbers nor dates nor truth values */
	double casts, codes, amounts, times, truths; /* shares */
} Meaning;

static Meaning
meaning_of(const UpColumnFacts *f)
{
	const uint64_t *n = f->texts.forms;
	Meaning m = {.f = f, .forms = n};
	uint64_t dates = 0;

	m.rows = (double) (f->rows - f->missing - n[UP_MEANS_MISSING] - n[UP_MAY_MEAN_MISSING]);
	for (int form = UP_NO_DATE + 1; form < UP_DATE_FORMS; form++)
		dates += f->texts.dates[form];
	m.words = true;
	if (m.rows == 0 || !f->is_text)
		return m;
	m.casts = (double) n[UP_CAST_NUMBER] / m.rows;
	m.codes = (double) n[UP_CODE] / m.rows;
	m.amounts = (double) n[UP_AMOUNT] / m.rows;
	m.times = (double) dates / m.rows;
	m.truths = n[UP_TRUE] > 0 && n[UP_FALSE] > 0 ? (double) (n[UP_TRUE] + n[UP_FALSE]) / m.rows : 0;
	m.words = UP_MAX(UP_MAX(m.amounts, m.times), UP_MAX(m.truths, m.codes)) < NEARLY_ALL;
	return m;
}

static bool
none_is_missing(const Meaning *m)
{
	return m->forms[UP_MEANS_MISSING] + m->forms[UP_MAY_MEAN_MISSING] == 0;
}

static const char *
how_many_values(const Meaning *m, double share)
{
	return share < 1 ? "nearly all values" : none_is_missing(m) ? "all values" : "all others";
}

static UpValue *
new_rule(const UpColumnFacts *f, const char *name)
{
	UpValue *rule = up_value_object();

	up_value_set(rule, "rule", up_value_string(name));
	up_value_set(rule, "column", up_value_string(f->name));
	return rule;
}

/* A rule that gives the column this type; param: NULL, or one more that it needs. */
static const char *
clean_by_type(const Meaning *m, const char *to, const char *param, const char *value, double share)
{
	UpValue *rule = new_rule(m->f, "type");

	up_value_set(rule, "to", up_value_string(to));
	if (param != NULL)
		up_value_set(rule, param, up_value_string(value));
	if (strcmp(to, "number") == 0 && m->forms[UP_PERCENT] > 0)
		up_value_set(rule, "unit", up_value_string("%"));
	return up_format("clean by %s%s", up_value_text(rule),
					 share < 1 ? ", which sends the others into quarantine" : "");
}

static void
advise_missing(const Meaning *m, Sentences *s)
{
	uint64_t n = m->forms[UP_MEANS_MISSING] + (m->words ? 0 : m->forms[UP_MAY_MEAN_MISSING]);
	int end = m->words ? UP_SURE_PLACEHOLDERS : UP_PLACEHOLDERS;
	UpValue *rule = new_rule(m->f, "missing"), *values = up_value_array();
	bool any_case = false;
	const char *trim = "";

	for (int i = 0; i < end; i++)
	{
		if ((m->f->texts.placeholders >> i & 1) == 0)
			continue;
		up_value_append(values, up_value_string(up_repair_placeholders[i]));
		any_case = any_case || i >= UP_SURE_PLACEHOLDERS;
	}
	if (n == 0)
		return;
	up_value_set(rule, "values", values);
	if (any_case)
		up_value_set(rule, "ignore_case", up_value_bool(true));
	if (m->forms[UP_MISSING_IN_BLANKS] > 0)
		trim = up_format("%s, ", up_value_text(new_rule(m->f, "trim")));
	say(s, up_format("%llu values seem to mean missing: clean by %s%s", (unsigned long long) n, trim,
					 up_value_text(rule)));
}

/* Amounts that are not of one kind, so that no rule makes one quantity of them; whether they are. */
static bool
advise_mixed(const Meaning *m, const char *how_many, Sentences *s)
{
	const uint64_t *n = m->forms;
	bool some_money = n[UP_CURRENCY] > 0 && n[UP_CURRENCY] < n[UP_AMOUNT];

	if (m->f->texts.least_currency != m->f->texts.most_currency)
		say(s, up_format("%s are amounts in several currencies: convert them first, or take one currency only",
						 how_many));
	else if (n[UP_PERCENT] > 0 && n[UP_PERCENT] < n[UP_AMOUNT])
		say(s, up_format("%s are numbers, some with a percent sign and some without: make them alike first",
						 how_many));
	else if (some_money)
		say(s,
			up_format("%s are amounts, some of a currency and some of none: make them alike first", how_many));
	else
		return false;
	return true;
}

/* Whole numbers that all seem to have so many digits, as postcodes do: 0 if they do not. */
static size_t
digits_of_codes(const UpColumnFacts *f)
{
	size_t n = strlen(f->min_text);
	bool all = n >= 5 && n == strlen(f->max_text) && f->min_text[0] != '-' && f->distinct >= 10;

	for (uint32_t i = 0; i < f->n_top; i++)
		all = all && strlen(f->top[i].text) == n;
	return all && f->texts.forms[UP_SEPARATED] == 0 ? n : 0;
}

static void
advise_cast(const UpColumnFacts *f, Sentences *s)
{
	size_t digits = digits_of_codes(f);

	say(s,
		digits == 0
			? up_strdup("all values are numbers: cast the column")
			: up_format(
				  "all values are numbers: cast the column, unless they are codes: all seem to have %zu digits",
				  digits));
}

/* Texts that are numbers, as people or programs write them; whether they are. */
static bool
advise_amounts(const Meaning *m, Sentences *s)
{
	const uint64_t *n = m->forms;
	uint64_t by_point = n[UP_AMOUNT] - n[UP_BY_COMMA], by_comma = n[UP_AMOUNT] - n[UP_BY_POINT]; /* alone */
	double most = (double) UP_MAX(n[UP_BY_POINT], n[UP_BY_COMMA]) / m->rows;
	const char *how_many = how_many_values(m, most);
	bool both = UP_MIN(by_point, by_comma) * 10 > UP_MAX(by_point, by_comma);

	if (m->amounts < NEARLY_ALL || m->f->distinct <= 1)
		return false;
	if (advise_mixed(m, how_many, s))
		return true;
	if (n[UP_SEPARATED] > 0 && by_point + by_comma == 0)
		say(s, up_format("%s are numbers, whose point or comma may separate decimals or thousands: clean by "
						 "the rule \"type\" with "
						 "\"to\": \"number\" and the \"decimal\" that you know",
						 how_many));
	else if (most < NEARLY_ALL || both)
		say(s, up_format("%s are numbers, some with a decimal point and some with a comma: no one \"decimal\" "
						 "reads them all",
						 how_many_values(m, m->amounts)));
	else if (n[UP_SPACED] > 0 && n[UP_SEPARATED] + n[UP_PERCENT] + n[UP_CURRENCY] == 0)
		say(s, up_format("%s are digits in groups: if they are amounts, and no codes or telephone numbers, "
						 "clean by the rule "
						 "\"type\" with \"to\": \"number\"",
						 how_many));
	else if (m->casts == 1 && by_comma == 0 && none_is_missing(m))
		advise_cast(m->f, s);
	else
		say(s, up_format("%s are numbers: %s", how_many,
						 clean_by_type(m, "number", by_comma > by_point ? "decimal" : NULL, ",", most)));
	return true;
}

/*
 * A cast reads day and month in the order of the setting DateStyle: what has either first would fail, or change places. Cleaning is told the
 * order, and reads what has the year first in any.
 */
static void
advise_dates(const Meaning *m, Sentences *s)
{
	const char *how_many = how_many_values(m, m->times);
	const char *to = m->forms[UP_WITH_ZONE] > 0   ? "timestamptz"
					 : m->forms[UP_WITH_TIME] > 0 ? "timestamp"
												  : "date";
	const uint64_t *dates = m->f->texts.dates;

	if ((double) m->forms[UP_CAST_DATE] == m->rows && none_is_missing(m))
		say(s, up_format("all values are dates: cast the column to %s", to));
	else if (dates[UP_DAY_FIRST] + dates[UP_MONTH_FIRST] + dates[UP_DAY_OR_MONTH_FIRST] == 0)
		say(s, up_format("%s are dates: %s", how_many, clean_by_type(m, to, NULL, NULL, m->times)));
	else if (dates[UP_DAY_FIRST] > 0 && dates[UP_MONTH_FIRST] > 0)
		say(s, up_format("%s are dates, some with the day, others with the month first: no cast, and no one "
						 "date_order, reads them all",
						 how_many));
	else if (dates[UP_DAY_FIRST] + dates[UP_MONTH_FIRST] > 0)
		say(s,
			up_format("%s are dates, the %s first: %s", how_many, dates[UP_DAY_FIRST] > 0 ? "day" : "month",
					  clean_by_type(m, to, "date_order", dates[UP_DAY_FIRST] > 0 ? "dmy" : "mdy", m->times)));
	else
		say(s, up_format("%s are dates, and none tells whether day or month is first: clean by the rule "
						 "\"type\" with \"to\": \"%s\" and the \"date_order\" that you know",
						 how_many, to));
}

static void
advise_texts(const UpColumnFacts *f, double known, Sentences *s)
{
	Meaning m = meaning_of(f);

	advise_missing(&m, s);
	if (m.codes > 0 && m.codes + m.casts >= NEARLY_ALL && m.times < NEARLY_ALL)
		say(s,
			up_strdup(
				"digits with leading zeros, a plus or an E, which a cast would drop: codes, that stay text"));
	else if (m.times < NEARLY_ALL && advise_amounts(&m, s))
		return;
	else if (m.truths >= NEARLY_ALL)
	{
		say(s, up_format("%s are yes or no: %s", how_many_values(&m, m.truths),
						 clean_by_type(&m, "boolean", NULL, NULL, m.truths)));
		return;
	}
	if (m.times >= NEARLY_ALL)
		advise_dates(&m, s);
	else if (f->kind == UP_FACT_KEY && f->rows >= 10)
		say(s, up_strdup("every value is different: a key, and no feature"));
	else if (f->distinct > 1 && known >= 10 && f->distinct >= 0.9 * known)
		say(s, up_strdup("nearly every value is different: no category; its words may be features"));
	else if (f->kind == UP_FACT_TEXT)
		say(s, up_format("%.0f different values: encode by target or hash", f->distinct));
	if (f->exact && f->loose_distinct < f->distinct)
		say(s, up_format("different by case or spaces only: %.0f of %.0f values; trim and fold",
						 f->distinct - f->loose_distinct, f->distinct));
}

/* ---- numbers ---- */

static void
advise_numbers(const UpColumnFacts *f, double known, Sentences *s)
{
	if (f->infinite > 0)
		say(s, up_format("infinite in %llu rows: replace these values", (unsigned long long) f->infinite));
	if (f->kind != UP_FACT_NUMBER)
		return;
	if (fabs(f->skew) > 2 && f->distinct > 2)
		say(s, up_format("skewed (%.1f): scale by log, yeo_johnson or quantile", f->skew));
	if ((double) f->outliers > 0.01 * known && f->distinct > 2)
		say(s, up_format("%.1f %% outliers: scale by robust, or clip", 100 * (double) f->outliers / known));
}

char *
up_column_advice(const UpColumnFacts *f, const UpColumnFacts *all)
{
	Sentences s = {up_strdup("")};
	double known = (double) (f->rows - f->missing);

	if (f->rows == 0)
		return up_strdup("no rows");
	if (f->kind == UP_FACT_OTHER)
		return up_strdup("of a type that is no feature");
	if (known == 0)
		return up_strdup("empty: every value is missing");
	if (f->kind == UP_FACT_ARRAY)
		return up_strdup("numbers: each element is a feature");
	if (f->duplicate_of >= 0)
		say(&s, up_format("the same as \"%s\" in every row: leave one of them out", all[f->duplicate_of].name));
	if (f->beyond_double)
		say(&s, up_strdup("whole numbers beyond 2^53, not all of which are told apart: if they are keys, cast "
						  "the column to text"));
	else if (f->distinct <= 1 && f->infinite == 0)
		say(&s, up_strdup("constant: it tells nothing"));
	else if (f->n_top > 0 && (double) f->top[0].count > 0.99 * known && known >= 100)
		say(&s, up_format("nearly constant: one value in %.1f %% of the rows",
						  100 * (double) f->top[0].count / known));
	if (2 * f->missing > f->rows)
		say(&s, up_format("mostly missing (%.0f %%): whether it is known may tell more than its value",
						  100 * (double) f->missing / (double) f->rows));
	if (f->is_text)
		advise_texts(f, known, &s);
	else if (f->kind == UP_FACT_KEY && f->rows >= 10)
		say(&s, up_strdup("every value is different: a key, and no feature"));
	advise_numbers(f, known, &s);
	if (f->leak > 0.98 && known >= 10)
		say(&s,
			up_format("it nearly tells the target (%.3f): a leak, if it becomes known only with it", f->leak));
	return s.text;
}
