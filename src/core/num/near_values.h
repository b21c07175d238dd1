/*
 * near_values.h - the median of more values than are held, whatever order they come in
 */
#ifndef UPROFILE_NEAR_VALUES_H
#define UPROFILE_NEAR_VALUES_H

#include "base/codec.h"

/* Up to so many different values the answers are exact. */
#define UP_NEAR_VALUES 2048

/* Values that are near each other, and how many there are. */
typedef struct UpNear
{
	uint64_t key;  /* upper bits of the values, which follow their order */
	uint64_t rows; /* 0: no key */
} UpNear;

#define UP_NEAR_SLOTS (2 * UP_NEAR_VALUES)
#define UP_NEAR_BYTES (UP_NEAR_SLOTS * sizeof(UpNear)) /* that it takes, at most */

/* Begins as zeros. */
typedef struct UpNearValues
{
	unsigned shift; /* bits that keys leave away: as few as UP_NEAR_VALUES keys allow */
	uint32_t n, n_slots;
	UpNear *slots;  /* by hashes of the keys, the next one where it is taken; at most half of them are */
	uint64_t known; /* values */
} UpNearValues;

/* A value of each of n; NaN is none. Others are finite. */
extern void up_near_values_add(UpNearValues *values, const double *x, uint32_t n);
extern void up_near_values_merge(UpNearValues *s, const UpNearValues *other);
/* Of one value at least. */
extern double up_near_values_median(const UpNearValues *s);
/* The smaller one where two are. */
extern double up_near_values_most_frequent(const UpNearValues *s);

/* The same in so many bytes without pointers, for parts of a job; zeros: no values. What they are taken from is not checked. */
#define UP_NEAR_FLAT_BYTES (sizeof(UpNearValues) + UP_NEAR_BYTES)
extern void up_near_values_to_flat(const UpNearValues *s, void *flat);
extern void up_near_values_of_flat(UpNearValues *s, const void *flat);

extern void up_put_near_values(UpWriter *w, const UpNearValues *s);
extern void up_get_near_values(UpReader *r, UpNearValues *s);

#endif
