/*
 * dictionary.h - texts and their codes: the values of a category column, the labels of a text target
 *
 * Codes count from 0 in order of arrival; up_dictionary_sort renumbers them by bytes (never by a collation), so that
 * the same set of texts has the same codes whatever order they came in. A dictionary has a limit; beyond it, it is
 * overflowed and stops collecting.
 */
#ifndef UPROFILE_DICTIONARY_H
#define UPROFILE_DICTIONARY_H

#include "base/codec.h"
#include "num/hash_table.h"

/* How a text that ends with a zero byte stands to so many bytes of one that need not, neither with one inside: below 0, 0 or above. */
static inline int
up_text_order(const char *have, const char *text, size_t len)
{
	int order = strncmp(have, text, len);

	return order == 0 && have[len] != '\0' ? 1 : order;
}

#define UP_CATEGORY_LIMIT 255 /* values of a category column; above, the column is left out */
#define UP_LABEL_LIMIT    65535

typedef struct UpDictionary
{
	uint32_t limit;
	bool overflowed;
	uint32_t n;
	uint32_t capacity;
	char **texts;
	UpHashTable codes;
} UpDictionary;

extern UpDictionary *up_dictionary_new(uint32_t limit);
/* The code of a text, which is added if new; -1 once the limit is passed. */
extern int64_t up_dictionary_add(UpDictionary *d, const char *text, size_t len);
/* The code of a text, or -1. */
extern int64_t up_dictionary_find(const UpDictionary *d, const char *text, size_t len);
/* Sorts by bytes. Returns, for each old code, the new one. */
extern uint32_t *up_dictionary_sort(UpDictionary *d);

extern void up_put_dictionary(UpWriter *w, const UpDictionary *d);
extern UpDictionary *up_get_dictionary(UpReader *r);

/* The position of a text among n sorted ones, or -1. */
extern int64_t up_sorted_texts_find(char *const *texts, uint32_t n, const char *text, size_t len);

#endif
