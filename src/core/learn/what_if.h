/*
 * what_if.h - the smallest changes of a row that bring its prediction over a threshold
 */
#ifndef UPROFILE_WHAT_IF_H
#define UPROFILE_WHAT_IF_H

#include "learn/model.h"

/* An input that may be changed. */
typedef struct UpChangeable
{
	uint32_t input;
	bool whole;   /* whole numbers only */
	bool ordered; /* a number: what lies between values is a value */
	double low, high;
	double unit;    /* of the cost of a change: by so much; not ordered: each change costs 1 */
	uint32_t n;     /* values to be tried, at least */
	double *values; /* not ordered: all that there are */
} UpChangeable;

typedef struct UpWhatIf
{
	const UpModel *model;
	const double *inputs;
	int64_t output; /* class, or -1: the value */
	bool below;     /* the prediction is to be at most the threshold */
	double threshold;
	uint32_t n;
	UpChangeable *changeable;
	uint32_t most; /* changes */
} UpWhatIf;

typedef struct UpChange
{
	uint32_t of; /* of changeable */
	double value;
} UpChange;

typedef struct UpWhatIfAnswer
{
	double before, after; /* predictions */
	bool there;           /* the row is where it should be as it is */
	bool found;
	uint32_t n; /* in the order of changeable */
	UpChange *changes;
	double cost;
} UpWhatIfAnswer;

extern void up_what_if(const UpWhatIf *question, UpWhatIfAnswer *answer);

#endif
