/*
 * fn_evaluate.c - uprofile_evaluate: the deployed version of a model on the rows of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/report.h"
#include "pg/io/srf.h"
#include "pg/models/recommender_measure.h"
#include "pg/models/recommender_named.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/measured_arguments.h"

#include <math.h>

static void
set_number(Datum *values, bool *nulls, int column, double v)
{
	nulls[column] = isnan(v);
	values[column] = Float8GetDatum(v);
}

static void
send_report(UpSrf *srf, const UpReport *r, const char *group)
{
	for (uint32_t i = 0; i < r->n; i++)
	{
		const UpFigure *f = &r->figures[i];
		Datum values[6];
		bool nulls[6] = {false};

		values[0] = CStringGetTextDatum(f->metric);
		set_number(values, nulls, 1, f->value);
		set_number(values, nulls, 2, f->baseline);
		set_number(values, nulls, 3, f->low);
		set_number(values, nulls, 4, f->high);
		nulls[5] = group == NULL;
		values[5] = group != NULL ? CStringGetTextDatum(group) : (Datum) 0;
		up_srf_row(srf, values, nulls);
	}
}

static uint32_t
resamples_argument(FunctionCallInfo fcinfo, int argument)
{
	int32 n = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT32(argument);

	if (n != 0 && (n < UP_RESAMPLES_LEAST || n > UP_RESAMPLES_MOST))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bootstrap must be 0, or from %d to %d, not %d", UP_RESAMPLES_LEAST,
							   UP_RESAMPLES_MOST, n)));
	return (uint32_t) n;
}

/* Of each row that is measured its place among those of one group, NULL: of all. */
static size_t *
places_of_group(const UpMeasured *r, const uint32_t *group, size_t *n)
{
	size_t *places = up_alloc_array(Max(r->n, 1), sizeof(size_t));

	*n = 0;
	for (size_t i = 0; i < r->n; i++)
	{
		if (group == NULL || r->group_of[r->rows[i]] == *group)
			places[(*n)++] = i;
	}
	return places;
}

/* Clusters are measured on rows of the frame, all others on places among the predictions. */
static UpReport *
report_of(const UpMeasured *r, const UpPredictions *p, size_t *places, size_t n, uint32_t resamples,
		  uint64_t seed)
{
	if (p != NULL)
		return up_report(p, places, n, resamples, seed);
	for (size_t i = 0; i < n; i++)
		places[i] = r->rows[places[i]];
	return up_report_of(up_evaluate_clusters(r->binding, places, n));
}

static void
evaluate_recommender(FunctionCallInfo fcinfo, UpSrf *srf)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const char *rows = up_text_argument(fcinfo, 4, "rows");
	double figures[UP_N_FIGURES], baseline[UP_N_FIGURES];

	if (!PG_ARGISNULL(2) || !PG_ARGISNULL(3) || strcmp(rows, "all") != 0 || resamples_argument(fcinfo, 5) > 0 ||
		!PG_ARGISNULL(7))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("recommenders are measured without target, by, rows, bootstrap and weight"),
						errdetail("The columns of the events are those that it was trained on.")));
	(void) up_recommend_evaluate(schema, up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL)),
								 up_text_argument(fcinfo, 1, "source"),
								 PG_ARGISNULL(6) ? 0 : (uint64) PG_GETARG_INT64(6), figures, baseline);
	for (int f = 0; f < UP_N_FIGURES; f++)
	{
		Datum values[6] = {CStringGetTextDatum(up_recommend_figures[f])};
		bool nulls[6] = {false, false, false, true, true, true};

		set_number(values, nulls, 1, figures[f]);
		set_number(values, nulls, 2, baseline[f]);
		up_srf_row(srf, values, nulls);
	}
}

static void
evaluate_model(FunctionCallInfo fcinfo, UpSrf *srf)
{
	const char *by = PG_ARGISNULL(3) ? NULL : up_text_argument(fcinfo, 3, NULL);
	uint32_t resamples = resamples_argument(fcinfo, 5);
	uint64_t seed = PG_ARGISNULL(6) ? 0 : (uint64_t) PG_GETARG_INT64(6);
	const UpModel *m;
	UpMeasured *r =
		up_measured_arguments(fcinfo, 4, by, PG_ARGISNULL(7) ? NULL : up_text_argument(fcinfo, 7, NULL), &m);
	UpPredictions *p = m->task == UP_TASK_CLUSTER ? NULL : up_predictions(r->binding, r->rows, r->n);

	if (r->weights != NULL && p == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("clusters are measured without weights")));
	if (r->weights != NULL)
		up_measured_weigh(r, p);
	if (resamples > 0 && m->task == UP_TASK_CLUSTER)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("figures of clusters have no intervals"),
						errdetail("Rows that are drawn twice would be their own nearest neighbours.")));
	for (uint32_t g = 0; g < (by == NULL ? 1 : r->n_groups); g++)
	{
		UpArena *arena = up_arena_enter();
		size_t n, *places = places_of_group(r, by == NULL ? NULL : &g, &n);

		if (n > 0)
			send_report(srf, report_of(r, p, places, n, resamples, seed), by == NULL ? NULL : r->groups[g]);
		up_arena_leave(arena);
	}
}

PG_FUNCTION_INFO_V1(uprofile_evaluate);
Datum
uprofile_evaluate(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);

	if (!PG_ARGISNULL(0) && up_named_is_recommender(fcinfo->flinfo->fn_oid, up_text_argument(fcinfo, 0, NULL)))
		evaluate_recommender(fcinfo, srf);
	else
		evaluate_model(fcinfo, srf);
	return up_srf_end_work(srf);
}
