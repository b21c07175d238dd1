/*
 * key_columns.h - the columns that the text of a key names
 *
 * A key is one column, or several joined by commas: as identifiers of SQL, so that a name in quotes may have anything in
 * it. A column whose name is the whole text comes first.
 */
#ifndef UPROFILE_KEY_COLUMNS_H
#define UPROFILE_KEY_COLUMNS_H

#include "access/attnum.h"
#include "access/tupdesc.h"

#define UP_MAX_KEY 8

/* Their numbers, each once; returns how many. Fails in words where a column is missing, repeated or ambiguous. */
extern int up_key_columns(const char *key, TupleDesc columns, AttrNumber *numbers);
/* The same, or 0 where a column is missing. */
extern int up_key_columns_try(const char *key, TupleDesc columns, AttrNumber *numbers);
/* The key as text again, in one form: what up_key_columns reads. */
extern char *up_key_columns_text(int n, const char *const *names);
/*
 * What the texts of its values are those of: two keys of one form have the same text where their values are the same. Whole numbers
 * are of one form whatever their type, and so are all texts.
 */
extern char *up_key_columns_form(int n, const AttrNumber *numbers, TupleDesc columns);
/* For messages: "a", or ("a", "b"). */
extern char *up_key_columns_title(int n, const char *const *names);

#endif
