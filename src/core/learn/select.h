/*
 * select.h - which encoded features are worth learning from: the select step of a pipeline
 *
 * Fitted on training rows only, so inside each fold of a cross-validation.
 */
#ifndef UPROFILE_SELECT_H
#define UPROFILE_SELECT_H

#include "learn/learner.h"
#include "score/score_sums.h"

/* Filters score one feature at a time; the last ones train models or weigh features against each other. */
typedef enum UpSelectMethod
{
	UP_SELECT_PEARSON,
	UP_SELECT_SPEARMAN,
	UP_SELECT_INFORMATION_GAIN,
	UP_SELECT_GAIN_RATIO,
	UP_SELECT_MUTUAL_INFO,
	UP_SELECT_CHI2,
	UP_SELECT_ANOVA_F,
	UP_SELECT_VARIANCE,
	UP_SELECT_L1,
	UP_SELECT_PERMUTATION,
	UP_SELECT_RFE,
	UP_SELECT_MRMR
} UpSelectMethod;

extern const char *const up_select_method_names[]; /* "pearson", …, NULL */

typedef struct UpSelectOptions
{
	UpSelectMethod method;
	uint32_t k;       /* how many to keep; 0: by threshold */
	double threshold; /* k = 0: keep features whose score is above it */
} UpSelectOptions;

/* {"method": "mutual_info", "k": 10} or {"method": "variance", "threshold": 0}; words its errors. */
extern UpSelectOptions up_select_parse(const UpValue *given);

/* Whether columns of numbers can be scored so by rows that are not held. */
extern bool up_select_streams(UpSelectMethod method);
/* n_classes: of the target, 0: it is a number. value_of: as score_sums.h has it; of two classes, 0 and 1. */
extern UpScore up_select_score_of_sums(UpSelectMethod method, const UpScoreSums *sums, uint32_t column,
									   uint32_t n_classes, const double *value_of);

/*
 * Positions of the features to keep, ascending, into selected (space for data->n_features); returns their number, at
 * least 1. data: encoded, scaled training rows; d->n_values tells categories from numbers.
 */
extern uint32_t up_select_fit(const UpSelectOptions *options, const UpData *data, UpTask task, uint64_t seed,
							  uint32_t *selected);

/* The score of one feature by a filter (up to UP_SELECT_VARIANCE). */
extern UpScore up_select_score(UpSelectMethod method, const UpVariable *x, const UpVariable *y, size_t n,
							   uint64_t seed);
/*
 * The same of many: workers share the columns. Where the first is within a large array, all of them are, and the target is in one (or the
 * caller does all of it).
 */
extern void up_select_score_all(UpSelectMethod method, const UpVariable *x, uint32_t n_columns,
								const UpVariable *y, size_t n, uint64_t seed, UpScore *scores);
/* About how long it takes one process, also for mrmr. */
extern double up_select_seconds(UpSelectMethod method, uint32_t n_columns, size_t n);
/*
 * Scores of all features of data, the more the better, NaN where there is none; mrmr takes k of them (0: all) and its
 * score is minus the round in which a feature was taken.
 */
extern void up_select_scores(UpSelectMethod method, const UpData *d, UpTask task, uint32_t k, uint64_t seed,
							 double *score);
/* Takes k features; score: as it was when it was taken, else NaN; taken: in order. */
extern void up_select_mrmr(const UpVariable *x, uint32_t n_features, const UpVariable *y, size_t n, uint32_t k,
						   double *score, uint32_t *taken);
/* Positions by descending score, ties by position, NaN last. */
extern void up_select_rank(const double *score, uint32_t n, uint32_t *by_rank);

#endif
