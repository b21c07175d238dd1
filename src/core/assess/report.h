/*
 * report.h - the metrics of predictions, each beside what a constant answer reaches, and with an interval
 *
 * The constant is the best one in hindsight for the very rows that are measured: their most frequent class (the first of those
 * that are equally frequent), the classes' shares as probabilities, their mean. So a model must have learned something of the
 * columns to be better, and a share of .97 right says little where 97 % are of one class.
 *
 * Intervals are percentiles (2.5 and 97.5, interpolated) over samples of the rows with replacement (Efron 1979): how far the
 * figure may be off because there are just these rows. They say nothing of other training rows.
 */
#ifndef UPROFILE_REPORT_H
#define UPROFILE_REPORT_H

#include "assess/evaluate.h"
#include "assess/resample.h"

typedef struct UpFigure
{
	const char *metric;
	double value;
	double baseline;  /* NaN: there is none */
	double low, high; /* NaN: were not asked for, or there is none */
} UpFigure;

typedef struct UpReport
{
	uint32_t n;
	UpFigure *figures;
} UpReport;

/* Of the predictions at these n > 0 places. resamples: 0, or how many samples intervals are made of. */
extern UpReport *up_report(const UpPredictions *p, const size_t *places, size_t n, uint32_t resamples,
						   uint64_t seed);
/* The numbers of an object of metrics as figures without more. */
extern UpReport *up_report_of(const UpValue *metrics);

/* The metrics of the predictions at these places, which may come more than once. positive: the class that counts, or -1. */
extern UpValue *up_report_measure(const UpPredictions *p, const size_t *places, size_t n, int positive);
/* The figure of that name among metrics; NaN if there is none. Those of the matrix and of rows are counts: none. */
extern double up_report_found(const UpValue *metrics, const char *name);

#endif
