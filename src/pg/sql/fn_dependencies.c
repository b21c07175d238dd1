/*
 * fn_dependencies.c - uprofile_dependencies: what a source depends on, as rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/source_query.h"
#include "pg/profiles/source_analysis.h"
#include "pg/profiles/source_calls.h"
#include "pg/io/relation.h"
#include "pg/io/srf.h"

static void
table_row(UpSrf *srf, const UpSourceAnalysis *a, const UpTableUse *use)
{
	Datum names[UP_MAX_KEY];
	Datum values[5] = {CStringGetTextDatum("table")};
	bool nulls[5] = {false};

	for (int i = 0; use->proved && i < a->key.n; i++)
		names[i] = CStringGetTextDatum(get_attname(use->relation, use->columns[i], false));
	values[1] = CStringGetTextDatum(up_relation_name(use->relation));
	if (use->proved)
		values[2] = PointerGetDatum(construct_array(names, a->key.n, TEXTOID, -1, false, TYPALIGN_INT));
	nulls[2] = !use->proved;
	values[3] = BoolGetDatum(use->proved);
	values[4] = CStringGetTextDatum(use->proved ? "equals the key" : use->why.text);
	up_srf_row(srf, values, nulls);
}

static void
other_row(UpSrf *srf, const char *kind, const char *column, const char *reason)
{
	Datum values[5] = {CStringGetTextDatum(kind)};
	bool nulls[5] = {false, true, column == NULL, false, false};
	Datum name;

	if (column != NULL)
	{
		name = CStringGetTextDatum(column);
		values[2] = PointerGetDatum(construct_array(&name, 1, TEXTOID, -1, false, TYPALIGN_INT));
	}
	values[3] = BoolGetDatum(false);
	values[4] = CStringGetTextDatum(reason);
	up_srf_row(srf, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_dependencies);
Datum
uprofile_dependencies(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpSourceAnalysis *a = up_source_analyse(up_source_query(text_to_cstring(PG_GETARG_TEXT_PP(0))),
											text_to_cstring(PG_GETARG_TEXT_PP(1)), NULL);
	ListCell *cell;

	foreach (cell, a->tables)
		table_row(srf, a, lfirst(cell));
	foreach (cell, a->tables)
	{
		UpTableUse *use = lfirst(cell);

		if (!use->proved && use->why.users_depend)
			other_row(srf, "users", NULL,
					  psprintf("%s: %s", quote_identifier(get_rel_name(use->relation)), use->why.text));
	}
	foreach (cell, a->unsafe)
		other_row(srf, "users", NULL, lfirst(cell));
	foreach (cell, a->clock)
	{
		UpClockUse *use = lfirst(cell);

		other_row(srf, "clock", use->column,
				  use->column != NULL ? psprintf("reads %s", use->what)
									  : psprintf("a condition or constant reads %s", use->what));
	}
	return (Datum) 0;
}
