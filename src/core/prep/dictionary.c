/*
 * dictionary.c - texts and their codes; see dictionary.h
 */
#include "prep/dictionary.h"

#include "base/rng.h"
#include "num/sort.h"

#include <stdlib.h>
#include <string.h>

typedef struct Text
{
	const char *bytes;
	size_t len;
} Text;

static inline bool
is_text(const char *have, Text text)
{
	return up_text_order(have, text.bytes, text.len) == 0;
}

#define UP_HASH_NAME           code
#define UP_HASH_OWNER          UpDictionary
#define UP_HASH_KEY            Text
#define UP_HASH_EQUAL(d, i, t) is_text((d)->texts[i], t)
#define UP_HASH_OF(d, i)       up_hash_bytes((d)->texts[i], strlen((d)->texts[i]), 0)
#include "num/hash_table.h"

UpDictionary *
up_dictionary_new(uint32_t limit)
{
	UpDictionary *d = up_alloc0(sizeof(UpDictionary));

	d->limit = limit;
	d->capacity = 8;
	d->texts = up_alloc_array(d->capacity, sizeof(char *));
	code_resize(&d->codes, d, 0, d->capacity);
	return d;
}

static uint32_t *
slot_of(const UpDictionary *d, const char *text, size_t len)
{
	return code_find(&d->codes, d, up_hash_bytes(text, len, 0), (Text){text, len});
}

int64_t
up_dictionary_add(UpDictionary *d, const char *text, size_t len)
{
	uint32_t *slot;
	char *copy;

	UP_ASSERT(d->n <= d->limit && d->n < d->capacity);
	if (d->overflowed)
		return -1;
	slot = slot_of(d, text, len);
	if (*slot != 0)
		return (int64_t) *slot - 1;
	if (d->n == d->limit)
	{
		d->overflowed = true;
		return -1;
	}
	copy = up_alloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	d->texts[d->n++] = copy;
	*slot = d->n;
	if (d->n == d->capacity)
	{
		d->capacity *= 2;
		d->texts = up_realloc(d->texts, (size_t) d->capacity * sizeof(char *));
		code_resize(&d->codes, d, d->n, d->capacity);
	}
	return (int64_t) d->n - 1;
}

int64_t
up_dictionary_find(const UpDictionary *d, const char *text, size_t len)
{
	return (int64_t) *slot_of(d, text, len) - 1;
}

typedef struct CodedText
{
	char *text;
	uint32_t code;
} CodedText;

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(((const CodedText *) a)->text, ((const CodedText *) b)->text);
}

uint32_t *
up_dictionary_sort(UpDictionary *d)
{
	uint32_t *new_code = up_alloc_array(UP_MAX(d->n, 1), sizeof(uint32_t));
	CodedText *sorted = up_alloc_array(UP_MAX(d->n, 1), sizeof(CodedText));

	UP_ASSERT(d->n <= d->limit);
	for (uint32_t i = 0; i < d->n; i++)
		sorted[i] = (CodedText){d->texts[i], i};
	up_sort(sorted, d->n, sizeof(CodedText), compare_texts);
	for (uint32_t i = 0; i < d->n; i++)
	{
		d->texts[i] = sorted[i].text;
		new_code[sorted[i].code] = i;
	}
	code_resize(&d->codes, d, d->n, d->capacity);
	up_free(sorted);
	return new_code;
}

void
up_put_dictionary(UpWriter *w, const UpDictionary *d)
{
	up_put_u32(w, d->limit);
	up_put_u8(w, d->overflowed);
	up_put_u32(w, d->n);
	for (uint32_t i = 0; i < d->n; i++)
		up_put_text(w, d->texts[i]);
}

UpDictionary *
up_get_dictionary(UpReader *r)
{
	uint32_t limit = up_get_u32(r);
	bool overflowed = up_get_bool(r);
	uint32_t n;
	UpDictionary *d;

	if (limit != UP_CATEGORY_LIMIT && limit != UP_LABEL_LIMIT)
		up_corrupt(r, "limit of a dictionary");
	n = up_get_count(r, 4, limit, "texts");
	d = up_dictionary_new(limit);
	for (uint32_t i = 0; i < n; i++)
	{
		char *text = up_get_text(r);

		if (text == NULL || up_dictionary_add(d, text, strlen(text)) != (int64_t) i)
			up_corrupt(r, "texts of a dictionary");
		up_free(text);
	}
	d->overflowed = overflowed;
	return d;
}

int64_t
up_sorted_texts_find(char *const *texts, uint32_t n, const char *text, size_t len)
{
	uint32_t low = 0, high = n;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;
		int order = up_text_order(texts[mid], text, len);

		if (order == 0)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}
