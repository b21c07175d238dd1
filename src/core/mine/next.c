/*
 * next.c - training what comes next, and asking for it (see next.h)
 *
 * Contexts are found one length after the other: each place knows the context of the length before; two radix sorts by (context, item), one with the item
 * that follows and one with the item before, give followers and the contexts that are longer by one, in the order of the model. Cost: O(max_order rows);
 * memory: 48 bytes a row.
 */
#include "mine/next.h"

#include <string.h>

#include "num/sort.h"

#define NOWHERE UINT32_MAX

typedef struct Training
{
	const UpNextOptions *options;
	UpNext *model;
	uint32_t *items; /* [n] all ways, one after the other */
	uint32_t *at;    /* [n] how far into its way */
	uint32_t *node;  /* [n] the context of the present length before it, or NOWHERE */
	size_t n;
	UpKeyed *keyed;
} Training;

static void
take_visit(void *arg, uint32_t user, const uint32_t *items, size_t n)
{
	Training *t = arg;

	(void) user;
	for (size_t i = 0; i < n; i++)
	{
		t->items[t->n] = items[i];
		t->at[t->n] = (uint32_t) UP_MIN(i, UP_NEXT_MOST_ORDER);
		t->node[t->n++] = 0;
	}
}

static void
add_follower(UpNext *m, uint32_t item, uint64_t count)
{
	if (m->n_followers == m->followers_capacity)
	{
		m->followers_capacity = UP_MAX(2 * m->followers_capacity, 1024);
		up_reserve(2 * m->followers_capacity * (sizeof(uint32_t) + sizeof(uint64_t)), "what follows");
		m->followers = m->followers == NULL
						   ? up_alloc_array(m->followers_capacity, sizeof(uint32_t))
						   : up_realloc(m->followers, m->followers_capacity * sizeof(uint32_t));
		m->counts = m->counts == NULL ? up_alloc_array(m->followers_capacity, sizeof(uint64_t))
									  : up_realloc(m->counts, m->followers_capacity * sizeof(uint64_t));
	}
	m->followers[m->n_followers] = item;
	m->counts[m->n_followers++] = count;
}

static uint32_t
add_context(UpNext *m, uint32_t parent, uint32_t item)
{
	if (m->n_contexts + 1 >= m->capacity)
	{
		if (m->n_contexts > UINT32_MAX / 4)
			up_fail(UP_LIMIT, "there are more than %u contexts", m->n_contexts);
		m->capacity = UP_MAX(2 * m->capacity, 1024);
		up_reserve(2 * (size_t) m->capacity * sizeof(UpContext), "the contexts");
		m->contexts = m->contexts == NULL ? up_alloc_array(m->capacity, sizeof(UpContext))
										  : up_realloc(m->contexts, m->capacity * sizeof(UpContext));
	}
	m->contexts[m->n_contexts] = (UpContext){parent, item, 0, 0};
	return m->n_contexts++;
}

/* (context, item that is `back` before) of each place that has both; sorted. */
static size_t
key_places(Training *t, uint32_t back)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		if (t->node[i] == NOWHERE || t->at[i] < back)
			continue;
		t->keyed[n++] = (UpKeyed){(uint64_t) t->node[i] << 32 | t->items[i - back], i};
	}
	up_tick();
	up_sort_keyed(t->keyed, n);
	up_tick();
	return n;
}

/* Of all contexts of the present length, which are the last ones. */
static void
count_followers(Training *t)
{
	UpNext *m = t->model;
	size_t n = key_places(t, 0);

	for (size_t i = 0, next; i < n; i = next)
	{
		uint64_t key = t->keyed[i].key;
		UpContext *c = &m->contexts[key >> 32];

		for (next = i; next < n && t->keyed[next].key == key; next++)
			;
		if (c->n == 0)
			c->first = m->n_followers;
		c->n += next - i;
		add_follower(m, (uint32_t) key, next - i);
	}
}

