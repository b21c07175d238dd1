/*
 * fn_choose_k.c - uprofile_choose_k: how many clusters the rows of a source fall into
 */
#include "postgres.h"

#include "fmgr.h"

#include "assess/choose_k.h"
#include "learn/learners.h"
#include "pg/io/source_frame.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"

#include <math.h>

static uint32_t
k_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	int32 k;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
	k = PG_GETARG_INT32(argument);
	if (k < 1 || k > UP_CHOOSE_K_MOST)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be from 1 to %d, not %d", name, UP_CHOOSE_K_MOST, k)));
	return (uint32_t) k;
}

static void
send_choice(UpSrf *srf, const UpChoice *c)
{
	double numbers[] = {c->inertia, c->silhouette, c->gap, c->gap_error};
	Datum values[6] = {Int32GetDatum((int32) c->k)};
	bool nulls[6] = {false};

	for (int i = 0; i < 4; i++)
	{
		values[i + 1] = Float8GetDatum(numbers[i]);
		nulls[i + 1] = isnan(numbers[i]);
	}
	values[5] = BoolGetDatum(c->chosen);
	up_srf_row(srf, values, nulls);
}

/* The source read as k-means reads it. */
static void
read_rows(UpTraining *t, const char *source, const char *key)
{
	UpSourceOrder reading = {0};
	UpSourceFrame *read;

	reading.key = key;
	reading.prepare = t->request->common.prepare;
	reading.check_target = true;
	reading.task = t->request->common.task;
	read = up_source_frame_read(up_source_query(source), &reading);
	t->frame = read->frame;
	t->key = read->key;
	if (t->frame->samples->n_rows == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no rows")));
}

PG_FUNCTION_INFO_V1(uprofile_choose_k);
Datum
uprofile_choose_k(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source"), *key = up_text_argument(fcinfo, 4, NULL);
	uint32_t k_min = k_argument(fcinfo, 1, "k_min"), k_max = k_argument(fcinfo, 2, "k_max"), n;
	UpValue *given = PG_ARGISNULL(3) ? up_value_object() : up_value_from_jsonb(PG_GETARG_JSONB_P(3)), *own;
	UpTraining t = {0};
	UpChoice *choices;

	if (given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"seed\": 1}'.")));
	if (k_min > k_max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("k_min is %u, and k_max is %u, which is less", k_min, k_max)));
	own = up_choose_k_params(&given);
	if (up_value_get(given, "k") != NULL || up_value_get(given, "init") != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params of uprofile_choose_k cannot have \"%s\"",
							   up_value_get(given, "k") != NULL ? "k" : "init"),
						errhint("k goes from k_min to k_max.")));
	t.request = up_request_parse(up_learner_by_name("kmeans"), given);
	read_rows(&t, source, key);
	choices = up_choose_k(&t, given, own, k_min, k_max, &n);
	for (uint32_t i = 0; i < n; i++)
		send_choice(srf, &choices[i]);
	return up_srf_end_work(srf);
}
