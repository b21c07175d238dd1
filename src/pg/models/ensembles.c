/*
 * ensembles.c - registered models put together into one; see ensembles.h
 *
 * A vote takes the members as they are registered, or trains their parameters anew on the rows of the source that are not held out;
 * a stack always does. Its meta model learns from out-of-fold answers: each member is trained on all folds but one and says what it
 * thinks of that one, so that no answer is about a row that was trained on.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "assess/evaluate.h"
#include "assess/out_of_fold.h"
#include "assess/validate.h"
#include "learn/ensemble/ensemble.h"
#include "pg/io/source_query.h"
#include "pg/models/ensembles.h"
#include "pg/models/held_out.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/models/validated.h"

#include <math.h>

#define MEANS_ROWS 10000 /* that say what is usual */

typedef struct Members
{
	const UpTrainOrder *order;
	const UpEnsembleOrder *e;
	UpModel **models; /* as registered, then as trained */
	int32 *versions;
	UpHeldOut **held_out;
	UpRequest **requests; /* of those that are trained */
	uint32_t n_reads;
	UpSourceFrame **reads; /* one a way of preparing columns */
	UpSourceFrame *read;   /* by what all members prepare together: it feeds the ensemble */
	UpValue *prepare;      /* that; or NULL */
	uint32_t *read_of;
	const char *key;
	UpValue *no_features;
} Members;

/* ---- the members ---- */

/* One that has two voices has a weight, and says so. */
static void
refuse_twice(const Members *m, uint32_t last)
{
	for (uint32_t i = 0; i < last; i++)
	{
		if (m->versions[i] == m->versions[last] && strcmp(m->e->names[i], m->e->names[last]) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("version %d of model \"%s\" is named twice", m->versions[last], m->e->names[last]),
					 m->e->stack ? errhint("Name each member once.")
								 : errhint("A member that should count more has a larger weight.")));
	}
}

static void
load_members(Members *m)
{
	const UpEnsembleOrder *e = m->e;

	m->models = palloc(sizeof(UpModel *) * e->n);
	m->versions = palloc(sizeof(int32) * e->n);
	m->held_out = palloc(sizeof(UpHeldOut *) * e->n);
	for (uint32_t i = 0; i < e->n; i++)
	{
		int64 id = e->versions != NULL && e->versions[i] > 0
					   ? up_registry_version(m->order->schema, e->names[i], e->versions[i])
					   : up_registry_deployed(m->order->schema, e->names[i]);
		bytea *bytes = up_registry_bytes(m->order->schema, id);

		m->models[i] = up_get_model(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
		m->held_out[i] = up_held_out_load(m->order->schema, id);
		m->versions[i] = m->held_out[i]->version;
		refuse_twice(m, i);
	}
	/* Whether they go together at all, before a row is read. */
	(void) up_ensemble_vote(m->models, e->names, e->weights, e->n);
	if (strcmp(m->order->target, m->models[0]->label_name) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" predicts \"%s\", not \"%s\"", e->names[0],
							   m->models[0]->label_name, m->order->target)));
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* As it was given, or else that of all members. */
static const char *
key_of(const Members *m)
{
	const char *key = m->held_out[0]->key;

	if (m->order->key != NULL)
		return m->order->key;
	for (uint32_t i = 1; i < m->e->n; i++)
		key = same_text(key, m->held_out[i]->key) ? key : NULL;
	return key;
}

/* What the members say of columns, the first that names one. */
static UpValue *
all_prepared(const Members *m)
{
	UpValue *all = NULL;

	for (uint32_t i = 0; i < m->e->n; i++)
	{
		const UpValue *prepare = up_value_get(m->models[i]->params, "prepare");

		for (uint32_t j = 0; prepare != NULL && prepare->type == UP_OBJECT && j < prepare->n; j++)
		{
			all = all == NULL ? up_value_object() : all;
			if (up_value_get(all, prepare->keys[j]) == NULL)
				up_value_set(all, prepare->keys[j], up_value_copy(prepare->items[j]));
		}
	}
	return all;
}

/* What a registered model was trained with, for a training like it. */
static UpRequest *
request_like(const UpModel *m)
{
	UpValue *params = up_value_copy(m->params);

	up_value_set(params, "seed", up_value_number((double) m->seed));
	up_value_set(params, "task", up_value_string(up_task_name(m->task)));
	return up_request_parse(m->learner, params);
}