/* Contexts that are longer by one item; false: there are none. */
static bool
lengthen(Training *t, uint32_t back)
{
	size_t n = key_places(t, back);
	bool any = false;

	for (size_t i = 0; i < t->n; i++)
		t->node[i] = NOWHERE;
	for (size_t i = 0, next; i < n; i = next)
	{
		uint64_t key = t->keyed[i].key;
		uint32_t node;

		for (next = i; next < n && t->keyed[next].key == key; next++)
			;
		if (next - i < t->options->min_count)
			continue;
		node = add_context(t->model, (uint32_t) (key >> 32), (uint32_t) key);
		any = true;
		for (const UpKeyed *k = t->keyed + i; k < t->keyed + next; k++)
			t->node[k->position] = node;
	}
	return any;
}

UpNext *
up_next_train(const UpTrails *trails, const UpNextOptions *options)
{
	UpNext *m = up_alloc0(sizeof(UpNext));
	Training t = {.options = options, .model = m};

	up_reserve(trails->n * (sizeof(UpTrailEvent) + 3 * sizeof(uint32_t) + 2 * sizeof(UpKeyed)), "the training");
	t.items = up_alloc_array(UP_MAX(trails->n, 1), sizeof(uint32_t));
	t.at = up_alloc_array(UP_MAX(trails->n, 1), sizeof(uint32_t));
	t.node = up_alloc_array(UP_MAX(trails->n, 1), sizeof(uint32_t));
	t.keyed = up_alloc_array(UP_MAX(trails->n, 1), sizeof(UpKeyed));
	up_each_visit(trails, options->new_visit, options->collapse, take_visit, &t);
	m->max_order = options->max_order;
	up_keys_init(&m->items, true);
	add_context(m, 0, UINT32_MAX);
	count_followers(&t);
	for (uint32_t order = 1; order <= options->max_order && lengthen(&t, order); order++)
	{
		up_progress("training what comes next", order, options->max_order);
		count_followers(&t);
	}
	m->contexts[m->n_contexts] = (UpContext){0, 0, m->n_followers, 0};
	up_free(t.items);
	up_free(t.at);
	up_free(t.node);
	up_free(t.keyed);
	return m;
}

/* ---- asking ---- */

static uint32_t
child_of(const UpNext *m, uint32_t parent, uint32_t item)
{
	uint32_t low = 1, high = m->n_contexts;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;
		const UpContext *c = &m->contexts[mid];

		if (c->parent < parent || (c->parent == parent && c->item < item))
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->n_contexts && m->contexts[low].parent == parent && m->contexts[low].item == item ? low
																									 : NOWHERE;
}

/* P(x | context) from P(x | the one that is shorter). */
static void
blend(const UpNext *m, uint32_t context, double *p)
{
	const UpContext *c = &m->contexts[context];
	uint64_t end = c[1].first;
	double d = (double) (end - c->first), all = (double) c->n + d;

	if (!(all > 0))
		return;
	for (uint32_t i = 0; i < m->items.n; i++)
		p[i] *= d / all;
	for (uint64_t f = c->first; f < end; f++)
		p[m->followers[f]] += (double) m->counts[f] / all;
}

static inline bool
is_likelier(const UpGuess *a, const UpGuess *b)
{
	return a->probability != b->probability ? a->probability > b->probability : a->item < b->item;
}

/* A heap, the least likely on top. */
static void
sink(UpGuess *heap, uint32_t n, uint32_t i)
{
	for (uint32_t child; (child = 2 * i + 1) < n; i = child)
	{
		UpGuess moved = heap[i];

		if (child + 1 < n && is_likelier(&heap[child], &heap[child + 1]))
			child++;
		if (!is_likelier(&moved, &heap[child]))
			return;
		heap[i] = heap[child];
		heap[child] = moved;
	}
}

