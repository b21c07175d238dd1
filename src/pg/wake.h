/*
 * wake.h - the table, in shared memory, of the databases whose profiles a background worker follows
 *
 * It is there only where the library is among shared_preload_libraries; elsewhere what is told here is told to nobody. A
 * transaction that changed a watched table wakes whoever follows its database when it has committed, so nobody has to
 * look every second.
 */
#ifndef UPROFILE_WAKE_H
#define UPROFILE_WAKE_H

#include "storage/latch.h"
#include "utils/timestamp.h"

/* How long a database is left alone that nothing was heard of, and the list of databases. */
#define UP_WAKE_VISIT_MS 60000

extern void up_wake_init(void);
/* Whether the library was loaded at the start of the server, so that there can be workers. */
extern bool up_wake_is_there(void);

/* This transaction put something on a queue. */
extern void up_wake_changed(void);
/* This transaction made a profile, or changed one. */
extern void up_wake_defined(void);

/* For both processes below: sleeps so long, or until woken, and reads the settings again where they have changed. */
extern void up_wake_sleep(long ms);

/* ---- for the launcher ---- */

typedef struct UpWakeTurn
{
	Oid database;     /* whose turn it is; InvalidOid: none's */
	TimestampTz when; /* when to look again, at the latest */
} UpWakeTurn;

extern void up_wake_launch(void); /* I am it */
/* Takes databases up that are not known yet, and forgets those that are gone. */
extern void up_wake_databases(const Oid *oids, int n);
/* The next database that is to be visited, unless most workers are at work; it counts as begun. */
extern UpWakeTurn up_wake_turn(int most);
/* The worker could not be started. */
extern void up_wake_not_begun(Oid database);

/* ---- for a worker ---- */

/* I am at work there, to the end of the process; false if nobody is wanted. */
extern bool up_wake_begin(Oid database);
/* What changes from now on is told again. */
extern void up_wake_look(void);
/* Whether it is time to look at what only time makes due. */
extern bool up_wake_asks_time(void);
/* Whether something changed since. */
extern bool up_wake_has_changed(void);
/* Whether other databases wait for a worker. */
extern bool up_wake_others_wait(void);
/*
 * When the process ends, the next visit is at this time, or earlier if something changes. 0: never, since nothing is
 * followed here. False, and nothing is done, if something has changed and no other database waits.
 */
extern bool up_wake_leave(TimestampTz next);

/* What is known of a profile that is not to be refreshed at once. */
typedef struct UpWakeRest
{
	Oid database;
	uint64 profile;    /* a hash of its identity */
	uint64 definition; /* and of what, when it changes, ends the rest */
	int failures;      /* in a row */
	TimestampTz until;
} UpWakeRest;

/* False if there is nothing, or it was of another definition that failed. */
extern bool up_wake_get_rest(uint64 profile, uint64 definition, UpWakeRest *rest);
/* until = 0 ends it. */
extern void up_wake_set_rest(const UpWakeRest *rest);

#endif
