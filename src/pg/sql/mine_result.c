/*
 * mine_result.c - see mine_result.h
 *
 * u32 format (1), u32 baskets, u32 items, of each its text, in the order of their bytes; u32 sets, of each u32 items, each u32, u32 count; in the
 * order of itemsets.h.
 */
#include "postgres.h"

#include "pg/sql/mine_result.h"

#define FORMAT 1

void
up_mine_result_put(UpWriter *w, const UpMineResult *r)
{
	up_put_u32(w, FORMAT);
	up_put_u32(w, r->n_baskets);
	up_put_u32(w, r->items->n);
	for (uint32_t i = 0; i < r->items->n; i++)
	{
		up_put_u32(w, (uint32_t) r->items->items[i].len);
		up_put_bytes(w, r->items->items[i].text, r->items->items[i].len);
	}
	up_put_u32(w, r->sets.n);
	for (uint32_t i = 0; i < r->sets.n; i++)
	{
		const UpItemset *set = r->sets.sets[i];

		up_put_u32(w, set->len);
		up_put_u32_array(w, set->items, set->len);
		up_put_u32(w, set->count);
	}
}

static void
get_sets(UpReader *reader, UpMineResult *r)
{
	uint32_t n = up_get_count(reader, 12, UINT32_MAX / 4, "item sets");
	uint32_t *items = up_alloc_array(Max(r->items->n, 1), sizeof(uint32_t));

	up_itemsets_init(&r->sets, 1, Max(n, 1));
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_get_count(reader, sizeof(uint32_t), r->items->n, "items"), count;

		for (uint32_t j = 0; j < len; j++)
		{
			items[j] = up_get_u32(reader);
			if (items[j] >= r->items->n || (j > 0 && items[j] <= items[j - 1]))
				up_corrupt(reader, "items are out of order");
		}
		count = up_get_u32(reader);
		if (len == 0 || count == 0 || count > r->n_baskets)
			up_corrupt(reader, "a count is out of range");
		up_itemsets_push(&r->sets, items, len - 1, items[len - 1], count);
		if ((i & 4095) == 0)
			up_tick();
	}
	up_itemsets_finish(&r->sets);
	up_free(items);
}

void
up_mine_result_get(const void *bytes, size_t len, UpMineResult *r)
{
	UpReader reader;
	UpBasketSource names = {0};
	uint32_t n;

	up_reserve(4 * len, "the item sets of a mine");
	up_reader_init(&reader, bytes, len, "mine");
	if (up_get_u32(&reader) != FORMAT)
		up_fail_with(UP_NEWER_FORMAT, NULL, "Update the extension, or refresh the mine.",
					 "the item sets of a mine have a format that is not known");
	r->n_baskets = up_get_u32(&reader);
	n = up_get_count(&reader, sizeof(uint32_t), UINT32_MAX / 4, "items");
	names.item.form = UP_KEY_TEXT;
	names.baskets.n_items = n;
	names.baskets.counts = up_alloc0(Max(n, 1) * sizeof(uint32_t));
	up_keys_init(&names.item.keys, true);
	for (uint32_t i = 0; i < n; i++)
	{
		char *text = up_get_text(&reader);

		if (text == NULL || up_keys_bytes(&names.item.keys, text, strlen(text)) != i)
			up_corrupt(&reader, "an item is there twice");
		up_free(text);
	}
	r->items = up_mined_items(&names, 0);
	for (uint32_t i = 0; i < n; i++)
	{
		if (r->items->number[i] != i)
			up_corrupt(&reader, "items are out of order");
	}
	get_sets(&reader, r);
	up_get_end(&reader);
}

static void
make_rules(const UpMineResult *r, double min_confidence, int32 max_rhs, int64 max_rules, bool only_counted,
		   UpRules *rules)
{
	UpRuleOptions options = {.n_baskets = r->n_baskets,
							 .n_items = r->items->n,
							 .min_confidence = min_confidence,
							 .min_len = 2,
							 .max_rhs = (uint32_t) max_rhs,
							 .max_rules = (uint32_t) max_rules,
							 .min_improvement = -1,
							 .max_p_value = 1,
							 .correction = UP_CORRECT_NONE,
							 .only_counted = only_counted};

	up_mine_rules(&r->sets, &options, rules);
}

void
up_mine_result_rules(const UpMineResult *r, double min_confidence, int32 max_rhs, int64 max_rules,
					 UpRules *rules)
{
	make_rules(r, min_confidence, max_rhs, max_rules, false, rules);
}

uint64
up_mine_result_count_rules(const UpMineResult *r, double min_confidence, int32 max_rhs)
{
	UpRules rules;

	make_rules(r, min_confidence, max_rhs, 1, true, &rules);
	return rules.n_tested;
}
