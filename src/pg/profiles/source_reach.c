/*
 * source_reach.c - which columns of joined rows are the key, given filters above them; see source_reach.h
 *
 * Nothing is recorded here: the same question is asked again and again until nothing is added.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

#include "base/platform.h"
#include "pg/profiles/source_level.h"
#include "pg/profiles/source_reach.h"

static List *reach_query(UpLevel *parent, Query *query, List *outputs);

/* The sub-select of a range table entry, or that of the common table expression that it names. */
Query *
up_level_subquery(UpLevel *level, const RangeTblEntry *rte, UpLevel **parent)
{
	ListCell *cell;
	UpLevel *of = level;

	*parent = level;
	if (rte->rtekind == RTE_SUBQUERY)
		return rte->subquery;
	if (rte->rtekind != RTE_CTE || rte->self_reference)
		return NULL;
	for (Index up = rte->ctelevelsup; up > 0 && of != NULL; up--)
		of = of->parent;
	*parent = of;
	if (of == NULL)
		return NULL;
	foreach (cell, of->query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, cell);

		if (strcmp(cte->ctename, rte->ctename) == 0)
			return IsA(cte->ctequery, Query) ? (Query *) cte->ctequery : NULL;
	}
	return NULL;
}

Bitmapset *
up_node_entries(Node *node)
{
	Bitmapset *set = NULL;
	ListCell *cell;

	if (IsA(node, RangeTblRef))
		return bms_make_singleton(((RangeTblRef *) node)->rtindex);
	if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;

		set = bms_union(up_node_entries(join->larg), up_node_entries(join->rarg));
		return join->rtindex > 0 ? bms_add_member(set, join->rtindex) : set;
	}
	foreach (cell, castNode(FromExpr, node)->fromlist)
		set = bms_union(set, up_node_entries(lfirst(cell)));
	return set;
}

List *
up_level_outputs(int entry, List *filters)
{
	List *outputs = NIL;
	ListCell *cell;

	foreach (cell, filters)
	{
		UpElement *e = lfirst(cell);

		if (e->n == 1 && e->refs[0].entry == entry)
			outputs = list_append_unique_int(outputs, e->refs[0].column);
	}
	return outputs;
}

static List *
reach_leaf(UpLevel *level, int entry, List *filters)
{
	RangeTblEntry *rte = rt_fetch(entry, level->query->rtable);
	List *all = up_elements_within(filters, bms_make_singleton(entry));
	UpLevel *parent;
	Query *query = up_level_subquery(level, rte, &parent);
	ListCell *cell;

	/* A common table expression that calls itself has no end here. */
	if (query == NULL || (rte->rtekind == RTE_CTE && query->setOperations != NULL))
		return all;
	foreach (cell, reach_query(parent, query, up_level_outputs(entry, filters)))
	{
		UpElement e = {1, {{entry, lfirst_int(cell)}}};

		all = up_elements_add(all, &e);
	}
	return all;
}

UpReach
up_level_reach_inner(UpLevel *level, List *children, Node *conditions, List *filters)
{
	List *saved = level->bound;
	UpReach r = {list_copy(filters), list_copy(filters)};
	int before;

	do
	{
		ListCell *cell;

		before = list_length(r.strong) + list_length(r.all);
		level->bound = up_elements_join(saved, r.all);
		foreach (cell, children)
			r.all = up_elements_join(
				r.all, up_level_reach(level, lfirst(cell),
									  up_elements_within(r.strong, up_node_entries(lfirst(cell)))));
		r.strong = up_equalities_close(up_equalities(level, conditions), r.strong, r.all);
		r.all = up_elements_join(r.all, r.strong);
	} while (list_length(r.strong) + list_length(r.all) > before);
	level->bound = saved;
	return r;
}

UpReach
up_level_reach_left(UpLevel *level, Node *left, Node *right, Node *conditions, List *filters)
{
	List *saved = level->bound;
	List *of_left = up_level_reach(level, left, up_elements_within(filters, up_node_entries(left)));
	Bitmapset *entries = up_node_entries(right);
	UpReach r = {NIL, of_left};
	int before;

	do
	{
		before = list_length(r.strong) + list_length(r.all);
		level->bound = up_elements_join(saved, up_elements_join(r.all, r.strong));
		r.all = up_elements_join(r.all, up_level_reach(level, right, up_elements_within(r.strong, entries)));
		r.strong = up_equalities_close(up_equalities(level, conditions), r.strong, r.all);
		r.all = up_elements_join(r.all, up_elements_within(r.strong, entries));
	} while (list_length(r.strong) + list_length(r.all) > before);
	level->bound = saved;
	return r;
}

