/*
 * history.h - the table <profile>_history: what refreshes changed, as long as the policy keeps it
 *
 * It stands beside the profile's table, belongs to its owner, and is known by its constraint as that table is. A row is a change
 * of one user: his key (key_1, …), when (changed_at; several writes of one refresh are told apart by step), the operation,
 * since when his row had been as it was, and the values of the columns that changed, before and after. One row more, the
 * beginning, has no key: from its changed_at on the past can be told, and its values_after names the profile's columns,
 * each with the time of which it is where it came later.
 */
#ifndef UPROFILE_HISTORY_H
#define UPROFILE_HISTORY_H

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

#include "pg/profiles/profile.h"

#define UP_HISTORY_SUFFIX "_history"
#define UP_HISTORY_BEGIN  "begin" /* the operation of the beginning */

/* The history that a refresh writes. */
struct UpHistory
{
	const char *table; /* quoted */
	TimestampTz stamp; /* 0: not taken yet */
	const char *at;    /* the stamp in SQL; see up_history_at */
	int step;          /* of the last write */
};

/* A time in SQL. */
extern char *up_history_time(TimestampTz at);
/* The relation of that name in the schema that is the history of this owner's profile with this constraint, or InvalidOid. */
extern Oid up_history_named(Oid schema, const char *base, const char *constraint, Oid owner);
/* Fails in words if it has lost a column, or one has another type. */
extern void up_history_check(Oid history, int n_key);
/* Fails if comparing its key with this one calls what is not the server's own. */
extern void up_history_check_key(Oid history, const UpKey *key);
/*
 * Makes the history what the policy says, as the profile's owner: begun, gone on with, or not gone on with. columns: of
 * the profile (UpProfileColumn); anew: those of them that hold nothing of before.
 */
extern void up_history_keep(UpProfile *p, List *columns, List *anew);
/* The time of all that this refresh writes, in SQL; later than any before. NULL where there is no history. */
extern const char *up_history_at(UpProfile *p);
/*
 * Deletes the oldest of what is older than an age (an interval as SQL has it), at most so many changes (0: all), and moves the
 * beginning. Returns how many.
 */
extern int64 up_history_prune(const UpProfile *p, const char *age, int64 most);
/* Some of what is older than the policy wants: a refresh's share. */
extern void up_history_retain(const UpProfile *p);
/* The history's table, locked, or InvalidOid. */
extern Oid up_history_table(const UpProfile *p, LOCKMODE lock);
extern void up_history_drop(const UpProfile *p);
/* Gives it, whoever has it since, to another role. */
extern void up_history_reassign(const UpProfile *p, Oid role);

#endif
