/*
 * svm_body.h - a trained support vector machine: linear, or with a kernel
 */
#ifndef UPROFILE_SVM_BODY_H
#define UPROFILE_SVM_BODY_H

#include "learn/platt.h"
#include "learn/svm/svm_machines.h"

/* The learner's parameters. */
typedef struct UpSvmParams
{
	double C;
	int loss;
	double tol;
	int64_t max_iter;
	UpValue *class_weight;
	bool fit_intercept;
	double intercept_scaling;
	bool probability;
	UpKernelParams k;
} UpSvmParams;

typedef struct UpSvm
{
	uint32_t n_features;
	uint32_t n_classes;
	uint32_t n_machines; /* linear: 0: one class; 1: two classes; else one a class */
	double *weights;
	double *intercepts;
	bool probability;
	UpPlatt *sigmoids;
	UpMachines *kernel; /* or NULL: the machines are linear, and above */
} UpSvm;

extern UpSvm *up_svm_new(uint32_t n_features, uint32_t n_classes, bool probability);

/* The functions of the learner, but for training. */
extern void up_svm_predict(const void *body, const double *x, size_t n, double *out);
extern void up_svm_proba(const void *body, const double *x, size_t n, double *out);
extern void up_svm_write(const void *body, UpWriter *w);
extern void *up_svm_read(UpReader *r, const UpShape *shape);
extern void up_svm_describe(const void *body, UpValue *info);
extern bool up_svm_plane(const void *body, uint32_t output, double *w, double *intercept);
extern uint32_t up_svm_n_outputs(const void *body);
extern void up_svm_raw_scores(const void *body, const double *x, double *out);
extern char *up_svm_show(const void *body, const UpNames *names);

#endif
