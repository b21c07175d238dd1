/*
 * auto_trials.c - trials of several algorithms, by halving and by what came out best; see auto.c
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "assess/pace.h"
#include "num/sort.h"
#include "pg/deadline.h"
#include "pg/io/caught.h"
#include "pg/models/auto_search.h"

#include <math.h>

#define PROBE_ROWS   400  /* of a fold, by which an algorithm is timed */
#define SPARE        0.08 /* of the budget: reading back, measuring, storing */
#define FIRST_RUNG   0.3  /* of the budget, at most, and … */
#define EACH_RUNG    0.2  /* … for each that follows but the last */
#define UNTIMED      0.25 /* of the time left, that the first fold of an algorithm may take … */
#define LEAST_TIME   1.0  /* … but seconds that any fold may */
#define WITHOUT_GAIN 14   /* trials after the halving that do not better the best, and it ends */

/* ---- time ---- */

double
up_auto_elapsed(const UpAuto *a)
{
	return (double) (GetCurrentTimestamp() - a->began) / USECS_PER_SEC;
}

static double
level_share(const UpAuto *a, uint32_t level)
{
	double share = 1;

	for (uint32_t i = level + 1; i < a->n_levels; i++)
		share /= UP_SEARCH_ETA;
	return share;
}

/* What a training's time is proportional to, beside the rows. */
static double
work_of(const UpTrial *t)
{
	const UpValue *n = up_value_get(t->varied, "n_estimators");

	return n != NULL && n->type == UP_NUMBER ? n->number : 1;
}

/* Seconds that an arm's training on so many rows will take, by those on the rows of a level and, if there were any, of the last one below it. */
static double
seconds_on(const UpAuto *a, const UpArm *arm, const double *seconds, uint32_t level, double rows)
{
	UpPace fewer = {0, arm->fixed}, more = {a->rows * level_share(a, level), seconds[level]};

	for (uint32_t l = 0; l < level; l++)
	{
		if (seconds[l] > 0)
			fewer = (UpPace){a->rows * level_share(a, l), seconds[l]};
	}
	return up_pace_on(fewer, more, arm->growth, rows);
}

/* Seconds that a fold of a trial will take at a level; 0: not known. */
static double
expected(const UpAuto *a, const UpArm *arm, const UpTrial *t, uint32_t level)
{
	double rows = a->rows * level_share(a, level), seconds[UP_AUTO_LEVELS];

	for (uint32_t l = 0; l < UP_AUTO_LEVELS; l++)
		seconds[l] = arm->pace[l] * work_of(t);
	for (uint32_t l = level + 1; l-- > 0;)
	{
		if (seconds[l] > 0)
			return seconds_on(a, arm, seconds, l, rows);
	}
	if (arm->slope > 0)
		return arm->fixed + arm->slope * work_of(t) * pow(rows, arm->growth);
	return 0;
}

/* Seconds that training an entry on all rows will take. */
double
up_auto_refit_seconds(const UpAuto *a, const UpEntry *e)
{
	if (e->scores == NULL)
		return expected(a, e->arm, e->trial, a->n_levels - 1) * a->refit_rows / a->rows;
	return seconds_on(a, e->arm, e->seconds, e->level, a->refit_rows);
}

/* On the most rows that both were measured on: whose turn on more did not come may have been the better one. */
static bool
is_better(const UpEntry *e, const UpEntry *other)
{
	for (int l = UP_AUTO_LEVELS; l-- > 0;)
	{
		if (!isnan(e->losses[l]) && !isnan(other->losses[l]) && e->losses[l] != other->losses[l])
			return e->losses[l] < other->losses[l];
	}
	return e->trial->number < other->trial->number;
}

UpEntry *
up_auto_best_within(const UpAuto *a, double seconds)
{
	UpEntry *best = NULL;

	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		UpEntry *e = a->entries[i];

		if (e->scores != NULL && !e->failed && !e->hopeless && up_auto_refit_seconds(a, e) <= seconds &&
			(best == NULL || is_better(e, best)))
			best = e;
	}
	return best;
}

/*
 * Whether so many seconds fit in before the winner must be trained: who would win now, of those that still can. What seems to take too long
 * by few rows keeps no time from the others, and may show on more that it does not.
 */
bool
up_auto_has_time(const UpAuto *a, double seconds)
{
	double end = a->budget * (1 - SPARE), now = up_auto_elapsed(a);
	const UpEntry *winner = up_auto_best_within(a, end - now);

	if (winner != NULL)
		end -= up_auto_refit_seconds(a, winner);
	return now + seconds <= Min(end, a->until);
}

/* ---- trials ---- */

