/*
 * auto_vote.c - the best of a search between algorithms, put together; see auto.c
 */
#include "postgres.h"

#include "assess/out_of_fold.h"
#include "learn/ensemble/ensemble.h"
#include "num/sort.h"
#include "pg/models/auto.h"
#include "pg/models/auto_search.h"
#include "pg/models/ensembles.h"

#include <math.h>

#define VOTE_AMONG 10  /* of the best */
#define LEAST_GAIN 0.1 /* of the standard deviation between folds */

/* The mean of answers, on all folds: into the trial. */
static void
measure_vote(const UpAuto *a, const double *sum, uint32_t n, UpTrial *t, double *scores)
{
	double *mean = up_alloc_array(a->n_said, sizeof(double));

	for (size_t i = 0; i < a->n_said; i++)
		mean[i] = sum[i] / n;
	for (uint32_t fold = 0; fold < a->n_folds; fold++)
	{
		UpFoldScore s = {.metrics = up_validation_measure(a->v->validation, 0, fold + 1, mean)};

		scores[fold] = up_auto_figure(a, &s);
	}
	up_tune_sum_up(t, scores, a->n_folds, a->more_is_better);
	up_free(mean);
}

/* Better on the folds by more than chance would have it, and by something: a vote is not explained and predicted as easily as one model. */
static bool
pays(const UpAuto *a, const double *scores)
{
	double mean = 0, squares = 0, level = 0, spread = 0;

	for (uint32_t i = 0; i < a->n_folds; i++)
		level += a->best->scores[i] / a->n_folds;
	for (uint32_t i = 0; i < a->n_folds; i++)
	{
		double gain = a->more_is_better ? scores[i] - a->best->scores[i] : a->best->scores[i] - scores[i];

		mean += gain / a->n_folds;
		squares += gain * gain / a->n_folds;
		spread += (a->best->scores[i] - level) * (a->best->scores[i] - level) / a->n_folds;
	}
	return mean > sqrt(Max(squares - mean * mean, 0) / (a->n_folds - 1)) && mean > LEAST_GAIN * sqrt(spread);
}

static bool
votes(const UpAuto *a, const UpEntry *e)
{
	for (uint32_t i = 0; i < a->n_voters; i++)
	{
		if (a->voters[i] == e)
			return true;
	}
	return false;
}

/* Beside the best, one by one, what betters the mean of their answers most (Caruana et al. 2004), if that is worth it. */
void
up_auto_choose_voters(UpAuto *a)
{
	UpEntry **sorted = palloc(sizeof(UpEntry *) * Max(a->n_entries, 1));
	double *sum, *tried, *scores, *best_scores, seconds;
	uint32_t among = 0;

	if (a->best == NULL || a->best->said == NULL || isnan(a->best->trial->loss) || a->n_folds < 3)
		return;
	for (uint32_t i = 0; i < a->n_entries; i++)
	{
		if (a->entries[i]->said != NULL && !isnan(a->entries[i]->trial->loss))
			sorted[among++] = a->entries[i];
	}
	up_sort(sorted, among, sizeof(UpEntry *), up_auto_compare);
	among = Min(among, VOTE_AMONG);
	sum = up_alloc_array(a->n_said, sizeof(double));
	tried = up_alloc_array(a->n_said, sizeof(double));
	scores = palloc(sizeof(double) * a->n_folds);
	best_scores = palloc(sizeof(double) * a->n_folds);
	memcpy(sum, a->best->said, a->n_said * sizeof(double));
	a->voters[a->n_voters++] = a->best;
	a->vote = *a->best->trial;
	seconds = up_auto_refit_seconds(a, a->best);
	for (bool better = true; better && a->n_voters < UP_AUTO_VOTERS;)
	{
		UpEntry *chosen = NULL;

		better = false;
		for (uint32_t i = 0; i < among && up_auto_has_time(a, seconds); i++)
		{
			UpTrial t = a->vote;

			if (votes(a, sorted[i]) || !up_auto_has_time(a, seconds + up_auto_refit_seconds(a, sorted[i])))
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
		seconds += up_auto_refit_seconds(a, chosen);
	}
	if (a->n_voters < 2 || !pays(a, best_scores))
		a->n_voters = 0;
	up_free(sum);
	up_free(tried);
}

/* The vote among the trials, and what is to be trained for it. */
void
up_auto_conclude_vote(const UpAuto *a, UpTuned *tuned)
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
		const UpEntry *e = a->voters[i];

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
