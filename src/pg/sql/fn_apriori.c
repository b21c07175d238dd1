/*
 * fn_apriori.c - uprofile_apriori: rules from a source of baskets
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "mine/rules.h"
#include "pg/io/baskets_read.h"
#include "pg/io/item_hierarchy.h"
#include "pg/io/srf.h"
#include "pg/sql/mine_arguments.h"
#include "pg/sql/mined_items.h"
#include "pg/sql/mined_rules.h"

#include <math.h>

/*
 * Where items may stand, from the lists of arguments 8 … 11. A side is open to all items if neither its list nor
 * either_items is given. Items that may stand nowhere are not mined.
 */
static uint8_t *
item_sides(FunctionCallInfo fcinfo, UpMinedItems *items)
{
	uint8_t *sides = palloc0(Max(items->n, 1));
	uint8_t *excluded = palloc0(Max(items->n, 1));
	uint8_t open = 0;

	if (PG_ARGISNULL(10))
		open = (PG_ARGISNULL(8) ? UP_ON_LEFT : 0) | (PG_ARGISNULL(9) ? UP_ON_RIGHT : 0);
	else
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(10), sides, UP_ON_LEFT | UP_ON_RIGHT);
	if (!PG_ARGISNULL(8))
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(8), sides, UP_ON_LEFT);
	if (!PG_ARGISNULL(9))
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(9), sides, UP_ON_RIGHT);
	if (!PG_ARGISNULL(11))
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(11), excluded, 1);
	for (uint32_t i = 0; i < items->n; i++)
	{
		sides[i] |= open;
		excluded[i] |= sides[i] == 0;
	}
	up_mined_exclude(items, excluded);
	return sides;
}

/* Flags of the items that may stand on the right alone, of which a set has at most max_rhs; NULL: there are none. */
static uint8_t *
only_right(const uint8_t *sides, uint32_t n, uint32_t max_rhs)
{
	uint8_t *flags = palloc0(Max(n, 1));
	bool any = false;

	for (uint32_t i = 0; i < n && max_rhs > 0; i++)
		any |= flags[i] = sides[i] == UP_ON_RIGHT;
	return any ? flags : NULL;
}

static void
read_options(FunctionCallInfo fcinfo, UpRuleOptions *options, bool *top)
{
	int64 most;

	options->min_confidence = up_mine_number(fcinfo, 4, "min_confidence", 1);
	options->min_len = (uint32_t) up_mine_count(fcinfo, 5, "min_len", false, 1, 1000);
	options->max_rhs = (uint32_t) up_mine_count(fcinfo, 7, "max_rhs", false, 0, PG_INT32_MAX);
	options->min_lift = up_mine_number(fcinfo, 12, "min_lift", INFINITY);
	most = up_mine_count(fcinfo, 13, "max_rules", true, 1, UP_MINE_MOST);
	options->improvement = !PG_ARGISNULL(14);
	options->min_improvement =
		options->improvement ? up_mine_between(fcinfo, 14, "min_improvement", -1, 1) : -1;
	options->max_p_value = PG_ARGISNULL(15) ? 1 : up_mine_number(fcinfo, 15, "max_p_value", 1);
	options->correction = up_mined_correction(fcinfo, 16);
	options->max_rules = (uint32_t) up_mine_top(fcinfo, 17, most, top);
	options->order_by = up_mined_measure(fcinfo, 18);
	options->improvement |= options->order_by == UP_BY_IMPROVEMENT;
}

PG_FUNCTION_INFO_V1(uprofile_apriori);
Datum
uprofile_apriori(PG_FUNCTION_ARGS)
{
	char *source = up_mine_text(fcinfo, 0, "source"), *basket = up_mine_text(fcinfo, 1, "basket");
	char *item = up_mine_text(fcinfo, 2, "item");
	double support = up_mine_support(fcinfo, 3), began = up_seconds();
	int64 max_len = up_mine_count(fcinfo, 6, "max_len", false, 0, PG_INT32_MAX);
	UpMining mining = {.min_len = 1, .max_len = (uint32_t) max_len, .max_sets = up_mined_sets_in_memory()};
	UpRuleOptions options = {0};
	UpBasketSource *read;
	UpItemsets sets;
	UpRules rules;
	UpMinedItems *items;
	UpSrf *srf;
	bool top, truncated;

	read_options(fcinfo, &options, &top);
	up_mine_check_lengths(options.min_len, max_len);
	mining.miner = up_mine_method(fcinfo, 20);
	options.deadline = up_mine_time(fcinfo, 21);
	mining.deadline = up_mine_time_of_sets(began, options.deadline);
	srf = up_srf_begin_work(fcinfo);
	read = up_baskets_read(source, basket, item, options.deadline);
	if (!PG_ARGISNULL(19))
		up_item_hierarchy_read(read, text_to_cstring(PG_GETARG_TEXT_PP(19)));
	mining.min_count = up_mine_least(support, &read->baskets);
	items = up_mined_items(read, mining.min_count);
	options.sides = item_sides(fcinfo, items);
	options.n_items = items->n;
	options.n_baskets = read->baskets.n_baskets;
	mining.number = items->number;
	mining.n_numbers = items->n;
	mining.limited = only_right(options.sides, items->n, options.max_rhs);
	mining.max_limited = options.max_rhs;
	mining.relatives = up_item_relatives(read, items->number, items->n);
	mining.beside = up_baskets_bytes(&read->baskets);
	mining.spent = &read->baskets;
	up_mine_itemsets(&read->baskets, &mining, &sets);
	up_mine_rules(&sets, &options, &rules);
	truncated = sets.truncated || rules.out_of_time || (rules.truncated && !top);
	up_mined_rules_return(srf, &rules, items, truncated);
	up_mined_rules_warn(&sets, &rules, &options, top);
	up_rules_free(&rules);
	up_itemsets_free(&sets);
	return up_srf_end_work(srf);
}
