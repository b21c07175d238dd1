/*
 * standing_codec.c - parts as bytes (see standing.h)
 *
 * Baskets: u32 format (1), u32 baskets; of each u64 twice (its key), u32 items, each u32. Sets: u32 format (1), u32 least, u32 sets; of each u32 items, each u32, u32 count.
 * What has left: u32 format (1), u32 places, each u32.
 */
#include "mine/standing.h"

#include <string.h>

#define FORMAT 1

static void
put_numbers(UpWriter *w, const uint32_t *numbers, uint32_t n)
{
	up_put_u32(w, n);
	for (uint32_t i = 0; i < n; i++)
		up_put_u32(w, numbers[i]);
}

void
up_put_part_baskets(UpWriter *w, const UpPart *p)
{
	up_put_u32(w, FORMAT);
	up_put_u32(w, p->n);
	for (uint32_t i = 0; i < p->n; i++)
	{
		up_put_u64(w, p->keys[2 * (size_t) i]);
		up_put_u64(w, p->keys[2 * (size_t) i + 1]);
		put_numbers(w, p->items + p->starts[i], p->starts[i + 1] - p->starts[i]);
	}
}

void
up_put_part_sets(UpWriter *w, const UpPart *p)
{
	up_put_u32(w, FORMAT);
	up_put_u32(w, p->least);
	up_put_u32(w, p->n_sets);
	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		put_numbers(w, p->set_items + p->set_starts[i], (uint32_t) (p->set_starts[i + 1] - p->set_starts[i]));
		up_put_u32(w, p->set_counts[i]);
	}
}

void
up_put_part_left(UpWriter *w, const UpPart *p)
{
	up_put_u32(w, FORMAT);
	put_numbers(w, p->left, p->n_left);
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
static uint32_t
get_items(UpReader *r, uint32_t *items, uint32_t n_items)
{
	uint32_t n = up_get_count(r, sizeof(uint32_t), n_items, "items");

	if (n == 0)
		up_corrupt(r, "a set is empty");
	for (uint32_t i = 0; i < n; i++)
	{
		items[i] = up_get_u32(r);
		if (items[i] >= n_items || (i > 0 && items[i] <= items[i - 1]))
			up_corrupt(r, "items are out of order");
	}
	return n;
}

static void
get_baskets(UpReader *r, UpPart *p, uint32_t n_items)
{
	get_format(r);
	p->n = up_get_count(r, 24, UINT32_MAX / 4, "baskets");
	p->keys = up_alloc_array(UP_MAX(2 * (size_t) p->n, 1), sizeof(uint64_t));
	p->starts = up_alloc_array((size_t) p->n + 1, sizeof(uint32_t));
	p->items = up_alloc_array(r->len / sizeof(uint32_t) + 1, sizeof(uint32_t));
	p->starts[0] = 0;
	for (uint32_t i = 0; i < p->n; i++)
	{
		p->keys[2 * (size_t) i] = up_get_u64(r);
		p->keys[2 * (size_t) i + 1] = up_get_u64(r);
		p->starts[i + 1] = p->starts[i] + get_items(r, p->items + p->starts[i], n_items);
		if ((i & 4095) == 0)
			up_tick();
	}
	up_get_end(r);
}

static void
get_sets(UpReader *r, UpPart *p, uint32_t n_items)
{
	get_format(r);
	p->least = up_get_u32(r);
	p->n_sets = up_get_count(r, 12, UINT32_MAX / 4, "item sets");
	if (p->least == 0)
		up_corrupt(r, "a bound is out of range");
	p->set_counts = up_alloc_array(UP_MAX(p->n_sets, 1), sizeof(uint32_t));
	p->set_starts = up_alloc_array((size_t) p->n_sets + 1, sizeof(size_t));
	p->set_items = up_alloc_array(r->len / sizeof(uint32_t) + 1, sizeof(uint32_t));
	p->set_starts[0] = 0;
	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		p->set_starts[i + 1] = p->set_starts[i] + get_items(r, p->set_items + p->set_starts[i], n_items);
		p->set_counts[i] = up_get_u32(r);
		if (p->set_counts[i] < p->least || p->set_counts[i] > p->n)
			up_corrupt(r, "a count is out of range");
		if ((i & 4095) == 0)
			up_tick();
	}
	up_get_end(r);
}

/* The part as it is without them. */
static void
get_left(UpReader *r, UpPart *p, uint32_t n_items)
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

UpPart *
up_get_part(const void *baskets, size_t baskets_len, const void *sets, size_t sets_len, const void *left,
			size_t left_len, uint32_t n_items)
{
	UpPart *p = up_alloc0(sizeof(UpPart));
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
