/*
 * follow.c - which users a refresh computes; see follow.h
 *
 * Only changed users are computed while everything else is as it was when everybody was computed last. What that was is
 * kept with the profile as "scored": {"source": identity, "files": of the watched tables, "versions": {model: id}, "clock":
 * bool, "full_at": seconds}.
 * The identity is a hash of the source's tree with its views replaced, so a view, column type or policy that changed is
 * seen; "functions" is one of the bodies of the functions that it calls, not of those that these call in turn.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "nodes/nodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/io/local_setting.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile_live.h"
#include "pg/profiles/profile_offers.h"
#include "pg/io/caught.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/source_calls.h"
#include "pg/profiles/watch_spec.h"
#include "pg/profiles/watch_start.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/watch_state.h"

#define MANY_KEYS   100 /* from which on a share of the users counts */
#define LARGE_SHARE 0.2
#define LOCK_WAIT   "1s"
#define EPOCH       ((double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) /* in seconds */

/* ---- what everything depends on ---------------------------------------------------------------------------------- */

const char *
up_follow_hash(const char *text)
{
	return psprintf(UINT64_FORMAT,
					hash_bytes_extended((const unsigned char *) text, (int) strlen(text), UINT64CONST(0)));
}

/* Of the source's tree, the table's columns and the models' definitions; and of the functions that the source calls. */
static void
find_identity(const UpProfile *p, const UpProfileTable *table, UpFollow *f)
{
	StringInfoData all;
	TupleDesc columns;
	Query *query = up_query_parse(p->query, NULL, &columns);

	initStringInfo(&all);
	appendStringInfoString(&all, nodeToString(query));
	appendStringInfo(&all, "\n%s\n%s\n", p->key, JsonbToCString(NULL, &p->definitions->root, 0));
	if (p->offers != NULL)
		appendStringInfo(&all, "%s\n%s\n", JsonbToCString(NULL, &p->offers->root, 0),
						 nodeToString(up_query_parse(p->offering->query, NULL, &columns)));
	if (p->clean != NULL)
		appendStringInfo(&all, "%s\n", JsonbToCString(NULL, &p->clean->root, 0));
	for (int i = 0; p->n_models > 0 && i < p->policy->n_live; i++)
		appendStringInfo(&all, "%s %s %d\n", p->policy->live[i].column, p->policy->live[i].expression,
						 (int) p->policy->score);
	for (int i = 0; i < table->columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(table->columns, i);

		if (!a->attisdropped)
			appendStringInfo(&all, "%s %u %d %u\n", NameStr(a->attname), a->atttypid, a->atttypmod,
							 a->attcollation);
	}
	f->identity = up_follow_hash(all.data);
	f->functions = up_follow_hash(up_calls_bodies(query));
}

static bool
same_columns(const UpWatch *w, const UpWatchEntry *entry)
{
	if (list_length(entry->columns) != w->n_columns || (entry->key_query == NULL) != (w->key_query == NULL) ||
		(entry->key_query != NULL && strcmp(entry->key_query, w->key_query) != 0))
		return false;
	for (int i = 0; i < w->n_columns; i++)
	{
		if (strcmp(list_nth(entry->columns, i), w->columns[i]) != 0)
			return false;
	}
	return true;
}

static bool
is_watch_of(const UpWatch *w, Oid relation)
{
	if (w->here)
		return w->table == relation;
	return strcmp(w->table_name, get_rel_name(relation)) == 0 &&
		   strcmp(w->table_schema, get_namespace_name(get_rel_namespace(relation))) == 0;
}

bool
up_follow_watches(List *watches, const UpWatchEntry *entry)
{
	ListCell *cell;

	foreach (cell, watches)
	{
		if (is_watch_of(lfirst(cell), entry->relation) && same_columns(lfirst(cell), entry))
			return true;
	}
	return false;
}

