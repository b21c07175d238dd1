/*
 * source_level.h - what one query level does with a filter on the key
 */
#ifndef UPROFILE_SOURCE_LEVEL_H
#define UPROFILE_SOURCE_LEVEL_H

#include "pg/profiles/elements.h"

/* Filters on the query's result as filters on its joined rows; what does not commute is left out, why says so. */
extern List *up_level_filters(UpLevel *level, List *outputs, UpWhy *why);
extern List *up_level_set_outputs(UpLevel *level, SetOperationStmt *op, List *outputs);
extern List *up_level_passes_top(Query *query, List *outputs, UpWhy *why);
/* Whether the query makes one row of many, so that it mixes users if it is not filtered. */
extern void up_level_depends(Query *query, UpWhy *why);

#endif
