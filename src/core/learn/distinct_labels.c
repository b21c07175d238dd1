/*
 * distinct_labels.c - which labels there are; see distinct_labels.h
 *
 * Few labels, as classes are, each part of the rows finds by itself. Where a part meets more than MOST_MET, one process
 * looks through all rows. Cost: O(n log classes).
 */
#include "learn/distinct_labels.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define AHEAD     16    /* rows that are asked for before they are read, as they are anywhere in memory */
#define PART_ROWS 16384 /* at least */
#define MOST_MET  32

static void
add_label(UpDistinctLabels *d, double v)
{
	uint32_t low = d->n > d->limit ? d->n : (uint32_t) up_lower_bound(d->values, d->n, v);

	if (low < d->n && d->values[low] == v)
		return;
	d->whole = d->whole && v == floor(v);
	if (d->n > d->limit)
		return;
	memmove(d->values + low + 1, d->values + low, (d->n - low) * sizeof(double));
	d->values[low] = v == 0 ? 0 : v;
	d->n = !d->whole && d->n >= MOST_MET ? d->limit + 1 : d->n + 1;
}

/* The last two that differed: of two classes nearly all labels are one of them. */
typedef struct Last
{
	double one, other;
} Last;

static inline void
meet_label(UpDistinctLabels *d, Last *last, double v)
{
	/* Both are looked at, since which of them it is cannot be foreseen. */
	if ((v == last->one) | (v == last->other))
		return;
	last->other = last->one;
	last->one = v;
	add_label(d, v);
}

/* What a part met. */
typedef struct Met
{
	uint32_t n; /* more than MOST_MET: it did not go on */
	bool whole;
	double values[MOST_MET + 1];
} Met;

static void
meet_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpSamples *s = up_samples_open(fixed, arrays);
	UpSamplesPart rows = up_samples_part(s->n_rows, PART_ROWS, part);
	Met *met = (Met *) arrays[UP_SAMPLES_ARRAYS] + part;
	UpDistinctLabels d = {.values = met->values, .limit = MOST_MET, .whole = true};
	Last last = {NAN, NAN};

	for (size_t i = rows.first; i < rows.end && d.n <= MOST_MET; i++)
	{
		if ((i - rows.first) % PART_ROWS == 0)
			up_tick();
		meet_label(&d, &last, up_samples_value(s, i, s->n_columns));
	}
	met->n = d.n;
	met->whole = d.whole;
}

/* Of all rows; false: they are too many. */
static bool
meet_all(UpDistinctLabels *d, const UpSamples *s)
{
	uint32_t parts = up_samples_parts(s->n_rows, PART_ROWS);
	Met *met = up_alloc_large_array(UP_MAX(parts, 1), sizeof(Met));
	void *arrays[UP_SAMPLES_ARRAYS + 1];
	UpSamplesForm form = up_samples_form(s, arrays);
	bool few = true;

	arrays[UP_SAMPLES_ARRAYS] = met;
	up_parallel(parts, meet_part, &form, sizeof(form), arrays, UP_LENGTH(arrays));
	for (uint32_t part = 0; part < parts; part++)
		few = few && met[part].n <= MOST_MET;
	for (uint32_t part = 0; few && part < parts; part++)
	{
		for (uint32_t k = 0; k < met[part].n; k++)
			add_label(d, met[part].values[k]);
		d->whole = d->whole && met[part].whole;
	}
	up_free_large(met);
	return few;
}

void
up_distinct_labels(UpDistinctLabels *d, const UpSamples *s, const size_t *order, size_t n,
				   const double *label_of)
{
	bool all = n == s->n_rows;
	Last last = {NAN, NAN};

	if (all && label_of == NULL && meet_all(d, s))
		return;
	for (size_t i = 0; i < n; i++)
	{
		double v = up_samples_value(s, all ? i : order[i], s->n_columns);

		if ((i & 0xffff) == 0)
			up_tick();
		if (d->n > d->limit && !d->whole)
			return;
		if (!all && i + AHEAD < n)
			up_samples_ask(s, order[i + AHEAD], s->n_columns, 1);
		meet_label(d, &last, label_of != NULL ? label_of[(uint32_t) v] : v);
	}
}
