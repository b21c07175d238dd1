/*
 * state.c - the aggregate state of learners: what it collects, as bytes, and merged; see state.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "learn/learners.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "learn/update.h"
#include "pg/sql/state.h"
#include "pg/io/value_pg.h"

#include <math.h>

#define STATE_FORMAT 3 /* 2 where no rows are packed, and none in sums, as version 0.1.0 writes them */
#define NO_K         INT64_MIN
#define STAYING      (64 * 1024) /* bytes of rows, from which on they are not copied */

static const char flat_magic[4] = {'U', 'P', 'S', 'T'};

static void
put_beginning(UpWriter *w, const UpState *s, uint16_t format)
{
	up_put_bytes(w, flat_magic, sizeof(flat_magic));
	up_put_u16(w, format);
	up_put_u16(w, s->learner != NULL ? s->learner->number : 0);
	up_put_u8(w, s->expanded.begun);
	if (!s->expanded.begun)
		return;
	up_put_u8(w, s->base_bytes != NULL);
	if (s->base_bytes != NULL)
	{
		up_put_u32(w, VARSIZE(s->base_bytes) - VARHDRSZ);
		up_put_bytes(w, VARDATA(s->base_bytes), VARSIZE(s->base_bytes) - VARHDRSZ);
	}
	up_put_u8(w, s->by_name);
	up_put_u8(w, (uint8_t) s->label_kind);
	up_put_text(w, s->target);
	up_put_u64(w, (uint64_t) s->k);
	up_put_u8(w, s->has_params);
	up_put_value(w, s->given);
	up_put_u64(w, s->n_null_rows);
	up_put_u64(w, s->n_null_labels);
	up_put_u32(w, s->n_features);
}

static void
put_state(UpWriter *w, const void *state)
{
	const UpState *s = state;
	bool in_one = up_state_in_one_array(s); /* which packs them */
	bool is_new = s->row_sums != NULL || (s->frame != NULL && up_samples_packed(s->frame->samples));

	put_beginning(w, s, is_new ? STATE_FORMAT : STATE_FORMAT - 1);
	if (!s->expanded.begun || up_state_put_staying(w, s) || (in_one && up_state_put_handed(w, s)))
		return;
	up_put_u8(w, s->sums != NULL       ? HOLDS_SUMS
				 : s->row_sums != NULL ? HOLDS_ROW_SUMS
				 : s->frame != NULL    ? HOLDS_ROWS
									   : HOLDS_NOTHING);
	if (s->sums != NULL)
	{
		up_put_u64(w, s->n_sum_rows);
		s->learner->stream->write(s->sums, w);
	}
	else if (s->frame != NULL)
		up_put_frame(w, s->frame);
	if (s->row_sums != NULL)
		up_put_row_sums(w, s->row_sums);
}

/* Inputs that no row could give would lead encoders astray. */
static void
check_inputs(UpReader *r, const UpModel *m, const double *row)
{
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		const UpStep *step = &m->pipeline->steps[i];

		for (uint32_t k = 0; k < step->width; k++, row++)
		{
			if (step->kind == UP_COLUMN_CATEGORY && !isnan(*row) &&
				!(*row >= 0 && *row < (double) step->n_categories + step->other && *row == floor(*row)))
				up_corrupt(r, "inputs");
		}
	}
}

static void
get_updating_rows(UpReader *r, UpState *s, uint8_t holds)
{
	const UpModel *m = s->base.model;
	const UpSamples *samples;
	double *space;
	size_t work = 0;

	s->request = up_update_request(m, s->given);
	if (holds == HOLDS_NOTHING)
		return;
	if (holds != HOLDS_ROWS)
		up_corrupt(r, "contents");
	s->frame = up_get_frame(r);
	samples = s->frame->samples;
	if (!s->frame->by_name || s->frame->label_kind == UP_LABEL_TEXT || s->frame->labels != NULL ||
		samples->n_columns != m->pipeline->n_inputs || s->n_features != samples->n_columns)
		up_corrupt(r, "contents");
	space = up_samples_space(samples);
	for (uint64_t i = 0; i < samples->n_rows; i++)
	{
		const double *row = up_samples_read(samples, i, space);
		double label = row[samples->n_columns];

		up_tick_work(&work, samples->n_columns + 1);
		check_inputs(r, m, row);
		if (m->task == UP_TASK_CLASSIFY && !(label >= 0 && label < m->n_classes && label == floor(label)))
			up_corrupt(r, "labels");
	}
}

