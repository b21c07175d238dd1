/*
 * vec_smo.h - the inner loops of kernel machines: rows of a kernel matrix, and the two passes of an SMO step
 *
 * Samples stand feature by feature: value f of sample j is xt[f * ld + j], float4, ld a multiple of UP_SMO_PAD; what lies beyond the
 * last sample is finite. All arrays of samples have space for UP_SMO_UP(n). Dispatched at run time to AVX-512, AVX2 or the
 * compiler's baseline; the order of additions depends on the machine alone.
 */
#ifndef UPROFILE_VEC_SMO_H
#define UPROFILE_VEC_SMO_H

#include "base/platform.h"

#define UP_SMO_PAD   16
#define UP_SMO_UP(n) (((size_t) (n) + UP_SMO_PAD - 1) / UP_SMO_PAD * UP_SMO_PAD)

/* out[j] = x · sample j. */
extern void up_smo_dots(float *out, const float *xt, size_t ld, uint32_t d, const float *x, size_t n);
/* out[j] = exp(-gamma max(0, norm + norms[j] - 2 out[j])); relative error below 3e-7. */
extern void up_smo_rbf(float *out, const float *norms, float norm, float gamma, size_t n);

/*
 * After a step: f[t] -= a ka[t] + b kb[t]; returns the position of the largest f[t] + up[t], where up is 0 or -INFINITY, and that
 * value in *most; of equal ones the first. n if there is none.
 */
extern size_t up_smo_move(double *f, const float *ka, double a, const float *kb, double b, const double *up,
						  size_t n, double *most);
/*
 * The partner of position i: of the t with gap = most - f[t] - low[t] > 0 (low is 0 or INFINITY) the one of largest gap² / max(di +
 * diagonal[t] - 2 k[t], tiny), the first of equal ones; n if there is none. *least: the smallest f[t] + low[t].
 */
extern size_t up_smo_partner(const double *f, const float *k, const float *diagonal, float di,
							 const double *low, double most, size_t n, double *least);
/* f[t] -= by[0] rows[0][t] + …, n_rows of them one after the other. */
extern void up_smo_take(double *f, const float *const *rows, const double *by, size_t n_rows, size_t n);

#endif
