/*
 * fn_combine.c - uprofile_subtract: a model without rows that it has learned
 */
#include "postgres.h"

#include "fmgr.h"

#include "learn/combine.h"
#include "pg/models/model_cache.h"

PG_FUNCTION_INFO_V1(uprofile_subtract);
Datum
uprofile_subtract(PG_FUNCTION_ARGS)
{
	UpModel *model = up_model_parse(PG_GETARG_BYTEA_PP(0));
	UpModel *part = up_model_parse(PG_GETARG_BYTEA_PP(1));

	PG_RETURN_BYTEA_P(up_model_bytes(up_model_subtract(model, part)));
}
