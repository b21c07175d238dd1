/*
 * queue_keys.h - the keys in the entries of a queue: their types, and how they are compared
 */
#ifndef UPROFILE_QUEUE_KEYS_H
#define UPROFILE_QUEUE_KEYS_H

#include "fmgr.h"
#include "utils/rel.h"

#include "pg/profiles/key_type.h"

extern int up_queue_parts(Relation queue);
extern Oid up_queue_type(Relation queue, int part);

typedef struct UpQueueKeys
{
	int n_parts;
	Oid types[UP_MAX_KEY];
	int16 lens[UP_MAX_KEY];
	bool byvals[UP_MAX_KEY];
	char aligns[UP_MAX_KEY];
	FmgrInfo compare[UP_MAX_KEY];
	Oid collations[UP_MAX_KEY];
} UpQueueKeys;

extern void up_queue_keys_init(UpQueueKeys *k, Relation queue, const Oid *collations);
/* The values of a part from an entry's array; returns how many they are. */
extern int up_queue_keys_take(const UpQueueKeys *k, int part, Datum array, Datum **values);
/* An entry's array of these values of a part. */
extern Datum up_queue_keys_array(const UpQueueKeys *k, int part, Datum *values, int n);
/* Below, equal to or above 0, as the type has it. */
extern int up_queue_keys_compare(const UpQueueKeys *k, int part, Datum a, Datum b);

#endif
