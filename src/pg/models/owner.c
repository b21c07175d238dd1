/*
 * owner.c - whom a registered model or a profile belongs to; see owner.h
 *
 * A row of the registry holds its owner's oid, the mark of the installation in which that oid was read, and the name
 * that the role had then. With this installation's mark the oid decides, so that a renaming changes nothing and a new
 * role of an old name gets nothing. A row that comes in with another mark, or none, comes from a dump: its name is
 * looked up then and never again. What no role owns is in the hands of the database's owner.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

#include "pg/models/owner.h"
#include "pg/io/query.h"
#include "pg/wake.h"

char *
up_owner_known(const char *schema, const char *alias)
{
	return psprintf("(%s.owner_mark = (SELECT mark FROM %s.uprofile_installation) AND EXISTS (SELECT 1 FROM "
					"pg_roles r WHERE r.oid = %s.owner_oid))",
					alias, schema, alias);
}

Oid
up_owner_get(const UpRows *r, uint64 row)
{
	bool isnull;

	if (!DatumGetBool(up_rows_get(r, row, "owner_known", &isnull)))
		return InvalidOid;
	return DatumGetObjectId(up_rows_get(r, row, "owner_oid", &isnull));
}

static void
check_may_give_to(Oid role)
{
#if PG_VERSION_NUM >= 160000
	check_can_set_role(GetUserId(), role);
#else
	check_is_member_of_role(GetUserId(), role);
#endif
}

Oid
up_owner_new(const char *role)
{
	Oid id = get_role_oid(role, false);

	check_may_give_to(id);
	return id;
}

static Oid
database_owner(void)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "database %u does not exist", MyDatabaseId);
	owner = ((Form_pg_database) GETSTRUCT(tuple))->datdba;
	ReleaseSysCache(tuple);
	return owner;
}

/* Whether the current role may use what this one owns; ours: the oid is one of this installation. */
static bool
may_use(Oid owner, bool ours)
{
	if (!ours || !SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(owner)))
		owner = database_owner();
	return has_privs_of_role(GetUserId(), owner);
}

PG_FUNCTION_INFO_V1(uprofile_may_use);
Datum
uprofile_may_use(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		may_use(PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0), !PG_ARGISNULL(1) && PG_GETARG_BOOL(1)));
}

/* ---- the trigger of the tables with owners ------------------------------------------------------------------------------- */

typedef struct Stamp
{
	TupleDesc desc;
	HeapTuple tuple; /* the new row */
	const char *schema;
	int name; /* columns */
	int owner;
	int owner_oid;
	int owner_mark;
} Stamp;

static Datum
installation_mark(const char *schema)
{
	UpRows r =
		up_query(true, psprintf("SELECT mark FROM %s.uprofile_installation", schema), 0, NULL, NULL, NULL);
	bool isnull;

	if (r.n != 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the mark of this installation of uprofile is missing")));
	return up_rows_get(&r, 0, "mark", &isnull);
}

static HeapTuple
stamped(const Stamp *s, Oid role, const char *name)
{
	int columns[] = {s->owner, s->owner_oid, s->owner_mark};
	NameData stored = {""};
	Datum values[] = {NameGetDatum(&stored), ObjectIdGetDatum(role), installation_mark(s->schema)};
	bool nulls[] = {false, false, false};

	namestrcpy(&stored, name);
	return heap_modify_tuple_by_cols(s->tuple, s->desc, lengthof(columns), columns, values, nulls);
}

static bool
is_definitions(Relation relation)
{
	return strcmp(RelationGetRelationName(relation), "uprofile_profile_definitions") == 0;
}

/* A name with a dot is a profile's: only its owner's, and only while there is such a profile with such a model. */
static void
check_model_name(const Stamp *s)
{
	bool isnull;
	Datum name = heap_getattr(s->tuple, s->name, s->desc, &isnull);
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {name, ObjectIdGetDatum(GetUserId())};
	UpRows r;

	if (isnull || strchr(TextDatumGetCString(name), '.') == NULL)
		return;
	r = up_query(false,
				 psprintf("SELECT 1 FROM %s.uprofile_profile_definitions d, LATERAL " UP_MODELS_OF_PROFILE
						  "WHERE d.name || '.' || k = $1 AND d.owner_oid = $2",
						  s->schema),
				 2, types, values, NULL);
	if (r.n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("model name \"%s\" belongs to no profile of yours", TextDatumGetCString(name)),
						errdetail("Models with a dot in their name are those of profiles.")));
}

/* Whoever can write anything into the table restores dumps: then the row says whose it is. */
static bool
may_say_owner(Relation relation)
{
	return superuser() || has_privs_of_role(GetUserId(), relation->rd_rel->relowner);
}

/*
 * A definition out of a dump of 0.1.0, where neither rows nor tables had an identity: the table of its name, if it is
 * its owner's, gets this one's.
 */
