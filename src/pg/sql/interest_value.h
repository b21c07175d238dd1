/*
 * interest_value.h - values of the type uprofile_interest
 */
#ifndef UPROFILE_INTEREST_VALUE_H
#define UPROFILE_INTEREST_VALUE_H

#include "fmgr.h"
#include "utils/timestamp.h"

#include "mine/interests.h"

/* Of stored or sent bytes, all of which are checked. */
extern UpInterests *up_interest_read(Datum value);
/* A value of no more than its max_items: v is trimmed. */
extern Datum up_interest_make(UpInterests *v);
/* One event; the moment in microseconds from PostgreSQL's epoch. */
extern void up_interest_add(UpInterests *v, text *item, double weight, TimestampTz event_time);
/* Seconds. */
extern int64 up_half_life(const Interval *half_life);

#endif
