/*
 * fn_mine.c - item sets and rules from a source of baskets
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mine/apriori.h"
#include "mine/rules.h"
#include "pg/io/baskets.h"
#include "pg/module.h"
#include "pg/io/srf.h"

#include <math.h>

#define MAX_RESULTS 1000000000
#define BYTES_A_SET 1024

/* ---- arguments ---- */

static void
check_given(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"%s\" must not be null", name)));
}

static char *
text_argument(FunctionCallInfo fcinfo, int i, const char *name)
{
	check_given(fcinfo, i, name);
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

static int64
count_argument(FunctionCallInfo fcinfo, int i, const char *name, bool wide, int64 min, int64 max)
{
	int64 v;

	check_given(fcinfo, i, name);
	v = wide ? PG_GETARG_INT64(i) : PG_GETARG_INT32(i);
	if (v < min || v > max)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be between " INT64_FORMAT " and " INT64_FORMAT ", not " INT64_FORMAT,
							   name, min, max, v)));
	return v;
}

static double
support_argument(FunctionCallInfo fcinfo, int i)
{
	double v;

	check_given(fcinfo, i, "min_support");
	v = PG_GETARG_FLOAT8(i);
	if (!(v > 0) || isinf(v))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_support must be a number greater than 0, not %g", v),
						errhint("Up to 1 it is a share of the baskets, above 1 a number of baskets.")));
	return v;
}

static double
between_argument(FunctionCallInfo fcinfo, int i, const char *name, double min, double max)
{
	double v;

	check_given(fcinfo, i, name);
	v = PG_GETARG_FLOAT8(i);
	if (!(v >= min && v <= max) || isinf(v))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 isinf(max) ? errmsg("%s must be a number of at least %g, not %g", name, min, v)
							: errmsg("%s must be a number between %g and %g, not %g", name, min, max, v)));
	return v;
}

static double
number_argument(FunctionCallInfo fcinfo, int i, const char *name, double max)
{
	return between_argument(fcinfo, i, name, 0, max);
}

static void
check_lengths(int64 min_len, int64 max_len)
{
	if (max_len != 0 && max_len < min_len)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_len " INT64_FORMAT " is less than min_len " INT64_FORMAT, max_len, min_len),
						errhint("max_len 0 allows any length.")));
}

/* ---- items as text ---- */

typedef struct MinedItem
{
	uint32_t raw; /* number in the baskets */
	const char *text;
	size_t len;
	char *image; /* as an array's element, padded */
	size_t image_len;
} MinedItem;

/* Frequent items in the order of their bytes: the numbers that sets have are places in this list. */
typedef struct ItemList
{
	uint32_t n;
	MinedItem *items;
	uint32_t *number; /* [all items of the baskets] */
} ItemList;

static int
compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int by = memcmp(a, b, Min(n_a, n_b));

	return by != 0 ? by : n_a < n_b ? -1 : n_a > n_b;
}

static int
compare_items(const void *a, const void *b)
{
	const MinedItem *i = a, *j = b;

	return compare_bytes(i->text, i->len, j->text, j->len);
}

static void
make_image(MinedItem *item)
{
	if (item->len > MaxAllocSize - VARHDRSZ - sizeof(int32))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("an item is too long")));
	item->image_len = INTALIGN(VARHDRSZ + item->len);
	item->image = palloc0(item->image_len);
	SET_VARSIZE(item->image, VARHDRSZ + item->len);
	memcpy(VARDATA(item->image), item->text, item->len);
}

static ItemList *
frequent_items(UpBasketSource *s, uint32_t min_count)
{
	ItemList *items = palloc0(sizeof(ItemList));
	const UpBaskets *b = &s->baskets;

	items->number = up_alloc_array(Max(b->n_items, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < b->n_items; i++)
	{
		items->number[i] = UP_NO_ITEM;
		items->n += b->counts[i] >= min_count;
	}
	items->items = up_alloc_array(Max(items->n, 1), sizeof(MinedItem));
	items->n = 0;
	for (uint32_t i = 0; i < b->n_items; i++)
	{
		MinedItem *item = &items->items[items->n];

		if (b->counts[i] < min_count)
			continue;
		item->raw = i;
		item->text = up_baskets_item_text(s, i, &item->len);
		make_image(item);
		items->n++;
	}
	qsort(items->items, items->n, sizeof(MinedItem), compare_items);
	for (uint32_t i = 0; i < items->n; i++)
		items->number[items->items[i].raw] = i;
	return items;
}

/* Sets a flag at each of the items that an array names; what is not frequent does not matter. */
static void
flag_items(const ItemList *items, ArrayType *array, uint8_t *flags, uint8_t flag)
{
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		MinedItem key = {0}, *found;

		if (nulls[i])
			continue;
		key.text = VARDATA_ANY(DatumGetPointer(elements[i]));
		key.len = VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i]));
		found = bsearch(&key, items->items, items->n, sizeof(MinedItem), compare_items);
		if (found != NULL)
			flags[found - items->items] |= flag;
	}
}

