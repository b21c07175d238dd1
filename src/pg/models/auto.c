/*
 * auto.c - the algorithm and its parameters, by cross-validation within a time; see auto.h
 *
 * Each algorithm of the list (auto_list.h) brings some points. All are measured on a share of the rows, the best third of them and
 * the best of each algorithm on three times as many, and so on to all rows (successive halving; Jamieson, Talwalkar 2016). What time
 * is left then goes to the algorithms that came out best, by TPE. The best mean over the folds wins.
 *
 * Time: nothing is begun that is not expected to end in time. An algorithm is first timed on few rows of one fold; what a trial
 * will take follows from what its algorithm took on the same share, or on a smaller one. So much is kept back as training the
 * winner on all rows will take, and where that is more than there is, a quicker one wins. Only what decides is cut short: of huge
 * tables a sample is searched, and the winner trained on all rows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "assess/out_of_fold.h"
#include "learn/ensemble/ensemble.h"
#include "num/sort.h"
#include "pg/io/value_pg.h"
#include "pg/models/auto.h"
#include "pg/models/auto_list.h"
#include "pg/models/ensembles.h"
#include "pg/models/learner_for.h"
#include "pg/module.h"

#include <math.h>

#define SECONDS       60.0
#define MOST_TRIALS   50
#define MOST_ROWS     100000 /* that are searched */
#define LEAST_ROWS    2000   /* of a fold, on which halving decides */
#define PROBE_ROWS    400    /* of a fold, by which an algorithm is timed */
#define MOST_LEVELS   4
#define SPARE         0.08                 /* of the budget: reading back, measuring, storing */
#define OVERSHOOT     0.2                  /* of the budget, where the winner takes more than was thought */
#define FIRST_RUNG    0.3                  /* of the budget, at most, and … */
#define EACH_RUNG     0.2                  /* … for each that follows but the last */
#define ENOUGH_TESTED 2500                 /* rows of a fold: on shares of the rows one fold is enough then */
#define VOTERS        5                    /* at most */
#define VOTE_AMONG    10                   /* of the best */
#define VOTE_BYTES    ((size_t) 256 << 20) /* that the answers of all trials may take */
#define WITHOUT_GAIN  14 /* trials after the halving that do not better the best, and it ends */

/* An algorithm among the candidates. */
typedef struct Arm
{
	const UpLearner *learner;
	const UpCandidate *candidate; /* or NULL: not on the list, the user named it */
	UpSpace *space;
	UpSearch *search;
	UpValidation *validation;
	UpValue *starts;
	uint32_t n_started;
	double growth;
	double pace[MOST_LEVELS]; /* seconds of a fold and unit of work, at most; 0: not measured */
	/* Of a fold, by few rows: seconds whatever the rows, mostly of trying it, and for each row and unit of work; 0: not measured. */
	double fixed, slope;
	bool dropped; /* takes too long, or fails */
} Arm;

/* A trial of an arm. */
typedef struct Entry
{
	Arm *arm;
	UpTrial *trial;
	double *scores; /* of its folds, at its last level */
	double *said;   /* its answers on all rows, for a vote; or NULL */
	double fold_seconds;
	double losses[MOST_LEVELS]; /* of those that it got through; else NaN */
	uint32_t level;
	bool failed, hopeless;
} Entry;

typedef struct Auto
{
	const UpTuneOrder *order;
	UpValidated *v;
	const UpMeasure *measure;
	bool more_is_better;
	uint32_t n_folds;
	uint32_t n_below;  /* folds on shares of the rows */
	size_t n_said;     /* answers of a trial; 0: no vote is wanted */
	double rows;       /* that a fold trains on */
	double refit_rows; /* that the winner will be trained on */
	uint32_t n_levels;
	TimestampTz began;
	double budget, until; /* seconds: of all, and of this rung */
	uint32_t n_arms;
	Arm *arms;
	uint32_t n_entries;
	Entry **entries;
	Entry *best;      /* on all rows */
	Entry *leader;    /* on the rows so far, for whose training time is kept */
	ErrorData *error; /* the first, where a trial failed */
	bool out_of_time;
	uint32_t n_voters;
	Entry *voters[VOTERS];
	UpTrial vote;
} Auto;

