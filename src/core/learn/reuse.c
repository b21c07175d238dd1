/*
 * reuse.c - what trainings on the same prepared rows share; see reuse.h
 */
#include "learn/reuse.h"

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
