/*
 * varies.h - queries that give other rows each time
 */
#ifndef UPROFILE_VARIES_H
#define UPROFILE_VARIES_H

#include "nodes/pg_list.h"

/* Of queries that are analyzed: by what they call, or by samples that they draw. */
extern bool up_queries_vary(List *queries);

#endif
