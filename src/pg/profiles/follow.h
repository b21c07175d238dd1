/*
 * follow.h - which users a refresh computes: those on the queue, or everybody, and why
 */
#ifndef UPROFILE_FOLLOW_H
#define UPROFILE_FOLLOW_H

#include "utils/timestamp.h"

#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/watch.h"

typedef struct UpFollow
{
	TimestampTz started;   /* before anything was read */
	const char *full;      /* why everybody is computed; NULL: only the keys */
	UpKeys keys;           /* each once; if everybody is computed they are not all of them */
	bool watched;          /* there are triggers and a queue */
	const char *identity;  /* of all that the rows depend on but data and models: query, table, definitions */
	const char *functions; /* that the source calls: of their bodies */
	bool limited;          /* not all keys were asked for */
	const char *files;     /* of the watched tables */
	bool clock;            /* the source reads the clock */
	int64 remaining;       /* keys that stay on the queue; one may stand there several times */
	int64 deleted;         /* users, since the last refresh that left nothing on the queue */
	int64 users;           /* that the profile had after the last run; -1: not known */
} UpFollow;

/* How much of the queue is taken. */
typedef struct UpFollowLimit
{
	TimestampTz started; /* when the refresh began */
	int64 max_users;     /* 0: all */
	bool all_users;      /* are computed anyway, so that all is taken */
	bool look;           /* nothing is taken and nothing noted: what a refresh would find */
} UpFollowLimit;

/*
 * Takes the queue, as the owner, or its oldest keys. What the source says must be read afterwards, with a newer snapshot; a transaction that
 * fails gives it back. To be called before models are trained.
 */
extern UpFollow *up_follow_take(const UpProfile *p, Oid trigger_function, const UpProfileTable *table,
								UpFollowLimit limit);
/*
 * Takes the queues of watches, of whatever it is that follows its source: keys of this kind, or why that is not enough (full). Tables and
 * queues are noted where they are others.
 */
extern UpFollow *up_follow_take_watches(const char *schema, Oid owner, const UpKey *key, List *watches,
										Oid trigger_function);
/* Takes more keys in the place of those that are computed now; read the source afterwards, as above. */
extern void up_follow_take_more(UpFollow *f, const UpProfile *p, int64 max_users);
/* Why everybody is to be computed although all is as it was when everybody was, by the versions in use; or NULL. */
extern const char *up_follow_due(const UpFollow *f, const UpProfile *p);
/* Decides who is computed with the models that are now deployed. */
extern void up_follow_decide(UpFollow *f, const UpProfile *p, bool all_users);
/* Keeps what everybody was computed with. To be called after a refresh of everybody. */
extern void up_follow_keep(const UpFollow *f, const UpProfile *p);
/* When everybody was computed last, as "scored" has it (or NULL); 0: not known. */
extern TimestampTz up_follow_full_at(const UpValue *scored);
/* Whether everybody was never computed. */
extern bool up_follow_first(const UpProfile *p);
/* Whether the policy's full_every has passed since. */
extern bool up_follow_full_passed(const UpProfile *p);
/*
 * Gives partitions and children of watched tables the triggers that are missing, as the owner, and marks everybody stale.
 * Waits only shortly for writers; what cannot be done is left. True if something was done.
 */
extern bool up_follow_mend(const UpProfile *p, Oid trigger_function);
extern bool up_follow_mend_watches(const char *schema, Oid owner, List *watches, Oid trigger_function);
/* Whether one of the watches is what the entry asks for. */
extern bool up_follow_watches(List *watches, const UpWatchEntry *entry);
/* A hash as text, to be compared with that of another time. */
extern const char *up_follow_hash(const char *text);

#endif
