/*
 * grow_params.h - parameters of growing, which single trees and forests share
 */
#ifndef UPROFILE_GROW_PARAMS_H
#define UPROFILE_GROW_PARAMS_H

#include "learn/learner.h"
#include "learn/tree/tree_growing.h"

/* Parameters of growing, as a prefix of the parameter structs of tree and forest. */
typedef struct UpGrowParams
{
	int criterion;     /* 0: auto, 1: gini, 2: entropy, 3: squared_error, 4: absolute_error */
	int64_t max_depth; /* INT64_MIN: any */
	int64_t min_samples_split;
	int64_t min_samples_leaf;
	int64_t max_leaf_nodes; /* INT64_MIN: any */
	double min_impurity_decrease;
	UpValue *max_features; /* number of features, share of them, "sqrt", "log2" or null: all */
	UpValue *class_weight; /* "balanced", object of class → weight, or null */
	int splitter;          /* 0: best, 1: random */
} UpGrowParams;

#define UP_GROW_PARAMS(holder, features)                                                                       \
	UP_CHOICE_PARAM("criterion", grow.criterion, "auto", up_grow_criteria,                                     \
					"impurity that splits lessen; auto: gini, or squared_error"),                              \
		UP_INT_PARAM("max_depth", grow.max_depth, "null", 1, 1000000,                                          \
					 "depth at most; null: until leaves are pure", .nullable = true),                          \
		UP_INT_PARAM("min_samples_split", grow.min_samples_split, "2", 2, 1e9,                                 \
					 "rows that a node must have to be split"),                                                \
		UP_INT_PARAM("min_samples_leaf", grow.min_samples_leaf, "1", 1, 1e9, "rows that a leaf must have"),    \
		UP_INT_PARAM("max_leaf_nodes", grow.max_leaf_nodes, "null", 2, 1000000,                                \
					 "leaves at most, grown best first; null: any number", .nullable = true),                  \
		UP_REAL_PARAM("min_impurity_decrease", grow.min_impurity_decrease, "0", 0, 1e300,                      \
					  "least weighted decrease of impurity of a split"),                                       \
		UP_TREE_PARAM("max_features", grow.max_features, features, "number, share, sqrt or log2",              \
					  "features tried at a split; null: all"),                                                 \
		UP_TREE_PARAM("class_weight", grow.class_weight, "null", "balanced, or object of class and weight",    \
					  "weights of the classes; null: 1 each"),                                                 \
		UP_CHOICE_PARAM("splitter", grow.splitter, "best", up_grow_splitters,                                  \
						"random: one random threshold a feature (extra-trees)")

extern const char *const up_grow_criteria[];
extern const char *const up_grow_splitters[];

/* The parameters of growing checked against the data; g->max_features and the rest are set. */
extern void up_grow_setup(const UpGrowParams *p, const UpFit *fit, const char *owner, UpGrowing *g);

/* How many trees an update adds: those asked for this time, else as many a row as there were. */
extern uint32_t up_growth_trees(const UpFit *fit, int64_t asked, uint32_t before);

#endif
