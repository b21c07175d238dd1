/*
 * profile_view.c - the view <profile>_current; see profile_view.h
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "rewrite/prs2lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/uuid.h"
#include "utils/varlena.h"

#include "pg/io/caught.h"
#include "pg/io/local_setting.h"
#include "pg/io/relation.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/view_sql.h"

#define VIEW_SUFFIX "_current"

/* ---- its name, and whether it is ours ----------------------------------------------------------------------------- */

static char *
view_name(const UpProfile *p)
{
	return psprintf("%s" VIEW_SUFFIX, up_profile_base(p));
}

static Oid
view_of_name(const UpProfile *p)
{
	Oid schema = get_namespace_oid(p->table_schema, true);

	return OidIsValid(schema) ? get_relname_relid(view_name(p), schema) : InvalidOid;
}

/* uprofile_freshness(profile, identity, made_of) of our schema. */
static bool
is_freshness(const UpProfile *p, Oid function)
{
	const char *schema = get_namespace_name(get_func_namespace(function));
	const char *name = get_func_name(function);

	return name != NULL && schema != NULL && strcmp(name, UP_VIEW_FRESHNESS) == 0 &&
		   strcmp(quote_identifier(schema), p->schema) == 0;
}

static Const *
argument_of(FuncExpr *call, int n)
{
	Node *node = list_nth(call->args, n);

	return IsA(node, Const) && !((Const *) node)->constisnull ? (Const *) node : NULL;
}

/* Whether the query calls uprofile_freshness for this profile, and with which hash. */
static bool
names_profile(const UpProfile *p, Query *query, int64 *made_of)
{
	ListCell *cell;

	foreach (cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);
		FuncExpr *call;
		Const *identity, *hash;

		if (rte->rtekind == RTE_SUBQUERY && names_profile(p, rte->subquery, made_of))
			return true;
		if (rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1)
			continue;
		call = (FuncExpr *) linitial_node(RangeTblFunction, rte->functions)->funcexpr;
		if (!IsA(call, FuncExpr) || !is_freshness(p, call->funcid) || list_length(call->args) != 3)
			continue;
		identity = argument_of(call, 1);
		hash = argument_of(call, 2);
		if (identity == NULL || hash == NULL || identity->consttype != UUIDOID || hash->consttype != INT8OID)
			continue;
		*made_of = DatumGetInt64(hash->constvalue);
		return strcmp(DatumGetCString(DirectFunctionCall1(uuid_out, identity->constvalue)), p->identity) == 0;
	}
	return false;
}

/* Whether the relation is the profile's view: a view that names it and belongs to its owner. */
static bool
is_own_view(const UpProfile *p, Oid oid, bool any_owner, int64 *made_of)
{
	Relation view = OidIsValid(oid) ? try_relation_open(oid, AccessShareLock) : NULL;
	bool own = false;

	if (view == NULL)
		return false;
	if (view->rd_rel->relkind == RELKIND_VIEW && view->rd_rules != NULL && view->rd_rules->numLocks == 1 &&
		list_length(view->rd_rules->rules[0]->actions) == 1 &&
		(any_owner || !OidIsValid(p->owner) || view->rd_rel->relowner == p->owner))
		own = names_profile(p, linitial_node(Query, view->rd_rules->rules[0]->actions), made_of);
	relation_close(view, AccessShareLock);
	return own;
}

Oid
up_view_find(const UpProfile *p)
{
	Oid view = view_of_name(p);
	int64 made_of;

	return is_own_view(p, view, false, &made_of) ? view : InvalidOid;
}

/* ---- making it ---------------------------------------------------------------------------------------------------- */

/* So that DROP EXTENSION takes the view with it. A dump does not keep that; the next refresh sees to it. */
static void
depend_on_extension(const UpProfile *p, Oid view)
{
	ObjectAddress depender, extension;
	List *schema;
	Oid types[] = {TEXTOID, UUIDOID, INT8OID};
	Oid function;

	if (!SplitIdentifierString(pstrdup(p->schema), '.', &schema) || list_length(schema) != 1)
		elog(ERROR, "the extension's schema is %s", p->schema);
	function = LookupFuncName(list_make2(makeString(linitial(schema)), makeString(UP_VIEW_FRESHNESS)),
							  lengthof(types), types, false);
	ObjectAddressSet(depender, RelationRelationId, view);
	ObjectAddressSet(extension, ExtensionRelationId, getExtensionOfObject(ProcedureRelationId, function));
	if (OidIsValid(extension.objectId) && getAutoExtensionsOfObject(RelationRelationId, view) == NIL)
		recordDependencyOn(&depender, &extension, DEPENDENCY_AUTO_EXTENSION);
}

