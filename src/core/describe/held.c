/*
 * held.c - numbers as they come; see held.h
 *
 * Pages that are met one by one take as long as all else that is done with a number before it is summed up. Arrays that grow column by
 * column are made of small pages; blocks of memory that grows as a whole are not.
 */
#include "describe/held.h"

#include <string.h>

#define FEWEST 32   /* blocks that are asked for at a time … */
#define MOST   2048 /* … and in the end: 16 MB */

struct UpHeldRegion
{
	struct UpHeldRegion *before;
	double values[];
};

/* Blocks of a region, after one of so many. */
static size_t
blocks_after(size_t last)
{
	return last == 0 ? FEWEST : UP_MIN(2 * last, MOST);
}

static double *
new_block(UpHeldMemory *m)
{
	struct UpHeldRegion *region;
	double *block;

	if (m->left == 0)
	{
		size_t size;

		m->last = blocks_after(m->last);
		size = sizeof(*region) + m->last * UP_HELD_BLOCK * sizeof(double);
		region = m->large ? up_alloc_large(size) : up_alloc(size);
		region->before = m->regions;
		m->regions = region;
		m->next = region->values;
		m->left = m->last;
	}
	block = m->next;
	m->next += UP_HELD_BLOCK;
	m->left--;
	m->in_use++;
	return block;
}

void
up_held_extend(UpHeld *h)
{
	UP_ASSERT(h->next == h->end);
	if (h->n_blocks == h->capacity)
	{
		h->capacity = h->capacity == 0 ? 16 : 2 * h->capacity;
		h->blocks = h->blocks == NULL ? up_alloc_array(h->capacity, sizeof(double *))
									  : up_realloc(h->blocks, h->capacity * sizeof(double *));
	}
	h->next = h->blocks[h->n_blocks++] = new_block(h->memory);
	h->end = h->next + UP_HELD_BLOCK;
}

void
up_held_free(UpHeld *h)
{
	UpHeldMemory *m = h->memory;
	size_t n = h->n_blocks;

	up_free(h->blocks);
	*h = (UpHeld){.memory = m};
	if (n == 0 || (m->in_use -= n) > 0)
		return;
	for (struct UpHeldRegion *r = m->regions, *before; r != NULL; r = before)
	{
		before = r->before;
		if (m->large)
			up_free_large(r);
		else
			up_free(r);
	}
	*m = (UpHeldMemory){.large = m->large};
}

size_t
up_held_count(const UpHeld *h)
{
	return h->n_blocks * UP_HELD_BLOCK - (size_t) (h->end - h->next);
}

void
up_held_copy(const UpHeld *h, double *out)
{
	size_t n = up_held_count(h);

	for (size_t at = 0; at < n; at += UP_HELD_BLOCK)
	{
		if (at % (1024 * UP_HELD_BLOCK) == 0)
			up_tick();
		memcpy(out + at, h->blocks[at / UP_HELD_BLOCK], UP_MIN(UP_HELD_BLOCK, n - at) * sizeof(double));
	}
}

size_t
up_held_regions(const UpHeldMemory *m)
{
	size_t n = 0;

	for (const struct UpHeldRegion *r = m->regions; r != NULL; r = r->before)
		n++;
	return n;
}

void
up_held_list_regions(const UpHeldMemory *m, void **regions)
{
	size_t n = up_held_regions(m);

	for (struct UpHeldRegion *r = m->regions; r != NULL; r = r->before)
		regions[--n] = r;
}

const double *
up_held_region_block(void *const *regions, size_t number)
{
	size_t blocks = blocks_after(0);

	for (; number >= blocks; regions++, blocks = blocks_after(blocks))
		number -= blocks;
	return ((const struct UpHeldRegion *) *regions)->values + number * UP_HELD_BLOCK;
}
