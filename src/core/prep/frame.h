/*
 * frame.h - a table as learners collect it: named, typed columns, a label, and the rows
 *
 * The array form has columns without names; the row form has names, kinds and, for categories, a dictionary each.
 * Values are float8 in samples: numbers as they are, booleans 0 and 1, categories and text labels by code, times in
 * seconds since 2000-01-01 (UTC); NaN is missing. Most columns take one value of a row; an array takes as many as it is
 * long, which is known when the first one comes, and text as hashed words one a bucket. The label is the last value
 * (position n_values). A frame merges with another of the same shape, and travels.
 *
 * Text columns may turn out to hold numbers or times. Up to the dictionary's limit their texts are kept by code; beyond it
 * the column goes on as values, if all texts have been some, and is overflowed otherwise. Both depend on the set of texts
 * alone, not on their order. The same holds for text labels that are numbers.
 */
#ifndef UPROFILE_FRAME_H
#define UPROFILE_FRAME_H

#include "num/samples.h"
#include "base/value.h"
#include "prep/dictionary.h"
#include "prep/reading.h"

#define UP_COLUMN_LIMIT 100000 /* features of a row, before and after encoding */

typedef enum UpLabelKind
{
	UP_LABEL_NONE,
	UP_LABEL_BOOLEAN,
	UP_LABEL_NUMBER,
	UP_LABEL_TEXT
} UpLabelKind;

typedef struct UpColumn
{
	char *name;
	UpColumnKind kind;
	UpDictionary *dictionary; /* categories */
	unsigned readings;   /* categories: what all texts so far may be read as (prep/reading.h); 0: only text */
	UpColumnKind stored; /* what the rows hold: UP_COLUMN_CATEGORY: codes; else values, read from the texts */
	bool is_money;       /* numbers that PostgreSQL keeps as money */
	bool lenient;        /* a text that is no such value is missing */
	uint32_t first;      /* position in the rows, and … */
	uint32_t width;      /* … number of values there */
} UpColumn;

typedef struct UpFrame
{
	bool by_name;
	uint32_t n_columns;
	UpColumn *columns; /* NULL in the array form */
	uint32_t n_values; /* of a row: the sum of the widths; the label follows */
	UpLabelKind label_kind;
	char *label_name;        /* row form */
	UpDictionary *labels;    /* text labels */
	unsigned label_readings; /* of them */
	bool labels_stored;      /* the rows hold the numbers that text labels are, not codes */
	UpSamples *samples;
	uint64_t n_null_rows;   /* rows skipped because they were NULL … */
	uint64_t n_null_labels; /* … or had no label */
	UpValue *left_out;      /* object: column name → why it is not used */
} UpFrame;

extern UpFrame *up_frame_new(uint32_t n_columns, bool by_name, UpLabelKind label_kind, const char *label_name);
extern void up_frame_set_column(UpFrame *f, uint32_t i, const char *name, UpColumnKind kind);
/* For categories of which more than UP_CATEGORY_LIMIT are wanted; before the first row. */
extern void up_frame_set_limit(UpFrame *f, uint32_t i, uint32_t limit);
/* For text that may be a number, a time or a boolean; before the first row. */
extern void up_frame_may_read(UpFrame *f, uint32_t i);
/* For text that is to be read as this kind, whatever comes; before the first row. */
extern void up_frame_read_as(UpFrame *f, uint32_t i, UpColumnKind kind);
/* As what a column is to be used: its kind, or what its texts are read as. */
extern UpColumnKind up_column_reading(const UpColumn *c);
/* The values of a column's codes, when it is read as that kind. */
extern double *up_column_values(const UpColumn *c, UpColumnKind kind);
/* Whether every text label is a number, and the numbers of their codes (NULL: the rows hold them). */
extern bool up_frame_labels_are_numbers(const UpFrame *f);
extern double *up_frame_label_values(const UpFrame *f);
/* The column of that name, or NULL. */
extern const UpColumn *up_frame_column(const UpFrame *f, const char *name);
/* Fails: a parameter names a column that the frame does not have; the nearest one as a hint, or else all of them. */
extern void up_frame_no_column(const UpFrame *f, const char *name, const char *param) UP_NORETURN;
/* Another width; the values of rows that are there already are missing. */
extern void up_frame_set_width(UpFrame *f, uint32_t i, uint32_t width);
/* Text as its code, or NaN in a column that has too many values to be used. */
extern double up_frame_category(UpFrame *f, uint32_t column, const char *text, size_t len);
extern double up_frame_label(UpFrame *f, const char *text, size_t len);
/* Text as the value of a hash column. */
extern double up_frame_hash(const char *text, size_t len);
/* The words of a text, counted into buckets: letters and digits, in lower case as far as ASCII goes. */
extern void up_frame_words(const char *text, size_t len, uint32_t n_buckets, double *counts);
/* Fails if other has other columns or labels. */
extern void up_frame_check_shape(const UpFrame *f, const UpFrame *other);
/* Adds the rows of other; fails if it has another shape. */
extern void up_frame_merge(UpFrame *f, const UpFrame *other);
/*
 * Renumbers the codes of all dictionaries by bytes, so that the same rows have the same codes in any order of
 * arrival. What the frame says stays the same.
 */
extern void up_frame_sort_codes(UpFrame *f);

extern void up_put_frame(UpWriter *w, const UpFrame *f);
extern UpFrame *up_get_frame(UpReader *r);
/* The same without the rows, which the reader then has from elsewhere: samples is NULL. */
extern void up_put_frame_head(UpWriter *w, const UpFrame *f);
extern UpFrame *up_get_frame_head(UpReader *r);

#endif
