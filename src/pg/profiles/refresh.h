/*
 * refresh.h - a refresh that no statement asked for
 */
#ifndef UPROFILE_REFRESH_H
#define UPROFILE_REFRESH_H

#include "postgres.h"

typedef struct UpRefreshed
{
	bool busy;       /* another session is at it, and nothing was done */
	bool failed;     /* the run says why, and so does a warning */
	int64 remaining; /* keys that still wait */
} UpRefreshed;

/* As uprofile_refresh with its defaults, without waiting, of not too many users: to be called as the profile's owner. */
extern UpRefreshed up_refresh_slice(const char *schema, const char *name, Oid trigger_function);
/*
 * Whether a refresh is due although nothing changed: by the interval full_every, since the definition is another one, for a
 * model. To be called as the profile's owner.
 */
extern bool up_refresh_is_due(const char *schema, const char *name, Oid trigger_function);

#endif
