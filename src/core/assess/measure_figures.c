/*
 * measure_figures.c - the table of metrics that are aggregates: what each sums up of a row, and its figure; see measure.h
 *
 * Figures read what was collected and change nothing, so that a window can ask after every row. Cost: O(labels), or O(n) where
 * scores are sorted.
 */
#include "assess/measure.h"

#include "assess/ranking.h"
#include "num/sort.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LEAST_PERCENT 2.220446049250313e-16

static UpClassScores
class_scores(const UpMeasurement *m)
{
	UpClassScores scores = {0};
	uint32_t *rank = up_label_pairs_ranks(m->pairs);
	UpMarginals *marginals = up_label_pairs_marginals(m->pairs, rank);

	if (m->average > 0)
		scores = up_marginals_average(marginals, (UpAverage) (m->average - 1));
	else
	{
		int64_t positive = up_measurement_positive_rank(m, rank);

		if (positive >= 0)
			scores = up_marginals_class(marginals, (uint32_t) positive);
		else
			scores.specificity = 1;
	}
	up_free(rank);
	return scores;
}

static double
figure_precision(const UpMeasurement *m)
{
	return class_scores(m).precision;
}

static double
figure_recall(const UpMeasurement *m)
{
	return class_scores(m).recall;
}

static double
figure_specificity(const UpMeasurement *m)
{
	return class_scores(m).specificity;
}

static double
figure_f1(const UpMeasurement *m)
{
	return class_scores(m).f1;
}

static UpMarginals *
marginals_of(const UpMeasurement *m)
{
	return up_label_pairs_marginals(m->pairs, up_label_pairs_ranks(m->pairs));
}

static double
figure_accuracy(const UpMeasurement *m)
{
	return up_marginals_accuracy(marginals_of(m));
}

static double
figure_balanced_accuracy(const UpMeasurement *m)
{
	return up_marginals_balanced_accuracy(marginals_of(m));
}

static double
figure_mcc(const UpMeasurement *m)
{
	return up_marginals_mcc(marginals_of(m));
}

static double
figure_kappa(const UpMeasurement *m)
{
	return up_marginals_kappa(marginals_of(m));
}

static double
figure_auc(const UpMeasurement *m)
{
	if (m->weighted)
		return up_auc_weighted(m->hits, m->hit_weights, m->n_hits, m->misses, m->miss_weights, m->n_misses);
	return up_auc(m->hits, m->n_hits, m->misses, m->n_misses);
}

static double
figure_average_precision(const UpMeasurement *m)
{
	if (m->weighted)
		return up_average_precision_weighted(m->hits, m->hit_weights, m->n_hits, m->misses, m->miss_weights,
											 m->n_misses);
	return up_average_precision(m->hits, m->n_hits, m->misses, m->n_misses);
}

static double
figure_mean(const UpMeasurement *m)
{
	return up_sum_of(&m->sum) / up_sum_of(&m->weight);
}

static double
figure_root_mean(const UpMeasurement *m)
{
	return sqrt(up_sum_of(&m->sum) / up_sum_of(&m->weight));
}

static double
figure_r2(const UpMeasurement *m)
{
	return m->squares > 0 ? 1 - up_sum_of(&m->sum) / m->squares : NAN;
}

static double
figure_adjusted_r2(const UpMeasurement *m)
{
	double rest = (double) m->n - m->parameter - 1;

	return rest > 0 ? 1 - (1 - figure_r2(m)) * (((double) m->n - 1) / rest) : NAN;
}

/*
 * In bins (k / n, (k + 1) / n], the first with 0: the mean of |share of hits - mean score|, weighted by rows. What a bin is off by less than
 * sums of so many terms may be rounded by is nothing: the best constant is off by exactly 0.
 */
