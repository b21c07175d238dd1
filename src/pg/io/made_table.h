/*
 * made_table.h - tables that one of our functions made for its caller, and may fill again
 *
 * They are known by their comment, "<function> of …", which only their owner can write. Their rows are replaced by DELETE
 * and INSERT, so that readers see the old rows until the transaction ends, and grants, indexes and views stay.
 */
#ifndef UPROFILE_MADE_TABLE_H
#define UPROFILE_MADE_TABLE_H

#include "access/tupdesc.h"
#include "nodes/primnodes.h"
#include "utils/tuplestore.h"

/* Marks a table that was just made: "maker of what". */
extern void up_made_mark(Oid table, const char *maker, const char *what);
/*
 * The table of this name that maker has made for the caller, locked against other writers (or, for a trial, hardly);
 * InvalidOid if there is no relation of this name. Any other relation is an error, and with replace false each one is.
 */
extern Oid up_made_find(const RangeVar *name, const char *maker, bool replace, bool trial);
/* A name of one or two parts. */
extern RangeVar *up_made_name(const char *destination);
/* Fails in words unless the table has these columns, and no other that would lose its values. */
extern void up_made_check(Oid table, TupleDesc columns);
/* Replaces its rows by these. */
extern void up_made_replace(Oid table, Tuplestorestate *rows, TupleDesc columns);

#endif
