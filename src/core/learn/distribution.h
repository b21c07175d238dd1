/*
 * distribution.h - what a model's columns and answers looked like when it was trained: what drift is measured against
 *
 * One spread a column, from a sample of the training rows: numbers as counts between quantiles, categories as counts of the
 * most frequent ones. About 280 bytes a column (140 where there are many), whatever the data; part of the model's bytes.
 * Answers are kept twice, of rows that the model was trained on and of rows that it was not, since it knows the former.
 */
#ifndef UPROFILE_DISTRIBUTION_H
#define UPROFILE_DISTRIBUTION_H

#include "base/codec.h"
#include "prep/pipeline.h"

#define UP_SPREAD_POINTS  19 /* edges, or categories that are told apart */
#define UP_SPREAD_BUCKETS 16 /* of texts that are hashed */
#define UP_SPREADS        4096 /* of a model: of arrays and words some positions only, see up_distribution_inputs */

typedef struct UpSpread
{
	uint32_t input; /* of the model; of answers 0 */
	bool numbers;
	uint32_t n_points;
	double edges[UP_SPREAD_POINTS];        /* numbers: ascending … */
	uint32_t categories[UP_SPREAD_POINTS]; /* … else by falling counts */
	uint32_t
		counts[UP_SPREAD_POINTS + 1]; /* up to an edge, and above the last; of a category, and of the rest */
	uint32_t missing;                 /* values */
	uint32_t once;                    /* categories that were seen once */
	double mean, deviation;           /* numbers */
} UpSpread;

typedef struct UpAnswers
{
	uint32_t n;       /* rows; 0: there were none */
	UpSpread *labels; /* classes, clusters, outliers (1) or not (0); NULL for regressions */
	UpSpread
		*scores; /* probabilities (of the last of two classes, else of the predicted one) or values; or NULL */
} UpAnswers;

typedef struct UpDistribution
{
	uint32_t n_rows;
	uint32_t n_inputs;
	UpSpread *inputs;
	UpAnswers trained, held_out;
} UpDistribution;

/* The inputs that a model keeps spreads of, ascending: all, and of wide arrays and words some, evenly. Returns their number. */
extern uint32_t up_distribution_inputs(const UpPipeline *p, uint32_t **inputs);
/* The column that an input belongs to. */
extern const UpStep *up_input_step(const UpPipeline *p, uint32_t input);
/* Of a column's values how many categories there can be; 0: they are numbers. */
extern uint32_t up_step_spread_categories(const UpStep *step);

extern void up_put_distribution(UpWriter *w, const UpDistribution *d);
extern UpDistribution *up_get_distribution(UpReader *r, const UpPipeline *p);

#endif
