/*
 * reading.h - text that is something else: numbers, times and booleans that a table keeps as text
 *
 * Only what has one meaning is read. A number: digits, at most one point and an exponent, without leading zeros or an E between
 * digits alone (12E5), which make it a code; a time: ISO 8601's calendar date, with a time of day and a zone or without; a boolean: true, false, t, f. Blanks
 * around it do not matter, and a text of nothing else is missing. What is read here is read alike in exported SQL,
 * where the pattern stands.
 */
#ifndef UPROFILE_READING_H
#define UPROFILE_READING_H

#include "base/platform.h"

typedef enum UpColumnKind
{
	UP_COLUMN_NUMBER,
	UP_COLUMN_BOOLEAN,
	UP_COLUMN_CATEGORY,
	UP_COLUMN_TIME,
	UP_COLUMN_HASH,  /* text of any variety: 53 bits of its hash */
	UP_COLUMN_WORDS, /* text: how often each bucket of words occurs */
	UP_COLUMN_ARRAY  /* numbers */
} UpColumnKind;

extern const char *up_column_kind_name(UpColumnKind kind);

/* All that a text, or every text of a column, may be. */
enum
{
	UP_READS_NUMBER = 1 << 0,
	UP_READS_TIME = 1 << 1,
	UP_READS_BOOLEAN = 1 << 2,
	UP_READS_ANYTHING = UP_READS_NUMBER | UP_READS_TIME | UP_READS_BOOLEAN /* a blank text, or no text at all */
};

extern unsigned up_text_readings(const char *text, size_t len);
/* The kind that readings leave; UP_COLUMN_CATEGORY: none, or nothing but blanks was met. */
extern UpColumnKind up_reading_kind(unsigned readings);
/* A text as a value of that kind; NaN where it is none, or blank. Leading zeros and an E do not matter here. */
extern double up_text_read(UpColumnKind kind, const char *text, size_t len);

/* The texts that up_text_read takes, as regular expressions of PostgreSQL. */
extern const char *const up_number_pattern;
extern const char *const up_local_time_pattern; /* without a zone */
extern const char *const up_zone_time_pattern;
extern const char *const up_true_pattern;
extern const char *const up_false_pattern;

#endif