/* What it asks is of this node: Citus is not to make it on the others as well, or to complain that it cannot. */
static void
make(const UpProfile *p, const char *with, const char *select, bool replace)
{
	int level = NewGUCNestLevel();

	if (!(replace && up_is_on_other_nodes(view_of_name(p))) &&
		GetConfigOption("citus.enable_ddl_propagation", true, false) != NULL)
		up_set_locally("citus.enable_ddl_propagation", "off");
	up_query_in_path(psprintf("CREATE %sVIEW %s%s AS %s", replace ? "OR REPLACE " : "",
							  quote_qualified_identifier(p->table_schema, view_name(p)), with, select));
	AtEOXact_GUC(true, level);
	CommandCounterIncrement();
	depend_on_extension(p, view_of_name(p));
}

static void
create(const UpProfile *p, const UpViewPlan *plan)
{
	make(p, plan->with, up_view_select(plan->columns, plan->from), false);
	up_query(false,
			 psprintf("COMMENT ON VIEW %s IS 'The profile as it is when it is read, with the age of each row.'",
					  quote_qualified_identifier(p->table_schema, view_name(p))),
			 0, NULL, NULL, NULL);
}

void
up_view_create(const UpProfile *p, Oid table)
{
	UpViewPlan plan = up_view_plan(p, table);
	Oid taken = view_of_name(p);

	if (OidIsValid(taken))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation %s already exists", up_relation_name(taken)),
				 errdetail("The profile's view needs this name."), errhint("Rename it, or the profile.")));
	create(p, &plan);
}

/* ---- making it anew ----------------------------------------------------------------------------------------------- */

/* What depends on the view, in the server's words; NULL: nothing. */
static const char *
dependent_of(Oid view)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(view);
	UpRows r = up_query(false,
						"SELECT CASE WHEN r.ev_class IS NULL THEN pg_describe_object(d.classid, d.objid, "
						"d.objsubid) ELSE pg_describe_object('pg_class'::regclass, r.ev_class, 0) END AS what "
						"FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND "
						"r.oid = d.objid WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND "
						"d.deptype = 'n' AND r.ev_class IS DISTINCT FROM $1 ORDER BY 1 LIMIT 1",
						1, &type, &value, NULL);
	bool isnull;

	return r.n == 0 ? NULL : TextDatumGetCString(up_rows_get(&r, 0, "what", &isnull));
}

/* Statements that give a new view of the same name what people gave this one: grants and comments. */
static List *
what_was_given(Oid view)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(view);
	UpRows r = up_query(
		false,
		"SELECT ''::text AS column_name, format('GRANT %s ON %s TO %s%s', x.privilege_type, $1::regclass, CASE "
		"x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, CASE WHEN "
		"x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement FROM pg_class c, "
		"aclexplode(c.relacl) x WHERE c.oid = $1 AND x.grantee <> c.relowner UNION ALL SELECT a.attname::text, "
		"format('GRANT %s (%I) ON %s TO %s%s', x.privilege_type, a.attname, $1::regclass, CASE x.grantee WHEN "
		"0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END, CASE WHEN x.is_grantable THEN ' "
		"WITH GRANT OPTION' ELSE '' END) FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = $1 AND "
		"NOT a.attisdropped UNION ALL SELECT coalesce(a.attname::text, ''), format('COMMENT ON %s IS %L', CASE "
		"WHEN a.attname IS NULL THEN 'VIEW ' || $1::regclass ELSE 'COLUMN ' || $1::regclass || '.' || "
		"quote_ident(a.attname) END, d.description) FROM pg_description d LEFT JOIN pg_attribute a ON "
		"a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 WHERE d.objoid = $1 AND d.classoid "
		"= 'pg_class'::regclass",
		1, &type, &value, NULL);
	List *given = NIL;

	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull;

		up_view_column_add(&given, TextDatumGetCString(up_rows_get(&r, i, "column_name", &isnull)),
						   TextDatumGetCString(up_rows_get(&r, i, "statement", &isnull)));
	}
	return given;
}

static void
drop(Oid view)
{
	up_query(false, psprintf("DROP VIEW %s", up_relation_name(view)), 0, NULL, NULL, NULL);
	CommandCounterIncrement();
}

