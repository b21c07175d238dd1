/*
 * svm_dual.h - linear support vector machines in the dual
 */
#ifndef UPROFILE_SVM_DUAL_H
#define UPROFILE_SVM_DUAL_H

#include "learn/svm/svm_problem.h"

/* Of the two hinges; w, width values, starts at 0. scores: x_i · w at the end. */
extern UpSvmResult up_svm_dual(const UpSvmProblem *p, double *w, double *scores);

#endif
