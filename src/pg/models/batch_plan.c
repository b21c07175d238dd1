/*
 * batch_plan.c - which process trains on which fold; see batch_plan.h
 */
#include "postgres.h"

#include "num/sort.h"
#include "pg/models/batch_plan.h"

#include <math.h>

/*
 * What a process does on a fold before its first training there, and what that one takes more than those that go on from it, in such
 * trainings: of linear machines as of 100,000 rows. Where rows of trainings begin anew they are long ones, beside which both are little.
 */
#define PREPARING 8
#define BEGINNING 6

size_t
up_batch_board_size(uint32 n_folds)
{
	return offsetof(UpBatchBoard, segments) + sizeof(UpBatchSegment) * 2 * (size_t) n_folds;
}

UpBatchBoard *
up_batch_board_init(void *zeros)
{
	UpBatchBoard *board = zeros;

	pg_atomic_init_u32(&board->next, 0);
	pg_atomic_init_u32(&board->done, 0);
	pg_atomic_init_u64(&board->failed, UP_BATCH_NO_PAIR);
	return board;
}

UpBatchRow
up_batch_row(uint32 n, const bool *begins)
{
	UpBatchRow row = {.n = n, .begins_anew = begins != NULL};

	for (uint32 i = 1; i <= UP_BATCH_CUTS; i++)
	{
		uint32 at = (uint32) ((uint64) n * i / (UP_BATCH_CUTS + 1));

		while (begins != NULL && at > 0 && !begins[at])
			at--;
		if (at > 0 && (row.n_cuts == 0 || at > row.cuts[row.n_cuts - 1]))
			row.cuts[row.n_cuts++] = at;
	}
	return row;
}

/*
 * The cut by which no lane has much more than its share, which of this fold is over on the one and the rest on the other; 0: that is so if
 * it stays whole.
 */
static uint32
best_cut(const UpBatchRow *row, double over)
{
	double preparing = row->begins_anew ? 0 : PREPARING, beginning = row->begins_anew ? 0 : BEGINNING;
	double whole = preparing + beginning + row->n, least = Min(over, 1 - over) * whole;
	uint32 best = 0;

	for (uint32 i = 0; i < row->n_cuts; i++)
	{
		double earlier = preparing + beginning + row->cuts[i], later = preparing + row->n - row->cuts[i];
		double most = Max(earlier - over * whole, later - (1 - over) * whole);

		if (most < least)
		{
			least = most;
			best = row->cuts[i];
		}
	}
	return best;
}

static UpBatchSegment *
add_segment(UpBatchBoard *board, uint32 fold, uint32 first, uint32 end, double start)
{
	UpBatchSegment *s = &board->segments[board->n_segments++];

	memset(s, 0, sizeof(UpBatchSegment));
	s->fold = fold;
	s->first = first;
	s->end = end;
	s->start = start;
	return s;
}

static int
compare_starts(const void *a, const void *b)
{
	const UpBatchSegment *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->fold != y->fold ? (x->fold < y->fold ? -1 : 1) : (x->first < y->first ? -1 : x->first > y->first);
}

/* The two parts of a fold that was cut know each other. */
static void
join_segments(UpBatchBoard *board)
{
	uint32 rooms = 0;

	for (uint32 i = 0; i < board->n_segments; i++)
	{
		for (uint32 j = 0; board->segments[i].first > 0 && j < board->n_segments; j++)
		{
			if (board->segments[j].fold != board->segments[i].fold || board->segments[j].first > 0)
				continue;
			Assert(j < i);
			board->segments[i].follows = j + 1;
			board->segments[j].next = i + 1;
			board->segments[j].room = rooms++;
		}
	}
}

void
up_batch_plan(UpBatchBoard *board, const UpBatchRow *row, uint32 first, uint32 end, uint32 lanes)
{
	double each = (double) (end - first) / lanes;

	board->n_segments = 0;
	for (uint32 fold = first; fold < end; fold++)
	{
		double from = fold - first, lane = floor(from / each + 1e-9), over = from + 1 - (lane + 1) * each;
		uint32 cut = over > 1e-9 && over < 1 - 1e-9 && each >= 1 ? best_cut(row, over) : 0;

		/* What goes over the lane's end is done first, on the next one. */
		if (cut > 0)
		{
			(void) add_segment(board, fold, 0, cut, 0);
			(void) add_segment(board, fold, cut, row->n, from - lane * each);
		}
		else
			(void) add_segment(board, fold, 0, row->n, Max(from - lane * each, 0));
	}
	up_sort(board->segments, board->n_segments, sizeof(UpBatchSegment), compare_starts);
	for (uint32 i = 0; i < board->n_segments; i++)
		pg_atomic_init_u32(&board->segments[i].state, UP_SEGMENT_FREE);
	join_segments(board);
}
