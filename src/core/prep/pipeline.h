/*
 * pipeline.h - from the columns of a table to the features of a learner, fitted once and replayed at prediction
 *
 * One step a column that is used (step.h): impute, encode, scale; then the features that were selected, if any were.
 * What params.prepare does not say: numbers and times: missing → median; booleans and categories: missing → the most
 * frequent value (ties: the smaller one); categories become one 0/1 feature for each value seen in training, and a value
 * not seen counts as missing; numbers, times and arrays are scaled where the learner needs it. Learners that take raw
 * columns get categories by number and missing values as NaN. The array form takes its features as they are, or scaled.
 */
#ifndef UPROFILE_PIPELINE_H
#define UPROFILE_PIPELINE_H

#include "prep/frame.h"
#include "prep/step.h"

/* A feature that is one number of the row, missing or not, moved and stretched. */
typedef struct UpPlainFeature
{
	uint32_t source;
	double fill; /* NaN: missing values stay */
	double center, rest, factor, low;
} UpPlainFeature;

typedef struct UpPipeline
{
	bool by_name;
	bool raw;          /* some columns are handed on as no learner of the list takes them */
	uint32_t n_inputs; /* values of a row: the sum of the steps' widths */
	uint32_t n_steps;
	UpStep *steps; /* NULL: the features are the inputs as they are */
	uint32_t n_encoded;
	uint32_t n_features;
	uint32_t *selected;    /* positions among the encoded ones, ascending; NULL: all */
	double *encoded;       /* space for one row, where some are selected */
	UpValue *left_out;     /* object: column → why */
	UpPlainFeature *plain; /* while training, where all are: n_encoded of them, a large array; else NULL */
	uint8_t *folds;        /* while training with a target encoding: of each row of the samples; else NULL */
} UpPipeline;

typedef struct UpPipelineOptions
{
	int scale; /* of columns whose plan says auto: 0: none, else 1 + UpScaleMethod */
	bool native;
	bool numbers_only;
	const UpValue *features; /* array of names, or NULL: all columns … */
	const UpValue *exclude;  /* … but these, or NULL */
	const UpValue *prepare;  /* object: column → plan, or NULL */
	const UpValue *key;      /* array of names of columns that are never used, or NULL */
	const char *weight;      /* one more such column, or NULL */
	const double *labels;    /* of the rows: class numbers or values; NULL: there is no target */
	uint32_t n_classes;
	uint64_t seed;
	const uint8_t *
		complete; /* one byte a value of the frame's rows: no row misses it, so that there is nothing to fill; or NULL */
} UpPipelineOptions;

/* Whether a column may be encoded by the labels. */
extern bool up_pipeline_may_use_labels(const UpFrame *f);
/* Fits on these rows of the frame, whose codes are sorted. Leaves out columns that cannot be used, and lists them. */
extern UpPipeline *up_pipeline_fit(const UpFrame *f, const size_t *order, size_t n,
								   const UpPipelineOptions *options);
/* That of arrays of n features which are scaled, and nothing else. */
extern UpPipeline *up_pipeline_of_scales(const UpScale *scales, uint32_t n);
/*
 * Of columns whose rows are not held, without plans. Those that are used, if they are all numbers, times, booleans and arrays whatever rows may
 * come; returns their number, 0 where they are not. Then the pipeline, by values of each position; NULL: what is missing stays so.
 */
extern uint32_t up_pipeline_plain_columns(const UpFrame *f, const UpPipelineOptions *options,
										  uint32_t *columns);
extern UpPipeline *up_pipeline_of_values(const UpFrame *f, const UpPipelineOptions *options,
										 const UpNearValues *values);
/* Its features are scaled from now on: one a feature, kept. */
extern void up_pipeline_set_scales(UpPipeline *p, UpScale *scales);
/* Whether a column may become features, by these options. */
extern bool up_pipeline_wants(const UpPipelineOptions *o, const char *name);
/* Keeps only these of the features, ascending. */
extern void up_pipeline_select(UpPipeline *p, const uint32_t *selected, uint32_t n);
/* One row of inputs → n_features numbers. */
extern void up_pipeline_encode(const UpPipeline *p, const double *row, double *out);
/* The same of a row that was trained on: position among the samples. */
extern void up_pipeline_encode_training(const UpPipeline *p, const double *row, size_t position, double *out);
/* Forgets the codes of the rows that were trained on: rows are then encoded as after reading. */
extern void up_pipeline_end_training(UpPipeline *p);
/* One value a feature: the number of its categories, 0: a number. For learners that take raw columns. */
extern uint32_t *up_pipeline_n_values(const UpPipeline *p);
/* The name of every feature, e.g. "age", "country=DE", or "x1"; an array of strings. */
extern UpValue *up_pipeline_feature_names(const UpPipeline *p);
/* A feature as messages speak of it: feature "age", or of arrays, and where p is NULL, feature 1. */
extern char *up_feature_called(const UpPipeline *p, uint32_t feature);
/*
 * The feature that the column of this name is but for its indicator of missing values, n_features where that was not selected. Columns that do not
 * exist, are left out or are several features fail; param: of whose parameter the name is, owner: whose that is.
 */
extern uint32_t up_pipeline_feature_of(const UpPipeline *p, const char *column, const char *param,
									   const char *owner);
/* What each input is and how it is prepared, for model_info; an array of objects. */
extern UpValue *up_pipeline_describe(const UpPipeline *p);
/* The step that a feature comes from. */
extern uint32_t up_pipeline_step_of(const UpPipeline *p, uint32_t feature);
/* How a feature is scaled; NULL: not at all. */
extern const UpScale *up_pipeline_scale_of(const UpPipeline *p, uint32_t feature);
/* What a value of a feature was before it was scaled. */
extern double up_pipeline_invert(const UpPipeline *p, uint32_t feature, double v);

#endif
