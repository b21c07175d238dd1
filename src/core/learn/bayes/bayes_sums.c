/*
 * bayes_sums.c - one pass over the rows; see bayes_sums.h
 *
 * Of a number in a class: n, mean, M2 = sum (x - mean)^2. Two parts make a whole by
 *   mean = mean_a + delta n_b / n,  M2 = M2_a + M2_b + delta^2 n_a n_b / n,  delta = mean_b - mean_a
 * (Chan, Golub, LeVeque 1983). The mean is kept as center + rest, so that values around 1e9 with a variance of 1 lose
 * nothing; rows are summed in blocks around the mean so far.
 *
 * Arrays: see the header. Cost: O(features) a row; memory classes × (4 a number, 1 a category) doubles.
 */
#include "learn/bayes/bayes_sums.h"

#include "learn/combine.h"

#include <math.h>
#include <string.h>

#define FIT_ROWS    256
#define FIRST_BLOCK 8
#define LAST_BLOCK  1024

/* How many statistics a feature has in a class. */
static size_t
width_of(const UpBayesSums *s, uint32_t feature)
{
	switch (s->kind[feature])
	{
		case UP_BAYES_GAUSSIAN:
			return 4;
		case UP_BAYES_BERNOULLI:
		case UP_BAYES_FLAG:
			return 2;
		case UP_BAYES_MULTINOMIAL:
			return 1;
		case UP_BAYES_NOTHING:
			return 0;
		default:
			return s->n_values[feature];
	}
}

UpBayesSums *
up_bayes_sums_new(uint32_t n_features, uint32_t n_classes, uint8_t *kind, uint32_t *n_values, double threshold)
{
	UpBayesSums *s = up_alloc0(sizeof(UpBayesSums));
	size_t width = 0;

	s->n_features = n_features;
	s->n_classes = n_classes;
	s->kind = kind;
	s->n_values = n_values;
	s->threshold = threshold;
	s->offset = up_alloc_array((size_t) n_features + 1, sizeof(size_t));
	for (uint32_t j = 0; j < n_features; j++)
	{
		s->offset[j] = width;
		width += width_of(s, j);
	}
	s->offset[n_features] = width;
	if (width > SIZE_MAX / 64 / UP_MAX(n_classes, 1))
		up_fail(UP_LIMIT, "naive Bayes of %u classes and %zu statistics each is too large", n_classes, width);
	/* Sums, and what prediction derives from them. */
	up_reserve(((size_t) n_classes + 1) * width * 3 * sizeof(double), "naive Bayes");
	s->rows = up_alloc0(((size_t) n_classes + 1) * sizeof(double));
	s->stats = up_alloc0(UP_MAX((size_t) n_classes * width, 1) * sizeof(double));
	return s;
}

void
up_bayes_gaussian_add(double *a, const double *b)
{
	double n = a[0] + b[0], delta;

	if (b[0] == 0)
		return;
	if (a[0] == 0)
	{
		memcpy(a, b, 4 * sizeof(double));
		return;
	}
	delta = (b[1] - a[1]) + (b[2] - a[2]);
	a[2] += delta * (b[0] / n);
	a[3] += b[3] + delta * delta * (a[0] * (b[0] / n));
	a[0] = n;
}

void
up_bayes_gaussian_pool(const UpBayesSums *s, uint32_t feature, double all[4])
{
	memset(all, 0, 4 * sizeof(double));
	for (uint32_t k = 0; k < s->n_classes; k++)
		up_bayes_gaussian_add(all, up_bayes_stats(s, k, feature));
}

