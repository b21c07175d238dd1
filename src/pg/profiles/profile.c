/*
 * profile.c - definitions of profiles; see profile.h
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "learn/learners.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "learn/request.h"
#include "pg/clean/clean_stage.h"
#include "pg/clean/clean_write.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/rows.h"
#include "pg/io/shards.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/models/auto.h"
#include "pg/models/folds.h"
#include "pg/models/owner.h"
#include "pg/models/registry_guard.h"
#include "pg/models/shared.h"
#include "pg/profiles/consent.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_name.h"

#include <math.h>

#define DEFAULT_FOLDS 5
#define MAX_REASONS   100

/* A string among the keys of a model's definition; NULL if absent. */
static const char *
take_text(const UpValue *definition, const char *key, const char *model)
{
	UpValue *v = up_value_get(definition, key);

	if (v == NULL || v->type == UP_NULL)
		return NULL;
	if (v->type != UP_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" of model \"%s\" must be text, not %s", key, model, up_value_type_name(v))));
	return v->string;
}

static double
take_test_size(const UpValue *definition, const char *model)
{
	UpValue *v = up_value_get(definition, "test_size");

	if (v == NULL)
		return 0.2;
	if (v->type != UP_NUMBER || !(v->number >= 0 && v->number < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"test_size\" of model \"%s\" must be a number of at least 0 and below 1", model)));
	return v->number;
}

/* "honest" and "folds": how many folds there are for scores of users that the model is trained on; 0: none. */
static int
take_folds(const UpValue *definition, const UpLearner *learner, const char *model)
{
	const UpValue *honest = up_value_get(definition, "honest"), *folds = up_value_get(definition, "folds");
	bool is_honest = honest != NULL && honest->type == UP_BOOLEAN && honest->boolean;

	if (honest != NULL && honest->type != UP_NULL && honest->type != UP_BOOLEAN)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"honest\" of model \"%s\" must be true or false, not %s", model,
							   up_value_type_name(honest))));
	if (is_honest && (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" has no target, so that its scores cannot be more honest", model),
						errhint("Leave \"honest\" out.")));
	if (folds == NULL || folds->type == UP_NULL)
		return is_honest ? DEFAULT_FOLDS : 0;
	if (folds->type != UP_NUMBER || folds->number != floor(folds->number) || folds->number < 2 ||
		folds->number > UP_MAX_FOLDS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"folds\" of model \"%s\" must be a whole number from 2 to %d", model, UP_MAX_FOLDS)));
	if (!is_honest)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" has \"folds\", and is not \"honest\"", model),
						errhint("Add \"honest\": true.")));
	return (int) folds->number;
}

static int
take_reasons(const UpValue *definition, const char *model)
{
	const UpValue *v = up_value_get(definition, "reasons");

	if (v == NULL || v->type == UP_NULL)
		return 0;
	if (v->type != UP_NUMBER || v->number != floor(v->number) || v->number < 0 || v->number > MAX_REASONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"reasons\" of model \"%s\" must be a whole number from 0 to %d", model, MAX_REASONS),
				 errhint("It is how many of the columns that speak most for a prediction are kept with it.")));
	return (int) v->number;
}

/* Everything in the definition that is a parameter of the algorithm. */
static UpValue *
params_of(const UpValue *definition)
{
	UpValue *params = up_value_object();

	for (uint32_t i = 0; i < definition->n; i++)
	{
		if (!up_retrain_is_key(definition->keys[i]))
			up_value_set(params, definition->keys[i], definition->items[i]);
	}
	return params;
}

static bool
only_regresses(const UpProfileModel *m)
{
	const UpValue *task = up_value_get(m->params, "task");

	return (m->learner->abilities & UP_L_CLASSIFY) == 0 ||
		   (task != NULL && task->type == UP_STRING && strcmp(task->string, "regression") == 0);
}

/* Whether the profile's table has the column, so that its source had it once. */
static bool
was_in_source(const UpProfile *p, const char *column)
{
	Oid schema = p->identity != NULL ? get_namespace_oid(p->table_schema, true) : InvalidOid;
	Oid table = OidIsValid(schema) ? get_relname_relid(p->table_name, schema) : InvalidOid;

	return OidIsValid(table) && get_attnum(table, column) != InvalidAttrNumber;
}

