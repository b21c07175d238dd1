/*
 * validated.c - the rows of a source, split into folds; see validated.h
 */
#include "postgres.h"

#include "base/rng.h"
#include "pg/io/source_query.h"
#include "pg/models/holdout.h"
#include "pg/models/row_doubts.h"
#include "pg/models/validated.h"

#define MANY_ROWS     10000 /* with fit_folds: so many need … */
#define FOLDS_OF_MANY 3     /* … no more folds than this */
#define FEW_ROWS      10000 /* without parts that workers could take */
#define SAMPLE_STREAM UINT64_C(0x73616d706c65)
#define RARE_ROWS     1000 /* of a class in a sample, where there are so many */

/* Workers that begin while rows are read. */
typedef struct Early
{
	double trainings;
	bool began;
} Early;

/* What is split by the key when nothing else is said, and a key that comes again is one group. */
static UpSplitMethod
chosen_method(const UpValidationOrder *o, const UpSourceFrame *read, uint32_t n_classes)
{
	if (o->split.method != UP_SPLIT_AUTO)
		return (UpSplitMethod) o->split.method;
	if (read->n_repeated > 0)
		return UP_SPLIT_GROUP;
	return n_classes > 0 ? UP_SPLIT_STRATIFIED : UP_SPLIT_RANDOM;
}

/* Groups by the key: rows without one are groups of their own. */
static double *
key_groups(const UpSourceFrame *read)
{
	size_t n = read->frame->samples->n_rows;
	double *groups = up_alloc_array(Max(n, 1), sizeof(double));

	for (size_t i = 0; i < n; i++)
		groups[i] = (double) (read->hashes[i] >> 11);
	return groups;
}

UpSplitFolds *
up_validated_folds(const UpValidationOrder *o, const UpSourceFrame *read, const UpValidation *v)
{
	UpSplitRows rows = up_validation_rows(v);
	UpSplit split = o->split;
	UpSplitFolds *folds;

	split.method = chosen_method(o, read, rows.n_classes);
	if (o->fit_folds && split.folds == UP_FOLDS_DEFAULT)
		split.folds = rows.n > MANY_ROWS ? FOLDS_OF_MANY : Max(Min(UP_FOLDS_DEFAULT, (int64) rows.n / 2), 2);
	rows.hashes = read->hashes;
	rows.column = read->split_values;
	if (split.method == UP_SPLIT_GROUP && split.column == NULL)
		rows.column = key_groups(read);
	folds = up_split_make(&split, &rows);
	up_free_large(unconstify(double *, rows.labels));
	return folds;
}

void
up_validated_reading(const UpValidationOrder *o, const UpRequest *request, UpSourceOrder *reading)
{
	UpSplitMethod method = (UpSplitMethod) o->split.method;

	if (method == UP_SPLIT_GROUP && o->split.column == NULL && o->key == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a split by method \"group\" needs a column, or a key"),
						errhint("Name it: {\"method\": \"group\", \"column\": \"…\"}.")));
	reading->target = o->target;
	reading->key = o->key;
	reading->prepare = request->common.prepare;
	reading->check_target = true;
	reading->task = request->common.task;
	reading->request = request;
	reading->wanted = o->wanted;
	reading->n_wanted = o->n_wanted;
	reading->test_size = o->test_size;
	reading->hashes = o->hashes || method == UP_SPLIT_HASH || o->key != NULL;
	reading->split_column = o->split.column;
	reading->split_numbers = method == UP_SPLIT_TIME || method == UP_SPLIT_COLUMN;
	if (o->holdout != NULL)
		up_holdout_reading(o->holdout, reading);
}

/* The key's columns, and that of groups or folds, are no features; a time may be one. */
UpValue *
up_validated_no_features(const UpValidationOrder *o, const UpSourceFrame *read)
{
	UpValue *names = read->key != NULL ? up_value_copy(read->key) : up_value_array();

	if (o->split.column != NULL && o->split.method != UP_SPLIT_TIME)
		up_value_append(names, up_value_string(o->split.column));
	return names->n > 0 ? names : NULL;
}

/* Of all folds together, each of which tries rows of its own. */
static size_t
rows_tried(const UpSplitFolds *folds)
{
	size_t n = 0;

	for (size_t i = 0; i < folds->n_rows; i++)
		n += folds->fold_of[0][i] != UP_FOLD_NEVER && folds->fold_of[0][i] != UP_FOLD_NONE;
	return n;
}

/* Before anything that may fail for the reason told. */
static void
say_doubts(const UpValidated *v, const UpValidationOrder *o)
{
	bool by_key =
		o->split.method == UP_SPLIT_AUTO || (o->split.method == UP_SPLIT_GROUP && o->split.column == NULL);

	if (o->training)
		up_row_doubts_say(v->read, o->holdout == NULL ? "held out together" : NULL, v->read->n_held_out);
	else
		up_row_doubts_say(v->read, by_key ? "in the same fold" : NULL, 0);
}

