/*
 * fn_events.c - models of what users will do: uprofile_train_event, uprofile_score_event, and the rows that they are made of
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/rows.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/design.h"
#include "pg/models/event_train.h"
#include "pg/models/model_cache.h"
#include "pg/models/owner.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/train_arguments.h"

#include <math.h>

/* Only outside of features: there it stands for the anchor. */
PG_FUNCTION_INFO_V1(uprofile_anchor);
Datum
uprofile_anchor(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(GetCurrentTransactionStartTimestamp());
}

/* ---- arguments ---- */

/* As text that means the same under every IntervalStyle. */
static char *
interval_text(const Interval *i)
{
	char *t = i->month != 0 ? psprintf("%d months", i->month) : pstrdup("");

	if (i->day != 0 || (i->month == 0 && i->time == 0))
		t = psprintf("%s%s%d days", t, t[0] != '\0' ? " " : "", i->day);
	if (i->time == 0)
		return t;
	if (i->time % USECS_PER_HOUR == 0)
		return psprintf("%s%s" INT64_FORMAT " hours", t, t[0] != '\0' ? " " : "", i->time / USECS_PER_HOUR);
	return psprintf("%s%s" INT64_FORMAT " microseconds", t, t[0] != '\0' ? " " : "", i->time);
}

static char *
interval_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", name)));
	return interval_text(PG_GETARG_INTERVAL_P(argument));
}

static const char *const *
windows_argument(FunctionCallInfo fcinfo, int argument, int *n)
{
	Datum *items;
	bool *nulls;
	const char **texts;

	*n = 0;
	if (PG_ARGISNULL(argument))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), INTERVALOID, 16, false, TYPALIGN_DOUBLE, &items, &nulls,
					  n);
	texts = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("windows must not contain a null")));
		texts[i] = interval_text(DatumGetIntervalP(items[i]));
	}
	return texts;
}

/* users, events, key, event_time, target, horizon, anchors, features, since, windows, from an argument on. */
static UpEventOrder
event_arguments(FunctionCallInfo fcinfo, int first)
{
	UpEventOrder o = {.test_anchors = 1};

	o.texts.users = up_text_argument(fcinfo, first, NULL);
	o.texts.events = up_text_argument(fcinfo, first + 1, "events");
	o.texts.key = up_text_argument(fcinfo, first + 2, "key");
	o.texts.event_time = up_text_argument(fcinfo, first + 3, "event_time");
	o.texts.target = up_text_argument(fcinfo, first + 4, "target");
	o.texts.horizon = interval_argument(fcinfo, first + 5, "horizon");
	o.anchors = PG_ARGISNULL(first + 6) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(first + 6));
	o.texts.features = up_text_argument(fcinfo, first + 7, NULL);
	o.texts.since = up_text_argument(fcinfo, first + 8, NULL);
	o.windows = windows_argument(fcinfo, first + 9, &o.n_windows);
	return o;
}

/* ---- rows ---- */

PG_FUNCTION_INFO_V1(uprofile_event_features);
Datum
uprofile_event_features(PG_FUNCTION_ARGS)
{
	UpEventTexts texts = {.target = "exists(*)", .horizon = "1 day"};
	const char *const *windows;
	int n;

	texts.events = up_text_argument(fcinfo, 0, "events");
	texts.key = up_text_argument(fcinfo, 1, "key");
	texts.event_time = up_text_argument(fcinfo, 2, "event_time");
	windows = windows_argument(fcinfo, 3, &n);
	PG_RETURN_TEXT_P(cstring_to_text(
		up_event_features(up_events_new(&texts), windows, n,
						  PG_ARGISNULL(4) ? GetCurrentTransactionStartTimestamp() : PG_GETARG_TIMESTAMPTZ(4))));
}

PG_FUNCTION_INFO_V1(uprofile_event_source);
Datum
uprofile_event_source(PG_FUNCTION_ARGS)
{
	UpEventOrder o = event_arguments(fcinfo, 0);
	UpAnchors *a;
	UpEvents *e = up_event_prepare(&o, &a);

	PG_RETURN_TEXT_P(cstring_to_text(up_events_rows(e, a->at, a->n, false)));
}

typedef struct Sending
{
	UpSrf *srf;
	MemoryContext row;
} Sending;

static void
send_slot(void *arg, TupleTableSlot *slot)
{
	const Sending *s = arg;

	slot_getallattrs(slot);
	up_srf_row(s->srf, slot->tts_values, slot->tts_isnull);
}

static char *
without(const UpEvents *e)
{
	StringInfoData s;

	initStringInfo(&s);
	appendStringInfoString(&s, "ARRAY['user_key of events', 'anchor', 'label'");
	for (int i = 0; i < e->n_keys; i++)
		appendStringInfo(&s, ", %s", quote_literal_cstr(e->keys[i]));
	appendStringInfoString(&s, "]::pg_catalog.text[]");
	return s.data;
}

PG_FUNCTION_INFO_V1(uprofile_event_rows);
Datum
uprofile_event_rows(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpEventOrder o = event_arguments(fcinfo, 0);
	Sending s = {.srf = srf};
	UpAnchors *a;
	UpEvents *e = up_event_prepare(&o, &a);
	char *query = psprintf("SELECT q.\"user_key of events\", q.anchor, q.label%s::pg_catalog.float8, "
						   "pg_catalog.to_jsonb(q.*) OPERATOR(pg_catalog.-) %s FROM (%s) AS q ORDER BY 2, 1",
						   up_events_is_class(e) ? "::pg_catalog.int4" : "", without(e),
						   up_events_rows(e, a->at, a->n, true));

	(void) up_query_stream(query, 0, NULL, NULL, NULL, NULL, send_slot, &s);
	return up_srf_end_work(srf);
}

