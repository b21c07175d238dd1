/*
 * mine_result.h - the frequent sets of a named mine as bytes, and rules made of them
 */
#ifndef UPROFILE_MINE_RESULT_H
#define UPROFILE_MINE_RESULT_H

#include "base/codec.h"
#include "mine/itemsets.h"
#include "mine/rules.h"
#include "pg/sql/mined_items.h"

typedef struct UpMineResult
{
	uint32_t n_baskets;
	UpMinedItems *items; /* sets name them by their places */
	UpItemsets sets;
} UpMineResult;

extern void up_mine_result_put(UpWriter *w, const UpMineResult *r);
/* Checks everything but whether the counts are true. */
extern void up_mine_result_get(const void *bytes, size_t len, UpMineResult *r);
/* How many rules there are, without a bound. */
extern uint64 up_mine_result_count_rules(const UpMineResult *r, double min_confidence, int32 max_rhs);
extern void up_mine_result_rules(const UpMineResult *r, double min_confidence, int32 max_rhs, int64 max_rules,
								 UpRules *rules);

#endif
