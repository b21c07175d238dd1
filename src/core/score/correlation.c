/*
 * correlation.c - the associations of all pairs of columns; see correlation.h
 *
 * Pearson: with z the values around their column's mean over its deviation (0 where missing), m = 1 where known and q = z^2,
 * the pairwise-complete sums are products of these columns: n_ab = m_a'm_b, S_a = z_a'm_b, Q_a = q_a'm_b, C = z_a'z_b, and
 * r = (C - S_a S_b / n) / sqrt((Q_a - S_a^2 / n) (Q_b - S_b^2 / n)). So one symmetric product of the blocks of rows
 * [1 z q m] gives all pairs; without missing values of [1 z] alone. A pair whose common rows are so unlike the columns that
 * the differences would lose digits is summed again around its own means.
 *
 * Spearman: the same product on ranks for columns without missing values. Pairs with missing values have ranks of their
 * own: one walk through each column's order.
 *
 * Cost: n (1 + d)^2 / 2 multiply-adds without missing values, up to 9 times that with; sorting O(n d); a pair of ranks with
 * missing values O(n), as a pair with a category.
 */
#include "score/correlation.h"

#include "num/sort.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_WORK  100000000 /* multiply-adds between two ticks, about */
#define BLOCK_MOST  256
#define BLOCK_LEAST 16
#define KEPT_DIGITS 1e-3 /* of a sum of squares that must be left after subtraction */
#define TICK_ROWS   65536
#define NO_POSITION UINT32_MAX

const char *const up_correlate_names[] = {"pearson", "spearman", "correlation_ratio", "cramers_v", NULL};

/* The columns of numbers, and the products of their values, squares and masks. */
typedef struct Products
{
	uint32_t d;
	const double **v; /* d columns of n values */
	size_t n;
	double *mean, *scale; /* scale: 1 / deviation, 0 for a constant */
	uint32_t *mask;       /* place of each column's mask: 0 is the column of ones */
	uint32_t squares;     /* place of the first square; 0: not needed */
	uint32_t width;
	size_t ld;
	double *g; /* ld × ld, upper triangle */
} Products;

static double
sum_of_8(const double *s)
{
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* Mean and deviation of what is known; true if something is missing. */
static bool
standardize(const double *v, size_t n, double *mean, double *scale)
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
		double c = isnan(v[i]) || range == 0 ? 0 : (v[i] - m) / range;

		if (i % TICK_ROWS == 0)
			up_tick();
		squares[i & 7] += c * c;
	}
	deviation = range * sqrt(sum_of_8(squares) / (double) UP_MAX(known, 1));
	*mean = m;
	/* What is beyond the range of numbers has no correlation either. */
	*scale = deviation > 0 && isfinite(1 / deviation) ? 1 / deviation : 0;
	return known < n;
}

static void
fill_rows(const Products *p, size_t first, size_t n, double *rows)
{
	for (size_t i = 0; i < n; i++)
		rows[i * p->ld] = 1;
	for (uint32_t j = 0; j < p->d; j++)
	{
		const double *v = p->v[j] + first;

		for (size_t i = 0; i < n; i++)
		{
			double known = !isnan(v[i]), z = known > 0 ? (v[i] - p->mean[j]) * p->scale[j] : 0;
			double *row = rows + i * p->ld;

			row[1 + j] = z;
			if (p->squares > 0)
				row[p->squares + j] = z * z;
			if (p->mask[j] > 0)
				row[p->mask[j]] = known;
		}
	}
}

