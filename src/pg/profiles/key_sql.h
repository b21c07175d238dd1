/*
 * key_sql.h - a user's key in the statements of a refresh
 */
#ifndef UPROFILE_KEY_SQL_H
#define UPROFILE_KEY_SQL_H

#include "access/tupdesc.h"

#include "pg/profiles/keys.h"

/* The types that the key's columns have there. */
extern void up_key_types_in(const UpKey *key, TupleDesc desc, Oid *types);
/*
 * The key of one row is that of another, as the default btree operators of the key's types have it. Rows are named by
 * aliases; their columns are those of the key, or key_1, … on the right side.
 */
extern char *up_keys_equal(const UpKey *key, const char *left, const Oid *left_types, const char *right,
						   const Oid *right_types, bool right_by_number);
/* The key of the row, with columns of these types, is one of those given as the parameters from first on. */
extern char *up_keys_among(const UpKey *key, const char *alias, const Oid *types, const UpKeys *keys,
						   int first);
/* What stands after FROM: the keys given as parameters as a table uprofile_keys (key_1, …). */
extern char *up_keys_table(const UpKeys *keys, int first);
/* The names of the key's columns, each behind the alias. */
extern char *up_keys_list(const UpKey *key, const char *alias);
/* Types and values of the parameters. */
extern void up_keys_arguments(const UpKeys *keys, Oid *types, Datum *values);

#endif
