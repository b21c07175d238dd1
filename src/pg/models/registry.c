/*
 * registry.c - named models in the extension's tables; row-level security decides what the caller sees
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/params.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"
#include "pg/models/shared.h"

#define CLAIMS        3  /* of a name that others drop meanwhile */
#define LONGEST_SHOWN 64 /* bytes of what was given as a name */

const char *
up_schema_of_function(Oid function)
{
	return quote_identifier(get_namespace_name(get_func_namespace(function)));
}

/* One text argument, the model's name; all rows. */
static UpRows
query_by_name(bool read_only, const char *query, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);

	return up_query(read_only, query, 1, &type, &value, NULL);
}

static void
fail_unknown(const char *schema, const char *name)
{
	if (up_shared_deployed(schema, name) >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for model \"%s\"", name),
				 errdetail("It is shared with you for use: for predictions, explanations and "
						   "uprofile_model_info by name."),
				 errhint("Its owner can share it wholly: uprofile_share(model, role, 'own').")));
	/* A driver that has sent bytes as text: a name begins so by chance at most. */
	if (pg_strncasecmp(name, "\\x55505246", 10) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("model \"%.*s...\" does not exist",
							   pg_mbcliplen(name, (int) strlen(name), LONGEST_SHOWN), name),
						errhint("These are the bytes of a model as text: cast them to bytea.")));
	if (up_works_for_node())
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" does not exist on this node", name),
			 errdetail("Each node has models of its own; this one works for another."),
			 errhint("Give the model itself: uprofile_predict((SELECT uprofile_model(%s)), …), or a column of "
					 "a reference table that keeps it.",
					 quote_literal_cstr(name))));
	up_fail_unknown("model", name,
					psprintf("SELECT name FROM %s.uprofile_model_names ORDER BY name LIMIT 1000", schema));
}

static void
fail_without_version(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("model \"%s\" has no deployed version", name),
			 strchr(name, '.') != NULL ? errhint("A profile's models are trained by uprofile_refresh(profile).")
									   : errhint("Choose one with uprofile_deploy(model, version).")));
}

/* -1: there is no such model for the caller. A version of another model does not count, whatever a row says. */
static int64
find_deployed(bool read_only, const char *schema, const char *name)
{
	UpRows r;
	bool isnull;

	r = query_by_name(
		read_only,
		psprintf("SELECT coalesce(v.id, 0) AS id FROM %s.uprofile_model_names n LEFT JOIN "
				 "%s.uprofile_model_versions v ON v.id = n.deployed AND v.model = n.name WHERE n.name = $1",
				 schema, schema),
		name);
	return r.n == 0 ? -1 : DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

static int64
deployed(bool read_only, const char *schema, const char *name)
{
	int64 id;

	up_registry_guard(schema, AccessShareLock);
	id = find_deployed(read_only, schema, name);
	if (id < 0)
		fail_unknown(schema, name);
	if (id == 0)
		fail_without_version(name);
	return id;
}

int64
up_registry_deployed(const char *schema, const char *name)
{
	return deployed(true, schema, name);
}

int64
up_registry_deployed_now(const char *schema, const char *name)
{
	return deployed(false, schema, name);
}

void
up_registry_find(const char *schema, const char *name)
{
	up_registry_guard(schema, AccessShareLock);
	if (find_deployed(true, schema, name) < 0)
		fail_unknown(schema, name);
}

int64
up_registry_usable(const char *schema, const char *name, bool *shared)
{
	int64 id;

	up_registry_guard_prediction(schema);
	id = find_deployed(true, schema, name);
	*shared = id < 0;
	if (id < 0)
		id = up_shared_deployed(schema, name);
	if (id < 0)
		fail_unknown(schema, name);
	if (id == 0)
		fail_without_version(name);
	return id;
}

static bytea *
bytes_of(bool read_only, const char *schema, int64 id)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	UpRows r =
		up_query(read_only, psprintf("SELECT bytes FROM %s.uprofile_model_versions WHERE id = $1", schema), 1,
				 &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("a deployed version of a model is not there")));
	return (bytea *) PG_DETOAST_DATUM_COPY(up_rows_get(&r, 0, "bytes", &isnull));
}

bytea *
up_registry_bytes(const char *schema, int64 id)
{
	return bytes_of(true, schema, id);
}

bytea *
up_registry_bytes_now(const char *schema, int64 id)
{
	return bytes_of(false, schema, id);
}

