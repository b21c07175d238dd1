/*
 * profile_live.c - columns that a profile computes when it is read; see profile_live.h
 *
 * An expression becomes a part of the view and of the statements that train and score, so it is looked at as a tree before
 * it is put into a text: it must be one expression, and what it reads are columns of the one table.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "access/htup_details.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/source_query.h"
#include "pg/profiles/profile_live.h"
#include "pg/profiles/source_calls.h"
#include "pg/profiles/watch_start.h"

static const char *
what_is(const UpLive *live)
{
	return live->rule ? "segment" : "live column";
}

static void
name_live(void *arg)
{
	const UpLive *live = arg;

	/* A place in the text that it was put into would not help. */
	errposition(0);
	internalerrposition(0);
	internalerrquery(NULL);
	errcontext("%s \"%s\": %s", what_is(live), live->column, live->expression);
}

static void
refuse(const UpLive *live, const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s \"%s\" must be one %s over the profile's columns", what_is(live), live->column,
						   live->rule ? "condition" : "expression"),
					errdetail_internal("%s", why)));
}

/* SELECT (expression), and nothing that the parentheses do not hold. */
static void
check_form(const UpLive *live)
{
	List *parsed = up_expression_parse(live->expression);
	SelectStmt *s;

	if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
		refuse(live, "It is more than one statement.");
	s = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (s->op != SETOP_NONE || list_length(s->targetList) != 1 || s->fromClause != NIL ||
		s->whereClause != NULL || s->groupClause != NIL || s->havingClause != NULL || s->windowClause != NIL ||
		s->sortClause != NIL || s->limitCount != NULL || s->limitOffset != NULL || s->lockingClause != NIL ||
		s->intoClause != NULL || s->withClause != NULL || s->distinctClause != NIL ||
		linitial_node(ResTarget, s->targetList)->name != NULL)
		refuse(live, "It is a part of a query.");
}

static void
check_meaning(const UpLive *live, const Query *q)
{
	List *unsafe;

	if (q->hasSubLinks || list_length(q->rtable) != 1)
		refuse(live, "It reads other tables.");
	if (q->hasAggs || q->hasWindowFuncs)
		refuse(live, "It reads other rows.");
	if (q->hasTargetSRFs)
		refuse(live, "It gives several rows.");
	unsafe = up_calls_unsafe((Query *) q, true);
	if (unsafe != NIL)
		refuse(live, psprintf("%s.", up_watch_join(unsafe, "; ")));
}

/* The column, read from the profile's table. */
static Query *
parse(const UpProfile *p, const UpLive *live, TupleDesc *desc)
{
	UpPolicy one = {.n_live = 1, .live = unconstify(UpLive *, live)};
	UpPolicy others = *p->policy;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT true");
	/* As it is, so that its own type is seen. */
	one.live = memcpy(palloc(sizeof(UpLive)), live, sizeof(UpLive));
	one.live->rule = false;
	up_policy_append_live(&sql, &one, false);
	while (others.n_live > 0 && others.live[others.n_live - 1].rule)
		others.n_live--;
	appendStringInfo(&sql, " FROM %s profile",
					 live->rule && others.n_live > 0 ? up_policy_rows(&others, "profile.*", p->table)
													 : p->table);
	return up_own_query_parse(sql.data, NULL, desc);
}

/* The type of the column. */
static const char *
check_expression(const UpProfile *p, const UpLive *live)
{
	ErrorContextCallback context = {error_context_stack, name_live, unconstify(UpLive *, live)};
	TupleDesc desc;
	Query *query;

	error_context_stack = &context;
	check_form(live);
	query = parse(p, live, &desc);
	check_meaning(live, query);
	if (live->rule && TupleDescAttr(desc, 1)->atttypid != BOOLOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("segment \"%s\" must be a condition, true or false, not of type %s",
							   live->column, format_type_be(TupleDescAttr(desc, 1)->atttypid))));
	error_context_stack = context.previous;
	return format_type_with_typemod(TupleDescAttr(desc, 1)->atttypid, TupleDescAttr(desc, 1)->atttypmod);
}

static bool
has_column(Oid table, const char *name)
{
	return get_attnum(table, name) != InvalidAttrNumber;
}

static void
check_ttl(const UpProfile *p, Oid table)
{
	for (int i = 0; i < p->policy->n_ttl; i++)
	{
		const char *name = p->policy->ttl[i].column;

		if (name != NULL && !has_column(table, name) && up_policy_live(p->policy, name) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("parameter \"ttl\" of policy names column \"%s\", which the profile does not have",
							name),
					 up_hint_nearest(up_nearest_column(name, up_relation_columns(table)), NULL)));
	}
}

void
up_live_check(const UpProfile *p, Oid table, bool tell)
{
	StringInfoData types;

	initStringInfo(&types);
	for (int i = 0; i < p->policy->n_live; i++)
	{
		const UpLive *live = &p->policy->live[i];

		if (has_column(table, live->column))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("the profile would have two columns \"%s\"", live->column),
					 errhint("A %s needs a name that the profile's table does not have.", what_is(live))));
		for (int j = 0; j < i; j++)
		{
			if (strcmp(p->policy->live[j].column, live->column) == 0)
				ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
								errmsg("the profile would have two columns \"%s\"", live->column),
								errhint("A %s needs a name that no live column has.", what_is(live))));
		}
		appendStringInfo(&types, "%s\"%s\" %s", i > 0 ? ", " : "", live->column, check_expression(p, live));
	}
	check_ttl(p, table);
	if (tell && types.len > 0)
		ereport(NOTICE, (errmsg("live columns of profile \"%s\": %s", p->name, types.data)));
}

bool
up_live_ages(const UpProfile *p)
{
	TupleDesc desc;

	for (int i = 0; i < p->policy->n_live; i++)
	{
		if (p->policy->live[i].feature && up_calls_time(parse(p, &p->policy->live[i], &desc)))
			return true;
	}
	return false;
}
