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
	const UpPath *path = reuse != NULL ? reuse->path : NULL;

	for (uint32_t i = 0; path != NULL && i < path->n_points; i++)
	{
		const UpPathPoint *p = &path->points[i];

		if (strcmp(p->family, family) == 0 &&
			(nearest == NULL || fabs(log(p->C / C)) < fabs(log(nearest->C / C))))
			nearest = p;
	}
	return nearest;
}

#define MOST_OF_MEMORY 64 /* a path takes no more than this part of it */
#define MOST_NODES     5
#define GOOD_GUESS     0.05 /* of the way between two solutions */

/* Up to so many points of a family, those that are nearest to C first; returns their number. */
static uint32_t
nearest_points(const UpReuse *reuse, const char *family, double C, const UpPathPoint **nodes)
{
	const UpPath *path = reuse != NULL ? reuse->path : NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; path != NULL && i < path->n_points; i++)
	{
		const UpPathPoint *p = &path->points[i];
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

/* The place of the next point, of many that of the oldest, with these n values. */
static UpPathPoint *
next_point(UpPath *path, const char *family, double C, size_t n)
{
	UpPathPoint *p = &path->points[path->next_point];
	void *before;

	path->next_point = (path->next_point + 1) % UP_PATH_POINTS;
	if (path->n_points < UP_PATH_POINTS)
		path->n_points++;
	else
	{
		up_free(p->family);
		up_free(p->w);
	}
	before = up_arena_visit(path->arena);
	p->family = up_strdup(family);
	p->w = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	up_arena_return(before);
	p->n = n;
	p->C = C;
	return p;
}

void
up_path_add(UpReuse *reuse, const char *family, double C, const double *w, size_t n)
{
	UpPath *path = reuse != NULL ? reuse->path : NULL;

	if (path == NULL || n > up_memory_limit() / MOST_OF_MEMORY / UP_PATH_POINTS / sizeof(double))
		return;
	memcpy(next_point(path, family, C, n)->w, w, n * sizeof(double));
}

UpPath *
up_path_new(UpArena *arena)
{
	void *before = up_arena_visit(arena);
	UpPath *path = up_alloc0(sizeof(UpPath));

	up_arena_return(before);
	path->arena = arena;
	return path;
}

void
up_put_path(UpWriter *w, const UpPath *path)
{
	/* The oldest first, so that they go in the same order. */
	uint32_t first = path->n_points < UP_PATH_POINTS ? 0 : path->next_point;

	up_put_u32(w, path->n_points);
	for (uint32_t i = 0; i < path->n_points; i++)
	{
		const UpPathPoint *p = &path->points[(first + i) % UP_PATH_POINTS];

		up_put_text(w, p->family);
		up_put_f64(w, p->C);
		up_put_u64(w, p->n);
		up_put_bytes(w, p->w, p->n * sizeof(double));
	}
}

void
up_get_path(UpReader *r, UpPath *path)
{
	uint32_t n = up_get_count(r, sizeof(double), UP_PATH_POINTS, "solutions");

	for (uint32_t i = 0; i < path->n_points; i++)
	{
		up_free(path->points[i].family);
		up_free(path->points[i].w);
	}
	path->n_points = path->next_point = 0;
	for (uint32_t i = 0; i < n; i++)
	{
		char *family = up_get_text(r);
		double C = up_get_f64(r);
		size_t n_values = (size_t) up_get_count64(r, sizeof(double), "values");
		UpPathPoint *p = next_point(path, family, C, n_values);

		up_get_bytes(r, p->w, n_values * sizeof(double));
		up_free(family);
	}
}
