/*
 * step.h - one column on its way to features: impute, encode, scale
 */
#ifndef UPROFILE_STEP_H
#define UPROFILE_STEP_H

#include "num/near_values.h"
#include "prep/frame.h"
#include "prep/prepare.h"
#include "prep/scale.h"
#include "prep/target_table.h"

/* Why a column is left out that is NULL in every row. */
#define UP_NOTHING_KNOWN "no value is known"

/* How a column is kept where its values are read from. Stand in model bytes: never renumbered. */
typedef enum UpForm
{
	UP_FORM_PLAIN,
	UP_FORM_TEXT, /* a number, time or boolean that is kept as text (reading.h) */
	UP_FORM_MONEY /* PostgreSQL's money: a number, but no cast leads there directly */
} UpForm;

typedef struct UpStep
{
	char *name; /* NULL in the array form */
	UpColumnKind kind;
	UpForm form;
	UpEncode encode; /* never AUTO */
	UpImpute impute; /* never AUTO; NONE: missing values stay NaN, or are 0 in every bucket */
	bool indicator;
	uint32_t source; /* first position in the rows that are encoded, and … */
	uint32_t width;  /* … number of values there */
	double *fill;    /* width values; of a category its number */
	UpScale *scales; /* one a feature but the indicator; NULL: as they are */
	uint32_t n_categories;
	char **categories;    /* sorted by bytes */
	bool other;           /* one_hot: values beyond the cap share a feature of their own, number n_categories */
	int32_t *category_of; /* while training: code → number of the category, -1: not seen; else NULL */
	double *value_of;     /* while training, of text that is read: code → value; NULL: the rows hold values */
	double *ranks;        /* ordinal: of the categories */
	uint32_t n_buckets;   /* hash */
	unsigned parts;       /* cyclic */
	UpTargetTable *target;
	uint32_t n_features;
} UpStep;

/* What fitting reads: a column of a frame, its rows in canonical order. */
typedef struct UpStepInput
{
	const UpDictionary *dictionary; /* of a category, its codes sorted */
	size_t n;
	double *v;            /* the column's values, n a position, missing ones NaN; may be changed */
	double *copy;         /* space for n more */
	const double *labels; /* NULL: there is no target */
	uint32_t n_classes;
	const uint8_t *folds;    /* of each row, for target encoding */
	bool native;             /* the learner takes categories by code and missing values */
	int scale;               /* where the plan says auto: 0: none, else 1 + UpScaleMethod */
	const uint8_t *complete; /* one byte a position of the rows: no row misses that value; or NULL */
} UpStepInput;

/*
 * Fits a step whose name, kind, source and width are set. Returns NULL, or why the column cannot be used.
 */
extern char *up_step_fit(UpStep *step, const UpPlan *plan, const UpStepInput *in);
/*
 * The same of numbers, times, booleans and arrays without a plan whose rows are not held. values: those of each position; NULL: what is missing
 * stays so.
 */
extern void up_step_of_values(UpStep *step, const UpNearValues *values);
/*
 * Gives a step the categories of a, which may be the step itself, and copies of those of b that are others, sorted. of_a, of_b: where those of
 * a and b stand among them; or NULL.
 */
extern void up_step_join_categories(UpStep *step, const UpStep *a, const UpStep *b, uint32_t *of_a,
									uint32_t *of_b);

#endif
