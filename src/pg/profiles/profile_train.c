/*
 * profile_train.c - the models of a profile; see profile_train.h
 *
 * A model is due when neither the deployed version nor the last one was trained as the profile defines it now, or when
 * one of its policies fires (retrain.c). One that could not be trained leaves no version; its last attempt is among the steps
 * of the runs, and the next comes after retrain_after, or a day. Each training is a subtransaction of its own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "learn/request.h"
#include "pg/io/as_role.h"
#include "pg/io/caught.h"
#include "pg/io/nearest.h"
#include "pg/profiles/forget_models.h"
#include "pg/profiles/model_columns.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile_train.h"
#include "pg/profiles/retrain.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/models/train_named.h"
#include "pg/io/value_pg.h"
#include "pg/progress.h"

/* When a model that could not be trained is tried again, if its definition does not say. */
#define TRY_AGAIN_AFTER "1 day"

/* A version of a model, as far as it concerns whether another is due. */
typedef struct Version
{
	bool exists;
	int64 id;
	int32 version;
	bool matches; /* trained as the profile defines it now */
	bool recent;  /* retrain_after has not passed */
	bool again;   /* as long has passed as a failed attempt waits */
	double users; /* that it knew */
	double test_size;
	Datum trained_at;
	const char *target;
	bool classifies;
	const char *note;
} Version;

/* The names in '{a, b}'; otherwise the one that is given. */
static List *
named_models(const char *given)
{
	List *names = NIL;
	Datum *elements;
	bool *nulls;
	int n;

	if (given[0] != '{')
		return list_make1(pstrdup(given));
	deconstruct_array(DatumGetArrayTypeP(OidInputFunctionCall(F_ARRAY_IN, pstrdup(given), TEXTOID, -1)),
					  TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

UpRetrainOrder
up_retrain_order(const char *given)
{
	static const char *const words[] = {"due", "all", "none"};
	UpRetrainOrder order = {UP_RETRAIN_NAMED, given, NIL};

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (strcmp(given, words[i]) == 0)
			order.what = (UpRetrain) i;
	}
	if (order.what == UP_RETRAIN_NAMED)
		order.models = named_models(given);
	return order;
}

static void
refuse_name(const UpProfile *p, const UpValue *models, const char *name)
{
	StringInfoData list;
	const char *nearest =
		models->n > 0 ? up_nearest_name(name, (const char *const *) models->keys, (int) models->n) : NULL;

	initStringInfo(&list);
	for (uint32_t i = 0; i < models->n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", models->keys[i]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("retrain is \"%s\", and profile \"%s\" has no such model", name, p->name),
					errdetail("Allowed: due, all, none, or names of models%s%s.", models->n > 0 ? ": " : "",
							  list.data),
					up_hint_nearest(nearest, NULL)));
}

