/*
 * sequences.c - frequent sequential patterns by growing prefixes (see sequences.h)
 *
 * PrefixSpan (Pei et al. 2001), depth first. Instead of copies of what follows a prefix, it keeps the places where the prefix ends: for each
 * step of a user that can be the last one, the latest step with which it can begin. That is all that limits of time ask for:
 *
 *   - the next step must come within [min_gap, max_gap] after an end; of the ends that are early enough the latest is the nearest, and the
 *     beginning that belongs to it is the latest too: among ends of one user beginnings ascend. (A later end has at least the choice of
 *     predecessors that are as late; by induction from single items, where both are the same step.)
 *   - the span is met by some way to an end if it is met by the one that began last.
 *
 * So one walk over a user's steps finds all that may follow, limits or not. Cost: each prefix that is frequent walks twice over what follows
 * its ends. Memory: the ends of the frequent prefixes that are one item longer than the one looked at, for each length on the way.
 */
#include "mine/sequences.h"

#include <stdlib.h>
#include <string.h>

#include "num/sort.h"

#define SHARE_OF_SEARCH 0.6 /* of the time, where what was found is compared afterwards */
#define TICK_EVENTS     (1 << 20)

/* Steps of users: only items that enough users have. */
typedef struct Steps
{
	uint32_t n, n_users;
	int64_t *times;      /* [n] */
	uint32_t *users;     /* [n] */
	uint32_t *starts;    /* [n + 1] into items */
	uint32_t *items;     /* places among the frequent items, ascending in a step */
	uint32_t *user_ends; /* [n_users] the step after the user's last one */
	uint32_t n_items;    /* that are frequent */
	uint32_t *names;     /* [n_items] their numbers in the trails; ascending */
} Steps;

/* Where a prefix ends, and the latest step with which it can begin. */
typedef struct End
{
	uint32_t step, first;
} End;

typedef struct Miner
{
	const UpSequenceOptions *options;
	UpSequenceStore store;
	Steps steps;
	uint32_t max_len;
	uint32_t *counts;  /* [2 n_items] users, by code */
	uint32_t *ends;    /* [2 n_items] */
	uint32_t *user;    /* [2 n_items] the last user that was counted */
	uint32_t *place;   /* [2 n_items] where its next end goes */
	uint32_t *touched; /* [2 n_items] codes with a count */
	uint32_t *prefix;  /* [max_len] */
	size_t memory;
	size_t work;
	double deadline; /* of the search; 0: none */
	bool over;
} Miner;

static void *
take(Miner *m, size_t n, size_t size)
{
	m->memory += n * size;
	up_reserve(m->memory, "the mining of sequences");
	return up_alloc_array(UP_MAX(n, 1), size);
}

static void
give_back(Miner *m, void *p, size_t bytes)
{
	m->memory -= bytes;
	up_free(p);
}

/* ---- steps ---- */

/* Numbers the items that at least min_count users have, in their order; others get UINT32_MAX. */
static uint32_t *
frequent_items(Miner *m, const UpTrails *t)
{
	uint32_t *counts = up_alloc0(UP_MAX(t->n_items, 1) * sizeof(uint32_t));
	uint32_t *user = up_alloc0(UP_MAX(t->n_items, 1) * sizeof(uint32_t));
	uint32_t *number = take(m, t->n_items, sizeof(uint32_t));
	Steps *s = &m->steps;

	for (size_t i = 0; i < t->n; i++)
	{
		const UpTrailEvent *e = &t->events[i];

		if (i % TICK_EVENTS == 0)
			up_tick();
		if (user[e->item] != e->user + 1)
			counts[e->item]++;
		user[e->item] = e->user + 1;
	}
	for (uint32_t i = 0; i < t->n_items; i++)
		number[i] = counts[i] >= m->options->min_count ? s->n_items++ : UINT32_MAX;
	s->names = take(m, s->n_items, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_items; i++)
	{
		if (number[i] != UINT32_MAX)
			s->names[number[i]] = i;
	}
	up_free(counts);
	up_free(user);
	return number;
}

static void
make_steps(Miner *m, const UpTrails *t)
{
	Steps *s = &m->steps;
	uint32_t *number = frequent_items(m, t);
	size_t n = 0, n_items = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		if (i % TICK_EVENTS == 0)
			up_tick();
		n += number[t->events[i].item] != UINT32_MAX;
	}
	s->n_users = t->n_users;
	s->times = take(m, n, sizeof(int64_t));
	s->users = take(m, n, sizeof(uint32_t));
	s->starts = take(m, n + 1, sizeof(uint32_t));
	s->items = take(m, n, sizeof(uint32_t));
	s->user_ends = take(m, t->n_users, sizeof(uint32_t));
	for (uint32_t u = 0; u < t->n_users; u++)
	{
		uint32_t begin = s->n;

		for (size_t i = t->starts[u]; i < t->starts[u + 1]; i++)
		{
			const UpTrailEvent *e = &t->events[i];
			uint32_t item = number[e->item];

			if (item == UINT32_MAX)
				continue;
			if (s->n == begin || s->times[s->n - 1] != e->time)
			{
				s->times[s->n] = e->time;
				s->users[s->n] = u;
				s->starts[s->n++] = (uint32_t) n_items;
			}
			else if (s->items[n_items - 1] == item)
				continue;
			s->items[n_items++] = item;
		}
		s->user_ends[u] = s->n;
		if ((u & 4095) == 0)
			up_tick();
	}
	s->starts[s->n] = (uint32_t) n_items;
	give_back(m, number, t->n_items * sizeof(uint32_t));
}

