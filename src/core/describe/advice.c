/*
 * advice.c - plain sentences about a column: what is odd about it, and what to do; see describe.h
 *
 * Of texts the shares are those of values that mean something: of amounts with "N/A" among them the others are told of.
 */
#include "describe/describe.h"
#include "clean/repair.h"

#include <math.h>
#include <string.h>

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

/* Of those that mean something. */
static const char *
how_many_values(const UpColumnFacts *f, double share)
{
	return share < 1 ? "nearly all values" : f->forms[UP_MEANS_MISSING] > 0 ? "all others" : "all values";
}

static void
advise_missing(const UpColumnFacts *f, Sentences *s)
{
	unsigned long long n = f->forms[UP_MEANS_MISSING];
	char *example = up_strdup("");

	for (uint32_t i = 0; i < f->n_top && example[0] == '\0'; i++)
	{
		if (up_repair_placeholder(f->top[i].text, strlen(f->top[i].text)) >= 0)
			example = up_format(" (\"%s\")", f->top[i].text);
	}
	if (n > 0)
		say(s, up_format("%llu values seem to mean missing%s: clean by the rule \"missing\"", n, example));
}

/* Numbers that no cast reads; whether they are. */
static bool
advise_separated(const UpColumnFacts *f, double known, Sentences *s)
{
	double meant = known - (double) f->forms[UP_MEANS_MISSING];
	double point = (double) f->forms[UP_BY_POINT] / meant, comma = (double) f->forms[UP_BY_COMMA] / meant;

	if (f->forms[UP_SEPARATED] == 0 || UP_MAX(point, comma) < 0.95)
		return false;
	say(s,
		up_format("%s are numbers with separators: clean by the rule \"type\" with \"to\": \"number\" and %s",
				  how_many_values(f, UP_MAX(point, comma)),
				  point == comma  ? "the \"decimal\" that you know"
				  : point > comma ? "\"decimal\": \".\""
								  : "\"decimal\": \",\""));
	return true;
}

/*
 * A cast reads day and month in the order of the setting DateStyle: what has either first would fail, or change places. Cleaning is told the
 * order, and reads what has the year first in any.
 */
static void
advise_dates(const UpColumnFacts *f, Sentences *s)
{
	const char *how_many = how_many_values(f, f->time_share);
	const char *to = f->forms[UP_WITH_TIME] > 0 ? "timestamp" : "date";
	const uint64_t *dates = f->dates;

	if (dates[UP_DAY_FIRST] + dates[UP_MONTH_FIRST] + dates[UP_DAY_OR_MONTH_FIRST] == 0)
		say(s, up_format("%s are dates: cast the column", how_many));
	else if (dates[UP_DAY_FIRST] > 0 && dates[UP_MONTH_FIRST] > 0)
		say(s, up_format("%s are dates, some with the day, others with the month first: no cast, and no one "
						 "date_order, reads them all",
						 how_many));
	else if (dates[UP_DAY_FIRST] + dates[UP_MONTH_FIRST] > 0)
		say(s, up_format("%s are dates, the %s first: clean by the rule \"type\" with \"to\": \"%s\" and "
						 "\"date_order\": \"%s\"",
						 how_many, dates[UP_DAY_FIRST] > 0 ? "day" : "month", to,
						 dates[UP_DAY_FIRST] > 0 ? "dmy" : "mdy"));
	else
		say(s, up_format("%s are dates, and none tells whether day or month is first: clean by the rule "
						 "\"type\" with \"to\": \"%s\" and the \"date_order\" that you know",
						 how_many, to));
}

static void
advise_content(const UpColumnFacts *f, double known, Sentences *s)
{
	if (f->is_text && f->distinct > 1 && advise_separated(f, known, s))
		return;
	if (f->is_text && f->code_share > 0 && f->code_share + f->number_share >= 0.95)
		say(s, up_strdup("digits with leading zeros, which a cast would drop: codes, that stay text"));
	else if (f->is_text && f->number_share >= 0.95 && f->distinct > 1)
	{
		say(s, up_format("%s are numbers: cast the column", how_many_values(f, f->number_share)));
		return;
	}
	if (f->kind == UP_FACT_KEY && f->rows >= 10)
		say(s, up_strdup("every value is different: a key, and no feature"));
	else if (f->distinct > 1 && known >= 10 && f->is_text && f->distinct >= 0.9 * known)
		say(s, up_strdup("nearly every value is different: no category; its words may be features"));
	else if (f->kind == UP_FACT_TEXT)
		say(s, up_format("%.0f different values: encode by target or hash", f->distinct));
	if (f->is_text && f->time_share >= 0.95)
		advise_dates(f, s);
	if (f->is_text && f->exact && f->loose_distinct < f->distinct)
		say(s, up_format("different by case or spaces only: %.0f of %.0f values; trim and fold",
						 f->distinct - f->loose_distinct, f->distinct));
}

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
		advise_missing(f, &s);
	advise_content(f, known, &s);
	advise_numbers(f, known, &s);
	if (f->leak > 0.98 && known >= 10)
		say(&s,
			up_format("it nearly tells the target (%.3f): a leak, if it becomes known only with it", f->leak));
	return s.text;
}
