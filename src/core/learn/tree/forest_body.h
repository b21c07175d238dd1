/*
 * forest_body.h - trained trees, one or many
 */
#ifndef UPROFILE_FOREST_BODY_H
#define UPROFILE_FOREST_BODY_H

#include "learn/learner.h"
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

/* The functions of a learner whose body is an UpForest. */
extern void up_forest_predict(const void *body, const double *x, size_t n, double *out);
extern void up_forest_proba(const void *body, const double *x, size_t n, double *out);
extern void up_forest_predict_proba(const void *body, const double *x, size_t n, double *out, double *proba);
extern void up_forest_write(const void *body, UpWriter *w);
extern void *up_forest_read(UpReader *r, const UpShape *shape);
extern void up_forest_describe(const void *body, UpValue *info);
extern void up_forest_importance(const void *body, double *out);
extern void up_forest_explain(const void *body, const double *x, double *out);
extern void up_forest_explain_some(const void *body, const double *x, size_t most_nodes, double *out);
extern void up_forest_raw_scores(const void *body, const double *x, double *out);
extern uint32_t up_forest_n_outputs(const void *body);
extern char *up_forest_show(const void *body, const UpNames *names);

#define UP_FOREST_BODY                                                                                         \
	.format = UP_TREES_FORMAT, .predict = up_forest_predict, .proba = up_forest_proba,                         \
	.predict_proba = up_forest_predict_proba, .write = up_forest_write, .read = up_forest_read,                \
	.describe = up_forest_describe, .importance = up_forest_importance, .explain = up_forest_explain,          \
	.explain_some = up_forest_explain_some, .raw_scores = up_forest_raw_scores,                                \
	.n_outputs = up_forest_n_outputs, .show = up_forest_show

#endif
