/*
 * auto.c - the algorithm and its parameters, by cross-validation within a time; see auto.h
 *
 * Each algorithm of the list (auto_list.h) brings some points. All are measured on a share of the rows, the best third of them and
 * the best of each algorithm on three times as many, and so on to all rows (successive halving; Jamieson, Talwalkar 2016). What time
 * is left then goes to the algorithms that came out best, by TPE. The best mean over the folds wins.
 *
 * Time: nothing is begun that is not expected to end in time. An algorithm is first timed on few rows of one fold; what a trial
 * will take follows from what its algorithm took on the same share, or on smaller ones (pace.h). So much is kept back as training on
 * all rows will take whoever would win now, of those that can still be trained. Only what decides is cut short: of huge tables a
 * sample is searched, and the winner trained on all rows.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/io/value_pg.h"
#include "pg/models/auto.h"
#include "pg/models/auto_search.h"
#include "pg/models/learner_for.h"

#include <math.h>

#define SECONDS       60.0
#define MOST_ROWS     100000               /* that are searched */
#define LEAST_ROWS    2000                 /* of a fold, on which halving decides */
#define SPARE         0.08                 /* of the budget: reading back, measuring, storing */
#define OVERSHOOT     0.2                  /* of the budget, where the winner takes more than was thought */
#define ENOUGH_TESTED 2500                 /* rows of a fold: on shares of the rows one fold is enough then */
#define VOTE_BYTES    ((size_t) 256 << 20) /* that the answers of all trials may take */

static UpValue *
json(const char *text)
{
	return up_value_from_jsonb(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
}

static void
add_arm(UpAuto *a, const UpLearner *learner, const UpCandidate *c, const UpValue *space, const UpValue *params,
		uint32_t n_arms)
{
	UpArm *arm = &a->arms[a->n_arms++];
	UpValue *fixed = up_value_copy(params);
	UpTraining training = {.frame = a->v->read->frame, .strict = true, .key = a->v->key, .quiet = true};
	size_t memory = up_memory_limit() / 2 / n_arms;
	UpSearchOptions options = {.method = UP_SEARCH_TPE, .max_trials = UINT32_MAX, .least_share = 1};

	arm->learner = learner;
	arm->candidate = c;
	arm->growth = c != NULL ? c->growth : 1.5;
	up_want_probability(learner, fixed);
	if (space->n > 0)
		arm->space = up_space_parse(space, learner, fixed);
	else
	{
		arm->space = palloc0(sizeof(UpSpace));
		arm->space->fixed = fixed;
	}
	arm->starts = c != NULL ? json(c->starts) : NULL;
	options.seed = (uint64_t) a->v->request->common.seed + a->n_arms;
	arm->search = up_search_new(arm->space, &options);
	training.request = up_request_parse(learner, arm->space->fixed);
	training.held_out = a->v->not_split;
	arm->validation = learner == a->v->request->learner ? a->v->validation : up_validation_new(&training);
	up_validation_split(arm->validation, a->v->folds);
	up_validation_share(arm->validation, a->measure, memory);
}

static void
check_task(const UpLearner *learner, bool classify)
{
	if ((learner->abilities & (classify ? UP_L_CLASSIFY : UP_L_REGRESS)) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" of the search does not do %s", learner->name,
							   classify ? "classification" : "regression")));
}

/* Those that the user named, or the list by the shape of the table. */
static void
add_arms(UpAuto *a, const UpValue *params)
{
	const UpValue *named = a->order->search;
	UpSplitRows rows = up_validation_rows(a->v->validation);
	UpTableShape shape = {.rows = rows.n, .n_classes = rows.n_classes};
	const UpCandidate **list;
	uint32_t n;

	shape.values = a->v->read->frame->n_values;
	shape.weighted = up_request_weight(a->v->request) != NULL;
	list = up_auto_list(&shape, &n);
	if (named == NULL || named->n == 0)
	{
		a->arms = palloc0(sizeof(UpArm) * n);
		for (uint32_t i = 0; i < n; i++)
			add_arm(a, up_learner_by_name(list[i]->algorithm), list[i], json(list[i]->space), params, n);
		return;
	}
	a->arms = palloc0(sizeof(UpArm) * named->n);
	for (uint32_t i = 0; i < named->n; i++)
	{
		const UpLearner *learner = up_learner_by_name(named->keys[i]);
		const UpCandidate *c = up_auto_candidate(learner->name, rows.n_classes > 0);

		check_task(learner, rows.n_classes > 0);
		if (named->items[i]->n == 0 && c != NULL)
			add_arm(a, learner, c, json(c->space), params, named->n);
		else
			add_arm(a, learner, NULL, named->items[i], params, named->n);
	}
}

