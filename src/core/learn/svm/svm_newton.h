/*
 * svm_newton.h - linear support vector machines in the primal
 */
#ifndef UPROFILE_SVM_NEWTON_H
#define UPROFILE_SVM_NEWTON_H

#include "learn/svm/svm_problem.h"

/* w: width values, the start at entry. scores: x_i · w at the end. */
extern UpSvmResult up_svm_newton(const UpSvmProblem *p, double *w, double *scores);

#endif
