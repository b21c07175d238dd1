/*
 * clean_fill.h - rules outliers and fill
 */
#ifndef UPROFILE_CLEAN_FILL_H
#define UPROFILE_CLEAN_FILL_H

#include "pg/clean/clean_table.h"

extern void up_clean_outliers(UpCleanTable *t, const UpCleanRule *rule);
extern void up_clean_fill(UpCleanTable *t, const UpCleanRule *rule);

#endif