static uint32_t
find_reading(const Members *m, const UpSourceOrder *readings, const UpValue *prepare)
{
	uint32_t at = 0;

	while (at < m->n_reads &&
		   !(readings[at].prepare == NULL || prepare == NULL ? readings[at].prepare == prepare
															 : up_value_equal(readings[at].prepare, prepare)))
		at++;
	return at;
}

/* Members that prepare their columns alike share a frame. The last is the ensemble's, or it is among them. */
static uint32_t
choose_reads(Members *m, const UpValidationOrder *v, UpSourceOrder *readings)
{
	uint32_t at;
	const UpRequest **wanted;

	m->requests = palloc(sizeof(UpRequest *) * m->e->n);
	m->read_of = palloc(sizeof(uint32_t) * m->e->n);
	for (uint32_t i = 0; i < m->e->n; i++)
	{
		m->requests[i] = request_like(m->models[i]);
		m->read_of[i] = find_reading(m, readings, m->requests[i]->common.prepare);
		if (m->read_of[i] == m->n_reads)
			up_validated_reading(v, m->requests[i], &readings[m->n_reads++]);
	}
	at = find_reading(m, readings, m->prepare);
	if (at == m->n_reads)
	{
		up_validated_reading(v, m->requests[0], &readings[m->n_reads]);
		readings[m->n_reads++].prepare = m->prepare;
	}
	for (uint32_t i = 0; i < m->n_reads; i++)
	{
		readings[i].wanted = wanted = palloc(sizeof(UpRequest *) * m->e->n);
		for (uint32_t j = 0; j < m->e->n; j++)
		{
			/* By all of them the ensemble answers. */
			if (m->read_of[j] == i || at == i)
				wanted[readings[i].n_wanted++] = m->requests[j];
		}
	}
	return at;
}

/* Members as they are: columns are read as they are at prediction. */
static void
read_for_registered(Members *m, const UpValidationOrder *v)
{
	UpSourceOrder reading = {0};
	UpRequest plain = {.learner = m->models[0]->learner};

	plain.common.task = m->models[0]->task == UP_TASK_CLASSIFY ? 1 : 2;
	plain.common.prepare = m->prepare;
	up_validated_reading(v, &plain, &reading);
	reading.model = up_ensemble_vote(m->models, m->e->names, m->e->weights, m->e->n);
	m->n_reads = 1;
	m->reads = up_source_frames_read(up_source_query(m->order->source), &reading, 1);
	m->read = m->reads[0];
}

static void
read_rows(Members *m, const UpValidationOrder *v)
{
	UpSourceOrder *readings = palloc0(sizeof(UpSourceOrder) * (m->e->n + 1));

	if (m->e->stack || m->e->refit)
	{
		uint32_t at = choose_reads(m, v, readings);

		m->reads = up_source_frames_read(up_source_query(m->order->source), readings, m->n_reads);
		m->read = m->reads[at];
	}
	else
		read_for_registered(m, v);
	m->no_features = up_validated_no_features(v, m->reads[0]);
	if (m->reads[0]->frame->samples->n_rows == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("there is no row with a \"%s\" to learn from", m->order->target)));
}

static UpTraining
training_of(const Members *m, uint32_t i)
{
	UpSourceFrame *read = m->reads[m->read_of[i]];
	UpTraining t = {.request = m->requests[i], .frame = read->frame, .key = m->no_features, .strict = true};

	t.held_out = read->n_held_out > 0 ? read->held_out : NULL;
	t.groups = read->n_repeated > 0 ? read->hashes : NULL;
	return t;
}

static void
train_members(Members *m)
{
	for (uint32_t i = 0; i < m->e->n; i++)
	{
		UpTraining t = training_of(m, i);

		up_progress("members", i, m->e->n);
		m->models[i] = up_train_whole(&t);
	}
}

/* ---- a stack ---- */

