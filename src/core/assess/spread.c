/*
 * spread.c - spreads of columns and answers; see spread.h
 *
 * Numbers: edges are the quantiles 1/20 … 19/20 (of many columns 1/10 … 9/10) of the values, each once. A value that takes
 * several of them has an edge of its own on both sides, the largest number below it and itself, so that a column of little
 * but zeros is seen to move off them. Cost: sorting the values that are looked at, and a search among the edges for each.
 */
#include "assess/spread.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define AHEAD       16  /* rows that are asked for before they are read */
#define MANY_INPUTS 400 /* models with more keep half as many edges */
#define GROUP       8   /* inputs that are read in one pass over the rows, which may stand anywhere */
#define PART_ROWS   4096
#define NOWHERE     UINT32_MAX

/* Where the values of an input stand in a row; NOWHERE: its column has none. */
static uint32_t
position_of(const UpBinding *b, uint32_t input)
{
	const UpPipeline *p = b->model->pipeline;
	const UpStep *step = up_input_step(p, input);
	const UpColumn *c = &b->frame->columns[b->columns[step - p->steps]];

	return input - step->source < c->width ? c->first + input - step->source : NOWHERE;
}

static double
value_at(const UpSamples *samples, size_t row, uint32_t position)
{
	return position != NOWHERE ? up_samples_value(samples, row, position) : NAN;
}

/* Values that were read, as they count: codes are categories of the model, and hashes are buckets. */
static void
as_they_count(const UpBinding *b, uint32_t input, double unseen, double *v, size_t n)
{
	const UpPipeline *p = b->model->pipeline;
	const UpStep *step = up_input_step(p, input);
	const double *values = b->values[step - p->steps];
	bool buckets = values == NULL && step->kind == UP_COLUMN_HASH;

	for (size_t r = 0; (values != NULL || buckets) && r < n; r++)
	{
		if (isnan(v[r]))
			continue;
		v[r] = buckets ? (double) ((uint64_t) v[r] % UP_SPREAD_BUCKETS) : values[(uint32_t) v[r]];
		if (isnan(v[r]) && step->kind == UP_COLUMN_CATEGORY)
			v[r] = unseen;
	}
}

void
up_bound_values(const UpBinding *b, uint32_t input, const size_t *rows, size_t n, double unseen, double *v)
{
	uint32_t position = position_of(b, input);

	for (size_t r = 0; r < n; r++)
	{
		if (r + AHEAD < n && position != NOWHERE)
			up_samples_ask(b->frame->samples, rows[r + AHEAD], position, 1);
		v[r] = value_at(b->frame->samples, rows[r], position);
	}
	as_they_count(b, input, unseen, v, n);
}

/* The first cell whose edge is not below v. */
static size_t
cell_of_number(const UpSpread *s, double v)
{
	return up_lower_bound(s->edges, s->n_points, v);
}

static void
add_edge(UpSpread *s, double edge)
{
	if (isfinite(edge) && s->n_points < UP_SPREAD_POINTS &&
		(s->n_points == 0 || s->edges[s->n_points - 1] < edge))
		s->edges[s->n_points++] = edge;
}

/* Of n sorted values. */
static void
find_edges(UpSpread *s, const double *sorted, size_t n, uint32_t most)
{
	for (uint32_t i = 1; i <= most;)
	{
		double v = sorted[(size_t) ((double) n * i / (most + 1))];
		uint32_t same = 1;

		while (i + same <= most && sorted[(size_t) ((double) n * (i + same) / (most + 1))] == v)
			same++;
		if (same > 1)
			add_edge(s, nextafter(v, -INFINITY));
		add_edge(s, v);
		i += same;
	}
}

/* Moves the values that are known to the front, ascending; returns their number. */
static size_t
sort_known(double *v, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			v[known++] = v[i];
	}
	up_sort_doubles(v, known, NULL);
	return known;
}

