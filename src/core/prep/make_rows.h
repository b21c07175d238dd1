/*
 * make_rows.h - the rows of a training as solvers pass over them: the features and a constant, in an order of their own
 */
#ifndef UPROFILE_MAKE_ROWS_H
#define UPROFILE_MAKE_ROWS_H

#include "num/rows.h"
#include "prep/data.h"

/* Which features are listed: those that are nearly always 0, where most are. */
typedef struct UpRowsPlan
{
	uint32_t *
		features; /* the feature of each column, n_features: the constant; NULL: they stand as they come, and none is listed */
	size_t listed;
	double entries; /* of a row, about */
	double work;    /* of a pass over a row, about, in values of a row that has none listed */
} UpRowsPlan;

typedef struct UpMadeRows
{
	UpRows rows;       /* in large arrays */
	uint32_t *columns; /* feature → its column; last that of the constant */
} UpMadeRows;

/* may_list: some solvers want all values. */
extern UpRowsPlan up_plan_rows(const UpData *d, bool may_list);
/* All rows of d, each with this constant; where none is listed, with zeros up to UP_ROWS_MIN columns. And their labels. */
extern UpMadeRows up_make_rows(const UpData *d, const UpRowsPlan *plan, double constant, double *labels);
extern void up_made_rows_free(UpMadeRows *m);

#endif
