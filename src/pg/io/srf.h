/*
 * srf.h - functions that return sets, materialized
 */
#ifndef UPROFILE_SRF_H
#define UPROFILE_SRF_H

#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/tuplestore.h"

#include "pg/io/stream_scan.h"

typedef struct UpSrf
{
	Tuplestorestate *store;
	TupleDesc desc;
	MemoryContext work, outer; /* up_srf_begin_work */
	TupleTableSlot *slot;      /* up_srf_tuple */
	UpStreamCall *asked;       /* the caller takes a stream: there is no store */
	struct UpCall *call;
} UpSrf;

/* Prepares the result; fails where a set is not wanted. Rows beyond work_mem go to disk. */
extern UpSrf *up_srf_begin(FunctionCallInfo fcinfo);
/* The same for a function that takes memory: what is allocated from here on goes with the end, which returns its value. */
extern UpSrf *up_srf_begin_work(FunctionCallInfo fcinfo);
extern Datum up_srf_end_work(UpSrf *srf);
/* The same where a stream is asked for: memory stays until the caller has had enough of it. */
extern Datum up_srf_end_stream(UpSrf *srf, UpRowStream stream);
/* A row that is a tuple already; it is copied. */
extern void up_srf_tuple(UpSrf *srf, MinimalTuple tuple);
extern void up_srf_row(UpSrf *srf, const Datum *values, const bool *nulls);

#endif
