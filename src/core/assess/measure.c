/*
 * measure.c - what aggregated metrics collect of the rows; see measure.h
 *
 * Sums are kept with their rounding errors, variances by updating the mean (Welford 1962; parts by Chan, Golub, LeVeque 1983),
 * so that the order of rows changes no more than the last digits. Cost: O(1) a row.
 */
#include "assess/measure.h"

#include "assess/ranking.h"
#include "num/sort.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TICK_ROWS 65536
#define BINS      10

typedef struct Params
{
	UpValue *positive;
	int average;
	int64_t bins;
	double quantile;
	int64_t features;
} Params;

static const char *const averages[] = {"binary", "macro", "micro", "weighted", NULL};

#define UP_PARAMS_OF Params
static const UpParam positive_params[] = {
	UP_TREE_PARAM("positive", positive, "null", "label", "the label that counts; null: true or 1"),
	UP_CHOICE_PARAM("average", average, "binary", averages, "over the labels instead of the positive one"),
};
static const UpParam bins_params[] = {
	UP_TREE_PARAM("positive", positive, "null", "label", "the label that counts; null: true or 1"),
	UP_INT_PARAM("bins", bins, "10", 1, 1000, "ranges of equal width that probabilities are taken together in"),
};
static const UpParam quantile_params[] = {
	UP_REAL_PARAM("quantile", quantile, "0.5", 0, 1,
				  "the share of rows that should lie below what is predicted"),
};
static const UpParam features_params[] = {
	UP_INT_PARAM("features", features, "null", 0, 1000000, "coefficients of the model but for the intercept",
				 .nullable = true),
};

static UpParamTable
params_of(const UpMeasure *measure)
{
	if ((measure->flags & UP_MEASURE_BINS) != 0)
		return (UpParamTable){bins_params, UP_LENGTH(bins_params)};
	if ((measure->flags & UP_MEASURE_QUANTILE) != 0)
		return (UpParamTable){quantile_params, UP_LENGTH(quantile_params)};
	if ((measure->flags & UP_MEASURE_ADJUSTED) != 0)
		return (UpParamTable){features_params, UP_LENGTH(features_params)};
	return (UpParamTable){positive_params, (measure->flags & UP_MEASURE_AVERAGES) != 0 ? 2 : 1};
}

void
up_measurement_set_params(UpMeasurement *m, const UpValue *given)
{
	UpParamTable table = params_of(m->measure);
	char *owner = up_format("uprofile_%s", m->measure->name);
	Params p = {0};

	up_params_parse(&table, NULL, 0, given, owner, &p);
	if (p.positive != NULL && (p.positive->type == UP_ARRAY || p.positive->type == UP_OBJECT))
		up_fail(UP_INVALID_PARAMETER, "parameter \"positive\" of %s must be a label, not an %s", owner,
				up_value_type_name(p.positive));
	if (p.positive != NULL && p.average != 0)
		up_fail(UP_INVALID_PARAMETER, "%s takes \"positive\" or \"average\", not both", owner);
	m->given = given != NULL ? up_value_copy(given) : up_value_object();
	m->positive = p.positive;
	m->average = p.average;
	if ((m->measure->flags & UP_MEASURE_BINS) != 0)
		m->parameter = (double) p.bins;
	if ((m->measure->flags & UP_MEASURE_QUANTILE) != 0)
		m->parameter = p.quantile;
	if ((m->measure->flags & UP_MEASURE_ADJUSTED) != 0)
	{
		if (p.features == INT64_MIN)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Give {\"features\": …} as params.",
						 "%s needs the number of features", owner);
		m->parameter = (double) p.features;
	}
	up_free(owner);
}

UpMeasurement *
up_measurement_new(const UpMeasure *measure)
{
	UpMeasurement *m = up_alloc0(sizeof(UpMeasurement));

	m->measure = measure;
	m->given = up_value_object();
	m->parameter = (measure->flags & UP_MEASURE_BINS) != 0       ? BINS
				   : (measure->flags & UP_MEASURE_QUANTILE) != 0 ? 0.5
																 : NAN;
	return m;
}