static void
set_base(UpState *s, const char *bytes, Size len)
{
	s->base_bytes = palloc(len + VARHDRSZ);
	SET_VARSIZE(s->base_bytes, len + VARHDRSZ);
	memcpy(VARDATA(s->base_bytes), bytes, len);
	up_model_use_init(&s->base, up_get_model(bytes, len));
	s->base.context = s->expanded.header.eoh_context;
	s->learner = s->base.model->learner;
}

/* Whether this is the model that the state has; v is as it was passed. */
static bool
is_base(UpState *s, struct varlena *v)
{
	bytea *bytes;
	bool same;

	if (up_model_key_matches(&s->base_key, v))
		return true;
	bytes = (bytea *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(v));
	same = VARSIZE_ANY_EXHDR(bytes) == VARSIZE_ANY_EXHDR(s->base_bytes) &&
		   memcmp(VARDATA_ANY(bytes), VARDATA_ANY(s->base_bytes), VARSIZE_ANY_EXHDR(bytes)) == 0;
	if ((struct varlena *) bytes != v)
		pfree(bytes);
	return same;
}

static void
get_base(UpReader *r, UpState *s)
{
	uint32_t len = up_get_count(r, 1, MaxAllocSize - VARHDRSZ, "bytes of the model");
	char *bytes = palloc(len);

	up_get_bytes(r, bytes, len);
	set_base(s, bytes, len);
	pfree(bytes);
}

static void
get_contents(UpReader *r, UpState *s)
{
	uint8_t holds = up_get_u8(r);
	bool streams;

	if (s->base_bytes != NULL)
	{
		get_updating_rows(r, s, holds);
		return;
	}
	s->request = up_request_parse(s->learner, s->given);
	streams = !s->by_name && up_request_streams(s->request, s->label_kind);
	if (holds > HOLDS_ROW_SUMS || (holds == HOLDS_SUMS) != (streams && holds != HOLDS_NOTHING) ||
		((holds == HOLDS_HANDED || holds == HOLDS_STAYING) && (s->by_name || s->label_kind == UP_LABEL_TEXT)) ||
		(holds == HOLDS_ROW_SUMS && !s->by_name))
		up_corrupt(r, "contents");
	if (holds == HOLDS_SUMS)
	{
		if (s->n_features == 0 || s->n_features > UP_COLUMN_LIMIT)
			up_corrupt(r, "number of features");
		s->n_sum_rows = up_get_u64(r);
		s->sums = s->learner->stream->read(r, s->n_features, NULL);
		if (s->n_sum_rows == 0)
			up_corrupt(r, "number of rows");
	}
	else if (holds >= HOLDS_ROWS)
	{
		s->frame = holds == HOLDS_HANDED    ? up_state_get_handed(r, s)
				   : holds == HOLDS_STAYING ? up_state_get_staying(r)
											: up_get_frame(r);
		if (s->frame->by_name != s->by_name || (!s->by_name && s->frame->label_kind != s->label_kind) ||
			(!s->by_name && (s->frame->n_columns != s->n_features || s->n_features == 0)) ||
			(s->frame->label_name == NULL) != (s->target == NULL) ||
			(s->target != NULL && strcmp(s->target, s->frame->label_name) != 0))
			up_corrupt(r, "contents");
		if (holds == HOLDS_ROW_SUMS)
			s->row_sums = up_get_row_sums(r, s->request, s->frame);
	}
}

