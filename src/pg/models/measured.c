/*
 * measured.c - the rows of a source that a model is measured on; see measured.h
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "learn/class_weights.h"
#include "pg/io/query.h"
#include "pg/io/source_frame.h"
#include "pg/io/source_query.h"
#include "pg/models/measured.h"

#define MOST_GROUPS 1000

/* What is noted of each row while the source is read. */
typedef struct Notes
{
	const UpMeasuredOrder *order;
	MemoryContext context;
	int by;     /* attribute, or -1 */
	int weight; /* the same */
	UpDictionary *texts;
	size_t n, capacity;
	uint8_t *held_out;
	uint32_t *group_of; /* the code of the text; UINT32_MAX: NULL */
	double *weights;
} Notes;

static void
note_columns(void *arg, UpRowReader *r)
{
	Notes *n = arg;

	n->by = n->order->by != NULL ? up_row_reader_find(r, n->order->by, "group") : -1;
	n->weight = n->order->weight != NULL ? up_row_reader_find(r, n->order->weight, "weight") : -1;
	if (n->weight >= 0 && r->attributes[n->weight].kind != UP_COLUMN_NUMBER)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("weight column \"%s\" has no numbers", n->order->weight)));
}

static uint32_t
group_of_row(Notes *n, UpRowReader *r)
{
	char *text;
	int64_t code;
	MemoryContext outer;

	if (r->nulls[n->by])
		return UINT32_MAX;
	text = up_attribute_text(&r->attributes[n->by], r->values[n->by]);
	outer = MemoryContextSwitchTo(n->context);
	code = up_dictionary_add(n->texts, text, strlen(text));
	MemoryContextSwitchTo(outer);
	if (code < 0)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column \"%s\" has more than %d values to group by", n->order->by, MOST_GROUPS),
						errhint("Group by a coarser expression in the source, such as width_bucket(…) or "
								"date_trunc(…).")));
	return (uint32_t) code;
}

static double
weight_of_row(Notes *n, UpRowReader *r)
{
	double weight =
		r->nulls[n->weight] ? 0 : up_attribute_number(&r->attributes[n->weight], r->values[n->weight]);

	if (!up_is_weight(weight))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("weight column \"%s\" has the value %g", n->order->weight, weight),
						errdetail("Weights are numbers from 0 to %g.", UP_MOST_WEIGHT)));
	return weight;
}

static void
note_row(void *arg, UpRowReader *r, uint64_t hash)
{
	Notes *n = arg;

	if (n->n == n->capacity)
	{
		n->capacity = Max(1024, n->capacity * 2);
		up_reserve(n->capacity * (sizeof(uint32_t) + sizeof(double) + 1), "reading the source");
		n->held_out = repalloc_huge(n->held_out, n->capacity);
		n->group_of = repalloc_huge(n->group_of, n->capacity * sizeof(uint32_t));
		n->weights = repalloc_huge(n->weights, n->capacity * sizeof(double));
	}
	n->held_out[n->n] = n->order->held != NULL && up_held_out_row(n->order->held, r, hash);
	n->weights[n->n] = n->weight >= 0 ? weight_of_row(n, r) : 1;
	n->group_of[n->n++] = n->by >= 0 ? group_of_row(n, r) : 0;
}

/* How the source is read for a model, and whether it has the key; what notes keep is allocated in the current memory. */
static UpSourceOrder
reading_for(const UpModel *m, const UpMeasuredOrder *order, const char *query, Notes *notes, UpMeasured *r)
{
	UpSourceOrder reading = {
		.target = order->target, .prepare = up_value_get(m->params, "prepare"), .model = m};

	r->has_key = order->held != NULL && order->held->key != NULL &&
				 up_held_out_has_key(order->held, up_query_columns(query), &r->key_form);
	notes->order = order;
	notes->context = CurrentMemoryContext;
	notes->texts = up_dictionary_new(MOST_GROUPS);
	notes->held_out = palloc(1);
	notes->group_of = palloc(sizeof(uint32_t));
	notes->weights = palloc(sizeof(double));
	if (order->held != NULL || order->by != NULL || order->weight != NULL)
	{
		reading.key = r->has_key ? order->held->key : NULL;
		reading.columns = note_columns;
		reading.row = note_row;
		reading.arg = notes;
	}
	return reading;
}

