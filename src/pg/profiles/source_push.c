/*
 * source_push.c - follows "key = one user" down a query to the tables that it reads; see source_push.h
 *
 * The question is whether the rows of the result that belong to user k are the same when a table T is read without the
 * rows in which its column c is not k. If so, a change of a row of T concerns the users that c names before and after
 * it, and nobody else. That is the question whether the filter key = k on the result may be applied to T as c = k, and
 * it is answered as a planner would answer it: a filter passes a query level where it commutes with what the level
 * does (grouping, windows, DISTINCT, set operations, LIMIT), and passes a join by the conditions that all its rows
 * satisfy. Filters are strict, so a filter on the side that an outer join fills with NULL makes it an inner join.
 *
 * Two sets are kept. In rows that matter, an element of the first is the key: a filter may be put there. An element of
 * the second is the key or NULL: it may not, but an equality with it passes the key on. A correlated sub-select has
 * its outer query's columns of the second set as constants.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "base/platform.h"
#include "pg/profiles/elements.h"
#include "pg/profiles/source_level.h"
#include "pg/profiles/source_push.h"
#include "pg/profiles/source_reach.h"

/* What the whole walk shares. */
typedef struct Push
{
	UpLevel *level;
	UpWhy why; /* for a table that no filter reaches */
	List **scans;
} Push;

static void push_query(const Push *outer, Query *query, List *outputs, UpWhy why);
static void push_node(const Push *p, Node *node, List *filters);
static void push_sublinks(const Push *p, Node *expression, List *bound, bool positive);

static bool
is_recursive(UpLevel *level, const RangeTblEntry *rte)
{
	UpLevel *of = level;
	ListCell *cell;

	if (rte->rtekind != RTE_CTE)
		return false;
	for (Index up = rte->ctelevelsup; up > 0 && of != NULL; up--)
		of = of->parent;
	if (of == NULL)
		return false;
	foreach (cell, of->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, cell);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return cte->cterecursive;
	}
	return false;
}

/* ---- tables --------------------------------------------------------------------------------------------------- */

static void
push_table(const Push *p, int entry, RangeTblEntry *rte, List *filters)
{
	UpTableScan *scan = palloc0(sizeof(UpTableScan));
	ListCell *cell;

	scan->relation = rte->relid;
	scan->with_children = rte->inh;
	scan->why = p->why;
	if (rte->tablesample != NULL)
	{
		scan->why.users_depend = true;
		scan->why.text = "TABLESAMPLE draws rows whatever user they belong to";
	}
	else
	{
		foreach (cell, filters)
		{
			UpElement *e = lfirst(cell);

			if (e->n == 1 && e->refs[0].entry == entry)
				scan->columns = bms_add_member(scan->columns, e->refs[0].column);
		}
	}
	*p->scans = lappend(*p->scans, scan);
	if (rte->tablesample != NULL)
		push_sublinks(p, (Node *) rte->tablesample, p->level->bound, false);
}

static void
push_leaf(const Push *p, int entry, List *filters)
{
	RangeTblEntry *rte = rt_fetch(entry, p->level->query->rtable);
	ListCell *cell;
	UpLevel *parent;
	Query *query;
	List *outputs = NIL;
	UpWhy why = p->why;
	Push inner = *p;

	foreach (cell, rte->securityQuals)
		push_sublinks(p, lfirst(cell), up_elements_join(p->level->bound, filters), true);
	if (rte->rtekind == RTE_RELATION)
	{
		push_table(p, entry, rte, filters);
		return;
	}
	query = up_level_subquery(p->level, rte, &parent);
	if (query == NULL)
	{
		push_sublinks(p, (Node *) rte->functions, p->level->bound, false);
		push_sublinks(p, (Node *) rte->tablefunc, p->level->bound, false);
		push_sublinks(p, (Node *) rte->values_lists, p->level->bound, false);
		return;
	}
	if (is_recursive(p->level, rte))
	{
		why.users_depend = true;
		why.text = psprintf("WITH RECURSIVE \"%s\" reads it", rte->ctename);
	}
	else
		outputs = up_level_outputs(entry, filters);
	inner.level = parent;
	push_query(&inner, query, outputs, why);
}

/* ---- joins ---------------------------------------------------------------------------------------------------- */

static void
push_inner(const Push *p, List *children, Node *conditions, List *filters)
{
	List *saved = p->level->bound;
	UpReach reach = up_level_reach_inner(p->level, children, conditions, filters);
	ListCell *cell;

	p->level->bound = up_elements_join(saved, reach.all);
	foreach (cell, children)
	{
		Bitmapset *entries = up_node_entries(lfirst(cell));

		push_node(p, lfirst(cell), up_elements_within(reach.strong, entries));
	}
	push_sublinks(p, conditions, p->level->bound, true);
	p->level->bound = saved;
}

