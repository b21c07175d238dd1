/*
 * profile_alter.c - uprofile_alter: a profile is changed in place
 *
 * The table and the view stay, with their grants, comments, own columns and what depends on them. While their columns
 * and the queues change, the view reads nothing (up_view_empty). What the rows were computed with is forgotten where it
 * is no more, with the reason that the next refresh gives for computing everybody.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/profiles/history.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_comment.h"
#include "pg/profiles/profile_create.h"
#include "pg/profiles/profile_live.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_parts.h"
#include "pg/profiles/profile_table.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/worker.h"
#include "pg/wake.h"

/* What is asked for; NULL: stays as it is. */
typedef struct Wish
{
	const char *source;
	const char *key;
	const char *watch;
	Jsonb *models;
	Jsonb *clean;
	Jsonb *policy;
	List *dropped; /* names of columns */
	Jsonb *segments;
	Jsonb *offers;
	const char *consent;
	Oid trigger_function;
} Wish;

static bool
has_name(List *names, const char *name)
{
	ListCell *cell;

	foreach (cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

static bool
says_nothing(Jsonb *given)
{
	return given == NULL || up_value_from_jsonb(given)->type == UP_NULL;
}

/* "null" takes all of it away. */
static Jsonb *
merged(const char *what, Jsonb *stored, Jsonb *given)
{
	if (given != NULL && says_nothing(given)) /* JSON null */
		return up_merge_keys(what, NULL, NULL);
	return up_merge_keys(what, stored, given);
}

static void
check_key(const UpProfile *p, const Wish *wish)
{
	if (wish->key != NULL && strcmp(wish->key, p->key) != 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the key of profile \"%s\" cannot be changed: it is \"%s\"", p->name, p->key),
						errhint("Create another profile.")));
}

/* What is taken away is there, or at least has a name that there is. */
static void
check_parts(const UpProfile *p, const Wish *wish)
{
	UpValue *models = says_nothing(wish->models) ? NULL : up_value_from_jsonb(wish->models);
	UpValue *stored = up_value_from_jsonb(p->definitions);

	if (!says_nothing(wish->policy))
		up_policy_parse(wish->policy);
	for (uint32_t i = 0; models != NULL && models->type == UP_OBJECT && i < models->n; i++)
	{
		if (models->items[i]->type == UP_NULL && up_value_get(stored, models->keys[i]) == NULL)
			up_profile_fail_model(p, models->keys[i]);
	}
}

/* ---- columns ------------------------------------------------------------------------------------------------------ */

/* Names of the columns that models have: those of the definition that was. */
static List *
model_columns(Jsonb *definitions)
{
	UpValue *models = up_value_from_jsonb(definitions);
	List *names = NIL;

	for (uint32_t i = 0; models->type == UP_OBJECT && i < models->n; i++)
	{
		names = lappend(names, pstrdup(models->keys[i]));
		names = lappend(names, up_profile_probability_name(models->keys[i]));
		names = lappend(names, up_profile_reasons_name(models->keys[i]));
	}
	return names;
}

static List *
offer_columns(void)
{
	List *names = NIL;

	for (int i = 0; i < UP_MOST_OFFERS; i++)
		names = lappend(lappend(names, up_offer_name(i, false)), up_offer_name(i, true));
	return names;
}

static void
append_part(StringInfo ddl, const char *part)
{
	appendStringInfo(ddl, "%s %s", ddl->len > 0 ? "," : "", part);
}

static void
give_up_gone(StringInfo ddl, const UpProfile *p, List *gone, List *droppable)
{
	ListCell *cell;

	foreach (cell, gone)
	{
		const char *name = lfirst(cell);

		if (!has_name(droppable, name))
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the source of profile \"%s\" has no column \"%s\" any more", p->name, name),
							errdetail("Its table %s has it.", p->table),
							errhint("Bring it back in the source, or give it up with drop_columns => '{%s}'.",
									quote_identifier(name))));
		append_part(ddl, psprintf("DROP COLUMN %s", quote_identifier(name)));
	}
}

