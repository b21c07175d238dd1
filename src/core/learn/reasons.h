/*
 * reasons.h - what of a row speaks most for what is predicted of it, column by column
 */
#ifndef UPROFILE_REASONS_H
#define UPROFILE_REASONS_H

#include "learn/model.h"

typedef struct UpReasons
{
	bool known;           /* false: the model does not tell */
	uint32_t n_columns;   /* those of the model, or its features where it has no columns */
	double *contribution; /* one a column: above 0 speaks for what is predicted */
	double *signed_as;    /* the same as the model's output counts it: of the value, or the score of output */
	double base;          /* of that output */
	int64_t output;       /* class, or -1 */
} UpReasons;

/* inputs: one row, as the model takes them. */
extern void up_reasons(const UpModel *m, const double *inputs, UpReasons *reasons);

#endif
