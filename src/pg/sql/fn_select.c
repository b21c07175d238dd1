/*
 * fn_select.c - uprofile_select_features: columns ranked by what they tell about a target
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "learn/select.h"
#include "pg/io/nearest.h"
#include "pg/io/source_columns.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/sql/arguments.h"
#include "prep/pipeline.h"

#include <math.h>

static void
set_number(Datum *values, bool *nulls, int at, double v)
{
	values[at] = Float8GetDatum(v);
	nulls[at] = isnan(v);
}

static UpSelectMethod
method_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name = up_text_argument(fcinfo, argument, "method");
	int n = 0;

	for (; up_select_method_names[n] != NULL; n++)
	{
		if (strcmp(name, up_select_method_names[n]) == 0)
			return (UpSelectMethod) n;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("method \"%s\" does not exist", name),
			 errdetail("Methods: pearson, spearman, information_gain, gain_ratio, mutual_info, chi2, anova_f, "
					   "variance, l1, permutation, rfe, mrmr."),
			 up_hint_nearest(up_nearest_name(name, up_select_method_names, n), NULL)));
}

static const char *
how_scored(UpSelectMethod method, UpTask task)
{
	if (method == UP_SELECT_L1)
		return task == UP_TASK_CLASSIFY ? "logistic" : "lasso";
	return method == UP_SELECT_RFE ? "least_squares" : "learner";
}

/*
 * l1, rfe and permutation work on prepared features. What shuffling costs adds up over the features of a column; of the
 * other two the best of a column's features speaks for it.
 */
static void
prepared_scores(const UpSourceColumns *c, UpSelectMethod method, uint64_t seed, UpScore *scores)
{
	UpPipelineOptions options = {.scale = 1 + UP_SCALE_ZSCORE};
	UpData data = {0};
	UpValue *names;
	double *score;

	data.pipeline = up_pipeline_fit(c->frame, c->order, c->n, &options);
	data.samples = c->frame->samples;
	data.n_rows = c->n;
	data.order = c->order;
	data.n_features = data.pipeline->n_features;
	data.n_classes = c->target.n_values;
	data.class_values = c->class_values;
	data.label_of = c->label_of;
	score = up_alloc_array(Max(data.n_features, 1), sizeof(double));
	up_select_scores(method, &data, c->task, 0, seed, score);
	for (uint32_t j = 0; j < c->n_used; j++)
		scores[j] = (UpScore){NAN, NAN, c->n, how_scored(method, c->task)};
	names = up_pipeline_feature_names(data.pipeline);
	for (uint32_t feature = 0; feature < data.n_features; feature++)
	{
		const UpStep *step = &data.pipeline->steps[up_pipeline_step_of(data.pipeline, feature)];
		const char *name = step->kind == UP_COLUMN_ARRAY ? names->items[feature]->string : step->name;

		for (uint32_t j = 0; j < c->n_used; j++)
		{
			UpScore *s = &scores[j];

			if (strcmp(c->names[j], name) != 0)
				continue;
			if (method == UP_SELECT_PERMUTATION && !isnan(s->value))
				s->value += score[feature];
			else if (isnan(s->value) || score[feature] > s->value)
				s->value = score[feature];
		}
	}
}

/* ---- rows that are not held ---- */

static void
begin_sums(void *arg, const UpSourceColumns *c)
{
	*(UpScoreSums **) arg =
		up_score_sums_new(c->n_used, c->frame->label_kind == UP_LABEL_TEXT, UP_SOURCE_CLASSES);
}

static void
add_rows(void *arg, const double *const *v, const double *labels, size_t n)
{
	up_score_sums_add(*(UpScoreSums **) arg, v, labels, n);
}

static UpSourceColumns *
read_columns(const char *query, const char *target, UpSelectMethod method, UpScoreSums **sums)
{
	UpColumnSums how = {begin_sums, add_rows, NULL, sums};
	UpSourceColumns *c;
	uint32_t n;

	if (!up_select_streams(method))
		return up_source_columns_read(query, target, up_select_seconds(method, 1, 1));
	c = up_source_columns_sum(query, target, &how);
	if (!c->summed)
		return c;
	c->task = UP_TASK_TRANSFORM;
	if (target == NULL)
		return c;
	c->task = up_score_sums_labels(*sums, &n) != NULL ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
	c->target.n_values = c->task == UP_TASK_CLASSIFY ? n : 0;
	return c;
}

