/*
 * aside.h - rows that are kept aside, which statements see as tables
 */
#ifndef UPROFILE_ASIDE_H
#define UPROFILE_ASIDE_H

#include "access/tupdesc.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

extern EphemeralNamedRelation up_rows_named(const char *name, Tuplestorestate *rows, TupleDesc columns);
/*
 * Rows that sources which are read from now on see as a table of their name, without a schema; NULL: none. Returns those of
 * before, to be given back, also after an error.
 */
extern EphemeralNamedRelation up_rows_offer(EphemeralNamedRelation rows);
/* Others, which our own statements see as well. */
extern EphemeralNamedRelation up_rows_offer_beside(EphemeralNamedRelation rows);

extern EphemeralNamedRelation up_rows_offered(void);
extern EphemeralNamedRelation up_rows_offered_beside(void);

#endif
