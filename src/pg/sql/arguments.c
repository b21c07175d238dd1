/*
 * arguments.c - arguments of SQL functions; see arguments.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "learn/learners.h"
#include "pg/io/nearest.h"
#include "pg/io/value_pg.h"
#include "pg/models/learner_for.h"
#include "pg/sql/arguments.h"

char *
up_text_argument(FunctionCallInfo fcinfo, int argument, const char *required)
{
	if (!PG_ARGISNULL(argument))
		return text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (required != NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be NULL", required)));
	return NULL;
}

UpValue *
up_params_argument(FunctionCallInfo fcinfo, int params, int seed)
{
	UpValue *given = PG_ARGISNULL(params) ? up_value_object() : up_value_from_jsonb(PG_GETARG_JSONB_P(params));

	if (given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"C\": 1}'.")));
	if (!PG_ARGISNULL(seed))
	{
		UpValue *v = up_value_number((double) PG_GETARG_INT64(seed));
		UpValue *other = up_value_get(given, "seed");

		if (other != NULL && !up_value_equal(v, other))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("params give another \"seed\" than the argument seed")));
		up_value_set(given, "seed", v);
	}
	return given;
}

char *
up_algorithm_argument(FunctionCallInfo fcinfo, int argument, bool has_target, bool or_auto)
{
	StringInfoData names;
	unsigned wanted = has_target ? UP_L_CLASSIFY | UP_L_REGRESS : UP_L_CLUSTER | UP_L_OUTLIER;

	if (!PG_ARGISNULL(argument))
		return up_text_argument(fcinfo, argument, NULL);
	initStringInfo(&names);
	for (int i = 0; i < up_n_learners; i++)
	{
		if ((up_learners[i]->abilities & wanted) != 0)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", up_learners[i]->name);
	}
	if (or_auto)
		appendStringInfo(&names, "; %s: what is best of some", UP_AUTO);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no algorithm was chosen"),
					errdetail("Algorithms %s a target: %s.", has_target ? "for" : "without", names.data),
					errhint("For example algorithm => '%s'.", has_target ? "svm" : "kmeans")));
}

uint32_t
up_class_named(const UpModel *m, const char *label)
{
	int64_t found = up_model_class(m, label);

	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model has no class \"%s\"", label),
				 errdetail("Its classes: %s.", up_value_text(up_value_get(up_model_info(m), "classes"))),
				 up_hint_nearest(up_nearest_name(label, (const char *const *) m->classes, (int) m->n_classes),
								 NULL)));
	return (uint32_t) found;
}

UpSplit
up_split_argument(FunctionCallInfo fcinfo, int folds, int split, const UpValue *params)
{
	UpValue *given = PG_ARGISNULL(split) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(split));
	int32 n = PG_ARGISNULL(folds) ? 0 : PG_GETARG_INT32(folds);
	const UpValue *seed = up_value_get(params, "seed");

	if (given != NULL && given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("split must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"method\": \"group\", \"column\": \"shop\"}'.")));
	if (!PG_ARGISNULL(folds) && (n < 2 || n > UP_FOLDS_LIMIT))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("folds must be from 2 to %d", UP_FOLDS_LIMIT)));
	return up_split_parse(given, n, seed != NULL && seed->type == UP_NUMBER ? (int64) seed->number : 0);
}
