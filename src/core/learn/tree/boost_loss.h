/*
 * boost_loss.h - losses of gradient boosting: where it starts, gradients, values of leaves, how good it is
 */
#ifndef UPROFILE_BOOST_LOSS_H
#define UPROFILE_BOOST_LOSS_H

#include "base/platform.h"

typedef enum UpLoss
{
	UP_LOSS_LOG, /* two classes: one score, the log-odds; more: a score a class (softmax) */
	UP_LOSS_SQUARED,
	UP_LOSS_ABSOLUTE,
	UP_LOSS_QUANTILE,
	UP_LOSS_POISSON /* the score is the logarithm of the mean */
} UpLoss;

typedef struct UpLossSpec
{
	UpLoss loss;
	uint32_t n_classes;
	uint32_t n_outputs; /* scores a row */
	double quantile;
} UpLossSpec;

/* The constant scores that are best for all rows. */
extern void up_loss_start(const UpLossSpec *s, const double *y, const double *weight, const uint32_t *rows,
						  uint32_t n, double *scores);
/*
 * Classes: what to add to the scores of all rows, so that the probabilities of each class sum nearer to its rows; returns the
 * largest move. Never raises the loss; repeated, the best such constants.
 */
extern double up_loss_refit(const UpLossSpec *s, const double *y, const double *weight, const double *scores,
							const uint32_t *rows, uint32_t n, double *moves);
/* Of one output: gradient and hessian of each row; rows ascend. scores: rows × n_outputs. */
extern void up_loss_gradients(const UpLossSpec *s, uint32_t output, const double *y, const double *weight,
							  const double *scores, const uint32_t *rows, uint32_t n, double *gradient,
							  double *hessian);
/* Whether a leaf's value is a quantile of what is left of its rows, rather than a Newton step. */
extern bool up_loss_leaf_is_quantile(const UpLossSpec *s);
extern double up_loss_leaf_quantile(const UpLossSpec *s, const double *y, const double *weight,
									const double *scores, const uint32_t *rows, uint32_t n, double *buffer);
/* The loss of rows, and what they weigh; the mean loss. */
typedef struct UpLossSum
{
	double loss, weight;
} UpLossSum;

extern UpLossSum up_loss_sum(const UpLossSpec *s, const double *y, const double *weight, const double *scores,
							 const uint32_t *rows, uint32_t n);

static inline double
up_loss_mean(UpLossSum sum)
{
	return sum.loss / sum.weight;
}

/* Scores of a row → probabilities, or the value in its own unit. */
extern void up_loss_proba(const UpLossSpec *s, const double *scores, double *proba);
extern double up_loss_value(const UpLossSpec *s, double score);

#endif
