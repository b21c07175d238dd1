/*
 * profile_create.c - uprofile_create and uprofile_drop
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/relation.h"
#include "pg/io/value_pg.h"
#include "pg/models/owner.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"
#include "pg/profiles/history.h"
#include "pg/profiles/model_columns.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_clean.h"
#include "pg/profiles/profile_comment.h"
#include "pg/profiles/profile_create.h"
#include "pg/profiles/profile_live.h"
#include "pg/profiles/profile_name.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_parts.h"
#include "pg/profiles/profile_table.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/schedule.h"
#include "pg/profiles/worker.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_start.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

static char *
table_definition(const UpProfile *p, List *columns)
{
	StringInfoData ddl;
	ListCell *cell;

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "CREATE TABLE %s (", p->table);
	foreach (cell, columns)
	{
		UpProfileColumn *c = lfirst(cell);

		appendStringInfo(&ddl, "%s %s, ", quote_identifier(c->name), c->type);
	}
	appendStringInfo(&ddl, UP_CHANGED_AT " pg_catalog.timestamptz NOT NULL, PRIMARY KEY (");
	for (int i = 0; i < p->key_parts.n; i++)
		appendStringInfo(&ddl, "%s%s", i > 0 ? ", " : "", quote_identifier(p->key_parts.parts[i].name));
	appendStringInfo(&ddl, "), CONSTRAINT %s CHECK (true))", up_profile_constraint(p));
	return ddl.data;
}

static void
store_definition(UpProfile *p, Jsonb *models)
{
	Oid types[] = {TEXTOID,  TEXTOID,  TEXTOID,  TEXTOID,  TEXTOID,  TEXTOID, TEXTOID,
				   JSONBOID, JSONBOID, JSONBOID, JSONBOID, JSONBOID, TEXTOID};
	Datum values[] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(p->table_schema),
		CStringGetTextDatum(p->table_name),
		CStringGetTextDatum(p->source),
		CStringGetTextDatum(p->source_path),
		CStringGetTextDatum(p->key),
		CStringGetTextDatum(p->watch),
		JsonbPGetDatum(models),
		JsonbPGetDatum(p->policy_said),
		JsonbPGetDatum(p->clean),
		JsonbPGetDatum(p->segments),
		JsonbPGetDatum(p->offers),
		p->consent != NULL ? CStringGetTextDatum(p->consent) : (Datum) 0,
	};
	char nulls[lengthof(values)];
	UpRows r;
	bool isnull;

	for (int i = 0; i < (int) lengthof(values); i++)
		nulls[i] = DatumGetPointer(values[i]) != NULL ? ' ' : 'n';
	r = up_query(
		false,
		psprintf(
			"INSERT INTO %s.uprofile_profile_definitions (name, table_schema, table_name, source, "
			"source_path, key_column, watch, models, policy, clean, segments, offers, consent) VALUES ($1, $2, "
			"$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING RETURNING identity::text "
			"AS identity",
			p->schema),
		lengthof(types), types, values, nulls);
	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("profile \"%s\" already exists", p->name),
				 errdetail("Names of profiles are unique in a database, and so are known to everybody in it."),
				 errhint("Choose another name, or drop it with uprofile_drop.")));
	p->identity = TextDatumGetCString(up_rows_get(&r, 0, "identity", &isnull));
}

/* Profile a.b with a model c and profile a with a model b.c, as earlier versions had them, would share one. */
static void
refuse_shared_name(const UpProfile *p, const char *registered)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(registered), CStringGetTextDatum(p->name)};
	UpRows r =
		up_query(false,
				 psprintf("SELECT d.name FROM %s.uprofile_profile_definitions d, LATERAL " UP_MODELS_OF_PROFILE
						  "WHERE d.name || '.' || k = $1 AND d.name <> $2",
						  p->schema),
				 2, types, values, NULL);
	bool isnull;

	if (r.n > 0)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT),
						errmsg("model name \"%s\" is one of profile \"%s\"", registered,
							   TextDatumGetCString(up_rows_get(&r, 0, "name", &isnull))),
						errhint("Choose another name.")));
}

static void
claim_model(const UpProfile *p, const char *registered)
{
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(registered), ObjectIdGetDatum(GetUserId())};
	UpRows r;

	refuse_shared_name(p, registered);
	up_registry_claim(p->schema, registered);
	r = up_query(
		false,
		psprintf("SELECT 1 FROM %s.uprofile_model_names n WHERE n.name = $1 AND n.owner_oid = $2 AND %s",
				 p->schema, up_owner_known(p->schema, "n")),
		2, types, values, NULL);
	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("model \"%s\" belongs to another role", registered),
				 errhint("It was kept when a profile of this name was dropped. Choose another name.")));
}

