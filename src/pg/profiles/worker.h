/*
 * worker.h - profiles that a background worker refreshes
 */
#ifndef UPROFILE_WORKER_H
#define UPROFILE_WORKER_H

#include "pg/profiles/profile.h"

/* Says what is missing where a profile is to be refreshed continuously and will not be. */
extern void up_profile_tell_continuous(const UpProfile *p);

#endif
