/*
 * interests.h - interests that fade: items with weights that halve with every half-life
 */
#ifndef UPROFILE_INTERESTS_H
#define UPROFILE_INTERESTS_H

#include "base/value.h"
#include "num/hash_table.h"

#define UP_INTERESTS_ITEMS      100                  /* the default of max_items */
#define UP_INTERESTS_MOST       10000                /* of max_items */
#define UP_INTERESTS_HALF_LIVES INT64_C(31557600000) /* seconds: 1,000 years */

/* (hi + lo) 2^exponent; hi in [0.5, 1), or 0. */
typedef struct UpFaded
{
	double hi, lo;
	int64_t exponent;
} UpFaded;

typedef struct UpInterest
{
	uint64_t hash;
	char *item;
	size_t len;
	UpFaded weight; /* at the epoch, time 0 */
} UpInterest;

typedef struct UpInterests
{
	int64_t half_life; /* seconds */
	uint32_t max_items;
	uint32_t n, capacity;
	UpInterest *items; /* in order of arrival */
	UpHashTable table;
	UpFaded dropped; /* no item can have more weight than it says, and this */
} UpInterests;

extern void up_interests_init(UpInterests *v, int64_t half_life, uint32_t max_items);
/* Times are microseconds from the epoch. */
extern void up_interests_add(UpInterests *v, const char *item, size_t len, double weight, int64_t event_time);
/* Of the same half-life, else it fails. */
extern void up_interests_merge(UpInterests *v, const UpInterests *other);
/* Keeps the heaviest, max_items of them. */
extern void up_interests_trim(UpInterests *v);
/* Positions, heaviest first, equal ones by their bytes. */
extern uint32_t *up_interests_order(const UpInterests *v);
/* What is left of a weight at a time; fails where that is more than a number can say. */
extern double up_interests_weight(const UpInterests *v, const UpFaded *weight, int64_t at);
/* NULL: the item is not there. */
extern const UpInterest *up_interests_find(const UpInterests *v, const char *item, size_t len);

/* The same items with the same weights are the same bytes. */
extern void up_interests_put(UpWriter *w, const UpInterests *v);
extern void up_interests_get(UpReader *r, UpInterests *v);
/* As JSON, heaviest first; reading it back gives the same bytes. */
extern char *up_interests_text(const UpInterests *v);
extern void up_interests_parse(UpInterests *v, const UpValue *json);

#endif
