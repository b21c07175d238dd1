/*
 * train_named.c - training a version of a named model; see train_named.h
 *
 * The hold-out is chosen by a stable hash of the key, so that a user is a test row in every version or in none. A
 * new version replaces the deployed one unless it is worse on these very rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "assess/evaluate.h"
#include "learn/train.h"
#include "pg/models/model_cache.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/io/source_frame.h"
#include "pg/models/train_named.h"
#include "pg/io/value_pg.h"

#include <math.h>

/* Classifiers that can have probabilities get them: profiles and thresholds need them. */
static void
want_probability(const UpLearner *learner, UpValue *params)
{
	for (int i = 0; i < learner->params.n; i++)
	{
		const UpParam *p = &learner->params.params[i];

		if (strcmp(p->name, "probability") == 0 && p->type == UP_P_BOOL &&
			up_value_get(params, "probability") == NULL)
			up_value_set(params, "probability", up_value_bool(true));
	}
}

static const UpLearner *
chosen_learner(const UpTrainOrder *order)
{
	const UpLearner *learner = up_learner_by_name(order->algorithm);
	bool needs_label = (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0;

	if (needs_label && order->target == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" needs a target", learner->name),
						errhint("Name the column to be predicted: target => '…'.")));
	if (!needs_label && order->target != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" has no target", learner->name),
						errhint("Leave the target out, and exclude the column if it is no feature.")));
	return learner;
}

/* Positions of the rows held out. */
static size_t *
test_rows(const UpSourceFrame *s)
{
	size_t *rows = up_alloc_array(Max(s->n_held_out, 1), sizeof(size_t));
	size_t n = 0;

	for (size_t i = 0; s->n_held_out > 0 && i < s->frame->samples->n_rows; i++)
	{
		if (s->held_out[i])
			rows[n++] = i;
	}
	return rows;
}

static UpModel *
travelled(const UpModel *m, bytea **bytes)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	if (w.len > MaxAllocSize - VARHDRSZ)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the model of %zu MB is larger than a value can be", w.len / (1024 * 1024))));
	*bytes = palloc(w.len + VARHDRSZ);
	SET_VARSIZE(*bytes, w.len + VARHDRSZ);
	memcpy(VARDATA(*bytes), w.bytes, w.len);
	/* What is measured is what will be read back. */
	return up_get_model(w.bytes, w.len);
}

static UpValue *
measure(const UpFrame *f, const UpModel *m, const size_t *rows, size_t n, char **why)
{
	UpBinding *b = up_bind_frame(f, m, why);

	return b == NULL ? NULL : up_evaluate(b, rows, n);
}

/* The deployed version's model, or NULL if there is none. */
static UpModel *
deployed_model(const UpTrainOrder *order, int32 *version)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(order->name);
	UpRows r = up_query(false,
						psprintf("SELECT v.version, v.bytes FROM %s.uprofile_model_names n JOIN "
								 "%s.uprofile_model_versions v ON v.id = n.deployed WHERE n.name = $1",
								 order->schema, order->schema),
						1, &type, &name, NULL);
	bool isnull;

	if (r.n == 0)
		return NULL;
	*version = DatumGetInt32(up_rows_get(&r, 0, "version", &isnull));
	return up_model_parse((bytea *) PG_DETOAST_DATUM_PACKED(up_rows_get(&r, 0, "bytes", &isnull)));
}

/* Whether to deploy, and why, measured on the same rows. */
static bool
decide(const UpTrainOrder *order, const UpFrame *f, const UpModel *m, const UpValue *metrics,
	   const size_t *rows, size_t n, char **note)
{
	UpModel *old;
	UpValue *old_metrics;
	const char *metric;
	bool more_is_better;
	double now, before;
	char *why;
	int32 version = 0;

	if (order->deploy != UP_DEPLOY_AUTO)
		return order->deploy == UP_DEPLOY_ALWAYS;
	old = deployed_model(order, &version);
	if (old == NULL || (m->task != UP_TASK_CLASSIFY && m->task != UP_TASK_REGRESS))
		return true;
	if (n == 0)
	{
		*note = psprintf("deployed without comparison with version %d: no row was held out", version);
		return true;
	}
	if (old->task != m->task || old->label_kind != m->label_kind)
	{
		*note = psprintf("deployed without comparison: version %d predicts something else", version);
		return true;
	}
	old_metrics = measure(f, old, rows, n, &why);
	if (old_metrics == NULL)
	{
		*note = psprintf("deployed without comparison with version %d: %s", version, why);
		return true;
	}
	now = up_main_metric(m, metrics, &metric, &more_is_better);
	before = up_main_metric(m, old_metrics, &metric, &more_is_better);
	if (up_value_get(metrics, metric) == NULL || isnan(now) || isnan(before))
		return true;
	*note =
		psprintf("%s %.4f, and %.4f of the deployed version %d on the same rows", metric, now, before, version);
	return more_is_better ? now >= before : now <= before;
}

