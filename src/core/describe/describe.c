/*
 * describe.c - collects a column and sums it up; see describe.h
 *
 * Numbers are held while they fit, one a row (held.h), and summed up at the end (numbers.h), column by column: by workers, where there
 * are any. Beyond that they are summed up as they come: a sketch takes them (sketch_quantiles.h), and a tally counts the frequent ones. Skew
 * is G1 = n sqrt(n - 1) / (n - 2) · m3 / m2^1.5 with sums m2, m3, as pandas has it; deviation has ddof 1; quantiles are interpolated
 * linearly. Cost: O(1) a value and O(n) for sorting.
 */
#include "describe/describe.h"

#include "base/rng.h"
#include "describe/tally.h"
#include "num/sketch_quantiles.h"
#include "prep/dictionary.h"
#include "score/score.h"

#include <math.h>
#include <string.h>

#define PARTS_EACH 2      /* columns that a process sums up of those that are copied at a time */
#define SUMMING_UP 1.5e-8 /* seconds that a number takes, about */
#define LEAK_ROWS  50000  /* the association with the target is measured on at most so many rows */

struct UpSummary
{
	/* Comes first, as up_summary_number knows: numbers and codes of texts, NaN where missing, while they fit. */
	UpHeld held;
	UpColumnFacts facts;
	bool whole;
	size_t capacity;
	/* Of what is not held: */
	uint64_t content[UP_CONTENT_LANES];
	double block[UP_BLOCK_VALUES];
	uint32_t in_block;
	UpPowers powers;
	UpQuantiles *sketch;
	UpTally *tally;
	UpTally *loose; /* of texts, trimmed and in lower case */
	double *sample; /* of some rows, the same of all columns: NaN where missing, texts by code */
	size_t n_sampled;
	uint64_t n_offered;
	uint32_t halvings; /* of the rows that are taken */
	UpDictionary *codes;
};

uint32_t
up_summary_most_texts(size_t capacity)
{
	return (uint32_t) UP_MIN(UP_MAX(capacity / 512, 1024), UINT32_MAX / 4);
}

UpSummary *
up_summary_new(const char *name, UpFactKind kind, bool is_text, bool whole, bool has_target, size_t capacity,
			   UpHeldMemory *memory)
{
	UpSummary *s = up_alloc0(sizeof(UpSummary));

	s->facts.name = name;
	s->facts.kind = kind;
	s->facts.is_text = is_text;
	s->facts.exact = true;
	s->facts.duplicate_of = -1;
	s->facts.leak = NAN;
	s->facts.minimum = INFINITY;
	s->facts.maximum = -INFINITY;
	s->whole = whole;
	s->capacity = capacity;
	s->held.memory = memory;
	if (has_target)
		s->sample = up_alloc_array(LEAK_ROWS, sizeof(double));
	if (is_text)
	{
		s->tally = up_tally_new(up_summary_most_texts(capacity));
		s->loose = up_tally_new(up_summary_most_texts(capacity));
		s->codes = up_dictionary_new(UP_CATEGORY_LIMIT);
	}
	return s;
}

/* Whether texts are held by code, to be summed up with those of other processes. */
static bool
is_coded(const UpSummary *s)
{
	return s->facts.is_text && s->held.memory != NULL && s->held.memory->large;
}

static bool
is_held(const UpSummary *s)
{
	return s->facts.is_text ? is_coded(s) : s->sketch == NULL;
}

static void
add_content(UpSummary *s, uint64_t hash)
{
	up_content_add(s->content, s->facts.rows++, hash);
}

/* Rows are drawn by their number, so that a table in the order of the target is seen as a whole. */
static bool
is_drawn(uint64_t row, uint32_t halvings)
{
	return halvings == 0 || up_mix64(row) >> (64 - halvings) == 0;
}

/* Keeps every second row of the sample, about. */
static void
halve_sample(UpSummary *s)
{
	size_t at = 0, kept = 0;

	for (uint64_t row = 0; row < s->n_offered; row++)
	{
		if ((row & 0xffff) == 0)
			up_tick();
		if (!is_drawn(row, s->halvings))
			continue;
		if (is_drawn(row, s->halvings + 1))
			s->sample[kept++] = s->sample[at];
		at++;
	}
	s->n_sampled = kept;
	s->halvings++;
}

