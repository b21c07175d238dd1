/*
 * planes.h - scores that are linear, one a class: what models made of them answer, and say of themselves
 */
#ifndef UPROFILE_PLANES_H
#define UPROFILE_PLANES_H

#include "learn/learner.h"

/* Score k is w_k·x + b_k. */
typedef struct UpPlanes
{
	const double *w; /* n × d */
	const double *b; /* n */
	uint32_t d;
	uint32_t n; /* 0: one class; 1: two, the score of the second; else one a class */
} UpPlanes;

extern uint32_t up_planes_for(uint32_t n_classes);
extern double up_plane_score(const UpPlanes *p, uint32_t k, const double *x);
/* The class whose score is greatest. */
extern double up_planes_class(const UpPlanes *p, const double *x);
/* All scores; 0 where there is none. */
extern void up_planes_scores(const UpPlanes *p, const double *x, double *out);
/* "coef" and "intercept". */
extern void up_planes_describe(const UpPlanes *p, UpValue *info);
/* UpLearner.plane */
extern bool up_planes_get(const UpPlanes *p, uint32_t output, double *w, double *intercept);
/* A formula a score; single: what that of two classes is called. */
extern char *up_planes_show(const UpPlanes *p, const UpNames *names, const char *single);

/* out: d contributions w_j (x_j - mean_j), and the base value. They sum to w·x + intercept. */
extern void up_linear_explain(const double *w, double intercept, const double *mean, const double *x,
							  uint32_t d, double *out);
/* Shares of |w_j| deviation_j, averaged over the outputs; w: n_outputs × d. */
extern void up_linear_importance(const double *w, const double *deviation, uint32_t d, uint32_t n_outputs,
								 double *out);
/* "value = 3 + 0.5 * age - 2 * visits", a term a line, terms of coefficient 0 left out. */
extern char *up_linear_formula(const char *what, const double *w, double intercept, const char *const *names,
							   uint32_t d);

#endif