/* What adjusts a model's answers is for the winner alone: it moves into an object of its own, NULL where nothing does. */
static UpValue *
take_adjustments(UpValidationOrder *order)
{
	static const char *const names[] = {"calibrate",     "threshold", "cost_matrix",
										"positive_rate", "intervals", "cv"};
	UpValue *others = up_value_object(), *taken = NULL;

	/* Words its errors. */
	(void) up_request_parse(order->learner, order->params);
	for (uint32_t i = 0; i < order->params->n; i++)
	{
		bool adjusts = false;

		for (size_t j = 0; j < lengthof(names); j++)
			adjusts = adjusts || strcmp(names[j], order->params->keys[i]) == 0;
		if (adjusts && taken == NULL)
			taken = up_value_object();
		up_value_set(adjusts ? taken : others, order->params->keys[i], order->params->items[i]);
	}
	order->params = others;
	return taken;
}

/* What algorithms that are named train on: a column that all of them leave out may hold anything. */
static void
name_wanted(const UpTuneOrder *o, UpValidationOrder *order)
{
	uint32_t n = o->search != NULL ? o->search->n : 0;
	const UpRequest **wanted = palloc(sizeof(UpRequest *) * Max(n, 1));

	for (uint32_t i = 0; i < n; i++)
	{
		const UpLearner *learner = up_learner_by_name(o->search->keys[i]);
		const UpValue *search = o->search->items[i];
		UpSpace *space = search->n > 0 ? up_space_parse(search, learner, order->params) : NULL;
		UpRequest *q = up_request_parse(learner, space != NULL ? space->fixed : order->params);

		if (space != NULL)
			up_space_see_all(space, q);
		wanted[i] = q;
	}
	order->wanted = wanted;
	order->n_wanted = n;
}

void
up_auto_check(const UpTuneOrder *o, const UpValue *params)
{
	if (o->method != NULL && strcmp(o->method, "halving") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"auto\" searches by method \"halving\", not \"%s\"", o->method)));
	if (o->metric != NULL)
		(void) up_tune_measure(o->metric);
	up_tune_check_budget(o);
	if (o->search != NULL && o->search->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the search must be an object with a key for each algorithm, not %s",
							   up_value_type_name(o->search)),
						errhint("For example {\"boost\": {}, \"logistic\": {\"C\": [0.1, 1]}}.")));
	for (uint32_t i = 0; o->search != NULL && i < o->search->n; i++)
	{
		(void) up_learner_by_name(o->search->keys[i]);
		if (o->search->items[i]->type != UP_OBJECT)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the search of algorithm \"%s\" must be an object, not %s",
								   o->search->keys[i], up_value_type_name(o->search->items[i])),
							errhint("{} searches it as by default.")));
	}
	for (uint32_t i = 0; i < params->n; i++)
	{
		bool common = false;

		if (strcmp(params->keys[i], "time_budget") == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("parameter \"time_budget\" is the search's, not the algorithms'"),
							errhint("tune => '{\"time_budget\": \"20 seconds\"}'.")));

		for (int j = 0; j < up_common_params.n; j++)
			common = common || strcmp(up_common_params.params[j].name, params->keys[i]) == 0;
		if (!common)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameter \"%s\" is none that all algorithms have", params->keys[i]),
					 errhint("algorithm => 'auto' finds it; tune => '{\"search\": {\"…\": {\"%s\": [%s]}}}' "
							 "says of an algorithm what is tried.",
							 params->keys[i], up_value_text(params->items[i]))));
	}
}

