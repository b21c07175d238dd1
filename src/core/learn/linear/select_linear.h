/*
 * select_linear.h - features ranked by linear models of the target: the lasso's path, recursive elimination
 */
#ifndef UPROFILE_SELECT_LINEAR_H
#define UPROFILE_SELECT_LINEAR_H

#include "prep/data.h"

#define UP_GRAM_FEATURES 5000 /* the matrix of products of features must be held */

/* Products of standardized features with each other and with the standardized outputs of the target. */
typedef struct UpGram
{
	uint32_t d, n_outputs;
	double *xx; /* d × d: correlations; 0 for constant features */
	double *xy; /* d × n_outputs: correlations */
	bool *constant;
} UpGram;

/* Outputs: the value; of two classes the second's 0/1; of more, one a class. */
extern UpGram *up_gram_new(const UpData *data);
/*
 * score[j]: the largest penalty, as a share of the smallest one that leaves no feature, at which the lasso gives feature j
 * a coefficient; 0: at none of the penalties down to 1e-3 of it. Over outputs the largest.
 */
extern void up_gram_lasso_order(const UpGram *g, double *score);
/*
 * Guyon, Weston, Barnhill, Vapnik 2002, with least squares: the feature of the least sum of squared weights goes, until
 * one is left. rank[j]: 1 for the last one left.
 */
extern void up_gram_eliminate(const UpGram *g, double *rank);

#endif
