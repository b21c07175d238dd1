/*
 * l1_logistic.h - the order in which features enter a logistic regression with an absolute-value penalty
 */
#ifndef UPROFILE_L1_LOGISTIC_H
#define UPROFILE_L1_LOGISTIC_H

#include "prep/data.h"

#define UP_L1_ROWS   100000 /* the path looks at the first so many rows in canonical order: a sample by hash */
#define UP_L1_ACTIVE 500    /* the path ends when so many features have a coefficient */

/*
 * score[j]: the largest penalty, as a share of the smallest that leaves no feature, at which feature j has a coefficient;
 * 0: at none of the path's. Features are standardized; with more than two classes the largest over one-against-the-rest.
 */
extern void up_l1_logistic_order(const UpData *data, double *score);

#endif
