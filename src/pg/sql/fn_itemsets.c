/*
 * fn_itemsets.c - uprofile_itemsets: item sets from a source of baskets
 *
 * Rows are made as tuples at once, in one buffer: an array is a heading and the images of its items, one after the other.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/baskets_read.h"
#include "pg/io/item_hierarchy.h"
#include "pg/io/srf.h"
#include "pg/module.h"
#include "pg/sql/mine_arguments.h"
#include "pg/sql/mined_items.h"

static const char *const targets[] = {
	[UP_ALL_FREQUENT] = "frequent",
	[UP_CLOSED] = "closed",
	[UP_MAXIMAL] = "maximal",
	[UP_GENERATORS] = "generators",
	NULL,
};

/* Items that are not mined: those that exclude_items names, and what either_items does not. */
static void
leave_out(FunctionCallInfo fcinfo, UpMinedItems *items, int either, int exclude)
{
	uint8_t *flags = palloc0(Max(items->n, 1));

	if (!PG_ARGISNULL(either))
	{
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(either), flags, 1);
		for (uint32_t i = 0; i < items->n; i++)
			flags[i] = !flags[i];
	}
	if (!PG_ARGISNULL(exclude))
		up_mined_flag(items, PG_GETARG_ARRAYTYPE_P(exclude), flags, 1);
	up_mined_exclude(items, flags);
	pfree(flags);
}

/* One row: (items, count, support, truncated), none of them NULL. What heap_form_minimal_tuple would make, without its copies. */
typedef struct SetRow
{
	MinimalTuple tuple;
	size_t capacity;
} SetRow;

static void
make_row(SetRow *row, const UpMinedItems *items, const uint32_t *numbers, uint32_t n, uint32_t count,
		 double support, bool truncated)
{
	const size_t heading = MAXALIGN(SizeofHeapTupleHeader) - MINIMAL_TUPLE_OFFSET;
	const size_t behind = MAXIMUM_ALIGNOF + sizeof(int64) + sizeof(float8) + sizeof(bool);
	size_t room = heading + up_mined_array_room(items, numbers, n) + behind, array, counts;
	char *data;

	if (room > row->capacity)
	{
		row->capacity = Max(2 * room, 1024);
		row->tuple = MemoryContextAllocHuge(CurrentMemoryContext, row->capacity);
		memset(row->tuple, 0, heading);
	}
	data = (char *) row->tuple;
	array = up_mined_array(items, numbers, n, data + heading);
	counts = MAXALIGN(heading + array);
	row->tuple->t_len = (uint32) (counts + sizeof(int64) + sizeof(float8) + sizeof(bool));
	row->tuple->t_infomask = HEAP_HASVARWIDTH;
	row->tuple->t_hoff = (uint8) (heading + MINIMAL_TUPLE_OFFSET);
	HeapTupleHeaderSetNatts(row->tuple, 4);
	memset(data + heading + array, 0, counts - heading - array);
	*(int64 *) (data + counts) = count;
	*(float8 *) (data + counts + sizeof(int64)) = support;
	*(bool *) (data + counts + sizeof(int64) + sizeof(float8)) = truncated;
}

/* What is returned. */
typedef struct Answer
{
	UpSetStream sets;
	UpMinedItems *items;
	uint32_t n_baskets;
	bool truncated;
	char *array; /* of the row that was told last */
	size_t capacity;
} Answer;

static void
return_sets(UpSrf *srf, Answer *answer)
{
	SetRow row = {0};
	const UpItemset *set;

	for (uint32_t i = 0; (set = up_set_stream_next(&answer->sets)) != NULL; i++)
	{
		if ((i & 1023) == 0)
			up_progress("returning item sets", i, answer->sets.n);
		make_row(&row, answer->items, set->items, set->len, set->count, (double) set->count / answer->n_baskets,
				 answer->truncated);
		up_srf_tuple(srf, row.tuple);
	}
}

static bool
next_set(void *arg, Datum *values, bool *nulls)
{
	Answer *answer = arg;
	const UpItemset *set = up_set_stream_next(&answer->sets);
	size_t room;

	if (set == NULL)
		return false;
	room = up_mined_array_room(answer->items, set->items, set->len);
	if (room > answer->capacity)
	{
		answer->capacity = Max(2 * room, 1024);
		if (answer->array != NULL)
			pfree(answer->array);
		answer->array = MemoryContextAllocHuge(CurrentMemoryContext, answer->capacity);
	}
	up_mined_array(answer->items, set->items, set->len, answer->array);
	values[0] = PointerGetDatum(answer->array);
	values[1] = Int64GetDatum((int64) set->count);
	values[2] = Float8GetDatum((double) set->count / answer->n_baskets);
	values[3] = BoolGetDatum(answer->truncated);
	memset(nulls, 0, 4 * sizeof(bool));
	return true;
}

