/*
 * fn_select.c - uprofile_correlation and uprofile_select_features
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/params.h"
#include "learn/select.h"
#include "learn/train.h"
#include "pg/query.h"
#include "pg/source_frame.h"
#include "pg/srf.h"

#include <math.h>

/* A source as columns: numbers, and categories by code. */
typedef struct Columns
{
	UpFrame *frame;
	size_t n;
	uint32_t n_used;
	uint32_t *used; /* columns of the frame */
	UpVariable *variables;
	UpVariable target;
	UpTask task;
} Columns;

static const char *
reason_not_to_use(const UpColumn *c)
{
	if (c->kind == UP_COLUMN_ARRAY)
		return "arrays are not scored element by element";
	if (c->dictionary != NULL && c->dictionary->overflowed)
		return psprintf("more than %u different values", c->dictionary->limit);
	return NULL;
}

/* The label as classes or numbers, as uprofile_train would have it. */
static void
set_target(Columns *c, double *labels)
{
	const UpFrame *f = c->frame;
	bool whole = true;
	uint32_t different = 0;
	double seen[21];

	for (size_t i = 0; i < c->n; i++)
	{
		uint32_t j = 0;

		whole = whole && labels[i] == floor(labels[i]) && fabs(labels[i]) < 1e9;
		for (; different <= 20 && j < different && seen[j] != labels[i]; j++)
			;
		if (different <= 20 && j == different)
			seen[different++] = labels[i];
	}
	c->task = UP_TASK_CLASSIFY;
	c->target = (UpVariable){labels, 2};
	if (f->label_kind == UP_LABEL_TEXT)
		c->target.n_values = f->labels->n;
	else if (f->label_kind == UP_LABEL_NUMBER && (!whole || different > 20))
	{
		c->task = UP_TASK_REGRESS;
		c->target.n_values = 0;
	}
	else if (f->label_kind == UP_LABEL_NUMBER)
	{
		/* Few whole numbers: classes, by rank. */
		for (uint32_t a = 1; a < different; a++)
		{
			for (uint32_t b = a; b > 0 && seen[b - 1] > seen[b]; b--)
			{
				double t = seen[b];

				seen[b] = seen[b - 1];
				seen[b - 1] = t;
			}
		}
		for (size_t i = 0; i < c->n; i++)
		{
			uint32_t j = 0;

			while (seen[j] != labels[i])
				j++;
			labels[i] = j;
		}
		c->target.n_values = different;
	}
}

static Columns *
read_columns(const char *source, const char *target)
{
	Columns *c = palloc0(sizeof(Columns));
	double *values, *labels;

	c->frame = up_source_frame_read(up_source_query(source), target, NULL, NULL, 0)->frame;
	up_frame_sort_codes(c->frame);
	c->n = c->frame->samples->n_rows;
	c->used = palloc(sizeof(uint32_t) * Max(c->frame->n_columns, 1));
	c->variables = palloc0(sizeof(UpVariable) * Max(c->frame->n_columns, 1));
	for (uint32_t i = 0; i < c->frame->n_columns; i++)
	{
		const char *why = reason_not_to_use(&c->frame->columns[i]);

		if (why == NULL)
			c->used[c->n_used++] = i;
		else
			ereport(NOTICE, (errmsg("column \"%s\" is left out: %s", c->frame->columns[i].name, why)));
	}
	for (uint32_t i = 0; i < c->frame->left_out->n; i++)
		ereport(NOTICE, (errmsg("column \"%s\" is left out: %s", c->frame->left_out->keys[i],
								c->frame->left_out->items[i]->string)));
	up_reserve((c->n_used + 1) * c->n * sizeof(double), "the columns of the source");
	values = up_alloc_array(Max((size_t) c->n_used * c->n, 1), sizeof(double));
	labels = up_alloc_array(Max(c->n, 1), sizeof(double));
	for (size_t row = 0; row < c->n; row++)
	{
		const double *from = up_samples_row(c->frame->samples, row);

		if (row % 4096 == 0)
			up_tick();
		for (uint32_t j = 0; j < c->n_used; j++)
			values[j * c->n + row] = from[c->frame->columns[c->used[j]].first];
		labels[row] = from[c->frame->n_values];
	}
	for (uint32_t j = 0; j < c->n_used; j++)
	{
		const UpColumn *column = &c->frame->columns[c->used[j]];

		c->variables[j].v = values + j * c->n;
		c->variables[j].n_values = column->dictionary != NULL ? column->dictionary->n : 0;
	}
	up_samples_free(c->frame->samples);
	if (target != NULL)
		set_target(c, labels);
	return c;
}

