/*
 * search.h - which parameters are tried next, and which were best
 *
 * A search is asked for a trial, which the caller measures, and told how it went, until it has none. A trial may first be
 * measured on a share of the rows and come again with more of them, if it is among the best: successive halving (Jamieson,
 * Talwalkar 2016) and Hyperband (Li et al. 2018). TPE (Bergstra et al. 2011) draws where good trials are dense and bad ones are
 * not.
 */
#ifndef UPROFILE_SEARCH_H
#define UPROFILE_SEARCH_H

#include "assess/space.h"

typedef enum UpSearchMethod
{
	UP_SEARCH_GRID,
	UP_SEARCH_RANDOM,
	UP_SEARCH_HALVING,
	UP_SEARCH_HYPERBAND,
	UP_SEARCH_TPE
} UpSearchMethod;

extern const char *const up_search_method_names[]; /* "grid", …, NULL */

typedef struct UpTrial
{
	uint32_t number; /* from 1 */
	double *x;       /* its point */
	UpValue *varied; /* what of its parameters is searched */
	double share;    /* of the rows to train on that it is to be measured on, or was */
	/* What the caller tells. */
	double loss; /* the less the better; NaN: there is none */
	double mean, std;
	double seconds;
	double size; /* of its models: of equal ones the smaller wins */
	bool pruned; /* given up: its figures are not of all rows and folds */
	uint32_t rank;
} UpTrial;

typedef struct UpSearchOptions
{
	UpSearchMethod method;
	uint32_t max_trials; /* 0: by the method */
	double least_share;  /* of the rows: halving and Hyperband begin no lower */
	uint64_t seed;
} UpSearchOptions;

#define UP_SEARCH_ETA 3 /* one in so many goes on, with so many times the rows */

typedef struct UpRungs UpRungs;

typedef struct UpSearch
{
	const UpSpace *space;
	UpSearchOptions options;
	UpRng rng;
	uint32_t n_trials, capacity;
	UpTrial **trials;
	uint64_t n_points; /* of the space; 0: without end */
	UpRungs *rungs;
} UpSearch;

/* Fails where the method does not fit the space. */
extern UpSearch *up_search_new(const UpSpace *space, const UpSearchOptions *options);
/* The trial to be measured next; NULL: that was all. */
extern UpTrial *up_search_next(UpSearch *s);
/* Another one, if it is the same however those that are not measured yet go; else NULL. */
extern UpTrial *up_search_more(UpSearch *s);
/* How many trials there will be at most; 0: not known. */
extern uint32_t up_search_planned(const UpSearch *s);
/* Ranks the trials: those of all rows by loss, of equal ones the smaller, then the earlier; then those given up. Returns the best. */
extern UpTrial *up_search_rank(UpSearch *s);

/* For the methods: a new trial at a random point, or NULL where every point has been tried. */
extern UpTrial *up_search_draw(UpSearch *s);
extern UpTrial *up_search_add(UpSearch *s, const double *x);
extern bool up_search_tried(const UpSearch *s, const double *x);
/* Two pointers to trials, for sorting: by loss, none last, then the earlier. */
extern int up_trial_compare(const void *a, const void *b);
extern UpTrial *up_tpe_next(UpSearch *s);
extern UpRungs *up_rungs_new(UpSearch *s);
extern UpTrial *up_rungs_next(UpSearch *s);
extern UpTrial *up_rungs_more(UpSearch *s);

/* The rungs of a bracket as in the paper: how many trials, on which share. Brackets count down to 0. */
typedef struct UpRung
{
	uint32_t n;
	double share;
} UpRung;
extern uint32_t up_hyperband_brackets(double least_share);
extern UpRung up_hyperband_rung(uint32_t brackets, uint32_t bracket, uint32_t rung);

#endif
