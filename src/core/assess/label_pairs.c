/*
 * label_pairs.c - a confusion matrix that grows; see label_pairs.h
 *
 * Numeric labels and pairs stand in order of arrival, found by hash tables. Cost: O(1) a row.
 */
#include "assess/label_pairs.h"

#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 9007199254740992.0 /* 2^53 */
#define FIRST     8

static uint64_t
number_hash(double label)
{
	uint64_t bits;

	memcpy(&bits, &label, sizeof(bits));
	return up_mix64(bits);
}

static uint64_t
pair_hash(UpLabelPair pair)
{
	return up_mix64((uint64_t) pair.actual << 32 | pair.predicted);
}

#define UP_HASH_NAME               number
#define UP_HASH_OWNER              UpLabelPairs
#define UP_HASH_KEY                double
#define UP_HASH_EQUAL(p, i, label) ((p)->numbers[i] == (label))
#define UP_HASH_OF(p, i)           number_hash((p)->numbers[i])
#include "num/hash_table.h"

#define UP_HASH_NAME  pair
#define UP_HASH_OWNER UpLabelPairs
#define UP_HASH_KEY   UpLabelPair
#define UP_HASH_EQUAL(p, i, pair)                                                                              \
	((p)->pairs[i].actual == (pair).actual && (p)->pairs[i].predicted == (pair).predicted)
#define UP_HASH_OF(p, i) pair_hash((p)->pairs[i])
#include "num/hash_table.h"

UpLabelPairs *
up_label_pairs_new(UpLabelKind kind)
{
	UpLabelPairs *p = up_alloc0(sizeof(UpLabelPairs));

	p->kind = kind;
	if (kind == UP_LABEL_TEXT)
		p->texts = up_dictionary_new(UP_LABEL_LIMIT);
	p->numbers_capacity = p->capacity = FIRST;
	p->numbers = up_alloc_array(FIRST, sizeof(double));
	number_resize(&p->number_table, p, 0, FIRST);
	p->pairs = up_alloc_array(FIRST, sizeof(UpLabelPair));
	pair_resize(&p->pair_table, p, 0, FIRST);
	return p;
}

static void
fail_too_many(void)
{
	up_fail_with(UP_LIMIT, NULL,
				 "For numbers that are no labels use uprofile_rmse, uprofile_mae or uprofile_r2.",
				 "more than %d different labels", UP_LABEL_LIMIT);
}

uint32_t
up_label_pairs_number(UpLabelPairs *p, double label)
{
	uint32_t *slot;

	if (p->kind == UP_LABEL_BOOLEAN)
		return label != 0;
	label += 0.0; /* one zero */
	slot = number_find(&p->number_table, p, number_hash(label), label);
	if (*slot != 0)
		return *slot - 1;
	if (p->n_numbers == UP_LABEL_LIMIT)
		fail_too_many();
	p->numbers[p->n_numbers++] = label;
	*slot = p->n_numbers;
	if (p->n_numbers == p->numbers_capacity)
	{
		p->numbers_capacity *= 2;
		p->numbers = up_realloc(p->numbers, p->numbers_capacity * sizeof(double));
		number_resize(&p->number_table, p, p->n_numbers, p->numbers_capacity);
	}
	return p->n_numbers - 1;
}

uint32_t
up_label_pairs_text(UpLabelPairs *p, const char *text, size_t len)
{
	int64_t label = up_dictionary_add(p->texts, text, len);

	UP_ASSERT(p->kind == UP_LABEL_TEXT);
	if (label < 0)
		fail_too_many();
	return (uint32_t) label;
}

void
up_label_pairs_add(UpLabelPairs *p, uint32_t actual, uint32_t predicted, double rows)
{
	UpLabelPair pair = {actual, predicted, rows};
	uint32_t *slot = pair_find(&p->pair_table, p, pair_hash(pair), pair);

	UP_ASSERT(p->n_pairs < p->capacity);
	UP_ASSERT(actual < up_label_pairs_n_labels(p) && predicted < up_label_pairs_n_labels(p));
	p->n += rows;
	if (*slot != 0)
	{
		p->pairs[*slot - 1].rows += rows;
		return;
	}
	p->pairs[p->n_pairs++] = pair;
	*slot = p->n_pairs;
	if (p->n_pairs == p->capacity)
	{
		if (p->capacity > UINT32_MAX / 8)
			up_fail(UP_LIMIT, "more than %u different pairs of labels", p->capacity);
		up_reserve((size_t) p->capacity * 2 * (sizeof(UpLabelPair) + 2 * sizeof(uint32_t)), "pairs of labels");
		p->capacity *= 2;
		p->pairs = up_realloc(p->pairs, p->capacity * sizeof(UpLabelPair));
		pair_resize(&p->pair_table, p, p->n_pairs, p->capacity);
	}
}

uint32_t
up_label_pairs_n_labels(const UpLabelPairs *p)
{
	return p->kind == UP_LABEL_BOOLEAN ? 2 : p->kind == UP_LABEL_TEXT ? p->texts->n : p->n_numbers;
}

