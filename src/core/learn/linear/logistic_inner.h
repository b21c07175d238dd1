/*
 * logistic_inner.h - what a training of logistic regression is made of: logistic.c trains, logistic_rows.c brings the rows
 */
#ifndef UPROFILE_LOGISTIC_INNER_H
#define UPROFILE_LOGISTIC_INNER_H

#include "learn/reuse.h"
#include "learn/linear/logistic_body.h"
#include "learn/linear/logistic_solve.h"

enum
{
	PENALTY_NONE,
	PENALTY_L2,
	PENALTY_L1,
	PENALTY_ELASTICNET
};

typedef struct LogisticParams
{
	int penalty;
	double C;
	double l1_ratio;
	bool fit_intercept;
	UpValue *class_weight;
	double tol;
	int64_t max_iter;
} LogisticParams;

/* What a training works on. */
typedef struct Job
{
	const UpFit *fit;
	const LogisticParams *params;
	size_t n, ld;
	double *x, *y, *cost, *l1, *l2;
	const double **places; /* rows as they come, where they stand; or NULL */
	double *shift;         /* means and deviations of rows that stay as they come; else NULL */
	char *family;          /* of the solutions that this one can start from; NULL: none */
} Job;

/* What trainings on the same rows share: the rows standardized, and second derivatives of one family of solutions. */
typedef struct Kept
{
	bool fit_intercept;
	double *mean, *deviation;
	double *x, *y;
	double *cost; /* space for those of a training */
	char *family;
	UpLogisticCurve curve;
	uint32_t stage;
	size_t bytes;
} Kept;

/* The standardized rows and their labels: those that are kept, or made and, where there is room, kept. before: what is updated, or NULL. */
extern void up_logistic_read_rows(Job *job, const UpLogistic *before, UpLogistic *m);

#endif