static void
adopt_table(const Stamp *s, Relation relation, Oid owner)
{
	static const char *const columns[] = {"table_schema", "table_name", "identity"};
	Oid types[] = {TEXTOID, TEXTOID, UUIDOID, OIDOID};
	Datum values[lengthof(types)];
	UpRows r;
	bool isnull;

	for (size_t i = 0; i < lengthof(columns); i++)
	{
		values[i] =
			heap_getattr(s->tuple, get_attnum(RelationGetRelid(relation), columns[i]), s->desc, &isnull);
		if (isnull)
			return;
	}
	values[lengthof(columns)] = ObjectIdGetDatum(owner);
	r = up_query(true,
				 "SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I CHECK (true)', n.nspname, c.relname, "
				 "'uprofile_' || replace($3::text, '-', '')) AS command FROM pg_namespace n JOIN pg_class c ON "
				 "c.relnamespace = n.oid WHERE n.nspname = $1 AND c.relname = $2 AND c.relowner = $4 AND "
				 "c.relkind IN ('r', 'p')",
				 lengthof(types), types, values, NULL);
	if (r.n == 1)
		up_query(false, TextDatumGetCString(up_rows_get(&r, 0, "command", &isnull)), 0, NULL, NULL, NULL);
}

static HeapTuple
stamp_insert(const Stamp *s, Relation relation)
{
	bool no_owner, no_oid, no_mark;
	Oid role;
	Datum owner = heap_getattr(s->tuple, s->owner, s->desc, &no_owner);
	Datum oid = heap_getattr(s->tuple, s->owner_oid, s->desc, &no_oid);
	Datum mark = heap_getattr(s->tuple, s->owner_mark, s->desc, &no_mark);

	if (no_owner || !may_say_owner(relation))
	{
		if (!is_definitions(relation))
			check_model_name(s);
		return stamped(s, GetUserId(), GetUserNameFromId(GetUserId(), false));
	}
	if (!no_mark && DatumGetBool(DirectFunctionCall2(uuid_eq, mark, installation_mark(s->schema))))
		return s->tuple;
	/* The role was gone when the dump was made: whoever has its name now is another one. */
	if (!no_oid && !OidIsValid(DatumGetObjectId(oid)))
		return stamped(s, InvalidOid, NameStr(*DatumGetName(owner)));
	role = get_role_oid(NameStr(*DatumGetName(owner)), true);
	if (no_oid && OidIsValid(role) && is_definitions(relation))
		adopt_table(s, relation, role);
	return stamped(s, role, NameStr(*DatumGetName(owner)));
}

/* ---- what is shared ---- */

static bool
is_granted(Relation relation)
{
	return strcmp(RelationGetRelationName(relation), "uprofile_granted") == 0;
}

static HeapTuple
stamped_grant(const Stamp *s, Relation relation, Oid grantee, const char *grantee_name, Oid owner,
			  const char *owner_name)
{
	int columns[] = {get_attnum(RelationGetRelid(relation), "grantee"),
					 get_attnum(RelationGetRelid(relation), "grantee_oid"), s->owner, s->owner_oid,
					 s->owner_mark};
	NameData names[2];
	Datum values[] = {NameGetDatum(&names[0]), ObjectIdGetDatum(grantee), NameGetDatum(&names[1]),
					  ObjectIdGetDatum(owner), installation_mark(s->schema)};
	bool nulls[lengthof(values)] = {false};

	namestrcpy(&names[0], grantee_name);
	namestrcpy(&names[1], owner_name);
	return heap_modify_tuple_by_cols(s->tuple, s->desc, lengthof(columns), columns, values, nulls);
}

/* The owner of what is shared, who the current role must be or be a member of: what is shared with oneself is not enough. */
static Oid
owner_of_shared(const Stamp *s, Relation relation, char **name)
{
	static const struct
	{
		const char *column, *table;
	} kinds[] = {{"model", "uprofile_model_names"}, {"profile", "uprofile_profile_definitions"}};
	Oid type = TEXTOID;

	for (size_t i = 0; i < lengthof(kinds); i++)
	{
		bool isnull;
		Datum value =
			heap_getattr(s->tuple, get_attnum(RelationGetRelid(relation), kinds[i].column), s->desc, &isnull);
		UpRows r;

		if (isnull)
			continue;
		r = up_query(true,
					 psprintf("SELECT owner_oid, owner::text AS owner, owner_mark = (SELECT mark FROM "
							  "%s.uprofile_installation) AS owner_known FROM %s.%s WHERE name = $1",
							  s->schema, s->schema, kinds[i].table),
					 1, &type, &value, NULL);
		if (r.n == 0 || !may_use(DatumGetObjectId(up_rows_get(&r, 0, "owner_oid", &isnull)),
								 DatumGetBool(up_rows_get(&r, 0, "owner_known", &isnull))))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("%s \"%s\" is not yours to share", kinds[i].column, TextDatumGetCString(value))));
		*name = TextDatumGetCString(up_rows_get(&r, 0, "owner", &isnull));
		return DatumGetObjectId(up_rows_get(&r, 0, "owner_oid", &isnull));
	}
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("neither a model nor a profile is shared")));
}