static bool
draws_next(const UpSummary *s)
{
	return s->sample != NULL && is_drawn(s->n_offered, s->halvings);
}

static void
offer(UpSummary *s, double v)
{
	if (draws_next(s))
		s->sample[s->n_sampled++] = v;
	s->n_offered++;
	while (s->n_sampled == LEAK_ROWS)
		halve_sample(s);
}

static void
take_missing(UpSummary *s)
{
	add_content(s, 0);
	offer(s, NAN);
	s->facts.missing++;
}

static void
close_block(UpSummary *s)
{
	up_powers_add(&s->powers, s->block, s->in_block);
	s->in_block = 0;
}

/* A number that is not held. */
static void
take_number(UpSummary *s, double v)
{
	uint64_t bits;

	if (isnan(v))
	{
		take_missing(s);
		return;
	}
	memcpy(&bits, &v, sizeof(bits));
	add_content(s, bits | 1);
	offer(s, isinf(v) ? NAN : v);
	if (isinf(v))
	{
		s->facts.infinite++;
		return;
	}
	s->facts.minimum = v < s->facts.minimum ? v : s->facts.minimum;
	s->facts.maximum = v > s->facts.maximum ? v : s->facts.maximum;
	up_quantiles_add(s->sketch, v);
	up_tally_number(s->tally, v, 1);
	s->block[s->in_block] = v;
	if (++s->in_block == UP_BLOCK_VALUES)
		close_block(s);
}

/* More numbers than there is space for: from now on they are estimated. */
static void
begin_sketch(UpSummary *s)
{
	size_t n = up_held_count(&s->held);

	s->facts.exact = false;
	s->sketch = up_quantiles_new(0);
	s->tally = up_tally_new((uint32_t) UP_MIN(UP_MAX(s->capacity / 128, 1024), UINT32_MAX / 4));
	for (size_t i = 0; i < n; i++)
	{
		if ((i & 0xffff) == 0)
			up_tick();
		take_number(s, up_held_at(&s->held, i));
	}
	up_held_free(&s->held);
}

uint64_t
up_summary_most_held(size_t capacity)
{
	return capacity / (UP_HELD_BLOCK * sizeof(double)) * UP_HELD_BLOCK;
}

void
up_summary_another(UpSummary *s, double v)
{
	if (is_held(s) && up_held_count(&s->held) == up_summary_most_held(s->capacity))
		begin_sketch(s);
	if (!is_held(s))
	{
		take_number(s, v);
		return;
	}
	up_held_add(&s->held, v);
}

void
up_summary_missing(UpSummary *s)
{
	if (s->facts.is_text && !is_coded(s))
		take_missing(s);
	else
		up_summary_number(s, NAN);
}

static void
keep_extremes(UpSummary *s, const char *text)
{
	UpColumnFacts *f = &s->facts;

	if (f->min_text == NULL || strcmp(text, f->min_text) < 0)
	{
		up_free(f->min_text);
		f->min_text = up_strdup(text);
	}
	if (f->max_text == NULL || strcmp(text, f->max_text) > 0)
	{
		up_free(f->max_text);
		f->max_text = up_strdup(text);
	}
}

void
up_summary_text(UpSummary *s, const char *text, size_t len)
{
	UpTallied *e = up_tally_text(s->tally, text, len);
	int64_t code = -1;

	if (e->count == 1)
		up_text_look(&e->look, text, len);
	if (is_coded(s))
	{
		up_held_add(&s->held, (double) (e - s->tally->entries));
		return;
	}
	add_content(s, e->hash | 1);
	/* What is told by the value alone is told once for each different one, as long as counts are exact. */
	if (e->count == 1 || s->tally->distinct != NULL)
	{
		keep_extremes(s, e->text);
		up_tally_again(s->loose, e->look.loose, NULL, 1);
	}
	up_text_count(&s->facts.texts, &e->look, 1);
	if (draws_next(s))
		code = up_dictionary_add(s->codes, text, len);
	offer(s, code < 0 ? NAN : (double) code);
}

size_t
up_summary_bytes(const UpSummary *s)
{
	size_t bytes = sizeof(UpSummary) + (s->sample != NULL ? LEAK_ROWS * sizeof(double) : 0);

	bytes += up_held_bytes(&s->held);
	bytes += s->sketch != NULL ? up_quantiles_bytes(s->sketch) : 0;
	if (s->tally != NULL)
		bytes += up_tally_bytes(s->tally);
	if (s->loose != NULL)
		bytes += up_tally_bytes(s->loose);
	return bytes;
}