void
up_measurement_set_weighted(UpMeasurement *m)
{
	if (!m->weighted && up_measurement_rows(m) > 0)
		up_fail(UP_INVALID_DATA, "some rows of one aggregate have weights, and some have none");
	m->weighted = true;
}

bool
up_measure_more_is_better(const UpMeasure *measure)
{
	return measure->family == UP_MEASURE_LABELS ||
		   (measure->family == UP_MEASURE_SCORES && (measure->flags & UP_MEASURE_BINS) == 0) ||
		   (measure->flags & UP_MEASURE_VARIANCE) != 0;
}

/* ---- rows ---- */

UpLabelPairs *
up_measurement_pairs(UpMeasurement *m, UpLabelKind kind)
{
	if (m->pairs == NULL)
		m->pairs = up_label_pairs_new(kind);
	if (m->measure->family != UP_MEASURE_LABELS || m->pairs->kind != kind)
		up_fail(UP_WRONG_KIND, "labels of different types in one aggregate");
	return m->pairs;
}

static const char *
positive_text(const UpMeasurement *m)
{
	return m->positive->type == UP_STRING ? m->positive->string : up_value_text(m->positive);
}

/* No positive label was given, and it is not clear. */
UP_NORETURN static void
fail_unclear(const UpMeasurement *m, const char *label)
{
	up_fail_with(
		UP_INVALID_PARAMETER, NULL,
		(m->measure->flags & UP_MEASURE_AVERAGES) != 0
			? "Give {\"positive\": …}, or {\"average\": \"macro\"}, \"micro\" or \"weighted\", as params."
			: "Give {\"positive\": …} as params.",
		"uprofile_%s needs to know which label is the positive one, and there is \"%s\"", m->measure->name,
		label);
}

/* That the positive label that was given fits labels of this kind. */
static void
check_positive(const UpMeasurement *m, UpLabelKind kind)
{
	const UpValue *v = m->positive;
	bool is_boolean =
		v->type == UP_BOOLEAN ||
		(v->type == UP_STRING && (strcmp(v->string, "true") == 0 || strcmp(v->string, "false") == 0));

	if ((kind == UP_LABEL_BOOLEAN && !is_boolean) || (kind == UP_LABEL_NUMBER && v->type != UP_NUMBER))
		up_fail(UP_INVALID_PARAMETER, "parameter \"positive\" of uprofile_%s must be %s, not %s",
				m->measure->name, kind == UP_LABEL_BOOLEAN ? "true or false" : "a number", up_value_text(v));
}

bool
up_measurement_is_hit_boolean(const UpMeasurement *m, bool actual)
{
	const UpValue *v = m->positive;

	if (v == NULL)
		return actual;
	check_positive(m, UP_LABEL_BOOLEAN);
	return (v->type == UP_BOOLEAN ? v->boolean : v->string[0] == 't') == actual;
}

bool
up_measurement_is_hit_number(const UpMeasurement *m, double actual)
{
	const UpValue *v = m->positive;

	if (v == NULL && actual != 0 && actual != 1 && actual != -1)
		fail_unclear(m, up_value_text(up_value_number(actual)));
	if (v == NULL)
		return actual == 1;
	check_positive(m, UP_LABEL_NUMBER);
	return v->number == actual;
}

static bool
same_text(const char *text, size_t len, const char *other)
{
	return strlen(other) == len && memcmp(text, other, len) == 0;
}

bool
up_measurement_is_hit_text(const UpMeasurement *m, const char *actual, size_t len)
{
	if (m->positive != NULL)
		return same_text(actual, len, positive_text(m));
	if (same_text(actual, len, "true") || same_text(actual, len, "1"))
		return true;
	if (!same_text(actual, len, "false") && !same_text(actual, len, "0"))
		fail_unclear(m, up_format("%.*s", (int) UP_MIN(len, 200), actual));
	return false;
}

