/*
 * source_query.h - what a source says
 *
 * A source is a relation's name, or one read-only SELECT, VALUES, TABLE or WITH as text.
 */
#ifndef UPROFILE_SOURCE_QUERY_H
#define UPROFILE_SOURCE_QUERY_H

#include "access/tupdesc.h"
#include "nodes/parsenodes.h"
#include "utils/queryenvironment.h"

/*
 * The statement of a source. A relation is looked up under the caller's search_path and becomes SELECT * FROM its
 * qualified name; anything else must be a single statement that reads.
 */
extern char *up_source_query(const char *source);
/* As much of a source, or of another text, as an error's context shows. */
extern char *up_source_shown(const char *source);

/*
 * The tree of a query, names resolved and views replaced by what they select, and its columns. What it reads is locked.
 * environment: row sets that it may read by name, or NULL.
 */
extern Query *up_query_parse(const char *query, QueryEnvironment *environment, TupleDesc *columns);
/* The same of a query that nobody wrote: errors do not show it. */
extern Query *up_own_query_parse(const char *query, QueryEnvironment *environment, TupleDesc *columns);

/* Fails where the query of what other sessions refresh ("mine \"shop\"") reads a temporary table. hint: what reads such, or NULL. */
extern void up_query_refuse_temporary(const char *query, const char *whose, const char *hint);

/*
 * The statement SELECT (text) of what should be one expression: whatever it says of itself. What is wrong with the text is told in its own
 * words, and without a place, since the statement is not the caller's.
 */
extern List *up_expression_parse(const char *text);

#endif
