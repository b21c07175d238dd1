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

#include <math.h>
#include <string.h>

#define FIT_ROWS    256
#define FIRST_BLOCK 8
#define LAST_BLOCK  1024

size_t
up_bayes_width(const UpBayesSums *s, uint32_t feature)
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
		width += up_bayes_width(s, j);
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
fail_value(uint32_t feature, double v, const char *what)
{
	up_fail_with(UP_INVALID_DATA, NULL, "Choose another \"distribution\".", "feature %u is %s, and %s",
				 feature + 1, up_value_text(up_value_number(v)), what);
}

/* What is no Gaussian feature. */
static void
count_row(UpBayesSums *s, uint32_t k, const double *x)
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
					fail_value(j, v, "the multinomial distribution takes numbers from 0");
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
measure_codes(UpBayesSums *s, const UpData *d)
{
	double *rows = up_alloc_array((size_t) FIT_ROWS * UP_MAX(s->n_features, 1), sizeof(double));

	for (size_t first = 0; first < d->n_rows; first += FIT_ROWS)
	{
		size_t n = UP_MIN(FIT_ROWS, d->n_rows - first);

		up_tick();
		up_data_rows(d, first, n, rows);
		for (size_t i = 0; i < n * s->n_features; i++)
		{
			uint32_t j = (uint32_t) (i % s->n_features);
			double v = rows[i];

			if (s->kind[j] != UP_BAYES_CODES || isnan(v))
				continue;
			if (v < 0 || v != floor(v) || v >= UP_BAYES_VALUES_LIMIT)
				fail_value(j, v, "the categorical distribution takes whole numbers from 0 to 99999");
			s->n_values[j] = UP_MAX(s->n_values[j], (uint32_t) v + 1);
		}
	}
	up_free(rows);
}

#define TOO_LARGE 1e300

bool
up_bayes_is_bounded(const UpBayesSums *s, uint32_t j)
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

		for (size_t i = 0; i < up_bayes_width(s, j); i++)
		{
			if (!(fabs(stats[i]) < TOO_LARGE))
				return false;
		}
		all[0] += s->kind[j] == UP_BAYES_MULTINOMIAL ? stats[0] : 0;
	}
	return all[0] < TOO_LARGE && all[3] < TOO_LARGE;
}

void
up_bayes_check_bounded(const UpBayesSums *s)
{
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (!up_bayes_is_bounded(s, j))
			up_fail_with(UP_INVALID_DATA, NULL, "Divide the feature by a power of ten first.",
						 "the values of feature %u are too large for naive Bayes", j + 1);
	}
}

void
up_bayes_sums_collect(UpBayesSums *s, const UpData *d)
{
	UpArena *arena;
	double *rows, *labels;
	bool codes = false, counts = false;
	UpBayesBlocks b;

	for (uint32_t j = 0; j < s->n_features; j++)
	{
		codes = codes || s->kind[j] == UP_BAYES_CODES;
		counts = counts || s->kind[j] != UP_BAYES_GAUSSIAN;
	}
	if (codes)
	{
		measure_codes(s, d);
		*s = *up_bayes_sums_new(s->n_features, s->n_classes, s->kind, s->n_values, s->threshold);
	}
	arena = up_arena_enter();
	rows = up_alloc_array((size_t) FIT_ROWS * UP_MAX(s->n_features, 1), sizeof(double));
	labels = up_alloc_array(FIT_ROWS, sizeof(double));
	up_bayes_blocks_init(&b, s);
	for (size_t first = 0; first < d->n_rows; first += FIT_ROWS)
	{
		size_t n = UP_MIN(FIT_ROWS, d->n_rows - first);

		up_tick();
		up_data_rows(d, first, n, rows);
		up_data_labels(d, first, n, labels);
		for (size_t i = 0; i < n; i++)
		{
			uint32_t k = (uint32_t) labels[i];

			s->rows[k]++;
			if (b.n > 0)
				up_bayes_blocks_add(&b, s, k, rows + i * s->n_features);
			if (counts)
				count_row(s, k, rows + i * s->n_features);
		}
	}
	for (uint32_t k = 0; k < s->n_classes; k++)
		up_bayes_blocks_fold(&b, s, k);
	up_arena_leave(arena);
	up_bayes_check_bounded(s);
}