static double *
grown(double *values, size_t capacity)
{
	return values == NULL ? up_alloc_array(capacity, sizeof(double))
						  : up_realloc(values, capacity * sizeof(double));
}

static void
keep(UpMeasurement *m, bool hit, double v, double weight)
{
	double **values = hit ? &m->hits : &m->misses, **weights = hit ? &m->hit_weights : &m->miss_weights;
	size_t *n = hit ? &m->n_hits : &m->n_misses, *capacity = hit ? &m->hits_capacity : &m->misses_capacity;

	if (*n == *capacity)
	{
		size_t wanted = *capacity == 0 ? 64 : *capacity * 2;

		up_reserve(wanted * sizeof(double) * (m->weighted ? 2 : 1), "keeping the scores");
		*values = grown(*values, wanted);
		if (m->weighted)
			*weights = grown(*weights, wanted);
		*capacity = wanted;
	}
	if (m->weighted)
		(*weights)[*n] = weight;
	(*values)[(*n)++] = v;
}

static void
add_to(UpSum *s, double v)
{
	double sum = s->sum + v;

	s->rest += fabs(s->sum) >= fabs(v) ? (s->sum - sum) + v : (v - sum) + s->sum;
	s->sum = sum;
}

void
up_measurement_add_score(UpMeasurement *m, bool hit, double score, double weight)
{
	bool kept = m->measure->family == UP_MEASURE_SCORES;

	if ((!kept || (m->measure->flags & UP_MEASURE_BINS) != 0) && !(score >= 0 && score <= 1))
		up_fail_with(UP_INVALID_DATA, NULL, "uprofile_auc and uprofile_average_precision take any scores.",
					 "%s is no probability", up_value_text(up_value_number(score)));
	if (kept)
	{
		keep(m, hit, score, weight);
		return;
	}
	add_to(&m->sum, weight * m->measure->term(hit, score, m->parameter));
	add_to(&m->weight, weight);
	m->n++;
}

static double
total_weight(const UpMeasurement *m)
{
	return m->weight.sum + m->weight.rest;
}

static void
add_value(UpMeasurement *m, double term, double actual, double weight)
{
	if ((m->measure->flags & UP_MEASURE_KEEPS) != 0)
		keep(m, true, term, weight);
	else
	{
		m->n++;
		add_to(&m->weight, weight);
		add_to(&m->sum, weight * term);
	}
	if ((m->measure->flags & UP_MEASURE_VARIANCE) != 0)
	{
		double off;

		m->shift = m->n == 1 ? actual : m->shift;
		actual -= m->shift;
		off = actual - m->mean;
		m->mean += off * weight / total_weight(m);
		m->squares += weight * off * (actual - m->mean);
	}
}

void
up_measurement_add_value(UpMeasurement *m, double actual, double predicted, double weight)
{
	double term = m->measure->term(actual, predicted, m->parameter);

	add_value(m, term, actual, weight);
	if (!isfinite(term) || !isfinite(m->sum.sum) || !isfinite(m->squares))
		up_fail_with(UP_INVALID_DATA, NULL, "Divide both values by a power of ten first.",
					 "the values %s and %s are too large for uprofile_%s",
					 up_value_text(up_value_number(actual)), up_value_text(up_value_number(predicted)),
					 m->measure->name);
}

double
up_measure_values(const UpMeasure *measure, size_t n, const double *actual, const double *predicted,
				  const double *weights, double parameter)
{
	UpMeasurement *m = up_measurement_new(measure);
	double figure;

	m->weighted = weights != NULL;
	if ((measure->flags & (UP_MEASURE_QUANTILE | UP_MEASURE_ADJUSTED)) != 0)
		m->parameter = parameter;
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		add_value(m, measure->term(actual[i], predicted[i], m->parameter), actual[i],
				  weights != NULL ? weights[i] : 1);
	}
	figure = up_measurement_figure(m);
	up_free(m->hits);
	up_free(m->hit_weights);
	up_free(m);
	return figure;
}

