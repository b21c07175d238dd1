/*
 * spread.h - spreads of columns and answers, taken from the rows of a frame and counted again in others
 */
#ifndef UPROFILE_SPREAD_H
#define UPROFILE_SPREAD_H

#include "assess/evaluate.h"
#include "learn/distribution.h"

/* The values of one input of the model on these rows, as they count in its spread; NaN: missing. unseen: in place of a category that
 * the model does not know. */
extern void up_bound_values(const UpBinding *b, uint32_t input, const size_t *rows, size_t n, double unseen,
							double *v);

/* Fits a spread to n values, numbers between at most so many edges; v is changed. n_categories: 0: numbers. */
extern void up_spread_fit(UpSpread *s, uint32_t n_categories, uint32_t most_edges, double *v, size_t n);
/* Counts other values in the cells of a spread. Negative ones are of no known category and are in none of them. */
typedef struct UpSpreadCounts
{
	size_t n, missing, unseen;
	size_t counts[UP_SPREAD_POINTS + 1];
	double mean; /* numbers */
} UpSpreadCounts;
extern void up_spread_count(const UpSpread *s, const double *v, size_t n, UpSpreadCounts *counts);

/* The answers of a model on these rows; either may be NULL, and is where the model has none. */
typedef struct UpAnswered
{
	size_t n;
	double *labels;
	double *scores;
} UpAnswered;
extern UpAnswered up_answer(const UpBinding *b, const size_t *rows, size_t n);
extern void up_answered_free(UpAnswered *a);

/*
 * What the model's columns and answers look like on rows that it was trained on, and on others (n_held_out may be 0). Of
 * many, every so manieth is looked at. NULL for a model of arrays.
 */
extern UpDistribution *up_distribution_fit(const UpBinding *b, const size_t *trained, size_t n_trained,
										   const size_t *held_out, size_t n_held_out);

/* At most so many of n rows, evenly; in place. */
extern size_t up_thin_rows(size_t *rows, size_t n, size_t most);

#define UP_SPREAD_ROWS 50000 /* of columns that are looked at */
#define UP_ANSWER_ROWS 10000 /* of answers */

#endif
