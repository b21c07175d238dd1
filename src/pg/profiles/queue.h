/*
 * queue.h - the queue of changed keys: a table that writers append to and a refresh takes from
 *
 * Its rows hold many keys each: one array a column of the key, all of one length. A row with a reason and no keys says
 * that everybody is stale. Nothing in it is unique or indexed, so that writers never wait: neither for one another nor
 * for a refresh.
 */
#ifndef UPROFILE_QUEUE_H
#define UPROFILE_QUEUE_H

#include "utils/timestamp.h"

#include "pg/profiles/queue_keys.h"

/* CREATE TABLE … for a queue of these types (without domains). */
extern char *up_queue_definition(const char *schema, const char *name, int n, const Oid *types);
/* Whether its columns are those of a queue. */
extern bool up_queue_is_shaped(Relation queue);
/* Whether the table is a queue that may be appended to: its columns, no index. NULL, or what is wrong. */
extern const char *up_queue_problem(Relation queue);

typedef struct UpQueueWriter UpQueueWriter;
/* expected: about how many keys will be added. */
extern UpQueueWriter *up_queue_writer(Relation queue, int64 expected);
/* Adds a key, unless it was added lately (byte for byte). No value may be NULL. */
extern void up_queue_add(UpQueueWriter *w, const Datum *key);
extern void up_queue_end(UpQueueWriter *w);
extern void up_queue_add_all(Relation queue, const char *reason);

typedef struct UpTaken
{
	int64 n;                 /* keys, each once */
	Datum *keys[UP_MAX_KEY]; /* keys[part][i] */
	bool all;                /* everybody is stale */
	List *reasons;           /* of texts, each once */
	TimestampTz oldest;      /* when the first of them changed; 0 where nothing was taken */
	int64 left;              /* keys that stay, since max_keys was reached; one may stand there several times */
} UpTaken;

/*
 * Takes entries out of the queue: deletes those that a new snapshot sees and returns their keys; the oldest max_keys of
 * them (0: all), unless everybody is stale. The sources must be read afterwards, with a snapshot taken after the call: what a writer
 * committed before his entry was seen is then seen as well. Entries of open transactions stay and are seen later,
 * together with their rows. If the caller's transaction fails, the entries are back.
 */
extern UpTaken *up_queue_take(Relation queue, const Oid *collations, int64 max_keys);

/* The same keys, of which none is taken. */
extern UpTaken *up_queue_look(Relation queue, const Oid *collations);

/* What waits, as the active snapshot sees it: keys, of which one may stand there several times. Adds to the counts. */
typedef struct UpQueued
{
	int64 n;
	bool all;
	TimestampTz oldest; /* 0: nothing waits */
} UpQueued;
extern void up_queue_count(Relation queue, UpQueued *counts);

/* What waits for one user, as the active snapshot sees it. Adds to what was found before. */
typedef struct UpQueuedUser
{
	TimestampTz changed; /* his oldest change; 0: none */
	char *everybody;     /* why everybody is to be computed, or NULL */
	TimestampTz since;   /* of the oldest such reason */
	bool others;         /* keys of others wait */
} UpQueuedUser;
extern void up_queue_find(Relation queue, const Oid *collations, const Datum *key, UpQueuedUser *found);

/* Takes this key out of all entries that a new snapshot sees, and leaves the others; returns how often it stood there. */
extern int64 up_queue_forget(Relation queue, const Oid *collations, const Datum *key);

#endif
