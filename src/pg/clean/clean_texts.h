/*
 * clean_texts.h - rules about texts
 */
#ifndef UPROFILE_CLEAN_TEXTS_H
#define UPROFILE_CLEAN_TEXTS_H

#include "pg/clean/clean_table.h"

/* trim, case, replace, synonyms, match; the current step knows its columns. */
extern void up_clean_texts(UpCleanTable *t, const UpCleanRule *rule);

#endif
