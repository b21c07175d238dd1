/*
 * target_doubts.h - what training tells of its target
 */
#ifndef UPROFILE_TARGET_DOUBTS_H
#define UPROFILE_TARGET_DOUBTS_H

#include "learn/model.h"
#include "prep/frame.h"

/*
 * Warns of classes that look alike, are blank, or are numbers but for a few, and adds that to the note; and that so many rows have no target
 * and were passed over. Of amounts that may be codes, as postcodes, a NOTICE tells; frame: what they were learned from.
 */
extern char *up_target_doubts_say(const UpModel *m, const UpFrame *frame, uint64_t unlabelled, char *note);

#endif
