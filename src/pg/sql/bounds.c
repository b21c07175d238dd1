/*
 * bounds.c - arguments that say how much is wanted; see bounds.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"

#include <math.h>

static void
check_given(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
}

int64
up_count_argument(FunctionCallInfo fcinfo, int argument, const char *name, bool wide, int64 min, int64 max)
{
	int64 v;

	check_given(fcinfo, argument, name);
	v = wide ? PG_GETARG_INT64(argument) : PG_GETARG_INT32(argument);
	if (v < min || v > max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be between " INT64_FORMAT " and " INT64_FORMAT ", not " INT64_FORMAT,
							   name, min, max, v)));
	return v;
}

double
up_support_argument(FunctionCallInfo fcinfo, int argument, const char *of)
{
	double v;

	check_given(fcinfo, argument, "min_support");
	v = PG_GETARG_FLOAT8(argument);
	if (!(v > 0) || isinf(v))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_support must be a number greater than 0, not %g", v),
						errhint("Up to 1 it is a share of the %s, above 1 a number of %s.", of, of)));
	return v;
}

bool
up_bool_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	check_given(fcinfo, argument, name);
	return PG_GETARG_BOOL(argument);
}

int
up_choice_argument(FunctionCallInfo fcinfo, int argument, const char *name, const char *const *choices)
{
	const char *given = up_text_argument(fcinfo, argument, name);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; choices[i] != NULL; i++)
	{
		if (strcmp(given, choices[i]) == 0)
			return i;
		appendStringInfo(&list, "%s%s", i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ", choices[i]);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("%s must be %s, not \"%s\"", name, list.data, given)));
}

const Interval *
up_interval_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : PG_GETARG_INTERVAL_P(argument);
}

Datum *
up_texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, int *n)
{
	Datum *texts;
	bool *nulls;

	*n = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, n);
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain a null", name)));
	}
	return texts;
}

UpDeadline
up_deadline_argument(FunctionCallInfo fcinfo, int argument)
{
	const Interval *budget = up_interval_argument(fcinfo, argument);
	TimestampTz now = GetCurrentTimestamp();
	UpDeadline d = {0};

	if (budget == NULL)
		return d;
	d.until = DatumGetTimestampTz(
		DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(now), IntervalPGetDatum(budget)));
	if (d.until < now)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_budget must not be negative")));
	return d;
}

bool
up_deadline_is_over(void *deadline)
{
	const UpDeadline *d = deadline;

	return d->until != 0 && GetCurrentTimestamp() >= d->until;
}