/* ---- time ---- */

static double
elapsed(const Auto *a)
{
	return (double) (GetCurrentTimestamp() - a->began) / USECS_PER_SEC;
}

static double
level_share(const Auto *a, uint32_t level)
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

/* Seconds that a fold of a trial will take at a level; 0: not known. */
static double
expected(const Auto *a, const Arm *arm, const UpTrial *t, uint32_t level)
{
	for (uint32_t l = level + 1; l-- > 0;)
	{
		double seconds = arm->pace[l] * work_of(t), body = Max(seconds - arm->fixed, 0.2 * seconds);

		if (seconds > 0)
			return seconds - body + body * pow(pow(UP_SEARCH_ETA, level - l), arm->growth);
	}
	if (arm->slope > 0)
		return arm->fixed + arm->slope * work_of(t) * pow(a->rows * level_share(a, level), arm->growth);
	return 0;
}

/* Seconds that training an entry on all rows will take. */
static double
refit_seconds(const Auto *a, const Entry *e)
{
	double share = level_share(a, e->level), body;

	if (e->scores == NULL)
		return expected(a, e->arm, e->trial, a->n_levels - 1) * a->refit_rows / a->rows;
	body = Max(e->fold_seconds - e->arm->fixed, 0.2 * e->fold_seconds);
	return e->fold_seconds - body + body * pow(a->refit_rows / (a->rows * share), e->arm->growth);
}

/* Whether so many seconds fit in before the winner must be trained. */
static bool
has_time(const Auto *a, double seconds)
{
	double kept = SPARE * a->budget;

	if (a->leader != NULL)
		kept += refit_seconds(a, a->leader);
	return elapsed(a) + seconds <= Min(a->budget - kept, a->until);
}

/* On the most rows that both were measured on: whose turn on more did not come may have been the better one. */
static bool
is_better(const Entry *e, const Entry *other)
{
	for (int l = MOST_LEVELS; l-- > 0;)
	{
		if (!isnan(e->losses[l]) && !isnan(other->losses[l]) && e->losses[l] != other->losses[l])
			return e->losses[l] < other->losses[l];
	}
	return e->trial->number < other->trial->number;
}

/* ---- trials ---- */

/* The figure of one fold, in a subtransaction: what fails, as memory that is not allowed, is given up, and the search goes on. */
static bool
try_fold(Auto *a, Arm *arm, const UpRequest *request, uint32_t fold, double share, UpFoldScore *score)
{
	MemoryContext outer = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(outer);
	PG_TRY();
	{
		*score = up_validate(arm->validation, request, fold / a->v->folds->n_folds,
							 1 + fold % a->v->folds->n_folds, share);
		ReleaseCurrentSubTransaction();
		done = true;
	}
	PG_CATCH();
	{
		ErrorData *e;
		int category;

		MemoryContextSwitchTo(outer);
		e = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(outer);
		CurrentResourceOwner = owner;
		category = ERRCODE_TO_CATEGORY(e->sqlerrcode);
		if (category != ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) &&
			e->sqlerrcode != ERRCODE_WRONG_OBJECT_TYPE)
			ReThrowError(e);
		a->error = a->error == NULL ? e : a->error;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	CurrentResourceOwner = owner;
	return done;
}

static double
figure_of(const Auto *a, const UpFoldScore *s)
{
	const UpValue *figure = up_value_get(s->metrics, a->measure->name);

	return figure != NULL && figure->type == UP_NUMBER ? figure->number : NAN;
}

