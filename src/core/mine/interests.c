/*
 * interests.c - interests that fade: items with weights that halve with every half-life
 *
 * The weight of an item at time T is the sum over its events of w 2^(-(T - t) / h). It is kept as the sum of w 2^(t / h),
 * its weight at the epoch (forward decay: Cormode, Shkapenyuk, Srivastava and Xu, "Forward decay", ICDE 2009): nothing is
 * rewritten as time passes, an event may come late, values are added in any order, and the heaviest items are the same at
 * every time. Such numbers are far beyond a double, so the exponent of two is kept apart, t / h is split by integers into
 * whole half-lives and the rest, and sums carry the error of their additions along (two doubles).
 *
 * Beyond max_items the heaviest are kept. What the heaviest of the others weighed is added to dropped: the true weight of
 * any item lies between what is told (0 if it is not there) and that plus dropped. While events are collected many more items are
 * held (HELD), so that an aggregate over fewer gives the same value in any order.
 *
 * Cost: a probe an event; n log n to trim and to write.
 */
#include "mine/interests.h"

#include "base/rng.h"
#include "base/text.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define FORMAT 1

/* Items that are held before the lighter half goes. */
#define HELD_LEAST 131072
#define HELD_TIMES 64

/* Exponents: times of 2^63 microseconds in half-lives of a second, and the range of a double. */
#define EXPONENT_LIMIT (INT64_C(1) << 44)

#define MICROSECONDS INT64_C(1000000)

typedef struct Text
{
	uint64_t hash;
	const char *bytes;
	size_t len;
} Text;

#define UP_HASH_NAME  interest
#define UP_HASH_OWNER UpInterests
#define UP_HASH_KEY   Text
#define UP_HASH_EQUAL(v, i, key)                                                                               \
	((v)->items[i].hash == (key).hash && (v)->items[i].len == (key).len &&                                     \
	 memcmp((v)->items[i].item, (key).bytes, (key).len) == 0)
#define UP_HASH_OF(v, i) (v)->items[i].hash
#include "num/hash_table.h"