/* kept: the side all of whose rows stay. The left side goes first, so that tables are met in one order always. */
static void
push_outer(const Push *p, JoinExpr *join, bool left_kept, List *filters)
{
	List *saved = p->level->bound;
	Node *kept = left_kept ? join->larg : join->rarg;
	Node *filled = left_kept ? join->rarg : join->larg;
	UpReach reach = up_level_reach_left(p->level, kept, filled, join->quals, filters);
	List *on_kept = up_elements_within(filters, up_node_entries(kept));
	List *on_filled = up_elements_within(reach.strong, up_node_entries(filled));
	List *bound = up_elements_join(saved, up_elements_join(reach.all, reach.strong));

	if (left_kept)
		push_node(p, kept, on_kept);
	p->level->bound = bound;
	push_node(p, filled, on_filled);
	p->level->bound = saved;
	if (!left_kept)
		push_node(p, kept, on_kept);
	push_sublinks(p, join->quals, bound, true);
}

static void
push_join(const Push *p, JoinExpr *join, List *filters)
{
	UpElement left, right;
	Push inner = *p;

	switch (up_level_join_form(p->level, join, filters, &left, &right))
	{
		case UP_JOIN_INNER:
			push_inner(p, list_make2(join->larg, join->rarg), join->quals, filters);
			break;
		case UP_JOIN_LEFT:
			push_outer(p, join, true, filters);
			break;
		case UP_JOIN_RIGHT:
			push_outer(p, join, false, filters);
			break;
		case UP_JOIN_MERGED:
			push_node(p, join->larg, list_make1(&left));
			push_node(p, join->rarg, list_make1(&right));
			push_sublinks(p, join->quals, p->level->bound, false);
			break;
		case UP_JOIN_CLOSED:
			inner.why.text = "a FULL JOIN keeps its rows whatever the key";
			push_node(&inner, join->larg, NIL);
			push_node(&inner, join->rarg, NIL);
			push_sublinks(&inner, join->quals, p->level->bound, false);
			break;
	}
}

static void
push_node(const Push *p, Node *node, List *filters)
{
	check_stack_depth();
	if (IsA(node, RangeTblRef))
		push_leaf(p, ((RangeTblRef *) node)->rtindex, filters);
	else if (IsA(node, JoinExpr))
		push_join(p, (JoinExpr *) node, filters);
	else if (IsA(node, FromExpr))
		push_inner(p, ((FromExpr *) node)->fromlist, ((FromExpr *) node)->quals, filters);
	else
		elog(ERROR, "unexpected node in a join tree: %d", (int) nodeTag(node));
}

/* ---- sub-selects in expressions ------------------------------------------------------------------------------- */

typedef struct SublinkWalk
{
	const Push *push;
	List *bound;
} SublinkWalk;

/* v IN (SELECT …) with v the key: the numbers of the sub-select's columns that are compared with it. */
static List *
compared_outputs(UpLevel *level, Node *test, List *bound)
{
	List *outputs = NIL;
	ListCell *cell;
	OpExpr *op;
	UpElement e;
	int depth;

	if (test != NULL && IsA(test, BoolExpr) && ((BoolExpr *) test)->boolop == AND_EXPR)
	{
		foreach (cell, ((BoolExpr *) test)->args)
			outputs = list_concat(outputs, compared_outputs(level, lfirst(cell), bound));
		return outputs;
	}
	if (test == NULL || !IsA(test, OpExpr))
		return NIL;
	op = (OpExpr *) test;
	if (list_length(op->args) == 2 && up_key_equality(level->key, op->opno, op->inputcollid) &&
		up_element_of(level, linitial(op->args), &e, &depth))
	{
		Node *other = lsecond(op->args);
		UpLevel *of = level;

		for (int i = 0; i < depth; i++)
			of = of->parent;
		while (IsA(other, RelabelType))
			other = (Node *) ((RelabelType *) other)->arg;
		if (IsA(other, Param) && ((Param *) other)->paramkind == PARAM_SUBLINK &&
			up_elements_have(depth == 0 ? bound : of->bound, &e))
			outputs = lappend_int(outputs, ((Param *) other)->paramid);
	}
	return outputs;
}

static bool
is_correlated(UpLevel *level, Query *query)
{
	for (int up = 1; level != NULL && level->query != NULL; level = level->parent, up++)
	{
		if (contain_vars_of_level((Node *) query, up))
			return true;
	}
	return false;
}

