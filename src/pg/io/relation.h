/*
 * relation.h - what the catalogue says of relations and schemas, as statements and checks need it
 */
#ifndef UPROFILE_RELATION_H
#define UPROFILE_RELATION_H

#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"

/* The parts of a name that a user gives ("destination"); an error that shows it where it is none. */
extern List *up_name_parts(const char *what, const char *name);
/* Quoted, with its schema. */
extern char *up_relation_name(Oid relation);
/* A copy of the columns of a relation that is locked. */
extern TupleDesc up_relation_columns(Oid relation);
/* The column of this name, or NULL. */
extern Form_pg_attribute up_attribute_named(TupleDesc desc, const char *name);
/* Whether these are as many columns of results, of the same names and types. */
extern bool up_same_columns(TupleDesc a, TupleDesc b);
extern bool up_has_row_security(Oid relation);
/* Quoted, with its schema. */
extern char *up_collation_name(Oid collation);
/* Whether the role has these rights on a schema. */
extern AclResult up_schema_rights(Oid schema, Oid role, AclMode rights);

/*
 * What a column of a profile's table or view says of its row, as part of a sentence; NULL where it is data like any other, or where it is
 * called something else now. Such a column is no feature of models.
 */
extern const char *up_relation_bookkeeping(Oid relation, AttrNumber column, const char *called);

#endif