static void
check_target(const UpProfile *p, const UpProfileModel *m)
{
	if (up_attribute_named(p->columns, m->target) == NULL && was_in_source(p, m->target))
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("the source has no column \"%s\" any more, which model \"%s\" predicts; bring it back, "
					"or give up both with uprofile_alter(%s, models => '{\"%s\": null}', drop_columns => %s)",
					m->target, m->registered, quote_literal_cstr(p->name), m->column,
					quote_literal_cstr(psprintf("{%s}", quote_identifier(m->target))))));
}

unsigned
up_profile_tasks(const UpProfileModel *m)
{
	unsigned tasks = m->learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS);
	const UpValue *task = up_value_get(m->params, "task");

	if (only_regresses(m))
		return tasks & UP_L_REGRESS;
	if (m->label_kind != UP_LABEL_NUMBER || (task != NULL && task->type == UP_STRING))
		return tasks & UP_L_CLASSIFY;
	return tasks;
}

static void
resolve_target(const UpProfile *p, UpProfileModel *m)
{
	UpRowReader *reader = up_row_reader_new(p->columns);
	bool needs_target = (m->learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0;

	if (needs_target != (m->target != NULL))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\": algorithm \"%s\" %s target", m->column, m->search.algorithm,
							   needs_target ? "needs a" : "has no"),
						needs_target ? errhint("Add \"target\": a column of the source.")
									 : errhint("Leave \"target\" out.")));
	if (m->target == NULL)
		return;
	check_target(p, m);
	m->label_kind =
		up_attribute_label_kind(&reader->attributes[up_row_reader_find(reader, m->target, "target")]);
	/* Numbers kept as text are regressed on as what they are. */
	if (m->label_kind == UP_LABEL_TEXT && only_regresses(m))
		m->label_kind = UP_LABEL_NUMBER;
}

static void
resolve_model(UpProfile *p, UpProfileModel *m, const char *column, UpValue *definition)
{
	const char *algorithm;

	if (definition->type != UP_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("model \"%s\" must be an object, not %s", column, up_value_type_name(definition)),
				 errhint("For example {\"algorithm\": \"kmeans\", \"k\": 6}.")));
	m->column = column;
	m->registered = psprintf("%s.%s", p->name, column);
	algorithm = take_text(definition, "algorithm", column);
	if (algorithm == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" has no key \"algorithm\"", column),
						definition->n > 0 ? errdetail("It has \"%s\".", definition->keys[0]) : 0,
						errhint("For example {\"algorithm\": \"kmeans\", \"k\": 6}.")));
	m->search.algorithm = algorithm;
	/* It may classify and regress, and tells probabilities. */
	m->learner = up_learner_by_name(strcmp(algorithm, UP_AUTO) == 0 ? "boost" : algorithm);
	if (m->learner->predict == NULL && !up_profile_embeds(m))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\": algorithm \"%s\" does not predict", column, algorithm)));
	m->target = take_text(definition, "target", column);
	m->test_size = take_test_size(definition, column);
	m->folds = take_folds(definition, m->learner, column);
	m->reasons = take_reasons(definition, column);
	if (m->reasons > 0 && up_profile_embeds(m))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" predicts nothing that could have reasons", column),
						errhint("Leave \"reasons\" out.")));
	up_retrain_rules_parse(&m->rules, definition, column, m->learner, m->test_size);
	if (m->folds > 0 && m->rules.incremental)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model \"%s\" cannot be honest and learn on: its folds are trained anew each time", column),
			 errhint("Leave out \"honest\" or \"learn\".")));
	m->params = params_of(definition);
	for (uint32_t i = 0; i < m->params->n; i++)
		up_retrain_check_key(m->params->keys[i], column, m->learner);
	up_model_search_parse(
		&m->search, definition,
		&(UpSearchedModel){column, m->learner, m->params, m->test_size, m->rules.incremental, m->folds > 0});
	resolve_target(p, m);
}

