/*
 * forget.c - uprofile_forget: a user is erased from all that a profile keeps, and barred from coming back
 *
 * What is kept of users, and what becomes of it:
 *
 *   the profile's table, <profile>_history         his rows are deleted
 *   the queues of changed keys                     his key is taken out of their entries
 *   uprofile_refresh_failures, uprofile_corrected  his rows are deleted (with the rows that cleaning set aside)
 *   uprofile_segments_described                    he is no typical user any more
 *   uprofile_refresh_log                           messages that name him are replaced
 *   uprofile_retrain_state, uprofile_model_folds   his hash is replaced or taken out
 *   models                                         those that may have seen him are trained anew by the next refresh
 *
 * Receipts hold no value of his: places, counts, and a keyed hash of his key (barred.h). All is one transaction, under the lock on
 * the definition that refreshes take as well. What still holds him outside of the profile is looked for (forget_look.c) and told.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "pg/clean/clean_write.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/srf.h"
#include "pg/io/texts.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/profiles/barred.h"
#include "pg/profiles/forget.h"
#include "pg/profiles/forget_models.h"
#include "pg/profiles/history.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/retrain_changes.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

void
up_forget_tell(UpForget *f, const char *what, const char *place, int64 rows, const char *note)
{
	Datum values[] = {CStringGetTextDatum(what), CStringGetTextDatum(place), Int64GetDatum(Max(rows, 0)),
					  note != NULL ? CStringGetTextDatum(note) : (Datum) 0};
	bool nulls[] = {false, false, rows < 0, note == NULL};
	UpValue *row = up_value_object();

	up_srf_row(f->srf, values, nulls);
	up_value_set(row, "what", up_value_string(what));
	up_value_set(row, "place", up_value_string(place));
	if (rows >= 0)
		up_value_set(row, "rows", up_value_number((double) rows));
	if (note != NULL)
		up_value_set(row, "note", up_value_string(note));
	up_value_append(f->receipt, row);
}

/* What was erased; where something was, its dead rows are left to VACUUM. */
static void
tell_erased(UpForget *f, const char *place, int64 rows, const char *note)
{
	up_forget_tell(f, "erased", place, rows, note);
	if (rows > 0)
		f->dirty = list_append_unique(f->dirty, makeString(pstrdup(place)));
}

/* ---- his key as text --------------------------------------------------------------------------------------------- */

/* Whether equal keys have one text. */
static bool
is_canonical(const UpKey *key)
{
	static const Oid types[] = {INT2OID, INT4OID, INT8OID, UUIDOID, DATEOID, TIMESTAMPOID, BOOLOID, NAMEOID};

	for (int i = 0; i < key->n; i++)
	{
		Oid type = key->parts[i].type, collation = key->parts[i].collation;
		bool known = (type == TEXTOID || type == VARCHAROID) && get_collation_isdeterministic(collation);

		for (size_t j = 0; j < lengthof(types); j++)
			known = known || type == types[j];
		if (!known)
			return false;
	}
	return true;
}

static bool
same_key(const UpKey *key, const Datum *a, const Datum *b)
{
	for (int i = 0; i < key->n; i++)
	{
		TypeCacheEntry *type = lookup_type_cache(key->parts[i].type, TYPECACHE_CMP_PROC_FINFO);

		if (DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, key->parts[i].collation, a[i], b[i])) != 0)
			return false;
	}
	return true;
}

typedef struct Texts
{
	const UpForget *f;
	List *texts;
	MemoryContext outer, each;
} Texts;

static void
take_text(void *arg, TupleTableSlot *slot)
{
	Texts *t = arg;
	Datum values[UP_MAX_KEY];
	bool isnull;
	Datum value = slot_getattr(slot, 1, &isnull);
	char *given = TextDatumGetCString(value);
	MemoryContext outer = MemoryContextSwitchTo(t->each);
	bool his = up_key_from_text(&t->f->key, given, values) && same_key(&t->f->key, values, t->f->values);

	MemoryContextSwitchTo(t->outer);
	if (his)
		t->texts = lappend(t->texts, pstrdup(given));
	MemoryContextSwitchTo(outer);
	MemoryContextReset(t->each);
}

