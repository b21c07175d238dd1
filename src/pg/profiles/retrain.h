/*
 * retrain.h - whether a model that is trained as defined is due again: the policies
 */
#ifndef UPROFILE_RETRAIN_H
#define UPROFILE_RETRAIN_H

#include "pg/profiles/profile.h"

/* What a policy looks at, and what it says. */
typedef struct UpRetrainCase
{
	const UpProfile *p;
	const UpProfileModel *m;
	int32 version;     /* the last that was trained as the profile defines it */
	bool recent;       /* retrain_after has not passed since */
	bool again;        /* it is old enough for another attempt, should it not be the one in use */
	double users;      /* whom it knew */
	double waiting;    /* users who may have changed beside those noted */
	int64 deployed_id; /* the version in use; 0: none */
	int32 deployed;
	double test_size; /* of that one */
	bool everybody;   /* the refresh reads all users, and may read them once more */
	const char *said; /* what a policy found where it does not fire and there is something to tell; else NULL */
} UpRetrainCase;

/* Why the model is due, or NULL. */
extern const char *up_retrain_due(UpRetrainCase *c);

/* A policy of its own file: measures the deployed version on rows that it has not seen. */
extern const char *up_retrain_metric_due(UpRetrainCase *c);

#endif
