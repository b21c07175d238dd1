/*
 * neighbours.c - what each item says of others; see neighbours.h
 *
 * The score of item i is the sum over the history's items j of weight_j value_ji. Cost: the neighbours of the history's items.
 */
#include "learn/recommend/neighbours.h"

#include <math.h>
#include <string.h>

#define FIRST_CAPACITY 1024
#define MOST_VALUE     1e15f
#define LEAST_PART     16        /* items */
#define MOST_PARTS     256       /* of all items: each takes memory for one item's values with all others */
#define ROUND_VALUES   (1 << 20) /* neighbours that a round may find */

uint64_t *
up_neighbours_starts(const UpInteractions *x)
{
	size_t size = ((size_t) x->n_users + 1) * sizeof(uint64_t);

	return memcpy(up_alloc_large(size), x->starts, size);
}

uint32_t *
up_neighbours_items(const UpInteractions *x)
{
	size_t n = x->starts[x->n_users];

	return memcpy(up_alloc_large_array(n, sizeof(uint32_t)), x->items, n * sizeof(uint32_t));
}

UpNeighbours *
up_neighbours_new(uint32_t n_items, UpWeighting weighting)
{
	UpNeighbours *b = up_alloc0(sizeof(*b));

	b->n_items = n_items;
	b->weighting = weighting;
	b->capacity = FIRST_CAPACITY;
	b->starts = up_alloc0(((size_t) n_items + 1) * sizeof(uint64_t));
	b->items = up_alloc_array(b->capacity, sizeof(uint32_t));
	b->values = up_alloc_array(b->capacity, sizeof(float));
	return b;
}

static void
make_room(UpNeighbours *b, size_t needed)
{
	if (needed <= b->capacity)
		return;
	b->capacity = UP_MAX(needed, b->capacity + b->capacity / 2);
	up_reserve(2 * b->capacity * (sizeof(uint32_t) + sizeof(float)), "keeping the neighbours of items");
	b->items = up_realloc(b->items, b->capacity * sizeof(uint32_t));
	b->values = up_realloc(b->values, b->capacity * sizeof(float));
}

/* Whether neighbour a is to be left out rather than b. */
static bool
is_less(const uint32_t *items, const float *values, uint32_t a, uint32_t b)
{
	float x = fabsf(values[a]), y = fabsf(values[b]);

	return x != y ? x < y : items[a] > items[b];
}

static void
swap(uint32_t *items, float *values, uint32_t a, uint32_t b)
{
	uint32_t item = items[a];
	float value = values[a];

	items[a] = items[b];
	values[a] = values[b];
	items[b] = item;
	values[b] = value;
}

/* Brings the most that are not less to the front (quickselect, by the median of three). */
static void
select_largest(uint32_t *items, float *values, uint32_t n, uint32_t most)
{
	uint32_t low = 0, high = n;

	while (high - low > 1 && most > low && most < high)
	{
		uint32_t mid = low + (high - low) / 2, last = high - 1, at = low;

		if (is_less(items, values, low, mid))
			swap(items, values, low, mid);
		if (is_less(items, values, low, last))
			swap(items, values, low, last);
		if (is_less(items, values, last, mid))
			swap(items, values, last, mid);
		/* low >= last >= mid: last is the median and the pivot. */
		for (uint32_t i = low; i < last; i++)
		{
			if (is_less(items, values, last, i))
				swap(items, values, at++, i);
		}
		swap(items, values, at, last);
		if (most <= at)
			high = at;
		else
			low = at + 1;
	}
}

