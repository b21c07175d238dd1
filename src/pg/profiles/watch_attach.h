/*
 * watch_attach.h - the triggers of watched tables
 */
#ifndef UPROFILE_WATCH_ATTACH_H
#define UPROFILE_WATCH_ATTACH_H

#include "pg/profiles/watch.h"

/* Fails in words where the current role cannot watch this table. */
extern void up_watch_check_table(Oid relation);
/* Makes those that the table itself lacks of the watch with this number. */
extern void up_watch_attach(Oid trigger_function, int64 id, UpWatchForm form, Oid relation);
/* Every trigger that calls our function, on whatever table; and removes those of a watch among them. */
extern List *up_watch_attached(Oid trigger_function);
extern void up_watch_detach(const UpWatch *w, List *triggers);
/* Whether those of the watch fire for all that may happen to this table; disabled ones count as missing. */
extern bool up_watch_fires(const UpWatch *w, Oid relation, Oid trigger_function);

#endif
