/*
 * pairs.c - events (user, item, weight, time) in any order become interactions; see pairs.h
 *
 * A counting sort by user, and a sort of each user's by item, bring the events of a pair together. Those of one pair are sorted by time and weight
 * before they are summed up, and users by a hash of what they have: sums come in one order, whatever the order of the events.
 * Cost: O(n) and the sorting of what a user has; 8 bytes an event beside the result.
 */
#include "learn/recommend/pairs.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "num/sort.h"

#define FIRST_EVENTS  64
#define MOST_EVENTS   (UINT32_MAX - 1)
#define MOST_WEIGHT   1e15
#define LEAST_RECENCY 1e-12
#define DAY           86400.0

static size_t
event_bytes(const UpPairs *e)
{
	return 2 * sizeof(uint32_t) + (e->weights != NULL) * sizeof(double) + (e->times != NULL) * sizeof(double);
}

void
up_pairs_init(UpPairs *e, bool weighted, bool timed)
{
	memset(e, 0, sizeof(*e));
	e->capacity = FIRST_EVENTS;
	e->pairs = up_alloc_array(2 * e->capacity, sizeof(uint32_t));
	if (weighted)
		e->weights = up_alloc_array(e->capacity, sizeof(double));
	if (timed)
		e->times = up_alloc_array(e->capacity, sizeof(double));
}

static void
grow(UpPairs *e)
{
	size_t capacity = e->capacity * 2;

	if (e->n >= MOST_EVENTS)
		up_fail_with(UP_LIMIT, NULL, "Use fewer events, such as those of the last year.",
					 "there are more than %u events", MOST_EVENTS);
	up_reserve((capacity + e->capacity) * event_bytes(e), "reading the events");
	e->pairs = up_realloc(e->pairs, 2 * capacity * sizeof(uint32_t));
	if (e->weights != NULL)
		e->weights = up_realloc(e->weights, capacity * sizeof(double));
	if (e->times != NULL)
		e->times = up_realloc(e->times, capacity * sizeof(double));
	e->capacity = capacity;
}

void
up_pairs_add(UpPairs *e, uint32_t user, uint32_t item, double weight, double time)
{
	if (e->weights != NULL && !isfinite(weight))
		up_fail_with(UP_INVALID_DATA, up_format("A weight is %s.", isnan(weight) ? "NaN" : "infinite"),
					 "Leave such events out, or use a number.", "weights of events must be finite");
	if (e->times != NULL && isinf(time))
		up_fail_with(UP_INVALID_DATA, NULL, "Leave such events out.", "times of events must be finite");
	if (e->n == e->capacity)
		grow(e);
	e->pairs[2 * e->n] = user;
	e->pairs[2 * e->n + 1] = item;
	if (e->weights != NULL)
		e->weights[e->n] = weight;
	if (e->times != NULL)
		e->times[e->n] = time;
	e->n++;
}

double
up_pairs_last(const UpPairs *e)
{
	double last = NAN;

	for (size_t i = 0; e->times != NULL && i < e->n; i++)
	{
		if (!(e->times[i] <= last) && !isnan(e->times[i]))
			last = e->times[i];
	}
	return last;
}

static double
first_time(const UpPairs *e)
{
	double first = NAN;

	for (size_t i = 0; e->times != NULL && i < e->n; i++)
	{
		if (!(e->times[i] >= first) && !isnan(e->times[i]))
			first = e->times[i];
	}
	return first;
}

/* An event of a pair. */
typedef struct Event
{
	double time, weight;
} Event;

static int
compare_events(const void *a, const void *b)
{
	const Event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->weight > y->weight) - (x->weight < y->weight);
}

/* The events by user and item. */
typedef struct Sorted
{
	const UpPairs *events;
	const UpGrouping *how;
	double now, oldest;
	uint64_t *starts; /* [n_users + 1] into cells */
	uint64_t *cells;  /* of each user, ascending: item and event */
	Event *pair;      /* those of one pair */
	size_t capacity;
} Sorted;

static uint32_t
item_of(const Sorted *s, size_t event)
{
	uint32_t item = s->events->pairs[2 * event + 1];

	return s->how->item_number != NULL ? s->how->item_number[item] : item;
}

/*
 * Items are carried along: to fetch them by the events' numbers is to wait for memory at each. What is passed over has no cell, so that there may be
 * fewer than events.
 */
