/*
 * bayes_parts.c - sums of naive Bayes that add, subtract and travel; see bayes_sums.h
 *
 * Counts add and subtract as they are. Of a number, with the mean and M2 of bayes_sums.c, the whole w without its part b is
 *   n = n_w - n_b,  mean = mean_w - delta n_b / n,  M2 = M2_w - M2_b - delta^2 n_b n_w / n,  delta = mean_b - mean_w
 * (Chan, Golub, LeVeque 1983, solved for the other part). Cost: O(statistics).
 */
#include "learn/bayes/bayes_sums.h"

#include <math.h>
#include <string.h>

#define MOST_ROWS 9007199254740992.0 /* 2^53 */

/* What differs by less than this share of the whole is rounding. */
#define ROUNDING 1e-7

/* Empty sums for the features of both, with room for the values of either. */
static UpBayesSums *
new_of_both(const UpBayesSums *a, const UpBayesSums *b)
{
	uint8_t *kind;
	uint32_t *n_values;

	if (a->n_features != b->n_features || a->n_classes != b->n_classes || a->threshold != b->threshold)
		up_fail(UP_WRONG_KIND, "models of naive Bayes with different features or classes");
	kind = up_alloc_array(UP_MAX(a->n_features, 1), 1);
	n_values = up_alloc_array(UP_MAX(a->n_features, 1), sizeof(uint32_t));
	for (uint32_t j = 0; j < a->n_features; j++)
	{
		kind[j] = a->kind[j] != UP_BAYES_NOTHING ? a->kind[j] : b->kind[j];
		if (kind[j] != b->kind[j] && b->kind[j] != UP_BAYES_NOTHING)
			up_fail(UP_WRONG_KIND, "models of naive Bayes with different distributions of feature %u", j + 1);
		n_values[j] = UP_MAX(a->n_values[j], b->n_values[j]);
	}
	return up_bayes_sums_new(a->n_features, a->n_classes, kind, n_values, a->threshold);
}

static void
add_into(UpBayesSums *s, const UpBayesSums *other)
{
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		up_tick();
		s->rows[k] += other->rows[k];
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			double *to = up_bayes_stats(s, k, j);
			const double *from = up_bayes_stats(other, k, j);

			if (other->kind[j] == UP_BAYES_GAUSSIAN)
				up_bayes_gaussian_add(to, from);
			else
				for (size_t i = 0; i < up_bayes_width(other, j); i++)
					to[i] += from[i];
		}
	}
}

UpBayesSums *
up_bayes_sums_merge(const UpBayesSums *a, const UpBayesSums *b)
{
	UpBayesSums *s = new_of_both(a, b);

	add_into(s, a);
	add_into(s, b);
	up_bayes_check_bounded(s);
	return s;
}

static void
fail_not_contained(void)
{
	up_fail_with(UP_INVALID_DATA, NULL, "Take away only what the model was trained on, and only once.",
				 "the part holds rows that the model was not trained on");
}

/* a - b of the four numbers of a Gaussian feature. */
static void
gaussian_subtract(double *a, const double *b)
{
	double n = a[0] - b[0], delta, squares, tolerance;

	if (b[0] == 0)
		return;
	if (n < 0)
		fail_not_contained();
	if (n == 0)
	{
		memset(a, 0, 4 * sizeof(double));
		return;
	}
	delta = (b[1] - a[1]) + (b[2] - a[2]);
	squares = a[3] - b[3] - delta * delta * (b[0] * (a[0] / n));
	tolerance = fabs(a[1] + a[2]) * 1e-12;
	tolerance = ROUNDING * a[3] + tolerance * tolerance * a[0];
	if (squares < -tolerance)
		fail_not_contained();
	a[2] -= delta * (b[0] / n);
	/* One row has no spread. */
	a[3] = n == 1 ? 0 : UP_MAX(squares, 0);
	a[0] = n;
}

UpBayesSums *
up_bayes_sums_subtract(const UpBayesSums *a, const UpBayesSums *b, bool *kept)
{
	UpBayesSums *s = new_of_both(a, b);

	add_into(s, a);
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		s->rows[k] -= b->rows[k];
		if (s->rows[k] < 0)
			fail_not_contained();
		kept[k] = s->rows[k] > 0;
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			double *to = up_bayes_stats(s, k, j);
			const double *from = up_bayes_stats(b, k, j);

			if (b->kind[j] == UP_BAYES_GAUSSIAN)
			{
				gaussian_subtract(to, from);
				continue;
			}
			for (size_t i = 0; i < up_bayes_width(b, j); i++)
			{
				double whole = to[i];

				to[i] -= from[i];
				/* Sums of fractions round; counts do not. */
				if (to[i] < (s->kind[j] == UP_BAYES_MULTINOMIAL ? -ROUNDING * whole : 0))
					fail_not_contained();
				to[i] = UP_MAX(to[i], 0);
			}
			if (s->kind[j] == UP_BAYES_MULTINOMIAL && !kept[k])
				to[0] = 0;
		}
	}
	return s;
}

