/*
 * row_items.h - rows as items: what each column of a row says, as "column=value"
 */
#ifndef UPROFILE_ROW_ITEMS_H
#define UPROFILE_ROW_ITEMS_H

#include "base/value.h"
#include "mine/cuts.h"
#include "pg/io/replay.h"
#include "pg/io/rows.h"

/* One item of a row; column: as UpRowItems.reader has it. key: its text, or NULL where there is no key. The texts are valid until the function returns. */
typedef void (*UpRowItemFn)(void *arg, uint64 row, const char *key, int column, const char *item);

typedef struct UpRowItems
{
	UpReplay *replay;
	UpRowReader *reader;
	int key, target;              /* or -1 */
	struct UpItemColumn *columns; /* [reader->n_attributes] */
	MemoryContext row_context;
	uint64 n_rows, n_counted; /* counted: with a key and a target */
	size_t memory;
	UpRowItemFn item;
	void *arg;
} UpRowItems;

/*
 * Reads the source once, to see what is in its columns: numbers are cut into bins (bins: their number, or an object of columns to a number or to an array of cuts; NULL:
 * four), other values stay as they are. Left out, with a NOTICE: text with more than 255 values or nearly as many as rows, columns with one value, and what has no
 * text. key: a column that is no item, or NULL. kept: a column that is an item whatever it holds, or NULL; its number is *kept_column;
 * rows where it is NULL are not looked at.
 */
extern UpRowItems *up_row_items_begin(const char *source, const char *key, const UpValue *bins,
									  const char *kept, int *kept_column);
/* Reads it again, and gives each item to the function; rows whose key is NULL are passed over. Ends the reading. */
extern void up_row_items_each(UpRowItems *r, UpRowItemFn item, void *arg);

#endif
