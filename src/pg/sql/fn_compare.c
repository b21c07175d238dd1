/*
 * fn_compare.c - uprofile_compare: two versions of a model on the same rows
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/compare.h"
#include "assess/report.h"
#include "pg/io/srf.h"
#include "pg/models/measured.h"
#include "pg/models/model_cache.h"
#include "pg/models/registry.h"
#include "pg/models/stored_source.h"
#include "pg/sql/arguments.h"

#include <math.h>

typedef struct Version
{
	int64 id;
	int32 number;
	const UpModel *model;
} Version;

/* Arguments: model, version_a, version_b. */
static void
versions_of(FunctionCallInfo fcinfo, const char *schema, Version *versions)
{
	const char *name = up_text_argument(fcinfo, 0, "model");

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not be NULL", PG_ARGISNULL(1) ? "version_a" : "version_b")));
	/* Says what is wrong with a name, as everywhere. */
	up_registry_find(schema, name);
	for (int i = 0; i < 2; i++)
	{
		versions[i].number = PG_GETARG_INT32(1 + i);
		versions[i].id = up_registry_version(schema, name, versions[i].number);
		versions[i].model = up_model_parse(up_registry_bytes(schema, versions[i].id));
	}
}

static void
check_comparable(const Version *versions, const char *target)
{
	const UpModel *a = versions[0].model, *b = versions[1].model;

	if (a->task != UP_TASK_CLASSIFY && a->task != UP_TASK_REGRESS)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("versions of algorithm \"%s\" predict nothing that could be compared with what is so",
						a->learner->name)));
	if (a->task != b->task || (a->task == UP_TASK_CLASSIFY && a->label_kind != b->label_kind) ||
		(target == NULL &&
		 (a->label_name == NULL || b->label_name == NULL || strcmp(a->label_name, b->label_name) != 0)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("versions %d and %d predict different things",
															versions[0].number, versions[1].number)));
}

static bool
wants_held_out(FunctionCallInfo fcinfo, bool has_source)
{
	const char *rows = PG_ARGISNULL(5) ? (has_source ? "all" : "held_out") : up_text_argument(fcinfo, 5, NULL);

	if (strcmp(rows, "all") != 0 && strcmp(rows, "held_out") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rows must be \"all\" or \"held_out\", not \"%s\"", rows)));
	return rows[0] == 'h';
}

/* The rows of the source that is given, or of the one that version_b was trained on. */
static void
read_rows(FunctionCallInfo fcinfo, const char *schema, const Version *versions, UpMeasured **pair)
{
	UpMeasuredOrder orders[2] = {{0}, {0}};
	const UpModel *models[] = {versions[0].model, versions[1].model};
	bool stored = PG_ARGISNULL(3);
	UpStoredSource source = {0};
	UpAsRole before;

	if (stored)
		source = up_stored_source(schema, versions[1].id);
	for (int i = 0; i < 2; i++)
	{
		orders[i].source = stored ? source.text : up_text_argument(fcinfo, 3, NULL);
		orders[i].target = PG_ARGISNULL(4) ? models[i]->label_name : up_text_argument(fcinfo, 4, NULL);
		orders[i].in_order = true;
		orders[i].weight = up_text_argument(fcinfo, 8, NULL);
		orders[i].held = up_held_out_load(schema, versions[i].id);
		orders[i].only_held_out = wants_held_out(fcinfo, !stored);
	}
	if (stored)
		up_stored_source_begin(&before, &source);
	up_measured_read_pair(models, orders, pair);
	if (stored)
		up_as_role_end(&before);
	if (pair[0]->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("no row of the source is known to have been held out by both versions"),
				 errhint("rows => 'all' compares on all rows, where a version that knows them does better.")));
	if (!orders[0].only_held_out && pair[0]->n_known < pair[0]->n)
		ereport(NOTICE, (errmsg("%zu of %zu rows may be ones that one of the versions was trained on",
								pair[0]->n - pair[0]->n_known, pair[0]->n)));
}

static void
send_comparison(UpSrf *srf, const UpComparison *r)
{
	for (uint32_t i = 0; i < r->n; i++)
	{
		const UpCompared *c = &r->figures[i];
		double numbers[] = {c->a, c->b, c->b - c->a, c->low, c->high, c->p};
		Datum values[8];
		bool nulls[8] = {false};

		values[0] = CStringGetTextDatum(c->metric);
		for (int k = 0; k < 6; k++)
		{
			values[k + 1] = Float8GetDatum(numbers[k]);
			nulls[k + 1] = isnan(numbers[k]);
		}
		nulls[7] = c->test == NULL;
		values[7] = c->test != NULL ? CStringGetTextDatum(c->test) : (Datum) 0;
		up_srf_row(srf, values, nulls);
	}
}

PG_FUNCTION_INFO_V1(uprofile_compare);
Datum
uprofile_compare(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	int32 resamples = PG_ARGISNULL(6) ? 0 : PG_GETARG_INT32(6);
	uint64_t seed = PG_ARGISNULL(7) ? 0 : (uint64_t) PG_GETARG_INT64(7);
	Version versions[2];
	UpMeasured *pair[2];
	UpPredictions *p[2];

	if (resamples < UP_RESAMPLES_LEAST || resamples > UP_RESAMPLES_MOST)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bootstrap must be from %d to %d", UP_RESAMPLES_LEAST, UP_RESAMPLES_MOST)));
	versions_of(fcinfo, schema, versions);
	check_comparable(versions, PG_ARGISNULL(4) ? NULL : up_text_argument(fcinfo, 4, NULL));
	read_rows(fcinfo, schema, versions, pair);
	for (int i = 0; i < 2; i++)
	{
		p[i] = up_predictions(pair[i]->binding, pair[i]->rows, pair[i]->n);
		if (pair[i]->weights != NULL)
			up_measured_weigh(pair[i], p[i]);
	}
	send_comparison(srf, up_compare(p[0], p[1], (uint32_t) resamples, seed));
	return up_srf_end_work(srf);
}
