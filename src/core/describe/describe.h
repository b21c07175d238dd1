/*
 * describe.h - what there is to know of one column: counts, moments, quantiles, frequent values, and what they suggest
 */
#ifndef UPROFILE_DESCRIBE_H
#define UPROFILE_DESCRIBE_H

#include "base/value.h"
#include "describe/texts.h"

typedef enum UpFactKind
{
	UP_FACT_NUMBER,
	UP_FACT_BOOLEAN,
	UP_FACT_TIME,
	UP_FACT_CATEGORY,
	UP_FACT_TEXT,  /* nearly every value is different, or there are more than UP_FACT_CATEGORIES */
	UP_FACT_KEY,   /* whole numbers or texts, all different, none missing */
	UP_FACT_ARRAY, /* of numbers, each of which is a feature: known or missing, and no more is told */
	UP_FACT_OTHER
} UpFactKind;

#define UP_FACT_CATEGORIES 255

typedef struct UpColumnFacts
{
	const char *name;
	UpFactKind kind;
	bool is_text;
	uint64_t rows, missing;
	uint64_t infinite;  /* known, but in no statistic of numbers */
	double distinct;    /* different known values */
	bool exact;         /* distinct, quantiles and frequent values are; else see the errors */
	bool beyond_double; /* whole numbers that may have been rounded onto each other */
	double rank_error;  /* of quantiles, a share of all rows */
	uint64_t top_error; /* counts of frequent values may be short by so many */
	double minimum, maximum, mean, deviation, skew; /* of numbers and times; NaN where there is none */
	double quantiles[UP_FACT_QUANTILES];
	uint64_t outliers;         /* beyond 1.5 distances of the quartiles */
	char *min_text, *max_text; /* of texts, by bytes */
	uint32_t n_top;
	UpTopValue top[UP_FACT_TOP];
	UpTextCounts texts;
	double loose_distinct; /* of texts: different values once trimmed and in lower case */
	int duplicate_of;      /* an earlier column with the same values in every row, or -1 */
	double leak;           /* the strength of the association with the target; NaN: none was looked for */
} UpColumnFacts;

/* Collects one column. */
typedef struct UpSummary UpSummary;

/*
 * is_text: values are texts. whole: a number without fractions by its type. has_target: leaks will be looked for. capacity: bytes that
 * it may take before it estimates. memory: of all columns, zeroed at first; NULL will do for texts that no other process puts together.
 */
extern UpSummary *up_summary_new(const char *name, UpFactKind kind, bool is_text, bool whole, bool has_target,
								 size_t capacity, UpHeldMemory *memory);
/* Numbers that a column holds within its capacity. */
extern uint64_t up_summary_most_held(size_t capacity);
/* A number for which there is no room at hand. */
extern void up_summary_another(UpSummary *s, double v);
extern void up_summary_text(UpSummary *s, const char *text, size_t len);
/* NaN is missing. */
static inline void
up_summary_number(UpSummary *s, double v)
{
	UpHeld *held = (UpHeld *) (void *) s;

	/* Zero has one sign. */
	v += 0.0;
	if (held->next < held->end)
		*held->next++ = v;
	else
		up_summary_another(s, v);
}

extern void up_summary_missing(UpSummary *s);
extern size_t up_summary_bytes(const UpSummary *s);

/*
 * Where several processes collected rows of the same columns (their memory is large), all of them held, and texts as codes: each process's
 * share as one of them sees it, and the column of a summary summed up of all shares, which come in the same order for all columns. known,
 * buffer: with room for all rows.
 */
typedef union UpFound
{
	UpNumbers numbers;
	UpTexts texts;
} UpFound;
/* Whether all different texts of n columns are told apart, as many as one of so many processes may. */
extern bool up_summaries_tell_apart(UpSummary *const *s, int n, int n_shares);
/* What their codes stand for, in a large array; NULL: no column is a text. */
extern void *up_summaries_texts(UpSummary *const *s, int n);
extern void up_shares_sum_up(const UpSummary *s, const UpHeldShare *shares, int n_shares, size_t n_columns,
							 size_t column, double *known, double *buffer, UpFound *found);
/* Whether what was found of all columns is all that there is to know; it takes the place of what these summaries hold. */
extern bool up_summaries_found(UpSummary *const *s, int n, const UpFound *found);
/* The most different texts that a column of this capacity counts exactly. */
extern uint32_t up_summary_most_texts(size_t capacity);

/* Facts of n columns of the same rows; target: one of them, or -1. The summaries are used up. */
extern UpColumnFacts *up_summaries_finish(UpSummary **s, int n, int target);

extern const char *up_fact_kind_name(UpFactKind kind);
/* Plain sentences: what is odd about the column and what to do; "" if nothing is. names: of all columns. */
extern char *up_column_advice(const UpColumnFacts *f, const UpColumnFacts *all);

#endif