/* Out-of-fold answers as a frame of arrays with the label: a class's number, or the value. */
static UpFrame *
answers_frame(Members *m, const UpValidationOrder *order, uint32_t *n_classes)
{
	UpValidation *first = NULL;
	UpSplitFolds *folds = NULL;
	UpSplitRows rows = {0};
	uint32_t n = m->e->n, width = 0, answers = 0;
	double **said = palloc(sizeof(double *) * n);
	UpFrame *f;

	for (uint32_t i = 0; i < n; i++)
	{
		UpTraining t = training_of(m, i);
		UpValidation *v = up_validation_new(&t);

		if (first == NULL)
		{
			first = v;
			folds = up_validated_folds(order, m->reads[0], v);
			rows = up_validation_rows(v);
			*n_classes = rows.n_classes;
			width = Max(rows.n_classes, 1);
			answers =
				up_ensemble_answers(rows.n_classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS, rows.n_classes);
		}
		up_validation_split(v, folds);
		up_reserve(rows.n_rows * width * n * sizeof(double), "answers of the members");
		said[i] = up_alloc_array(Max(rows.n_rows, 1) * width, sizeof(double));
		up_validation_tell(v, said[i]);
		for (uint32_t fold = 1; fold <= folds->n_folds; fold++)
		{
			up_progress("members on folds", i * folds->n_folds + fold - 1, n * folds->n_folds);
			(void) up_validate(v, m->requests[i], 0, fold, 1);
		}
	}
	f = up_frame_new(answers * n, false, UP_LABEL_NUMBER, NULL);
	for (size_t i = 0; i < rows.n; i++)
	{
		size_t at = rows.order[i];
		double *row;

		if (folds->fold_of[0][at] == UP_FOLD_NEVER)
			continue;
		row = up_samples_add(f->samples);
		for (uint32_t j = 0; j < n; j++)
			memcpy(row + j * answers, said[j] + (at + 1) * width - answers, answers * sizeof(double));
		row[answers * n] = rows.labels[i];
	}
	return f;
}

static UpModel *
train_meta(Members *m, const UpValidationOrder *order)
{
	uint32_t n_classes = 0;
	UpTraining t = {.strict = true};
	UpValue *params = up_value_copy(m->order->params);
	UpModel *meta;

	t.frame = answers_frame(m, order, &n_classes);
	if (up_value_get(params, "task") == NULL)
		up_value_set(params, "task", up_value_string(n_classes > 0 ? "classification" : "regression"));
	t.request = up_request_parse(n_classes > 0 ? &up_logistic : &up_linear, params);
	meta = up_train_whole(&t);
	if (meta->n_classes != n_classes)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("rows of some classes are in no fold that the members answer for"),
						errhint("Choose another split, or fewer folds.")));
	return meta;
}

/* ---- what goes with the model ---- */

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* Of n values those that are there: their mean, or the one that comes most often. */
static double
usual(const double *v, size_t n, bool most_frequent)
{
	double *known = up_alloc_array(Max(n, 1), sizeof(double)), mean = 0, best = 0;
	size_t k = 0, most = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (isnan(v[i]))
			continue;
		known[k++] = v[i];
		mean += (v[i] - mean) / (double) k;
	}
	if (most_frequent)
	{
		qsort(known, k, sizeof(double), compare_numbers);
		for (size_t i = 0, run = 0; i < k; i++)
		{
			run = i > 0 && known[i] == known[i - 1] ? run + 1 : 1;
			if (run > most)
			{
				most = run;
				best = known[i];
			}
		}
	}
	up_free(known);
	return most_frequent ? best : mean;
}

/* What explanations compare with: of a sample of the rows the means, of categories the most frequent ones. */
static UpValue *
usual_features(const UpSourceFrame *read, const UpModel *m)
{
	const UpPipeline *p = m->pipeline;
	size_t n = read->frame->samples->n_rows, kept = 0, *order = up_alloc_array(Max(n, 1), sizeof(size_t));
	double *inputs, *column, *means = up_alloc0(sizeof(double) * Max(m->n_features, 1));
	char *why;
	UpBinding *b = up_bind_frame(read->frame, m, &why);
	UpValue *result;

	if (b == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the source does not fit the members: %s", why)));
	up_samples_canonical_order(read->frame->samples, order);
	for (size_t i = 0; i < n && kept < MEANS_ROWS; i++)
	{
		if (read->n_held_out == 0 || !read->held_out[order[i]])
			order[kept++] = order[i];
	}
	up_reserve(kept * p->n_inputs * sizeof(double), "the usual values of columns");
	inputs = up_alloc_array(Max(kept, 1) * p->n_inputs, sizeof(double));
	column = up_alloc_array(Max(kept, 1), sizeof(double));
	up_bound_inputs(b, order, kept, inputs);
	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		const UpStep *s = &p->steps[i];

		up_tick();
		for (uint32_t j = s->source; j < s->source + s->width; j++)
		{
			for (size_t r = 0; r < kept; r++)
				column[r] = inputs[r * p->n_inputs + j];
			means[j] = usual(column, kept, s->kind == UP_COLUMN_CATEGORY || s->kind == UP_COLUMN_HASH);
		}
	}
	result = up_value_numbers(means, m->n_features);
	up_free(inputs);
	up_free(column);
	up_free(order);
	return result;
}

