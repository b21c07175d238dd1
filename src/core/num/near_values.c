/*
 * near_values.c - values counted, those that are near each other together; see near_values.h
 *
 * The bits of a double, read as a whole number (of those below 0 turned round), have the order of the values. A key is such a number without its
 * lower bits: none of them at first, and one more whenever there would be too many keys. So what is counted follows from the set of values
 * alone, not from their order, and parts merge; values around 1e9 are told apart as finely as their own spread allows, and long tails take
 * few keys. A median lies between the ends of its key, where the rank among its rows says.
 *
 * Cost: a look-up a value, of several at once, so that the processor fetches what they need meanwhile; 64 kB at most.
 */
#include "num/near_values.h"

#include "num/moments.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define FIRST_SLOTS 32
#define SIGN        (UINT64_C(1) << 63)
#define SHIFTS      64
#define AT_ONCE     32 /* values that are looked up together */

static uint64_t
bits_of(double v)
{
	uint64_t bits;

	v += 0.0; /* one zero */
	memcpy(&bits, &v, sizeof(bits));
	return (bits & SIGN) != 0 ? ~bits : bits | SIGN;
}

static double
value_of(uint64_t bits)
{
	double v;

	bits = (bits & SIGN) != 0 ? bits & ~SIGN : ~bits;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static int
compare_keys(const void *a, const void *b)
{
	uint64_t x = ((const UpNear *) a)->key, y = ((const UpNear *) b)->key;

	return x < y ? -1 : x > y;
}

/* Those that there are, in order. */
static UpNear *
sorted_keys(const UpNearValues *s)
{
	UpNear *sorted = up_alloc_array(UP_MAX(s->n, 1), sizeof(UpNear));
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_slots; i++)
	{
		if (s->slots[i].rows > 0)
			sorted[n++] = s->slots[i];
	}
	up_sort(sorted, n, sizeof(UpNear), compare_keys);
	return sorted;
}

