/*
 * measured_arguments.h - what the functions that measure a named model have in common: model, source, target, rows
 */
#ifndef UPROFILE_MEASURED_ARGUMENTS_H
#define UPROFILE_MEASURED_ARGUMENTS_H

#include "fmgr.h"

#include "pg/models/measured.h"

/*
 * The deployed version of the model named by the first argument on the rows of the source, the second; the third is the target,
 * by default the model's. rows_argument: 'all', or 'held_out'; rows that the model was trained on are told in a NOTICE. by: the
 * column of groups, weight: of weights, or NULL. check: refuses a model before the source is read, or NULL.
 */
typedef void (*UpMeasuredCheck)(FunctionCallInfo fcinfo, const UpModel *m);
extern UpMeasured *up_measured_arguments(FunctionCallInfo fcinfo, int rows_argument, const char *by,
										 const char *weight, UpMeasuredCheck check, const UpModel **model);

#endif
