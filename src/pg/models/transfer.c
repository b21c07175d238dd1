/*
 * transfer.c - models that travel between databases: uprofile_export_model, uprofile_import_model
 *
 * A version travels as a JSON object, so that it can be looked at and sent through anything that carries text:
 *
 *   {"uprofile_model": 1, "model": …, "version": …, "bytes": base64, "source": …, "key": …, "test_size": …, "rows_trained": …,
 *    "rows_tested": …, "metrics": {…}, "note": …, "holdout": base64, "design": {"split": …, "event": …}, "trained_by": …,
 *    "trained_at": …}
 *
 * What the bytes say (algorithm, task, target, parameters, features) is read from them; the rest is what another database
 * claims, checked for its form and shown as such.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/float.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/design.h"
#include "pg/models/events.h"
#include "pg/models/model_cache.h"
#include "pg/models/recommender_train.h"
#include "pg/models/registry.h"

#define FORM      1
#define MOST_MB   180 /* of a model: as base64 it is one string of a JSON document, which has 256 MB at most */
#define MOST_ROWS 1e15

static const char *const export =
	"SELECT octet_length(v.bytes) AS size, CASE WHEN octet_length(v.bytes) <= $3 THEN jsonb_build_object("
	"'uprofile_model', $4, 'model', v.model, 'version', v.version, 'source', v.source, 'key', v.key_column, "
	"'key_form', v.key_form, "
	"'test_size', v.test_size, 'rows_trained', v.n_rows, 'rows_tested', v.n_test_rows, 'metrics', v.metrics, "
	"'note', v.note, 'design', (SELECT jsonb_build_object('split', d.split, 'event', d.event) FROM "
	"%s.uprofile_model_designs d WHERE d.version_id = v.id), 'holdout', replace(encode(v.holdout, 'base64'), "
	"E'\\n', ''), 'trained_by', v.trained_by, "
	"'trained_at', "
	"v.trained_at, 'bytes', replace(encode(v.bytes, 'base64'), E'\\n', '')) END AS document FROM "
	"%s.uprofile_model_names n JOIN %s.uprofile_model_versions v ON v.model = n.name WHERE n.name = $1 AND "
	"CASE WHEN $2 IS NULL THEN v.id = n.deployed ELSE v.version = $2 END";

PG_FUNCTION_INFO_V1(uprofile_export_model);
Datum
uprofile_export_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Oid types[] = {TEXTOID, INT4OID, INT4OID, INT4OID};
	Datum values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), Int32GetDatum(MOST_MB * 1024 * 1024),
					  Int32GetDatum(FORM)};
	char nulls[] = {' ', PG_ARGISNULL(1) ? 'n' : ' ', ' ', ' ', '\0'};
	Datum document;
	char *name;
	UpRows r;
	bool isnull;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	/* Says what is wrong with a name, as everywhere. */
	if (PG_ARGISNULL(1))
		(void) up_registry_deployed(schema, name);
	else
		(void) up_registry_version(schema, name, PG_GETARG_INT32(1));
	r = up_query(true, psprintf(export, schema, schema, schema), lengthof(types), types, values, nulls);
	if (r.n == 0)
		elog(ERROR, "a version of model \"%s\" is not there", name);
	document = up_rows_get(&r, 0, "document", &isnull);
	if (isnull)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("model \"%s\" of %d MB is too large for a JSON document", name,
							   DatumGetInt32(up_rows_get(&r, 0, "size", &isnull)) / (1024 * 1024)),
						errdetail("At most %d MB can be exported.", MOST_MB),
						errhint("uprofile_model(model) gives its bytes, which any bytea column holds.")));
	PG_RETURN_DATUM(document);
}

static const UpValue *
field(const UpValue *document, const char *name, UpValueType type, bool required)
{
	const UpValue *v = up_value_get(document, name);
	UpValue example = {.type = type};

	if (v != NULL && v->type == type)
		return v;
	if (!required && (v == NULL || v->type == UP_NULL))
		return NULL;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					v == NULL ? errmsg("the exported model has no \"%s\"", name)
							  : errmsg("\"%s\" of the exported model must be of type %s, not %s", name,
									   up_value_type_name(&example), up_value_type_name(v)),
					errhint("Import what uprofile_export_model(model) returns.")));
}

static double
number_field(const UpValue *document, const char *name, double most)
{
	double v = field(document, name, UP_NUMBER, true)->number;

	if (!(v >= 0 && v <= most))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" of the exported model is out of range", name)));
	return v;
}

static Datum
from_base64(const UpValue *v)
{
	return DirectFunctionCall2(binary_decode, CStringGetTextDatum(v->string), CStringGetTextDatum("base64"));
}

/* Figures that were measured elsewhere: names and numbers. */
static const UpValue *
metrics_field(const UpValue *document)
{
	const UpValue *metrics = field(document, "metrics", UP_OBJECT, true);

	for (uint32_t i = 0; i < metrics->n; i++)
	{
		UpValueType type = metrics->items[i]->type;

		if (type != UP_NUMBER && type != UP_STRING && type != UP_OBJECT && type != UP_NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("metric \"%s\" of the exported model is neither a number nor a text",
								   metrics->keys[i])));
	}
	return metrics;
}

