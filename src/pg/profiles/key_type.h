/*
 * key_type.h - the types that a user's key may have, and which of their values count as the same user
 *
 * A key is compared by its type's default btree equality under the column's collation, as the profile table's unique
 * index does it. Some types belong together: an integer says the same user in int4 and int8, a date in date and
 * timestamp. Within such a family every cast that PostgreSQL does by itself keeps different values apart.
 */
#ifndef UPROFILE_KEY_TYPE_H
#define UPROFILE_KEY_TYPE_H

#include "nodes/pg_list.h"
#include "access/tupdesc.h"
#include "fmgr.h"

#include "pg/io/key_columns.h"

typedef struct UpKeyPart
{
	const char *name;  /* of the source's column */
	AttrNumber number; /* in the source */
	Oid type;          /* without domains */
	Oid collation;
} UpKeyPart;

typedef struct UpKey
{
	int n;
	UpKeyPart parts[UP_MAX_KEY];
} UpKey;

/* How a column's value becomes the key's. */
typedef enum UpConversion
{
	UP_CONVERT_NONE, /* the same bytes */
	UP_CONVERT_INTEGER,
	UP_CONVERT_CAST, /* a built-in function of one argument */
	UP_CONVERT_NEVER
} UpConversion;

/* The key's columns, as pg/io/key_columns.h reads them. Fails in words. */
extern void up_key_resolve(UpKey *key, const char *names, TupleDesc columns);
/* Its names as one text that resolves to it again, and for messages. */
extern char *up_key_text(const UpKey *key);
extern char *up_key_title(const UpKey *key);
/* Whether a column is a part of it. */
extern bool up_key_has(const UpKey *key, const char *column);

/*
 * The parts of a key that a function takes as user_key "any": a value of the key's type or of its family, its text, or
 * ROW(…) of such, also as text. values: one a part. False where no user can have it; fails in words where it is no key.
 * owner: whose key it is; what types that somebody made call runs as he.
 */
extern bool up_user_key(FunctionCallInfo fcinfo, int argument, const UpKey *key, Oid owner, Datum *values);
/* What was given there, and is not NULL, as text: of what may be no user's key. */
extern char *up_user_key_given(FunctionCallInfo fcinfo, int argument);

/* The same of a text as up_key_stored makes it, under the same settings. */
extern bool up_key_from_text(const UpKey *key, char *text, Datum *values);

/* Whether a value of this type can name the same user as one of the key's type. */
extern bool up_key_family(Oid key, Oid type);
/* Whether the cast from one type of the family to another keeps different values apart. */
extern bool up_key_widens(Oid from, Oid to);
extern UpConversion up_key_conversion(Oid from, Oid to, Oid *function);
/* UP_CONVERT_INTEGER; false where no user can have the value. */
extern bool up_key_convert_integer(Oid from, Oid to, Datum *value);
/* Whether values that the operator (an equality) calls equal are the same user. */
extern bool up_key_equality(const UpKeyPart *key, Oid operator, Oid collation);

#endif
