/*
 * bayes_stream.c - naive Bayes of arrays in one pass: Gaussian sums of each label that comes along; no row is held
 *
 * Labels are kept in order, each with sums and a block of its own (bayes_sums.h). Parts merge, and travel with their blocks
 * folded in. Cost: O(features + log labels) a row; memory 9 doubles a label and feature.
 */
#include "learn/bayes/bayes.h"

#include "prep/dictionary.h"

#include <math.h>
#include <string.h>

#define MOST_ROWS 9007199254740992.0 /* 2^53 */

typedef struct Class
{
	double label;
	UpBayesSums *sums; /* of one class */
	UpBayesBlocks blocks;
} Class;

typedef struct Stream
{
	uint32_t n_features;
	uint32_t n;
	uint32_t room;
	Class **classes; /* by label */
} Stream;

static size_t
class_bytes(uint32_t n_features)
{
	return sizeof(Class) + sizeof(UpBayesSums) + (size_t) n_features * (9 * sizeof(double) + 16);
}

static size_t
stream_bytes(uint32_t n_features)
{
	return sizeof(Stream) + 2 * class_bytes(n_features);
}

static void *
stream_start(uint32_t n_features)
{
	Stream *s = up_alloc0(sizeof(Stream));

	s->n_features = n_features;
	s->room = 2;
	s->classes = up_alloc_array(s->room, sizeof(Class *));
	return s;
}

static UpBayesSums *
gaussian_sums(uint32_t n_features, uint32_t n_classes)
{
	uint8_t *kind = up_alloc_array(UP_MAX(n_features, 1), 1);

	memset(kind, UP_BAYES_GAUSSIAN, n_features);
	return up_bayes_sums_new(n_features, n_classes, kind, up_alloc0(UP_MAX(n_features, 1) * sizeof(uint32_t)),
							 0);
}

/* The class of a label, which is added if new. */
static Class *
class_of(Stream *s, double label)
{
	uint32_t low = 0, high = s->n;
	Class *c;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (s->classes[mid]->label < label)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < s->n && s->classes[low]->label == label)
		return s->classes[low];
	if (s->n == UP_LABEL_LIMIT)
		up_fail(UP_LIMIT, "the target has more than %d different labels", UP_LABEL_LIMIT);
	up_reserve(((size_t) s->n + 1) * class_bytes(s->n_features), "naive Bayes");
	up_tick();
	if (s->n == s->room)
	{
		s->room *= 2;
		s->classes = up_realloc(s->classes, s->room * sizeof(Class *));
	}
	c = up_alloc0(sizeof(Class));
	c->label = label + 0.0; /* one zero */
	c->sums = gaussian_sums(s->n_features, 1);
	up_bayes_blocks_init(&c->blocks, c->sums);
	memmove(s->classes + low + 1, s->classes + low, (s->n - low) * sizeof(Class *));
	s->classes[low] = c;
	s->n++;
	return c;
}

static void
stream_add(void *sums, const double *x, double label)
{
	Class *c = class_of(sums, label);

	c->sums->rows[0]++;
	up_bayes_blocks_add(&c->blocks, c->sums, 0, x);
}

static void
stream_merge(void *sums, const void *other)
{
	const Stream *o = other;
	double *stats = up_alloc_array((size_t) o->n_features * 4 + 1, sizeof(double));

	for (uint32_t i = 0; i < o->n; i++)
	{
		const Class *from = o->classes[i];
		Class *to = class_of(sums, from->label);

		up_bayes_blocks_read(&from->blocks, from->sums, 0, stats);
		up_bayes_blocks_fold(&to->blocks, to->sums, 0);
		for (uint32_t j = 0; j < o->n_features; j++)
			up_bayes_gaussian_add(up_bayes_stats(to->sums, 0, j), stats + 4 * (size_t) j);
		to->sums->rows[0] += from->sums->rows[0];
		up_bayes_blocks_restart(&to->blocks, to->sums, 0);
	}
	up_free(stats);
}

static void
stream_write(const void *sums, UpWriter *w)
{
	const Stream *s = sums;
	double *stats = up_alloc_array((size_t) s->n_features * 4 + 1, sizeof(double));

	up_put_u32(w, s->n);
	for (uint32_t i = 0; i < s->n; i++)
	{
		const Class *c = s->classes[i];

		up_put_f64(w, c->label);
		up_put_f64(w, c->sums->rows[0]);
		up_bayes_blocks_read(&c->blocks, c->sums, 0, stats);
		up_put_f64_array(w, stats, (size_t) s->n_features * 4);
	}
	up_free(stats);
}

static void *
stream_read(UpReader *r, uint32_t n_features)
{
	Stream *s = stream_start(n_features);
	uint32_t n = up_get_count(r, ((size_t) n_features * 4 + 2) * sizeof(double), UP_LABEL_LIMIT, "labels");

	for (uint32_t i = 0; i < n; i++)
	{
		double label = up_get_f64(r);
		Class *c;

		if (i > 0 && !(s->classes[i - 1]->label < label))
			up_corrupt(r, "labels");
		c = class_of(s, label);
		c->sums->rows[0] = up_get_f64(r);
		up_get_f64_array(r, c->sums->stats, (size_t) n_features * 4);
		if (!(c->sums->rows[0] >= 1 && c->sums->rows[0] <= MOST_ROWS) ||
			c->sums->rows[0] != floor(c->sums->rows[0]))
			up_corrupt(r, "rows of a label");
		for (uint32_t j = 0; j < n_features; j++)
		{
			/* An array misses nothing. */
			if (up_bayes_stats(c->sums, 0, j)[0] != c->sums->rows[0] || up_bayes_stats(c->sums, 0, j)[3] < 0)
				up_corrupt(r, "sums of a label");
		}
		up_bayes_blocks_restart(&c->blocks, c->sums, 0);
	}
	return s;
}

static double *
stream_labels(const void *sums, uint32_t *n)
{
	const Stream *s = sums;
	double *labels = up_alloc_array(UP_MAX(s->n, 1), sizeof(double));

	for (uint32_t i = 0; i < s->n; i++)
		labels[i] = s->classes[i]->label;
	*n = s->n;
	return labels;
}

static void *
stream_finish(const void *sums, const UpFit *fit)
{
	const Stream *s = sums;
	UpBayesSums *all = gaussian_sums(s->n_features, s->n);

	for (uint32_t k = 0; k < s->n; k++)
	{
		const Class *c = s->classes[k];

		all->rows[k] = c->sums->rows[0];
		if (s->n_features > 0)
			up_bayes_blocks_read(&c->blocks, c->sums, 0, up_bayes_stats(all, k, 0));
	}
	up_bayes_check_bounded(all);
	return up_bayes_body(fit, all);
}

const UpStream up_bayes_stream = {
	.usable = up_bayes_streams,
	.start = stream_start,
	.add = stream_add,
	.merge = stream_merge,
	.write = stream_write,
	.read = stream_read,
	.bytes = stream_bytes,
	.labels = stream_labels,
	.finish = stream_finish,
};
