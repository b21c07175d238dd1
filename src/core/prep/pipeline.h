/*
 * pipeline.h - from the columns of a table to the features of a learner, fitted once and replayed at prediction
 *
 * One step a column that is used: impute, then encode, then scale. Numbers and times: missing → median; booleans and
 * categories: missing → the most frequent value (ties: the smaller one). Categories become one 0/1 feature for each
 * value seen in training; a value not seen counts as missing. With z-scores, (x - mean) / deviation (ddof 0) of the
 * imputed column; a constant column becomes 0. The array form takes its features as they are, or z-scored.
 */
#ifndef UPROFILE_PIPELINE_H
#define UPROFILE_PIPELINE_H

#include "prep/data.h"
#include "prep/frame.h"

typedef struct UpStep
{
	char *name; /* NULL in the array form */
	UpColumnKind kind;
	uint32_t source; /* position in the rows that are encoded */
	double fill;     /* for missing values; a category's number */
	double center;   /* numbers and times: (x - center) * factor */
	double factor;
	uint32_t n_categories;
	char **categories;    /* sorted by bytes */
	int32_t *category_of; /* while training: code → number of the category, -1: not seen; else NULL */
} UpStep;

struct UpPipeline
{
	bool by_name;
	bool zscore;
	uint32_t n_inputs; /* steps */
	UpStep *steps;     /* NULL: the features are the inputs as they are */
	uint32_t n_features;
	UpValue *left_out; /* object: column → why */
};

typedef struct UpPipelineOptions
{
	bool zscore;
	bool numbers_only;
	const UpValue *features; /* array of names, or NULL: all columns … */
	const UpValue *exclude;  /* … but these, or NULL */
	const char *key;         /* a column never used, or NULL */
} UpPipelineOptions;

/* Fits on these rows of the frame, whose codes are sorted. Leaves out columns that cannot be used, and lists them. */
extern UpPipeline *up_pipeline_fit(const UpFrame *f, const size_t *order, size_t n,
								   const UpPipelineOptions *options);
/* One row of inputs → n_features numbers. */
extern void up_pipeline_encode(const UpPipeline *p, const double *row, double *out);
/* The name of every feature, e.g. "age", "country=DE", or "x1"; an array of strings. */
extern UpValue *up_pipeline_feature_names(const UpPipeline *p);
/* What each input is and how it is prepared, for model_info; an array of objects. */
extern UpValue *up_pipeline_describe(const UpPipeline *p);

extern void up_put_pipeline(UpWriter *w, const UpPipeline *p);
extern UpPipeline *up_get_pipeline(UpReader *r);

extern const char *up_column_kind_name(UpColumnKind kind);

#endif