/* The groups in the order of their bytes, NULL last. */
static void
set_groups(UpMeasured *r, const Notes *notes)
{
	uint32_t n = notes->texts->n, *place = up_dictionary_sort(notes->texts);
	bool has_null = false;

	r->groups = palloc0((n + 1) * sizeof(char *));
	memcpy(r->groups, notes->texts->texts, n * sizeof(char *));
	r->group_of = notes->group_of;
	for (size_t i = 0; i < notes->n; i++)
	{
		has_null = has_null || r->group_of[i] == UINT32_MAX;
		r->group_of[i] = r->group_of[i] == UINT32_MAX ? n : place[r->group_of[i]];
	}
	r->n_groups = n + has_null;
}

static void
count_held_out(UpMeasured *r, const UpMeasuredOrder *order, const Notes *notes)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++)
	{
		bool held = notes->held_out[r->rows[i]];

		r->n_known += held;
		if (held || !order->only_held_out)
			r->rows[kept++] = r->rows[i];
	}
	r->n = kept;
}

/* Where nothing is known to have been held out: why. */
static void
fail_without_held_out(const UpMeasured *r, const UpHeldOut *h)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_DATA_EXCEPTION), errmsg("no row of the source is known to have been held out"),
		 h->test_size == 0 ? errdetail("Version %d held out no row.", h->version)
		 : h->key == NULL ? errdetail("Version %d has no key: rows that were held out are known while no value "
									  "of them, and no column, changes.",
									  h->version)
		 : r->key_form != NULL ? up_held_out_other_form(h, r->key_form)
		 : r->has_key
			 ? errdetail("Of key \"%s\" version %d held out a share of %g.", h->key, h->version, h->test_size)
			 : errdetail("The source has no column \"%s\", the key of version %d.", h->key, h->version)));
}

/* Binds the rows that were read to the model; all of them that have a label that it can be measured on. */
static void
bind_rows(UpMeasured *r, const UpModel *m, const UpMeasuredOrder *order, UpFrame *f)
{
	char *why;

	r->n = f->samples->n_rows;
	if (r->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no row to measure on"),
				 f->n_null_labels > 0 ? errdetail("%zu rows have no label.", (size_t) f->n_null_labels) : 0));
	if (m->task == UP_TASK_REGRESS && f->label_kind == UP_LABEL_BOOLEAN)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" is none", order->target)));
	if (order->in_order)
		up_frame_sort_codes(f);
	r->binding = up_bind_frame(f, m, &why);
	if (r->binding == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model cannot be used on the source: %s", why)));
	r->rows = up_alloc_array(r->n, sizeof(size_t));
	for (size_t i = 0; i < r->n; i++)
		r->rows[i] = i;
	if (order->in_order)
		up_samples_canonical_order(f->samples, r->rows);
	if (m->task == UP_TASK_CLASSIFY || m->task == UP_TASK_REGRESS)
		r->n = up_bound_labelled(r->binding, r->rows, r->n);
	if (r->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" has none", order->target)));
}

/* Rows that weigh nothing are as if they were not there. */
static void
set_weights(UpMeasured *r, const Notes *notes)
{
	size_t kept = 0;

	r->weights = notes->weights;
	for (size_t i = 0; i < r->n; i++)
	{
		if (r->weights[r->rows[i]] > 0)
			r->rows[kept++] = r->rows[i];
	}
	r->n = kept;
	if (r->n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("no row of the source has a weight above 0")));
}

