/*
 * fn_evaluate.c - uprofile_evaluate: the deployed version of a model on the rows of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/srf.h"
#include "pg/models/measured.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"

/* Numbers of the object, and those one level deeper as outer[inner]. */
static void
metric_rows(UpSrf *srf, const UpValue *metrics, const char *outer)
{
	for (uint32_t i = 0; i < metrics->n; i++)
	{
		const UpValue *v = metrics->items[i];
		char *name = outer == NULL ? metrics->keys[i] : psprintf("%s[%s]", outer, metrics->keys[i]);
		Datum values[2];
		bool nulls[2] = {false};

		if (v->type == UP_OBJECT)
			metric_rows(srf, v, name);
		if (v->type != UP_NUMBER)
			continue;
		values[0] = CStringGetTextDatum(name);
		values[1] = Float8GetDatum(v->number);
		up_srf_row(srf, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(uprofile_evaluate);
Datum
uprofile_evaluate(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const UpModel *m;
	const char *target;
	UpBinding *b;
	size_t *rows, n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	m = up_model_parse(
		up_registry_bytes(schema, up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL))));
	if (m->task == UP_TASK_TRANSFORM || m->task == UP_TASK_OUTLIER)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("a model of algorithm \"%s\" has nothing to be measured by", m->learner->name)));
	target = PG_ARGISNULL(2) ? m->label_name : up_text_argument(fcinfo, 2, NULL);
	b = up_measured_source(m, up_text_argument(fcinfo, 1, NULL), target, false, &rows, &n);
	metric_rows(srf, m->task == UP_TASK_CLUSTER ? up_evaluate_clusters(b, rows, n) : up_evaluate(b, rows, n),
				NULL);
	return up_srf_end_work(srf);
}
