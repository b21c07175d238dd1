/*
 * source_analysis.h - what a source depends on: its tables with the columns that equal the key, other users, the clock
 */
#ifndef UPROFILE_SOURCE_ANALYSIS_H
#define UPROFILE_SOURCE_ANALYSIS_H

#include "nodes/parsenodes.h"
#include "utils/queryenvironment.h"

#include "pg/profiles/key_type.h"
#include "pg/profiles/source_push.h"

/* One way in which a table tells the users that a change of a row concerns; a table may have several. */
typedef struct UpTableUse
{
	Oid relation;
	bool with_children;
	bool proved;
	bool unwatchable;               /* whatever the entry: nobody can be seen to write in it */
	AttrNumber columns[UP_MAX_KEY]; /* one a part of the key, if proved */
	UpWhy why;                      /* else */
} UpTableUse;

typedef struct UpSourceAnalysis
{
	UpKey key;
	List *tables;    /* of UpTableUse, in the order in which the source names them */
	List *unsafe;    /* of texts: why one user cannot be computed alone */
	List *clock;     /* of UpClockUse */
	bool all_proved; /* every table has its column, and nothing is unsafe */
} UpSourceAnalysis;

/* query: of up_source_query. key: one column, or several joined by commas. environment: named row sets, or NULL. */
extern UpSourceAnalysis *up_source_analyse(const char *query, const char *key, QueryEnvironment *environment);

#endif
