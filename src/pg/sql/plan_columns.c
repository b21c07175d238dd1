/*
 * plan_columns.c - where a plan's columns hold expressions; see plan_columns.h
 */
#include "postgres.h"

#include "nodes/nodes.h"

#include "pg/sql/plan_columns.h"

int
up_column_number(const List *columns, const void *expr, int most)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (foreach_current_index(cell) == most)
			break;
		if (equal(lfirst(cell), expr))
			return foreach_current_index(cell);
	}
	return -1;
}

List *
up_column_numbers(const List *columns, const List *exprs)
{
	List *numbers = NIL;
	ListCell *cell;

	foreach (cell, exprs)
	{
		int number = up_column_number(columns, lfirst(cell), list_length(columns));

		if (number < 0)
			return NIL;
		numbers = lappend_int(numbers, number);
	}
	return numbers;
}