/* ---- what may follow ---- */

/* What is done with an end of the prefix and an item. */
typedef void (*FollowFn)(Miner *m, uint32_t code, End end, void *arg);

static void
count_code(Miner *m, uint32_t code, End end, void *arg)
{
	uint32_t *n_touched = arg, user = m->steps.users[end.step];

	if (m->counts[code] == 0)
	{
		m->touched[(*n_touched)++] = code;
		m->ends[code] = 0;
	}
	if (m->counts[code] == 0 || m->user[code] != user)
		m->counts[code]++;
	m->user[code] = user;
	m->ends[code]++;
}

static void
put_end(Miner *m, uint32_t code, End end, void *arg)
{
	End *ends = arg;

	if (m->place[code] != UINT32_MAX)
		ends[m->place[code]++] = end;
}

/* Items of the end's own step, above the last one. */
static inline void
follow_within(Miner *m, End end, uint32_t last, FollowFn follow, void *arg)
{
	const Steps *s = &m->steps;

	for (uint32_t i = s->starts[end.step + 1]; i > s->starts[end.step] && s->items[i - 1] > last; i--)
		follow(m, 2 * s->items[i - 1], end, arg);
	m->work += 1;
}

/* All later steps of a user that may follow one of his ends. */
static inline void
follow_later(Miner *m, const End *ends, uint32_t n, FollowFn follow, void *arg)
{
	const Steps *s = &m->steps;
	const UpSequenceOptions *o = m->options;
	uint32_t to = s->user_ends[s->users[ends[0].step]], near = 0;

	for (uint32_t f = ends[0].step + 1; f < to; f++)
	{
		while (near < n && ends[near].step < f &&
			   up_time_between(s->times[ends[near].step], s->times[f]) >= o->min_gap)
			near++;
		if (near == 0)
			continue;
		if (up_time_between(s->times[ends[near - 1].step], s->times[f]) > o->max_gap)
		{
			if (near == n)
				break;
			continue;
		}
		if (up_time_between(s->times[ends[near - 1].first], s->times[f]) > o->span)
			continue;
		for (uint32_t i = s->starts[f]; i < s->starts[f + 1]; i++)
			follow(m, 2 * s->items[i] + 1, (End){f, ends[near - 1].first}, arg);
	}
	m->work += to - ends[0].step;
}

/* ends: of a prefix with this last code. */
static inline void
follow_all(Miner *m, const End *ends, uint32_t n, uint32_t last, FollowFn follow, void *arg)
{
	const Steps *s = &m->steps;

	for (uint32_t i = 0, next; i < n; i = next)
	{
		uint32_t user = s->users[ends[i].step];

		for (next = i; next < n && s->users[ends[next].step] == user; next++)
			follow_within(m, ends[next], last / 2, follow, arg);
		follow_later(m, ends + i, next - i, follow, arg);
		up_tick_work(&m->work, 1);
	}
}

/* ---- the search ---- */

/* The codes that enough users have after a prefix; each with where its ends begin. */
typedef struct Extension
{
	uint32_t code, count, start, n;
} Extension;

static int
compare_extensions(const void *a, const void *b)
{
	const Extension *x = a, *y = b;

	return x->code < y->code ? -1 : x->code > y->code;
}

/* From the counts, which are zeros again; the codes that are not frequent get no place. */
static Extension *
frequent_codes(Miner *m, uint32_t n_touched, uint32_t len, uint32_t *n, size_t *n_ends)
{
	Extension *found;

	*n = 0;
	*n_ends = 0;
	for (uint32_t i = 0; i < n_touched; i++)
		*n += up_sequences_wanted(&m->store, m->counts[m->touched[i]], len);
	found = take(m, *n, sizeof(Extension));
	*n = 0;
	for (uint32_t i = 0; i < n_touched; i++)
	{
		uint32_t code = m->touched[i];

		m->place[code] = UINT32_MAX;
		if (up_sequences_wanted(&m->store, m->counts[code], len))
			found[(*n)++] = (Extension){code, m->counts[code], 0, m->ends[code]};
		m->counts[code] = 0;
	}
	qsort(found, *n, sizeof(Extension), compare_extensions);
	for (uint32_t i = 0; i < *n; i++)
	{
		found[i].start = (uint32_t) *n_ends;
		m->place[found[i].code] = found[i].start;
		*n_ends += found[i].n;
	}
	return found;
}

