/*
 * made_table.c - tables that one of our functions made; see made_table.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/io/local_setting.h"
#include "pg/io/relation.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"

#define ROWS "uprofile_rows"

RangeVar *
up_made_name(const char *destination)
{
	RangeVar *name = makeRangeVarFromNameList(up_name_parts("destination", destination));

	if (name->catalogname != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("destination \"%s\" has too many parts", destination),
						errhint("Give a name, or schema.name.")));
	return name;
}

void
up_made_mark(Oid table, const char *maker, const char *what)
{
	up_query(false,
			 psprintf("COMMENT ON TABLE %s IS %s", up_relation_name(table),
					  quote_literal_cstr(psprintf("%s of %s", maker, what))),
			 0, NULL, NULL, NULL);
}

static bool
bears_mark(Oid table, const char *maker)
{
	char *comment = GetComment(table, RelationRelationId, 0), *mark = psprintf("%s of ", maker);

	return comment != NULL && strncmp(comment, mark, strlen(mark)) == 0;
}

typedef struct Finding
{
	const char *maker;
	bool replace;
} Finding;

/*
 * Before the lock is taken, so that nobody else's table is locked, not even for a moment. A superuser's rights do not
 * count: triggers of the table will run as him.
 */
static void
check_made(const RangeVar *name, Oid table, Oid earlier, void *arg)
{
	const Finding *f = arg;
	HeapTuple tuple;
	bool his, is_table;

	if (!OidIsValid(table))
		return;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(tuple))
		return;
	is_table = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION;
	his = is_member_of_role_nosuper(GetUserId(), ((Form_pg_class) GETSTRUCT(tuple))->relowner);
	ReleaseSysCache(tuple);
	if (f->replace && is_table && his && bears_mark(table, f->maker))
		return;
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("relation \"%s\" already exists", name->relname),
					!f->replace ? 0
					: !is_table ? errdetail("It is not a table.")
					: !his      ? errdetail("It belongs to another role.")
								: errdetail("%s has not made it: its comment does not begin with \"%s of\".",
											f->maker, f->maker),
					!f->replace && is_table && his && bears_mark(table, f->maker)
						? errhint("Use replace => true, drop it, or choose another destination.")
						: errhint("Drop it, or choose another destination.")));
}

Oid
up_made_find(const RangeVar *name, const char *maker, bool replace, bool trial)
{
	Finding f = {maker, replace};

	return RangeVarGetRelidExtended(name, trial || !replace ? AccessShareLock : ShareRowExclusiveLock,
									RVR_MISSING_OK, check_made, &f);
}

static void
refuse(Relation r, char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					errmsg("table \"%s\" has other columns than its new rows", RelationGetRelationName(r)),
					errdetail_internal("%s", detail), errhint("Drop it, or choose another destination.")));
}

static char *
type_text(Form_pg_attribute a)
{
	return format_type_with_typemod(a->atttypid, a->atttypmod);
}

void
up_made_check(Oid table, TupleDesc columns)
{
	Relation r = table_open(table, NoLock);
	TupleDesc there = RelationGetDescr(r);

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, i), b = up_attribute_named(there, NameStr(a->attname));

		if (b == NULL)
			refuse(r, psprintf("It has no column \"%s\".", NameStr(a->attname)));
		else if (a->atttypid != b->atttypid || a->atttypmod != b->atttypmod)
			refuse(r, psprintf("Column \"%s\" is %s there, and %s now.", NameStr(a->attname), type_text(b),
							   type_text(a)));
		else if (a->attcollation != b->attcollation || b->attgenerated != '\0')
			refuse(r, psprintf("Column \"%s\" is %s there.", NameStr(a->attname),
							   b->attgenerated != '\0' ? "generated" : "of another collation"));
	}
	for (int i = 0; i < there->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(there, i);

		if (!a->attisdropped && a->attgenerated == '\0' && a->attidentity == '\0' &&
			up_attribute_named(columns, NameStr(a->attname)) == NULL)
			refuse(r, psprintf("Its column \"%s\" would lose its values.", NameStr(a->attname)));
	}
	table_close(r, NoLock);
}

static char *
column_list(TupleDesc columns)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(NameStr(TupleDescAttr(columns, i)->attname)));
	return list.data;
}

void
up_made_replace(Oid table, Tuplestorestate *rows, TupleDesc columns)
{
	char *name = up_relation_name(table);
	char *list = column_list(columns);
	int level = NewGUCNestLevel();
	int64 n = tuplestore_tuple_count(rows);
	UpRows r;

	/* Rows that a forced policy hides would stay: that is an error then. */
	up_set_locally("row_security", "off");
	up_query(false, psprintf("DELETE FROM ONLY %s", name), 0, NULL, NULL, NULL);
	r = up_query_over(ROWS, rows, columns,
					  psprintf("INSERT INTO %s (%s) SELECT %s FROM " ROWS, name, list, list), 0, NULL, NULL);
	if ((int64) r.processed != n)
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger or rule of table \"%s\" keeps rows from it", get_rel_name(table))));
	AtEOXact_GUC(true, level);
}
