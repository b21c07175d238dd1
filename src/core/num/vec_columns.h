/*
 * vec_columns.h - rows that stand anywhere to the columns of a block, as vec_nearest.h and vec_nearest_f32.h take them
 *
 * Cost: little more than reading the rows. Dispatched at run time to AVX2 or the compiler's baseline.
 */
#ifndef UPROFILE_VEC_COLUMNS_H
#define UPROFILE_VEC_COLUMNS_H

#include "num/vec_nearest.h"

/* UP_NEAREST_ROWS rows of d values: block[j UP_NEAREST_ROWS + i] = rows[i][j]. */
extern void up_vec_columns(const double *const *rows, uint32_t d, double *block);
/* The same of whole numbers, to float4. */
extern void up_vec_columns_i16(const int16_t *const *rows, uint32_t d, float *block);

#endif