void
up_retrain_check_order(const UpProfile *p, UpRetrainOrder *order)
{
	UpValue *models = up_value_from_jsonb(p->definitions);
	size_t prefix = strlen(p->name);
	ListCell *cell;

	foreach (cell, order->models)
	{
		const char *name = lfirst(cell);

		/* Its name among the models, with the profile's. */
		if (up_value_get(models, name) == NULL && strncmp(name, p->name, prefix) == 0 && name[prefix] == '.')
			name += prefix + 1;
		if (up_value_get(models, name) == NULL && (p->offers == NULL || strcmp(name, UP_OFFERS_MODEL) != 0))
			refuse_name(p, models, name);
		lfirst(cell) = unconstify(char *, name);
	}
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * Parameters as stored with a version are complete. What the definition does not give counts as its default, except
 * where the version is older than the parameter, or training chose for itself.
 */
static bool
same_params(const UpProfileModel *m, const UpValue *trained)
{
	const UpValue *wanted = up_request_parse(m->learner, m->params)->values;

	for (uint32_t i = 0; i < wanted->n; i++)
	{
		const char *name = wanted->keys[i];
		bool given = up_value_get(m->params, name) != NULL;
		const UpValue *other = up_value_get(trained, name);

		if (!given && (other == NULL || strcmp(name, "probability") == 0))
			continue;
		if (other == NULL || !up_value_equal(wanted->items[i], other))
			return false;
	}
	for (uint32_t i = 0; i < trained->n; i++)
	{
		if (up_value_get(wanted, trained->keys[i]) == NULL)
			return false;
	}
	return true;
}

static bool
as_defined(const UpProfile *p, const UpProfileModel *m, const UpRows *r, uint64 row)
{
	bool isnull, searched;
	double test_size = DatumGetFloat8(up_rows_get(r, row, "test_size", &isnull));
	UpValue *asked = up_model_search_asked(&m->search, m->params, m->test_size);
	Datum stored = up_rows_get(r, row, "asked", &searched);
	bool same;

	searched = !searched;
	if (asked != NULL || searched)
		same = asked != NULL && searched && up_value_equal(asked, up_value_from_jsonb(DatumGetJsonbP(stored)));
	else
		same = same_text(up_rows_text(r, row, "algorithm"), m->search.algorithm) && test_size == m->test_size &&
			   same_params(m, up_value_from_jsonb(DatumGetJsonbP(up_rows_get(r, row, "params", &isnull))));
	return same && same_text(up_rows_text(r, row, "target"), m->target) &&
		   same_text(up_rows_text(r, row, "key_column"), p->key) &&
		   same_text(up_rows_text(r, row, "source"), up_profile_rows_source(p)) &&
		   strcmp(up_stored_path(up_rows_text(r, row, "source_path")), up_stored_path(p->source_path)) == 0 &&
		   DatumGetInt32(up_rows_get(r, row, "folds", &isnull)) == m->folds;
}

/* The deployed version, and the last one. */
static void
find_versions(const UpProfile *p, const UpProfileModel *m, Version *deployed, Version *last)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(m->registered),
					  m->rules.after != NULL ? CStringGetTextDatum(m->rules.after) : (Datum) 0};
	char nulls[] = {' ', m->rules.after != NULL ? ' ' : 'n', '\0'};
	UpRows r = up_query(
		false,
		psprintf(
			"SELECT v.id, v.version, v.id = n.deployed IS TRUE AS deployed, v.algorithm, v.task, v.source, "
			"v.source_path, v.target, v.key_column, v.params, v.test_size, v.note, v.trained_at, v.n_rows + "
			"v.n_test_rows AS users, coalesce(v.trained_at + "
			"$2::interval >= clock_timestamp(), true) AS recent, v.trained_at + coalesce($2, '" TRY_AGAIN_AFTER
			"')::interval < clock_timestamp() AS again, (SELECT count(*) FROM %s.uprofile_model_folds "
			"f WHERE "
			"f.version_id = v.id)::int4 AS folds, (SELECT d.asked FROM %s.uprofile_model_designs d WHERE "
			"d.version_id = v.id) AS asked FROM %s.uprofile_model_names n JOIN "
			"%s.uprofile_model_versions v ON v.model = n.name WHERE n.name = $1 AND (v.id = n.deployed OR "
			"v.version = (SELECT max(w.version) FROM %s.uprofile_model_versions w WHERE w.model = n.name)) "
			"ORDER BY v.version",
			p->schema, p->schema, p->schema, p->schema, p->schema),
		2, types, values, nulls);

	memset(deployed, 0, sizeof(Version));
	memset(last, 0, sizeof(Version));
	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull;

		last->exists = true;
		last->id = DatumGetInt64(up_rows_get(&r, i, "id", &isnull));
		last->version = DatumGetInt32(up_rows_get(&r, i, "version", &isnull));
		last->matches = as_defined(p, m, &r, i);
		last->recent = DatumGetBool(up_rows_get(&r, i, "recent", &isnull));
		last->again = DatumGetBool(up_rows_get(&r, i, "again", &isnull));
		last->users = (double) DatumGetInt64(up_rows_get(&r, i, "users", &isnull));
		last->test_size = DatumGetFloat8(up_rows_get(&r, i, "test_size", &isnull));
		last->trained_at = up_rows_get(&r, i, "trained_at", &isnull);
		last->target = up_rows_text(&r, i, "target");
		last->classifies = strcmp(up_rows_text(&r, i, "task"), "classification") == 0;
		last->note = up_rows_text(&r, i, "note");
		if (DatumGetBool(up_rows_get(&r, i, "deployed", &isnull)))
			*deployed = *last;
	}
}

