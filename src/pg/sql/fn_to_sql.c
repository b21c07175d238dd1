/*
 * fn_to_sql.c - uprofile_to_sql: a model as one SQL expression
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "learn/to_sql.h"
#include "pg/sql/forms.h"

static Datum
expression(FunctionCallInfo fcinfo, const UpModel *m)
{
	return CStringGetTextDatum(
		up_model_to_sql(m, PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

UP_FORMS_OF_MODEL(uprofile_to_sql, expression)