/* What is told of the values as they came. */
static void
sample_held(UpSummary *s)
{
	size_t n = s->sample != NULL ? up_held_count(&s->held) : 0;

	for (size_t i = 0; i < n; i++)
	{
		double v = up_held_at(&s->held, i);

		if ((i & 0xffff) == 0)
			up_tick();
		offer(s, isinf(v) ? NAN : v);
	}
}

static void
take_numbers(UpSummary *s, const UpNumbers *found)
{
	UpColumnFacts *f = &s->facts;

	memcpy(s->content, found->content, sizeof(s->content));
	s->powers = found->powers;
	f->rows = found->n;
	f->missing = found->missing;
	f->infinite = found->infinite;
	f->minimum = found->minimum;
	f->maximum = found->maximum;
	f->distinct = found->distinct;
	memcpy(f->quantiles, found->quantiles, sizeof(f->quantiles));
	f->outliers = found->outliers;
	f->n_top = found->n_top;
	memcpy(f->top, found->top, sizeof(f->top));
	/* Whole numbers beyond 2^53 may have been rounded onto each other. */
	f->beyond_double = s->whole && (f->maximum > 0x1p53 || f->minimum < -0x1p53);
	f->exact = f->exact && !f->beyond_double;
}

static void
take_texts(UpSummary *s, const UpTexts *found)
{
	UpColumnFacts *f = &s->facts;

	memcpy(s->content, found->content, sizeof(s->content));
	f->rows = found->n;
	f->missing = found->missing;
	f->texts = found->counted;
	f->distinct = found->distinct;
	f->loose_distinct = found->loose_distinct;
	f->n_top = found->n_top;
	for (uint32_t i = 0; i < f->n_top; i++)
		f->top[i] = (UpTopValue){.text = up_strdup(found->top[i]), .count = found->counts[i]};
	if (f->n_top > 0)
	{
		f->min_text = up_strdup(found->least);
		f->max_text = up_strdup(found->most);
	}
	s->tally = s->loose = NULL;
}

/* ---- of several processes ---- */

bool
up_summaries_tell_apart(UpSummary *const *s, int n, int n_shares)
{
	for (int i = 0; i < n; i++)
	{
		const UpTally *t = s[i]->tally;

		if (s[i]->facts.is_text && (t->distinct != NULL || t->n > t->limit / (uint32_t) n_shares))
			return false;
	}
	return true;
}

void *
up_summaries_texts(UpSummary *const *s, int n)
{
	const UpTally **tallies = up_alloc_array((size_t) n, sizeof(UpTally *));
	bool any = false;
	void *lists = NULL;

	for (int i = 0; i < n; i++)
	{
		tallies[i] = s[i]->facts.is_text ? s[i]->tally : NULL;
		any = any || tallies[i] != NULL;
	}
	if (any)
	{
		lists = up_alloc_large(UP_MAX(up_texts_bytes(tallies, (uint32_t) n), UP_LARGE_LEAST));
		up_texts_put(tallies, (uint32_t) n, lists);
	}
	up_free(tallies);
	return lists;
}

void
up_shares_sum_up(const UpSummary *summary, const UpHeldShare *shares, int n_shares, size_t n_columns,
				 size_t column, double *known, double *buffer, UpFound *found)
{
	if (summary->facts.is_text)
	{
		up_texts_sum_up(shares, n_shares, n_columns, column, summary->tally->limit, &found->texts);
		return;
	}
	found->numbers = (UpNumbers){0};
	for (const UpHeldShare *s = shares; s < shares + n_shares; s++)
	{
		for (size_t at = 0; at < s->rows; at += UP_HELD_BLOCK)
			up_numbers_add(&found->numbers,
						   up_held_region_block(s->regions, at / UP_HELD_BLOCK * n_columns + column),
						   UP_MIN(UP_HELD_BLOCK, s->rows - at), known);
	}
	up_numbers_finish(&found->numbers, known, buffer);
}

bool
up_summaries_found(UpSummary *const *s, int n, const UpFound *found)
{
	for (int i = 0; i < n; i++)
	{
		if (s[i]->facts.is_text && !found[i].texts.exact)
			return false;
	}
	for (int i = 0; i < n; i++)
	{
		up_held_free(&s[i]->held);
		if (s[i]->facts.is_text)
			take_texts(s[i], &found[i].texts);
		else
			take_numbers(s[i], &found[i].numbers);
	}
	return true;
}

