/*
 * svm_work.h - the passes over the rows of a linear support vector problem, shared out to workers
 */
#ifndef UPROFILE_SVM_WORK_H
#define UPROFILE_SVM_WORK_H

#include "learn/svm/svm_problem.h"
#include "num/vec_syrk.h"

/*
 * Sum of c_i x_i x_i' over the rows that were curved when it was last asked for. From one step to the next few rows come and go, and
 * so they do between problems on the same rows that have the same costs, but for rows that are left out.
 */
struct UpSvmMatrix
{
	const double *cost; /* of all rows, also of those that a problem leaves out */
	double *h;   /* ld × ld, upper triangle; ld: what was taken from its diagonal since it was made afresh */
	uint8_t *in; /* rows: whether they are in h */
	bool known;
};

/* Values of h. */
static inline size_t
up_svm_matrix_values(size_t width)
{
	size_t ld = UP_SYRK_PAD(width);

	return (ld + 1) * ld;
}

typedef struct UpSvmWork
{
	const UpSvmProblem *p;
	double delta; /* smoothing; 0: the square */
	bool list;    /* curved rows are listed: for products with the matrix that is not made */

	double *f; /* x · w, but for the step that is pending */
	double *t; /* x · v */
	double *v; /* width values, that a pass multiplies by */
	/* Pending: f gets step × t, or step × unit if that is not 0. */
	double step, unit;
	bool far;  /* a step is not expected to be all of t: products tell nothing of its end but the derivatives */
	bool told; /* they have told what a look there would, with this delta */
	double told_delta;

	uint8_t *now; /* whether a row is curved; that of the end, or its own */
	uint32_t *curved;
	double *curves; /* of each part from the place of its first row */
	/* What the parts give: a head each, and width sums. */
	size_t part_rows, stride;
	uint32_t parts;
	double *slots;

	size_t n_curved, n_flipped; /* rows, and those in which the matrix differs */
	double losses;              /* sum cost l(z), not smoothed */
	double dual;                /* sum a_i (z_i + s_i (f_i - bias)) */

	size_t ld; /* of the matrix */
	struct UpSvmMatrix *matrix, own;
	double *grams; /* what its parts add to it and take away */
	uint32_t most_grams;
} UpSvmWork;

/* First and second derivative of the losses along a step. */
typedef struct UpSvmAlong
{
	double first, second;
} UpSvmAlong;

/* All sums are of a unit of C. scores: n values, for f: those of the weights where the end is known, else they become those of w = 0. */
extern void up_svm_work_init(UpSvmWork *k, const UpSvmProblem *p, double *scores);
extern void up_svm_work_free(UpSvmWork *k);
/* f = x · v. */
extern void up_svm_scores(UpSvmWork *k, const double *v);
/*
 * t = x · v, and the derivatives at the start of it and at its end. Unless far, the same pass looks at the rows as they are at its end, so that
 * a look there has nothing to read.
 */
extern void up_svm_direct(UpSvmWork *k, const double *v, UpSvmAlong *at_start, UpSvmAlong *at_end);
/* The same at f + a t, or at f + a unit if that is not 0; pending first is done. */
extern UpSvmAlong up_svm_along(UpSvmWork *k, double a, double unit);
/* Does what is pending; g: the gradient of the losses; sets what is known of the rows. bias: what f has without features. */
extern void up_svm_look(UpSvmWork *k, double bias, double *g);
/* The gradient of the squares at w = 0. */
extern void up_svm_gradient_at_zero(UpSvmWork *k, double *g);
/* The matrix of the rows that are curved now: its factor is what the second derivatives are. */
extern const double *up_svm_matrix(UpSvmWork *k, double *factor);
/* After a look with list: out = sum k_i x_i x_i' v, and the diagonal of that. */
extern void up_svm_times(UpSvmWork *k, const double *v, double *out);
extern void up_svm_diagonal(UpSvmWork *k, double *out);

#endif
