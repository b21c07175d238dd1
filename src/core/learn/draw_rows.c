/*
 * draw_rows.c - a sample of the rows by label; see draw_rows.h
 *
 * Proportional allocation with at least one row a label, then selection sampling within each (Knuth, The Art of Computer
 * Programming 2, 3.4.2, algorithm S): every row of a label has the same chance, and the order stays. Cost: two passes over the labels.
 * Numbers of which there are many are values, not classes: then all rows are drawn from alike.
 */
#include "learn/draw_rows.h"

#include "base/rng.h"
#include "num/sort.h"

#include <string.h>

#define MANY_LABELS 1000 /* more are not told apart */
#define MANY_VALUES 20   /* the same where labels are numbers: as many as classify by themselves (train.c) */
#define TICK_ROWS   65536

typedef struct Strata
{
	uint32_t n;
	double *labels; /* ascending */
	size_t *rows;   /* of each label, that are still to come */
	size_t *wanted; /* of these */
} Strata;

static double
label_at(const UpFrame *f, size_t position)
{
	return up_samples_value(f->samples, position, f->n_values) + 0.0;
}

/* Counts the rows of each label; false: there are too many to tell them apart. */
static bool
count_labels(const UpFrame *f, const size_t *positions, size_t n, Strata *s)
{
	uint32_t limit = f->label_kind == UP_LABEL_NUMBER ? MANY_VALUES : MANY_LABELS;

	for (size_t i = 0; i < n; i++)
	{
		double label = label_at(f, positions[i]);
		uint32_t at = (uint32_t) up_lower_bound(s->labels, s->n, label);

		if (i % TICK_ROWS == 0)
			up_tick();
		if (at == s->n || s->labels[at] != label)
		{
			if (s->n == limit)
				return false;
			memmove(s->labels + at + 1, s->labels + at, (s->n - at) * sizeof(double));
			memmove(s->rows + at + 1, s->rows + at, (s->n - at) * sizeof(size_t));
			s->labels[at] = label;
			s->rows[at] = 0;
			s->n++;
		}
		s->rows[at]++;
	}
	return true;
}

/* Shares that sum to most; a label without a row gets one of the label with most of them. */
static void
share_out(Strata *s, size_t n, size_t most)
{
	size_t seen = 0, given = 0;

	for (uint32_t i = 0; i < s->n; i++)
	{
		seen += s->rows[i];
		s->wanted[i] = (size_t) ((double) seen / (double) n * (double) most + 0.5) - given;
		given += s->wanted[i];
	}
	for (uint32_t i = 0; i < s->n && s->n <= most; i++)
	{
		uint32_t greatest = 0;

		if (s->wanted[i] > 0)
			continue;
		for (uint32_t j = 1; j < s->n; j++)
			greatest = s->wanted[j] > s->wanted[greatest] ? j : greatest;
		s->wanted[greatest]--;
		s->wanted[i]++;
	}
}

size_t
up_draw_rows(const UpFrame *f, size_t *positions, size_t n, size_t most, uint64_t seed)
{
	Strata s = {0};
	size_t kept = 0;
	UpRng rng;

	UP_ASSERT(most > 0);
	if (n <= most)
		return n;
	s.labels = up_alloc_array(MANY_LABELS, sizeof(double));
	s.rows = up_alloc_array(MANY_LABELS, sizeof(size_t));
	s.wanted = up_alloc_array(MANY_LABELS, sizeof(size_t));
	if (f->label_kind == UP_LABEL_NONE || !count_labels(f, positions, n, &s))
	{
		s.n = 1;
		s.labels[0] = 0;
		s.rows[0] = n;
	}
	share_out(&s, n, most);
	up_rng_init(&rng, seed, 0x64726177);
	for (size_t i = 0; i < n; i++)
	{
		uint32_t at = s.n == 1 ? 0 : (uint32_t) up_lower_bound(s.labels, s.n, label_at(f, positions[i]));

		if (i % TICK_ROWS == 0)
			up_tick();
		if (up_rng_below(&rng, s.rows[at]--) >= s.wanted[at])
			continue;
		s.wanted[at]--;
		positions[kept++] = positions[i];
	}
	up_free(s.labels);
	up_free(s.rows);
	up_free(s.wanted);
	return kept;
}
