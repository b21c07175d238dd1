/*
 * logistic_body.h - a trained logistic regression
 */
#ifndef UPROFILE_LOGISTIC_BODY_H
#define UPROFILE_LOGISTIC_BODY_H

#include "learn/learner.h"

#define UP_LOGISTIC_CURVED 500 /* coefficients whose products a body carries along */

typedef struct UpLogistic
{
	uint32_t d;
	uint32_t n_classes;
	uint32_t n_outputs; /* 0: one class */
	bool fit_intercept;
	bool plain;        /* no penalty: standard errors mean something */
	double *theta;     /* n_outputs × (d + 1), of standardized features */
	double *mean;      /* d */
	double *deviation; /* d; 1 for constant features */
	/* What follows from them. */
	double *coef;      /* n_outputs × d */
	double *intercept; /* n_outputs */
	/* The rows' losses near theta: dims values, and dims × dims, upper triangle; or NULL. */
	double *slope, *hessian;
} UpLogistic;

extern size_t up_logistic_dims(const UpLogistic *m);
extern UpLogistic *up_logistic_new(uint32_t d, uint32_t n_classes);
extern void up_logistic_set_coefficients(UpLogistic *m);

/* The functions of the learner, but for training. */
extern void up_logistic_predict(const void *body, const double *x, size_t n, double *out);
extern void up_logistic_raw_scores(const void *body, const double *x, double *out);
extern void up_logistic_proba(const void *body, const double *x, size_t n, double *out);
extern void up_logistic_write(const void *body, UpWriter *w);
extern void *up_logistic_read(UpReader *r, const UpShape *shape);
extern void up_logistic_describe(const void *body, UpValue *info);
extern void up_logistic_importance(const void *body, double *out);
extern uint32_t up_logistic_n_outputs(const void *body);
extern void up_logistic_explain(const void *body, const double *x, double *out);
extern char *up_logistic_show(const void *body, const UpNames *names);
extern bool up_logistic_plane(const void *body, uint32_t output, double *w, double *intercept);
extern UpCoefficient *up_logistic_coefficients(const void *body, uint32_t *n);

#endif
