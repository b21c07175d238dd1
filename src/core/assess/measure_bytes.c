/*
 * measure_bytes.c - measurements that travel; see measure.h
 *
 * u16 number of the metric, value params, u8 kind of labels, their pairs if there are any; u64 hits that are kept, f64 each, u64 misses, the
 * same; [with weights: f64 of each hit, of each miss, and of the sum, two f64]; u64 rows that are summed, f64 sum and its rest, shift,
 * mean, squares. All of it may be forged.
 */
#include "assess/measure.h"

#include "learn/class_weights.h"

#define MOST_ROWS (UINT64_C(1) << 53)

void
up_put_measurement(UpWriter *w, const UpMeasurement *m)
{
	up_put_u16(w, m->measure->number);
	up_put_value(w, m->given);
	up_put_u8(w, (uint8_t) (m->pairs != NULL ? m->pairs->kind : UP_LABEL_NONE));
	if (m->pairs != NULL)
		up_put_label_pairs(w, m->pairs, m->weighted);
	up_put_u64(w, m->n_hits);
	up_put_f64_array(w, m->hits, m->n_hits);
	up_put_u64(w, m->n_misses);
	up_put_f64_array(w, m->misses, m->n_misses);
	if (m->weighted)
	{
		up_put_f64_array(w, m->hit_weights, m->n_hits);
		up_put_f64_array(w, m->miss_weights, m->n_misses);
		up_put_f64(w, m->weight.sum);
		up_put_f64(w, m->weight.rest);
	}
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

static double *
get_weights(UpReader *r, size_t n)
{
	double *v;

	up_reserve(n * sizeof(double), "keeping the weights");
	v = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	up_get_f64_array(r, v, n);
	for (size_t i = 0; i < n; i++)
	{
		if (!(v[i] > 0) || !up_is_weight(v[i]))
			up_corrupt(r, "weights");
	}
	return v;
}

UpMeasurement *
up_get_measurement(UpReader *r, bool weighted)
{
	const UpMeasure *measure = up_measure_by_number(up_get_u16(r));
	UpMeasurement *m;
	UpValue *given;
	uint8_t kind;

	if (measure == NULL)
		up_corrupt(r, "metric");
	m = up_measurement_new(measure);
	m->weighted = weighted;
	given = up_get_value(r);
	if (given->type != UP_OBJECT)
		up_corrupt(r, "params");
	if (given->n > 0)
		up_measurement_set_params(m, given);
	kind = up_get_u8(r);
	if (kind > UP_LABEL_TEXT || (kind != UP_LABEL_NONE && measure->family != UP_MEASURE_LABELS))
		up_corrupt(r, "kind of label");
	if (kind != UP_LABEL_NONE)
		m->pairs = up_get_label_pairs(r, (UpLabelKind) kind, weighted);
	m->hits = get_values(r, &m->n_hits);
	m->misses = get_values(r, &m->n_misses);
	m->hits_capacity = UP_MAX(m->n_hits, 1);
	m->misses_capacity = UP_MAX(m->n_misses, 1);
	if (weighted)
	{
		m->hit_weights = get_weights(r, m->n_hits);
		m->miss_weights = get_weights(r, m->n_misses);
		m->weight.sum = up_get_f64(r);
		m->weight.rest = up_get_f64(r);
	}
	m->n = up_get_u64(r);
	if (!weighted)
		m->weight.sum = (double) m->n;
	m->sum.sum = up_get_f64(r);
	m->sum.rest = up_get_f64(r);
	m->shift = up_get_f64(r);
	m->mean = up_get_f64(r);
	m->squares = up_get_f64(r);
	if ((m->n_hits > 0 && measure->family != UP_MEASURE_SCORES && (measure->flags & UP_MEASURE_KEEPS) == 0) ||
		(m->n_misses > 0 && measure->family != UP_MEASURE_SCORES) || m->n > MOST_ROWS ||
		(m->n > 0 && (measure->family < UP_MEASURE_PROBABILITIES || !(m->weight.sum + m->weight.rest > 0))) ||
		m->squares < 0 || m->sum.sum + m->sum.rest < 0 ||
		(m->n == 0 && (m->weight.sum != 0 || m->weight.rest != 0 || m->sum.sum != 0 || m->shift != 0 ||
					   m->mean != 0 || m->squares != 0)))
		up_corrupt(r, "contents");
	return m;
}