void
up_label_pairs_merge(UpLabelPairs *p, const UpLabelPairs *other)
{
	uint32_t n = up_label_pairs_n_labels(other), *of = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));

	for (uint32_t i = 0; i < n; i++)
	{
		if (p->kind == UP_LABEL_BOOLEAN)
			of[i] = i;
		else if (p->kind == UP_LABEL_TEXT)
			of[i] = up_label_pairs_text(p, other->texts->texts[i], strlen(other->texts->texts[i]));
		else
			of[i] = up_label_pairs_number(p, other->numbers[i]);
	}
	for (uint32_t i = 0; i < other->n_pairs; i++)
		up_label_pairs_add(p, of[other->pairs[i].actual], of[other->pairs[i].predicted], other->pairs[i].rows);
	up_free(of);
}

const char *
up_label_pairs_label(const UpLabelPairs *p, uint32_t label)
{
	if (p->kind == UP_LABEL_BOOLEAN)
		return label != 0 ? "true" : "false";
	if (p->kind == UP_LABEL_TEXT)
		return p->texts->texts[label];
	return up_value_text(up_value_number(p->numbers[label]));
}

typedef struct Ranked
{
	const char *text;
	double number;
	uint32_t label;
} Ranked;

static int
compare_labels(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->text != NULL)
		return strcmp(x->text, y->text);
	return x->number < y->number ? -1 : x->number > y->number;
}

uint32_t *
up_label_pairs_ranks(const UpLabelPairs *p)
{
	uint32_t n = up_label_pairs_n_labels(p), *rank = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	Ranked *sorted = up_alloc_array(UP_MAX(n, 1), sizeof(Ranked));

	for (uint32_t i = 0; i < n; i++)
		sorted[i] = (Ranked){p->kind == UP_LABEL_TEXT ? p->texts->texts[i] : NULL,
							 p->kind == UP_LABEL_NUMBER ? p->numbers[i] : i, i};
	up_sort(sorted, n, sizeof(Ranked), compare_labels);
	for (uint32_t i = 0; i < n; i++)
		rank[sorted[i].label] = i;
	up_free(sorted);
	return rank;
}

UpMarginals *
up_label_pairs_marginals(const UpLabelPairs *p, const uint32_t *rank)
{
	UpMarginals *m = up_marginals_new(up_label_pairs_n_labels(p));

	m->n = p->n;
	for (uint32_t i = 0; i < p->n_pairs; i++)
	{
		const UpLabelPair *pair = &p->pairs[i];

		m->actual[rank[pair->actual]] += pair->rows;
		m->predicted[rank[pair->predicted]] += pair->rows;
		m->hits[rank[pair->actual]] += pair->actual == pair->predicted ? pair->rows : 0;
	}
	return m;
}

void
up_put_label_pairs(UpWriter *w, const UpLabelPairs *p, bool weighted)
{
	if (p->kind == UP_LABEL_TEXT)
		up_put_dictionary(w, p->texts);
	if (p->kind == UP_LABEL_NUMBER)
	{
		up_put_u32(w, p->n_numbers);
		up_put_f64_array(w, p->numbers, p->n_numbers);
	}
	up_put_u32(w, p->n_pairs);
	for (uint32_t i = 0; i < p->n_pairs; i++)
	{
		up_put_u32(w, p->pairs[i].actual);
		up_put_u32(w, p->pairs[i].predicted);
		if (weighted)
			up_put_f64(w, p->pairs[i].rows);
		else
			up_put_u64(w, (uint64_t) p->pairs[i].rows);
	}
}

UpLabelPairs *
up_get_label_pairs(UpReader *r, UpLabelKind kind, bool weighted)
{
	UpLabelPairs *p = up_label_pairs_new(kind);
	uint32_t n, labels;

	if (kind == UP_LABEL_TEXT)
	{
		p->texts = up_get_dictionary(r);
		if (p->texts->limit != UP_LABEL_LIMIT || p->texts->overflowed)
			up_corrupt(r, "labels");
	}
	if (kind == UP_LABEL_NUMBER)
	{
		n = up_get_count(r, sizeof(double), UP_LABEL_LIMIT, "labels");
		for (uint32_t i = 0; i < n; i++)
		{
			if (up_label_pairs_number(p, up_get_f64(r)) != i)
				up_corrupt(r, "labels");
		}
	}
	labels = up_label_pairs_n_labels(p);
	n = up_get_count(r, 16, UINT32_MAX / 8, "pairs of labels");
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t actual = up_get_u32(r), predicted = up_get_u32(r);
		double rows = weighted ? up_get_f64(r) : (double) up_get_u64(r);

		if (actual >= labels || predicted >= labels || !(rows > 0) || (!weighted && rows > MOST_ROWS))
			up_corrupt(r, "pairs of labels");
		up_label_pairs_add(p, actual, predicted, rows);
		if (p->n_pairs != i + 1 || !isfinite(p->n) || (!weighted && p->n > MOST_ROWS))
			up_corrupt(r, "pairs of labels");
	}
	return p;
}
