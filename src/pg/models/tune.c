/*
 * tune.c - the best parameters of an algorithm, by cross-validation; see tune.h
 *
 * Rows are read once, folds dealt once, and pipelines fitted once for all trials that prepare the rows alike. What a trial takes
 * is freed when it has been measured. The best mean over the folds wins.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "assess/measure.h"
#include "pg/io/interval_text.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/batch.h"
#include "pg/models/learner_for.h"
#include "pg/models/tune.h"
#include "pg/module.h"

#include <math.h>

#define MOST_YEARS     1000 /* of a time budget */
#define LEAST_ROWS     100  /* halving begins with no fewer rows a fold */
#define FOLDS_FOR_OUT  3    /* before a trial is given up */
#define FEWEST_FOLDS   2    /* by which it is told how long it takes, before they are made */
#define MOST_TRAININGS 2048 /* of a batch */
#define MOST_WAYS      16   /* of preparing the rows, in a batch */

typedef struct Tuning
{
	const UpTuneOrder *order;
	UpValidated *v;
	const UpMeasure *measure;
	bool more_is_better;
	uint32_t n_folds;
	TimestampTz end; /* DT_NOEND: none */
	UpTuned *result;
	double *best_scores; /* losses of the best trial on all rows so far, one a fold; NULL: there is none */
	double best_loss;
	const UpTrial *now;
	uint32_t fold;   /* of it, 1 …; 0: none yet */
	UpTrial **batch; /* those that are measured together */
} Tuning;

static bool
is_metric_of_trials(const UpMeasure *m)
{
	return (m->flags & (UP_MEASURE_MATRIX | UP_MEASURE_ADJUSTED)) == 0 && m->family != UP_MEASURE_CLUSTERS;
}

/* Names that scikit-learn and others have, where ours are not near to them. */
static const char *const elsewhere[][2] = {
	{"f1_macro", "f1"},
	{"f1_weighted", "f1"},
	{"mse", "rmse"},
	{"mean_squared_error", "rmse"},
	{"neg_mean_squared_error", "rmse"},
	{"root_mean_squared_error", "rmse"},
	{"neg_root_mean_squared_error", "rmse"},
	{"mean_absolute_error", "mae"},
	{"neg_mean_absolute_error", "mae"},
	{"mean_absolute_percentage_error", "mape"},
	{"neg_mean_absolute_percentage_error", "mape"},
	{"matthews_corrcoef", "mcc"},
	{"pr_auc", "average_precision"},
	{"aucpr", "average_precision"},
	{"pinball", "quantile_loss"},
	{"cross_entropy", "log_loss"},
};

static const char *const methods_elsewhere[][2] = {
	{"bayes", "tpe"},      {"bayesian", "tpe"},   {"bayesian_optimization", "tpe"},
	{"optuna", "tpe"},     {"hyperopt", "tpe"},   {"gp", "tpe"},
	{"asha", "hyperband"}, {"bohb", "hyperband"},
};

const UpMeasure *
up_tune_measure(const char *name)
{
	const UpMeasure *m = up_measure_by_name(name);
	const char **names = palloc(sizeof(char *) * up_n_measures);
	const char *nearest;
	StringInfoData all;
	int n = 0;

	if (m != NULL && is_metric_of_trials(m))
		return m;
	initStringInfo(&all);
	for (int i = 0; i < up_n_measures; i++)
	{
		if (!is_metric_of_trials(&up_measures[i]))
			continue;
		names[n++] = up_measures[i].name;
		appendStringInfo(&all, "%s%s", n > 1 ? ", " : "", up_measures[i].name);
	}
	nearest = up_nearest_name(up_name_here(name, elsewhere, lengthof(elsewhere), names, n), names, n);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("metric \"%s\" does not exist", name),
					nearest != NULL ? errhint("Perhaps you meant \"%s\".", nearest)
									: errdetail("Metrics: %s.", all.data)));
}

static UpSearchMethod
chosen_method(const UpTuneOrder *o, const UpSpace *space)
{
	int n = 0;

	if (o->method == NULL)
		return up_space_points(space) > 0 &&
					   (o->max_trials == 0 || up_space_points(space) <= (uint64_t) o->max_trials)
				   ? UP_SEARCH_GRID
				   : UP_SEARCH_RANDOM;
	for (; up_search_method_names[n] != NULL; n++)
	{
		if (strcmp(up_search_method_names[n], o->method) == 0)
			return (UpSearchMethod) n;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("method is \"%s\"", o->method),
					errdetail("Allowed: grid, random, halving, hyperband, tpe."),
					up_hint_nearest(
						up_nearest_name(up_name_here(o->method, methods_elsewhere, lengthof(methods_elsewhere),
													 up_search_method_names, n),
										up_search_method_names, n),
						NULL)));
}

