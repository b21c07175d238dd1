/*
 * fn_report.c - uprofile_report, uprofile_report_model: pages for people
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/models/registry.h"
#include "pg/models/report_model.h"
#include "pg/profiles/profile_report.h"
#include "pg/progress.h"
#include "pg/sql/arguments.h"

PG_FUNCTION_INFO_V1(uprofile_report);
Datum
uprofile_report(PG_FUNCTION_ARGS)
{
	UpCall *call = up_call_begin_function(fcinfo);
	char *page =
		up_report_profile(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));

	up_call_end(call);
	PG_RETURN_TEXT_P(cstring_to_text(page));
}

PG_FUNCTION_INFO_V1(uprofile_report_user);
Datum
uprofile_report_user(PG_FUNCTION_ARGS)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	Datum key;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	key = PG_GETARG_DATUM(1);
	/* A literal. */
	if (type == UNKNOWNOID)
	{
		type = TEXTOID;
		key = CStringGetTextDatum(DatumGetCString(key));
	}
	PG_RETURN_TEXT_P(cstring_to_text(up_report_user(up_schema_of_function(fcinfo->flinfo->fn_oid),
													text_to_cstring(PG_GETARG_TEXT_PP(0)), type, key)));
}

PG_FUNCTION_INFO_V1(uprofile_report_model);
Datum
uprofile_report_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpCall *call;
	char *name, *page;
	int64 id;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	call = up_call_begin_function(fcinfo);
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (PG_ARGISNULL(1))
		id = up_registry_deployed(schema, name);
	else
	{
		up_registry_find(schema, name);
		id = up_registry_version(schema, name, PG_GETARG_INT32(1));
	}
	page = up_report_model(schema, name, id);
	up_call_end(call);
	PG_RETURN_TEXT_P(cstring_to_text(page));
}
