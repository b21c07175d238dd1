/*
 * clusters.c - clusters that keep their numbers; see clusters.h
 *
 * Both versions score the same rows; n[i][j] of them are in cluster i of the old one and in j of the new one. A pair is a
 * candidate if the new cluster is where the old one is: with c the centre of i, and m[j] the mean of the rows of j as the old
 * version sees them, |m[j] - c|² <= 4 min over j' of |m[j'] - c|² + 0.01 v, v the mean of the rows' squared distances to their old
 * centres. Without that a new cluster far away from all old ones would be the one that it happens to be nearest to, also where that is
 * still there. Of the candidates those count that share a third of the rows that are in either of them
 * (Jaccard's index; rows of i in new clusters that are no candidates do not count). Pairs are those of the assignment with the most rows.
 *
 * Cost: rows (k d) for scores and means; k old × k new × d for the distances, and the assignment (num/assignment.h).
 */
#include "assess/clusters.h"

#include "base/text.h"
#include "num/assignment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS  1024
#define MOST_PAIRS  4000000 /* of clusters that are compared */
#define LEAST_SHARE (1.0 / 3)
#define NEAR        4    /* times the least squared distance */
#define SLACK       0.01 /* of the mean squared distance of rows to centres */

/* Numbers of a model's clusters, ascending, and whose they are. */
typedef struct Numbered
{
	uint32_t number;
	uint32_t cluster;
} Numbered;

typedef struct Side
{
	const UpModel *model;
	UpBinding *bound;
	uint32_t k;
	Numbered *sorted;
} Side;

/* What both versions say of the rows. */
typedef struct Overlap
{
	Side before, now;
	uint32_t d;      /* features of the old version */
	double *rows;    /* old × new */
	double *n;       /* of each new cluster */
	double *mean;    /* new × d */
	double distance; /* mean squared distance of a row to its old centre */
	double *centre;  /* old × d */
} Overlap;

static int
compare_numbered(const void *a, const void *b)
{
	uint32_t x = ((const Numbered *) a)->number, y = ((const Numbered *) b)->number;

	return x < y ? -1 : x > y;
}

static Side
side_of(const UpModel *m, UpBinding *bound)
{
	UpClusters c = m->learner->clusters(m->body);
	Side s = {m, bound, c.k, up_alloc_array(c.k, sizeof(Numbered))};

	for (uint32_t i = 0; i < c.k; i++)
		s.sorted[i] = (Numbered){c.numbers != NULL ? c.numbers[i] : i, i};
	qsort(s.sorted, c.k, sizeof(Numbered), compare_numbered);
	return s;
}

static uint32_t
cluster_of(const Side *s, double number)
{
	Numbered wanted = {(uint32_t) number, 0};
	const Numbered *found = bsearch(&wanted, s->sorted, s->k, sizeof(Numbered), compare_numbered);

	UP_ASSERT(found != NULL);
	return found->cluster;
}

static double
squared_distance(const double *a, const double *b, uint32_t d)
{
	double sum = 0;

	for (uint32_t j = 0; j < d; j++)
		sum += (a[j] - b[j]) * (a[j] - b[j]);
	return sum;
}

static void
add_block(Overlap *o, const size_t *rows, size_t n)
{
	const UpPipeline *old = o->before.model->pipeline, *new = o->now.model->pipeline;
	double *seen = up_alloc_array(n * old->n_inputs, sizeof(double)),
		   *inputs = up_alloc_array(n * new->n_inputs, sizeof(double)),
		   *x = up_alloc_array(UP_MAX(o->d, 1), sizeof(double)), *then = up_alloc_array(n, sizeof(double)),
		   *now = up_alloc_array(n, sizeof(double));

	up_bound_inputs(o->before.bound, rows, n, seen);
	up_model_predict(o->before.model, seen, n, then);
	up_bound_inputs(o->now.bound, rows, n, inputs);
	up_model_predict(o->now.model, inputs, n, now);
	for (size_t r = 0; r < n; r++)
	{
		uint32_t i = cluster_of(&o->before, then[r]), j = cluster_of(&o->now, now[r]);

		up_pipeline_encode(old, seen + r * old->n_inputs, x);
		o->rows[(size_t) i * o->now.k + j]++;
		o->n[j]++;
		o->distance += squared_distance(x, o->centre + (size_t) i * o->d, o->d);
		for (uint32_t c = 0; c < o->d; c++)
			o->mean[(size_t) j * o->d + c] += x[c];
	}
	up_free(seen);
	up_free(inputs);
	up_free(x);
	up_free(then);
	up_free(now);
}

