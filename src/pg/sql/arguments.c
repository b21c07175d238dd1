/*
 * arguments.c - arguments of SQL functions; see arguments.h
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "pg/sql/arguments.h"

char *
up_text_argument(FunctionCallInfo fcinfo, int argument, const char *required)
{
	if (!PG_ARGISNULL(argument))
		return text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (required != NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", required)));
	return NULL;
}
