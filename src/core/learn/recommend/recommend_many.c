/*
 * recommend_many.c - the best items for many users, shared out to workers; see recommend_many.h
 *
 * The first users tell how long all of them take. Where that pays for workers, histories are laid out one after the other, and each process
 * answers some of them. A model in memory is full of pointers, so that a part reads it from its bytes: there are no more parts than
 * processes. Whoever answers, the answer is the same.
 */
#include "learn/recommend/recommend_many.h"

#include <string.h>

#define FIRST_USERS 64 /* that are timed */
#define BEGINNINGS  6  /* all of it takes so many times what the model's bytes take, or one process does it */

struct UpRecommendMany
{
	const UpRecommendModel *m;
	uint32_t n_users, k;
	uint32_t done; /* users */
	double seconds;
	bool begun, shared;
	UpArena *arena; /* of the bytes: whoever asks may have one of his own */
	void *bytes;    /* the model's, where shared */
	size_t n_bytes;
};

typedef struct Job
{
	uint32_t n, a_part, k;
	size_t model_bytes;
	bool recency;
} Job;

enum
{
	MODEL,
	STARTS, /* of each user in what follows */
	ITEMS,
	WEIGHTS,
	RECENCY,
	SEGMENTS,
	TOPS,
	COUNTS,
	N_ARRAYS
};

UpRecommendMany *
up_recommend_many_begin(const UpRecommendModel *m, uint32_t n_users, uint32_t k)
{
	UpRecommendMany *r = up_alloc0(sizeof(UpRecommendMany));

	r->m = m;
	r->n_users = n_users;
	r->k = k;
	r->arena = up_arena_enter();
	up_arena_suspend(r->arena);
	return r;
}

/* scores and excluded: space for the model's items; the latter zeros. */
static uint32_t
answer(const UpRecommendModel *m, const UpHistory *h, uint32_t k, double *scores, uint8_t *excluded,
	   uint32_t *top)
{
	uint32_t n;

	up_tick();
	for (uint32_t i = 0; i < h->n; i++)
		excluded[h->items[i]] = 1;
	up_recommend_score(m, h, scores);
	n = up_recommend_top(m, scores, excluded, k, top);
	for (uint32_t i = 0; i < h->n; i++)
		excluded[h->items[i]] = 0;
	return n;
}

static void
answer_alone(const UpRecommendMany *r, UpHistory *const *histories, uint32_t n, uint32_t *tops,
			 uint32_t *n_tops)
{
	double *scores = up_alloc_array(r->m->n_items, sizeof(double));
	uint8_t *excluded = up_alloc0(r->m->n_items);

	for (uint32_t i = 0; i < n; i++)
	{
		UpArena *arena = up_arena_enter();

		n_tops[i] = answer(r->m, histories[i], r->k, scores, excluded, tops + (size_t) i * r->k);
		up_arena_leave(arena);
	}
	up_free(scores);
	up_free(excluded);
}

static void
answer_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	const UpRecommendModel *m = up_get_recommender(arrays[MODEL], job->model_bytes);
	const uint64_t *starts = arrays[STARTS];
	double *scores = up_alloc_array(m->n_items, sizeof(double));
	uint8_t *excluded = up_alloc0(m->n_items);
	uint32_t first = part * job->a_part, end = first + UP_MIN(job->a_part, job->n - first);

	for (uint32_t i = first; i < end; i++)
	{
		UpArena *arena = up_arena_enter();
		void *memo = NULL;
		UpHistory h = {.n = (uint32_t) (starts[i + 1] - starts[i]),
					   .items = (const uint32_t *) arrays[ITEMS] + starts[i],
					   .weights = (const double *) arrays[WEIGHTS] + starts[i],
					   .recency = job->recency ? (const double *) arrays[RECENCY] + starts[i] : NULL,
					   .segment = ((const uint32_t *) arrays[SEGMENTS])[i],
					   .memo = &memo};

		((uint32_t *) arrays[COUNTS])[i] =
			answer(m, &h, job->k, scores, excluded, (uint32_t *) arrays[TOPS] + (size_t) i * job->k);
		up_arena_leave(arena);
	}
}

