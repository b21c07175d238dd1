/*
 * vectors.c - arrays of float8 as they are made without the server's array functions, and with them; see vectors.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "pg/sql/vectors.h"

Size
up_vector_size(uint32_t n)
{
	return ARR_OVERHEAD_NONULLS(1) + (Size) n * sizeof(double);
}

ArrayType *
up_vector_at(void *place, uint32_t n)
{
	ArrayType *array = place;

	SET_VARSIZE(array, up_vector_size(n));
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

ArrayType *
up_vector_new(uint32_t n)
{
	return up_vector_at(palloc(up_vector_size(n)), n);
}

ArrayType *
up_vector_of(Datum *values, bool *nulls, int n)
{
	int first = 1;

	return construct_md_array(values, nulls, 1, &n, &first, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
							  TYPALIGN_DOUBLE);
}
