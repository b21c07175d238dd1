/*
 * srf.c - functions that return sets, materialized; see srf.h
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/io/srf.h"
#include "pg/progress.h"
#include "pg/servers.h"

UpSrf *
up_srf_begin(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext outer;
	UpSrf *srf;
	TypeFuncClass kind;
	Oid type;

	if (rsinfo == NULL || !IsA(rsinfo, ReturnSetInfo))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in context that cannot accept a set")));
	if ((rsinfo->allowedModes & UP_SRF_STREAM) != 0)
	{
		srf = palloc0(sizeof(UpSrf));
		srf->asked = (UpStreamCall *) rsinfo;
		srf->desc = rsinfo->expectedDesc;
		return srf;
	}
	if ((rsinfo->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("materialize mode required, but it is not allowed in this context")));
	outer = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	srf = palloc0(sizeof(UpSrf));
	kind = get_call_result_type(fcinfo, &type, &srf->desc);
	if (kind == TYPEFUNC_COMPOSITE)
		srf->desc = CreateTupleDescCopy(srf->desc);
	else if (kind == TYPEFUNC_SCALAR)
	{
		srf->desc = CreateTemplateTupleDesc(1);
		TupleDescInitEntry(srf->desc, 1, "value", type, -1, 0);
		up_columns_done(srf->desc);
	}
	else
		elog(ERROR, "return type must be a row type or a type");
	srf->store = tuplestore_begin_heap((rsinfo->allowedModes & SFRM_Materialize_Random) != 0, false, work_mem);
	rsinfo->returnMode = SFRM_Materialize;
	rsinfo->setResult = srf->store;
	rsinfo->setDesc = srf->desc;
	MemoryContextSwitchTo(outer);
	return srf;
}

UpSrf *
up_srf_begin_work(FunctionCallInfo fcinfo)
{
	UpSrf *srf = up_srf_begin(fcinfo);

	srf->work = AllocSetContextCreate(CurrentMemoryContext, "uprofile function", ALLOCSET_DEFAULT_SIZES);
	srf->outer = MemoryContextSwitchTo(srf->work);
	/* It ends with the work's memory. */
	srf->call = up_call_begin_function(fcinfo);
	return srf;
}

Datum
up_srf_end_work(UpSrf *srf)
{
	MemoryContextSwitchTo(srf->outer);
	MemoryContextDelete(srf->work);
	return (Datum) 0;
}

Datum
up_srf_end_stream(UpSrf *srf, UpRowStream stream)
{
	srf->asked->stream = stream;
	MemoryContextSwitchTo(srf->outer);
	up_call_end(srf->call);
	return (Datum) 0;
}

void
up_srf_row(UpSrf *srf, const Datum *values, const bool *nulls)
{
	tuplestore_putvalues(srf->store, srf->desc, unconstify(Datum *, values), unconstify(bool *, nulls));
}

void
up_srf_tuple(UpSrf *srf, MinimalTuple tuple)
{
	if (srf->slot == NULL)
		srf->slot = MakeSingleTupleTableSlot(srf->desc, &TTSOpsMinimalTuple);
	ExecStoreMinimalTuple(tuple, srf->slot, false);
	tuplestore_puttupleslot(srf->store, srf->slot);
}
