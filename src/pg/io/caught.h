/*
 * caught.h - errors caught in a subtransaction
 */
#ifndef UPROFILE_CAUGHT_H
#define UPROFILE_CAUGHT_H

#include "utils/elog.h"
#include "utils/palloc.h"
#include "utils/resowner.h"

/* Cancellation, shutdown, and failures that a new attempt of the whole transaction may cure: never recorded. */
extern bool up_must_rethrow(int sqlerrcode);

/* In PG_CATCH of a subtransaction begun in this memory and by this owner: the error, after all is undone. */
extern ErrorData *up_caught(MemoryContext outer, ResourceOwner owner);

#endif
