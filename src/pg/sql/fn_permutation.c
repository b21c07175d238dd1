/*
 * fn_permutation.c - uprofile_importance(model, source): what a model loses when a column is shuffled
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/permutation.h"
#include "pg/io/srf.h"
#include "pg/models/measured.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"

static void
send_rows(UpSrf *srf, const UpPipeline *p, const double *mean, const double *deviation)
{
	bool *sent = palloc0(Max(p->n_steps, 1));

	for (uint32_t rank = 1; rank <= p->n_steps; rank++)
	{
		uint32_t best = UINT32_MAX;
		Datum values[4];
		bool nulls[4] = {false};

		for (uint32_t j = 0; j < p->n_steps; j++)
		{
			if (!sent[j] && (best == UINT32_MAX || mean[j] > mean[best]))
				best = j;
		}
		sent[best] = true;
		values[0] = CStringGetTextDatum(p->steps[best].name);
		values[1] = Float8GetDatum(mean[best]);
		values[2] = Float8GetDatum(deviation[best]);
		values[3] = Int32GetDatum((int32) rank);
		up_srf_row(srf, values, nulls);
	}
}

static void
measure(FunctionCallInfo fcinfo, UpSrf *srf, const UpModel *m)
{
	const char *target = PG_ARGISNULL(2) ? m->label_name : up_text_argument(fcinfo, 2, NULL);
	int32 repeats = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	uint64_t seed = PG_ARGISNULL(4) ? 0 : (uint64_t) PG_GETARG_INT64(4);
	const UpPipeline *p = m->pipeline;
	UpBinding *b;
	double *mean, *deviation;
	size_t *rows, n;

	if (repeats < 1 || repeats > 1000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("repeats must be from 1 to 1000")));
	if (m->task != UP_TASK_CLASSIFY && m->task != UP_TASK_REGRESS)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("a model of algorithm \"%s\" has nothing to be measured by", m->learner->name)));
	if (!p->by_name)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("the model was trained on arrays: its columns have no names"),
						errhint("Train on rows: uprofile_forest(t, 'target').")));
	/* In an order of their own: what the seed shuffles is then the same. */
	b = up_measured_source(m, up_text_argument(fcinfo, 1, NULL), target, true, &rows, &n);
	mean = up_alloc_array(Max(p->n_steps, 1), sizeof(double));
	deviation = up_alloc_array(Max(p->n_steps, 1), sizeof(double));
	up_permutation_importance(b, rows, n, (uint32_t) repeats, seed, mean, deviation);
	send_rows(srf, p, mean, deviation);
}

static Datum
permuted(FunctionCallInfo fcinfo, bool named)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpSrf *srf = up_srf_begin_work(fcinfo);
	bytea *bytes;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	if (named)
		bytes = up_registry_bytes(schema, up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL)));
	else
		bytes = PG_GETARG_BYTEA_PP(0);
	measure(fcinfo, srf, up_model_parse(bytes));
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_importance_source);
Datum
uprofile_importance_source(PG_FUNCTION_ARGS)
{
	return permuted(fcinfo, false);
}

PG_FUNCTION_INFO_V1(uprofile_importance_source_named);
Datum
uprofile_importance_source_named(PG_FUNCTION_ARGS)
{
	return permuted(fcinfo, true);
}