static void
push_sublink(const Push *p, SubLink *link, List *bound, bool positive)
{
	Query *query = castNode(Query, link->subselect);
	List *saved = p->level->bound;
	UpWhy why = p->why;
	List *outputs = NIL;

	if (link->subLinkType == ANY_SUBLINK && positive)
		outputs = compared_outputs(p->level, link->testexpr, bound);
	if (link->subLinkType == ALL_SUBLINK || (link->subLinkType == ANY_SUBLINK && !positive))
	{
		why.users_depend = true;
		why.text = "NOT IN or ALL over a sub-select: a NULL in it concerns every user (write NOT EXISTS)";
	}
	else if (link->subLinkType == ANY_SUBLINK)
	{
		if (!why.users_depend)
			why.text = "IN compares it with a column that is not the key";
	}
	else if (!is_correlated(p->level, query))
	{
		why.users_depend = true;
		why.text = "a sub-select reads it whatever user the row belongs to";
	}
	else if (!why.users_depend)
		why.text = "a sub-select is tied to the row by a column that is not the key";
	p->level->bound = bound;
	push_query(p, query, outputs, why);
	p->level->bound = saved;
}

static bool
sublink_walker(Node *node, void *context)
{
	SublinkWalk *w = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *link = (SubLink *) node;

		push_sublink(w->push, link, w->bound, false);
		return sublink_walker(link->testexpr, w);
	}
	if (IsA(node, Query))
		return false;
	return expression_tree_walker(node, sublink_walker, w);
}

/* positive: NULL counts as false here, as in a WHERE clause. */
static void
push_sublinks(const Push *p, Node *expression, List *bound, bool positive)
{
	SublinkWalk w = {p, bound};
	ListCell *cell;

	if (positive && expression != NULL && IsA(expression, BoolExpr) &&
		((BoolExpr *) expression)->boolop != NOT_EXPR)
	{
		foreach (cell, ((BoolExpr *) expression)->args)
			push_sublinks(p, lfirst(cell), bound, true);
		return;
	}
	if (positive && expression != NULL && IsA(expression, SubLink))
	{
		push_sublink(p, (SubLink *) expression, bound, true);
		sublink_walker(((SubLink *) expression)->testexpr, &w);
		return;
	}
	sublink_walker(expression, &w);
}

/* ---- queries -------------------------------------------------------------------------------------------------- */

static void
push_set_operation(const Push *p, Node *node, List *outputs)
{
	Push inner = *p;

	check_stack_depth();
	if (IsA(node, SetOperationStmt))
	{
		SetOperationStmt *op = (SetOperationStmt *) node;
		List *passed = up_level_set_outputs(p->level, op, outputs);

		if (passed == NIL && outputs != NIL)
			inner.why.text = "a set operation compares the key by other rules than the key's";
		push_set_operation(&inner, op->larg, passed);
		push_set_operation(&inner, op->rarg, passed);
		return;
	}
	push_query(p, rt_fetch(((RangeTblRef *) node)->rtindex, p->level->query->rtable)->subquery, outputs,
			   p->why);
}

static void
push_query(const Push *outer, Query *query, List *outputs, UpWhy why)
{
	UpLevel level = {outer->level->key, query, outer->level, NIL};
	Push p = {&level, why, outer->scans};
	List *all = NIL;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (query->setOperations != NULL)
	{
		if (outputs == NIL && !why.users_depend)
			up_level_depends(query, &p.why);
		push_set_operation(&p, query->setOperations, up_level_passes_top(query, outputs, &p.why));
	}
	else
	{
		UpWhy stopped = why;
		List *filters = up_level_filters(&level, outputs, &stopped);

		all = up_level_reach(&level, (Node *) query->jointree, filters);
		if (outputs == NIL && !why.users_depend)
			up_level_depends(query, &stopped);
		/* Where a filter reaches the rows, or the outer query does, only one user's are read: what else is joined to
		 * them is merely looked up. */
		if (all == NIL)
			p.why = stopped;
		push_node(&p, (Node *) query->jointree, filters);
	}
	push_sublinks(&p, (Node *) query->targetList, all, false);
	push_sublinks(&p, query->havingQual, all, true);
	push_sublinks(&p, query->limitCount, NIL, false);
	push_sublinks(&p, query->limitOffset, NIL, false);
	push_sublinks(&p, (Node *) query->windowClause, all, false);
}

List *
up_push_key(Query *query, const UpKeyPart *key)
{
	List *scans = NIL;
	UpLevel none = {key, NULL, NULL, NIL};
	Push p = {&none, {false, psprintf("no condition ties it to \"%s\"", key->name)}, &scans};

	push_query(&p, query, list_make1_int(key->number), p.why);
	return scans;
}