static int64
store(const UpTrainOrder *order, const UpModel *m, const UpTrained *t, bytea *bytes)
{
	Oid types[] = {TEXTOID,  INT4OID,   TEXTOID, TEXTOID, TEXTOID, TEXTOID,  TEXTOID, TEXTOID,
				   JSONBOID, FLOAT8OID, INT8OID, INT8OID, INT4OID, JSONBOID, TEXTOID, BYTEAOID};
	Datum values[] = {
		CStringGetTextDatum(order->name),
		Int32GetDatum(t->version),
		CStringGetTextDatum(t->algorithm),
		CStringGetTextDatum(t->task),
		CStringGetTextDatum(order->source),
		CStringGetTextDatum(GetConfigOption("search_path", false, false)),
		order->target != NULL ? CStringGetTextDatum(order->target) : (Datum) 0,
		order->key != NULL ? CStringGetTextDatum(order->key) : (Datum) 0,
		JsonbPGetDatum(up_value_to_jsonb(m->params)),
		Float8GetDatum(order->test_size),
		Int64GetDatum((int64) t->rows_trained),
		Int64GetDatum((int64) t->rows_tested),
		Int32GetDatum((int32) t->n_features),
		JsonbPGetDatum(up_value_to_jsonb(t->metrics)),
		t->note != NULL ? CStringGetTextDatum(t->note) : (Datum) 0,
		PointerGetDatum(bytes),
	};
	char nulls[] = "                ";
	UpRows r;
	bool isnull;

	nulls[6] = order->target == NULL ? 'n' : ' ';
	nulls[7] = order->key == NULL ? 'n' : ' ';
	nulls[14] = t->note == NULL ? 'n' : ' ';
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_model_versions (model, version, algorithm, task, source, "
				 "source_path, target, key_column, params, test_size, n_rows, n_test_rows, n_features, "
				 "metrics, note, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
				 "$15, $16) RETURNING id",
				 order->schema),
		lengthof(types), types, values, nulls);
	return DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

static void
notice_left_out(const UpModel *m)
{
	const UpValue *left_out = m->pipeline->left_out;

	for (uint32_t i = 0; i < left_out->n; i++)
		ereport(NOTICE,
				(errmsg("column \"%s\" is left out: %s", left_out->keys[i], left_out->items[i]->string)));
}

/* Clusterings have no hold-out: they are measured on what they were trained on. */
static UpValue *
cluster_metrics(const UpFrame *f, const UpModel *m)
{
	size_t n = f->samples->n_rows;
	size_t *rows = up_alloc_array(Max(n, 1), sizeof(size_t));
	UpValue *inertia = up_value_get(up_model_info(m), "inertia");
	UpValue *metrics;
	char *why;
	UpBinding *b = up_bind_frame(f, m, &why);

	if (b == NULL)
		elog(ERROR, "a model does not fit what it was trained on: %s", why);
	/* In canonical order, so that the sample of the silhouette does not depend on the plan. */
	up_samples_canonical_order(f->samples, rows);
	metrics = up_evaluate_clusters(b, rows, n);
	if (inertia != NULL)
		up_value_set(metrics, "inertia", inertia);
	return metrics;
}

UpTrained *
up_train_named(const UpTrainOrder *order)
{
	const UpLearner *learner = chosen_learner(order);
	UpTrained *t = palloc0(sizeof(UpTrained));
	double test_size = order->target != NULL ? order->test_size : 0;
	UpTraining training = {0};
	UpSourceFrame *read;
	UpModel *m;
	bytea *bytes;
	size_t *rows;
	char *why = NULL;

	want_probability(learner, order->params);
	training.request = up_request_parse(learner, order->params);
	up_registry_claim(order->schema, order->name);
	read = up_source_frame_read(up_source_query(order->source), order->target, order->key,
								training.request->common.prepare, test_size);
	training.frame = read->frame;
	training.held_out = read->n_held_out > 0 ? read->held_out : NULL;
	training.key = order->key;
	training.strict = true;
	m = travelled(up_train(&training), &bytes);
	notice_left_out(m);

	rows = test_rows(read);
	t->algorithm = learner->name;
	t->task = up_task_name(m->task);
	t->rows_tested = read->n_held_out;
	t->rows_trained = read->frame->samples->n_rows - read->n_held_out;
	t->n_features = m->n_features;
	if (m->task == UP_TASK_CLUSTER)
		t->metrics = cluster_metrics(read->frame, m);
	else if (read->n_held_out > 0 && m->task != UP_TASK_OUTLIER)
		t->metrics = measure(read->frame, m, rows, read->n_held_out, &why);
	else
		t->metrics = up_value_object();
	t->version = up_registry_next_version(order->schema, order->name);
	t->deployed = decide(order, read->frame, m, t->metrics, rows, read->n_held_out, &t->note);
	if (t->deployed)
		up_registry_deploy(order->schema, order->name, store(order, m, t, bytes));
	else
		store(order, m, t, bytes);
	return t;
}
