/*
 * value_pg.h - jsonb and core's trees of values
 */
#ifndef UPROFILE_VALUE_PG_H
#define UPROFILE_VALUE_PG_H

#include "utils/jsonb.h"

#include "base/value.h"

extern UpValue *up_value_from_jsonb(Jsonb *jb);
extern Jsonb *up_value_to_jsonb(const UpValue *v);

#endif
