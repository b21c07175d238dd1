/*
 * vec_nearest.h - the nearest of k centres for a block of rows, by squared distance
 *
 * Distances are sums of (x - c)^2 in the order of the columns, never |x|^2 - 2 x.c + |c|^2: nothing cancels, equal
 * rows have equal distances to equal centres, and a tie goes to the lower centre exactly. Dispatched at run time to
 * AVX-512, AVX2 or the compiler's baseline; the result depends on the machine alone, and is the same for a row in a
 * block and for the row by itself.
 *
 * Shapes: a block is UP_NEAREST_ROWS rows, column by column (column j, row i at x[j UP_NEAREST_ROWS + i]), best aligned
 * to 64 bytes. Cost: n k d subtractions and multiply-adds.
 */
#ifndef UPROFILE_VEC_NEAREST_H
#define UPROFILE_VEC_NEAREST_H

#include "base/platform.h"

#define UP_NEAREST_ROWS 32 /* rows of a block */
#define UP_NEAREST_TILE 8  /* centres of a tile */

/* The most centres up_vec_nearest_trials takes. */
#define UP_NEAREST_TRIALS 16

/* Centres, packed: tile t, column j, centre u at packed[(t d + j) UP_NEAREST_TILE + u]; the last tile is padded. */
typedef struct UpNearest
{
	uint32_t k;
	uint32_t d;
	double *packed;
} UpNearest;

/* Numbers that k centres of d columns take when packed. */
extern size_t up_nearest_values(uint32_t k, uint32_t d);
/* Space for k centres of d columns. */
extern void up_nearest_init(UpNearest *c, uint32_t k, uint32_t d);
/* Takes over the values of k × d centres, row-major; k may be less than there is space for, but not 0. */
extern void up_nearest_set(UpNearest *c, const double *centres, uint32_t k);
extern void up_nearest_free(UpNearest *c);

/* label[i], distance[i] (unless NULL): the nearest centre of each row of the block, and its squared distance. */
extern void up_vec_nearest(const UpNearest *c, const double *x, uint32_t *label, double *distance);

/*
 * The same, and gap[i]: how much nearer (not squared) the nearest centre is than every other, less what rounding can have added to
 * it; not above 0, or NaN, where that is not certain, and -Infinity where another is exactly as near.
 */
extern void up_vec_nearest_gaps(const UpNearest *c, const double *x, uint32_t *label, double *distance,
								float *gap);

/* The nearest centre of row - shift. */
extern uint32_t up_vec_nearest_one(const UpNearest *c, const double *row, const double *shift);

/*
 * Seeding: closest[i] becomes its minimum with the distance to centre 0, and potential[u] the sum over the rows of
 * the minimum of closest and the distance to centre u (u = 0: of closest itself). At most UP_NEAREST_TRIALS centres.
 */
extern void up_vec_nearest_trials(const UpNearest *c, const double *x, double *closest, double *potential);

#endif
