/*
 * linear_text.h - what linear models of any kind say of themselves: contributions, importance, formulas
 */
#ifndef UPROFILE_LINEAR_TEXT_H
#define UPROFILE_LINEAR_TEXT_H

#include "base/platform.h"

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
