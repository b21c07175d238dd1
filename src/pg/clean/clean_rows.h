/*
 * clean_rows.h - rule duplicates, and groups of rows
 */
#ifndef UPROFILE_CLEAN_ROWS_H
#define UPROFILE_CLEAN_ROWS_H

#include "pg/clean/clean_table.h"

extern void up_clean_duplicates(UpCleanTable *t, const UpCleanRule *rule);

/* Rows that are there, in groups of equal values of some columns. */
typedef struct UpCleanGroups
{
	size_t n;
	size_t *first;    /* a row of each group */
	size_t *group_of; /* one a row; UP_CLEAN_NO_ROW: removed, or passed over as all its values are missing */
} UpCleanGroups;
extern UpCleanGroups *up_clean_group(UpCleanTable *t, const int *columns, int n_columns, bool pass_missing);
extern void up_clean_groups_free(UpCleanGroups *g);

#endif