/* Everything that a training depends on but the data. */
static Jsonb *
whole_definition(const UpProfile *p, const UpProfileModel *m)
{
	UpValue *v = up_value_object();

	up_value_set(v, "algorithm", up_value_string(m->search.algorithm));
	up_value_set(v, "target", up_value_string(m->target));
	up_value_set(v, "key", up_value_string(p->key));
	up_value_set(v, "source", up_value_string(up_profile_rows_source(p)));
	up_value_set(v, "source_path", up_value_string(p->source_path));
	up_value_set(v, "test_size", up_value_number(m->test_size));
	if (m->folds > 0)
		up_value_set(v, "folds", up_value_number(m->folds));
	up_value_set(v, "params", up_value_copy(m->params));
	if (m->search.tune != NULL)
		up_value_set(v, "tune", up_value_copy(m->search.tune));
	if (m->search.split != NULL)
		up_value_set(v, "split", up_value_copy(m->search.split));
	return up_value_to_jsonb(v);
}

static const char *
try_again_after(const UpProfileModel *m)
{
	return m->rules.after != NULL ? m->rules.after : TRY_AGAIN_AFTER;
}

/*
 * Why the last attempt with this definition failed, if it came after that version; or NULL. *again says whether it is time for
 * another.
 */
static const char *
failed_attempt(const UpProfile *p, const UpProfileModel *m, const Version *after, bool *again)
{
	Oid types[] = {TEXTOID, TEXTOID, JSONBOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(m->registered),
					  JsonbPGetDatum(whole_definition(p, m)), CStringGetTextDatum(try_again_after(m)),
					  after != NULL ? after->trained_at : (Datum) 0};
	UpRows r = up_query(
		false,
		psprintf(
			"SELECT reason, decided_at + $4::interval < clock_timestamp() AS again FROM (SELECT * FROM "
			"%s.uprofile_refresh_steps WHERE profile = $1 AND model = $2 AND attempted ORDER BY id DESC LIMIT "
			"1) s WHERE decision = 'failed' AND definition = $3 AND ($5 IS NULL OR decided_at > $5)",
			p->schema),
		lengthof(types), types, values, after != NULL ? NULL : "    n");
	bool isnull;

	if (r.n == 0)
		return NULL;
	*again = DatumGetBool(up_rows_get(&r, 0, "again", &isnull));
	return up_rows_text(&r, 0, "reason");
}

/* A failure is not tried again at once: what is due is not, and *why it is not stands in the step. */
static bool
waits(const UpProfile *p, const UpProfileModel *m, const Version *after, UpModelStep *step, bool *failed)
{
	bool again = false;
	const char *failure = failed_attempt(p, m, after, &again);

	*failed = failure != NULL;
	if (failure == NULL || again)
		return false;
	step->reason =
		psprintf("%s (it is tried again %s after that, or with retrain => 'all')", failure, try_again_after(m));
	return true;
}

/* Of a model that is trained as defined: what its policies say. */
static const char *
why_again(const UpProfile *p, const UpProfileModel *m, const Version *deployed, const Version *last,
		  UpRetrainLook look, UpModelStep *step)
{
	UpRetrainCase c = {.p = p,
					   .m = m,
					   .version = last->version,
					   .recent = last->recent,
					   .again = last->again,
					   .users = last->users};
	int64 changed = look.changed + look.waiting;
	const char *why;
	bool failed;

	c.everybody = look.everybody;
	c.waiting = (double) look.waiting;
	if (deployed->exists && same_text(deployed->target, m->target))
	{
		c.deployed_id = deployed->id;
		c.deployed = deployed->version;
		c.test_size = deployed->test_size;
	}
	why = up_retrain_due(&c);
	step->said = c.said;
	if (why == NULL && m->rules.incremental && changed > 0 && deployed->exists && deployed->matches)
	{
		step->learns_on = true;
		why =
			psprintf("it learns on from %lld user%s who changed", (long long) changed, changed == 1 ? "" : "s");
	}
	return why != NULL && waits(p, m, last, step, &failed) ? NULL : why;
}

