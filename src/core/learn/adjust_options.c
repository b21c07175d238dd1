/*
 * adjust_options.c - adjustments as parameters; see adjust_options.h
 */
#include "learn/adjust_options.h"

#include <math.h>
#include <string.h>

static const char *const threshold_names[] = {"f1", "cost", "rate"};

static void
parse_threshold(const UpValue *v, UpAdjustOptions *o)
{
	const char *nearest;

	if (v == NULL)
		return;
	o->threshold = UP_THRESHOLD_NUMBER;
	o->number = v->number;
	if (v->type == UP_NUMBER && v->number >= 0 && v->number <= 1)
		return;
	for (size_t i = 0; v->type == UP_STRING && i < UP_LENGTH(threshold_names); i++)
	{
		if (strcmp(v->string, threshold_names[i]) == 0)
		{
			o->threshold = (UpThreshold) (UP_THRESHOLD_F1 + (int) i);
			return;
		}
	}
	nearest =
		v->type == UP_STRING ? up_nearest_name(v->string, threshold_names, UP_LENGTH(threshold_names)) : NULL;
	up_fail_with(UP_INVALID_PARAMETER, "Allowed: a number from 0 to 1, or f1, cost, rate.",
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "parameter \"threshold\" is %s", up_value_text(v));
}

static void
parse_cost(const UpValue *v, UpAdjustOptions *o)
{
	if ((v != NULL) != (o->threshold == UP_THRESHOLD_COST))
		up_fail_with(
			UP_INVALID_PARAMETER, NULL,
			"For example {\"threshold\": \"cost\", \"cost_matrix\": [[0, 1], [5, 0]]}: a row for each actual "
			"class, a column for each predicted one.",
			v == NULL ? "threshold \"cost\" needs a cost_matrix" : "cost_matrix is for threshold \"cost\"");
	for (int i = 0; v != NULL && i < 2; i++)
	{
		const UpValue *row = v->type == UP_ARRAY && v->n == 2 ? v->items[i] : NULL;

		for (int j = 0; j < 2; j++)
		{
			const UpValue *cost = row != NULL && row->type == UP_ARRAY && row->n == 2 ? row->items[j] : NULL;

			if (cost == NULL || cost->type != UP_NUMBER || fabs(cost->number) > 1e100)
				up_fail_with(UP_INVALID_PARAMETER, NULL, "For example [[0, 1], [5, 0]].",
							 "cost_matrix must be two rows of two numbers, not %s", up_value_text(v));
			o->cost[i][j] = cost->number;
		}
	}
	if (v != NULL && !(o->cost[0][1] > o->cost[0][0] && o->cost[1][0] > o->cost[1][1]))
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "A row for each actual class, a column for each predicted one: [[0, 1], [5, 0]].",
					 "in a cost_matrix errors cost more than what is right, and in %s they do not",
					 up_value_text(v));
}

UpAdjustOptions
up_adjust_parse(const UpCommonParams *common)
{
	UpAdjustOptions o = {.calibrate = (UpCalibrate) common->calibrate,
						 .rate = common->positive_rate,
						 .level = common->intervals,
						 .folds = common->cv};

	parse_threshold(common->threshold, &o);
	parse_cost(common->cost_matrix, &o);
	if (isnan(o.rate) == (o.threshold == UP_THRESHOLD_RATE))
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "For example {\"threshold\": \"rate\", \"positive_rate\": 0.1}.",
					 isnan(o.rate) ? "threshold \"rate\" needs a positive_rate"
								   : "positive_rate is for threshold \"rate\"");
	return o;
}

bool
up_adjust_wanted(const UpAdjustOptions *o)
{
	return o->calibrate != UP_CALIBRATE_NONE || o->threshold != UP_THRESHOLD_NONE || !isnan(o->level);
}

bool
up_adjust_needs_rows(const UpAdjustOptions *o)
{
	return up_adjust_wanted(o) &&
		   !(o->calibrate == UP_CALIBRATE_NONE && isnan(o->level) && o->threshold == UP_THRESHOLD_NUMBER);
}

void
up_adjust_check(const UpAdjustOptions *o, int task, uint32_t n_classes, bool proba)
{
	bool classify = task == UP_TASK_CLASSIFY;

	if (!isnan(o->level) && task != UP_TASK_REGRESS)
		up_fail_with(UP_WRONG_KIND, NULL, classify ? "uprofile_predict_proba tells how sure a class is." : NULL,
					 "intervals are for models that predict numbers");
	if (o->calibrate != UP_CALIBRATE_NONE && !classify)
		up_fail_with(UP_WRONG_KIND, NULL,
					 task == UP_TASK_REGRESS ? "{\"intervals\": 0.9} tells how sure a number is." : NULL,
					 "only the probabilities of classifiers are calibrated");
	if (o->threshold != UP_THRESHOLD_NONE && (!classify || n_classes > 2))
		up_fail_with(UP_WRONG_KIND, NULL,
					 classify ? "Of several classes the most probable one is predicted." : NULL,
					 classify ? "a threshold is for two classes, and the target has %u"
							  : "a threshold is for classifiers of two classes",
					 n_classes);
	if (o->threshold != UP_THRESHOLD_NONE && o->calibrate == UP_CALIBRATE_NONE && !proba)
		up_fail_with(UP_WRONG_KIND, NULL, "Add {\"calibrate\": \"sigmoid\"}.",
					 "a threshold needs probabilities, and the model has none");
}