/* As another form of the key is written in the registry: 'Ann' and 'ann' may be one user. */
static List *
other_texts(const UpForget *f)
{
	Texts t = {f, NIL, CurrentMemoryContext,
			   AllocSetContextCreate(CurrentMemoryContext, "uprofile key", ALLOCSET_SMALL_SIZES)};
	const char *name = quote_literal_cstr(f->p->name);

	up_query_each(psprintf("SELECT user_key FROM %s.uprofile_refresh_failures WHERE profile = %s UNION "
						   "SELECT user_key FROM %s.uprofile_corrected WHERE profile = %s AND user_key IS NOT "
						   "NULL",
						   f->p->schema, name, f->p->schema, name),
				  take_text, &t);
	MemoryContextDelete(t.each);
	return t.texts;
}

/* The texts by which tables name him (*stored), and those by which messages do. */
static void
find_texts(UpForget *f)
{
	int level = up_clean_text_settings();
	UpKeyOutput output;
	Oid types[UP_MAX_KEY];

	for (int i = 0; i < f->key.n; i++)
		types[i] = f->key.parts[i].type;
	up_key_output_init(&output, f->key.n, types);
	f->stored = list_make1(up_key_stored(&output, f->values));
	f->shown = list_make1(pstrdup(up_key_shown(&output, f->values)));
	if (!is_canonical(&f->key))
	{
		f->stored = list_concat(f->stored, other_texts(f));
		if (f->key.n == 1)
			f->shown = list_concat_copy(f->shown, f->stored);
	}
	AtEOXact_GUC(true, level);
}

/* ---- erasing ----------------------------------------------------------------------------------------------------- */

/* DELETE of the rows of a table whose columns, by these names, are his key. */
static int64
delete_by_key(const UpForget *f, Oid table, bool by_number)
{
	UpKey key = f->key;
	Oid types[UP_MAX_KEY], given[UP_MAX_KEY];
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < key.n; i++)
	{
		if (by_number)
			key.parts[i].name = psprintf("key_%d", i + 1);
		given[i] = key.parts[i].type;
		appendStringInfo(&sql, "%s$%d AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
	}
	up_key_types_in(&key, up_relation_columns(table), types);
	return (int64) up_query(false,
							psprintf("DELETE FROM %s uprofile_row USING (SELECT %s) uprofile_given WHERE %s",
									 up_relation_name(table), sql.data,
									 up_keys_equal(&key, "uprofile_row", types, "uprofile_given", given, true)),
							key.n, given, f->values, NULL)
		.processed;
}

static void
erase_rows(UpForget *f)
{
	Oid table = up_profile_own_table(f->p, RowExclusiveLock, false, NULL),
		history = up_history_table(f->p, RowExclusiveLock);

	tell_erased(f, up_relation_name(table), delete_by_key(f, table, false), NULL);
	if (OidIsValid(history))
		tell_erased(f, up_relation_name(history), delete_by_key(f, history, true), NULL);
}

static void
erase_named(UpForget *f, const char *table, const char *note)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID};
	Datum values[] = {CStringGetTextDatum(f->p->name), up_text_array(f->stored)};

	tell_erased(f, psprintf("%s.%s", f->p->schema, table),
				(int64) up_query(false,
								 psprintf("DELETE FROM %s.%s WHERE profile = $1 AND user_key = ANY ($2)",
										  f->p->schema, table),
								 2, types, values, NULL)
					.processed,
				note);
}

/* Of a segment that was described, until the next description. */
static void
erase_typical(UpForget *f)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID};
	Datum values[] = {CStringGetTextDatum(f->p->name), up_text_array(list_concat_copy(f->stored, f->shown))};
	UpRows r =
		up_query(false,
				 psprintf("UPDATE %s.uprofile_segments_described SET typical_user = NULL WHERE profile = "
						  "$1 AND typical_user = ANY ($2)",
						  f->p->schema),
				 2, types, values, NULL);

	if (r.processed > 0)
		tell_erased(f, psprintf("%s.uprofile_segments_described", f->p->schema), (int64) r.processed,
					"the typical user of a segment");
}