static bool
task_needs_label(const UpLearner *learner)
{
	return (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0;
}

/* Flat bytes, checked; or the initial value: an algorithm's name, of an update nothing, since its model comes with the rows. */
static void
get_state(void *state, const char *bytes, Size len)
{
	UpState *s = state;
	UpReader r;
	char start[4];
	uint16_t number;
	uint8_t kind;

	s->k = NO_K;
	s->rows_context = s->expanded.header.eoh_context;
	if (len < sizeof(flat_magic) || memcmp(bytes, flat_magic, sizeof(flat_magic)) != 0)
	{
		if (len >= NAMEDATALEN)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged aggregate state: not a state")));
		s->learner = len > 0 ? up_learner_by_name(pnstrdup(bytes, len)) : NULL;
		return;
	}
	up_reader_init(&r, bytes, len, "aggregate state");
	up_get_bytes(&r, start, sizeof(start));
	number = up_get_u16(&r);
	if (number != STATE_FORMAT && number != STATE_FORMAT - 1)
		up_expanded_refuse_format(number);
	number = up_get_u16(&r);
	s->learner = up_learner_by_number(number);
	s->expanded.begun = up_get_bool(&r);
	if (s->learner == NULL && (s->expanded.begun || number != 0))
		up_corrupt(&r, "algorithm");
	if (s->expanded.begun)
	{
		if (up_get_bool(&r))
			get_base(&r, s);
		s->by_name = up_get_bool(&r);
		kind = up_get_u8(&r);
		s->target = up_get_text(&r);
		s->k = (int64_t) up_get_u64(&r);
		s->has_params = up_get_bool(&r);
		s->given = up_get_value(&r);
		s->n_null_rows = up_get_u64(&r);
		s->n_null_labels = up_get_u64(&r);
		s->n_features = up_get_u32(&r);
		if (kind > UP_LABEL_TEXT || s->given->type != UP_OBJECT)
			up_corrupt(&r, "form");
		if (s->base_bytes == NULL &&
			task_needs_label(s->learner) != (kind != UP_LABEL_NONE || s->target != NULL))
			up_corrupt(&r, "form");
		s->label_kind = (UpLabelKind) kind;
		get_contents(&r, s);
	}
	up_get_end(&r);
}

/* Puts what other holds into s, which has begun but holds nothing. */
static void
adopt_contents(UpState *s, UpState *other)
{
	UpReader r;
	UpWriter w;

	/* Through the codec: a copy that shares nothing. */
	up_writer_init(&w);
	if (other->sums != NULL)
	{
		other->learner->stream->write(other->sums, &w);
		up_reader_init(&r, w.bytes, w.len, "aggregate state");
		s->sums = s->learner->stream->read(&r, other->n_features, NULL);
		s->n_sum_rows = other->n_sum_rows;
	}
	else
	{
		up_put_frame(&w, other->frame);
		if (other->row_sums != NULL)
			up_put_row_sums(&w, other->row_sums);
		up_reader_init(&r, w.bytes, w.len, "aggregate state");
		s->frame = up_get_frame(&r);
		if (other->row_sums != NULL)
			s->row_sums = up_get_row_sums(&r, s->request, s->frame);
	}
	s->n_features = other->n_features;
	up_free(w.bytes);
}

static void
merge_contents(UpState *s, UpState *other)
{
	if (s->sums == NULL && s->frame == NULL)
	{
		adopt_contents(s, other);
		return;
	}
	if (s->n_features != other->n_features || (s->sums != NULL) != (other->sums != NULL))
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("rows have %u features in one part and %u in another", s->n_features,
							   other->n_features)));
	if (s->sums != NULL)
	{
		s->learner->stream->merge(s->sums, other->sums);
		s->n_sum_rows += other->n_sum_rows;
		return;
	}
	if (s->row_sums != NULL || other->row_sums != NULL)
		s->row_sums = up_row_sums_merge(s->row_sums, s->frame, s->request, other->row_sums, other->frame);
	else
		up_frame_merge(s->frame, other->frame);
}

/* Everything but what the rows gave. */
static void
merge_head(UpState *s, UpState *other)
{
	if (s->learner != other->learner || (s->base_bytes != NULL) != (other->base_bytes != NULL) ||
		(s->base_bytes != NULL && !is_base(s, (struct varlena *) other->base_bytes)) ||
		s->by_name != other->by_name || s->label_kind != other->label_kind || s->k != other->k ||
		(s->target == NULL) != (other->target == NULL) ||
		(s->target != NULL && strcmp(s->target, other->target) != 0) || s->has_params != other->has_params ||
		!up_value_equal(s->given, other->given))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params, k, target or form differ between rows of one aggregate")));
	s->n_null_rows += other->n_null_rows;
	s->n_null_labels += other->n_null_labels;
}

static void
merge_state(void *state, void *from)
{
	UpState *s = state, *other = from;

	merge_head(s, other);
	if (other->sums != NULL || other->frame != NULL)
		merge_contents(s, other);
}

/*
 * Rows stay where they stand, where nothing in them depends on what was met before them. Few do not: of many groups each would keep a context
 * (expanded.h).
 */
static bool
adopt_state(void *state, void *from)
{
	UpState *s = state, *other = from;

	if (s->sums != NULL || other->frame == NULL || s->by_name || s->label_kind == UP_LABEL_TEXT ||
		(s->frame != NULL && s->n_features != other->n_features) ||
		up_samples_bytes(other->frame->samples) < STAYING)
	{
		merge_state(s, other);
		return false;
	}
	merge_head(s, other);
	s->n_features = other->n_features;
	if (s->frame == NULL)
		s->frame = up_frame_new(s->n_features, false, s->label_kind, NULL);
	up_samples_take_over(s->frame->samples, other->frame->samples);
	return true;
}

