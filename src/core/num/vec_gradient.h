/*
 * vec_gradient.h - kernels of gradient boosting: of the log loss, in whole steps, gains of splits
 */
#ifndef UPROFILE_VEC_GRADIENT_H
#define UPROFILE_VEC_GRADIENT_H

#include "base/platform.h"

/* With p = 1 / (1 + exp(-score)): gradient p - y and hessian p (1 - p), both to full relative precision. */
extern void up_vec_log_gradients(const double *score, const double *y, size_t n, double *gradient,
								 double *hessian);

#define UP_STEP_LANES 8
/*
 * Rows in whole steps: gradients times per_g and hessians times per_h, these 1 at least. What rounding leaves goes to the row after
 * UP_STEP_LANES more; rest (2 × UP_STEP_LANES, zeros at first) carries it on. n: a multiple of UP_STEP_LANES.
 */
extern void up_vec_steps(const double *gradient, const double *hessian, size_t n, double per_g, double per_h,
						 double *rest, int32_t *g, int32_t *h);

/* Of words, the upper halves, which are signed, and the lower ones times step. */
extern void up_vec_halves(const uint64_t *words, size_t n, double step, double *upper, double *lower);

/* A split's sums on the left, and what is asked of it. */
typedef struct UpGains
{
	double all_g, all_h; /* of the node */
	double l2, least_h;
} UpGains;

/* gain[i] = 1/2 [g_i^2 / (h_i + l2) + (all_g - g_i)^2 / (all_h - h_i + l2)], or -INFINITY where a side has less than least_h. */
extern void up_vec_gains(const double *g, const double *h, size_t n, const UpGains *of, double *gain);

#endif