/* As refresh.c, profile_rows.c and profile_write.c word them. */
static void
erase_messages(UpForget *f)
{
	Oid types[] = {TEXTOID, TEXTARRAYOID};
	Datum values[] = {CStringGetTextDatum(f->p->name), up_text_array(f->shown)};

	tell_erased(
		f, psprintf("%s.uprofile_refresh_log", f->p->schema),
		(int64) up_query(
			false,
			psprintf("UPDATE %s.uprofile_refresh_log SET message = 'a user who was forgotten was named here' "
					 "WHERE profile = $1 AND message IS NOT NULL AND EXISTS (SELECT FROM unnest($2) k WHERE "
					 "strpos(message, 'user ' || k || ' ') > 0 OR strpos(message, 'user ' || k || ':') > 0 OR "
					 "strpos(message, 'of them ' || k || ':') > 0 OR right(message, length(k) + 9) = 'the key: "
					 "' || k)",
					 f->p->schema),
			2, types, values, NULL)
			.processed,
		"messages that named the user are replaced");
}

/* The key as the queue has it; false where its columns are not those of the key. */
static bool
key_for_queue(const UpForget *f, const UpWatch *w, Relation queue, Datum *key)
{
	if (w->key_query != NULL || up_queue_parts(queue) != f->key.n)
		return false;
	for (int i = 0; i < f->key.n; i++)
	{
		Oid to = up_queue_type(queue, i), function;
		UpConversion how = up_key_conversion(f->key.parts[i].type, to, &function);

		key[i] = f->values[i];
		if (how == UP_CONVERT_NEVER ||
			(how == UP_CONVERT_INTEGER && !up_key_convert_integer(f->key.parts[i].type, to, &key[i])))
			return false;
		if (how == UP_CONVERT_CAST)
			key[i] = OidFunctionCall1(function, key[i]);
	}
	return true;
}

static void
erase_from_queue(UpForget *f, const UpWatch *w, Relation queue)
{
	char *name = up_relation_name(RelationGetRelid(queue));
	Oid collations[UP_MAX_KEY];
	Datum key[UP_MAX_KEY];
	UpQueued waits = {0};

	for (int i = 0; i < UP_MAX_KEY; i++)
		collations[i] = i < f->key.n ? f->key.parts[i].collation : DEFAULT_COLLATION_OID;
	if (key_for_queue(f, w, queue, key))
	{
		tell_erased(f, name, up_queue_forget(queue, collations, key), NULL);
		return;
	}
	up_queue_count(queue, &waits);
	if (waits.n > 0)
		up_forget_tell(f, "waits", name, waits.n,
					   "values by which users are found, maybe the user's; the next refresh takes them off");
}

static void
erase_from_queues(UpForget *f)
{
	List *seen = NIL;
	ListCell *cell;

	foreach (cell, up_watch_list(f->p->schema, f->p->name))
	{
		UpWatch *w = lfirst(cell);
		Relation queue = up_watch_open_queue(w, f->p->owner, RowExclusiveLock);

		if (queue == NULL)
			continue;
		if (!list_member_oid(seen, RelationGetRelid(queue)))
			erase_from_queue(f, w, queue);
		seen = lappend_oid(seen, RelationGetRelid(queue));
		table_close(queue, NoLock);
	}
}

static void
erase_hashes(UpForget *f, List *versions)
{
	int64 changes = up_retrain_forget(f->p, &f->key, f->values),
		  folds = up_forget_folds(f->p, versions, &f->key, f->values);

	if (changes > 0)
		tell_erased(f, psprintf("%s.uprofile_retrain_state", f->p->schema), changes,
					"a hash among those that count who changed is replaced");
	if (folds > 0)
		tell_erased(f, psprintf("%s.uprofile_model_folds", f->p->schema), folds,
					"a hash is taken out of the users of folds");
}

