/*
 * heap_pages.h - pages of a new heap table, filled in memory and appended whole
 */
#ifndef UPROFILE_HEAP_PAGES_H
#define UPROFILE_HEAP_PAGES_H

#include "access/htup.h"
#include "utils/rel.h"

typedef struct UpHeapPages UpHeapPages;

/* Of a table that this transaction created and nobody else sees; NULL where its rows must go another way. */
extern UpHeapPages *up_heap_pages_begin(Relation relation, CommandId command);
/* Adds a row, which is copied. Returns how many bytes of pages were appended to the table with it: none for most. */
extern Size up_heap_pages_add(UpHeapPages *p, const Datum *values, const bool *nulls);
extern Size up_heap_pages_add_tuple(UpHeapPages *p, HeapTuple tuple);
/* Appends what is left, and frees all. */
extern void up_heap_pages_end(UpHeapPages *p);

#endif
