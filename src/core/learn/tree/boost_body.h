/*
 * boost_body.h - trained boosting: trees that add to scores
 */
#ifndef UPROFILE_BOOST_BODY_H
#define UPROFILE_BOOST_BODY_H

#include "learn/tree/boost_loss.h"
#include "learn/learner.h"
#include "learn/tree/tree_walk.h"

typedef struct UpBoost
{
	UpBins *bins;
	UpLossSpec loss;
	double *start;    /* n_outputs */
	uint32_t n_trees; /* rounds × outputs: tree t adds to output t % n_outputs */
	UpTree **trees;
	double *importance;
	UpWalker *walker;
	struct UpBoost
		*next; /* of a mean of models: another one with bins of its own, whose scores are added; or NULL */
} UpBoost;

/* The same tree with a share of what its leaves hold, in values of its own. */
extern UpTree *up_boost_share_of_tree(UpTree *t, double share);
/* n × n_outputs scores. */
extern void up_boost_scores(const UpBoost *b, const double *x, size_t n, double *scores);

/* The functions of the learner, but for training. */
extern void up_boost_predict(const void *body, const double *x, size_t n, double *out);
extern void up_boost_proba(const void *body, const double *x, size_t n, double *out);
extern void up_boost_predict_proba(const void *body, const double *x, size_t n, double *out, double *proba);
extern void up_boost_write(const void *body, UpWriter *w);
extern void *up_boost_read(UpReader *r, const UpShape *shape);
extern void up_boost_describe(const void *body, UpValue *info);
extern void up_boost_importance(const void *body, double *out);
extern uint32_t up_boost_n_outputs(const void *body);
extern void up_boost_raw_scores(const void *body, const double *x, double *out);
extern void up_boost_explain(const void *body, const double *x, double *out);
extern void *up_boost_average(const void *a, double rows_a, const void *b, double rows_b);

#endif
