/*
 * column_places.h - columns as places from the first one, in bytes, for parts that run elsewhere: pointers mean nothing there
 */
#ifndef UPROFILE_COLUMN_PLACES_H
#define UPROFILE_COLUMN_PLACES_H

#include "base/platform.h"

/* A large array; all columns stand in the large array that the first one begins. */
static inline ptrdiff_t *
up_column_places(const double *const *v, uint32_t n)
{
	ptrdiff_t *places = up_alloc_large_array(UP_MAX(n, 1), sizeof(ptrdiff_t));

	for (uint32_t j = 0; j < n; j++)
		places[j] = (intptr_t) v[j] - (intptr_t) v[0];
	return places;
}

static inline const double *
up_column_at(const void *first, const void *places, uint32_t j)
{
	return (const double *) ((const char *) first + ((const ptrdiff_t *) places)[j]);
}

#endif
