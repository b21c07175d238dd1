/*
 * neighbours.h - what each item says of others: a sparse matrix of items by items
 */
#ifndef UPROFILE_NEIGHBOURS_H
#define UPROFILE_NEIGHBOURS_H

#include "learn/recommend/weighting.h"

typedef struct UpNeighbours
{
	uint32_t n_items;
	UpWeighting weighting; /* of the history's items */
	uint64_t *starts;      /* [n_items + 1] into what follows */
	uint32_t *items;       /* ascending within an item, never itself */
	float *values;         /* not 0 */
	size_t capacity;
} UpNeighbours;

/* Grows by one item after the other; most: the most neighbours of one. */
extern UpNeighbours *up_neighbours_new(uint32_t n_items, UpWeighting weighting);
/*
 * The neighbours of the next item (by number): the most of these with the largest absolute values, equal ones by number; zeros are left
 * out. items and values are overwritten.
 */
extern void up_neighbours_add(UpNeighbours *b, uint32_t item, uint32_t *items, float *values, uint32_t n,
							  uint32_t most);

/* What recommender.h asks of a body. */
extern void up_neighbours_write(const void *body, UpWriter *w);
extern void *up_neighbours_read(UpReader *r, uint32_t n_items, uint32_t n_segments);
extern void up_neighbours_describe(const void *body, UpValue *info);
extern void up_neighbours_score(const void *body, const UpHistory *h, double *out);
extern bool up_neighbours_reason(const void *body, const UpHistory *h, uint32_t item, double *out);
extern void up_neighbours_similar(const void *body, uint32_t item, double *out);

#endif