static void
sort_events(Sorted *s)
{
	const UpPairs *e = s->events;
	uint32_t n_users = s->how->n_users;
	uint64_t *next = up_alloc0(((size_t) n_users + 2) * sizeof(uint64_t));
	size_t work = 0;

	s->starts = next;
	s->cells = up_alloc_array(UP_MAX(e->n, 1), sizeof(uint64_t));
	for (size_t i = 0; i < e->n; i++)
	{
		up_tick_work(&work, 4);
		next[e->pairs[2 * i] + 2] += item_of(s, i) != UP_NO_ITEM;
	}
	for (uint32_t u = 0; u < n_users; u++)
		next[u + 2] += next[u + 1];
	/* Each place moves on to where the next user begins. */
	for (size_t i = 0; i < e->n; i++)
	{
		uint32_t item = item_of(s, i);

		up_tick_work(&work, 8);
		if (item != UP_NO_ITEM)
			s->cells[next[e->pairs[2 * i] + 1]++] = (uint64_t) item << 32 | i;
	}
	for (uint32_t u = 0; u < n_users; u++)
	{
		size_t n = s->starts[u + 1] - s->starts[u];

		up_tick_work(&work, 32 * n + 1);
		up_sort_words(s->cells + s->starts[u], n);
	}
}

static void
check_weights(const Sorted *s)
{
	const UpPairs *e = s->events;
	size_t work = 0;

	for (size_t i = 0; e->weights != NULL && i < e->n; i++)
	{
		double w = e->weights[i];

		up_tick_work(&work, 2);
		if (item_of(s, i) == UP_NO_ITEM)
			continue;
		if (!s->how->ratings && !(w > 0))
			up_fail_with(UP_INVALID_DATA, up_format("An event has the weight %g.", w),
						 "Leave such events out of the source (WHERE weight > 0), or leave the weight out.",
						 "weights of events must be above 0");
		if (fabs(w) > MOST_WEIGHT)
			up_fail_with(UP_INVALID_DATA, up_format("An event has the weight %g.", w), NULL,
						 "weights of events must not exceed %g", MOST_WEIGHT);
	}
}

static double
recency_of(const Sorted *s, double time)
{
	double age = s->now - (isnan(time) ? s->oldest : time);

	if (isnan(s->how->half_life) || !(age > 0))
		return 1;
	return UP_MAX(exp2(-age / (s->how->half_life * DAY)), LEAST_RECENCY);
}

/* One pair's events, in cells first … end - 1: their weight and how recent the last is. */
static double
sum_pair(Sorted *s, size_t first, size_t end, double *recency)
{
	const UpPairs *e = s->events;
	size_t n = end - first, from = 0;
	double sum = 0;

	if (n > s->capacity)
	{
		up_free(s->pair);
		s->capacity = 2 * n;
		up_reserve(s->capacity * 2 * sizeof(Event), "grouping the events");
		s->pair = up_alloc_array(s->capacity, sizeof(Event));
	}
	for (size_t i = 0; i < n; i++)
	{
		uint32_t event = (uint32_t) s->cells[first + i];
		double time = e->times != NULL ? e->times[event] : NAN;

		s->pair[i].time = isnan(time) ? (isnan(s->oldest) ? 0 : s->oldest) : time;
		s->pair[i].weight = e->weights != NULL ? e->weights[event] : 1;
	}
	up_sort(s->pair, n, sizeof(Event), compare_events);
	*recency = recency_of(s, s->pair[n - 1].time);
	if (s->how->ratings)
	{
		while (s->pair[from].time != s->pair[n - 1].time)
			from++;
		for (size_t i = from; i < n; i++)
			sum += s->pair[i].weight;
		return sum / (double) (n - from);
	}
	for (size_t i = 0; i < n; i++)
		sum += s->pair[i].weight * recency_of(s, s->pair[i].time);
	return sum;
}

static UpInteractions *
new_interactions(uint32_t n_users, uint32_t n_items, uint32_t n_segments, size_t n, bool recent, bool segments)
{
	UpInteractions *x = up_alloc0(sizeof(*x));

	x->n_users = n_users;
	x->n_items = n_items;
	x->n_segments = n_segments;
	x->starts = up_alloc0(((size_t) n_users + 1) * sizeof(uint64_t));
	x->items = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	x->weights = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	if (recent)
		x->recency = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	if (segments)
		x->segments = up_alloc_array(UP_MAX(n_users, 1), sizeof(uint32_t));
	return x;
}

static size_t
interactions_bytes(uint32_t n_users, size_t n)
{
	return n * (sizeof(uint32_t) + 2 * sizeof(double)) +
		   ((size_t) n_users + 1) * (sizeof(uint64_t) + sizeof(uint32_t));
}

/* The end of the pair whose cells begin at first, those of its user at end. */
static size_t
pair_end(const Sorted *s, size_t first, size_t end)
{
	size_t at = first + 1;

	while (at < end && s->cells[at] >> 32 == s->cells[first] >> 32)
		at++;
	return at;
}

/* How many different pairs there are. */
static size_t
count_pairs(const Sorted *s)
{
	size_t n = 0, work = 0;

	for (uint32_t u = 0; u < s->how->n_users; u++)
	{
		size_t end = s->starts[u + 1];

		up_tick_work(&work, 4 * (end - s->starts[u]) + 1);
		for (size_t at = s->starts[u]; at < end; at = pair_end(s, at, end))
			n++;
	}
	return n;
}

