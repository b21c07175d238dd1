/*
 * clean_steps.h - the rules of cleaning at work on a table in memory
 */
#ifndef UPROFILE_CLEAN_STEPS_H
#define UPROFILE_CLEAN_STEPS_H

#include "pg/clean/clean_table.h"

/* Runs all rules, in order. */
extern void up_clean_run(UpCleanTable *t, const UpCleanRules *rules);

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

/* One function a group of rules; the current step knows its columns. */
extern void up_clean_texts(UpCleanTable *t, const UpCleanRule *rule); /* trim, case, replace, synonyms, match */
extern void up_clean_checks(UpCleanTable *t, const UpCleanRule *rule); /* missing, allowed, range, required */
extern void up_clean_types(UpCleanTable *t, const UpCleanRule *rule);
extern void up_clean_outliers(UpCleanTable *t, const UpCleanRule *rule);
extern void up_clean_fill(UpCleanTable *t, const UpCleanRule *rule);
extern void up_clean_duplicates(UpCleanTable *t, const UpCleanRule *rule);
extern void up_clean_predict(UpCleanTable *t, const UpCleanRule *rule, int column);

/* Text, number or boolean as text. */
extern const char *up_clean_scalar_text(const UpValue *v);
/* A text in the type that rule type gives it; false: it is none. */
extern bool up_clean_parse(const UpCleanRule *rule, const char *text, size_t len, Datum *out);
/* The type that rule type gives. */

/* Bounds of numbers, or of any ordered type. */
typedef struct UpCleanBounds
{
	bool numbers;
	bool has_min, has_max, min_open, max_open;
	double min, max;
	Datum min_value, max_value; /* where not numbers, and what clipped values become */
	const char *below, *above;  /* complaints */
} UpCleanBounds;
extern void up_clean_apply_bounds(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanBounds *bounds);

/* Rows that are there, in groups of equal values of some columns. */
typedef struct UpCleanGroups
{
	size_t n;
	size_t *first;    /* a row of each group */
	size_t *group_of; /* one a row; UP_CLEAN_NO_ROW: removed, or passed over as all its values are missing */
} UpCleanGroups;
extern UpCleanGroups *up_clean_group(UpCleanTable *t, const int *columns, int n_columns, bool pass_missing);

/* The rules that a table calls for, as an array of objects. */
extern UpValue *up_clean_propose(UpCleanTable *t);

#endif
