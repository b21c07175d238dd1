/*
 * replay.c - a reading that is gone through more than once; see replay.h
 *
 * One snapshot gives the same rows to each run, but for sources that call volatile functions or draw a sample: what was counted of the first
 * run would not be so of the second. Their rows are kept in the first, in files where they are many, and later runs take them from there.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "base/platform.h"
#include "pg/io/replay.h"

struct UpReplay
{
	UpReading *reading;
	Tuplestorestate *kept; /* NULL: each run gives the same */
	bool is_kept;
	UpRowFn row; /* of the run */
	void *arg;
};

UpReplay *
up_replay_new(UpReading *reading)
{
	UpReplay *r = palloc0(sizeof(UpReplay));

	r->reading = reading;
	if (up_reading_varies(reading))
		r->kept = tuplestore_begin_heap(false, false, work_mem);
	return r;
}

static void
keep_row(void *arg, TupleTableSlot *slot)
{
	UpReplay *r = arg;

	tuplestore_puttupleslot(r->kept, slot);
	r->row(r->arg, slot);
}

static void
run_kept(UpReplay *r)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(up_reading_columns(r->reading), &TTSOpsMinimalTuple);

	tuplestore_rescan(r->kept);
	while (tuplestore_gettupleslot(r->kept, true, false, slot))
	{
		up_tick();
		r->row(r->arg, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
}

void
up_replay_run(UpReplay *r, UpRowFn row, void *arg)
{
	r->row = row;
	r->arg = arg;
	if (r->is_kept)
		run_kept(r);
	else if (r->kept == NULL)
		up_reading_run(r->reading, NULL, row, arg);
	else
		up_reading_run(r->reading, NULL, keep_row, r);
	r->is_kept = r->kept != NULL;
}

void
up_replay_end(UpReplay *r)
{
	if (r->kept != NULL)
		tuplestore_end(r->kept);
	up_reading_end(r->reading);
}
