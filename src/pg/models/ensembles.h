/*
 * ensembles.h - registered models put together into one
 */
#ifndef UPROFILE_ENSEMBLES_H
#define UPROFILE_ENSEMBLES_H

#include "assess/splits.h"
#include "pg/io/source_frame.h"
#include "pg/models/train_order.h"

struct UpEnsembleOrder
{
	bool stack; /* a model of what the members say of rows that they were not trained on; else their mean */
	uint32_t n;
	const char **names;
	const int32 *versions; /* 0: the deployed one; or NULL */
	const double *weights; /* of a vote; or NULL */
	bool refit;            /* members are trained anew on the rows of the source, always so for a stack */
	UpSplit split;         /* of a stack */
};

/*
 * Reads the source of an order with members, and makes the model; order->params: those of a stack's meta model. *key: the names of
 * columns that are no features. *said: what there is to say of it, or NULL.
 */
extern UpModel *up_ensemble_build(const UpTrainOrder *order, double test_size, UpSourceFrame **read,
								  char **said);
/* Completes an ensemble: its parameters and seed, the rows that were read, and what explanations compare with. */
extern void up_ensemble_finish(UpModel *m, const UpSourceFrame *read, UpValue *params, int64 seed);

#endif
