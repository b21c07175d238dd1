/*
 * read_together.h - a table of numbers read by this process and the workers that stand by
 */
#ifndef UPROFILE_READ_TOGETHER_H
#define UPROFILE_READ_TOGETHER_H

#include "pg/io/rows.h"

/*
 * All rows of a table that the active snapshot sees, into a frame without any, in any order; numbers: which of its columns each of the reader's
 * attributes is. false: they are to be read one by one, as nothing is in the frame. That is so where no workers stand by, for text, arrays, and
 * tables that they do not see; where the rows would take much of the memory; and where a value is none to learn from, which whoever
 * reads them one by one tells of.
 */
extern bool up_read_together(Oid table, const AttrNumber *numbers, const UpRowReader *r, UpFrame *f,
							 double n_expected);

#endif
