/*
 * read_together.h - a table of numbers read by this process and the workers that stand by
 */
#ifndef UPROFILE_READ_TOGETHER_H
#define UPROFILE_READ_TOGETHER_H

#include "pg/io/rows.h"

/* Of a row's key or, without one, of its features. */
typedef struct UpRowHash
{
	uint64_t hash;
	bool has_key;
} UpRowHash;

/*
 * All rows of a table that the active snapshot sees, into a frame without any, in any order; numbers: which of its columns each of the reader's
 * attributes is. false: they are to be read one by one, as nothing is in the frame. That is so where no workers stand by, for text but in a key, arrays, and
 * tables that they do not see; where the rows would take much of the memory; and where a value is none to learn from, which whoever
 * reads them one by one tells of. hashes: receives a large array with one of each row; or NULL.
 */
extern bool up_read_together(Oid table, const AttrNumber *numbers, const UpRowReader *r, UpFrame *f,
							 double n_expected, UpRowHash **hashes);

#endif
