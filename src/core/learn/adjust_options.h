/*
 * adjust_options.h - which adjustments of a model's answers were asked for (adjust.h)
 */
#ifndef UPROFILE_ADJUST_OPTIONS_H
#define UPROFILE_ADJUST_OPTIONS_H

#include "learn/adjust.h"
#include "learn/learners.h"

typedef enum UpThreshold
{
	UP_THRESHOLD_NONE,
	UP_THRESHOLD_NUMBER,
	UP_THRESHOLD_F1,
	UP_THRESHOLD_COST,
	UP_THRESHOLD_RATE
} UpThreshold;

/* What was asked for. */
typedef struct UpAdjustOptions
{
	UpCalibrate calibrate;
	UpThreshold threshold;
	double number; /* the threshold itself */
	/* cost[actual][predicted], classes in their order */
	double cost[2][2];
	double rate;  /* the share of rows that are called the second class */
	double level; /* of intervals; NaN: none */
	int64_t folds;
} UpAdjustOptions;

/* Words its errors. */
extern UpAdjustOptions up_adjust_parse(const UpCommonParams *common);
/* Whether anything was asked for, and whether that takes predictions of rows that were not trained on. */
extern bool up_adjust_wanted(const UpAdjustOptions *o);
extern bool up_adjust_needs_rows(const UpAdjustOptions *o);
/* Fails where a model of that task (UpTask), and of so many classes, cannot have it; proba: it has probabilities before. */
extern void up_adjust_check(const UpAdjustOptions *o, int task, uint32_t n_classes, bool proba);

#endif