uint64_t
up_measurement_rows(const UpMeasurement *m)
{
	if (m->pairs != NULL)
		return m->weighted ? m->pairs->n_pairs : (uint64_t) m->pairs->n;
	return m->n + m->n_hits + m->n_misses;
}

static void
keep_all(UpMeasurement *m, const UpMeasurement *other, bool hit)
{
	const double *values = hit ? other->hits : other->misses;
	const double *weights = hit ? other->hit_weights : other->miss_weights;

	for (size_t i = 0; i < (hit ? other->n_hits : other->n_misses); i++)
		keep(m, hit, values[i], other->weighted ? weights[i] : 1);
}

void
up_measurement_merge(UpMeasurement *m, const UpMeasurement *other)
{
	double before = total_weight(m), more = total_weight(other), all = before + more, off;

	if (m->weighted != other->weighted)
		up_fail(UP_INVALID_DATA, "some rows of one aggregate have weights, and some have none");
	if (m->measure != other->measure || !up_value_equal(m->given, other->given))
		up_fail(UP_INVALID_PARAMETER, "params or metrics differ between parts of one aggregate");
	if (other->pairs != NULL)
		up_label_pairs_merge(up_measurement_pairs(m, other->pairs->kind), other->pairs);
	keep_all(m, other, true);
	keep_all(m, other, false);
	if (other->n == 0)
		return;
	add_to(&m->sum, other->sum.sum);
	add_to(&m->sum, other->sum.rest);
	add_to(&m->weight, other->weight.sum);
	add_to(&m->weight, other->weight.rest);
	m->shift = m->n == 0 ? other->shift : m->shift;
	off = (other->shift - m->shift) + (other->mean - m->mean);
	m->mean += off * (more / all);
	m->squares += other->squares + off * off * (before * (more / all));
	m->n += other->n;
}

double
up_measurement_figure(const UpMeasurement *m)
{
	return up_measurement_rows(m) > 0 ? m->measure->figure(m) : NAN;
}

/* ---- the table of metrics that are aggregates, and their figures ---- */

/*
 * Figures read what was collected and change nothing, so that a window can ask after every row. Cost: O(labels), or O(n) where
 * scores are sorted.
 */

#define MOST_MATRIX   1000                /* labels of a confusion matrix that is written out */
#define MOST_WRITTEN  (128 * 1024 * 1024) /* bytes of its labels there; a jsonb holds twice as many */
#define LEAST_PERCENT 2.220446049250313e-16

/* A label that stands for no by itself. */
static bool
is_no(const UpLabelPairs *p, const char *label)
{
	if (p->kind == UP_LABEL_TEXT)
		return strcmp(label, "false") == 0 || strcmp(label, "0") == 0;
	return strcmp(label, "0") == 0 || strcmp(label, "-1") == 0;
}

static bool
is_yes(const UpLabelPairs *p, const char *label)
{
	return strcmp(label, "1") == 0 || (p->kind != UP_LABEL_NUMBER && strcmp(label, "true") == 0);
}

/*
 * The rank of the positive label, or -1 where no row has it. Without being told: true or 1, where there is at most one other
 * label.
 */
static int64_t
positive_rank(const UpMeasurement *m, const uint32_t *rank)
{
	const UpLabelPairs *p = m->pairs;
	uint32_t n = up_label_pairs_n_labels(p);
	int64_t found = -1;
	uint32_t others = 0;

	if (m->positive != NULL)
		check_positive(m, p->kind);
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);
		bool positive = m->positive != NULL ? strcmp(label, positive_text(m)) == 0 : is_yes(p, label);

		if (positive)
			found = rank[i];
		others += !positive;
	}
	if (m->positive != NULL)
		return found;
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);

		if (others > 1 ? !is_yes(p, label) && !is_no(p, label) : found < 0 && !is_no(p, label))
			fail_unclear(m, label);
	}
	if (others > 1)
		fail_unclear(m, up_label_pairs_label(p, 0));
	return found;
}

