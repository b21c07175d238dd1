/*
 * profile_judge.c - why a user of a profile is stale; see profile_get.h
 *
 * The view says whether he is, for all users at once. Here it is one user, for whom the queue is looked through without
 * being joined, and what is found is put into words.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"

#include "pg/io/value_pg.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile_get.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/registry_look.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

UpGetVersion
up_get_version(Oid namespace, const char *model, int64 id)
{
	UpLookKey key = {"id", F_INT8EQ, Int64GetDatum(id)};
	UpGetVersion v = {0};
	UpLook look;
	HeapTuple tuple;
	bool isnull;

	if (id == 0 ||
		!up_look_begin(&look, namespace, "uprofile_model_versions", "uprofile_model_versions_pkey", 1, &key))
		return v;
	tuple = up_look_next(&look, ForwardScanDirection);
	/* The number comes from a row that its owner may write, and row-level security is not asked here. */
	if (HeapTupleIsValid(tuple) &&
		strcmp(TextDatumGetCString(up_look_value(&look, tuple, "model", &isnull)), model) == 0)
	{
		v.id = id;
		v.version = DatumGetInt32(up_look_value(&look, tuple, "version", &isnull));
		v.trained_at = DatumGetTimestampTz(up_look_value(&look, tuple, "trained_at", &isnull));
	}
	up_look_end(&look);
	return v;
}

/* The versions that the row of a user who failed was computed with. */
static void
take_versions(const UpGetProfile *g, Oid namespace, const UpValue *ids, UpGetUser *u)
{
	u->versions = palloc0(sizeof(UpGetVersion) * (Size) Max(g->n_models, 1));
	for (int i = 0; ids->type == UP_OBJECT && i < g->n_models; i++)
	{
		const UpValue *id = up_value_get(ids, g->models[i].column);

		if (id != NULL && id->type == UP_NUMBER)
			u->versions[i] = up_get_version(namespace, g->models[i].registered, (int64) id->number);
	}
}

/* He stays as he was: since when, as of when that was, and what he was computed with. */
static void
look_at_failure(const UpGetProfile *g, Oid namespace, bool whole, UpGetUser *u)
{
	UpLookKey keys[] = {{"profile", F_TEXTEQ, CStringGetTextDatum(g->profile->name)},
						{"user_key", F_TEXTEQ, CStringGetTextDatum(u->key)}};
	UpLook look;
	HeapTuple tuple;
	Datum value;
	bool isnull;

	if (!up_look_begin(&look, namespace, "uprofile_refresh_failures", "uprofile_refresh_failures_pkey",
					   lengthof(keys), keys))
		return;
	tuple = up_look_next(&look, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		u->failed = true;
		u->failed_since = DatumGetTimestampTz(up_look_value(&look, tuple, "since", &isnull));
		value = up_look_value(&look, tuple, "message", &isnull);
		u->error = whole ? TextDatumGetCString(value) : NULL;
		value = up_look_value(&look, tuple, "row_at", &isnull);
		if (!isnull && (!u->has_computed_at || DatumGetTimestampTz(value) < u->computed_at))
		{
			u->computed_at = DatumGetTimestampTz(value);
			u->has_computed_at = true;
		}
		value = up_look_value(&look, tuple, "row_versions", &isnull);
		if (!isnull)
			take_versions(g, namespace, up_value_from_jsonb(DatumGetJsonbP(value)), u);
	}
	up_look_end(&look);
}

/* What everybody is to be computed anew for, or NULL. */
static const char *
outdated(const UpGetProfile *g, bool whole)
{
	const UpValue *why, *versions;

	if (g->scored == NULL)
		return "the profile was not refreshed yet";
	why = up_value_get(g->scored, "why");
	if (why != NULL)
		return whole && why->type == UP_STRING ? why->string : "the profile was changed";
	versions = up_value_get(g->scored, "versions");
	return versions == NULL || versions->type != UP_OBJECT ? "the profile was not refreshed yet" : NULL;
}

