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

extern UpNeighbours *up_neighbours_new(uint32_t n_items, UpWeighting weighting);

/*
 * All items at work, each by itself. Items come in rounds, for which there is room; a part is some items of a round. What a part is told
 * begins with an UpNeighbourRound, and the arrays that it gets with room for what is found.
 */
typedef struct UpNeighbourRound
{
	uint32_t first, n; /* items of the round */
	uint32_t most;     /* neighbours of an item that are kept */
	uint32_t a_part;   /* items */
} UpNeighbourRound;

enum
{
	UP_NEIGHBOUR_COUNTS,
	UP_NEIGHBOUR_ITEMS,
	UP_NEIGHBOUR_VALUES,
	UP_NEIGHBOUR_ARRAYS
};

/* round: all that parts are told. arrays: from UP_NEIGHBOUR_ARRAYS on. */
extern void up_neighbours_share(UpNeighbours *b, uint32_t most, const char *phase, UpPart fn,
								UpNeighbourRound *round, size_t round_size, void **arrays, uint32_t n_arrays);
/* The items of a part, from … up to …. */
static inline uint32_t
up_neighbours_from(const UpNeighbourRound *round, uint32_t part)
{
	return round->first + part * round->a_part;
}

static inline uint32_t
up_neighbours_end(const UpNeighbourRound *round, uint32_t part)
{
	uint32_t end = round->first + round->n;

	return end - up_neighbours_from(round, part) > round->a_part
			   ? up_neighbours_from(round, part) + round->a_part
			   : end;
}

/*
 * In a part: the neighbours of an item, the most of these with the largest absolute values, equal ones by number; zeros are left
 * out. items and values are overwritten.
 */
extern void up_neighbours_keep(const UpNeighbourRound *round, void *const *arrays, uint32_t item,
							   uint32_t *items, float *values, uint32_t n);

/* The starts and the items of interactions, in large arrays, which parts see. */
extern uint64_t *up_neighbours_starts(const UpInteractions *x);
extern uint32_t *up_neighbours_items(const UpInteractions *x);

/* What recommender.h asks of a body. */
extern void up_neighbours_write(const void *body, UpWriter *w);
extern void *up_neighbours_read(UpReader *r, uint32_t n_items, uint32_t n_segments);
extern void up_neighbours_describe(const void *body, UpValue *info);
extern void up_neighbours_score(const void *body, const UpHistory *h, double *out);
extern bool up_neighbours_reason(const void *body, const UpHistory *h, uint32_t item, double *out);
extern void up_neighbours_similar(const void *body, uint32_t item, double *out);

/* All of these, of a recommender whose body is an UpNeighbours. */
#define UP_NEIGHBOURS_METHODS                                                                                  \
	.write = up_neighbours_write, .read = up_neighbours_read, .describe = up_neighbours_describe,              \
	.score = up_neighbours_score, .reason = up_neighbours_reason, .similar = up_neighbours_similar

#endif
