/*
 * first_equal.h - of many hashes, the first one that each is equal to
 */
#ifndef UPROFILE_FIRST_EQUAL_H
#define UPROFILE_FIRST_EQUAL_H

#include "base/platform.h"

/*
 * first[i] is i, or SIZE_MAX where i is left out; i becomes the least place of the same hash. Shared out to the workers of a scope in which
 * first was made. Memory: 16 bytes a hash.
 */
extern void up_first_equal(const uint64_t *hashes, size_t n, size_t *first);
/* About how long so many take one process. */
extern double up_first_equal_seconds(double n);

#endif