/* What one model predicts is no feature of another. */
static void
exclude_targets(UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		UpValue *exclude = up_value_get(p->models[i].params, "exclude");

		if (up_value_get(p->models[i].params, "features") != NULL)
			continue;
		exclude = exclude != NULL && exclude->type == UP_ARRAY ? up_value_copy(exclude) : up_value_array();
		for (int j = 0; j < p->n_models; j++)
		{
			const char *target = p->models[j].target;

			if (target != NULL && (p->models[i].target == NULL || strcmp(target, p->models[i].target) != 0))
				up_value_append(exclude, up_value_string(target));
		}
		if (exclude->n > 0)
			up_value_set(p->models[i].params, "exclude", exclude);
	}
}

/* The columns are those that cleaning leaves. */
static void
resolve_clean(UpProfile *p)
{
	UpCleanTable *t;
	const UpCleanStep *obstacle;

	p->source_columns = p->columns;
	if (p->clean == NULL)
		return;
	t = up_clean_stage_try(up_value_from_jsonb(p->clean), p->source_columns, p->key);
	obstacle = up_clean_stage_obstacle(t);
	p->columns = up_clean_columns(t);
	p->clean_obstacle = obstacle != NULL ? psprintf("%s of clean compares users", obstacle->rule->owner) : NULL;
}

static bool
lists(const UpValue *params, const char *key, const char *name)
{
	UpValue *list = up_value_get(params, key);

	for (uint32_t i = 0; list != NULL && list->type == UP_ARRAY && i < list->n; i++)
	{
		if (list->items[i]->type == UP_STRING && strcmp(list->items[i]->string, name) == 0)
			return true;
	}
	return false;
}

/* Whether the column is a feature of the model, as far as its definition says. */
static bool
sees(const UpProfileModel *m, const char *name)
{
	if (up_value_get(m->params, "features") != NULL)
		return lists(m->params, "features", name);
	return !lists(m->params, "exclude", name);
}

bool
up_profile_sees_live(const UpProfile *p, const UpProfileModel *m)
{
	for (int i = 0; i < p->policy->n_live; i++)
	{
		if (p->policy->live[i].feature && sees(m, p->policy->live[i].column))
			return true;
	}
	return false;
}

void
up_profile_resolve(UpProfile *p, Jsonb *definitions)
{
	UpValue *models = up_value_from_jsonb(definitions);

	if (models->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("models must be a JSON object, not %s", up_value_type_name(models)),
						errhint("For example '{\"segment\": {\"algorithm\": \"kmeans\", \"k\": 6}}'.")));
	p->parsing = true;
	p->query = up_source_query(p->source);
	p->columns = up_query_columns(p->query);
	p->parsing = false;
	up_key_resolve(&p->key_parts, p->key, p->columns);
	p->key = up_key_text(&p->key_parts);
	if (p->consent != NULL)
		p->query = p->agreed = up_consent_query(p->consent, &p->key_parts, p->columns, p->query);
	resolve_clean(p);
	p->n_models = (int) models->n;
	p->models = palloc0(sizeof(UpProfileModel) * Max(p->n_models, 1));
	for (int i = 0; i < p->n_models; i++)
		resolve_model(p, &p->models[i], models->keys[i], models->items[i]);
	exclude_targets(p);
	up_policy_features(p->policy, p->columns);
}

static bool
has_features(const UpProfile *p)
{
	/* All that can be: the deployed version may see one that the definition has no more. */
	for (int i = 0; p->n_models > 0 && i < p->policy->n_live; i++)
	{
		if (p->policy->live[i].feature)
			return true;
	}
	return false;
}

bool
up_profile_scores_age(const UpProfile *p)
{
	for (int i = 0; p->policy->score == UP_SCORE_REFRESH && has_features(p) && i < p->n_models; i++)
	{
		if (up_profile_sees_live(p, &p->models[i]))
			return true;
	}
	return false;
}

static const char *
with_features(const UpProfile *p, const char *query)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT profile.*");
	up_policy_append_live(&sql, p->policy, true);
	appendStringInfo(&sql, " FROM (%s) profile", query);
	return sql.data;
}

const char *
up_profile_admitted(const UpProfile *p, const char *query, const char *asked)
{
	if (p->admits == NULL)
		return query;
	/* Other nodes do not know who is forgotten: their rows come here (OFFSET 0), to be asked about beside a table of this node. */
	if (up_reads_shards(query))
		return psprintf("SELECT uprofile_row.* FROM (SELECT * FROM (%s) uprofile_row WHERE %s OFFSET 0) "
						"uprofile_row, pg_catalog.pg_namespace uprofile_here WHERE uprofile_here.nspname "
						"OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name AND %s",
						query, asked != NULL ? asked : "true", p->admits);
	return psprintf("SELECT uprofile_row.* FROM (%s) uprofile_row WHERE %s", query, p->admits);
}