void
up_tune_check_budget(const UpTuneOrder *o)
{
	const Interval *i = o->time_budget;

	if (i == NULL)
		return;
	if (i->month < 0 || i->day < 0 || i->time < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_budget must not be negative")));
	/* It ends at a time that there is. */
	if (i->month / MONTHS_PER_YEAR + i->day / DAYS_PER_YEAR + (double) i->time / USECS_PER_DAY / DAYS_PER_YEAR >
		MOST_YEARS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_budget is out of range"),
						errdetail("Allowed: up to %d years.", MOST_YEARS)));
}

UpSpace *
up_tune_check(const UpTuneOrder *o, const UpLearner *learner, UpValue *params)
{
	const UpMeasure *m = o->metric != NULL ? up_tune_measure(o->metric) : NULL;
	UpSpace *space;

	if (m == NULL || m->family == UP_MEASURE_SCORES || m->family == UP_MEASURE_PROBABILITIES)
		up_want_probability(learner, params);
	space = up_space_parse(o->search, learner, params);
	(void) chosen_method(o, space);
	up_tune_check_budget(o);
	return space;
}

/* By the task, and whether there are probabilities. */
static const UpMeasure *
default_measure(const UpValidated *v)
{
	bool has_proba = up_request_has_proba(v->request);
	uint32_t n_classes = up_validation_n_classes(v->validation);

	return up_measure_by_name(n_classes == 0   ? "rmse"
							  : !has_proba     ? "accuracy"
							  : n_classes == 2 ? "auc"
											   : "log_loss");
}

void
up_tune_fits_task(const UpMeasure *m, UpTask task)
{
	if ((task == UP_TASK_CLASSIFY) == (m->family == UP_MEASURE_VALUES))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("metric \"%s\" does not measure a %s", m->name, up_task_name(task))));
}

static void
choose_measure(Tuning *t)
{
	t->measure = t->order->metric != NULL ? up_tune_measure(t->order->metric) : default_measure(t->v);
	up_tune_fits_task(t->measure, up_validation_task(t->v->validation));
	t->more_is_better = up_measure_more_is_better(t->measure);
}

/* So small a share of the rows that a fold still trains on some. */
static double
least_share(const UpValidated *v)
{
	double rows = (double) v->read->frame->samples->n_rows * (v->folds->n_folds - 1.0) / v->folds->n_folds;
	double least = LEAST_ROWS * (double) Max(up_validation_n_classes(v->validation) / 2, 1);

	return rows > least ? least / rows : 1;
}

static bool
is_out_of_time(const Tuning *t)
{
	return !TIMESTAMP_IS_NOEND(t->end) && GetCurrentTimestamp() >= t->end;
}

static void
say_trial(void *arg)
{
	const Tuning *t = arg;

	if (t->now != NULL && t->fold > 0)
		errcontext("trial %u, fold %u: %s", t->now->number, t->fold, up_value_text(t->now->varied));
	else if (t->now != NULL)
		errcontext("trial %u: %s", t->now->number, up_value_text(t->now->varied));
}

/* Mean and standard deviation over the folds that have the figure. */
void
up_tune_sum_up(UpTrial *trial, const double *scores, uint32_t n, bool more_is_better)
{
	double sum = 0, squares = 0;
	uint32_t known = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		sum += isnan(scores[i]) ? 0 : scores[i];
		known += !isnan(scores[i]);
	}
	trial->mean = known > 0 ? sum / known : NAN;
	for (uint32_t i = 0; i < n && known > 0; i++)
		squares += isnan(scores[i]) ? 0 : (scores[i] - trial->mean) * (scores[i] - trial->mean);
	trial->std = known > 0 ? sqrt(squares / known) : NAN;
	trial->loss = more_is_better ? -trial->mean : trial->mean;
}

