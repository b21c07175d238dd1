/*
 * pin.c - a version that stays deployed: uprofile_pin_model, uprofile_unpin_model
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/models/registry.h"

static void
set_pinned(const char *schema, const char *name, bool pinned)
{
	Oid types[] = {TEXTOID, BOOLOID};
	Datum values[] = {CStringGetTextDatum(name), BoolGetDatum(pinned)};

	up_query(false, psprintf("UPDATE %s.uprofile_model_names SET pinned = $2 WHERE name = $1", schema), 2,
			 types, values, NULL);
}

PG_FUNCTION_INFO_V1(uprofile_pin_model);
Datum
uprofile_pin_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	int32 previous, version;
	char *name;
	int64 id;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the model's name must not be NULL")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	previous = up_registry_lock_deployed(schema, name);
	version = PG_ARGISNULL(1) ? previous : PG_GETARG_INT32(1);
	if (version == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("no version of model \"%s\" is deployed", name),
						errhint("Say which: uprofile_pin_model('%s', version).", name)));
	id = up_registry_deployable(schema, name, version);
	set_pinned(schema, name, false);
	if (version != previous)
		up_registry_deploy(schema, name, id);
	set_pinned(schema, name, true);
	up_registry_return_deployment(fcinfo, name, version, previous);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_unpin_model);
Datum
uprofile_unpin_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	up_registry_lock(schema, name);
	set_pinned(schema, name, false);
	PG_RETURN_VOID();
}
