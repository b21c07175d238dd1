/*
 * vec_nearest_f32.h - the two nearest of k centres for a block of coarse rows, in float4
 *
 * What vec_nearest.h does, in less than half the time and with a quarter of the memory, for those who then ask it about the rows that are
 * not told apart. Of a row there are its values times scale, a power of two that makes most of them some hundreds, as whole numbers of 16
 * bits. What is found is true of the rows and centres as they are in float8: whatever can be wrong is taken off the gap.
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
	float *packed;         /* up_nearest_values(k, d) */
	float rounding, least; /* what can be wrong of a gap: of both distances, and besides */
} UpNearestF32;

/* The scale for values of this mean square. */
extern double up_nearest_f32_scale(double mean_square);
/*
 * n rows of d values, times scale and rounded. A row that does not fit begins with UP_NEAREST_OUTSIDE: what is found for it is not true.
 */
#define UP_NEAREST_OUTSIDE INT16_MIN
extern void up_nearest_f32_rows(const double *x, size_t n, uint32_t d, double scale, int16_t *rows);
/* Takes over the values of k × d centres, row-major, times scale, into packed. */
extern void up_nearest_f32_set(UpNearestF32 *c, const double *centres, double scale);
/*
 * Of the UP_NEAREST_ROWS rows of a block (column j, row i at x[j UP_NEAREST_ROWS + i]): the nearest centre, and how much farther the second
 * is, times scale, less what can be wrong of it: above 0 only where an exact comparison would say the same. Infinity: there is no second.
 */
extern void up_vec_nearest_f32(const UpNearestF32 *c, const float *x, uint32_t *label, float *gap);

/*
 * Of the UP_NEAREST_ROWS rows whose bounds stand in kept: first + r for those r where kept[r] is not above drift[label[r]], to some;
 * returns how many. some has space for all. drift has k values.
 */
extern size_t up_vec_sift_f32(const float *kept, const uint32_t *label, const float *drift, uint32_t k,
							  uint32_t first, uint32_t *some);

#endif
