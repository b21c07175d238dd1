/*
 * vec_nearest_f32.h - the two nearest of k centres for a block of rows in float4
 *
 * What vec_nearest.h does, in half the time and memory, for those who then ask it about the rows whose two distances are as good as
 * equal. A distance that is found is wrong by at most rounding times itself and least: of the rows and centres as they are in float8, both
 * scaled. Scaled means by a power of two that makes lengths about 1, so that nothing over- or underflows.
 *
 * Cost: n k d subtractions and multiply-adds. Dispatched at run time to AVX-512, AVX2 or the compiler's baseline.
 */
#ifndef UPROFILE_VEC_NEAREST_F32_H
#define UPROFILE_VEC_NEAREST_F32_H

#include "num/vec_nearest.h"

/* Centres, packed as in UpNearest. */
typedef struct UpNearestF32
{
	uint32_t k;
	uint32_t d;
	float *packed; /* up_nearest_values(k, d) */
	float rounding, least;
} UpNearestF32;

/* The power of two for rows of this mean square length. */
extern double up_nearest_f32_scale(double mean_square);
/* Takes over the values of k × d centres, row-major, times scale, into packed. */
extern void up_nearest_f32_set(UpNearestF32 *c, const double *centres, double scale);
/*
 * Of the UP_NEAREST_ROWS rows of a block (column j, row i at x[j UP_NEAREST_ROWS + i]): the nearest centre, how far it is, and how far the
 * nearest other one (Infinity: there is none).
 */
extern void up_vec_nearest_f32(const UpNearestF32 *c, const float *x, uint32_t *label, float *near, float *far);

/*
 * Of the UP_NEAREST_ROWS rows whose bounds stand in kept: first + r for those r where kept[r] is not above drift[label[r]], to some;
 * returns how many. some has space for all.
 */
extern size_t up_vec_sift_f32(const float *kept, const uint32_t *label, const float *drift, uint32_t first,
							  uint32_t *some);

/*
 * How much farther the second is than the first, less what can be wrong of it: above 0 only where an exact comparison would say the
 * same. Infinity: there is no second.
 */
static inline float
up_nearest_f32_gap(const UpNearestF32 *c, float near, float far)
{
	return c->k == 1 ? far : far - near - (far + near) * c->rounding - c->least;
}

#endif
