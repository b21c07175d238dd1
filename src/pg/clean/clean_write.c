/*
 * clean_write.c - the tables that a cleaning leaves; see clean_write.h
 *
 * Rows are written in the order of the source. A row that left is kept as it came, so it needs no changes to be given
 * back; a row that stayed is given back by undoing its changes, last step first.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

#include "pg/clean/clean_write.h"
#include "pg/io/local_setting.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"
#include "pg/io/table_writer.h"
#include "pg/servers.h"

#define SHOWN_BYTES 100
#define MAKER       "uprofile_clean"

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

/* ---- columns ---- */

typedef struct Column
{
	const char *name;
	Oid type;
	bool may_miss;
} Column;

static const Column quarantine_columns[] = {
	{"row_number", INT8OID, false}, {"key", TEXTOID, true},         {"step", INT4OID, false},
	{"rule", TEXTOID, false},       {"column_name", TEXTOID, true}, {"action", TEXTOID, false},
	{"kept_row", INT8OID, true},    {"reason", TEXTOID, false},     {"original", JSONBOID, false},
};

static const Column changes_columns[] = {
	{"row_number", INT8OID, false}, {"key", TEXTOID, true},   {"column_name", TEXTOID, false},
	{"before", TEXTOID, true},      {"after", TEXTOID, true}, {"step", INT4OID, false},
	{"rule", TEXTOID, false},
};

static const Column *
record_columns(UpCleanPlace place, int *n)
{
	*n = place == UP_CLEAN_QUARANTINE ? lengthof(quarantine_columns) : lengthof(changes_columns);
	return place == UP_CLEAN_QUARANTINE ? quarantine_columns : changes_columns;
}

TupleDesc
up_clean_columns(const UpCleanTable *t)
{
	TupleDesc desc = CreateTemplateTupleDesc(t->n_columns);

	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].now;

		TupleDescInitEntry(desc, (AttrNumber) (i + 1), t->columns[i].name, v->type, v->typmod, 0);
		if (OidIsValid(get_typcollation(v->type)))
			TupleDescInitEntryCollation(desc, (AttrNumber) (i + 1), v->collation);
	}
	return up_columns_done(desc);
}

static TupleDesc
columns_of(const UpCleanTable *t, UpCleanPlace place)
{
	TupleDesc desc;
	const Column *columns;
	int n;

	if (place == UP_CLEAN_DESTINATION)
		return up_clean_columns(t);
	columns = record_columns(place, &n);
	desc = CreateTemplateTupleDesc(n);
	for (int i = 0; i < n; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), columns[i].name, columns[i].type, -1, 0);
	return up_columns_done(desc);
}

