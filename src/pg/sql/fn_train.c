/*
 * fn_train.c - uprofile_train
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/models/registry.h"
#include "pg/io/srf.h"
#include "pg/models/train_named.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"
#include "pg/sql/trained.h"

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

PG_FUNCTION_INFO_V1(uprofile_train);
Datum
uprofile_train(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpTrainOrder order = {0};

	order.schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	order.name = up_text_argument(fcinfo, 0, "model");
	up_registry_check_name(order.name);
	order.source = up_text_argument(fcinfo, 1, "source");
	order.target = up_text_argument(fcinfo, 2, NULL);
	order.algorithm = up_algorithm_argument(fcinfo, 3, order.target != NULL);
	order.key = up_text_argument(fcinfo, 4, NULL);
	order.params = up_params_argument(fcinfo, 5, 8);
	order.test_size = up_test_size_argument(fcinfo, 6);
	order.deploy = up_deploy_argument(fcinfo, 7);
	order.tune = PG_ARGISNULL(9) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(9));
	order.holdout = PG_ARGISNULL(10) ? NULL
									 : up_holdout_order(up_value_from_jsonb(PG_GETARG_JSONB_P(10)),
														order.params, order.test_size);
	up_send_trained(srf, order.name, up_train_named(&order));
	return up_srf_end_work(srf);
}
