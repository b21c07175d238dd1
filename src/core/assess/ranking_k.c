/*
 * ranking_k.c - how good a list of recommended items is; see ranking_k.h
 *
 * Gains: K. Jarvelin, J. Kekalainen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20 (2002). Novelty: the mean
 * self-information of what is recommended (T. Zhou et al., PNAS 107, 2010).
 */
#include "assess/ranking_k.h"

#include <math.h>
#include <string.h>

#include "num/sort.h"

/* A relevant item, and whether it was recommended already. */
typedef struct Item
{
	const char *text;
	double grade;
	bool found;
} Item;

static int
compare_items(const void *a, const void *b)
{
	const Item *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order != 0 ? order : (x->grade < y->grade) - (x->grade > y->grade);
}

/* The different relevant items, by text; returns how many. */
static uint32_t
take_relevant(Item *items, const char *const *relevant, const double *grades, uint32_t n)
{
	uint32_t taken = 0, kept = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		double grade = grades != NULL ? grades[i] : 1;

		if (!(grade >= 0) || !isfinite(grade))
			up_fail_with(UP_INVALID_DATA, up_format("A grade is %g.", grade), NULL,
						 "grades of relevant items must be finite and not negative");
		if (relevant[i] != NULL && grade > 0)
			items[taken++] = (Item){relevant[i], grade, false};
	}
	up_sort(items, taken, sizeof(Item), compare_items);
	for (uint32_t i = 0; i < taken; i++)
	{
		if (kept == 0 || strcmp(items[kept - 1].text, items[i].text) != 0)
			items[kept++] = items[i];
	}
	return kept;
}

static Item *
find(Item *items, uint32_t n, const char *text)
{
	uint32_t low = 0, high = n;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(items[mid].text, text);

		if (order == 0)
			return &items[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

UpRanked *
up_ranked(const char *const *recommended, uint32_t n, const char *const *relevant, const double *grades,
		  uint32_t n_relevant)
{
	UpRanked *r = up_alloc0(sizeof(*r));
	Item *items = up_alloc_array(UP_MAX(n_relevant, 1), sizeof(Item));

	r->n = n;
	r->gains = up_alloc0((size_t) UP_MAX(n, 1) * sizeof(double));
	r->n_relevant = take_relevant(items, relevant, grades, n_relevant);
	r->ideal = up_alloc_array(UP_MAX(r->n_relevant, 1), sizeof(double));
	for (uint32_t i = 0; i < n; i++)
	{
		Item *item = recommended[i] != NULL ? find(items, r->n_relevant, recommended[i]) : NULL;

		if (item == NULL || item->found)
			continue;
		item->found = true;
		r->gains[i] = item->grade;
	}
	for (uint32_t i = 0; i < r->n_relevant; i++)
		r->ideal[i] = -items[i].grade;
	up_sort_doubles(r->ideal, r->n_relevant, NULL);
	for (uint32_t i = 0; i < r->n_relevant; i++)
		r->ideal[i] = -r->ideal[i];
	up_free(items);
	return r;
}

static double
hits(const UpRanked *r, uint32_t k)
{
	double n = 0;

	for (uint32_t i = 0; i < UP_MIN(k, r->n); i++)
		n += r->gains[i] > 0;
	return n;
}

double
up_precision_at(const UpRanked *r, uint32_t k)
{
	if (r->n_relevant == 0)
		return NAN;
	if (k == UP_ALL_RANKS)
		k = r->n;
	return k > 0 ? hits(r, k) / k : 0;
}

double
up_recall_at(const UpRanked *r, uint32_t k)
{
	return r->n_relevant > 0 ? hits(r, k) / r->n_relevant : NAN;
}

double
up_hit_at(const UpRanked *r, uint32_t k)
{
	return r->n_relevant > 0 ? hits(r, k) > 0 : NAN;
}

double
up_reciprocal_rank_at(const UpRanked *r, uint32_t k)
{
	if (r->n_relevant == 0)
		return NAN;
	for (uint32_t i = 0; i < UP_MIN(k, r->n); i++)
	{
		if (r->gains[i] > 0)
			return 1.0 / (i + 1);
	}
	return 0;
}

double
up_average_precision_at(const UpRanked *r, uint32_t k)
{
	double found = 0, sum = 0;

	if (r->n_relevant == 0)
		return NAN;
	for (uint32_t i = 0; i < UP_MIN(k, r->n); i++)
	{
		if (r->gains[i] > 0)
			sum += ++found / (i + 1);
	}
	return k > 0 ? sum / UP_MIN(k, r->n_relevant) : 0;
}

static double
cumulated(const double *gains, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += gains[i] / log2((double) i + 2);
	return sum;
}

double
up_ndcg_at(const UpRanked *r, uint32_t k)
{
	if (r->n_relevant == 0)
		return NAN;
	if (k == 0)
		return 0;
	return cumulated(r->gains, UP_MIN(k, r->n)) / cumulated(r->ideal, UP_MIN(k, r->n_relevant));
}

double
up_coverage(const uint8_t *was_recommended, uint32_t n_items)
{
	double n = 0;

	for (uint32_t i = 0; i < n_items; i++)
		n += was_recommended[i] != 0;
	return n_items > 0 ? n / n_items : NAN;
}

double
up_novelty_term(double users, double all_users)
{
	return all_users > 0 ? -log2(UP_MIN(UP_MAX(users, 0.5) / all_users, 1)) : NAN;
}
