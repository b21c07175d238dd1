/*
 * clean_write.c - the tables that a cleaning leaves; see clean_write.h
 *
 * Rows are written in the order of the source. A row that left is kept as it came, so it needs no changes to be given
 * back; a row that stayed is given back by undoing its changes, last step first.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "pg/clean/clean_form.h"
#include "pg/clean/clean_write.h"
#include "pg/io/local_setting.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"
#include "pg/io/table_writer.h"

#define MAKER "uprofile_clean"

/* ---- where ---- */

static void
find_place(UpCleanTarget *target, UpCleanPlace place, RangeVar *range, bool replace, bool dry_run)
{
	static const char *const suffixes[] = {"", "_quarantine", "_changes"};
	char *name = psprintf("%s%s", range->relname, suffixes[place]);
	RangeVar *one = makeRangeVar(range->schemaname, name, -1);

	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG), errmsg("table name \"%s\" is too long", name),
				 errdetail("Names have at most %d bytes; besides the destination there are its _quarantine "
						   "and its _changes.",
						   NAMEDATALEN - 1)));
	/* A trial must not set up this session's temporary schema. */
	if (dry_run && range->schemaname != NULL && strcmp(range->schemaname, "pg_temp") == 0)
		target->schema = "pg_temp";
	else
		target->schema = get_namespace_name(RangeVarGetAndCheckCreationNamespace(one, NoLock, NULL));
	target->names[place] = name;
	one->schemaname = target->schema;
	target->replaced[place] = up_made_find(one, MAKER, replace, dry_run);
}

UpCleanTarget *
up_clean_target(const char *destination, bool replace, bool dry_run)
{
	UpCleanTarget *target = palloc0(sizeof(UpCleanTarget));
	RangeVar *range = up_made_name(destination);

	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		find_place(target, (UpCleanPlace) i, range, replace, dry_run);
	return target;
}

int
up_clean_text_settings(void)
{
	static const char *const settings[][2] = {{"datestyle", "ISO, YMD"},
											  {"intervalstyle", "postgres"},
											  {"timezone", "UTC"},
											  {"extra_float_digits", "1"},
											  {"bytea_output", "hex"}};
	int level = NewGUCNestLevel();

	for (size_t i = 0; i < lengthof(settings); i++)
		up_set_locally(settings[i][0], settings[i][1]);
	return level;
}

void
up_clean_check_target(const UpCleanTable *t, const UpCleanTarget *target)
{
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
	{
		if (OidIsValid(target->replaced[i]))
			up_made_check(target->replaced[i], up_clean_columns_of(t, (UpCleanPlace) i));
	}
}

/* ---- creating ---- */

static void
create_destination(const UpCleanTable *t, const UpCleanTarget *target)
{
	StringInfoData sql;
	int level = NewGUCNestLevel();

	/* Collations are named so that the statement finds them under the path that it runs with. */
	up_set_locally("search_path", "pg_catalog, pg_temp");
	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (",
					 quote_qualified_identifier(target->schema, target->names[UP_CLEAN_DESTINATION]));
	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].now;
		Oid collation = get_typcollation(v->type);

		appendStringInfo(
			&sql, "%s%s %s", i > 0 ? ", " : "", quote_identifier(t->columns[i].name),
			format_type_extended(v->type, v->typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
		if (OidIsValid(collation) && v->collation != collation)
			appendStringInfo(&sql, " COLLATE %s", generate_collation_name(v->collation));
	}
	appendStringInfoChar(&sql, ')');
	AtEOXact_GUC(true, level);
	up_query(false, sql.data, 0, NULL, NULL, NULL);
}

static void
create_record(const UpCleanTarget *target, UpCleanPlace place)
{
	StringInfoData sql;
	int n;
	const UpCleanRecordColumn *columns = up_clean_record_columns(place, &n);

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (",
					 quote_qualified_identifier(target->schema, target->names[place]));
	for (int i = 0; i < n; i++)
		appendStringInfo(&sql, "%s%s %s%s", i > 0 ? ", " : "", columns[i].name,
						 format_type_extended(columns[i].type, -1, FORMAT_TYPE_FORCE_QUALIFY),
						 columns[i].may_miss ? "" : " NOT NULL");
	appendStringInfoChar(&sql, ')');
	up_query(false, sql.data, 0, NULL, NULL, NULL);
}

static void
create_place(const UpCleanTable *t, const UpCleanTarget *target, UpCleanPlace place)
{
	if (OidIsValid(target->replaced[place]))
		return;
	if (place == UP_CLEAN_DESTINATION)
		create_destination(t, target);
	else
		create_record(target, place);
}

static UpTableWriter *
open_place(const UpCleanTable *t, const UpCleanTarget *target, UpCleanPlace place)
{
	TupleDesc columns = up_clean_columns_of(t, place);

	if (OidIsValid(target->replaced[place]))
		return up_table_writer_replace(target->replaced[place], columns);
	return up_table_writer_open(target->schema, target->names[place], columns);
}

static void
mark(const UpCleanTarget *target, UpCleanPlace place, const char *what)
{
	Oid table = target->replaced[place];

	if (!OidIsValid(table))
		table = get_relname_relid(target->names[place], get_namespace_oid(target->schema, false));
	up_made_mark(table, MAKER, what);
}

void
up_clean_write(UpCleanTable *t, const UpCleanTarget *target, const char *source, const UpValue *rules)
{
	UpTableWriter *writers[UP_CLEAN_PLACES];

	up_clean_check_target(t, target);
	up_clean_table_restore_removed(t);
	/* What creating one sets off may change another, which is seen where that is opened. */
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		create_place(t, target, (UpCleanPlace) i);
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		writers[i] = open_place(t, target, (UpCleanPlace) i);
	up_clean_form(t, writers);
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
		(void) up_table_writer_end(writers[i]);
	mark(target, UP_CLEAN_DESTINATION, psprintf("%s by rules %s", source, up_value_text(rules)));
	mark(target, UP_CLEAN_CHANGES, psprintf("%s: values that were changed", source));
	mark(target, UP_CLEAN_QUARANTINE, psprintf("%s: rows that left", source));
}