static double
figure_calibration_error(const UpMeasurement *m)
{
	uint32_t n = (uint32_t) m->parameter;
	double *off = up_alloc0(n * sizeof(double)), *size = up_alloc0(n * sizeof(double)), all = 0, sum = 0;
	double rounding = (double) (m->n_hits + m->n_misses) * DBL_EPSILON;

	for (int hit = 0; hit < 2; hit++)
	{
		const double *scores = hit ? m->hits : m->misses, *weights = hit ? m->hit_weights : m->miss_weights;

		for (size_t i = 0; i < (hit ? m->n_hits : m->n_misses); i++)
		{
			double weight = m->weighted ? weights[i] : 1;
			uint32_t bin = (uint32_t) UP_MIN(UP_MAX(ceil(scores[i] * n) - 1, 0), n - 1);

			/* A score on a border is below it, as the border itself is rounded. */
			while (bin > 0 && scores[i] <= (double) bin / n)
				bin--;
			while (bin + 1 < n && scores[i] > (double) (bin + 1) / n)
				bin++;
			off[bin] += weight * (hit - scores[i]);
			size[bin] += weight * fabs(hit - scores[i]);
			all += weight;
		}
	}
	for (uint32_t k = 0; k < n; k++)
		sum += fabs(off[k]) > rounding * size[k] ? fabs(off[k]) : 0;
	up_free(off);
	up_free(size);
	return sum / all;
}

/* The least error at or below which lies half of the weight, as scikit-learn has it. */
static double
weighted_median(const UpMeasurement *m)
{
	size_t n = m->n_hits, at = 0;
	uint32_t *order;
	double all = 0, sum = 0, median;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "%zu weighted rows are too many", n);
	up_reserve(n * (sizeof(uint32_t) + 32), "sorting the errors");
	order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	up_order_doubles(m->hits, n, order);
	for (size_t i = 0; i < n; i++)
		all += m->hit_weights[order[i]];
	for (at = 0; at + 1 < n; at++)
	{
		sum += m->hit_weights[order[at]];
		if (sum >= all / 2)
			break;
	}
	median = m->hits[order[at]];
	up_free(order);
	return median;
}

static double
figure_median(const UpMeasurement *m)
{
	size_t n = m->n_hits;
	double *sorted, *buffer, median;

	if (m->weighted)
		return weighted_median(m);
	up_reserve(2 * n * sizeof(double), "sorting the errors");
	sorted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	buffer = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	memcpy(sorted, m->hits, n * sizeof(double));
	up_sort_doubles(sorted, n, buffer);
	median = sorted[(n - 1) / 2] / 2 + sorted[n / 2] / 2;
	up_free(sorted);
	up_free(buffer);
	return median;
}

static double
term_log_loss(double actual, double predicted, double parameter)
{
	(void) parameter;
	return up_log_loss_term(actual != 0 ? predicted : 1 - predicted);
}

static double
term_square(double actual, double predicted, double parameter)
{
	(void) parameter;
	return (actual - predicted) * (actual - predicted);
}

static double
term_absolute(double actual, double predicted, double parameter)
{
	(void) parameter;
	return fabs(actual - predicted);
}

static double
term_percent(double actual, double predicted, double parameter)
{
	(void) parameter;
	return fabs(actual - predicted) / UP_MAX(fabs(actual), LEAST_PERCENT);
}

/* What lies above a prediction costs its distance times the quantile, what lies below, times the rest to 1. */
static double
term_pinball(double actual, double predicted, double parameter)
{
	return actual >= predicted ? parameter * (actual - predicted) : (1 - parameter) * (predicted - actual);
}

#define UP_MEASURE_PLAIN       0
#define UP_MEASURE_ASKED       0
#define UP_MEASURE_ADJUSTED_R2 (UP_MEASURE_VARIANCE | UP_MEASURE_ADJUSTED)
#define term_none              NULL
#define figure_none            NULL
#define UP_MEASURE(name, number, family, figure, term, flags, told, comment)                                   \
	{#name, number, UP_MEASURE_##family, figure_##figure, term_##term, UP_MEASURE_##flags | UP_MEASURE_##told},

const UpMeasure up_measures[] = {
#include "assess/metrics.list"
};
const int up_n_measures = UP_LENGTH(up_measures);

const UpMeasure *
up_measure_by_name(const char *name)
{
	for (int i = 0; i < up_n_measures; i++)
	{
		if (strcmp(up_measures[i].name, name) == 0)
			return &up_measures[i];
	}
	return NULL;
}

const UpMeasure *
up_measure_by_number(uint16_t number)
{
	for (int i = 0; i < up_n_measures; i++)
	{
		if (up_measures[i].number == number)
			return &up_measures[i];
	}
	return NULL;
}