static void
set_up(UpAuto *a, const UpTuneOrder *o, UpValidated *v, TimestampTz began)
{
	UpSplitRows rows = up_validation_rows(v->validation);
	double seconds = SECONDS;

	a->order = o;
	a->v = v;
	a->began = began;
	if (o->time_budget != NULL)
		seconds = (double) (DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
																	TimestampTzGetDatum(began),
																	IntervalPGetDatum(o->time_budget))) -
							began) /
				  USECS_PER_SEC;
	a->budget = seconds;
	a->measure = o->metric != NULL     ? up_tune_measure(o->metric)
				 : rows.n_classes == 0 ? up_measure_by_name("rmse")
				 : rows.n_classes <= 2 ? up_measure_by_name("auc")
									   : up_measure_by_name("log_loss");
	up_tune_fits_task(a->measure, up_validation_task(v->validation));
	a->more_is_better = up_measure_more_is_better(a->measure);
	a->n_folds = v->folds->n_repeats * v->folds->n_folds;
	a->n_below = rows.n / v->folds->n_folds >= ENOUGH_TESTED ? 1 : a->n_folds;
	a->rows = (double) rows.n * (v->folds->n_folds - 1) / v->folds->n_folds;
	a->refit_rows = (double) (v->read->frame->samples->n_rows - v->read->n_held_out);
	a->n_said = rows.n_rows * Max(rows.n_classes, 1);
	if (!o->vote || v->folds->n_repeats > 1 || v->folds->ordered ||
		a->n_said > VOTE_BYTES / sizeof(double) / UP_AUTO_TRIALS)
		a->n_said = 0;
	a->n_levels = 1;
	while (a->n_levels < UP_AUTO_LEVELS && a->rows / pow(UP_SEARCH_ETA, a->n_levels) >= LEAST_ROWS)
		a->n_levels++;
}

/* What took too long to be measured comes last. */
static bool
is_sooner(const UpAuto *a, const UpEntry *e, const UpEntry *other)
{
	if ((e->scores != NULL) != (other->scores != NULL))
		return e->scores != NULL;
	return up_auto_refit_seconds(a, e) < up_auto_refit_seconds(a, other);
}

/* What the time did not suffice for, where that was more than to go on searching; or NULL. */
static char *
ended_too_early(const UpAuto *a, const UpEntry *winner)
{
	StringInfoData said;
	int n = 0;

	initStringInfo(&said);
	for (uint32_t i = 0; i < a->n_arms; i++)
	{
		const UpArm *arm = &a->arms[i];
		bool tried = arm->dropped && !arm->late; /* it failed */

		for (uint32_t j = 0; j < a->n_entries && !tried; j++)
			tried = a->entries[j]->arm == arm && a->entries[j]->scores != NULL;
		if (!tried)
			appendStringInfo(&said, "%s%s", n++ > 0 ? ", " : "", arm->learner->name);
	}
	if (a->order->max_trials > 0 && a->n_entries >= a->order->max_trials)
		n = 0;
	if (n > 0)
		return psprintf("the time budget of %.3g s ended before %s %s tried", a->budget, said.data,
						n == 1 ? "was" : "were");
	if (winner->trial->share < 1)
		return psprintf("the time budget of %.3g s ended before anything was tried on all rows", a->budget);
	return NULL;
}

/* The best that can still be trained, or else what is trained soonest; ranks what is kept. */
static UpTuned *
conclude(UpAuto *a, const UpLearner **learner)
{
	UpTuned *tuned = palloc0(sizeof(UpTuned));
	UpSearch *s = palloc0(sizeof(UpSearch));
	double left = Max(a->budget * (1 - SPARE) - up_auto_elapsed(a), OVERSHOOT * a->budget);
	UpEntry *winner = up_auto_best_within(a, left), *soonest = NULL;

	s->trials = palloc(sizeof(UpTrial *) * (a->n_entries + 1));
	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		UpTrial *t = a->entries[i]->trial;
		UpValue *varied = up_value_object();

		/* For which there was no time. */
		if (i > 0 && !a->entries[i]->failed && !a->entries[i]->late && a->entries[i]->scores == NULL)
			continue;
		up_value_set(varied, "algorithm", up_value_string(a->entries[i]->arm->learner->name));
		for (uint32_t j = 0; j < t->varied->n; j++)
			up_value_set(varied, t->varied->keys[j], t->varied->items[j]);
		t->varied = varied;
		s->trials[s->n_trials++] = t;
		t->number = s->n_trials;
	}
	(void) up_search_rank(s);
	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		UpEntry *e = a->entries[i];

		if (e->failed || (e->scores == NULL && i > 0 && !e->late))
			continue;
		if (soonest == NULL || is_sooner(a, e, soonest))
			soonest = e;
	}
	winner = winner != NULL ? winner : soonest;
	if (winner == NULL)
		ReThrowError(a->error);
	/* Who wins is first, and was not given up, whatever the time left out. */
	for (uint32_t i = 0; i < s->n_trials; i++)
		s->trials[i]->rank += s->trials[i]->rank < winner->trial->rank;
	winner->trial->rank = 1;
	winner->trial->pruned = false;
	*learner = winner->arm->learner;
	tuned->search = s;
	tuned->best = winner->trial;
	tuned->params = up_space_params(winner->arm->space, winner->trial->x);
	tuned->metric = a->measure->name;
	tuned->n_folds = a->n_folds;
	tuned->out_of_time = a->out_of_time || winner->scores == NULL;
	tuned->too_early = ended_too_early(a, winner);
	if (a->n_voters > 0 && winner == a->best)
		up_auto_conclude_vote(a, tuned);
	return tuned;
}

