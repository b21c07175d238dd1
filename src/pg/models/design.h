/*
 * design.h - how the rows of a version were made and held out, where that is not by the hash of the key: kept with it
 */
#ifndef UPROFILE_DESIGN_H
#define UPROFILE_DESIGN_H

#include "postgres.h"

#include "assess/holdout.h"

/* Each may be NULL. event: what the rows were made of (events.h); asked: what the training was asked for, where it searched. */
extern void up_design_store(const char *schema, int64 id, const UpHoldout *split, const UpValue *event,
							const UpValue *asked);
/* How a version held out its rows; false: by the hash, or as its list says. */
extern bool up_design_split(const char *schema, int64 id, UpHoldout *split);
/* NULL: its rows were given. */
extern UpValue *up_design_event(const char *schema, int64 id);

#endif
