/*
 * recommend_many.c - the best items for many users, and users as vectors, shared out to workers; see recommend_many.h
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

/* In their place, where users become vectors. */
enum
{
	VECTORS = SEGMENTS,
	N_VECTOR_ARRAYS
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

/* ---- vectors ---- */

static void
make_vector(const UpRecommendModel *m, const UpHistory *row, double *out)
{
	UpArena *arena = up_arena_enter();
	UpHistory h = *row;
	void *memo = NULL;

	up_tick();
	h.segment = UP_NO_SEGMENT;
	h.memo = &memo;
	up_recommend_vector(m, &h, out);
	up_arena_leave(arena);
}

static void
vectors_alone(const UpRecommendModel *m, const UpInteractions *x, uint32_t first, uint32_t end, double *out)
{
	uint32_t length = up_recommend_vector_length(m);

	for (uint32_t u = first; u < end; u++)
	{
		uint64_t from = x->starts[u];
		UpHistory h = {.n = (uint32_t) (x->starts[u + 1] - from),
					   .items = x->items + from,
					   .weights = x->weights + from,
					   .recency = x->recency != NULL ? x->recency + from : NULL};

		make_vector(m, &h, out + (size_t) u * length);
	}
}

static void
vectors_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	UpInteractions x = {.starts = arrays[STARTS],
						.items = arrays[ITEMS],
						.weights = arrays[WEIGHTS],
						.recency = job->recency ? arrays[RECENCY] : NULL};
	uint32_t first = part * job->a_part;

	vectors_alone(up_get_recommender(arrays[MODEL], job->model_bytes), &x, first,
				  first + UP_MIN(job->a_part, job->n - first), arrays[VECTORS]);
}

static void *
in_large(const void *from, size_t bytes)
{
	return memcpy(up_alloc_large(UP_MAX(bytes, 1)), from, bytes);
}

/* What parts are handed and hand back: the users from first on, and their vectors. */
static size_t
shared_bytes(const UpRecommendMany *r, const UpInteractions *x, uint32_t first)
{
	size_t n = x->n_users - first, cell = sizeof(uint32_t) + (x->recency != NULL ? 2 : 1) * sizeof(double);

	return up_workers() * r->n_bytes + (size_t) (x->starts[x->n_users] - x->starts[first]) * cell +
		   n * (sizeof(uint64_t) + up_recommend_vector_length(r->m) * sizeof(double));
}

/* The users from first on. */
static void
vectors_shared(const UpRecommendMany *r, const UpInteractions *x, uint32_t first, double *out)
{
	uint32_t n = x->n_users - first, length = up_recommend_vector_length(r->m);
	Job job = {.n = n,
			   .a_part = (n + up_workers() - 1) / up_workers(),
			   .model_bytes = r->n_bytes,
			   .recency = x->recency != NULL};
	uint64_t from = x->starts[first], cells = x->starts[x->n_users] - from, *starts;
	void *arrays[N_VECTOR_ARRAYS] = {[MODEL] = r->bytes};

	starts = arrays[STARTS] = up_alloc_large_array((size_t) n + 1, sizeof(uint64_t));
	for (uint32_t u = 0; u <= n; u++)
		starts[u] = x->starts[first + u] - from;
	arrays[ITEMS] = in_large(x->items + from, cells * sizeof(uint32_t));
	arrays[WEIGHTS] = in_large(x->weights + from, cells * sizeof(double));
	arrays[RECENCY] = job.recency ? in_large(x->recency + from, cells * sizeof(double)) : NULL;
	arrays[VECTORS] = up_alloc_large_array((size_t) n * length, sizeof(double));
	up_parallel((n + job.a_part - 1) / job.a_part, vectors_part, &job, sizeof(job), arrays, N_VECTOR_ARRAYS);
	memcpy(out + (size_t) first * length, arrays[VECTORS], (size_t) n * length * sizeof(double));
	for (int a = STARTS; a < N_VECTOR_ARRAYS; a++)
		up_free_large(arrays[a]);
}

void
up_recommend_vectors(const UpRecommendModel *m, const UpInteractions *users, double *out)
{
	UpRecommendMany *r = up_recommend_many_begin(m, users->n_users, 0);
	uint32_t first = UP_MIN(FIRST_USERS, users->n_users);
	double began = up_seconds();

	vectors_alone(m, users, 0, first, out);
	r->done = first;
	r->seconds = up_seconds() - began;
	if (first < users->n_users)
		call_workers(r);
	if (r->shared && shared_bytes(r, users, first) <= up_memory_limit())
		vectors_shared(r, users, first, out);
	else
		vectors_alone(m, users, first, users->n_users, out);
	up_recommend_many_end(r);
}
