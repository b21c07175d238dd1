/*
 * measure.c - what aggregated metrics collect of the rows; see measure.h
 *
 * Sums are kept with their rounding errors, variances by updating the mean (Welford 1962; parts by Chan, Golub, LeVeque 1983),
 * so that the order of rows changes no more than the last digits. Cost: O(1) a row.
 */
#include "assess/measure.h"

#include <math.h>
#include <string.h>

#define MOST_ROWS (UINT64_C(1) << 53)
#define TICK_ROWS 65536

typedef struct Params
{
	UpValue *positive;
	int average;
} Params;

static const char *const averages[] = {"binary", "macro", "micro", "weighted", NULL};

#define UP_PARAMS_OF Params
static const UpParam positive_params[] = {
	UP_TREE_PARAM("positive", positive, "null", "label", "the label that counts; null: true or 1"),
	UP_CHOICE_PARAM("average", average, "binary", averages, "over the labels instead of the positive one"),
};

void
up_measurement_set_params(UpMeasurement *m, const UpValue *given)
{
	UpParamTable table = {positive_params, (m->measure->flags & UP_MEASURE_AVERAGES) != 0 ? 2 : 1};
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
	up_free(owner);
}

UpMeasurement *
up_measurement_new(const UpMeasure *measure)
{
	UpMeasurement *m = up_alloc0(sizeof(UpMeasurement));

	m->measure = measure;
	m->given = up_value_object();
	return m;
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

void
up_measurement_check_positive(const UpMeasurement *m, UpLabelKind kind)
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
	up_measurement_check_positive(m, UP_LABEL_BOOLEAN);
	return (v->type == UP_BOOLEAN ? v->boolean : v->string[0] == 't') == actual;
}

bool
up_measurement_is_hit_number(const UpMeasurement *m, double actual)
{
	const UpValue *v = m->positive;

	if (v == NULL && actual != 0 && actual != 1 && actual != -1)
		up_measurement_fail_unclear(m, up_value_text(up_value_number(actual)));
	if (v == NULL)
		return actual == 1;
	up_measurement_check_positive(m, UP_LABEL_NUMBER);
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
		return same_text(actual, len, up_measurement_positive_text(m));
	if (same_text(actual, len, "true") || same_text(actual, len, "1"))
		return true;
	if (!same_text(actual, len, "false") && !same_text(actual, len, "0"))
		up_measurement_fail_unclear(m, up_format("%.*s", (int) UP_MIN(len, 200), actual));
	return false;
}

static void
keep(double **values, size_t *n, size_t *capacity, double v)
{
	if (*n == *capacity)
	{
		size_t wanted = *capacity == 0 ? 64 : *capacity * 2;

		up_reserve(wanted * sizeof(double), "keeping the scores");
		*values = *values == NULL ? up_alloc_array(wanted, sizeof(double))
								  : up_realloc(*values, wanted * sizeof(double));
		*capacity = wanted;
	}
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
up_measurement_add_score(UpMeasurement *m, bool hit, double score)
{
	if (m->measure->family == UP_MEASURE_SCORES)
	{
		if (hit)
			keep(&m->hits, &m->n_hits, &m->hits_capacity, score);
		else
			keep(&m->misses, &m->n_misses, &m->misses_capacity, score);
		return;
	}
	if (!(score >= 0 && score <= 1))
		up_fail_with(UP_INVALID_DATA, NULL, "uprofile_auc and uprofile_average_precision take any scores.",
					 "%s is no probability", up_value_text(up_value_number(score)));
	add_to(&m->sum, m->measure->term(hit, score));
	m->n++;
}

static void
add_value(UpMeasurement *m, double term, double actual)
{

	if ((m->measure->flags & UP_MEASURE_KEEPS) != 0)
		keep(&m->hits, &m->n_hits, &m->hits_capacity, term);
	else
	{
		m->n++;
		add_to(&m->sum, term);
	}
	if ((m->measure->flags & UP_MEASURE_VARIANCE) != 0)
	{
		double off;

		m->shift = m->n == 1 ? actual : m->shift;
		actual -= m->shift;
		off = actual - m->mean;
		m->mean += off / (double) m->n;
		m->squares += off * (actual - m->mean);
	}
}

void
up_measurement_add_value(UpMeasurement *m, double actual, double predicted)
{
	double term = m->measure->term(actual, predicted);

	add_value(m, term, actual);
	if (!isfinite(term) || !isfinite(m->sum.sum) || !isfinite(m->squares))
		up_fail_with(UP_INVALID_DATA, NULL, "Divide both values by a power of ten first.",
					 "the values %s and %s are too large for uprofile_%s",
					 up_value_text(up_value_number(actual)), up_value_text(up_value_number(predicted)),
					 m->measure->name);
}

double
up_measure_values(const UpMeasure *measure, size_t n, const double *actual, const double *predicted)
{
	UpMeasurement *m = up_measurement_new(measure);
	double figure;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		add_value(m, measure->term(actual[i], predicted[i]), actual[i]);
	}
	figure = up_measurement_figure(m);
	up_free(m->hits);
	up_free(m);
	return figure;
}