/* Why the source as it is now cannot be followed with these watches, or NULL. */
static const char *
not_covered(const UpProfile *p, List *watches, UpFollow *f)
{
	UpSourceAnalysis *source;
	UpWatchPlan *plan;
	ListCell *at;

	source = up_source_analyse(p->query, p->key, NULL);
	if (p->offering != NULL)
		up_offers_analyse(p->offering->query, p->offering->basket, source);
	plan = up_watch_plan(up_watch_parse(p->watch), source, p->policy->full_every != NULL);
	f->clock = source->clock != NIL || plan->by_time != NIL || (up_profile_scores_age(p) && up_live_ages(p));
	if (!plan->keyed)
	{
		if (up_watch_obstacles(plan) != NIL)
			return linitial(up_watch_obstacles(plan));
		return plan->by_time != NIL
				   ? psprintf("%s shows no changes that could be followed", (char *) linitial(plan->by_time))
				   : "it reads no table";
	}
	foreach (at, plan->entries)
	{
		UpWatchEntry *entry = lfirst(at);

		if (!up_follow_watches(watches, entry))
			return psprintf("table %s is not watched; uprofile_alter(%s, watch => %s) watches it",
							quote_identifier(get_rel_name(entry->relation)), quote_literal_cstr(p->name),
							quote_literal_cstr(p->watch));
	}
	return NULL;
}

/* ---- taking ------------------------------------------------------------------------------------------------------ */

typedef struct Gathering
{
	UpFollow *follow;
	const UpKey *key;
	UpKeyRows keys;
	bool look;
	int64 max_keys; /* that may still be taken; 0: all */
	int queues;     /* that they come from */
	/* What a query gives, part by part. */
	Oid from[UP_MAX_KEY];
	UpConversion conversions[UP_MAX_KEY];
	FmgrInfo casts[UP_MAX_KEY];
} Gathering;

static void
start_gathering(void *arg, TupleDesc desc)
{
	Gathering *g = arg;

	for (int i = 0; i < g->key->n; i++)
	{
		const UpKeyPart *part = &g->key->parts[i];
		Oid function;

		g->from[i] = getBaseType(TupleDescAttr(desc, i)->atttypid);
		g->conversions[i] = up_key_conversion(g->from[i], part->type, &function);
		if (g->conversions[i] == UP_CONVERT_NEVER)
			g->follow->full = psprintf("a key query gives %s and not %s", format_type_be(g->from[i]),
									   format_type_be(part->type));
		if (g->conversions[i] == UP_CONVERT_CAST)
			fmgr_info(function, &g->casts[i]);
	}
}

static void
gather_row(void *arg, TupleTableSlot *slot)
{
	Gathering *g = arg;
	Datum key[UP_MAX_KEY];

	for (int i = 0; i < g->key->n; i++)
	{
		bool isnull;

		key[i] = slot_getattr(slot, i + 1, &isnull);
		if (isnull || g->conversions[i] == UP_CONVERT_NEVER ||
			(g->conversions[i] == UP_CONVERT_INTEGER &&
			 !up_key_convert_integer(g->from[i], g->key->parts[i].type, &key[i])))
			return;
		if (g->conversions[i] == UP_CONVERT_CAST)
			key[i] = FunctionCall1(&g->casts[i], key[i]);
	}
	up_key_rows_add(&g->keys, key);
}

static Datum
array_of(Datum *keys, int64 n, Oid type)
{
	int16 len;
	bool byval;
	char align;

	get_typlenbyvalalign(type, &len, &byval, &align);
	return PointerGetDatum(construct_array(keys, (int) n, type, len, byval, align));
}

/* The users of captured columns, by the query that the watch has for them. */
static void
gather_by_query(Gathering *g, const UpWatch *w, Relation queue, const UpTaken *taken)
{
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	for (int i = 0; i < w->n_columns; i++)
	{
		types[i] = get_array_type(up_queue_type(queue, i));
		values[i] = array_of(taken->keys[i], taken->n, up_queue_type(queue, i));
	}
	up_query_stream(up_watch_key_query(w, queue), w->n_columns, types, values, NULL, start_gathering,
					gather_row, g);
}

static bool
is_queue_of_keys(const Gathering *g, const UpWatch *w, Relation queue)
{
	if (w->key_query != NULL)
		return up_queue_parts(queue) == w->n_columns;
	if (up_queue_parts(queue) != g->key->n || w->n_columns != g->key->n)
		return false;
	for (int i = 0; i < g->key->n; i++)
	{
		if (up_queue_type(queue, i) != g->key->parts[i].type)
			return false;
	}
	return true;
}

