/*
 * products.c - sums of all pairs of columns, pairwise complete; see products.h
 *
 * With z the values around a column's mean over its deviation (0 where missing), m = 1 where known and q = z^2, the sums are
 * products of these columns: n_ab = m_a'm_b, S_a = z_a'm_b, Q_a = q_a'm_b, C = z_a'z_b, and
 * r = (C - S_a S_b / n) / sqrt((Q_a - S_a^2 / n) (Q_b - S_b^2 / n)). So one symmetric product of the blocks of rows
 * [1 z q m] gives all pairs; without missing values of [1 z] alone, and a column gets its m when the first value is missing: until then it
 * was 1. Mean and deviation are those of the first rows that came, which are among those summed up: of N rows in chunks of B, other
 * ones cost a factor of N / B in precision at most. Parts of PART_ROWS rows have sums of their own, which are added up in
 * their order, with what is lost to rounding carried along (Neumaier 1974).
 *
 * Cost: n (1 + d)^2 / 2 multiply-adds without missing values, up to 9 times that with.
 */
#include "score/products.h"

#include "num/vec_syrk.h"
#include "score/column_places.h"
#include "score/joint.h"

#include <math.h>
#include <string.h>

#define BLOCK_WORK  100000000 /* multiply-adds between two ticks, about */
#define BLOCK_MOST  256
#define BLOCK_LEAST 16
#define KEPT_DIGITS 1e-3 /* of a sum of squares that must be left after subtraction */
#define TICK_ROWS   65536
#define PART_ROWS   8192
#define WAVE_PARTS  8
#define WAVE_BYTES  ((size_t) 64 << 20) /* of the sums of parts that are made at a time */

typedef struct Column
{
	double mean, scale; /* scale: 1 / deviation, of the first rows */
	double low, high;   /* of all; infinite where nothing is known */
	uint32_t mask;      /* place of its mask: 0 is the column of ones */
	bool missing;       /* something is, in these rows */
} Column;

struct UpProducts
{
	uint32_t d;
	uint64_t rows;
	Column *columns;
	uint32_t squares; /* place of the first square; 0: not needed */
	uint32_t n_masks;
	size_t width, ld;
	double *g;    /* ld × ld, upper triangle, … */
	double *rest; /* … and what they are short of */
};

/* What a part of a job is told. */
typedef struct Told
{
	size_t n, ld, block;
	uint32_t d, squares;
	uint32_t first_part;
	bool first_rows;
} Told;

/* Columns as places from the first one: pointers mean nothing elsewhere. */
enum
{
	BASE,
	PLACES,
	COLUMNS,
	SUMS,
	N_ARRAYS
};

static double
sum_of_8(const double *s)
{
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* Mean and deviation of what is known. */
static void
standardize(const double *v, size_t n, Column *c)
{
	double sum[8] = {0}, squares[8] = {0}, shift = 0, range = 0, m, deviation;
	size_t known = 0;

	for (size_t i = 0; i < n && known == 0; i++)
	{
		if (!isnan(v[i]))
		{
			shift = v[i];
			known = 1;
		}
	}
	known = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		known += !isnan(v[i]);
		sum[i & 7] += isnan(v[i]) ? 0 : v[i] - shift;
		range = UP_MAX(range, isnan(v[i]) ? 0 : fabs(v[i] - shift));
	}
	m = shift + sum_of_8(sum) / (double) UP_MAX(known, 1);
	for (size_t i = 0; i < n; i++)
	{
		/* Over the range, so that no square overflows. */
		double d = isnan(v[i]) || range == 0 ? 0 : (v[i] - m) / range;

		if (i % TICK_ROWS == 0)
			up_tick();
		squares[i & 7] += d * d;
	}
	deviation = range * sqrt(sum_of_8(squares) / (double) UP_MAX(known, 1));
	c->mean = m;
	c->scale = deviation > 0 && isfinite(1 / deviation) ? 1 / deviation : 1;
	c->missing = known < n;
}

static void
look_at_column(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	const double *v = up_column_at(arrays[BASE], arrays[PLACES], j);
	Column *c = (Column *) arrays[COLUMNS] + j;
	double low = c->low, high = c->high;
	bool missing = false;

	if (t->first_rows)
		standardize(v, t->n, c);
	for (size_t i = 0; i < t->n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		missing |= isnan(v[i]);
		low = v[i] < low ? v[i] : low;
		high = v[i] > high ? v[i] : high;
	}
	c->missing = missing;
	c->low = low;
	c->high = high;
}

