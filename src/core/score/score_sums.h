/*
 * score_sums.h - what columns of numbers tell about a target, of rows that are not held
 */
#ifndef UPROFILE_SCORE_SUMS_H
#define UPROFILE_SCORE_SUMS_H

#include "score/joint.h"
#include "score/score.h"

typedef struct UpScoreSums UpScoreSums;

/* codes: labels are numbers of classes, 0 …; else numbers, which are classes too as long as they are whole, and most_classes at most. */
extern UpScoreSums *up_score_sums_new(uint32_t d, bool codes, uint32_t most_classes);
/*
 * n rows: d columns, NaN where missing, and their labels. Where the first column is within a large array, all of them are, and workers share
 * the columns if the labels are in one, too.
 */
extern void up_score_sums_add(UpScoreSums *s, const double *const *v, const double *labels, size_t n);
/* The classes so far, in the order in which they came, and their number; NULL: the labels are no classes. */
extern const double *up_score_sums_labels(const UpScoreSums *s, uint32_t *n);

/* Of a column. value_of: of codes, the number that each stands for. */
extern UpScore up_score_sums_correlation(const UpScoreSums *s, uint32_t column, const double *value_of);
extern UpScore up_score_sums_f(const UpScoreSums *s, uint32_t column, const double *value_of);
/* Of classes: the F statistic, or the correlation ratio. */
extern UpScore up_score_sums_groups(const UpScoreSums *s, uint32_t column, bool ratio);
extern UpScore up_score_sums_variance(const UpScoreSums *s, uint32_t column);

#endif
