/*
 * profile_policy.h - what a profile's policy may say: one table of keys that checks, words and documents them
 */
#ifndef UPROFILE_PROFILE_POLICY_H
#define UPROFILE_PROFILE_POLICY_H

#include "access/tupdesc.h"
#include "lib/stringinfo.h"
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
	bool feature; /* of models: it reads columns of the source only; see up_policy_features */
	bool rule;    /* a segment: a condition that may read live columns too */
} UpLive;

/* How old a value may be to be shown. */
typedef struct UpTtl
{
	const char *column; /* or NULL: of every column */
	const char *age;    /* an interval as text */
} UpTtl;

typedef struct UpPolicy
{
	Interval *full_every; /* or NULL */
	int n_ttl;
	UpTtl *ttl; /* see up_policy_ttl */
	double max_deleted;
	UpScoreWhen score;
	int n_live;
	UpLive *live;
	const char *history; /* for how long changes are kept, an interval as text; or NULL */
	bool continuous;     /* a background worker refreshes it; see launcher.c */
	int64 min_group;     /* groups of fewer users are not told; 1: all are */
} UpPolicy;

extern const UpParamTable up_policy_params;
/* Checks and reads a policy, an object (NULL: an empty one); a key that is null counts as not given. */
extern UpPolicy *up_policy_parse(Jsonb *given);
/*
 * What is stored, with the keys that are given in its place; a key that is null is taken out. Either may be NULL. what: in
 * errors.
 */
extern Jsonb *up_merge_keys(const char *what, Jsonb *stored, Jsonb *given);

/* ", (expression) AS name" for every live column, or those that are features, over what is called "profile" after FROM. */
extern void up_policy_append_live(StringInfo sql, const UpPolicy *policy, bool features);
/* The rows of the profile, from what is given after FROM and called "profile": with live columns, and then segments by rule. */
extern char *up_policy_rows(const UpPolicy *policy, const char *columns, const char *from);
/* Puts segments by rule (conditions by name, or NULL) behind the live columns. */
extern void up_policy_add_rules(UpPolicy *policy, Jsonb *segments);
/* Finds out which live columns are features for models of rows with these columns. */
extern void up_policy_features(UpPolicy *policy, TupleDesc columns);
/* The expression of a live column, or NULL. */
extern const char *up_policy_live(const UpPolicy *policy, const char *column);
/* How old a column's value may be, or NULL. The probability of a model's column goes with that column. */
extern const char *up_policy_ttl(const UpPolicy *policy, const char *column);

#endif
