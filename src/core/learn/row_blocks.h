/*
 * row_blocks.h - many rows added to sums (row_sums.h) block by block, by all processes that stand by
 *
 * A block is a number of rows that follow each other, which depends on their width alone. Each is summed by itself, and blocks are added up in their order:
 * so the same rows in the same order give the same sums by any number of processes.
 */
#ifndef UPROFILE_ROW_BLOCKS_H
#define UPROFILE_ROW_BLOCKS_H

#include "learn/row_sums.h"

typedef struct UpRowBlocks UpRowBlocks;

/* Of sums of no row. many: rows come many at a time. */
extern UpRowBlocks *up_row_blocks_begin(UpRowSums *s, bool many);
/* One more row, the values of a frame and its label. One that lacks a value that is to be filled in waits in the frame's rows. */
extern void up_row_blocks_add(UpRowBlocks *b, UpFrame *waiting, const double *row);
/*
 * The same of n rows, i from order[i] × width of the values on. Where these and the order are large arrays, as workers see them, rows are
 * summed where they stand, and hardly any is copied.
 */
extern void up_row_blocks_add_many(UpRowBlocks *b, UpFrame *waiting, const double *values, size_t width,
								   const size_t *order, size_t n);
/* What is left goes into the sums, which are whole then. */
extern void up_row_blocks_end(UpRowBlocks *b);

#endif
