/*
 * vec_places.h - where numbers stand among edges
 */
#ifndef UPROFILE_VEC_PLACES_H
#define UPROFILE_VEC_PLACES_H

#include "base/platform.h"

#define UP_PLACES_EDGES 256 /* ascending; those that are not used, and the last, are above all numbers */
#define UP_PLACE_NONE   255 /* of NaN */

/* Of each of n values how many edges are below it. */
extern void up_vec_places(const double *edges, const double *v, size_t n, uint8_t *places);
/* The same by the version of this level (kernels.h); false: not on this machine. */
extern bool up_vec_places_level(int level, const double *edges, const double *v, size_t n, uint8_t *places);

#endif
