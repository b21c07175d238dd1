/*
 * mine_follow.h - mines whose tables are watched: which baskets a refresh reads
 *
 * Triggers and queues are those of profiles (pg/profiles/watch.h), with a basket in the place of a user.
 */
#ifndef UPROFILE_MINE_FOLLOW_H
#define UPROFILE_MINE_FOLLOW_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* What following needs to know of a mine. */
typedef struct UpFollowedMine
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	Oid owner;
	const char *source, *source_path, *basket, *watch; /* watch: or NULL */
	const char *covered;               /* what the source depended on when all was read; or NULL */
	const char *event_time;            /* or NULL */
	const char *since, *covered_since; /* where the window begins, and began; or NULL */
	bool set_back;                     /* it begins earlier than it did */
	int64 n_baskets;                   /* at the last refresh */
	Oid trigger_function;
} UpFollowedMine;

typedef struct UpMineChanges
{
	const char *full; /* why all baskets are read; NULL: only those of the keys */
	int64 n;
	Oid array_type; /* of keys */
	Datum keys;
	const char *covered; /* to be kept; NULL: changes cannot be followed */
	void *members;       /* the watched tables before all this */
} UpMineChanges;

/* The function that triggers call, of the extension that this function belongs to. */
extern Oid up_mine_trigger_function(Oid function);
/* Watches what the definition says, as the current role, who owns the mine; an error where that does not suffice. */
extern void up_mine_watch_start(const UpFollowedMine *m);
extern void up_mine_watch_end(const UpFollowedMine *m);
/* Takes the queue. The source must be read afterwards, with a newer snapshot. */
extern UpMineChanges *up_mine_changes(const UpFollowedMine *m);
/* To be called when the source was read: partitions that came or went meanwhile are for the next refresh. */
extern void up_mine_settle(const UpFollowedMine *m, const UpMineChanges *c);
/* Gives the queues to a role, with the rights of the current one. */
extern void up_mine_reassign_queues(const UpFollowedMine *m, Oid role);

#endif