/* A text[] of these items; valid until the next one is made, as each is copied into a row. */
static Datum
items_array(ItemList *items, char **array, size_t *capacity, const uint32_t *numbers, size_t n)
{
	size_t size = ARR_OVERHEAD_NONULLS(1);
	char *end;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	for (size_t i = 0; i < n; i++)
		size += items->items[numbers[i]].image_len;
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("an item set of %zu MB is larger than a value can be", size / (1024 * 1024))));
	if (size > *capacity)
	{
		*capacity = Max(2 * size, 1024);
		*array = MemoryContextAllocHuge(CurrentMemoryContext, *capacity);
	}
	SET_VARSIZE(*array, size);
	((ArrayType *) *array)->ndim = 1;
	((ArrayType *) *array)->dataoffset = 0;
	((ArrayType *) *array)->elemtype = TEXTOID;
	ARR_DIMS((ArrayType *) *array)[0] = (int) n;
	ARR_LBOUND((ArrayType *) *array)[0] = 1;
	end = ARR_DATA_PTR((ArrayType *) *array);
	for (size_t i = 0; i < n; i++)
	{
		const MinedItem *item = &items->items[numbers[i]];

		memcpy(end, item->image, item->image_len);
		end += item->image_len;
	}
	return PointerGetDatum(*array);
}

/* ---- functions ---- */

static uint32_t
least_count(double support, const UpBaskets *b)
{
	uint64_t least = up_min_count(support, b->n_baskets);

	return least > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t) least;
}

PG_FUNCTION_INFO_V1(uprofile_itemsets);
Datum
uprofile_itemsets(PG_FUNCTION_ARGS)
{
	char *source = text_argument(fcinfo, 0, "source"), *basket = text_argument(fcinfo, 1, "basket");
	char *item = text_argument(fcinfo, 2, "item");
	double support = support_argument(fcinfo, 3);
	int64 min_len = count_argument(fcinfo, 4, "min_len", false, 1, 1000);
	int64 max_len = count_argument(fcinfo, 5, "max_len", false, 0, PG_INT32_MAX);
	int64 max_sets = count_argument(fcinfo, 6, "max_itemsets", true, 1, MAX_RESULTS);
	UpMining mining = {.min_len = (uint32_t) min_len, .max_len = (uint32_t) max_len};
	UpBasketSource *read;
	UpItemsets sets;
	ItemList *items;
	UpSrf *srf;
	char *array = NULL;
	size_t capacity = 0;

	check_lengths(min_len, max_len);
	srf = up_srf_begin_work(fcinfo);
	read = up_baskets_read(source, basket, item);
	mining.min_count = least_count(support, &read->baskets);
	mining.max_sets = (uint32_t) max_sets;
	items = frequent_items(read, mining.min_count);
	mining.number = items->number;
	up_mine_itemsets(&read->baskets, &mining, &sets);
	for (uint32_t i = 0; i < sets.n; i++)
	{
		Datum values[4];
		bool nulls[4] = {false};

		if ((i & 1023) == 0)
			up_progress("returning item sets", i, sets.n);
		values[0] =
			items_array(items, &array, &capacity, sets.items + sets.starts[i], up_itemsets_len(&sets, i));
		values[1] = Int64GetDatum(sets.counts[i]);
		values[2] = Float8GetDatum((double) sets.counts[i] / read->baskets.n_baskets);
		values[3] = BoolGetDatum(sets.truncated);
		up_srf_row(srf, values, nulls);
	}
	if (sets.truncated)
		up_warn("Raise min_support or max_itemsets, or set max_len.",
				"more than %u item sets are frequent: only the %u most frequent are returned", sets.limit,
				sets.limit);
	up_itemsets_free(&sets);
	return up_srf_end_work(srf);
}

/*
 * Where items may stand, from the lists of arguments 8 … 11. A side is open to all items if neither its list nor
 * either_items is given. ItemList that may stand nowhere are not mined.
 */
static uint8_t *
item_sides(FunctionCallInfo fcinfo, ItemList *items)
{
	uint8_t *sides = palloc0(Max(items->n, 1));
	uint8_t *excluded = palloc0(Max(items->n, 1));
	uint8_t open = 0;

	if (PG_ARGISNULL(10))
		open = (PG_ARGISNULL(8) ? UP_ON_LEFT : 0) | (PG_ARGISNULL(9) ? UP_ON_RIGHT : 0);
	else
		flag_items(items, PG_GETARG_ARRAYTYPE_P(10), sides, UP_ON_LEFT | UP_ON_RIGHT);
	if (!PG_ARGISNULL(8))
		flag_items(items, PG_GETARG_ARRAYTYPE_P(8), sides, UP_ON_LEFT);
	if (!PG_ARGISNULL(9))
		flag_items(items, PG_GETARG_ARRAYTYPE_P(9), sides, UP_ON_RIGHT);
	if (!PG_ARGISNULL(11))
		flag_items(items, PG_GETARG_ARRAYTYPE_P(11), excluded, 1);
	for (uint32_t i = 0; i < items->n; i++)
	{
		sides[i] |= open;
		if (sides[i] == 0 || excluded[i])
			items->number[items->items[i].raw] = UP_NO_ITEM;
	}
	return sides;
}

