/*
 * clean_run.h - the rules of cleaning at work on a table in memory
 */
#ifndef UPROFILE_CLEAN_RUN_H
#define UPROFILE_CLEAN_RUN_H

#include "pg/clean/clean_table.h"

/* Runs all rules, in order. */
extern void up_clean_run(UpCleanTable *t, const UpCleanRules *rules);

#endif