void
up_registry_check_name(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("a model's name must not be empty")));
	if (strchr(name, '.') != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("model name \"%s\" has a dot", name),
						errdetail("Names with a dot are those of profiles' models: profile.model."),
						errhint("Choose a name without a dot. What belongs to a profile is trained by "
								"uprofile_refresh(profile, retrain => 'all').")));
}

/* Before anything is read or locked. */
static void
check_may_write(const char *name)
{
	if (RecoveryInProgress())
		ereport(
			ERROR,
			(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
			 errmsg("model \"%s\" cannot be trained or changed on a standby", name),
			 errhint("Do it on the primary. Predictions by name work here and follow what is deployed there; "
					 "aggregates train here, without a name.")));
	if (XactReadOnly)
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("model \"%s\" cannot be trained or changed in a read-only transaction", name)));
}

bool
up_registry_add_name(const char *schema, const char *name)
{
	return query_by_name(
			   false,
			   psprintf("INSERT INTO %s.uprofile_model_names (name) VALUES ($1) ON CONFLICT DO NOTHING",
						schema),
			   name)
			   .processed > 0;
}

/* So that trainings of one model number their versions one after the other. False: there is no such model for the caller. */
static bool
lock_name(const char *schema, const char *name)
{
	return query_by_name(
			   false, psprintf("SELECT name FROM %s.uprofile_model_names WHERE name = $1 FOR UPDATE", schema),
			   name)
			   .n > 0;
}

void
up_registry_claim(const char *schema, const char *name)
{
	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	/* A name of the caller's own may be dropped in between; another role's is seen by neither step. */
	for (int times = 0; times < CLAIMS; times++)
	{
		(void) up_registry_add_name(schema, name);
		if (lock_name(schema, name))
			return;
	}
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("model name \"%s\" is taken by another role", name),
					errdetail("Model names are unique in a database, and so are known to everybody in it."),
					errhint("Choose another name.")));
}

int32
up_registry_next_version(const char *schema, const char *name)
{
	UpRows r = query_by_name(
		false,
		psprintf(
			"UPDATE %s.uprofile_model_names n SET last_version = greatest(n.last_version, (SELECT "
			"max(v.version) FROM %s.uprofile_model_versions v WHERE v.model = n.name)) + 1 WHERE n.name = $1 "
			"RETURNING n.last_version",
			schema, schema),
		name);
	bool isnull;

	return DatumGetInt32(up_rows_get(&r, 0, "last_version", &isnull));
}

int64
up_registry_store(const char *schema, const UpNewVersion *v)
{
	bool here = !isnan(v->seconds);
	Oid types[] = {TEXTOID, INT4OID,  TEXTOID,   TEXTOID,   TEXTOID, TEXTOID, TEXTOID,
				   TEXTOID, JSONBOID, FLOAT8OID, INT8OID,   INT8OID, INT4OID, JSONBOID,
				   TEXTOID, BYTEAOID, BYTEAOID,  FLOAT8OID, TEXTOID};
	Datum values[] = {
		CStringGetTextDatum(v->name),
		Int32GetDatum(v->version),
		CStringGetTextDatum(v->algorithm),
		CStringGetTextDatum(v->task),
		CStringGetTextDatum(v->source),
		CStringGetTextDatum(GetConfigOption("search_path", false, false)),
		v->target != NULL ? CStringGetTextDatum(v->target) : (Datum) 0,
		v->key != NULL ? CStringGetTextDatum(v->key) : (Datum) 0,
		JsonbPGetDatum(up_value_to_jsonb(v->params)),
		Float8GetDatum(v->test_size),
		Int64GetDatum(v->rows_trained),
		Int64GetDatum(v->rows_tested),
		Int32GetDatum(v->n_features),
		JsonbPGetDatum(up_value_to_jsonb(v->metrics)),
		v->note != NULL ? CStringGetTextDatum(v->note) : (Datum) 0,
		PointerGetDatum(v->bytes),
		PointerGetDatum(v->holdout),
		Float8GetDatum(v->seconds),
		v->key_form != NULL ? CStringGetTextDatum(v->key_form) : (Datum) 0,
	};
	char nulls[] = "                   ";
	UpRows r;
	bool isnull;

	nulls[6] = v->target == NULL ? 'n' : ' ';
	nulls[7] = v->key == NULL ? 'n' : ' ';
	nulls[14] = v->note == NULL ? 'n' : ' ';
	nulls[16] = v->holdout == NULL ? 'n' : ' ';
	nulls[17] = here ? ' ' : 'n';
	nulls[18] = v->key_form == NULL ? 'n' : ' ';
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_model_versions (model, version, algorithm, task, source, "
				 "source_path, target, key_column, params, test_size, n_rows, n_test_rows, n_features, "
				 "metrics, note, bytes, holdout, seconds, key_form, extension_version) VALUES ($1, $2, $3, $4, "
				 "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "
				 "CASE WHEN $18 IS NOT NULL THEN "
				 "(SELECT extversion FROM pg_extension WHERE extname = 'uprofile') END) RETURNING id",
				 schema),
		lengthof(types), types, values, nulls);
	return DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