static void
likeliest(const double *p, uint32_t n_items, uint32_t n, UpGuess *guesses)
{
	for (uint32_t i = 0; i < n; i++)
		guesses[i] = (UpGuess){i, p[i], 0};
	for (uint32_t i = n / 2; i-- > 0;)
		sink(guesses, n, i);
	for (uint32_t i = n; i < n_items; i++)
	{
		UpGuess g = {i, p[i], 0};

		if (!is_likelier(&g, &guesses[0]))
			continue;
		guesses[0] = g;
		sink(guesses, n, 0);
	}
	for (uint32_t last = n; last-- > 1;)
	{
		UpGuess moved = guesses[0];

		guesses[0] = guesses[last];
		guesses[last] = moved;
		sink(guesses, last, 0);
	}
}

static void
count_guesses(const UpNext *m, uint32_t context, UpGuess *guesses, uint32_t n)
{
	uint64_t *count = up_alloc0(UP_MAX(m->items.n, 1) * sizeof(uint64_t));

	for (uint64_t f = m->contexts[context].first; f < m->contexts[context + 1].first; f++)
		count[m->followers[f]] = m->counts[f];
	for (uint32_t i = 0; i < n; i++)
		guesses[i].count = count[guesses[i].item];
	up_free(count);
}

uint32_t
up_next_guess(const UpNext *m, const uint32_t *history, uint32_t n_history, uint32_t n, UpGuess *guesses,
			  uint32_t *used)
{
	double *p = up_alloc_array(UP_MAX(m->items.n, 1), sizeof(double));
	uint32_t context = 0;

	n = UP_MIN(n, m->items.n);
	*used = 0;
	for (uint32_t i = 0; i < m->items.n; i++)
		p[i] = 1.0 / m->items.n;
	if (n > 0)
		blend(m, 0, p);
	while (n > 0 && *used < n_history && history[n_history - 1 - *used] != UINT32_MAX)
	{
		uint32_t longer = child_of(m, context, history[n_history - 1 - *used]);

		if (longer == NOWHERE)
			break;
		context = longer;
		blend(m, context, p);
		++*used;
	}
	if (n > 0)
	{
		likeliest(p, m->items.n, n, guesses);
		count_guesses(m, context, guesses, n);
	}
	up_free(p);
	return n;
}

/* ---- bytes ---- */

void
up_put_next(UpWriter *w, const UpNext *m)
{
	UpWriter body;

	up_writer_init(&body);
	up_put_u32(&body, m->max_order);
	up_put_u32(&body, m->items.n);
	up_put_u32(&body, m->n_contexts);
	up_put_u64(&body, m->n_followers);
	for (uint32_t i = 0; i < m->items.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&m->items, i, &len);

		up_put_u32(&body, (uint32_t) len);
		up_put_bytes(&body, text, len);
	}
	for (uint32_t i = 0; i < m->n_contexts; i++)
	{
		up_put_u32(&body, m->contexts[i].parent);
		up_put_u32(&body, m->contexts[i].item);
		up_put_u32(&body, (uint32_t) (m->contexts[i + 1].first - m->contexts[i].first));
		up_tick();
	}
	for (uint64_t f = 0; f < m->n_followers; f++)
	{
		up_put_u32(&body, m->followers[f]);
		up_put_u64(&body, m->counts[f]);
	}
	if (body.len > UINT32_MAX)
		up_fail(UP_LIMIT, "the model of %zu MB is larger than a value can be", body.len / (1024 * 1024));
	up_put_bytes(w, "UPNX", 4);
	up_put_u16(w, UP_NEXT_FORMAT);
	up_put_u16(w, 0);
	up_put_sealed(w, &body);
}

static void
get_header(UpReader *r)
{
	char magic[4];
	uint16_t format;

	up_get_bytes(r, magic, 4);
	if (memcmp(magic, "UPNX", 4) != 0)
		up_corrupt(r, "it is no model of uprofile_train_next");
	format = up_get_u16(r);
	if (format > UP_NEXT_FORMAT)
		up_fail_with(UP_NEWER_FORMAT, NULL, "Update the extension.",
					 "the model has format %u, and the newest known is %d", format, UP_NEXT_FORMAT);
	if (format == 0 || up_get_u16(r) != 0)
		up_corrupt(r, "its header is damaged");
	up_get_seal(r);
}