static UpValue *
ensemble_params(const Members *m)
{
	UpValue *params = up_value_object(), *members = up_value_array(), *weights = up_value_array();

	for (uint32_t i = 0; i < m->e->n; i++)
	{
		UpValue *member = up_value_object();

		up_value_set(member, "model", up_value_string(m->e->names[i]));
		up_value_set(member, "version", up_value_number(m->versions[i]));
		up_value_append(members, member);
		if (m->e->weights != NULL)
			up_value_append(weights, up_value_number(m->e->weights[i]));
	}
	up_value_set(params, "members", members);
	if (m->prepare != NULL)
		up_value_set(params, "prepare", up_value_copy(m->prepare));
	if (m->e->weights != NULL)
		up_value_set(params, "weights", weights);
	if (m->e->stack)
	{
		up_value_set(params, "folds", up_value_number((double) m->e->split.folds));
		up_value_set(params, "meta", up_value_copy(m->order->params));
	}
	else
		up_value_set(params, "refit", up_value_bool(m->e->refit));
	return params;
}

/* Members that are as they were may have been trained on what is held out here. */
static char *
say_seen(const Members *m, double test_size)
{
	for (uint32_t i = 0; i < m->e->n && !m->e->stack && !m->e->refit && test_size > 0; i++)
	{
		const UpHeldOut *h = m->held_out[i];

		if (m->key != NULL && same_text(h->key, m->reads[0]->key_text) &&
			(h->key_form == NULL || same_text(h->key_form, m->reads[0]->key_form)) && h->test_size >= test_size)
			continue;
		ereport(NOTICE,
				(errmsg("model \"%s\" may have been trained on rows that are held out here", m->e->names[i]),
				 errdetail(
					 "It held out %s.",
					 h->test_size == 0                           ? "none"
					 : h->key == NULL                            ? "others, as it was trained without a key"
					 : !same_text(h->key, m->reads[0]->key_text) ? psprintf("rows by another key (%s)", h->key)
					 : h->key_form != NULL && !same_text(h->key_form, m->reads[0]->key_form)
						 ? psprintf("rows by a key that is %s, not %s", h->key_form, m->reads[0]->key_form)
						 : psprintf("a smaller share (%g)", h->test_size)),
				 errhint("refit => true trains the members anew on the rows that are not held out.")));
		return psprintf("model \"%s\" may have been trained on rows that are held out here", m->e->names[i]);
	}
	return NULL;
}

void
up_ensemble_finish(UpModel *m, const UpSourceFrame *read, UpValue *params, int64 seed)
{
	size_t rows = read->frame->samples->n_rows - read->n_held_out;

	m->seed = seed;
	m->params = params;
	up_value_set(m->summary, "rows", up_value_number((double) rows));
	up_frame_sort_codes(read->frame);
	up_value_set(m->summary, "feature_means", usual_features(read, m));
}

UpModel *
up_ensemble_build(const UpTrainOrder *order, double test_size, UpSourceFrame **read, char **said)
{
	Members m = {.order = order, .e = order->ensemble};
	UpValidationOrder v = {.source = order->source, .target = order->target, .split = m.e->split};
	UpModel *meta = NULL, *model;
	const UpValue *seed = up_value_get(order->params, "seed");

	load_members(&m);
	m.prepare = all_prepared(&m);
	v.key = m.key = key_of(&m);
	v.test_size = test_size;
	read_rows(&m, &v);
	if (m.e->stack)
		meta = train_meta(&m, &v);
	if (m.e->stack || m.e->refit)
		train_members(&m);
	model = up_ensemble_vote(m.models, m.e->names, m.e->weights, m.e->n);
	if (meta != NULL)
		model = up_ensemble_stack(model, meta);
	*read = m.read;
	up_ensemble_finish(model, m.read, ensemble_params(&m), seed != NULL ? (int64) seed->number : 0);
	*said = say_seen(&m, test_size);
	return model;
}