uint64_t
up_measurement_rows(const UpMeasurement *m)
{
	return m->pairs != NULL ? m->pairs->n : m->n + m->n_hits + m->n_misses;
}

static void
keep_all(double **values, size_t *n, size_t *capacity, const double *more, size_t n_more)
{
	for (size_t i = 0; i < n_more; i++)
		keep(values, n, capacity, more[i]);
}

void
up_measurement_merge(UpMeasurement *m, const UpMeasurement *other)
{
	double n = (double) m->n + (double) other->n, off;

	if (m->measure != other->measure || !up_value_equal(m->given, other->given))
		up_fail(UP_INVALID_PARAMETER, "params or metrics differ between parts of one aggregate");
	if (other->pairs != NULL)
		up_label_pairs_merge(up_measurement_pairs(m, other->pairs->kind), other->pairs);
	keep_all(&m->hits, &m->n_hits, &m->hits_capacity, other->hits, other->n_hits);
	keep_all(&m->misses, &m->n_misses, &m->misses_capacity, other->misses, other->n_misses);
	if (other->n == 0)
		return;
	add_to(&m->sum, other->sum.sum);
	add_to(&m->sum, other->sum.rest);
	m->shift = m->n == 0 ? other->shift : m->shift;
	off = (other->shift - m->shift) + (other->mean - m->mean);
	m->mean += off * ((double) other->n / n);
	m->squares += other->squares + off * off * ((double) m->n * ((double) other->n / n));
	m->n += other->n;
}

double
up_measurement_figure(const UpMeasurement *m)
{
	return up_measurement_rows(m) > 0 ? m->measure->figure(m) : NAN;
}

/* ---- bytes ---- */

void
up_put_measurement(UpWriter *w, const UpMeasurement *m)
{
	up_put_u16(w, m->measure->number);
	up_put_value(w, m->given);
	up_put_u8(w, (uint8_t) (m->pairs != NULL ? m->pairs->kind : UP_LABEL_NONE));
	if (m->pairs != NULL)
		up_put_label_pairs(w, m->pairs);
	up_put_u64(w, m->n_hits);
	up_put_f64_array(w, m->hits, m->n_hits);
	up_put_u64(w, m->n_misses);
	up_put_f64_array(w, m->misses, m->n_misses);
	up_put_u64(w, m->n);
	up_put_f64(w, m->sum.sum);
	up_put_f64(w, m->sum.rest);
	up_put_f64(w, m->shift);
	up_put_f64(w, m->mean);
	up_put_f64(w, m->squares);
}

static double *
get_values(UpReader *r, size_t *n)
{
	double *v;

	*n = up_get_count64(r, sizeof(double), "scores");
	up_reserve(*n * sizeof(double), "keeping the scores");
	v = up_alloc_array(UP_MAX(*n, 1), sizeof(double));
	up_get_f64_array(r, v, *n);
	return v;
}

UpMeasurement *
up_get_measurement(UpReader *r)
{
	const UpMeasure *measure = up_measure_by_number(up_get_u16(r));
	UpMeasurement *m;
	UpValue *given;
	uint8_t kind;

	if (measure == NULL)
		up_corrupt(r, "metric");
	m = up_measurement_new(measure);
	given = up_get_value(r);
	if (given->type != UP_OBJECT)
		up_corrupt(r, "params");
	up_measurement_set_params(m, given);
	kind = up_get_u8(r);
	if (kind > UP_LABEL_TEXT || (kind != UP_LABEL_NONE && measure->family != UP_MEASURE_LABELS))
		up_corrupt(r, "kind of label");
	if (kind != UP_LABEL_NONE)
		m->pairs = up_get_label_pairs(r, (UpLabelKind) kind);
	m->hits = get_values(r, &m->n_hits);
	m->misses = get_values(r, &m->n_misses);
	m->hits_capacity = UP_MAX(m->n_hits, 1);
	m->misses_capacity = UP_MAX(m->n_misses, 1);
	m->n = up_get_u64(r);
	m->sum.sum = up_get_f64(r);
	m->sum.rest = up_get_f64(r);
	m->shift = up_get_f64(r);
	m->mean = up_get_f64(r);
	m->squares = up_get_f64(r);
	if ((m->n_hits > 0 && measure->family != UP_MEASURE_SCORES && (measure->flags & UP_MEASURE_KEEPS) == 0) ||
		(m->n_misses > 0 && measure->family != UP_MEASURE_SCORES) || m->n > MOST_ROWS ||
		(m->n > 0 && measure->family < UP_MEASURE_PROBABILITIES) || m->squares < 0 ||
		m->sum.sum + m->sum.rest < 0 ||
		(m->n == 0 && (m->sum.sum != 0 || m->shift != 0 || m->mean != 0 || m->squares != 0)))
		up_corrupt(r, "contents");
	return m;
}
