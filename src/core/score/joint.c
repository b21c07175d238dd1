/*
 * joint.c - two passes over a chunk, and chunks joined by the gap of their means; see joint.h
 *
 * Around its own mean, and once more around what that mean is off by (Chan, Golub, LeVeque 1983):
 * M = M_a + M_b + n_a n_b / (n_a + n_b) g_x g_y. Cost: O(1) a value.
 */
#include "score/joint.h"

#include "score/score.h"

#include <math.h>
#include <string.h>

/* Of a chunk, and more where there are many groups: in long ones of rows in order, sums grow so large that they lose digits. */
#define CHUNK_ROWS 1024
#define GROUP_ROWS 16

/* Moves the mean by what is far smaller. */
static void
move_mean(UpMoment *m, double by)
{
	double mean = m->mean + by;

	m->rest += by - (mean - m->mean);
	m->mean = mean;
}

static double
gap_of(const UpMoment *m, const UpMoment *other)
{
	return (other->mean - m->mean) + (other->rest - m->rest);
}

void
up_moment_merge(UpMoment *m, const UpMoment *other)
{
	double n = m->n + other->n, gap = gap_of(m, other);

	if (other->n == 0)
		return;
	if (m->n == 0)
	{
		*m = *other;
		return;
	}
	m->squares += other->squares + gap * gap * (m->n * other->n / n);
	move_mean(m, gap * (other->n / n));
	m->n = n;
}

void
up_joint_merge(UpJoint *j, const UpJoint *other)
{
	if (other->x.n == 0)
		return;
	if (j->x.n == 0)
	{
		*j = *other;
		return;
	}
	j->products += other->products + gap_of(&j->x, &other->x) * gap_of(&j->y, &other->y) *
										 (j->x.n * other->x.n / (j->x.n + other->x.n));
	up_moment_merge(&j->x, &other->x);
	up_moment_merge(&j->y, &other->y);
}

static double
sum_of_4(const double *s)
{
	return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Their number, and the means of those that are known both. */
static void
find_means(UpJoint *j, const double *x, const double *y, size_t n)
{
	double sum_x[4] = {0}, sum_y[4] = {0}, x0, y0;
	size_t known = 0, first = 0;

	while (first < n && (isnan(x[first]) || isnan(y[first])))
		first++;
	if (first == n)
		return;
	x0 = x[first];
	y0 = y[first];
	for (size_t i = first; i < n; i++)
	{
		bool both = !isnan(x[i]) && !isnan(y[i]);

		known += both;
		sum_x[i & 3] += both ? x[i] - x0 : 0;
		sum_y[i & 3] += both ? y[i] - y0 : 0;
	}
	j->x.n = j->y.n = (double) known;
	j->x.mean = x0 + sum_of_4(sum_x) / (double) known;
	j->y.mean = y0 + sum_of_4(sum_y) / (double) known;
}

/* What is left of the squares and products when the means are moved to where they belong. */
static void
settle(UpJoint *j, double off_x, double off_y)
{
	double n = j->x.n;

	j->x.rest = off_x / n;
	j->y.rest = off_y / n;
	j->x.squares = UP_MAX(j->x.squares - off_x * off_x / n, 0);
	j->y.squares = UP_MAX(j->y.squares - off_y * off_y / n, 0);
	j->products -= off_x * off_y / n;
}

static void
add_chunk(UpJoint *j, const double *x, const double *y, size_t n)
{
	UpJoint c = {.products = 0};
	double off_x[4] = {0}, off_y[4] = {0}, xx[4] = {0}, yy[4] = {0}, xy[4] = {0};

	find_means(&c, x, y, n);
	if (c.x.n == 0)
		return;
	for (size_t i = 0; i < n; i++)
	{
		bool both = !isnan(x[i]) && !isnan(y[i]);
		double u = both ? x[i] - c.x.mean : 0, v = both ? y[i] - c.y.mean : 0;

		off_x[i & 3] += u;
		off_y[i & 3] += v;
		xx[i & 3] += u * u;
		yy[i & 3] += v * v;
		xy[i & 3] += u * v;
	}
	c.x.squares = sum_of_4(xx);
	c.y.squares = sum_of_4(yy);
	c.products = sum_of_4(xy);
	settle(&c, sum_of_4(off_x), sum_of_4(off_y));
	up_joint_merge(j, &c);
}

void
up_joint_add(UpJoint *j, const double *x, const double *y, size_t n)
{
	size_t work = 0;

	for (size_t first = 0; first < n; first += CHUNK_ROWS)
	{
		up_tick_work(&work, CHUNK_ROWS);
		add_chunk(j, x + first, y + first, UP_MIN(CHUNK_ROWS, n - first));
	}
}

static void
add_groups(UpMoment *groups, UpMoment *c, double *off, uint32_t n_groups, const double *v,
		   const uint32_t *group, size_t n)
{
	memset(c, 0, n_groups * sizeof(UpMoment));
	memset(off, 0, n_groups * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		UpMoment *m = &c[group[i]];

		if (isnan(v[i]))
			continue;
		/* Around the first one of its group: of equal ones the mean is exact. */
		if (m->n++ == 0)
			m->rest = v[i];
		m->mean += v[i] - m->rest;
	}
	for (uint32_t g = 0; g < n_groups; g++)
		c[g].mean = c[g].n > 0 ? c[g].rest + c[g].mean / c[g].n : 0;
	for (size_t i = 0; i < n; i++)
	{
		UpMoment *m = &c[group[i]];
		double d = isnan(v[i]) ? 0 : v[i] - m->mean;

		off[group[i]] += d;
		m->squares += d * d;
	}
	for (uint32_t g = 0; g < n_groups; g++)
	{
		if (c[g].n == 0)
			continue;
		c[g].rest = off[g] / c[g].n;
		c[g].squares = UP_MAX(c[g].squares - off[g] * off[g] / c[g].n, 0);
		up_moment_merge(&groups[g], &c[g]);
	}
}

void
up_moments_add(UpMoment *groups, uint32_t n_groups, const double *v, const uint32_t *group, size_t n)
{
	UpMoment *c = up_alloc_array(UP_MAX(n_groups, 1), sizeof(UpMoment));
	double *off = up_alloc_array(UP_MAX(n_groups, 1), sizeof(double));
	size_t rows = UP_MAX(CHUNK_ROWS, (size_t) n_groups * GROUP_ROWS), work = 0;

	for (size_t first = 0; first < n; first += rows)
	{
		up_tick_work(&work, rows);
		add_groups(groups, c, off, n_groups, v + first, group + first, UP_MIN(rows, n - first));
	}
	up_free(c);
	up_free(off);
}

double
up_joint_correlation(const UpJoint *j)
{
	return up_score_of_products(j->products, j->x.squares, j->y.squares);
}
