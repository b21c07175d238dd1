/*
 * profile_policy.h - what a profile's policy may say: one table of keys that checks, words and documents them
 */
#ifndef UPROFILE_PROFILE_POLICY_H
#define UPROFILE_PROFILE_POLICY_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/params.h"

/* When models are scored that see live columns. */
typedef enum UpScoreWhen
{
	UP_SCORE_REFRESH,
	UP_SCORE_READ
} UpScoreWhen;

/* A column that is computed when the profile is read. */
typedef struct UpLive
{
	const char *column;
	const char *expression;
} UpLive;

typedef struct UpPolicy
{
	Interval *full_every; /* or NULL */
	Interval *ttl;        /* or NULL: values are shown however old */
	double max_deleted;
	UpScoreWhen score;
	int n_live;
	UpLive *live;
} UpPolicy;

extern const UpParamTable up_policy_params;
/* Checks and reads a policy, an object (NULL: an empty one); a key that is null counts as not given. */
extern UpPolicy *up_policy_parse(Jsonb *given);
/* What is stored, with the keys that are given in its place; a key that is null is taken out. Either may be NULL. */
extern Jsonb *up_policy_merge(Jsonb *stored, Jsonb *given);

#endif