/* As many sets as fit into the memory allowed while they are sorted, for sets of about ten items. */
static uint32_t
sets_in_memory(void)
{
	int64 n = (int64) up_max_memory_kb * 1024 / BYTES_A_SET;

	return (uint32_t) Min(Max(n, 1024), MAX_RESULTS);
}

static void
return_rules(UpSrf *srf, const UpRules *rules, ItemList *items)
{
	const UpItemsets *sets = rules->sets;
	char *arrays[2] = {NULL, NULL};
	size_t capacities[2] = {0, 0};

	for (uint32_t i = 0; i < rules->n; i++)
	{
		UpRuleNumbers v = up_rule_numbers(rules, i);
		uint32_t sides[2] = {rules->rules[i].lhs, rules->rules[i].rhs};
		Datum values[17];
		bool nulls[17] = {false};

		if ((i & 1023) == 0)
			up_progress("returning rules", i, rules->n);
		for (int side = 0; side < 2; side++)
		{
			bool empty = sides[side] == UP_EMPTY_SET;

			values[side] = items_array(items, &arrays[side], &capacities[side],
									   empty ? NULL : sets->items + sets->starts[sides[side]],
									   empty ? 0 : up_itemsets_len(sets, sides[side]));
		}
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
		values[16] = BoolGetDatum(rules->truncated);
		up_srf_row(srf, values, nulls);
	}
}

static UpCorrection
correction_argument(FunctionCallInfo fcinfo, int i)
{
	static const char *const names[] = {"none", "bonferroni", "bh"};
	char *name = text_argument(fcinfo, i, "correction");

	for (int c = 0; c < (int) lengthof(names); c++)
	{
		if (strcmp(name, names[c]) == 0)
			return (UpCorrection) c;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("correction must be none, bonferroni or bh, not \"%s\"", name),
					errhint("bonferroni bounds the chance of any false rule, bh (Benjamini, Hochberg) the "
							"share of false rules.")));
}

PG_FUNCTION_INFO_V1(uprofile_apriori);
Datum
uprofile_apriori(PG_FUNCTION_ARGS)
{
	char *source = text_argument(fcinfo, 0, "source"), *basket = text_argument(fcinfo, 1, "basket");
	char *item = text_argument(fcinfo, 2, "item");
	double support = support_argument(fcinfo, 3);
	UpRuleOptions options = {.min_confidence = number_argument(fcinfo, 4, "min_confidence", 1)};
	int64 min_len = count_argument(fcinfo, 5, "min_len", false, 1, 1000);
	int64 max_len = count_argument(fcinfo, 6, "max_len", false, 0, PG_INT32_MAX);
	UpMining mining = {.min_len = 1, .max_len = (uint32_t) max_len, .max_sets = sets_in_memory()};
	UpBasketSource *read;
	UpItemsets sets;
	UpRules rules;
	ItemList *items;
	UpSrf *srf;

	check_lengths(min_len, max_len);
	options.min_len = (uint32_t) min_len;
	options.max_rhs = (uint32_t) count_argument(fcinfo, 7, "max_rhs", false, 0, PG_INT32_MAX);
	options.min_lift = number_argument(fcinfo, 12, "min_lift", INFINITY);
	options.max_rules = (uint32_t) count_argument(fcinfo, 13, "max_rules", true, 1, MAX_RESULTS);
	options.improvement = !PG_ARGISNULL(14);
	options.min_improvement = options.improvement ? between_argument(fcinfo, 14, "min_improvement", -1, 1) : -1;
	options.max_p_value = PG_ARGISNULL(15) ? 1 : number_argument(fcinfo, 15, "max_p_value", 1);
	options.correction = correction_argument(fcinfo, 16);
	srf = up_srf_begin_work(fcinfo);
	read = up_baskets_read(source, basket, item);
	mining.min_count = least_count(support, &read->baskets);
	items = frequent_items(read, mining.min_count);
	options.sides = item_sides(fcinfo, items);
	options.n_items = items->n;
	options.n_baskets = read->baskets.n_baskets;
	mining.number = items->number;
	up_mine_itemsets(&read->baskets, &mining, &sets);
	up_mine_rules(&sets, &options, &rules);
	return_rules(srf, &rules, items);
	if (sets.truncated)
		up_warn("Raise min_support or uprofile.max_memory, or set max_len.",
				"more than %u item sets are frequent: rules come from the %u most frequent", sets.limit,
				sets.limit);
	if (rules.n == options.max_rules && rules.truncated)
		up_warn("Raise min_support, min_confidence, min_lift or max_rules.",
				"there are more than %u rules: only the %u with the greatest lift are returned",
				options.max_rules, options.max_rules);
	up_rules_free(&rules);
	up_itemsets_free(&sets);
	return up_srf_end_work(srf);
}