static void
fill_rows(const Told *t, void *const *arrays, size_t first, size_t n, double *rows)
{
	const Column *c = arrays[COLUMNS];

	for (size_t i = 0; i < n; i++)
		rows[i * t->ld] = 1;
	for (uint32_t j = 0; j < t->d; j++, c++)
	{
		const double *v = up_column_at(arrays[BASE], arrays[PLACES], j) + first;

		for (size_t i = 0; i < n; i++)
		{
			double known = !isnan(v[i]), z = known > 0 ? (v[i] - c->mean) * c->scale : 0;
			double *row = rows + i * t->ld;

			row[1 + j] = z;
			if (t->squares > 0)
				row[t->squares + j] = z * z;
			if (c->mask > 0)
				row[c->mask] = known;
		}
	}
}

static void
multiply_rows(const void *fixed, void *const *arrays, uint32_t part)
{
	const Told *t = fixed;
	double *g = (double *) arrays[SUMS] + (size_t) part * t->ld * t->ld;
	double *rows = up_alloc0(t->block * t->ld * sizeof(double));
	size_t first = (size_t) (t->first_part + part) * PART_ROWS, end = UP_MIN(first + PART_ROWS, t->n);

	memset(g, 0, t->ld * t->ld * sizeof(double));
	for (; first < end; first += t->block)
	{
		size_t some = UP_MIN(t->block, end - first);

		up_tick();
		fill_rows(t, arrays, first, some, rows);
		up_vec_syrk(g, t->ld, rows, some);
	}
	up_free(rows);
}

/* ---- totals ---- */

UpProducts *
up_products_new(uint32_t d)
{
	UpProducts *p = up_alloc0(sizeof(UpProducts));

	p->d = d;
	p->columns = up_alloc_large_array(UP_MAX(d, 1), sizeof(Column));
	for (uint32_t j = 0; j < d; j++)
		p->columns[j] = (Column){.low = INFINITY, .high = -INFINITY, .scale = 1};
	return p;
}

static double
product(const UpProducts *p, size_t a, size_t b)
{
	size_t at = UP_MIN(a, b) * p->ld + UP_MAX(a, b);

	return p->g[at] + p->rest[at];
}

static void
add_to(double *total, double *rest, double v)
{
	double sum = *total + v;

	*rest += fabs(*total) >= fabs(v) ? (*total - sum) + v : (v - sum) + *total;
	*total = sum;
}

/* Where a row of the new layout stood in the old one; squares that were not kept are told by SIZE_MAX. */
static size_t
place_before(const UpProducts *old, const Column *before, const UpProducts *p, size_t row, uint32_t *column)
{
	*column = 0;
	if (row <= p->d)
		return row;
	if (row < (size_t) p->squares + p->d)
	{
		*column = (uint32_t) (row - p->squares);
		return old->squares > 0 ? old->squares + *column : SIZE_MAX;
	}
	for (uint32_t j = 0; j < p->d; j++)
	{
		if (p->columns[j].mask == row)
			return before[j].mask;
	}
	return 0;
}

/* Sums of rows in which nothing was missing, or less, in a layout that has more masks. */
static void
carry_over(const UpProducts *old, const Column *before, UpProducts *p)
{
	size_t *place = up_alloc_array(p->width, sizeof(size_t));
	uint32_t *column = up_alloc_array(p->width, sizeof(uint32_t));

	for (size_t i = 0; i < p->width; i++)
		place[i] = place_before(old, before, p, i, &column[i]);
	for (size_t i = 0; i < p->width; i++)
	{
		for (size_t j = i; j < p->width; j++)
		{
			size_t a = place[i], b = place[j];

			/* Squares of columns that were complete, beside 1: as no mask was there, all of them were. */
			if (a == SIZE_MAX)
				a = b == 0 ? 1 + column[i] : SIZE_MAX;
			if (b == SIZE_MAX)
				b = a == 0 ? 1 + column[j] : SIZE_MAX;
			if (a == SIZE_MAX || b == SIZE_MAX)
				continue;
			if (place[i] == SIZE_MAX)
				b = a;
			else if (place[j] == SIZE_MAX)
				a = b;
			p->g[i * p->ld + j] = old->g[UP_MIN(a, b) * old->ld + UP_MAX(a, b)];
			p->rest[i * p->ld + j] = old->rest[UP_MIN(a, b) * old->ld + UP_MAX(a, b)];
		}
	}
	up_free(place);
	up_free(column);
}