/* ---- models ------------------------------------------------------------------------------------------------------ */

/* Adds the model of a version in use that may have seen him to those that are trained anew. */
static void
tell_version(UpForget *f, const UpSeenVersion *v, List **retrain)
{
	bool again = v->deployed && !v->not_trained && v->column != NULL;
	StringInfoData note;

	initStringInfo(&note);
	appendStringInfoString(&note, v->known);
	if (v->keeps_rows && !v->not_trained)
		appendStringInfoString(&note, "; it keeps rows of its training (support vectors), the user's maybe");
	if (again)
		appendStringInfoString(&note, "; the next refresh trains it anew and deploys that");
	else if (!v->not_trained)
		appendStringInfo(&note, "; uprofile_drop_model(%s, %d) drops it%s", quote_literal_cstr(v->model),
						 v->version, v->deployed ? " once another is deployed" : "");
	if (again)
		*retrain = list_append_unique(*retrain, makeString(unconstify(char *, v->column)));
	up_forget_tell(f, "model",
				   psprintf("%s version %d%s", v->model, v->version, v->deployed ? " (deployed)" : ""), -1,
				   note.data);
}

static List *
tell_versions(UpForget *f, List *versions)
{
	List *retrain = NIL, *columns = NIL;
	ListCell *cell;

	foreach (cell, versions)
		tell_version(f, lfirst(cell), &retrain);
	foreach (cell, retrain)
		columns = lappend(columns, strVal(lfirst(cell)));
	return columns;
}

/* ---- the receipt ------------------------------------------------------------------------------------------------- */

static void
tell_left(UpForget *f)
{
	ListCell *cell;

	foreach (cell, f->dirty)
		up_forget_tell(
			f, "to vacuum", strVal(lfirst(cell)), -1,
			"dead rows stay in its files until VACUUM, values in the planner's statistics until ANALYZE");
	up_forget_tell(f, "beyond", "server", -1,
				   "backups, the archive of the log (WAL), the server's log, and what pg_cron or others logged "
				   "of failures are not reached from here; standbys follow");
}

static char *
hex(bytea *bytes)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < (int) VARSIZE_ANY_EXHDR(bytes); i++)
		appendStringInfo(&text, "%02x", (unsigned char) VARDATA_ANY(bytes)[i]);
	return text.data;
}

static void
keep_receipt(const UpForget *f, bytea *hash, List *retrain)
{
	Oid types[] = {TEXTOID, BYTEAOID, NAMEOID, TEXTARRAYOID, JSONBOID};
	Datum values[] = {CStringGetTextDatum(f->p->name), PointerGetDatum(hash),
					  CStringGetDatum(GetUserNameFromId(f->caller, false)), up_text_array(retrain),
					  JsonbPGetDatum(up_value_to_jsonb(f->receipt))};

	up_query(false,
			 psprintf("INSERT INTO %s.uprofile_forgotten (profile, user_hash, forgotten_by, retrain, receipt) "
					  "VALUES ($1, $2, $3, $4, $5)",
					  f->p->schema),
			 lengthof(types), types, values, NULL);
}

/* A refresh under an older snapshot, which would not see the bar, fails by this; so do plans that backends keep. */
static void
touch_definition(const UpProfile *p)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);

	up_query(false,
			 psprintf("UPDATE %s.uprofile_profile_definitions SET scored = scored WHERE name = $1", p->schema),
			 1, &type, &name, NULL);
}

