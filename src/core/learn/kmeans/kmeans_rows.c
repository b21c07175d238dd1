/*
 * kmeans_rows.c - the rows of k-means: transposed in blocks and centred (see kmeans.h)
 *
 * Subtracting the column means changes no distance in exact arithmetic, and keeps digits where values are large and
 * their differences small. Cost: two passes over n × d values.
 */
#include "learn/kmeans/kmeans.h"

#include <math.h>
#include <string.h>

#define ALIGNMENT 64 /* a vector that crosses a cache line is read twice */

/* Three copies of the centres and their sums, the packed ones, and sums of a chunk. */
#define CENTRE_COPIES 6

static size_t
blocks_of(size_t n)
{
	return (n + UP_NEAREST_ROWS - 1) / UP_NEAREST_ROWS;
}

size_t
up_kmeans_bytes(size_t n, uint32_t d, uint32_t k)
{
	size_t row = (size_t) d * sizeof(double) + sizeof(double) + sizeof(uint32_t);

	return blocks_of(n) * UP_NEAREST_ROWS * row + (size_t) k * d * sizeof(double) * CENTRE_COPIES;
}

static double *
aligned_array(size_t n)
{
	char *p = up_alloc_array(n + ALIGNMENT / sizeof(double), sizeof(double));

	return (double *) (p + (ALIGNMENT - (uintptr_t) p % ALIGNMENT) % ALIGNMENT);
}

/* Rows in chunks to blocks; sums of (x - first row) by column, a chunk at a time, make the means. */
static void
load_and_average(UpKmeansRows *rows, const UpData *data)
{
	uint32_t d = rows->d;
	double *wide = up_alloc_array((size_t) UP_KMEANS_CHUNK_ROWS * UP_MAX(d, 1), sizeof(double));
	double *origin = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	double *sums = up_alloc_array(UP_MAX(d, 1), sizeof(double));

	for (size_t first = 0; first < rows->n; first += UP_KMEANS_CHUNK_ROWS)
	{
		size_t n = UP_MIN(rows->n - first, UP_KMEANS_CHUNK_ROWS);
		double *chunk = rows->x + first * d;

		up_tick();
		up_data_rows(data, first, n, wide);
		if (first == 0)
			memcpy(origin, wide, d * sizeof(double));
		memset(sums, 0, d * sizeof(double));
		for (size_t i = 0; i < n; i++)
		{
			const double *row = wide + i * d;
			double *block = chunk + i / UP_NEAREST_ROWS * UP_NEAREST_ROWS * d + i % UP_NEAREST_ROWS;

			for (uint32_t j = 0; j < d; j++)
			{
				block[(size_t) j * UP_NEAREST_ROWS] = row[j];
				sums[j] += row[j] - origin[j];
			}
		}
		for (uint32_t j = 0; j < d; j++)
			rows->shift[j] += sums[j];
	}
	for (uint32_t j = 0; j < d; j++)
		rows->shift[j] = origin[j] + rows->shift[j] / (double) rows->n;
	up_free(sums);
	up_free(origin);
	up_free(wide);
}

/* Subtracts the means. Returns the sum of squares of what remains. */
static double
subtract_means(UpKmeansRows *rows)
{
	double total = 0;

	for (size_t b = 0; b < rows->n_blocks; b++)
	{
		double *block = rows->x + b * rows->d * UP_NEAREST_ROWS;
		size_t n = UP_MIN(rows->n - b * UP_NEAREST_ROWS, UP_NEAREST_ROWS);
		double sum = 0;

		if (b % UP_KMEANS_CHUNK_BLOCKS == 0)
			up_tick();
		for (uint32_t j = 0; j < rows->d; j++, block += UP_NEAREST_ROWS)
		{
			double s[8] = {0};

			for (size_t i = 0; i < n; i++)
				block[i] -= rows->shift[j];
			for (size_t i = n; i < UP_NEAREST_ROWS; i++)
				block[i] = 0;
			for (size_t i = 0; i < UP_NEAREST_ROWS; i += 8)
				for (int l = 0; l < 8; l++)
					s[l] += block[i + l] * block[i + l];
			sum += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
		}
		total += sum;
	}
	return total;
}

UpKmeansRows *
up_kmeans_load(const UpData *data)
{
	UpKmeansRows *rows = up_alloc0(sizeof(UpKmeansRows));
	size_t room;
	double squares;

	rows->n = data->n_rows;
	rows->d = data->n_features;
	rows->n_blocks = blocks_of(rows->n);
	room = rows->n_blocks * UP_NEAREST_ROWS;
	rows->x = aligned_array(room * rows->d);
	rows->closest = aligned_array(room);
	rows->labels = up_alloc_array(room, sizeof(uint32_t));
	rows->shift = up_alloc0(UP_MAX(rows->d, 1) * sizeof(double));
	up_nearest_init(&rows->trial, UP_NEAREST_TRIALS, rows->d);

	load_and_average(rows, data);
	squares = subtract_means(rows);
	/* No squared distance exceeds 4 times this, and no sum of them n times that. */
	if (!isfinite(squares * 4 * (double) rows->n))
		up_fail_with(UP_INVALID_DATA, "The sum of squared deviations does not fit into double precision.",
					 "Scale the columns first.", "the values are too large for k-means");
	rows->mean_variance = rows->d > 0 ? squares / (double) rows->n / rows->d : 0;
	return rows;
}

void
up_kmeans_row(const UpKmeansRows *rows, size_t i, double *out)
{
	const double *p = rows->x + i / UP_NEAREST_ROWS * UP_NEAREST_ROWS * rows->d + i % UP_NEAREST_ROWS;

	for (uint32_t j = 0; j < rows->d; j++)
		out[j] = p[(size_t) j * UP_NEAREST_ROWS];
}

typedef struct Content
{
	const UpKmeansRows *rows;
	double *scratch; /* [d] */
} Content;

static bool
has_content(const Content *c, size_t i, const double *row)
{
	up_kmeans_row(c->rows, i, c->scratch);
	for (uint32_t j = 0; j < c->rows->d; j++)
	{
		if (row[j] != c->scratch[j])
			return false;
	}
	return true;
}

#define UP_HASH_NAME             content
#define UP_HASH_OWNER            Content
#define UP_HASH_KEY              const double *
#define UP_HASH_SLOT             size_t
#define UP_HASH_EQUAL(c, i, row) has_content(c, i, row)
#include "num/hash_table.h"

/*
 * Different rows are collected in a table of their positions, found by a hash of their content, until there are as
 * many as asked for: after little more than limit rows, unless most rows are alike.
 */
uint32_t
up_kmeans_distinct(const UpKmeansRows *rows, uint32_t limit)
{
	size_t bytes = rows->d * sizeof(double);
	double *row = up_alloc(UP_MAX(bytes, 1));
	Content content = {rows, up_alloc(UP_MAX(bytes, 1))};
	UpHashTable table = {0};
	uint32_t found = 0;

	UP_ASSERT(limit > 0);
	content_resize(&table, &content, 0, limit);
	for (size_t i = 0; i < rows->n && found < limit; i++)
	{
		size_t *slot;

		if (i % UP_KMEANS_CHUNK_ROWS == 0)
			up_tick();
		up_kmeans_row(rows, i, row);
		for (uint32_t j = 0; j < rows->d; j++)
			row[j] += 0.0; /* -0 becomes 0 */
		slot = content_find(&table, &content, up_hash_bytes(row, bytes, 0), row);
		if (*slot == 0)
		{
			*slot = i + 1;
			found++;
		}
	}
	up_free(table.slots);
	up_free(content.scratch);
	up_free(row);
	return found;
}
