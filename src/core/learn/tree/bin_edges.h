/*
 * bin_edges.h - where a column of numbers is cut into bins
 */
#ifndef UPROFILE_BIN_EDGES_H
#define UPROFILE_BIN_EDGES_H

#include "base/platform.h"

#define UP_MOST_BINS 255

/* The number of bins of n known values, at least 1; they are sorted here. edges: room for UP_MOST_BINS - 1. */
extern uint32_t up_bin_edges(double *v, size_t n, double *edges);

#endif