/* Which rows are in no fold: those held out, and of too many those that are not drawn. Of a class of which few are drawn there are more. */
static const uint8_t *
rows_not_split(const UpValidated *v, const UpValidationOrder *o)
{
	size_t n = v->read->frame->samples->n_rows;
	const uint8_t *held_out = v->read->n_held_out > 0 ? v->read->held_out : NULL;
	UpRequest all = *v->request;
	UpTraining training = {.request = &all, .frame = v->read->frame, .key = v->key, .held_out = held_out};
	UpData *d;
	uint8_t *not_split;
	double *labels;
	size_t *turn, *drawn;
	UpRng rng;

	if (o->most_rows == 0 || n - v->read->n_held_out <= o->most_rows)
		return held_out;
	all.common.max_rows = INT64_MIN;
	d = &up_train_labels(&training)->data;
	labels = up_alloc_array(d->n_rows, sizeof(double));
	up_data_labels(d, 0, d->n_rows, labels);
	turn = up_alloc_array(d->n_rows, sizeof(size_t));
	for (size_t i = 0; i < d->n_rows; i++)
		turn[i] = i;
	up_rng_init(&rng, (uint64_t) v->request->common.seed, SAMPLE_STREAM);
	up_rng_shuffle(&rng, turn, d->n_rows);
	not_split = up_alloc_array(n, 1);
	memset(not_split, 1, n);
	drawn = up_alloc0(Max(d->n_classes, 1) * sizeof(size_t));
	for (size_t i = 0; i < d->n_rows; i++)
	{
		size_t *of_class = &drawn[d->n_classes > 0 ? (uint32_t) labels[turn[i]] : 0];

		if (i >= o->most_rows && *of_class >= RARE_ROWS)
			continue;
		not_split[d->order[turn[i]]] = 0;
		++*of_class;
	}
	up_free(drawn);
	up_free(turn);
	up_free(labels);
	return not_split;
}

/* n values of so many bytes each, by the order; NULL stays. */
static void *
reordered(const void *values, size_t width, const size_t *order, size_t n)
{
	char *to;

	if (values == NULL)
		return NULL;
	to = up_alloc_array(Max(n, 1), width);
	for (size_t i = 0; i < n; i++)
		memcpy(to + i * width, (const char *) values + order[i] * width, width);
	return to;
}

/* Of rows held out alone, one after the other. */
static uint64_t *
reordered_held_out(const UpSourceFrame *s, const size_t *order, size_t n)
{
	size_t *place, k = 0;
	uint64_t *to;

	if (s->held_out == NULL || s->test_hashes == NULL)
		return s->test_hashes;
	place = up_alloc_array(Max(n, 1), sizeof(size_t));
	to = up_alloc_array(Max(s->n_held_out, 1), sizeof(uint64_t));
	for (size_t i = 0; i < n; i++)
	{
		size_t row = up_source_row(s, i);

		place[row] = k;
		k += s->held_out[row] == UP_ROW_HELD_OUT;
	}
	Assert(k == s->n_held_out);
	k = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (s->held_out[order[i]] == UP_ROW_HELD_OUT)
			to[k++] = s->test_hashes[place[order[i]]];
	}
	up_free(place);
	return to;
}

/*
 * Every training goes through the rows in canonical order: so they are laid down in it once, where there is room for a copy; where workers
 * stand by, so that they see them. What they are is the same in any order. Returns the order that they are in then, of the first of the
 * frames, or NULL.
 */
static size_t *
lay_down_in_order(UpValidated *v)
{
	size_t n = v->read->frame->samples->n_rows;
	UpTraining training = {.request = v->request, .frame = v->read->frame, .key = v->key};
	size_t *order;

	if (up_samples_bytes(v->read->frame->samples) > up_memory_limit() / 8)
		return NULL;
	order = up_train_order(&training);
	for (uint32_t i = 0; i < v->n; i++)
	{
		UpSourceFrame *s = v->reads[i];

		if (up_workers() > 1)
			up_samples_move_in_order(s->frame->samples, order);
		else
		{
			UpSamples *samples = up_samples_reordered(s->frame->samples, order);

			up_samples_free(s->frame->samples);
			s->frame->samples = samples;
		}
		s->test_hashes = reordered_held_out(s, order, n);
		s->order = NULL;
		s->held_out = reordered(s->held_out, sizeof(uint8_t), order, n);
		s->hashes = reordered(s->hashes, sizeof(uint64_t), order, n);
		s->split_values = reordered(s->split_values, sizeof(double), order, n);
		s->holdout_values = reordered(s->holdout_values, sizeof(double), order, n);
	}
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	return order;
}

