/*
 * distribution.c - distributions as bytes; see distribution.h
 *
 *   u32 rows, u32 columns, and each: u32 input, its spread; then twice, of rows trained on and held out, the answers:
 *     u32 rows, and if there are any: u8 has labels: spread, u8 has scores: spread
 *   a spread: u8 numbers, u32 missing, u8 points
 *     numbers: f64 edge × points, u32 count × (points + 1), f64 mean, f64 deviation
 *     categories: u16 category × points, u32 count × (points + 1), u32 seen once
 *
 * The counts and the missing values of a spread are all of its rows.
 */
#include "learn/distribution.h"

#include <math.h>

#define ARRAY_INPUTS 32 /* of an array or of words that are looked at */

const UpStep *
up_input_step(const UpPipeline *p, uint32_t input)
{
	uint32_t low = 0, high = p->n_steps;

	while (high - low > 1)
	{
		uint32_t mid = low + (high - low) / 2;

		if (p->steps[mid].source <= input)
			low = mid;
		else
			high = mid;
	}
	return &p->steps[low];
}

uint32_t
up_step_spread_categories(const UpStep *step)
{
	switch (step->kind)
	{
		case UP_COLUMN_BOOLEAN:
			return 2;
		case UP_COLUMN_CATEGORY:
			return step->n_categories + step->other;
		case UP_COLUMN_HASH:
			return UP_SPREAD_BUCKETS;
		default:
			return 0;
	}
}

uint32_t
up_distribution_inputs(const UpPipeline *p, uint32_t **inputs)
{
	uint32_t most = UP_SPREADS / 2 / UP_MAX(p->n_steps, 1), n = 0;

	most = UP_MAX(UP_MIN(most, ARRAY_INPUTS), 1);
	*inputs = up_alloc_array((size_t) most * UP_MAX(p->n_steps, 1), sizeof(uint32_t));
	for (uint32_t i = 0, first = 0; i < p->n_steps && n < UP_SPREADS; first += p->steps[i++].width)
	{
		uint32_t width = p->steps[i].width, kept = UP_MIN(width, most);

		for (uint32_t k = 0; k < kept && n < UP_SPREADS; k++)
			(*inputs)[n++] = first + (uint32_t) ((uint64_t) k * width / kept);
	}
	return n;
}

static void
put_counts(UpWriter *w, const UpSpread *s)
{
	for (uint32_t i = 0; i <= s->n_points; i++)
		up_put_u32(w, s->counts[i]);
}

static void
put_spread(UpWriter *w, const UpSpread *s)
{
	up_put_u8(w, s->numbers);
	up_put_u32(w, s->missing);
	up_put_u8(w, (uint8_t) s->n_points);
	if (s->numbers)
	{
		up_put_f64_array(w, s->edges, s->n_points);
		put_counts(w, s);
		up_put_f64(w, s->mean);
		up_put_f64(w, s->deviation);
		return;
	}
	for (uint32_t i = 0; i < s->n_points; i++)
		up_put_u16(w, (uint16_t) s->categories[i]);
	put_counts(w, s);
	up_put_u32(w, s->once);
}

static void
put_answers(UpWriter *w, const UpAnswers *a)
{
	up_put_u32(w, a->n);
	if (a->n == 0)
		return;
	up_put_u8(w, a->labels != NULL);
	if (a->labels != NULL)
		put_spread(w, a->labels);
	up_put_u8(w, a->scores != NULL);
	if (a->scores != NULL)
		put_spread(w, a->scores);
}

void
up_put_distribution(UpWriter *w, const UpDistribution *d)
{
	up_put_u32(w, d->n_rows);
	up_put_u32(w, d->n_inputs);
	for (uint32_t i = 0; i < d->n_inputs; i++)
	{
		up_put_u32(w, d->inputs[i].input);
		put_spread(w, &d->inputs[i]);
	}
	put_answers(w, &d->trained);
	put_answers(w, &d->held_out);
}

