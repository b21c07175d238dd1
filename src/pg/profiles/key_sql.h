/*
 * key_sql.h - a user's key in the statements of a refresh
 */
#ifndef UPROFILE_KEY_SQL_H
#define UPROFILE_KEY_SQL_H

#include "access/tupdesc.h"
#include "fmgr.h"

/* The column of this name, or NULL. */
extern Form_pg_attribute up_attribute_named(TupleDesc desc, const char *name);
/* SQL text: the key of one table is that of another. */
extern char *up_key_equal(const char *left, Oid left_type, const char *right, Oid right_type, const char *name);
/* SQL text: the key of the table is one of the array that is this parameter. */
extern char *up_key_among(const char *table, const char *key, Oid type, int parameter);
/* A key as text, cut where it is long. */
extern const char *up_key_shown(FmgrInfo *output, Datum key);

#endif