double
up_validated_seconds(double n_rows, double n_columns, double trainings)
{
	return n_rows < FEW_ROWS ? 0 : 1e-8 * n_rows * n_columns * trainings;
}

/* What may touch a table in a scope: a plain read of it, which the server's own parallel plans do as well. */
static void
begin_early(void *arg, double n_rows, uint32_t n_values, bool together)
{
	Early *e = arg;

	up_workers_begin(up_validated_seconds(n_rows, n_values, e->trainings));
	e->began = true;
}

/* early: NULL for none. */
static UpValidated *
read_source(const UpValidationOrder *o, Early *early)
{
	UpValidated *v = palloc0(sizeof(UpValidated));
	UpSourceOrder *readings;
	UpRequest *seen = palloc(sizeof(UpRequest));

	v->request = up_request_parse(o->learner, o->params);
	*seen = *v->request;
	if (o->space != NULL)
		up_space_see_all(o->space, seen);
	v->n = Max(o->n_prepares, 1);
	v->prepares = o->n_prepares > 0 ? o->prepares : &v->request->common.prepare;
	readings = palloc0(sizeof(UpSourceOrder) * v->n);
	for (uint32_t i = 0; i < v->n; i++)
	{
		up_validated_reading(o, seen, &readings[i]);
		readings[i].prepare = v->prepares[i];
	}
	if (early != NULL)
	{
		readings[0].plain = begin_early;
		readings[0].arg = early;
	}
	v->reads = up_source_frames_read(o->query != NULL ? o->query : up_source_query(o->source), readings, v->n);
	v->read = v->reads[0];
	return v;
}

/* Reads no table. */
static void
split_rows(UpValidated *v, const UpValidationOrder *o)
{
	size_t *order;

	v->validations = palloc(sizeof(UpValidation *) * v->n);
	v->key = up_validated_no_features(o, v->read);
	order = lay_down_in_order(v);
	if (o->holdout != NULL)
	{
		UpTraining whole = {.request = v->request, .frame = v->read->frame, .strict = true};

		v->key = unconstify(UpValue *, up_holdout_no_features(o->holdout, v->key));
		whole.key = v->key;
		up_holdout_apply(o->holdout, &whole, v->reads, v->n);
	}
	say_doubts(v, o);
	v->not_split = rows_not_split(v, o);
	for (uint32_t i = 0; i < v->n; i++)
	{
		UpTraining training = {.request = v->request, .frame = v->reads[i]->frame, .strict = true};

		training.key = v->key;
		training.held_out = v->not_split;
		training.groups = v->read->n_repeated > 0 ? v->read->hashes : NULL;
		/* Another frame, or one without the columns of a hold-out, has an order of its own. */
		training.order = i == 0 && o->holdout == NULL ? order : NULL;
		v->validations[i] = up_validation_new(&training);
	}
	v->validation = v->validations[0];
	v->folds = up_validated_folds(o, v->read, v->validation);
	/* Rows stand at the same places in all frames. */
	for (uint32_t i = 0; i < v->n; i++)
		up_validation_split(v->validations[i], v->folds);
	if (!o->training)
		up_row_doubts_say(v->read, NULL, rows_tried(v->folds));
}

UpValidated *
up_validated_source(const UpValidationOrder *o)
{
	UpValidated *v = read_source(o, NULL);

	split_rows(v, o);
	return v;
}

UpValidated *
up_validated_begin(const UpValidationOrder *o, double trainings)
{
	Early early = {.trainings = trainings};
	UpValidated *v = read_source(o, &early);
	const UpSamples *s = v->read->frame->samples;

	/* The planner may have expected fewer rows. */
	if (early.began && up_workers() == 1)
	{
		up_workers_end();
		early.began = false;
	}
	if (!early.began)
		up_workers_begin(up_validated_seconds((double) s->n_rows, s->n_columns, trainings));
	split_rows(v, o);
	return v;
}

uint32_t
up_validated_way(const UpValidated *v, const UpRequest *request)
{
	const UpValue *wanted = request->common.prepare;

	for (uint32_t i = 0; i < v->n; i++)
	{
		const UpValue *p = v->prepares[i];
		bool none = p == NULL || p->type == UP_NULL;

		if (wanted == NULL ? none : !none && up_value_equal(p, wanted))
			return i;
	}
	elog(ERROR, "no frame is prepared in this way");
}

void
up_validated_warn(const UpValidated *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		n = Max(n, up_validation_constant(v->validations[i]));
	if (n > 0)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("%u %s rows of one class only to train on", n, n == 1 ? "fold has" : "folds have"),
				 errhint("A class needs at least as many rows as there are folds.")));
}
