/*
 * profile_grant.c - uprofile_grant and uprofile_revoke: letting other roles read a profile; see profile_grant.h
 *
 * The table and the view are the server's to guard: they get SELECT, which the profile's owner grants. Freshness, runs and predictions by
 * name are the registry's: a row in it, which its views and predictions read.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/models/grants.h"
#include "pg/models/registry.h"
#include "pg/profiles/profile_grant.h"
#include "pg/profiles/profile_view.h"

/* The profile's own view, quoted, or NULL. */
static char *
view_of(const UpProfile *p)
{
	Oid view = up_view_find(p);

	return OidIsValid(view) ? quote_qualified_identifier(p->table_schema, get_rel_name(view)) : NULL;
}

/* Without the schema's the table's right is of no use; it is given where the owner may. */
static void
grant_schema(const UpProfile *p, Oid role)
{
	Oid schema = get_namespace_oid(p->table_schema, false);
	const char *name = quote_identifier(p->table_schema);
	const char *to = quote_identifier(GetUserNameFromId(role, false));

	if (up_schema_rights(schema, role, ACL_USAGE) == ACLCHECK_OK)
		return;
	if (up_schema_rights(schema, p->owner, ACL_GRANT_OPTION_FOR(ACL_USAGE)) == ACLCHECK_OK)
		up_query(false, psprintf("GRANT USAGE ON SCHEMA %s TO %s", name, to), 0, NULL, NULL, NULL);
	else
		ereport(NOTICE, (errmsg("role \"%s\" may not use schema \"%s\"", GetUserNameFromId(role, false),
								p->table_schema),
						 errhint("Let its owner run: GRANT USAGE ON SCHEMA %s TO %s;", name, to)));
}

/* For the table and the view; verb: GRANT … TO or REVOKE … FROM. */
static void
change_select(const UpProfile *p, bool grant, Oid role)
{
	char *view = view_of(p);

	up_query(false,
			 psprintf("%s SELECT ON %s%s%s %s %s", grant ? "GRANT" : "REVOKE", p->table,
					  view != NULL ? ", " : "", view != NULL ? view : "", grant ? "TO" : "FROM",
					  quote_identifier(GetUserNameFromId(role, false))),
			 0, NULL, NULL, NULL);
}

/* The profile, which has its own table, and its owner's rights until up_as_role_end. */
static UpProfile *
begin(FunctionCallInfo fcinfo, Oid *role, UpAsRole *before)
{
	UpProfile *p = up_profile_load(up_schema_of_function(fcinfo->flinfo->fn_oid),
								   text_to_cstring(PG_GETARG_TEXT_PP(0)), true);

	*role = get_role_oid(text_to_cstring(PG_GETARG_TEXT_PP(1)), false);
	if (!OidIsValid(p->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the owner of profile \"%s\" is gone", p->name),
				 errhint("uprofile_reassign_profile(profile, role) gives it to another role.")));
	up_profile_own_table(p, AccessShareLock, false, NULL);
	up_as_role_begin(before, p->owner, "pg_catalog");
	return p;
}

PG_FUNCTION_INFO_V1(uprofile_grant);
Datum
uprofile_grant(PG_FUNCTION_ARGS)
{
	Oid role;
	UpAsRole before;
	UpProfile *p = begin(fcinfo, &role, &before);

	grant_schema(p, role);
	change_select(p, true, role);
	up_grant_add(p->schema, NULL, p->name, "use", role);
	up_as_role_end(&before);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_revoke);
Datum
uprofile_revoke(PG_FUNCTION_ARGS)
{
	Oid role;
	UpAsRole before;
	UpProfile *p = begin(fcinfo, &role, &before);

	change_select(p, false, role);
	if (!up_grant_remove(p->schema, NULL, p->name, role))
		ereport(NOTICE, (errmsg("profile \"%s\" is not granted to role \"%s\"", p->name,
								GetUserNameFromId(role, false))));
	up_as_role_end(&before);
	PG_RETURN_VOID();
}

void
up_profile_grant_again(const UpProfile *p)
{
	ListCell *cell;

	foreach (cell, up_grant_roles(p->schema, p->name))
		change_select(p, true, lfirst_oid(cell));
}
