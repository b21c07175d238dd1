/*
 * source_trust.c - see source_trust.h
 *
 * Stored text runs as its owner. Where it must show what the caller may see, and no more, it runs as the caller; then nothing of its
 * own may come with it. Reading a table is harmless (base types and operator classes are made by superusers alone); a function
 * that somebody else can replace is not, be it in the text, in a view that it reads or in a policy of a table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/profiles/source_trust.h"

static void
check_owner(Oid owner, const char *kind, const char *name, const char *what)
{
	if (!has_privs_of_role(owner, GetUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("%s cannot be read with your rights: it calls the %s %s of role \"%s\"", what,
							   kind, name, GetUserNameFromId(owner, true)),
						errdetail("What another role can replace would do as you what it likes.")));
}

static bool
check_function(Oid function, void *what)
{
	HeapTuple tuple;
	Oid owner;

	if (function < FirstNormalObjectId)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return false;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	check_owner(owner, "function", quote_identifier(get_func_name(function)), what);
	return false;
}

static void
check_domain(Oid domain, const char *what)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(domain));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		return;
	owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	check_owner(owner, "domain", format_type_be(domain), what);
}

static bool
trust_walker(Node *node, void *what)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, trust_walker, what, 0);
	if (IsA(node, CoerceToDomain) && ((CoerceToDomain *) node)->resulttype >= FirstNormalObjectId)
		check_domain(((CoerceToDomain *) node)->resulttype, what);
	check_functions_in_node(node, check_function, what);
	return expression_tree_walker(node, trust_walker, what);
}

void
up_source_check_trust(Query *query, const char *what)
{
	trust_walker((Node *) query, unconstify(char *, what));
}
