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
#include "utils/timestamp.h"

#include "assess/evaluate.h"
#include "assess/out_of_fold.h"
#include "learn/learners.h"
#include "learn/train.h"
#include "pg/io/left_out.h"
#include "pg/io/source_query.h"
#include "pg/io/texts.h"
#include "pg/models/auto.h"
#include "pg/models/design.h"
#include "pg/models/drifted.h"
#include "pg/models/ensembles.h"
#include "pg/models/folds.h"
#include "pg/models/gate.h"
#include "pg/models/leaks.h"
#include "pg/models/learn_on.h"
#include "pg/models/learner_for.h"
#include "pg/models/model_cache.h"
#include "pg/models/numbering.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"
#include "pg/models/row_doubts.h"
#include "pg/io/source_frame.h"
#include "pg/models/target_doubts.h"
#include "pg/models/train_named.h"
#include "pg/models/train_sums.h"
#include "pg/models/tune.h"
#include "pg/io/value_pg.h"
#include "pg/progress.h"

/* Of a training, as far as they are not told by what is done: reading, or searching, and what is done once it is trained. */
#define READ_SHARE     0.2
#define TUNED_SHARE    0.85
#define TRAINED_SHARE  0.95
#define TICK_ROWS      65536
#define TRAINED_SAMPLE 2000 /* rows that a model is tried on where none is held out */
/* For each value of the rows, at least: to read it, and for the hash of its row. */
#define HASH_SECONDS 2e-8

/* Positions of the rows that are held out, or of those that are not. */
static size_t *
rows_where(const UpSourceFrame *s, bool held_out, size_t *n)
{
	size_t *rows = up_alloc_array(Max(s->frame->samples->n_rows, 1), sizeof(size_t));

	*n = 0;
	for (size_t i = 0; i < s->frame->samples->n_rows; i++)
	{
		size_t row = up_source_row(s, i);

		if (i % TICK_ROWS == 0)
			up_tick();
		if ((s->n_held_out > 0 ? s->held_out[row] : UP_ROW_TRAINED) ==
			(held_out ? UP_ROW_HELD_OUT : UP_ROW_TRAINED))
			rows[(*n)++] = row;
	}
	return rows;
}

/* What is measured is what will be read back. */
static UpModel *
travelled(const UpModel *m)
{
	bytea *bytes = up_model_bytes(m);
	UpModel *back = up_get_model(VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ);

	pfree(bytes);
	return back;
}

/* What the model was trained on, as later rows are compared with it. */
static void
keep_distribution(const UpSourceFrame *s, UpModel *m)
{
	char *why;
	UpBinding *b = up_bind_frame(s->frame, m, &why);
	size_t n, n_trained;
	size_t *rows = rows_where(s, true, &n), *trained = rows_where(s, false, &n_trained);
	UpSamples *lent = up_samples_lend_to_workers(s->frame->samples);

	if (b != NULL)
		m->distribution = up_distribution_of(b, trained, n_trained, rows, n);
	up_samples_take_back(lent);
	up_free(rows);
	up_free(trained);
}

/*
 * Measures a model on the rows held out, and against the best constant of the others. Where nothing is held out there is
 * nothing to tell, but a model that is worse than a constant on rows that it was trained on is worse anywhere.
 */