static void
gather_taken(Gathering *g, const UpTaken *taken)
{
	Datum key[UP_MAX_KEY];

	for (int64 i = 0; i < taken->n; i++)
	{
		for (int part = 0; part < g->key->n; part++)
			key[part] = taken->keys[part][i];
		up_key_rows_add(&g->keys, key);
	}
}

/* Everything on one queue. Once everybody is stale the keys do not matter any more. */
static void
take_queue(Gathering *g, const UpWatch *w, Relation queue)
{
	UpFollow *f = g->follow;
	Oid collations[UP_MAX_KEY];
	int64 share = 0;
	UpTaken *taken;

	for (int i = 0; i < UP_MAX_KEY; i++)
		collations[i] =
			w->key_query == NULL && i < g->key->n ? g->key->parts[i].collation : DEFAULT_COLLATION_OID;
	/* Each queue gets its share, so that none waits for ever. */
	if (g->max_keys > 0)
		share = Max(g->max_keys / Max(g->queues, 1), 1);
	g->queues--;
	taken = g->look ? up_queue_look(queue, collations) : up_queue_take(queue, collations, share);
	if (g->max_keys > 0)
		g->max_keys = Max(g->max_keys - taken->n, 1);
	f->remaining += taken->left + (g->look ? taken->n : 0);
	if (taken->all && f->full == NULL)
		f->full = up_watch_join(taken->reasons, "; ");
	if (f->full != NULL || taken->n == 0)
		return;
	if (!is_queue_of_keys(g, w, queue))
		f->full = "the queue's columns are not those of the key";
	else if (w->key_query != NULL)
		gather_by_query(g, w, queue, taken);
	else
		gather_taken(g, taken);
}

/* What is wrong with a watch (p: a profile's, or a mine's, which has no name); partitions that came or went are noted, if that needs no lock. */
static void
look_at_watch(const UpProfile *p, Oid trigger_function, const UpWatch *w, UpFollow *f, bool look)
{
	UpWatchState *state = up_watch_state(trigger_function, w);
	char *table = quote_qualified_identifier(w->table_schema, w->table_name);
	const char *problem = NULL;

	if (state->problem != NULL)
		problem = psprintf("watched table %s: %s%s", table, state->problem,
						   state->without == NIL && p->name != NULL
							   ? "; each refresh computes everybody until uprofile_alter is given watch anew"
							   : "");
	else if (state->without != NIL)
		problem = psprintf("watched table %s: %s has no trigger yet, which uprofile_run gives it", table,
						   quote_identifier(get_rel_name(linitial_oid(state->without))));
	else if (state->leaves_changed)
		problem = psprintf("the partitions of watched table %s have changed", table);
	/* Also where a trigger is missing: they are in what is computed now, and out of it when they leave. */
	if (!look && (state->leaves_changed || !w->here))
		up_watch_note(p->schema, w);
	if (f->full == NULL)
		f->full = problem;
}

static int
count_queues(List *watches)
{
	List *names = NIL;
	ListCell *cell;

	foreach (cell, watches)
	{
		const UpWatch *w = lfirst(cell);

		names = list_append_unique(names, makeString(w->queue_name));
	}
	return list_length(names);
}

static void
take_queues(const UpProfile *p, List *watches, Gathering *g)
{
	List *seen = NIL;
	ListCell *cell;

	g->queues = count_queues(watches);
	foreach (cell, watches)
	{
		UpWatch *w = lfirst(cell);
		Relation queue = up_watch_open_queue(w, p->owner, g->look ? AccessShareLock : RowExclusiveLock);

		if (queue == NULL)
		{
			if (g->follow->full == NULL)
				g->follow->full = psprintf("queue %s is not the profile's", w->queue_name);
			continue;
		}
		if (!list_member_oid(seen, RelationGetRelid(queue)))
			take_queue(g, w, queue);
		seen = lappend_oid(seen, RelationGetRelid(queue));
		table_close(queue, NoLock);
	}
}

