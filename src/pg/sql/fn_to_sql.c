/*
 * fn_to_sql.c - uprofile_to_sql: a model as one SQL expression
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "learn/to_sql.h"
#include "pg/models/model_cache.h"

static Datum
expression(FunctionCallInfo fcinfo, const UpModel *m)
{
	return CStringGetTextDatum(
		up_model_to_sql(m, PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

PG_FUNCTION_INFO_V1(uprofile_to_sql);
Datum
uprofile_to_sql(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return expression(fcinfo, up_model_parse(PG_GETARG_BYTEA_PP(0)));
}

PG_FUNCTION_INFO_V1(uprofile_to_sql_named);
Datum
uprofile_to_sql_named(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return expression(fcinfo, up_model_use_named(fcinfo, 0)->model);
}