/* When a fold of an algorithm is broken off; what is not timed yet may take as long as it likes, and others want their turn. */
static TimestampTz
end_of_fold(const UpAuto *a, const UpArm *arm)
{
	double left = a->budget - up_auto_elapsed(a);
	bool timed = arm->slope > 0;

	for (uint32_t l = 0; l < UP_AUTO_LEVELS; l++)
		timed = timed || arm->pace[l] > 0;
	left = Min(timed ? left : UNTIMED * left, 1e9);
	return GetCurrentTimestamp() + (TimestampTz) (Max(left, LEAST_TIME) * USECS_PER_SEC);
}

typedef struct Fold
{
	UpAuto *a;
	UpArm *arm;
	const UpRequest *request;
	uint32_t fold;
	double share;
	UpFoldScore *score;
} Fold;

static void
measure_fold(void *of)
{
	Fold *f = of;
	uint32_t n = f->a->v->folds->n_folds;

	up_deadline(end_of_fold(f->a, f->arm));
	*f->score = up_validate(f->arm->validation, f->request, f->fold / n, 1 + f->fold % n, f->share);
}

/* The figure of one fold: what fails, as memory that is not allowed, or takes too long, is given up, and the search goes on. */
static bool
try_fold(UpAuto *a, UpArm *arm, const UpRequest *request, uint32_t fold, double share, UpFoldScore *score)
{
	Fold f = {a, arm, request, fold, share, score};
	ErrorData *e = up_attempt_any(measure_fold, &f);
	int category;

	up_deadline(0);
	if (e == NULL)
		return true;
	category = ERRCODE_TO_CATEGORY(e->sqlerrcode);
	arm->late = e->sqlerrcode == UP_ERRCODE_LATE;
	if (category != ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) &&
		category != ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) &&
		e->sqlerrcode != ERRCODE_WRONG_OBJECT_TYPE)
		ReThrowError(e);
	a->error = a->error == NULL ? e : a->error;
	return false;
}

double
up_auto_figure(const UpAuto *a, const UpFoldScore *s)
{
	const UpValue *figure = up_value_get(s->metrics, a->measure->name);

	return figure != NULL && figure->type == UP_NUMBER ? figure->number : NAN;
}

/* Worse than the best on the folds so far by more than its figures differ between folds. */
static bool
is_hopeless(const UpAuto *a, const double *scores, uint32_t n)
{
	double worse = 0;

	if (a->best == NULL || isnan(a->best->trial->loss))
		return false;
	for (uint32_t i = 0; i < n; i++)
		worse += a->more_is_better ? a->best->scores[i] - scores[i] : scores[i] - a->best->scores[i];
	return worse / n > a->best->trial->std;
}

static void
give_up(UpEntry *e, bool arm_too)
{
	e->trial->pruned = e->failed = true;
	e->arm->dropped = e->arm->dropped || arm_too;
}

/* A fold took too long: so much at least is known of it. */
static void
break_off(UpAuto *a, UpEntry *e, uint32_t level, TimestampTz since)
{
	double seconds = (double) (GetCurrentTimestamp() - since) / USECS_PER_SEC;

	e->arm->pace[level] = Max(e->arm->pace[level], seconds / work_of(e->trial));
	e->arm->dropped = e->late = e->trial->pruned = a->out_of_time = true;
}

/* Times an arm on few rows, and on four times as many, where the level has many more. */
static bool
probe(UpAuto *a, UpEntry *e, const UpRequest *request, double share)
{
	UpArm *arm = e->arm;
	double seconds[2] = {0}, most, rows = PROBE_ROWS;
	int n = a->rows * share < 12 * PROBE_ROWS ? 1 : 2;

	if (arm->slope > 0 || arm->pace[0] > 0 || a->rows * share < 3 * PROBE_ROWS)
		return true;
	for (int i = 0; i < n; i++, rows *= 4)
	{
		TimestampTz start = GetCurrentTimestamp();
		UpFoldScore s;

		if (!try_fold(a, arm, request, 0, rows / a->rows, &s))
			return false;
		seconds[i] = Max((double) (GetCurrentTimestamp() - start) / USECS_PER_SEC, 1e-6);
	}
	rows = PROBE_ROWS * (n == 2 ? 4 : 1);
	most = seconds[n - 1];
	arm->slope = most / pow(rows, arm->growth);
	if (n == 2)
		arm->slope = Max((most - seconds[0]) / (pow(rows, arm->growth) - pow(PROBE_ROWS, arm->growth)),
						 0.05 * arm->slope);
	arm->fixed = Max(most - arm->slope * pow(rows, arm->growth), 0);
	arm->slope /= work_of(e->trial);
	return true;
}