static Products *
products_new(const double **v, uint32_t d, size_t n)
{
	Products *p = up_alloc0(sizeof(Products));
	double *rows;
	size_t block;
	uint32_t n_masks = 0;

	p->d = d;
	p->v = v;
	p->n = n;
	p->mean = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	p->scale = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	p->mask = up_alloc_array(UP_MAX(d, 1), sizeof(uint32_t));
	for (uint32_t j = 0; j < d; j++)
	{
		up_progress("means of columns", j, d);
		p->mask[j] = standardize(v[j], n, &p->mean[j], &p->scale[j]) ? ++n_masks : 0;
	}
	p->squares = n_masks > 0 ? 1 + d : 0;
	p->width = 1 + d + (n_masks > 0 ? d : 0) + n_masks;
	for (uint32_t j = 0; j < d; j++)
		p->mask[j] += p->mask[j] > 0 ? 2 * d : 0;
	p->ld = UP_SYRK_PAD(p->width);
	up_reserve(p->ld * p->ld * sizeof(double), "products of all pairs of columns");
	p->g = up_alloc0(p->ld * p->ld * sizeof(double));
	block = UP_MAX(BLOCK_LEAST, UP_MIN(BLOCK_MOST, BLOCK_WORK / (p->ld * p->ld)));
	rows = up_alloc0(block * p->ld * sizeof(double));
	for (size_t first = 0; first < n; first += block)
	{
		size_t some = UP_MIN(block, n - first);

		up_tick();
		up_progress("products of columns: rows", first, n);
		fill_rows(p, first, some, rows);
		up_vec_syrk(p->g, p->ld, rows, some);
	}
	up_free(rows);
	return p;
}

static double
product(const Products *p, uint32_t a, uint32_t b)
{
	return p->g[UP_MIN(a, b) * p->ld + UP_MAX(a, b)];
}

static UpScore
correlation_of_sums(const Products *p, uint32_t a, uint32_t b, const char *how)
{
	uint32_t ma = p->mask[a], mb = p->mask[b], qa = p->squares > 0 ? p->squares + a : 0,
			 qb = p->squares > 0 ? p->squares + b : 0;
	double n = product(p, ma, mb), sa = product(p, 1 + a, mb), sb = product(p, 1 + b, ma);
	double aa = qa > 0 ? product(p, qa, mb) : product(p, 1 + a, 1 + a);
	double bb = qb > 0 ? product(p, qb, ma) : product(p, 1 + b, 1 + b);
	double left_a = aa - sa * sa / n, left_b = bb - sb * sb / n, r;
	UpScore s = {NAN, NAN, (size_t) n, how};

	if (s.n < 2 || p->scale[a] == 0 || p->scale[b] == 0)
		return s;
	if (left_a < KEPT_DIGITS * n || left_b < KEPT_DIGITS * n || left_a < KEPT_DIGITS * aa ||
		left_b < KEPT_DIGITS * bb)
	{
		UpVariable x = {p->v[a], 0}, y = {p->v[b], 0};

		s = up_score_correlation(&x, &y, p->n, false);
		s.how = how;
		return s;
	}
	r = (product(p, 1 + a, 1 + b) - sa * sb / n) / sqrt(left_a * left_b);
	s.value = isfinite(r) ? UP_MAX(UP_MIN(r, 1), -1) : NAN;
	s.p_value = up_score_correlation_p(s.value, s.n);
	return s;
}

/* What spearman keeps: the order of each column, and the products of the ranks of complete columns. */
typedef struct Ranked
{
	uint32_t **order; /* NULL where no pair with missing values needs it */
	size_t *known;
	uint32_t *place; /* among the columns of products */
	Products *products;
	double *ra, *rb; /* space for n ranks, and … */
	double *ca, *cb; /* … for those of a pair */
} Ranked;

/* Ranks among the rows where other is known too, into ranks by row. */
static void
walk_ranks(const double *v, const double *other, const uint32_t *order, size_t known, double *ranks)
{
	size_t counted = 0;

	for (size_t first = 0, next; first < known; first = next)
	{
		double value = v[order[first]];
		size_t before = counted;

		if (first % 1024 == 0)
			up_tick();
		for (next = first; next < known && v[order[next]] == value; next++)
			counted += !isnan(other[order[next]]);
		for (size_t i = first; i < next; i++)
			ranks[order[i]] = (double) (before + counted + 1) / 2;
	}
}

static UpScore
spearman_of_pair(const Ranked *r, const double **v, size_t n, uint32_t a, uint32_t b)
{
	UpVariable x = {r->ca, 0}, y = {r->cb, 0};
	UpScore s;
	size_t both = 0;

	if (r->place[a] != NO_POSITION && r->place[b] != NO_POSITION)
		return correlation_of_sums(r->products, r->place[a], r->place[b], "spearman");
	walk_ranks(v[a], v[b], r->order[a], r->known[a], r->ra);
	walk_ranks(v[b], v[a], r->order[b], r->known[b], r->rb);
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(v[a][i]) || isnan(v[b][i]))
			continue;
		r->ca[both] = r->ra[i];
		r->cb[both++] = r->rb[i];
	}
	s = up_score_correlation(&x, &y, both, false);
	s.how = "spearman";
	return s;
}

