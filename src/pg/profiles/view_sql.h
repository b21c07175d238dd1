/*
 * view_sql.h - the statement of the view <profile>_current
 */
#ifndef UPROFILE_VIEW_SQL_H
#define UPROFILE_VIEW_SQL_H

#include "nodes/pg_list.h"

#include "pg/profiles/profile.h"

/* The function that it calls: uprofile_freshness(profile, identity, made_of). */
#define UP_VIEW_FRESHNESS "uprofile_freshness"

/* A column of the view: its name and what stands for it. */
typedef struct UpViewColumn
{
	const char *name;
	const char *expression;
} UpViewColumn;

extern void up_view_column_add(List **columns, const char *name, const char *expression);
extern UpViewColumn *up_view_column_find(List *columns, const char *name); /* NULL: there is none */
/* A column of this name, type and collation that is NULL. */
extern UpViewColumn *up_view_column_null(Form_pg_attribute a);
/* The names of its columns that say how old a row is, for a table with these columns. */
extern void up_view_age_names(const UpProfile *p, TupleDesc table, const char **computed_at,
							  const char **stale);

/* The view as it should be. */
typedef struct UpViewPlan
{
	List *columns;    /* of UpViewColumn */
	const char *with; /* options, or "" */
	char *from;       /* what stands after FROM */
	int64 made_of;    /* a hash of the statement, which stands in it as well */
} UpViewPlan;

extern UpViewPlan up_view_plan(const UpProfile *p, Oid table);
extern char *up_view_select(List *columns, const char *from);
/* Without rows and reading nothing; the columns are NULL. */
extern char *up_view_select_nothing(const UpProfile *p, TupleDesc columns);

#endif