/* Where nobody asked for this model: why it is due, or NULL. */
static const char *
why_by_itself(const UpProfile *p, const UpProfileModel *m, UpRetrainLook look, UpModelStep *step)
{
	Version deployed, last;
	bool failed;

	find_versions(p, m, &deployed, &last);
	if (deployed.exists && deployed.matches && !last.matches)
		last = deployed;
	if (step->forgets)
		return waits(p, m, &last, step, &failed)
				   ? NULL
				   : psprintf("version %d may have seen a user who is forgotten", deployed.version);
	if (m->rules.manual)
	{
		if (!last.matches)
			step->reason = psprintf("it is trained only with retrain => 'all' or retrain => '%s'", m->column);
		return NULL;
	}
	if (last.matches)
		return why_again(p, m, &deployed, &last, look, step);
	if (waits(p, m, NULL, step, &failed))
		return NULL;
	if (failed)
		return "the last attempt failed";
	return last.exists ? psprintf("version %d was trained as something else was defined", last.version)
					   : "it is not trained yet";
}

/* Whether the version in use may have seen somebody who was forgotten since; where it is pinned, the last that was trained. */
static bool
must_forget(const UpProfile *p, const UpProfileModel *m)
{
	Version deployed, last;

	find_versions(p, m, &deployed, &last);
	if (!deployed.exists)
		return false;
	return up_forget_due(
		p, m->column, up_registry_pinned(p->schema, m->registered) > 0 ? last.trained_at : deployed.trained_at);
}

/* Why the model is due, or NULL. */
static const char *
why_due(const UpProfile *p, const UpProfileModel *m, const UpRetrainOrder *order, UpRetrainLook look,
		UpModelStep *step)
{
	ListCell *cell;

	if (order->what == UP_RETRAIN_DUE)
		return why_by_itself(p, m, look, step);
	if (order->what == UP_RETRAIN_ALL)
		return "retrain => 'all'";
	foreach (cell, order->models)
	{
		if (strcmp(lfirst(cell), m->column) == 0)
			return psprintf("retrain => '%s'", order->said);
	}
	return NULL;
}

/* One that has not seen who is forgotten takes the place of one that may have, though it be worse. */
static UpTrained *
train(const UpProfile *p, const UpProfileModel *m, const char *changed, bool forgets)
{
	UpTrainOrder order = {0};

	order.schema = p->schema;
	order.name = m->registered;
	order.source = up_profile_rows_source(p);
	order.query = up_profile_admitted(p, up_profile_rows_query(p), NULL);
	order.target = m->target;
	order.key = p->key;
	order.params = up_value_copy(m->params);
	order.test_size = m->test_size;
	order.folds = m->folds;
	order.deploy =
		forgets && up_registry_pinned(p->schema, m->registered) == 0 ? UP_DEPLOY_ALWAYS : UP_DEPLOY_AUTO;
	order.learn_from = changed;
	up_model_search_order(&m->search, &order);
	return up_train_named(&order);
}

static void
tell_trained(const UpTrained *t, UpModelStep *step)
{
	step->version = t->version;
	step->decision = t->version == 0 ? "kept" : t->deployed ? "trained" : "not deployed";
	if (t->note != NULL)
		step->reason = pstrdup(t->note);
}

typedef struct Training
{
	const UpProfile *p;
	const UpProfileModel *m;
	UpModelStep *step;
	const char *changed;
	MemoryContext inner;
} Training;

static void
train_step(void *of)
{
	Training *t = of;
	MemoryContext outer = MemoryContextSwitchTo(t->inner);
	UpTrained *trained = train(t->p, t->m, t->step->learns_on ? t->changed : NULL, t->step->forgets);

	MemoryContextSwitchTo(outer);
	tell_trained(trained, t->step);
}

/* A failure leaves nothing but the step that tells it. */
static void
try_to_train(const UpProfile *p, const UpProfileModel *m, UpModelStep *step, const char *changed)
{
	Training t = {p, m, step, changed};
	ErrorData *e;

	step->attempted = true;
	step->definition = whole_definition(p, m);
	t.inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile_refresh model", ALLOCSET_DEFAULT_SIZES);
	e = up_attempt(train_step, &t);
	if (e != NULL)
	{
		up_stage(NULL, 0, 0);
		step->decision = "failed";
		step->reason = up_error_told(e);
	}
	MemoryContextDelete(t.inner);
}