/* How many users the last run left, without those forgotten since, and how many have been deleted since the last that left no keys. */
static void
find_last_run(const UpProfile *p, UpFollow *f)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(p->name);
	UpRows r = up_query(
		false,
		psprintf("SELECT users - (SELECT coalesce(sum((f.receipt -> 0 ->> 'rows')::int8), 0) FROM "
				 "%s.uprofile_forgotten f WHERE f.profile = $1 AND f.forgotten_at > finished_at)::int8 "
				 "AS users, remaining FROM %s.uprofile_refresh_log WHERE profile = $1 AND status = "
				 "'succeeded' ORDER BY id DESC LIMIT 1",
				 p->schema, p->schema),
		1, &type, &value, NULL);
	bool isnull;

	f->users = r.n == 0 ? -1 : DatumGetInt64(up_rows_get(&r, 0, "users", &isnull));
	if (r.n == 0 || DatumGetInt64(up_rows_get(&r, 0, "remaining", &isnull)) == 0)
		return;
	r = up_query(
		false,
		psprintf("SELECT sum(deleted)::int8 AS deleted FROM %s.uprofile_refresh_log WHERE profile = $1 "
				 "AND status = 'succeeded' AND id > coalesce((SELECT max(id) FROM "
				 "%s.uprofile_refresh_log WHERE profile = $1 AND status = 'succeeded' AND remaining = "
				 "0), 0)",
				 p->schema, p->schema),
		1, &type, &value, NULL);
	f->deleted = DatumGetInt64(up_rows_get(&r, 0, "deleted", &isnull));
}

/* In the words of uprofile_alter, if it was. */
static const char *
why_altered(const UpProfile *p)
{
	UpValue *scored = up_value_from_jsonb(p->scored);
	UpValue *why = scored->type == UP_OBJECT ? up_value_get(scored, "why") : NULL;

	return why != NULL && why->type == UP_STRING ? why->string
												 : "the source, the table or the models have changed";
}

static bool
is_text(const UpValue *object, const char *key, const char *text)
{
	const UpValue *v = up_value_get(object, key);

	return v != NULL && v->type == UP_STRING && strcmp(v->string, text) == 0;
}

/* What is not as it was when everybody was computed, or NULL; then the clock is read or not as it was. */
static const char *
what_changed(const UpProfile *p, UpFollow *f)
{
	UpValue *scored = p->scored != NULL ? up_value_from_jsonb(p->scored) : NULL;
	UpValue *clock;

	if (scored == NULL || scored->type != UP_OBJECT)
		return "it is the first time";
	if (!is_text(scored, "source", f->identity))
		return why_altered(p);
	if (!is_text(scored, "functions", f->functions))
		return "a function that the source calls has changed";
	clock = up_value_get(scored, "clock");
	f->clock = clock != NULL && clock->type == UP_BOOLEAN && clock->boolean;
	return NULL;
}

/* No trigger fires when ALTER TABLE, VACUUM FULL or CLUSTER writes a table anew, the first maybe with other values. */
static bool
has_same_files(const UpProfile *p, const UpFollow *f)
{
	UpValue *files = up_value_get(up_value_from_jsonb(p->scored), "files");

	return files != NULL && files->type == UP_STRING && strcmp(files->string, f->files) == 0;
}

static void
start_gathering_keys(Gathering *g, const UpProfile *p)
{
	Oid types[UP_MAX_KEY];

	g->key = &p->key_parts;
	for (int i = 0; i < g->key->n; i++)
		types[i] = g->key->parts[i].type;
	up_key_rows_init(&g->keys, g->key->n, types);
}

static void
keep_keys(Gathering *g)
{
	UpFollow *f = g->follow;

	if (f->full != NULL)
		return;
	up_key_rows_make_unique(&g->keys, g->key);
	f->keys = up_key_rows_some(&g->keys, 0, g->keys.n);
}

