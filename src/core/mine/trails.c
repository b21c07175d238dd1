/*
 * trails.c - what users did, in order of time (see trails.h)
 *
 * One counting sort by user, then each user's rows by time; those that are in order already cost one look.
 */
#include "mine/trails.h"

#include <string.h>

#include "num/sort.h"

#define TICK_EVENTS 65536

void
up_trails_init(UpTrails *t)
{
	memset(t, 0, sizeof(*t));
	t->capacity = 4096;
	t->events = up_alloc_array(t->capacity, sizeof(UpTrailEvent));
}

void
up_trails_grow(UpTrails *t)
{
	if (t->n >= UINT32_MAX / 2)
		up_fail_with(UP_LIMIT, NULL, "Take a shorter time, or a sample of the users.",
					 "the source has more than %u rows with user, time and item", UINT32_MAX / 2);
	up_reserve(2 * t->capacity * sizeof(UpTrailEvent), "what users did");
	t->capacity *= 2;
	t->events = up_realloc(t->events, t->capacity * sizeof(UpTrailEvent));
}

static int
compare_events(const void *a, const void *b)
{
	const UpTrailEvent *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static void
sort_user(UpTrailEvent *events, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		if (compare_events(&events[i - 1], &events[i]) > 0)
		{
			up_sort(events, n, sizeof(UpTrailEvent), compare_events);
			return;
		}
	}
}

/* starts[u] = where user u begins, and the rows put there. */
static void
scatter(UpTrails *t, const uint32_t *rank)
{
	UpTrailEvent *sorted = up_alloc_array(UP_MAX(t->n, 1), sizeof(UpTrailEvent));
	size_t *next = up_alloc_array(UP_MAX(t->n_users, 1), sizeof(size_t));
	size_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		if (i % TICK_EVENTS == 0)
			up_tick();
		t->starts[t->events[i].user]++;
	}
	for (uint32_t u = 0; u <= t->n_users; u++)
	{
		size_t n = t->starts[u];

		t->starts[u] = sum;
		sum += n;
	}
	memcpy(next, t->starts, t->n_users * sizeof(size_t));
	for (size_t i = 0; i < t->n; i++)
	{
		UpTrailEvent *e = &sorted[next[t->events[i].user]++];

		if (i % TICK_EVENTS == 0)
			up_tick();
		*e = t->events[i];
		e->item = rank[e->item];
	}
	up_free(next);
	up_free(t->events);
	t->events = sorted;
	t->capacity = UP_MAX(t->n, 1);
}

void
up_trails_sort(UpTrails *t, const uint32_t *rank)
{
	size_t work = 0;

	UP_ASSERT(t->starts == NULL);
	up_reserve((t->capacity + t->n) * sizeof(UpTrailEvent) + 2 * ((size_t) t->n_users + 1) * sizeof(size_t),
			   "what users did");
	t->starts = up_alloc0(((size_t) t->n_users + 1) * sizeof(size_t));
	scatter(t, rank);
	for (uint32_t u = 0; u < t->n_users; u++)
	{
		size_t n = t->starts[u + 1] - t->starts[u];

		sort_user(t->events + t->starts[u], n);
		up_tick_work(&work, n + 1);
	}
}
