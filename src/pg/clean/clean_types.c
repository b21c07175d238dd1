/*
 * clean_types.c - text that should be numbers, dates or truth values gets its type; see clean_types.h
 *
 * Blank text is missing. Whole columns change at once, so equal texts are understood once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_types.h"

static Oid
type_oid(const UpCleanRule *rule)
{
	static const Oid types[] = {NUMERICOID, INT8OID, FLOAT8OID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, BOOLOID};

	return types[rule->to_type];
}

typedef struct Repair
{
	UpCleanCells cells;
	bool *alike; /* rows whose new value reads as the old one */
} Repair;

/* Rows that cannot be understood leave, or lose the value. */
static void
convert(UpCleanCells *cells, size_t row, const UpCleanAnswer *a)
{
	if (a->verdict == UP_CELL_BAD && cells->rule->action == UP_ACTION_QUARANTINE)
		up_clean_table_quarantine(cells->t, row, cells->column, a->complaint);
	if (!up_clean_has_out(a->verdict))
		return;
	cells->to->nulls[row] = false;
	cells->to->values[row] = a->out;
	((Repair *) cells)->alike[row] = a->verdict == UP_CELL_ALIKE;
}

/* Every value has another type; what also reads differently from before is a change. */
static void
note_changes(const Repair *r, const UpCleanValues *from)
{
	UpCleanTable *t = r->cells.t;

	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0x3ff) == 0)
			up_tick();
		if (t->removed[row] || from->nulls[row])
			continue;
		up_clean_table_touch(t, row);
		if (!r->alike[row])
			up_clean_table_note_repair(t, row, r->cells.column, r->cells.to->nulls[row]);
	}
}

static void
repair_column(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	static const char *const complaints[] = {
		"is not a number", "is not a whole number", "is not a number",          "is not a date",
		"is not a time",   "is not a time",         "is neither true nor false"};
	UpCleanValues *from = t->columns[column].now,
				  *to = up_clean_values_new(t->context, type_oid(rule), -1, InvalidOid);
	Repair r = {{.t = t,
				 .column = column,
				 .rule = rule,
				 .complaint = complaints[rule->to_type],
				 .to = to,
				 .apply = convert}};

	if (!from->is_text)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s needs text, and column \"%s\" is of type %s", rule->owner,
							   t->columns[column].name, format_type_be(from->type)),
						errhint("Cast the column in the source.")));
	up_clean_table_count(t, (t->n_rows + 1) * (sizeof(Datum) + sizeof(bool)));
	to->values = up_alloc0((t->n_rows + 1) * sizeof(Datum));
	to->nulls = memset(up_alloc_array(t->n_rows + 1, sizeof(bool)), true, t->n_rows + 1);
	up_reserve(t->bytes + (t->n_rows + 1) * sizeof(bool), "cleaning the source");
	r.alike = up_alloc0((t->n_rows + 1) * sizeof(bool));
	r.cells.text = up_text_rule_new(rule, from, to, rule->unit != NULL,
									rule->unit != NULL ? &rule->unit->string : NULL, NULL);
	up_clean_cells(&r.cells);
	up_clean_table_retype(t, column, to);
	note_changes(&r, from);
	up_free(r.alike);
}

void
up_clean_types(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
		repair_column(t, t->step->columns[i], rule);
}