int32
up_registry_pinned(const char *schema, const char *name)
{
	UpRows r = query_by_name(
		false,
		psprintf("SELECT v.version FROM %s.uprofile_model_names n JOIN "
				 "%s.uprofile_model_versions v ON v.id = n.deployed WHERE n.name = $1 AND n.pinned",
				 schema, schema),
		name);
	bool isnull;

	return r.n > 0 ? DatumGetInt32(up_rows_get(&r, 0, "version", &isnull)) : 0;
}

void
up_registry_check_unpinned(const char *schema, const char *name)
{
	int32 version = up_registry_pinned(schema, name);

	if (version > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("model \"%s\" is pinned to version %d", name, version),
						errhint("uprofile_unpin_model('%s') lets another version be deployed.", name)));
}

void
up_registry_deploy(const char *schema, const char *name, int64 id)
{
	Oid types[] = {TEXTOID, INT8OID};
	Datum values[] = {CStringGetTextDatum(name), Int64GetDatum(id)};

	up_registry_check_unpinned(schema, name);
	up_query(false, psprintf("UPDATE %s.uprofile_model_names SET deployed = $2 WHERE name = $1", schema), 2,
			 types, values, NULL);
	up_query(false, psprintf("INSERT INTO %s.uprofile_deployments (model, version_id) VALUES ($1, $2)", schema),
			 2, types, values, NULL);
}

/* The row of the model, locked, or an error. *deployed_version receives its number, 0 for none. */
static void
lock_model(const char *schema, const char *name, int32 *deployed_version)
{
	UpRows r;
	bool isnull;

	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	/* Whoever was waited for may have dropped the model and trained it anew: the second look sees that one. */
	if (!lock_name(schema, name) && !lock_name(schema, name))
		fail_unknown(schema, name);
	/* A statement of its own sees the version that was deployed while the lock was waited for. */
	r = query_by_name(
		false,
		psprintf("SELECT v.version FROM %s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON "
				 "v.id = n.deployed WHERE n.name = $1",
				 schema, schema),
		name);
	*deployed_version = r.n == 0 ? 0 : DatumGetInt32(up_rows_get(&r, 0, "version", &isnull));
}

int32
up_registry_lock_deployed(const char *schema, const char *name)
{
	int32 version;

	lock_model(schema, name, &version);
	return version;
}

void
up_registry_lock(const char *schema, const char *name)
{
	(void) up_registry_lock_deployed(schema, name);
}

/* The id of a version, or an error. */
static int64
version_id(bool read_only, const char *schema, const char *name, int32 version)
{
	Oid types[] = {TEXTOID, INT4OID};
	Datum values[] = {CStringGetTextDatum(name), Int32GetDatum(version)};
	UpRows r = up_query(
		read_only,
		psprintf("SELECT id FROM %s.uprofile_model_versions WHERE model = $1 AND version = $2", schema), 2,
		types, values, NULL);
	bool isnull;

	if (r.n == 0 && find_deployed(read_only, schema, name) < 0)
		fail_unknown(schema, name);
	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no version %d", name, version),
				 errhint("uprofile_models lists the versions.")));
	return DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

int64
up_registry_version(const char *schema, const char *name, int32 version)
{
	up_registry_guard(schema, AccessShareLock);
	return version_id(true, schema, name, version);
}

void
up_registry_return_deployment(FunctionCallInfo fcinfo, const char *name, int32 version, int32 previous)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	Datum values[] = {CStringGetTextDatum(name), Int32GetDatum(version), Int32GetDatum(previous)};
	bool nulls[] = {false, false, previous == 0};

	up_srf_row(srf, values, nulls);
}