void
up_bayes_blocks_init(UpBayesBlocks *b, const UpBayesSums *s)
{
	size_t size;

	memset(b, 0, sizeof(UpBayesBlocks));
	b->index = up_alloc_array(UP_MAX(s->n_features, 1), sizeof(uint32_t));
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (s->kind[j] == UP_BAYES_GAUSSIAN)
			b->index[b->n++] = j;
	}
	size = UP_MAX((size_t) s->n_classes * b->n, 1);
	up_reserve(4 * size * sizeof(double), "naive Bayes");
	b->shift = up_alloc_array(size, sizeof(double));
	for (size_t i = 0; i < size; i++)
		b->shift[i] = NAN;
	b->known = up_alloc0(size * sizeof(double));
	b->sum = up_alloc0(size * sizeof(double));
	b->squares = up_alloc0(size * sizeof(double));
	b->rows = up_alloc0((size_t) s->n_classes * sizeof(uint32_t) + 1);
	b->limit = up_alloc_array(UP_MAX(s->n_classes, 1), sizeof(uint32_t));
	b->pending = up_alloc_array(UP_MAX(s->n_classes, 1), sizeof(uint32_t));
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		b->limit[k] = FIRST_BLOCK;
		b->pending[k] = b->n;
	}
}

/* The block of the Gaussian feature number g as its four numbers. */
static void
block_numbers(const UpBayesBlocks *b, size_t at, double block[4])
{
	double n = b->known[at];

	block[0] = n;
	block[1] = b->shift[at];
	block[2] = n > 0 ? b->sum[at] / n : 0;
	block[3] = UP_MAX(b->squares[at] - b->sum[at] * block[2], 0);
}

void
up_bayes_blocks_read(const UpBayesBlocks *b, const UpBayesSums *s, uint32_t k, double *stats)
{
	size_t width = s->offset[s->n_features];
	double block[4];

	memcpy(stats, s->stats + k * width, width * sizeof(double));
	for (uint32_t g = 0; g < b->n; g++)
	{
		block_numbers(b, (size_t) k * b->n + g, block);
		up_bayes_gaussian_add(stats + s->offset[b->index[g]], block);
	}
}

void
up_bayes_blocks_restart(UpBayesBlocks *b, const UpBayesSums *s, uint32_t k)
{
	size_t at = (size_t) k * b->n;

	b->pending[k] = 0;
	for (uint32_t g = 0; g < b->n; g++, at++)
	{
		const double *stats = up_bayes_stats(s, k, b->index[g]);

		b->shift[at] = stats[0] > 0 ? stats[1] + stats[2] : b->shift[at];
		b->pending[k] += isnan(b->shift[at]);
		b->known[at] = b->sum[at] = b->squares[at] = 0;
	}
	b->rows[k] = 0;
}

void
up_bayes_blocks_fold(UpBayesBlocks *b, UpBayesSums *s, uint32_t k)
{
	double block[4];

	for (uint32_t g = 0; g < b->n; g++)
	{
		block_numbers(b, (size_t) k * b->n + g, block);
		up_bayes_gaussian_add(up_bayes_stats(s, k, b->index[g]), block);
	}
	up_bayes_blocks_restart(b, s, k);
	b->limit[k] = UP_MIN(b->limit[k] * 2, LAST_BLOCK);
}

void
up_bayes_blocks_add(UpBayesBlocks *b, UpBayesSums *s, uint32_t k, const double *UP_RESTRICT x)
{
	size_t at = (size_t) k * b->n;
	double *UP_RESTRICT shift = b->shift + at, *UP_RESTRICT known = b->known + at;
	double *UP_RESTRICT sum = b->sum + at, *UP_RESTRICT squares = b->squares + at;

	for (uint32_t g = 0; b->pending[k] > 0 && g < b->n; g++)
	{
		if (isnan(shift[g]) && !isnan(x[b->index[g]]))
		{
			shift[g] = x[b->index[g]];
			b->pending[k]--;
		}
	}
	if (b->n == s->n_features)
	{
		for (uint32_t g = 0; g < b->n; g++)
		{
			double v = x[g] == x[g] ? x[g] - shift[g] : 0;

			known[g] += x[g] == x[g] ? 1 : 0;
			sum[g] += v;
			squares[g] += v * v;
		}
	}
	else
	{
		for (uint32_t g = 0; g < b->n; g++)
		{
			double value = x[b->index[g]], v = value == value ? value - shift[g] : 0;

			known[g] += value == value ? 1 : 0;
			sum[g] += v;
			squares[g] += v * v;
		}
	}
	if (++b->rows[k] >= b->limit[k])
		up_bayes_blocks_fold(b, s, k);
}

