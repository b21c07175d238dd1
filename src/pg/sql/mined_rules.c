/*
 * mined_rules.c - rules as rows, and what they have in common with class rules; see mined_rules.h
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/module.h"
#include "pg/sql/mine_arguments.h"
#include "pg/sql/mined_rules.h"

#include <math.h>

#define BYTES_A_SET 1024

/* As many sets as fit into the memory allowed while they are sorted, for sets of about ten items. */
uint32_t
up_mined_sets_in_memory(void)
{
	int64 n = (int64) up_max_memory_kb * 1024 / BYTES_A_SET;

	return (uint32_t) Min(Max(n, 1024), UP_MINE_MOST);
}

/* A text[] of a side, in a buffer of its own, which the next rule uses again. */
typedef struct Side
{
	char *array;
	size_t capacity;
} Side;

static Datum
side_array(Side *side, const UpMinedItems *items, const UpItemsets *sets, uint32_t set)
{
	uint32_t n = set == UP_EMPTY_SET ? 0 : sets->sets[set]->len;
	const uint32_t *numbers = n == 0 ? NULL : sets->sets[set]->items;
	size_t room = up_mined_array_room(items, numbers, n);

	if (room > side->capacity)
	{
		side->capacity = Max(2 * room, 1024);
		side->array = MemoryContextAllocHuge(CurrentMemoryContext, side->capacity);
	}
	up_mined_array(items, numbers, n, side->array);
	return PointerGetDatum(side->array);
}

void
up_mined_rules_return(UpSrf *srf, const UpRules *rules, const UpMinedItems *items, bool truncated)
{
	const UpItemsets *sets = rules->sets;
	Side lhs = {0}, rhs = {0};

	for (uint32_t i = 0; i < rules->n; i++)
	{
		UpRuleNumbers v = up_rule_numbers(rules, i);
		Datum values[17];
		bool nulls[17] = {false};

		if ((i & 1023) == 0)
			up_progress("returning rules", i, rules->n);
		values[0] = side_array(&lhs, items, sets, rules->rules[i].lhs);
		values[1] = side_array(&rhs, items, sets, rules->rules[i].rhs);
		values[2] = Int64GetDatum((int64) v.count);
		values[3] = Float8GetDatum(v.support);
		values[4] = Float8GetDatum(v.confidence);
		values[5] = Float8GetDatum(v.lift);
		values[6] = Float8GetDatum(v.leverage);
		values[7] = Float8GetDatum(v.conviction);
		values[8] = Float8GetDatum(v.zhang);
		values[9] = Float8GetDatum(v.jaccard);
		values[10] = Float8GetDatum(v.cosine);
		values[11] = Float8GetDatum(v.kulczynski);
		values[12] = Float8GetDatum(v.imbalance);
		values[13] = Float8GetDatum(v.chi_squared);
		values[14] = Float8GetDatum(v.p_value);
		values[15] = Float8GetDatum(v.improvement);
		nulls[15] = isnan(v.improvement);
		values[16] = BoolGetDatum(truncated);
		up_srf_row(srf, values, nulls);
	}
}

void
up_mined_rules_warn(const UpItemsets *sets, const UpRules *rules, const UpRuleOptions *options, bool top)
{
	if (sets->out_of_time || rules->out_of_time)
		up_warn("Raise time_budget or min_support, or set max_len.",
				"the search for rules ended with its time budget: what was found until then is returned");
	else if (sets->truncated)
		up_warn("Raise min_support or uprofile.max_memory, or set max_len.",
				"more than %u item sets are frequent: rules come from the %u most frequent", sets->limit,
				sets->limit);
	if (rules->n == options->max_rules && rules->truncated && !top)
		up_warn("Raise min_support, min_confidence, min_lift or max_rules.",
				options->order_by == UP_BY_P_VALUE
					? "there are more than %u rules: only the %u with the least %s are returned"
					: "there are more than %u rules: only the %u with the greatest %s are returned",
				options->max_rules, options->max_rules, up_measure_name(options->order_by));
}

UpMeasure
up_mined_measure(FunctionCallInfo fcinfo, int i)
{
	const char *names[UP_MEASURES + 1] = {NULL};

	for (int m = 0; m < UP_MEASURES; m++)
		names[m] = up_measure_name((UpMeasure) m);
	return (UpMeasure) up_mine_choice(fcinfo, i, "order_by", names, NULL);
}

UpCorrection
up_mined_correction(FunctionCallInfo fcinfo, int i)
{
	static const char *const corrections[] = {
		[UP_CORRECT_NONE] = "none", [UP_CORRECT_BONFERRONI] = "bonferroni", [UP_CORRECT_BH] = "bh", NULL};

	return (UpCorrection) up_mine_choice(
		fcinfo, i, "correction", corrections,
		"bonferroni bounds the chance of any false rule, bh (Benjamini, Hochberg) the share of false rules.");
}