static void
check_state(const void *state, const void *from)
{
	const UpState *s = state, *other = from;

	if (other->expanded.begun && !s->expanded.begun && s->learner != NULL && s->learner != other->learner)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("states of different algorithms")));
}

static const UpExpandedKind learner_state = {
	.name = "learner",
	.size = sizeof(UpState),
	.put = put_state,
	.get = get_state,
	.check = check_state,
	.merge = merge_state,
	.adopt = adopt_state,
	.too_large =
		"SET max_parallel_workers_per_gather = 0, or train with uprofile_train, which has no such limit.",
};

UpState *
up_state_writable(FunctionCallInfo fcinfo)
{
	return up_expanded_writable(fcinfo, &learner_state);
}

UpState *
up_state_readable(Datum datum)
{
	return up_expanded_readable(datum, &learner_state);
}

Datum
up_state_combine(FunctionCallInfo fcinfo)
{
	return up_expanded_combine(fcinfo, &learner_state);
}

bool
up_state_is_complete(UpState *s, FunctionCallInfo fcinfo, int features)
{
	if (PG_ARGISNULL(features))
		s->n_null_rows++;
	else if (PG_ARGISNULL(features + 1))
		s->n_null_labels++;
	else
		return true;
	return false;
}

double
up_state_finite_label(double label)
{
	if (!isfinite(label))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("the label is %s", isnan(label) ? "NaN" : "infinite"),
				 errhint("Leave such rows out, or make the label NULL: the row is then passed over.")));
	return label;
}

static void
check_params(UpState *s, Jsonb *params)
{
	UpValue *given;

	if (params == NULL && !s->has_params)
		return;
	if (up_expanded_has_params(&s->expanded, params))
		return;
	given = params != NULL ? up_value_from_jsonb(params) : up_value_object();
	if (given->type == UP_OBJECT && s->k != NO_K)
		up_value_set(given, "k", up_value_number((double) s->k));
	if (s->has_params && params != NULL && up_value_equal(given, s->given))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("params differ between rows of one aggregate"),
			 errhint("Give the same params with every row; GROUP BY them to train one model for each.")));
}

static void
set_given(UpState *s, Jsonb *params)
{
	s->has_params = params != NULL;
	s->given = up_value_object();
	if (params == NULL)
		return;
	s->given = up_value_from_jsonb(params);
	if (s->given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be a JSON object, not %s", up_value_type_name(s->given)),
						errhint("For example '{\"seed\": 1}'.")));
	up_expanded_keep_params(&s->expanded, params);
}

static void
set_params(UpState *s, const UpStateArguments *a)
{
	set_given(s, a->params);
	if (a->k != NO_K)
	{
		UpValue *k = up_value_get(s->given, "k");

		if (k != NULL && !(k->type == UP_NUMBER && k->number == (double) a->k))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("params give another \"k\" than the argument k")));
		up_value_set(s->given, "k", up_value_number((double) a->k));
	}
	s->request = up_request_parse(s->learner, s->given);
}

static void
first_row(UpState *s, const UpStateArguments *a)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);

	if (task_needs_label(s->learner) != (a->label_kind != UP_LABEL_NONE || a->target != NULL))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("algorithm \"%s\" has no such form", s->learner->name)));
	set_params(s, a);
	s->by_name = a->by_name;
	s->label_kind = a->label_kind;
	s->k = a->k;
	if (a->target != NULL)
		s->target = text_to_cstring(a->target);
	s->expanded.begun = true;
	MemoryContextSwitchTo(outer);
}

static void
refuse_kind(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the aggregate state is of another aggregate")));
}

void
up_state_begin(UpState *s, const UpStateArguments *a)
{
	if (s->learner == NULL || s->base_bytes != NULL)
		refuse_kind();
	if (!s->expanded.begun)
	{
		first_row(s, a);
		return;
	}
	if (a->by_name != s->by_name || a->label_kind != s->label_kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("rows of different types in one aggregate")));
	if (a->k != s->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("k differs between rows of one aggregate")));
	if ((a->target != NULL) != (s->target != NULL) ||
		(a->target != NULL && (VARSIZE_ANY_EXHDR(a->target) != strlen(s->target) ||
							   memcmp(VARDATA_ANY(a->target), s->target, strlen(s->target)) != 0)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the target's name differs between rows of one aggregate")));
	check_params(s, a->params);
}

static void
start_array(UpState *s, uint32_t n)
{
	s->n_features = n;
	if (up_request_streams(s->request, s->label_kind))
		s->sums = s->learner->stream->start(n, NULL);
	else
	{
		s->frame = up_frame_new(n, false, s->label_kind, NULL);
		/* Of a partial aggregation: for a leader, and for workers that train. */
		if (s->token != 0)
			up_samples_grow_seen(s->frame->samples);
	}
}

void
up_state_add_array(UpState *s, const double *x, uint32_t n, double label)
{
	MemoryContext outer = MemoryContextSwitchTo(s->rows_context);

	if (unlikely(s->sums == NULL && s->frame == NULL))
		start_array(s, n);
	if (unlikely(n != s->n_features))
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("a row has %u feature%s, and the rows before it have %u", n, n == 1 ? "" : "s",
							   s->n_features)));
	if (s->sums != NULL)
	{
		s->learner->stream->add(s->sums, x, label);
		s->n_sum_rows++;
	}
	else
	{
		double *row = up_samples_add(s->frame->samples);

		memcpy(row, x, n * sizeof(double));
		row[n] = label;
		up_state_check_memory(s);
	}
	MemoryContextSwitchTo(outer);
}

