/*
 * source_push.h - follows "key = one user" down a query to the tables that it reads
 */
#ifndef UPROFILE_SOURCE_PUSH_H
#define UPROFILE_SOURCE_PUSH_H

#include "nodes/parsenodes.h"

#include "pg/profiles/elements.h"

/* One place where the query reads a table. */
typedef struct UpTableScan
{
	Oid relation;
	bool with_children; /* not FROM ONLY */
	Bitmapset *columns; /* each of which equals the key wherever a row matters to a user; none: see why */
	UpWhy why;
} UpTableScan;

/* Every place where the (rewritten) query reads a table, for one part of the key; the same order for every part. */
extern List *up_push_key(Query *query, const UpKeyPart *key);

#endif