static UpValue *
measure_new(const UpSourceFrame *s, const UpTrainSums *sums, const UpModel *m, UpAgainstConstant *against)
{
	char *why = NULL;
	UpBinding *b = up_bind_frame(s->frame, m, &why);
	size_t n, n_trained;
	size_t *rows = rows_where(s, true, &n), *trained = rows_where(s, false, &n_trained);
	double *labels = up_alloc_array(Max(n_trained, 1), sizeof(double));
	UpConstant *constant = sums != NULL ? up_train_sums_constant(sums, m) : NULL;
	UpValue *metrics;

	if (b == NULL)
		elog(ERROR, "a model does not fit what it was trained on: %s", why);
	up_bound_labels(b, trained, n_trained, labels);
	if (constant == NULL)
		constant = up_constant_new(m, labels, n_trained);
	if (n > 0)
		metrics = up_evaluate_against(b, rows, n, constant, against);
	else
	{
		size_t step = n_trained / TRAINED_SAMPLE + 1, kept = 0;

		/* In canonical order, so that the sample does not depend on the plan. */
		up_samples_canonical_order(s->frame->samples, trained);
		for (size_t i = 0; i < n_trained; i += step)
			trained[kept++] = trained[i];
		(void) up_evaluate_against(b, trained, kept, constant, against);
		metrics = up_value_object();
		if (m->adjust != NULL && m->adjust->has_threshold)
			up_value_set(metrics, "threshold", up_value_number(m->adjust->threshold));
	}
	up_free(labels);
	up_free(rows);
	up_free(trained);
	return metrics;
}

static char *
beside_constant(const UpModel *m, const UpAgainstConstant *a, bool held_out)
{
	return psprintf("%s %.4f%s, and %.4f of %s", a->metric, a->model,
					held_out ? "" : " on the rows it was trained on", a->constant,
					m->task == UP_TASK_REGRESS          ? "always the same value"
					: strstr(a->metric, "loss") != NULL ? "the classes' shares"
														: "always the most frequent class");
}

/* What is to be said of a model that is worse than a constant, or NULL. */
static char *
worse_note(const UpModel *m, const UpAgainstConstant *a, bool held_out)
{
	if (!a->worse)
		return NULL;
	return psprintf("%s: %s",
					a->tells_apart ? "worse than a constant answer by its probabilities, not by its labels"
								   : "worse than a constant answer",
					beside_constant(m, a, held_out));
}

static void
add_note(UpTrained *t, char *said)
{
	t->note = up_notes_joined(said, t->note);
}

/* Whether to deploy by what was ordered and, where that is left to us, by what was measured. */
static bool
decide(const UpTrainOrder *order, const UpSourceFrame *read, const UpModel *m, UpTrained *t)
{
	UpGate g = {.schema = order->schema, .name = order->name, .key = read->key_text, .read = read, .model = m};
	int32 pinned = up_registry_pinned(order->schema, order->name);
	bool passes;

	if (order->deploy != UP_DEPLOY_AUTO)
		return order->deploy == UP_DEPLOY_ALWAYS;
	g.target = order->target;
	g.metrics = t->metrics;
	g.split = order->holdout != NULL ? order->holdout->holdout : NULL;
	g.rows = rows_where(read, true, &g.n);
	passes = up_gate_passes(&g, &t->note);
	if (passes && t->worse_than_constant)
		t->note = NULL;
	if (pinned > 0)
		add_note(t, psprintf("version %d is pinned", pinned));
	return passes && !t->worse_than_constant && pinned == 0;
}

static int64
store(const UpTrainOrder *order, const UpSourceFrame *read, const UpModel *m, const UpTrained *t, bytea *bytes,
	  bool refitted, TimestampTz began)
{
	bytea *holdout = refitted                 ? NULL
					 : order->holdout != NULL ? up_holdout_list(read)
											  : up_gate_holdout(read, read->key_text);
	UpNewVersion v = {
		.name = order->name,
		.version = t->version,
		.algorithm = t->algorithm,
		.task = t->task,
		.source = order->source,
		.target = order->target,
		.key = read->key_text,
		.key_form = read->key_form,
		.params = m->params,
		.metrics = t->metrics,
		.test_size = refitted ? 0 : order->test_size,
		.rows_trained = (int64) t->rows_trained,
		.rows_tested = (int64) t->rows_tested,
		.n_features = (int32) t->n_features,
		.note = t->note,
		.bytes = bytes,
		.holdout = holdout,
		.seconds = (double) (GetCurrentTimestamp() - began) / USECS_PER_SEC,
	};

	return up_registry_store(order->schema, &v);
}

#define MOST_TEXTS_TOLD 20 /* by name */