/* Worse than the best trial on the folds so far, by more than two standard errors of the differences. */
static bool
is_clearly_worse(const Tuning *t, const double *scores, uint32_t n)
{
	double sum = 0, squares = 0, mean;

	if (!t->order->stop_early || t->best_scores == NULL || n < FOLDS_FOR_OUT)
		return false;
	for (uint32_t i = 0; i < n; i++)
	{
		double worse = t->more_is_better ? t->best_scores[i] - scores[i] : scores[i] - t->best_scores[i];

		sum += worse;
		squares += worse * worse;
	}
	mean = sum / n;
	return mean > 0 && mean > 2 * sqrt(Max(squares / n - mean * mean, 0) / (n - 1));
}

static double
figure_of(const Tuning *t, const UpFoldScore *s)
{
	const UpValue *figure = up_value_get(s->metrics, t->measure->name);

	return figure != NULL && figure->type == UP_NUMBER ? figure->number : NAN;
}

/* One trial on all folds; false: the time was up before it was through, and it is not the first. */
static bool
measure_trial(Tuning *t, UpTrial *trial, const UpSpace *space)
{
	UpRequest *request = up_request_parse(t->v->request->learner, up_space_params(space, trial->x));
	UpValidation *validation = t->v->validations[up_validated_way(t->v, request)];
	double *scores = palloc(sizeof(double) * t->n_folds);
	TimestampTz start = GetCurrentTimestamp();
	uint32_t n = 0;

	trial->size = 0;
	for (; n < t->n_folds && !trial->pruned; n++)
	{
		UpFoldScore s;

		if (t->result->best != NULL && is_out_of_time(t))
		{
			trial->pruned = true;
			t->result->out_of_time = true;
			break;
		}
		t->fold = n + 1;
		s = up_validate(validation, request, n / t->v->folds->n_folds, 1 + n % t->v->folds->n_folds,
						trial->share);
		scores[n] = figure_of(t, &s);
		trial->size += (double) s.size;
		trial->pruned = n + 1 < t->n_folds && trial->share == 1 && is_clearly_worse(t, scores, n + 1);
	}
	trial->seconds += (double) (GetCurrentTimestamp() - start) / USECS_PER_SEC;
	up_tune_sum_up(trial, scores, n, t->more_is_better);
	if (trial->share == 1 && !trial->pruned && !isnan(trial->loss) &&
		(t->best_scores == NULL || trial->loss < t->best_loss))
	{
		t->best_scores = scores;
		t->best_loss = trial->loss;
	}
	return !t->result->out_of_time;
}

/* ---- many trials at once ---- */

static void
now_on(void *arg, uint32_t training, uint32_t fold)
{
	Tuning *t = arg;

	t->now = training != UINT32_MAX ? t->batch[training] : NULL;
	t->fold = training != UINT32_MAX ? fold + 1 : 0;
}

/* Whether a trial goes on from what the one before grew (rounds, trees): where they differ in their number alone. */
static bool
grows_on(const UpLearner *learner, const UpSpace *space, const UpTrial *before, const UpTrial *t)
{
	for (uint32_t i = 0; i < space->n; i++)
	{
		if (strcmp(space->dimensions[i].name, learner->path) != 0 && before->x[i] != t->x[i])
			return false;
	}
	return true;
}

/* A path of whole numbers is one of rounds, of trees or of levels, which are kept in memory; a solution for another C can be sent. */
static bool
has_growing_path(const UpLearner *learner)
{
	for (int i = 0; learner->path != NULL && i < learner->params.n; i++)
	{
		if (strcmp(learner->params.params[i].name, learner->path) == 0)
			return learner->params.params[i].type == UP_P_INT;
	}
	return false;
}

static bool *
find_begins(const Tuning *t, const UpSpace *space, uint32_t n)
{
	const UpLearner *learner = t->v->request->learner;
	bool *begins;

	if (!has_growing_path(learner))
		return NULL;
	begins = palloc(sizeof(bool) * n);
	for (uint32_t i = 0; i < n; i++)
		begins[i] = i == 0 || !grows_on(learner, space, t->batch[i - 1], t->batch[i]);
	return begins;
}

