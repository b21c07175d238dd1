/*
 * fn_info.c - what models, algorithms and parameters say of themselves
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "assess/drift.h"
#include "learn/learners.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/nearest.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/learner_for.h"
#include "pg/models/recommender_named.h"
#include "pg/models/tune.h"
#include "pg/profiles/profile_policy.h"
#include "pg/sql/forms.h"

static Datum
info(FunctionCallInfo fcinfo, const UpModel *m)
{
	PG_RETURN_JSONB_P(up_value_to_jsonb(up_model_info(m)));
}

PG_FUNCTION_INFO_V1(uprofile_model_info);
Datum
uprofile_model_info(PG_FUNCTION_ARGS)
{
	bytea *start = DatumGetByteaPSlice(PG_GETARG_DATUM(0), 0, UP_RECOMMEND_HEADER_BYTES);

	if (up_is_recommender(VARDATA_ANY(start), VARSIZE_ANY_EXHDR(start)))
	{
		bytea *all = PG_GETARG_BYTEA_PP(0);

		PG_RETURN_JSONB_P(
			up_value_to_jsonb(up_recommend_info(up_get_recommender(VARDATA_ANY(all), VARSIZE_ANY_EXHDR(all)))));
	}
	return info(fcinfo, up_model_use_bytea(fcinfo, 0)->model);
}

/* Of a model that is shared for use: what it predicts and of which columns, nothing of how or what it has seen. */
static UpValue *
what_users_need(const UpValue *info)
{
	static const char *const keys[] = {"algorithm", "task",       "target", "label_type",
									   "classes",   "n_features", "items",  "segments"};
	UpValue *inputs = up_value_get(info, "inputs");
	UpValue *some = up_value_object();
	UpValue *columns = up_value_array();

	for (size_t i = 0; i < lengthof(keys); i++)
	{
		UpValue *v = up_value_get(info, keys[i]);

		if (v != NULL)
			up_value_set(some, keys[i], v);
	}
	for (uint32_t i = 0; inputs != NULL && i < inputs->n; i++)
	{
		UpValue *column = up_value_object();

		up_value_set(column, "name", up_value_get(inputs->items[i], "name"));
		up_value_set(column, "kind", up_value_get(inputs->items[i], "kind"));
		up_value_append(columns, column);
	}
	if (inputs != NULL)
		up_value_set(some, "inputs", columns);
	return some;
}

PG_FUNCTION_INFO_V1(uprofile_model_info_named);
Datum
uprofile_model_info_named(PG_FUNCTION_ARGS)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool shared;
	UpValue *info;

	if (up_named_is_recommender(fcinfo->flinfo->fn_oid, name))
		info = up_recommend_info(up_named_recommender(fcinfo->flinfo->fn_oid, name, &shared)->model);
	else
	{
		UpModelUse *use = up_model_use_shared(fcinfo, 0);

		shared = use->shared;
		info = up_model_info(use->model);
	}
	PG_RETURN_JSONB_P(up_value_to_jsonb(shared ? what_users_need(info) : info));
}

/* The tasks of a learner as a text array. */
static Datum
tasks_of(const UpLearner *learner)
{
	Datum names[UP_TASK_OUTLIER + 1];
	int n = 0;

	for (int task = UP_TASK_TRANSFORM; task <= UP_TASK_OUTLIER; task++)
	{
		if ((learner->abilities & (1u << task)) != 0)
			names[n++] = CStringGetTextDatum(up_task_name((UpTask) task));
	}
	return PointerGetDatum(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(uprofile_algorithms);
Datum
uprofile_algorithms(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);

	for (int i = 0; i < up_n_learners; i++)
	{
		const UpLearner *learner = up_learners[i];
		Datum values[4];
		bool nulls[4] = {false};

		values[0] = CStringGetTextDatum(learner->name);
		values[1] = tasks_of(learner);
		values[2] = BoolGetDatum(learner->stream != NULL);
		values[3] = CStringGetTextDatum(learner->help);
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

static void
parameter_rows(UpSrf *srf, const UpParamTable *table, const char *where)
{
	for (int i = 0; i < table->n; i++)
	{
		const UpParam *p = &table->params[i];
		const char *range = up_param_range(p);
		Datum values[5];
		bool nulls[5] = {false};

		values[0] = CStringGetTextDatum(p->name);
		values[1] = CStringGetTextDatum(up_param_type_name(p));
		values[2] = CStringGetTextDatum(p->initial);
		nulls[3] = range[0] == '\0';
		values[3] = CStringGetTextDatum(range);
		values[4] = CStringGetTextDatum(psprintf("%s%s", where, p->help));
		up_srf_row(srf, values, nulls);
	}
}

typedef struct Owner
{
	const char *name;
	const UpParamTable *own, *common; /* common: what several have, or NULL */
	const char *where; /* its own are given, if that is not params: before what they do; or NULL */
} Owner;

/* What is no algorithm, or several, and has parameters. */
static const Owner others[] = {
	{UP_AUTO, &up_tune_params, &up_common_params, "in tune: "},
	{"tune", &up_tune_params, NULL},
	{"policy", &up_policy_params, NULL},
	{"drift", &up_drift_params, NULL},
};

/* All that have parameters: their number. */
static int
list_owners(Owner *owners)
{
	int n = 0;

	for (int i = 0; i < up_n_learners; i++)
		owners[n++] = (Owner){up_learners[i]->name, &up_learners[i]->params, &up_common_params};
	for (int i = 0; i < up_n_recommenders; i++)
		owners[n++] = (Owner){up_recommenders[i]->name, &up_recommenders[i]->params, &up_recommend_common};
	for (size_t i = 0; i < lengthof(others); i++)
		owners[n++] = others[i];
	return n;
}

PG_FUNCTION_INFO_V1(uprofile_params);
Datum
uprofile_params(PG_FUNCTION_ARGS)
{
	const char *of = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int most = up_n_learners + up_n_recommenders + (int) lengthof(others), n;
	Owner *owners = palloc(sizeof(Owner) * most);
	const char **names = palloc(sizeof(char *) * most);
	UpSrf *srf;

	n = list_owners(owners);
	for (int i = 0; i < n; i++)
	{
		names[i] = owners[i].name;
		if (strcmp(of, owners[i].name) != 0)
			continue;
		srf = up_srf_begin(fcinfo);
		parameter_rows(srf, owners[i].own, owners[i].where != NULL ? owners[i].where : "");
		if (owners[i].common != NULL)
			parameter_rows(srf, owners[i].common, "");
		return (Datum) 0;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("algorithm \"%s\" does not exist", of),
					up_hint_nearest(up_nearest_name(of, names, n),
									"uprofile_algorithms() and uprofile_recommenders() list them.")));
}