UpBayesSums *
up_bayes_sums_renumber(const UpBayesSums *s, const UpRenumbering *r)
{
	uint32_t n = r->shape.n_features;
	uint8_t *kind = up_alloc_array(UP_MAX(n, 1), 1);
	uint32_t *n_values = up_alloc0(UP_MAX(n, 1) * sizeof(uint32_t));
	UpBayesSums *to;

	memset(kind, UP_BAYES_NOTHING, n);
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		kind[r->feature_of[j]] = s->kind[j];
		n_values[r->feature_of[j]] = r->value_of[j] != NULL ? r->n_values[j] : s->n_values[j];
	}
	to = up_bayes_sums_new(n, r->shape.n_classes, kind, n_values, s->threshold);
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		if (r->class_of[k] == UINT32_MAX)
			continue;
		to->rows[r->class_of[k]] = s->rows[k];
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			const double *from = up_bayes_stats(s, k, j);
			double *at = up_bayes_stats(to, r->class_of[k], r->feature_of[j]);
			const uint32_t *value_of = r->value_of[j];

			for (size_t i = 0; i < up_bayes_width(s, j); i++)
				at[value_of != NULL ? value_of[i] : i] = from[i];
		}
	}
	return to;
}

void
up_put_bayes_sums(UpWriter *w, const UpBayesSums *s)
{
	up_put_f64(w, s->threshold);
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		up_put_u8(w, s->kind[j]);
		if (s->n_values[j] > 0)
			up_put_u32(w, s->n_values[j]);
	}
	up_put_f64_array(w, s->rows, s->n_classes);
	up_put_f64_array(w, s->stats, (size_t) s->n_classes * s->offset[s->n_features]);
}

static bool
is_count(double v, double most)
{
	return v >= 0 && v <= most && v == floor(v);
}

static bool
stats_are_possible(const UpBayesSums *s, uint32_t k, uint32_t j)
{
	const double *stats = up_bayes_stats(s, k, j);
	double sum = 0;

	switch (s->kind[j])
	{
		case UP_BAYES_GAUSSIAN:
			return is_count(stats[0], s->rows[k]) && stats[3] >= 0;
		case UP_BAYES_BERNOULLI:
		case UP_BAYES_FLAG:
			return is_count(stats[0], s->rows[k]) && is_count(stats[1], stats[0]);
		case UP_BAYES_MULTINOMIAL:
			return stats[0] >= 0;
		default:
			for (uint32_t v = 0; v < s->n_values[j]; v++)
			{
				if (!is_count(stats[v], s->rows[k]))
					return false;
				sum += stats[v];
			}
			return sum <= s->rows[k];
	}
}

UpBayesSums *
up_get_bayes_sums(UpReader *r, const UpShape *shape)
{
	uint8_t *kind = up_alloc_array(UP_MAX(shape->n_features, 1), 1);
	uint32_t *n_values = up_alloc0(UP_MAX(shape->n_features, 1) * sizeof(uint32_t));
	double threshold = up_get_f64(r);
	size_t width = 0, left;
	UpBayesSums *s;

	for (uint32_t j = 0; j < shape->n_features; j++)
	{
		kind[j] = up_get_u8(r);
		if (kind[j] >= UP_BAYES_NOTHING)
			up_corrupt(r, "distribution of a feature");
		if (kind[j] == UP_BAYES_CATEGORY || kind[j] == UP_BAYES_CODES)
			n_values[j] = up_get_u32(r);
		if (n_values[j] > UP_BAYES_VALUES_LIMIT ||
			(n_values[j] == 0 && (kind[j] == UP_BAYES_CATEGORY || kind[j] == UP_BAYES_CODES)))
			up_corrupt(r, "values of a feature");
		width += UP_MAX(n_values[j], 1);
	}
	/* Each statistic takes 8 bytes, and a class has width of them or more. */
	left = (r->len - r->pos) / sizeof(double);
	if (shape->n_classes == 0 || left / shape->n_classes < width)
		up_corrupt(r, "size of naive Bayes");
	s = up_bayes_sums_new(shape->n_features, shape->n_classes, kind, n_values, threshold);
	up_get_f64_array(r, s->rows, s->n_classes);
	up_get_f64_array(r, s->stats, (size_t) s->n_classes * s->offset[s->n_features]);
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		up_tick();
		if (!is_count(s->rows[k], MOST_ROWS) || s->rows[k] == 0)
			up_corrupt(r, "rows of a class");
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			if (!stats_are_possible(s, k, j))
				up_corrupt(r, "statistics of a class");
		}
	}
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (!up_bayes_is_bounded(s, j))
			up_corrupt(r, "statistics of a feature");
	}
	return s;
}
