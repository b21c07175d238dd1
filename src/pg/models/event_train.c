/*
 * event_train.c - models that are trained on events; see event_train.h
 *
 * The last anchors are held out. Trained on are those whose horizon was over by then: what lies between would know, by its labels, what
 * happened in the time that is to be predicted. A backtest does the same at each anchor: trained on what was known, measured on what came.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "assess/evaluate.h"
#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/event_train.h"

#include <math.h>

typedef struct EventTraining
{
	const UpEventOrder *order;
	const UpEvents *events;
	const UpAnchors *anchors;
	const UpTrainOrder *train;
	int first_test; /* the first anchor held out; 0: users are, there is but one anchor */
} EventTraining;

/* As up_attribute_number has it. */
static double
number_of(TimestampTz t)
{
	return (double) t / USECS_PER_SEC;
}

UpEvents *
up_event_prepare(const UpEventOrder *o, UpAnchors **anchors)
{
	UpEvents *e = up_events_new(&o->texts);

	*anchors = up_anchors(e, o->anchors);
	if (o->texts.features == NULL)
	{
		int first_test = Max((*anchors)->n - o->test_anchors, 0);

		up_events_set_features(e, up_event_features(e, o->windows, o->n_windows, (*anchors)->at[first_test]));
	}
	return e;
}

/* ---- the hold-out ---- */

static UpHoldoutOrder *
hold_out(EventTraining *t)
{
	UpHoldoutOrder *h = palloc0(sizeof(UpHoldoutOrder));
	const UpAnchors *a = t->anchors;
	int known;

	h->holdout = palloc0(sizeof(UpHoldout));
	h->holdout->method = UP_SPLIT_GROUP;
	h->holdout->cut = NAN;
	h->share = t->train->test_size;
	h->event = up_event_value(&t->events->texts);
	if (a->n == 1)
	{
		ereport(NOTICE, (errmsg("there is but one anchor: users are held out, not a later time"),
						 errhint("With more anchors a model is measured as it will be used: on a time that it "
								 "does not know.")));
		return h;
	}
	t->first_test = Max(a->n - t->order->test_anchors, 1);
	known = up_anchor_known_at(t->events, a, t->first_test);
	if (known < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no anchor is left to train on"),
						errdetail("Before %s, the first one held out, no horizon of %s is over.",
								  up_anchor_text(a->at[t->first_test]), t->events->texts.horizon),
						errhint("Choose earlier anchors as well, or a shorter horizon.")));
	h->holdout->method = UP_SPLIT_TIME;
	h->holdout->column = "anchor";
	h->holdout->cut = number_of(a->at[t->first_test]);
	h->holdout->gap = h->holdout->cut - number_of(a->at[known]);
	return h;
}

/* ---- what is asked once rows are there ---- */

static int
compare_pairs(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : x[1] != y[1] ? (x[1] < y[1] ? -1 : 1) : 0;
}

static void
check_one_row_a_user(const UpSourceFrame *read, const double *anchors)
{
	size_t n = read->frame->samples->n_rows;
	double *pairs = up_alloc_array(Max(n, 1), 2 * sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		pairs[2 * i] = (double) (read->hashes[i] >> 11);
		pairs[2 * i + 1] = anchors != NULL ? anchors[i] : 0;
	}
	up_sort(pairs, n, 2 * sizeof(double), compare_pairs);
	for (size_t i = 1; i < n; i++)
	{
		if (compare_pairs(&pairs[2 * i], &pairs[2 * i - 2]) == 0)
			ereport(
				ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION), errmsg("a user has more than one row at an anchor"),
				 errhint("Users and features must have one row for each user, by key %s.", read->key_title)));
	}
	up_free(pairs);
}

/* ---- backtests ---- */

/* Trained on the rows up to an anchor, where the version was not; the mask of those that it was not trained on is filled. */
static const UpModel *
model_of_then(const EventTraining *t, const UpTraining *training, const double *anchors, const UpModel *version,
			  double known, uint8_t *mask, size_t *n_trained)
{
	UpTraining then = *training;
	size_t n = training->frame->samples->n_rows;

	*n_trained = 0;
	for (size_t i = 0; i < n; i++)
	{
		mask[i] = !(anchors[i] <= known);
		*n_trained += !mask[i];
	}
	if (version != NULL)
		return version;
	then.held_out = mask;
	then.strict = false;
	then.quiet = true;
	return up_train(&then);
}

static void
store_backtest(const EventTraining *t, int64 id, int anchor, size_t n_trained, size_t n_tested,
			   const UpValue *metrics, const UpAgainstConstant *against)
{
	Oid types[] = {INT8OID, TIMESTAMPTZOID, INT8OID, INT8OID, TEXTOID, FLOAT8OID, FLOAT8OID, JSONBOID};
	Datum values[] = {Int64GetDatum(id),
					  TimestampTzGetDatum(t->anchors->at[anchor]),
					  Int64GetDatum((int64) n_trained),
					  Int64GetDatum((int64) n_tested),
					  against->metric != NULL ? CStringGetTextDatum(against->metric) : (Datum) 0,
					  Float8GetDatum(against->model),
					  Float8GetDatum(against->constant),
					  JsonbPGetDatum(up_value_to_jsonb(metrics))};
	char nulls[] = "        ";

	nulls[4] = against->metric == NULL ? 'n' : ' ';
	nulls[5] = against->metric == NULL || isnan(against->model) ? 'n' : ' ';
	nulls[6] = against->metric == NULL || isnan(against->constant) ? 'n' : ' ';
	up_query(false,
			 psprintf("INSERT INTO %s.uprofile_model_backtests (version_id, anchor, rows_trained, rows_tested, "
					  "metric, value, "
					  "baseline, metrics) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
					  t->train->schema),
			 lengthof(types), types, values, nulls);
}

