/*
 * keys.h - users by their keys, of one part or several: as rows, as arrays for statements, as text
 */
#ifndef UPROFILE_KEYS_H
#define UPROFILE_KEYS_H

#include "fmgr.h"

#include "pg/profiles/key_type.h"

/* As arguments of a statement: one array a part, all of n elements. */
typedef struct UpKeys
{
	int64 n;
	int n_parts;
	Oid types[UP_MAX_KEY]; /* of the parts */
	Datum arrays[UP_MAX_KEY];
} UpKeys;

/* One after the other: part j of key i is values[i * n_parts + j]. */
typedef struct UpKeyRows
{
	int n_parts;
	Oid types[UP_MAX_KEY];
	int16 lens[UP_MAX_KEY];
	bool byvals[UP_MAX_KEY];
	char aligns[UP_MAX_KEY];
	int64 n, capacity;
	Datum *values;
} UpKeyRows;

extern void up_key_rows_init(UpKeyRows *rows, int n_parts, const Oid *types);
/* A copy of one key, in the current memory; no part may be NULL. */
extern Datum *up_key_rows_copy(const UpKeyRows *rows, const Datum *key);
/* Adds a copy of the key. */
extern void up_key_rows_add(UpKeyRows *rows, const Datum *key);
extern void up_key_rows_take(UpKeyRows *rows, const UpKeys *keys);
/* Sorts them and leaves each once, as their types' default order has it. */
extern void up_key_rows_make_unique(UpKeyRows *rows, const UpKey *key);
/* n of them from a place on. */
extern UpKeys up_key_rows_some(const UpKeyRows *rows, int64 from, int64 n);

/* ---- text ---- */

typedef struct UpKeyOutput
{
	int n;
	Oid types[UP_MAX_KEY];
	FmgrInfo output[UP_MAX_KEY];
} UpKeyOutput;

extern void up_key_output_init(UpKeyOutput *o, int n, const Oid *types);
/* For messages: 42, or (3, x); cut where it is long. */
extern const char *up_key_shown(UpKeyOutput *o, const Datum *key);
/* For tables: 42, or what ROW(3, 'x') is as text. */
extern char *up_key_stored(UpKeyOutput *o, const Datum *key);

#endif
