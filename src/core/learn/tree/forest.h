/*
 * forest.h - what single trees and forests share: parameters of growing, class weights, bodies of several trees
 */
#ifndef UPROFILE_FOREST_H
#define UPROFILE_FOREST_H

#include "learn/learner.h"
#include "learn/tree/tree_grow.h"
#include "learn/tree/tree_walk.h"

/* A tree is a forest of one. */
typedef struct UpForest
{
	UpBins *bins;
	uint32_t n_classes; /* 0: regression */
	uint32_t n_trees;
	UpTree **trees;
	double *importance; /* n_features, sums to 1 or is all 0 */
	UpWalker *walker;
	struct UpForest *next; /* more trees, with bins of their own: forests that were merged */
} UpForest;

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
extern uint32_t up_forest_growth(const UpFit *fit, int64_t asked, uint32_t before);

/* Makes importances sum to 1. */
extern void up_forest_divide_importance(UpForest *f, uint32_t n_features);

/* The functions of a learner whose body is an UpForest. */
extern void up_forest_predict(const void *body, const double *x, size_t n, double *out);
extern void up_forest_proba(const void *body, const double *x, size_t n, double *out);
extern void up_forest_write(const void *body, UpWriter *w);
extern void *up_forest_read(UpReader *r, const UpShape *shape);
extern void up_forest_describe(const void *body, UpValue *info);
extern void up_forest_importance(const void *body, double *out);
extern void up_forest_explain(const void *body, const double *x, double *out);
extern void up_forest_raw_scores(const void *body, const double *x, double *out);
extern uint32_t up_forest_n_outputs(const void *body);
extern char *up_forest_show(const void *body, const UpNames *names);
/* Of a single tree. */
extern char *up_tree_sql(const void *body, const UpSqlTerms *terms);

#define UP_FOREST_BODY                                                                                         \
	.predict = up_forest_predict, .proba = up_forest_proba, .write = up_forest_write, .read = up_forest_read,  \
	.describe = up_forest_describe, .importance = up_forest_importance, .explain = up_forest_explain,          \
	.raw_scores = up_forest_raw_scores, .n_outputs = up_forest_n_outputs, .show = up_forest_show

#endif
