/*
 * grow_params.c - parameters of growing, checked against the data; see forest.h
 */
#include "learn/forest.h"

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

double *
up_class_weights(const UpValue *given, const UpFit *fit, const double *y, size_t n, const char *owner)
{
	double *weights;

	if (given == NULL)
		return NULL;
	if (fit->task != UP_TASK_CLASSIFY)
		up_fail(UP_INVALID_PARAMETER, "parameter \"class_weight\" of %s needs a classification", owner);
	weights = up_alloc_array(UP_MAX(fit->n_classes, 1), sizeof(double));
	if (given->type == UP_STRING && strcmp(given->string, "balanced") == 0)
	{
		memset(weights, 0, fit->n_classes * sizeof(double));
		for (size_t i = 0; i < n; i++)
			weights[(uint32_t) y[i]]++;
		for (uint32_t c = 0; c < fit->n_classes; c++)
			weights[c] = weights[c] > 0 ? (double) n / (fit->n_classes * weights[c]) : 1;
		return weights;
	}
	if (given->type != UP_OBJECT)
		up_fail(UP_INVALID_PARAMETER,
				"parameter \"class_weight\" of %s must be \"balanced\" or an object, not %s", owner,
				up_value_text(given));
	for (uint32_t c = 0; c < fit->n_classes; c++)
		weights[c] = 1;
	for (uint32_t i = 0; i < given->n; i++)
	{
		uint32_t c = 0;

		while (c < fit->n_classes && strcmp(fit->classes[c], given->keys[i]) != 0)
			c++;
		if (c == fit->n_classes)
			up_fail(UP_INVALID_PARAMETER, "parameter \"class_weight\" of %s names \"%s\", which is no class",
					owner, given->keys[i]);
		if (given->items[i]->type != UP_NUMBER || !(given->items[i]->number > 0))
			up_fail(UP_INVALID_PARAMETER, "the weight of class \"%s\" must be a number above 0, not %s",
					given->keys[i], up_value_text(given->items[i]));
		weights[c] = given->items[i]->number;
	}
	return weights;
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
