/*
 * watch_start.h - watching begins: what cannot be followed is told, else triggers and queue are made
 */
#ifndef UPROFILE_WATCH_START_H
#define UPROFILE_WATCH_START_H

#include "pg/profiles/watch_spec.h"

/* A new profile of the current role. */
typedef struct UpWatched
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	const char *query;
	const char *key;
	const char *watch;
	const char *queue_schema;
	const char *queue_base;                   /* its name begins so */
	const char *offers_query, *offers_basket; /* what offers are made of, or NULL */
	bool full_every;                          /* everybody is computed at an interval that the policy has */
} UpWatched;

/*
 * Looks at what the profile depends on, tells in a NOTICE what cannot be followed (by_default; else an error if watch is
 * auto), and watches its tables if all can be.
 */
extern void up_watch_start(const UpWatched *p, Oid trigger_function, bool by_default);
/* Texts: all that stands against following single users. */
extern List *up_watch_obstacles(const UpWatchPlan *plan);
extern char *up_watch_join(List *texts, const char *between);

#endif
