/*
 * learners.h - all learners, and the parameters that they share
 */
#ifndef UPROFILE_LEARNERS_H
#define UPROFILE_LEARNERS_H

#include "learn/learner.h"

extern const UpLearner *const up_learners[];
extern const int up_n_learners;
extern const UpLearner *up_learner_by_number(uint16_t number); /* NULL if unknown */
extern const UpLearner *up_learner_by_name(const char *name);  /* fails with the nearest name as a hint */

/* Parameters that every learner takes: seed, task, features, exclude, scale, … */
typedef struct UpCommonParams
{
	int64_t seed;
	int task;          /* index into "auto", "classification", "regression" */
	UpValue *features; /* row form: only these columns */
	UpValue *exclude;  /* row form: all but these */
	int scale;         /* 0: auto, else 1 + UpScaleMethod */
	UpValue *prepare;  /* row form: how columns are prepared (prep/prepare.h) */
	UpValue *select;   /* which features are kept (learn/select.h) */
	/* What is made of predictions of rows that were not trained on (learn/adjust.h). */
	int calibrate;        /* UpCalibrate */
	UpValue *threshold;   /* a number, or a name */
	UpValue *cost_matrix; /* for the threshold */
	double positive_rate; /* for the threshold; NaN */
	double intervals;     /* the share of values that is to lie in them; NaN: none */
	int64_t cv;           /* folds of those predictions */
	UpValue *weight;      /* row form: the column that says what rows weigh; a text, or NULL */
	int64_t max_rows;     /* of those to train on; INT64_MIN: all */
} UpCommonParams;
extern const UpParamTable up_common_params;

#endif
