/*
 * model_search.h - models of profiles whose algorithm or parameters are searched, or whose rows are held out in a way of their own
 *
 * What a version was asked for is kept with it (uprofile_model_designs), since what it was trained with is what was found. Every training
 * searches anew, so that parameters follow the data.
 */
#ifndef UPROFILE_MODEL_SEARCH_H
#define UPROFILE_MODEL_SEARCH_H

#include "learn/learner.h"
#include "pg/models/train_order.h"

/* What a definition says of it. */
typedef struct UpModelSearch
{
	const char *algorithm; /* its name, or auto */
	UpValue *tune;         /* an object as for up_tune_parse; NULL: the parameters are given */
	UpValue *split;        /* the same for up_holdout_order; NULL: rows are held out by the hash of the key */
} UpModelSearch;

/* What is searched for: a model by its name in the profile. */
typedef struct UpSearchedModel
{
	const char *column;
	const UpLearner *learner;
	const UpValue *params;
	double test_size;
	bool incremental, honest;
} UpSearchedModel;

/* "tune", "time_budget" and "split" of a definition, checked together with the parameters; the algorithm is set. */
extern void up_model_search_parse(UpModelSearch *s, const UpValue *definition, const UpSearchedModel *m);
/* What is asked for beside source, key and target; NULL: just an algorithm with these parameters. */
extern UpValue *up_model_search_asked(const UpModelSearch *s, const UpValue *params, double test_size);
/* The part of an order that says so; its params and test_size are set. */
extern void up_model_search_order(const UpModelSearch *s, UpTrainOrder *order);

#endif
