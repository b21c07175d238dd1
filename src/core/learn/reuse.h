/*
 * reuse.h - what trainings of one algorithm on the same prepared rows share
 *
 * Who trains more than once on them gives each training the same UpReuse. A learner keeps in it what it has made of the rows, and what
 * other parameters can go on from: the rounds of a boosting, the solution for another C. A training with it gives what one without
 * gives: the same, or within the tolerance of its solver. It keeps no more than may be kept, and then works without.
 *
 * A training can be left by a failure at any time: what is kept is whole, or not there.
 */
#ifndef UPROFILE_REUSE_H
#define UPROFILE_REUSE_H

#include "base/codec.h"

#define UP_PATH_POINTS 32

/* A solution, and what it was the solution for. */
typedef struct UpPathPoint
{
	char *family; /* all parameters that matter, but C */
	double C;
	size_t n;
	double *w;
} UpPathPoint;

/* Solutions on the same rows; beside what they were made of, since they are small and can be sent. */
typedef struct UpPath
{
	UpArena *arena;
	uint32_t n_points, next_point;
	UpPathPoint points[UP_PATH_POINTS];
} UpPath;

typedef struct UpReuse
{
	UpArena *arena;
	size_t *left; /* bytes that may still be kept, here and elsewhere together */
	size_t taken; /* of them, here */
	void *kept;   /* the learner's own */
	double
		path_end; /* the greatest value of the learner's path that will be asked for, INFINITY: any; NaN: not known */
	UpPath *path; /* or NULL */
	/*
	 * Where the trainings of a row of them may be continued by another process, which has the path and nothing else: there the number
	 * changes, and what is kept must decide on no solution as what was made anew would not.
	 */
	uint32_t stage;
} UpReuse;

extern UpReuse *up_reuse_new(UpArena *arena, size_t *left);
/* Counts bytes that are to be kept; false: there is no room, or nothing to be kept in (reuse NULL). */
extern bool up_reuse_take(UpReuse *reuse, size_t bytes);
extern void up_reuse_give_back(UpReuse *reuse, size_t bytes);

extern UpPath *up_path_new(UpArena *arena);
extern void up_put_path(UpWriter *w, const UpPath *path);
/* In place of the points that are there. */
extern void up_get_path(UpReader *r, UpPath *path);

/* The solution of this family for the nearest C, or NULL. */
extern const UpPathPoint *up_path_nearest(const UpReuse *reuse, const char *family, double C);
/*
 * Where solutions run smoothly along C: what those that are kept let expect for this one, to w (n values of each). False, and w as it was:
 * there are too few, or the nearest was not to be expected from the others.
 */
extern bool up_path_extend(const UpReuse *reuse, const char *family, double C, double *w, size_t n);
/* Keeps a solution of n values; of many the oldest goes. */
extern void up_path_add(UpReuse *reuse, const char *family, double C, const double *w, size_t n);

#endif