/* Columns that are held, of so many rows each. */
static void
sum_up_alone(UpSummary **held, int n, size_t rows)
{
	double *known = up_alloc_large_array(rows, sizeof(double));
	double *buffer = up_alloc_large_array(rows, sizeof(double));

	for (int i = 0; i < n; i++)
	{
		UpHeld *h = &held[i]->held;
		UpNumbers found = {0};

		up_progress("describing columns", (uint64_t) i, (uint64_t) n);
		for (size_t at = 0; at < rows; at += UP_HELD_BLOCK)
			up_numbers_add(&found, h->blocks[at / UP_HELD_BLOCK], UP_MIN(UP_HELD_BLOCK, rows - at), known);
		up_held_free(h);
		up_numbers_finish(&found, known, buffer);
		take_numbers(held[i], &found);
	}
	up_free_large(known);
	up_free_large(buffer);
}

enum
{
	VALUES,
	BUFFERS,
	FOUND,
	N_ARRAYS
};

static void
sum_up_part(const void *fixed, void *const *arrays, uint32_t part)
{
	size_t rows = *(const size_t *) fixed;
	double *values = (double *) arrays[VALUES] + part * rows;
	UpNumbers *found = (UpNumbers *) arrays[FOUND] + part;

	*found = (UpNumbers){0};
	up_numbers_add(found, values, rows, values);
	up_numbers_finish(found, values, (double *) arrays[BUFFERS] + part * rows);
}

/* The same by workers: so many columns at a time, out of copies that they can see. */
static void
sum_up_by_workers(UpSummary **held, int n, size_t rows)
{
	int at_once = (int) UP_MIN(PARTS_EACH * up_workers(), (uint32_t) n);
	void *arrays[N_ARRAYS];
	const UpNumbers *found;

	arrays[VALUES] = up_alloc_large_array((size_t) at_once * rows, sizeof(double));
	arrays[BUFFERS] = up_alloc_large_array((size_t) at_once * rows, sizeof(double));
	found = arrays[FOUND] = up_alloc_large_array((size_t) at_once, sizeof(UpNumbers));
	for (int first = 0; first < n; first += at_once)
	{
		int parts = UP_MIN(at_once, n - first);

		up_progress("describing columns", (uint64_t) first, (uint64_t) n);
		for (int i = 0; i < parts; i++)
		{
			up_held_copy(&held[first + i]->held, (double *) arrays[VALUES] + (size_t) i * rows);
			up_held_free(&held[first + i]->held);
		}
		up_parallel((uint32_t) parts, sum_up_part, &rows, sizeof(rows), arrays, N_ARRAYS);
		for (int i = 0; i < parts; i++)
			take_numbers(held[first + i], &found[i]);
	}
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
}

static void
finish_numbers(UpSummary **s, int n)
{
	UpSummary **held = up_alloc_array((size_t) UP_MAX(n, 1), sizeof(UpSummary *));
	size_t rows = 0;
	int n_held = 0;

	for (int i = 0; i < n; i++)
	{
		size_t count = up_held_count(&s[i]->held);

		if (count == 0)
			continue;
		UP_ASSERT(rows == 0 || rows == count);
		rows = count;
		sample_held(s[i]);
		held[n_held++] = s[i];
	}
	up_workers_begin(n_held > 1 ? SUMMING_UP * (double) n_held * (double) rows : 0);
	if (n_held > 0)
		(up_workers() > 1 ? sum_up_by_workers : sum_up_alone)(held, n_held, rows);
	up_workers_end();
	up_free(held);
}

static void
finish_sketched(UpSummary *s)
{
	UpColumnFacts *f = &s->facts;
	double distance;

	up_quantiles_find(s->sketch, up_fact_shares, UP_FACT_QUANTILES, f->quantiles);
	distance = 1.5 * (f->quantiles[4] - f->quantiles[2]);
	f->outliers = (uint64_t) (up_quantiles_rank(s->sketch, f->quantiles[2] - distance) +
							  (double) up_quantiles_n(s->sketch) -
							  up_quantiles_rank(s->sketch, nextafter(f->quantiles[4] + distance, INFINITY)));
	f->rank_error = 3.0 / UP_QUANTILES_BUFFER;
}