/* The role that a name of a dump means here, unless it was gone there. */
static Oid
restored_role(const Stamp *s, int oid_column, const char *name)
{
	bool isnull;
	Oid role = DatumGetObjectId(heap_getattr(s->tuple, oid_column, s->desc, &isnull));

	return !isnull && !OidIsValid(role) ? InvalidOid : get_role_oid(name, true);
}

static HeapTuple
stamp_grant(const Stamp *s, Relation relation)
{
	bool no_owner, no_mark, isnull;
	AttrNumber grantee_oid = get_attnum(RelationGetRelid(relation), "grantee_oid");
	Datum grantee = heap_getattr(s->tuple, get_attnum(RelationGetRelid(relation), "grantee"), s->desc, &isnull);
	Datum owner = heap_getattr(s->tuple, s->owner, s->desc, &no_owner);
	Datum mark = heap_getattr(s->tuple, s->owner_mark, s->desc, &no_mark);
	char *owner_name;
	Oid role;

	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("no role is given to share with")));
	if (no_owner || !may_say_owner(relation))
	{
		role = owner_of_shared(s, relation, &owner_name);
		return stamped_grant(s, relation, get_role_oid(NameStr(*DatumGetName(grantee)), false),
							 NameStr(*DatumGetName(grantee)), role, owner_name);
	}
	if (!no_mark && DatumGetBool(DirectFunctionCall2(uuid_eq, mark, installation_mark(s->schema))))
		return s->tuple;
	owner_name = NameStr(*DatumGetName(owner));
	return stamped_grant(s, relation, restored_role(s, grantee_oid, NameStr(*DatumGetName(grantee))),
						 NameStr(*DatumGetName(grantee)), restored_role(s, s->owner_oid, owner_name),
						 owner_name);
}

/* Who has a model or profile only shared with him does not give it away. */
static void
check_is_owner(const Stamp *s, HeapTuple before)
{
	bool isnull;
	Oid owner = DatumGetObjectId(heap_getattr(before, s->owner_oid, s->desc, &isnull));
	Datum mark = heap_getattr(before, s->owner_mark, s->desc, &isnull);
	bool ours = DatumGetBool(DirectFunctionCall2(uuid_eq, mark, installation_mark(s->schema)));

	if (!may_use(owner, ours))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("\"%s\" is not yours to give away",
							   TextDatumGetCString(heap_getattr(before, s->name, s->desc, &isnull)))));
}

static HeapTuple
stamp_update(const Stamp *s, HeapTuple before)
{
	bool isnull;
	Oid role = DatumGetObjectId(heap_getattr(s->tuple, s->owner_oid, s->desc, &isnull));
	Oid old_role = DatumGetObjectId(heap_getattr(before, s->owner_oid, s->desc, &isnull));
	Name owner = DatumGetName(heap_getattr(s->tuple, s->owner, s->desc, &isnull));
	Name old_owner = DatumGetName(heap_getattr(before, s->owner, s->desc, &isnull));

	if (role == old_role && strcmp(NameStr(*owner), NameStr(*old_owner)) != 0)
		role = get_role_oid(NameStr(*owner), false);
	check_is_owner(s, before);
	check_may_give_to(role);
	return stamped(s, role, GetUserNameFromId(role, false));
}

PG_FUNCTION_INFO_V1(uprofile_stamp_owner);
Datum
uprofile_stamp_owner(PG_FUNCTION_ARGS)
{
	TriggerData *t = (TriggerData *) fcinfo->context;
	HeapTuple result;
	Stamp s;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(t->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(t->tg_event) || TRIGGER_FIRED_BY_DELETE(t->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("uprofile_stamp_owner is a trigger "
							   "before rows are inserted or updated")));
	s.desc = RelationGetDescr(t->tg_relation);
	s.schema = quote_identifier(get_namespace_name(RelationGetNamespace(t->tg_relation)));
	s.name = get_attnum(RelationGetRelid(t->tg_relation), "name");
	s.owner = get_attnum(RelationGetRelid(t->tg_relation), "owner");
	s.owner_oid = get_attnum(RelationGetRelid(t->tg_relation), "owner_oid");
	s.owner_mark = get_attnum(RelationGetRelid(t->tg_relation), "owner_mark");
	if ((s.name <= 0 && !is_granted(t->tg_relation)) || s.owner <= 0 || s.owner_oid <= 0 || s.owner_mark <= 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("table \"%s\" has no owners", RelationGetRelationName(t->tg_relation))));
	s.tuple = TRIGGER_FIRED_BY_UPDATE(t->tg_event) ? t->tg_newtuple : t->tg_trigtuple;
	if (is_granted(t->tg_relation))
		return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(t->tg_event) ? s.tuple
																	: stamp_grant(&s, t->tg_relation));
	if (is_definitions(t->tg_relation))
		up_wake_defined();
	result = TRIGGER_FIRED_BY_UPDATE(t->tg_event) ? stamp_update(&s, t->tg_trigtuple)
												  : stamp_insert(&s, t->tg_relation);
	return PointerGetDatum(result);
}
