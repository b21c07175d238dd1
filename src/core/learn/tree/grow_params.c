/*
 * grow_params.c - parameters of growing, checked against the data; see grow_params.h
 */
#include "learn/tree/grow_params.h"

#include <math.h>
#include <string.h>

const char *const up_grow_criteria[] = {"auto", "gini", "entropy", "squared_error", "absolute_error", NULL};
const char *const up_grow_splitters[] = {"best", "random", NULL};

static uint32_t
features_tried(const UpValue *v, uint32_t d, bool classify, const char *owner)
{
	double n = d;

	if (v == NULL)
		return d;
	if (v->type == UP_STRING && strcmp(v->string, "auto") == 0)
		n = classify ? floor(sqrt(d)) : d;
	else if (v->type == UP_STRING && strcmp(v->string, "sqrt") == 0)
		n = floor(sqrt(d));
	else if (v->type == UP_STRING && strcmp(v->string, "log2") == 0)
		n = floor(log2(d));
	else if (v->type == UP_NUMBER && v->number > 0 && v->number <= 1)
		n = floor(v->number * d);
	else if (v->type == UP_NUMBER && v->number > 1 && v->number == floor(v->number))
		n = v->number;
	else
		up_fail_with(UP_INVALID_PARAMETER,
					 "Allowed: a whole number of features, a share up to 1, sqrt, log2, auto or null.", NULL,
					 "parameter \"max_features\" of %s is %s", owner, up_value_text(v));
	return (uint32_t) UP_MIN(UP_MAX(n, 1), d);
}

void
up_grow_setup(const UpGrowParams *p, const UpFit *fit, const char *owner, UpGrowing *g)
{
	bool classify = fit->task == UP_TASK_CLASSIFY;

	if (p->criterion != 0 && (p->criterion >= 3) == classify)
		up_fail_with(UP_INVALID_PARAMETER,
					 classify ? "Allowed: gini, entropy." : "Allowed: squared_error, absolute_error.", NULL,
					 "criterion \"%s\" of %s does not fit a %s", up_grow_criteria[p->criterion], owner,
					 classify ? "classification" : "regression");
	g->criterion = !classify           ? (p->criterion == 4 ? UP_ABSOLUTE_ERROR : UP_SQUARED_ERROR)
				   : p->criterion == 2 ? UP_ENTROPY
									   : UP_GINI;
	g->n_classes = fit->n_classes;
	g->max_depth = p->max_depth == INT64_MIN ? UINT32_MAX : (uint32_t) p->max_depth;
	g->max_leaf_nodes = p->max_leaf_nodes == INT64_MIN ? 0 : (uint32_t) p->max_leaf_nodes;
	g->min_samples_split = (double) p->min_samples_split;
	g->min_samples_leaf = (double) p->min_samples_leaf;
	g->min_decrease = p->min_impurity_decrease;
	g->max_features = features_tried(p->max_features, fit->n_features, classify, owner);
	g->random_splits = p->splitter == 1;
}

uint32_t
up_growth_trees(const UpFit *fit, int64_t asked, uint32_t before)
{
	double share = (double) fit->data->n_rows / (double) UP_MAX(fit->rows_before, 1);

	if (fit->given != NULL && up_value_get(fit->given, "n_estimators") != NULL)
		return (uint32_t) asked;
	return (uint32_t) UP_MIN(UP_MAX(round(before * share), 1), before);
}
