/*
 * profile_create.h - what making and changing a profile share
 */
#ifndef UPROFILE_PROFILE_CREATE_H
#define UPROFILE_PROFILE_CREATE_H

#include "pg/profiles/profile.h"

/* Fails where what is said of models (their keys) does not go with the source and their targets; after up_profile_resolve. */
extern void up_profile_check_models(const UpProfile *p, Jsonb *said);
/* Takes the names of the models for the current role; fails where another role or profile has one. */
extern void up_profile_claim_models(const UpProfile *p);
/* Watches what the source reads; see up_watch_start. */
extern void up_profile_start_watching(const UpProfile *p, Oid trigger_function, bool by_default);

#endif