void
up_measurement_check_labels(const UpMeasurement *m)
{
	uint32_t n = up_label_pairs_n_labels(m->pairs), others = 0;

	if ((m->measure->flags & UP_MEASURE_AVERAGES) == 0 || m->average > 0)
		return;
	if (m->positive != NULL)
		check_positive(m, m->pairs->kind);
	for (uint32_t i = 0; m->positive == NULL && i < n; i++)
		others += !is_yes(m->pairs, up_label_pairs_label(m->pairs, i));
	/* Of one beside true or 1 it becomes clear with the rows that are still to come. */
	if (others > 1)
		(void) positive_rank(m, up_label_pairs_ranks(m->pairs));
}

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
		int64_t positive = positive_rank(m, rank);

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
total(const UpMeasurement *m)
{
	return m->sum.sum + m->sum.rest;
}

static double
figure_mean(const UpMeasurement *m)
{
	return total(m) / total_weight(m);
}

static double
figure_root_mean(const UpMeasurement *m)
{
	return sqrt(total(m) / total_weight(m));
}

static double
figure_r2(const UpMeasurement *m)
{
	return m->squares > 0 ? 1 - total(m) / m->squares : NAN;
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

/* Bytes of a label in JSON. */
static size_t
written_size(const char *label)
{
	size_t size = 0;

	for (const char *c = label; *c != '\0'; c++)
		size += (unsigned char) *c < 0x20 ? 6 : *c == '"' || *c == '\\' ? 2 : 1;
	return size;
}

/* Every label is written once a row and once for its own: refused before that is more than a value can be. */
static void
check_written_size(const char *const *label, uint32_t n)
{
	size_t labels = 0, most = MOST_WRITTEN / ((size_t) n + 1);

	for (uint32_t i = 0; i < n; i++)
	{
		labels += written_size(label[i]);
		if (labels > most)
			up_fail_with(
				UP_LIMIT,
				up_format("Each of the %u labels is written %u times; their texts may be %zu bytes in all.", n,
						  n + 1, most),
				"Compare shorter labels, such as numbers or md5(label).",
				"a confusion matrix of labels this long is not written out");
	}
}

UpValue *
up_measurement_confusion(const UpMeasurement *m)
{
	UpValue *all = up_value_object(), **rows;
	uint32_t n = up_label_pairs_n_labels(m->pairs), *rank;
	const char **label;

	if (n > MOST_MATRIX)
		up_fail(UP_LIMIT, "a confusion matrix of %u labels is not written out, the most are %d", n,
				MOST_MATRIX);
	rank = up_label_pairs_ranks(m->pairs);
	label = up_alloc_array(UP_MAX(n, 1), sizeof(char *));
	rows = up_alloc_array(UP_MAX((size_t) n * n, 1), sizeof(UpValue *));
	for (uint32_t i = 0; i < n; i++)
		label[rank[i]] = up_label_pairs_label(m->pairs, i);
	check_written_size(label, n);
	for (uint32_t i = 0; i < n; i++)
	{
		UpValue *row = up_value_object();

		up_tick();
		for (uint32_t j = 0; j < n; j++)
		{
			rows[(size_t) i * n + j] = up_value_number(0);
			up_value_add(row, label[j], rows[(size_t) i * n + j]);
		}
		up_value_add(all, label[i], row);
	}
	for (uint32_t i = 0; i < m->pairs->n_pairs; i++)
	{
		const UpLabelPair *pair = &m->pairs->pairs[i];

		rows[(size_t) rank[pair->actual] * n + rank[pair->predicted]]->number = pair->rows;
	}
	return all;
}
