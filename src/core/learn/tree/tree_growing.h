/*
 * tree_growing.h - what a tree is grown on, and how; and what it is then
 */
#ifndef UPROFILE_TREE_GROWING_H
#define UPROFILE_TREE_GROWING_H

#include "base/rng.h"
#include "learn/tree/tree_nodes.h"

typedef enum UpCriterion
{
	UP_GINI,
	UP_ENTROPY, /* in bits */
	UP_SQUARED_ERROR,
	UP_ABSOLUTE_ERROR, /* around the median, which leaves then hold */
	UP_GRADIENT        /* of a loss: y is the gradient, weight the hessian; a leaf is -G / (H + l2) */
} UpCriterion;

typedef struct UpGrowing
{
	const UpBins *bins;
	const uint8_t *codes; /* row by row */
	const uint8_t *
		transposed; /* the same feature by feature, n_all each, or NULL: helps where many trees are grown on all features */
	size_t n_all;
	const double *y;      /* class numbers, values or gradients */
	const double *weight; /* of each row, or NULL: 1 */
	const uint32_t *rows; /* to grow on */
	uint32_t n_rows;
	uint32_t n_classes; /* gini and entropy */
	UpCriterion criterion;
	uint32_t max_depth;      /* UINT32_MAX: any */
	uint32_t max_leaf_nodes; /* best first; 0: any, depth first */
	double min_samples_split, min_samples_leaf;
	double min_weight;   /* least sum of weights (hessians) of a child */
	double min_decrease; /* least decrease of impurity, of all rows' */
	double l2;
	uint32_t max_features;  /* tried at a split; all: n_features */
	bool random_splits;     /* one random threshold a feature instead of the best one */
	const int8_t *monotone; /* of each feature -1, 0, 1, or NULL; with one output */
	UpRng *rng;             /* needed with max_features or random_splits */
	double *importance;     /* n_features: decreases of impurity are added */
	bool inner;             /* tells as well what each node would be as a leaf */
	bool shares;            /* the work, with those who see codes, y, weight and rows (tree_shared.h) */
} UpGrowing;

/* Whether a leaf has a share of each class, else one number. */
static inline bool
up_grows_classes(const UpGrowing *g)
{
	return g->criterion == UP_GINI || g->criterion == UP_ENTROPY;
}

typedef struct UpGrown
{
	UpTree *tree;
	uint32_t *rows;       /* the rows, leaf by leaf */
	uint32_t *leaf_first; /* n_leaves + 1 */
	/* With g->inner (and of what is grafted the gain), of each node, else NULL: by what its split lessens impurity, and its values as a leaf. */
	double *gain;
	double *inner;
} UpGrown;

#endif
