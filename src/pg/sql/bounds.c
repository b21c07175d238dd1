/*
 * bounds.c - arguments of functions over what users did; see bounds.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/sql/bounds.h"

#include <math.h>

static void
check_given(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
}

double
up_user_support_argument(FunctionCallInfo fcinfo, int argument)
{
	double v;

	check_given(fcinfo, argument, "min_support");
	v = PG_GETARG_FLOAT8(argument);
	if (!(v > 0) || isinf(v))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_support must be a number greater than 0, not %g", v),
						errhint("Up to 1 it is a share of the users, above 1 a number of users.")));
	return v;
}

bool
up_bool_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	check_given(fcinfo, argument, name);
	return PG_GETARG_BOOL(argument);
}

const Interval *
up_interval_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : PG_GETARG_INTERVAL_P(argument);
}

Datum *
up_texts_of(ArrayType *array, const char *name, int *n)
{
	Datum *texts;
	bool *nulls;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, n);
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain a null", name)));
	}
	return texts;
}

Datum *
up_texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, int *n)
{
	*n = 0;
	return PG_ARGISNULL(argument) ? NULL : up_texts_of(PG_GETARG_ARRAYTYPE_P(argument), name, n);
}