/* Columns that are kept as text and read as something else: one NOTICE. */
static void
notice_read_texts(const UpModel *m)
{
	StringInfoData columns;
	int n = 0;

	initStringInfo(&columns);
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		const UpStep *step = &m->pipeline->steps[i];

		if (step->form == UP_FORM_TEXT && n++ < MOST_TEXTS_TOLD)
			appendStringInfo(&columns, "%s\"%s\" (%s)", n > 1 ? ", " : "", step->name,
							 up_column_kind_name(step->kind));
	}
	if (n > MOST_TEXTS_TOLD)
		appendStringInfo(&columns, ", and %d more", n - MOST_TEXTS_TOLD);
	if (n > 0)
		ereport(NOTICE, (errmsg("text is read as what it holds in column%s %s", n > 1 ? "s" : "", columns.data),
						 errhint("What is none of these counts as missing, now and at prediction. "
								 "{\"prepare\": {\"…\": {\"encode\": \"one_hot\"}}} keeps a column text.")));
	pfree(columns.data);
}

static void
notice_read_target(const UpTrainOrder *order, const UpSourceFrame *read, const UpModel *m)
{
	if (m->label_kind == UP_LABEL_NUMBER && read->frame->label_kind == UP_LABEL_TEXT)
		ereport(NOTICE, (errmsg("target \"%s\" is text and read as numbers", order->target),
						 errhint("Each text is a class with {\"task\": \"classification\"}.")));
}

/* How many of these rows were learned from: those that weigh something; one NOTICE where they are but a sample. */
static uint64
rows_learned(const UpModel *m, uint64 rows)
{
	const UpValue *kept = up_value_get(m->summary, "rows"), *of = up_value_get(m->summary, "sampled_from"),
				  *weight = up_value_get(m->params, "weight");
	bool weighs = weight != NULL && weight->type == UP_STRING;

	if (kept == NULL || (of == NULL && !weighs))
		return rows;
	if (of == NULL)
		return Min(rows, (uint64) kept->number);
	ereport(NOTICE, (errmsg("a sample of %.0f of %.0f rows is learned from", kept->number, of->number),
					 errdetail("Parameter \"max_rows\" says so.")));
	return (uint64) kept->number;
}

/* How columns and target were read, where that may not be meant. */
static void
notice_reading(const UpTrainOrder *order, const UpSourceFrame *read, const UpModel *m)
{
	up_notice_left_out(m->pipeline->left_out);
	notice_read_texts(m);
	notice_read_target(order, read, m);
}

