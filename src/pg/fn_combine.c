/*
 * fn_combine.c - uprofile_subtract: a model without rows that it has learned
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "learn/combine.h"
#include "pg/model_cache.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

static bytea *
model_bytes(const UpModel *m)
{
	UpWriter w;
	bytea *result;

	up_writer_init(&w);
	up_put_model(&w, m);
	if (w.len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the model of %zu MB is larger than a value can be", w.len / (1024 * 1024)),
						errdetail("PostgreSQL's values hold up to 1 GB.")));
	result = palloc(w.len + VARHDRSZ);
	SET_VARSIZE(result, w.len + VARHDRSZ);
	memcpy(VARDATA(result), w.bytes, w.len);
	return result;
}

PG_FUNCTION_INFO_V1(uprofile_subtract);
Datum
uprofile_subtract(PG_FUNCTION_ARGS)
{
	UpModel *model = up_model_parse(PG_GETARG_BYTEA_PP(0));
	UpModel *part = up_model_parse(PG_GETARG_BYTEA_PP(1));

	PG_RETURN_BYTEA_P(model_bytes(up_model_subtract(model, part)));
}
