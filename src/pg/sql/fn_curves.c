/*
 * fn_curves.c - uprofile_roc, uprofile_precision_recall, uprofile_calibration, uprofile_lift, uprofile_thresholds: rows to be plotted
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/curves.h"
#include "assess/evaluate.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"
#include "pg/sql/measured_arguments.h"

#include <math.h>

#define MOST_PARTS 1000

/* The class that counts: of two the second, else the one that is given. */
static uint32_t
class_argument(FunctionCallInfo fcinfo, int argument, const UpModel *m)
{
	if (!PG_ARGISNULL(argument))
		return up_class_named(m, up_text_argument(fcinfo, argument, NULL));
	if (m->n_classes > 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the model has %u classes, and a curve is about one against the others", m->n_classes),
				 errhint("Say which: label => '%s'.", m->classes[0])));
	return m->n_classes - 1;
}

/* Before anything is read. */
static void
check_class(FunctionCallInfo fcinfo, const UpModel *m)
{
	if (m->task != UP_TASK_CLASSIFY)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model is no classifier"),
						errdetail("Curves are about the probability of a class.")));
	(void) class_argument(fcinfo, 3, m);
}

/* The rows of the source by the probability of one class. Arguments: model, source, target, label, rows, …, weight. */
static UpScored *
scored_rows(FunctionCallInfo fcinfo, int weight_argument)
{
	const UpModel *m;
	const char *weight = up_text_argument(fcinfo, weight_argument, NULL);
	UpMeasured *r = up_measured_arguments(fcinfo, 4, NULL, weight, check_class, &m);
	UpPredictions *p;
	uint8_t *hit;
	double *score, *weights = NULL;
	uint32_t k = class_argument(fcinfo, 3, m);

	p = up_predictions(r->binding, r->rows, r->n);
	if (p->proba == NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model gives no probabilities"),
						errhint("Train it with {\"probability\": true}.")));
	hit = up_alloc_array(r->n, 1);
	score = up_alloc_array(r->n, sizeof(double));
	if (r->weights != NULL)
		weights = up_alloc_array(r->n, sizeof(double));
	for (size_t i = 0; i < r->n; i++)
	{
		hit[i] = p->actual[i] == (double) k;
		score[i] = p->proba[i * p->labels->n + k];
		if (weights != NULL)
			weights[i] = r->weights[r->rows[i]];
	}
	return up_scored_new(r->n, hit, score, weights);
}

static void
need_both(const UpScored *s, bool misses)
{
	if (s->hits == 0 || (misses && s->hits == s->all))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg(s->hits == 0 ? "no row is of the class that the curve is about"
											: "all rows are of the class that the curve is about")));
}

