/*
 * batch_plan.h - which process trains on which fold, and what all of them see of it
 *
 * Of F folds and L lanes each lane has F / L of the work: McNaughton's wrap-around rule (1959) lays the folds one after the other on the
 * lanes, and the fold that goes over a lane's end is cut: its earlier trainings are the first of the one lane, its later ones the last of
 * the other.
 */
#ifndef UPROFILE_BATCH_PLAN_H
#define UPROFILE_BATCH_PLAN_H

#include "postgres.h"

#include "port/atomics.h"

#define UP_BATCH_NO_PAIR PG_UINT64_MAX
#define UP_BATCH_CUTS    2 /* places of a row of trainings where another process may go on, at most */

/* The trainings on a fold, and where their row may be cut. */
typedef struct UpBatchRow
{
	uint32 n;
	bool begins_anew; /* at a cut */
	uint32 n_cuts;
	uint32 cuts[UP_BATCH_CUTS];
} UpBatchRow;

enum
{
	UP_SEGMENT_FREE, /* all zeros */
	UP_SEGMENT_TAKEN,
	UP_SEGMENT_DONE
};

typedef struct UpBatchSegment
{
	uint32 fold, first, end;
	uint32 follows; /* 1 + the segment with the trainings before, on the same fold; 0: there are none */
	uint32 next;    /* 1 + the one with those after */
	uint32 room;    /* of those that another follows: which room is theirs */
	uint32 len;     /* of what is there */
	double start;   /* when it is to begin, in folds */
	pg_atomic_uint32 state;
} UpBatchSegment;

/* What all lanes see and change. */
typedef struct UpBatchBoard
{
	pg_atomic_uint32 next;   /* segment */
	pg_atomic_uint32 done;   /* trainings */
	pg_atomic_uint64 failed; /* training × folds + fold: the first of those that did */
	uint32 n_segments;
	UpBatchSegment segments[FLEXIBLE_ARRAY_MEMBER];
} UpBatchBoard;

/* At its thirds, or where trainings begin that have little of those before (begins; NULL: anywhere). */
extern UpBatchRow up_batch_row(uint32 n, const bool *begins);
/* A board for so many folds takes so many bytes; one without segments, made of zeros. */
extern size_t up_batch_board_size(uint32 n_folds);
extern UpBatchBoard *up_batch_board_init(void *zeros);
/* Segments for folds from first on, before end, on so many lanes, in the order in which they are to begin. */
extern void up_batch_plan(UpBatchBoard *board, const UpBatchRow *row, uint32 first, uint32 end, uint32 lanes);

#endif
