/*
 * fn_drift.c - uprofile_drift: whether a source looks as what a model was trained on
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/drifted.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"

#include <math.h>

static void
send_row(UpSrf *srf, const UpDriftRow *r, bool judged)
{
	Datum values[7];
	bool nulls[7] = {false};

	nulls[0] = r->column == NULL;
	values[0] = r->column != NULL ? CStringGetTextDatum(r->column) : (Datum) 0;
	values[1] = CStringGetTextDatum(r->kind);
	values[2] = CStringGetTextDatum(r->statistic);
	nulls[3] = isnan(r->value);
	values[3] = Float8GetDatum(r->value);
	nulls[4] = isnan(r->threshold);
	values[4] = Float8GetDatum(r->threshold);
	nulls[5] = !judged;
	values[5] = BoolGetDatum(r->drifted);
	values[6] = CStringGetTextDatum(r->detail);
	up_srf_row(srf, values, nulls);
}

static UpDriftParams
take_params(FunctionCallInfo fcinfo, int argument)
{
	UpValue *given = PG_ARGISNULL(argument) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(argument));

	if (given != NULL && given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"psi\": 0.2}'.")));
	return up_drift_parse(given);
}

static Datum
drift(FunctionCallInfo fcinfo, bool named)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpDriftParams params;
	const UpModel *m;
	UpDrift *d;
	bytea *bytes;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	params = take_params(fcinfo, 2);
	if (named)
		bytes = up_registry_bytes(schema, up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL)));
	else
		bytes = PG_GETARG_BYTEA_PP(0);
	m = up_model_parse(bytes);
	d = up_drift_of_query(m, up_source_query(up_text_argument(fcinfo, 1, NULL)), &params);
	if (d == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this version keeps no training distribution"),
				 errdetail("Those that uprofile_train and refreshes train keep one; aggregates and older "
						   "versions of the extension make models without."),
				 errhint("Train it again with uprofile_train.")));
	if (!d->judged)
	{
		UpDriftRow few = {.kind = "rows", .statistic = "rows", .value = (double) d->n_rows};

		few.threshold = (double) params.min_rows;
		few.detail = psprintf("too few rows to judge: %zu, and min_rows is %lld", d->n_rows,
							  (long long) params.min_rows);
		send_row(srf, &few, false);
	}
	for (size_t i = 0; i < d->n; i++)
		send_row(srf, &d->rows[i], true);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_drift);
Datum
uprofile_drift(PG_FUNCTION_ARGS)
{
	return drift(fcinfo, false);
}

PG_FUNCTION_INFO_V1(uprofile_drift_named);
Datum
uprofile_drift_named(PG_FUNCTION_ARGS)
{
	return drift(fcinfo, true);
}