UpMeasured *
up_measured_read(const UpModel *m, const UpMeasuredOrder *order)
{
	UpMeasured *r = palloc0(sizeof(UpMeasured));
	Notes notes = {0};
	char *query = up_source_query(order->source);
	UpSourceOrder reading = reading_for(m, order, query, &notes, r);

	bind_rows(r, m, order, up_source_frame_read(query, &reading)->frame);
	if (order->weight != NULL)
		set_weights(r, &notes);
	if (order->held != NULL)
		count_held_out(r, order, &notes);
	if (r->n == 0)
		fail_without_held_out(r, order->held);
	if (order->by != NULL)
		set_groups(r, &notes);
	return r;
}

/* Leaves, in the order of the first, the rows that both have: each of them held out where only such are wanted. */
static void
keep_common(UpMeasured *const *pair, const UpMeasuredOrder *order, const Notes *notes)
{
	UpMeasured *a = pair[0], *b = pair[1];
	size_t kept = 0;
	uint8_t *in_b = palloc0(notes[1].n);

	for (size_t i = 0; i < b->n; i++)
		in_b[b->rows[i]] = 1;
	for (size_t i = 0; i < a->n; i++)
	{
		size_t row = a->rows[i];
		bool held = notes[0].held_out[row] && notes[1].held_out[row];

		if (!in_b[row] || (order->only_held_out && !held) || !(notes[0].weights[row] > 0))
			continue;
		a->n_known += held;
		a->rows[kept++] = row;
	}
	memcpy(b->rows, a->rows, kept * sizeof(size_t));
	a->n = b->n = kept;
	b->n_known = a->n_known;
	pfree(in_b);
}

void
up_measured_read_pair(const UpModel *const *models, const UpMeasuredOrder *orders, UpMeasured **pair)
{
	Notes notes[2] = {{0}, {0}};
	UpSourceOrder readings[2];
	UpSourceFrame **frames;
	char *query = up_source_query(orders[0].source);

	for (int i = 0; i < 2; i++)
	{
		pair[i] = palloc0(sizeof(UpMeasured));
		readings[i] = reading_for(models[i], &orders[i], query, &notes[i], pair[i]);
	}
	frames = up_source_frames_read(query, readings, 2);
	for (int i = 0; i < 2; i++)
		bind_rows(pair[i], models[i], &orders[i], frames[i]->frame);
	if (notes[0].n != notes[1].n)
		elog(ERROR, "two readings of a source differ");
	keep_common(pair, &orders[0], notes);
	for (int i = 0; i < 2 && orders[0].weight != NULL; i++)
		pair[i]->weights = notes[0].weights;
}

void
up_measured_say(const UpMeasured *r, const UpHeldOut *h, const char *source)
{
	size_t trained = r->n - r->n_known;

	if (trained == 0)
		return;
	if (r->key_form != NULL)
		ereport(NOTICE, (errmsg("it is not known which of the rows version %d was trained on", h->version),
						 up_held_out_other_form(h, r->key_form)));
	else if (h->key != NULL && !r->has_key)
		ereport(NOTICE, (errmsg("it is not known which of the rows version %d was trained on", h->version),
						 errdetail("The source has no column \"%s\", the key of that version.", h->key)));
	else
		ereport(NOTICE, (errmsg("%zu of %zu rows %s that version %d was trained on", trained, r->n,
								h->key != NULL && strcmp(source, h->source) == 0 ? "are ones" : "may be ones",
								h->version),
						 r->n_known > 0 ? errhint("rows => 'held_out' measures on the others alone.")
										: errhint("What a model has seen tells little of what it has not.")));
}

void
up_measured_weigh(const UpMeasured *r, UpPredictions *p)
{
	p->weights = up_alloc_array(Max(p->n, 1), sizeof(double));
	for (size_t i = 0; i < p->n; i++)
		p->weights[i] = r->weights[r->rows[i]];
}

UpBinding *
up_measured_source(const UpModel *m, const char *source, const char *target, bool in_order, size_t **rows,
				   size_t *n)
{
	UpMeasuredOrder order = {.source = source, .target = target, .in_order = in_order};
	UpMeasured *r = up_measured_read(m, &order);

	*rows = r->rows;
	*n = r->n;
	return r->binding;
}