static char *
required_text(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

static void
set_number(Datum *values, bool *nulls, int at, double v)
{
	values[at] = Float8GetDatum(v);
	nulls[at] = isnan(v);
}

static void
correlation_row(UpSrf *srf, const Columns *c, uint32_t a, uint32_t b, bool spearman)
{
	UpScore s = up_score_correlation(&c->variables[a], &c->variables[b], c->n, spearman);
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = CStringGetTextDatum(c->frame->columns[c->used[a]].name);
	values[1] = CStringGetTextDatum(c->frame->columns[c->used[b]].name);
	values[2] = CStringGetTextDatum(s.how);
	set_number(values, nulls, 3, s.value);
	set_number(values, nulls, 4, s.p_value);
	values[5] = Int64GetDatum((int64) s.n);
	up_srf_row(srf, values, nulls);
}

static void
correlation_rows(UpSrf *srf, const Columns *c)
{
	MemoryContext pair = AllocSetContextCreate(CurrentMemoryContext, "uprofile pair", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(pair);

	for (uint32_t a = 0; a < c->n_used; a++)
	{
		for (uint32_t b = a + 1; b < c->n_used; b++)
		{
			bool numbers = c->variables[a].n_values == 0 && c->variables[b].n_values == 0;

			MemoryContextReset(pair);
			correlation_row(srf, c, a, b, false);
			if (numbers)
				correlation_row(srf, c, a, b, true);
		}
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(pair);
}

PG_FUNCTION_INFO_V1(uprofile_correlation);
Datum
uprofile_correlation(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile_correlation", ALLOCSET_DEFAULT_SIZES);
	UpSrf *srf = up_srf_begin(fcinfo);

	MemoryContextSwitchTo(inner);
	correlation_rows(srf, read_columns(required_text(fcinfo, 0, "source"), NULL));
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return (Datum) 0;
}

static UpSelectMethod
method_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name = required_text(fcinfo, argument, "method");
	const char *nearest;
	int n = 0;

	for (; up_select_method_names[n] != NULL; n++)
	{
		if (strcmp(name, up_select_method_names[n]) == 0)
			return (UpSelectMethod) n;
	}
	nearest = up_nearest_name(name, up_select_method_names, n);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("method \"%s\" does not exist", name),
			 errdetail("Methods: pearson, spearman, information_gain, gain_ratio, mutual_info, chi2, anova_f, "
					   "variance, l1, permutation, rfe, mrmr."),
			 nearest != NULL ? errhint("Perhaps you meant \"%s\".", nearest) : 0));
}

/* l1, permutation and rfe work on prepared features; a column's score is the greatest of its features'. */
static void
prepared_scores(const Columns *c, const char *source, const char *target, UpSelectMethod method, uint64_t seed,
				UpScore *scores)
{
	UpFrame *f = up_source_frame_read(up_source_query(source), target, NULL, NULL, 0)->frame;
	UpPipelineOptions options = {.scale = 1 + UP_SCALE_ZSCORE};
	size_t *order = up_alloc_array(Max(c->n, 1), sizeof(size_t));
	double *score;
	UpData data = {0};

	if (f->samples->n_rows != c->n)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("the source gave %zu rows, and then %zu", c->n, (size_t) f->samples->n_rows),
						errhint("Give a source that is the same each time it is read.")));
	up_frame_sort_codes(f);
	up_samples_canonical_order(f->samples, order);
	data.pipeline = up_pipeline_fit(f, order, c->n, &options);
	data.samples = f->samples;
	data.n_rows = c->n;
	data.order = order;
	data.n_features = data.pipeline->n_features;
	data.n_classes = c->task == UP_TASK_CLASSIFY ? c->target.n_values : 0;
	if (data.n_classes > 0)
	{
		double *classes = up_alloc_array(data.n_classes, sizeof(double));
		uint32_t found = 0;

		/* Labels, sorted: a class is its position. */
		for (size_t i = 0; i < c->n && found < data.n_classes; i++)
		{
			double v = up_samples_row(f->samples, i)[f->n_values];
			uint32_t at = found, j = 0;

			while (j < found && classes[j] != v)
				j++;
			if (j < found)
				continue;
			for (; at > 0 && classes[at - 1] > v; at--)
				classes[at] = classes[at - 1];
			classes[at] = v;
			found++;
		}
		data.n_classes = found;
		data.class_values = classes;
	}
	score = up_alloc_array(data.n_features, sizeof(double));
	up_select_scores(method, &data, c->task, 0, seed, score);
	for (uint32_t j = 0; j < c->n_used; j++)
		scores[j] = (UpScore){NAN, NAN, c->n,
							  method == UP_SELECT_L1    ? "lasso"
							  : method == UP_SELECT_RFE ? "least_squares"
														: "learner"};
	for (uint32_t feature = 0; feature < data.n_features; feature++)
	{
		const char *name = data.pipeline->steps[up_pipeline_step_of(data.pipeline, feature)].name;

		for (uint32_t j = 0; j < c->n_used; j++)
		{
			UpScore *s = &scores[j];

			if (strcmp(c->frame->columns[c->used[j]].name, name) == 0 &&
				(isnan(s->value) || score[feature] > s->value))
				s->value = score[feature];
		}
	}
}

