/*
 * profile_train.h - the models of a profile: which of them are due, their training, and what is used of them
 */
#ifndef UPROFILE_PROFILE_TRAIN_H
#define UPROFILE_PROFILE_TRAIN_H

#include "nodes/pg_list.h"

#include "pg/profiles/profile.h"

typedef enum UpRetrain
{
	UP_RETRAIN_DUE,
	UP_RETRAIN_ALL,
	UP_RETRAIN_NONE,
	UP_RETRAIN_NAMED
} UpRetrain;

/* What the caller asks for. */
typedef struct UpRetrainOrder
{
	UpRetrain what;
	const char *said; /* in his words */
	List *models;     /* named ones: as he named them, and then by their columns */
} UpRetrainOrder;

/* What is known of a refresh before its models are looked at. */
typedef struct UpRetrainLook
{
	bool everybody; /* it reads all users */
	int64 changed;  /* users whose rows are not as they were; where no model asks, 0 */
	int64 waiting;  /* users on the queue who are not among those noted; where they are noted first, 0 */
} UpRetrainLook;

/* What was decided about one model in one refresh. */
typedef struct UpModelStep
{
	UpProfileModel *model;
	bool attempted;
	const char *why;      /* it was due, or NULL */
	const char *decision; /* trained, not deployed, failed, kept, missing */
	const char *reason;   /* of the decision, or NULL */
	const char *said;     /* what a policy measured, though it does not fire; or NULL */
	bool learns_on;       /* from the users who changed */
	bool forgets;         /* the version in use may have seen somebody who is forgotten */
	int32 goes_on;     /* the version in use though training failed, or something else is defined now; else 0 */
	bool outdated;     /* the latter */
	int32 version;     /* that was trained; 0: none */
	Jsonb *definition; /* that it was tried with */
} UpModelStep;

/* Reads "due", "all", "none", the name of a model, or an array of such names. */
extern UpRetrainOrder up_retrain_order(const char *given);
/* Fails where the order names a model that the profile has not. */
extern void up_retrain_check_order(const UpProfile *p, UpRetrainOrder *order);

/* What is due, and why: a list of UpModelStep, one a model, in the current memory. */
extern List *up_profile_due(const UpProfile *p, const UpRetrainOrder *order, UpRetrainLook look);
/*
 * Trains what is due, as the current role, from the profile's query. A model that cannot be trained does not stop the
 * others. changed: the query of the users who changed, for those that learn on; or NULL.
 */
extern void up_profile_train(const UpProfile *p, List *steps, const char *changed);
/* Which versions are in use now. */
extern void up_profile_find_deployed(UpProfile *p);
/* Says of every model whether it can be used. */
extern void up_profile_find_usable(const UpProfile *p, List *steps);

#endif
