/*
 * profile_get.c - uprofile_get: one user of a profile, each value with where it is from and how old it is
 *
 * The row is that of the view <profile>_current, so that live columns and ttl are as it has them. It is read as the profile's
 * owner, after the caller's right on the view was looked at, and his row-level security on the table where it has some: what
 * stands in the view is stored text. What is known of the profile and the plan are kept by the backend for as long as
 * the definition is the same row of the registry.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"

#include "learn/learners.h"
#include "pg/models/learner_for.h"
#include "pg/clean/clean_write.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/models/shared.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_get.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/registry_look.h"
#include "pg/profiles/view_sql.h"

#define KNOWN 16 /* profiles that a backend keeps */

/* The row of the registry that a definition was read from. */
typedef struct Stand
{
	bool there;
	ItemPointerData at;
	TransactionId written_by;
} Stand;

typedef struct Known
{
	UpGetProfile get;
	Oid namespace;
	char *given; /* the name */
	Stand stand;
	Oid view, table;
	bool sharded; /* the rows of the table lie on other nodes */
	uint64 last_used;
	int uses; /* calls that read with it just now: a view may call us again */
	MemoryContext context;
	UpKept *read;    /* his row of the view */
	UpKept *visible; /* whether the caller sees his row of the table; NULL until it is needed */
	char *is_his;    /* the condition, for an alias uprofile_row */
	char *given_key; /* the key as a row */
	Oid types[UP_MAX_KEY];
} Known;

static struct
{
	int n;
	uint64 clock;
	Known *entries[KNOWN];
} known;

/* ---- what is known of a profile ----------------------------------------------------------------------------------- */

static Stand
stand_of(Oid namespace, const char *name)
{
	UpLookKey key = {"name", F_TEXTEQ, CStringGetTextDatum(name)};
	Stand stand = {0};
	UpLook look;
	HeapTuple tuple;

	if (!up_look_begin(&look, namespace, "uprofile_profile_definitions", "uprofile_profile_definitions_pkey", 1,
					   &key))
		return stand;
	tuple = up_look_next(&look, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		stand.there = true;
		stand.at = tuple->t_self;
		stand.written_by = HeapTupleHeaderGetRawXmin(tuple->t_data);
	}
	up_look_end(&look);
	return stand;
}

static bool
same_stand(const Stand *a, const Stand *b)
{
	return a->there && b->there && a->written_by == b->written_by &&
		   ItemPointerEquals(unconstify(ItemPointerData *, &a->at), unconstify(ItemPointerData *, &b->at));
}

/* What is in use is left to its call. */
static void
forget(int i)
{
	Known *k = known.entries[i];

	known.entries[i] = known.entries[--known.n];
	if (k->uses > 0)
		return;
	if (k->read != NULL)
		up_kept_free(k->read);
	if (k->visible != NULL)
		up_kept_free(k->visible);
	MemoryContextDelete(k->context);
}

static void
make_room(void)
{
	int oldest = 0;

	if (known.n < KNOWN)
		return;
	for (int i = 1; i < known.n; i++)
	{
		if (known.entries[i]->last_used < known.entries[oldest]->last_used)
			oldest = i;
	}
	forget(oldest);
}

/* Of the definition alone, so that the source need not be read. */
static void
take_models(UpGetProfile *g, Oid namespace)
{
	UpValue *models = up_value_from_jsonb(g->profile->definitions);
	UpValue *versions = g->scored != NULL ? up_value_get(g->scored, "versions") : NULL;

	g->models = palloc0(sizeof(UpGetModel) * Max(models->n, 1));
	for (uint32_t i = 0; models->type == UP_OBJECT && i < models->n; i++)
	{
		UpGetModel *m = &g->models[g->n_models++];
		UpValue *algorithm = up_value_get(models->items[i], "algorithm");
		UpValue *id =
			versions != NULL && versions->type == UP_OBJECT ? up_value_get(versions, models->keys[i]) : NULL;

		m->column = models->keys[i];
		m->registered = psprintf("%s.%s", g->profile->name, m->column);
		if (algorithm != NULL && algorithm->type == UP_STRING)
			m->has_probability = up_value_get(models->items[i], "target") != NULL
									 ? strcmp(algorithm->string, UP_AUTO) == 0 ||
										   up_learner_by_name(algorithm->string)->proba != NULL
									 : up_learner_by_name(algorithm->string)->membership != NULL;
		m->has_reasons = up_value_get(models->items[i], "reasons") != NULL;
		if (id != NULL && id->type == UP_NUMBER)
			m->version = up_get_version(namespace, m->registered, (int64) id->number);
	}
}

