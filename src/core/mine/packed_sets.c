/*
 * packed_sets.c - frequent sets, packed as they are found (see packed_sets.h)
 *
 * Three numbers of 7 bits a byte: items before the last, the last, the difference of counts; in dense data 3 to 4 bytes a set. Bands are
 * whole classes of counts, of at least a share of all sets, so that the bytes are gone through a handful of times.
 * Cost: the bytes once a band, and sorting each band.
 */
#include "mine/packed_sets.h"

#include <string.h>

#define FIRST_BLOCK  (1 << 12)
#define LAST_BLOCK   (1 << 20)
#define LONGEST      15    /* bytes of a set */
#define BAND_SETS    16384 /* at least, where there are so many */
#define BANDS        12
#define BYTES_A_WAY  64 /* of a set in a band, while it is sorted, beside its items */
#define FEW_SETS     1024

static uint32_t
class_of(uint32_t count)
{
	unsigned beyond;

	if (count < 256)
		return count;
	beyond = 24 - (unsigned) __builtin_clz(count);
	return 256 + (beyond - 1) * 128 + ((count >> beyond) & 127);
}

/* The least count of a class. */
static uint32_t
class_begin(uint32_t class)
{
	unsigned beyond;

	if (class < 256)
		return class;
	beyond = (class - 256) / 128 + 1;
	return (128 + (class - 256) % 128) << beyond;
}

void
up_packed_init(UpPackedSets *p, uint32_t n_baskets, uint32_t min_len, uint32_t limit)
{
	memset(p, 0, sizeof(*p));
	p->min_len = min_len;
	p->limit = limit;
	p->depth = 16;
	p->counts = up_alloc_array((size_t) p->depth + 1, sizeof(uint32_t));
	p->counts[0] = n_baskets;
}

void
up_packed_free(UpPackedSets *p)
{
	while (p->first != NULL)
	{
		UpPackedBlock *next = p->first->next;

		up_free(p->first);
		p->first = next;
	}
	up_free(p->counts);
	memset(p, 0, sizeof(*p));
}

/* What putting a band into order may take. */
static size_t
band_bytes(const UpPackedSets *p)
{
	return (p->largest + UP_MAX(p->n / BANDS, BAND_SETS)) *
		   (BYTES_A_WAY + (size_t) p->longest * sizeof(uint32_t));
}

/* A block more. False: it and what is to come from it have no room. */
static bool
add_block(UpPackedSets *p, size_t beside)
{
	size_t size = p->last == NULL ? FIRST_BLOCK : UP_MIN(2 * p->last->size, LAST_BLOCK);
	UpPackedBlock *b;

	if (beside + p->bytes + size + band_bytes(p) > up_memory_limit())
	{
		if (p->n >= FEW_SETS)
			return false;
		up_reserve(beside + p->bytes + size, "the item sets");
	}
	b = up_alloc(sizeof(UpPackedBlock) + size);
	b->next = NULL;
	b->used = 0;
	b->size = size;
	p->bytes += sizeof(UpPackedBlock) + size;
	if (p->last == NULL)
		p->first = b;
	else
		p->last->next = b;
	p->last = b;
	return true;
}

static inline uint8_t *
put(uint8_t *to, uint32_t v)
{
	for (; v >= 128; v >>= 7)
		*to++ = (uint8_t) (v | 128);
	*to++ = (uint8_t) v;
	return to;
}

static inline const uint8_t *
get(const uint8_t *from, uint32_t *v)
{
	uint32_t sum = *from & 127;

	for (unsigned shift = 7; *from++ >= 128; shift += 7)
		sum |= (uint32_t) (*from & 127) << shift;
	*v = sum;
	return from;
}

