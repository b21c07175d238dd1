/*
 * clean_predict.c - missing values predicted from the other columns; see clean_predict.h
 *
 * Any algorithm of the table of learners: trained on the rows where the column is known, asked about the others. The
 * key is not learned from, and neither are columns that a model cannot use.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "learn/learners.h"
#include "utils/memutils.h"

#include "learn/train.h"
#include "pg/clean/clean_predict.h"
#include "pg/io/rows.h"
#include "pg/servers.h"

#include <math.h>

/* The columns as they are now. */
static TupleDesc
present_desc(const UpCleanTable *t)
{
	TupleDesc desc = CreateTemplateTupleDesc(t->n_columns);

	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].now;

		TupleDescInitEntry(desc, (AttrNumber) (i + 1), t->columns[i].name, v->type, v->typmod, 0);
	}
	return up_columns_done(desc);
}

static void
load_row(const UpCleanTable *t, UpRowReader *r, size_t row)
{
	for (int i = 0; i < t->n_columns; i++)
	{
		r->values[i] = t->columns[i].now->values[row];
		r->nulls[i] = t->columns[i].now->nulls[row];
	}
}

static UpModel *
train(UpCleanTable *t, const UpCleanRule *rule, int column, MemoryContext row_context)
{
	UpRowReader *reader = up_row_reader_new(present_desc(t));
	UpValue *key = up_value_array();
	const char *names[UP_MAX_KEY];
	UpTraining training = {0};
	const UpLearner *learner = up_learner_by_name(rule->learner->string);
	UpRequest *request;
	UpModel *m;

	for (int i = 0; i < t->n_keys; i++)
	{
		if (t->keys[i] == column)
			continue;
		names[key->n] = t->columns[t->keys[i]].name;
		up_value_append(key, up_value_string(names[key->n]));
	}
	if ((learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) == 0)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s: algorithm \"%s\" predicts no column", rule->owner, learner->name)));
	request = up_request_parse(learner, rule->params);
	training.request = request;
	training.frame = up_row_reader_frame(reader, t->columns[column].name,
										 key->n > 0 ? up_key_columns_text((int) key->n, names) : NULL,
										 training.request->common.prepare);
	/* What is to be filled is text, so the answer is one of the texts. */
	if (training.frame->label_kind == UP_LABEL_TEXT && training.request->common.task == 0)
		request->common.task = 1;
	for (size_t row = 0; row < t->n_rows; row++)
	{
		MemoryContext outer;

		if (t->removed[row] || up_clean_is_missing(t->columns[column].now, row))
			continue;
		load_row(t, reader, row);
		MemoryContextReset(row_context);
		outer = MemoryContextSwitchTo(row_context);
		up_row_reader_add(reader, training.frame);
		MemoryContextSwitchTo(outer);
		if ((row & 0x3ff) == 0)
		{
			up_reserve(t->bytes + up_samples_bytes(training.frame->samples), "predicting a column");
			up_progress("reading rows to learn from", row, t->n_rows);
		}
	}
	training.key = key;
	training.strict = true;
	m = up_train(&training);
	up_pipeline_end_training(m->pipeline);
	return m;
}

/* The model's answer as a value of the column. */
static Datum
predicted_value(UpCleanTable *t, int column, const UpModel *m, double answer)
{
	UpCleanValues *v = t->columns[column].now;
	Datum value;

	if (m->task == UP_TASK_CLASSIFY)
		return up_clean_from_text(t, v, m->classes[(size_t) answer]);
	if (!up_clean_from_number(v, answer, 0, &value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the prediction %g of column \"%s\" is beyond type %s", answer,
							   t->columns[column].name, format_type_be(v->type))));
	return up_clean_table_coerce(t, v, value);
}

void
up_clean_predict(UpCleanTable *t, const UpCleanRule *rule, int column)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile prediction", ALLOCSET_DEFAULT_SIZES),
				  row_context = AllocSetContextCreate(inner, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	UpRowReader *reader;
	UpModel *m;
	double *inputs;
	bool any = false;

	for (size_t row = 0; row < t->n_rows && !any; row++)
	{
		if ((row & 0xffff) == 0)
			up_tick();
		any = !t->removed[row] && up_clean_is_missing(t->columns[column].now, row);
	}
	MemoryContextSwitchTo(inner);
	/* A wrong name or parameter shows even where nothing is missing. */
	(void) up_request_parse(up_learner_by_name(rule->learner->string), rule->params);
	if (any)
	{
		m = train(t, rule, column, row_context);
		reader = up_row_reader_new(present_desc(t));
		up_row_reader_bind_model(reader, m);
		inputs = up_alloc_array(Max(m->pipeline->n_inputs, 1), sizeof(double));
		for (size_t row = 0; row < t->n_rows; row++)
		{
			double answer;

			if (t->removed[row] || !up_clean_is_missing(t->columns[column].now, row))
				continue;
			load_row(t, reader, row);
			MemoryContextReset(row_context);
			MemoryContextSwitchTo(row_context);
			up_row_reader_inputs(reader, m, inputs);
			up_model_predict(m, inputs, 1, &answer);
			up_clean_table_change(t, row, column, predicted_value(t, column, m, answer), false);
			up_progress("predicting missing values", row, t->n_rows);
		}
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
}
