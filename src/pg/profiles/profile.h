/*
 * profile.h - definitions of profiles
 */
#ifndef UPROFILE_PROFILE_H
#define UPROFILE_PROFILE_H

#include "access/tupdesc.h"
#include "storage/lock.h"
#include "utils/jsonb.h"

#include "learn/learner.h"
#include "pg/profiles/key_type.h"
#include "pg/profiles/profile_policy.h"
#include "pg/profiles/model_search.h"
#include "pg/profiles/retrain_rules.h"
#include "prep/frame.h"

#define UP_TABLE_SUFFIX "_profile"
#define UP_CHANGED_AT   "changed_at" /* the last column that a profile's table gets */

typedef struct UpProfileModel
{
	const char *column;       /* of the profile table; the key in models */
	const char *registered;   /* <profile>.<column> */
	const UpLearner *learner; /* of algorithm auto one that does whatever the one that is found may do */
	UpModelSearch search;
	const char *target; /* or NULL */
	UpLabelKind label_kind;
	double test_size;
	UpRetrainRules rules;
	int folds;        /* of honest scores; 0: none */
	int reasons;      /* that are kept with what it predicts; 0: none */
	UpValue *params;  /* what is left of the definition, with targets excluded */
	bool usable;      /* at a refresh: a version is deployed that predicts this */
	bool classifies;  /* this version */
	int64 version_id; /* its id; 0: none is usable */
} UpProfileModel;

typedef struct UpHistory UpHistory;
typedef struct UpOffers UpOffers; /* profile_offers.h */

typedef struct UpProfile
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	Oid owner;         /* InvalidOid: the role is gone */
	const char *table; /* quoted, with its schema */
	const char *table_schema;
	const char *table_name;
	const char *identity; /* of the definition and its table */
	const char *source;
	const char *agreed; /* the source with the condition of consent, where there is one; else NULL */
	const char *query;
	bool parsing; /* the source's text, as it was stored: what fails now is in there */
	const char *source_path;
	const char *key;    /* as text; see pg/io/key_columns.h */
	UpKey key_parts;    /* after up_profile_resolve */
	const char *watch;  /* as the user wrote it */
	Jsonb *scored;      /* what the rows of the table were computed with, or NULL; see follow.c */
	Jsonb *definitions; /* stored ones */
	Jsonb *policy_said; /* as the user wrote it */
	UpPolicy *policy;
	UpValue *
		table_columns; /* those that the profile gave its table, each with what is known of it; see profile_table.h */
	Jsonb *clean;               /* rules of cleaning, or NULL */
	Jsonb *cleaned;             /* statistics of the last cleaning of everybody, or NULL */
	Jsonb *segments;            /* by rule, each with its condition, or NULL */
	Jsonb *offers;              /* what is offered to users, or NULL */
	UpOffers *offering;         /* the same after up_profile_resolve */
	const char *consent;        /* by what is known who is part of it, or NULL */
	const char *clean_obstacle; /* why single users cannot be cleaned, or NULL */
	TupleDesc source_columns;   /* of the query */
	TupleDesc columns;          /* after cleaning */
	int n_models;
	UpProfileModel *models;
	UpHistory *history; /* where it is kept, once a refresh has opened it; see history.h */
	const char *admits; /* what keeps users who are forgotten out of the rows of query, or NULL; see barred.h */
} UpProfile;

/* The tasks that a model may come to have, as far as its definition and its target's type tell: UP_L_CLASSIFY, UP_L_REGRESS. */
extern unsigned up_profile_tasks(const UpProfileModel *m);
/* Whether a live column is a feature of the model. */
extern bool up_profile_sees_live(const UpProfile *p, const UpProfileModel *m);
/* Whether a refresh scores with live columns, so that scores change with time where these do. */
extern bool up_profile_scores_age(const UpProfile *p);
/* The rows of a query over the key's columns, without those of users who are forgotten. asked: a condition of uprofile_row that
 * stands outside, which shards are told as well; or NULL. */
extern const char *up_profile_admitted(const UpProfile *p, const char *query, const char *asked);
/* The rows that models see: those of the source with the live columns that are features. */
extern const char *up_profile_rows_query(const UpProfile *p);
/* The same as a source, for people: the source itself where nothing is added. */
extern const char *up_profile_rows_source(const UpProfile *p);
/* What the profile's table, view and queue are named after: its name without the schema. */
extern char *up_profile_base(const UpProfile *p);
/* Fills columns, models and query from the definition, and checks everything. */
extern void up_profile_resolve(UpProfile *p, Jsonb *definitions);
/*
 * A stored definition, locked; fails if there is none that the caller may use. NULL if another session has it and wait is
 * false.
 */
extern UpProfile *up_profile_load(const char *schema, const char *name, bool wait);
/* The name of the constraint by which a table is known as the profile's: it goes wherever the table goes. */
extern char *up_profile_constraint(const UpProfile *p);
/* The same to be read only, and not locked. */
extern UpProfile *up_profile_look(const char *schema, const char *name);
/* The same as the registry's owner, since whoever may read what is the profile's need not own it: what he may is for the caller to ask. */
extern UpProfile *up_profile_look_shared(const char *schema, const char *name);
/*
 * The profile's own table: the one of its name that carries its identity and belongs to its owner, locked. Without it
 * an error, or with missing_ok InvalidOid and *why as a sentence.
 */
extern Oid up_profile_own_table(const UpProfile *p, LOCKMODE lock, bool missing_ok, char **why);
/* There is no such profile that the user may see, or no such model in it. */
extern UP_NORETURN void up_profile_fail_unknown(const char *schema, const char *name);
extern UP_NORETURN void up_profile_fail_model(const UpProfile *p, const char *name);
/* The role that the profile's stored texts run as; fails if it is gone, or if the current role is no member of it. */
extern Oid up_profile_owner(const UpProfile *p);
/* The type of a model's column. */
extern Oid up_profile_column_type(const UpProfileModel *m);
/* Whether its column holds where a row stands in the space of the model: real[]. */
extern bool up_profile_embeds(const UpProfileModel *m);
/* Whether the model has a column for the probability of its prediction. */
extern bool up_profile_has_probability(const UpProfileModel *m);
/* Names of the columns that go with a model's. */
extern char *up_profile_probability_name(const char *model);
extern char *up_profile_reasons_name(const char *model);

#endif
