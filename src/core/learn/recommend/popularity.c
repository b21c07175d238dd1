/*
 * popularity.c - how many have an item, of all and of a segment; see popularity.h
 *
 * The share of a segment that has item i is estimated as (c_si + m c_i / c) / (c_s + m): the segment's counts and m users of all,
 * so that small segments follow all. Ages count as a half-life says. Cost: one pass; memory n_items + what segments have.
 */
#include "learn/recommend/popularity.h"

#include <math.h>
#include <string.h>

static const char *const by_names[] = {"users", "weight", NULL};

typedef struct PopularityParams
{
	int by;
	double smoothing;
} PopularityParams;

#define UP_PARAMS_OF PopularityParams
static const UpParam popularity_params[] = {
	UP_CHOICE_PARAM("by", by, "users", by_names, "what is counted: users that have an item, or their weights"),
	UP_REAL_PARAM("smoothing", smoothing, "10", 0, 1e9, "users of all that are added to each segment"),
};

static double
count_of(const UpInteractions *x, size_t at, bool by_weight)
{
	if (by_weight)
		return x->weights[at];
	return x->recency != NULL ? x->recency[at] : 1;
}

/* The users of each segment one after the other: firsts[n_segments + 1] into users. */
static void
users_by_segment(const UpInteractions *x, uint32_t *firsts, uint32_t *users)
{
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		if (x->segments[u] < x->n_segments)
			firsts[x->segments[u] + 1]++;
	}
	for (uint32_t s = 0; s < x->n_segments; s++)
		firsts[s + 1] += firsts[s];
	for (uint32_t u = 0; u < x->n_users; u++)
	{
		if (x->segments[u] < x->n_segments)
			users[firsts[x->segments[u]]++] = u;
	}
	memmove(firsts + 1, firsts, x->n_segments * sizeof(uint32_t));
	firsts[0] = 0;
}

static void
count_segments(UpPopularity *p, const UpInteractions *x, bool by_weight)
{
	uint32_t *firsts = up_alloc0(((size_t) x->n_segments + 1) * sizeof(uint32_t));
	uint32_t *users = up_alloc_array(x->n_users, sizeof(uint32_t));
	double *counts = up_alloc0(x->n_items * sizeof(double));
	size_t n = 0, work = 0;

	users_by_segment(x, firsts, users);
	for (uint32_t s = 0; s < x->n_segments; s++)
	{
		for (uint32_t k = firsts[s]; k < firsts[s + 1]; k++)
		{
			size_t first = x->starts[users[k]], end = x->starts[users[k] + 1];

			up_tick_work(&work, end - first);
			for (size_t i = first; i < end; i++)
				counts[x->items[i]] += count_of(x, i, by_weight);
			p->segment_totals[s] += 1;
		}
		up_tick_work(&work, x->n_items);
		for (uint32_t i = 0; i < x->n_items; i++)
		{
			if (counts[i] > 0)
			{
				p->items[n] = i;
				p->segment_counts[n++] = counts[i];
				counts[i] = 0;
			}
		}
		p->starts[s + 1] = n;
	}
	up_free(firsts);
	up_free(users);
	up_free(counts);
}

UpPopularity *
up_popularity_fit(const UpInteractions *x, bool by_weight, double smoothing)
{
	size_t n = x->starts[x->n_users], in_segments = 0, work = 0;
	UpPopularity *p = up_alloc0(sizeof(*p));

	p->n_items = x->n_items;
	p->n_segments = x->segments != NULL ? x->n_segments : 0;
	for (uint32_t u = 0; p->n_segments > 0 && u < x->n_users; u++)
		in_segments += x->segments[u] < x->n_segments ? x->starts[u + 1] - x->starts[u] : 0;
	up_reserve(in_segments * (sizeof(uint32_t) + sizeof(double)) + 2 * (size_t) x->n_items * sizeof(double) +
				   (size_t) x->n_users * sizeof(uint32_t),
			   "counting what is popular");
	p->total = x->n_users;
	p->prior = smoothing;
	p->counts = up_alloc0(x->n_items * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, 1);
		p->counts[x->items[i]] += count_of(x, i, by_weight);
	}
	p->segment_totals = up_alloc0(((size_t) p->n_segments + 1) * sizeof(double));
	p->starts = up_alloc0(((size_t) p->n_segments + 1) * sizeof(uint64_t));
	p->items = up_alloc_array(in_segments + 1, sizeof(uint32_t));
	p->segment_counts = up_alloc_array(in_segments + 1, sizeof(double));
	if (p->n_segments > 0)
		count_segments(p, x, by_weight);
	return p;
}

