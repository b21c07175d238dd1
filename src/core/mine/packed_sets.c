/*
 * packed_sets.c - frequent sets, packed as they are found (see packed_sets.h)
 *
 * A set takes 5 bytes: items before the last, the last, the difference of counts; 13 where one of these is too great. Bands are
 * neighbouring classes of counts with about a sixteenth of all sets, so that the bytes are gone through some twenty times. In dense data a
 * single class, or count, can have as many: it is taken apart by counts and by lengths.
 *
 * Few items, as dense data have, are bits of a word, or of a word of twice the width, item 0 the highest. Of two sets of one length that comes
 * first in the order of items which has the first item that is not in both, so the greater word. The sets of a band are such words, below their lengths, put to
 * their counts at once; then the words of each count are sorted as numbers, by radix where they are many.
 * Cost: the bytes once or twice a band and once for what is taken apart, and sorting each band.
 */
#include "mine/packed_sets.h"

#include <string.h>

#define FIRST_BLOCK (1 << 12)
#define LAST_BLOCK  (1 << 20)
#define SHORT       UP_PACKED_SHORT
#define LONG        13
#define LONG_MARK   255
#define BAND_SETS   16384 /* at least, where there are so many */
#define BANDS       16
#define PARTS       256 /* of a range of counts */
#define BYTES_A_WAY 64  /* of a set in a band, while it is sorted, beside its items */
#define FEW_SETS    1024
/* So many times as many as are wanted, or so many, are taken before the search is given up: where counts are alike, nothing can be dropped. */
#define MORE_THAN_WANTED 8
#define MANY_SETS        65536

#define AHEAD         8  /* sets that are fetched before they are told */
#define NARROW_ITEMS  56 /* beside the length of a set in a word */
#define WIDE_ITEMS    120
#define MASKED_COUNTS (1 << 23)
#define MASKED_BANDS  3         /* of narrow words */
#define MASKED_SETS   (1 << 20) /* or a band of so many, where memory has room: more do not stay in the caches */
#define ALL_COUNTS    (1 << 17) /* that are counted in one go */
#define MASKED_WIDTH  (1 << 16) /* of a band, in counts; as wide as a class can be below MASKED_COUNTS */
#define TICK_WORDS    100000
#define INSERTED      40 /* words that are not sorted by radix */
#define WAITING       16 /* words on their way */
#define HIGH_DIGITS   4  /* by which they are sorted first */

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
	p->most_bytes = SIZE_MAX;
	p->most = UP_MAX(2 * (uint64_t) limit, FEW_SETS);
	p->look_at = p->most;
	p->depth = 16;
	p->counts = up_alloc_array((size_t) p->depth + 1, sizeof(uint32_t));
	p->counts[0] = n_baskets;
}

