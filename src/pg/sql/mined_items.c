/*
 * mined_items.c - frequent items as text, and arrays of them; see mined_items.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/nearest.h"
#include "pg/sql/mined_items.h"

#define MOST_LOOKED_FOR 8 /* of the items that are named and not frequent */

static int
compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int by = memcmp(a, b, Min(n_a, n_b));

	return by != 0 ? by : n_a < n_b ? -1 : n_a > n_b;
}

static int
compare_items(const void *a, const void *b)
{
	const UpMinedItem *i = a, *j = b;

	return compare_bytes(i->text, i->len, j->text, j->len);
}

static void
make_image(UpMinedItem *item)
{
	if (item->len > MaxAllocSize - VARHDRSZ - sizeof(int32) - UP_IMAGE_STEP)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("an item is too long")));
	item->image_len = INTALIGN(VARHDRSZ + item->len);
	item->image = palloc0(item->image_len + UP_IMAGE_STEP);
	SET_VARSIZE(item->image, VARHDRSZ + item->len);
	memcpy(VARDATA(item->image), item->text, item->len);
}

/* Short images, as those of numbers and codes are, stand side by side. */
static void
gather_images(UpMinedItems *items)
{
	for (uint32_t i = 0; i < items->n; i++)
	{
		if (items->items[i].image_len > UP_IMAGE_STEP)
			return;
	}
	items->images = up_alloc_array(Max(items->n, 1), UP_IMAGE_STEP);
	items->lengths = up_alloc_array(Max(items->n, 1), sizeof(uint8_t));
	for (uint32_t i = 0; i < items->n; i++)
	{
		memcpy(items->images + (size_t) i * UP_IMAGE_STEP, items->items[i].image, UP_IMAGE_STEP);
		items->lengths[i] = (uint8_t) items->items[i].image_len;
	}
}

UpMinedItems *
up_mined_items(UpBasketSource *s, uint32_t min_count)
{
	UpMinedItems *items = palloc0(sizeof(UpMinedItems));
	const UpBaskets *b = &s->baskets;

	items->source = s;
	items->number = up_alloc_array(Max(b->n_items, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < b->n_items; i++)
	{
		items->number[i] = UP_NO_ITEM;
		items->n += b->counts[i] >= min_count;
	}
	items->items = up_alloc_array(Max(items->n, 1), sizeof(UpMinedItem));
	items->n = 0;
	for (uint32_t i = 0; i < b->n_items; i++)
	{
		UpMinedItem *item = &items->items[items->n];

		if (b->counts[i] < min_count)
			continue;
		item->raw = i;
		item->text = up_baskets_item_text(s, i, &item->len);
		make_image(item);
		items->n++;
	}
	qsort(items->items, items->n, sizeof(UpMinedItem), compare_items);
	for (uint32_t i = 0; i < items->n; i++)
		items->number[items->items[i].raw] = i;
	gather_images(items);
	return items;
}

static bool
some_basket_has(UpBasketSource *s, const char *text, size_t len)
{
	for (uint32_t i = 0; i < s->baskets.n_items; i++)
	{
		size_t its_len;
		const char *its = up_baskets_item_text(s, i, &its_len);

		if (compare_bytes(its, its_len, text, len) == 0)
			return true;
	}
	return false;
}

static const char *
nearest_item(UpBasketSource *s, const char *name)
{
	uint32_t n = s->baskets.n_items;
	const char **names = up_alloc_array(Max(n, 1), sizeof(char *));

	for (uint32_t i = 0; i < n; i++)
	{
		size_t len;
		const char *its = up_baskets_item_text(s, i, &len);

		names[i] = pnstrdup(its, len);
	}
	return up_nearest_name(name, names, (int) n);
}

/* One NOTICE where the baskets have no such item at all: what is merely rare was not mistyped. Few are looked for. */
static void
tell_unknown(UpMinedItems *items, const char *text, size_t len)
{
	/* Texts of items may be made for this alone. */
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "uprofile items", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);

	items->n_looked_for++;
	if (!some_basket_has(items->source, text, len))
	{
		const char *name = pnstrdup(text, len);

		items->n_looked_for = MOST_LOOKED_FOR;
		ereport(NOTICE, (errmsg("no basket has item \"%s\"", name),
						 up_hint_nearest(nearest_item(items->source, name), NULL)));
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(own);
}

void
up_mined_flag(UpMinedItems *items, ArrayType *array, uint8_t *flags, uint8_t flag)
{
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		UpMinedItem key = {0}, *found;

		if (nulls[i])
			continue;
		key.text = VARDATA_ANY(DatumGetPointer(elements[i]));
		key.len = VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i]));
		found = bsearch(&key, items->items, items->n, sizeof(UpMinedItem), compare_items);
		if (found != NULL)
			flags[found - items->items] |= flag;
		else if (items->n_looked_for < MOST_LOOKED_FOR)
			tell_unknown(items, key.text, key.len);
	}
}

void
up_mined_exclude(UpMinedItems *items, const uint8_t *excluded)
{
	for (uint32_t i = 0; i < items->n; i++)
	{
		if (excluded[i])
			items->number[items->items[i].raw] = UP_NO_ITEM;
	}
}

size_t
up_mined_array_room(const UpMinedItems *items, const uint32_t *numbers, size_t n)
{
	size_t size = ARR_OVERHEAD_NONULLS(1);

	if (items->images != NULL && n < MaxAllocSize / UP_IMAGE_STEP / 2)
		return size + (n + 1) * UP_IMAGE_STEP;
	for (size_t i = 0; i < n; i++)
		size += items->items[numbers[i]].image_len;
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("an item set of %zu MB is larger than a value can be", size / (1024 * 1024))));
	return size + UP_IMAGE_STEP;
}

/* Images are copied in steps; what is too much is overwritten. */
static char *
put_images(const UpMinedItems *items, const uint32_t *numbers, size_t n, char *end)
{
	if (items->images != NULL)
	{
		for (size_t i = 0; i < n; i++)
		{
			memcpy(end, items->images + (size_t) numbers[i] * UP_IMAGE_STEP, UP_IMAGE_STEP);
			end += items->lengths[numbers[i]];
		}
		return end;
	}
	for (size_t i = 0; i < n; i++)
	{
		const UpMinedItem *item = &items->items[numbers[i]];

		for (size_t done = 0; done < item->image_len; done += UP_IMAGE_STEP)
			memcpy(end + done, item->image + done, UP_IMAGE_STEP);
		end += item->image_len;
	}
	return end;
}

size_t
up_mined_array(const UpMinedItems *items, const uint32_t *numbers, size_t n, char *out)
{
	ArrayType *array = (ArrayType *) out;
	size_t size = ARR_OVERHEAD_NONULLS(0);

	array->ndim = n == 0 ? 0 : 1;
	array->dataoffset = 0;
	array->elemtype = TEXTOID;
	if (n > 0)
	{
		ARR_DIMS(array)[0] = (int) n;
		ARR_LBOUND(array)[0] = 1;
		size = (size_t) (put_images(items, numbers, n, ARR_DATA_PTR(array)) - out);
	}
	SET_VARSIZE(array, size);
	return size;
}
