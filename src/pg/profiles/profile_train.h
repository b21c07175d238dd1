/*
 * profile_train.h - the models of a profile: which of them are due, their training, and what is used of them
 */
#ifndef UPROFILE_PROFILE_TRAIN_H
#define UPROFILE_PROFILE_TRAIN_H

#include "nodes/pg_list.h"
#include "utils/resowner.h"

#include "pg/profiles/profile.h"

typedef enum UpRetrain
{
	UP_RETRAIN_DUE,
	UP_RETRAIN_ALL,
	UP_RETRAIN_NONE
} UpRetrain;

/* What was decided about one model in one refresh. */
typedef struct UpModelStep
{
	UpProfileModel *model;
	bool attempted;
	const char *why;      /* it was due, or NULL */
	const char *decision; /* trained, not deployed, failed, kept, missing */
	const char *reason;   /* of the decision, or NULL */
	int32 goes_on;     /* the version in use though training failed, or something else is defined now; else 0 */
	bool outdated;     /* the latter */
	int32 version;     /* that was trained; 0: none */
	Jsonb *definition; /* that it was tried with */
} UpModelStep;

/* What is due, and why: a list of UpModelStep, one a model, in the current memory. */
extern List *up_profile_due(const UpProfile *p, UpRetrain retrain);
/*
 * Trains what is due, as the current role, from the profile's query. A model that cannot be trained does not stop the
 * others.
 */
extern void up_profile_train(const UpProfile *p, List *steps);
/* Says of every model whether it can be used. */
extern void up_profile_find_usable(const UpProfile *p, List *steps);

/* Cancellation, shutdown, and failures that a new attempt of the whole transaction may cure: never recorded. */
extern bool up_profile_must_rethrow(int sqlerrcode);

/* In PG_CATCH of a subtransaction begun in this memory and by this owner: the error, after all is undone. */
extern ErrorData *up_profile_caught(MemoryContext outer, ResourceOwner owner);

#endif