static void
get_items(UpReader *r, UpNext *m, uint32_t n)
{
	const char *last = NULL;
	size_t last_len = 0;

	up_keys_init(&m->items, true);
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_get_count(r, 1, UINT32_MAX, "bytes");
		const char *text = (const char *) r->bytes + r->pos;
		int by = last == NULL ? -1 : memcmp(last, text, UP_MIN(last_len, len));

		if (len > r->len - r->pos || !up_text_is_valid(text, len) || memchr(text, 0, len) != NULL)
			up_corrupt(r, "an item is not text");
		if (by > 0 || (by == 0 && last_len >= len))
			up_corrupt(r, "items are not in order");
		r->pos += len;
		up_keys_bytes(&m->items, text, len);
		last = text;
		last_len = len;
	}
}

static void
get_contexts(UpReader *r, UpNext *m)
{
	uint8_t *depth = up_alloc0(m->n_contexts);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->n_contexts; i++)
	{
		UpContext *c = &m->contexts[i];
		uint32_t n;

		c->parent = up_get_u32(r);
		c->item = up_get_u32(r);
		n = up_get_u32(r);
		if (i == 0 ? c->parent != 0 || c->item != UINT32_MAX : c->parent >= i || c->item >= m->items.n)
			up_corrupt(r, "a context is out of range");
		if (i > 1 && (c->parent < c[-1].parent || (c->parent == c[-1].parent && c->item <= c[-1].item)))
			up_corrupt(r, "contexts are not in order");
		depth[i] = i == 0 ? 0 : (uint8_t) (depth[c->parent] + 1);
		if (depth[i] > m->max_order || n > m->items.n || (n == 0 && m->items.n > 0))
			up_corrupt(r, "a context is out of range");
		c->first = sum;
		c->n = 0;
		sum += n;
	}
	if (sum != m->n_followers)
		up_corrupt(r, "the number of followers is wrong");
	m->contexts[m->n_contexts] = (UpContext){0, 0, sum, 0};
	up_free(depth);
}

static void
get_followers(UpReader *r, UpNext *m)
{
	for (uint32_t i = 0; i < m->n_contexts; i++)
	{
		UpContext *c = &m->contexts[i];

		for (uint64_t f = c->first; f < c[1].first; f++)
		{
			m->followers[f] = up_get_u32(r);
			m->counts[f] = up_get_u64(r);
			if (m->followers[f] >= m->items.n || (f > c->first && m->followers[f] <= m->followers[f - 1]))
				up_corrupt(r, "what follows is out of range");
			if (m->counts[f] == 0 || m->counts[f] > UINT64_C(1) << 40)
				up_corrupt(r, "a count is out of range");
			c->n += m->counts[f];
		}
		up_tick();
	}
}

UpNext *
up_get_next(const void *bytes, size_t len)
{
	UpNext *m = up_alloc0(sizeof(UpNext));
	uint32_t n_items;
	UpReader r;

	up_reader_init(&r, bytes, len, "model");
	get_header(&r);
	m->max_order = up_get_u32(&r);
	n_items = up_get_count(&r, 4, UINT32_MAX / 4, "items");
	m->n_contexts = up_get_count(&r, 12, UINT32_MAX / 4, "contexts");
	m->n_followers = up_get_count64(&r, 12, "followers");
	if (m->max_order > UP_NEXT_MOST_ORDER || m->n_contexts == 0)
		up_corrupt(&r, "its order is out of range");
	m->contexts = up_alloc_array((size_t) m->n_contexts + 1, sizeof(UpContext));
	m->followers = up_alloc_array(UP_MAX(m->n_followers, 1), sizeof(uint32_t));
	m->counts = up_alloc_array(UP_MAX(m->n_followers, 1), sizeof(uint64_t));
	get_items(&r, m, n_items);
	get_contexts(&r, m);
	get_followers(&r, m);
	up_get_end(&r);
	return m;
}
