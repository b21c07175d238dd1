/*
 * fn_ensembles.c - uprofile_vote, uprofile_stack: registered models as one
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "learn/class_weights.h"
#include "learn/ensemble/ensemble.h"
#include "pg/io/srf.h"
#include "pg/models/ensembles.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/train_arguments.h"

static void
names_argument(FunctionCallInfo fcinfo, int argument, UpEnsembleOrder *e)
{
	Datum *elements;
	bool *nulls;
	int n;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("models must not be NULL")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	if (n < 2 || n > UP_MEMBERS_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("models must name from 2 to %d models, not %d", UP_MEMBERS_LIMIT, n)));
	e->n = (uint32_t) n;
	e->names = palloc(sizeof(char *) * n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("a model's name in models must not be NULL")));
		e->names[i] = TextDatumGetCString(elements[i]);
	}
}

/* One a model; NULL elements are 0. */
static Datum *
elements_argument(FunctionCallInfo fcinfo, int argument, const char *name, Oid type, const UpEnsembleOrder *e)
{
	Datum *elements;
	bool *nulls;
	int n;

	if (PG_ARGISNULL(argument))
		return NULL;
	if (type == FLOAT8OID)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
						  &nulls, &n);
	else
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), type, 4, true, TYPALIGN_INT, &elements, &nulls, &n);
	if ((uint32_t) n != e->n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must have an element for each of the %u models, not %d", name, e->n, n)));
	for (int i = 0; i < n; i++)
	{
		if (nulls[i] && type == FLOAT8OID)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a weight must not be NULL")));
		elements[i] = nulls[i] ? Int32GetDatum(0) : elements[i];
	}
	return elements;
}

static void
versions_argument(FunctionCallInfo fcinfo, int argument, UpEnsembleOrder *e)
{
	Datum *elements = elements_argument(fcinfo, argument, "versions", INT4OID, e);
	int32 *versions = elements != NULL ? palloc(sizeof(int32) * e->n) : NULL;

	for (uint32_t i = 0; elements != NULL && i < e->n; i++)
		versions[i] = DatumGetInt32(elements[i]);
	e->versions = versions;
}

static void
weights_argument(FunctionCallInfo fcinfo, int argument, UpEnsembleOrder *e)
{
	Datum *elements = elements_argument(fcinfo, argument, "weights", FLOAT8OID, e);
	double *weights = elements != NULL ? palloc(sizeof(double) * e->n) : NULL, sum = 0;

	for (uint32_t i = 0; elements != NULL && i < e->n; i++)
	{
		weights[i] = DatumGetFloat8(elements[i]);
		if (!up_is_weight(weights[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a weight must be a number from 0 to %g, not %g", UP_MOST_WEIGHT, weights[i])));
		sum += weights[i];
	}
	if (elements != NULL && !(sum > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the weights must have a sum above 0")));
	e->weights = weights;
}

/* model, source, target, models and, from `common` on, key, test_size, deploy, seed. */
static void
ensemble_arguments(FunctionCallInfo fcinfo, int common, UpTrainOrder *order, UpEnsembleOrder *e)
{
	order->schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	order->name = up_text_argument(fcinfo, 0, "model");
	up_registry_check_name(order->name);
	order->source = up_text_argument(fcinfo, 1, "source");
	order->target = up_text_argument(fcinfo, 2, "target");
	names_argument(fcinfo, 3, e);
	order->key = up_text_argument(fcinfo, common, NULL);
	order->test_size = up_test_size_argument(fcinfo, common + 1);
	order->deploy = up_deploy_argument(fcinfo, common + 2);
	order->ensemble = e;
}

PG_FUNCTION_INFO_V1(uprofile_vote);
Datum
uprofile_vote(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpTrainOrder order = {0};
	UpEnsembleOrder e = {0};

	ensemble_arguments(fcinfo, 7, &order, &e);
	weights_argument(fcinfo, 4, &e);
	versions_argument(fcinfo, 5, &e);
	e.refit = !PG_ARGISNULL(6) && PG_GETARG_BOOL(6);
	order.params = up_value_object();
	up_send_trained(srf, order.name, up_train_named(&order));
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_stack);
Datum
uprofile_stack(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpTrainOrder order = {0};
	UpEnsembleOrder e = {.stack = true};

	ensemble_arguments(fcinfo, 8, &order, &e);
	versions_argument(fcinfo, 4, &e);
	order.params = up_params_argument(fcinfo, 5, 11);
	e.split = up_split_argument(fcinfo, 6, 7, order.params);
	up_send_trained(srf, order.name, up_train_named(&order));
	return up_srf_end_work(srf);
}
