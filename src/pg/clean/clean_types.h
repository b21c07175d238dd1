/*
 * clean_types.h - rule type
 */
#ifndef UPROFILE_CLEAN_TYPES_H
#define UPROFILE_CLEAN_TYPES_H

#include "pg/clean/clean_table.h"

extern void up_clean_types(UpCleanTable *t, const UpCleanRule *rule);

#endif