/* Ascending by item: a shell sort, since a row may be long and comes nearly in order. */
static void
sort_items(uint32_t *items, float *values, uint32_t n)
{
	static const uint32_t gaps[] = {1391376, 463792, 198768, 86961, 33936, 13776, 4592, 1968,
									861,     336,    112,    48,    21,    7,     3,    1};

	for (size_t g = 0; g < UP_LENGTH(gaps); g++)
	{
		for (uint32_t i = gaps[g]; i < n; i++)
		{
			uint32_t item = items[i], at = i;
			float value = values[i];

			for (; at >= gaps[g] && items[at - gaps[g]] > item; at -= gaps[g])
			{
				items[at] = items[at - gaps[g]];
				values[at] = values[at - gaps[g]];
			}
			items[at] = item;
			values[at] = value;
		}
	}
}

void
up_neighbours_keep(const UpNeighbourRound *round, void *const *arrays, uint32_t item, uint32_t *items,
				   float *values, uint32_t n)
{
	size_t at = (size_t) (item - round->first) * round->most;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		if (items[i] == item || values[i] == 0 || !isfinite(values[i]))
			continue;
		items[kept] = items[i];
		values[kept++] = values[i];
	}
	if (kept > round->most)
	{
		select_largest(items, values, kept, round->most);
		kept = round->most;
	}
	sort_items(items, values, kept);
	((uint32_t *) arrays[UP_NEIGHBOUR_COUNTS])[item - round->first] = kept;
	memcpy((uint32_t *) arrays[UP_NEIGHBOUR_ITEMS] + at, items, kept * sizeof(uint32_t));
	memcpy((float *) arrays[UP_NEIGHBOUR_VALUES] + at, values, kept * sizeof(float));
}

/* Takes over what a round found. */
static void
add_round(UpNeighbours *b, const UpNeighbourRound *round, void *const *arrays)
{
	const uint32_t *counts = arrays[UP_NEIGHBOUR_COUNTS], *items = arrays[UP_NEIGHBOUR_ITEMS];
	const float *values = arrays[UP_NEIGHBOUR_VALUES];

	for (uint32_t i = 0; i < round->n; i++)
	{
		uint64_t *start = b->starts + round->first + i;

		make_room(b, *start + counts[i]);
		memcpy(b->items + *start, items + (size_t) i * round->most, counts[i] * sizeof(uint32_t));
		memcpy(b->values + *start, values + (size_t) i * round->most, counts[i] * sizeof(float));
		start[1] = *start + counts[i];
	}
}

void
up_neighbours_share(UpNeighbours *b, uint32_t most, const char *phase, UpPart fn, UpNeighbourRound *round,
					size_t round_size, void **arrays, uint32_t n_arrays)
{
	uint32_t at_once;

	round->most = UP_MIN(most, b->n_items);
	at_once = (uint32_t) UP_MIN(UP_MAX(ROUND_VALUES / round->most, LEAST_PART), b->n_items);
	round->a_part = UP_MIN(UP_MAX(LEAST_PART, b->n_items / MOST_PARTS), at_once);
	arrays[UP_NEIGHBOUR_COUNTS] = up_alloc_large_array(at_once, sizeof(uint32_t));
	arrays[UP_NEIGHBOUR_ITEMS] = up_alloc_large_array((size_t) at_once * round->most, sizeof(uint32_t));
	arrays[UP_NEIGHBOUR_VALUES] = up_alloc_large_array((size_t) at_once * round->most, sizeof(float));
	for (round->first = 0; round->first < b->n_items; round->first += round->n)
	{
		round->n = UP_MIN(at_once, b->n_items - round->first);
		up_progress(phase, round->first, b->n_items);
		up_parallel((round->n + round->a_part - 1) / round->a_part, fn, round, round_size, arrays, n_arrays);
		add_round(b, round, arrays);
	}
	up_free_large(arrays[UP_NEIGHBOUR_COUNTS]);
	up_free_large(arrays[UP_NEIGHBOUR_ITEMS]);
	up_free_large(arrays[UP_NEIGHBOUR_VALUES]);
}