/* One trial at a level; its figures become those of the level if it gets through. */
static void
measure(UpAuto *a, UpEntry *e, uint32_t level)
{
	UpTrial *t = e->trial;
	double share = level_share(a, level), size = 0, *scores = palloc(sizeof(double) * a->n_folds);
	uint32_t n_folds = share < 1 ? a->n_below : a->n_folds;
	UpRequest *request = up_request_parse(e->arm->learner, up_space_params(e->arm->space, t->x));
	TimestampTz start = GetCurrentTimestamp();
	uint32_t n = 0;

	up_validation_tell(e->arm->validation, NULL);
	if (!probe(a, e, request, share))
	{
		if (e->arm->late)
			break_off(a, e, level, start);
		else
			give_up(e, true);
		return;
	}
	if (share == 1 && a->n_said > 0 && a->n_entries <= UP_AUTO_TRIALS &&
		(e->arm->learner->proba != NULL || up_validation_n_classes(a->v->validation) == 0))
	{
		e->said = up_alloc_array(a->n_said, sizeof(double));
		up_validation_tell(e->arm->validation, e->said);
	}
	for (; n < n_folds && !t->pruned; n++)
	{
		TimestampTz fold = GetCurrentTimestamp();
		double seconds = n > 0 ? (double) (GetCurrentTimestamp() - start) / USECS_PER_SEC / n
							   : expected(a, e->arm, t, level);
		UpFoldScore s;

		if (!up_auto_has_time(a, seconds * (n_folds - n)))
		{
			a->out_of_time = true;
			break;
		}
		if (!try_fold(a, e->arm, request, n, share, &s))
		{
			if (!e->arm->late)
			{
				give_up(e, e->level == 0 && level == 0);
				return;
			}
			break_off(a, e, level, fold);
			break;
		}
		scores[n] = up_auto_figure(a, &s);
		size += (double) s.size;
		t->pruned = share == 1 && n + 1 < n_folds && is_hopeless(a, scores, n + 1);
	}
	if (n > 0)
	{
		double seconds = (double) (GetCurrentTimestamp() - start) / USECS_PER_SEC;

		t->seconds += seconds;
		e->arm->pace[level] = Max(e->arm->pace[level], seconds / n / work_of(t));
		if (n == n_folds || t->pruned || isnan(t->mean))
		{
			up_tune_sum_up(t, scores, n, a->more_is_better);
			t->share = share;
			t->size = size / n;
			e->scores = scores;
			e->level = level;
			e->seconds[level] = seconds / n;
		}
	}
	if (n == n_folds)
		e->losses[level] = t->loss;
	else
	{
		e->hopeless = t->pruned && !e->late;
		t->pruned = true;
		if (e->said != NULL)
			up_free(e->said);
		e->said = NULL;
	}
	if (n == n_folds && share == 1 && !isnan(t->loss) &&
		(a->best == NULL || !(t->loss >= a->best->trial->loss)))
		a->best = e;
}

/* The point of a trial that is given by its parameters. */
static bool
point_of(const UpSpace *space, const UpValue *given, double *x)
{
	for (uint32_t i = 0; i < space->n; i++)
	{
		const UpDimension *d = &space->dimensions[i];
		const UpValue *v = up_value_get(given, d->name);
		uint32_t choice = 0;

		if (v == NULL)
			return false;
		while (d->kind == UP_DIMENSION_CHOICE && choice < d->n && !up_value_equal(d->choices[choice], v))
			choice++;
		if (d->kind == UP_DIMENSION_CHOICE ? choice == d->n : v->type != UP_NUMBER)
			return false;
		x[i] = d->kind == UP_DIMENSION_CHOICE ? choice : v->number;
	}
	return true;
}

/* The next trial of an arm: those that it starts with, then as its search says; NULL: there is none. */
static UpEntry *
next_trial(UpAuto *a, UpArm *arm)
{
	double *x = palloc(sizeof(double) * Max(arm->space->n, 1));
	UpTrial *t = NULL;
	UpEntry *e;

	while (t == NULL && arm->starts != NULL && arm->n_started < arm->starts->n)
	{
		if (point_of(arm->space, arm->starts->items[arm->n_started++], x) && !up_search_tried(arm->search, x))
			t = up_search_add(arm->search, x);
	}
	if (t == NULL && arm->space->n == 0 && arm->search->n_trials == 0)
		t = up_search_add(arm->search, x);
	if (t == NULL && arm->space->n > 0)
		t = up_search_next(arm->search);
	if (t == NULL)
		return NULL;
	e = palloc0(sizeof(UpEntry));
	e->arm = arm;
	e->trial = t;
	for (int l = 0; l < UP_AUTO_LEVELS; l++)
		e->losses[l] = NAN;
	a->entries = a->n_entries == 0 ? palloc(sizeof(UpEntry *) * UP_AUTO_TRIALS)
				 : a->n_entries % UP_AUTO_TRIALS == 0
					 ? repalloc(a->entries, sizeof(UpEntry *) * (a->n_entries + UP_AUTO_TRIALS))
					 : a->entries;
	a->entries[a->n_entries++] = e;
	t->number = a->n_entries;
	return e;
}