static bool
is_over(Miner *m)
{
	if (!m->over && up_sequences_late(m->deadline))
		m->over = true;
	return m->over;
}

static void grow(Miner *m, const End *ends, uint32_t n, uint32_t len);

static void
grow_each(Miner *m, const Extension *found, uint32_t n, const End *ends, uint32_t len)
{
	for (uint32_t i = 0; i < n && !is_over(m); i++)
	{
		if (!up_sequences_wanted(&m->store, found[i].count, len + 1))
			continue;
		if (len == 0)
			up_progress("mining sequences", i, n);
		m->prefix[len] = found[i].code;
		if (len + 1 >= m->options->min_len)
			up_sequences_push(&m->store, m->prefix, len + 1, found[i].count);
		grow(m, ends + found[i].start, found[i].n, len + 1);
	}
}

/* All sequences that begin with the prefix of this length, which ends there. */
static void
grow(Miner *m, const End *ends, uint32_t n, uint32_t len)
{
	uint32_t n_touched = 0, n_found;
	size_t n_ends;
	Extension *found;
	End *next;

	if (len >= m->max_len && m->options->max_len != 0)
		return;
	follow_all(m, ends, n, m->prefix[len - 1], count_code, &n_touched);
	found = frequent_codes(m, n_touched, len + 1, &n_found, &n_ends);
	if (n_found > 0 && len >= m->max_len)
		m->store.found->truncated = true;
	else if (n_found > 0)
	{
		next = take(m, n_ends, sizeof(End));
		follow_all(m, ends, n, m->prefix[len - 1], put_end, next);
		grow_each(m, found, n_found, next, len);
		give_back(m, next, n_ends * sizeof(End));
	}
	give_back(m, found, n_found * sizeof(Extension));
}

/* Single items: every step that has it is an end, and a beginning. */
static void
grow_items(Miner *m)
{
	const Steps *s = &m->steps;
	uint32_t n_touched = 0, n_found;
	size_t n_ends;
	Extension *found;
	End *ends;

	for (uint32_t f = 0; f < s->n; f++)
	{
		for (uint32_t i = s->starts[f]; i < s->starts[f + 1]; i++)
			count_code(m, 2 * s->items[i] + 1, (End){f, f}, &n_touched);
		if (f % TICK_EVENTS == 0)
			up_tick();
	}
	found = frequent_codes(m, n_touched, 1, &n_found, &n_ends);
	ends = take(m, n_ends, sizeof(End));
	for (uint32_t f = 0; f < s->n; f++)
	{
		for (uint32_t i = s->starts[f]; i < s->starts[f + 1]; i++)
			put_end(m, 2 * s->items[i] + 1, (End){f, f}, ends);
		if (f % TICK_EVENTS == 0)
			up_tick();
	}
	grow_each(m, found, n_found, ends, 0);
}

/* Codes of the frequent items → codes of the items as they are numbered in the trails. */
static void
name_items(const Steps *s, UpSequences *found)
{
	for (size_t i = 0; i < found->starts[found->n]; i++)
		found->codes[i] = 2 * s->names[found->codes[i] / 2] + (found->codes[i] & 1);
}

void
up_mine_sequences(const UpTrails *trails, const UpSequenceOptions *options, UpSequences *sequences)
{
	Miner m = {.options = options};
	double now = options->deadline > 0 ? up_seconds() : 0;
	size_t n_codes;

	m.deadline = options->closed ? now + SHARE_OF_SEARCH * (options->deadline - now) : options->deadline;
	m.max_len = options->max_len == 0 ? UP_LONGEST_SEQUENCE : UP_MIN(options->max_len, UP_LONGEST_SEQUENCE);
	/* What a longer one contains is known only when that was found: of those there must be more than are wanted. */
	up_sequences_init(
		&m.store, sequences, options->min_count,
		options->closed ? (uint32_t) UP_MIN(UP_MAX(up_memory_limit() / 512, options->max_sequences), 1000000000)
						: options->max_sequences);
	m.memory = trails->n * sizeof(UpTrailEvent);
	make_steps(&m, trails);
	n_codes = 2 * (size_t) m.steps.n_items;
	m.counts = take(&m, n_codes, sizeof(uint32_t));
	memset(m.counts, 0, n_codes * sizeof(uint32_t));
	m.ends = take(&m, n_codes, sizeof(uint32_t));
	m.user = take(&m, n_codes, sizeof(uint32_t));
	m.place = take(&m, n_codes, sizeof(uint32_t));
	m.touched = take(&m, n_codes, sizeof(uint32_t));
	m.prefix = take(&m, m.max_len + 1, sizeof(uint32_t));
	grow_items(&m);
	up_sequences_finish(&m.store);
	if (options->closed)
	{
		up_sequences_close(&m.store, options->max_gap == UP_ANY_TIME, options->deadline);
		if (sequences->n > options->max_sequences)
		{
			sequences->n = options->max_sequences;
			sequences->truncated = true;
		}
	}
	sequences->ended |= m.over;
	sequences->truncated |= m.over;
	name_items(&m.steps, sequences);
}