static void
backtest(const EventTraining *t, const UpTraining *training, const UpSourceFrame *read, const UpModel *m,
		 int64 id, int anchor, int known)
{
	size_t n = read->frame->samples->n_rows, n_trained = 0, n_tested = 0;
	const double *anchors = read->holdout_values;
	uint8_t *mask = up_alloc_array(Max(n, 1), 1);
	const UpModel *then = model_of_then(t, training, anchors, anchor == t->first_test ? m : NULL,
										number_of(t->anchors->at[known]), mask, &n_trained);
	size_t *trained = up_alloc_array(Max(n, 1), sizeof(size_t)),
		   *tested = up_alloc_array(Max(n, 1), sizeof(size_t));
	double *labels = up_alloc_array(Max(n_trained, 1), sizeof(double));
	UpAgainstConstant against = {0};
	UpValue *metrics;
	UpBinding *b;
	char *why;

	b = up_bind_frame(read->frame, then, &why);
	if (b == NULL)
		elog(ERROR, "a model does not fit what it was trained on: %s", why);
	n_trained = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (!mask[i])
			trained[n_trained++] = i;
		else if (anchors[i] == number_of(t->anchors->at[anchor]))
			tested[n_tested++] = i;
	}
	if (n_trained == 0 || n_tested == 0)
		return;
	up_bound_labels(b, trained, n_trained, labels);
	metrics = up_evaluate_against(b, tested, n_tested, up_constant_new(then, labels, n_trained), &against);
	store_backtest(t, id, anchor, n_trained, n_tested, metrics, &against);
}

static void
when_trained(void *arg, const UpTraining *training, const UpSourceFrame *read, const UpModel *m, int64 id)
{
	const EventTraining *t = arg;

	check_one_row_a_user(read, read->holdout_values);
	if (!t->order->backtest || t->first_test == 0)
		return;
	for (int i = 1; i < t->anchors->n; i++)
	{
		int known = up_anchor_known_at(t->events, t->anchors, i);
		UpArena *arena;

		if (known < 0)
			continue;
		up_progress("backtests", (uint64_t) i, (uint64_t) t->anchors->n);
		arena = up_arena_enter();
		backtest(t, training, read, m, id, i, known);
		up_arena_leave(arena);
	}
}

/*
 * That it is known of some user trained on that it happened, else every row has the same label. To ask for that is a look at events of one
 * horizon mostly, and to find it out otherwise the whole query of all anchors.
 */
static void
check_happened(const EventTraining *t)
{
	const UpEvents *e = t->events;
	int last = t->first_test > 0 ? up_anchor_known_at(e, t->anchors, t->first_test) : t->anchors->n - 1;

	if (!up_events_is_class(e))
		return;
	for (int i = 0; i <= last; i++)
	{
		if (up_query_in_path(up_events_happened_query(e, t->anchors->at[i])).n > 0)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("every row has the label \"%s\"", e->label == UP_EVENT_NOT_EXISTS ? "true" : "false"),
			 errdetail("No event in %s is what %s asks for.",
					   last == 0 ? "the horizon" : psprintf("the %d horizons that are trained on", last + 1),
					   e->texts.target),
			 errhint("A classifier needs rows of at least two classes.")));
}

static void
say_users(const UpEvents *e)
{
	StringInfoData s;
	ListCell *cell;

	if (e->user_features == NIL)
		return;
	initStringInfo(&s);
	foreach (cell, e->user_features)
		appendStringInfo(&s, "%s\"%s\"", s.len > 0 ? ", " : "", (char *) lfirst(cell));
	ereport(NOTICE, (errmsg("columns of users are taken as they are now, at every anchor: %s", s.data),
					 errhint("What has changed since, or is known only today, does not belong there.")));
}

UpTrained *
up_event_train(const UpEventOrder *o, UpTrainOrder *train)
{
	EventTraining t = {.order = o, .train = train};
	UpAnchors *anchors;
	UpEvents *e = up_event_prepare(o, &anchors);

	t.events = e;
	t.anchors = anchors;
	say_users(e);
	train->target = "label";
	train->key = e->texts.key;
	train->holdout = hold_out(&t);
	check_happened(&t);
	/* It is its source as well: whatever reads that of a version finds the rows that it was made of. */
	train->query = up_events_rows(e, anchors->at, anchors->n, false);
	train->source = train->query;
	if (t.first_test > 0)
		train->test_size = (double) (anchors->n - t.first_test) / anchors->n;
	if (!up_events_is_class(e) && up_value_get(train->params, "task") == NULL)
		up_value_set(train->params, "task", up_value_string("regression"));
	train->trained = when_trained;
	train->arg = &t;
	return up_train_named(train);
}
