/*
 * fn_tune.c - uprofile_tune: parameters tried by cross-validation
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/auto.h"
#include "pg/models/learner_for.h"
#include "pg/sql/arguments.h"

#include <math.h>

static void
send_trials(UpSrf *srf, const UpSearch *s)
{
	for (uint32_t i = 0; i < s->n_trials; i++)
	{
		const UpTrial *t = s->trials[i];
		Datum values[] = {Int32GetDatum((int32) t->number), JsonbPGetDatum(up_value_to_jsonb(t->varied)),
						  Float8GetDatum(t->mean),          Float8GetDatum(t->std),
						  Int32GetDatum((int32) t->rank),   Float8GetDatum(t->seconds),
						  BoolGetDatum(t->pruned)};
		bool nulls[lengthof(values)] = {false};

		nulls[2] = nulls[3] = isnan(t->mean);
		up_srf_row(srf, values, nulls);
	}
}

static void
tune_arguments(FunctionCallInfo fcinfo, UpValidationOrder *order, UpTuneOrder *tune)
{
	int32 max_trials = PG_ARGISNULL(9) ? 0 : PG_GETARG_INT32(9);
	const char *algorithm;

	order->source = up_text_argument(fcinfo, 0, "source");
	order->target = up_text_argument(fcinfo, 1, "target");
	algorithm = up_algorithm_argument(fcinfo, 2, true, true);
	order->learner = strcmp(algorithm, UP_AUTO) == 0 ? NULL : up_learner_for(algorithm, order->target);
	if (PG_ARGISNULL(3) && order->learner != NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("search must not be NULL")));
	tune->search = PG_ARGISNULL(3) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(3));
	tune->method = up_text_argument(fcinfo, 4, NULL);
	tune->metric = up_text_argument(fcinfo, 5, NULL);
	order->params = up_value_object();
	if (!PG_ARGISNULL(12))
		up_value_set(order->params, "seed", up_value_number((double) PG_GETARG_INT64(12)));
	order->split = up_split_argument(fcinfo, 6, 7, order->params);
	order->key = up_text_argument(fcinfo, 8, NULL);
	if (!PG_ARGISNULL(9) && max_trials < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_trials must be at least 1")));
	tune->max_trials = max_trials;
	tune->time_budget = PG_ARGISNULL(10) ? NULL : PG_GETARG_INTERVAL_P(10);
	tune->stop_early = !PG_ARGISNULL(11) && PG_GETARG_BOOL(11);
}

PG_FUNCTION_INFO_V1(uprofile_tune);
Datum
uprofile_tune(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpValidationOrder order = {0};
	UpTuneOrder tune = {0};
	UpTuned *tuned;

	tune_arguments(fcinfo, &order, &tune);
	if (order.learner != NULL)
		(void) up_tune_source(&tune, &order, &tuned);
	else
		(void) up_auto_source(&tune, &order, GetCurrentTimestamp(), &tuned, &order.learner);
	send_trials(srf, tuned->search);
	return up_srf_end_work(srf);
}
