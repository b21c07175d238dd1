/*
 * source_level.c - which filters on a query's result commute with what the query does; see source_level.h
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"

#include "base/platform.h"
#include "pg/profiles/source_level.h"

static const char *const limit_text = "LIMIT or OFFSET counts rows of all users";

static bool
has_limit(const Query *query)
{
	const Node *count = query->limitCount;

	if (query->limitOffset != NULL)
		return true;
	return count != NULL && !(IsA(count, Const) && ((const Const *) count)->constisnull);
}

static void
depend(UpWhy *why, const char *text)
{
	why->users_depend = true;
	why->text = text;
}

void
up_level_depends(Query *query, UpWhy *why)
{
	if (has_limit(query))
		depend(why, limit_text);
	else if (query->hasWindowFuncs)
		depend(why, "a window function is not partitioned by the key");
	else if (query->hasAggs || query->groupClause != NIL || query->groupingSets != NIL ||
			 query->havingQual != NULL)
		depend(why, "an aggregate is not grouped by the key");
	else if (query->hasDistinctOn)
		depend(why, "DISTINCT ON does not contain the key");
}

/* The equalities that hold in every row, whatever the key: of WHERE and of inner joins at the top. */
static List *
equalities_of_all_rows(UpLevel *level, Node *node)
{
	List *list = NIL;
	ListCell *cell;

	if (IsA(node, FromExpr))
	{
		list = up_equalities(level, ((FromExpr *) node)->quals);
		foreach (cell, ((FromExpr *) node)->fromlist)
			list = list_concat(list, equalities_of_all_rows(level, lfirst(cell)));
	}
	else if (IsA(node, JoinExpr) && ((JoinExpr *) node)->jointype == JOIN_INNER)
	{
		JoinExpr *join = (JoinExpr *) node;

		list = up_equalities(level, join->quals);
		list = list_concat(list, equalities_of_all_rows(level, join->larg));
		list = list_concat(list, equalities_of_all_rows(level, join->rarg));
	}
	return list;
}

/* The elements that are equal to the given one in every row. */
static List *
equal_in_all_rows(UpLevel *level, const UpElement *element)
{
	List *between = NIL;
	ListCell *cell;

	foreach (cell, equalities_of_all_rows(level, (Node *) level->query->jointree))
	{
		UpEquality *e = lfirst(cell);

		if (!e->a_is_key && !e->b_is_key)
			between = lappend(between, e);
	}
	return up_equalities_close(between, up_elements_add(NIL, element), NIL);
}

/* Whether one of the clauses parts the rows at least as finely as the key does. */
static bool
parts_by(UpLevel *level, List *clauses, List *equals)
{
	ListCell *cell;

	foreach (cell, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);
		Node *expression = get_sortgroupclause_expr(clause, level->query->targetList);
		UpElement e;
		int depth;

		if (up_element_of(level, expression, &e, &depth) && depth == 0 && up_elements_have(equals, &e) &&
			up_key_equality(level->key, clause->eqop, exprCollation(expression)))
			return true;
	}
	return false;
}

/* Whether the clauses, where they name the column, compare it as keys are compared. */
static bool
compared_as_keys(UpLevel *level, List *clauses, const UpElement *element)
{
	ListCell *cell;

	foreach (cell, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);
		Node *expression = get_sortgroupclause_expr(clause, level->query->targetList);
		UpElement e;
		int depth;

		if (up_element_of(level, expression, &e, &depth) && depth == 0 && up_element_equal(&e, element) &&
			!up_key_equality(level->key, clause->eqop, exprCollation(expression)))
			return false;
	}
	return true;
}

static bool
windows_part_by(UpLevel *level, List *equals)
{
	ListCell *cell;

	if (!level->query->hasWindowFuncs)
		return true;
	foreach (cell, level->query->windowClause)
	{
		if (!parts_by(level, lfirst_node(WindowClause, cell)->partitionClause, equals))
			return false;
	}
	return true;
}

/* Whether a filter on the column may be applied before the query groups, numbers and cuts its rows. */
static bool
commutes(UpLevel *level, const UpElement *element, UpWhy *why)
{
	Query *query = level->query;
	List *equals = equal_in_all_rows(level, element);

	if (has_limit(query))
		depend(why, limit_text);
	else if (!windows_part_by(level, equals))
		depend(why, "a window function is not partitioned by the key");
	else if (query->hasDistinctOn && !parts_by(level, query->distinctClause, equals))
		depend(why, "DISTINCT ON does not contain the key");
	else if (!compared_as_keys(level, query->groupClause, element) ||
			 !compared_as_keys(level, query->distinctClause, element))
		depend(why, "rows are grouped by other rules than those by which keys are compared");
	else
		return true;
	return false;
}

List *
up_level_filters(UpLevel *level, List *outputs, UpWhy *why)
{
	List *filters = NIL;
	ListCell *cell;

	foreach (cell, outputs)
	{
		TargetEntry *entry = get_tle_by_resno(level->query->targetList, (AttrNumber) lfirst_int(cell));
		UpElement e;
		int depth;

		if (entry == NULL)
			continue;
		if (!up_element_of(level, (Node *) entry->expr, &e, &depth) || depth != 0)
		{
			why->text = "the key is computed, not a column";
			if (contain_aggs_of_level((Node *) entry->expr, 0) || contain_windowfuncs((Node *) entry->expr))
				depend(why, "the key is the result of an aggregate or a window function");
		}
		else if (commutes(level, &e, why))
			filters = up_elements_add(filters, &e);
	}
	return filters;
}

List *
up_level_set_outputs(UpLevel *level, SetOperationStmt *op, List *outputs)
{
	List *passed = NIL;
	ListCell *cell;

	foreach (cell, outputs)
	{
		int i = lfirst_int(cell) - 1;

		if (i >= list_length(op->colTypes) || !up_key_family(level->key->type, list_nth_oid(op->colTypes, i)))
			continue;
		if (op->groupClauses != NIL &&
			!up_key_equality(level->key, list_nth_node(SortGroupClause, op->groupClauses, i)->eqop,
							 list_nth_oid(op->colCollations, i)))
			continue;
		passed = lappend_int(passed, lfirst_int(cell));
	}
	return passed;
}

List *
up_level_passes_top(Query *query, List *outputs, UpWhy *why)
{
	if (!has_limit(query))
		return outputs;
	depend(why, limit_text);
	return NIL;
}