/* Of sorted values, so that the order in which rows came does not show. */
static void
fit_moments(UpSpread *s, const double *sorted, size_t n)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
	{
		double off = sorted[i] - mean;

		mean += off / (double) (i + 1);
		squares += off * (sorted[i] - mean);
	}
	s->mean = isfinite(mean) ? mean : 0;
	s->deviation = isfinite(squares) && squares > 0 ? sqrt(squares / (double) n) : 0;
}

static void
fit_numbers(UpSpread *s, uint32_t most_edges, double *v, size_t n)
{
	size_t known = sort_known(v, n);

	s->missing = (uint32_t) (n - known);
	if (known == 0)
		return;
	fit_moments(s, v, known);
	find_edges(s, v, known, most_edges);
	for (size_t i = 0; i < known; i++)
		s->counts[cell_of_number(s, v[i])]++;
}

static void
fit_categories(UpSpread *s, uint32_t n_categories, const double *v, size_t n)
{
	uint32_t *counts = up_alloc0(((size_t) n_categories + 1) * sizeof(uint32_t)), rest = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (isnan(v[i]))
			s->missing++;
		else
			counts[(uint32_t) v[i]]++;
	}
	for (uint32_t c = 0; c < n_categories; c++)
	{
		rest += counts[c];
		s->once += counts[c] == 1;
	}
	while (s->n_points < UP_SPREAD_POINTS)
	{
		uint32_t best = 0;

		for (uint32_t c = 1; c < n_categories; c++)
		{
			if (counts[c] > counts[best])
				best = c;
		}
		if (counts[best] == 0)
			break;
		s->categories[s->n_points] = best;
		s->counts[s->n_points++] = counts[best];
		rest -= counts[best];
		counts[best] = 0;
	}
	s->counts[s->n_points] = rest;
	up_free(counts);
}

void
up_spread_fit(UpSpread *s, uint32_t n_categories, uint32_t most_edges, double *v, size_t n)
{
	s->numbers = n_categories == 0;
	if (s->numbers)
		fit_numbers(s, most_edges, v, n);
	else
		fit_categories(s, n_categories, v, n);
}

static uint32_t
cell_of_category(const UpSpread *s, double v)
{
	for (uint32_t i = 0; i < s->n_points; i++)
	{
		if (s->categories[i] == v)
			return i;
	}
	return s->n_points;
}

void
up_spread_count(const UpSpread *s, const double *v, size_t n, UpSpreadCounts *counts)
{
	size_t known = 0;

	memset(counts, 0, sizeof(*counts));
	counts->n = n;
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(v[i]))
			counts->missing++;
		else if (s->numbers)
		{
			counts->mean += (v[i] - counts->mean) / (double) ++known;
			counts->counts[cell_of_number(s, v[i])]++;
		}
		else if (v[i] < 0)
			counts->unseen++;
		else
			counts->counts[cell_of_category(s, v[i])]++;
	}
}

/* The i-th row of so many that are taken evenly of n. */
static size_t
thin_place(size_t i, size_t n, size_t most)
{
	return n <= most ? i : (size_t) ((double) n * (double) i / (double) most);
}

size_t
up_thin_rows(size_t *rows, size_t n, size_t most)
{
	for (size_t i = 0; n > most && i < most; i++)
		rows[i] = rows[thin_place(i, n, most)];
	return UP_MIN(n, most);
}

/* The same in an array of their own, a large one. */
static size_t *
thinned(const size_t *rows, size_t *n, size_t most)
{
	size_t *some = up_alloc_large_array(UP_MAX(UP_MIN(*n, most), 1), sizeof(size_t));

	for (size_t i = 0; i < UP_MIN(*n, most); i++)
		some[i] = rows[thin_place(i, *n, most)];
	*n = UP_MIN(*n, most);
	return some;
}

