/*
 * baskets_read.h - the baskets of a source, read
 */
#ifndef UPROFILE_BASKETS_READ_H
#define UPROFILE_BASKETS_READ_H

#include "pg/io/baskets.h"

/*
 * Reads two columns of a source. Rows where either is NULL are passed over. Of an item column of arrays each element that is not
 * NULL is an item. At the deadline (as up_seconds counts; 0: none) reading ends, with a warning and no baskets at all: counts of some would be wrong.
 */
extern UpBasketSource *up_baskets_read(const char *source, const char *basket, const char *item,
									   double deadline);
/* The same, not grouped yet, and with the dictionary of the baskets. */
extern UpBasketSource *up_baskets_read_rows(const char *source, const char *basket, const char *item,
											double deadline);
/* Those of the rows (basket, item) of a query with parameters, likewise. */
extern UpBasketSource *up_baskets_read_query(const char *query, int n_args, const Oid *types,
											 const Datum *values);

#endif