/* The deployed version predicts what it should, but another should have taken its place: it goes on, and why. */
static void
say_goes_on(const Version *deployed, const Version *last, UpModelStep *step)
{
	step->goes_on = deployed->version;
	step->outdated = !deployed->matches;
	if (step->reason == NULL)
		step->reason = !last->matches ? "it is trained as defined now with retrain => 'due'"
					   : last->note != NULL
						   ? psprintf("version %d is not deployed: %s", last->version, last->note)
						   : psprintf("version %d is not deployed", last->version);
	else if (step->version > 0)
		step->reason = psprintf("version %d is not deployed: %s", step->version, step->reason);
}

/* Whether a version is deployed that predicts what the profile's columns are for. Returns why it cannot, where columns are gone. */
static const char *
use(const UpProfile *p, UpProfileModel *m, const Version *deployed)
{
	const char *obstacle = NULL;

	m->usable = deployed->exists && same_text(deployed->target, m->target);
	if (m->usable)
		obstacle = up_model_columns_obstacle(p, deployed->id);
	m->usable = m->usable && obstacle == NULL;
	m->version_id = m->usable ? deployed->id : 0;
	m->classifies = deployed->classifies;
	return obstacle;
}

static void
say_misfits(const UpProfile *p, const Version *deployed, const char *obstacle, UpModelStep *step)
{
	step->decision = "failed";
	step->reason =
		psprintf("version %d cannot predict: %s; uprofile_refresh(%s, retrain => 'all') trains it on the "
				 "columns as they are",
				 deployed->version, obstacle, quote_literal_cstr(p->name));
}

static void
find_usable(const UpProfile *p, UpProfileModel *m, UpModelStep *step)
{
	Version deployed, last;
	const char *obstacle;

	find_versions(p, m, &deployed, &last);
	obstacle = use(p, m, &deployed);
	if (obstacle != NULL && !step->attempted)
	{
		say_misfits(p, &deployed, obstacle, step);
		return;
	}
	if (m->usable)
	{
		if (!deployed.matches || strcmp(step->decision, "failed") == 0)
			say_goes_on(&deployed, &last, step);
		return;
	}
	if (obstacle != NULL)
		step->reason = psprintf("version %d cannot predict: %s%s%s", deployed.version, obstacle,
								step->reason != NULL ? "; " : "", step->reason != NULL ? step->reason : "");
	else if (step->reason == NULL)
		step->reason = last.note != NULL ? last.note
					   : last.exists     ? "no version is deployed"
										 : "it is not trained yet; refresh with retrain => 'due'";
	if (!step->attempted)
		step->decision = "missing";
}

void
up_profile_find_deployed(UpProfile *p)
{
	for (int i = 0; i < p->n_models; i++)
	{
		UpProfileModel *m = &p->models[i];
		Version deployed, last;

		find_versions(p, m, &deployed, &last);
		(void) use(p, m, &deployed);
	}
}

List *
up_profile_due(const UpProfile *p, const UpRetrainOrder *order, UpRetrainLook look)
{
	List *steps = NIL;
	bool forgets = p->n_models > 0 && up_forget_any(p);

	for (int i = 0; i < p->n_models; i++)
	{
		UpModelStep *step = palloc0(sizeof(UpModelStep));

		step->model = &p->models[i];
		step->decision = "kept";
		step->forgets = forgets && must_forget(p, step->model);
		step->why = why_due(p, step->model, order, look, step);
		steps = lappend(steps, step);
	}
	return steps;
}

void
up_profile_train(const UpProfile *p, List *steps, const char *changed)
{
	UpCallPart call = up_call_part();
	ListCell *cell;
	double n = 0, done = 0;

	foreach (cell, steps)
		n += ((UpModelStep *) lfirst(cell))->why != NULL;
	foreach (cell, steps)
	{
		UpModelStep *step = lfirst(cell);

		if (step->why == NULL)
			continue;
		/* What comes after the models is taken for one more. */
		up_call_set_part(call, done / (n + 1), (done + 1) / (n + 1));
		try_to_train(p, step->model, step, changed);
		done++;
	}
	if (n > 0)
		up_call_set_part(call, n / (n + 1), 1);
}

void
up_profile_find_usable(const UpProfile *p, List *steps)
{
	ListCell *cell;

	foreach (cell, steps)
	{
		UpModelStep *step = lfirst(cell);

		find_usable(p, step->model, step);
	}
}
