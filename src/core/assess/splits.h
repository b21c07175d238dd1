/*
 * splits.h - which rows a model is tried on, and which it is trained on meanwhile
 *
 * k folds, each row in one of them: trained on the others, tried on one after the other. Ways to deal the rows out: at random;
 * stratified (the labels alike in all folds); by groups, of which none is in two folds; by a stable hash of the key, whatever
 * other rows there are; by a column that holds the numbers of the folds. Or in the order of time: then a fold is tried after
 * training on all that was before it.
 */
#ifndef UPROFILE_SPLITS_H
#define UPROFILE_SPLITS_H

#include "base/value.h"

typedef enum UpSplitMethod
{
	UP_SPLIT_AUTO, /* grouped by the key where one comes again; else stratified for classes, random for values */
	UP_SPLIT_HASH,
	UP_SPLIT_RANDOM,
	UP_SPLIT_STRATIFIED,
	UP_SPLIT_GROUP,
	UP_SPLIT_TIME,
	UP_SPLIT_COLUMN
} UpSplitMethod;

extern const char *const up_split_method_names[]; /* "auto", …, NULL */

typedef struct UpSplit
{
	int method;         /* UpSplitMethod */
	const char *column; /* of the group, the time or the fold; NULL: none, or the key as group */
	int64_t folds;
	int64_t repeats; /* with other random numbers each */
	uint64_t seed;
} UpSplit;

#define UP_FOLDS_DEFAULT 5
#define UP_FOLDS_LIMIT   10000

/* Fails unless the parameter column is there where the method has one, and only there; true if the method needs it. */
extern bool up_split_check_column(UpSplitMethod method, const UpValue *column);

/*
 * {"method": "group", "column": "shop", "folds": 5, "repeats": 2, "seed": 1}, or NULL; words its errors. folds: as asked for
 * beside it, 0: not at all. seed: where the object has none.
 */
extern UpSplit up_split_parse(const UpValue *given, int64_t folds, int64_t seed);

/* What the rows say; arrays are by position in the samples, and only those that the method needs must be there. */
typedef struct UpSplitRows
{
	size_t n_rows;        /* of the samples, of which … */
	const size_t *order;  /* … these, in canonical order, … */
	size_t n;             /* … are split; the others are in no fold */
	const double *labels; /* of order[i]: class numbers or values, i = 0 … n - 1 */
	uint32_t n_classes;   /* 0: values */
	const uint64_t *hashes;
	const double *column; /* the time, the number of the fold, or of the group one number; NaN: NULL */
} UpSplitRows;

#define UP_FOLD_NEVER 0          /* trained on always, never tried on */
#define UP_FOLD_NONE  UINT16_MAX /* not among the rows that are split */

typedef struct UpSplitFolds
{
	uint32_t n_folds, n_repeats;
	bool ordered; /* trained on what was before alone */
	size_t n_rows;
	uint16_t **fold_of; /* one a repeat: of each row 1 … n_folds, or one of the above */
} UpSplitFolds;

/* Fails where there are too few rows, groups or times. The method is not auto. */
extern UpSplitFolds *up_split_make(const UpSplit *split, const UpSplitRows *rows);

static inline bool
up_fold_tries(const UpSplitFolds *f, uint32_t repeat, uint32_t fold, size_t row)
{
	return f->fold_of[repeat][row] == fold;
}

static inline bool
up_fold_trains(const UpSplitFolds *f, uint32_t repeat, uint32_t fold, size_t row)
{
	uint16_t of = f->fold_of[repeat][row];

	return of != UP_FOLD_NONE && (f->ordered ? of < fold : of != fold);
}

#endif
