/*
 * event_train.h - a version of a model that is trained on events, and what it would have been in the past
 */
#ifndef UPROFILE_EVENT_TRAIN_H
#define UPROFILE_EVENT_TRAIN_H

#include "pg/models/events.h"
#include "pg/models/train_named.h"

typedef struct UpEventOrder
{
	UpEventTexts texts;
	const UpValue *anchors; /* or NULL */
	const char *const *windows;
	int n_windows;
	int test_anchors;
	bool backtest;
} UpEventOrder;

/* Events and anchors, and features if none are given. */
extern UpEvents *up_event_prepare(const UpEventOrder *o, UpAnchors **anchors);
/* train: without source, query, target, key and holdout. */
extern UpTrained *up_event_train(const UpEventOrder *o, UpTrainOrder *train);

#endif