static UpScore *
all_scores(const Columns *c, const char *source, const char *target, UpSelectMethod method, uint64_t seed,
		   uint32_t *by_rank)
{
	UpScore *scores = palloc0(sizeof(UpScore) * Max(c->n_used, 1));
	double *order = palloc0(sizeof(double) * Max(c->n_used, 1));

	if (method == UP_SELECT_MRMR)
	{
		uint32_t *taken = palloc(sizeof(uint32_t) * Max(c->n_used, 1));

		/* All are taken, so that each has its rank. */
		up_select_mrmr(c->variables, c->n_used, &c->target, c->n, c->n_used, order, taken);
		for (uint32_t j = 0; j < c->n_used; j++)
			scores[j] = (UpScore){order[j], NAN, c->n, "bins"};
		memcpy(by_rank, taken, sizeof(uint32_t) * c->n_used);
		return scores;
	}
	if (method >= UP_SELECT_L1)
		prepared_scores(c, source, target, method, seed, scores);
	for (uint32_t j = 0; j < c->n_used; j++)
	{
		up_progress("scoring columns", j, c->n_used);
		if (method < UP_SELECT_L1)
			scores[j] = up_select_score(method, &c->variables[j], &c->target, c->n, seed);
		order[j] = method <= UP_SELECT_SPEARMAN ? fabs(scores[j].value) : scores[j].value;
	}
	up_select_rank(order, c->n_used, by_rank);
	return scores;
}

PG_FUNCTION_INFO_V1(uprofile_select_features);
Datum
uprofile_select_features(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile_select_features", ALLOCSET_DEFAULT_SIZES);
	UpSrf *srf = up_srf_begin(fcinfo);
	char *source = required_text(fcinfo, 0, "source");
	char *target = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	UpSelectMethod method = method_argument(fcinfo, 2);
	uint32_t *by_rank;
	UpScore *scores;
	Columns *c;
	int32 k;

	MemoryContextSwitchTo(inner);
	if (target == NULL && method != UP_SELECT_VARIANCE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("method \"%s\" needs a target", up_select_method_names[method]),
						errhint("Name the column to be predicted, or use method => 'variance'.")));
	c = read_columns(source, target);
	if (c->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no row with a target")));
	if (target == NULL)
		c->target = c->n_used > 0 ? c->variables[0] : c->target;
	k = PG_ARGISNULL(3) ? (int32) c->n_used : PG_GETARG_INT32(3);
	if (k < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("k is %d, and must be at least 1", k)));
	if ((uint32_t) k > c->n_used)
		ereport(NOTICE, (errmsg("k is %d, and the source has %u columns to choose from", k, c->n_used)));
	by_rank = palloc(sizeof(uint32_t) * Max(c->n_used, 1));
	scores = all_scores(c, source, target, method, (uint64_t) PG_GETARG_INT64(4), by_rank);
	for (uint32_t rank = 0; rank < c->n_used; rank++)
	{
		const UpScore *s = &scores[by_rank[rank]];
		Datum values[6];
		bool nulls[6] = {false};

		values[0] = CStringGetTextDatum(c->frame->columns[c->used[by_rank[rank]]].name);
		set_number(values, nulls, 1, s->value);
		set_number(values, nulls, 2, s->p_value);
		values[3] = Int32GetDatum((int32) rank + 1);
		values[4] = BoolGetDatum(rank < (uint32_t) k && !isnan(s->value));
		values[5] = CStringGetTextDatum(s->how);
		up_srf_row(srf, values, nulls);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return (Datum) 0;
}
