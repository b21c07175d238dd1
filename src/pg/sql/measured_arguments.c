/*
 * measured_arguments.c - see measured_arguments.h
 */
#include "postgres.h"

#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/measured_arguments.h"

static bool
wants_held_out(FunctionCallInfo fcinfo, int argument)
{
	const char *rows = up_text_argument(fcinfo, argument, "rows");

	if (strcmp(rows, "all") != 0 && strcmp(rows, "held_out") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rows must be \"all\" or \"held_out\", not \"%s\"", rows)));
	return rows[0] == 'h';
}

UpMeasured *
up_measured_arguments(FunctionCallInfo fcinfo, int rows_argument, const char *by, const char *weight,
					  UpMeasuredCheck check, const UpModel **model)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpMeasuredOrder order = {.in_order = true, .by = by, .weight = weight};
	const UpModel *m;
	UpMeasured *r;
	int64 id;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	order.only_held_out = wants_held_out(fcinfo, rows_argument);
	id = up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL));
	*model = m = up_model_parse(up_registry_bytes(schema, id));
	if (m->task == UP_TASK_TRANSFORM || m->task == UP_TASK_OUTLIER)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("a model of algorithm \"%s\" has nothing to be measured by", m->learner->name)));
	if (check != NULL)
		check(fcinfo, m);
	order.source = up_text_argument(fcinfo, 1, NULL);
	order.target = PG_ARGISNULL(2) ? m->label_name : up_text_argument(fcinfo, 2, NULL);
	if (m->task != UP_TASK_CLUSTER || order.only_held_out)
		order.held = up_held_out_load(schema, id);
	r = up_measured_read(m, &order);
	if (order.held != NULL && !order.only_held_out)
		up_measured_say(r, order.held, order.source);
	return r;
}
