/*
 * standing_codec.c - parts as bytes (see standing.h)
 *
 * Baskets: u32 format (1), u32 baskets, u32 items in all; of each basket its key, u64 twice; of each the end of its items, u32; the items, u32.
 * Sets: u32 format (1), u32 least, u32 sets, u32 items in all; of each set the end of its items, u32; of each its count, u32; the items, u32.
 * What has left: u32 format (1), u32 places, each u32.
 */
#include "mine/standing.h"

#define FORMAT 1

void
up_put_part_baskets(UpWriter *w, const UpMinePart *p)
{
	up_put_u32(w, FORMAT);
	up_put_u32(w, p->n);
	up_put_u32(w, p->starts[p->n]);
	up_put_u64_array(w, p->keys, 2 * (size_t) p->n);
	up_put_u32_array(w, p->starts + 1, p->n);
	up_put_u32_array(w, p->items, p->starts[p->n]);
}

void
up_put_part_sets(UpWriter *w, const UpMinePart *p)
{
	size_t n_items = p->set_starts[p->n_sets];

	if (n_items > UINT32_MAX / 4)
		up_fail_with(UP_LIMIT, NULL, "Raise min_support, or set max_len.",
					 "the item sets of a part are too many to be stored");
	up_put_u32(w, FORMAT);
	up_put_u32(w, p->least);
	up_put_u32(w, p->n_sets);
	up_put_u32(w, (uint32_t) n_items);
	for (uint32_t i = 1; i <= p->n_sets; i++)
		up_put_u32(w, (uint32_t) p->set_starts[i]);
	up_put_u32_array(w, p->set_counts, p->n_sets);
	up_put_u32_array(w, p->set_items, n_items);
}

void
up_put_part_left(UpWriter *w, const UpMinePart *p)
{
	up_put_u32(w, FORMAT);
	up_put_u32(w, p->n_left);
	up_put_u32_array(w, p->left, p->n_left);
}

static void
get_format(UpReader *r)
{
	uint32_t format = up_get_u32(r);

	if (format > FORMAT)
		up_fail_with(UP_NEWER_FORMAT, NULL, "Update the extension.",
					 "the part of a mine has format %u, and the newest known is %d", format, FORMAT);
	if (format == 0)
		up_corrupt(r, "its format is 0");
}

/* Ascending, at least one. */
static void
check_items(UpReader *r, const uint32_t *items, size_t n, uint32_t n_items)
{
	bool bad = n == 0 || items[n - 1] >= n_items;

	for (size_t i = 1; i < n; i++)
		bad |= items[i] <= items[i - 1];
	if (bad)
		up_corrupt(r, "items are out of order");
}

static void
check_end(UpReader *r, size_t start, size_t end, size_t n_items)
{
	if (end <= start || end > n_items)
		up_corrupt(r, "a list of items has no end");
}

static void
get_baskets(UpReader *r, UpMinePart *p, uint32_t n_items)
{
	uint32_t all;

	get_format(r);
	p->n = up_get_count(r, 24, UINT32_MAX / 4, "baskets");
	all = up_get_count(r, sizeof(uint32_t), UINT32_MAX / 4, "items");
	p->keys = up_alloc_array(UP_MAX(2 * (size_t) p->n, 1), sizeof(uint64_t));
	p->starts = up_alloc_array((size_t) p->n + 1, sizeof(uint32_t));
	p->items = up_alloc_array(UP_MAX((size_t) all, 1), sizeof(uint32_t));
	p->starts[0] = 0;
	up_get_u64_array(r, p->keys, 2 * (size_t) p->n);
	up_get_u32_array(r, p->starts + 1, p->n);
	up_get_u32_array(r, p->items, all);
	up_get_end(r);
	for (uint32_t i = 0; i < p->n; i++)
	{
		check_end(r, p->starts[i], p->starts[i + 1], all);
		check_items(r, p->items + p->starts[i], p->starts[i + 1] - p->starts[i], n_items);
		if ((i & 4095) == 0)
			up_tick();
	}
	if (p->starts[p->n] != all)
		up_corrupt(r, "items belong to no basket");
}

static void
get_sets(UpReader *r, UpMinePart *p, uint32_t n_items)
{
	uint32_t all;

	get_format(r);
	p->least = up_get_u32(r);
	p->n_sets = up_get_count(r, 12, UINT32_MAX / 4, "item sets");
	all = up_get_count(r, sizeof(uint32_t), UINT32_MAX / 4, "items");
	if (p->least == 0)
		up_corrupt(r, "a bound is out of range");
	p->set_counts = up_alloc_array(UP_MAX(p->n_sets, 1), sizeof(uint32_t));
	p->set_starts = up_alloc_array((size_t) p->n_sets + 1, sizeof(size_t));
	p->set_items = up_alloc_array(UP_MAX((size_t) all, 1), sizeof(uint32_t));
	p->set_starts[0] = 0;
	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		p->set_starts[i + 1] = up_get_u32(r);
		check_end(r, p->set_starts[i], p->set_starts[i + 1], all);
	}
	if (p->set_starts[p->n_sets] != all)
		up_corrupt(r, "items belong to no set");
	up_get_u32_array(r, p->set_counts, p->n_sets);
	up_get_u32_array(r, p->set_items, all);
	up_get_end(r);
	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		check_items(r, p->set_items + p->set_starts[i], p->set_starts[i + 1] - p->set_starts[i], n_items);
		if (p->set_counts[i] < p->least || p->set_counts[i] > p->n)
			up_corrupt(r, "a count is out of range");
		if ((i & 4095) == 0)
			up_tick();
	}
}

/* The part as it is without them. */
static void
get_left(UpReader *r, UpMinePart *p, uint32_t n_items)
{
	bool *leaves = up_alloc0(UP_MAX(p->n, 1) * sizeof(bool));
	uint32_t n, last = 0;

	get_format(r);
	n = up_get_count(r, sizeof(uint32_t), p->n, "places");
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t place = up_get_u32(r);

		if (place >= p->n || (i > 0 && place <= last))
			up_corrupt(r, "places are out of order");
		leaves[place] = true;
		last = place;
	}
	up_get_end(r);
	up_part_thin(p, leaves, n_items);
	p->thinned = false;
	up_free(leaves);
}

UpMinePart *
up_get_part(const void *baskets, size_t baskets_len, const void *sets, size_t sets_len, const void *left,
			size_t left_len, uint32_t n_items)
{
	UpMinePart *p = up_alloc0(sizeof(UpMinePart));
	UpReader r;

	up_reserve(2 * (baskets_len + sets_len), "a part of the baskets");
	up_reader_init(&r, baskets, baskets_len, "mine");
	get_baskets(&r, p, n_items);
	up_reader_init(&r, sets, sets_len, "mine");
	get_sets(&r, p, n_items);
	if (left_len > 0)
	{
		up_reader_init(&r, left, left_len, "mine");
		get_left(&r, p, n_items);
	}
	return p;
}
