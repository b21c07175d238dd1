/*
 * fn_evaluate.c - uprofile_evaluate: the deployed version of a model on the rows of a source
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "assess/evaluate.h"
#include "pg/models/model_cache.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/io/source_frame.h"
#include "pg/io/srf.h"

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

static size_t
labelled_rows(const UpBinding *b, size_t *rows, size_t n, const char *target)
{
	n = up_bound_labelled(b, rows, n);
	if (n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" has none", target)));
	return n;
}

PG_FUNCTION_INFO_V1(uprofile_evaluate);
Datum
uprofile_evaluate(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile_evaluate", ALLOCSET_DEFAULT_SIZES);
	UpSrf *srf = up_srf_begin(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const UpModel *m;
	const char *target;
	UpSourceOrder order = {0};
	UpSourceFrame *read;
	UpBinding *b;
	size_t *rows;
	size_t n;
	char *why;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	MemoryContextSwitchTo(inner);
	m = up_model_parse(
		up_registry_bytes(schema, up_registry_deployed(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)))));
	if (m->task == UP_TASK_TRANSFORM || m->task == UP_TASK_OUTLIER)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("a model of algorithm \"%s\" has nothing to be measured by", m->learner->name)));
	target = PG_ARGISNULL(2) ? m->label_name : text_to_cstring(PG_GETARG_TEXT_PP(2));
	order.target = target;
	order.prepare = up_value_get(m->params, "prepare");
	order.model = m;
	read = up_source_frame_read(up_source_query(text_to_cstring(PG_GETARG_TEXT_PP(1))), &order);
	n = read->frame->samples->n_rows;
	if (n == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the source has no row to measure on")));
	if (m->task == UP_TASK_REGRESS && read->frame->label_kind == UP_LABEL_BOOLEAN)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model predicts numbers, and column \"%s\" is none", target)));
	b = up_bind_frame(read->frame, m, &why);
	if (b == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the model cannot be used on the source: %s", why)));
	rows = up_alloc_array(n, sizeof(size_t));
	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	if (m->task == UP_TASK_CLASSIFY || m->task == UP_TASK_REGRESS)
		n = labelled_rows(b, rows, n, target);
	metric_rows(srf, m->task == UP_TASK_CLUSTER ? up_evaluate_clusters(b, rows, n) : up_evaluate(b, rows, n),
				NULL);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return (Datum) 0;
}