/* Values of another type come with the next refresh; those of the key are converted. */
static void
give_up_retyped(StringInfo ddl, const UpProfile *p, List *retyped, List *droppable)
{
	ListCell *cell;

	foreach (cell, retyped)
	{
		const UpProfileColumn *c = lfirst(cell);
		const char *name = quote_identifier(c->name);
		bool is_key = up_key_has(&p->key_parts, c->name);

		if (c->model == NULL && !has_name(droppable, c->name))
			ereport(
				ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg(
					 "column \"%s\" of profile \"%s\" is of type %s in the source, which its table cannot take",
					 c->name, p->name, format_type_be(c->attribute->atttypid)),
				 errhint("Cast it in the source, or give up what the table has with drop_columns => '{%s}'.",
						 name)));
		append_part(ddl, psprintf("ALTER COLUMN %s TYPE %s USING %s", name, c->type,
								  is_key ? psprintf("%s::%s", name, c->type) : "NULL"));
	}
}

static void
check_dropped(const UpProfile *p, const Wish *wish, const UpColumnChanges *changes)
{
	ListCell *cell, *of;

	foreach (cell, wish->dropped)
	{
		bool changed = has_name(changes->gone, lfirst(cell));

		foreach (of, changes->retyped)
			changed = changed || strcmp(((UpProfileColumn *) lfirst(of))->name, lfirst(cell)) == 0;
		if (!changed)
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" of profile \"%s\" cannot be dropped", (char *) lfirst(cell), p->name),
				 errdetail("Dropped are columns that the source no longer has, or has with another type.")));
	}
}

/* The table gets the columns of the new definition. */
static void
change_columns(UpProfile *p, Oid table, const Wish *wish, const UpProfile *before)
{
	List *columns = up_profile_columns(p);
	UpColumnChanges changes = up_profile_compare(p, columns, up_relation_columns(table));
	List *droppable = list_concat(model_columns(before->definitions), list_copy(wish->dropped));
	StringInfoData ddl;

	if (before->offers != NULL)
		droppable = list_concat(droppable, offer_columns());
	initStringInfo(&ddl);
	check_dropped(p, wish, &changes);
	if (changes.taken != NIL)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
						errmsg("table %s has a column \"%s\" that is not the profile's", p->table,
							   ((UpProfileColumn *) linitial(changes.taken))->name),
						errhint("Rename or drop that one first.")));
	give_up_gone(&ddl, p, changes.gone, droppable);
	give_up_retyped(&ddl, p, changes.retyped, droppable);
	if (ddl.len > 0)
		up_query(false, psprintf("ALTER TABLE %s%s", p->table, ddl.data), 0, NULL, NULL, NULL);
	up_profile_add_columns(p, changes.added);
	up_profile_own_columns(p, columns);
	up_history_keep(p, columns, list_concat(list_copy(changes.added), changes.retyped));
	CommandCounterIncrement();
}

/* ---- models ------------------------------------------------------------------------------------------------------- */

