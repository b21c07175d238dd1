/*
 * retrain_rules.c - what a model's definition says of when it is trained again; see retrain_rules.h
 *
 * A further key is a line in the table; what fires it is a row of the policies in retrain.c.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "learn/request.h"
#include "learn/update.h"
#include "pg/io/interval_text.h"
#include "pg/io/nearest.h"
#include "pg/profiles/retrain_rules.h"

typedef struct Fields
{
	int retrain;
	UpValue *after;
	double share;
	double drift;
	UpValue *metric;
	int learn;
} Fields;

static const char *const retrain_choices[] = {"due", "manual", NULL};
static const char *const learn_choices[] = {"full", "incremental", NULL};

#define UP_PARAMS_OF Fields
static const UpParam params[] = {
	UP_CHOICE_PARAM("retrain", retrain, "due", retrain_choices,
					"manual: only with retrain => 'all' or the model's name"),
	UP_TREE_PARAM("retrain_after", after, "null", "interval as text", "so long after its last training"),
	UP_REAL_PARAM("retrain_share", share, "null", 0, 1,
				  "when more than this share of the users have changed since its last training",
				  .nullable = true),
	UP_REAL_PARAM("retrain_drift", drift, "null", 0, 100,
				  "when columns or predictions have drifted and their largest PSI is above this",
				  .nullable = true),
	UP_TREE_PARAM("retrain_metric", metric, "null", "object of numbers",
				  "when the deployed version falls short of one of these figures"),
	UP_CHOICE_PARAM("learn", learn, "full", learn_choices,
					"incremental: each refresh learns from the users who changed"),
};

static const UpParamTable table = {params, lengthof(params)};

/* The other keys of a definition. */
static const char *const others[] = {"algorithm", "target",      "test_size", "honest", "folds",
									 "tune",      "time_budget", "split",     "reasons"};

static const struct
{
	const char *name;
	bool more_is_better;
	unsigned abilities; /* of the learners whose models are measured so */
} metrics[] = {
	{"accuracy", true, UP_L_CLASSIFY},  {"precision", true, UP_L_CLASSIFY}, {"recall", true, UP_L_CLASSIFY},
	{"f1", true, UP_L_CLASSIFY},        {"auc", true, UP_L_CLASSIFY},       {"log_loss", false, UP_L_CLASSIFY},
	{"rmse", false, UP_L_REGRESS},      {"mae", false, UP_L_REGRESS},       {"r2", true, UP_L_REGRESS},
	{"silhouette", true, UP_L_CLUSTER},
};

bool
up_retrain_is_key(const char *key)
{
	for (size_t i = 0; i < lengthof(others); i++)
	{
		if (strcmp(others[i], key) == 0)
			return true;
	}
	for (size_t i = 0; i < lengthof(params); i++)
	{
		if (strcmp(params[i].name, key) == 0)
			return true;
	}
	return false;
}

static int
add_names(const UpParamTable *from, const char *key, const char **names, int n, bool *known)
{
	for (int i = 0; i < from->n; i++)
	{
		*known = *known || strcmp(from->params[i].name, key) == 0;
		names[n++] = from->params[i].name;
	}
	return n;
}

void
up_retrain_check_key(const char *key, const char *model, const UpLearner *learner)
{
	int all = table.n + lengthof(others) + learner->params.n + up_common_params.n, n = 0;
	const char **names = palloc(sizeof(char *) * (size_t) all), *nearest;
	bool known = false;

	n = add_names(&learner->params, key, names, n, &known);
	n = add_names(&up_common_params, key, names, n, &known);
	n = add_names(&table, key, names, n, &known);
	for (size_t i = 0; i < lengthof(others); i++)
		names[n++] = others[i];
	nearest = known ? NULL : up_nearest_name(key, names, n);
	if (nearest != NULL && up_retrain_is_key(nearest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("model \"%s\" has no key \"%s\"", model, key),
				 errhint("Perhaps you meant \"%s\".", nearest)));
}

static const char *
take_interval(const UpValue *v, const char *model)
{
	Interval zero = {0}, *interval;

	if (v == NULL || v->type == UP_NULL)
		return NULL;
	if (v->type != UP_STRING)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"retrain_after\" of model \"%s\" must be text, not %s", model,
							   up_value_type_name(v))));
	interval = up_interval_of(v->string, psprintf("\"retrain_after\" of model \"%s\"", model));
	if (DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(interval), IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"retrain_after\" of model \"%s\" is \"%s\", which is out of range", model, v->string),
				 errdetail("Allowed: intervals of at least 0.")));
	return v->string;
}

