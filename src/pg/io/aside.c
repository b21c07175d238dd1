/*
 * aside.c - rows that are kept aside, which statements see as tables; see aside.h
 */
#include "postgres.h"

#include "pg/io/aside.h"

/* Of the refresh that runs; given back when it ends, however it does. */
static EphemeralNamedRelation offered, beside;

EphemeralNamedRelation
up_rows_named(const char *name, Tuplestorestate *rows, TupleDesc columns)
{
	EphemeralNamedRelation named = palloc0(sizeof(EphemeralNamedRelationData));

	named->md.name = pstrdup(name);
	named->md.reliddesc = InvalidOid;
	named->md.tupdesc = columns;
	named->md.enrtype = ENR_NAMED_TUPLESTORE;
	named->md.enrtuples = (double) tuplestore_tuple_count(rows);
	named->reldata = rows;
	return named;
}

EphemeralNamedRelation
up_rows_offer(EphemeralNamedRelation rows)
{
	EphemeralNamedRelation before = offered;

	offered = rows;
	return before;
}

EphemeralNamedRelation
up_rows_offer_beside(EphemeralNamedRelation rows)
{
	EphemeralNamedRelation before = beside;

	beside = rows;
	return before;
}

EphemeralNamedRelation
up_rows_offered(void)
{
	return offered;
}

EphemeralNamedRelation
up_rows_offered_beside(void)
{
	return beside;
}