static void
finish_tally(UpSummary *s)
{
	UpColumnFacts *f = &s->facts;
	const UpTallied *top[UP_FACT_TOP];

	/* An estimate may go too far. */
	f->distinct = UP_MIN(up_tally_distinct(s->tally), (double) (f->rows - f->missing));
	f->exact = f->exact && s->tally->distinct == NULL;
	f->top_error = s->tally->error;
	f->n_top = up_tally_top(s->tally, UP_FACT_TOP, top);
	for (uint32_t i = 0; i < f->n_top; i++)
		f->top[i] = (UpTopValue){top[i]->number, top[i]->text, top[i]->count};
	if (s->loose != NULL)
		f->loose_distinct = up_tally_distinct(s->loose);
}

static void
finish_moments(UpSummary *s)
{
	UpColumnFacts *f = &s->facts;
	UpPowers *p = &s->powers;

	f->mean = p->n > 0 ? p->mean : NAN;
	f->deviation = p->n > 1 ? sqrt(p->m2 / (p->n - 1)) : NAN;
	f->skew = p->n > 2 && p->m2 > 0 ? p->n * sqrt(p->n - 1) / (p->n - 2) * p->m3 / pow(p->m2, 1.5) : NAN;
	if (p->n > 2 && f->minimum == f->maximum)
		f->skew = 0;
	if (p->n == 0)
	{
		f->minimum = f->maximum = NAN;
		for (int q = 0; q < UP_FACT_QUANTILES; q++)
			f->quantiles[q] = NAN;
	}
}

static void
settle_kind(UpSummary *s)
{
	UpColumnFacts *f = &s->facts;
	double known = (double) (f->rows - f->missing);

	if (f->rows >= 2 && f->missing == 0 && f->exact && f->distinct == known &&
		(f->kind == UP_FACT_CATEGORY || (f->kind == UP_FACT_NUMBER && s->whole)))
		f->kind = UP_FACT_KEY;
	else if (f->kind == UP_FACT_CATEGORY &&
			 (f->distinct > UP_FACT_CATEGORIES || (known >= 10 && f->distinct >= 0.9 * known)))
		f->kind = UP_FACT_TEXT;
}

/* The strength of the association of every column with the target. */
static void
find_leaks(UpSummary **s, int n, int target)
{
	UpVariable y;

	if (s[target]->codes != NULL && s[target]->codes->overflowed)
		return;
	y = (UpVariable){s[target]->sample, s[target]->codes != NULL ? s[target]->codes->n : 0};
	for (int i = 0; i < n; i++)
	{
		UpVariable x = {s[i]->sample, s[i]->codes != NULL ? s[i]->codes->n : 0};

		up_tick();
		if (i == target || s[i]->facts.kind == UP_FACT_KEY || (s[i]->codes != NULL && s[i]->codes->overflowed))
			continue;
		s[i]->facts.leak =
			fabs(up_score_correlation(&x, &y, UP_MIN(s[i]->n_sampled, s[target]->n_sampled), false).value);
	}
}

UpColumnFacts *
up_summaries_finish(UpSummary **s, int n, int target)
{
	UpColumnFacts *facts = up_alloc0((size_t) UP_MAX(n, 1) * sizeof(UpColumnFacts));

	for (int i = 0; i < n; i++)
		close_block(s[i]);
	finish_numbers(s, n);
	for (int i = 0; i < n; i++)
	{
		if (!s[i]->facts.is_text)
			finish_moments(s[i]);
		if (s[i]->sketch != NULL)
			finish_sketched(s[i]);
		if (s[i]->tally != NULL)
			finish_tally(s[i]);
		settle_kind(s[i]);
		for (int j = 0; j < i && s[i]->facts.duplicate_of < 0; j++)
		{
			if (memcmp(s[i]->content, s[j]->content, sizeof(s[i]->content)) == 0 &&
				s[i]->facts.rows > s[i]->facts.missing && s[i]->facts.kind < UP_FACT_ARRAY &&
				s[j]->facts.kind < UP_FACT_ARRAY)
				s[i]->facts.duplicate_of = j;
		}
	}
	if (target >= 0)
		find_leaks(s, n, target);
	for (int i = 0; i < n; i++)
		facts[i] = s[i]->facts;
	return facts;
}