/* ---- training ---- */

PG_FUNCTION_INFO_V1(uprofile_train_event);
Datum
uprofile_train_event(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpTrainOrder order = {.test_size = 0.2};
	UpEventOrder events;

	order.schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	order.name = up_text_argument(fcinfo, 0, "model");
	up_registry_check_name(order.name);
	events = event_arguments(fcinfo, 1);
	order.algorithm = up_algorithm_argument(fcinfo, 11, true, true);
	order.params = up_params_argument(fcinfo, 12, 16);
	events.test_anchors = PG_ARGISNULL(13) ? 1 : PG_GETARG_INT32(13);
	if (events.test_anchors < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("test_anchors must be at least 1")));
	events.backtest = PG_ARGISNULL(14) || PG_GETARG_BOOL(14);
	order.deploy = up_deploy_argument(fcinfo, 15);
	order.tune = PG_ARGISNULL(17) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(17));
	up_send_trained(srf, order.name, up_event_train(&events, &order));
	return up_srf_end_work(srf);
}

/* ---- scoring ---- */

typedef struct Scoring
{
	UpSrf *srf;
	const UpModel *model;
	UpRowReader *reader;
	double *inputs, *output;
	MemoryContext row;
} Scoring;

static void
start_scoring(void *arg, TupleDesc columns)
{
	Scoring *s = arg;

	s->reader = up_row_reader_new(columns);
	up_row_reader_bind_model(s->reader, s->model);
}

/* Of two classes the probability of the second, which is true; of others none. */
static void
score_row(void *arg, TupleTableSlot *slot)
{
	Scoring *s = arg;
	UpRowReader *r = s->reader;
	const UpModel *m = s->model;
	MemoryContext outer = MemoryContextSwitchTo(s->row);
	const UpValue *probability = up_value_get(m->params, "probability");
	bool nulls[3] = {false, false, true};
	Datum values[3];
	double answer;

	MemoryContextReset(s->row);
	slot_getallattrs(slot);
	memcpy(r->values, slot->tts_values, sizeof(Datum) * (size_t) r->n_attributes);
	memcpy(r->nulls, slot->tts_isnull, sizeof(bool) * (size_t) r->n_attributes);
	up_row_reader_inputs(r, m, s->inputs);
	up_model_predict(m, s->inputs, 1, &answer);
	if (m->task == UP_TASK_CLASSIFY && m->learner->proba != NULL && m->n_classes == 2 &&
		(probability == NULL || probability->boolean))
	{
		up_model_proba(m, s->inputs, 1, s->output);
		values[2] = Float8GetDatum(s->output[1]);
		nulls[2] = false;
	}
	if (m->task == UP_TASK_CLASSIFY && m->class_values != NULL)
		answer = m->class_values[(uint32_t) answer];
	values[0] = r->values[0];
	nulls[0] = r->nulls[0];
	values[1] = Float8GetDatum(answer);
	up_srf_row(s->srf, values, nulls);
	MemoryContextSwitchTo(outer);
}

/* The path under which the texts were given, and whose they are. */
static Oid
owner_of(const char *schema, const char *name, int64 id, char **path)
{
	Oid types[] = {TEXTOID, INT8OID};
	Datum values[] = {CStringGetTextDatum(name), Int64GetDatum(id)};
	UpRows r = up_query(
		true,
		psprintf("SELECT n.owner_oid, %s AS owner_known, v.source_path FROM %s.uprofile_model_names n JOIN "
				 "%s.uprofile_model_versions v ON v.model = n.name WHERE n.name = $1 AND v.id = $2",
				 up_owner_known(schema, "n"), schema, schema),
		lengthof(types), types, values, NULL);
	bool isnull;
	Oid owner = r.n > 0 ? up_owner_get(&r, 0) : InvalidOid;

	if (!OidIsValid(owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("the owner of model \"%s\" does not exist any more", name),
						errhint("Give it to another role with uprofile_reassign_model.")));
	*path = TextDatumGetCString(up_rows_get(&r, 0, "source_path", &isnull));
	return owner;
}

PG_FUNCTION_INFO_V1(uprofile_score_event);
Datum
uprofile_score_event(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	char *name = up_text_argument(fcinfo, 0, "model"), *path;
	TimestampTz as_of = PG_ARGISNULL(1) ? GetCurrentTransactionStartTimestamp() : PG_GETARG_TIMESTAMPTZ(1);
	int64 id = up_registry_deployed(schema, name);
	UpValue *definition = up_design_event(schema, id);
	Scoring s = {.srf = srf};
	UpEventTexts texts;
	UpAsRole before;
	Oid owner;

	if (definition == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("model \"%s\" was not trained on events", name),
				 errhint("uprofile_predict scores rows; uprofile_train_event trains on events.")));
	texts = up_event_read(definition);
	s.model = up_model_parse(up_registry_bytes(schema, id));
	s.inputs = palloc(sizeof(double) * Max(s.model->pipeline->n_inputs, 1));
	s.output = palloc(sizeof(double) * Max(s.model->n_classes, 1));
	s.row = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	owner = owner_of(schema, name, id, &path);
	up_as_role_begin(&before, owner, path);
	(void) up_query_stream(up_events_query(up_events_new(&texts), as_of, false, true), 0, NULL, NULL, NULL,
						   start_scoring, score_row, &s);
	up_as_role_end(&before);
	return up_srf_end_work(srf);
}
