/*
 * registry_look.h - rows of the registry's tables, read directly
 *
 * By an index and with the snapshot of the query, whatever the caller's rights: for functions that tell whoever may read a
 * profile's view what the profile is, and no more than they are to know.
 */
#ifndef UPROFILE_REGISTRY_LOOK_H
#define UPROFILE_REGISTRY_LOOK_H

#include "access/genam.h"
#include "utils/rel.h"
#include "utils/uuid.h"

/* A column of the index, from the first on, that is to have a value. */
typedef struct UpLookKey
{
	const char *column;
	RegProcedure equal; /* of the column's type */
	Datum value;
} UpLookKey;

#define UP_LOOK_KEYS 2

typedef struct UpLook
{
	Relation table, index;
	SysScanDesc scan;
} UpLook;

/* False if there is no such table. */
extern bool up_look_begin(UpLook *look, Oid namespace, const char *table, const char *index, int n_keys,
						  const UpLookKey *keys);
/* The next row in the order of the index or, from its end, backwards; NULL: there is none. */
extern HeapTuple up_look_next(UpLook *look, ScanDirection direction);
extern Datum up_look_value(const UpLook *look, HeapTuple tuple, const char *column, bool *isnull);
extern void up_look_end(UpLook *look);

/* The definition of the profile of this name and identity, to be ended; NULL, and nothing to be ended: there is none. */
extern HeapTuple up_look_profile(UpLook *look, Oid namespace, const char *profile, const pg_uuid_t *identity);
/* The id of the deployed version of a model; 0: none. */
extern int64 up_look_deployed(Oid namespace, const char *model);

#endif