static int
model_of(const UpGetProfile *g, const char *name)
{
	for (int i = 0; i < g->n_models; i++)
	{
		const UpGetModel *m = &g->models[i];

		if (strcmp(m->column, name) == 0 ||
			(m->has_probability && strcmp(up_profile_probability_name(m->column), name) == 0) ||
			(m->has_reasons && strcmp(up_profile_reasons_name(m->column), name) == 0))
			return i;
	}
	return -1;
}

static void
add_column(UpGetProfile *g, const char *name, UpOrigin origin)
{
	UpGetColumn *c = &g->columns[g->n_columns++];
	const char *ttl = up_policy_ttl(g->profile->policy, name);

	c->name = pstrdup(name);
	c->origin = origin;
	if (origin == UP_FROM_SOURCE && model_of(g, name) >= 0)
	{
		c->origin = UP_FROM_MODEL;
		c->model = model_of(g, name);
	}
	else if (origin == UP_FROM_SOURCE && g->profile->offers != NULL && up_offer_is(name))
		c->origin = UP_FROM_OFFERS;
	if (ttl != NULL && !up_key_has(&g->key, name))
		c->ttl = DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(pstrdup(ttl)),
													   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static void
take_columns(UpGetProfile *g, TupleDesc table, const char *computed_at, const char *stale)
{
	const UpProfile *p = g->profile;

	g->columns = palloc0(sizeof(UpGetColumn) * (Size) (table->natts + p->policy->n_live + 2));
	for (int i = 0; i < table->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(table, i);
		const char *name = NameStr(a->attname);
		bool own = p->table_columns != NULL && up_value_get(p->table_columns, name) == NULL;

		if (a->attisdropped || up_policy_live(p->policy, name) != NULL)
			continue;
		add_column(g, name,
				   strcmp(name, UP_CHANGED_AT) == 0 ? UP_FROM_NOBODY
				   : own                            ? UP_FROM_OWN
													: UP_FROM_SOURCE);
	}
	for (int i = 0; i < p->policy->n_live; i++)
		add_column(g, p->policy->live[i].column, UP_FROM_LIVE);
	add_column(g, computed_at, UP_FROM_NOBODY);
	add_column(g, stale, UP_FROM_NOBODY);
}

/* FROM …, uprofile_given WHERE …: the row of the user whose key is given as parameters. */
static void
prepare_key(Known *k, TupleDesc table)
{
	const UpKey *key = &k->get.key;
	StringInfoData given;
	Oid in_table[UP_MAX_KEY];

	initStringInfo(&given);
	for (int i = 0; i < key->n; i++)
	{
		k->types[i] = key->parts[i].type;
		appendStringInfo(&given, "%s$%d AS key_%d", i > 0 ? ", " : "", i + 1, i + 1);
	}
	up_key_types_in(key, table, in_table);
	k->given_key = given.data;
	k->is_his = up_keys_equal(key, "uprofile_row", in_table, "uprofile_given", k->types, true);
}

static UpKept *
prepare_read(const Known *k, const char *computed_at, const char *stale)
{
	const UpKey *key = &k->get.key;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT to_jsonb(uprofile_row.*) AS whole, uprofile_row.%s AS computed_at, ",
					 quote_identifier(computed_at));
	appendStringInfo(&sql, "uprofile_row.%s AS stale", quote_identifier(stale));
	for (int i = 0; i < key->n; i++)
		appendStringInfo(&sql, ", uprofile_row.%s AS key_%d", quote_identifier(key->parts[i].name), i + 1);
	appendStringInfo(&sql, " FROM %s uprofile_row, (SELECT %s) uprofile_given WHERE %s",
					 up_relation_name(k->view), k->given_key, k->is_his);
	return up_kept_new(sql.data, key->n, k->types, k->sharded);
}

