/*
 * measure.h - the metrics that are aggregates: what each collects of the rows, and its figure
 *
 * Four families: labels (pairs of actual and predicted ones), scores (of hits and misses, kept), probabilities and values (sums;
 * for a median the errors). Measurements merge, and travel.
 */
#ifndef UPROFILE_MEASURE_H
#define UPROFILE_MEASURE_H

#include "assess/label_pairs.h"
#include "base/params.h"

typedef enum UpMeasureFamily
{
	UP_MEASURE_LABELS,
	UP_MEASURE_SCORES,
	UP_MEASURE_PROBABILITIES,
	UP_MEASURE_VALUES,
	UP_MEASURE_CLUSTERS /* no aggregate: of the rows of a frame, see evaluate.c */
} UpMeasureFamily;

enum
{
	UP_MEASURE_AVERAGES = 1 << 0, /* labels: takes positive and average */
	UP_MEASURE_KEEPS = 1 << 1,    /* values: keeps the terms themselves */
	UP_MEASURE_VARIANCE = 1 << 2, /* values: needs that of the actual ones */
	UP_MEASURE_REPORTED = 1 << 3, /* stands in what training says of a model */
	UP_MEASURE_MATRIX = 1 << 4,   /* labels: no figure */
	UP_MEASURE_CLASSES = 1 << 5,  /* probabilities: of several classes the sum over them */
	UP_MEASURE_BINS = 1 << 6,     /* scores: are probabilities, and taken together in bins; less is better */
	UP_MEASURE_QUANTILE = 1 << 7, /* values: about a quantile */
	UP_MEASURE_ADJUSTED = 1 << 8  /* values: needs the number of features */
};

typedef struct UpMeasurement UpMeasurement;

typedef struct UpMeasure
{
	const char *name;
	uint16_t number; /* in the bytes of states */
	UpMeasureFamily family;
	double (*figure)(const UpMeasurement *m); /* NaN: it has no meaning here */
	/* Probabilities (actual: 0 or 1) and values: what is summed. parameter: that of the measurement. */
	double (*term)(double actual, double predicted, double parameter);
	unsigned flags; /* UP_MEASURE_… */
} UpMeasure;

/* A sum whose rounding errors are summed as well (Neumaier 1974). */
typedef struct UpSum
{
	double sum;
	double rest;
} UpSum;

static inline double
up_sum_of(const UpSum *s)
{
	return s->sum + s->rest;
}

struct UpMeasurement
{
	const UpMeasure *measure;
	UpValue *given;    /* params, an object */
	UpValue *positive; /* NULL: true or 1 */
	int average;       /* 0: of the positive class, else 1 + UpAverage */
	UpLabelPairs *pairs;
	size_t n_hits, n_misses; /* scores; kept terms are hits */
	size_t hits_capacity, misses_capacity;
	double *hits, *misses;
	bool weighted;
	double *hit_weights, *miss_weights; /* of those that are kept, if weighted */
	double parameter;                   /* bins, quantile or features */
	uint64_t n;                         /* rows that are summed */
	UpSum weight;                       /* of them; n if they have none */
	UpSum sum;
	/* Of the actual values, if needed: the first one; mean minus that, and sum of squared deviations. */
	double shift, mean, squares;
};

extern const UpMeasure up_measures[];
extern const int up_n_measures;
extern const UpMeasure *up_measure_by_name(const char *name);  /* NULL if unknown */
extern const UpMeasure *up_measure_by_number(uint16_t number); /* NULL if unknown */
extern UpMeasurement *up_measurement_new(const UpMeasure *measure);
/* That rows have weights; before the first one. */
extern void up_measurement_set_weighted(UpMeasurement *m);
/* Whether a larger figure is a better one. */
extern bool up_measure_more_is_better(const UpMeasure *measure);
/* Checks given, an object or NULL. */
extern void up_measurement_set_params(UpMeasurement *m, const UpValue *given);

/* Labels: where the pairs of this kind are collected. */
extern UpLabelPairs *up_measurement_pairs(UpMeasurement *m, UpLabelKind kind);
/* Labels: fails where whatever comes cannot make clear which is the positive one; after a label that was new. */
extern void up_measurement_check_labels(const UpMeasurement *m);
/* Labels: the rank of the positive one, or -1 where no row has it; fails where it is not clear. */
extern int64_t up_measurement_positive_rank(const UpMeasurement *m, const uint32_t *rank);
/* Scores and probabilities: whether a label is the positive one; fails where that is not clear. */
extern bool up_measurement_is_hit_boolean(const UpMeasurement *m, bool actual);
extern bool up_measurement_is_hit_number(const UpMeasurement *m, double actual);
extern bool up_measurement_is_hit_text(const UpMeasurement *m, const char *actual, size_t len);
/* weight: above 0, and 1 where rows have none. */
extern void up_measurement_add_score(UpMeasurement *m, bool hit, double score, double weight);
extern void up_measurement_add_value(UpMeasurement *m, double actual, double predicted, double weight);
/*
 * The same of many, without refusing what is too large: the figure is NaN then. weights: or NULL. parameter: quantile or number of
 * features, where the measure needs it.
 */
extern double up_measure_values(const UpMeasure *measure, size_t n, const double *actual,
								const double *predicted, const double *weights, double parameter);

extern void up_measurement_merge(UpMeasurement *m, const UpMeasurement *other);
/* Of labels with weights: of pairs of labels. */
extern uint64_t up_measurement_rows(const UpMeasurement *m);
/* The figure; NaN: there is none. Nothing is changed. */
extern double up_measurement_figure(const UpMeasurement *m);
/* Labels: actual label → predicted label → rows. */
extern UpValue *up_measurement_confusion(const UpMeasurement *m);

/* The bytes do not say whether there are weights: who holds them does. */
extern void up_put_measurement(UpWriter *w, const UpMeasurement *m);
extern UpMeasurement *up_get_measurement(UpReader *r, bool weighted);

#endif
