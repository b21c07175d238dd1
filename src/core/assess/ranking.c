/*
 * ranking.c - area under the curve and log loss; see ranking.h
 *
 * AUC = (sum of the ranks of the hits - h (h + 1) / 2) / (h m) with h hits and m misses, tied scores sharing their mean
 * rank. Scores are sorted by an LSD radix sort of their bits, 11 bits a pass: O(n).
 */
#include "assess/ranking.h"

#include <math.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS     6
#define BUCKETS    (1 << DIGIT_BITS)

typedef struct Scored
{
	uint64_t key; /* sorts as the score does */
	uint64_t hit;
} Scored;

static uint64_t
sortable(double score)
{
	uint64_t bits;

	score += 0.0; /* one zero */
	memcpy(&bits, &score, sizeof(bits));
	return bits ^ ((uint64_t) ((int64_t) bits >> 63) | UINT64_C(1) << 63);
}

static Scored *
sort_scores(Scored *rows, Scored *spare, size_t n)
{
	size_t *places = up_alloc_array(BUCKETS, sizeof(size_t));

	for (int digit = 0; digit < DIGITS; digit++)
	{
		int shift = digit * DIGIT_BITS;
		size_t place = 0;
		Scored *t = rows;

		up_tick();
		memset(places, 0, BUCKETS * sizeof(size_t));
		for (size_t i = 0; i < n; i++)
			places[(rows[i].key >> shift) & (BUCKETS - 1)]++;
		if (places[(rows[0].key >> shift) & (BUCKETS - 1)] == n)
			continue;
		for (int b = 0; b < BUCKETS; b++)
		{
			size_t count = places[b];

			places[b] = place;
			place += count;
		}
		for (size_t i = 0; i < n; i++)
			spare[places[(rows[i].key >> shift) & (BUCKETS - 1)]++] = rows[i];
		rows = spare;
		spare = t;
	}
	up_free(places);
	return rows;
}

double
up_auc(size_t n, const double *scores, const uint8_t *hits)
{
	Scored *rows, *spare, *sorted;
	double rank_sum = 0, n_hits = 0;

	if (n == 0)
		return NAN;
	rows = up_alloc_array(n, sizeof(Scored));
	spare = up_alloc_array(n, sizeof(Scored));
	for (size_t i = 0; i < n; i++)
	{
		rows[i].key = sortable(scores[i]);
		rows[i].hit = hits[i];
	}
	sorted = sort_scores(rows, spare, n);
	for (size_t start = 0; start < n;)
	{
		size_t end = start;
		double tied_hits = 0;

		for (; end < n && sorted[end].key == sorted[start].key; end++)
			tied_hits += (double) sorted[end].hit;
		/* Ranks start + 1 … end share their mean. */
		rank_sum += tied_hits * ((double) start + (double) end + 1) / 2;
		n_hits += tied_hits;
		start = end;
	}
	up_free(rows);
	up_free(spare);
	if (n_hits == 0 || n_hits == (double) n)
		return NAN;
	return (rank_sum - n_hits * (n_hits + 1) / 2) / (n_hits * ((double) n - n_hits));
}

double
up_log_loss_term(double probability)
{
	return -log(UP_MIN(UP_MAX(probability, 1e-15), 1 - 1e-15));
}