void
up_packed_drop(UpPackedSets *p)
{
	p->drops = true;
	p->most = UP_MAX(MORE_THAN_WANTED * (uint64_t) p->limit, MANY_SETS);
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

static uint32_t
band_sets(const UpPackedSets *p)
{
	return UP_MAX(p->n / BANDS, BAND_SETS);
}

/* What putting a band into order may take, once there are so many more. */
static size_t
band_bytes(const UpPackedSets *p, size_t more)
{
	size_t most = UP_MIN((size_t) p->largest + band_sets(p), p->n + more);

	return most * (BYTES_A_WAY + (size_t) p->longest * sizeof(uint32_t));
}

/* A block more. False: it and what is to come from it have no room. */
static bool
add_block(UpPackedSets *p, size_t beside)
{
	size_t size = p->last == NULL ? FIRST_BLOCK : UP_MIN(2 * p->last->size, LAST_BLOCK);
	UpPackedBlock *b;

	if (p->bytes + size > p->most_bytes)
		return false;
	if (beside + p->bytes + size + band_bytes(p, size / SHORT) > up_memory_limit())
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
put(uint8_t *to, uint32_t len, uint32_t item, uint32_t less)
{
	const uint32_t numbers[3] = {len, item, less};

	if (len < LONG_MARK && item <= UINT16_MAX && less <= UINT16_MAX)
	{
		const uint16_t two[2] = {(uint16_t) item, (uint16_t) less};

		*to = (uint8_t) len;
		memcpy(to + 1, two, sizeof(two));
		return to + SHORT;
	}
	*to = LONG_MARK;
	memcpy(to + 1, numbers, sizeof(numbers));
	return to + LONG;
}

static inline const uint8_t *
get(const uint8_t *from, uint32_t *len, uint32_t *item, uint32_t *less)
{
	uint32_t numbers[3];
	uint16_t two[2];

	if (*from != LONG_MARK)
	{
		memcpy(two, from + 1, sizeof(two));
		*len = *from;
		*item = two[0];
		*less = two[1];
		return from + SHORT;
	}
	memcpy(numbers, from + 1, sizeof(numbers));
	*len = numbers[0];
	*item = numbers[1];
	*less = numbers[2];
	return from + LONG;
}

/* What may be dropped from here on; returns whether there are too many. */
static bool
look_at_sets(UpPackedSets *p)
{
	if (p->drops)
		p->least = UP_MAX(p->least, up_packed_bound(p));
	p->look_at = UP_MIN(p->n + (uint64_t) UP_MAX(p->limit / 4, FEW_SETS), p->most);
	return p->n >= p->most;
}

bool
up_packed_add(UpPackedSets *p, uint32_t len, uint32_t item, uint32_t count, size_t beside)
{
	bool full = p->n >= p->look_at && look_at_sets(p);
	uint8_t *to;

	if (len >= p->depth)
	{
		p->depth *= 2;
		p->counts = up_realloc(p->counts, ((size_t) p->depth + 1) * sizeof(uint32_t));
	}
	UP_ASSERT(count <= p->counts[len]);
	p->counts[len + 1] = count;
	/* Nor are those that extend it, which are no more frequent, among the first. */
	if (count < p->least)
		return true;
	if (full)
		return false;
	if ((p->last == NULL || p->last->size - p->last->used < LONG) && !add_block(p, beside))
		return false;
	to = put(p->last->bytes + p->last->used, len, item, p->counts[len] - count);
	p->last->used = (size_t) (to - p->last->bytes);
	p->n_all++;
	p->longest = UP_MAX(p->longest, len + 1);
	p->last_item = UP_MAX(p->last_item, item);
	if (len + 1 >= p->min_len)
	{
		uint32_t n = ++p->classes[class_of(count)];

		p->n++;
		p->largest = UP_MAX(p->largest, n);
	}
	return true;
}

size_t
up_packed_image_bytes(const UpPackedSets *p)
{
	size_t n = sizeof(UpPackedImage);

	for (const UpPackedBlock *b = p->first; b != NULL; b = b->next)
		n += b->used;
	return (n + 7) / 8 * 8;
}

void
up_packed_write_image(const UpPackedSets *p, uint32_t least, UpPackedImage *image)
{
	uint8_t *to = image->bytes;

	for (const UpPackedBlock *b = p->first; b != NULL; b = b->next)
	{
		memcpy(to, b->bytes, b->used);
		to += b->used;
	}
	image->n_bytes = (uint64_t) (to - image->bytes);
	image->n_all = p->n_all;
	image->least = least;
	image->n = p->n;
	image->longest = p->longest;
	image->last_item = p->last_item;
	image->largest = p->largest;
	memcpy(image->classes, p->classes, sizeof(p->classes));
}

/* Whether they can be taken as they are: short ones, with nobody looking at them meanwhile, none dropped, and room for all. */
static bool
fits_whole(const UpPackedSets *p, const UpPackedImage *image, size_t beside)
{
	uint64_t n = (uint64_t) p->n + image->n;
	size_t band = (size_t) p->largest + image->largest + UP_MAX((size_t) n / BANDS, BAND_SETS);
	size_t longest = UP_MAX(p->longest, image->longest);

	return image->n_bytes == SHORT * image->n_all && n < p->look_at && image->least >= p->least &&
		   p->most_bytes == SIZE_MAX &&
		   beside + p->bytes + image->n_bytes + 2 * LAST_BLOCK +
				   band * (BYTES_A_WAY + longest * sizeof(uint32_t)) <=
			   up_memory_limit();
}

/* In blocks that end where they would have ended. */
static void
take_whole(UpPackedSets *p, const UpPackedImage *image, size_t beside)
{
	const uint8_t *from = image->bytes, *end = from + image->n_bytes;

	while (from < end)
	{
		bool room = (p->last != NULL && p->last->size - p->last->used >= LONG) || add_block(p, beside);
		size_t bytes = (p->last->size - p->last->used - LONG) / SHORT * SHORT + SHORT;

		UP_ASSERT(room);
		(void) room;
		bytes = UP_MIN(bytes, (size_t) (end - from));
		memcpy(p->last->bytes + p->last->used, from, bytes);
		p->last->used += bytes;
		from += bytes;
	}
	for (uint32_t class = 0; class < UP_COUNT_CLASSES; class ++)
	{
		p->classes[class] += image->classes[class];
		p->largest = UP_MAX(p->largest, p->classes[class]);
	}
	p->n_all += image->n_all;
	p->n += image->n;
	p->longest = UP_MAX(p->longest, image->longest);
	p->last_item = UP_MAX(p->last_item, image->last_item);
}

bool
up_packed_take_image(UpPackedSets *p, const UpPackedImage *image, size_t beside)
{
	const uint8_t *at = image->bytes, *end = at + image->n_bytes;
	size_t work = 0;

	up_tick();
	if (fits_whole(p, image, beside))
	{
		take_whole(p, image, beside);
		return true;
	}
	while (at < end)
	{
		uint32_t len, item, less;

		at = get(at, &len, &item, &less);
		up_tick_work(&work, 16);
		if (!up_packed_add(p, len, item, p->counts[len] - less, beside))
			return false;
	}
	return true;
}

uint32_t
up_packed_bound(const UpPackedSets *p)
{
	uint64_t n = 0;

	for (uint32_t class = UP_COUNT_CLASSES; class -- > 0;)
	{
		n += p->classes[class];
		if (n >= p->limit)
			return class_begin(class);
	}
	return 0;
}

void
up_packed_end(UpPackedReader *r)
{
	up_itemsets_free(&r->band);
	up_free(r->ranges);
	up_free(r->path);
	up_free(r->counts);
	up_free(r->sorted);
	up_free(r->way);
	up_free(r->all_counts);
	up_free(r->words);
	up_free(r->ends);
	up_free(r->set);
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

typedef enum Pass
{
	COUNTED, /* by lengths (width 0) or by counts, so many a part */
	TAKEN    /* into the band */
} Pass;

/* All sets of a range. */
static inline __attribute__((always_inline)) void
go_through(UpPackedReader *r, const UpPackedRange *range, Pass pass, uint32_t *parts, uint32_t width)
{
	const UpPackedSets *p = r->sets;
	uint32_t n_counts = range->end - range->least, n_lengths = range->longest - range->shortest + 1;

	r->counts[0] = p->counts[0];
	for (const UpPackedBlock *b = p->first; b != NULL; b = b->next)
	{
		const uint8_t *at = b->bytes, *to = b->bytes + b->used;

		up_tick();
		while (at < to)
		{
			uint32_t len, item, less, count;

			at = get(at, &len, &item, &less);
			count = r->counts[len] - less;
			r->counts[len + 1] = count;
			if (pass == TAKEN)
				r->path[len] = item;
			if (count - range->least >= n_counts || len + 1 - range->shortest >= n_lengths)
				continue;
			if (pass == TAKEN)
				take(r, len, count);
			else
				parts[width == 0 ? len + 1 - range->shortest : (count - range->least) / width]++;
		}
	}
}

/* The highest bit becomes the lowest, which is found and cleared in a step. */
static inline uint64_t
reversed(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x5555555555555555), twos = UINT64_C(0x3333333333333333),
				   fours = UINT64_C(0x0f0f0f0f0f0f0f0f);

	word = (word >> 1 & ones) | (word & ones) << 1;
	word = (word >> 2 & twos) | (word & twos) << 2;
	word = (word >> 4 & fours) | (word & fours) << 4;
	return __builtin_bswap64(word);
}

#define MASKED(name) narrow_##name
#define Word         uint64_t
#include "mine/packed_masked_kernel.h"

/* What is allocated is aligned to 8 bytes. */
typedef unsigned __int128 Wide __attribute__((aligned(8)));
#define MASKED(name) wide_##name
#define Word         Wide
#include "mine/packed_masked_kernel.h"

/* What a band of so many words takes, with all sets. */
static size_t
masked_bytes(const UpPackedReader *r, uint32_t n)
{
	return r->sets->bytes + 2 * (size_t) n * r->word_bytes;
}

/* Room for the words of a band. */
static void
masked_room(UpPackedReader *r, const UpPackedRange *range)
{
	r->width = range->end - range->least;
	r->least = range->least;
	up_free(r->ends);
	r->ends = up_alloc0(r->width * sizeof(uint32_t));
	if (range->n <= r->n_words)
		return;
	up_reserve(masked_bytes(r, range->n), "the sorting of item sets");
	up_free(r->words);
	r->n_words = range->n;
	r->words = up_alloc_array(range->n, r->word_bytes);
}

/* The band of a range, as words in order. */
static void
fill_masked(UpPackedReader *r, UpPackedRange *range)
{
	uint32_t at = 0, most = 0;

	if (range->end > r->sets->counts[0])
		range->end = r->sets->counts[0] + 1;
	masked_room(r, range);
	if (r->all_counts == NULL || range->shortest > r->sets->min_len || range->longest < r->sets->longest)
		go_through(r, range, COUNTED, r->ends, 1);
	else
		memcpy(r->ends, r->all_counts + r->least, r->width * sizeof(uint32_t));
	for (uint32_t i = r->width; i-- > 0;)
	{
		uint32_t here = r->ends[i];

		r->ends[i] = at;
		at += here;
		most = UP_MAX(most, here);
	}
	if (r->word_bytes == sizeof(uint64_t))
	{
		narrow_place(r, range, r->ends);
		narrow_sort_counts(r, most);
	}
	else
	{
		wide_place(r, range, r->ends);
		wide_sort_counts(r, most);
	}
	r->count = range->end - 1;
}

/* Whether sets are told as words, and what that takes. */
static void
begin_masked(UpPackedReader *r)
{
	const UpPackedSets *p = r->sets;
	UpPackedRange all = {0, p->counts[0] + 1, p->min_len, p->longest, p->n};

	if (p->last_item >= WIDE_ITEMS || p->counts[0] >= MASKED_COUNTS)
		return;
	r->word_bytes = p->last_item < NARROW_ITEMS ? sizeof(uint64_t) : sizeof(Wide);
	r->item_bits = p->last_item + 1;
	r->way = up_alloc_array((size_t) p->longest + 1, r->word_bytes);
	r->set = up_alloc(sizeof(UpItemset) + WIDE_ITEMS * sizeof(uint32_t));
	if (all.end > ALL_COUNTS || p->n == 0)
		return;
	r->all_counts = up_alloc0(all.end * sizeof(uint32_t));
	go_through(r, &all, COUNTED, r->all_counts, 1);
}

void
up_packed_read(UpPackedReader *r, const UpPackedSets *p)
{
	memset(r, 0, sizeof(*r));
	r->sets = p;
	r->path = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
	r->counts = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
	r->sorted = up_alloc_array((size_t) p->longest + 1, sizeof(uint32_t));
	r->capacity = UP_COUNT_CLASSES;
	r->ranges = up_alloc_array(r->capacity, sizeof(UpPackedRange));
	for (uint32_t class = 0; class < UP_COUNT_CLASSES; class ++)
	{
		uint32_t end = class + 1 < UP_COUNT_CLASSES ? class_begin(class + 1) : UINT32_MAX;

		if (p->classes[class] > 0)
			r->ranges[r->n_ranges++] =
				(UpPackedRange){class_begin(class), end, p->min_len, p->longest, p->classes[class]};
	}
	begin_masked(r);
}

/* Puts parts of a range in its place. */
static void
take_apart(UpPackedReader *r, const UpPackedRange *range)
{
	uint32_t n_counts = range->end - range->least, width = n_counts == 1 ? 0 : (n_counts - 1) / PARTS + 1;
	uint32_t n = width == 0 ? range->longest - range->shortest + 1 : (n_counts - 1) / width + 1;
	uint32_t *parts = up_alloc0(n * sizeof(uint32_t));

	go_through(r, range, COUNTED, parts, width);
	if (r->n_ranges + n > r->capacity)
	{
		r->capacity = 2 * (r->n_ranges + n);
		r->ranges = up_realloc(r->ranges, r->capacity * sizeof(UpPackedRange));
	}
	/* The most frequent come first, of one count the shortest. */
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t part = width == 0 ? n - 1 - i : i;
		UpPackedRange *to = &r->ranges[r->n_ranges];

		if (parts[part] == 0)
			continue;
		*to = *range;
		to->n = parts[part];
		if (width == 0)
			to->shortest = to->longest = range->shortest + part;
		else
		{
			to->least = range->least + part * width;
			to->end = UP_MIN(to->least + width, range->end);
		}
		r->n_ranges++;
	}
	up_free(parts);
}

/* Whether a comes right before b, so that they are one range. */
static bool
join(UpPackedRange *a, const UpPackedRange *b)
{
	bool whole = a->end - a->least > 1 || b->end - b->least > 1 || a->least != b->least;

	/* Parts of one count, by lengths, stand for themselves beside other counts. */
	if (whole && (a->shortest != b->shortest || a->longest != b->longest))
		return false;
	if (whole)
		a->least = b->least;
	else
		a->longest = b->longest;
	a->n += b->n;
	return true;
}

static uint32_t
masked_band_sets(const UpPackedReader *r)
{
	uint32_t n = r->sets->n, bands = MASKED_BANDS * r->word_bytes / (uint32_t) sizeof(uint64_t);
	uint32_t few = UP_MAX(n / bands, BAND_SETS), many = UP_MIN(n, MASKED_SETS);

	return many > few && masked_bytes(r, many) <= up_memory_limit() ? many : few;
}

size_t
up_packed_reading(const UpPackedReader *r)
{
	const UpPackedSets *p = r->sets;

	if (r->word_bytes == 0)
		return p->bytes + band_bytes(p, 0);
	return masked_bytes(r, (uint32_t) UP_MIN(p->largest + (uint64_t) masked_band_sets(r), p->n));
}

/* The next band; false: there is none. */
static bool
next_band(UpPackedReader *r)
{
	uint32_t wanted = r->word_bytes > 0 ? masked_band_sets(r) : band_sets(r->sets);
	UpPackedRange range;

	for (;;)
	{
		if (r->n_ranges == 0)
			return false;
		range = r->ranges[--r->n_ranges];
		if (range.n <= wanted || (range.end - range.least == 1 && range.shortest == range.longest))
			break;
		take_apart(r, &range);
	}
	while (r->n_ranges > 0 && range.n + (uint64_t) r->ranges[r->n_ranges - 1].n <= wanted &&
		   (r->word_bytes == 0 || range.end - r->ranges[r->n_ranges - 1].least <= MASKED_WIDTH) &&
		   join(&range, &r->ranges[r->n_ranges - 1]))
		r->n_ranges--;
	r->at = 0;
	r->n_band = range.n;
	if (r->word_bytes > 0)
	{
		fill_masked(r, &range);
		return true;
	}
	up_itemsets_reuse(&r->band, range.n, range.longest);
	go_through(r, &range, TAKEN, NULL, 0);
	up_itemsets_finish(&r->band);
	return true;
}

/* Those of a band stand in memory as they were found, not as they are told. */
static const UpItemset *
tell_sorted(UpPackedReader *r)
{
	__builtin_prefetch(r->band.sets[UP_MIN(r->at + AHEAD, r->n_band - 1)]);
	return r->band.sets[r->at++];
}

const UpItemset *
up_packed_next(UpPackedReader *r)
{
	if (r->told == r->sets->limit || r->told == r->sets->n)
		return NULL;
	if (r->at == r->n_band && !next_band(r))
		return NULL;
	r->told++;
	if (r->word_bytes == 0)
		return tell_sorted(r);
	return r->word_bytes == sizeof(uint64_t) ? narrow_tell(r) : wide_tell(r);
}