/* The models that the new definition has no more go with their versions; the profile's by name and owner. */
static void
remove_models(const UpProfile *p, Jsonb *before)
{
	UpValue *old = up_value_from_jsonb(before), *now = up_value_from_jsonb(p->definitions);

	for (uint32_t i = 0; old->type == UP_OBJECT && i < old->n; i++)
	{
		Oid types[] = {TEXTOID, TEXTOID};
		Datum values[] = {CStringGetTextDatum(p->name),
						  CStringGetTextDatum(psprintf("%s.%s", p->name, old->keys[i]))};

		if (up_value_get(now, old->keys[i]) == NULL)
			up_query(
				false,
				psprintf("DELETE FROM %s.uprofile_model_names n USING %s.uprofile_profile_definitions d WHERE "
						 "d.name = $1 AND n.name = $2 AND n.owner_oid = d.owner_oid AND n.owner_mark = "
						 "d.owner_mark",
						 p->schema, p->schema),
				2, types, values, NULL);
	}
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static bool
same_json(Jsonb *a, Jsonb *b)
{
	return up_value_equal(up_value_from_jsonb(a), up_value_from_jsonb(b));
}

/* Of what may be missing. */
static bool
same_object(Jsonb *a, Jsonb *b)
{
	return a == NULL || b == NULL ? a == b : same_json(a, b);
}

/* Whether a key of the policy is as it was. */
static bool
same_part(const UpProfile *before, const UpProfile *p, const char *key)
{
	UpValue *a = up_value_get(up_value_from_jsonb(before->policy_said), key);
	UpValue *b = up_value_get(up_value_from_jsonb(p->policy_said), key);

	return a == NULL || b == NULL ? a == b : up_value_equal(a, b);
}

/* Why the next refresh computes everybody, or NULL. */
static const char *
why_full(const UpProfile *before, const UpProfile *p, const Wish *wish)
{
	if (wish->source != NULL && (strcmp(before->source, p->source) != 0 || wish->dropped != NIL))
		return "the source was altered";
	if (!same_json(before->definitions, p->definitions))
		return "the models were altered";
	if (!same_object(before->clean, p->clean))
		return "cleaning was altered";
	if (p->n_models > 0 && !(same_part(before, p, "live") && same_part(before, p, "score")))
		return "the live columns were altered";
	if (!same_object(before->segments, p->segments))
		return "the segments were altered";
	if (!same_object(before->offers, p->offers))
		return "the offers were altered";
	if ((before->consent == NULL) != (p->consent == NULL) ||
		(p->consent != NULL && strcmp(before->consent, p->consent) != 0))
		return "consent was altered";
	if (wish->source != NULL || wish->watch != NULL)
		return "what is watched was altered";
	return NULL;
}

static void
store(const UpProfile *p, const char *why)
{
	Oid types[] = {TEXTOID, TEXTOID,  TEXTOID,  TEXTOID,  JSONBOID, JSONBOID,
				   TEXTOID, JSONBOID, JSONBOID, JSONBOID, TEXTOID};
	Datum values[] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(p->source),
		CStringGetTextDatum(p->source_path),
		CStringGetTextDatum(p->watch),
		JsonbPGetDatum(p->definitions),
		JsonbPGetDatum(p->policy_said),
		why != NULL ? CStringGetTextDatum(why) : (Datum) 0,
		JsonbPGetDatum(p->clean),
		JsonbPGetDatum(p->segments),
		JsonbPGetDatum(p->offers),
		p->consent != NULL ? CStringGetTextDatum(p->consent) : (Datum) 0,
	};
	char nulls[lengthof(values)];

	for (int i = 0; i < (int) lengthof(values); i++)
		nulls[i] = DatumGetPointer(values[i]) != NULL ? ' ' : 'n';
	up_query(false,
			 psprintf("UPDATE %s.uprofile_profile_definitions SET source = $2, source_path = $3, watch = $4, "
					  "models = $5, "
					  "policy = $6, clean = $8, segments = $9, offers = $10, consent = $11, scored = CASE WHEN "
					  "$7 IS NULL THEN scored ELSE scored - 'source' || "
					  "jsonb_build_object('why', $7) END WHERE name = $1",
					  p->schema),
			 lengthof(types), types, values, nulls);
	if (p->clean == NULL)
		up_query(false, psprintf("DELETE FROM %s.uprofile_corrected WHERE profile = $1", p->schema), 1, types,
				 values, NULL);
	CommandCounterIncrement();
}

static void
watch_anew(const UpProfile *p, const Wish *wish)
{
	bool by_default = wish->watch == NULL && strcmp(p->watch, "auto") == 0;

	up_watch_remove(p->schema, wish->trigger_function, p->name);
	CommandCounterIncrement();
	up_profile_start_watching(p, wish->trigger_function, by_default);
	CommandCounterIncrement();
}

