/*
 * state_update.c - the aggregate state of updates: a model, and rows as it takes them; see state.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "learn/update.h"
#include "pg/sql/state.h"

#include <math.h>

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

void
up_state_get_updating_rows(UpReader *r, UpState *s, uint8_t holds)
{
	const UpModel *m = s->base.model;
	const UpSamples *samples;

	s->request = up_update_request(m, s->given);
	if (holds == UP_STATE_NOTHING)
		return;
	if (holds != UP_STATE_ROWS)
		up_corrupt(r, "contents");
	s->frame = up_get_frame(r);
	samples = s->frame->samples;
	if (!s->frame->by_name || s->frame->label_kind == UP_LABEL_TEXT || s->frame->labels != NULL ||
		samples->n_columns != m->pipeline->n_inputs || s->n_features != samples->n_columns)
		up_corrupt(r, "contents");
	for (uint64_t i = 0; i < samples->n_rows; i++)
	{
		const double *row = up_samples_row(samples, i);
		double label = row[samples->n_columns];

		check_inputs(r, m, row);
		if (m->task == UP_TASK_CLASSIFY && !(label >= 0 && label < m->n_classes && label == floor(label)))
			up_corrupt(r, "labels");
	}
}

void
up_state_set_base(UpState *s, const char *bytes, Size len)
{
	s->base_bytes = palloc(len + VARHDRSZ);
	SET_VARSIZE(s->base_bytes, len + VARHDRSZ);
	memcpy(VARDATA(s->base_bytes), bytes, len);
	up_model_use_init(&s->base, up_get_model(bytes, len));
	s->base.context = s->expanded.header.eoh_context;
	s->learner = s->base.model->learner;
}

/* Whether this is the model that the state has; v is as it was passed. */
bool
up_state_is_base(UpState *s, struct varlena *v)
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
			up_state_refuse_kind();
		if (!up_state_is_base(s, v))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the model differs between rows of one aggregate"),
							errhint("GROUP BY the model's key to update several.")));
		up_state_check_params(s, params);
		MemoryContextSwitchTo(outer);
		return;
	}
	if (s->learner != NULL)
		up_state_refuse_kind();
	bytes = (bytea *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(v));
	up_state_set_base(s, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	up_model_key_set(&s->base_key, v);
	up_state_set_given(s, params);
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
	if ((s->frame->samples->n_rows & 0x3ff) == 0)
		up_reserve(up_samples_bytes(s->frame->samples), "collecting the rows");
	MemoryContextSwitchTo(outer);
}
