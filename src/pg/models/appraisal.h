/*
 * appraisal.h - a version, and what it says of rows that it was not trained on: what cards and reports are made of
 */
#ifndef UPROFILE_APPRAISAL_H
#define UPROFILE_APPRAISAL_H

#include "pg/io/query.h"
#include "pg/models/drifted.h"
#include "pg/models/measured.h"

typedef struct UpAppraisalOrder
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	int64 id;           /* of the version, which the caller may read */
	const char *source; /* to measure on, or NULL: the one that it was trained on */
	const char *by;     /* a column of groups, or NULL */
	bool drift;         /* is looked at as well */
	bool forgiving;     /* what is wrong with the source that is given is told, and no error */
} UpAppraisalOrder;

typedef struct UpAppraisal
{
	UpRows row; /* of the version, all columns as texts */
	const UpModel *model;
	const UpHeldOut *held;
	UpMeasured *measured; /* NULL: it could not be … */
	char *why_not;        /* … and why */
	UpPredictions *predictions;
	UpDrift *drift; /* or NULL */
} UpAppraisal;

extern UpAppraisal *up_appraise(const UpAppraisalOrder *order);

#endif