/* Worse than the best on the folds so far by more than its figures differ between folds. */
static bool
is_hopeless(const Auto *a, const double *scores, uint32_t n)
{
	double worse = 0;

	if (a->best == NULL || isnan(a->best->trial->loss))
		return false;
	for (uint32_t i = 0; i < n; i++)
		worse += a->more_is_better ? a->best->scores[i] - scores[i] : scores[i] - a->best->scores[i];
	return worse / n > a->best->trial->std;
}

static void
give_up(Entry *e, bool arm_too)
{
	e->trial->pruned = e->failed = true;
	e->arm->dropped = e->arm->dropped || arm_too;
}

/* Times an arm on few rows, and on four times as many, where the level has many more. */
static bool
probe(Auto *a, Entry *e, const UpRequest *request, double share)
{
	Arm *arm = e->arm;
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
measure(Auto *a, Entry *e, uint32_t level)
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
		give_up(e, true);
		return;
	}
	if (share == 1 && a->n_said > 0 && a->n_entries <= MOST_TRIALS &&
		(e->arm->learner->proba != NULL || up_validation_n_classes(a->v->validation) == 0))
	{
		e->said = up_alloc_array(a->n_said, sizeof(double));
		up_validation_tell(e->arm->validation, e->said);
	}
	for (; n < n_folds && !t->pruned; n++)
	{
		double seconds = n > 0 ? (double) (GetCurrentTimestamp() - start) / USECS_PER_SEC / n
							   : expected(a, e->arm, t, level);
		UpFoldScore s;

		if (!has_time(a, seconds * (n_folds - n)))
		{
			a->out_of_time = true;
			break;
		}
		if (!try_fold(a, e->arm, request, n, share, &s))
		{
			give_up(e, e->level == 0 && level == 0);
			return;
		}
		scores[n] = figure_of(a, &s);
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
			e->fold_seconds = seconds / n;
		}
	}
	if (n == n_folds)
	{
		e->losses[level] = t->loss;
		if (a->leader == NULL || (!isnan(t->loss) && is_better(e, a->leader)))
			a->leader = e;
	}
	else
	{
		e->hopeless = t->pruned;
		t->pruned = true;
		if (e->said != NULL)
			pfree(e->said);
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
static Entry *
next_trial(Auto *a, Arm *arm)
{
	double *x = palloc(sizeof(double) * Max(arm->space->n, 1));
	UpTrial *t = NULL;
	Entry *e;

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
	e = palloc0(sizeof(Entry));
	e->arm = arm;
	e->trial = t;
	for (int l = 0; l < MOST_LEVELS; l++)
		e->losses[l] = NAN;
	a->entries = a->n_entries == 0 ? palloc(sizeof(Entry *) * MOST_TRIALS)
				 : a->n_entries % MOST_TRIALS == 0
					 ? repalloc(a->entries, sizeof(Entry *) * (a->n_entries + MOST_TRIALS))
					 : a->entries;
	a->entries[a->n_entries++] = e;
	t->number = a->n_entries;
	return e;
}

static uint32_t
most_trials(const Auto *a)
{
	return a->order->max_trials > 0 ? (uint32_t) a->order->max_trials : MOST_TRIALS;
}

static int
compare_entries(const void *a, const void *b)
{
	return up_trial_compare(&(*(Entry *const *) a)->trial, &(*(Entry *const *) b)->trial);
}

/* Whether an entry is the first of its arm among the sorted ones. */
static bool
leads_arm(Entry *const *sorted, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
	{
		if (sorted[i]->arm == sorted[at]->arm)
			return false;
	}
	return true;
}

/* The first trials of all arms, one after the other so that each has had its turn when the time is up. */
static void
first_rung(Auto *a)
{
	bool more = true;

	for (uint32_t turn = 0; more; turn++)
	{
		more = false;
		/* All arms are to have a turn. */
		a->until = (a->n_levels == 1 ? 1 : turn == 0 ? 2 * FIRST_RUNG : FIRST_RUNG) * a->budget;
		for (uint32_t i = 0; i < a->n_arms; i++)
		{
			Arm *arm = &a->arms[i];
			uint32_t first = arm->candidate != NULL ? arm->candidate->first : 2;
			Entry *e;

			if (arm->dropped || turn >= first || a->n_entries >= most_trials(a) ||
				(a->n_entries > 0 && !has_time(a, 0)))
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
static void
climb(Auto *a)
{
	uint32_t n = a->n_entries;
	Entry **sorted = palloc(sizeof(Entry *) * Max(n, 1));

	memcpy(sorted, a->entries, sizeof(Entry *) * n);
	for (uint32_t level = 1; level < a->n_levels && n > 0; level++)
	{
		uint32_t kept = 0, best = Max((n + UP_SEARCH_ETA - 1) / UP_SEARCH_ETA, 2);

		up_sort(sorted, n, sizeof(Entry *), compare_entries);
		for (uint32_t i = 0; i < n; i++)
		{
			Entry *e = sorted[i];

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
			measure(a, sorted[i], level);
		}
	}
}

/* The arm of the best trial, or every third time of the next best. */
static Arm *
arm_to_refine(const Auto *a, uint32_t turn)
{
	Entry **sorted = palloc(sizeof(Entry *) * Max(a->n_entries, 1));
	Arm *arm;

	memcpy(sorted, a->entries, sizeof(Entry *) * a->n_entries);
	up_sort(sorted, a->n_entries, sizeof(Entry *), compare_entries);
	arm = a->best->arm;
	for (uint32_t i = 0; turn % 3 == 2 && i < a->n_entries; i++)
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
static void
refine(Auto *a)
{
	uint32_t without = 0, failed = 0;

	for (uint32_t turn = 0; a->best != NULL && without < WITHOUT_GAIN && failed < 4; turn++)
	{
		Entry *before = a->best, *e;

		if (a->n_entries >= most_trials(a))
			break;
		if (!has_time(a, 0))
		{
			a->out_of_time = true;
			break;
		}
		e = next_trial(a, arm_to_refine(a, turn));
		failed = e == NULL ? failed + 1 : 0;
		if (e == NULL)
			continue;
		up_progress("auto: trials", a->n_entries - 1, most_trials(a));
		measure(a, e, a->n_levels - 1);
		without = a->best != before ? 0 : without + 1;
	}
}

/* ---- a vote ---- */

/* The mean of answers, on all folds: into the trial. */
static void
measure_vote(const Auto *a, const double *sum, uint32_t n, UpTrial *t, double *scores)
{
	double *mean = up_alloc_array(a->n_said, sizeof(double));

	for (size_t i = 0; i < a->n_said; i++)
		mean[i] = sum[i] / n;
	for (uint32_t fold = 0; fold < a->n_folds; fold++)
	{
		UpFoldScore s = {.metrics = up_validation_measure(a->v->validation, 0, fold + 1, mean)};

		scores[fold] = figure_of(a, &s);
	}
	up_tune_sum_up(t, scores, a->n_folds, a->more_is_better);
	up_free(mean);
}

/* Better on the folds by more than chance would have it. */
static bool
pays(const Auto *a, const double *scores)
{
	double mean = 0, squares = 0;

	for (uint32_t i = 0; i < a->n_folds; i++)
	{
		double gain = a->more_is_better ? scores[i] - a->best->scores[i] : a->best->scores[i] - scores[i];

		mean += gain / a->n_folds;
		squares += gain * gain / a->n_folds;
	}
	return mean > 0 && mean > sqrt(Max(squares - mean * mean, 0) / (a->n_folds - 1));
}

static bool
votes(const Auto *a, const Entry *e)
{
	for (uint32_t i = 0; i < a->n_voters; i++)
	{
		if (a->voters[i] == e)
			return true;
	}
	return false;
}

/* Beside the best, one by one, what betters the mean of their answers most (Caruana et al. 2004), if that is worth it. */
static void
choose_voters(Auto *a)
{
	Entry **sorted = palloc(sizeof(Entry *) * Max(a->n_entries, 1));
	double *sum, *tried, *scores, *best_scores, seconds;
	uint32_t among = 0;

	if (a->best == NULL || a->best->said == NULL || isnan(a->best->trial->loss) || a->n_folds < 3)
		return;
	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		if (a->entries[i]->said != NULL && !isnan(a->entries[i]->trial->loss))
			sorted[among++] = a->entries[i];
	}
	up_sort(sorted, among, sizeof(Entry *), compare_entries);
	among = Min(among, VOTE_AMONG);
	sum = up_alloc_array(a->n_said, sizeof(double));
	tried = up_alloc_array(a->n_said, sizeof(double));
	scores = palloc(sizeof(double) * a->n_folds);
	best_scores = palloc(sizeof(double) * a->n_folds);
	memcpy(sum, a->best->said, a->n_said * sizeof(double));
	a->voters[a->n_voters++] = a->best;
	a->vote = *a->best->trial;
	seconds = refit_seconds(a, a->best);
	for (bool better = true; better && a->n_voters < VOTERS;)
	{
		Entry *chosen = NULL;

		better = false;
		for (uint32_t i = 0; i < among && has_time(a, seconds); i++)
		{
			UpTrial t = a->vote;

			if (votes(a, sorted[i]) || !has_time(a, seconds + refit_seconds(a, sorted[i])))
				continue;
			for (size_t j = 0; j < a->n_said; j++)
				tried[j] = sum[j] + sorted[i]->said[j];
			measure_vote(a, tried, a->n_voters + 1, &t, scores);
			if (!(t.loss < a->vote.loss))
				continue;
			a->vote = t;
			chosen = sorted[i];
			memcpy(best_scores, scores, sizeof(double) * a->n_folds);
			better = true;
		}
		if (chosen == NULL)
			break;
		for (size_t j = 0; j < a->n_said; j++)
			sum[j] += chosen->said[j];
		a->voters[a->n_voters++] = chosen;
		seconds += refit_seconds(a, chosen);
	}
	if (a->n_voters < 2 || !pays(a, best_scores))
		a->n_voters = 0;
	up_free(sum);
	up_free(tried);
}

/* The vote among the trials, and what is to be trained for it. */
static void
conclude_vote(const Auto *a, UpTuned *tuned)
{
	UpSearch *s = tuned->search;
	UpTrial *t = palloc(sizeof(UpTrial));
	UpValue *members = up_value_array();

	*t = a->vote;
	tuned->n_members = a->n_voters;
	tuned->members = palloc(sizeof(UpRequest *) * a->n_voters);
	t->size = 0;
	for (uint32_t i = 0; i < a->n_voters; i++)
	{
		const Entry *e = a->voters[i];

		tuned->members[i] = up_request_parse(e->arm->learner, up_space_params(e->arm->space, e->trial->x));
		up_value_append(members, up_value_number(e->trial->number));
		t->size += e->trial->size;
	}
	for (uint32_t i = 0; i < s->n_trials; i++)
		s->trials[i]->rank++;
	t->number = s->n_trials + 1;
	t->rank = 1;
	t->seconds = 0;
	t->varied = up_value_object();
	up_value_set(t->varied, "algorithm", up_value_string("vote"));
	up_value_set(t->varied, "trials", members);
	s->trials[s->n_trials++] = t;
	tuned->best = t;
}

UpModel *
up_auto_vote(const UpTraining *training, const UpTuned *tuned, const UpSourceFrame *read)
{
	uint32_t n = tuned->n_members;
	UpModel **members = palloc(sizeof(UpModel *) * n), *m;
	const char **names = palloc(sizeof(char *) * n);
	UpValue *params = up_value_object(), *said = up_value_array();
	const UpCommonParams *common = &tuned->members[0]->common;

	for (uint32_t i = 0; i < n; i++)
	{
		UpTraining t = *training;
		UpValue *member = up_value_object();

		up_progress("members", i, n);
		t.request = tuned->members[i];
		members[i] = up_train_whole(&t);
		names[i] = members[i]->learner->name;
		up_value_set(member, "algorithm", up_value_string(names[i]));
		up_value_set(member, "params", up_value_copy(members[i]->params));
		up_value_append(said, member);
	}
	m = up_ensemble_vote(members, names, NULL, n);
	up_value_set(params, "members", said);
	if (common->prepare != NULL)
		up_value_set(params, "prepare", up_value_copy(common->prepare));
	up_ensemble_finish(m, read, params, common->seed);
	return m;
}

/* ---- what is tried ---- */

static UpValue *
json(const char *text)
{
	return up_value_from_jsonb(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
}

static void
add_arm(Auto *a, const UpLearner *learner, const UpCandidate *c, const UpValue *space, const UpValue *params,
		uint32_t n_arms)
{
	Arm *arm = &a->arms[a->n_arms++];
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
add_arms(Auto *a, const UpValue *params)
{
	const UpValue *named = a->order->search;
	UpSplitRows rows = up_validation_rows(a->v->validation);
	UpTableShape shape = {.rows = rows.n, .n_classes = rows.n_classes};
	const UpCandidate **list;
	uint32_t n;

	shape.values = a->v->read->frame->n_values;
	list = up_auto_list(&shape, &n);
	if (named == NULL || named->n == 0)
	{
		a->arms = palloc0(sizeof(Arm) * n);
		for (uint32_t i = 0; i < n; i++)
			add_arm(a, up_learner_by_name(list[i]->algorithm), list[i], json(list[i]->space), params, n);
		return;
	}
	a->arms = palloc0(sizeof(Arm) * named->n);
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

/* Before a row is read. */
static void
check_order(const UpTuneOrder *o, const UpValue *params)
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
set_up(Auto *a, const UpTuneOrder *o, UpValidated *v, TimestampTz began)
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
	a->more_is_better = up_tune_more_is_better(a->measure);
	a->n_folds = v->folds->n_repeats * v->folds->n_folds;
	a->n_below = rows.n / v->folds->n_folds >= ENOUGH_TESTED ? 1 : a->n_folds;
	a->rows = (double) rows.n * (v->folds->n_folds - 1) / v->folds->n_folds;
	a->refit_rows = (double) (v->read->frame->samples->n_rows - v->read->n_held_out);
	a->n_said = rows.n_rows * Max(rows.n_classes, 1);
	if (!o->vote || v->folds->n_repeats > 1 || v->folds->ordered ||
		a->n_said > VOTE_BYTES / sizeof(double) / MOST_TRIALS)
		a->n_said = 0;
	a->n_levels = 1;
	while (a->n_levels < MOST_LEVELS && a->rows * level_share(a, 0) / UP_SEARCH_ETA >= LEAST_ROWS)
		a->n_levels++;
}

/* The best that can still be trained, or else what is trained soonest; ranks what is kept. */
static UpTuned *
conclude(Auto *a, const UpLearner **learner)
{
	UpTuned *tuned = palloc0(sizeof(UpTuned));
	UpSearch *s = palloc0(sizeof(UpSearch));
	double left = Max(a->budget * (1 - SPARE) - elapsed(a), OVERSHOOT * a->budget);
	Entry *winner = NULL, *soonest = NULL;

	s->trials = palloc(sizeof(UpTrial *) * (a->n_entries + 1));
	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		UpTrial *t = a->entries[i]->trial;
		UpValue *varied = up_value_object();

		/* For which there was no time. */
		if (i > 0 && !a->entries[i]->failed && a->entries[i]->scores == NULL)
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
		Entry *e = a->entries[i];

		if (e->failed || (e->scores == NULL && i > 0))
			continue;
		if (soonest == NULL || refit_seconds(a, e) < refit_seconds(a, soonest))
			soonest = e;
		if (e->scores != NULL && !e->hopeless && refit_seconds(a, e) <= left &&
			(winner == NULL || is_better(e, winner)))
			winner = e;
	}
	winner = winner != NULL ? winner : soonest;
	if (winner == NULL)
		ReThrowError(a->error);
	/* Who wins is first, whatever the time left out. */
	for (uint32_t i = 0; i < s->n_trials; i++)
		s->trials[i]->rank += s->trials[i]->rank < winner->trial->rank;
	winner->trial->rank = 1;
	*learner = winner->arm->learner;
	tuned->search = s;
	tuned->best = winner->trial;
	tuned->params = up_space_params(winner->arm->space, winner->trial->x);
	tuned->metric = a->measure->name;
	tuned->n_folds = a->n_folds;
	tuned->out_of_time = a->out_of_time || winner->scores == NULL;
	if (a->n_voters > 0 && winner == a->best)
		conclude_vote(a, tuned);
	return tuned;
}

UpValidated *
up_auto_source(const UpTuneOrder *o, UpValidationOrder *order, TimestampTz began, UpTuned **tuned,
			   const UpLearner **learner)
{
	Auto a = {0};
	UpValidated *v;
	UpValue *adjustments;

	check_order(o, order->params);
	/* Reads rows, and knows of both tasks; which other algorithms there are depends on them. */
	order->learner = up_learner_by_name("boost");
	adjustments = take_adjustments(order);
	order->fit_folds = true;
	order->most_rows = MOST_ROWS;
	v = up_validated_source(order);
	set_up(&a, o, v, began);
	a.n_said = adjustments != NULL ? 0 : a.n_said;
	add_arms(&a, order->params);
	first_rung(&a);
	climb(&a);
	refine(&a);
	if (a.n_said > 0)
		choose_voters(&a);
	*tuned = conclude(&a, learner);
	for (uint32_t i = 0; adjustments != NULL && i < adjustments->n; i++)
		up_value_set((*tuned)->params, adjustments->keys[i], adjustments->items[i]);
	return v;
}

char *
up_auto_note(const UpTuned *tuned)
{
	StringInfoData said;
	const UpTrial *best = tuned->best;

	initStringInfo(&said);
	if (isnan(best->mean))
	{
		appendStringInfo(&said, "auto: %s, untried: %s", up_value_text(best->varied),
						 tuned->out_of_time ? "there was no time" : "the folds tell nothing");
		return said.data;
	}
	appendStringInfo(&said, "auto: %s is the best of %u trials by %s (%.4f over %u folds%s)",
					 up_value_text(best->varied), tuned->search->n_trials, tuned->metric, best->mean,
					 tuned->n_folds, best->share < 1 ? ", on some of the rows" : "");
	for (uint32_t rank = 2; rank <= tuned->search->n_trials; rank++)
	{
		for (uint32_t i = 0; i < tuned->search->n_trials; i++)
		{
			const UpTrial *t = tuned->search->trials[i];
			const char *name = up_value_get(t->varied, "algorithm")->string;
			bool told = strcmp(name, up_value_get(best->varied, "algorithm")->string) == 0;

			if (t->rank != rank || isnan(t->mean))
				continue;
			for (uint32_t j = 0; j < tuned->search->n_trials && !told; j++)
				told = tuned->search->trials[j]->rank < rank && !isnan(tuned->search->trials[j]->mean) &&
					   strcmp(name, up_value_get(tuned->search->trials[j]->varied, "algorithm")->string) == 0;
			if (!told)
				appendStringInfo(&said, ", %s %.4f%s", name, t->mean, t->share < 1 ? " on fewer rows" : "");
		}
	}
	return said.data;
}
