/*
 * profile_rows.h - the rows of a refresh: read, predicted, fitted to the profile's table
 */
#ifndef UPROFILE_PROFILE_ROWS_H
#define UPROFILE_PROFILE_ROWS_H

#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/elog.h"
#include "utils/tuplestore.h"

/* The table of a profile, locked for writing. */
typedef struct UpProfileTable
{
	Oid relation;
	bool sharded; /* its rows lie on other nodes */
	TupleDesc columns;
} UpProfileTable;

/* A user whose row could not be computed. */
typedef struct UpFailure
{
	Datum *key;
	const char *shown; /* the key as text, cut where it is long */
	ErrorData *error;
} UpFailure;

/* Rows as they shall stand in the table: those of its columns that a refresh writes, in the table's own types. */
typedef struct UpFreshRows
{
	const char *query;  /* they stand for this */
	const char *admits; /* and were read under this condition */
	List *failures;     /* of UpFailure */
	UpKeys failed;      /* their keys */
	bool keyless;       /* rows without a key were left out */
	Tuplestorestate *rows;
	TupleDesc columns;
	uint64 n;
	const UpKeys *asked;         /* of what was read to be held: for whom; NULL: everybody */
	const UpProfileTable *table; /* that they are computed for, or NULL */
	const char *equal;           /* a statement's condition that the key of "fresh" is that of "old" */
} UpFreshRows;

/* Finds and locks the table, and refuses one that a refresh cannot write. */
extern UpProfileTable *up_profile_table(const UpProfile *p, LOCKMODE lock);
/* Reads the source now, for everybody (keys NULL) or for these users. Users whose rows fail are set apart. */
extern UpFreshRows *up_profile_hold(const UpProfile *p, const UpKeys *keys);
/* From here on until up_profile_let_go the query of the profile is these rows. */
extern void up_profile_stand_in(UpProfile *p, UpFreshRows *held);
extern void up_profile_let_go(UpProfile *p, UpFreshRows *held);
/*
 * Reads the source once, with the predictions of the models that are deployed. keys: the users that are read, or NULL
 * for everybody. A user whose row fails is set apart among the failures; too many of them fail the whole. held: what
 * was read already, or NULL.
 */
extern UpFreshRows *up_profile_read(const UpProfile *p, const UpProfileTable *table, const UpKeys *keys,
									const UpFreshRows *held);

#endif
