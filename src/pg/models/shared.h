/*
 * shared.h - reading what another role shares with the current one
 */
#ifndef UPROFILE_SHARED_H
#define UPROFILE_SHARED_H

#include "postgres.h"

#include "pg/io/as_role.h"

/*
 * The deployed version of a model that is shared with the current role, by itself or with its profile: its id, 0 if none is deployed, -1 if
 * there is no such model or it is not shared. schema: of the extension, quoted.
 */
extern int64 up_shared_deployed(const char *schema, const char *name);
/* The bytes of a version that up_shared_deployed has named, in the current memory. */
extern bytea *up_shared_bytes(const char *schema, int64 id);

/* Whether a profile is shared with the current role. */
extern bool up_shared_profile(const char *schema, const char *name);
/* From here to up_as_role_end the registry is read as its tables' owner: only for what was found to be shared. */
extern void up_shared_begin(UpAsRole *before, const char *schema);

#endif
