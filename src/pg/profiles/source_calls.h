/*
 * source_calls.h - the functions that a source calls: those that may answer differently although no row changed
 */
#ifndef UPROFILE_SOURCE_CALLS_H
#define UPROFILE_SOURCE_CALLS_H

#include "nodes/parsenodes.h"

typedef struct UpClockUse
{
	const char *column; /* of the source; NULL: a condition, so that rows come and go */
	const char *what;   /* now(), CURRENT_DATE, … */
} UpClockUse;

/*
 * Reasons, in words, why the (rewritten) query cannot be recomputed for one user alone because of what it calls. settings:
 * these may be read.
 */
extern List *up_calls_unsafe(Query *query, bool settings);
/* A text that changes with the bodies of the functions that the query calls itself, as far as they are not built in. */
extern const char *up_calls_bodies(Query *query);
/* Where the query reads the clock. */
extern List *up_calls_clock(Query *query);
/* Whether its columns read the clock, or a setting that stands for it. */
extern bool up_calls_time(Query *query);
/* The clock's words ('now', 'today', …) in the text itself, which are constants once it is parsed; NULL if none. */
extern const char *up_calls_clock_word(const char *text);

#endif
