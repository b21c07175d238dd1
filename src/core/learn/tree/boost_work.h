/*
 * boost_work.h - a boosting while it trains: parameters, rows, scores
 */
#ifndef UPROFILE_BOOST_WORK_H
#define UPROFILE_BOOST_WORK_H

#include "base/rng.h"
#include "learn/tree/boost.h"
#include "learn/tree/tree_grow.h"

typedef struct UpBoostParams
{
	int loss; /* 0: auto, else 1 + UpLoss */
	double quantile;
	double learning_rate;
	int64_t n_estimators;
	int64_t max_leaf_nodes;
	int64_t max_depth;
	int64_t min_samples_leaf;
	double l2_regularization;
	double min_child_weight;
	double min_gain;
	double subsample;
	double colsample;
	bool early_stopping;
	double validation_fraction;
	int64_t n_iter_no_change;
	double tol;
	UpValue *monotone;
	UpValue *class_weight;
} UpBoostParams;

/* What a training works on. */
typedef struct UpBoosting
{
	const UpFit *fit;
	const UpBoostParams *p;
	UpBoost *b;
	size_t n;
	uint8_t *codes, *turned; /* row by row; feature by feature */
	double *y, *weight, *scores, *gradient, *hessian, *room;
	double *before; /* scores before the round, where it may have to be halved, or NULL */
	double most;    /* that a leaf may move scores by */
	uint32_t *train, *held, *sample;
	uint32_t n_train, n_held;
	int8_t *monotone;
	UpRng rng;
} UpBoosting;

/* boost_rounds.c: grows the trees of n_rounds on what is prepared; an update goes on from the scores that there are. */
extern void up_boost_rounds(UpBoosting *w, UpGrowing *g, uint32_t n_rounds, bool update);

#endif