/* A merged column of a FULL JOIN falls into a left and a right one, if the join compares just these. */
static bool
splits(UpLevel *level, JoinExpr *join, const UpElement *merged, UpElement *left, UpElement *right)
{
	Bitmapset *of_left = up_node_entries(join->larg);
	Bitmapset *of_right = up_node_entries(join->rarg);
	ListCell *cell;

	left->n = right->n = 0;
	for (int i = 0; i < merged->n; i++)
	{
		if (right->n == 0 && bms_is_member(merged->refs[i].entry, of_left))
			left->refs[left->n++] = merged->refs[i];
		else if (bms_is_member(merged->refs[i].entry, of_right))
			right->refs[right->n++] = merged->refs[i];
		else
			return false;
	}
	if (left->n == 0 || right->n == 0)
		return false;
	foreach (cell, up_equalities(level, join->quals))
	{
		UpEquality *e = lfirst(cell);

		if (!e->a_is_key && !e->b_is_key &&
			((up_element_equal(&e->a, left) && up_element_equal(&e->b, right)) ||
			 (up_element_equal(&e->a, right) && up_element_equal(&e->b, left))))
			return true;
	}
	return false;
}

UpJoinForm
up_level_join_form(UpLevel *level, JoinExpr *join, List *filters, UpElement *left, UpElement *right)
{
	bool has_left = up_elements_within(filters, up_node_entries(join->larg)) != NIL;
	bool has_right = up_elements_within(filters, up_node_entries(join->rarg)) != NIL;
	ListCell *cell;

	if (join->jointype == JOIN_INNER)
		return UP_JOIN_INNER;
	if (join->jointype == JOIN_LEFT)
		return has_right ? UP_JOIN_INNER : UP_JOIN_LEFT;
	if (join->jointype == JOIN_RIGHT)
		return has_left ? UP_JOIN_INNER : UP_JOIN_RIGHT;
	foreach (cell, filters)
	{
		UpElement *e = lfirst(cell);

		if (e->n > 1 && splits(level, join, e, left, right))
			return UP_JOIN_MERGED;
	}
	if (has_left)
		return has_right ? UP_JOIN_INNER : UP_JOIN_LEFT;
	return has_right ? UP_JOIN_RIGHT : UP_JOIN_CLOSED;
}

static List *
reach_join(UpLevel *level, JoinExpr *join, List *filters)
{
	UpElement left, right;
	List *all;

	switch (up_level_join_form(level, join, filters, &left, &right))
	{
		case UP_JOIN_INNER:
			return up_level_reach_inner(level, list_make2(join->larg, join->rarg), join->quals, filters).all;
		case UP_JOIN_LEFT:
			return up_level_reach_left(level, join->larg, join->rarg, join->quals, filters).all;
		case UP_JOIN_RIGHT:
			return up_level_reach_left(level, join->rarg, join->larg, join->quals, filters).all;
		case UP_JOIN_MERGED:
			all = up_level_reach(level, join->larg, list_make1(&left));
			all = up_elements_join(filters, all);
			return up_elements_join(all, up_level_reach(level, join->rarg, list_make1(&right)));
		case UP_JOIN_CLOSED:
			break;
	}
	return NIL;
}

List *
up_level_reach(UpLevel *level, Node *node, List *filters)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (IsA(node, RangeTblRef))
		return reach_leaf(level, ((RangeTblRef *) node)->rtindex, filters);
	if (IsA(node, JoinExpr))
		return reach_join(level, (JoinExpr *) node, filters);
	return up_level_reach_inner(level, castNode(FromExpr, node)->fromlist, castNode(FromExpr, node)->quals,
								filters)
		.all;
}

/* Which columns of a sub-select are the key or NULL, given that some are the key. */
static List *
reach_query(UpLevel *parent, Query *query, List *outputs)
{
	UpLevel level = {parent->key, query, parent, NIL};
	UpWhy why = {false, NULL};
	List *reached = list_copy(outputs);
	List *all;
	ListCell *cell;

	if (query->setOperations != NULL)
		return reached;
	all = up_level_reach(&level, (Node *) query->jointree, up_level_filters(&level, outputs, &why));
	foreach (cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		UpElement e;
		int depth;

		if (!entry->resjunk && up_element_of(&level, (Node *) entry->expr, &e, &depth) && depth == 0 &&
			up_elements_have(all, &e))
			reached = list_append_unique_int(reached, entry->resno);
	}
	return reached;
}
