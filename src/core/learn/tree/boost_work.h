/*
 * boost_work.h - what a training of gradient boosting is told, works on, and shares with others
 */
#ifndef UPROFILE_BOOST_WORK_H
#define UPROFILE_BOOST_WORK_H

#include "base/rng.h"
#include "learn/tree/boost_body.h"
#include "learn/tree/boost_tree.h"

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

#define UP_BOOST_MOST_GROWING 8

/* A boosting that can go on: the same rounds begin one of more rounds, and the first of them are one of fewer. */
typedef struct UpBoostRounds
{
	UpBoostParams how; /* but for n_estimators */
	bool whole;        /* nothing has interrupted a round */
	uint32_t n_trees, capacity;
	UpTree **trees;
	double *scores; /* after all of them */
	UpRng rng;
	size_t bytes;
} UpBoostRounds;

/* What trainings on the same rows share. */
typedef struct UpBoostKept
{
	UpBins *bins;
	uint8_t *codes, *transposed;
	double *y;
	uint32_t n_growing, next_growing;
	UpBoostRounds growing[UP_BOOST_MOST_GROWING];
} UpBoostKept;

/* What a training works on. */
typedef struct UpBoosting
{
	const UpFit *fit;
	const UpBoostParams *p;
	UpBoost *b;
	size_t n;
	uint8_t *codes, *transposed; /* row by row; feature by feature */
	double *y, *weight, *scores, *gradient, *hessian, *buffer;
	double *before; /* scores before the round, where it may have to be halved, or NULL */
	double most;    /* that a leaf may move scores by */
	uint32_t *train, *held, *sample;
	UpBoostMeasure
		*measured;         /* gradients of the last round, output by output, of each of its blocks; or NULL */
	uint32_t block_rows;   /* of a round */
	bool flows;            /* into the next round: nothing but its trees changes or looks at the scores */
	bool ready;            /* gradients are at the scores that there are */
	uint32_t *leaf_of;     /* of each row of the last tree, but for those that are left out */
	UpBoostGrower *grower; /* NULL: trees are grown the general way */
	uint32_t n_train, n_held;
	int8_t *monotone;
	UpRng rng;
	UpBoostRounds *rounds; /* that it begins with, or NULL */
} UpBoosting;

/* How many rows a round sees, … */
static inline uint32_t
up_boost_round_rows(const UpBoosting *w)
{
	return w->p->subsample < 1 ? (uint32_t) UP_MAX(w->p->subsample * w->n_train, 1) : w->n_train;
}

/* … and how many blocks so many rows are. */
static inline uint32_t
up_boost_blocks(const UpBoosting *w, uint32_t n_rows)
{
	return (n_rows + w->block_rows - 1) / w->block_rows;
}

#endif
