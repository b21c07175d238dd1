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
	{.name = "criterion",                                                                                      \
	 .type = UP_P_CHOICE,                                                                                      \
	 .offset = offsetof(holder, grow.criterion),                                                               \
	 .initial = "auto",                                                                                        \
	 .choices = up_grow_criteria,                                                                              \
	 .help = "impurity that splits lessen; auto: gini, or squared_error"},                                     \
		{.name = "max_depth",                                                                                  \
		 .type = UP_P_INT,                                                                                     \
		 .offset = offsetof(holder, grow.max_depth),                                                           \
		 .initial = "null",                                                                                    \
		 .nullable = true,                                                                                     \
		 .min = 1,                                                                                             \
		 .max = 1000000,                                                                                       \
		 .help = "longest way to a leaf; null: until leaves are pure"},                                        \
		{.name = "min_samples_split",                                                                          \
		 .type = UP_P_INT,                                                                                     \
		 .offset = offsetof(holder, grow.min_samples_split),                                                   \
		 .initial = "2",                                                                                       \
		 .min = 2,                                                                                             \
		 .max = 1e9,                                                                                           \
		 .help = "rows that a node must have to be split"},                                                    \
		{.name = "min_samples_leaf",                                                                           \
		 .type = UP_P_INT,                                                                                     \
		 .offset = offsetof(holder, grow.min_samples_leaf),                                                    \
		 .initial = "1",                                                                                       \
		 .min = 1,                                                                                             \
		 .max = 1e9,                                                                                           \
		 .help = "rows that a leaf must have"},                                                                \
		{.name = "max_leaf_nodes",                                                                             \
		 .type = UP_P_INT,                                                                                     \
		 .offset = offsetof(holder, grow.max_leaf_nodes),                                                      \
		 .initial = "null",                                                                                    \
		 .nullable = true,                                                                                     \
		 .min = 2,                                                                                             \
		 .max = 1000000,                                                                                       \
		 .help = "leaves at most, grown best first; null: any number"},                                        \
		{.name = "min_impurity_decrease",                                                                      \
		 .type = UP_P_REAL,                                                                                    \
		 .offset = offsetof(holder, grow.min_impurity_decrease),                                               \
		 .initial = "0",                                                                                       \
		 .min = 0,                                                                                             \
		 .max = 1e300,                                                                                         \
		 .help = "least weighted decrease of impurity of a split"},                                            \
		{.name = "max_features",                                                                               \
		 .type = UP_P_TREE,                                                                                    \
		 .offset = offsetof(holder, grow.max_features),                                                        \
		 .initial = features,                                                                                  \
		 .shape = "number, share, sqrt or log2",                                                               \
		 .help = "features tried at a split; null: all"},                                                      \
		{.name = "class_weight",                                                                               \
		 .type = UP_P_TREE,                                                                                    \
		 .offset = offsetof(holder, grow.class_weight),                                                        \
		 .initial = "null",                                                                                    \
		 .shape = "balanced, or object of class and weight",                                                   \
		 .help = "weights of the classes; null: 1 each"},                                                      \
	{                                                                                                          \
		.name = "splitter", .type = UP_P_CHOICE, .offset = offsetof(holder, grow.splitter), .initial = "best", \
		.choices = up_grow_splitters, .help = "random: one random threshold a feature (extra-trees)"           \
	}

extern const char *const up_grow_criteria[];
extern const char *const up_grow_splitters[];

/* The parameters of growing checked against the data; g->max_features and the rest are set. */
extern void up_grow_setup(const UpGrowParams *p, const UpFit *fit, const char *owner, UpGrowing *g);

/* How many trees an update adds: those asked for this time, else as many a row as there were. */
extern uint32_t up_forest_growth(const UpFit *fit, int64_t asked, uint32_t before);

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
/* Of a single tree. */
extern char *up_tree_sql(const void *body, const UpSqlTerms *terms);
extern char *up_forest_show(const void *body, const UpNames *names);

#endif