static UpInteractions *
sum_up(Sorted *s)
{
	const UpGrouping *g = s->how;
	size_t at = 0, work = 0;
	UpInteractions *x = new_interactions(g->n_users, g->n_items, g->n_segments, count_pairs(s),
										 !isnan(g->half_life), g->segments != NULL);

	for (uint32_t u = 0; u < g->n_users; u++)
	{
		size_t end = s->starts[u + 1], next;

		for (size_t first = s->starts[u]; first < end; first = next)
		{
			double recency;

			next = pair_end(s, first, end);
			up_tick_work(&work, 32 * (next - first));
			x->items[at] = (uint32_t) (s->cells[first] >> 32);
			x->weights[at] = sum_pair(s, first, next, &recency);
			if (x->recency != NULL)
				x->recency[at] = recency;
			at++;
		}
		x->starts[u + 1] = at;
	}
	if (g->segments != NULL)
		memcpy(x->segments, g->segments, g->n_users * sizeof(uint32_t));
	return x;
}

static uint64_t
user_hash(const UpInteractions *x, uint32_t u)
{
	size_t first = x->starts[u], n = x->starts[u + 1] - first;
	uint64_t h = up_mix64(x->segments != NULL ? x->segments[u] : 0);

	h = up_hash_bytes(x->items + first, n * sizeof(uint32_t), h);
	h = up_hash_bytes(x->weights + first, n * sizeof(double), h);
	return x->recency != NULL ? up_hash_bytes(x->recency + first, n * sizeof(double), h) : h;
}

/* Users by a hash of what they have: those that have the same can stand in for each other. */
static UpInteractions *
order_users(UpInteractions *x)
{
	UpKeyed *users = up_alloc_array(UP_MAX(x->n_users, 1), sizeof(UpKeyed));
	UpInteractions *y = new_interactions(x->n_users, x->n_items, x->n_segments, x->starts[x->n_users],
										 x->recency != NULL, x->segments != NULL);
	size_t work = 0;

	for (uint32_t u = 0; u < x->n_users; u++)
	{
		up_tick_work(&work, 8 + x->starts[u + 1] - x->starts[u]);
		users[u] = (UpKeyed){user_hash(x, u), u};
	}
	up_sort_keyed(users, x->n_users);
	for (uint32_t k = 0; k < x->n_users; k++)
	{
		uint32_t u = (uint32_t) users[k].position;
		size_t from = x->starts[u], to = y->starts[k], n = x->starts[u + 1] - from;

		up_tick_work(&work, 8 + n);
		memcpy(y->items + to, x->items + from, n * sizeof(uint32_t));
		memcpy(y->weights + to, x->weights + from, n * sizeof(double));
		if (x->recency != NULL)
			memcpy(y->recency + to, x->recency + from, n * sizeof(double));
		if (x->segments != NULL)
			y->segments[k] = x->segments[u];
		y->starts[k + 1] = to + n;
	}
	up_free(users);
	up_interactions_free(x);
	return y;
}

size_t
up_pairs_bytes(const UpPairs *e, size_t n, bool grouped)
{
	return n * event_bytes(e) + (grouped ? 2 * n * sizeof(uint32_t) + 2 * interactions_bytes(0, n) : 0);
}

size_t
up_pairs_group_bytes(const UpPairs *e, const UpGrouping *g)
{
	return e->capacity * event_bytes(e) + 2 * e->n * sizeof(uint32_t) +
		   2 * interactions_bytes(g->n_users, e->n);
}

UpInteractions *
up_pairs_group(const UpPairs *e, const UpGrouping *g)
{
	Sorted s = {.events = e, .how = g};
	UpInteractions *x;

	check_weights(&s);
	up_reserve(up_pairs_group_bytes(e, g), "grouping the events");
	s.now = isnan(g->now) ? up_pairs_last(e) : g->now;
	s.oldest = first_time(e);
	sort_events(&s);
	x = sum_up(&s);
	up_free(s.starts);
	up_free(s.cells);
	up_free(s.pair);
	return g->keep_users ? x : order_users(x);
}

uint32_t *
up_pairs_places(const UpPairs *e, uint32_t *pairs, uint32_t *n)
{
	UpKeyed *items = up_alloc_array(UP_MAX(e->n, 1), sizeof(UpKeyed));
	uint32_t *different = up_alloc_array(UP_MAX(e->n, 1), sizeof(uint32_t));

	for (size_t i = 0; i < e->n; i++)
		items[i] = (UpKeyed){e->pairs[2 * i + 1], i};
	up_sort_keyed(items, e->n);
	*n = 0;
	for (size_t i = 0; i < e->n; i++)
	{
		if (i == 0 || items[i].key != items[i - 1].key)
			different[(*n)++] = (uint32_t) items[i].key;
		pairs[2 * items[i].position] = 0;
		pairs[2 * items[i].position + 1] = *n - 1;
	}
	up_free(items);
	return different;
}

void
up_interactions_free(UpInteractions *x)
{
	up_free(x->starts);
	up_free(x->items);
	up_free(x->weights);
	up_free(x->recency);
	up_free(x->segments);
	up_free(x);
}