static Overlap
overlap_of(const UpFrame *f, Side before, Side now)
{
	Overlap o = {.before = before, .now = now, .d = before.model->n_features};
	size_t n = f->samples->n_rows, *rows = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	o.rows = up_alloc0((size_t) before.k * now.k * sizeof(double));
	o.n = up_alloc0(now.k * sizeof(double));
	o.mean = up_alloc0((size_t) now.k * UP_MAX(o.d, 1) * sizeof(double));
	o.centre = up_alloc_array((size_t) before.k * UP_MAX(o.d, 1), sizeof(double));
	for (uint32_t i = 0; i < before.k; i++)
		before.model->learner->centre(before.model->body, i, o.centre + (size_t) i * o.d);
	/* So that sums do not depend on the order of arrival. */
	up_samples_canonical_order(f->samples, rows);
	for (size_t i = 0; i < n; i += BLOCK_ROWS)
	{
		up_tick();
		add_block(&o, rows + i, UP_MIN(BLOCK_ROWS, n - i));
	}
	o.distance /= (double) UP_MAX(n, 1);
	for (uint32_t j = 0; j < now.k; j++)
		for (uint32_t c = 0; c < o.d; c++)
			o.mean[(size_t) j * o.d + c] /= UP_MAX(o.n[j], 1);
	return o;
}

/* Leaves of the rows of one old cluster those that count: in new clusters that may be the same, and enough. */
static void
keep_candidates(const Overlap *o, uint32_t i)
{
	double *rows = o->rows + (size_t) i * o->now.k, least = INFINITY, all = 0;
	double *distance = up_alloc_array(o->now.k, sizeof(double));

	for (uint32_t j = 0; j < o->now.k; j++)
	{
		distance[j] = squared_distance(o->mean + (size_t) j * o->d, o->centre + (size_t) i * o->d, o->d);
		if (o->n[j] > 0)
			least = UP_MIN(least, distance[j]);
	}
	for (uint32_t j = 0; j < o->now.k; j++)
	{
		if (!(distance[j] <= NEAR * least + SLACK * o->distance))
			rows[j] = 0;
		all += rows[j];
	}
	for (uint32_t j = 0; j < o->now.k; j++)
	{
		if (rows[j] < LEAST_SHARE * (all + o->n[j] - rows[j]))
			rows[j] = 0;
	}
	up_free(distance);
}

/* Numbers of the new clusters; UP_UNASSIGNED where they are none of the old. */
static void
match(const UpFrame *f, Side before, Side now, uint32_t *numbers)
{
	Overlap o = overlap_of(f, before, now);
	uint32_t *of = up_alloc_array(before.k, sizeof(uint32_t));

	for (uint32_t i = 0; i < before.k; i++)
	{
		up_tick();
		keep_candidates(&o, i);
	}
	up_assign(o.rows, before.k, now.k, of);
	for (uint32_t at = 0; at < before.k; at++)
	{
		uint32_t i = before.sorted[at].cluster, j = of[i];

		if (j != UP_UNASSIGNED && o.rows[(size_t) i * now.k + j] > 0)
			numbers[j] = before.sorted[at].number;
	}
}

static void
add_number(UpText *list, uint32_t number)
{
	up_text_add(list, up_format("%s%u", list->len > 0 ? ", " : "", number));
}