/* Of two classes the last one's, else the predicted one's. */
static double
score_of(const UpModel *m, const double *proba)
{
	double best = proba[m->n_classes - 1];

	for (uint32_t c = 0; m->n_classes > 2 && c < m->n_classes; c++)
		best = UP_MAX(best, proba[c]);
	return best;
}

UpAnswered
up_answer(const UpBinding *b, const size_t *rows, size_t n)
{
	const UpModel *m = b->model;
	UpAnswered a = {n, NULL, NULL};
	bool proba = up_model_has_proba(m);
	size_t block = 1024;
	double *inputs, *out, *answers;

	if (m->learner->predict == NULL)
		return a;
	inputs = up_alloc_array(block * m->pipeline->n_inputs, sizeof(double));
	out = up_alloc_array(block * UP_MAX(m->n_classes, 1), sizeof(double));
	answers = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	*(m->task == UP_TASK_REGRESS ? &a.scores : &a.labels) = answers;
	if (proba)
		a.scores = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t first = 0; first < n; first += block)
	{
		size_t count = UP_MIN(block, n - first);

		up_tick();
		up_bound_inputs(b, rows + first, count, inputs);
		if (proba)
			up_model_predict_proba(m, inputs, count, answers + first, out);
		else
			up_model_predict(m, inputs, count, answers + first);
		for (size_t i = 0; i < count; i++)
		{
			if (proba)
				a.scores[first + i] = score_of(m, out + i * m->n_classes);
			if (m->task == UP_TASK_OUTLIER)
				answers[first + i] = answers[first + i] > 0;
		}
	}
	up_free(inputs);
	up_free(out);
	return a;
}

void
up_answered_free(UpAnswered *a)
{
	up_free(a->labels);
	up_free(a->scores);
}

static uint32_t
count_labels(const UpModel *m, const UpAnswered *a)
{
	double most = m->n_classes > 0 ? m->n_classes - 1 : 0;

	for (size_t i = 0; i < a->n; i++)
		most = UP_MAX(most, a->labels[i]);
	return (uint32_t) most + 1;
}

/* The spread of some answers; like: in the same cells as another's. */
static UpSpread *
spread_of(double *v, size_t n, uint32_t n_categories, const UpSpread *like)
{
	UpSpread *s = up_alloc0(sizeof(UpSpread));
	UpSpreadCounts counts;

	if (v == NULL)
	{
		up_free(s);
		return NULL;
	}
	if (like == NULL)
	{
		up_spread_fit(s, n_categories, UP_SPREAD_POINTS, v, n);
		return s;
	}
	*s = *like;
	up_spread_count(s, v, n, &counts);
	for (uint32_t i = 0; i <= s->n_points; i++)
		s->counts[i] = (uint32_t) counts.counts[i];
	s->missing = (uint32_t) (counts.missing + counts.unseen);
	s->once = 0;
	if (s->numbers)
		fit_moments(s, v, sort_known(v, n));
	return s;
}

static void
fit_answers(const UpBinding *b, const size_t *rows, size_t n, UpAnswers *answers, const UpAnswers *like)
{
	size_t *some = thinned(rows, &n, UP_ANSWER_ROWS);
	UpAnswered a = up_answer(b, some, n);

	if ((a.labels != NULL || a.scores != NULL) && a.n > 0)
	{
		uint32_t n_labels = a.labels != NULL ? count_labels(b->model, &a) : 0;

		answers->n = (uint32_t) a.n;
		answers->labels = spread_of(a.labels, a.n, n_labels, like != NULL && like->n > 0 ? like->labels : NULL);
		answers->scores = spread_of(a.scores, a.n, 0, like != NULL && like->n > 0 ? like->scores : NULL);
	}
	up_answered_free(&a);
	up_free_large(some);
}

/* A group of inputs: first their values are read, some rows a part, then each is fitted by a part. */
typedef struct Group
{
	UpSamplesForm samples;
	size_t n; /* rows */
	uint32_t n_inputs, most_edges;
	uint32_t positions[GROUP], n_categories[GROUP];
} Group;