void
up_clean_check_target(const UpCleanTable *t, const UpCleanTarget *target)
{
	for (int i = 0; i < UP_CLEAN_PLACES; i++)
	{
		if (OidIsValid(target->replaced[i]))
			up_made_check(target->replaced[i], columns_of(t, (UpCleanPlace) i));
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
	const Column *columns = record_columns(place, &n);

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

/* Creates the table where there is none, and opens it. */
static UpTableWriter *
open_place(const UpCleanTable *t, const UpCleanTarget *target, UpCleanPlace place)
{
	if (OidIsValid(target->replaced[place]))
		return up_table_writer_replace(target->replaced[place], columns_of(t, place));
	if (place == UP_CLEAN_DESTINATION)
		create_destination(t, target);
	else
		create_record(target, place);
	return up_table_writer_open(target->schema, target->names[place]);
}

/* ---- filling ---- */

static void
write_destination(UpCleanTable *t, const UpCleanTarget *target)
{
	UpTableWriter *w = open_place(t, target, UP_CLEAN_DESTINATION);
	Datum *values = palloc(sizeof(Datum) * t->n_columns);
	bool *nulls = palloc(sizeof(bool) * t->n_columns);

	for (size_t row = 0; row < t->n_rows; row++)
	{
		if (t->removed[row])
			continue;
		for (int i = 0; i < t->n_columns; i++)
		{
			values[i] = t->columns[i].now->values[row];
			nulls[i] = t->columns[i].now->nulls[row];
		}
		up_table_writer_add(w, values, nulls);
		if ((row & 0xfff) == 0)
			up_progress("writing rows", row, t->n_rows);
	}
	up_table_writer_end(w);
}

static UpCleanValues *
key_values(UpCleanTable *t, size_t row, int part)
{
	UpCleanColumn *c = &t->columns[t->keys[part]];

	return t->removed[row] ? c->generations[0] : c->now;
}

/* As the text of ROW(a, b). */
static char *
text_of_parts(UpCleanTable *t, size_t row)
{
	TupleDesc desc = CreateTemplateTupleDesc(t->n_keys);
	Datum values[UP_MAX_KEY];
	bool nulls[UP_MAX_KEY];
	HeapTuple tuple;

	for (int i = 0; i < t->n_keys; i++)
	{
		UpCleanValues *v = key_values(t, row, i);

		TupleDescInitEntry(desc, (AttrNumber) (i + 1), NULL, v->type, v->typmod, 0);
		values[i] = v->values[row];
		nulls[i] = v->nulls[row];
	}
	tuple = heap_form_tuple(BlessTupleDesc(up_columns_done(desc)), values, nulls);
	return OidOutputFunctionCall(F_RECORD_OUT, HeapTupleGetDatum(tuple));
}

/* The key as the destination has it or, of a row that left, as the source had it. */
void
up_clean_key_text(UpCleanTable *t, size_t row, Datum *value, bool *isnull)
{
	UpCleanValues *v;

	*isnull = true;
	*value = (Datum) 0;
	for (int i = 0; i < t->n_keys; i++)
		*isnull = *isnull && key_values(t, row, i)->nulls[row];
	if (*isnull)
		return;
	v = key_values(t, row, 0);
	*value = CStringGetTextDatum(t->n_keys > 1 ? text_of_parts(t, row) : up_clean_text(v, v->values[row]));
}

/* Of a text, what it is already. */
static void
set_text(UpCleanValues *v, Datum value, bool isnull, Datum *out, bool *out_null)
{
	Oid output = v->output.fn_oid;

	*out_null = isnull;
	*out = value;
	if (!isnull && output != F_TEXTOUT && output != F_VARCHAROUT && output != F_BPCHAROUT)
		*out = CStringGetTextDatum(up_clean_text(v, value));
}

/* The names of columns and of the rules of steps, which many rows have. */
static Datum *
names_of_columns(const UpCleanTable *t)
{
	Datum *names = palloc(sizeof(Datum) * Max(t->n_columns, 1));

	for (int i = 0; i < t->n_columns; i++)
		names[i] = CStringGetTextDatum(t->columns[i].name);
	return names;
}

static Datum *
names_of_rules(const UpCleanTable *t)
{
	Datum *names = palloc(sizeof(Datum) * Max(t->n_steps, 1));

	for (int i = 0; i < t->n_steps; i++)
		names[i] = CStringGetTextDatum(t->steps[i].rule->name);
	return names;
}

static void
write_changes(UpCleanTable *t, const UpCleanTarget *target)
{
	UpTableWriter *w = open_place(t, target, UP_CLEAN_CHANGES);
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES),
				  outer;
	Datum *columns = names_of_columns(t), *rules = names_of_rules(t);

	for (size_t i = 0; i < t->n_changes; i++)
	{
		const UpCleanChange *c = &t->changes[i];
		UpCleanColumn *column = &t->columns[c->column];
		Datum values[7];
		bool nulls[7] = {false};

		MemoryContextReset(inner);
		outer = MemoryContextSwitchTo(inner);
		values[0] = Int64GetDatum((int64) c->row + 1);
		up_clean_key_text(t, c->row, &values[1], &nulls[1]);
		values[2] = columns[c->column];
		set_text(column->generations[c->generation_before], c->before, c->before_null, &values[3], &nulls[3]);
		set_text(column->generations[c->generation_after], c->after, c->after_null, &values[4], &nulls[4]);
		values[5] = Int32GetDatum((int32) c->step);
		values[6] = rules[c->step - 1];
		MemoryContextSwitchTo(outer);
		up_table_writer_add(w, values, nulls);
		if ((i & 0xfff) == 0)
			up_progress("writing changes", i, t->n_changes);
	}
	MemoryContextDelete(inner);
	up_table_writer_end(w);
}

char *
up_clean_reason(UpCleanTable *t, const UpCleanRemoval *r)
{
	UpCleanValues *v;
	char *text;
	int shown;

	if (r->kept != UP_CLEAN_NO_ROW)
		return psprintf("%s %zu", r->complaint, r->kept + 1);
	if (r->value_null)
		return psprintf("%s %s", t->columns[r->column].name, r->complaint);
	v = t->columns[r->column].generations[r->generation];
	text = up_clean_text(v, r->value);
	shown = pg_mbcliplen(text, strlen(text), SHOWN_BYTES);
	return psprintf("%s %s%.*s%s%s %s", t->columns[r->column].name, v->is_text ? "\"" : "", shown, text,
					text[shown] != '\0' ? "..." : "", v->is_text ? "\"" : "", r->complaint);
}

static void
write_quarantine(UpCleanTable *t, const UpCleanTarget *target)
{
	UpTableWriter *w = open_place(t, target, UP_CLEAN_QUARANTINE);
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES),
				  outer;
	Datum *columns = names_of_columns(t), *rules = names_of_rules(t);

	for (size_t i = 0; i < t->n_removals; i++)
	{
		const UpCleanRemoval *r = &t->removals[i];
		bool merged = r->kept != UP_CLEAN_NO_ROW;
		Datum values[9];
		bool nulls[9] = {false};

		MemoryContextReset(inner);
		outer = MemoryContextSwitchTo(inner);
		values[0] = Int64GetDatum((int64) r->row + 1);
		up_clean_key_text(t, r->row, &values[1], &nulls[1]);
		values[2] = Int32GetDatum((int32) r->step);
		values[3] = rules[r->step - 1];
		nulls[4] = r->column < 0;
		values[4] = nulls[4] ? (Datum) 0 : columns[r->column];
		values[5] = CStringGetTextDatum(merged ? "merged" : "quarantined");
		nulls[6] = !merged;
		values[6] = Int64GetDatum((int64) r->kept + 1);
		values[7] = CStringGetTextDatum(up_clean_reason(t, r));
		values[8] = up_clean_original(t, r->row);
		MemoryContextSwitchTo(outer);
		up_table_writer_add(w, values, nulls);
		if ((i & 0xfff) == 0)
			up_progress("writing the quarantine", i, t->n_removals);
	}
	MemoryContextDelete(inner);
	up_table_writer_end(w);
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
	up_clean_check_target(t, target);
	write_destination(t, target);
	up_clean_table_restore_removed(t);
	write_changes(t, target);
	write_quarantine(t, target);
	mark(target, UP_CLEAN_DESTINATION, psprintf("%s by rules %s", source, up_value_text(rules)));
	mark(target, UP_CLEAN_CHANGES, psprintf("%s: values that were changed", source));
	mark(target, UP_CLEAN_QUARANTINE, psprintf("%s: rows that left", source));
}
