/*
 * srf.h - functions that return sets, materialized
 */
#ifndef UPROFILE_SRF_H
#define UPROFILE_SRF_H

#include "fmgr.h"
#include "utils/tuplestore.h"

typedef struct UpSrf
{
	Tuplestorestate *store;
	TupleDesc desc;
} UpSrf;

/* Prepares the result; fails where a set is not wanted. Rows beyond work_mem go to disk. */
extern UpSrf *up_srf_begin(FunctionCallInfo fcinfo);
extern void up_srf_row(UpSrf *srf, const Datum *values, const bool *nulls);

#endif