void
up_put_popularity(UpWriter *w, const UpPopularity *p)
{
	up_put_f64(w, p->total);
	up_put_f64(w, p->prior);
	up_put_f64_array(w, p->counts, p->n_items);
	for (uint32_t s = 0; s < p->n_segments; s++)
	{
		up_put_f64(w, p->segment_totals[s]);
		up_put_u32(w, (uint32_t) (p->starts[s + 1] - p->starts[s]));
		for (size_t i = p->starts[s]; i < p->starts[s + 1]; i++)
		{
			up_put_u32(w, p->items[i]);
			up_put_f64(w, p->segment_counts[i]);
		}
	}
}

static double
get_count(UpReader *r)
{
	double v = up_get_f64(r);

	if (!(v >= 0 && v < 1e100))
		up_corrupt(r, "a count");
	return v;
}

UpPopularity *
up_get_popularity(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	UpPopularity *p = up_alloc0(sizeof(*p));
	size_t n = 0, most;

	p->n_items = n_items;
	p->n_segments = n_segments;
	p->total = get_count(r);
	p->prior = get_count(r);
	if (p->total < 1 || n_items > (r->len - r->pos) / sizeof(double))
		up_corrupt(r, "popularity");
	p->counts = up_alloc_array(n_items, sizeof(double));
	for (uint32_t i = 0; i < n_items; i++)
		p->counts[i] = get_count(r);
	/* Each count of a segment takes 12 bytes. */
	most = (r->len - r->pos) / 12;
	p->segment_totals = up_alloc_array((size_t) n_segments + 1, sizeof(double));
	p->starts = up_alloc0(((size_t) n_segments + 1) * sizeof(uint64_t));
	p->items = up_alloc_array(most + 1, sizeof(uint32_t));
	p->segment_counts = up_alloc_array(most + 1, sizeof(double));
	for (uint32_t s = 0; s < n_segments; s++)
	{
		uint32_t count;

		p->segment_totals[s] = get_count(r);
		if (p->segment_totals[s] > 0 && p->segment_totals[s] < 1)
			up_corrupt(r, "users of a segment");
		count = up_get_count(r, 12, n_items, "items of a segment");
		for (uint32_t i = 0; i < count; i++, n++)
		{
			p->items[n] = up_get_u32(r);
			if (p->items[n] >= n_items || (i > 0 && p->items[n] <= p->items[n - 1]))
				up_corrupt(r, "an item of a segment");
			p->segment_counts[n] = get_count(r);
		}
		p->starts[s + 1] = n;
	}
	return p;
}

void
up_popularity_score(const UpPopularity *p, uint32_t segment, double *out)
{
	double prior, all;

	if (segment >= p->n_segments || !(p->segment_totals[segment] > 0))
	{
		for (uint32_t i = 0; i < p->n_items; i++)
			out[i] = p->counts[i] / p->total;
		return;
	}
	prior = p->prior / p->total;
	all = p->segment_totals[segment] + p->prior;
	for (uint32_t i = 0; i < p->n_items; i++)
		out[i] = prior * p->counts[i] / all;
	for (size_t k = p->starts[segment]; k < p->starts[segment + 1]; k++)
		out[p->items[k]] += p->segment_counts[k] / all;
}

/* ---- the recommender ---- */

static void *
popularity_fit(const UpRecommendFit *fit)
{
	const PopularityParams *params = fit->params;

	return up_popularity_fit(fit->data, params->by == 1, params->smoothing);
}

static void
popularity_write(const void *body, UpWriter *w)
{
	up_put_popularity(w, body);
}

static void *
popularity_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	return up_get_popularity(r, n_items, n_segments);
}

static void
popularity_describe(const void *body, UpValue *info)
{
	const UpPopularity *p = body;

	up_value_set(info, "segments", up_value_number(p->n_segments));
}

static void
popularity_score(const void *body, const UpHistory *h, double *out)
{
	up_popularity_score(body, h->segment, out);
}

const UpRecommender up_recommend_popularity = {
	.name = "popularity",
	.number = 1,
	.help = "what most have, of all and of the user's segment",
	.params = {popularity_params, UP_LENGTH(popularity_params)},
	.params_size = sizeof(PopularityParams),
	.fit = popularity_fit,
	.write = popularity_write,
	.read = popularity_read,
	.describe = popularity_describe,
	.score = popularity_score,
};
