/*
 * plan_columns.h - where a plan's columns hold expressions
 */
#ifndef UPROFILE_PLAN_COLUMNS_H
#define UPROFILE_PLAN_COLUMNS_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* The number, from 0, of an expression among so many first columns; -1: it is none of them. */
extern int up_column_number(const List *columns, const void *expr, int most);
/* The number of each expression; NIL: not all of them are there. */
extern List *up_column_numbers(const List *columns, const List *exprs);

#endif
