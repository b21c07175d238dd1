/*
 * bayes_sums.h - what naive Bayes keeps of the rows: sufficient statistics of each class, which add and subtract
 */
#ifndef UPROFILE_BAYES_SUMS_H
#define UPROFILE_BAYES_SUMS_H

#include "learn/learner.h"

/* What a feature is taken for. Stand in model bytes: never renumbered. */
typedef enum UpBayesKind
{
	UP_BAYES_GAUSSIAN,    /* known rows, center, rest, sum of squared deviations; the mean is center + rest */
	UP_BAYES_BERNOULLI,   /* known rows, rows above the threshold */
	UP_BAYES_MULTINOMIAL, /* sum */
	UP_BAYES_CATEGORY,    /* rows of each category */
	UP_BAYES_CODES,  /* the same of whole numbers 0, 1, …: as many values as the largest one that occurs */
	UP_BAYES_FLAG,   /* as Bernoulli, 0 or 1 */
	UP_BAYES_NOTHING /* never in bytes: a part knows nothing of the feature */
} UpBayesKind;

/* Counts are whole numbers kept as doubles. */
typedef struct UpBayesSums
{
	uint32_t n_features;
	uint32_t n_classes;
	uint8_t *kind;      /* n_features */
	uint32_t *n_values; /* n_features; 0: neither category nor code */
	double threshold;   /* of Bernoulli features */
	size_t *offset;     /* n_features + 1: where a feature's statistics begin */
	double *rows;       /* n_classes */
	double *stats;      /* n_classes × offset[n_features] */
} UpBayesSums;

/* Of numbers: sums of the rows since the last fold, for each class and Gaussian feature. */
typedef struct UpBayesBlocks
{
	uint32_t n;      /* Gaussian features */
	uint32_t *index; /* which those are */
	double *shift;   /* n_classes × n, NaN: no value yet */
	double *known;
	double *sum; /* of what is above the shift, and of its squares */
	double *squares;
	uint32_t *rows;    /* n_classes */
	uint32_t *limit;   /* rows after which a block is folded */
	uint32_t *pending; /* features without a shift */
} UpBayesBlocks;

#define UP_BAYES_VALUES_LIMIT 100000

/* Takes over kind and n_values. */
extern UpBayesSums *up_bayes_sums_new(uint32_t n_features, uint32_t n_classes, uint8_t *kind,
									  uint32_t *n_values, double threshold);
extern void up_bayes_blocks_init(UpBayesBlocks *b, const UpBayesSums *s);
/* The numbers of a row of class k; its rows are counted by the caller. */
extern void up_bayes_blocks_add(UpBayesBlocks *b, UpBayesSums *s, uint32_t k, const double *x);
/* Moves a class's block into its statistics; the next one is summed around the mean. */
extern void up_bayes_blocks_fold(UpBayesBlocks *b, UpBayesSums *s, uint32_t k);
/* Begins a block around the mean of the class, leaving out what is in the block. */
extern void up_bayes_blocks_restart(UpBayesBlocks *b, const UpBayesSums *s, uint32_t k);
/* The statistics of a class with its block folded in; nothing is changed. */
extern void up_bayes_blocks_read(const UpBayesBlocks *b, const UpBayesSums *s, uint32_t k, double *stats);

/* The same of what is no Gaussian feature; names: as up_feature_called takes them. */
extern void up_bayes_count_row(UpBayesSums *s, uint32_t k, const double *x, const UpPipeline *names);
/* Adds the statistics of a class, as they stand in the sums. */
extern void up_bayes_stats_add(UpBayesSums *s, uint32_t k, const double *stats);
/* Whether rows can have such. */
extern bool up_bayes_stats_are_possible(const UpBayesSums *s, uint32_t k, uint32_t feature);

/* One pass over the rows of a training; classes are those of the data. */
extern void up_bayes_sums_collect(UpBayesSums *s, const UpFit *fit);
extern UpBayesSums *up_bayes_sums_merge(const UpBayesSums *a, const UpBayesSums *b);
/* b's rows are among a's: fails where they cannot be. kept[k]: whether rows of class k are left. */
extern UpBayesSums *up_bayes_sums_subtract(const UpBayesSums *a, const UpBayesSums *b, bool *kept);
extern UpBayesSums *up_bayes_sums_renumber(const UpBayesSums *s, const UpRenumbering *r);

extern void up_put_bayes_sums(UpWriter *w, const UpBayesSums *s);
extern UpBayesSums *up_get_bayes_sums(UpReader *r, const UpShape *shape);

/* The statistics of a feature in a class. */
static inline double *
up_bayes_stats(const UpBayesSums *s, uint32_t k, uint32_t feature)
{
	return s->stats + (size_t) k * s->offset[s->n_features] + s->offset[feature];
}

/* Fails where the numbers of a feature, of each class and of all, cannot be reckoned with. */
extern void up_bayes_check_bounded(const UpBayesSums *s, const UpPipeline *names);
/* Adds the four numbers of a Gaussian feature. */
extern void up_bayes_gaussian_add(double *a, const double *b);
/* Those of all classes together. */
extern void up_bayes_gaussian_pool(const UpBayesSums *s, uint32_t feature, double all[4]);

#endif