static void
check_readable(const char *schema, const char *name, int32 version, int64 id)
{
	char *why;

	if (!up_model_is_readable(up_registry_bytes_now(schema, id), &why))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("version %d of model \"%s\" cannot be read: %s", version, name, why),
				 errhint("Deploy another version with uprofile_deploy(model, version), or train a new one.")));
}

int64
up_registry_deployable(const char *schema, const char *name, int32 version)
{
	int64 id = version_id(false, schema, name, version);

	check_readable(schema, name, version, id);
	return id;
}

PG_FUNCTION_INFO_V1(uprofile_deploy);
Datum
uprofile_deploy(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int32 version = PG_GETARG_INT32(1);
	int32 previous;
	int64 id;

	lock_model(schema, name, &previous);
	id = up_registry_deployable(schema, name, version);
	up_registry_deploy(schema, name, id);
	up_registry_return_deployment(fcinfo, name, version, previous);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_rollback);
Datum
uprofile_rollback(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int32 previous;
	UpRows history;
	bool isnull;
	int64 ids[2], versions[2];

	lock_model(schema, name, &previous);
	up_registry_check_unpinned(schema, name);
	history =
		query_by_name(false,
					  psprintf("SELECT d.id, d.version_id, v.version FROM %s.uprofile_deployments d JOIN "
							   "%s.uprofile_model_versions v ON v.id = d.version_id WHERE d.model = $1 AND NOT "
							   "d.rolled_back ORDER BY d.id DESC LIMIT 2",
							   schema, schema),
					  name);
	if (history.n < 2)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("model \"%s\" has no earlier deployment to go back to", name),
						errhint("uprofile_deploy(model, version) deploys any version.")));
	for (int i = 0; i < 2; i++)
	{
		ids[i] = DatumGetInt64(up_rows_get(&history, i, "id", &isnull));
		versions[i] = DatumGetInt64(up_rows_get(&history, i, "version_id", &isnull));
	}
	check_readable(schema, name, DatumGetInt32(up_rows_get(&history, 1, "version", &isnull)), versions[1]);
	{
		Oid types[] = {INT8OID, TEXTOID, INT8OID};
		Datum values[] = {Int64GetDatum(ids[0]), CStringGetTextDatum(name), Int64GetDatum(versions[1])};

		up_query(false, psprintf("UPDATE %s.uprofile_deployments SET rolled_back = true WHERE id = $1", schema),
				 1, types, values, NULL);
		up_query(false, psprintf("UPDATE %s.uprofile_model_names SET deployed = $2 WHERE name = $1", schema), 2,
				 types + 1, values + 1, NULL);
	}
	up_registry_return_deployment(fcinfo, name, DatumGetInt32(up_rows_get(&history, 1, "version", &isnull)),
								  previous);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_drop_model);
Datum
uprofile_drop_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Datum values[2];
	bool nulls[2] = {false};
	Oid types[] = {TEXTOID, INT4OID};
	UpRows counted;
	char *name;
	int32 deployed;
	bool isnull;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the model's name must not be NULL")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	lock_model(schema, name, &deployed);
	values[0] = CStringGetTextDatum(name);
	if (PG_ARGISNULL(1))
	{
		counted = query_by_name(
			false,
			psprintf("SELECT count(*)::int4 AS n FROM %s.uprofile_model_versions WHERE model = $1", schema),
			name);
		query_by_name(false, psprintf("DELETE FROM %s.uprofile_model_names WHERE name = $1", schema), name);
		values[1] = up_rows_get(&counted, 0, "n", &isnull);
	}
	else
	{
		int32 version = PG_GETARG_INT32(1);

		version_id(false, schema, name, version);
		if (version == deployed)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
							errmsg("version %d of model \"%s\" is deployed", version, name),
							errhint("Deploy another version first, or drop the model with all its versions.")));
		values[1] = Int32GetDatum(version);
		up_query(false,
				 psprintf("DELETE FROM %s.uprofile_model_versions WHERE model = $1 AND version = $2", schema),
				 2, types, values, NULL);
		values[1] = Int32GetDatum(1);
	}
	up_srf_row(up_srf_begin(fcinfo), values, nulls);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_model);
Datum
uprofile_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name;
	int64 id;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	id = PG_ARGISNULL(1) ? up_registry_deployed(schema, name)
						 : up_registry_version(schema, name, PG_GETARG_INT32(1));
	PG_RETURN_BYTEA_P(up_registry_bytes(schema, id));
}