static Ranked *
ranked_new(const double **v, uint32_t d, size_t n, const uint32_t *mask)
{
	Ranked *r = up_alloc0(sizeof(Ranked));
	const double **ranks = up_alloc_array(UP_MAX(d, 1), sizeof(double *));
	uint32_t complete = 0;

	for (uint32_t j = 0; j < d; j++)
		complete += mask[j] == 0;
	r->order = up_alloc0(UP_MAX(d, 1) * sizeof(uint32_t *));
	r->known = up_alloc_array(UP_MAX(d, 1), sizeof(size_t));
	r->place = up_alloc_array(UP_MAX(d, 1), sizeof(uint32_t));
	if (complete < d)
	{
		r->ra = up_alloc_array(UP_MAX(n, 1), sizeof(double));
		r->rb = up_alloc_array(UP_MAX(n, 1), sizeof(double));
		r->ca = up_alloc_array(UP_MAX(n, 1), sizeof(double));
		r->cb = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	}
	complete = 0;
	for (uint32_t j = 0; j < d; j++)
	{
		uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));

		up_progress("ranks of columns", j, d);
		r->known[j] = up_order_doubles(v[j], n, order);
		r->place[j] = NO_POSITION;
		if (mask[j] == 0)
		{
			double *column = up_alloc_array(UP_MAX(n, 1), sizeof(double));

			walk_ranks(v[j], v[j], order, n, column);
			r->place[j] = complete;
			ranks[complete++] = column;
		}
		if (r->ra != NULL)
			r->order[j] = order;
		else
			up_free(order);
	}
	r->products = products_new(ranks, complete, n);
	return r;
}

static void
correlate_pair(const UpVariable *a, const UpVariable *b, size_t n, unsigned methods, UpScore *s)
{
	bool categories = a->n_values > 0 && b->n_values > 0;

	s->how = NULL;
	if ((methods & (categories ? UP_CORRELATE_CRAMERS_V : UP_CORRELATE_CORRELATION_RATIO)) != 0)
		*s = up_score_correlation(a, b, n, false);
}

void
up_correlate(const UpVariable *columns, uint32_t n_columns, size_t n, unsigned methods, UpCorrelateFn found,
			 void *arg)
{
	UpArena *arena = up_arena_enter();
	const double **v = up_alloc_array(UP_MAX(n_columns, 1), sizeof(double *));
	uint32_t *place = up_alloc_array(UP_MAX(n_columns, 1), sizeof(uint32_t)), d = 0;
	bool numbers = (methods & (UP_CORRELATE_PEARSON | UP_CORRELATE_SPEARMAN)) != 0;
	Products *p = NULL;
	Ranked *r = NULL;

	for (uint32_t j = 0; j < n_columns; j++)
	{
		place[j] = d;
		if (columns[j].n_values == 0)
			v[d++] = columns[j].v;
	}
	if (numbers && d > 1)
		p = products_new(v, d, n);
	if (p != NULL && (methods & UP_CORRELATE_SPEARMAN) != 0)
		r = ranked_new(v, d, n, p->mask);
	for (uint32_t a = 0; a < n_columns; a++)
	{
		up_progress("pairs of columns", a, n_columns);
		for (uint32_t b = a + 1; b < n_columns; b++)
		{
			bool two = columns[a].n_values == 0 && columns[b].n_values == 0;
			UpScore s[2] = {{.how = NULL}, {.how = NULL}};

			up_tick();
			if (!two)
				correlate_pair(&columns[a], &columns[b], n, methods, &s[0]);
			if (two && (methods & UP_CORRELATE_PEARSON) != 0)
				s[0] = correlation_of_sums(p, place[a], place[b], "pearson");
			if (two && r != NULL)
				s[1] = spearman_of_pair(r, v, n, place[a], place[b]);
			up_arena_suspend(arena);
			for (int i = 0; i < 2; i++)
			{
				if (s[i].how != NULL)
					found(arg, a, b, &s[i]);
			}
			up_arena_resume(arena);
		}
	}
	up_arena_leave(arena);
}