UpValidated *
up_auto_source(const UpTuneOrder *o, UpValidationOrder *order, TimestampTz began, UpTuned **tuned,
			   const UpLearner **learner)
{
	UpAuto a = {0};
	UpValidated *v;
	UpValue *adjustments;

	up_auto_check(o, order->params);
	/* Reads rows, and knows of both tasks; which other algorithms there are depends on them. */
	order->learner = up_learner_by_name("boost");
	adjustments = take_adjustments(order);
	order->fit_folds = true;
	order->most_rows = MOST_ROWS;
	name_wanted(o, order);
	v = up_validated_source(order);
	set_up(&a, o, v, began);
	a.n_said = adjustments != NULL ? 0 : a.n_said;
	add_arms(&a, order->params);
	up_auto_first_rung(&a);
	up_auto_climb(&a);
	up_auto_refine(&a);
	if (a.n_said > 0)
		up_auto_choose_voters(&a);
	*tuned = conclude(&a, learner);
	if ((*tuned)->too_early != NULL)
		ereport(NOTICE,
				(errmsg("%s", (*tuned)->too_early),
				 errhint("What was found may be far from the best. Raise time_budget, a minute by default.")));
	for (uint32_t i = 0; adjustments != NULL && i < adjustments->n; i++)
		up_value_set((*tuned)->params, adjustments->keys[i], adjustments->items[i]);
	return v;
}

/* What won: an algorithm, or several. */
static char *
winner_of(const UpTuned *tuned)
{
	StringInfoData said;

	if (tuned->n_members == 0)
		return up_value_get(tuned->best->varied, "algorithm")->string;
	initStringInfo(&said);
	appendStringInfoString(&said, "a vote of ");
	for (uint32_t i = 0; i < tuned->n_members; i++)
		appendStringInfo(&said, "%s%s",
						 i == 0                     ? ""
						 : i + 1 < tuned->n_members ? ", "
													: " and ",
						 tuned->members[i]->learner->name);
	return said.data;
}

/* The best trial of each other algorithm, by rank: those that were tried wholly, or those that were not. */
static void
append_others(StringInfo said, const UpTuned *tuned, bool wholly, const char *title)
{
	const UpSearch *s = tuned->search;
	const UpTrial **ranked = palloc0(sizeof(UpTrial *) * (s->n_trials + 1));
	bool first = true;

	for (uint32_t i = 0; i < s->n_trials; i++)
		ranked[s->trials[i]->rank] = s->trials[i];
	for (uint32_t rank = 2; rank <= s->n_trials; rank++)
	{
		const UpTrial *t = ranked[rank];
		const char *name = up_value_get(t->varied, "algorithm")->string;
		bool told = isnan(t->mean);

		for (uint32_t before = 1; before < rank && !told; before++)
			told = !isnan(ranked[before]->mean) &&
				   strcmp(name, up_value_get(ranked[before]->varied, "algorithm")->string) == 0;
		if (told || wholly == (t->share < 1 || t->pruned))
			continue;
		appendStringInfo(said, "%s%s %.4f", first ? title : ", ", name, t->mean);
		first = false;
	}
	pfree(ranked);
}

char *
up_auto_note(const UpTuned *tuned)
{
	StringInfoData said;
	const UpTrial *best = tuned->best;

	initStringInfo(&said);
	if (isnan(best->mean))
		appendStringInfo(&said, "auto: %s, untried: %s", winner_of(tuned),
						 tuned->out_of_time ? "there was no time" : "the folds tell nothing");
	else
	{
		appendStringInfo(&said, "auto: %s is the best of %u trial%s by %s (%.4f over %u folds%s)",
						 winner_of(tuned), tuned->search->n_trials, tuned->search->n_trials == 1 ? "" : "s",
						 tuned->metric, best->mean, tuned->n_folds,
						 best->share < 1 ? ", on some of the rows" : "");
		append_others(&said, tuned, true, "; others: ");
		append_others(&said, tuned, false, "; given up early: ");
	}
	if (tuned->too_early != NULL)
		appendStringInfo(&said, "; %s", tuned->too_early);
	return said.data;
}