/* Whether sums can take the place of the rows so far; if not, when there are twice as many more may be known of them. */
static void
look_at_rows(UpState *s, uint64_t rows)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	uint64_t least = up_row_sums_least(s->frame, UP_HELD_SHARE);

	s->look_at = rows < least ? Min(least, rows * 2 + 1) : rows * 2;
	if (rows >= least)
		s->row_sums = up_row_sums_begin(s->request, s->frame);
	MemoryContextSwitchTo(outer);
}

bool
up_state_add_row(UpState *s)
{
	uint64_t rows = s->frame->samples->n_rows;
	MemoryContext outer;

	if (s->row_sums == NULL)
	{
		if (!up_row_reader_add(s->reader, s->frame))
			return false;
		if (unlikely(rows >= s->look_at))
			look_at_rows(s, rows);
		return true;
	}
	outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	if (s->row == NULL)
		s->row = up_samples_space(s->frame->samples);
	MemoryContextSwitchTo(outer);
	if (!up_row_reader_read(s->reader, s->frame, s->row))
		return false;
	MemoryContextSwitchTo(s->expanded.header.eoh_context);
	up_row_sums_add(s->row_sums, s->frame, s->row);
	MemoryContextSwitchTo(outer);
	return true;
}

/* What cannot be trained on is not collected to the end. Rows without a weight are collected, and not trained on. */
void
up_state_check_memory(const UpState *s)
{
	if ((s->frame->samples->n_rows & 0x3ff) == 0 && up_request_weight(s->request) == NULL)
		up_request_check_memory(s->request, (double) s->frame->samples->n_rows,
								up_request_least_features(s->request, s->frame), false);
}

/* ---- updates ---- */

void
up_state_begin_update(UpState *s, struct varlena *v, Jsonb *params)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	bytea *bytes;

	if (VARATT_IS_EXTERNAL(v) && !VARATT_IS_EXTERNAL_ONDISK(v))
		v = PG_DETOAST_DATUM(PointerGetDatum(v));
	if (s->expanded.begun)
	{
		if (s->base_bytes == NULL)
			refuse_kind();
		if (!is_base(s, v))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the model differs between rows of one aggregate"),
							errhint("GROUP BY the model's key to update several.")));
		check_params(s, params);
		MemoryContextSwitchTo(outer);
		return;
	}
	if (s->learner != NULL)
		refuse_kind();
	bytes = (bytea *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(v));
	set_base(s, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	up_model_key_set(&s->base_key, v);
	set_given(s, params);
	s->request = up_update_request(s->base.model, s->given);
	s->by_name = s->base.model->pipeline->by_name;
	s->expanded.begun = true;
	MemoryContextSwitchTo(outer);
}

void
up_state_add_inputs(UpState *s, const double *inputs, double label)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	uint32_t n = s->base.model->pipeline->n_inputs;
	double *row;

	if (s->frame == NULL)
	{
		s->frame = up_frame_new(
			n, true, s->base.model->label_kind == UP_LABEL_NONE ? UP_LABEL_NONE : UP_LABEL_NUMBER, NULL);
		for (uint32_t j = 0; j < n; j++)
			up_frame_set_column(s->frame, j, "", UP_COLUMN_NUMBER);
		s->n_features = n;
	}
	row = up_samples_add(s->frame->samples);
	memcpy(row, inputs, n * sizeof(double));
	row[n] = label;
	MemoryContextSwitchTo(outer);
}

uint64_t
up_state_rows(const UpState *s)
{
	if (s->sums != NULL)
		return s->n_sum_rows;
	return (s->frame != NULL ? s->frame->samples->n_rows : 0) + (s->row_sums != NULL ? s->row_sums->n_rows : 0);
}
