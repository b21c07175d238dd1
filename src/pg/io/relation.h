/*
 * relation.h - names and columns of relations, as statements and checks need them
 */
#ifndef UPROFILE_RELATION_H
#define UPROFILE_RELATION_H

#include "access/tupdesc.h"

/* Quoted, with its schema. */
extern char *up_relation_name(Oid relation);
/* A copy of the columns of a relation that is locked. */
extern TupleDesc up_relation_columns(Oid relation);
/* The column of this name, or NULL. */
extern Form_pg_attribute up_attribute_named(TupleDesc desc, const char *name);
/* Quoted, with its schema. */
extern char *up_collation_name(Oid collation);

#endif