static void
fail_value(const UpPipeline *names, uint32_t feature, double v, const char *what)
{
	up_fail_with(UP_INVALID_DATA, NULL, "Choose another \"distribution\".", "%s is %s, and %s",
				 up_feature_called(names, feature), up_value_text(up_value_number(v)), what);
}

void
up_bayes_count_row(UpBayesSums *s, uint32_t k, const double *x, const UpPipeline *names)
{
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		double *stats = up_bayes_stats(s, k, j), v = x[j];

		if (s->kind[j] == UP_BAYES_GAUSSIAN || isnan(v))
			continue;
		switch (s->kind[j])
		{
			case UP_BAYES_BERNOULLI:
			case UP_BAYES_FLAG:
				stats[0]++;
				stats[1] += v > (s->kind[j] == UP_BAYES_FLAG ? 0.5 : s->threshold);
				break;
			case UP_BAYES_MULTINOMIAL:
				if (v < 0)
					fail_value(names, j, v, "the multinomial distribution takes numbers from 0");
				stats[0] += v;
				break;
			default:
				if (v >= 0 && v < s->n_values[j])
					stats[(uint32_t) v]++;
		}
	}
}

/* As many values as the codes need. */
static void
measure_codes(UpBayesSums *s, const UpData *d, const UpPipeline *names)
{
	for (UpDataBlock b = up_data_blocks(d, FIT_ROWS, false); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n * s->n_features; i++)
		{
			uint32_t j = (uint32_t) (i % s->n_features);
			double v = b.x[i];

			if (s->kind[j] != UP_BAYES_CODES || isnan(v))
				continue;
			if (v < 0 || v != floor(v) || v >= UP_BAYES_VALUES_LIMIT)
				fail_value(names, j, v, "the categorical distribution takes whole numbers from 0 to 99999");
			s->n_values[j] = UP_MAX(s->n_values[j], (uint32_t) v + 1);
		}
	}
}

#define TOO_LARGE 1e300

/* Whether the numbers of a feature, of each class and of all, can be reckoned with. */
static bool
is_bounded(const UpBayesSums *s, uint32_t j)
{
	double all[4] = {0};

	up_tick();
	if (s->n_values[j] > 0)
		return true;
	if (s->kind[j] == UP_BAYES_GAUSSIAN)
		up_bayes_gaussian_pool(s, j, all);
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		const double *stats = up_bayes_stats(s, k, j);

		for (size_t i = 0; i < width_of(s, j); i++)
		{
			if (!(fabs(stats[i]) < TOO_LARGE))
				return false;
		}
		all[0] += s->kind[j] == UP_BAYES_MULTINOMIAL ? stats[0] : 0;
	}
	return all[0] < TOO_LARGE && all[3] < TOO_LARGE;
}

void
up_bayes_check_bounded(const UpBayesSums *s, const UpPipeline *names)
{
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (!is_bounded(s, j))
			up_fail_with(UP_INVALID_DATA, NULL, "Divide the feature by a power of ten first.",
						 "the values of %s are too large for naive Bayes", up_feature_called(names, j));
	}
}