static void
warn_worse(const UpTrainOrder *order, const UpTrained *t, const UpAgainstConstant *against, const char *said)
{
	ereport(
		WARNING,
		(errcode(ERRCODE_WARNING), errmsg("version %d of model \"%s\" is %s", t->version, order->name, said),
		 t->deployed
			 ? errhint(against->tells_apart
						   ? "Use its labels, or train with parameters that give probabilities in between."
						   : "Deploy another version, or train with other columns or parameters.")
			 : errhint("It is not deployed. Train with other columns or parameters, or deploy it all the same: "
					   "uprofile_deploy('%s', %d).",
					   order->name, t->version)));
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

static UpValue *
measure(const UpTrainOrder *order, const UpSourceFrame *read, const UpTrainSums *sums, const UpModel *m,
		UpAgainstConstant *against)
{
	if (m->task == UP_TASK_CLUSTER)
		return cluster_metrics(read->frame, m);
	return order->target != NULL ? measure_new(read, sums, m, against) : up_value_object();
}

/*
 * Trained, or learned on; NULL where there is nothing to learn from. sums: NULL where rows are held. *said: what there is to say of it, or
 * NULL.
 */
static UpModel *
new_model(const UpTrainOrder *order, const UpTraining *training, const UpSourceOrder *reading,
		  const UpSourceFrame *read, const UpTrainSums *sums, char **said)
{
	UpModel *m;
	size_t rows;

	*said = NULL;
	if (sums != NULL)
		return up_train_sums_model(sums);
	if (order->learn_from != NULL)
	{
		m = up_learn_on(order->schema, order->name, order->learn_from, reading, &rows, said);
		if (m != NULL)
			up_frame_sort_codes(read->frame);
		if (m != NULL || rows == 0)
			return m;
	}
	m = up_train_whole(training);
	if (m->learner->clusters != NULL)
		up_early_end(reading->arg);
	*said = up_notes_joined(*said, up_keep_numbers(order->schema, order->name, read, m));
	return m;
}

/* Rows of a key that comes again stay together where some are predicted by models trained on others. */
static bool
wants_groups(const UpTrainOrder *order, const UpRequest *q)
{
	return order->key != NULL && up_adjust_needs_rows(&q->adjust);
}

/* Whether nobody looks at the rows that are trained on. */
static bool
may_sum_up(const UpTrainOrder *order)
{
	return order->folds == 0 && order->holdout == NULL && order->learn_from == NULL && order->trained == NULL;
}

/* *sums: NULL where rows are held. */
static UpSourceFrame *
read_source(const UpTrainOrder *order, const UpLearner *learner, double test_size, UpTraining *training,
			UpSourceOrder *reading, UpTrainSums **sums)
{
	UpSourceFrame *read;

	up_want_probability(learner, order->params);
	training->request = up_request_parse(learner, order->params);
	reading->target = order->target;
	reading->key = order->key;
	reading->prepare = training->request->common.prepare;
	reading->check_target = true;
	reading->task = training->request->common.task;
	reading->request = training->request;
	reading->test_size = test_size;
	reading->hashes = order->folds > 0 || wants_groups(order, training->request);
	if (order->holdout != NULL)
		up_holdout_reading(order->holdout, reading);
	/* What goes on from a version looks it up before anything is trained. */
	if (order->learn_from == NULL)
	{
		UpEarly *early = palloc0(sizeof(UpEarly));

		early->seconds_a_value = UP_READ_SECONDS + (test_size > 0 && order->key == NULL ? HASH_SECONDS : 0);
		reading->plain = up_early_begin;
		reading->arg = early;
	}
	if (may_sum_up(order))
		*sums = up_train_sums_begin(training->request, reading);
	read = up_source_frame_read(order->query != NULL ? order->query : up_source_query(order->source), reading);
	if (!up_train_sums_finish(*sums, read))
		*sums = NULL;
	training->key = read->key;
	training->frame = read->frame;
	if (order->holdout != NULL)
	{
		training->key = up_holdout_no_features(order->holdout, read->key);
		up_holdout_apply(order->holdout, training, &read, 1);
	}
	return read;
}

/*
 * On the rows that are not held out; the best parameters are then trained on all of these. *learner: NULL for one that is to be
 * found as well.
 */
static UpSourceFrame *
read_and_tune(const UpTrainOrder *order, const UpLearner **learner, double test_size, UpTraining *training,
			  TimestampTz began, UpTuned **tuned)
{
	static const UpValue nothing = {.type = UP_OBJECT};
	UpValidationOrder reading = {.source = order->source, .query = order->query, .target = order->target};
	const UpValue *seed = up_value_get(order->params, "seed");
	bool seeded = seed != NULL && seed->type == UP_NUMBER;
	UpTuneOrder tune = up_tune_parse(order->tune != NULL ? order->tune : &nothing,
									 seeded ? (int64) seed->number : 0, &reading.split);
	UpRequest *request;
	UpValidated *v;

	reading.learner = *learner;
	reading.key = order->key;
	reading.params = order->params;
	reading.test_size = test_size;
	reading.hashes = order->folds > 0;
	reading.training = true;
	reading.holdout = order->holdout;
	v = *learner != NULL ? up_tune_source(&tune, &reading, tuned)
						 : up_auto_source(&tune, &reading, began, tuned, learner);
	(*tuned)->refit_all = tune.refit_all;
	up_want_probability(*learner, (*tuned)->params);
	request = up_request_parse(*learner, (*tuned)->params);
	training->request = request;
	training->key = v->key;
	return v->reads[up_validated_way(v, request)];
}

static void
store_design(const UpTrainOrder *order, int64 id, bool refitted)
{
	const UpHoldoutOrder *h = order->holdout;

	if (h != NULL || order->asked != NULL)
		up_design_store(order->schema, id, h != NULL && !refitted ? h->holdout : NULL,
						h != NULL ? h->event : NULL, order->asked);
}

/* What was found, trained on all rows, which leaves none by which it could be compared. Its figures are those from before. */
static bytea *
refit_on_all(const UpTraining *training, const UpTuned *tuned, const UpSourceFrame *read, UpTrained *t)
{
	UpTraining all = *training;
	UpModel *m;

	all.held_out = NULL;
	m = travelled(tuned->n_members > 0 ? up_auto_vote(&all, tuned, read) : up_train_whole(&all));
	keep_distribution(read, m);
	t->rows_trained = rows_learned(m, read->frame->samples->n_rows);
	t->n_features = m->n_features;
	add_note(
		t, psprintf(
			   "trained on all rows in the end: figures are those of a model without the rows held out, and no "
			   "row is left to compare it by"));
	return up_model_bytes(m);
}

/* An empty note would read as if figures had been found good. */
static void
say_none_held_out(const UpTrainOrder *order, const UpSourceFrame *read, UpTrained *t)
{
	if (order->target != NULL && read->n_held_out == 0 &&
		(t->note == NULL || strstr(t->note, UP_NONE_HELD_OUT) == NULL))
		t->note = up_notes_joined(t->note, pstrdup(UP_NONE_HELD_OUT ": there are no figures"));
}

/* What may not be meant: columns that know the answer, classes that look alike, rows without a target. */
static void
say_doubts(const UpTrainOrder *order, const UpSourceFrame *read, const UpModel *m, const UpLeak *leaks,
		   UpTrained *t)
{
	if (order->target == NULL)
		return;
	t->note = up_leaks_say(leaks, m, t->note);
	/* A profile has users of whom it is not known. */
	t->note =
		up_target_doubts_say(m, read->frame, order->query == NULL ? read->frame->n_null_labels : 0, t->note);
}

/* Before anything is trained; a search has said so. */
static void
say_row_doubts(const UpTrainOrder *order, const UpSourceFrame *read, const UpTuned *tuned)
{
	if (tuned == NULL)
		up_row_doubts_say(read, order->holdout == NULL ? "held out together" : NULL, read->n_held_out);
}

/* Whether it is worse than a constant, what was said while it was made, how it was found, and what is doubtful about its rows. */
static void
write_note(const UpTrainOrder *order, const UpSourceFrame *read, const UpTuned *tuned, const UpModel *m,
		   const UpAgainstConstant *against, char *said, UpTrained *t)
{
	bool held_out = read->n_held_out > 0;

	if (against->worse)
	{
		char *worse = worse_note(m, against, held_out);

		add_note(t, worse);
		warn_worse(order, t, against, worse);
	}
	else if (tuned != NULL && tuned->too_early != NULL && against->metric != NULL)
		add_note(t, beside_constant(m, against, held_out));
	add_note(t, said);
	if (tuned != NULL)
		add_note(t, strcmp(order->algorithm, UP_AUTO) == 0 ? up_auto_note(tuned) : up_tune_note(tuned));
	t->note = up_row_doubts_note(read, order->holdout == NULL, read->n_held_out, t->note);
	say_none_held_out(order, read, t);
}

/* What has to hold before anything is read; the name is ours from then on. */
static void
claim(const UpTrainOrder *order, bool is_auto)
{
	if ((order->tune != NULL || is_auto) && order->target == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg(is_auto ? "algorithm \"auto\" needs a target" : "tuning needs a target")));
	up_registry_claim(order->schema, order->name);
	up_recommend_check_task(order->schema, order->name, false);
	if (order->deploy == UP_DEPLOY_ALWAYS)
		up_registry_check_unpinned(order->schema, order->name);
	if (order->holdout != NULL)
		up_holdout_keep(order->holdout, order->schema, order->name);
}

