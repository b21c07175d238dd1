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
#include "pg/sql/train_arguments.h"

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
	order.algorithm = up_algorithm_argument(fcinfo, 3, order.target != NULL, order.target != NULL);
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