const char *
up_profile_rows_query(const UpProfile *p)
{
	return has_features(p) ? with_features(p, p->query) : p->query;
}

const char *
up_profile_rows_source(const UpProfile *p)
{
	if (!has_features(p))
		return p->agreed != NULL ? p->agreed : p->source;
	return with_features(p, p->agreed != NULL ? p->agreed : up_source_query(p->source));
}

bool
up_profile_embeds(const UpProfileModel *m)
{
	return m->learner->predict == NULL && m->learner->width != NULL;
}

bool
up_profile_has_probability(const UpProfileModel *m)
{
	return m->target != NULL ? m->learner->proba != NULL : m->learner->membership != NULL;
}

char *
up_profile_probability_name(const char *model)
{
	return psprintf("%s_probability", model);
}

char *
up_profile_reasons_name(const char *model)
{
	return psprintf("%s_reasons", model);
}

char *
up_profile_base(const UpProfile *p)
{
	size_t len = strlen(p->table_name), suffix = strlen(UP_TABLE_SUFFIX);

	if (len > suffix && strcmp(p->table_name + len - suffix, UP_TABLE_SUFFIX) == 0)
		len -= suffix;
	return pnstrdup(p->table_name, len);
}

static UpRows
select_definition(const char *schema, const char *name, const char *locking)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);

	return up_query(
		false,
		psprintf(
			"SELECT table_schema, table_name, source, source_path, key_column, watch, models, scored, policy, "
			"owner_oid, table_columns, clean, cleaned, segments, offers, consent, "
			"identity::text AS identity, %s AS owner_known FROM %s.uprofile_profile_definitions d WHERE "
			"name = $1 %s",
			up_owner_known(schema, "d"), schema, locking),
		1, &type, &value, NULL);
}

static Jsonb *
jsonb_or_null(const UpRows *r, const char *column)
{
	bool isnull;
	Datum value = up_rows_get(r, 0, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

void
up_profile_fail_unknown(const char *schema, const char *name)
{
	up_fail_unknown(
		"profile", name,
		psprintf("SELECT profile AS name FROM %s.uprofile_profiles ORDER BY profile LIMIT 1000", schema));
}

void
up_profile_fail_model(const UpProfile *p, const char *name)
{
	const UpValue *models = up_value_from_jsonb(p->definitions);

	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("profile \"%s\" has no model \"%s\"", p->name, name),
		 up_hint_nearest(up_nearest_name(name, (const char *const *) models->keys, (int) models->n), NULL)));
}

/* The definition that was found, if one was. */
static UpProfile *
found_definition(const char *schema, const char *name, const UpRows *r)
{
	UpProfile *p = palloc0(sizeof(UpProfile));
	Datum columns;
	bool isnull;

	if (r->n == 0 && up_shared_profile(schema, name))
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for profile \"%s\"", name),
			 errdetail("It is granted to you for reading: its table and view, and predictions by its models."),
			 errhint("Its owner, or a member of that role, refreshes and changes it.")));
	if (r->n == 0)
		up_profile_fail_unknown(schema, name);
	p->schema = schema;
	p->name = name;
	p->owner = up_owner_get(r, 0);
	p->identity = TextDatumGetCString(up_rows_get(r, 0, "identity", &isnull));
	p->table_schema = TextDatumGetCString(up_rows_get(r, 0, "table_schema", &isnull));
	p->table_name = TextDatumGetCString(up_rows_get(r, 0, "table_name", &isnull));
	p->table = quote_qualified_identifier(p->table_schema, p->table_name);
	p->source = TextDatumGetCString(up_rows_get(r, 0, "source", &isnull));
	p->source_path = TextDatumGetCString(up_rows_get(r, 0, "source_path", &isnull));
	p->key = TextDatumGetCString(up_rows_get(r, 0, "key_column", &isnull));
	p->watch = TextDatumGetCString(up_rows_get(r, 0, "watch", &isnull));
	p->scored = jsonb_or_null(r, "scored");
	columns = up_rows_get(r, 0, "table_columns", &isnull);
	p->table_columns = isnull ? NULL : up_value_from_jsonb(DatumGetJsonbP(columns));
	if (p->table_columns != NULL && p->table_columns->type != UP_OBJECT)
		p->table_columns = NULL;
	p->definitions = DatumGetJsonbPCopy(up_rows_get(r, 0, "models", &isnull));
	p->clean = jsonb_or_null(r, "clean");
	p->cleaned = jsonb_or_null(r, "cleaned");
	p->segments = jsonb_or_null(r, "segments");
	p->offers = jsonb_or_null(r, "offers");
	p->consent = up_rows_text(r, 0, "consent");
	p->policy_said = DatumGetJsonbPCopy(up_rows_get(r, 0, "policy", &isnull));
	p->policy = up_policy_parse(p->policy_said);
	up_policy_add_rules(p->policy, p->segments);
	return p;
}