void
up_neighbours_write(const void *body, UpWriter *w)
{
	const UpNeighbours *b = body;

	up_put_u8(w, (uint8_t) b->weighting);
	for (uint32_t i = 0; i < b->n_items; i++)
		up_put_u32(w, (uint32_t) (b->starts[i + 1] - b->starts[i]));
	for (size_t k = 0; k < b->starts[b->n_items]; k++)
		up_put_u32(w, b->items[k]);
	up_put_f32_array(w, b->values, b->starts[b->n_items]);
}

void *
up_neighbours_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	UpNeighbours *b = up_alloc0(sizeof(*b));
	uint8_t weighting = up_get_u8(r);
	size_t n;

	(void) n_segments;
	if (weighting > UP_WEIGHT_BINARY || n_items > (r->len - r->pos) / sizeof(uint32_t))
		up_corrupt(r, "neighbours");
	b->n_items = n_items;
	b->weighting = (UpWeighting) weighting;
	b->starts = up_alloc0(((size_t) n_items + 1) * sizeof(uint64_t));
	for (uint32_t i = 0; i < n_items; i++)
		b->starts[i + 1] = b->starts[i] + up_get_count(r, 0, n_items - 1, "neighbours");
	n = b->starts[n_items];
	if (n > (r->len - r->pos) / (sizeof(uint32_t) + sizeof(float)))
		up_corrupt(r, "neighbours");
	b->items = up_alloc_array(n + 1, sizeof(uint32_t));
	b->values = up_alloc_array(n + 1, sizeof(float));
	for (uint32_t i = 0; i < n_items; i++)
	{
		for (size_t k = b->starts[i]; k < b->starts[i + 1]; k++)
		{
			b->items[k] = up_get_u32(r);
			if (b->items[k] >= n_items || b->items[k] == i ||
				(k > b->starts[i] && b->items[k] <= b->items[k - 1]))
				up_corrupt(r, "a neighbour");
		}
	}
	for (size_t k = 0; k < n; k++)
	{
		b->values[k] = up_get_f32(r);
		if (fabsf(b->values[k]) > MOST_VALUE || b->values[k] == 0)
			up_corrupt(r, "a neighbour's value");
	}
	return b;
}

void
up_neighbours_describe(const void *body, UpValue *info)
{
	const UpNeighbours *b = body;

	up_value_set(info, "neighbours", up_value_number((double) b->starts[b->n_items]));
}

void
up_neighbours_score(const void *body, const UpHistory *h, double *out)
{
	const UpNeighbours *b = body;
	size_t work = 0;

	memset(out, 0, b->n_items * sizeof(double));
	for (uint32_t j = 0; j < h->n; j++)
	{
		double weight = up_weighting(b->weighting, h->weights, h->recency, j);
		size_t first = b->starts[h->items[j]], end = b->starts[h->items[j] + 1];

		up_tick_work(&work, 2 * (end - first));
		for (size_t k = first; k < end; k++)
			out[b->items[k]] += weight * (double) b->values[k];
	}
}

/* What item says of other; 0: nothing. */
static double
value_of(const UpNeighbours *b, uint32_t item, uint32_t other)
{
	size_t low = b->starts[item], high = b->starts[item + 1];

	while (low < high)
	{
		size_t mid = low + (high - low) / 2;

		if (b->items[mid] == other)
			return (double) b->values[mid];
		if (b->items[mid] < other)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

bool
up_neighbours_reason(const void *body, const UpHistory *h, uint32_t item, double *out)
{
	const UpNeighbours *b = body;
	bool any = false;

	for (uint32_t j = 0; j < h->n; j++)
	{
		out[j] = up_weighting(b->weighting, h->weights, h->recency, j) * value_of(b, h->items[j], item);
		any |= out[j] != 0;
	}
	return any;
}

void
up_neighbours_similar(const void *body, uint32_t item, double *out)
{
	const UpNeighbours *b = body;

	memset(out, 0, b->n_items * sizeof(double));
	for (size_t k = b->starts[item]; k < b->starts[item + 1]; k++)
		out[b->items[k]] = (double) b->values[k];
}
