/*
 * data.h - what learners read: encoded rows in a given order
 *
 * A view of a frame through a fitted pipeline: rows are encoded when asked for, so a one-hot matrix is never held
 * unless the learner holds it. Folds and hold-outs are views with another list of rows.
 */
#ifndef UPROFILE_DATA_H
#define UPROFILE_DATA_H

#include "prep/pipeline.h"

struct UpData
{
	const UpSamples *samples;
	const UpPipeline *pipeline; /* NULL: the features are the columns as they are */
	const double *label_of;     /* text labels that are numbers: code → value; NULL: labels as they are */
	const double *class_values; /* sorted labels: a class is its position here; NULL: labels as they are */
	size_t n_rows;
	const size_t *order; /* positions in samples, canonical order */
	uint32_t n_features;
	uint32_t n_classes; /* 0: not a classification */
	/*
	 * For learners that take raw columns (UP_L_NATIVE), one value a feature: 0: a number, NaN where it is missing;
	 * k > 0: a category's code 0 … k - 1, NaN where it is missing or was not seen in training. Otherwise NULL.
	 */
	const uint32_t *n_values;
	uint32_t weight_at; /* 1 + the place of what a row weighs, in the rows of samples; 0: each weighs 1 */
};
typedef struct UpData UpData;

/* Rows first … first + n - 1, n × n_features, row-major. */
extern void up_data_rows(const UpData *d, size_t first, size_t n, double *x);
extern void up_data_rows_f32(const UpData *d, size_t first, size_t n, float *x);
/* Labels (class numbers or values) of the same rows. */
extern void up_data_labels(const UpData *d, size_t first, size_t n, double *y);
/* Of all rows: the work is shared out where workers see y, and the rows. */
extern void up_data_all_labels(const UpData *d, double *y);
/* What each row weighs; NULL: 1. */
extern double *up_data_weights(const UpData *d);
/*
 * A walk through the rows, so many at a time: for (UpDataBlock b = up_data_blocks(d, 256, false); up_data_next(&b);). It ticks, and
 * frees what it holds at its end.
 */
typedef struct UpDataBlock
{
	const UpData *data;
	size_t most;
	size_t first, n; /* the rows of this block */
	double *x;       /* n × n_features */
	double *y;       /* their labels; NULL: not asked for */
} UpDataBlock;
extern UpDataBlock up_data_blocks(const UpData *d, size_t most, bool labels);
extern bool up_data_next(UpDataBlock *b);
/* The first n rows, width values each: the features, a constant, zeros; and their labels, unless that is NULL. Shared out likewise. */
extern double *up_data_padded(const UpData *d, size_t n, size_t width, double constant, double *labels);
/*
 * Rows that parts of a job read (up_parallel), as up_samples_form says it of those that they stand in. Of rows that are encoded otherwise than
 * number by number, or have many classes, the caller does all parts. Which features are categories (n_values) they are not told.
 */
#define UP_DATA_ARRAYS       (UP_SAMPLES_ARRAYS + 2)
#define UP_DATA_MOST_CLASSES 32
typedef struct UpDataForm
{
	UpSamplesForm samples;
	size_t n_rows;
	uint32_t n_features, n_classes, weight_at;
	bool of_classes;
	double class_values[UP_DATA_MOST_CLASSES];
} UpDataForm;
extern UpDataForm up_data_form(const UpData *d, void **arrays);
extern const UpData *up_data_open(const UpDataForm *form, void *const *arrays);
/*
 * Where each row of features stands, if all of them stand whole in memory as this process alone sees it: n_rows pointers; or NULL. They hold
 * as long as the samples.
 */
extern const double **up_data_places(const UpData *d);
/* The same data with only the rows at these positions of d (0 … n_rows - 1). */
extern UpData *up_data_subset(const UpData *d, const size_t *positions, size_t n);

#endif
