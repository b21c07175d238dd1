/*
 * target_table.h - target encoding: a category as the mean of the target where it was seen
 */
#ifndef UPROFILE_TARGET_TABLE_H
#define UPROFILE_TARGET_TABLE_H

#include "base/codec.h"

#define UP_TARGET_FOLDS 5

typedef struct UpTargetTable
{
	uint32_t
		n_outputs; /* 1: the mean of a number or the share of the second of two classes; else a share a class */
	uint32_t n_keys;
	double *keys;   /* ascending: values of a hash column */
	double *values; /* (n_keys + 1) × n_outputs; the last row: the overall mean, for missing and unseen ones */
	double *
		fold_values; /* while training: the same for the rows outside each fold, UP_TARGET_FOLDS times; else NULL */
} UpTargetTable;

/*
 * v: n values of the column, NaN where it is missing; y: n class numbers (n_classes > 0) or values. fold: of each row,
 * below UP_TARGET_FOLDS. smooth: rows that the overall mean counts for; NaN: by empirical Bayes.
 */
extern UpTargetTable *up_target_fit(const double *v, const double *y, const uint8_t *fold, size_t n,
									uint32_t n_classes, double smooth);
/* n_outputs numbers of a value; fold < 0: of a row that was not trained on. */
extern const double *up_target_find(const UpTargetTable *t, double v, int fold);

extern void up_put_target(UpWriter *w, const UpTargetTable *t);
extern UpTargetTable *up_get_target(UpReader *r);

#endif
