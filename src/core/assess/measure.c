/*
 * measure.c - what aggregated metrics collect of the rows; see measure.h
 *
 * Sums are kept with their rounding errors, variances by updating the mean (Welford 1962; parts by Chan, Golub, LeVeque 1983),
 * so that the order of rows changes no more than the last digits. Cost: O(1) a row.
 */
#include "assess/measure.h"

#include <math.h>

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
		m->mean += off * weight / up_sum_of(&m->weight);
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
	double before = up_sum_of(&m->weight), more = up_sum_of(&other->weight), all = before + more, off;

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
