/*
 * assignment.c - the assignment problem; see assignment.h
 *
 * Minimizes the sum of c[i][j] = -value[i][j] over one-to-one pairs by shortest augmenting paths (Tomizawa 1971; Edmonds and
 * Karp 1972): rows are added one by one, each along the path of least reduced cost c[i][j] - u[i] - v[j] to a column that
 * is free. The potentials u and v keep reduced costs at or above zero, and at zero for the pairs, which proves the optimum.
 *
 * Cost: O(s² l) with s the smaller and l the larger of rows and columns; memory O(s + l) beside the values.
 */
#include "num/assignment.h"

#include <math.h>

#define NONE UINT32_MAX

/* The side with fewer members is the one that is added: "near"; the other is "far". */
typedef struct Search
{
	const double *value;
	uint32_t n_near, n_far, columns;
	bool turned;       /* near are the columns */
	double *u, *v;     /* potentials of near and far */
	uint32_t *near_of; /* of each far: its partner, or NONE */
	double *least;     /* of each far: the least reduced cost of a path to it */
	uint32_t *before;  /* the far that the path comes from; NONE: from the near that is added */
	bool *reached;
	size_t work;
} Search;

static double
cost(const Search *s, uint32_t near, uint32_t far)
{
	return s->turned ? -s->value[(size_t) far * s->columns + near]
					 : -s->value[(size_t) near * s->columns + far];
}

/* Looks on from one near, which is at this distance; the far that is next, whose distance is then the least. */
static uint32_t
look_on(Search *s, uint32_t near, uint32_t from, double distance)
{
	uint32_t next = NONE;

	up_tick_work(&s->work, s->n_far);
	for (uint32_t far = 0; far < s->n_far; far++)
	{
		double there;

		if (s->reached[far])
			continue;
		there = distance + cost(s, near, far) - s->u[near] - s->v[far];
		if (there < s->least[far])
		{
			s->least[far] = there;
			s->before[far] = from;
		}
		if (next == NONE || s->least[far] < s->least[next])
			next = far;
	}
	return next;
}

/* Adds one near: the shortest path to a far that is free, along which partners change. */
static void
add(Search *s, uint32_t added)
{
	uint32_t near = added, from = NONE, end;
	double distance = 0;

	for (uint32_t far = 0; far < s->n_far; far++)
	{
		s->least[far] = INFINITY;
		s->before[far] = NONE;
		s->reached[far] = false;
	}
	for (;;)
	{
		end = look_on(s, near, from, distance);
		distance = s->least[end];
		s->reached[end] = true;
		if (s->near_of[end] == NONE)
			break;
		near = s->near_of[end];
		from = end;
	}
	s->u[added] += distance;
	for (uint32_t far = 0; far < s->n_far; far++)
	{
		if (!s->reached[far] || s->near_of[far] == NONE)
			continue;
		s->u[s->near_of[far]] += distance - s->least[far];
		s->v[far] -= distance - s->least[far];
	}
	for (; s->before[end] != NONE; end = s->before[end])
		s->near_of[end] = s->near_of[s->before[end]];
	s->near_of[end] = added;
}

void
up_assign(const double *value, uint32_t rows, uint32_t columns, uint32_t *column_of)
{
	UpArena *arena = up_arena_enter();
	Search s = {.value = value, .columns = columns, .turned = rows > columns};

	s.n_near = s.turned ? columns : rows;
	s.n_far = s.turned ? rows : columns;
	s.u = up_alloc0(UP_MAX(s.n_near, 1) * sizeof(double));
	s.v = up_alloc0(UP_MAX(s.n_far, 1) * sizeof(double));
	s.near_of = up_alloc_array(UP_MAX(s.n_far, 1), sizeof(uint32_t));
	s.least = up_alloc_array(UP_MAX(s.n_far, 1), sizeof(double));
	s.before = up_alloc_array(UP_MAX(s.n_far, 1), sizeof(uint32_t));
	s.reached = up_alloc_array(UP_MAX(s.n_far, 1), sizeof(bool));
	for (uint32_t far = 0; far < s.n_far; far++)
		s.near_of[far] = NONE;
	for (uint32_t near = 0; near < s.n_near; near++)
		add(&s, near);
	for (uint32_t i = 0; i < rows; i++)
		column_of[i] = UP_UNASSIGNED;
	for (uint32_t far = 0; far < s.n_far; far++)
	{
		if (s.near_of[far] == NONE)
			continue;
		if (s.turned)
			column_of[far] = s.near_of[far];
		else
			column_of[s.near_of[far]] = far;
	}
	up_arena_leave(arena);
}
