/*
 * auto_list.c - which algorithms are tried on a table; see auto_list.h
 *
 * Boosting wins on most tables of mixed columns, linear models on few or wide rows, kernels and nets on small tables of numbers; so
 * boosting comes first and is given most trials. What grows with the square of the rows is left to small tables, what holds a
 * matrix of the encoded rows to narrow ones; the search then leaves out what takes too long.
 */
#include "postgres.h"

#include "pg/models/auto_list.h"

#define BOOST_SPACE                                                                                            \
	"{\"learning_rate\": {\"log_uniform\": [0.02, 0.3]}, \"n_estimators\": {\"log_integer\": [50, 400]}, "     \
	"\"max_depth\": {\"integer\": [2, 9]}, \"max_leaf_nodes\": {\"log_integer\": [8, 100]}, "                  \
	"\"min_samples_leaf\": {\"log_integer\": [2, 100]}, \"colsample\": {\"uniform\": [0.2, 1]}, "              \
	"\"l2_regularization\": {\"log_uniform\": [0.1, 30]}, \"subsample\": [1, 0.7]}"
#define BOOST_STARTS                                                                                           \
	"[{\"learning_rate\": 0.1, \"n_estimators\": 100, \"max_depth\": 9, \"max_leaf_nodes\": 31, "              \
	"\"min_samples_leaf\": 20, \"colsample\": 1, \"l2_regularization\": 1, \"subsample\": 1}, "                \
	"{\"learning_rate\": 0.05, \"n_estimators\": 200, \"max_depth\": 3, \"max_leaf_nodes\": 8, "               \
	"\"min_samples_leaf\": 20, \"colsample\": 0.5, \"l2_regularization\": 3, \"subsample\": 1}, "              \
	"{\"learning_rate\": 0.08, \"n_estimators\": 300, \"max_depth\": 6, \"max_leaf_nodes\": 24, "              \
	"\"min_samples_leaf\": 10, \"colsample\": 0.4, \"l2_regularization\": 3, \"subsample\": 1}]"

typedef struct Listed
{
	UpCandidate candidate;
	bool classify, regress;
	size_t most_rows;
	uint32_t most_values;
} Listed;

static const Listed listed[] = {
	{{"boost", BOOST_SPACE, BOOST_STARTS, 6, 1}, true, true, SIZE_MAX, UINT32_MAX},
	{{"logistic", "{\"C\": {\"log_uniform\": [0.001, 100]}}", "[{\"C\": 1}, {\"C\": 0.03}]", 2, 1.2},
	 true,
	 false,
	 SIZE_MAX,
	 UINT32_MAX},
	{{"linear", "{\"alpha\": {\"log_uniform\": [0.01, 10000]}, \"penalty\": \"l2\", \"scale\": \"zscore\"}",
	  "[{\"alpha\": 1}, {\"alpha\": 100}]", 2, 1},
	 false,
	 true,
	 SIZE_MAX,
	 20000},
	{{"bayes", "{}", "[]", 1, 1}, true, false, SIZE_MAX, UINT32_MAX},
	{{"forest",
	  "{\"min_samples_leaf\": [1, 3, 10], \"max_features\": [\"auto\", 0.3, 0.6], \"n_estimators\": 100}",
	  "[{\"min_samples_leaf\": 3, \"max_features\": \"auto\"}]", 2, 1.2},
	 true,
	 true,
	 SIZE_MAX,
	 20000},
	{{"svm", "{\"C\": {\"log_uniform\": [0.05, 100]}, \"kernel\": \"rbf\"}", "[{\"C\": 1}, {\"C\": 10}]", 2,
	  2.2},
	 true,
	 false,
	 6000,
	 500},
	{{"svr", "{\"C\": {\"log_uniform\": [0.1, 1000]}}", "[{\"C\": 1}, {\"C\": 100}]", 2, 2.2},
	 false,
	 true,
	 6000,
	 500},
	{{"mlp", "{\"alpha\": {\"log_uniform\": [0.0001, 3]}, \"early_stopping\": true}", "[{\"alpha\": 0.1}]", 1,
	  1},
	 true,
	 false,
	 50000,
	 1000},
};

const UpCandidate **
up_auto_list(const UpTableShape *shape, uint32_t *n)
{
	const UpCandidate **list = palloc(sizeof(UpCandidate *) * lengthof(listed));
	bool classify = shape->n_classes > 0;

	*n = 0;
	for (size_t i = 0; i < lengthof(listed); i++)
	{
		const Listed *l = &listed[i];

		if ((classify ? l->classify : l->regress) && shape->rows <= l->most_rows &&
			shape->values <= l->most_values &&
			(!shape->weighted || (up_learner_by_name(l->candidate.algorithm)->abilities & UP_L_WEIGHTS) != 0))
			list[(*n)++] = &l->candidate;
	}
	return list;
}

const UpCandidate *
up_auto_candidate(const char *algorithm, bool classify)
{
	for (size_t i = 0; i < lengthof(listed); i++)
	{
		if (strcmp(listed[i].candidate.algorithm, algorithm) == 0 &&
			(classify ? listed[i].classify : listed[i].regress))
			return &listed[i].candidate;
	}
	return NULL;
}