static void
send_points(UpSrf *srf, const UpCurve *c, bool last_has_threshold)
{
	for (size_t i = 0; i < c->n; i++)
	{
		Datum values[3] = {Float8GetDatum(c->threshold[i]), Float8GetDatum(c->x[i]), Float8GetDatum(c->y[i])};
		bool nulls[3] = {!last_has_threshold && i + 1 == c->n};

		up_srf_row(srf, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(uprofile_roc);
Datum
uprofile_roc(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpScored *s = scored_rows(fcinfo, 5);

	need_both(s, true);
	send_points(srf, up_roc_curve(s), true);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_precision_recall);
Datum
uprofile_precision_recall(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpScored *s = scored_rows(fcinfo, 5);

	need_both(s, false);
	send_points(srf, up_precision_recall_curve(s), false);
	return up_srf_end_work(srf);
}

static uint32_t
parts_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	int32 n = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT32(argument);

	if (n < 1 || n > MOST_PARTS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be from 1 to %d", name, MOST_PARTS)));
	return (uint32_t) n;
}

PG_FUNCTION_INFO_V1(uprofile_calibration);
Datum
uprofile_calibration(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	uint32_t n = parts_argument(fcinfo, 5, "bins");
	const char *method = up_text_argument(fcinfo, 6, "method");
	UpBin *bins = palloc(n * sizeof(UpBin));

	if (strcmp(method, "uniform") != 0 && strcmp(method, "quantile") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method must be \"uniform\" or \"quantile\", not \"%s\"", method)));
	up_calibration_curve(scored_rows(fcinfo, 7), n, method[0] == 'q', bins);
	for (uint32_t i = 0; i < n; i++)
	{
		Datum values[6];
		bool nulls[6] = {false};

		if (bins[i].rows == 0)
			continue;
		values[0] = Int32GetDatum((int32) i + 1);
		values[1] = Float8GetDatum(bins[i].low);
		values[2] = Float8GetDatum(bins[i].high);
		values[3] = Int64GetDatum((int64) bins[i].rows);
		values[4] = Float8GetDatum(bins[i].score);
		values[5] = Float8GetDatum(bins[i].hits / bins[i].weight);
		up_srf_row(srf, values, nulls);
	}
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_lift);
Datum
uprofile_lift(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	uint32_t n = parts_argument(fcinfo, 5, "parts");
	UpBin *parts = palloc(n * sizeof(UpBin));
	UpScored *s = scored_rows(fcinfo, 6);
	double hits = 0, rate, weight = 0;

	need_both(s, false);
	rate = s->hits / s->all;
	up_lift_curve(s, n, parts);
	for (uint32_t i = 0; i < n; i++)
	{
		Datum values[9];
		bool nulls[9] = {false};

		if (parts[i].weight == 0)
			continue;
		weight += parts[i].weight;
		hits += parts[i].hits;
		values[0] = Int32GetDatum((int32) i + 1);
		values[1] = Int64GetDatum((int64) parts[i].rows);
		values[2] = Float8GetDatum(parts[i].low);
		values[3] = Float8GetDatum(parts[i].high);
		values[4] = Float8GetDatum(parts[i].hits);
		values[5] = Float8GetDatum(parts[i].hits / parts[i].weight);
		values[6] = Float8GetDatum(parts[i].hits / parts[i].weight / rate);
		values[7] = Float8GetDatum(hits / s->hits);
		values[8] = Float8GetDatum(hits / weight / rate);
		up_srf_row(srf, values, nulls);
	}
	return up_srf_end_work(srf);
}

/* [[right no, wrong yes], [wrong no, right yes]]: what each answer costs. */
static void
cost_argument(FunctionCallInfo fcinfo, int argument, double cost[2][2])
{
	const UpValue *given = PG_ARGISNULL(argument) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(argument));
	bool good = given != NULL && given->type == UP_ARRAY && given->n == 2;

	for (int i = 0; good && i < 2; i++)
	{
		const UpValue *row = given->items[i];

		good = row->type == UP_ARRAY && row->n == 2;
		for (int j = 0; good && j < 2; j++)
		{
			good = row->items[j]->type == UP_NUMBER && isfinite(row->items[j]->number);
			cost[i][j] = good ? row->items[j]->number : 0;
		}
	}
	if (!good)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cost_matrix must be two rows of two numbers"),
						errdetail("Rows are what is so, columns what is answered: no, then yes."),
						errhint("For example '[[0, 1], [5, 0]]': what is missed costs five false alarms.")));
}

/* The mean cost of a row at a point of the curve. */
static double
cost_at(const UpCurve *c, size_t i, const UpScored *s, double cost[2][2])
{
	double hits = s->hits, misses = s->all - s->hits;

	return (cost[0][0] * (misses - c->x[i]) + cost[0][1] * c->x[i] + cost[1][0] * (hits - c->y[i]) +
			cost[1][1] * c->y[i]) /
		   s->all;
}

/* Of equally good ones that of the fewest positives, which comes first. */
static size_t
cheapest(const UpCurve *c, const UpScored *s, double cost[2][2])
{
	size_t best = 0;

	for (size_t i = 1; i < c->n; i++)
	{
		if (cost_at(c, i, s, cost) < cost_at(c, best, s, cost))
			best = i;
	}
	return best;
}

/* Or NULL, where it would be a part of nothing. */
static void
set_share(Datum *values, bool *nulls, int column, double part, double whole)
{
	nulls[column] = whole == 0;
	values[column] = Float8GetDatum(whole > 0 ? part / whole : 0);
}

PG_FUNCTION_INFO_V1(uprofile_thresholds);
Datum
uprofile_thresholds(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	double cost[2][2], hits, misses;
	UpScored *s;
	UpCurve *c;
	size_t best;

	cost_argument(fcinfo, 5, cost);
	s = scored_rows(fcinfo, 6);
	hits = s->hits;
	misses = s->all - s->hits;
	c = up_count_curve(s);
	best = cheapest(c, s, cost);
	for (size_t i = 0; i < c->n; i++)
	{
		double yes = c->x[i] + c->y[i];
		Datum values[10];
		bool nulls[10] = {false};

		values[0] = Float8GetDatum(c->threshold[i]);
		values[1] = Float8GetDatum(c->y[i]);
		values[2] = Float8GetDatum(c->x[i]);
		values[3] = Float8GetDatum(Max(hits - c->y[i], 0));
		values[4] = Float8GetDatum(Max(misses - c->x[i], 0));
		set_share(values, nulls, 5, c->y[i], yes);
		set_share(values, nulls, 6, c->y[i], hits);
		set_share(values, nulls, 7, 2 * c->y[i], yes + hits);
		values[8] = Float8GetDatum(cost_at(c, i, s, cost));
		values[9] = BoolGetDatum(i == best);
		up_srf_row(srf, values, nulls);
	}
	return up_srf_end_work(srf);
}
