/*
 * plan_numbers.c - arrays of double precision in a plan, and the numbers of other types that they are made of; see plan_numbers.h
 *
 * The server casts an ARRAY[…] of integers as a whole (ArrayCoerceExpr), with integers among numerics cast to numeric before; beside an element of
 * double precision, or where the cast is written, each element is cast.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "pg/sql/plan_numbers.h"

/* Whether a function is a cast of the server's on whose way to double precision nothing is lost before the last step. */
static bool
keeps_number(Oid function)
{
	switch (function)
	{
		case F_FLOAT8_INT2:
		case F_FLOAT8_INT4:
		case F_FLOAT8_INT8:
		case F_FLOAT8_FLOAT4:
		case F_FLOAT8_NUMERIC:
		case F_NUMERIC_INT2:
		case F_NUMERIC_INT4:
		case F_NUMERIC_INT8:
		case F_INT8_INT2:
		case F_INT8_INT4:
		case F_INT4_INT2:
		case F_INT4_BOOL:
			return true;
		default:
			return false;
	}
}

static bool
only_renames(const RelabelType *cast)
{
	return getBaseType(exprType((const Node *) cast)) == getBaseType(exprType((const Node *) cast->arg));
}

/* What such casts, and those of domains, are made of. */
static Node *
below_casts(Node *number)
{
	for (;;)
	{
		if (IsA(number, FuncExpr) && keeps_number(((FuncExpr *) number)->funcid))
			number = linitial(((FuncExpr *) number)->args);
		else if (IsA(number, RelabelType) && only_renames((RelabelType *) number))
			number = (Node *) ((RelabelType *) number)->arg;
		else
			return number;
	}
}

/* What an array is, or is cast from, element by element. */
static const Node *
below_array_cast(const Node *array)
{
	const ArrayCoerceExpr *cast = (const ArrayCoerceExpr *) array;

	if (IsA(array, ArrayCoerceExpr) && IsA(below_casts((Node *) cast->elemexpr), CaseTestExpr))
		return (const Node *) cast->arg;
	return array;
}

List *
up_numbers_of_array(const Node *array)
{
	const ArrayExpr *spelled_out = (const ArrayExpr *) below_array_cast(array);
	List *numbers = NIL;
	ListCell *cell;

	if (exprType(array) != FLOAT8ARRAYOID || !IsA(spelled_out, ArrayExpr) || spelled_out->multidims)
		return NIL;
	foreach (cell, spelled_out->elements)
		numbers = lappend(numbers, below_casts(lfirst(cell)));
	return numbers;
}
