/*
 * trait_options.h - params of the aggregates over times of events
 */
#ifndef UPROFILE_TRAIT_OPTIONS_H
#define UPROFILE_TRAIT_OPTIONS_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/codec.h"

typedef enum UpTrait
{
	UP_TRAIT_RFM,
	UP_TRAIT_SESSIONS,
	UP_TRAIT_HABITS,
	UP_TRAIT_TREND,
	UP_TRAIT_STREAK,
	UP_TRAIT_SINCE,
	UP_TRAIT_TOP,
	UP_N_TRAITS
} UpTrait;

extern const char *const up_trait_names[UP_N_TRAITS];

typedef enum UpTraitCount
{
	UP_COUNT_TIMES,
	UP_COUNT_DAYS,
	UP_COUNT_EVENTS
} UpTraitCount;

typedef struct UpTraitOptions
{
	bool has_at;
	int64 at;
	int count;
	uint64 gap;   /* microseconds */
	int32 months; /* of a period; 0: it has microseconds */
	int64 period;
	char *time_zone; /* NULL: the session's */
} UpTraitOptions;

/* NULL: defaults. Allocates in the current memory. */
extern void up_trait_options(UpTraitOptions *o, UpTrait trait, Jsonb *params);
extern bool up_trait_options_equal(const UpTraitOptions *a, const UpTraitOptions *b);
extern void up_put_trait_options(UpWriter *w, const UpTraitOptions *o);
extern void up_get_trait_options(UpReader *r, UpTraitOptions *o);

/* at, or the time of the transaction. */
extern int64 up_trait_moment(const UpTraitOptions *o);
/* A time by the user's clock. */
extern Timestamp up_trait_local(const UpTraitOptions *o, TimestampTz at);
/* The number of the period in which a local time lies, and when a period begins. */
extern int64 up_trait_period(const UpTraitOptions *o, Timestamp local);
extern TimestampTz up_trait_period_begin(const UpTraitOptions *o, int64 period);

#endif
