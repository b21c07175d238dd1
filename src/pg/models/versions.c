/*
 * versions.c - looking after registered models: uprofile_prune_models, uprofile_rename_model, uprofile_comment_model
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"

/*
 * What stays: the newest versions, the deployed one, and the one that uprofile_rollback would go back to. The names are
 * locked in their order, so that two sessions that prune wait for each other instead of meeting crosswise.
 */
static const char *const prune =
	"WITH mine AS MATERIALIZED (SELECT name, deployed FROM %s.uprofile_model_names WHERE $2 IS NULL OR name = "
	"$2 "
	"ORDER BY name FOR UPDATE), "
	"deployments AS (SELECT model, version_id, row_number() OVER (PARTITION BY model ORDER BY id DESC) AS "
	"place "
	"FROM %s.uprofile_deployments WHERE NOT rolled_back), "
	"versions AS (SELECT v.id, v.model, octet_length(v.bytes) AS size, row_number() OVER (PARTITION BY v.model "
	"ORDER BY v.version DESC) AS place FROM %s.uprofile_model_versions v JOIN mine ON mine.name = v.model), "
	"dropped AS (DELETE FROM %s.uprofile_model_versions d USING versions v, mine m WHERE d.id = v.id AND "
	"m.name = "
	"v.model AND v.place > $1 AND m.deployed IS DISTINCT FROM v.id AND NOT EXISTS (SELECT FROM deployments p "
	"WHERE p.version_id = v.id AND p.place <= 2) RETURNING v.model, v.size) "
	"SELECT model, count(*)::int4 AS dropped, sum(size)::int8 AS bytes FROM dropped GROUP BY model ORDER BY "
	"model";

PG_FUNCTION_INFO_V1(uprofile_prune_models);
Datum
uprofile_prune_models(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Oid types[] = {INT4OID, TEXTOID};
	Datum values[] = {PG_GETARG_DATUM(0), PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1)};
	char nulls[] = {' ', PG_ARGISNULL(1) ? 'n' : ' ', '\0'};
	UpSrf *srf;
	UpRows r;

	if (PG_ARGISNULL(0) || PG_GETARG_INT32(0) < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("keep is %s, which is out of range",
							   PG_ARGISNULL(0) ? "NULL" : psprintf("%d", PG_GETARG_INT32(0))),
						errdetail("Allowed: 1 and more versions of each model.")));
	PreventCommandIfReadOnly("uprofile_prune_models()");
	if (PG_ARGISNULL(1))
		up_registry_guard(schema, RowExclusiveLock);
	else
		up_registry_lock(schema, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	r = up_query(false, psprintf(prune, schema, schema, schema, schema), lengthof(types), types, values, nulls);
	srf = up_srf_begin(fcinfo);
	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull[3];
		Datum row[] = {up_rows_get(&r, i, "model", &isnull[0]), up_rows_get(&r, i, "dropped", &isnull[1]),
					   up_rows_get(&r, i, "bytes", &isnull[2])};

		up_srf_row(srf, row, isnull);
	}
	return (Datum) 0;
}

/* A profile's models are its own. */
static void
refuse_profiles(const char *name)
{
	if (strchr(name, '.') != NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("model \"%s\" belongs to a profile", name),
						errhint("Change it with uprofile_alter(profile, models => …).")));
}

PG_FUNCTION_INFO_V1(uprofile_rename_model);
Datum
uprofile_rename_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0)), *new_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {PG_GETARG_DATUM(1), PG_GETARG_DATUM(0)};

	up_registry_lock(schema, name);
	refuse_profiles(name);
	up_registry_check_name(new_name);
	/* The row that claims the new name tells whether it is free, also of names that the caller cannot see. */
	if (!up_registry_add_name(schema, new_name))
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("model \"%s\" already exists", new_name),
						errdetail("Model names are unique in a database."), errhint("Choose another name.")));
	up_query(false, psprintf("DELETE FROM %s.uprofile_model_names WHERE name = $1", schema), 1, types, values,
			 NULL);
	up_query(false, psprintf("UPDATE %s.uprofile_model_names SET name = $1 WHERE name = $2", schema), 2, types,
			 values, NULL);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_comment_model);
Datum
uprofile_comment_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	char nulls[] = {' ', PG_ARGISNULL(1) ? 'n' : ' ', '\0'};

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the model's name must not be NULL")));
	up_registry_lock(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	up_query(false, psprintf("UPDATE %s.uprofile_model_names SET comment = $2 WHERE name = $1", schema), 2,
			 types, values, nulls);
	PG_RETURN_VOID();
}
