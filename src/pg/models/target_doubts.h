/*
 * target_doubts.h - what training tells of its target
 */
#ifndef UPROFILE_TARGET_DOUBTS_H
#define UPROFILE_TARGET_DOUBTS_H

#include "learn/model.h"

/* Warns of classes that look alike, or are blank, and adds that to the note; and that so many rows have no target and were passed over. */
extern char *up_target_doubts_say(const UpModel *m, uint64_t unlabelled, char *note);

#endif
