/*
 * fn_evaluate.c - uprofile_evaluate: the deployed version of a model on the rows of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/fairness.h"
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

/* ---- groups ------------------------------------------------------------------------------------------------------ */

typedef struct Groups
{
	UpSrf *srf;
	const UpMeasured *r;
	const UpPredictions *p; /* NULL: clusters */
	uint32_t resamples;
	uint64_t seed;
	size_t least; /* rows of a group that is shown */
} Groups;

static size_t
min_group_argument(FunctionCallInfo fcinfo, int argument)
{
	int32 least = PG_ARGISNULL(argument) ? 1 : PG_GETARG_INT32(argument);

	if (least < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_group must be at least 1, not %d", least)));
	return (size_t) least;
}

/* Which groups are not shown, as one NOTICE that does not say which. */
static bool *
hidden_groups(const Groups *g)
{
	uint32_t n = g->r->n_groups, n_hidden;
	size_t *sizes = up_alloc0(Max(n, 1) * sizeof(size_t));
	bool *hidden = up_alloc0(Max(n, 1) * sizeof(bool));

	for (size_t i = 0; i < g->r->n; i++)
		sizes[g->r->group_of[g->r->rows[i]]]++;
	n_hidden = up_fairness_hide(sizes, n, g->least, hidden);
	if (n_hidden > 0)
		ereport(NOTICE, (errmsg("%u of %u groups are not shown: min_group is %zu", n_hidden, n, g->least),
						 errdetail("Beside groups with fewer rows the smallest of the others is left out where "
								   "they could be told from the whole.")));
	return hidden;
}

static void
evaluate_groups(const Groups *g)
{
	const bool *hidden = hidden_groups(g);
	bool fairness = up_fairness_applies(g->p);
	UpTreated *treated = up_alloc_array(Max(g->r->n_groups, 1), sizeof(UpTreated));
	uint32_t n_treated = 0;

	for (uint32_t i = 0; i < g->r->n_groups; i++)
	{
		UpArena *arena = up_arena_enter();
		size_t n, *places = places_of_group(g->r, &i, &n);

		if (n > 0 && !hidden[i] && fairness)
			treated[n_treated++] = up_fairness_group(g->p, places, n);
		if (n > 0 && !hidden[i])
			send_report(g->srf, report_of(g->r, g->p, places, n, g->resamples, g->seed), g->r->groups[i]);
		if (n > 0 && !hidden[i] && fairness)
			send_report(g->srf, up_fairness_figures(&treated[n_treated - 1]), g->r->groups[i]);
		up_arena_leave(arena);
	}
	if (fairness)
		send_report(g->srf, up_fairness_between(treated, n_treated), NULL);
}

static void
evaluate_model(FunctionCallInfo fcinfo, UpSrf *srf)
{
	const char *by = PG_ARGISNULL(3) ? NULL : up_text_argument(fcinfo, 3, NULL);
	uint32_t resamples = resamples_argument(fcinfo, 5);
	uint64_t seed = PG_ARGISNULL(6) ? 0 : (uint64_t) PG_GETARG_INT64(6);
	const UpModel *m;
	size_t n, *places;
	UpMeasured *r = up_measured_arguments(fcinfo, 4, by,
										  PG_ARGISNULL(7) ? NULL : up_text_argument(fcinfo, 7, NULL), NULL, &m);
	UpPredictions *p = m->task == UP_TASK_CLUSTER ? NULL : up_predictions(r->binding, r->rows, r->n);

	if (r->weights != NULL && p == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("clusters are measured without weights")));
	if (r->weights != NULL)
		up_measured_weigh(r, p);
	if (resamples > 0 && m->task == UP_TASK_CLUSTER)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("figures of clusters have no intervals"),
						errdetail("Rows that are drawn twice would be their own nearest neighbours.")));
	if (by != NULL)
	{
		evaluate_groups(&(Groups){srf, r, p, resamples, seed, min_group_argument(fcinfo, 8)});
		return;
	}
	places = places_of_group(r, NULL, &n);
	send_report(srf, report_of(r, p, places, n, resamples, seed), NULL);
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
