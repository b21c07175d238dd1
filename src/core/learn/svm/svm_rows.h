/*
 * svm_rows.h - rows of a kernel matrix: computed in batches by all processes at hand, kept, and taken off what the solver follows
 */
#ifndef UPROFILE_SVM_ROWS_H
#define UPROFILE_SVM_ROWS_H

#include "learn/svm/svm_store.h"

/* A variable, and how far it has moved. */
typedef struct UpSmoMove
{
	uint32_t variable;
	double by;
} UpSmoMove;

/* Those over the variables that are active now. */
typedef struct UpSmoRows UpSmoRows;

/* Of the matrix of these rows, at most so many bytes are kept; store: as in UpSmoProblem. */
extern UpSmoRows *up_smo_rows_new(const UpKernelRows *all, const UpKernel *kernel, UpKernelStore *store,
								  size_t bytes);
extern void up_smo_rows_free(UpSmoRows *r);
/* None is kept any more. */
extern void up_smo_rows_forget(UpSmoRows *r);
/*
 * Columns other than these n places go: index is the variable of each column before, of n_before. Rows of variables that go are
 * forgotten.
 */
extern void up_smo_rows_shorten(UpSmoRows *r, const uint32_t *keep, size_t n, const uint32_t *index,
								size_t n_before);
/*
 * f[i] -= sum of by K(variable, i) for the columns that over holds: places are their variables. keep: these are the active ones, whose
 * rows are kept. f is a large array with space for UP_SMO_UP(over->n).
 */
extern void up_smo_rows_apply(UpSmoRows *r, const UpKernelRows *over, const uint32_t *places, bool keep,
							  const UpSmoMove *moves, size_t n_moves, double *f);
/* The square of n rows with each other: its rows stand UP_SMO_UP(n) apart. It is valid until the next one is asked for. */
extern const float *up_smo_rows_square(UpSmoRows *r, const uint32_t *variables, size_t n);

#endif