/* The view is what a refresh makes. */
static void
refuse_without_view(const UpProfile *p)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("profile \"%s\" has no view to read", p->name), errhint("The next refresh makes it.")));
}

static bool
is_of_type(TupleDesc view, const char *column, Oid type)
{
	Form_pg_attribute a = up_attribute_named(view, column);

	return a != NULL && getBaseType(a->atttypid) == type;
}

/* Its owner may have made another one of this name. */
static bool
has_columns(Oid view, const char *computed_at, const char *stale, const UpKey *key)
{
	TupleDesc columns = up_relation_columns(view);

	for (int i = 0; i < key->n; i++)
	{
		if (!is_of_type(columns, key->parts[i].name, key->parts[i].type))
			return false;
	}
	return is_of_type(columns, computed_at, TIMESTAMPTZOID) && is_of_type(columns, stale, BOOLOID);
}

/* Reads the definition, as the registry's owner, and plans. In the current memory. */
static Known *
study(Oid namespace, const char *schema, const char *given)
{
	Known *k = palloc0(sizeof(Known));
	UpGetProfile *g = &k->get;
	const char *computed_at, *stale;
	TupleDesc table;

	k->context = CurrentMemoryContext;
	k->namespace = namespace;
	k->given = pstrdup(given);
	g->profile = up_profile_look_shared(pstrdup(schema), k->given);
	if (!OidIsValid(g->profile->owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("the owner of profile \"%s\" is gone", g->profile->name),
						errhint("uprofile_reassign_profile(profile, role) gives it to another role.")));
	g->scored = g->profile->scored != NULL ? up_value_from_jsonb(g->profile->scored) : NULL;
	if (g->scored != NULL && g->scored->type != UP_OBJECT)
		g->scored = NULL;
	k->stand = stand_of(namespace, g->profile->name);
	k->view = up_view_find(g->profile);
	k->table = up_profile_own_table(g->profile, AccessShareLock, false, NULL);
	k->sharded = up_is_sharded(k->table);
	table = up_relation_columns(k->table);
	up_view_age_names(g->profile, table, &computed_at, &stale);
	up_key_resolve(&g->key, g->profile->key, table);
	if (!OidIsValid(k->view) || !has_columns(k->view, computed_at, stale, &g->key))
		refuse_without_view(g->profile);
	take_models(g, namespace);
	take_columns(g, table, computed_at, stale);
	prepare_key(k, table);
	return k;
}

/* Nothing is told before this: whether the caller may read the view. */
static void
check_rights(const Known *k)
{
	const UpProfile *p = k->get.profile;
	Oid schema = get_rel_namespace(k->view), user = GetUserId();
	AclResult result = up_schema_rights(schema, user, ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, p->table_schema);
	result = pg_class_aclcheck(k->view, user, ACL_SELECT);
	if (result != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(k->view, user, ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_VIEW, get_rel_name(k->view));
}

/* Plans as the owner: what it may name is his. */
static void
plan(Known *k)
{
	const UpProfile *p = k->get.profile;
	const char *computed_at, *stale;
	UpAsRole before;

	up_view_age_names(p, up_relation_columns(k->table), &computed_at, &stale);
	up_as_role_begin(&before, p->owner, "pg_catalog");
	k->read = prepare_read(k, computed_at, stale);
	up_as_role_end(&before);
}

static Known *
learn(Oid namespace, const char *schema, const char *given)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile profile", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	Known *k = study(namespace, schema, given);

	check_rights(k);
	MemoryContextSwitchTo(outer);
	plan(k);
	make_room();
	MemoryContextSetParent(context, CacheMemoryContext);
	known.entries[known.n++] = k;
	return k;
}

/* Whether all is as it was when this was learnt. */
static bool
holds(const Known *k)
{
	Stand now = stand_of(k->namespace, k->get.profile->name);
	const UpProfile *p = k->get.profile;

	return same_stand(&k->stand, &now) && up_view_find(p) == k->view &&
		   get_relname_relid(p->table_name, get_rel_namespace(k->view)) == k->table &&
		   up_is_sharded(k->table) == k->sharded;
}

