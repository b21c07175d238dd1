/*
 * appraisal.c - a version, and what it says of rows that it was not trained on; see appraisal.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "pg/io/caught.h"
#include "pg/io/source_query.h"
#include "pg/models/appraisal.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/models/stored_source.h"

static void
read_version(UpAppraisal *c, const UpAppraisalOrder *order)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(order->id);

	c->row = up_query(
		true,
		psprintf("SELECT v.version::text AS version, (v.id IS NOT DISTINCT FROM n.deployed)::text AS "
				 "deployed, n.comment, "
				 "n.owner::text AS owner, v.algorithm, v.task, v.source, v.target, v.key_column, "
				 "v.params::text AS params, "
				 "round(v.test_size::numeric, 3)::float8::text AS test_size, v.n_rows::text AS n_rows, "
				 "v.n_test_rows::text AS "
				 "n_test_rows, v.note, "
				 "v.trained_by::text AS trained_by, to_char(v.trained_at AT TIME ZONE 'UTC', "
				 "'YYYY-MM-DD HH24:MI') AS "
				 "trained_at, round(v.seconds::numeric, 1)::text AS seconds, v.extension_version, "
				 "v.metrics::text AS metrics, d.event ->> 'target' AS event_target, d.event ->> 'horizon' AS "
				 "horizon, d.event ->> 'events' AS events, d.event ->> 'features' AS features "
				 "FROM %s.uprofile_model_versions v JOIN %s.uprofile_model_names n ON n.name = v.model "
				 "LEFT JOIN %s.uprofile_model_designs d ON d.version_id = v.id WHERE v.id = $1",
				 order->schema, order->schema, order->schema),
		1, &type, &value, NULL);
	if (c->row.n == 0)
		elog(ERROR, "a version of model \"%s\" is not there", order->name);
	c->model = up_model_parse(up_registry_bytes(order->schema, order->id));
	c->held = up_held_out_load(order->schema, order->id);
}

static void
measure(UpAppraisal *c, const UpAppraisalOrder *order, const char *source)
{
	UpMeasuredOrder asked = {.source = source,
							 .target = c->model->label_name,
							 .in_order = true,
							 .held = c->held,
							 .only_held_out = true,
							 .by = order->by};
	UpDriftParams drift = up_drift_parse(NULL);

	c->measured = up_measured_read(c->model, &asked);
	if (order->drift && c->model->distribution != NULL)
		c->drift = up_drift_of_query(c->model, up_source_query(source), &drift);
}

typedef struct Measuring
{
	UpAppraisal *c;
	const UpAppraisalOrder *order;
	UpStoredSource stored;
} Measuring;

static void
measure_source(void *of)
{
	Measuring *w = of;
	UpAsRole before;

	if (w->order->source != NULL)
	{
		measure(w->c, w->order, w->order->source);
		return;
	}
	up_stored_source_begin(&before, &w->stored);
	measure(w->c, w->order, w->stored.text);
	up_as_role_end(&before);
}

/* With the rights that the source has. What fails is undone, and told. */
static void
try_to_measure(UpAppraisal *c, const UpAppraisalOrder *order)
{
	Measuring w = {c, order};
	ErrorData *e;

	if (order->source == NULL)
	{
		w.stored = up_stored_source(order->schema, order->id);
		c->why_not = w.stored.why_not;
	}
	if (c->why_not != NULL)
		return;
	e = up_attempt(measure_source, &w);
	if (e == NULL)
		return;
	/* What the caller gave is his to mend. */
	if (!order->forgiving && (order->source != NULL || order->by != NULL))
		ReThrowError(e);
	c->measured = NULL;
	c->why_not = e->message;
}

UpAppraisal *
up_appraise(const UpAppraisalOrder *order)
{
	UpAppraisal *c = palloc0(sizeof(UpAppraisal));

	read_version(c, order);
	if (c->model->task == UP_TASK_CLASSIFY || c->model->task == UP_TASK_REGRESS)
		try_to_measure(c, order);
	else
		c->why_not = pstrdup("there is nothing to compare its answers with");
	if (c->measured != NULL)
		c->predictions = up_predictions(c->measured->binding, c->measured->rows, c->measured->n);
	return c;
}
