/*
 * schedule.h - the jobs of pg_cron that refresh profiles
 */
#ifndef UPROFILE_SCHEDULE_H
#define UPROFILE_SCHEDULE_H

#include "pg/profiles/profile.h"

/* Takes the profile's jobs out of pg_cron, as far as the caller may. The record is left, or goes with the profile. */
extern void up_schedule_remove_job(const UpProfile *p);

#endif