/* As the owner, under the path that the source is to be looked up with. */
static void
alter(UpProfile *p, const UpProfile *before, Oid table, const Wish *wish)
{
	bool watches = wish->source != NULL || wish->watch != NULL || wish->consent != NULL || wish->offers != NULL;
	bool columns = wish->source != NULL || wish->models != NULL || wish->clean != NULL ||
				   wish->dropped != NIL || wish->offers != NULL;
	bool had_view;

	up_profile_resolve(p, p->definitions);
	if (wish->source != NULL || wish->consent != NULL)
		up_query_refuse_temporary(p->query, psprintf("profile \"%s\"", p->name), NULL);
	/* What was stored may be of a source as it was. */
	if (!says_nothing(wish->models))
		up_profile_check_models(p, wish->models);
	up_offers_resolve(p);
	if (watches || columns)
		up_view_empty(p);
	remove_models(p, before->definitions);
	if (!same_object(before->offers, p->offers))
		up_offers_forget(before);
	store(p, why_full(before, p, wish));
	up_profile_claim_models(p);
	if (columns)
		change_columns(p, table, wish, before);
	else if (wish->policy != NULL)
		up_history_keep(p, up_profile_columns(p), NIL);
	if (watches)
		watch_anew(p, wish);
	up_live_check(p, table, wish->policy != NULL);
	had_view = OidIsValid(up_view_find(p));
	up_view_update(p, table);
	up_profile_comment_view(p, table, up_view_find(p), !had_view);
}

static const char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static List *
names_argument(FunctionCallInfo fcinfo, int n)
{
	Datum *values;
	bool *nulls;
	int count;
	List *names = NIL;

	if (PG_ARGISNULL(n))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(values[i]));
	}
	return names;
}

PG_FUNCTION_INFO_V1(uprofile_alter);
Datum
uprofile_alter(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Wish wish = {0};
	UpProfile *p, before;
	UpAsRole as;
	Oid table;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	wish.source = text_argument(fcinfo, 1);
	wish.key = text_argument(fcinfo, 2);
	wish.watch = text_argument(fcinfo, 3);
	wish.models = PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4);
	wish.clean = PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5);
	wish.policy = PG_ARGISNULL(6) ? NULL : PG_GETARG_JSONB_P(6);
	wish.dropped = names_argument(fcinfo, 7);
	wish.segments = PG_ARGISNULL(8) ? NULL : PG_GETARG_JSONB_P(8);
	wish.offers = PG_ARGISNULL(9) ? NULL : PG_GETARG_JSONB_P(9);
	wish.consent = text_argument(fcinfo, 10);
	wish.trigger_function = up_watch_trigger_function(fcinfo->flinfo->fn_oid);
	p = up_profile_load(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
	up_profile_owner(p);
	check_key(p, &wish);
	table = up_profile_own_table(p, ShareRowExclusiveLock, false, NULL);
	before = *p;
	if (wish.source != NULL)
	{
		p->source = wish.source;
		p->source_path = GetConfigOption("search_path", false, false);
	}
	if (wish.watch != NULL)
		p->watch = wish.watch;
	check_parts(p, &wish);
	p->definitions = merged("models", p->definitions, wish.models);
	/* Rules have an order and are replaced as a whole; JSON null takes them away. */
	if (wish.clean != NULL)
		p->clean = up_value_from_jsonb(wish.clean)->type == UP_NULL ? NULL : wish.clean;
	p->segments = up_part_merge("segments", p->segments, wish.segments);
	up_segments_check(p->segments);
	p->offers = up_part_merge("offers", p->offers, wish.offers);
	p->consent = up_part_text(p->consent, wish.consent);
	p->policy_said = merged("policy", p->policy_said, wish.policy);
	p->policy = up_policy_parse(p->policy_said);
	up_policy_add_rules(p->policy, p->segments);
	up_as_role_begin(&as, p->owner, p->source_path);
	alter(p, &before, table, &wish);
	up_as_role_end(&as);
	up_wake_defined();
	if (wish.policy != NULL || wish.watch != NULL)
		up_profile_tell_continuous(p);
	PG_RETURN_TEXT_P(cstring_to_text(p->table));
}