/* Another view in its place: nothing depends on the old one. */
static void
make_another(const UpProfile *p, const UpViewPlan *plan, Oid view)
{
	List *given = what_was_given(view);
	ListCell *cell;

	drop(view);
	create(p, plan);
	foreach (cell, given)
	{
		UpViewColumn *c = lfirst(cell);

		if (c->name[0] == '\0' || up_view_column_find(plan->columns, c->name) != NULL)
			up_query(false, c->expression, 0, NULL, NULL, NULL);
	}
}

static void
refuse_retyped(Oid view, const char *column, const char *dependent)
{
	ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					errmsg("column \"%s\" of view %s gets another type, and %s depends on the view", column,
						   up_relation_name(view), dependent),
					errhint("Drop that, and make it again afterwards.")));
}

/* A column that the view has and should not have: where something depends on the view it stays and is NULL. */
static UpViewColumn *
empty_column(Oid view, Form_pg_attribute a, const char *dependent)
{
	ereport(NOTICE, (errmsg("view %s keeps its column \"%s\", which is NULL from now on",
							up_relation_name(view), NameStr(a->attname)),
					 errdetail_internal("%s depends on the view.", dependent)));
	return up_view_column_null(a);
}

/* Columns of a view that is replaced stand where they stood; new ones follow. */
static void
replace(const UpProfile *p, const UpViewPlan *plan, Oid view)
{
	TupleDesc before = up_relation_columns(view);
	TupleDesc after = up_query_columns(up_view_select(plan->columns, plan->from));
	const char *dependent = dependent_of(view);
	List *ordered = NIL;
	ListCell *cell;

	/* With its table views may have been copied there, where they would be in the way of the table's columns. */
	if (dependent == NULL && up_is_on_other_nodes(view))
	{
		make_another(p, plan, view);
		return;
	}
	for (int i = 0; i < before->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(before, i);
		UpViewColumn *c = up_view_column_find(plan->columns, NameStr(a->attname));
		Form_pg_attribute b = c != NULL ? up_attribute_named(after, c->name) : NULL;
		bool same = b != NULL && a->atttypid == b->atttypid && a->atttypmod == b->atttypmod &&
					a->attcollation == b->attcollation;

		if (!same && dependent == NULL)
		{
			make_another(p, plan, view);
			return;
		}
		if (!same && b != NULL)
			refuse_retyped(view, c->name, dependent);
		ordered = lappend(ordered, same ? c : empty_column(view, a, dependent));
	}
	foreach (cell, plan->columns)
	{
		if (up_view_column_find(ordered, ((UpViewColumn *) lfirst(cell))->name) == NULL)
			ordered = lappend(ordered, lfirst(cell));
	}
	make(p, plan->with, up_view_select(ordered, plan->from), true);
}

bool
up_view_update(const UpProfile *p, Oid table)
{
	Oid view = view_of_name(p);
	UpViewPlan plan = up_view_plan(p, table);
	int64 made_of;

	if (!OidIsValid(view))
		create(p, &plan);
	else if (!is_own_view(p, view, false, &made_of))
		return false;
	else if (made_of != plan.made_of)
		replace(p, &plan, view);
	else
		depend_on_extension(p, view);
	return true;
}

typedef struct Keeping
{
	const UpProfile *p;
	Oid table;
	bool own;
} Keeping;

static void
keep(void *of)
{
	Keeping *k = of;

	k->own = up_view_update(k->p, k->table);
}

bool
up_view_keep(const UpProfile *p, Oid table)
{
	Keeping k = {p, table, true};
	ErrorData *e = up_attempt(keep, &k);

	if (e != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("view %s of profile \"%s\" is not as it should be: %s",
						quote_qualified_identifier(p->table_schema, view_name(p)), p->name, e->message)));
	return k.own;
}

void
up_view_empty(const UpProfile *p)
{
	Oid view = up_view_find(p);

	if (OidIsValid(view))
		make(p, "", up_view_select_nothing(p, up_relation_columns(view)), true);
}

void
up_view_drop(const UpProfile *p)
{
	Oid view = up_view_find(p);

	if (OidIsValid(view))
		drop(view);
}

void
up_view_reassign(const UpProfile *p, Oid role)
{
	Oid view = view_of_name(p);
	int64 made_of;

	if (is_own_view(p, view, true, &made_of))
		up_query(false,
				 psprintf("ALTER VIEW %s OWNER TO %s", up_relation_name(view),
						  quote_identifier(GetUserNameFromId(role, false))),
				 0, NULL, NULL, NULL);
}