static uint32_t
most_trials(const UpAuto *a)
{
	return a->order->max_trials > 0 ? (uint32_t) a->order->max_trials : UP_AUTO_TRIALS;
}

int
up_auto_compare(const void *a, const void *b)
{
	return up_trial_compare(&(*(UpEntry *const *) a)->trial, &(*(UpEntry *const *) b)->trial);
}

/* Whether an entry is the first of its arm among the sorted ones. */
static bool
leads_arm(UpEntry *const *sorted, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
	{
		if (sorted[i]->arm == sorted[at]->arm)
			return false;
	}
	return true;
}

/* The first trials of all arms, one after the other so that each has had its turn when the time is up. */
void
up_auto_first_rung(UpAuto *a)
{
	bool more = true;

	for (uint32_t turn = 0; more; turn++)
	{
		more = false;
		/* All arms are to have a turn. */
		a->until = (a->n_levels == 1 ? 1 : turn == 0 ? 2 * FIRST_RUNG : FIRST_RUNG) * a->budget;
		for (uint32_t i = 0; i < a->n_arms; i++)
		{
			UpArm *arm = &a->arms[i];
			uint32_t first = arm->candidate != NULL ? arm->candidate->first : 2;
			UpEntry *e;

			if (arm->dropped || turn >= first || a->n_entries >= most_trials(a) ||
				(a->n_entries > 0 && !up_auto_has_time(a, 0)))
				continue;
			e = next_trial(a, arm);
			if (e == NULL)
				continue;
			up_progress("auto: trials", a->n_entries - 1, 0);
			measure(a, e, 0);
			more = true;
		}
	}
}

/* The best third, and until the last rung the best of each arm, go on. */
void
up_auto_climb(UpAuto *a)
{
	uint32_t n = a->n_entries;
	UpEntry **sorted = palloc(sizeof(UpEntry *) * Max(n, 1));

	memcpy(sorted, a->entries, sizeof(UpEntry *) * n);
	for (uint32_t level = 1; level < a->n_levels && n > 0; level++)
	{
		uint32_t kept = 0, best = Max((n + UP_SEARCH_ETA - 1) / UP_SEARCH_ETA, 2);

		up_sort(sorted, n, sizeof(UpEntry *), up_auto_compare);
		for (uint32_t i = 0; i < n; i++)
		{
			UpEntry *e = sorted[i];

			if (e->trial->pruned || e->level + 1 != level)
				continue;
			if (i >= best && (level + 1 == a->n_levels || !leads_arm(sorted, i)))
				e->trial->pruned = true;
			else
				sorted[kept++] = e;
		}
		n = kept;
		a->until = level + 1 < a->n_levels ? (FIRST_RUNG + EACH_RUNG * level) * a->budget : a->budget;
		for (uint32_t i = 0; i < n; i++)
		{
			up_progress("auto: trials", a->n_entries, 0);
			if (sorted[i]->arm->late)
				sorted[i]->trial->pruned = true;
			else
				measure(a, sorted[i], level);
		}
	}
}

/* The arm of the best trial, or every third time of the next best; NULL: none can go on. */
static UpArm *
arm_to_refine(const UpAuto *a, uint32_t turn)
{
	UpEntry **sorted = palloc(sizeof(UpEntry *) * Max(a->n_entries, 1));
	UpArm *arm = a->best->arm->late ? NULL : a->best->arm;

	memcpy(sorted, a->entries, sizeof(UpEntry *) * a->n_entries);
	up_sort(sorted, a->n_entries, sizeof(UpEntry *), up_auto_compare);
	for (uint32_t i = 0; (turn % 3 == 2 || arm == NULL) && i < a->n_entries; i++)
	{
		if (sorted[i]->trial->share == 1 && sorted[i]->arm != arm && !sorted[i]->arm->dropped)
		{
			arm = sorted[i]->arm;
			break;
		}
	}
	pfree(sorted);
	return arm;
}

/* What time is left, on all rows. */
void
up_auto_refine(UpAuto *a)
{
	uint32_t without = 0, failed = 0;

	for (uint32_t turn = 0; a->best != NULL && without < WITHOUT_GAIN && failed < 4; turn++)
	{
		UpEntry *before = a->best, *e;
		UpArm *arm = arm_to_refine(a, turn);

		if (arm == NULL || a->n_entries >= most_trials(a))
			break;
		if (!up_auto_has_time(a, 0))
		{
			a->out_of_time = true;
			break;
		}
		e = next_trial(a, arm);
		failed = e == NULL ? failed + 1 : 0;
		if (e == NULL)
			continue;
		up_progress("auto: trials", a->n_entries - 1, most_trials(a));
		measure(a, e, a->n_levels - 1);
		without = a->best != before ? 0 : without + 1;
	}
}
