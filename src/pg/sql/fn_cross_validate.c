/*
 * fn_cross_validate.c - uprofile_cross_validate: an algorithm trained and measured on each fold of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/learner_for.h"
#include "pg/models/validated.h"
#include "pg/sql/arguments.h"

#define FEW_ROWS 10000 /* without parts that workers could take */

static void
send_metrics(UpSrf *srf, int32 fold, const UpValue *metrics)
{
	for (uint32_t i = 0; i < metrics->n; i++)
	{
		const UpValue *v = metrics->items[i];
		Datum values[3];
		bool nulls[3] = {false};

		if (v->type != UP_NUMBER)
			continue;
		values[0] = Int32GetDatum(fold);
		values[1] = CStringGetTextDatum(metrics->keys[i]);
		values[2] = Float8GetDatum(v->number);
		up_srf_row(srf, values, nulls);
	}
}

static void
check_arguments(FunctionCallInfo fcinfo, UpValidationOrder *order)
{
	order->source = up_text_argument(fcinfo, 0, "source");
	order->target = up_text_argument(fcinfo, 1, "target");
	order->learner = up_learner_for(up_algorithm_argument(fcinfo, 2, true), order->target);
	order->params = up_params_argument(fcinfo, 3, 7);
	up_want_probability(order->learner, order->params);
	order->split = up_split_argument(fcinfo, 4, 5, order->params);
	order->key = up_text_argument(fcinfo, 6, NULL);
}

PG_FUNCTION_INFO_V1(uprofile_cross_validate);
Datum
uprofile_cross_validate(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpValidationOrder order = {0};
	const UpSamples *samples;
	UpValidated *v;

	check_arguments(fcinfo, &order);
	v = up_validated_source(&order);
	/* Few rows have no parts, but for forests, which start workers of their own. */
	samples = v->read->frame->samples;
	up_workers_begin(samples->n_rows < FEW_ROWS ? 0
												: 1e-8 * (double) samples->n_rows * samples->n_columns *
													  v->folds->n_repeats * v->folds->n_folds);
	for (uint32_t i = 0; i < v->folds->n_repeats * v->folds->n_folds; i++)
	{
		up_stage("validating folds", i, v->folds->n_repeats * v->folds->n_folds);
		send_metrics(srf, (int32) i + 1,
					 up_validate(v->validation, v->request, i / v->folds->n_folds, 1 + i % v->folds->n_folds, 1)
						 .metrics);
	}
	up_workers_end();
	up_validated_warn(v);
	return up_srf_end_work(srf);
}