UpFollow *
up_follow_take(const UpProfile *p, Oid trigger_function, const UpProfileTable *table, UpFollowLimit limit)
{
	UpFollow *f = palloc0(sizeof(UpFollow));
	List *watches = up_watch_list(p->schema, p->name);
	Gathering g = {f, .look = limit.look};
	const char *changed, *problem = NULL;
	ListCell *cell;

	f->started = limit.started;
	find_last_run(p, f);
	f->watched = watches != NIL;
	if (!f->watched)
	{
		f->full =
			up_watch_parse(p->watch)->mode == UP_WATCH_NONE ? "nothing is watched" : not_covered(p, NIL, f);
		return f;
	}
	start_gathering_keys(&g, p);
	foreach (cell, watches)
		look_at_watch(p, trigger_function, lfirst(cell), f, limit.look);
	find_identity(p, table, f);
	f->files = up_watch_files(watches);
	changed = what_changed(p, f);
	if (changed != NULL)
		problem = not_covered(p, watches, f);
	if (f->full == NULL && changed == NULL)
		f->full = p->clean_obstacle;
	if (f->full == NULL && changed == NULL && !limit.all_users)
		g.max_keys = limit.max_users;
	f->limited = g.max_keys > 0;
	take_queues(p, watches, &g);
	if (problem != NULL)
		f->identity = NULL;
	if (problem != NULL || f->full == NULL)
		f->full = problem != NULL ? problem : changed;
	if (f->full == NULL && !has_same_files(p, f))
		f->full = "a watched table was written anew";
	keep_keys(&g);
	return f;
}

void
up_follow_take_more(UpFollow *f, const UpProfile *p, int64 max_users)
{
	Gathering g = {f};

	f->remaining = 0;
	start_gathering_keys(&g, p);
	g.max_keys = max_users;
	take_queues(p, up_watch_list(p->schema, p->name), &g);
	keep_keys(&g);
}

UpFollow *
up_follow_take_watches(const char *schema, Oid owner, const UpKey *key, List *watches, Oid trigger_function)
{
	UpProfile p = {.schema = schema, .owner = owner, .key_parts = *key};
	UpFollow *f = palloc0(sizeof(UpFollow));
	Gathering g = {f};
	ListCell *cell;

	f->watched = true;
	start_gathering_keys(&g, &p);
	foreach (cell, watches)
		look_at_watch(&p, trigger_function, lfirst(cell), f, false);
	take_queues(&p, watches, &g);
	keep_keys(&g);
	return f;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

static double
number_of(const UpValue *object, const char *key)
{
	UpValue *v = object != NULL && object->type == UP_OBJECT ? up_value_get(object, key) : NULL;

	return v != NULL && v->type == UP_NUMBER ? v->number : 0;
}

/* The model whose deployed version is not the one that everybody was scored with, or NULL. */
static const UpProfileModel *
changed_model(const UpProfile *p, const UpValue *scored)
{
	UpValue *versions = up_value_get(scored, "versions");

	for (int i = 0; i < p->n_models; i++)
	{
		if (number_of(versions, p->models[i].column) != (double) p->models[i].version_id)
			return &p->models[i];
	}
	return NULL;
}

TimestampTz
up_follow_full_at(const UpValue *scored)
{
	double seconds = number_of(scored, "full_at");

	return seconds == 0 ? 0 : (TimestampTz) ((seconds - EPOCH) * USECS_PER_SEC);
}

/* Whether this long has passed since everybody was computed, or the clock was set back. */
static bool
has_passed(const UpValue *scored, Interval *interval)
{
	TimestampTz last = up_follow_full_at(scored);
	TimestampTz now = GetCurrentTimestamp();

	return now < last ||
		   now >= DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(last),
														  IntervalPGetDatum(interval)));
}

bool
up_follow_first(const UpProfile *p)
{
	return p->scored == NULL || up_follow_full_at(up_value_from_jsonb(p->scored)) == 0;
}

bool
up_follow_full_passed(const UpProfile *p)
{
	return p->policy->full_every != NULL && !up_follow_first(p) &&
		   has_passed(up_value_from_jsonb(p->scored), p->policy->full_every);
}

