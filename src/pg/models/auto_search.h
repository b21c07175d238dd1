/*
 * auto_search.h - what the search between algorithms is made of: auto.c begins and ends it, auto_trials.c measures, auto_vote.c puts
 * together
 */
#ifndef UPROFILE_AUTO_SEARCH_H
#define UPROFILE_AUTO_SEARCH_H

#include "pg/models/auto_list.h"
#include "pg/models/tune.h"

#define UP_AUTO_TRIALS 50
#define UP_AUTO_LEVELS 4
#define UP_AUTO_VOTERS 5 /* at most */

/* An algorithm among the candidates. */
typedef struct UpArm
{
	const UpLearner *learner;
	const UpCandidate *candidate; /* or NULL: not on the list, the user named it */
	UpSpace *space;
	UpSearch *search;
	UpValidation *validation;
	UpValue *starts;
	uint32_t n_started;
	double growth;
	double pace[UP_AUTO_LEVELS]; /* seconds of a fold and unit of work, at most; 0: not measured */
	/* Of a fold, by few rows: seconds whatever the rows, mostly of trying it, and for each row and unit of work; 0: not measured. */
	double fixed, slope;
	bool dropped; /* takes too long, or fails */
	bool late;    /* was broken off: what its trials share may be half done, and none is measured any more */
} UpArm;

/* A trial of an arm. */
typedef struct UpEntry
{
	UpArm *arm;
	UpTrial *trial;
	double *scores;                 /* of its folds, at its last level */
	double *said;                   /* its answers on all rows, for a vote; or NULL */
	double seconds[UP_AUTO_LEVELS]; /* of a fold; 0: not measured */
	double losses[UP_AUTO_LEVELS];  /* of those that it got through; else NaN */
	uint32_t level;
	bool failed, hopeless, late;
} UpEntry;

typedef struct UpAuto
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
	UpArm *arms;
	uint32_t n_entries;
	UpEntry **entries;
	UpEntry *best;    /* on all rows */
	ErrorData *error; /* the first, where a trial failed */
	bool out_of_time;
	uint32_t n_voters;
	UpEntry *voters[UP_AUTO_VOTERS];
	UpTrial vote;
} UpAuto;

/* Time: seconds since the search began; that training an entry on all rows will take; whether so many fit in before the winner must be trained. */
extern double up_auto_elapsed(const UpAuto *a);
extern double up_auto_refit_seconds(const UpAuto *a, const UpEntry *e);
extern bool up_auto_has_time(const UpAuto *a, double seconds);
/* The best of those that can be trained in so many seconds, or NULL. */
extern UpEntry *up_auto_best_within(const UpAuto *a, double seconds);
/* Two pointers to entries, for sorting: by loss, none last. */
extern int up_auto_compare(const void *a, const void *b);
extern double up_auto_figure(const UpAuto *a, const UpFoldScore *s);
/* The search, one after the other. */
extern void up_auto_first_rung(UpAuto *a);
extern void up_auto_climb(UpAuto *a);
extern void up_auto_refine(UpAuto *a);
extern void up_auto_choose_voters(UpAuto *a);
/* The vote among the trials, as the best, and what is to be trained for it. */
extern void up_auto_conclude_vote(const UpAuto *a, UpTuned *tuned);

#endif
