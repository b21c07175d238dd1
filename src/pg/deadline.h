/*
 * deadline.h - an end to work that takes longer than was thought
 */
#ifndef UPROFILE_DEADLINE_H
#define UPROFILE_DEADLINE_H

#include "datatype/timestamp.h"
#include "utils/elog.h"

/* A limit of the program, as memory is one. */
#define UP_ERRCODE_LATE MAKE_SQLSTATE('5', '4', 'U', 'P', '1')

/*
 * From then on up_tick fails once with this code; 0: never. Whoever sets it catches that in a subtransaction, and takes it back
 * whatever happens in between. What was shared with the work that is broken off may be half done.
 */
extern void up_deadline(TimestampTz at);

#endif
