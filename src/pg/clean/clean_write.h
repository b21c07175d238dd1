/*
 * clean_write.h - what a cleaning leaves: the destination, its quarantine and its changes
 */
#ifndef UPROFILE_CLEAN_WRITE_H
#define UPROFILE_CLEAN_WRITE_H

#include "pg/clean/clean_record.h"

/* Where the tables go. */
typedef struct UpCleanTarget
{
	char *schema;
	char *names[UP_CLEAN_PLACES];
	Oid replaced[UP_CLEAN_PLACES]; /* tables of an earlier cleaning, locked; InvalidOid: to be created */
} UpCleanTarget;

/*
 * Resolves the name under the caller's path; fails where the caller must not create there, or one exists already that is
 * not to be replaced.
 */
extern UpCleanTarget *up_clean_target(const char *destination, bool replace, bool dry_run);
/* Fails in words unless the tables that are replaced have the columns of the new ones. */
extern void up_clean_check_target(const UpCleanTable *t, const UpCleanTarget *target);
/* Creates or empties, and fills, the three tables. The rows that left have their first values back afterwards. */
extern void up_clean_write(UpCleanTable *t, const UpCleanTarget *target, const char *source,
						   const UpValue *rules);

/* Dates, times and numbers as texts that do not depend on the session; returns the level to end with. */
extern int up_clean_text_settings(void);

#endif
