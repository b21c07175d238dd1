/*
 * caught.h - work that may fail and leaves nothing then
 */
#ifndef UPROFILE_CAUGHT_H
#define UPROFILE_CAUGHT_H

#include "utils/elog.h"
#include "utils/palloc.h"

#include "base/platform.h"

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

/*
 * In PG_CATCH: throws the error again without the context that shows this statement, and without the place in it: what a statement of ours is like
 * tells the user nothing.
 */
extern UP_NORETURN void up_rethrow_without(const char *statement, MemoryContext context);

/* What an error says, its detail and hint behind it in parentheses, for those who read of it later. */
extern char *up_error_told(const ErrorData *e);

#endif