void
up_profile_check_models(const UpProfile *p, Jsonb *said)
{
	const UpValue *named = up_value_from_jsonb(said);

	for (int i = 0; i < p->n_models; i++)
	{
		const UpProfileModel *m = &p->models[i];

		if (up_value_get(named, m->column) == NULL)
			continue;
		up_model_columns_check(p, m);
		if (m->target != NULL)
			up_retrain_check_tasks(&m->rules, m->column, up_profile_tasks(m));
	}
}

/* The names of the models are taken now, so that nobody else's model is there when the first refresh trains them. */
void
up_profile_claim_models(const UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		if (strchr(p->models[i].column, '.') != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME), errmsg("model name \"%s\" has a dot", p->models[i].column),
					 errdetail("The model would be registered as \"%s\".", p->models[i].registered),
					 errhint("Choose a name without a dot.")));
		claim_model(p, p->models[i].registered);
	}
	if (p->offering != NULL && p->offering->own)
		claim_model(p, p->offering->registered);
}

/* The schema that is named, or the first of search_path. */
static Oid
schema_of_table(const UpProfileName *name)
{
	Oid schema;
	List *path;

	if (name->schema == NULL)
	{
		path = fetch_search_path(false);
		if (path == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("no schema has been selected to create in")));
		return linitial_oid(path);
	}
	schema = strcmp(name->schema, "pg_temp") != 0 ? get_namespace_oid(name->schema, true) : InvalidOid;
	if (!OidIsValid(schema))
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("schema \"%s\" does not exist", name->schema),
			 errdetail("Profile \"%s\" would have its table there.", name->name),
			 errhint(
				 "Make the schema, or choose a name without a dot: its table is made in the first schema of "
				 "search_path.")));
	return schema;
}

/* What CREATE TABLE would say as well, but of a statement that is none of the user's. */
static void
check_can_create(const UpProfile *p, Oid schema)
{
	AclResult may = up_schema_rights(schema, GetUserId(), ACL_CREATE);

	if (may != ACLCHECK_OK)
		aclcheck_error(may, OBJECT_SCHEMA, p->table_schema);
	if (isAnyTempNamespace(schema))
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
						errmsg("the table of profile \"%s\" would be temporary", p->name),
						errhint("Name another schema: schema.profile.")));
	if (OidIsValid(get_relname_relid(p->table_name, schema)))
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("relation %s already exists", p->table),
						errdetail("The table of profile \"%s\" would have that name.", p->name),
						errhint("Choose another name for the profile.")));
}

static void
name_table(UpProfile *p, const char *given)
{
	UpProfileName name;
	Oid schema;

	if (given[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("a profile's name must not be empty")));
	name = up_profile_name_parse(given);
	if (strlen(name.base) + strlen(UP_TABLE_SUFFIX) >= NAMEDATALEN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("a profile's name must have 1 to %d bytes",
															  (int) (NAMEDATALEN - sizeof(UP_TABLE_SUFFIX)))));
	p->name = name.name;
	schema = schema_of_table(&name);
	p->table_schema = get_namespace_name(schema);
	p->table_name = psprintf("%s" UP_TABLE_SUFFIX, name.base);
	p->table = quote_qualified_identifier(p->table_schema, p->table_name);
}

void
up_profile_start_watching(const UpProfile *p, Oid trigger_function, bool by_default)
{
	UpWatched watched = {.schema = p->schema,
						 .name = p->name,
						 .query = p->query,
						 .key = p->key,
						 .watch = p->watch,
						 .queue_schema = p->table_schema,
						 .queue_base = up_profile_base(p),
						 .full_every = p->policy->full_every != NULL};

	if (p->offering != NULL)
	{
		watched.offers_query = p->offering->query;
		watched.offers_basket = p->offering->basket;
	}

	up_watch_start(&watched, trigger_function, by_default);
}

