/*
 * learn_on.h - a named model's deployed version that learns on from more rows
 */
#ifndef UPROFILE_LEARN_ON_H
#define UPROFILE_LEARN_ON_H

#include "learn/model.h"
#include "pg/io/source_frame.h"

/*
 * What the deployed version of this name becomes by the rows of a query, without those that are held out. NULL where it cannot
 * learn from them: *rows is 0 where there are none, and otherwise *said tells why it has to be trained anew. Else *said tells
 * what it learned from.
 */
extern UpModel *up_learn_on(const char *schema, const char *name, const char *query,
							const UpSourceOrder *reading, size_t *rows, char **said);

#endif
