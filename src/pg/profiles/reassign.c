/*
 * reassign.c - giving models and profiles to another role
 *
 * Whoever may use a thing may give it away, to a role whose member he is: he could have made it there himself.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "access/table.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/models/grants.h"
#include "pg/models/owner.h"
#include "pg/profiles/history.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"

/* A model of a profile goes with the profile. */
static void
refuse_profile_model(const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r = up_query(false,
						psprintf("SELECT d.name FROM %s.uprofile_profile_definitions d, LATERAL "
								 "jsonb_object_keys(d.models) k WHERE d.name || '.' || k = $1",
								 schema),
						1, &type, &value, NULL);
	bool isnull;

	if (r.n > 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
						errmsg("model \"%s\" is one of profile \"%s\"", name,
							   TextDatumGetCString(up_rows_get(&r, 0, "name", &isnull))),
						errhint("uprofile_reassign_profile(profile, role) gives it away with its profile.")));
}

PG_FUNCTION_INFO_V1(uprofile_reassign_model);
Datum
uprofile_reassign_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid role = up_owner_new(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(name), ObjectIdGetDatum(role)};

	up_registry_lock(schema, name);
	refuse_profile_model(schema, name);
	up_query(false, psprintf("UPDATE %s.uprofile_model_names SET owner_oid = $2 WHERE name = $1", schema), 2,
			 types, values, NULL);
	up_grants_follow(schema, name, NULL);
	PG_RETURN_VOID();
}

/*
 * The table of the profile, whoever has it since: REASSIGN OWNED gives it away without asking. It changes hands as
 * ALTER TABLE … OWNER has it, with the caller's rights.
 */
static void
reassign_table(UpProfile *p, Oid role)
{
	Oid owner = p->owner;
	char *why;
	UpRows r;
	Oid type = OIDOID;
	Oid table;
	Datum value;
	bool isnull;

	p->owner = InvalidOid;
	table = up_profile_own_table(p, AccessExclusiveLock, true, &why);
	p->owner = owner;
	if (!OidIsValid(table))
	{
		ereport(NOTICE,
				(errmsg("no table is given away with profile \"%s\"", p->name), errdetail_internal("%s", why)));
		return;
	}
	value = ObjectIdGetDatum(table);
	r = up_query(false, "SELECT relowner FROM pg_class WHERE oid = $1", 1, &type, &value, NULL);
	if (r.n == 0 || DatumGetObjectId(up_rows_get(&r, 0, "relowner", &isnull)) == role)
		return;
	up_query(false,
			 psprintf("ALTER TABLE %s OWNER TO %s", p->table, quote_identifier(GetUserNameFromId(role, false))),
			 0, NULL, NULL, NULL);
}

PG_FUNCTION_INFO_V1(uprofile_reassign_profile);
Datum
uprofile_reassign_profile(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpProfile *p = up_profile_load(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
	Oid role = up_owner_new(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(p->name), ObjectIdGetDatum(role)};
	UpRows given;
	bool isnull;

	up_view_reassign(p, role);
	up_history_reassign(p, role);
	reassign_table(p, role);
	up_watch_give_queues(up_watch_list(p->schema, p->name), role);
	given = up_query(
		false,
		psprintf("UPDATE %s.uprofile_model_names n SET owner_oid = $2 FROM %s.uprofile_profile_definitions d, "
				 "LATERAL jsonb_object_keys(d.models) k WHERE d.name = $1 AND n.name = d.name || '.' || k AND "
				 "n.owner_oid = d.owner_oid AND n.owner_mark = d.owner_mark RETURNING n.name",
				 schema, schema),
		2, types, values, NULL);
	up_query(
		false,
		psprintf("UPDATE %s.uprofile_profile_definitions SET owner_oid = $2, scored = NULL WHERE name = $1",
				 schema),
		2, types, values, NULL);
	for (uint64 i = 0; i < given.n; i++)
		up_grants_follow(schema, TextDatumGetCString(up_rows_get(&given, i, "name", &isnull)), NULL);
	up_grants_follow(schema, NULL, p->name);
	PG_RETURN_VOID();
}