static char *
imported_note(const UpValue *document)
{
	const UpValue *note = field(document, "note", UP_STRING, false);
	const UpValue *by = field(document, "trained_by", UP_STRING, false);
	const UpValue *at = field(document, "trained_at", UP_STRING, false);
	const UpValue *model = field(document, "model", UP_STRING, true);
	StringInfoData said;

	initStringInfo(&said);
	appendStringInfo(&said, "imported: version %.0f of model \"%s\"",
					 number_field(document, "version", PG_INT32_MAX), model->string);
	if (by != NULL && at != NULL)
		appendStringInfo(&said, ", trained by %s at %s", by->string, at->string);
	if (note != NULL)
		appendStringInfo(&said, "; %s", note->string);
	return said.data;
}

/* What the bytes say of themselves. */
static void
read_bytes(bytea *bytes, UpNewVersion *v)
{
	char *why = NULL;
	UpModel *m;

	if (up_is_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)) && up_model_is_readable(bytes, &why))
	{
		UpRecommendModel *r = up_get_recommender(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));

		v->algorithm = r->recommender->name;
		v->task = UP_RECOMMEND_TASK;
		v->target = up_recommend_columns_of(r).item;
		v->params = r->params;
		v->n_features = (int32) Min(r->n_items, PG_INT32_MAX);
		return;
	}
	m = why == NULL ? up_model_try(bytes, &why) : NULL;
	if (m == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("the exported model cannot be read: %s", why)));
	v->algorithm = m->learner->name;
	v->task = up_task_name(m->task);
	v->target = m->label_name;
	v->params = m->params;
	v->n_features = (int32) m->n_features;
}

/* What another database claims. */
static void
read_claims(const UpValue *document, UpNewVersion *v)
{
	const UpValue *key = field(document, "key", UP_STRING, false);
	const UpValue *form = field(document, "key_form", UP_STRING, false);
	const UpValue *holdout = field(document, "holdout", UP_STRING, false);

	v->source = field(document, "source", UP_STRING, true)->string;
	v->key = key != NULL ? key->string : NULL;
	v->key_form = form != NULL ? form->string : NULL;
	v->metrics = metrics_field(document);
	v->test_size = number_field(document, "test_size", 1);
	v->rows_trained = (int64) number_field(document, "rows_trained", MOST_ROWS);
	v->rows_tested = (int64) number_field(document, "rows_tested", MOST_ROWS);
	v->note = imported_note(document);
	v->holdout = holdout != NULL ? DatumGetByteaP(from_base64(holdout)) : NULL;
	v->seconds = get_float8_nan();
}

/*
 * How its rows were held out and of what events they were made. What is said there is read again only as the importer, like the
 * source.
 */
static void
store_design(const char *schema, int64 id, const UpValue *document)
{
	const UpValue *design = field(document, "design", UP_OBJECT, false);
	const UpValue *split = design != NULL ? up_value_get(design, "split") : NULL;
	const UpValue *event = design != NULL ? field(design, "event", UP_OBJECT, false) : NULL;
	bool is_split = split != NULL && split->type != UP_NULL;
	UpHoldout holdout;

	if (is_split && !up_holdout_read(split, &holdout))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"split\" of the exported model is none"),
				 errhint("Import what uprofile_export_model(model) returns.")));
	if (event != NULL)
		(void) up_event_read(event);
	if (is_split || event != NULL)
		up_design_store(schema, id, is_split ? &holdout : NULL, event, NULL);
}

PG_FUNCTION_INFO_V1(uprofile_import_model);
Datum
uprofile_import_model(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpValue *document;
	const char *name;
	Datum row[3];
	bool nulls[3] = {false};
	UpNewVersion v = {0};
	int64 id;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("exported and deploy must not be NULL")));
	document = up_value_from_jsonb(PG_GETARG_JSONB_P(0));
	if (document->type != UP_OBJECT || up_value_get(document, "uprofile_model") == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("this is no exported model"),
						errhint("Import what uprofile_export_model(model) returns.")));
	if (number_field(document, "uprofile_model", 1e9) != FORM)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("the exported model has a form that this version does not know"),
						errhint("Upgrade the extension.")));
	name = PG_ARGISNULL(1) ? field(document, "model", UP_STRING, true)->string
						   : text_to_cstring(PG_GETARG_TEXT_PP(1));
	up_registry_check_name(name);
	v.name = name;
	v.bytes = DatumGetByteaP(from_base64(field(document, "bytes", UP_STRING, true)));
	read_bytes(v.bytes, &v);
	read_claims(document, &v);
	up_registry_claim(schema, name);
	up_recommend_check_task(schema, name, strcmp(v.task, UP_RECOMMEND_TASK) == 0);
	v.version = up_registry_next_version(schema, name);
	id = up_registry_store(schema, &v);
	store_design(schema, id, document);
	if (PG_GETARG_BOOL(2))
		up_registry_deploy(schema, name, id);
	row[0] = CStringGetTextDatum(name);
	row[1] = Int32GetDatum(v.version);
	row[2] = PG_GETARG_DATUM(2);
	up_srf_row(up_srf_begin(fcinfo), row, nulls);
	return (Datum) 0;
}
