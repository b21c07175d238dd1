/*
 * watch_probe.c - watching by itself, for tests: no function of the extension calls this
 *
 * The tests declare these C functions themselves, as a superuser may.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/profiles/keys.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_spec.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/io/srf.h"

typedef struct Probe
{
	const char *schema;
	Oid namespace;
	Oid trigger_function;
	UpProfile *profile;
} Probe;

/* The probes are declared by a test, so the extension is found by its name. */
static void
open_probe(Probe *probe, FunctionCallInfo fcinfo)
{
	UpRows r = up_query(
		true,
		"SELECT extnamespace FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'uprofile'", 0,
		NULL, NULL, NULL);
	bool isnull;

	probe->namespace = DatumGetObjectId(up_rows_get(&r, 0, "extnamespace", &isnull));
	probe->schema = quote_identifier(get_namespace_name(probe->namespace));
	probe->trigger_function = up_watch_trigger_function(probe->namespace);
	probe->profile = up_profile_load(probe->schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
}

static UpSourceAnalysis *
analyse(const Probe *probe)
{
	return up_source_analyse(up_source_query(probe->profile->source), probe->profile->key, NULL);
}

static void
put(UpSrf *srf, const char *kind, const char *item)
{
	Datum values[2] = {CStringGetTextDatum(kind), CStringGetTextDatum(item)};
	bool nulls[2] = {false, false};

	up_srf_row(srf, values, nulls);
}

static void
list_texts(UpSrf *srf, const char *kind, List *texts)
{
	ListCell *cell;

	foreach (cell, texts)
		put(srf, kind, lfirst(cell));
}

PG_FUNCTION_INFO_V1(uprofile_watch_probe_install);
Datum
uprofile_watch_probe_install(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	Probe probe;
	UpSourceAnalysis *source;
	UpWatchPlan *plan;

	open_probe(&probe, fcinfo);
	source = analyse(&probe);
	plan = up_watch_plan(up_watch_parse(text_to_cstring(PG_GETARG_TEXT_PP(1))), source);
	up_watch_remove(probe.schema, probe.trigger_function, probe.profile->name);
	if (plan->entries != NIL)
		up_watch_install(probe.schema, probe.trigger_function, probe.profile->name, &source->key, plan->entries,
						 get_namespace_name(linitial_oid(fetch_search_path(false))), probe.profile->name);
	list_texts(srf, "missing", plan->missing);
	list_texts(srf, "mixed", plan->mixed);
	put(srf, "mode", plan->keyed ? "keyed" : "full");
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_watch_probe_remove);
Datum
uprofile_watch_probe_remove(PG_FUNCTION_ARGS)
{
	Probe probe;

	open_probe(&probe, fcinfo);
	up_watch_remove(probe.schema, probe.trigger_function, probe.profile->name);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(uprofile_watch_probe_mend);
Datum
uprofile_watch_probe_mend(PG_FUNCTION_ARGS)
{
	Probe probe;
	ListCell *cell;

	open_probe(&probe, fcinfo);
	foreach (cell, up_watch_list(probe.schema, probe.profile->name))
		up_watch_mend(probe.schema, probe.trigger_function,
					  up_watch_state(probe.trigger_function, lfirst(cell)));
	PG_RETURN_VOID();
}

static Datum
key_array(const Datum *keys, int64 n, Oid type)
{
	int16 len;
	bool byval;
	char align;

	get_typlenbyvalalign(type, &len, &byval, &align);
	return PointerGetDatum(construct_array(unconstify(Datum *, keys), (int) n, type, len, byval, align));
}

static void
show_row(void *arg, TupleTableSlot *slot)
{
	StringInfoData line;

	initStringInfo(&line);
	slot_getallattrs(slot);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
	{
		Oid out;
		bool varlena;

		getTypeOutputInfo(TupleDescAttr(slot->tts_tupleDescriptor, i)->atttypid, &out, &varlena);
		appendStringInfo(&line, "%s%s", i > 0 ? "," : "",
						 slot->tts_isnull[i] ? "NULL" : OidOutputFunctionCall(out, slot->tts_values[i]));
	}
	put(arg, "key", line.data);
}

static void
take_one(UpSrf *srf, const UpWatch *w, const UpKey *key, int64 max_keys)
{
	Relation queue = table_open(w->queue, RowExclusiveLock);
	Oid collations[UP_MAX_KEY];
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];
	UpTaken *taken;
	StringInfoData sql;

	for (int i = 0; i < UP_MAX_KEY; i++)
		collations[i] = w->key_query == NULL && i < key->n ? key->parts[i].collation : DEFAULT_COLLATION_OID;
	taken = up_queue_take(queue, collations, max_keys);
	list_texts(srf, "all", taken->reasons);
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT * FROM ROWS FROM (");
	for (int i = 0; i < w->n_columns; i++)
	{
		types[i] = get_array_type(up_queue_type(queue, i));
		values[i] = key_array(taken->keys[i], taken->n, up_queue_type(queue, i));
		appendStringInfo(&sql, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", i + 1);
	}
	appendStringInfoString(&sql, ") AS u");
	up_query_stream(w->key_query != NULL ? up_watch_key_query(w, queue) : sql.data, w->n_columns, types, values,
					NULL, NULL, show_row, srf);
	table_close(queue, NoLock);
}

PG_FUNCTION_INFO_V1(uprofile_watch_probe_take);
Datum
uprofile_watch_probe_take(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	List *seen = NIL;
	UpSourceAnalysis *source;
	Probe probe;
	ListCell *cell;

	open_probe(&probe, fcinfo);
	source = analyse(&probe);
	foreach (cell, up_watch_list(probe.schema, probe.profile->name))
	{
		UpWatch *w = lfirst(cell);

		if (!list_member_oid(seen, w->queue))
			take_one(srf, w, &source->key, PG_GETARG_INT64(1));
		seen = lappend_oid(seen, w->queue);
	}
	return (Datum) 0;
}

/* (text, "any"): the user that a user_key of a profile names, as a refresh would show and keep him. */
PG_FUNCTION_INFO_V1(uprofile_watch_probe_user);
Datum
uprofile_watch_probe_user(PG_FUNCTION_ARGS)
{
	Probe probe;
	UpKey key;
	UpKeyOutput output;
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	open_probe(&probe, fcinfo);
	key = analyse(&probe)->key;
	if (!up_user_key(fcinfo, 1, &key, values))
		PG_RETURN_NULL();
	for (int i = 0; i < key.n; i++)
		types[i] = key.parts[i].type;
	up_key_output_init(&output, key.n, types);
	PG_RETURN_TEXT_P(
		cstring_to_text(psprintf("%s as %s", up_key_shown(&output, values), up_key_stored(&output, values))));
}
