/*
 * registry_guard.h - the extension's tables run nothing but what the extension put there
 */
#ifndef UPROFILE_REGISTRY_GUARD_H
#define UPROFILE_REGISTRY_GUARD_H

#include "storage/lockdefs.h"

/*
 * Fails if a registry table carries a trigger, rule, policy, default, check, index or heir that is not the extension's
 * own: their owner may add them, and they would run with the caller's rights. The tables stay locked, so that nothing
 * is added before the transaction ends. schema: of the extension, quoted. To be called before every write (lock:
 * RowExclusiveLock) and every reading by name (AccessShareLock).
 */
extern void up_registry_guard(const char *schema, LOCKMODE lock);
/* The same of the tables that a prediction by name reads: names, versions, folds, grants. */
extern void up_registry_guard_prediction(const char *schema);

#endif
