/*
 * number_columns.c - columns of numbers of any type, read from the rows of plans as double precision; see number_columns.h
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "pg/io/numeric_double.h"
#include "pg/sql/number_columns.h"
#include "pg/sql/vectors.h"

/* ---- begin ---- */

static bool
continues(const UpNumberRun *run, UpPlace place, UpSourceKind source)
{
	return run->source == source && run->first.plan == place.plan && run->first.number + run->n == place.number;
}

static void
begin_run(UpNumberRun *run, UpPlace place, UpSourceKind source, TupleDesc columns)
{
	*run = (UpNumberRun){source, place, 0,
						 source == UP_FROM_NUMERIC ? -1 : up_column_offset(columns, place.number)};
}

void
up_numbers_begin(UpNumbers *numbers, const UpPlace *places, int n, const TupleDesc *columns,
				 UpAskedColumns *asked)
{
	UpNumberRun *run = palloc(sizeof(UpNumberRun) * Max(n, 1));

	*numbers = (UpNumbers){.n = n, .runs = run};
	for (int i = 0; i < n; i++)
	{
		TupleDesc from = columns[places[i].plan];
		UpSourceKind source = up_source_of_type(getBaseType(TupleDescAttr(from, places[i].number)->atttypid));

		if (i == 0 || !continues(run, places[i], source))
		{
			run = &numbers->runs[numbers->n_runs++];
			begin_run(run, places[i], source, from);
		}
		run->n++;
		up_ask_column(&asked[places[i].plan], places[i].number, run->offset >= 0);
		numbers->may_fail |= source == UP_FROM_NUMERIC;
	}
}

/* ---- rows ---- */

#define READ_IN_PLACE(type)                                                                                    \
	for (int i = 0; i < run->n; i++)                                                                           \
	out[i] = (double) ((const type *) from)[i]

static void
read_in_place(const UpNumberRun *run, const char *from, double *out)
{
	switch (run->source)
	{
		case UP_FROM_INT2:
			READ_IN_PLACE(int16);
			break;
		case UP_FROM_INT4:
			READ_IN_PLACE(int32);
			break;
		case UP_FROM_INT8:
			READ_IN_PLACE(int64);
			break;
		case UP_FROM_FLOAT4:
			READ_IN_PLACE(float4);
			break;
		case UP_FROM_BOOL:
			READ_IN_PLACE(bool);
			break;
		default:
			memcpy(out, from, sizeof(float8) * (Size) run->n);
			break;
	}
}

static inline double
number_of(UpSourceKind source, Datum value)
{
	switch (source)
	{
		case UP_FROM_NUMERIC:
			return up_numeric_cast(value);
		case UP_FROM_BOOL:
			return DatumGetBool(value);
		default:
			return up_source_number(source, value);
	}
}

static bool
read_values(const UpNumberRun *run, const TupleTableSlot *slot, double *out)
{
	const Datum *values = slot->tts_values + run->first.number;
	const bool *nulls = slot->tts_isnull + run->first.number;
	bool has_null = false;

	for (int i = 0; i < run->n; i++)
	{
		has_null |= nulls[i];
		if (run->source == UP_FROM_FLOAT8)
			out[i] = DatumGetFloat8(values[i]);
		else if (!nulls[i])
			out[i] = number_of(run->source, values[i]);
	}
	return !has_null;
}

bool
up_numbers_read(const UpNumbers *numbers, TupleTableSlot *const *slots, const char *const *data, double *out)
{
	bool complete = true;

	for (const UpNumberRun *run = numbers->runs; run < numbers->runs + numbers->n_runs; out += run++->n)
	{
		const char *from = data[run->first.plan];

		if (from != NULL && run->offset >= 0)
			read_in_place(run, from + run->offset, out);
		else
			complete &= read_values(run, slots[run->first.plan], out);
	}
	return complete;
}

ArrayType *
up_numbers_array(const UpNumbers *numbers, TupleTableSlot *const *slots)
{
	Datum *values = palloc(sizeof(Datum) * numbers->n);
	bool *nulls = palloc(sizeof(bool) * numbers->n);
	int n = 0;

	for (const UpNumberRun *run = numbers->runs; run < numbers->runs + numbers->n_runs; run++)
	{
		TupleTableSlot *slot = slots[run->first.plan];

		slot_getsomeattrs(slot, run->first.number + run->n);
		for (int i = run->first.number; i < run->first.number + run->n; i++, n++)
		{
			nulls[n] = slot->tts_isnull[i];
			values[n] = Float8GetDatum(nulls[n] ? 0 : number_of(run->source, slot->tts_values[i]));
		}
	}
	return up_vector_of(values, nulls, n);
}
