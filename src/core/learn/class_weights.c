/*
 * class_weights.c - the parameter class_weight; see class_weights.h
 */
#include "learn/class_weights.h"

#include <string.h>

#define MOST_SHOWN 3 /* classes in an example */

static void
fail_unknown(const UpFit *fit, const char *owner, const char *label)
{
	char *known = up_strdup("");

	for (uint32_t c = 0; c < fit->n_classes; c++)
		known = up_format("%s%s\"%s\"", known, c > 0 ? ", " : "", fit->classes[c]);
	up_fail_with(UP_INVALID_PARAMETER, up_format("Labels: %s.", known), NULL,
				 "parameter \"class_weight\" of %s names \"%s\", which is no class", owner, label);
}

/* {"no": 1, "yes": 2} */
static const char *
example(const UpFit *fit)
{
	UpValue *o = up_value_object();

	for (uint32_t c = 0; c < UP_MIN(fit->n_classes, MOST_SHOWN); c++)
		up_value_set(o, fit->classes[c], up_value_number(1 + c));
	return up_value_text(o);
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
		{
			UP_ASSERT(y[i] >= 0 && y[i] < fit->n_classes);
			weights[(uint32_t) y[i]]++;
		}
		for (uint32_t c = 0; c < fit->n_classes; c++)
			weights[c] = weights[c] > 0 ? (double) n / (fit->n_classes * weights[c]) : 1;
		return weights;
	}
	if (given->type != UP_OBJECT)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 given->type == UP_STRING ? "Perhaps you meant \"balanced\"."
											  : up_format("Name the classes, as in %s.", example(fit)),
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
			fail_unknown(fit, owner, given->keys[i]);
		if (given->items[i]->type != UP_NUMBER || !(given->items[i]->number > 0) ||
			!up_is_weight(given->items[i]->number))
			up_fail(UP_INVALID_PARAMETER,
					"the weight of class \"%s\" must be a number above 0 and up to %g, not %s", given->keys[i],
					UP_MOST_WEIGHT, up_value_text(given->items[i]));
		weights[c] = given->items[i]->number;
	}
	return weights;
}

double *
up_row_weights(const UpValue *given, const UpFit *fit, const double *y, size_t n, const char *owner)
{
	double *classes = up_class_weights(given, fit, y, n, owner), *weights = up_data_weights(fit->data);
	bool own = weights != NULL;

	if (classes == NULL)
		return weights;
	if (!own)
		weights = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t i = 0; i < n; i++)
		weights[i] = up_class_weight(classes, y[i]) * (own ? weights[i] : 1);
	return weights;
}
