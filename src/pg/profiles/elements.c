/*
 * elements.c - columns of a query level and their equalities; see elements.h
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "base/platform.h"
#include "pg/profiles/elements.h"

bool
up_element_equal(const UpElement *a, const UpElement *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
	{
		if (a->refs[i].entry != b->refs[i].entry || a->refs[i].column != b->refs[i].column)
			return false;
	}
	return true;
}

bool
up_elements_have(List *set, const UpElement *element)
{
	ListCell *cell;

	foreach (cell, set)
	{
		if (up_element_equal(lfirst(cell), element))
			return true;
	}
	return false;
}

List *
up_elements_add(List *set, const UpElement *element)
{
	UpElement *copy;

	if (up_elements_have(set, element))
		return set;
	copy = palloc(sizeof(UpElement));
	*copy = *element;
	return lappend(set, copy);
}

List *
up_elements_join(List *a, List *b)
{
	List *all = list_copy(a);
	ListCell *cell;

	foreach (cell, b)
		all = up_elements_add(all, lfirst(cell));
	return all;
}

static bool
is_within(const UpElement *element, const Bitmapset *entries)
{
	for (int i = 0; i < element->n; i++)
	{
		if (!bms_is_member(element->refs[i].entry, entries))
			return false;
	}
	return true;
}

List *
up_elements_within(List *set, const Bitmapset *entries)
{
	List *within = NIL;
	ListCell *cell;

	foreach (cell, set)
	{
		if (is_within(lfirst(cell), entries))
			within = lappend(within, lfirst(cell));
	}
	return within;
}

static bool
in_family(const UpKeyPart *key, Oid type)
{
	return up_key_family(key->type, getBaseType(type));
}

/* Takes away casts under which different values stay different. */
static Node *
strip(const UpKeyPart *key, Node *node)
{
	while (node != NULL)
	{
		Node *inner;

		if (IsA(node, RelabelType))
			inner = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceToDomain))
			inner = (Node *) ((CoerceToDomain *) node)->arg;
		else if (IsA(node, CollateExpr))
			inner = (Node *) ((CollateExpr *) node)->arg;
		else if (IsA(node, FuncExpr) && list_length(((FuncExpr *) node)->args) == 1 &&
				 ((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL)
			inner = linitial(((FuncExpr *) node)->args);
		else
			return node;
		if (!in_family(key, exprType(inner)) || !in_family(key, exprType(node)) ||
			!up_key_widens(getBaseType(exprType(inner)), getBaseType(exprType(node))))
			return node;
		node = inner;
	}
	return node;
}

static bool
merge(UpLevel *level, CoalesceExpr *coalesce, UpElement *element)
{
	ListCell *cell;

	element->n = 0;
	foreach (cell, coalesce->args)
	{
		UpElement part;
		int depth;

		if (!up_element_of(level, lfirst(cell), &part, &depth) || depth != 0 ||
			element->n + part.n > UP_MAX_MERGED)
			return false;
		memcpy(element->refs + element->n, part.refs, sizeof(UpColumnRef) * (size_t) part.n);
		element->n += part.n;
	}
	return element->n > 0;
}

bool
up_element_of(UpLevel *level, Node *expression, UpElement *element, int *depth)
{
	Node *node = strip(level->key, expression);
	UpLevel *of = level;
	RangeTblEntry *rte;
	Var *var;

	*depth = 0;
	if (node == NULL)
		return false;
	if (IsA(node, CoalesceExpr))
		return merge(level, (CoalesceExpr *) node, element);
	if (!IsA(node, Var))
		return false;
	var = (Var *) node;
	for (Index up = var->varlevelsup; up > 0 && of != NULL; up--)
		of = of->parent;
	if (of == NULL || var->varattno <= 0)
		return false;
	rte = rt_fetch(var->varno, of->query->rtable);
	if (rte->rtekind == RTE_JOIN)
	{
		Node *alias = list_nth(rte->joinaliasvars, var->varattno - 1);
		int deeper;

		if (!up_element_of(of, alias, element, &deeper))
			return false;
		*depth = (int) var->varlevelsup + deeper;
		return true;
	}
#if PG_VERSION_NUM >= 180000
	if (rte->rtekind == RTE_GROUP)
	{
		int deeper;

		if (!up_element_of(of, list_nth(rte->groupexprs, var->varattno - 1), element, &deeper))
			return false;
		*depth = (int) var->varlevelsup + deeper;
		return true;
	}
#endif
	if (!in_family(level->key, var->vartype))
		return false;
	*depth = (int) var->varlevelsup;
	element->n = 1;
	element->refs[0].entry = var->varno;
	element->refs[0].column = var->varattno;
	return true;
}

/* One side of an equality: a column of this level, or one of an outer level that is known to be the key. */
static bool
side(UpLevel *level, Node *expression, UpElement *element, bool *is_key)
{
	UpLevel *of = level;
	int depth;

	if (!up_element_of(level, expression, element, &depth))
		return false;
	*is_key = depth > 0;
	for (; depth > 0; depth--)
		of = of->parent;
	return !*is_key || up_elements_have(of->bound, element);
}

List *
up_equalities(UpLevel *level, Node *conditions)
{
	List *list = NIL;
	OpExpr *op;
	UpEquality e;

	if (conditions == NULL)
		return NIL;
	if (IsA(conditions, BoolExpr) && ((BoolExpr *) conditions)->boolop == AND_EXPR)
	{
		ListCell *cell;

		foreach (cell, ((BoolExpr *) conditions)->args)
			list = list_concat(list, up_equalities(level, lfirst(cell)));
		return list;
	}
	if (!IsA(conditions, OpExpr))
		return NIL;
	op = (OpExpr *) conditions;
	if (list_length(op->args) == 2 && up_key_equality(level->key, op->opno, op->inputcollid) &&
		side(level, linitial(op->args), &e.a, &e.a_is_key) && side(level, lsecond(op->args), &e.b, &e.b_is_key))
	{
		UpEquality *copy = palloc(sizeof(UpEquality));

		*copy = e;
		list = lappend(list, copy);
	}
	return list;
}

List *
up_equalities_close(List *equalities, List *known, List *weak)
{
	int before;

	known = list_copy(known);
	do
	{
		ListCell *cell;

		before = list_length(known);
		foreach (cell, equalities)
		{
			UpEquality *e = lfirst(cell);
			bool a = e->a_is_key || up_elements_have(known, &e->a) || up_elements_have(weak, &e->a);
			bool b = e->b_is_key || up_elements_have(known, &e->b) || up_elements_have(weak, &e->b);

			if ((a || b) && !e->a_is_key)
				known = up_elements_add(known, &e->a);
			if ((a || b) && !e->b_is_key)
				known = up_elements_add(known, &e->b);
		}
	} while (list_length(known) > before);
	return known;
}
