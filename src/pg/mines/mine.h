/*
 * mine.h - named mines: their definitions, and the baskets that they keep
 */
#ifndef UPROFILE_MINE_H
#define UPROFILE_MINE_H

#include "postgres.h"

#include "mine/standing.h"
#include "pg/io/baskets.h"
#include "utils/timestamp.h"

typedef struct UpMine
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	Oid owner;
	const char *source, *source_path, *basket, *item, *event_time; /* event_time: or NULL */
	const char *since; /* what is older does not count, as text; or NULL */
	double min_support, min_confidence;
	int32 max_len, max_rhs;
	int64 max_rules;
	UpKeys items; /* texts of all items that were ever seen, by number */
	UpStanding standing;
} UpMine;

/* What is to be stored. */
typedef struct UpMineOrder
{
	const char *name, *source, *basket, *item, *event_time;
	const Interval *time_window; /* or NULL */
	double min_support, min_confidence;
	int32 max_len, max_rhs;
	int64 max_rules;
} UpMineOrder;

/* Stores a definition, of the current role; an error where there is one of this name. */
extern void up_mine_add(const char *schema, const UpMineOrder *o);
/* The definition and its parts, locked; an error where there is none that the caller may use. */
extern UpMine *up_mine_load(const char *schema, const char *name);
extern void up_mine_drop(const char *schema, const char *name);
/* Stores the parts that are others now, and the rest of the state. */
extern void up_mine_keep(UpMine *m, uint64 n_baskets);

/*
 * The baskets that there are now, read as the mine's owner: grouped, items by the mine's numbers, which new ones get as well. keys: for
 * up_standing_update.
 */
extern UpBasketSource *up_mine_read(UpMine *m, UpKeys *keys);

#endif