/* Room for what these rows lack. */
static void
set_layout(UpProducts *p)
{
	UpProducts old = *p;
	Column *before = up_alloc_array(UP_MAX(p->d, 1), sizeof(Column));
	uint32_t n_masks = 0;

	memcpy(before, p->columns, p->d * sizeof(Column));
	for (uint32_t j = 0; j < p->d; j++)
		n_masks += p->columns[j].missing || p->columns[j].mask > 0;
	if (p->g == NULL || n_masks > p->n_masks)
	{
		p->n_masks = n_masks;
		p->squares = n_masks > 0 ? 1 + p->d : 0;
		p->width = 1 + (size_t) p->d + (n_masks > 0 ? p->d : 0) + n_masks;
		p->ld = UP_SYRK_PAD(p->width);
		n_masks = 0;
		for (uint32_t j = 0; j < p->d; j++)
			p->columns[j].mask = p->columns[j].missing || p->columns[j].mask > 0 ? 1 + 2 * p->d + n_masks++ : 0;
		up_reserve(3 * p->ld * p->ld * sizeof(double), "products of all pairs of columns");
		p->g = up_alloc0(p->ld * p->ld * sizeof(double));
		p->rest = up_alloc0(p->ld * p->ld * sizeof(double));
		if (old.g != NULL)
			carry_over(&old, before, p);
		up_free(old.g);
		up_free(old.rest);
	}
	up_free(before);
}

static void
add_up(UpProducts *p, const double *parts, uint32_t n_parts)
{
	for (uint32_t part = 0; part < n_parts; part++)
	{
		const double *g = parts + (size_t) part * p->ld * p->ld;

		up_tick();
		for (size_t i = 0; i < p->width; i++)
		{
			for (size_t j = i; j < p->width; j++)
				add_to(&p->g[i * p->ld + j], &p->rest[i * p->ld + j], g[i * p->ld + j]);
		}
	}
}

void
up_products_add(UpProducts *p, const double *const *v, size_t n)
{
	Told t = {.n = n, .d = p->d, .first_rows = p->rows == 0};
	ptrdiff_t *places;
	void *arrays[N_ARRAYS];
	uint32_t parts = (uint32_t) ((n + PART_ROWS - 1) / PART_ROWS), wave;

	if (n == 0 || p->d == 0)
		return;
	places = up_column_places(v, p->d);
	arrays[BASE] = (void *) (uintptr_t) v[0];
	arrays[PLACES] = places;
	arrays[COLUMNS] = p->columns;
	up_parallel(p->d, look_at_column, &t, sizeof(t), arrays, SUMS);
	set_layout(p);
	t.ld = p->ld;
	t.squares = p->squares;
	t.block = UP_MAX(BLOCK_LEAST, UP_MIN(BLOCK_MOST, BLOCK_WORK / (p->ld * p->ld)));
	wave =
		(uint32_t) UP_MAX(UP_MIN(UP_MIN(WAVE_BYTES / (p->ld * p->ld * sizeof(double)), WAVE_PARTS), parts), 1);
	arrays[SUMS] = up_alloc_large_array((size_t) wave * p->ld * p->ld, sizeof(double));
	for (t.first_part = 0; t.first_part < parts; t.first_part += wave)
	{
		uint32_t some = UP_MIN(wave, parts - t.first_part);

		up_parallel(some, multiply_rows, &t, sizeof(t), arrays, N_ARRAYS);
		add_up(p, arrays[SUMS], some);
	}
	p->rows += n;
	up_free_large(arrays[SUMS]);
	up_free_large(places);
}

/* ---- a pair ---- */

/* n, the sums of both, and of their squares, over the rows where both are known. */
typedef struct Pair
{
	double n, a, b, aa, bb, ab;
} Pair;

