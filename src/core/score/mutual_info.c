/*
 * mutual_info.c - mutual information by nearest neighbours; see mutual_info.h
 *
 * Two numbers (Kraskov, Stögbauer, Grassberger 2004): psi(n) + psi(k) - mean psi(n_x + 1) - mean psi(n_y + 1), where n_x
 * and n_y count the others within the distance of the k-th neighbour in the plane (the greater of both distances).
 * A number and classes (Ross 2014): psi(n) + mean psi(k) - mean psi(n_c) - mean psi(m), where n_c is the size of the
 * point's class, the k-th neighbour is looked for in its class, and m counts all points within that distance. Values are
 * scaled to unit deviation, and noise of 1e-10 breaks ties, as scikit-learn does; below 0 is 0.
 *
 * Cost: sorting; in the plane the neighbours in a strip of about sqrt(k n) points are looked at.
 */
#include "score/mutual_info.h"

#include "num/distributions.h"
#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <stdlib.h>

#define NEIGHBOURS 3
#define NOISE      1e-10
#define TICK_ROWS  1024

typedef struct Plane
{
	double x, y; /* x first: what they are sorted by */
} Plane;

/* Unit deviation, and a little noise; false where values do not differ, whose neighbours would be the noise's. */
static bool
condition(double *v, size_t n, uint64_t seed, uint64_t stream)
{
	double sum = 0, squares = 0, size = 0, mean, deviation;
	UpRng rng;

	for (size_t i = 0; i < n; i++)
		sum += v[i] - v[0];
	mean = v[0] + sum / (double) n;
	for (size_t i = 0; i < n; i++)
		squares += (v[i] - mean) * (v[i] - mean);
	deviation = sqrt(squares / (double) n);
	for (size_t i = 0; i < n; i++)
	{
		v[i] /= deviation > 0 ? deviation : 1;
		size += fabs(v[i]);
	}
	size = UP_MAX(size / (double) n, 1);
	up_rng_init(&rng, seed, stream);
	for (size_t i = 0; i < n; i++)
		v[i] += NOISE * size * up_rng_normal(&rng);
	return deviation > 0;
}

/* How many of sorted values are within r of center: by the difference, as center + r could round to the next value. */
static size_t
count_within(const double *sorted, size_t n, double center, double r)
{
	size_t first = 0, end = n, a, b;

	for (a = 0, b = n; a < b;)
	{
		size_t mid = a + (b - a) / 2;

		if (center - sorted[mid] > r)
			a = mid + 1;
		else
			b = mid;
	}
	first = a;
	for (b = n; a < b;)
	{
		size_t mid = a + (b - a) / 2;

		if (sorted[mid] - center <= r)
			a = mid + 1;
		else
			b = mid;
	}
	end = a;
	return end - first;
}

/* The distance of the k-th nearest of sorted values to the one at a position. */
static double
neighbour_on_line(const double *sorted, size_t n, size_t at, size_t k)
{
	size_t left = at, right = at;
	double distance = 0;

	for (; k > 0; k--)
	{
		double down = left > 0 ? sorted[at] - sorted[left - 1] : INFINITY;
		double up = right + 1 < n ? sorted[right + 1] - sorted[at] : INFINITY;

		distance = UP_MIN(down, up);
		if (down <= up)
			left--;
		else
			right++;
	}
	return distance;
}

