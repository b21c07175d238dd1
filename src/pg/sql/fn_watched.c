/*
 * fn_watched.c - uprofile_watched: the tables that a profile watches, as rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/profiles/profile.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/watch_state.h"
#include "pg/models/registry.h"
#include "pg/io/srf.h"

static const char *
state_text(const UpWatchState *state)
{
	if (state->problem != NULL)
		return state->problem;
	if (state->without != NIL)
		return psprintf("%s has no trigger yet", get_rel_name(linitial_oid(state->without)));
	return state->leaves_changed ? "its partitions have changed" : "ok";
}

PG_FUNCTION_INFO_V1(uprofile_watched);
Datum
uprofile_watched(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpSrf *srf = up_srf_begin(fcinfo);
	const UpProfile *p = up_profile_look(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Oid trigger_function = up_watch_trigger_function(fcinfo->flinfo->fn_oid);
	ListCell *cell;

	foreach (cell, up_watch_list(schema, p->name))
	{
		UpWatch *w = lfirst(cell);
		Datum names[UP_MAX_KEY];
		Datum values[6];
		bool nulls[6] = {false, false, w->key_query == NULL};

		for (int i = 0; i < w->n_columns; i++)
			names[i] = CStringGetTextDatum(w->columns[i]);
		values[0] = CStringGetTextDatum(quote_qualified_identifier(w->table_schema, w->table_name));
		values[1] = PointerGetDatum(construct_array(names, w->n_columns, TEXTOID, -1, false, TYPALIGN_INT));
		values[2] = w->key_query != NULL ? CStringGetTextDatum(w->key_query) : (Datum) 0;
		values[3] = CStringGetTextDatum(w->found);
		values[4] = CStringGetTextDatum(up_watch_form_names[w->form]);
		values[5] = CStringGetTextDatum(state_text(up_watch_state(trigger_function, w)));
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}
