/*
 * svm_machines.h - support vectors and the decision functions over them: a trained kernel machine of any kind
 */
#ifndef UPROFILE_SVM_MACHINES_H
#define UPROFILE_SVM_MACHINES_H

#include "learn/learner.h"
#include "learn/platt.h"
#include "learn/svm/svm_smo.h"

/* The parameters that all kernel machines share, as part of their parameter structs. */
typedef struct UpKernelParams
{
	int kernel; /* UpKernelKind */
	UpValue *gamma;
	int64_t degree;
	double coef0;
	int64_t cache_size; /* MB */
	bool shrinking;
} UpKernelParams;

#define UP_KERNEL_PARAMS(holder, first)                                                                        \
	UP_CHOICE_PARAM("kernel", k.kernel, first, up_kernel_names, "what compares two rows"),                     \
		UP_TREE_PARAM("gamma", k.gamma, "scale", "\"scale\", \"auto\" or a number",                            \
					  "rbf, poly, sigmoid: factor; scale: 1 / (features × variance); auto: 1 / features"),     \
		UP_INT_PARAM("degree", k.degree, "3", 0, 1000, "poly: power"),                                         \
		UP_REAL_PARAM("coef0", k.coef0, "0", -1e15, 1e15, "poly, sigmoid: what is added"),                     \
		UP_INT_PARAM("cache_size", k.cache_size, "200", 1, 1000000, "MB of kernel rows that are kept"),        \
		UP_BOOL_PARAM("shrinking", k.shrinking, "true",                                                        \
					  "whether rows that no longer matter are left out for a while")

typedef struct UpMachine
{
	double bias;
	UpPlatt sigmoid;
} UpMachine;

/*
 * Machine m decides f = sum_s coef_s K(sv_s, x) + bias. One class, regression and two classes: one machine, coef[s]. More classes:
 * one against one, machines in the order (0, 1), (0, 2), … (1, 2) …, above 0 for the first of the two; the vectors stand class by
 * class, and vector s of class i has a coefficient against each other class, in their order: coef[at * n + s] (LIBSVM's form).
 */
typedef struct UpMachines
{
	UpKernel kernel;
	UpKernelRows *vectors;
	uint32_t n_classes; /* 0: no classes */
	uint32_t n_machines;
	uint32_t n_coefs;   /* coefficients a vector */
	uint32_t *of_class; /* n_classes + 1: first vector of each; NULL below three classes */
	double *coef;
	UpMachine *machines;
	bool probability;
} UpMachines;

/* How a training went, over all of its problems. */
typedef struct UpMachinesReport
{
	double objective;
	double violation;
	int64_t iterations;
	bool converged;
} UpMachinesReport;

extern UpKernel up_machines_kernel(const UpKernelParams *k, const UpKernelRows *rows, const char *owner);
/* Bytes that a training holds (UpLearner.holds). */
extern double up_machines_bytes(const UpKernelParams *k, double n_rows, uint32_t n_features);
/* About how long one process trains two classes. */
extern double up_machines_seconds(const UpKernelParams *k, double n_rows, uint32_t n_features);
/* The data as kernels want them. */
extern UpKernelRows *up_machines_load(const UpData *data);
extern UpSmoProblem up_machines_problem(const UpKernelParams *k, const UpKernelRows *rows,
										const UpKernel *kernel, double tol, int64_t max_iter);
extern void up_machines_add(UpMachinesReport *report, const UpSmoResult *r);
/* One machine out of a solved problem: vectors are the rows with a[i] != 0, their coefficients a[i]. */
extern UpMachines *up_machines_single(const UpKernelRows *rows, const UpKernel *kernel, const double *a,
									  double bias);
/*
 * One machine out of one problem; where trainings share something, that is all that they share. fill sets the linear part p, y, the costs, the start a (n values each, 0 at first) and what else the
 * problem takes.
 */
typedef void (*UpFillProblem)(const UpFit *fit, double *p, double *y, double *cost, UpSmoProblem *problem);
extern UpMachines *up_machines_fit_single(const UpFit *fit, const UpKernelParams *k, const char *owner,
										  double tol, int64_t max_iter, UpFillProblem fill);
/* What it has to say, and a warning where it did not end. */
extern void up_machines_tell(const UpMachinesReport *report, const UpFit *fit, int64_t max_iter);

/* What follows takes an UpMachines as body (learner.h). Decisions: n × n_machines. */
extern void up_machines_decide(const void *body, const double *x, size_t n, double *out);
extern void up_machines_raw_scores(const void *body, const double *x, double *out);
extern uint32_t up_machines_n_outputs(const void *body);
extern void up_machines_write(const void *body, UpWriter *w);
extern void up_machines_describe(const void *body, UpValue *info);
/* n_classes: 0 for regression and one class; probability: as it was when written. */
extern UpMachines *up_machines_read(UpReader *r, uint32_t n_features, uint32_t n_classes, bool probability);

/* Classification: C a row; y are class numbers. */
typedef struct UpMachinesFit
{
	const UpFit *fit;
	const UpKernelParams *k;
	const double *y;
	const double *cost;
	const double *weights; /* that rows count by in sigmoids; or NULL */
	double tol;
	int64_t max_iter;
	bool probability;
	UpKernelStores **stores; /* where what trainings share is kept; or NULL */
} UpMachinesFit;
extern UpMachines *up_machines_classify(const UpMachinesFit *f, UpMachinesReport *report);
/* Votes, or probabilities (n × n_classes). */
extern void up_machines_predict(const UpMachines *m, const double *x, size_t n, double *out);
extern void up_machines_proba(const UpMachines *m, const double *x, size_t n, double *out);

#endif
