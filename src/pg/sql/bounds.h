/*
 * bounds.h - arguments that say how much is wanted: numbers with bounds, shares, names out of a list, a time
 */
#ifndef UPROFILE_BOUNDS_H
#define UPROFILE_BOUNDS_H

#include "fmgr.h"
#include "utils/timestamp.h"

/* Integers; wide: of 64 bits. */
extern int64 up_count_argument(FunctionCallInfo fcinfo, int argument, const char *name, bool wide, int64 min,
							   int64 max);
/* Above 0; of: what a share is of, "users". */
extern double up_support_argument(FunctionCallInfo fcinfo, int argument, const char *of);
extern bool up_bool_argument(FunctionCallInfo fcinfo, int argument, const char *name);
/* The place in the list, which ends with NULL. */
extern int up_choice_argument(FunctionCallInfo fcinfo, int argument, const char *name,
							  const char *const *choices);
/* NULL where there is none. */
extern const Interval *up_interval_argument(FunctionCallInfo fcinfo, int argument);
/* An item of text[] that must not hold a NULL; or NULL and 0. */
extern Datum *up_texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, int *n);

/* When a time_budget, or NULL for none, is over. */
typedef struct UpDeadline
{
	TimestampTz until; /* 0: never */
} UpDeadline;
extern UpDeadline up_deadline_argument(FunctionCallInfo fcinfo, int argument);
/* For core's options: whether it is over. */
extern bool up_deadline_is_over(void *deadline);

#endif