static void
check_may_write(const char *name)
{
	if (RecoveryInProgress())
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("profile \"%s\" cannot be refreshed or changed on a standby", name),
						errhint("Do it on the primary. Reading works here, and brings what is done there.")));
	if (XactReadOnly)
		ereport(ERROR,
				(errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
				 errmsg("profile \"%s\" cannot be refreshed or changed in a read-only transaction", name)));
}

UpProfile *
up_profile_load(const char *schema, const char *name, bool wait)
{
	UpRows r;

	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	name = up_profile_name_stored(schema, name);
	r = select_definition(schema, name, wait ? "FOR NO KEY UPDATE" : "FOR NO KEY UPDATE SKIP LOCKED");
	if (r.n == 0 && !wait && select_definition(schema, name, "").n > 0)
		return NULL;
	return found_definition(schema, name, &r);
}

UpProfile *
up_profile_look(const char *schema, const char *name)
{
	UpRows r;

	up_registry_guard(schema, AccessShareLock);
	name = up_profile_name_stored(schema, name);
	r = select_definition(schema, name, "");
	return found_definition(schema, name, &r);
}

UpProfile *
up_profile_look_shared(const char *schema, const char *name)
{
	UpAsRole before;
	UpProfile *p = NULL;
	UpRows r;

	up_shared_begin(&before, schema);
	up_registry_guard(schema, AccessShareLock);
	name = up_profile_name_stored(schema, name);
	r = select_definition(schema, name, "");
	if (r.n > 0)
		p = found_definition(schema, name, &r);
	up_as_role_end(&before);
	/* As the caller again: its owner sees the names of all. */
	if (p == NULL)
		up_profile_fail_unknown(schema, name);
	return p;
}

char *
up_profile_constraint(const UpProfile *p)
{
	StringInfoData name;

	initStringInfo(&name);
	appendStringInfoString(&name, "uprofile_");
	for (const char *c = p->identity; *c != '\0'; c++)
	{
		if (*c != '-')
			appendStringInfoChar(&name, *c);
	}
	return name.data;
}

/* Of a table; InvalidOid of what is none, and of what is not there. */
static Oid
table_owner(Oid table)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION || form->relkind == RELKIND_PARTITIONED_TABLE)
			owner = form->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Where the profile's table is under another name: its owner's, with the mark that it was made with. Its history has the same one, and no
 * primary key.
 */
static Oid
marked_table(const UpProfile *p)
{
	Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
	Oid found = InvalidOid, primary_key;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(up_profile_constraint(p)));
	scan = systable_beginscan(catalog, ConstraintNameNspIndexId, true, NULL, 1, &key);
	while (OidIsValid(p->owner) && !OidIsValid(found) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid table = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;

		if (OidIsValid(table) && table_owner(table) == p->owner &&
			get_primary_key_attnos(table, true, &primary_key) != NULL)
			found = table;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return found;
}

