/*
 * mine.h - named mines: their definitions, and the baskets that they keep
 */
#ifndef UPROFILE_MINE_H
#define UPROFILE_MINE_H

#include "postgres.h"

#include "mine/standing.h"
#include "pg/io/baskets.h"
#include "pg/mines/mine_follow.h"
#include "utils/timestamp.h"

typedef struct UpMine
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	Oid owner;
	const char *source, *source_path, *basket, *item, *event_time; /* event_time: or NULL */
	const char *since; /* what is older does not count, as text; or NULL */
	UpFollowedMine followed;
	double min_support, min_confidence;
	int32 max_len, max_rhs;
	int64 max_rules;
	UpKeys items; /* texts of all items that were ever seen, by number */
	uint32_t n_items_stored;
	UpStanding standing;
} UpMine;

/* What is to be stored. */
typedef struct UpMineOrder
{
	const char *name, *source, *basket, *item, *event_time, *watch;
	const Interval *time_window; /* or NULL */
	double min_support, min_confidence;
	int32 max_len, max_rhs;
	int64 max_rules;
} UpMineOrder;

/* What is told of a mine. */
typedef struct UpMineCounts
{
	int64 baskets, itemsets, rules;
	int32 parts;
} UpMineCounts;

/* Stores a definition, of the current role; an error where there is one of this name. */
extern void up_mine_add(const char *schema, const UpMineOrder *o);
/* The definition, locked; an error where there is none that the caller may use. */
extern UpMine *up_mine_find(const char *schema, const char *name, Oid trigger_function);
/* Its items and parts. */
extern void up_mine_load(UpMine *m);
extern void up_mine_drop(const char *schema, const char *name, Oid trigger_function);
extern void up_mine_rename(const char *schema, const char *name, const char *new_name);
extern void up_mine_reassign(const char *schema, const char *name, const char *role, Oid trigger_function);
/* Stores the parts that are others now, and the rest of the state. */
extern void up_mine_keep(UpMine *m, const UpMineChanges *c, const UpMineCounts *counts);
/* What it kept last, where nothing has changed since: that is noted. */
extern UpMineCounts up_mine_keep_all(UpMine *m);
/* The frequent sets in bytes, which take the place of those that are there; and those of a mine, or NULL; an error as above. */
extern void up_mine_keep_sets(const UpMine *m, UpWriter *w);
extern bytea *up_mine_sets(const char *schema, const char *name);

/*
 * The baskets that there are now, all or those that changed, read as the mine's owner: grouped, items by the mine's numbers, which new ones get
 * as well. touched, keys: for up_standing_change; touched is empty where all are read.
 */
extern UpBasketSource *up_mine_read(UpMine *m, const UpMineChanges *c, UpKeys *touched, UpKeys *keys);

#endif
