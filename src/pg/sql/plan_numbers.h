/*
 * plan_numbers.h - arrays of double precision in a plan, and the numbers of other types that they are made of
 */
#ifndef UPROFILE_PLAN_NUMBERS_H
#define UPROFILE_PLAN_NUMBERS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

/*
 * The elements of an ARRAY[…] of double precision, or of one of numbers that is cast to it, without the server's own casts: read as double precision
 * (number_columns.h), their values are those of the elements. NIL: it is something else.
 */
extern List *up_numbers_of_array(const Node *array);

#endif
