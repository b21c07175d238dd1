/*
 * held.h - numbers of columns as they come, row by row: in blocks, which all columns take from one memory, so that it has large pages
 */
#ifndef UPROFILE_HELD_H
#define UPROFILE_HELD_H

#include "base/platform.h"

#define UP_HELD_BLOCK 1024

/* Where blocks come from. */
typedef struct UpHeldMemory
{
	struct UpHeldRegion *regions; /* the last one first */
	double *next;
	size_t left, last; /* blocks: that are there, and that were asked for last */
	size_t in_use;     /* blocks of columns */
	bool large;        /* regions are large arrays */
} UpHeldMemory;

/* A column. */
typedef struct UpHeld
{
	double *next, *end; /* of the last block */
	double **blocks;
	size_t n_blocks, capacity;
	UpHeldMemory *memory;
} UpHeld;

/* Another block, where the last one is full. */
extern void up_held_extend(UpHeld *h);
/* Lets go of all of a column; memory goes with the last one. */
extern void up_held_free(UpHeld *h);
extern size_t up_held_count(const UpHeld *h);
extern void up_held_copy(const UpHeld *h, double *out);
/*
 * What other processes can see: the regions of a memory, the first one first. Blocks are numbered as they were asked for: where rows came one
 * by one, each block of the first column is followed by those that the other columns have of the same rows.
 */
extern size_t up_held_regions(const UpHeldMemory *m);
extern void up_held_list_regions(const UpHeldMemory *m, void **regions);
extern const double *up_held_region_block(void *const *regions, size_t number);

/* A process's rows as another one sees them. */
typedef struct UpHeldShare
{
	uint64_t rows;
	void *const *regions;
	const void *texts; /* what codes of texts stand for (texts.h) */
} UpHeldShare;

static inline void
up_held_add(UpHeld *h, double v)
{
	if (h->next == h->end)
		up_held_extend(h);
	*h->next++ = v;
}

static inline size_t
up_held_bytes(const UpHeld *h)
{
	return h->n_blocks * UP_HELD_BLOCK * sizeof(double);
}

static inline double
up_held_at(const UpHeld *h, size_t i)
{
	return h->blocks[i / UP_HELD_BLOCK][i % UP_HELD_BLOCK];
}

#endif
