/*
 * profile_write.h - what differs is written to a profile's table, and nothing else
 */
#ifndef UPROFILE_PROFILE_WRITE_H
#define UPROFILE_PROFILE_WRITE_H

#include "pg/profiles/profile_rows.h"

typedef struct UpWritten
{
	int64 inserted;
	int64 updated;
	int64 deleted;
} UpWritten;

/* What may be deleted. */
typedef struct UpDeletable
{
	double share;  /* of the users, if they are more than 10 */
	int64 already; /* deleted before, which count too */
} UpDeletable;

/*
 * Makes the table hold just these rows of these users (keys: those that were read, or NULL for everybody) and writes none that is as it was; rows of users
 * who failed stay. Fails if too many users would go.
 */
extern UpWritten up_profile_write(UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys,
								  UpDeletable deletable);
/* Fails where two of the rows have the same key: of them the statements of a refresh would take either. */
extern void up_profile_refuse_repeated(const UpProfile *p, const UpFreshRows *rows);
/* The number of rows in the table. */
extern int64 up_profile_count(const UpProfile *p);

#endif
