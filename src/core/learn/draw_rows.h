/*
 * draw_rows.h - a sample of the rows, where a training is not to see all of them
 */
#ifndef UPROFILE_DRAW_ROWS_H
#define UPROFILE_DRAW_ROWS_H

#include "prep/frame.h"

/*
 * Keeps most of the n rows at these positions of the frame, in their order: a sample drawn by the seed, in which every label has the
 * share that it has among all rows, but at least one row. Returns how many are kept. The same rows in the same order give the same
 * sample.
 */
extern size_t up_draw_rows(const UpFrame *f, size_t *positions, size_t n, size_t most, uint64_t seed);

#endif
