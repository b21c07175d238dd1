/*
 * train_arguments.c - see train_arguments.h
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"
#include "pg/sql/train_arguments.h"

UpDeployRule
up_deploy_argument(FunctionCallInfo fcinfo, int argument)
{
	char *rule = up_text_argument(fcinfo, argument, "deploy");

	if (strcmp(rule, "auto") == 0)
		return UP_DEPLOY_AUTO;
	if (strcmp(rule, "always") == 0)
		return UP_DEPLOY_ALWAYS;
	if (strcmp(rule, "never") == 0)
		return UP_DEPLOY_NEVER;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("deploy is \"%s\"", rule),
					errdetail("Allowed: auto, always, never.")));
}

double
up_test_size_argument(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument) || !(PG_GETARG_FLOAT8(argument) >= 0 && PG_GETARG_FLOAT8(argument) < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("test_size must be at least 0 and below 1")));
	return PG_GETARG_FLOAT8(argument);
}

void
up_send_trained(UpSrf *srf, const char *name, const UpTrained *t)
{
	Datum values[] = {
		CStringGetTextDatum(name),
		Int32GetDatum(t->version),
		CStringGetTextDatum(t->algorithm),
		CStringGetTextDatum(t->task),
		Int64GetDatum((int64) t->rows_trained),
		Int64GetDatum((int64) t->rows_tested),
		Int32GetDatum((int32) t->n_features),
		JsonbPGetDatum(up_value_to_jsonb(t->metrics)),
		BoolGetDatum(t->deployed),
		t->note != NULL ? CStringGetTextDatum(t->note) : (Datum) 0,
	};
	bool nulls[lengthof(values)] = {false};

	nulls[9] = t->note == NULL;
	up_srf_row(srf, values, nulls);
}