static void
forget(UpForget *f)
{
	bytea *hash = up_barred_hash(f->p, &f->key, f->values, true);
	List *versions, *retrain;

	touch_definition(f->p);
	find_texts(f);
	/* First, as follow.c has it: by these rows users are fewer. */
	erase_rows(f);
	erase_from_queues(f);
	erase_named(f, "uprofile_refresh_failures", NULL);
	erase_named(f, "uprofile_corrected", "what cleaning corrected, and rows that it set aside");
	erase_typical(f);
	erase_messages(f);
	versions = up_forget_versions(f->p, &f->key, f->values);
	erase_hashes(f, versions);
	retrain = tell_versions(f, versions);
	up_forget_look(f);
	tell_left(f);
	up_forget_tell(f, "barred", psprintf("%s.uprofile_forgotten", f->p->schema), 1,
				   psprintf("by the keyed hash %s, until uprofile_unforget", hex(hash)));
	keep_receipt(f, hash, retrain);
}

/* ---- the functions ----------------------------------------------------------------------------------------------- */

/* The profile, locked, and the key; false where no user can have it. */
static bool
begin(FunctionCallInfo fcinfo, UpForget *f, const char *function)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not be NULL", PG_ARGISNULL(0) ? "profile" : "user_key")));
	PreventCommandDuringRecovery(function);
	PreventCommandIfReadOnly(function);
	/* What a refresh has written since its snapshot would stay. */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("%s needs the isolation level READ COMMITTED", function),
						errdetail("Under another one it would not see what was written since the transaction "
								  "began, and leave it.")));
	f->caller = GetUserId();
	f->p = up_profile_load(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
	f->owner = up_profile_owner(f->p);
	up_barred_key(f->p, &f->key);
	return up_user_key(fcinfo, 1, &f->key, f->owner, f->values);
}

PG_FUNCTION_INFO_V1(uprofile_forget);
Datum
uprofile_forget(PG_FUNCTION_ARGS)
{
	UpForget f = {.srf = up_srf_begin(fcinfo), .receipt = up_value_array()};
	UpAsRole before;

	if (!begin(fcinfo, &f, "uprofile_forget()"))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("no user of profile \"%s\" can have this key", f.p->name),
						errdetail("The key %s is of type %s.", up_key_title(&f.key),
								  format_type_be(f.key.parts[0].type))));
	up_as_role_begin(&before, f.owner, f.p->source_path);
	forget(&f);
	up_as_role_end(&before);
	return (Datum) 0;
}

/* So that a refresh of changed users computes him. */
static void
queue_again(const UpForget *f)
{
	ListCell *cell;

	foreach (cell, up_watch_list(f->p->schema, f->p->name))
	{
		UpWatch *w = lfirst(cell);
		Relation queue = up_watch_open_queue(w, f->p->owner, RowExclusiveLock);
		Datum key[UP_MAX_KEY];
		UpQueueWriter *writer;

		if (queue == NULL)
			continue;
		if (key_for_queue(f, w, queue, key))
		{
			writer = up_queue_writer(queue, 1);
			up_queue_add(writer, key);
			up_queue_end(writer);
			table_close(queue, NoLock);
			return;
		}
		table_close(queue, NoLock);
	}
}

PG_FUNCTION_INFO_V1(uprofile_unforget);
Datum
uprofile_unforget(PG_FUNCTION_ARGS)
{
	Oid types[] = {TEXTOID, BYTEAOID};
	Datum values[2];
	UpForget f = {0};
	UpAsRole before;
	bytea *hash;
	bool lifted = false;

	if (!begin(fcinfo, &f, "uprofile_unforget()"))
		PG_RETURN_BOOL(false);
	up_as_role_begin(&before, f.owner, "pg_catalog");
	hash = up_barred_hash(f.p, &f.key, f.values, false);
	if (hash != NULL)
	{
		values[0] = CStringGetTextDatum(f.p->name);
		values[1] = PointerGetDatum(hash);
		lifted = up_query(false,
						  psprintf("UPDATE %s.uprofile_forgotten SET lifted_at = clock_timestamp() WHERE "
								   "profile = $1 AND user_hash = $2 AND lifted_at IS NULL",
								   f.p->schema),
						  2, types, values, NULL)
					 .processed > 0;
	}
	if (lifted)
	{
		touch_definition(f.p);
		queue_again(&f);
	}
	up_as_role_end(&before);
	PG_RETURN_BOOL(lifted);
}
