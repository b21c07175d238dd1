/*
 * held.h - what a refresh has read of its source before it computes users: for cleaning, for training, for counting
 */
#ifndef UPROFILE_HELD_H
#define UPROFILE_HELD_H

#include "pg/profiles/follow.h"
#include "pg/profiles/profile_clean.h"
#include "pg/profiles/profile_train.h"

/* Rows of the source, cleaned, that stand for it; or nothing. */
typedef struct UpHeld
{
	UpFreshRows *rows;
	UpCleaned *cleaned;
	bool some; /* not everybody, but users by their keys */
} UpHeld;

/* Reads and cleans the source, which is these rows until they are let go. keys: NULL: everybody. */
extern UpHeld up_hold(UpProfile *p, const UpKeys *keys);
extern void up_let_go(UpProfile *p, UpHeld *held);
/* The same, if there are any keys; *changed: how many of these users are not as they were. */
extern UpHeld up_hold_and_note(UpProfile *p, const UpProfileTable *table, const UpKeys *keys, int64 *changed);
/* Trains what is due: *steps, one a model. Returns what was read for it. */
extern UpHeld up_train_due(UpProfile *p, const UpProfileTable *table, const UpFollow *follow, bool all_users,
						   const UpRetrainOrder *order, List **steps);

#endif
