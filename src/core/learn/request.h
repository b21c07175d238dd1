/*
 * request.h - what the user asked for, checked
 */
#ifndef UPROFILE_REQUEST_H
#define UPROFILE_REQUEST_H

#include "learn/adjust_options.h"

/* What the user asked for: an algorithm's parameters and those that every algorithm has. */
typedef struct UpRequest
{
	const UpLearner *learner;
	void *params; /* the learner's own struct */
	UpCommonParams common;
	UpAdjustOptions adjust;
	UpValue *values;      /* all parameters as values, for the model */
	const UpValue *given; /* updates: those that were named this time, or NULL */
} UpRequest;

/* Parses and checks given (an object or NULL). */
extern UpRequest *up_request_parse(const UpLearner *learner, const UpValue *given);
/* The column with the weights of the rows, or NULL. */
extern const char *up_request_weight(const UpRequest *q);
/* Whether memory allows what a learner that has to hold its rows would hold. */
extern bool up_request_fits(const UpRequest *q, double n_rows, uint32_t n_features);
/* So many features at least are made of the frame's rows, whatever these hold. */
extern uint32_t up_request_least_features(const UpRequest *q, const UpFrame *f);
/* Refuses what does not fit, and says how many rows would. about: rows or features may be fewer: refused is what is half as much again. */
extern void up_request_check_memory(const UpRequest *q, double n_rows, uint32_t n_features, bool about);
/* Whether a classifier that is trained so has probabilities. */
extern bool up_request_has_proba(const UpRequest *q);

#endif
