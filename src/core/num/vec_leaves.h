/*
 * vec_leaves.h - which leaf of a small tree each of many rows falls to
 */
#ifndef UPROFILE_VEC_LEAVES_H
#define UPROFILE_VEC_LEAVES_H

#include "base/platform.h"

#define UP_LEAVES_MOST 256 /* of a tree */
#define UP_LEAVES_ROWS 128 /* that are asked together */
#define UP_LEAVES_SIGN 128 /* codes and bins are numbers with a sign: less this */

/* A split; splits stand in preorder, the left side first. */
typedef struct UpLeavesSplit
{
	uint32_t column; /* of codes, in bytes from the first */
	int16_t subset;  /* its number, or -1 */
	uint16_t leaves; /* that follow it, before the next split */
	int8_t bin;      /* codes above it go right; not of subsets */
} UpLeavesSplit;

/*
 * Codes of UP_LEAVES_ROWS rows, side by side in each column, which begins at a multiple of that, as the splits' columns do. subsets: 32 bytes
 * each, a bit a code (without a sign): those that are set go right. says: the numbers of the leaves, in preorder, one a row.
 */
extern void up_vec_leaves(const UpLeavesSplit *splits, uint32_t n_splits, const uint8_t *subsets,
						  const int8_t *codes, uint8_t *says);
/* The same by the version of this level (kernels.h); false: not on this machine. */
extern bool up_vec_leaves_level(int level, const UpLeavesSplit *splits, uint32_t n_splits,
								const uint8_t *subsets, const int8_t *codes, uint8_t *says);
/* Up to how many leaves that is faster than to walk, on this machine. */
extern uint32_t up_vec_leaves_worth(void);

#endif
