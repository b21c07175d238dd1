/*
 * funnel.c - how far users come along given steps (see funnel.h)
 *
 * For each step the latest beginning of a way that has come as far: whatever follows, a way that began later has at least as much time left, so
 * that the others can be forgotten. (To go on from the first event of each step is wrong: a user who began twice may be too late from the first
 * time and in time from the second.) Cost: the steps of the funnel for each event of one of its items.
 */
#include "mine/funnel.h"

#include <math.h>
#include <string.h>

#include "num/sort.h"

typedef struct Way
{
	bool there;
	int64_t times[UP_MOST_STEPS]; /* of its events; the first is its beginning */
} Way;

typedef struct Walk
{
	const UpFunnelOptions *options;
	uint32_t kind[UP_MOST_STEPS];       /* of each step: its item, numbered from 1 */
	uint32_t *kind_of;                  /* [n_items] 0: no step's */
	uint32_t n_here[UP_MOST_STEPS + 1]; /* by kind: events at this time */
	Way *ways;                          /* [n_steps + 1] that have come as far */
	uint32_t farthest;
	int64_t first_way[UP_MOST_STEPS]; /* the first that came as far as that */
	double *waits[UP_MOST_STEPS];
	size_t n_waits[UP_MOST_STEPS], capacity[UP_MOST_STEPS];
	size_t memory;
} Walk;

static void
number_kinds(Walk *w, const UpTrails *t)
{
	const UpFunnelOptions *o = w->options;
	uint32_t n = 0;

	w->kind_of = up_alloc0(UP_MAX(t->n_items, 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < o->n_steps; i++)
	{
		uint32_t item = o->steps[i];

		/* Of an item that nobody has there is never an event. */
		if (item >= t->n_items)
			w->kind[i] = ++n;
		else
		{
			if (w->kind_of[item] == 0)
				w->kind_of[item] = ++n;
			w->kind[i] = w->kind_of[item];
		}
	}
}

/* All that the events of one time do to the ways; from the farthest, so that each goes on from what it was before. */
static void
go_on(Walk *w, int64_t time)
{
	const UpFunnelOptions *o = w->options;
	uint32_t left[UP_MOST_STEPS + 1], before = w->farthest;

	for (uint32_t j = UP_MIN(o->n_steps - 1, before) + 1; j-- > 0;)
	{
		const Way *from = &w->ways[j];

		if (j > 0 && (!from->there || up_time_between(from->times[0], time) > o->within))
			continue;
		memcpy(left, w->n_here, sizeof(left));
		for (uint32_t k = j; k < o->n_steps && left[w->kind[k]] > 0; k++)
		{
			Way *to = &w->ways[k + 1];
			int64_t begin = j > 0 ? from->times[0] : time;

			left[w->kind[k]]--;
			if (to->there && to->times[0] >= begin)
				continue;
			to->there = true;
			memcpy(to->times, from->times, j * sizeof(int64_t));
			for (uint32_t i = j; i <= k; i++)
				to->times[i] = time;
			w->farthest = UP_MAX(w->farthest, k + 1);
		}
	}
	if (w->farthest > before)
		memcpy(w->first_way, w->ways[w->farthest].times, w->farthest * sizeof(int64_t));
}

static void
note_wait(Walk *w, uint32_t step, double wait)
{
	if (w->n_waits[step] == w->capacity[step])
	{
		size_t more = UP_MAX(w->capacity[step], 64);

		w->memory += more * sizeof(double);
		up_reserve(2 * w->memory, "the times between steps");
		w->capacity[step] += more;
		w->waits[step] = w->waits[step] == NULL
							 ? up_alloc_array(w->capacity[step], sizeof(double))
							 : up_realloc(w->waits[step], w->capacity[step] * sizeof(double));
	}
	w->waits[step][w->n_waits[step]++] = wait;
}

static void
walk_user(Walk *w, const UpTrailEvent *e, size_t n, UpFunnel *funnel)
{
	for (uint32_t k = 0; k <= w->options->n_steps; k++)
		w->ways[k].there = k == 0;
	w->farthest = 0;
	for (size_t i = 0, next; i < n; i = next)
	{
		bool any = false;

		for (next = i; next < n && e[next].time == e[i].time; next++)
		{
			any |= w->kind_of[e[next].item] != 0;
			w->n_here[w->kind_of[e[next].item]]++;
		}
		if (any)
			go_on(w, e[i].time);
		for (size_t j = i; j < next; j++)
			w->n_here[w->kind_of[e[j].item]] = 0;
	}
	for (uint32_t k = 0; k < w->farthest; k++)
	{
		funnel->users[k]++;
		if (k > 0)
			note_wait(w, k, (double) up_time_between(w->first_way[k - 1], w->first_way[k]));
	}
}

static double
median(double *v, size_t n)
{
	if (n == 0)
		return NAN;
	up_sort_doubles(v, n, NULL);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

void
up_count_funnel(const UpTrails *t, const UpFunnelOptions *options, UpFunnel *funnel)
{
	Walk *w = up_alloc0(sizeof(Walk));
	size_t work = 0;

	UP_ASSERT(options->n_steps >= 1 && options->n_steps <= UP_MOST_STEPS);
	memset(funnel, 0, sizeof(*funnel));
	w->options = options;
	w->ways = up_alloc0((options->n_steps + 1) * sizeof(Way));
	w->memory = t->n * sizeof(UpTrailEvent);
	number_kinds(w, t);
	for (uint32_t u = 0; u < t->n_users; u++)
	{
		walk_user(w, t->events + t->starts[u], t->starts[u + 1] - t->starts[u], funnel);
		up_tick_work(&work, (t->starts[u + 1] - t->starts[u]) * options->n_steps);
	}
	for (uint32_t k = 0; k < options->n_steps; k++)
	{
		funnel->medians[k] = median(w->waits[k], w->n_waits[k]);
		up_free(w->waits[k]);
	}
	up_free(w->ways);
	up_free(w->kind_of);
	up_free(w);
}
