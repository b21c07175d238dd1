/*
 * arguments.h - arguments of SQL functions
 */
#ifndef UPROFILE_ARGUMENTS_H
#define UPROFILE_ARGUMENTS_H

#include "fmgr.h"

#include "assess/splits.h"
#include "learn/model.h"

/* A text; required: its name where it must not be NULL. */
extern char *up_text_argument(FunctionCallInfo fcinfo, int argument, const char *required);
/* An object, in which the argument seed, where it is given, is the "seed". */
extern UpValue *up_params_argument(FunctionCallInfo fcinfo, int params, int seed);
/* The name of an algorithm; where there is none, the error lists those with, or without, a target. or_auto: the function may find one. */
extern char *up_algorithm_argument(FunctionCallInfo fcinfo, int argument, bool has_target, bool or_auto);
/* The number of a model's class by its label; where there is none, the error lists the classes. */
extern uint32_t up_class_named(const UpModel *m, const char *label);
/* How rows are split: an object or NULL, and beside it a number of folds or NULL; the seed is that of params where it has none. */
extern UpSplit up_split_argument(FunctionCallInfo fcinfo, int folds, int split, const UpValue *params);

#endif
