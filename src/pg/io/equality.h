/*
 * equality.h - two values' equality as SQL, whatever path it runs under
 */
#ifndef UPROFILE_EQUALITY_H
#define UPROFILE_EQUALITY_H

#include "lib/stringinfo.h"

/*
 * "a = b": of one type by the equality of that type, of two by what the server itself has for them. Neither side is cast to a type that has
 * fewer values: 1.5 is no whole number.
 */
extern void up_append_equal(StringInfo s, const char *a, Oid a_type, const char *b, Oid b_type);
/* By the equality of a's type, which is b's below domains, named with its schema whatever the path says; false: it has none. */
extern bool up_append_equal_of_type(StringInfo s, const char *a, Oid a_type, const char *b, Oid b_type);

#endif
