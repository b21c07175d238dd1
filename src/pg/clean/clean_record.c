/*
 * clean_record.c - the rows of the three tables that a cleaning leaves; see clean_record.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "pg/clean/clean_record.h"
#include "pg/io/query.h"
#include "pg/servers.h"

#define SHOWN_BYTES 100

/* ---- columns ---- */

static const UpCleanRecordColumn quarantine_columns[] = {
	{"row_number", INT8OID, false}, {"key", TEXTOID, true},         {"step", INT4OID, false},
	{"rule", TEXTOID, false},       {"column_name", TEXTOID, true}, {"action", TEXTOID, false},
	{"kept_row", INT8OID, true},    {"reason", TEXTOID, false},     {"original", JSONBOID, false},
};

static const UpCleanRecordColumn changes_columns[] = {
	{"row_number", INT8OID, false}, {"key", TEXTOID, true},   {"column_name", TEXTOID, false},
	{"before", TEXTOID, true},      {"after", TEXTOID, true}, {"step", INT4OID, false},
	{"rule", TEXTOID, false},
};

const UpCleanRecordColumn *
up_clean_record_columns(UpCleanPlace place, int *n)
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

TupleDesc
up_clean_columns_of(const UpCleanTable *t, UpCleanPlace place)
{
	TupleDesc desc;
	const UpCleanRecordColumn *columns;
	int n;

	if (place == UP_CLEAN_DESTINATION)
		return up_clean_columns(t);
	columns = up_clean_record_columns(place, &n);
	desc = CreateTemplateTupleDesc(n);
	for (int i = 0; i < n; i++)
	{
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), columns[i].name, columns[i].type, -1, 0);
		if (!columns[i].may_miss)
			up_column_required(desc, i);
	}
	return up_columns_done(desc);
}

/* ---- texts ---- */

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
		values[i] = up_clean_here(t, v, v->values[row]);
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
	*value = CStringGetTextDatum(t->n_keys > 1 ? text_of_parts(t, row)
											   : up_clean_text(v, up_clean_here(t, v, v->values[row])));
}

/* Of a text, what it is already. */
static void
set_text(const UpCleanTable *t, UpCleanValues *v, Datum value, bool isnull, Datum *out, bool *out_null)
{
	Oid output = v->output.fn_oid;

	*out_null = isnull;
	*out = isnull ? (Datum) 0 : up_clean_here(t, v, value);
	if (!isnull && output != F_TEXTOUT && output != F_VARCHAROUT && output != F_BPCHAROUT)
		*out = CStringGetTextDatum(up_clean_text(v, *out));
}

char *
up_clean_reason(UpCleanTable *t, const UpCleanRemoval *r)
{
	const char *complaint = r->complaint + t->shift;
	UpCleanValues *v;
	char *text;
	int shown;

	if (r->kept != UP_CLEAN_NO_ROW)
		return psprintf("%s %zu", complaint, r->kept + 1);
	if (r->value_null)
		return psprintf("%s %s", t->columns[r->column].name, complaint);
	v = t->columns[r->column].generations[r->generation];
	text = up_clean_text(v, up_clean_here(t, v, r->value));
	shown = pg_mbcliplen(text, strlen(text), SHOWN_BYTES);
	return psprintf("%s %s%.*s%s%s %s", t->columns[r->column].name, v->is_text ? "\"" : "", shown, text,
					text[shown] != '\0' ? "..." : "", v->is_text ? "\"" : "", complaint);
}

/* ---- rows ---- */

/* The names of columns and of the rules of steps, which many rows have. */
static void
find_names(UpCleanTable *t)
{
	MemoryContext outer = MemoryContextSwitchTo(t->context);

	t->column_names = palloc(sizeof(Datum) * Max(t->n_columns, 1));
	t->rule_names = palloc(sizeof(Datum) * Max(t->n_steps, 1));
	for (int i = 0; i < t->n_columns; i++)
		t->column_names[i] = CStringGetTextDatum(t->columns[i].name);
	for (int i = 0; i < t->n_steps; i++)
		t->rule_names[i] = CStringGetTextDatum(t->steps[i].rule->name);
	MemoryContextSwitchTo(outer);
}

static bool
fill_destination(UpCleanTable *t, size_t row, Datum *values, bool *nulls)
{
	if (t->removed[row])
		return false;
	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].now;

		values[i] = up_clean_here(t, v, v->values[row]);
		nulls[i] = v->nulls[row];
	}
	return true;
}

static void
fill_change(UpCleanTable *t, const UpCleanChange *c, Datum *values, bool *nulls)
{
	UpCleanColumn *column = &t->columns[c->column];

	memset(nulls, 0, sizeof(bool) * lengthof(changes_columns));
	values[0] = Int64GetDatum((int64) c->row + 1);
	up_clean_key_text(t, c->row, &values[1], &nulls[1]);
	values[2] = t->column_names[c->column];
	set_text(t, column->generations[c->generation_before], c->before, c->before_null, &values[3], &nulls[3]);
	set_text(t, column->generations[c->generation_after], c->after, c->after_null, &values[4], &nulls[4]);
	values[5] = Int32GetDatum((int32) c->step);
	values[6] = t->rule_names[c->step - 1];
}

static void
fill_removal(UpCleanTable *t, const UpCleanRemoval *r, Datum *values, bool *nulls)
{
	bool merged = r->kept != UP_CLEAN_NO_ROW;

	memset(nulls, 0, sizeof(bool) * lengthof(quarantine_columns));
	values[0] = Int64GetDatum((int64) r->row + 1);
	up_clean_key_text(t, r->row, &values[1], &nulls[1]);
	values[2] = Int32GetDatum((int32) r->step);
	values[3] = t->rule_names[r->step - 1];
	nulls[4] = r->column < 0;
	values[4] = nulls[4] ? (Datum) 0 : t->column_names[r->column];
	values[5] = CStringGetTextDatum(merged ? "merged" : "quarantined");
	nulls[6] = !merged;
	values[6] = Int64GetDatum((int64) r->kept + 1);
	values[7] = CStringGetTextDatum(up_clean_reason(t, r));
	values[8] = up_clean_original(t, r->row);
}

size_t
up_clean_n_items(const UpCleanTable *t, UpCleanPlace place)
{
	return place == UP_CLEAN_DESTINATION ? t->n_rows : place == UP_CLEAN_CHANGES ? t->n_changes : t->n_removals;
}

bool
up_clean_fill_row(UpCleanTable *t, UpCleanPlace place, size_t item, Datum *values, bool *nulls)
{
	if (place == UP_CLEAN_DESTINATION)
		return fill_destination(t, item, values, nulls);
	if (t->column_names == NULL)
		find_names(t);
	if (place == UP_CLEAN_CHANGES)
		fill_change(t, &t->changes[item], values, nulls);
	else
		fill_removal(t, &t->removals[item], values, nulls);
	return true;
}
