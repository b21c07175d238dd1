/*
 * profile_table.h - the columns that a profile gives its table, and those that the table has
 *
 * A table outlives what it was made with: the source gets and loses columns, and people add columns of their own. Which
 * of them are the profile's is kept with its definition (table_columns), so that the others are left alone.
 */
#ifndef UPROFILE_PROFILE_TABLE_H
#define UPROFILE_PROFILE_TABLE_H

#include "nodes/pg_list.h"

#include "pg/profiles/profile.h"

/* A column that the definition gives the table. */
typedef struct UpProfileColumn
{
	const char *name;
	const char *type;            /* as CREATE TABLE writes it, with a collation where it needs one */
	Form_pg_attribute attribute; /* its name, type and collation */
	const UpProfileModel *model; /* or NULL: of the source */
	bool probability;            /* of the model's prediction */
	bool reasons;                /* for it */
} UpProfileColumn;

/* All of these, in order, without changed_at. Fails if two would have one name. After up_profile_resolve. */
extern List *up_profile_columns(const UpProfile *p);

/* How the table differs from what the definition gives it. */
typedef struct UpColumnChanges
{
	List *added;   /* UpProfileColumn: not in the table */
	List *taken;   /* UpProfileColumn: in the table somebody's own column has the name */
	List *retyped; /* UpProfileColumn: the table's column holds no such values */
	List *gone;    /* names of columns of the table that were the profile's and are no more */
} UpColumnChanges;

extern UpColumnChanges up_profile_compare(const UpProfile *p, List *columns, TupleDesc table);

/* ALTER TABLE … ADD COLUMN, with the rights of the current role; remembers them as the profile's. */
extern void up_profile_add_columns(UpProfile *p, List *columns);
/* Remembers that these columns, and no others, are the profile's. What is known of them otherwise stays. */
extern void up_profile_own_columns(UpProfile *p, List *columns);
/*
 * Lets the table follow the source, before a refresh and as the profile's owner: new columns are added; what is in the way of others
 * is an error that says what to do. Returns those that were added.
 */
extern List *up_profile_follow_columns(UpProfile *p, Oid table);

#endif