PG_FUNCTION_INFO_V1(uprofile_create);
Datum
uprofile_create(PG_FUNCTION_ARGS)
{
	UpProfile *p = palloc0(sizeof(UpProfile));
	bool by_default = PG_ARGISNULL(3);
	Jsonb *models;
	List *columns;
	Oid table;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		/* As for a function that is strict, but for watch, clean and what follows. */
		if (PG_ARGISNULL(i) && i != 3 && i < 5)
			PG_RETURN_NULL();
	}
	PreventCommandIfReadOnly("uprofile_create()");
	models = PG_GETARG_JSONB_P(4);
	p->schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	p->source = text_to_cstring(PG_GETARG_TEXT_PP(1));
	p->key = text_to_cstring(PG_GETARG_TEXT_PP(2));
	p->source_path = GetConfigOption("search_path", false, false);
	p->owner = GetUserId();
	up_registry_guard(p->schema, RowExclusiveLock);
	name_table(p, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	p->policy_said = up_merge_keys("policy", NULL, PG_ARGISNULL(6) ? NULL : PG_GETARG_JSONB_P(6));
	p->policy = up_policy_parse(PG_ARGISNULL(6) ? NULL : PG_GETARG_JSONB_P(6));
	p->clean = PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5);
	p->segments = up_part_merge("segments", NULL, PG_ARGISNULL(7) ? NULL : PG_GETARG_JSONB_P(7));
	up_segments_check(p->segments);
	up_policy_add_rules(p->policy, p->segments);
	p->offers = up_part_merge("offers", NULL, PG_ARGISNULL(8) ? NULL : PG_GETARG_JSONB_P(8));
	p->consent = up_part_text(NULL, PG_ARGISNULL(9) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(9)));
	p->watch = by_default ? "auto" : text_to_cstring(PG_GETARG_TEXT_PP(3));
	up_profile_resolve(p, models);
	up_query_refuse_temporary(p->query, psprintf("profile \"%s\"", p->name), NULL);
	up_profile_check_models(p, models);
	up_offers_resolve(p);
	store_definition(p, models);
	up_profile_claim_models(p);
	columns = up_profile_columns(p);
	check_can_create(p, get_namespace_oid(p->table_schema, false));
	up_query(false, table_definition(p, columns), 0, NULL, NULL, NULL);
	up_profile_own_columns(p, columns);
	up_history_keep(p, columns, NIL);
	up_profile_start_watching(p, up_watch_trigger_function(fcinfo->flinfo->fn_oid), by_default);
	table = up_profile_own_table(p, AccessShareLock, false, NULL);
	up_live_check(p, table, true);
	up_view_create(p, table);
	up_profile_clean_tell(p);
	up_profile_tell_continuous(p);
	up_profile_comment(p, table);
	up_profile_comment_view(p, table, up_view_find(p), true);
	PG_RETURN_TEXT_P(cstring_to_text(p->table));
}

/* Only the table that was made for the profile. */
static void
drop_table(const UpProfile *p, Oid trigger_function)
{
	char *why;

	up_history_drop(p);
	if (OidIsValid(up_profile_own_table(p, AccessExclusiveLock, true, &why)))
		up_query(false, psprintf("DROP TABLE %s", p->table), 0, NULL, NULL, NULL);
	else
		ereport(NOTICE,
				(errmsg("no table is dropped with profile \"%s\"", p->name), errdetail_internal("%s", why)));
}

/* The watches also from tables that are others'. */
static void
drop_view_and_watches(const UpProfile *p, Oid trigger_function)
{
	up_view_drop(p);
	up_watch_remove(p->schema, trigger_function, p->name);
}

/* With the rights of the owner; if he is gone, with the caller's. */
static void
as_owner(const UpProfile *p, void (*drop)(const UpProfile *p, Oid trigger_function), Oid trigger_function)
{
	UpAsRole before;

	if (OidIsValid(p->owner))
		up_as_role_begin(&before, p->owner, "pg_catalog");
	drop(p, trigger_function);
	if (OidIsValid(p->owner))
		up_as_role_end(&before);
}

PG_FUNCTION_INFO_V1(uprofile_drop);
Datum
uprofile_drop(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpProfile *p = up_profile_load(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
	Oid trigger_function = up_watch_trigger_function(fcinfo->flinfo->fn_oid);
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(p->name);

	/* A model is the profile's by its name, with a dot, and by its owner. */
	if (!PG_GETARG_BOOL(1))
		up_query(false,
				 psprintf("DELETE FROM %s.uprofile_model_names n USING %s.uprofile_profile_definitions d, "
						  "LATERAL " UP_MODELS_OF_PROFILE
						  "WHERE d.name = $1 AND n.name = d.name || '.' || k AND "
						  "n.owner_oid = d.owner_oid AND n.owner_mark = d.owner_mark",
						  schema, schema),
				 1, &type, &name, NULL);
	up_schedule_remove_job(p);
	as_owner(p, drop_view_and_watches, trigger_function);
	up_query(false, psprintf("DELETE FROM %s.uprofile_profile_definitions WHERE name = $1", schema), 1, &type,
			 &name, NULL);
	as_owner(p, drop_table, trigger_function);
	PG_RETURN_VOID();
}