static UpScore
score_of_sums(const UpSourceColumns *c, const UpScoreSums *sums, UpSelectMethod method, uint32_t column)
{
	double order[2] = {0, 1};

	/* Classes are numbered in the order of their texts. */
	if (c->frame->labels != NULL && c->frame->labels->n == 2 &&
		strcmp(c->frame->labels->texts[0], c->frame->labels->texts[1]) > 0)
	{
		order[0] = 1;
		order[1] = 0;
	}
	return up_select_score_of_sums(method, sums, column, c->target.n_values, order);
}

static UpScore *
all_scores(UpSourceColumns *c, const UpScoreSums *sums, UpSelectMethod method, uint64_t seed, uint32_t *by_rank)
{
	UpScore *scores = palloc0(sizeof(UpScore) * Max(c->n_used, 1));
	double *order = palloc0(sizeof(double) * Max(c->n_used, 1));

	if (!c->summed && (method < UP_SELECT_L1 || method == UP_SELECT_MRMR))
	{
		up_source_columns_extract(c);
		/* Without a target a column is its own. */
		if (c->frame->label_kind == UP_LABEL_NONE)
			c->target = c->columns[0];
	}
	if (method == UP_SELECT_MRMR)
	{
		uint32_t *taken = palloc(sizeof(uint32_t) * Max(c->n_used, 1));

		/* All are taken, so that each has its rank. */
		up_select_mrmr(c->columns, c->n_used, &c->target, c->n, c->n_used, order, taken);
		for (uint32_t j = 0; j < c->n_used; j++)
			scores[j] = (UpScore){order[j], NAN, c->n, "bins"};
		memcpy(by_rank, taken, sizeof(uint32_t) * c->n_used);
		return scores;
	}
	if (method >= UP_SELECT_L1)
		prepared_scores(c, method, seed, scores);
	else if (!c->summed)
	{
		up_progress("scoring columns", 0, c->n_used);
		up_select_score_all(method, c->columns, c->n_used, &c->target, c->n, seed, scores);
	}
	for (uint32_t j = 0; j < c->n_used; j++)
	{
		if (c->summed)
			scores[j] = score_of_sums(c, sums, method, j);
		order[j] = method <= UP_SELECT_SPEARMAN ? fabs(scores[j].value) : scores[j].value;
	}
	up_select_rank(order, c->n_used, by_rank);
	return scores;
}

PG_FUNCTION_INFO_V1(uprofile_select_features);
Datum
uprofile_select_features(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	char *source = up_text_argument(fcinfo, 0, "source");
	char *target = up_text_argument(fcinfo, 1, NULL);
	UpSelectMethod method = method_argument(fcinfo, 2);
	uint32_t *by_rank;
	UpScore *scores;
	UpScoreSums *sums = NULL;
	UpSourceColumns *c;
	int32 k;

	if (target == NULL && method != UP_SELECT_VARIANCE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"%s\" needs a target", up_select_method_names[method]),
						errhint("Name the column to be predicted, or use method => 'variance'.")));
	c = read_columns(up_source_query(source), target, method, &sums);
	if (!c->summed)
	{
		up_workers_begin(up_select_seconds(method, c->n_used, c->n));
		up_source_columns_arrange(c);
	}
	if (c->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no row with a target")));
	if (method != UP_SELECT_VARIANCE && c->task == UP_TASK_CLASSIFY && c->target.n_values < 2)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("every row has the same target, and no column can tell anything about it")));
	if (c->n_used == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the source has no column to choose from")));
	k = PG_ARGISNULL(3) ? (int32) c->n_used : PG_GETARG_INT32(3);
	if (k < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("k is %d, and must be at least 1", k)));
	if ((uint32_t) k > c->n_used)
		ereport(NOTICE, (errmsg("k is %d, and the source has %u columns to choose from", k, c->n_used)));
	by_rank = palloc(sizeof(uint32_t) * Max(c->n_used, 1));
	scores = all_scores(c, sums, method, PG_ARGISNULL(4) ? 0 : (uint64_t) PG_GETARG_INT64(4), by_rank);
	if (!c->summed)
	{
		up_source_columns_release(c);
		up_workers_end();
	}
	up_source_columns_end(c);
	for (uint32_t rank = 0; rank < c->n_used; rank++)
	{
		const UpScore *s = &scores[by_rank[rank]];
		Datum values[6];
		bool nulls[6] = {false};

		values[0] = CStringGetTextDatum(c->names[by_rank[rank]]);
		set_number(values, nulls, 1, s->value);
		set_number(values, nulls, 2, s->p_value);
		values[3] = Int32GetDatum((int32) rank + 1);
		values[4] = BoolGetDatum(rank < (uint32_t) k && !isnan(s->value));
		values[5] = CStringGetTextDatum(s->how);
		up_srf_row(srf, values, nulls);
	}
	return up_srf_end_work(srf);
}
