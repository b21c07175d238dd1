/*
 * arguments.h - arguments of SQL functions
 */
#ifndef UPROFILE_ARGUMENTS_H
#define UPROFILE_ARGUMENTS_H

#include "fmgr.h"

/* A text; required: its name where it must not be NULL. */
extern char *up_text_argument(FunctionCallInfo fcinfo, int argument, const char *required);

#endif
