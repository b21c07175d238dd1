/*
 * nearest.c - the name that may have been meant; see nearest.h
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "pg/io/nearest.h"
#include "pg/io/query.h"

#define MOST_RELATIONS 10000

const char *
up_nearest_column(const char *name, TupleDesc columns)
{
	const char **names = palloc(sizeof(char *) * Max(columns->natts, 1));
	int n = 0;

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, i);

		if (!a->attisdropped)
			names[n++] = NameStr(a->attname);
	}
	return up_nearest_name(name, names, n);
}

static const char *
nearest_of_rows(const char *name, const char *query)
{
	UpRows known = up_query(true, query, 0, NULL, NULL, NULL);
	const char **names = palloc(sizeof(char *) * Max(known.n, 1));
	int n = 0;

	for (uint64 i = 0; i < known.n; i++)
	{
		names[n] = up_rows_text(&known, i, "name");
		/* Dropped in this very statement it is still there. */
		n += strcmp(names[n], name) != 0;
	}
	return up_nearest_name(name, names, n);
}

const char *
up_nearest_relation(const RangeVar *name)
{
	const char *schema = name->schemaname;
	List *schemas = schema != NULL ? list_make1_oid(get_namespace_oid(schema, true)) : fetch_search_path(false);
	StringInfoData query;
	const char *nearest;
	ListCell *cell;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT relname::text AS name FROM pg_class WHERE relkind IN ('r', 'v', "
								   "'m', 'f', 'p') AND relnamespace IN (0");
	foreach (cell, schemas)
		appendStringInfo(&query, ", %u", lfirst_oid(cell));
	appendStringInfo(&query, ") ORDER BY 1 LIMIT %d", MOST_RELATIONS);
	nearest = nearest_of_rows(name->relname, query.data);
	return nearest == NULL || schema == NULL ? nearest : psprintf("%s.%s", schema, nearest);
}

int
up_hint_nearest(const char *nearest, const char *otherwise)
{
	return nearest != NULL     ? errhint("Perhaps you meant \"%s\".", nearest)
		   : otherwise != NULL ? errhint("%s", otherwise)
							   : 0;
}

void
up_fail_unknown(const char *kind, const char *name, const char *query)
{
	/* Whoever reads the hint is not the role in whose place this one is: what that may see is not the caller's. */
	const char *nearest = InSecurityRestrictedOperation() ? NULL : nearest_of_rows(name, query);
	const char *listed = psprintf("uprofile_%ss lists the %ss that you may use.", kind, kind);

	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("%s \"%s\" does not exist", kind, name),
					up_hint_nearest(nearest, listed)));
}