/* Histories one after the other, where parts see them. */
static void
lay_out(UpHistory *const *histories, Job *job, void **arrays)
{
	uint64_t *starts = arrays[STARTS] = up_alloc_large_array((size_t) job->n + 1, sizeof(uint64_t));
	uint32_t *segments = arrays[SEGMENTS] = up_alloc_large_array(job->n, sizeof(uint32_t));

	starts[0] = 0;
	for (uint32_t i = 0; i < job->n; i++)
	{
		starts[i + 1] = starts[i] + histories[i]->n;
		segments[i] = histories[i]->segment;
		job->recency |= histories[i]->recency != NULL;
	}
	arrays[ITEMS] = up_alloc_large_array(starts[job->n] + 1, sizeof(uint32_t));
	arrays[WEIGHTS] = up_alloc_large_array(starts[job->n] + 1, sizeof(double));
	arrays[RECENCY] = job->recency ? up_alloc_large_array(starts[job->n] + 1, sizeof(double)) : NULL;
	for (uint32_t i = 0; i < job->n; i++)
	{
		const UpHistory *h = histories[i];

		if (h->n == 0)
			continue;
		memcpy((uint32_t *) arrays[ITEMS] + starts[i], h->items, h->n * sizeof(uint32_t));
		memcpy((double *) arrays[WEIGHTS] + starts[i], h->weights, h->n * sizeof(double));
		if (h->recency != NULL)
			memcpy((double *) arrays[RECENCY] + starts[i], h->recency, h->n * sizeof(double));
		else if (job->recency)
			memset((double *) arrays[RECENCY] + starts[i], 0, h->n * sizeof(double));
	}
}

static void
answer_shared(const UpRecommendMany *r, UpHistory *const *histories, uint32_t n, uint32_t *tops,
			  uint32_t *n_tops)
{
	Job job = {.n = n, .a_part = (n + up_workers() - 1) / up_workers(), .k = r->k, .model_bytes = r->n_bytes};
	void *arrays[N_ARRAYS] = {[MODEL] = r->bytes};

	lay_out(histories, &job, arrays);
	arrays[TOPS] = up_alloc_large_array((size_t) n * r->k, sizeof(uint32_t));
	arrays[COUNTS] = up_alloc_large_array(n, sizeof(uint32_t));
	up_parallel((n + job.a_part - 1) / job.a_part, answer_part, &job, sizeof(job), arrays, N_ARRAYS);
	memcpy(tops, arrays[TOPS], (size_t) n * r->k * sizeof(uint32_t));
	memcpy(n_tops, arrays[COUNTS], n * sizeof(uint32_t));
	for (int a = STARTS; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
}

/* Whether the rest is shared out. */
static void
call_workers(UpRecommendMany *r)
{
	double left = r->seconds / r->done * (r->n_users - UP_MIN(r->done, r->n_users)), began;
	void *before;
	UpWriter w;

	r->begun = true;
	up_workers_begin(left);
	if (up_workers() == 1)
		return;
	began = up_seconds();
	before = up_arena_visit(r->arena);
	up_writer_init(&w);
	up_put_recommender(&w, r->m);
	r->n_bytes = w.len;
	r->bytes = memcpy(up_alloc_large(w.len), w.bytes, w.len);
	up_free(w.bytes);
	up_arena_return(before);
	r->shared = (up_seconds() - began) * BEGINNINGS < left && up_workers() * r->n_bytes <= up_memory_limit();
}

void
up_recommend_many(UpRecommendMany *r, UpHistory *const *histories, uint32_t n, uint32_t *tops, uint32_t *n_tops)
{
	uint32_t first = 0;

	if (!r->begun)
	{
		double began = up_seconds();

		first = UP_MIN(FIRST_USERS, n);
		answer_alone(r, histories, first, tops, n_tops);
		r->done += first;
		r->seconds += up_seconds() - began;
		if (r->done >= FIRST_USERS)
			call_workers(r);
	}
	if (first == n)
		return;
	tops += (size_t) first * r->k;
	if (r->shared)
		answer_shared(r, histories + first, n - first, tops, n_tops + first);
	else
		answer_alone(r, histories + first, n - first, tops, n_tops + first);
	r->done += n - first;
}

void
up_recommend_many_end(UpRecommendMany *r)
{
	up_arena_leave(r->arena);
	if (r->begun)
		up_workers_end();
	up_free(r);
}