static Known *
find(Oid namespace, const char *schema, const char *given)
{
	Known *k = NULL;

	for (int i = 0; i < known.n; i++)
	{
		if (known.entries[i]->namespace != namespace || strcmp(known.entries[i]->given, given) != 0)
			continue;
		if (holds(known.entries[i]))
			k = known.entries[i];
		else
			forget(i);
		break;
	}
	if (k != NULL)
		check_rights(k);
	else
		k = learn(namespace, schema, given);
	k->last_used = ++known.clock;
	return k;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

/* Whether row-level security of the table, where it is on for the caller, shows him the row. */
static bool
is_visible(Known *k, const Datum *values)
{
	if (check_enable_rls(k->table, InvalidOid, true) != RLS_ENABLED)
		return true;
	if (k->visible == NULL)
		k->visible = up_kept_new(
			psprintf("SELECT true AS seen FROM %s uprofile_row, (SELECT %s) uprofile_given WHERE %s",
					 k->get.profile->table, k->given_key, k->is_his),
			k->get.key.n, k->types, k->sharded);
	return up_kept_run(k->visible, values).n > 0;
}

static void
read_row(const Known *k, const Datum *values, UpGetUser *u, Datum *key)
{
	UpRows r = up_kept_run(k->read, values);
	bool isnull;
	Datum value;

	if (r.n == 0)
		return;
	u->found = true;
	u->row = DatumGetJsonbP(up_rows_get(&r, 0, "whole", &isnull));
	value = up_rows_get(&r, 0, "computed_at", &isnull);
	u->has_computed_at = !isnull;
	u->computed_at = isnull ? 0 : DatumGetTimestampTz(value);
	value = up_rows_get(&r, 0, "stale", &isnull);
	u->stale_known = !isnull;
	u->stale = !isnull && DatumGetBool(value);
	for (int i = 0; i < k->get.key.n; i++)
		key[i] = up_rows_get(&r, 0, psprintf("key_%d", i + 1), &isnull);
}

static char *
text_of_key(const Known *k, const Datum *key)
{
	int level = up_clean_text_settings();
	UpKeyOutput output;
	char *text;

	up_key_output_init(&output, k->get.key.n, k->types);
	text = up_key_stored(&output, key);
	AtEOXact_GUC(true, level);
	return text;
}

static void
read_user(Known *k, const Datum *values, bool whole, UpGetUser *u)
{
	const UpProfile *p = k->get.profile;
	bool visible = is_visible(k, values);
	Datum key[UP_MAX_KEY];
	UpAsRole before;

	memcpy(key, values, sizeof(Datum) * (Size) k->get.key.n);
	up_as_role_begin(&before, p->owner, "pg_catalog");
	if (visible)
		read_row(k, values, u, key);
	u->key = text_of_key(k, key);
	/* Of somebody whom the caller may not see nothing is told, not even that he is there. */
	if (visible)
		up_get_judge(&k->get, k->namespace, key, whole, u);
	up_as_role_end(&before);
}

static void
use(Known *k, const Datum *values, bool whole, UpGetUser *u)
{
	k->uses++;
	PG_TRY();
	{
		read_user(k, values, whole, u);
	}
	PG_FINALLY();
	{
		k->uses--;
	}
	PG_END_TRY();
}

PG_FUNCTION_INFO_V1(uprofile_get);
Datum
uprofile_get(PG_FUNCTION_ARGS)
{
	Oid function = fcinfo->flinfo->fn_oid;
	UpGetUser u = {0};
	Datum values[UP_MAX_KEY];
	Known *k;
	bool whole;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	k = find(get_func_namespace(function), up_schema_of_function(function),
			 text_to_cstring(PG_GETARG_TEXT_PP(0)));
	whole = has_privs_of_role(GetUserId(), k->get.profile->owner);
	u.versions = palloc0(sizeof(UpGetVersion) * (Size) Max(k->get.n_models, 1));
	for (int i = 0; i < k->get.n_models; i++)
		u.versions[i] = k->get.models[i].version;
	if (up_user_key(fcinfo, 1, &k->get.key, k->get.profile->owner, values))
		use(k, values, whole, &u);
	else
	{
		u.key = up_user_key_given(fcinfo, 1);
		u.stale_known = true;
	}
	PG_RETURN_JSONB_P(up_get_answer(&k->get, &u));
}
