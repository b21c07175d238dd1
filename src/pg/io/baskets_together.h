/*
 * baskets_together.h - a table of baskets read by this process and workers
 */
#ifndef UPROFILE_BASKETS_TOGETHER_H
#define UPROFILE_BASKETS_TOGETHER_H

#include "access/attnum.h"

#include "pg/io/baskets.h"

/*
 * All rows of a table that the active snapshot sees, into a source without any, as one process that reads them from beginning to end takes
 * them; numbers: the columns of basket and item. At the source's deadline it ends, late. false: the source still has none, and they are to be
 * read one by one: where workers do not see the table, are not worth it or not free, and where values are not stored as they are.
 */
extern bool up_baskets_read_together(UpBasketSource *s, Oid table, const AttrNumber *numbers, double n_rows);

#endif