static void
get_counts(UpReader *r, UpSpread *s, uint32_t n_rows)
{
	uint64_t sum = s->missing;

	for (uint32_t i = 0; i <= s->n_points; i++)
		sum += s->counts[i] = up_get_u32(r);
	if (sum != n_rows)
		up_corrupt(r, "counts of the distribution");
}

static void
get_categories(UpReader *r, UpSpread *s, uint32_t n_categories)
{
	for (uint32_t i = 0; i < s->n_points; i++)
	{
		s->categories[i] = up_get_u16(r);
		if (s->categories[i] >= n_categories)
			up_corrupt(r, "categories of the distribution");
		for (uint32_t j = 0; j < i; j++)
		{
			if (s->categories[j] == s->categories[i])
				up_corrupt(r, "categories of the distribution");
		}
	}
}

/* n_categories: 0: numbers. */
static void
get_spread(UpReader *r, UpSpread *s, uint32_t n_rows, uint32_t n_categories)
{
	s->numbers = up_get_bool(r);
	s->missing = up_get_u32(r);
	s->n_points = up_get_u8(r);
	if (s->numbers != (n_categories == 0) || s->n_points > UP_SPREAD_POINTS)
		up_corrupt(r, "spread of a column");
	if (!s->numbers)
	{
		get_categories(r, s, n_categories);
		get_counts(r, s, n_rows);
		s->once = up_get_u32(r);
		return;
	}
	up_get_f64_array(r, s->edges, s->n_points);
	for (uint32_t i = 1; i < s->n_points; i++)
	{
		if (!(s->edges[i - 1] < s->edges[i]))
			up_corrupt(r, "edges of the distribution");
	}
	get_counts(r, s, n_rows);
	s->mean = up_get_f64(r);
	s->deviation = up_get_f64(r);
	if (s->deviation < 0)
		up_corrupt(r, "deviation of a column");
}

static void
get_answers(UpReader *r, UpAnswers *a)
{
	a->n = up_get_u32(r);
	if (a->n == 0)
		return;
	if (up_get_bool(r))
	{
		a->labels = up_alloc0(sizeof(UpSpread));
		get_spread(r, a->labels, a->n, UINT16_MAX + 1);
	}
	if (up_get_bool(r))
	{
		a->scores = up_alloc0(sizeof(UpSpread));
		get_spread(r, a->scores, a->n, 0);
	}
}

/* Both are of the same classes, and between the same edges. */
static bool
alike(const UpSpread *a, const UpSpread *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->n_points != b->n_points)
		return false;
	for (uint32_t i = 0; i < a->n_points; i++)
	{
		if (a->edges[i] != b->edges[i] || a->categories[i] != b->categories[i])
			return false;
	}
	return true;
}

UpDistribution *
up_get_distribution(UpReader *r, const UpPipeline *p)
{
	UpDistribution *d = up_alloc0(sizeof(UpDistribution));

	d->n_rows = up_get_u32(r);
	/* A spread takes 14 bytes and more. */
	d->n_inputs = up_get_count(r, 14, UP_SPREADS, "columns of the distribution");
	if (p->steps == NULL)
		up_corrupt(r, "distribution of columns without names");
	d->inputs = up_alloc0(UP_MAX(d->n_inputs, 1) * sizeof(UpSpread));
	for (uint32_t i = 0; i < d->n_inputs; i++)
	{
		UpSpread *s = &d->inputs[i];

		s->input = up_get_u32(r);
		if (s->input >= p->n_inputs || (i > 0 && d->inputs[i - 1].input >= s->input))
			up_corrupt(r, "columns of the distribution");
		get_spread(r, s, d->n_rows, up_step_spread_categories(up_input_step(p, s->input)));
	}
	get_answers(r, &d->trained);
	get_answers(r, &d->held_out);
	if (d->trained.n > 0 && d->held_out.n > 0 &&
		(!alike(d->trained.labels, d->held_out.labels) || !alike(d->trained.scores, d->held_out.scores)))
		up_corrupt(r, "answers of the distribution");
	return d;
}
