/*
 * nearest.h - the name that may have been meant, where one is not found
 */
#ifndef UPROFILE_NEAREST_H
#define UPROFILE_NEAREST_H

#include "access/tupdesc.h"
#include "nodes/primnodes.h"

#include "base/params.h"

/* The nearest column, or NULL. */
extern const char *up_nearest_column(const char *name, TupleDesc columns);
/*
 * Fails: there is no "mine" of that name, or whatever kind it is of. A query of ours gives those that there are in its column "name": the nearest
 * is told, but not where another role than the caller is asked.
 */
extern UP_NORETURN void up_fail_unknown(const char *kind, const char *name, const char *query);
/* The nearest relation of those that can be read by name, written as the name was: with its schema, or without; or NULL. */
extern const char *up_nearest_relation(const RangeVar *name);
/* In ereport: asks whether the nearest was meant; where there is none, says what else helps (or nothing: NULL). */
extern int up_hint_nearest(const char *nearest, const char *otherwise);

#endif
