/*
 * tune.h - the best parameters of an algorithm, by cross-validation
 */
#ifndef UPROFILE_TUNE_H
#define UPROFILE_TUNE_H

#include "datatype/timestamp.h"

#include "assess/measure.h"
#include "assess/search.h"
#include "pg/models/validated.h"

typedef struct UpTuneOrder
{
	const UpValue *search; /* an object, see space.h */
	const char *method;    /* or NULL: grid for choices, random where there are ranges */
	const char *metric;    /* or NULL: auc of two classes, log_loss or accuracy of more, rmse */
	int64 max_trials;      /* 0: by the method */
	Interval *time_budget; /* or NULL */
	bool stop_early;       /* gives up trials that are clearly worse than the best */
	bool vote;             /* of algorithms: several of the best may be put together */
	bool refit_all;        /* what was found is trained on all rows in the end, those held out as well */
} UpTuneOrder;

typedef struct UpTuned
{
	UpSearch *search; /* its trials, ranked */
	UpTrial *best;
	UpValue *params; /* of the best */
	const char *metric;
	uint32_t n_folds; /* over all repetitions */
	bool out_of_time;
	char *too_early; /* of algorithms: what the time did not suffice for, or NULL */
	bool refit_all;  /* as ordered */
	/* Of algorithms: those that vote, NULL where one wins. */
	uint32_t n_members;
	UpRequest **members;
} UpTuned;

extern const UpParamTable up_tune_params;
/* {"search": …, "method": …, "metric": …, "folds": …, "split": …, "max_trials": …, "time_budget": …, "stop_early": …, "refit": …}; words its errors. */
extern UpTuneOrder up_tune_parse(const UpValue *given, int64 seed, UpSplit *split);
/* Checks what can be checked before a row is read. params: that hold for all trials; changed where the metric needs it. */
extern UpSpace *up_tune_check(const UpTuneOrder *o, const UpLearner *learner, UpValue *params);
/*
 * Reads the source of a validation with a frame for each way of preparing that the space has, and tunes; the order's params become
 * the fixed ones.
 */
extern UpValidated *up_tune_source(const UpTuneOrder *o, UpValidationOrder *order, UpTuned **tuned);
/* What of it another search uses: the metric of this name, whether it measures the task, and what of it is better; the figures of a trial. */
extern const UpMeasure *up_tune_measure(const char *name);
extern void up_tune_fits_task(const UpMeasure *m, UpTask task);
extern void up_tune_check_budget(const UpTuneOrder *o);
extern void up_tune_sum_up(UpTrial *trial, const double *scores, uint32_t n, bool more_is_better);
/* What is kept of the trials with a version, and what its note says. */
extern void up_tune_store(const char *schema, int64 version_id, const UpTuned *tuned);
extern char *up_tune_note(const UpTuned *tuned);

#endif
