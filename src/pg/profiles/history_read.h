/*
 * history_read.h - what the history of a profile tells: of one user, and of everybody at a time
 *
 * Both are read with the rights of whoever asks, on the profile's table and its history.
 */
#ifndef UPROFILE_HISTORY_READ_H
#define UPROFILE_HISTORY_READ_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "pg/io/srf.h"

/* The changes of the user whose key is an argument, oldest first. schema: of the extension, quoted. */
extern void up_history_of_user(FunctionCallInfo fcinfo, int key_argument, const char *schema,
							   const char *profile, UpSrf *srf);
/* The rows of the profile whose table has this row type, as they were at a time. */
extern void up_history_as_of(Oid row_type, TimestampTz at, UpSrf *srf);

#endif
