/*
 * fn_class_rules.c - uprofile_class_rules: which values of columns go with which class
 *
 * Rules whose right side is a value of the target, from rows as items. Rows without a target say nothing of it, and do not count.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/row_items.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"
#include "pg/sql/mine_arguments.h"
#include "pg/sql/mined_rules.h"

#include <math.h>

/* The items of one row, until it is known whether it has a target. */
typedef struct Reading
{
	UpBasketSource *source;
	int target;
	uint64 row;
	bool any, labelled;
	uint32_t n, capacity;
	uint32_t *items;
	uint8_t *is_target; /* [target_capacity] by number of an item */
	uint32_t target_capacity;
} Reading;

static void
end_row(Reading *r)
{
	uint32_t basket = r->source->baskets.n_baskets;

	for (uint32_t i = 0; r->labelled && i < r->n; i++)
		up_baskets_add(&r->source->baskets, basket, r->items[i]);
	r->n = 0;
	r->labelled = false;
}

static void
take_item(void *arg, uint64 row, const char *key, int column, const char *item)
{
	Reading *r = arg;
	uint32_t number;

	if (r->any && row != r->row)
		end_row(r);
	r->any = true;
	r->row = row;
	number = up_keys_bytes(&r->source->item.keys, item, strlen(item));
	if (number >= r->target_capacity)
	{
		uint32_t more = Max(2 * r->target_capacity, number + 64);

		r->is_target = up_realloc(r->is_target, more);
		memset(r->is_target + r->target_capacity, 0, more - r->target_capacity);
		r->target_capacity = more;
	}
	r->is_target[number] = column == r->target;
	r->labelled |= column == r->target;
	if (r->n == r->capacity)
	{
		r->capacity *= 2;
		r->items = up_realloc(r->items, r->capacity * sizeof(uint32_t));
	}
	r->items[r->n++] = number;
}

static Reading *
read_rows(const char *source, const char *target, const char *key, const UpValue *bins)
{
	Reading *r = palloc0(sizeof(Reading));
	UpRowItems *rows;

	r->source = palloc0(sizeof(UpBasketSource));
	r->source->item.form = UP_KEY_BYTES;
	up_keys_init(&r->source->item.keys, true);
	up_baskets_init(&r->source->baskets);
	r->capacity = r->target_capacity = 64;
	r->items = up_alloc_array(r->capacity, sizeof(uint32_t));
	r->is_target = up_alloc0(r->target_capacity);
	rows = up_row_items_begin(source, key, bins, target, &r->target);
	up_row_items_each(rows, take_item, r);
	end_row(r);
	up_baskets_group(&r->source->baskets);
	return r;
}

static uint8_t *
sides_of(const Reading *r, const UpMinedItems *items)
{
	uint8_t *sides = palloc(Max(items->n, 1));

	for (uint32_t i = 0; i < items->n; i++)
		sides[i] = r->is_target[items->items[i].raw] ? UP_ON_RIGHT : UP_ON_LEFT;
	return sides;
}

static void
read_options(FunctionCallInfo fcinfo, UpRuleOptions *options)
{
	options->min_confidence = up_mine_number(fcinfo, 5, "min_confidence", 1);
	options->min_len = 2;
	options->max_rhs = 1;
	options->min_lift = up_mine_number(fcinfo, 7, "min_lift", INFINITY);
	options->max_rules = (uint32_t) up_mine_count(fcinfo, 8, "max_rules", true, 1, UP_MINE_MOST);
	options->improvement = !PG_ARGISNULL(9);
	options->min_improvement = options->improvement ? up_mine_between(fcinfo, 9, "min_improvement", -1, 1) : -1;
	options->max_p_value = PG_ARGISNULL(10) ? 1 : up_mine_number(fcinfo, 10, "max_p_value", 1);
	options->correction = up_mined_correction(fcinfo, 11);
	options->order_by = up_mined_measure(fcinfo, 12);
	options->improvement |= options->order_by == UP_BY_IMPROVEMENT;
	options->deadline = up_mine_time(fcinfo, 13);
}

PG_FUNCTION_INFO_V1(uprofile_class_rules);
Datum
uprofile_class_rules(PG_FUNCTION_ARGS)
{
	const char *source = up_text_argument(fcinfo, 0, "source"), *target = up_text_argument(fcinfo, 1, "target");
	const char *key = up_text_argument(fcinfo, 2, NULL);
	double support = up_mine_support(fcinfo, 4), began = up_seconds();
	UpMining mining = {.min_len = 1, .max_sets = up_mined_sets_in_memory()};
	UpRuleOptions options = {0};
	const UpValue *bins;
	UpMinedItems *items;
	UpItemsets sets;
	UpRules rules;
	Reading *r;
	UpSrf *srf;

	mining.max_len = (uint32_t) up_mine_count(fcinfo, 6, "max_len", false, 0, PG_INT32_MAX);
	read_options(fcinfo, &options);
	mining.deadline = up_mine_time_of_sets(began, options.deadline);
	srf = up_srf_begin_work(fcinfo);
	bins = PG_ARGISNULL(3) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(3));
	r = read_rows(source, target, key, bins);
	mining.min_count = up_mine_least(support, &r->source->baskets);
	items = up_mined_items(r->source, mining.min_count);
	options.sides = sides_of(r, items);
	options.n_items = items->n;
	options.n_baskets = r->source->baskets.n_baskets;
	mining.number = items->number;
	mining.n_numbers = items->n;
	mining.beside = up_baskets_bytes(&r->source->baskets);
	mining.spent = &r->source->baskets;
	up_mine_itemsets(&r->source->baskets, &mining, &sets);
	up_mine_rules(&sets, &options, &rules);
	up_mined_rules_return(srf, &rules, items, sets.truncated || rules.out_of_time || rules.truncated);
	up_mined_rules_warn(&sets, &rules, &options, false);
	up_rules_free(&rules);
	up_itemsets_free(&sets);
	return up_srf_end_work(srf);
}
