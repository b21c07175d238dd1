/*
 * learners.c - everything that learns, out of learners.list, and the parameters that all have
 *
 * A new algorithm is one folder and one row of the list.
 */
#include "learn/learners.h"
#include "learn/adjust.h"
#include "prep/prepare.h"

#include <string.h>

#define UP_LEARNER(name, takes, holds, array_form, row_form) &up_##name,
const UpLearner *const up_learners[] = {
#include "learn/learners.list"
};
#undef UP_LEARNER
const int up_n_learners = UP_LENGTH(up_learners);

static const char *const task_choices[] = {"auto", "classification", "regression", NULL};

#define UP_PARAMS_OF UpCommonParams
static const UpParam common_params[] = {
	UP_INT_PARAM("seed", seed, "0", -9007199254740992.0, 9007199254740992.0,
				 "start of everything that is random"),
	UP_CHOICE_PARAM("task", task, "auto", task_choices,
					"what to do with the target; auto: by its type and values"),
	UP_TREE_PARAM("features", features, "null", "array of column names",
				  "row form: only these columns are features"),
	UP_TREE_PARAM("exclude", exclude, "null", "array of column names",
				  "row form: these columns are no features"),
	UP_CHOICE_PARAM("scale", scale, "auto", up_scale_choices,
					"scales numbers before learning; auto: zscore in the row form, for learners that need it"),
	UP_TREE_PARAM("prepare", prepare, "null", "object with a key for each column",
				  "row form: how columns are imputed, encoded and scaled"),
	UP_TREE_PARAM("select", select, "null", "object of method and k",
				  "keeps only the features that a method finds worth it"),
	UP_CHOICE_PARAM(
		"calibrate", calibrate, "none", up_calibrate_names,
		"makes a classifier's probabilities what happens, by its scores of rows it was not trained on"),
	UP_TREE_PARAM("threshold", threshold, "null", "number from 0 to 1, or f1, cost, rate",
				  "the probability from which on the second of two classes is predicted"),
	UP_TREE_PARAM("cost_matrix", cost_matrix, "null", "two rows of two numbers",
				  "threshold cost: what a row of each class costs that is called the first, and the second"),
	UP_REAL_PARAM("positive_rate", positive_rate, "null", 0, 1,
				  "threshold rate: the share of rows that is called the second class", .min_open = true,
				  .nullable = true),
	UP_REAL_PARAM("intervals", intervals, "null", 0.01, 0.9999,
				  "regression: the share of values within uprofile_predict_interval", .nullable = true),
	UP_INT_PARAM("cv", cv, "5", 2, 10000,
				 "folds by which rows are predicted for calibrate, threshold and intervals"),
	UP_TREE_PARAM("weight", weight, "null", "name of a column",
				  "row form: the column that says how much a row counts in training; it is no feature"),
	UP_INT_PARAM("max_rows", max_rows, "null", 1, 9007199254740992.0,
				 "learns from at most so many rows: a sample by the seed, each label with its share",
				 .nullable = true),
};
const UpParamTable up_common_params = {common_params, UP_LENGTH(common_params)};

const UpLearner *
up_learner_by_number(uint16_t number)
{
	for (int i = 0; i < up_n_learners; i++)
	{
		if (up_learners[i]->number == number)
			return up_learners[i];
	}
	return number == up_vote.number ? &up_vote : number == up_stack.number ? &up_stack : NULL;
}

/* Names that other libraries have, in small letters and digits alone, and what makes ours the same. */
static const struct
{
	const char *name, *here, *params;
} elsewhere[] = {
	{"randomforest", "forest", NULL},
	{"extratrees", "forest", "{\"splitter\": \"random\"}"},
	{"decisiontree", "tree", NULL},
	{"gradientboosting", "boost", NULL},
	{"histgradientboosting", "boost", NULL},
	{"xgb", "boost", NULL},
	{"lgbm", "boost", NULL},
	{"lightgbm", "boost", NULL},
	{"catboost", "boost", NULL},
	{"gbm", "boost", NULL},
	{"gbdt", "boost", NULL},
	{"logisticregression", "logistic", NULL},
	{"logit", "logistic", NULL},
	{"linearregression", "linear", NULL},
	{"ols", "linear", NULL},
	{"ridge", "linear", "{\"penalty\": \"l2\"}"},
	{"lasso", "linear", "{\"penalty\": \"l1\"}"},
	{"elasticnet", "linear", "{\"penalty\": \"elasticnet\"}"},
	{"svc", "svm", "{\"kernel\": \"rbf\"}"},
	{"linearsvc", "svm", NULL},
	{"linearsvr", "svr", NULL},
	{"gaussiannb", "bayes", NULL},
	{"neuralnetwork", "mlp", NULL},
	{"gaussianmixture", "gmm", NULL},
	{"oneclasssvm", "one_class", NULL},
};

/* "RandomForestClassifier" and "random_forest" are "randomforest". */
static char *
plain_name(const char *name)
{
	static const char *const ends[] = {"classifier", "regressor"};
	char *plain = up_strdup(name);
	size_t n = 0;

	for (const char *c = name; *c != '\0'; c++)
	{
		if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'))
			plain[n++] = *c;
		else if (*c >= 'A' && *c <= 'Z')
			plain[n++] = (char) (*c - 'A' + 'a');
	}
	plain[n] = '\0';
	for (size_t i = 0; i < UP_LENGTH(ends); i++)
	{
		size_t length = strlen(ends[i]);

		if (n > length && strcmp(plain + n - length, ends[i]) == 0)
			plain[n - length] = '\0';
	}
	return plain;
}

static const char *
hint_for(const char *name, const char *const *names)
{
	const char *plain = plain_name(name), *nearest = up_nearest_name(name, names, up_n_learners);

	for (size_t i = 0; i < UP_LENGTH(elsewhere); i++)
	{
		if (strcmp(plain, elsewhere[i].name) == 0)
			return elsewhere[i].params != NULL ? up_format("Perhaps you meant \"%s\" with the params '%s'.",
														   elsewhere[i].here, elsewhere[i].params)
											   : up_format("Perhaps you meant \"%s\".", elsewhere[i].here);
	}
	return nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest)
						   : "SELECT * FROM uprofile_algorithms() lists them.";
}

const UpLearner *
up_learner_by_name(const char *name)
{
	const char *names[UP_LENGTH(up_learners)];

	for (int i = 0; i < up_n_learners; i++)
	{
		if (strcmp(up_learners[i]->name, name) == 0)
			return up_learners[i];
		names[i] = up_learners[i]->name;
	}
	up_fail_with(UP_INVALID_PARAMETER, NULL, hint_for(name, names), "algorithm \"%s\" does not exist", name);
}
