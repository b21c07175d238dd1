/*
 * cluster_numbers.c - the numbers by which clusters are told, and clusters in words; see cluster_numbers.h
 */
#include "learn/kmeans/cluster_numbers.h"

#include "prep/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

UpClusters
up_cluster_numbers_copy(const UpClusters *clusters)
{
	UpClusters copy = *clusters;

	if (clusters->numbers == NULL)
		return copy;
	copy.numbers = up_alloc_array(clusters->k, sizeof(uint32_t));
	memcpy((uint32_t *) copy.numbers, clusters->numbers, clusters->k * sizeof(uint32_t));
	return copy;
}

static int
compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

uint32_t *
up_clusters_by_number(const UpClusters *clusters)
{
	uint32_t k = clusters->k, *position = up_alloc_array(k, sizeof(uint32_t));
	uint64_t *keyed = up_alloc_array(k, sizeof(uint64_t));

	for (uint32_t c = 0; c < k; c++)
		keyed[c] = (uint64_t) up_cluster_number(clusters, c) << 32 | c;
	qsort(keyed, k, sizeof(uint64_t), compare_u64);
	for (uint32_t c = 0; c < k; c++)
		position[c] = (uint32_t) keyed[c];
	up_free(keyed);
	return position;
}

void
up_put_cluster_numbers(UpWriter *w, const UpClusters *clusters)
{
	if (clusters->numbers == NULL)
		return;
	up_put_u32(w, clusters->next);
	for (uint32_t c = 0; c < clusters->k; c++)
		up_put_u32(w, clusters->numbers[c]);
}

/* Each number is another's, below next, and they are not those of a body without numbers, which has none. */
static void
check_numbers(UpReader *r, const UpClusters *clusters)
{
	uint32_t *position = up_clusters_by_number(clusters);
	bool plain = clusters->next == clusters->k;

	for (uint32_t c = 0; c < clusters->k; c++)
	{
		plain = plain && clusters->numbers[c] == c;
		if (clusters->numbers[c] >= clusters->next ||
			(c > 0 && clusters->numbers[position[c]] == clusters->numbers[position[c - 1]]))
			up_corrupt(r, "numbers of clusters");
	}
	if (plain || clusters->next > UP_CLUSTER_NUMBERS)
		up_corrupt(r, "numbers of clusters");
	up_free(position);
}

UpClusters
up_get_cluster_numbers(UpReader *r, uint32_t k)
{
	UpClusters clusters = {k, NULL, k};
	uint32_t *numbers;

	if (r->pos == r->len)
		return clusters;
	clusters.next = up_get_u32(r);
	clusters.numbers = numbers = up_alloc_array(k, sizeof(uint32_t));
	for (uint32_t c = 0; c < k; c++)
		numbers[c] = up_get_u32(r);
	check_numbers(r, &clusters);
	return clusters;
}

/* ---- clusters in words, in the units of the data: numbers as they were, categories by their shares ---- */

#define LEAST_SHARE 0.0005 /* that is told */

/* Whether a feature is 0 or 1: its mean is a share. */
static bool
is_share(const UpStep *step)
{
	return step->encode == UP_ENCODE_ONE_HOT || step->kind == UP_COLUMN_BOOLEAN;
}

static void
add_value(UpText *out, double v)
{
	up_text_add(out, up_format("%.6g", fabs(v) < 1e-12 ? 0 : v));
}

/* Seconds since 2000-01-01 as a date and a time. */
static void
add_time(UpText *out, double seconds)
{
	double day = floor(seconds / 86400), rest = seconds - day * 86400;

	up_text_add_day(out, day);
	up_text_add(out, up_format(" %02d:%02d", (int) (rest / 3600), (int) fmod(rest / 60, 60)));
}

/* The categories of a column from the feature at on, those with the greatest shares first. */
static void
add_shares(UpText *out, const UpStep *step, const UpValue *names, const double *centre, uint32_t at, uint32_t n)
{
	bool *told = up_alloc0(UP_MAX(n, 1) * sizeof(bool));
	size_t prefix = strlen(step->name) + 1;

	for (uint32_t round = 0; round < n; round++)
	{
		uint32_t best = n;

		for (uint32_t j = 0; j < n; j++)
		{
			if (!told[j] && (best == n || centre[at + j] > centre[at + best]))
				best = j;
		}
		told[best] = true;
		if (round > 0 && centre[at + best] < LEAST_SHARE)
			break;
		up_text_add(out, round > 0 ? ", " : "");
		up_text_add(out, names->items[at + best]->string + prefix);
		up_text_add(out, up_format(" %.1f %%", 100 * UP_MIN(UP_MAX(centre[at + best], 0), 1)));
	}
	up_free(told);
}

/* A column of several features that are no shares has a line for each. */
void
up_add_cluster_centre(UpText *out, const UpPipeline *p, const UpValue *names, const double *centre)
{
	for (uint32_t j = 0, n; j < p->n_features; j += n)
	{
		const UpStep *step = p->steps != NULL ? &p->steps[up_pipeline_step_of(p, j)] : NULL;
		const char *name = names->items[j]->string;

		n = 1;
		up_text_add(out, "  ");
		if (step == NULL || step->name == NULL || !is_share(step))
		{
			up_text_add(out, name);
			up_text_add(out, ": ");
			if (step != NULL && step->kind == UP_COLUMN_TIME && step->encode == UP_ENCODE_NUMBER)
				add_time(out, centre[j]);
			else
				add_value(out, centre[j]);
		}
		else if (step->encode == UP_ENCODE_ONE_HOT && up_pipeline_scale_of(p, j) == NULL &&
				 strncmp(name + strlen(step->name), " is missing", 11) != 0)
		{
			while (j + n < p->n_features && &p->steps[up_pipeline_step_of(p, j + n)] == step &&
				   strncmp(names->items[j + n]->string + strlen(step->name), " is missing", 11) != 0)
				n++;
			up_text_add(out, step->name);
			up_text_add(out, ": ");
			add_shares(out, step, names, centre, j, n);
		}
		else
			up_text_add(out, up_format("%s: %.1f %%", name, 100 * UP_MIN(UP_MAX(centre[j], 0), 1)));
		up_text_add(out, "\n");
	}
}
