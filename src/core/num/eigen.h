/*
 * eigen.h - eigenvalues and eigenvectors of symmetric matrices
 */
#ifndef UPROFILE_EIGEN_H
#define UPROFILE_EIGEN_H

#include "base/platform.h"

/*
 * a: n × n in rows of ld, of which the upper triangle (column >= row) is read; it is overwritten. values: n, descending. vectors: n × n, row i
 * the vector of values[i], of length 1. Values are finite. Fails where the iteration does not converge.
 */
extern void up_eigen_symmetric(double *a, size_t n, size_t ld, double *values, double *vectors);
/* The bytes that it takes beside its arguments. */
extern size_t up_eigen_bytes(size_t n);

#endif