/* A model whose deployed version is another than the row's, or NULL. */
static const char *
other_version(const UpGetProfile *g, Oid namespace, UpGetUser *u)
{
	const char *found = NULL;

	u->other = palloc0(sizeof(bool) * (Size) Max(g->n_models, 1));
	for (int i = 0; i < g->n_models; i++)
	{
		u->other[i] = up_look_deployed(namespace, g->models[i].registered) != g->models[i].version.id;
		if (u->other[i] && found == NULL)
			found = psprintf("another version of model \"%s\" is deployed", g->models[i].registered);
	}
	return found;
}

/* Whether the queue of a watch holds keys of users. */
static bool
holds_users(const UpGetProfile *g, const UpWatch *w, Relation queue)
{
	if (w->key_query != NULL || up_queue_parts(queue) != g->key.n)
		return false;
	for (int i = 0; i < g->key.n; i++)
	{
		if (up_queue_type(queue, i) != g->key.parts[i].type)
			return false;
	}
	return true;
}

typedef struct Waiting
{
	bool watched;
	UpQueuedUser user;
	bool somebody; /* changes wait whose users are not known yet */
} Waiting;

static Waiting
look_at_queues(const UpGetProfile *g, const Datum *values)
{
	const UpProfile *p = g->profile;
	Waiting waiting = {0};
	List *seen = NIL;
	Oid collations[UP_MAX_KEY];
	ListCell *cell;

	for (int i = 0; i < UP_MAX_KEY; i++)
		collations[i] = i < g->key.n ? g->key.parts[i].collation : DEFAULT_COLLATION_OID;
	foreach (cell, up_watch_list(p->schema, p->name))
	{
		UpWatch *w = lfirst(cell);
		Relation queue = up_watch_open_queue(w, p->owner, AccessShareLock);
		UpQueuedUser others = {0};

		if (queue == NULL)
			continue;
		waiting.watched = true;
		if (list_member_oid(seen, RelationGetRelid(queue)))
			;
		else if (holds_users(g, w, queue))
			up_queue_find(queue, collations, values, &waiting.user);
		else
		{
			up_queue_find(queue, collations, NULL, &others);
			waiting.somebody = waiting.somebody || others.others;
			if (waiting.user.everybody == NULL)
				waiting.user.everybody = others.everybody;
		}
		seen = lappend_oid(seen, RelationGetRelid(queue));
		table_close(queue, AccessShareLock);
	}
	return waiting;
}

static void
set_stale(UpGetUser *u, bool stale, bool known, const char *reason)
{
	u->stale = stale;
	u->stale_known = known;
	u->reason = reason;
}

void
up_get_judge(const UpGetProfile *g, Oid namespace, const Datum *values, bool whole, UpGetUser *u)
{
	const char *old, *other;
	Waiting waiting;

	look_at_failure(g, namespace, whole, u);
	if (u->failed)
	{
		set_stale(u, true, true,
				  u->found ? "the user's row cannot be computed, and stays as it was"
						   : "the user's row cannot be computed");
		return;
	}
	if (u->found && u->stale_known && !u->stale)
		return;
	old = outdated(g, whole);
	other = old == NULL ? other_version(g, namespace, u) : NULL;
	waiting = look_at_queues(g, values);
	if (old != NULL)
		set_stale(u, true, true, old);
	else if (waiting.user.everybody != NULL)
		set_stale(u, true, true,
				  whole ? psprintf("everybody waits for the next refresh: %s", waiting.user.everybody)
						: "everybody waits for the next refresh");
	else if (waiting.user.changed != 0)
		set_stale(u, true, true, "a change of the user waits for the next refresh");
	else if (other != NULL)
	{
		set_stale(u, true, true, other);
		u->only_models = true;
	}
	else if (!waiting.watched)
		set_stale(u, false, false, "nothing is watched, so changes are not known");
	else if (waiting.somebody)
		set_stale(u, false, false, "a change waits whose users the next refresh finds");
	else
		set_stale(u, false, true, NULL);
}