static void
first_set(void *arg)
{
	up_set_stream_rewind(&((Answer *) arg)->sets);
}

static void
warn_of_more(const UpSetStream *stream, const char *kind, bool top)
{
	const UpItemsets *sets = &stream->found;

	if (sets->out_of_time)
		up_warn("Raise time_budget or min_support, or set max_len.",
				"the search for %s item sets ended with its time budget: what was found until then is returned",
				kind);
	else if (sets->short_of_memory)
		up_warn("Raise min_support or uprofile.max_memory, or set max_len.",
				"there are more %s item sets than memory may hold: only the %u most frequent are returned",
				kind, stream->n);
	else if (sets->truncated && !top)
		up_warn("Raise min_support or max_itemsets, or set max_len.",
				strcmp(kind, "frequent") == 0
					? "more than %u item sets are %s: only the %u most frequent are returned"
					: "more than %u frequent item sets are %s: only the %u most frequent are returned",
				sets->limit, kind, sets->limit);
}

PG_FUNCTION_INFO_V1(uprofile_itemsets);
Datum
uprofile_itemsets(PG_FUNCTION_ARGS)
{
	char *source = up_mine_text(fcinfo, 0, "source"), *basket = up_mine_text(fcinfo, 1, "basket");
	char *item = up_mine_text(fcinfo, 2, "item");
	double support = up_mine_support(fcinfo, 3);
	int64 min_len = up_mine_count(fcinfo, 4, "min_len", false, 1, 1000);
	int64 max_len = up_mine_count(fcinfo, 5, "max_len", false, 0, PG_INT32_MAX);
	int64 most = up_mine_count(fcinfo, 6, "max_itemsets", true, 1, UP_MINE_MOST);
	UpMining mining = {.min_len = (uint32_t) min_len, .max_len = (uint32_t) max_len};
	UpBasketSource *read;
	Answer *answer;
	UpMinedItems *items;
	const UpItemsets *found;
	UpSrf *srf;
	bool top;

	up_mine_check_lengths(min_len, max_len);
	mining.target = (UpTarget) up_mine_choice(fcinfo, 7, "target", targets, NULL);
	mining.max_sets = (uint32_t) up_mine_top(fcinfo, 8, most, &top);
	mining.miner = up_mine_method(fcinfo, 12);
	mining.deadline = up_mine_time(fcinfo, 13);
	if (!PG_ARGISNULL(11) && mining.target != UP_ALL_FREQUENT)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("target %s cannot be combined with a hierarchy", targets[mining.target]),
						errdetail("Which set is closed or maximal is not defined where a set may not hold an "
								  "item and its ancestor.")));
	srf = up_srf_begin_work(fcinfo);
	read = up_baskets_read(source, basket, item, mining.deadline);
	if (!PG_ARGISNULL(11))
		up_item_hierarchy_read(read, text_to_cstring(PG_GETARG_TEXT_PP(11)));
	mining.min_count = up_mine_least(support, &read->baskets);
	items = up_mined_items(read, mining.min_count);
	leave_out(fcinfo, items, 9, 10);
	mining.number = items->number;
	mining.n_numbers = items->n;
	mining.relatives = up_item_relatives(read, items->number, items->n);
	mining.beside = up_baskets_bytes(&read->baskets);
	mining.spent = &read->baskets;
	answer = palloc0(sizeof(Answer));
	up_mine_stream(&read->baskets, &mining, &answer->sets);
	found = &answer->sets.found;
	answer->items = items;
	answer->n_baskets = read->baskets.n_baskets;
	answer->truncated = found->truncated && (!top || found->out_of_time || found->short_of_memory);
	if (srf->asked != NULL)
	{
		warn_of_more(&answer->sets, targets[mining.target], top);
		return up_srf_end_stream(srf, (UpRowStream){next_set, first_set, answer});
	}
	return_sets(srf, answer);
	warn_of_more(&answer->sets, targets[mining.target], top);
	up_set_stream_free(&answer->sets);
	return up_srf_end_work(srf);
}
