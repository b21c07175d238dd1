/*
 * reuse.c - what trainings on the same prepared rows share; see reuse.h
 */
#include "learn/reuse.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

UpReuse *
up_reuse_new(UpArena *arena, size_t *left)
{
	void *before = up_arena_visit(arena);
	UpReuse *r = up_alloc0(sizeof(UpReuse));

	up_arena_return(before);
	r->arena = arena;
	r->left = left;
	r->path_end = NAN;
	return r;
}

bool
up_reuse_take(UpReuse *reuse, size_t bytes)
{
	if (reuse == NULL || bytes > *reuse->left)
		return false;
	*reuse->left -= bytes;
	reuse->taken += bytes;
	return true;
}

void
up_reuse_give_back(UpReuse *reuse, size_t bytes)
{
	*reuse->left += bytes;
	reuse->taken -= bytes;
}

const UpPathPoint *
up_path_nearest(const UpReuse *reuse, const char *family, double C)
{
	const UpPathPoint *nearest = NULL;

	for (uint32_t i = 0; reuse != NULL && i < reuse->n_points; i++)
	{
		const UpPathPoint *p = &reuse->points[i];

		if (strcmp(p->family, family) == 0 &&
			(nearest == NULL || fabs(log(p->C / C)) < fabs(log(nearest->C / C))))
			nearest = p;
	}
	return nearest;
}

#define MOST_NODES 5
#define GOOD_GUESS 0.05 /* of the way between two solutions */

/* Up to so many points of a family, those that are nearest to C first; returns their number. */
static uint32_t
nearest_points(const UpReuse *reuse, const char *family, double C, const UpPathPoint **nodes)
{
	uint32_t n = 0;

	for (uint32_t i = 0; reuse != NULL && i < reuse->n_points; i++)
	{
		const UpPathPoint *p = &reuse->points[i];
		uint32_t at;

		if (strcmp(p->family, family) != 0)
			continue;
		if (n == MOST_NODES && fabs(log(p->C / C)) >= fabs(log(nodes[n - 1]->C / C)))
			continue;
		at = n < MOST_NODES ? n++ : n - 1;
		for (; at > 0 && fabs(log(nodes[at - 1]->C / C)) > fabs(log(p->C / C)); at--)
			nodes[at] = nodes[at - 1];
		nodes[at] = p;
	}
	return n;
}

static double
place_of(double C, bool inverse)
{
	return inverse ? 1 / C : log(C);
}

/* The polynomial through the nodes, at C (Lagrange); false: two nodes are one. */
static bool
extend(const UpPathPoint *const *nodes, uint32_t n, double C, bool inverse, double *w, size_t n_values)
{
	double share[MOST_NODES], at = place_of(C, inverse);

	for (uint32_t i = 0; i < n; i++)
	{
		double own = place_of(nodes[i]->C, inverse);

		share[i] = 1;
		for (uint32_t j = 0; j < n; j++)
		{
			double other = place_of(nodes[j]->C, inverse);

			if (j != i && !(fabs(own - other) > 1e-12 * fabs(own)))
				return false;
			share[i] *= j != i ? (at - other) / (own - other) : 1;
		}
	}
	memset(w, 0, n_values * sizeof(double));
	for (uint32_t i = 0; i < n; i++)
		up_vec_axpy(w, share[i], nodes[i]->w, n_values);
	return true;
}

static double
distance(const double *a, const double *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = UP_MAX(most, fabs(a[i] - b[i]));
	return most;
}

bool
up_path_extend(const UpReuse *reuse, const char *family, double C, double *w, size_t n)
{
	const UpPathPoint *nodes[MOST_NODES];
	uint32_t n_nodes = nearest_points(reuse, family, C, nodes), best = 0;
	bool best_inverse = false, extended;
	double *guess, least;

	if (n_nodes < 3)
		return false;
	guess = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	least = GOOD_GUESS * distance(nodes[0]->w, nodes[1]->w, n);
	/* How well the others would have told the nearest one. */
	for (uint32_t k = 2; k < n_nodes; k++)
	{
		for (int inverse = 0; inverse < 2; inverse++)
		{
			double off = extend(nodes + 1, k, nodes[0]->C, inverse, guess, n) ? distance(guess, nodes[0]->w, n)
																			  : INFINITY;

			if (off <= least)
			{
				least = off;
				best = k;
				best_inverse = inverse;
			}
		}
	}
	extended = best > 0 && extend(nodes, UP_MIN(best + 1, n_nodes), C, best_inverse, guess, n);
	if (extended)
		memcpy(w, guess, n * sizeof(double));
	up_free(guess);
	return extended;
}

void
up_path_add(UpReuse *reuse, const char *family, double C, const double *w, size_t n)
{
	UpPathPoint *p;
	void *before;

	if (!up_reuse_take(reuse, n * sizeof(double) + sizeof(UpPathPoint)))
		return;
	p = &reuse->points[reuse->next_point];
	reuse->next_point = (reuse->next_point + 1) % UP_PATH_POINTS;
	if (reuse->n_points < UP_PATH_POINTS)
		reuse->n_points++;
	else
	{
		up_free(p->family);
		up_free(p->w);
		up_reuse_give_back(reuse, n * sizeof(double) + sizeof(UpPathPoint));
	}
	before = up_arena_visit(reuse->arena);
	p->family = up_strdup(family);
	p->w = up_alloc_array(n, sizeof(double));
	up_arena_return(before);
	memcpy(p->w, w, n * sizeof(double));
	p->C = C;
}
