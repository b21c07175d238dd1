/*
 * vec_adam.c - float4 kernels of a network's training (see vec_adam.h)
 *
 * Adam: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the form at the end of its
 * section 2, as scikit-learn's: epsilon is added to the uncorrected root. One pass reads weight, moments and gradient
 * and writes weight and moments. Nesterov's momentum: I. Sutskever et al., ICML 2013. O(n) each, no allocation.
 */
#include "num/vec_adam.h"

#include "num/kernels.h"

#include <math.h>

/* Smaller moments become zero: those of units that have died would end as denormal numbers, which are slow. */
#define MOMENT_TINY 1e-36f

#ifdef __x86_64__
#include <immintrin.h>

#define ADAM(name)  avx512_##name
#define ADAM_TARGET __attribute__((target("avx512f,avx2,fma")))
#define LANES       16
#define VEC_SQRT(v) ((VEC) _mm512_sqrt_ps((__m512) (v)))
#include "num/vec_adam_kernel.h"

#define ADAM(name)  avx2_##name
#define ADAM_TARGET __attribute__((target("avx2,fma")))
#define LANES       8
#define VEC_SQRT(v) ((VEC) _mm256_sqrt_ps((__m256) (v)))
#include "num/vec_adam_kernel.h"

#define VEC_SQRT(v) ((VEC) _mm_sqrt_ps((__m128) (v)))
#elif defined(__aarch64__)
#include <arm_neon.h>

#define VEC_SQRT(v) ((VEC) vsqrtq_f32((float32x4_t) (v)))
#else
#define VEC_SQRT(v) ((VEC){sqrtf((v)[0]), sqrtf((v)[1]), sqrtf((v)[2]), sqrtf((v)[3])})
#endif

#define ADAM(name) base_##name
#define ADAM_TARGET
#define LANES 4
#include "num/vec_adam_kernel.h"

#define TABLE(level)                                                                                           \
	{                                                                                                          \
#level, level##_adam, level##_momentum, level##_relu, level##_tanh, level##_logistic,                  \
			level##_relu_back, level##_tanh_back, level##_logistic_back                                        \
	}

#define HAS_AVX512 __builtin_cpu_supports("avx512f")
UP_KERNEL_TABLES(UpVecAdam, up_vec_adam_level, TABLE)

double
up_vec_adam(float *w, float *m, float *v, const float *g, size_t n, const UpAdamStep *step)
{
	return best()->adam(w, m, v, g, n, step);
}

double
up_vec_momentum(float *w, float *v, const float *g, size_t n, const UpMomentumStep *step)
{
	return best()->momentum(w, v, g, n, step);
}

void
up_vec_relu(float *x, size_t n)
{
	best()->relu(x, n);
}

void
up_vec_tanh(float *x, size_t n)
{
	best()->tanh(x, n);
}

void
up_vec_logistic(float *x, size_t n)
{
	best()->logistic(x, n);
}

void
up_vec_relu_back(float *d, const float *a, size_t n)
{
	best()->relu_back(d, a, n);
}

void
up_vec_tanh_back(float *d, const float *a, size_t n)
{
	best()->tanh_back(d, a, n);
}

void
up_vec_logistic_back(float *d, const float *a, size_t n)
{
	best()->logistic_back(d, a, n);
}
