/*
 * number_columns.h - columns of numbers of any type, read from the rows of plans as double precision
 */
#ifndef UPROFILE_NUMBER_COLUMNS_H
#define UPROFILE_NUMBER_COLUMNS_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/array.h"

#include "pg/io/attribute.h"
#include "pg/io/tuple_data.h"

/* A column of plans. */
typedef struct UpPlace
{
	int plan;
	int number;
} UpPlace;

/* Columns of one type beside each other. */
typedef struct UpNumberRun
{
	UpSourceKind source;
	UpPlace first;
	int n;
	int offset; /* in tuples without NULLs; -1: not at the same place in all */
} UpNumberRun;

typedef struct UpNumbers
{
	int n;
	int n_runs;
	UpNumberRun *runs;
	bool may_fail; /* numerics may be out of range, and take memory to be read */
} UpNumbers;

/* So many columns of plans that give these, and what is to be asked of each plan for them. In the current memory. */
extern void up_numbers_begin(UpNumbers *numbers, const UpPlace *places, int n, const TupleDesc *columns,
							 UpAskedColumns *asked);
/* Of a row of each plan, as up_take_apart gave its data. false: some are NULL, and their numbers anything. */
extern bool up_numbers_read(const UpNumbers *numbers, TupleTableSlot *const *slots, const char *const *data,
							double *out);
/* As the array that the server would have made of them: with its NULLs. */
extern ArrayType *up_numbers_array(const UpNumbers *numbers, TupleTableSlot *const *slots);

#endif
