/*
 * baskets.h - baskets of items from a source
 */
#ifndef UPROFILE_BASKETS_H
#define UPROFILE_BASKETS_H

#include "mine/items.h"
#include "pg/io/rows.h"

/* How a column's values become keys. */
typedef enum UpKeyForm
{
	UP_KEY_DATUM, /* a value that fits a word */
	UP_KEY_BYTES, /* a text's bytes */
	UP_KEY_TEXT   /* the text form */
} UpKeyForm;

typedef struct UpKeyColumn
{
	UpAttribute *attribute;
	UpKeyForm form;
	UpKeys keys;
	Datum last;           /* UP_KEY_DATUM: the last value seen, … */
	uint32_t last_number; /* … and its number */
	bool any;
	/* of arrays, whose elements are the values; attribute is then the element's */
	Oid element;
	int16 element_len;
	bool element_by_value;
	char element_align;
} UpKeyColumn;

/* what: "basket"; arrays: whether the elements of an array are values. Refuses types whose text depends on settings. */
extern void up_key_column_init(UpKeyColumn *c, UpAttribute *attribute, const char *what, bool arrays);
/* The number of a value that is not NULL, of an array's element where it has such. */
extern uint32_t up_key_column_number(UpKeyColumn *c, Datum value, MemoryContext row_context);
/* The text of a value by its number; stable, palloc'd or in the dictionary. */
extern const char *up_key_column_text(UpKeyColumn *c, uint32_t number, size_t *len);

typedef struct UpBasketSource
{
	UpBaskets baskets;
	UpKeyColumn basket, item;
	MemoryContext row_context;
	uint64 n_rows;
	struct UpHierarchy *hierarchy; /* of the items, or NULL; see item_hierarchy.h */
	double deadline;               /* of reading, as up_seconds counts; 0: none */
	struct UpReading *reading;     /* which ends then */
	bool late;                     /* it has */
} UpBasketSource;

/* The text of a value, in the current memory. */
extern const char *up_key_column_value_text(UpKeyColumn *c, Datum value);

/* The text of an item by its number in the baskets; stable, palloc'd or in the dictionary. */
extern const char *up_baskets_item_text(UpBasketSource *s, uint32_t item, size_t *len);

/* What a row holds, neither of them NULL. */
extern void up_baskets_take(UpBasketSource *s, Datum basket, Datum item);

/* Refuses a column whose text depends on settings. */
extern void up_baskets_check_text(const UpAttribute *a, const char *what);
/* A value's text, as that of an item; it may stand in the row's context. */
extern const char *up_baskets_text(UpBasketSource *s, UpAttribute *a, Datum value, size_t *len);
/* From here on, the dictionary of items is one of texts, whatever their type; numbers stay. */
extern void up_baskets_name_items(UpBasketSource *s);

#endif