static UpBatch
batch_of(Tuning *t, const UpSpace *space, uint32_t n, uint32_t measured)
{
	UpRequest **requests = palloc(sizeof(UpRequest *) * n);
	double *shares = palloc(sizeof(double) * n);
	UpBatch b = {.validation = t->v->validation,
				 .samples = t->v->read->frame->samples,
				 .learner = t->v->request->learner,
				 .n = n,
				 .n_folds = t->n_folds,
				 .n_of_repeat = t->v->folds->n_folds,
				 .requests = requests,
				 .shares = shares,
				 .begins = find_begins(t, space, n),
				 .phase = "tuning: trials",
				 .done = measured,
				 .planned = up_search_planned(t->result->search),
				 .now = now_on,
				 .arg = t};

	for (uint32_t i = 0; i < n; i++)
	{
		requests[i] = up_request_parse(b.learner, up_space_params(space, t->batch[i]->x));
		shares[i] = t->batch[i]->share;
	}
	b.scores = up_alloc_array((size_t) n * t->n_folds, sizeof(UpFoldScore));
	b.seconds = up_alloc_array((size_t) n * t->n_folds, sizeof(double));
	return b;
}

static void
take_scores(Tuning *t, const UpBatch *b)
{
	double *scores = palloc(sizeof(double) * t->n_folds);

	for (uint32_t i = 0; i < b->n; i++)
	{
		UpTrial *trial = t->batch[i];

		trial->size = 0;
		for (uint32_t fold = 0; fold < t->n_folds; fold++)
		{
			const UpFoldScore *s = &b->scores[(size_t) i * t->n_folds + fold];

			scores[fold] = figure_of(t, s);
			trial->size += (double) s->size;
			trial->seconds += b->seconds[(size_t) i * t->n_folds + fold];
		}
		up_tune_sum_up(trial, scores, t->n_folds, t->more_is_better);
	}
	pfree(scores);
}

/* The first, and those that are the same however it goes. */
static uint32_t
next_batch(Tuning *t)
{
	UpSearch *s = t->result->search;
	uint32_t most = Max(MOST_TRAININGS / t->n_folds, 1), n = 0;
	UpTrial *trial = up_search_next(s);

	for (; trial != NULL; trial = n < most ? up_search_more(s) : NULL)
		t->batch[n++] = trial;
	return n;
}

/*
 * Trials that do not wait for each other, by folds. What one of them leaves behind for the next is the same wherever a fold is
 * trained, and nothing is left from one batch to the next.
 */
static void
run_batches(Tuning *t, const UpSpace *space)
{
	uint32_t measured = 0, n;

	t->batch = palloc(sizeof(UpTrial *) * Max(MOST_TRAININGS / t->n_folds, 1));
	while ((n = next_batch(t)) > 0)
	{
		UpBatch b = batch_of(t, space, n, measured);

		up_batch_validate(&b);
		take_scores(t, &b);
		measured += n;
		up_free(b.scores);
		up_free(b.seconds);
	}
	t->now = NULL;
	t->result->best = t->result->search->n_trials > 0 ? t->result->search->trials[0] : NULL;
	up_stage(NULL, 0, 0);
}

/*
 * Whether all trials can be had in batches: by nothing that the number of processes decides on. Memory is that of the dearest trial, which
 * prepares its rows in as many ways as the space has.
 */
static bool
comes_in_batches(const Tuning *t, const UpSpace *space)
{
	double ways = 1;

	if (t->order->stop_early || t->order->time_budget != NULL || t->v->n > 1 ||
		t->result->search->options.method == UP_SEARCH_TPE)
		return false;
	for (uint32_t i = 0; i < space->n; i++)
	{
		const UpDimension *d = &space->dimensions[i];

		for (int k = 0; k < up_common_params.n; k++)
		{
			if (strcmp(up_common_params.params[k].name, d->name) == 0)
				ways *= d->kind == UP_DIMENSION_CHOICE ? d->n : MOST_WAYS;
		}
	}
	return ways <= MOST_WAYS && up_batch_fits(t->v->validation, ways);
}

static void
run_trials(Tuning *t, const UpSpace *space)
{
	UpSearch *s = t->result->search;
	uint32_t measured = 0;
	UpTrial *trial;

	while (!(t->result->best != NULL && is_out_of_time(t)) && (trial = up_search_next(s)) != NULL)
	{
		t->now = trial;
		t->fold = 0;
		up_stage("tuning: trials", measured++, up_search_planned(s));
		if (!measure_trial(t, trial, space))
			break;
		if (t->result->best == NULL)
			t->result->best = trial;
	}
	t->now = NULL;
	t->fold = 0;
	up_stage(NULL, 0, 0);
	t->result->out_of_time = t->result->out_of_time || (measured > 0 && is_out_of_time(t));
}

