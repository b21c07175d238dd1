/*
 * source_frame.h - a source read into a frame
 */
#ifndef UPROFILE_SOURCE_FRAME_H
#define UPROFILE_SOURCE_FRAME_H

#include "pg/io/rows.h"

typedef struct UpSourceFrame
{
	UpFrame *frame;
	uint8_t *held_out; /* one byte a row; NULL where nothing is held out */
	size_t n_held_out;
} UpSourceFrame;

/* What is read; all but the first three may be 0. */
typedef struct UpSourceOrder
{
	const char *target; /* a column's name, or NULL */
	const char *key;
	const UpValue *prepare; /* how columns are read (prep/prepare.h) */
	const UpModel *model;   /* what its columns hold is read as it is at prediction */
	bool check_target;      /* that it is a label, by UpCommonParams.task */
	int task;
	double
		test_size; /* rows whose hash of the key (without a key: of the features) falls below it are held out */
} UpSourceOrder;

/* Reads all rows of a query. Everything lives in the current memory context. */
extern UpSourceFrame *up_source_frame_read(const char *query, const UpSourceOrder *order);

#endif
