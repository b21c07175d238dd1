/*
 * vec_adam.h - float4 kernels of a network's training: steps of the optimizers, activations and their gradients
 *
 * One pass over contiguous arrays each; n is a multiple of UP_GEMM_PAD. Dispatched at run time like gemm.h. exp is
 * a polynomial after range reduction, within 2 ulp of float4 (tests compare with libm).
 */
#ifndef UPROFILE_VEC_ADAM_H
#define UPROFILE_VEC_ADAM_H

#include "base/platform.h"

typedef struct UpAdamStep
{
	float beta_1, beta_2;
	float epsilon;
	float rate;  /* with the corrections of both moments' bias: rate sqrt(1 - beta_2^t) / (1 - beta_1^t) */
	float decay; /* the gradient is g + decay w */
} UpAdamStep;

typedef struct UpMomentumStep
{
	float rate;
	float momentum;
	float decay;
	bool nesterov;
} UpMomentumStep;

/*
 * m = beta_1 m + (1 - beta_1) g, v = beta_2 v + (1 - beta_2) g^2, w -= rate m / (sqrt v + epsilon). Returns the sum of
 * the squares of w before the step.
 */
extern double up_vec_adam(float *w, float *m, float *v, const float *g, size_t n, const UpAdamStep *step);
/* v = momentum v - rate g, w += v or, by Nesterov, momentum v - rate g. Returns the same sum. */
extern double up_vec_momentum(float *w, float *v, const float *g, size_t n, const UpMomentumStep *step);

/* In place. */
extern void up_vec_relu(float *x, size_t n);
extern void up_vec_tanh(float *x, size_t n);
extern void up_vec_logistic(float *x, size_t n);
/* d *= the derivative at the place where the activation took the value a. */
extern void up_vec_relu_back(float *d, const float *a, size_t n);
extern void up_vec_tanh_back(float *d, const float *a, size_t n);
extern void up_vec_logistic_back(float *d, const float *a, size_t n);

/* The kernels of one instruction set, for tests; levels as in gemm.h. */
typedef struct UpVecAdam
{
	const char *name;
	double (*adam)(float *, float *, float *, const float *, size_t, const UpAdamStep *);
	double (*momentum)(float *, float *, const float *, size_t, const UpMomentumStep *);
	void (*relu)(float *, size_t);
	void (*tanh)(float *, size_t);
	void (*logistic)(float *, size_t);
	void (*relu_back)(float *, const float *, size_t);
	void (*tanh_back)(float *, const float *, size_t);
	void (*logistic_back)(float *, const float *, size_t);
} UpVecAdam;
#define UP_VEC_ADAM_LEVELS 3
extern const UpVecAdam *up_vec_adam_level(int level);

#endif