/* Of a grid: the greatest value of what trainings share most along; null is above all. NaN: there is none. */
static double
path_end(const UpSpace *space, UpSearchMethod method)
{
	const UpDimension *d = space->inner < space->n ? &space->dimensions[space->inner] : NULL;
	double most = NAN;

	for (uint32_t i = 0; d != NULL && method == UP_SEARCH_GRID && i < d->n; i++)
	{
		double value = d->choices[i]->type == UP_NUMBER ? d->choices[i]->number : INFINITY;

		most = most > value ? most : value;
	}
	return most;
}

static UpTuned *
tune(const UpTuneOrder *o, const UpSpace *space, UpValidated *v)
{
	Tuning t = {.order = o, .v = v, .end = DT_NOEND};
	UpSearchOptions options = {.method = chosen_method(o, space), .max_trials = (uint32_t) o->max_trials};
	ErrorContextCallback context = {.callback = say_trial, .arg = &t};

	t.result = palloc0(sizeof(UpTuned));
	choose_measure(&t);
	t.n_folds = v->folds->n_repeats * v->folds->n_folds;
	for (uint32_t i = 0; i < v->n; i++)
	{
		up_validation_share(v->validations[i], t.measure, up_memory_limit() / 2 / v->n);
		up_validation_path(v->validations[i], path_end(space, options.method));
	}
	options.least_share = least_share(v);
	options.seed = (uint64_t) v->request->common.seed;
	if (o->time_budget != NULL)
		t.end = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
														TimestampTzGetDatum(GetCurrentTimestamp()),
														IntervalPGetDatum(o->time_budget)));
	t.result->search = up_search_new(space, &options);
	t.result->metric = t.measure->name;
	t.result->n_folds = t.n_folds;
	context.previous = error_context_stack;
	error_context_stack = &context;
	if (comes_in_batches(&t, space))
		run_batches(&t, space);
	else
	{
		const UpSamples *s = v->read->frame->samples;

		up_workers_begin(up_validated_seconds((double) s->n_rows, s->n_columns,
											  (double) t.n_folds * up_search_planned(t.result->search)));
		run_trials(&t, space);
		up_workers_end();
	}
	error_context_stack = context.previous;
	t.result->best = up_search_rank(t.result->search);
	if (t.result->best == NULL || isnan(t.result->best->loss))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("metric \"%s\" has no meaning on any fold", t.measure->name),
						errhint("Choose another metric, or a split by which folds have rows of every class.")));
	t.result->params = up_space_params(space, t.result->best->x);
	return t.result;
}

UpValidated *
up_tune_source(const UpTuneOrder *o, UpValidationOrder *order, UpTuned **tuned)
{
	UpSpace *space = up_tune_check(o, order->learner, order->params);
	const UpDimension *prepare = up_space_dimension(space, "prepare");
	double trials = (double) (o->max_trials > 0 ? (uint64_t) o->max_trials : up_space_points(space));
	UpValidated *v;

	order->params = space->fixed;
	order->space = space;
	if (prepare != NULL)
	{
		order->n_prepares = prepare->n;
		order->prepares = prepare->choices;
	}
	v = up_validated_begin(order, FEWEST_FOLDS * Max(trials, 1));
	*tuned = tune(o, space, v);
	up_workers_end();
	if ((*tuned)->out_of_time)
		ereport(NOTICE, (errmsg("the time budget ended after %u trial%s", (*tuned)->search->n_trials,
								(*tuned)->search->n_trials == 1 ? "" : "s")));
	up_validated_warn(v);
	return v;
}

/* ---- within a training -------------------------------------------------------------------------------------------- */

typedef struct TuneParams
{
	UpValue *search, *method, *metric, *split, *time_budget;
	int64_t folds, max_trials;
	bool stop_early, vote;
	int refit; /* index into refits */
} TuneParams;

static const char *const refits[] = {"train", "all", NULL};

