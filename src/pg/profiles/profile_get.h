/*
 * profile_get.h - one user of a profile: what is known of the profile, what was read of him, and the answer
 */
#ifndef UPROFILE_PROFILE_GET_H
#define UPROFILE_PROFILE_GET_H

#include "utils/timestamp.h"

#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"

typedef enum UpOrigin
{
	UP_FROM_SOURCE,
	UP_FROM_MODEL,
	UP_FROM_LIVE,
	UP_FROM_OWN,   /* a column that somebody added to the table */
	UP_FROM_NOBODY /* no value: it tells how old the row is */
} UpOrigin;

typedef struct UpGetColumn
{
	const char *name;
	UpOrigin origin;
	int model;     /* of UP_FROM_MODEL */
	Interval *ttl; /* or NULL */
} UpGetColumn;

/* A version of a model. */
typedef struct UpGetVersion
{
	int64 id; /* 0: none */
	int32 version;
	TimestampTz trained_at;
} UpGetVersion;

typedef struct UpGetModel
{
	const char *column;
	const char *registered;
	bool has_probability, has_reasons;
	UpGetVersion version; /* that everybody was scored with */
} UpGetModel;

/* What does not change while the profile's definition is the same. */
typedef struct UpGetProfile
{
	UpProfile *profile;
	UpKey key; /* as the table has it */
	int n_columns;
	UpGetColumn *columns;
	int n_models;
	UpGetModel *models;
	UpValue *scored; /* or NULL */
} UpGetProfile;

/* What was read of the user. */
typedef struct UpGetUser
{
	char *key; /* as text */
	bool found;
	Jsonb *row; /* of the view, where he was found */
	bool has_computed_at;
	TimestampTz computed_at;
	bool stale, stale_known;
	const char *reason; /* why he is stale or that is not known, or NULL */
	bool only_models;   /* other versions of models are all that makes him stale: */
	bool *other;        /* of which models */
	bool failed;
	TimestampTz failed_since;
	const char *error;      /* for those who may know it, or NULL */
	UpGetVersion *versions; /* of the models that his row was computed with */
} UpGetUser;

/* As uprofile_get returns it. */
extern Jsonb *up_get_answer(const UpGetProfile *g, const UpGetUser *u);

/* A version by its id; with id 0 if there is none. */
extern UpGetVersion up_get_version(Oid namespace, const char *model, int64 id);
/*
 * Finds out why the user is stale, or not known to be, as the profile's owner. values: of his key, or NULL where no user can have it. whole:
 * the caller may know all that the owner does.
 */
extern void up_get_judge(const UpGetProfile *g, Oid namespace, const Datum *values, bool whole, UpGetUser *u);

#endif