void
up_interests_init(UpInterests *v, int64_t half_life, uint32_t max_items)
{
	memset(v, 0, sizeof(*v));
	v->half_life = half_life;
	v->max_items = max_items;
	v->capacity = 7;
	v->items = up_alloc_array(v->capacity, sizeof(UpInterest));
	interest_resize(&v->table, v, 0, v->capacity);
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* x + y, which is not 0, with its own exponent. */
static UpFaded
normal(double x, double y, int64_t exponent)
{
	UpFaded f = {.hi = x + y};
	int shift;

	f.lo = y - (f.hi - x);
	f.hi = frexp(f.hi, &shift);
	f.lo = ldexp(f.lo, -shift) + 0.0;
	f.exponent = exponent + shift;
	/* Only weights that were forged come here. */
	if (f.exponent >= EXPONENT_LIMIT)
		up_fail_with(UP_INVALID_DATA, NULL, NULL, "the weight of an interest is too large");
	return f;
}

static UpFaded
add(UpFaded a, UpFaded b)
{
	double sum, part, error, hi, lo;

	if (a.hi == 0 || b.hi == 0)
		return a.hi == 0 ? b : a;
	if (a.exponent < b.exponent)
	{
		UpFaded t = a;

		a = b;
		b = t;
	}
	if (a.exponent - b.exponent > 1000)
		return a;
	hi = ldexp(b.hi, -(int) (a.exponent - b.exponent));
	lo = ldexp(b.lo, -(int) (a.exponent - b.exponent));
	sum = a.hi + hi;
	part = sum - a.hi;
	error = (a.hi - (sum - part)) + (hi - part);
	return normal(sum, error + (a.lo + lo), a.exponent);
}

static int
compare_faded(const UpFaded *a, const UpFaded *b)
{
	if ((a->hi == 0) != (b->hi == 0))
		return a->hi == 0 ? -1 : 1;
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

/* Whole half-lives from the epoch, and the rest as a share of one, in [0, 1). */
static int64_t
half_lives(const UpInterests *v, int64_t t, double *rest)
{
	int64_t h = v->half_life * MICROSECONDS, whole = t / h;

	if (t % h < 0)
		whole--;
	*rest = (double) (t - whole * h) / (double) h;
	return whole;
}

static UpFaded
at_epoch(const UpInterests *v, double weight, int64_t event_time)
{
	double rest, m;
	int exponent;
	int64_t whole = half_lives(v, event_time, &rest);

	m = frexp(weight, &exponent);
	return normal(m * exp2(rest), 0, whole + exponent);
}

double
up_interests_weight(const UpInterests *v, const UpFaded *weight, int64_t at)
{
	double rest, w;
	int64_t exponent = weight->exponent - half_lives(v, at, &rest);

	if (weight->hi == 0)
		return 0;
	w = ldexp((weight->hi + weight->lo) * exp2(-rest), (int) UP_MAX(UP_MIN(exponent, 5000), -5000));
	if (!isfinite(w))
		up_fail_with(
			UP_INVALID_DATA, NULL, "Read interests at a time that is not before their events.",
			"the weight of an interest at this time is beyond what a double precision number can hold");
	return w;
}

/* ---- items ----------------------------------------------------------------------------------------------------- */

const UpInterest *
up_interests_find(const UpInterests *v, const char *item, size_t len)
{
	Text key = {up_hash_bytes(item, len, 0), item, len};
	uint32_t slot = *interest_find(&v->table, v, key.hash, key);

	return slot != 0 ? &v->items[slot - 1] : NULL;
}

/* The item with these bytes, without weight if it is new. */
static UpInterest *
item_of(UpInterests *v, const char *item, size_t len)
{
	Text key = {up_hash_bytes(item, len, 0), item, len};
	uint32_t *slot = interest_find(&v->table, v, key.hash, key);
	UpInterest *i;

	if (*slot != 0)
		return &v->items[*slot - 1];
	if (v->n == v->capacity)
	{
		v->capacity = 2 * v->capacity + 1;
		v->items = up_realloc(v->items, v->capacity * sizeof(UpInterest));
		interest_resize(&v->table, v, v->n, v->capacity);
		slot = interest_find(&v->table, v, key.hash, key);
	}
	i = &v->items[v->n++];
	*i = (UpInterest){.hash = key.hash, .item = up_alloc(UP_MAX(len, 1)), .len = len};
	memcpy(i->item, item, len);
	*slot = v->n;
	return i;
}

static int
compare_bytes(const UpInterest *a, const UpInterest *b)
{
	int order = memcmp(a->item, b->item, UP_MIN(a->len, b->len));

	return order != 0 ? order : a->len < b->len ? -1 : a->len > b->len;
}

static int
heavier(const void *a, const void *b)
{
	const UpInterest *x = *(const UpInterest *const *) a, *y = *(const UpInterest *const *) b;
	int order = compare_faded(&y->weight, &x->weight);

	return order != 0 ? order : compare_bytes(x, y);
}

static int
by_bytes(const void *a, const void *b)
{
	return compare_bytes(*(const UpInterest *const *) a, *(const UpInterest *const *) b);
}

static uint32_t *
order_by(const UpInterests *v, int (*compare)(const void *, const void *))
{
	const UpInterest **sorted = up_alloc_array(UP_MAX(v->n, 1), sizeof(UpInterest *));
	uint32_t *order = up_alloc_array(UP_MAX(v->n, 1), sizeof(uint32_t));

	for (uint32_t i = 0; i < v->n; i++)
		sorted[i] = &v->items[i];
	up_sort(sorted, v->n, sizeof(UpInterest *), compare);
	for (uint32_t i = 0; i < v->n; i++)
		order[i] = (uint32_t) (sorted[i] - v->items);
	up_free(sorted);
	return order;
}

uint32_t *
up_interests_order(const UpInterests *v)
{
	return order_by(v, heavier);
}

static void
keep_heaviest(UpInterests *v, uint32_t most)
{
	uint32_t *order;
	UpInterest *old = v->items;

	if (v->n <= most)
		return;
	order = up_interests_order(v);
	v->dropped = add(v->dropped, old[order[most]].weight);
	v->items = up_alloc_array(v->capacity, sizeof(UpInterest));
	for (uint32_t i = 0; i < most; i++)
		v->items[i] = old[order[i]];
	for (uint32_t i = most; i < v->n; i++)
		up_free(old[order[i]].item);
	v->n = most;
	interest_resize(&v->table, v, v->n, v->capacity);
	up_free(old);
	up_free(order);
}

void
up_interests_trim(UpInterests *v)
{
	keep_heaviest(v, v->max_items);
}

/* Memory stays bounded, whatever comes. */
static void
bound(UpInterests *v)
{
	uint32_t held = UP_MAX(HELD_LEAST, HELD_TIMES * v->max_items);

	if (v->n > held)
		keep_heaviest(v, held / 2);
}

void
up_interests_add(UpInterests *v, const char *item, size_t len, double weight, int64_t event_time)
{
	UpInterest *i;

	if (!(weight >= 0) || !isfinite(weight))
		up_fail_with(UP_INVALID_DATA, NULL, "Keep what is disliked in a value of its own.",
					 "the weight of an interest must be a finite number and not negative, not %s",
					 isnan(weight)   ? "NaN"
					 : isinf(weight) ? "infinite"
									 : up_format("%g", weight));
	if (weight == 0)
		return;
	i = item_of(v, item, len);
	i->weight = add(i->weight, at_epoch(v, weight, event_time));
	bound(v);
}

void
up_interests_merge(UpInterests *v, const UpInterests *other)
{
	if (v->half_life != other->half_life)
		up_fail_with(UP_INVALID_PARAMETER,
					 up_format("One fades by half in %lld seconds, the other in %lld.",
							   (long long) v->half_life, (long long) other->half_life),
					 "Collect both with the same half-life.",
					 "interests of different half-lives cannot be added");
	v->max_items = UP_MAX(v->max_items, other->max_items);
	v->dropped = add(v->dropped, other->dropped);
	for (uint32_t j = 0; j < other->n; j++)
	{
		UpInterest *i = item_of(v, other->items[j].item, other->items[j].len);

		i->weight = add(i->weight, other->items[j].weight);
	}
	bound(v);
}

/* ---- bytes: u8 format, u64 half-life, u32 max_items, dropped, u32 n, n × (u32 length, bytes, weight) by bytes ----- */

static void
put_faded(UpWriter *w, const UpFaded *f)
{
	up_put_f64(w, f->hi);
	up_put_f64(w, f->lo);
	up_put_u64(w, (uint64_t) f->exponent);
}

static bool
is_faded(const UpFaded *f, bool may_be_nothing)
{
	if (f->hi == 0)
		return may_be_nothing && !signbit(f->hi) && f->lo == 0 && f->exponent == 0;
	return f->hi >= 0.5 && f->hi < 1 && fabs(f->lo) <= 0x1p-53 && f->exponent > -EXPONENT_LIMIT &&
		   f->exponent < EXPONENT_LIMIT;
}

static UpFaded
get_faded(UpReader *r, bool may_be_nothing)
{
	UpFaded f;

	f.hi = up_get_f64(r);
	f.lo = up_get_f64(r);
	f.exponent = (int64_t) up_get_u64(r);
	if (!is_faded(&f, may_be_nothing))
		up_corrupt(r, "weight");
	return f;
}

void
up_interests_put(UpWriter *w, const UpInterests *v)
{
	uint32_t *order = order_by(v, by_bytes);
	size_t work = 0;

	up_put_u8(w, FORMAT);
	up_put_u64(w, (uint64_t) v->half_life);
	up_put_u32(w, v->max_items);
	put_faded(w, &v->dropped);
	up_put_u32(w, v->n);
	for (uint32_t i = 0; i < v->n; i++)
	{
		const UpInterest *item = &v->items[order[i]];

		up_tick_work(&work, item->len);
		up_put_u32(w, (uint32_t) item->len);
		up_put_bytes(w, item->item, item->len);
		put_faded(w, &item->weight);
	}
	up_free(order);
}

void
up_interests_get(UpReader *r, UpInterests *v)
{
	uint64_t half_life;
	uint32_t max_items, n;
	size_t work = 0;

	if (up_get_u8(r) != FORMAT)
		up_corrupt(r, "format");
	half_life = up_get_u64(r);
	max_items = up_get_u32(r);
	if (half_life < 1 || half_life > (uint64_t) UP_INTERESTS_HALF_LIVES)
		up_corrupt(r, "half-life");
	if (max_items < 1 || max_items > UP_INTERESTS_MOST)
		up_corrupt(r, "max_items");
	up_interests_init(v, (int64_t) half_life, max_items);
	v->dropped = get_faded(r, true);
	n = up_get_count(r, 28, UINT32_MAX, "items");
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_get_count(r, 1, UINT32_MAX, "length of an item");
		const char *bytes = (const char *) r->bytes + r->pos;
		UpInterest *item;

		up_tick_work(&work, len);
		if (!up_text_is_valid(bytes, len) || memchr(bytes, 0, len) != NULL)
			up_corrupt(r, "item is no text");
		item = item_of(v, bytes, len);
		r->pos += len;
		item->weight = get_faded(r, false);
		if (v->n != i + 1 || (i > 0 && compare_bytes(&v->items[i - 1], item) >= 0))
			up_corrupt(r, "order of items");
	}
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static UpValue *
faded_value(UpValue *array, const UpFaded *f)
{
	up_value_append(array, up_value_number(f->hi));
	up_value_append(array, up_value_number(f->lo));
	up_value_append(array, up_value_number((double) f->exponent));
	return array;
}

char *
up_interests_text(const UpInterests *v)
{
	UpValue *o = up_value_object(), *items = up_value_array();
	uint32_t *order = up_interests_order(v);
	size_t work = 0;

	up_value_set(o, "half_life", up_value_number((double) v->half_life));
	up_value_set(o, "max_items", up_value_number(v->max_items));
	up_value_set(o, "dropped", faded_value(up_value_array(), &v->dropped));
	for (uint32_t i = 0; i < v->n; i++)
	{
		const UpInterest *item = &v->items[order[i]];
		UpValue *row = up_value_array();
		char *text = up_alloc(item->len + 1);

		up_tick_work(&work, item->len);
		memcpy(text, item->item, item->len);
		text[item->len] = 0;
		up_value_append(row, up_value_string(text));
		up_free(text);
		up_value_append(items, faded_value(row, &item->weight));
	}
	up_value_set(o, "items", items);
	up_free(order);
	return up_value_text(o);
}

static void
bad_text(const char *what)
{
	up_fail_with(UP_INVALID_DATA, what, "Interests are made by uprofile_interests and uprofile_interest_empty.",
				 "invalid text of interests");
}

/* A whole number from low to high. */
static int64_t
whole_number(const UpValue *v, int64_t low, int64_t high, const char *what)
{
	if (v == NULL || v->type != UP_NUMBER || !(v->number >= (double) low && v->number <= (double) high) ||
		v->number != floor(v->number))
		bad_text(
			up_format("%s must be a whole number from %lld to %lld.", what, (long long) low, (long long) high));
	return (int64_t) v->number;
}

static UpFaded
parse_faded(const UpValue *array, uint32_t first, bool may_be_nothing)
{
	UpFaded f;

	for (uint32_t i = first; i < first + 2; i++)
	{
		if (array->items[i]->type != UP_NUMBER)
			bad_text("A weight is three numbers.");
	}
	f.hi = array->items[first]->number;
	f.lo = array->items[first + 1]->number;
	f.exponent = whole_number(array->items[first + 2], -EXPONENT_LIMIT, EXPONENT_LIMIT, "An exponent");
	if (!is_faded(&f, may_be_nothing))
		bad_text("A weight m, e, x is (m + e) times 2^x, where m is from 0.5 to below 1 and e at most 2^-53.");
	return f;
}

void
up_interests_parse(UpInterests *v, const UpValue *json)
{
	const UpValue *dropped, *items;
	int64_t half_life;

	if (json->type != UP_OBJECT || json->n != 4)
		bad_text("Expected an object of half_life, max_items, dropped and items.");
	half_life = whole_number(up_value_get(json, "half_life"), 1, UP_INTERESTS_HALF_LIVES, "half_life");
	up_interests_init(
		v, half_life,
		(uint32_t) whole_number(up_value_get(json, "max_items"), 1, UP_INTERESTS_MOST, "max_items"));
	dropped = up_value_get(json, "dropped");
	if (dropped == NULL || dropped->type != UP_ARRAY || dropped->n != 3)
		bad_text("dropped must be an array of three numbers.");
	v->dropped = parse_faded(dropped, 0, true);
	items = up_value_get(json, "items");
	if (items == NULL || items->type != UP_ARRAY)
		bad_text("items must be an array.");
	if (items->n > v->max_items)
		bad_text("There are more items than max_items.");
	for (uint32_t i = 0; i < items->n; i++)
	{
		const UpValue *row = items->items[i];
		UpInterest *item;

		if (row->type != UP_ARRAY || row->n != 4 || row->items[0]->type != UP_STRING)
			bad_text("An item must be an array of its text and three numbers.");
		item = item_of(v, row->items[0]->string, strlen(row->items[0]->string));
		if (v->n != i + 1)
			bad_text(up_format("The item \"%s\" comes twice.", row->items[0]->string));
		item->weight = parse_faded(row, 1, false);
	}
}
