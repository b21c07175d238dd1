/*
 * clean_checks.h - rules that check values
 */
#ifndef UPROFILE_CLEAN_CHECKS_H
#define UPROFILE_CLEAN_CHECKS_H

#include "pg/clean/clean_table.h"

/* missing, allowed, range, required */
extern void up_clean_checks(UpCleanTable *t, const UpCleanRule *rule);

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

#endif
