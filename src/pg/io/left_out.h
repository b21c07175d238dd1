/*
 * left_out.h - what is told of columns that are not used
 */
#ifndef UPROFILE_LEFT_OUT_H
#define UPROFILE_LEFT_OUT_H

#include "base/value.h"

/* One NOTICE for all of them; columns: why, by name. Nothing where there are none. */
extern void up_notice_left_out(const UpValue *columns);

#endif