#define UP_PARAMS_OF TuneParams
static const UpParam params[] = {
	UP_TREE_PARAM("search", search, "null", "object with a key for each parameter",
				  "what is tried; of algorithm auto: an object with a key for each algorithm"),
	UP_TREE_PARAM("method", method, "null", "text",
				  "grid, random, halving, hyperband or tpe; of algorithm auto: halving"),
	UP_TREE_PARAM("metric", metric, "null", "text", "what decides"),
	UP_INT_PARAM("folds", folds, "null", 2, UP_FOLDS_LIMIT, "of the cross-validation", .nullable = true),
	UP_TREE_PARAM("split", split, "null", "object", "how rows are dealt out to folds"),
	UP_INT_PARAM("max_trials", max_trials, "null", 1, 100000, "how many at most", .nullable = true),
	UP_TREE_PARAM("time_budget", time_budget, "null", "interval or seconds",
				  "ends with what there is; of algorithm auto a minute where nothing is said"),
	UP_BOOL_PARAM("stop_early", stop_early, "false", "gives up trials that are clearly worse than the best"),
	UP_BOOL_PARAM("vote", vote, "true",
				  "algorithm auto: puts several of the best together where that is better"),
	UP_CHOICE_PARAM("refit", refit, "train", refits,
					"what the best is trained on in the end: the rows that are not held out, or all"),
};
const UpParamTable up_tune_params = {params, lengthof(params)};

static const char *
text_of(const UpValue *v, const char *name)
{
	if (v != NULL && v->type != UP_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" of tune must be of type text, not %s", name, up_value_type_name(v))));
	return v != NULL ? v->string : NULL;
}

static Interval *
interval_of(const UpValue *v)
{
	const char *t;

	if (v == NULL)
		return NULL;
	t = v->type == UP_NUMBER ? psprintf("%s seconds", up_value_text(v)) : text_of(v, "time_budget");
	return up_interval_of(t, "parameter \"time_budget\" of tune");
}

UpTuneOrder
up_tune_parse(const UpValue *given, int64 seed, UpSplit *split)
{
	UpTuneOrder o = {0};
	TuneParams p;

	up_params_parse(&up_tune_params, NULL, 0, given, "tune", &p);
	*split = up_split_parse(p.split, p.folds != INT64_MIN ? p.folds : 0, seed);
	o.search = p.search;
	o.method = text_of(p.method, "method");
	o.metric = text_of(p.metric, "metric");
	o.max_trials = p.max_trials != INT64_MIN ? p.max_trials : 0;
	o.time_budget = interval_of(p.time_budget);
	o.stop_early = p.stop_early;
	o.vote = p.vote;
	o.refit_all = p.refit == 1;
	return o;
}

void
up_tune_store(const char *schema, int64 version_id, const UpTuned *tuned)
{
	Oid types[] = {INT8OID, INT4OID, JSONBOID, TEXTOID, FLOAT8OID, FLOAT8OID, INT4OID, FLOAT8OID, BOOLOID};
	char *query =
		psprintf("INSERT INTO %s.uprofile_model_trials (version_id, trial, params, metric, mean, std, "
				 "rank, seconds, pruned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
				 schema);

	for (uint32_t i = 0; i < tuned->search->n_trials; i++)
	{
		const UpTrial *t = tuned->search->trials[i];
		Datum values[] = {Int64GetDatum(version_id),
						  Int32GetDatum((int32) t->number),
						  JsonbPGetDatum(up_value_to_jsonb(t->varied)),
						  CStringGetTextDatum(tuned->metric),
						  Float8GetDatum(t->mean),
						  Float8GetDatum(t->std),
						  Int32GetDatum((int32) t->rank),
						  Float8GetDatum(t->seconds),
						  BoolGetDatum(t->pruned)};
		char nulls[] = "         ";

		nulls[4] = nulls[5] = isnan(t->mean) ? 'n' : ' ';
		up_query(false, query, lengthof(types), types, values, nulls);
	}
}

/* Fractions to four digits; the trials keep them all. */
static UpValue *
rounded(const UpValue *v)
{
	UpValue *copy = up_value_copy(v);

	if (v->type == UP_NUMBER && v->number != floor(v->number))
		copy->number = strtod(psprintf("%.4g", v->number), NULL);
	for (uint32_t i = 0; i < v->n; i++)
		copy->items[i] = rounded(v->items[i]);
	return copy;
}

char *
up_tune_note(const UpTuned *tuned)
{
	const UpTrial *best = tuned->best;

	return psprintf("tuned: %s is the best of %u trial%s by %s (%.4f over %u folds)",
					up_value_text(rounded(best->varied)), tuned->search->n_trials,
					tuned->search->n_trials == 1 ? "" : "s", tuned->metric, best->mean, tuned->n_folds);
}