enum
{
	ROWS = UP_SAMPLES_ARRAYS,
	VALUES, /* n of each input */
	SPREADS,
	N_ARRAYS
};

static void
read_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Group *g = fixed;
	const UpSamples *samples = up_samples_open(&g->samples, arrays);
	UpSamplesPart rows = up_samples_part(g->n, PART_ROWS, part);
	double *v = arrays[VALUES];

	up_tick();
	for (size_t r = rows.first; r < rows.end; r++)
	{
		for (uint32_t i = 0; i < g->n_inputs; i++)
			v[i * g->n + r] = value_at(samples, ((const size_t *) arrays[ROWS])[r], g->positions[i]);
	}
}

static void
fit_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Group *g = fixed;

	up_tick();
	up_spread_fit((UpSpread *) arrays[SPREADS] + part, g->n_categories[part], g->most_edges,
				  (double *) arrays[VALUES] + part * g->n, g->n);
}

/* The spreads of some inputs. */
static void
fit_group(const UpBinding *b, Group *g, void **arrays, UpSpread *spreads)
{
	for (uint32_t i = 0; i < g->n_inputs; i++)
	{
		g->positions[i] = position_of(b, spreads[i].input);
		g->n_categories[i] = up_step_spread_categories(up_input_step(b->model->pipeline, spreads[i].input));
	}
	up_parallel(up_samples_parts(g->n, PART_ROWS), read_part, g, sizeof(*g), arrays, N_ARRAYS);
	for (uint32_t i = 0; i < g->n_inputs; i++)
		as_they_count(b, spreads[i].input, NAN, (double *) arrays[VALUES] + i * g->n, g->n);
	memcpy(arrays[SPREADS], spreads, g->n_inputs * sizeof(UpSpread));
	up_parallel(g->n_inputs, fit_part, g, sizeof(*g), arrays, N_ARRAYS);
	memcpy(spreads, arrays[SPREADS], g->n_inputs * sizeof(UpSpread));
}

static void
fit_inputs(const UpBinding *b, const size_t *rows, size_t n, UpDistribution *d)
{
	void *arrays[N_ARRAYS];
	Group g = {.samples = up_samples_form(b->frame->samples, arrays)};
	uint32_t *inputs;

	arrays[ROWS] = thinned(rows, &n, UP_SPREAD_ROWS);
	arrays[VALUES] = up_alloc_large_array(GROUP * UP_MAX(n, 1), sizeof(double));
	arrays[SPREADS] = up_alloc_large_array(GROUP, sizeof(UpSpread));
	g.n = n;
	d->n_rows = (uint32_t) n;
	d->n_inputs = up_distribution_inputs(b->model->pipeline, &inputs);
	d->inputs = up_alloc0(UP_MAX(d->n_inputs, 1) * sizeof(UpSpread));
	g.most_edges = d->n_inputs > MANY_INPUTS ? UP_SPREAD_POINTS / 2 : UP_SPREAD_POINTS;
	for (uint32_t i = 0; i < d->n_inputs; i++)
		d->inputs[i].input = inputs[i];
	for (uint32_t first = 0; first < d->n_inputs; first += g.n_inputs)
	{
		g.n_inputs = UP_MIN(GROUP, d->n_inputs - first);
		fit_group(b, &g, arrays, d->inputs + first);
	}
	up_free(inputs);
	for (uint32_t a = ROWS; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
}

UpDistribution *
up_distribution_fit(const UpBinding *b, const size_t *trained, size_t n_trained, const size_t *held_out,
					size_t n_held_out)
{
	UpDistribution *d = up_alloc0(sizeof(UpDistribution));

	fit_inputs(b, trained, n_trained, d);
	/* What it says of rows that it does not know tells more of how it answers. */
	fit_answers(b, held_out, n_held_out, &d->held_out, NULL);
	fit_answers(b, trained, n_trained, &d->trained, &d->held_out);
	return d;
}
