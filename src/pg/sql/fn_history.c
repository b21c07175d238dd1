/*
 * fn_history.c - uprofile_history and uprofile_as_of: the past of a profile
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/profiles/history_read.h"

PG_FUNCTION_INFO_V1(uprofile_history);
Datum
uprofile_history(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);

	if (!PG_ARGISNULL(0))
		up_history_of_user(fcinfo, 1, up_schema_of_function(fcinfo->flinfo->fn_oid),
						   text_to_cstring(PG_GETARG_TEXT_PP(0)), srf);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_as_of);
Datum
uprofile_as_of(PG_FUNCTION_ARGS)
{
	Oid type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 0));
	UpSrf *srf;

	if (!OidIsValid(get_typ_typrelid(type)))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("type %s is not that of a profile's rows", format_type_be(type)),
						errhint("Give NULL::<profile>_profile, the row type of the profile's table.")));
	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the time must not be NULL")));
	srf = up_srf_begin_work(fcinfo);
	up_history_as_of(type, PG_GETARG_TIMESTAMPTZ(1), srf);
	return up_srf_end_work(srf);
}
