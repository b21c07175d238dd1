/*
 * trails.h - what users did, in order of time, from a source
 */
#ifndef UPROFILE_PG_TRAILS_H
#define UPROFILE_PG_TRAILS_H

#include "mine/trails.h"
#include "pg/io/baskets.h"
#include "utils/timestamp.h"

typedef struct UpItemText
{
	const char *text;
	size_t len;
	uint32_t number; /* that it had while rows were read */
	Datum datum;     /* made when it is first asked for */
} UpItemText;

typedef struct UpTrailSource
{
	UpTrails trails;   /* sorted; items are numbered in the order of their bytes */
	UpItemText *items; /* [trails.n_items] */
	bool is_time;      /* event_time counts microseconds; else it only orders */
	uint64 n_rows;
	/* while it is read */
	UpKeyColumn user, item;
	UpAttribute *when;
	MemoryContext row_context;
} UpTrailSource;

/*
 * Reads three columns of a source: dates, timestamps or numbers as the time; items, or arrays of what happened at one time. Rows where one of
 * them is NULL are passed over.
 */
extern UpTrailSource *up_trails_read(const char *source, const char *user_key, const char *event_time,
									 const char *item);
/* The number of an item, or false. */
extern bool up_trails_find(const UpTrailSource *s, const char *text, size_t len, uint32_t *item);
/* Items as an array of texts, in the current memory. */
extern Datum up_trails_texts(UpTrailSource *s, const uint32_t *items, uint32_t n);
/*
 * Microseconds of an interval that is not negative (a month is 30 days, a day 24 hours, as intervals compare); none for NULL. Refuses one
 * where times are none.
 */
extern uint64_t up_trails_interval(const UpTrailSource *s, const Interval *interval, const char *name,
								   uint64_t none);

#endif