void
up_bayes_sums_collect(UpBayesSums *s, const UpFit *fit)
{
	const UpData *d = fit->data;
	UpArena *arena;
	bool codes = false, counts = false;
	UpBayesBlocks b;

	for (uint32_t j = 0; j < s->n_features; j++)
	{
		codes = codes || s->kind[j] == UP_BAYES_CODES;
		counts = counts || s->kind[j] != UP_BAYES_GAUSSIAN;
	}
	if (codes)
	{
		measure_codes(s, d, fit->pipeline);
		*s = *up_bayes_sums_new(s->n_features, s->n_classes, s->kind, s->n_values, s->threshold);
	}
	arena = up_arena_enter();
	up_bayes_blocks_init(&b, s);
	for (UpDataBlock block = up_data_blocks(d, FIT_ROWS, true); up_data_next(&block);)
	{
		for (size_t i = 0; i < block.n; i++)
		{
			const double *x = block.x + i * s->n_features;
			uint32_t k = (uint32_t) block.y[i];

			UP_ASSERT(k < s->n_classes);
			s->rows[k]++;
			if (b.n > 0)
				up_bayes_blocks_add(&b, s, k, x);
			if (counts)
				up_bayes_count_row(s, k, x, fit->pipeline);
		}
	}
	for (uint32_t k = 0; k < s->n_classes; k++)
		up_bayes_blocks_fold(&b, s, k);
	up_arena_leave(arena);
	up_bayes_check_bounded(s, fit->pipeline);
}

/* ---- sums of naive Bayes that add, subtract and travel ---- */

/*
 * Counts add and subtract as they are. Of a number, with the mean and M2 of bayes_sums.c, the whole w without its part b is
 *   n = n_w - n_b,  mean = mean_w - delta n_b / n,  M2 = M2_w - M2_b - delta^2 n_b n_w / n,  delta = mean_b - mean_w
 * (Chan, Golub, LeVeque 1983, solved for the other part). Cost: O(statistics).
 */

#define MOST_ROWS 9007199254740992.0 /* 2^53 */

/* What differs by less than this share of the whole is rounding. */
#define ROUNDING 1e-7

/* Empty sums for the features of both, with space for the values of either. */
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
add_feature(double *to, const double *from, UpBayesKind kind, size_t width)
{
	if (kind == UP_BAYES_GAUSSIAN)
		up_bayes_gaussian_add(to, from);
	else
		for (size_t i = 0; i < width; i++)
			to[i] += from[i];
}

void
up_bayes_stats_add(UpBayesSums *s, uint32_t k, const double *stats)
{
	for (uint32_t j = 0; j < s->n_features; j++)
		add_feature(up_bayes_stats(s, k, j), stats + s->offset[j], s->kind[j], width_of(s, j));
}

static void
add_into(UpBayesSums *s, const UpBayesSums *other)
{
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		up_tick();
		s->rows[k] += other->rows[k];
		for (uint32_t j = 0; j < s->n_features; j++)
			add_feature(up_bayes_stats(s, k, j), up_bayes_stats(other, k, j), other->kind[j],
						width_of(other, j));
	}
}

UpBayesSums *
up_bayes_sums_merge(const UpBayesSums *a, const UpBayesSums *b)
{
	UpBayesSums *s = new_of_both(a, b);

	add_into(s, a);
	add_into(s, b);
	up_bayes_check_bounded(s, NULL);
	return s;
}

/* a - b of the four numbers of a Gaussian feature. */
static void
gaussian_subtract(double *a, const double *b)
{
	double n = a[0] - b[0], delta, squares, tolerance;

	if (b[0] == 0)
		return;
	if (n < 0)
		up_fail_not_a_part();
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
		up_fail_not_a_part();
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
			up_fail_not_a_part();
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
			for (size_t i = 0; i < width_of(b, j); i++)
			{
				double whole = to[i];

				to[i] -= from[i];
				/* Sums of fractions round; counts do not. */
				if (to[i] < (s->kind[j] == UP_BAYES_MULTINOMIAL ? -ROUNDING * whole : 0))
					up_fail_not_a_part();
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

			for (size_t i = 0; i < width_of(s, j); i++)
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

bool
up_bayes_stats_are_possible(const UpBayesSums *s, uint32_t k, uint32_t j)
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
			if (!up_bayes_stats_are_possible(s, k, j))
				up_corrupt(r, "statistics of a class");
		}
	}
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (!is_bounded(s, j))
			up_corrupt(r, "statistics of a feature");
	}
	return s;
}
