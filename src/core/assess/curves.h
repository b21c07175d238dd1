/*
 * curves.h - what scores of one class say at every threshold: ROC, precision and recall, calibration, lift
 *
 * Definitions, order and edge cases are scikit-learn's (roc_curve, precision_recall_curve, calibration_curve).
 */
#ifndef UPROFILE_CURVES_H
#define UPROFILE_CURVES_H

#include "base/platform.h"

/* Scores of rows, the highest first. */
typedef struct UpScored
{
	size_t n;
	double hits, all; /* what they weigh: without weights, their number */
	double *score;    /* descending */
	uint8_t *hit;
	double *weight; /* NULL: 1 each */
} UpScored;

/* hit: 0 or 1; scores are not NaN; weight: above 0, or NULL. */
extern UpScored *up_scored_new(size_t n, const uint8_t *hit, const double *score, const double *weight);

typedef struct UpCurve
{
	size_t n;
	double *threshold;
	double *x, *y;
} UpCurve;

/*
 * x: of the misses, y: of the hits, the share with a score of at least the threshold, from infinity down. Points on a straight
 * line between their neighbours are left out. There must be both hits and misses.
 */
extern UpCurve *up_roc_curve(const UpScored *s);
/*
 * x: precision, y: recall at each threshold, ascending; the last point is 1, 0, with a threshold of infinity. There must be hits.
 */
extern UpCurve *up_precision_recall_curve(const UpScored *s);

/* x: misses, y: hits with a score of at least the threshold, from infinity (none) down to the least score. */
extern UpCurve *up_count_curve(const UpScored *s);

/* Rows of which the score lies in a range, or in one of equal parts of them. */
typedef struct UpBin
{
	double low, high; /* of the range, or the scores at the ends of the part */
	size_t rows;
	double weight; /* of them; where a part ends within a row, its share */
	double hits;   /* their weight; where a part ends among equal scores these share their hits */
	double score;  /* the mean */
} UpBin;

/*
 * Ranges (low, high] of equal width from 0 to 1, or of equal numbers of rows (quantiles of the scores, interpolated); the first has
 * its lower end as well. Scores are probabilities. bins has n_bins places; rows may be 0.
 */
extern void up_calibration_curve(const UpScored *s, uint32_t n_bins, bool equal_rows, UpBin *bins);
/*
 * Parts of equal numbers of rows, the highest scores first: part k ends at row floor(n k / n_parts). With weights, parts of equal
 * weight, a row on a border being in both with its share; it is counted where it begins.
 */
extern void up_lift_curve(const UpScored *s, uint32_t n_parts, UpBin *parts);

#endif