/* "clusters 0 and 2 go on; 1 is gone; 3 is new", in lists; NULL where all go on. */
static char *
what_changed(const Side *before, const UpClusters *now, const uint32_t *kept)
{
	UpText on, gone, fresh;

	up_text_init(&on);
	up_text_init(&gone);
	up_text_init(&fresh);
	for (uint32_t at = 0; at < before->k; at++)
	{
		bool found = false;

		for (uint32_t j = 0; j < now->k && !found; j++)
			found = kept[j] == before->sorted[at].number;
		add_number(found ? &on : &gone, before->sorted[at].number);
	}
	for (uint32_t j = 0; j < now->k; j++)
	{
		if (kept[j] == UP_UNASSIGNED)
			add_number(&fresh, now->numbers[j]);
	}
	if (gone.len == 0 && fresh.len == 0)
		return NULL;
	return up_format("clusters that go on: %s; gone: %s; new: %s", on.len > 0 ? on.bytes : "none",
					 gone.len > 0 ? gone.bytes : "none", fresh.len > 0 ? fresh.bytes : "none");
}

/* The clusters with the numbers that were kept, others from next on. */
static UpClusters
number_rest(const uint32_t *kept, uint32_t k, uint32_t next)
{
	uint32_t *numbers = up_alloc_array(k, sizeof(uint32_t));

	if ((uint64_t) next + k > UP_CLUSTER_NUMBERS)
		up_fail(UP_LIMIT, "the numbers of clusters are used up");
	for (uint32_t j = 0; j < k; j++)
		numbers[j] = kept[j] != UP_UNASSIGNED ? kept[j] : next++;
	return (UpClusters){k, numbers, next};
}

/* 0 to k - 1 need no list. */
static void
set_numbers(UpModel *m, UpClusters clusters)
{
	bool plain = clusters.next == clusters.k;

	for (uint32_t j = 0; j < clusters.k; j++)
		plain = plain && clusters.numbers[j] == j;
	if (plain)
		clusters.numbers = NULL;
	m->learner->set_numbers(m->body, &clusters);
}

/* As it is when it is read: only then are its inputs those that it uses. */
static UpModel *
read_back(const UpModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	return up_get_model(w.bytes, w.len);
}

char *
up_clusters_keep(const UpFrame *f, const UpModel *before, uint32_t next, UpModel *m)
{
	UpArena *arena = up_arena_enter();
	uint32_t k = m->learner->clusters(m->body).k;
	uint32_t *kept = up_alloc_array(k, sizeof(uint32_t));
	UpBinding *old = NULL, *new;
	UpModel *copy;
	UpClusters clusters;
	char *why = NULL, *said = NULL;

	for (uint32_t j = 0; j < k; j++)
		kept[j] = UP_UNASSIGNED;
	copy = read_back(m);
	new = up_bind_frame(f, copy, &why);
	if (new != NULL && before != NULL)
		old = up_bind_frame(f, before, &why);
	if (old != NULL && (uint64_t) before->learner->clusters(before->body).k * k > MOST_PAIRS)
		why = up_strdup("they are too many");
	if (old != NULL && why == NULL)
	{
		Side was = side_of(before, old);

		match(f, was, side_of(copy, new), kept);
		clusters = number_rest(kept, k, next);
		said = what_changed(&was, &clusters, kept);
	}
	else
	{
		clusters = number_rest(kept, k, next);
		said = up_format("clusters are numbered anew%s%s", why != NULL ? ": " : "", why != NULL ? why : "");
	}
	up_arena_suspend(arena);
	set_numbers(m, clusters);
	if (said != NULL)
		said = up_strdup(said);
	up_arena_resume(arena);
	up_arena_leave(arena);
	return said;
}

uint32_t
up_clusters_next(const UpModel *m)
{
	return m->learner->clusters != NULL ? m->learner->clusters(m->body).next : 0;
}
