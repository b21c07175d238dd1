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

/* Of sums of no row. */
extern UpRowBlocks *up_row_blocks_begin(UpRowSums *s);
/* One more row, the values of a frame and its label. One that lacks a value that is to be filled in waits in the frame's rows. */
extern void up_row_blocks_add(UpRowBlocks *b, UpFrame *waiting, const double *row);
/* What is left goes into the sums, which are whole then. */
extern void up_row_blocks_end(UpRowBlocks *b);

#endif
