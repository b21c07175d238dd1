/*
 * texts.h - what a text tells by itself, and what all texts of a column do that several processes collected
 *
 * Each process counts the different texts that it meets, and holds of each row which one it is (held.h). Where all of them are counted
 * exactly, what they tell together depends on neither the processes nor their order.
 */
#ifndef UPROFILE_TEXTS_H
#define UPROFILE_TEXTS_H

#include "describe/held.h"
#include "describe/numbers.h"
#include "describe/tally.h"

/* How a text reads as a date. */
typedef enum UpDateForm
{
	UP_NO_DATE,
	UP_YEAR_FIRST,
	UP_DAY_FIRST,
	UP_MONTH_FIRST,
	UP_DAY_OR_MONTH_FIRST, /* both are 12 at most */
	UP_DATE_FORMS
} UpDateForm;

/* Of a text, each as a bit. */
typedef enum UpTextForm
{
	UP_MEANS_MISSING,     /* as "N/A" does … */
	UP_MAY_MEAN_MISSING,  /* … or "unknown", where all else is no words … */
	UP_MISSING_IN_BLANKS, /* … either with blanks at an end */
	UP_CAST_NUMBER,       /* a cast reads it as a number */
	UP_CODE,              /* the same, but it would lose its zeros, a plus, or an E */
	UP_AMOUNT,            /* a number as people write it, … */
	UP_BY_POINT,          /* … whose decimal sign, if there is one, is a point, … */
	UP_BY_COMMA,          /* … a comma, … */
	UP_SEPARATED,         /* … with a point or a comma in it; … */
	UP_SPACED,            /* … that may be the number of a telephone; … */
	UP_PERCENT,           /* … of a hundred; … */
	UP_CURRENCY,          /* … of money */
	UP_WITH_TIME,         /* a date with a time of day … */
	UP_WITH_ZONE,         /* … and a time zone; … */
	UP_CAST_DATE,         /* … one that a cast reads in any order of day and month */
	UP_TRUE,
	UP_FALSE,
	UP_TEXT_FORMS
} UpTextForm;

/* Sets what is told by the text alone. */
extern void up_text_look(UpTextLook *look, const char *text, size_t len);

/* Of the rows of a column of texts. */
typedef struct UpTextCounts
{
	uint64_t dates[UP_DATE_FORMS], forms[UP_TEXT_FORMS];
	uint64_t placeholders;                  /* a bit each, that are there */
	uint32_t least_currency, most_currency; /* that are named, 0: none */
} UpTextCounts;

/* Counts rows of a text. */
extern void up_text_count(UpTextCounts *counts, const UpTextLook *look, uint64_t rows);

/* Where other processes find the different texts of a process: a list for each column, 0 for those that are no texts. */
extern size_t up_texts_bytes(const UpTally *const *tallies, uint32_t n_columns);
extern void up_texts_put(const UpTally *const *tallies, uint32_t n_columns, void *lists);

typedef struct UpTexts
{
	bool exact; /* else there are too many different ones, and nothing else is set */
	size_t n;   /* rows */
	uint64_t content[UP_CONTENT_LANES];
	uint64_t missing;
	UpTextCounts counted;
	double distinct, loose_distinct;
	uint32_t n_top;
	uint64_t counts[UP_FACT_TOP];
	char top[UP_FACT_TOP][UP_TALLY_ROOM], least[UP_TALLY_ROOM], most[UP_TALLY_ROOM];
} UpTexts;

/* A column of all shares, which hold its codes, with at most limit different texts. */
extern void up_texts_sum_up(const UpHeldShare *shares, int n_shares, size_t n_columns, size_t column,
							uint32_t limit, UpTexts *found);

#endif
