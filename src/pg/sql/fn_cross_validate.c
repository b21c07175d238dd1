/*
 * fn_cross_validate.c - uprofile_cross_validate: an algorithm trained and measured on each fold of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/batch.h"
#include "pg/models/learner_for.h"
#include "pg/models/validated.h"
#include "pg/sql/arguments.h"

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
	order->learner = up_learner_for(up_algorithm_argument(fcinfo, 2, true, false), order->target);
	order->params = up_params_argument(fcinfo, 3, 7);
	up_want_probability(order->learner, order->params);
	order->split = up_split_argument(fcinfo, 4, 5, order->params);
	order->key = up_text_argument(fcinfo, 6, NULL);
}

static void
say_fold(void *arg)
{
	const uint32_t *fold = arg;

	if (*fold != UINT32_MAX)
		errcontext("fold %u", *fold + 1);
}

static void
now_on(void *arg, uint32_t training, uint32_t fold)
{
	*(uint32_t *) arg = fold;
}

/* The scores of all folds. */
static UpFoldScore *
validate(const UpValidated *v, uint32_t n)
{
	double share = 1;
	uint32_t fold = UINT32_MAX;
	UpBatch b = {.validation = v->validation,
				 .samples = v->read->frame->samples,
				 .learner = v->request->learner,
				 .n = 1,
				 .n_folds = n,
				 .n_of_repeat = v->folds->n_folds,
				 .requests = &v->request,
				 .shares = &share,
				 .phase = "validating folds",
				 .planned = n,
				 .by_fold = true,
				 .now = now_on,
				 .arg = &fold};
	ErrorContextCallback context = {.callback = say_fold, .arg = &fold, .previous = error_context_stack};

	b.scores = up_alloc_array(Max(n, 1), sizeof(UpFoldScore));
	b.seconds = up_alloc_array(Max(n, 1), sizeof(double));
	error_context_stack = &context;
	up_batch_validate(&b);
	error_context_stack = context.previous;
	return b.scores;
}

PG_FUNCTION_INFO_V1(uprofile_cross_validate);
Datum
uprofile_cross_validate(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpValidationOrder order = {0};
	UpFoldScore *scores;
	UpValidated *v;
	uint32_t n;

	check_arguments(fcinfo, &order);
	v = up_validated_begin(&order, (double) (order.split.folds * order.split.repeats));
	n = v->folds->n_repeats * v->folds->n_folds;
	scores = validate(v, n);
	up_workers_end();
	for (uint32_t i = 0; i < n; i++)
		send_metrics(srf, (int32) i + 1, scores[i].metrics);
	up_validated_warn(v);
	return up_srf_end_work(srf);
}
