/*
 * clean_cells.h - the values of a column, changed one by one
 */
#ifndef UPROFILE_CLEAN_CELLS_H
#define UPROFILE_CLEAN_CELLS_H

#include "pg/clean/clean_table.h"

/* What is to become of one value that is there. */
typedef enum UpCleanVerdict
{
	UP_CELL_KEEP,
	UP_CELL_SET, /* *out is the new one, in any memory */
	UP_CELL_MISSING,
	UP_CELL_BAD /* *complaint says why, after the column's name and the value; the rule's action decides */
} UpCleanVerdict;

typedef struct UpCleanCells
{
	UpCleanTable *t;
	int column;
	UpCleanValues *v;
	const UpCleanRule *rule;
	void *arg; /* the rule's own */
} UpCleanCells;

typedef UpCleanVerdict (*UpCleanCellFn)(UpCleanCells *cells, Datum value, Datum *out, const char **complaint);

/* Asks fn about each value that is there, in rows that are there. remember: equal values need not be asked again. */
extern void up_clean_cells(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanCellFn fn, void *arg,
						   bool remember);

/* Text, number or boolean as text. */
extern const char *up_clean_scalar_text(const UpValue *v);

#endif
