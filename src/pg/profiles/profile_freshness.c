/*
 * profile_freshness.c - uprofile_freshness: as of when the rows of a profile are, for its view
 *
 * Whoever may read the view reads this through it, without any right on the registry. So the rows are read directly, by
 * their indexes and with the snapshot of the query; what comes out are a time and a flag of the one profile whose
 * identity the caller knows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "pg/profiles/follow.h"
#include "pg/profiles/registry_look.h"
#include "pg/io/value_pg.h"

#define MOST_RUNS 10000 /* that are looked at for one that succeeded */

/* The view reads the table as the profile's owner, so that policies which hold for the caller would not be asked. */
static void
refuse_row_security(const char *schema, const char *name)
{
	Oid namespace = get_namespace_oid(schema, true);
	Oid table = OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
	HeapTuple tuple = OidIsValid(table) ? SearchSysCache1(RELOID, ObjectIdGetDatum(table)) : NULL;
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		return;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	if (!has_privs_of_role(GetUserId(), owner) && check_enable_rls(table, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("row-level security of table %s holds for you, and the view of the profile "
							   "would show all of its rows",
							   quote_qualified_identifier(schema, name)),
						errhint("Read the table, or users one by one by uprofile_get(profile, user_key).")));
}

/* What everybody was computed with; NULL: not known. False if there is no such profile. */
static bool
read_scored(Oid namespace, const char *profile, const pg_uuid_t *identity, UpValue **scored)
{
	UpLook look;
	HeapTuple tuple = up_look_profile(&look, namespace, profile, identity);
	Datum value;
	bool isnull;

	*scored = NULL;
	if (!HeapTupleIsValid(tuple))
		return false;
	refuse_row_security(TextDatumGetCString(up_look_value(&look, tuple, "table_schema", &isnull)),
						TextDatumGetCString(up_look_value(&look, tuple, "table_name", &isnull)));
	value = up_look_value(&look, tuple, "scored", &isnull);
	if (!isnull)
		*scored = up_value_from_jsonb(DatumGetJsonbP(value));
	if (*scored != NULL && (*scored)->type != UP_OBJECT)
		*scored = NULL;
	up_look_end(&look);
	return true;
}

/* When the last refresh began that succeeded; 0: none. */
static TimestampTz
last_start(Oid namespace, const char *profile)
{
	UpLookKey key = {"profile", F_TEXTEQ, CStringGetTextDatum(profile)};
	UpLook look;
	HeapTuple tuple;
	TimestampTz start = 0;
	bool isnull;

	if (!up_look_begin(&look, namespace, "uprofile_refresh_log", "uprofile_refresh_log_profile", 1, &key))
		return 0;
	for (int i = 0; i < MOST_RUNS && start == 0; i++)
	{
		Datum status;

		tuple = up_look_next(&look, BackwardScanDirection);
		if (!HeapTupleIsValid(tuple))
			break;
		status = up_look_value(&look, tuple, "status", &isnull);
		if (!isnull && strcmp(TextDatumGetCString(status), "succeeded") == 0)
			start = DatumGetTimestampTz(up_look_value(&look, tuple, "started_at", &isnull));
	}
	up_look_end(&look);
	return start;
}

/* Whether something was changed since by which everybody is to be computed anew. */
static bool
is_outdated(Oid namespace, const char *profile, const UpValue *scored)
{
	UpValue *versions = scored != NULL ? up_value_get(scored, "versions") : NULL;

	if (versions == NULL || versions->type != UP_OBJECT || up_value_get(scored, "why") != NULL)
		return true;
	for (uint32_t i = 0; i < versions->n; i++)
	{
		const UpValue *version = versions->items[i];

		if (version->type != UP_NUMBER ||
			version->number !=
				(double) up_look_deployed(namespace, psprintf("%s.%s", profile, versions->keys[i])))
			return true;
	}
	return false;
}

PG_FUNCTION_INFO_V1(uprofile_freshness);
Datum
uprofile_freshness(PG_FUNCTION_ARGS)
{
	Oid namespace = get_func_namespace(fcinfo->flinfo->fn_oid);
	const char *profile = text_to_cstring(PG_GETARG_TEXT_PP(0));
	UpValue *scored, *clock;
	TimestampTz at = 0;
	Datum values[2] = {0};
	bool nulls[2] = {true, true};
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "uprofile_freshness does not return a row");
	if (read_scored(namespace, profile, PG_GETARG_UUID_P(1), &scored))
	{
		clock = scored != NULL ? up_value_get(scored, "clock") : NULL;
		/* Where time changes rows, those that nobody changed are as old as the last refresh of everybody. */
		if (clock == NULL || clock->type != UP_BOOLEAN || !clock->boolean)
			at = last_start(namespace, profile);
		if (at == 0)
			at = up_follow_full_at(scored);
		values[0] = TimestampTzGetDatum(at);
		nulls[0] = at == 0;
		values[1] = BoolGetDatum(is_outdated(namespace, profile, scored));
		nulls[1] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
