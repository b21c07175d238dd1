/*
 * drift.h - whether rows look as those that a model was trained on
 *
 * Of each column: the population stability index (PSI), for numbers the Kolmogorov-Smirnov statistic, for categories chi-squared and
 * the share of those that were never seen, and how the share of missing values changed; the same of the model's answers. A value
 * drifts where it is above its threshold: the larger of what matters (a parameter) and of what chance would exceed in a share of
 * alpha of all measurements together (Bonferroni), so that a thousand columns raise no more false alarms than one.
 */
#ifndef UPROFILE_DRIFT_H
#define UPROFILE_DRIFT_H

#include "assess/evaluate.h"
#include "base/params.h"

typedef struct UpDriftParams
{
	double psi, ks, chi_squared, unseen, missing; /* what matters */
	double alpha;
	int64_t min_rows;
} UpDriftParams;

extern const UpParamTable up_drift_params;
/* given: an object, or NULL. */
extern UpDriftParams up_drift_parse(const UpValue *given);

/* How a measurement is spread where nothing has changed. */
typedef enum UpChance
{
	UP_CHANCE_NONE,   /* nothing was measured: value and threshold are NaN */
	UP_CHANCE_CHI2,   /* scale × chi-squared with df degrees of freedom */
	UP_CHANCE_KS,     /* scale × Kolmogorov's distribution */
	UP_CHANCE_NORMAL, /* scale × |normal| */
	UP_CHANCE_SHARE   /* of df rows, each with probability scale */
} UpChance;

typedef struct UpDriftRow
{
	const char *column; /* of the source, with the position in an array; the target, or NULL, of answers */
	const char *kind;
	bool answers; /* of the model, not a column */
	const char *statistic;
	double value;
	double least; /* what matters */
	UpChance chance;
	double scale, df;
	double threshold;
	bool drifted;
	char *detail;
} UpDriftRow;

typedef struct UpDrift
{
	size_t n_rows; /* looked at */
	bool judged;   /* there were enough of them */
	size_t n, capacity;
	UpDriftRow *rows;
	uint32_t n_columns;        /* with the answers … */
	uint32_t n_drifted;        /* … and those of them that have */
	const UpDriftRow *largest; /* PSI, of what has drifted, else of all; or NULL */
} UpDrift;

/*
 * Measures some of these rows (n of them, thinned to what is looked at) against the distribution of the model. b: bound by
 * up_bind_what_fits; why: of each step that is not, the reason.
 */
extern UpDrift *up_drift_measure(const UpBinding *b, char *const *why, size_t *rows, size_t n,
								 const UpDriftParams *params);

/* The statistics, of cells with these counts: of the reference and of now. */
extern double up_drift_psi(const double *reference, const double *now, size_t n_cells);
extern double up_drift_ks(const double *reference, const double *now, size_t n_cells, size_t *where);
/* Cells in which either would be expected to have fewer than 5 are taken together; *df: what is left, less 1. */
extern double up_drift_chi_squared(const double *reference, const double *now, size_t n_cells, double *df);
/* The value that chance exceeds with probability alpha. */
extern double up_drift_critical(UpChance chance, double scale, double df, double alpha);
/* The tail of Kolmogorov's distribution. */
extern double up_kolmogorov_tail(double x);

#endif