UpTrained *
up_train_named(const UpTrainOrder *order)
{
	bool is_auto = order->ensemble == NULL && strcmp(order->algorithm, UP_AUTO) == 0;
	const UpLearner *learner =
		is_auto || order->ensemble != NULL ? NULL : up_learner_for(order->algorithm, order->target);
	UpTrained *t = palloc0(sizeof(UpTrained));
	double test_size = order->target != NULL ? order->test_size : 0;
	UpTraining training = {0};
	UpSourceOrder reading = {0};
	UpSourceFrame *read;
	UpTrainSums *sums = NULL;
	UpTuned *tuned = NULL;
	UpModel *m = NULL;
	UpLeak *leaks;
	bytea *bytes;
	char *said = NULL;
	int64 id;
	UpAgainstConstant against = {0};
	TimestampTz began = GetCurrentTimestamp();
	UpFoldBytes *folds = NULL;
	UpCallPart call = up_call_part();
	bool refitted;

	claim(order, is_auto);
	up_call_set_part(call, 0, order->tune != NULL || is_auto ? TUNED_SHARE : READ_SHARE);
	if (order->ensemble != NULL)
		m = up_ensemble_build(order, test_size, &read, &said);
	else if (order->tune != NULL || is_auto)
		read = read_and_tune(order, &learner, test_size, &training, began, &tuned);
	else
		read = read_source(order, learner, test_size, &training, &reading, &sums);
	say_row_doubts(order, read, tuned);
	training.frame = read->frame;
	training.held_out = read->n_held_out > 0 ? read->held_out : NULL;
	training.strict = true;
	training.groups = read->n_repeated > 0 ? read->hashes : NULL;
	up_call_set_part(call, order->tune != NULL || is_auto ? TUNED_SHARE : READ_SHARE,
					 order->folds > 0 ? 0.5 : TRAINED_SHARE);
	if (tuned != NULL && tuned->n_members > 0)
		m = up_auto_vote(&training, tuned, read);
	else if (order->ensemble == NULL)
		m = new_model(order, &training, &reading, read, sums, &said);
	if (m == NULL)
	{
		t->note = pstrdup("the rows that changed are held out");
		return t;
	}
	m = travelled(m);
	keep_distribution(read, m);
	bytes = up_model_bytes(m);
	up_call_set_part(call, order->folds > 0 ? 0.5 : TRAINED_SHARE, TRAINED_SHARE);
	if (order->folds > 0)
		folds = up_folds_train(&training, read, m, order->folds);
	up_call_set_part(call, TRAINED_SHARE, 1);
	notice_reading(order, read, m);

	t->algorithm = m->learner->name;
	t->task = up_task_name(m->task);
	t->rows_tested = read->n_held_out;
	t->rows_trained = rows_learned(m, read->n_rows - read->n_held_out - read->n_left);
	t->n_features = m->n_features;
	t->metrics = measure(order, read, sums, m, &against);
	leaks = order->target != NULL ? up_leaks_find(read, m) : NULL;
	up_early_end(reading.arg);
	t->version = up_registry_next_version(order->schema, order->name);
	t->worse_than_constant = against.worse && !against.tells_apart;
	t->deployed = decide(order, read, m, t);
	write_note(order, read, tuned, m, &against, said, t);
	say_doubts(order, read, m, leaks, t);
	refitted = tuned != NULL && tuned->refit_all && read->n_held_out + read->n_left > 0;
	if (refitted)
		bytes = refit_on_all(&training, tuned, read, t);
	id = store(order, read, m, t, bytes, refitted, began);
	store_design(order, id, refitted);
	up_folds_store(order->schema, id, folds, order->folds);
	if (tuned != NULL)
		up_tune_store(order->schema, id, tuned);
	if (t->deployed)
		up_registry_deploy(order->schema, order->name, id);
	up_call_set_part(call, 1, 1);
	if (order->trained != NULL)
		order->trained(order->arg, &training, read, m, id);
	return t;
}