/* The names of the figures of such models, and as text. */
static int
figures_of(unsigned abilities, const char **names, StringInfo told)
{
	int n = 0;

	initStringInfo(told);
	for (size_t i = 0; i < lengthof(metrics); i++)
	{
		if ((metrics[i].abilities & abilities) == 0)
			continue;
		appendStringInfo(told, "%s%s", n > 0 ? ", " : "", metrics[i].name);
		names[n++] = metrics[i].name;
	}
	return n;
}

/* The figure of this name, if models of the learner are measured so. */
static UpRetrainLimit
take_limit(const char *name, const UpValue *v, const char *model, const UpLearner *learner)
{
	const char *names[lengthof(metrics)];
	StringInfoData allowed;
	int n;

	for (size_t i = 0; i < lengthof(metrics); i++)
	{
		if ((metrics[i].abilities & learner->abilities) == 0 || strcmp(metrics[i].name, name) != 0)
			continue;
		if (v->type != UP_NUMBER || !isfinite(v->number))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%s\" in \"retrain_metric\" of model \"%s\" must be a number, not %s",
								   name, model, up_value_type_name(v))));
		return (UpRetrainLimit){metrics[i].name, v->number, metrics[i].more_is_better, metrics[i].abilities};
	}
	n = figures_of(learner->abilities, names, &allowed);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model \"%s\" is not measured by \"%s\", which \"retrain_metric\" names", model, name),
			 n > 0 ? errdetail("Allowed: %s.", allowed.data) : 0,
			 up_hint_nearest(up_nearest_name(name, names, n), NULL)));
}

static void
take_limits(UpRetrainRules *rules, const UpValue *v, const char *model, const UpLearner *learner,
			double test_size)
{
	if (v == NULL || v->type == UP_NULL)
		return;
	if (v->type != UP_OBJECT || v->n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"retrain_metric\" of model \"%s\" must be an object of numbers, not %s", model,
							   v->type == UP_OBJECT ? "empty" : up_value_type_name(v)),
						errhint("For example {\"auc\": 0.75}.")));
	rules->limits = palloc(sizeof(UpRetrainLimit) * v->n);
	for (uint32_t i = 0; i < v->n; i++)
		rules->limits[rules->n_limits++] = take_limit(v->keys[i], v->items[i], model, learner);
	if (test_size == 0 && (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"retrain_metric\" of model \"%s\" needs rows that it does not learn from", model),
				 errhint("Hold some out: a \"test_size\" above 0.")));
}

void
up_retrain_check_tasks(const UpRetrainRules *rules, const char *model, unsigned tasks)
{
	const char *names[lengthof(metrics)];
	StringInfoData allowed;

	for (int i = 0; i < rules->n_limits; i++)
	{
		if ((rules->limits[i].abilities & tasks) == 0)
		{
			(void) figures_of(tasks, names, &allowed);
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"retrain_metric\" of model \"%s\" names \"%s\", which is no figure of %s", model,
							rules->limits[i].metric, tasks == UP_L_REGRESS ? "regression" : "classification"),
					 errdetail("Allowed: %s.", allowed.data)));
		}
		/* The first figure tells the task of the others, where nothing else does. */
		tasks &= rules->limits[i].abilities;
	}
}

/* The keys of the table alone. */
static UpValue *
own_keys(const UpValue *definition)
{
	UpValue *own = up_value_object();

	for (uint32_t i = 0; i < definition->n; i++)
	{
		for (size_t j = 0; j < lengthof(params); j++)
		{
			if (strcmp(params[j].name, definition->keys[i]) == 0 && definition->items[i]->type != UP_NULL)
				up_value_set(own, definition->keys[i], definition->items[i]);
		}
	}
	return own;
}

void
up_retrain_rules_parse(UpRetrainRules *rules, const UpValue *definition, const char *model,
					   const UpLearner *learner, double test_size)
{
	Fields fields;

	up_params_parse(&table, NULL, 0, own_keys(definition), psprintf("model \"%s\"", model), &fields);
	memset(rules, 0, sizeof(UpRetrainRules));
	rules->manual = fields.retrain == 1;
	rules->incremental = fields.learn == 1;
	rules->after = take_interval(fields.after, model);
	rules->share = fields.share;
	rules->drift = fields.drift;
	take_limits(rules, fields.metric, model, learner, test_size);
	if (rules->incremental && learner->update == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("model \"%s\": algorithm \"%s\" cannot learn on from changed users", model, learner->name),
			 errhint("These can: %s. Without \"learn\" it is trained anew.", up_update_learners(true))));
}