static double
information_of_classes(double *x, const double *y, size_t n, uint32_t n_classes)
{
	double *all = up_alloc_array(UP_MAX(n, 1), sizeof(double)),
		   *group = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	size_t *size = up_alloc0((size_t) n_classes * sizeof(size_t)), counted = 0;
	double sum_k = 0, sum_class = 0, sum_m = 0;

	for (size_t i = 0; i < n; i++)
		size[(uint32_t) y[i]]++;
	for (size_t i = 0; i < n; i++)
	{
		if (size[(uint32_t) y[i]] > 1)
			all[counted++] = x[i];
	}
	up_sort_doubles(all, counted, NULL);
	for (uint32_t c = 0; c < n_classes; c++)
	{
		size_t k = UP_MIN(NEIGHBOURS, size[c] - 1), members = 0;

		if (size[c] < 2)
			continue;
		for (size_t i = 0; i < n; i++)
		{
			if (y[i] == c)
				group[members++] = x[i];
		}
		up_sort_doubles(group, members, NULL);
		for (size_t i = 0; i < members; i++)
		{
			double r = nextafter(neighbour_on_line(group, members, i, k), 0);

			if (i % TICK_ROWS == 0)
				up_tick();
			sum_m += up_digamma((double) count_within(all, counted, group[i], r));
		}
		sum_k += (double) members * up_digamma((double) k);
		sum_class += (double) members * up_digamma((double) members);
	}
	up_free(all);
	up_free(group);
	up_free(size);
	if (counted == 0)
		return 0;
	return up_digamma((double) counted) + (sum_k - sum_class - sum_m) / (double) counted;
}

/* The distance of the k-th neighbour in the plane; points are sorted by x. */
static double
neighbour_in_plane(const Plane *p, size_t n, size_t at)
{
	double best[NEIGHBOURS];
	size_t left = at, right = at + 1;

	for (int k = 0; k < NEIGHBOURS; k++)
		best[k] = INFINITY;
	for (;;)
	{
		double down = left > 0 ? p[at].x - p[left - 1].x : INFINITY;
		double up = right < n ? p[right].x - p[at].x : INFINITY, d;
		size_t next = down <= up ? left - 1 : right;
		int k = NEIGHBOURS - 1;

		if (UP_MIN(down, up) >= best[NEIGHBOURS - 1])
			return best[NEIGHBOURS - 1];
		d = UP_MAX(UP_MIN(down, up), fabs(p[next].y - p[at].y));
		if (d < best[k])
		{
			for (; k > 0 && best[k - 1] > d; k--)
				best[k] = best[k - 1];
			best[k] = d;
		}
		if (down <= up)
			left--;
		else
			right++;
	}
}

static double
information_of_numbers(double *x, double *y, size_t n)
{
	Plane *p = up_alloc_array(n, sizeof(Plane));
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		p[i] = (Plane){x[i], y[i]};
	up_sort(p, n, sizeof(Plane), up_compare_doubles);
	up_sort_doubles(x, n, NULL);
	up_sort_doubles(y, n, NULL);
	for (size_t i = 0; i < n; i++)
	{
		double r = nextafter(neighbour_in_plane(p, n, i), 0);

		if (i % TICK_ROWS == 0)
			up_tick();
		/* Both counts hold the point itself. */
		sum += up_digamma((double) count_within(x, n, p[i].x, r)) +
			   up_digamma((double) count_within(y, n, p[i].y, r));
	}
	up_free(p);
	return up_digamma((double) n) + up_digamma(NEIGHBOURS) - sum / (double) n;
}

UpScore
up_score_mutual_info(const UpVariable *a, const UpVariable *b, size_t n, uint64_t seed)
{
	UpScore s = {NAN, NAN, 0, "neighbours"};
	double *x, *y;

	if (a->n_values > 0 && b->n_values > 0)
		return up_score_mutual_info_binned(a, b, n);
	x = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(a->v[i]) || isnan(b->v[i]))
			continue;
		x[s.n] = a->v[i];
		y[s.n++] = b->v[i];
	}
	if (s.n > UP_NEIGHBOUR_ROWS)
		s = up_score_mutual_info_binned(a, b, n);
	else if (s.n > NEIGHBOURS)
	{
		bool differ = a->n_values > 0 || condition(x, s.n, seed, 1);

		differ &= b->n_values > 0 || condition(y, s.n, seed, 2);
		if (!differ)
			s.value = 0;
		else if (a->n_values > 0)
			s.value = information_of_classes(y, x, s.n, a->n_values);
		else
			s.value = b->n_values > 0 ? information_of_classes(x, y, s.n, b->n_values)
									  : information_of_numbers(x, y, s.n);
		s.value = UP_MAX(s.value, 0);
	}
	up_free(x);
	up_free(y);
	return s;
}
