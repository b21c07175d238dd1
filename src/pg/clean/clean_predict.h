/*
 * clean_predict.h - missing values filled by what the other columns predict
 */
#ifndef UPROFILE_CLEAN_PREDICT_H
#define UPROFILE_CLEAN_PREDICT_H

#include "pg/clean/clean_table.h"

extern void up_clean_predict(UpCleanTable *t, const UpCleanRule *rule, int column);

#endif
