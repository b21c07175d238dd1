/*
 * vec_gradient.c - kernels of gradient boosting (see vec_gradient.h)
 *
 * O(n) each, no allocation.
 */
#include "num/vec_gradient.h"

#include "num/kernels.h"

#include <math.h>

#ifdef __x86_64__
#define GRADIENT(name)  avx512_##name
#define GRADIENT_TARGET __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define LANES           8
#include "num/vec_gradient_kernel.h"

#define GRADIENT(name)  avx2_##name
#define GRADIENT_TARGET __attribute__((target("avx2,fma")))
#define LANES           4
#include "num/vec_gradient_kernel.h"
#endif

#define GRADIENT(name) base_##name
#define GRADIENT_TARGET
#define LANES 2
#include "num/vec_gradient_kernel.h"

#define HAS_AVX512 (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))

void
up_vec_log_gradients(const double *score, const double *y, size_t n, double *gradient, double *hessian)
{
	UP_DISPATCH(log_gradients, score, y, n, gradient, hessian);
}

void
up_vec_steps(const double *gradient, const double *hessian, size_t n, double per_g, double per_h, double *rest,
			 int32_t *g, int32_t *h)
{
	UP_ASSERT(n % UP_STEP_LANES == 0);
	UP_DISPATCH(steps, gradient, hessian, n, per_g, per_h, rest, g, h);
}

void
up_vec_halves(const uint64_t *words, size_t n, double step, double *upper, double *lower)
{
	UP_DISPATCH(halves, words, n, step, upper, lower);
}

void
up_vec_gains(const double *g, const double *h, size_t n, const UpGains *of, double *gain)
{
	UP_DISPATCH(gains, g, h, n, of, gain);
}
