/*
 * clean_cells.h - the values of a column, looked at one by one
 */
#ifndef UPROFILE_CLEAN_CELLS_H
#define UPROFILE_CLEAN_CELLS_H

#include "pg/clean/clean_table.h"
#include "pg/clean/clean_text_rule.h"

typedef struct UpCleanCells UpCleanCells;

struct UpCleanCells
{
	UpCleanTable *t;
	int column;
	const UpCleanRule *rule;
	/* Who is asked: of texts their rule, and no equal ones twice, beside this process where that pays; or else a function. */
	const UpTextRule *text;
	const char *complaint; /* about texts */
	UpCleanAnswer (*ask)(const UpCleanCells *cells, Datum value);
	const void *arg; /* of it */
	bool remember;   /* it need not be asked again about equal values */
	Datum with;      /* what bad ones become, where that is the action */
	/* Where values become those of another type: this, and what is done with each row that has one; else changes are made. */
	UpCleanValues *to;
	void (*apply)(UpCleanCells *cells, size_t row, const UpCleanAnswer *answer);
};

/* Asks about each value that is there, in rows that are there, and has it done in the order of rows. */
extern void up_clean_cells(UpCleanCells *cells);

/* Text, number or boolean as text. */
extern const char *up_clean_scalar_text(const UpValue *v);
/* As a value of the type; it lives as long as the table. */
extern Datum up_clean_from_scalar(UpCleanTable *t, UpCleanValues *v, const UpValue *scalar);

#endif
