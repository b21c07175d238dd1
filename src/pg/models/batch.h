/*
 * batch.h - trainings on all folds of a validation, shared out to workers by the fold
 *
 * The trainings on one fold, one after the other, go on from each other; those on different folds know nothing of each other. So a
 * fold's are one process's, which prepares it by itself and serially, and forgets it before the next. Where processes would wait for the
 * last of the folds, a row of trainings is cut at a few places that depend on the trainings alone, and another process goes on with
 * it from the solutions so far. The same scores come out for any number of processes, and so do warnings, in the order of trainings and folds; of
 * failures the first in that order is the caller's.
 */
#ifndef UPROFILE_BATCH_H
#define UPROFILE_BATCH_H

#include "assess/validate.h"

typedef struct UpBatch
{
	UpValidation *validation;
	const UpSamples *samples; /* of its frame */
	const UpLearner *learner;
	uint32_t n;                 /* trainings on each fold */
	uint32_t n_folds;           /* over all repetitions, of … */
	uint32_t n_of_repeat;       /* … so many each */
	UpRequest *const *requests; /* one a training, … */
	const double *shares;       /* … and which share of the rows it is for */
	const bool *
		begins; /* one a training: whether it has little of the one before; a cut is made there alone. NULL: anywhere */
	/* Progress: rounds that are over, of how many; a round is a training on all folds, or (by_fold) on one. */
	const char *phase;
	uint32_t done, planned;
	bool by_fold;
	/* Told of the training and fold (both from 0) that what is said next is of; UINT32_MAX: of none. */
	void (*now)(void *arg, uint32_t training, uint32_t fold);
	void *arg;
	/* What comes out, a place for each training and fold: training × n_folds + fold. */
	UpFoldScore *scores;
	double *seconds;
} UpBatch;

/*
 * Whether memory is enough to keep what trainings on one fold share, its rows prepared in so many ways: else they had better not go on from
 * each other. The same for any number of processes.
 */
extern bool up_batch_fits(const UpValidation *v, double ways);
extern void up_batch_validate(UpBatch *b);

#endif
