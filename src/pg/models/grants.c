/*
 * grants.c - uprofile_share and uprofile_unshare, and the rows that share models and profiles; see grants.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/models/grants.h"
#include "pg/models/registry.h"

static UpRows
with_names(const char *query, const char *model, const char *profile, const char *privilege, Oid role)
{
	Oid types[] = {TEXTOID, TEXTOID, OIDOID, TEXTOID};
	Datum values[] = {model != NULL ? CStringGetTextDatum(model) : (Datum) 0,
					  profile != NULL ? CStringGetTextDatum(profile) : (Datum) 0, ObjectIdGetDatum(role),
					  privilege != NULL ? CStringGetTextDatum(privilege) : (Datum) 0};
	char nulls[] = {model != NULL ? ' ' : 'n', profile != NULL ? ' ' : 'n', ' ', privilege != NULL ? ' ' : 'n',
					'\0'};

	return up_query(false, query, lengthof(types), types, values, nulls);
}

bool
up_grant_remove(const char *schema, const char *model, const char *profile, Oid role)
{
	UpRows r = with_names(
		psprintf("DELETE FROM %s.uprofile_granted g WHERE (model = $1 OR profile = $2) AND (grantee_oid = $3 "
				 "OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = g.grantee_oid)) RETURNING "
				 "grantee_oid = $3 AS this",
				 schema),
		model, profile, NULL, role);
	bool found = false, isnull;

	for (uint64 i = 0; i < r.n; i++)
		found = found || DatumGetBool(up_rows_get(&r, i, "this", &isnull));
	return found;
}

void
up_grant_add(const char *schema, const char *model, const char *profile, const char *privilege, Oid role)
{
	up_grant_remove(schema, model, profile, role);
	with_names(
		psprintf(
			"INSERT INTO %s.uprofile_granted (model, profile, privilege, grantee) SELECT $1, $2, $4, r.rolname "
			"FROM pg_roles r WHERE r.oid = $3",
			schema),
		model, profile, privilege, role);
}

/* The trigger looks at the owner of now. */
void
up_grants_follow(const char *schema, const char *model, const char *profile)
{
	with_names(psprintf("WITH former AS (DELETE FROM %s.uprofile_granted WHERE (model = $1 OR profile = $2) "
						"AND owner_mark = "
						"(SELECT mark FROM %s.uprofile_installation) RETURNING model, profile, privilege, "
						"grantee_oid) INSERT "
						"INTO %s.uprofile_granted (model, profile, privilege, grantee) SELECT f.model, "
						"f.profile, f.privilege, "
						"r.rolname FROM former f JOIN pg_roles r ON r.oid = f.grantee_oid",
						schema, schema, schema),
			   model, profile, NULL, InvalidOid);
}

List *
up_grant_roles(const char *schema, const char *profile)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(profile);
	UpRows r = up_query(
		false,
		psprintf("SELECT r.oid FROM %s.uprofile_granted g JOIN pg_roles r ON r.oid = g.grantee_oid WHERE "
				 "g.profile = $1 AND g.owner_mark = (SELECT mark FROM %s.uprofile_installation)",
				 schema, schema),
		1, &type, &value, NULL);
	List *roles = NIL;
	bool isnull;

	for (uint64 i = 0; i < r.n; i++)
		roles = lappend_oid(roles, DatumGetObjectId(up_rows_get(&r, i, "oid", &isnull)));
	return roles;
}

/* Locks the model, which must be the current role's own and not shared with it. */
static void
lock_own(const char *schema, const char *model)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(model);

	up_registry_lock(schema, model);
	if (up_query(
			false,
			psprintf(
				"SELECT FROM %s.uprofile_model_names n WHERE n.name = $1 AND %s.uprofile_may_use(n.owner_oid, "
				"n.owner_mark = (SELECT mark FROM %s.uprofile_installation))",
				schema, schema, schema),
			1, &type, &value, NULL)
			.processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("model \"%s\" is not yours to share", model),
				 errdetail("It is shared with you. Its owner shares it with others.")));
}

static const char *
take_privilege(const char *given)
{
	if (strcmp(given, "use") != 0 && strcmp(given, "own") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("privilege is \"%s\"", given),
						errdetail("Allowed: use, own.")));
	return given;
}

PG_FUNCTION_INFO_V1(uprofile_share);
Datum
uprofile_share(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *model = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid role = get_role_oid(text_to_cstring(PG_GETARG_TEXT_PP(1)), false);
	const char *privilege = take_privilege(text_to_cstring(PG_GETARG_TEXT_PP(2)));

	lock_own(schema, model);
	up_grant_add(schema, model, NULL, privilege, role);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_unshare);
Datum
uprofile_unshare(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *model = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *role = text_to_cstring(PG_GETARG_TEXT_PP(1));

	lock_own(schema, model);
	if (!up_grant_remove(schema, model, NULL, get_role_oid(role, false)))
		ereport(NOTICE, (errmsg("model \"%s\" is not shared with role \"%s\"", model, role)));
	PG_RETURN_VOID();
}
