/*
 * forget_models.h - which versions of a profile's models saw a user, as far as it can be known
 */
#ifndef UPROFILE_FORGET_MODELS_H
#define UPROFILE_FORGET_MODELS_H

#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"

typedef struct UpSeenVersion
{
	const char *model;  /* its registered name */
	const char *column; /* of the profile; NULL: the profile has no such model any more */
	int64 id;
	int32 version;
	bool deployed;
	bool not_trained;  /* known: it was not trained on him */
	bool saw;          /* known: it was */
	bool keeps_rows;   /* in the model itself */
	const char *known; /* what is known, in words */
} UpSeenVersion;

/* All versions of the profile's models, in order. */
extern List *up_forget_versions(const UpProfile *p, const UpKey *key, const Datum *values);
/* Takes the user's hash out of the folds of these versions; returns in how many it was. */
extern int64 up_forget_folds(const UpProfile *p, List *versions, const UpKey *key, const Datum *values);
/* Whether anybody was forgotten whom a model may have seen. */
extern bool up_forget_any(const UpProfile *p);
/*
 * Whether a version that was trained at that time is to be replaced, since somebody was forgotten after it whom it may have
 * seen.
 */
extern bool up_forget_due(const UpProfile *p, const char *column, Datum trained_at);

#endif
