/*
 * validate_inner.h - what a validation is made of: validate.c trains and measures, validate_image.c takes it to another process
 */
#ifndef UPROFILE_VALIDATE_INNER_H
#define UPROFILE_VALIDATE_INNER_H

#include "assess/measure.h"
#include "assess/splits.h"
#include "learn/reuse.h"
#include "learn/train.h"

#define MOST_KEPT 16 /* ways of preparing the rows that are kept */

/* A fold prepared in one way. */
typedef struct Fold
{
	UpPrepared *prepared; /* the rows to train on; NULL: not needed yet */
	UpReuse *reuse;       /* where trainings share something, else NULL */
	bool again;           /* there was a training on it */
	UpData tried;         /* the rows to be tried */
	double *actual;       /* their labels */
	double *x;            /* and features; NULL: they are encoded each time */
} Fold;

/* What solutions are kept of a fold that is prepared in one way. */
typedef struct WayPath
{
	char *how;
	UpPath *path;
} WayPath;

typedef struct FoldPaths
{
	UpArena *arena; /* NULL: there is nothing yet */
	uint32_t n, capacity;
	WayPath *ways;
} FoldPaths;

/* The folds prepared in one way. */
typedef struct Kept
{
	char *how;
	UpArena *arena;
	Fold *folds; /* one a repeat and fold */
} Kept;

typedef struct UpValidation
{
	UpTraining training;
	UpPrepared *all;
	const size_t *order;
	const UpSplitFolds *folds;
	double *place; /* of each row among those of its class, shuffled: 0 … 1; NULL: not needed yet */
	Kept kept[MOST_KEPT];
	uint32_t n_kept, next_kept;
	FoldPaths *paths; /* one a repeat and fold; NULL: not needed yet */
	uint32_t stage;   /* reuse.h */
	uint32_t n_constant;
	bool sharing;
	double path_end;          /* NaN: not known */
	size_t most;              /* bytes that may be kept of all folds */
	size_t *left;             /* of these those that are free, one a repeat and fold */
	const UpMeasure *measure; /* the only one that is asked for, or NULL */
	double *out;              /* where answers go, or NULL */
} UpValidation;

/* As up_validation_new for rows in this order, of which complete (one byte a value) says what is never missing. */
extern UpValidation *up_validation_over(const UpTraining *t, const size_t *order, uint8_t *complete);
/* The solutions of this fold and way, or an empty path of them. */
extern UpPath *up_validation_path_of(UpValidation *v, uint32_t fold, const char *how);

#endif
