/*
 * relation.c - see relation.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "rewrite/prs2lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "pg/io/relation.h"

List *
up_name_parts(const char *what, const char *name)
{
	List *parts = NIL, *names = NIL;
	ListCell *cell;

	if (!SplitIdentifierString(pstrdup(name), '.', &parts) || parts == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME), errmsg("%s \"%s\" is not a name", what, name),
				 errhint("Give a name, or schema.name; what has blanks or capitals stands in double quotes.")));
	foreach (cell, parts)
		names = lappend(names, makeString(pstrdup(lfirst(cell))));
	return names;
}

char *
up_relation_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
}

TupleDesc
up_relation_columns(Oid relation)
{
	Relation r = table_open(relation, NoLock);
	TupleDesc desc = CreateTupleDescCopy(RelationGetDescr(r));

	table_close(r, NoLock);
	return desc;
}

Form_pg_attribute
up_attribute_named(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && strcmp(NameStr(a->attname), name) == 0)
			return a;
	}
	return NULL;
}

bool
up_same_columns(TupleDesc a, TupleDesc b)
{
	if (a->natts != b->natts)
		return false;
	for (int i = 0; i < a->natts; i++)
	{
		const FormData_pg_attribute *x = TupleDescAttr(a, i), *y = TupleDescAttr(b, i);

		if (x->atttypid != y->atttypid || strcmp(NameStr(x->attname), NameStr(y->attname)) != 0)
			return false;
	}
	return true;
}

bool
up_has_row_security(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool has = HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return has;
}

char *
up_collation_name(Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation row;
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	row = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(row->collnamespace), NameStr(row->collname));
	ReleaseSysCache(tuple);
	return name;
}

AclResult
up_schema_rights(Oid schema, Oid role, AclMode rights)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, role, rights);
#else
	return pg_namespace_aclcheck(schema, role, rights);
#endif
}

/* Its constraint names the profile's identity: uprofile_ and 32 digits. */
static bool
is_profile_table(Relation table)
{
	TupleConstr *constr = RelationGetDescr(table)->constr;

	for (int i = 0; constr != NULL && i < constr->num_check; i++)
	{
		const char *name = constr->check[i].ccname;

		if (strncmp(name, "uprofile_", 9) == 0 && strspn(name + 9, "0123456789abcdef") == 32 &&
			name[41] == '\0')
			return true;
	}
	return false;
}

/* It asks how fresh the profile is. */
static bool
is_profile_view(Relation view)
{
	RuleLock *rules = view->rd_rules;
	ListCell *cell;

	if (rules == NULL || rules->numLocks != 1 || list_length(rules->rules[0]->actions) != 1)
		return false;
	foreach (cell, linitial_node(Query, rules->rules[0]->actions)->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, cell);
		Node *call = rte->rtekind == RTE_FUNCTION && list_length(rte->functions) == 1
						 ? linitial_node(RangeTblFunction, rte->functions)->funcexpr
						 : NULL;
		char *name = call != NULL && IsA(call, FuncExpr) ? get_func_name(((FuncExpr *) call)->funcid) : NULL;

		if (name != NULL && strcmp(name, "uprofile_freshness") == 0)
			return true;
	}
	return false;
}

/* The columns that profiles give their tables and views beside the data, and what they say. */
static const struct
{
	const char *name;
	Oid type;
	bool of_table, may_move; /* as uprofile_…, where the data have one of this name */
	const char *says;
} ours[] = {
	{"changed_at", TIMESTAMPTZOID, true, false, "it says when the profile's row was changed"},
	{"computed_at", TIMESTAMPTZOID, false, true, "it says as of when the profile's row is"},
	{"stale", BOOLOID, false, true, "it says how fresh the profile's row is"},
};

/* Which of them the column is, by its name; -1: none. */
static int
which_of_ours(const char *name)
{
	for (int i = 0; i < (int) lengthof(ours); i++)
	{
		if (strcmp(name, ours[i].name) == 0 ||
			(ours[i].may_move && strncmp(name, "uprofile_", 9) == 0 && strcmp(name + 9, ours[i].name) == 0))
			return i;
	}
	return -1;
}

static bool
is_bookkeeping(Relation relation, Form_pg_attribute a, int which)
{
	bool moved =
		ours[which].may_move && strncmp(NameStr(a->attname), "uprofile_", 9) != 0 &&
		up_attribute_named(RelationGetDescr(relation), psprintf("uprofile_%s", ours[which].name)) != NULL;

	if (a->attisdropped || a->atttypid != ours[which].type || moved)
		return false;
	return relation->rd_rel->relkind == RELKIND_VIEW ? is_profile_view(relation)
													 : ours[which].of_table && is_profile_table(relation);
}

const char *
up_relation_bookkeeping(Oid relation, AttrNumber column, const char *called)
{
	int which = which_of_ours(called);
	Relation r = which >= 0 && column > 0 ? try_relation_open(relation, AccessShareLock) : NULL;
	bool is = false;

	if (r == NULL)
		return NULL;
	if (column <= RelationGetDescr(r)->natts)
	{
		Form_pg_attribute a = TupleDescAttr(RelationGetDescr(r), column - 1);

		is = strcmp(NameStr(a->attname), called) == 0 && is_bookkeeping(r, a, which);
	}
	relation_close(r, AccessShareLock);
	return is ? ours[which].says : NULL;
}
