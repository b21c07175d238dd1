/*
 * fairness.h - how a classifier of two classes treats groups of rows, beside one another
 */
#ifndef UPROFILE_FAIRNESS_H
#define UPROFILE_FAIRNESS_H

#include "assess/report.h"

/* Of one group; NaN where there is nothing to divide by. The second class is the one that counts. */
typedef struct UpTreated
{
	double selection_rate;      /* share of the rows that are predicted to be of it */
	double true_positive_rate;  /* the same share of those that are */
	double false_positive_rate; /* and of those that are not */
	double calibration_gap;     /* the mean of their probabilities without the share of those that are */
} UpTreated;

/* Whether the predictions are of two classes. */
extern bool up_fairness_applies(const UpPredictions *p);
/* Of the predictions at these places, with their weights. */
extern UpTreated up_fairness_group(const UpPredictions *p, const size_t *places, size_t n);
/* As figures without baseline and interval; those that are NaN are left out. */
extern UpReport *up_fairness_figures(const UpTreated *t);
/*
 * What differs between groups: of each figure the largest without the smallest, of the selection rate also the smallest over the
 * largest. A figure that fewer than two groups have has no difference.
 */
extern UpReport *up_fairness_between(const UpTreated *groups, uint32_t n);

/*
 * Which groups of these sizes are too small to be shown: those of fewer than least rows and, where they are one alone or fewer than
 * that together, the smallest of the others as well, so that what is hidden is not what is left of the whole. Groups of no rows
 * do not count. Returns how many are hidden.
 */
extern uint32_t up_fairness_hide(const size_t *sizes, uint32_t n, size_t least, bool *hidden);

#endif
