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

/*
 * Reads all rows of a query. target and key are column names or NULL; prepare says how columns are read
 * (prep/prepare.h), or is NULL; rows whose hash of the key (without a key: of
 * the features) falls below test_size are marked as held out. Everything lives in the current memory context.
 */
extern UpSourceFrame *up_source_frame_read(const char *query, const char *target, const char *key,
										   const UpValue *prepare, double test_size);

#endif