static Pair
pair_of(const UpProducts *p, uint32_t a, uint32_t b)
{
	size_t ma = p->columns[a].mask, mb = p->columns[b].mask, qa = p->squares + (size_t) a,
		   qb = p->squares + (size_t) b, za = 1 + (size_t) a, zb = 1 + (size_t) b;

	return (Pair){product(p, ma, mb),
				  product(p, za, mb),
				  product(p, zb, ma),
				  p->squares > 0 ? product(p, qa, mb) : product(p, za, za),
				  p->squares > 0 ? product(p, qb, ma) : product(p, zb, zb),
				  product(p, za, zb)};
}

/* The variance of a column, of all rows. */
static double
own_variance(const UpProducts *p, uint32_t a)
{
	double n = product(p, p->columns[a].mask, 0), sum = product(p, 1 + (size_t) a, 0);
	double squares =
		p->squares > 0 ? product(p, p->squares + (size_t) a, 0) : product(p, 1 + (size_t) a, 1 + (size_t) a);

	return (squares - sum * sum / n) / n;
}

/* Whether subtraction leaves so little of a sum of squares that its digits are in doubt; also where it is no number. */
static bool
is_doubtful(double left, double squares, double n, double own)
{
	return !(left >= KEPT_DIGITS * n * own && left >= KEPT_DIGITS * squares);
}

static bool
varies(const Column *c)
{
	return c->low < c->high;
}

UpScore
up_products_correlation(const UpProducts *p, uint32_t a, uint32_t b, bool *doubtful)
{
	UpScore s = {NAN, NAN, 0, "pearson"};
	Pair v;
	double left_a, left_b;

	*doubtful = false;
	if (p->rows == 0)
		return s;
	v = pair_of(p, a, b);
	s.n = (size_t) v.n;
	if (s.n < 2 || !varies(&p->columns[a]) || !varies(&p->columns[b]))
		return s;
	left_a = v.aa - v.a * v.a / v.n;
	left_b = v.bb - v.b * v.b / v.n;
	if (is_doubtful(left_a, v.aa, v.n, own_variance(p, a)) ||
		is_doubtful(left_b, v.bb, v.n, own_variance(p, b)))
	{
		*doubtful = true;
		return s;
	}
	s.value = up_score_of_products(v.ab - v.a * v.b / v.n, left_a, left_b);
	s.p_value = up_score_correlation_p(s.value, s.n);
	return s;
}

/* ---- pairs in doubt ---- */

typedef struct Doubt
{
	uint32_t a, b;
	UpJoint sums;
} Doubt;

struct UpDoubts
{
	Doubt *each;
	size_t n, capacity, told;
};

static void
doubt(UpDoubts *d, uint32_t a, uint32_t b)
{
	if (d->n == d->capacity)
	{
		d->capacity = UP_MAX(2 * d->capacity, 16);
		up_reserve(d->capacity * sizeof(Doubt), "pairs of columns");
		d->each = d->each == NULL ? up_alloc_array(d->capacity, sizeof(Doubt))
								  : up_realloc(d->each, d->capacity * sizeof(Doubt));
	}
	d->each[d->n++] = (Doubt){.a = a, .b = b};
}

UpDoubts *
up_products_doubts(const UpProducts *p)
{
	UpDoubts *d = up_alloc0(sizeof(UpDoubts));

	for (uint32_t a = 0; a < p->d; a++)
	{
		up_tick();
		for (uint32_t b = a + 1; b < p->d; b++)
		{
			bool doubtful;

			(void) up_products_correlation(p, a, b, &doubtful);
			if (doubtful)
				doubt(d, a, b);
		}
	}
	return d->n > 0 ? d : NULL;
}

void
up_doubts_add(UpDoubts *doubts, const double *const *v, size_t n)
{
	size_t work = 0;

	for (size_t i = 0; i < doubts->n; i++)
	{
		up_tick_work(&work, n);
		up_joint_add(&doubts->each[i].sums, v[doubts->each[i].a], v[doubts->each[i].b], n);
	}
}

UpScore
up_doubts_next(UpDoubts *doubts)
{
	const UpJoint *j = &doubts->each[doubts->told++].sums;
	UpScore s = {NAN, NAN, (size_t) j->x.n, "pearson"};

	if (s.n < 2)
		return s;
	s.value = up_joint_correlation(j);
	s.p_value = up_score_correlation_p(s.value, s.n);
	return s;
}
