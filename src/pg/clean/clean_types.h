/*
 * clean_types.h - rule type
 */
#ifndef UPROFILE_CLEAN_TYPES_H
#define UPROFILE_CLEAN_TYPES_H

#include "pg/clean/clean_table.h"

extern void up_clean_types(UpCleanTable *t, const UpCleanRule *rule);
/* A text in the type that rule type gives it; false: it is none. */
extern bool up_clean_parse(const UpCleanRule *rule, const char *text, size_t len, Datum *out);

#endif
