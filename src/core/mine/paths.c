/*
 * paths.c - the ways that users went (see paths.h)
 *
 * Cost: one hash probe a way. Memory: the different ways.
 */
#include "mine/paths.h"

#include <string.h>

void
up_each_visit(const UpTrails *t, uint64_t new_visit, bool collapse, UpVisitFn visit, void *arg)
{
	size_t longest = 0, work = 0;
	uint32_t *items;

	for (uint32_t u = 0; u < t->n_users; u++)
		longest = UP_MAX(longest, t->starts[u + 1] - t->starts[u]);
	items = up_alloc_array(UP_MAX(longest, 1), sizeof(uint32_t));
	for (uint32_t u = 0; u < t->n_users; u++)
	{
		size_t n = 0;

		for (size_t i = t->starts[u]; i < t->starts[u + 1]; i++)
		{
			const UpTrailEvent *e = &t->events[i];

			if (n > 0 && up_time_between(e[-1].time, e->time) > new_visit)
			{
				visit(arg, u, items, n);
				n = 0;
			}
			if (!collapse || n == 0 || items[n - 1] != e->item)
				items[n++] = e->item;
		}
		if (n > 0)
			visit(arg, u, items, n);
		up_tick_work(&work, n + 100);
	}
	up_free(items);
}

typedef struct Counting
{
	const UpPathOptions *options;
	UpPaths *paths;
	uint32_t *last_user; /* [capacity] + 1 */
	uint32_t *key;       /* [max_len + 1] */
} Counting;

static void
grow(Counting *c)
{
	UpPaths *p = c->paths;

	p->capacity *= 2;
	up_reserve(2 * p->capacity * (sizeof(uint64_t) + 3 * sizeof(uint32_t)), "the paths");
	p->counts = up_realloc(p->counts, p->capacity * sizeof(uint64_t));
	p->users = up_realloc(p->users, p->capacity * sizeof(uint32_t));
	c->last_user = up_realloc(c->last_user, p->capacity * sizeof(uint32_t));
}

static void
count_path(Counting *c, uint32_t user, const uint32_t *items, size_t n)
{
	UpPaths *p = c->paths;
	size_t len = UP_MIN(n, c->options->max_len);
	uint32_t known = p->keys.n, i;

	memcpy(c->key, items, len * sizeof(uint32_t));
	c->key[len] = n > len;
	if (known == p->capacity)
		grow(c);
	i = up_keys_bytes(&p->keys, c->key, (len + 1) * sizeof(uint32_t));
	if (i == known)
		p->counts[i] = p->users[i] = c->last_user[i] = 0;
	p->counts[i]++;
	p->users[i] += c->last_user[i] != user + 1;
	c->last_user[i] = user + 1;
	p->n++;
}

static void
take_visit(void *arg, uint32_t user, const uint32_t *items, size_t n)
{
	Counting *c = arg;
	const UpPathOptions *o = c->options;
	size_t from = 0, to;

	if (o->first_item != UP_ANY_ITEM)
	{
		while (from < n && items[from] != o->first_item)
			from++;
		if (from == n)
			return;
	}
	to = n;
	if (o->last_item != UP_ANY_ITEM)
	{
		for (to = from + (o->first_item != UP_ANY_ITEM); to < n && items[to] != o->last_item; to++)
			;
		if (to >= n)
			return;
		to++;
	}
	count_path(c, user, items + from, to - from);
}

static bool
path_before(const void *context, uint32_t a, uint32_t b)
{
	const UpPaths *p = context;
	uint32_t n_a, n_b;
	bool cut_a, cut_b;
	const uint32_t *x = up_path_get(p, a, &n_a, &cut_a), *y = up_path_get(p, b, &n_b, &cut_b);
	int by;

	if (p->counts[a] != p->counts[b])
		return p->counts[a] > p->counts[b];
	by = up_items_compare(x, n_a, y, n_b);
	return by != 0 ? by < 0 : !cut_a && cut_b;
}

const uint32_t *
up_path_get(const UpPaths *p, uint32_t i, uint32_t *len, bool *cut)
{
	size_t bytes;
	/* Keys are whole numbers of 4 bytes, so that each begins where one may. */
	const uint32_t *items = (const uint32_t *) (const void *) up_keys_get(&p->keys, i, &bytes);

	*len = (uint32_t) (bytes / sizeof(uint32_t)) - 1;
	*cut = items[*len] != 0;
	return items;
}

void
up_count_paths(const UpTrails *trails, const UpPathOptions *options, UpPaths *paths)
{
	Counting c = {.options = options, .paths = paths};

	memset(paths, 0, sizeof(*paths));
	up_keys_init(&paths->keys, true);
	paths->capacity = 1024;
	paths->counts = up_alloc_array(paths->capacity, sizeof(uint64_t));
	paths->users = up_alloc_array(paths->capacity, sizeof(uint32_t));
	c.last_user = up_alloc_array(paths->capacity, sizeof(uint32_t));
	c.key = up_alloc_array((size_t) options->max_len + 1, sizeof(uint32_t));
	up_each_visit(trails, options->new_visit, options->collapse, take_visit, &c);
	up_free(c.last_user);
	up_free(c.key);
	paths->order = up_alloc_array(UP_MAX(paths->keys.n, 1), sizeof(uint32_t));
	for (uint32_t i = 0; i < paths->keys.n; i++)
		paths->order[i] = i;
	up_sort_numbers(paths->order, paths->keys.n, path_before, paths);
}