static inline uint32_t
slot_of(const UpNearValues *s, uint64_t key)
{
	/* Of whole numbers only the upper bits differ, of keys that left some away only the lower ones. */
	return (uint32_t) (((key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (s->n_slots - 1);
}

static inline void
add_key(UpNearValues *s, uint64_t key, uint64_t rows)
{
	uint32_t at = slot_of(s, key);

	while (s->slots[at].rows > 0 && s->slots[at].key != key)
		at = (at + 1) & (s->n_slots - 1);
	s->n += s->slots[at].rows == 0;
	s->slots[at].key = key;
	s->slots[at].rows += rows;
}

/* So many slots, with keys that leave so many bits away. */
static void
set_slots(UpNearValues *s, uint32_t n_slots, unsigned shift)
{
	UpNear *before = s->slots;
	uint32_t n_before = s->n_slots;

	s->slots = up_alloc0(n_slots * sizeof(UpNear));
	s->n_slots = n_slots;
	s->n = 0;
	for (uint32_t i = 0; i < n_before; i++)
	{
		if (before[i].rows > 0)
			add_key(s, before[i].key >> (shift - s->shift), before[i].rows);
	}
	s->shift = shift;
	up_free(before);
}

/* Room for one key more. */
static inline void
make_room(UpNearValues *s)
{
	if (s->n * 2 >= s->n_slots && s->n_slots < UP_NEAR_SLOTS)
		set_slots(s, UP_MAX(s->n_slots * 2, FIRST_SLOTS), s->shift);
}

/* As fine as so many keys allow: neighbours fall together from the highest bit on in which they differ. */
static void
bound(UpNearValues *s)
{
	uint32_t apart[SHIFTS + 1] = {0}, n = 1;
	unsigned bits = SHIFTS;
	UpNear *sorted;

	/* One bit is enough, but at first. */
	if (s->n > UP_NEAR_VALUES)
		set_slots(s, s->n_slots, s->shift + 1);
	if (s->n <= UP_NEAR_VALUES)
		return;
	sorted = sorted_keys(s);
	for (uint32_t i = 1; i < s->n; i++)
		apart[SHIFTS - __builtin_clzll(sorted[i].key ^ sorted[i - 1].key)]++;
	up_free(sorted);
	while (n + apart[bits] <= UP_NEAR_VALUES)
		n += apart[bits--];
	set_slots(s, s->n_slots, s->shift + bits);
}

void
up_near_values_add(UpNearValues *values, const double *x, uint32_t n)
{
	for (uint32_t first = 0; first < n; first += AT_ONCE)
	{
		uint32_t end = UP_MIN(first + AT_ONCE, n);
		uint64_t bits[AT_ONCE];

		for (uint32_t j = first; j < end; j++)
		{
			UpNearValues *s = &values[j];

			make_room(s);
			bits[j - first] = bits_of(x[j]);
			__builtin_prefetch(&s->slots[slot_of(s, bits[j - first] >> s->shift)], 1);
		}
		for (uint32_t j = first; j < end; j++)
		{
			UpNearValues *s = &values[j];

			if (isnan(x[j]))
				continue;
			s->known++;
			add_key(s, bits[j - first] >> s->shift, 1);
			if (s->n > UP_NEAR_VALUES)
				bound(s);
		}
	}
}

void
up_near_values_merge(UpNearValues *s, const UpNearValues *other)
{
	if (other->shift > s->shift)
		set_slots(s, s->n_slots, other->shift);
	for (uint32_t i = 0; i < other->n_slots; i++)
	{
		if (other->slots[i].rows == 0)
			continue;
		make_room(s);
		add_key(s, other->slots[i].key >> (s->shift - other->shift), other->slots[i].rows);
	}
	s->known += other->known;
	bound(s);
}

/* Of the values at a rank (from 0) the one that its place between the ends of its key says. */
static double
value_at(const UpNearValues *s, const UpNear *sorted, uint64_t rank)
{
	uint64_t before = 0, first, last;
	uint32_t i = 0;
	double low, high;

	while (before + sorted[i].rows <= rank)
		before += sorted[i++].rows;
	first = sorted[i].key << s->shift;
	last = first | ((UINT64_C(1) << s->shift) - 1);
	low = value_of(first);
	high = value_of(last);
	if (s->shift == 0 || !isfinite(low) || !isfinite(high))
		return isfinite(low) ? low : high;
	return low + (high - low) * (((double) (rank - before) + 0.5) / (double) sorted[i].rows);
}

double
up_near_values_median(const UpNearValues *s)
{
	UpNear *sorted = sorted_keys(s);
	double upper = value_at(s, sorted, s->known / 2);
	double lower = s->known % 2 == 0 ? value_at(s, sorted, s->known / 2 - 1) : upper;

	up_free(sorted);
	return up_midpoint(lower, upper);
}

double
up_near_values_most_frequent(const UpNearValues *s)
{
	UpNear *sorted = sorted_keys(s);
	uint32_t best = 0;
	double v;

	for (uint32_t i = 1; i < s->n; i++)
		best = sorted[i].rows > sorted[best].rows ? i : best;
	v = value_of(sorted[best].key << s->shift);
	up_free(sorted);
	return v;
}

void
up_near_values_to_flat(const UpNearValues *s, void *flat)
{
	memcpy(flat, s, sizeof(*s));
	memcpy((char *) flat + sizeof(*s), s->slots, s->n_slots * sizeof(UpNear));
}

void
up_near_values_of_flat(UpNearValues *s, const void *flat)
{
	memcpy(s, flat, sizeof(*s));
	s->slots = NULL;
	if (s->n_slots > 0)
		s->slots = memcpy(up_alloc(s->n_slots * sizeof(UpNear)), (const char *) flat + sizeof(*s),
						  s->n_slots * sizeof(UpNear));
}

void
up_put_near_values(UpWriter *w, const UpNearValues *s)
{
	UpNear *sorted = sorted_keys(s);

	up_put_u8(w, (uint8_t) s->shift);
	up_put_u32(w, s->n);
	for (uint32_t i = 0; i < s->n; i++)
	{
		up_put_u64(w, sorted[i].key);
		up_put_u64(w, sorted[i].rows);
	}
	up_free(sorted);
}

void
up_get_near_values(UpReader *r, UpNearValues *s)
{
	uint32_t n;

	memset(s, 0, sizeof(*s));
	s->shift = up_get_u8(r);
	n = up_get_count(r, sizeof(UpNear), UP_NEAR_VALUES, "values");
	if (s->shift >= SHIFTS)
		up_corrupt(r, "values");
	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t key = up_get_u64(r), rows = up_get_u64(r), first = key << s->shift;

		if (first >> s->shift != key || !isfinite(value_of(first)) || rows == 0 ||
			rows > UINT64_MAX / 2 - s->known)
			up_corrupt(r, "values");
		s->known += rows;
		make_room(s);
		add_key(s, key, rows);
	}
	if (s->n != n)
		up_corrupt(r, "values");
}