/* What gives that table its schema and name back. */
static char *
how_to_return(const UpProfile *p, const char *schema, const char *name)
{
	const char *schema_then = p->table_schema, *separator = "";
	StringInfoData ways;

	initStringInfo(&ways);
	if (strcmp(schema, schema_then) != 0)
	{
		bool is_there = OidIsValid(get_namespace_oid(schema_then, true));

		/* Nobody has renamed a schema to what every database has. */
		if (!is_there && strcmp(schema, "public") == 0)
			appendStringInfo(&ways, "CREATE SCHEMA %s; ", quote_identifier(schema_then));
		if (is_there || strcmp(schema, "public") == 0)
			appendStringInfo(&ways, "ALTER TABLE %s SET SCHEMA %s", quote_qualified_identifier(schema, name),
							 quote_identifier(schema_then));
		else
			appendStringInfo(&ways, "ALTER SCHEMA %s RENAME TO %s", quote_identifier(schema),
							 quote_identifier(schema_then));
		separator = "; ";
	}
	if (strcmp(name, p->table_name) != 0)
		appendStringInfo(&ways, "%sALTER TABLE %s RENAME TO %s", separator,
						 quote_qualified_identifier(schema_then, name), quote_identifier(p->table_name));
	return ways.data;
}

/* What is wrong with the table of the profile's name, or NULL; and what to do. */
static char *
table_fault(const UpProfile *p, Oid table, char **hint)
{
	Oid owner = table_owner(table), moved;
	char *fault = psprintf("Table %s does not exist.", p->table), *schema, *name;

	*hint = "Drop the profile with uprofile_drop and create it again.";
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table)))
	{
		if (OidIsValid(owner) && OidIsValid(get_relation_constraint_oid(table, up_profile_constraint(p), true)))
		{
			if (!OidIsValid(p->owner) || owner == p->owner)
				return NULL;
			*hint = "uprofile_reassign_profile(profile, role) gives a profile and its table one owner.";
			return psprintf("Table %s belongs to \"%s\", and the profile to \"%s\".", p->table,
							GetUserNameFromId(owner, false), GetUserNameFromId(p->owner, false));
		}
		fault = psprintf("%s is not the table that was made for the profile.", p->table);
	}
	moved = marked_table(p);
	schema = OidIsValid(moved) ? get_namespace_name(get_rel_namespace(moved)) : NULL;
	name = OidIsValid(moved) ? get_rel_name(moved) : NULL;
	/* It may be dropped meanwhile. */
	if (schema == NULL || name == NULL)
		return fault;
	*hint = psprintf("Give it back its place: %s", how_to_return(p, schema, name));
	return psprintf("%s The profile's table is now %s.", fault, quote_qualified_identifier(schema, name));
}

static Oid
table_of_name(const UpProfile *p)
{
	Oid schema = get_namespace_oid(p->table_schema, true);

	return OidIsValid(schema) ? get_relname_relid(p->table_name, schema) : InvalidOid;
}

Oid
up_profile_own_table(const UpProfile *p, LOCKMODE lock, bool missing_ok, char **why)
{
	Oid table = table_of_name(p);
	char *hint, *fault = table_fault(p, table, &hint);

	/* Nobody else's table is locked, not even for a moment; it may have changed before ours was. */
	if (fault == NULL)
	{
		LockRelationOid(table, lock);
		fault = table_fault(p, table, &hint);
		if (table_of_name(p) != table)
		{
			fault = psprintf("Table %s has just changed.", p->table);
			hint = "Run it again.";
		}
	}
	if (fault == NULL)
		return table;
	if (!missing_ok)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("profile \"%s\" has lost its table", p->name), errdetail_internal("%s", fault),
						errhint("%s", hint)));
	*why = fault;
	return InvalidOid;
}

Oid
up_profile_owner(const UpProfile *p)
{
	if (!OidIsValid(p->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("the owner of profile \"%s\" is gone", p->name),
				 errhint("uprofile_reassign_profile(profile, role) gives it to another role.")));
	if (!has_privs_of_role(GetUserId(), p->owner))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("profile \"%s\" can be refreshed by members of role \"%s\" only", p->name,
							   GetUserNameFromId(p->owner, false))));
	return p->owner;
}

Oid
up_profile_column_type(const UpProfileModel *m)
{
	if (up_profile_embeds(m))
		return FLOAT4ARRAYOID;
	if (m->target == NULL)
		return INT4OID;
	if (m->label_kind == UP_LABEL_BOOLEAN)
		return BOOLOID;
	return m->label_kind == UP_LABEL_NUMBER ? FLOAT8OID : TEXTOID;
}
