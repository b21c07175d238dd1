/*
 * caught.h - work that may fail and leaves nothing then
 */
#ifndef UPROFILE_CAUGHT_H
#define UPROFILE_CAUGHT_H

#include "utils/elog.h"

typedef void (*UpWork)(void *of);

/* Cancellation, shutdown, and failures that a new attempt of the whole transaction may cure: never recorded. */
extern bool up_must_rethrow(int sqlerrcode);

/*
 * Runs the work in a subtransaction, in the caller's memory. NULL, or the error in that memory, after all that the work did
 * is undone, roles and settings with it. What up_must_rethrow names is thrown again.
 */
extern ErrorData *up_attempt(UpWork work, void *of);

/* Likewise, with every error: the caller throws again what is not his. */
extern ErrorData *up_attempt_any(UpWork work, void *of);

#endif