bool
up_packed_add(UpPackedSets *p, uint32_t len, uint32_t item, uint32_t count, size_t beside)
{
	uint8_t *to;

	if (p->n >= 2 * (uint64_t) p->limit && p->n >= FEW_SETS)
		return false;
	if ((p->last == NULL || p->last->size - p->last->used < LONGEST) && !add_block(p, beside))
		return false;
	if (len >= p->depth)
	{
		p->depth *= 2;
		p->counts = up_realloc(p->counts, ((size_t) p->depth + 1) * sizeof(uint32_t));
	}
	UP_ASSERT(count <= p->counts[len]);
	to = put(p->last->bytes + p->last->used, len);
	to = put(to, item);
	to = put(to, p->counts[len] - count);
	p->last->used = (size_t) (to - p->last->bytes);
	p->counts[len + 1] = count;
	p->longest = UP_MAX(p->longest, len + 1);
	if (len + 1 >= p->min_len)
	{
		uint32_t n = ++p->classes[class_of(count)];

		p->n++;
		p->largest = UP_MAX(p->largest, n);
	}
	return true;
}

uint32_t
up_packed_bound(const UpPackedSets *p)
{
	uint64_t n = 0;

	for (uint32_t class = UP_COUNT_CLASSES; class-- > 0;)
	{
		n += p->classes[class];
		if (n >= p->limit)
			return class_begin(class);
	}
	return 0;
}

void
up_packed_read(UpPackedReader *r, const UpPackedSets *p)
{
	memset(r, 0, sizeof(*r));
	r->sets = p;
	r->class_end = UP_COUNT_CLASSES;
	r->path = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
	r->counts = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
	r->sorted = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
}

void
up_packed_end(UpPackedReader *r)
{
	if (r->any)
		up_itemsets_free(&r->band);
	up_free(r->path);
	up_free(r->counts);
	up_free(r->sorted);
	memset(r, 0, sizeof(*r));
}

/* The set that stands at the end of the path, into the band. */
static void
take(UpPackedReader *r, uint32_t len, uint32_t count)
{
	for (uint32_t i = 0; i < len; i++)
	{
		uint32_t moved = r->path[i], j = i;

		for (; j > 0 && r->sorted[j - 1] > moved; j--)
			r->sorted[j] = r->sorted[j - 1];
		r->sorted[j] = moved;
	}
	up_itemsets_push(&r->band, r->sorted, len, r->path[len], count);
}

/* All sets with a count from least to below end. */
static void
gather(UpPackedReader *r, uint32_t least, uint32_t end)
{
	const UpPackedSets *p = r->sets;

	r->counts[0] = p->counts[0];
	for (const UpPackedBlock *b = p->first; b != NULL; b = b->next)
	{
		const uint8_t *at = b->bytes, *to = b->bytes + b->used;

		up_tick();
		while (at < to)
		{
			uint32_t len, item, less, count;

			at = get(at, &len);
			at = get(at, &item);
			at = get(at, &less);
			count = r->counts[len] - less;
			r->path[len] = item;
			r->counts[len + 1] = count;
			if (count - least < end - least && len + 1 >= p->min_len)
				take(r, len, count);
		}
	}
}

/* The next band; false: there is none. */
static bool
next_band(UpPackedReader *r)
{
	const UpPackedSets *p = r->sets;
	uint32_t end = r->class_end, class = end, wanted = UP_MAX(p->n / BANDS, BAND_SETS);
	uint64_t n = 0;

	while (class > 0 && n + p->classes[class - 1] <= (n == 0 ? UINT64_MAX : wanted))
		n += p->classes[--class];
	r->class_end = class;
	if (n == 0)
		return false;
	if (r->any)
		up_itemsets_free(&r->band);
	up_itemsets_init(&r->band, 0, UINT32_MAX);
	r->any = true;
	r->at = 0;
	gather(r, class_begin(class), end == UP_COUNT_CLASSES ? UINT32_MAX : class_begin(end));
	up_itemsets_finish(&r->band);
	return true;
}

const UpItemset *
up_packed_next(UpPackedReader *r)
{
	if (r->told == r->sets->limit || r->told == r->sets->n)
		return NULL;
	if ((!r->any || r->at == r->band.n) && !next_band(r))
		return NULL;
	r->told++;
	return r->band.sets[r->at++];
}
