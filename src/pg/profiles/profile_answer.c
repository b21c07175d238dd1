/*
 * profile_answer.c - what uprofile_get answers of one user; see profile_get.h
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "pg/profiles/profile_get.h"
#include "pg/servers.h"

/* ---- writing JSON ------------------------------------------------------------------------------------------------- */

static void
put_key(UpJsonOut *out, const char *key)
{
	JsonbValue v = {.type = jbvString};

	v.val.string.val = unconstify(char *, key);
	v.val.string.len = (int) strlen(key);
	up_json_push(out, WJB_KEY, &v);
}

static void
put_text(UpJsonOut *out, const char *key, const char *text)
{
	JsonbValue v = {.type = jbvString};

	put_key(out, key);
	v.val.string.val = unconstify(char *, text);
	v.val.string.len = (int) strlen(text);
	up_json_push(out, WJB_VALUE, &v);
}

static void
put_bool(UpJsonOut *out, const char *key, bool value, bool known)
{
	JsonbValue v = {.type = known ? jbvBool : jbvNull};

	v.val.boolean = value;
	put_key(out, key);
	up_json_push(out, WJB_VALUE, &v);
}

static void
put_number(UpJsonOut *out, const char *key, int32 value)
{
	JsonbValue v = {.type = jbvNumeric};

	v.val.numeric = DatumGetNumeric(DirectFunctionCall1(int4_numeric, Int32GetDatum(value)));
	put_key(out, key);
	up_json_push(out, WJB_VALUE, &v);
}

/* As to_jsonb writes it. */
static void
put_time(UpJsonOut *out, const char *key, TimestampTz at, bool known)
{
	char text[MAXDATELEN + 1];

	if (known)
		put_text(out, key, pstrdup(JsonEncodeDateTime(text, TimestampTzGetDatum(at), TIMESTAMPTZOID, NULL)));
	else
		put_bool(out, key, false, false);
}

/* ---- values ------------------------------------------------------------------------------------------------------- */

static const UpGetColumn *
column_of(const UpGetProfile *g, const char *name, int len)
{
	for (int i = 0; i < g->n_columns; i++)
	{
		if ((int) strlen(g->columns[i].name) == len && memcmp(g->columns[i].name, name, (size_t) len) == 0)
			return &g->columns[i];
	}
	return NULL;
}

/* As the view has it, which gives no value then. */
static bool
is_expired(const UpGetColumn *c, const UpGetUser *u)
{
	TimestampTz oldest;

	if (!u->has_computed_at)
		return true;
	oldest = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval,
													 TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()),
													 IntervalPGetDatum(c->ttl)));
	return u->computed_at < oldest;
}

static void
put_model(UpJsonOut *out, const UpGetProfile *g, const UpGetUser *u, int model)
{
	const UpGetVersion *version = &u->versions[model];

	put_text(out, "from", g->models[model].registered);
	if (version->id == 0)
		return;
	put_number(out, "version", version->version);
	put_time(out, "trained_at", version->trained_at, true);
}

static void
put_origin(UpJsonOut *out, const UpGetProfile *g, const UpGetColumn *c, const UpGetUser *u)
{
	static const char *const names[] = {"source", NULL, "live", "own", "offers"};
	bool stale = u->stale;

	if (c->origin == UP_FROM_MODEL)
		put_model(out, g, u, c->model);
	else
		put_text(out, "from", names[c->origin]);
	if (c->origin == UP_FROM_OWN)
		return;
	if (u->only_models)
		stale = c->origin == UP_FROM_MODEL && u->other[c->model];
	put_time(out, "at", u->computed_at, u->has_computed_at);
	put_bool(out, "stale", stale, u->stale_known);
	if (c->ttl != NULL)
		put_bool(out, "expired", is_expired(c, u), true);
}

static void
put_values(UpJsonOut *out, const UpGetProfile *g, const UpGetUser *u)
{
	static const UpGetColumn unknown = {.origin = UP_FROM_OWN};
	JsonbIterator *it = JsonbIteratorInit(&u->row->root);
	JsonbValue key, value;

	put_key(out, "values");
	up_json_push(out, WJB_BEGIN_OBJECT, NULL);
	(void) JsonbIteratorNext(&it, &value, false);
	while (JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		const UpGetColumn *c = column_of(g, key.val.string.val, key.val.string.len);

		(void) JsonbIteratorNext(&it, &value, true);
		if (c == NULL)
			c = &unknown;
		if (c->origin == UP_FROM_NOBODY)
			continue;
		up_json_push(out, WJB_KEY, &key);
		up_json_push(out, WJB_BEGIN_OBJECT, NULL);
		put_key(out, "value");
		up_json_push(out, WJB_VALUE, &value);
		put_origin(out, g, c, u);
		up_json_push(out, WJB_END_OBJECT, NULL);
	}
	up_json_push(out, WJB_END_OBJECT, NULL);
}

static void
put_changed_at(UpJsonOut *out, const UpGetUser *u)
{
	JsonbValue found;
	JsonbValue *v =
		getKeyJsonValueFromContainer(&u->row->root, UP_CHANGED_AT, (int) strlen(UP_CHANGED_AT), &found);

	if (v == NULL)
		return;
	put_key(out, UP_CHANGED_AT);
	up_json_push(out, WJB_VALUE, v);
}

Jsonb *
up_get_answer(const UpGetProfile *g, const UpGetUser *u)
{
	UpJsonOut out = {0};

	up_json_push(&out, WJB_BEGIN_OBJECT, NULL);
	put_text(&out, "user_key", u->key);
	put_bool(&out, "found", u->found, true);
	if (u->found)
	{
		put_time(&out, "computed_at", u->computed_at, u->has_computed_at);
		put_changed_at(&out, u);
	}
	put_bool(&out, "stale", u->stale, u->stale_known);
	if (u->reason != NULL)
		put_text(&out, "reason", u->reason);
	if (u->failed)
		put_time(&out, "failed_since", u->failed_since, true);
	if (u->error != NULL)
		put_text(&out, "error", u->error);
	if (u->found)
		put_values(&out, g, u);
	up_json_push(&out, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(out.result);
}
