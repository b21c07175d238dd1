/*
 * bounds.h - arguments of functions over what users did in order of time
 */
#ifndef UPROFILE_BOUNDS_H
#define UPROFILE_BOUNDS_H

#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

/* min_support, of users. */
extern double up_user_support_argument(FunctionCallInfo fcinfo, int argument);
extern bool up_bool_argument(FunctionCallInfo fcinfo, int argument, const char *name);
/* NULL where there is none. */
extern const Interval *up_interval_argument(FunctionCallInfo fcinfo, int argument);
/* The texts of an array that must not hold a NULL. */
extern Datum *up_texts_of(ArrayType *array, const char *name, int *n);
/* The same of an argument; or NULL and 0. */
extern Datum *up_texts_argument(FunctionCallInfo fcinfo, int argument, const char *name, int *n);

#endif
