/*
 * clean_propose.h - the rules that a table calls for
 */
#ifndef UPROFILE_CLEAN_PROPOSE_H
#define UPROFILE_CLEAN_PROPOSE_H

#include "pg/clean/clean_table.h"

/* As an array of objects. */
extern UpValue *up_clean_propose(UpCleanTable *t);

#endif
