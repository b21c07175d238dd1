/*
 * advice.c - plain sentences about a column; see describe.h
 */
#include "describe/describe.h"

#include <math.h>

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

static void
advise_content(const UpColumnFacts *f, double known, Sentences *s)
{
	if (f->is_text && f->number_share >= 0.95 && f->distinct > 1)
	{
		say(s,
			up_format("%s values are numbers: cast the column", f->number_share == 1 ? "all" : "nearly all"));
		return;
	}
	if (f->kind == UP_FACT_KEY && f->rows >= 10)
		say(s, up_strdup("every value is different: a key, and no feature"));
	else if (f->distinct > 1 && known >= 10 && f->is_text && f->distinct >= 0.9 * known)
		say(s, up_strdup("nearly every value is different: no category; its words may be features"));
	else if (f->kind == UP_FACT_TEXT)
		say(s, up_format("%.0f different values: encode by target or hash", f->distinct));
	if (f->is_text && f->time_share >= 0.95)
		say(s, up_format("%s values are dates: cast the column", f->time_share == 1 ? "all" : "nearly all"));
	if (f->is_text && f->exact && f->loose_distinct < f->distinct)
		say(s, up_format("different by case or spaces only: %.0f of %.0f values; trim and fold",
						 f->distinct - f->loose_distinct, f->distinct));
}

static void
advise_numbers(const UpColumnFacts *f, double known, Sentences *s)
{
	if (f->kind != UP_FACT_NUMBER)
		return;
	if (f->infinite > 0)
		say(s, up_format("infinite in %llu rows: replace these values", (unsigned long long) f->infinite));
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
	if (f->distinct <= 1 && f->infinite == 0)
		say(&s, up_strdup("constant: it tells nothing"));
	else if (f->n_top > 0 && (double) f->top[0].count > 0.99 * known && known >= 100)
		say(&s, up_format("nearly constant: one value in %.1f %% of the rows",
						  100 * (double) f->top[0].count / known));
	if (2 * f->missing > f->rows)
		say(&s, up_format("mostly missing (%.0f %%): whether it is known may tell more than its value",
						  100 * (double) f->missing / (double) f->rows));
	advise_content(f, known, &s);
	advise_numbers(f, known, &s);
	if (f->leak > 0.98 && known >= 10)
		say(&s,
			up_format("it nearly tells the target (%.3f): a leak, if it becomes known only with it", f->leak));
	return s.text;
}