const char *
up_follow_due(const UpFollow *f, const UpProfile *p)
{
	UpValue *scored = up_value_from_jsonb(p->scored);
	const UpProfileModel *m = changed_model(p, scored);
	Interval day = {0, 1, 0};

	if (m != NULL)
		return m->usable ? psprintf("another version of model \"%s\" is deployed", m->registered)
						 : psprintf("model \"%s\" cannot be used any more", m->registered);
	if (p->policy->full_every != NULL && has_passed(scored, p->policy->full_every))
		return "the interval full_every has passed since everybody was computed";
	if (p->policy->full_every == NULL && f->clock && has_passed(scored, &day))
		return "the source reads the clock, and a day has passed";
	if (!f->limited && f->keys.n > MANY_KEYS && f->users >= 0 &&
		(double) f->keys.n > LARGE_SHARE * (double) f->users)
		return psprintf(INT64_FORMAT " users have changed", f->keys.n);
	return NULL;
}

void
up_follow_decide(UpFollow *f, const UpProfile *p, bool all_users)
{
	if (all_users)
		f->full = "all_users => true";
	else if (f->full == NULL)
		f->full = up_follow_due(f, p);
}

void
up_follow_keep(const UpFollow *f, const UpProfile *p)
{
	Oid types[] = {TEXTOID, JSONBOID};
	Datum values[2];
	UpValue *scored = up_value_object();
	UpValue *versions = up_value_object();

	for (int i = 0; i < p->n_models; i++)
		up_value_set(versions, p->models[i].column, up_value_number((double) p->models[i].version_id));
	if (f->identity != NULL)
	{
		up_value_set(scored, "source", up_value_string(f->identity));
		up_value_set(scored, "functions", up_value_string(f->functions));
	}
	up_value_set(scored, "versions", versions);
	if (p->offering != NULL)
		up_value_set(scored, "offers", up_value_string(p->offering->state));
	if (f->files != NULL)
		up_value_set(scored, "files", up_value_string(f->files));
	up_value_set(scored, "clock", up_value_bool(f->clock));
	up_value_set(scored, "full_at", up_value_number((double) f->started / USECS_PER_SEC + EPOCH));
	values[0] = CStringGetTextDatum(p->name);
	values[1] = JsonbPGetDatum(up_value_to_jsonb(scored));
	up_query(false,
			 psprintf("UPDATE %s.uprofile_profile_definitions SET scored = $2 WHERE name = $1", p->schema), 2,
			 types, values, NULL);
}

/* ---- mending ----------------------------------------------------------------------------------------------------- */

static void
mend_watch(const char *schema, Oid owner, Oid trigger_function, UpWatchState *state)
{
	Relation queue = up_watch_open_queue(state->watch, owner, RowExclusiveLock);

	if (queue == NULL)
		return;
	up_watch_mend(schema, trigger_function, state);
	up_queue_add_all(
		queue, psprintf("the partitions of watched table %s have changed",
						quote_qualified_identifier(state->watch->table_schema, state->watch->table_name)));
	table_close(queue, NoLock);
	CommandCounterIncrement();
}

typedef struct Mending
{
	const char *schema;
	Oid owner, trigger_function;
	UpWatchState *state;
} Mending;

static void
mend(void *of)
{
	Mending *m = of;

	mend_watch(m->schema, m->owner, m->trigger_function, m->state);
}

bool
up_follow_mend_watches(const char *schema, Oid owner, List *watches, Oid trigger_function)
{
	UpAsRole before;
	bool done = false;
	ListCell *cell;

	up_as_role_begin(&before, owner, "pg_catalog");
	up_set_locally("lock_timeout", LOCK_WAIT);
	foreach (cell, watches)
	{
		UpWatchState *state = up_watch_state(trigger_function, lfirst(cell));

		if (state->without != NIL)
		{
			Mending m = {schema, owner, trigger_function, state};

			/* It may have to wait too long or may lack a right. */
			done = up_attempt(mend, &m) == NULL || done;
		}
	}
	up_as_role_end(&before);
	return done;
}

bool
up_follow_mend(const UpProfile *p, Oid trigger_function)
{
	return up_follow_mend_watches(p->schema, up_profile_owner(p), up_watch_list(p->schema, p->name),
								  trigger_function);
}
