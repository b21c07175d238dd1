/*
 * fn_explain.c - uprofile_importance, uprofile_explain, uprofile_show: why a model says what it says
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "learn/explain.h"
#include "num/sort.h"
#include "pg/io/srf.h"
#include "pg/sql/forms.h"

#include <math.h>

static void
refuse(const UpModel *m, const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("models of algorithm \"%s\" have no %s", m->learner->name, what), errhint("%s", hint)));
}

static Datum
importance_rows(FunctionCallInfo fcinfo, const UpModel *m)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpValue *names;
	double *v;
	uint32_t *order;

	if (m->learner->importance == NULL)
		refuse(m, "importance of their own",
			   m->task == UP_TASK_CLASSIFY || m->task == UP_TASK_REGRESS
				   ? "uprofile_importance(model, source) measures it on the rows of a source."
				   : "Models that classify or do regression have.");
	names = up_pipeline_feature_names(m->pipeline);
	v = palloc0(sizeof(double) * Max(m->n_features, 1));
	m->learner->importance(m->body, v);
	order = up_order_descending(v, m->n_features);
	for (uint32_t i = 0; i < m->n_features; i++)
	{
		Datum values[] = {CStringGetTextDatum(names->items[order[i]]->string), Float8GetDatum(v[order[i]]),
						  Int32GetDatum((int32) i + 1)};
		bool nulls[] = {false, false, false};

		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

UP_FORMS_OF_MODEL(uprofile_importance, importance_rows)

/* Seconds since 2000 as the moment they mean: a date where they are whole days. Scaling costs them less than a millisecond. */
static char *
time_text(double seconds)
{
	double time = rint(seconds * 1000) * (USECS_PER_SEC / 1000);
	char buffer[MAXDATELEN + 1];
	bool is_date = fmod(time, USECS_PER_DAY) == 0;

	if (!(time >= (double) MIN_TIMESTAMP && time < (double) END_TIMESTAMP))
		return up_value_text(up_value_number(seconds));
	return pstrdup(JsonEncodeDateTime(buffer,
									  is_date ? DateADTGetDatum((DateADT) (time / USECS_PER_DAY))
											  : TimestampGetDatum((Timestamp) time),
									  is_date ? DATEOID : TIMESTAMPOID, NULL));
}

/* The value of an encoded feature of this name as text: a category by its name, a time as what it was before it was scaled. */
static char *
value_text(const UpModel *m, uint32_t feature, const char *name, double v)
{
	const UpStep *step =
		m->pipeline->steps != NULL ? &m->pipeline->steps[up_pipeline_step_of(m->pipeline, feature)] : NULL;

	if (isnan(v))
		return NULL;
	if (step != NULL && step->encode == UP_ENCODE_NATIVE && v >= 0 && v < step->n_categories)
		return step->categories[(uint32_t) v];
	if (step != NULL && step->kind == UP_COLUMN_TIME && strcmp(name, step->name) == 0)
		return time_text(up_pipeline_invert(m->pipeline, feature, v));
	return up_value_text(up_value_number(v));
}

static void
contribution_row(UpSrf *srf, const char *output, const char *feature, const char *value, double contribution,
				 double base)
{
	Datum values[5];
	bool nulls[5] = {output == NULL, false, value == NULL, false, false};

	values[0] = output != NULL ? CStringGetTextDatum(output) : (Datum) 0;
	values[1] = CStringGetTextDatum(feature);
	values[2] = value != NULL ? CStringGetTextDatum(value) : (Datum) 0;
	values[3] = Float8GetDatum(contribution);
	values[4] = Float8GetDatum(base);
	up_srf_row(srf, values, nulls);
}

/* For each output a row a feature, the greatest contributions first; the base value stands beside each. */
static Datum
explain_rows(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	const UpModel *m = use->model;
	UpSrf *srf = up_srf_begin(fcinfo);
	UpValue *names;
	uint32_t d = m->n_features, outputs;
	double *x, *shap, *size;

	names = up_pipeline_feature_names(m->pipeline);
	outputs = up_explain_outputs(m);
	x = palloc(sizeof(double) * Max(d, 1));
	size = palloc(sizeof(double) * Max(d, 1));
	up_reserve((size_t) outputs * (d + 1) * sizeof(double), "explaining a prediction");
	shap = up_alloc0((size_t) outputs * (d + 1) * sizeof(double));
	up_pipeline_encode(m->pipeline, inputs, x);
	up_explain(m, x, shap);
	for (uint32_t o = 0; o < outputs; o++)
	{
		const double *of = shap + (size_t) o * (d + 1);
		const char *output = outputs > 1 ? m->classes[o] : m->n_classes == 2 ? m->classes[1] : NULL;
		uint32_t *order;

		for (uint32_t j = 0; j < d; j++)
			size[j] = fabs(of[j]);
		order = up_order_descending(size, d);
		for (uint32_t j = 0; j < d; j++)
		{
			const char *name = names->items[order[j]]->string;

			contribution_row(srf, output, name, value_text(m, order[j], name, x[order[j]]), of[order[j]],
							 of[d]);
		}
	}
	return (Datum) 0;
}

UP_FORMS_OF_MODEL_AND_INPUTS(uprofile_explain, explain_rows)

/* A feature that is scaled is named so: what is shown speaks of it as the learner sees it. */
static const char *
scaled_name(const UpModel *m, uint32_t feature, const char *name)
{
	const UpScale *scale = up_pipeline_scale_of(m->pipeline, feature);

	return scale != NULL ? psprintf("%s(%s)", up_scale_method_names[scale->method], name) : name;
}

static Datum
shown(FunctionCallInfo fcinfo, const UpModel *m)
{
	UpValue *names = up_pipeline_feature_names(m->pipeline);
	const char **plain = palloc(sizeof(char *) * Max(m->n_features, 1));
	const char *const **values = palloc0(sizeof(char **) * Max(m->n_features, 1));
	UpNames what;

	if (m->learner->show == NULL)
		refuse(m, "text to be shown", "uprofile_model_info(model) tells what there is to know of them.");
	for (uint32_t j = 0; j < m->n_features; j++)
	{
		const UpStep *step =
			m->pipeline->steps != NULL ? &m->pipeline->steps[up_pipeline_step_of(m->pipeline, j)] : NULL;

		plain[j] = scaled_name(m, j, names->items[j]->string);
		if (step != NULL && step->encode == UP_ENCODE_NATIVE)
			values[j] = (const char *const *) step->categories;
	}
	what = (UpNames){plain, values, m->n_classes > 0 ? (const char *const *) m->classes : NULL, m->pipeline};
	return CStringGetTextDatum(m->learner->show(m->body, &what));
}

UP_FORMS_OF_MODEL(uprofile_show, shown)
