/*
 * kmeans_run.c - the rows of k-means, transposed in blocks and centred, and runs over them; see kmeans_run.h
 *
 * Subtracting the column means changes no distance in exact arithmetic, and keeps digits where values are large and
 * their differences small. Cost: two passes over n × d values.
 */
#include "learn/kmeans/kmeans_run.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define ALIGNMENT 64    /* a vector that crosses a cache line is read twice */
#define SMALLEST  65536 /* bytes of a large array that workers are sure to see */

#define MOST_PARTS 64
#define PART_ROWS  8192 /* at least, and as many for each centre as make its sums cheap */
#define PART_SHARE 16

static size_t
blocks_of(size_t n)
{
	return (n + UP_NEAREST_ROWS - 1) / UP_NEAREST_ROWS;
}

uint32_t
up_kmeans_parts(size_t n, uint32_t k)
{
	return (uint32_t) UP_MIN(UP_MAX(n / UP_MAX(PART_ROWS, PART_SHARE * (size_t) k), 1), MOST_PARTS);
}

/* Memory for n numbers that workers see and that begins where a cache line does; not to be freed by itself. */
static double *
aligned_array(size_t n)
{
	char *p = up_alloc_large_array(n + ALIGNMENT / sizeof(double), sizeof(double));

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

typedef struct Centring
{
	size_t n, n_blocks, part_blocks;
	uint32_t d;
} Centring;

/* Rows, means, and of each block the sum of squares. */
static void
centre_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Centring *c = fixed;
	const double *shift = arrays[1];
	double *squares = arrays[2];
	size_t first = part * c->part_blocks;

	for (size_t b = first; b < UP_MIN(c->n_blocks, first + c->part_blocks); b++)
	{
		double *block = (double *) arrays[0] + b * c->d * UP_NEAREST_ROWS;
		size_t n = UP_MIN(c->n - b * UP_NEAREST_ROWS, UP_NEAREST_ROWS);
		double sum = 0;

		if (b % UP_KMEANS_CHUNK_BLOCKS == 0)
			up_tick();
		for (uint32_t j = 0; j < c->d; j++, block += UP_NEAREST_ROWS)
		{
			double s[8] = {0};

			for (size_t i = 0; i < n; i++)
				block[i] -= shift[j];
			for (size_t i = n; i < UP_NEAREST_ROWS; i++)
				block[i] = 0;
			for (size_t i = 0; i < UP_NEAREST_ROWS; i += 8)
				for (int l = 0; l < 8; l++)
					s[l] += block[i + l] * block[i + l];
			sum += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
		}
		squares[b] = sum;
	}
}

/* Subtracts the means. Returns the sum of squares of what remains. */
static double
subtract_means(UpKmeansRows *rows)
{
	uint32_t parts = up_kmeans_parts(rows->n, 1);
	Centring c = {rows->n, rows->n_blocks, (rows->n_blocks + parts - 1) / parts, rows->d};
	double *shift = up_alloc_large(UP_MAX(rows->d * sizeof(double), SMALLEST)), total = 0;
	/* Nothing else stands there yet. */
	void *arrays[3] = {rows->x, shift, rows->closest};

	memcpy(shift, rows->shift, rows->d * sizeof(double));
	up_parallel(parts, centre_part, &c, sizeof(c), arrays, 3);
	for (size_t b = 0; b < rows->n_blocks; b++)
		total += rows->closest[b];
	up_free_large(shift);
	return total;
}

typedef struct Narrowing
{
	size_t n, n_blocks, part_blocks;
	uint32_t d;
	double scale;
} Narrowing;

static void
narrow_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Narrowing *q = fixed;
	size_t first = part * q->part_blocks;

	for (size_t b = first; b < UP_MIN(q->n_blocks, first + q->part_blocks); b++)
	{
		const double *block = (const double *) arrays[0] + b * q->d * UP_NEAREST_ROWS;
		float *to = (float *) arrays[1] + b * UP_NEAREST_ROWS * q->d;
		size_t n = UP_MIN(q->n - b * UP_NEAREST_ROWS, UP_NEAREST_ROWS);

		if (b % UP_KMEANS_CHUNK_BLOCKS == 0)
			up_tick();
		for (size_t i = 0; i < n; i++)
		{
			for (uint32_t j = 0; j < q->d; j++)
				to[i * q->d + j] = (float) (block[(size_t) j * UP_NEAREST_ROWS + i] * q->scale);
		}
	}
}

/* The rows once more, in float4 and one after the other, to be looked at one by one. */
static void
make_narrow(UpKmeansRows *rows, double squares)
{
	uint32_t parts = up_kmeans_parts(rows->n, 1);
	Narrowing q = {rows->n, rows->n_blocks, (rows->n_blocks + parts - 1) / parts, rows->d, 0};

	q.scale = rows->scale = up_nearest_f32_scale(squares / (double) rows->n);
	up_parallel(parts, narrow_part, &q, sizeof(q), (void *[]){rows->x, rows->narrow}, 2);
}

UpKmeansRows *
up_kmeans_load(const UpData *data)
{
	UpKmeansRows *rows = up_alloc0(sizeof(UpKmeansRows));
	size_t capacity;
	double squares;

	rows->n = data->n_rows;
	rows->d = data->n_features;
	rows->n_blocks = blocks_of(rows->n);
	capacity = rows->n_blocks * UP_NEAREST_ROWS;
	rows->x = aligned_array(capacity * rows->d);
	rows->closest = aligned_array(capacity);
	rows->narrow =
		(float *) aligned_array(UP_MAX(capacity * rows->d * sizeof(float), SMALLEST) / sizeof(double));
	rows->labels = up_alloc_large_array(capacity, sizeof(uint32_t));
	rows->kept = up_alloc_large_array(capacity, sizeof(float));
	rows->shift = up_alloc0(UP_MAX(rows->d, 1) * sizeof(double));
	rows->trial.d = rows->d;
	rows->trial.packed =
		aligned_array(UP_MAX(up_nearest_values(UP_NEAREST_TRIALS, rows->d), SMALLEST / sizeof(double)));

	load_and_average(rows, data);
	squares = subtract_means(rows);
	/* No squared distance exceeds 4 times this, and no sum of them n times that. */
	if (!isfinite(squares * 4 * (double) rows->n))
		up_fail_with(UP_INVALID_DATA, "The sum of squared deviations does not fit into double precision.",
					 "Scale the columns first.", "the values are too large for k-means");
	make_narrow(rows, squares);
	rows->mean_variance = rows->d > 0 ? squares / (double) rows->n / rows->d : 0;
	return rows;
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

/* ---- first centres of k-means ---- */

/*
 * Greedy k-means++: the first centre is a random row; each further one the best of 2 + floor(ln k) candidates, drawn
 * with probability proportional to D(x)^2, the squared distance to the nearest centre so far; best is the one that
 * leaves the smallest potential sum D(x)^2. D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful
 * seeding", SODA 2007.
 *
 * One pass over the rows per centre: it brings D(x) up to date with the centre chosen last and sums the potentials
 * of all candidates, by chunk. A candidate is then drawn by chunk first, and D(x) with the last centre made for its
 * chunk alone. Cost: n d k (3 + ln k) multiply-adds, n doubles of memory.
 */

/* A pass over all chunks, and its arrays. */
typedef struct Trials
{
	size_t n_blocks, n_chunks, part_chunks;
	uint32_t d, m;
} Trials;

enum
{
	TRIAL_ROWS,
	TRIAL_CLOSEST,
	TRIAL_CENTRES,
	TRIAL_POTENTIALS,
	N_TRIAL_ARRAYS
};

typedef struct Seeding
{
	UpKmeansRows *rows;
	UpRng *rng;
	size_t n_chunks;
	double *potentials; /* UP_NEAREST_TRIALS × n_chunks */
	double *candidates; /* UP_NEAREST_TRIALS × d; the first is the centre chosen last */
} Seeding;

static void
sum_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Trials *t = fixed;
	UpNearest trial = {.k = t->m, .d = t->d, .packed = arrays[TRIAL_CENTRES]};
	double *potentials = arrays[TRIAL_POTENTIALS];
	size_t first_chunk = part * t->part_chunks;

	for (size_t c = first_chunk; c < UP_MIN(t->n_chunks, first_chunk + t->part_chunks); c++)
	{
		size_t first = c * UP_KMEANS_CHUNK_BLOCKS;
		double sums[UP_NEAREST_TRIALS];

		up_tick();
		up_vec_nearest_trials(&trial, (double *) arrays[TRIAL_ROWS] + first * UP_NEAREST_ROWS * t->d,
							  UP_MIN(t->n_blocks - first, UP_KMEANS_CHUNK_BLOCKS),
							  (double *) arrays[TRIAL_CLOSEST] + first * UP_NEAREST_ROWS, sums);
		for (uint32_t u = 0; u < t->m; u++)
			potentials[u * t->n_chunks + c] = sums[u];
	}
}

/* The potential of each of m candidates. */
static void
sum_potentials(Seeding *s, uint32_t m, double *totals)
{
	UpKmeansRows *rows = s->rows;
	Trials t = {.n_blocks = rows->n_blocks, .n_chunks = s->n_chunks, .d = rows->d, .m = m};
	void *arrays[N_TRIAL_ARRAYS] = {rows->x, rows->closest, rows->trial.packed, s->potentials};
	uint32_t parts = up_kmeans_parts(rows->n, 1);

	t.part_chunks = (s->n_chunks + parts - 1) / parts;
	up_nearest_set(&rows->trial, s->candidates, m);
	up_parallel(parts, sum_part, &t, sizeof(t), arrays, N_TRIAL_ARRAYS);
	for (uint32_t u = 0; u < m; u++)
		totals[u] = up_vec_sum(s->potentials + u * s->n_chunks, s->n_chunks);
}

/* A row drawn by D(x)^2, where candidate 0 is the last centre and these are the potentials it left, by chunk. */
static size_t
draw_row(Seeding *s, const double *potentials, double total)
{
	UpKmeansRows *rows = s->rows;
	double r = up_rng_double(s->rng) * total;
	size_t chunk = s->n_chunks, last = 0;
	uint32_t labels[UP_KMEANS_CHUNK_ROWS];
	double distance[UP_KMEANS_CHUNK_ROWS];
	size_t first, n;

	/* Rounding can leave a remainder behind the end: it belongs to the last chunk, or row, that has any share. */
	for (size_t c = 0; c < s->n_chunks && chunk == s->n_chunks; c++)
	{
		if (!(potentials[c] > 0))
			continue;
		last = c;
		if (r < potentials[c])
			chunk = c;
		else
			r -= potentials[c];
	}
	first = (chunk < s->n_chunks ? chunk : last) * UP_KMEANS_CHUNK_ROWS;
	n = UP_MIN(rows->n - first, UP_KMEANS_CHUNK_ROWS);
	up_nearest_set(&rows->trial, s->candidates, 1);
	up_vec_nearest(&rows->trial, rows->x + first * rows->d, (n + UP_NEAREST_ROWS - 1) / UP_NEAREST_ROWS, labels,
				   distance);
	last = 0;
	for (size_t i = 0; i < n; i++)
	{
		double share = UP_MIN(distance[i], rows->closest[first + i]);

		if (!(share > 0))
			continue;
		last = i;
		if (r < share)
			break;
		r -= share;
	}
	return first + last;
}

uint32_t
up_kmeans_seed_greedy(UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres)
{
	uint32_t d = rows->d, n_candidates = 2 + (uint32_t) log((double) k), found = 1, best = 0;
	Seeding s = {.rows = rows, .rng = rng};
	double totals[UP_NEAREST_TRIALS];

	s.n_chunks = (rows->n_blocks + UP_KMEANS_CHUNK_BLOCKS - 1) / UP_KMEANS_CHUNK_BLOCKS;
	s.potentials = up_alloc_large(UP_MAX(s.n_chunks * UP_NEAREST_TRIALS * sizeof(double), SMALLEST));
	s.candidates = up_alloc_array((size_t) UP_NEAREST_TRIALS * UP_MAX(d, 1), sizeof(double));
	for (size_t i = 0; i < rows->n_blocks * UP_NEAREST_ROWS; i++)
		rows->closest[i] = i < rows->n ? INFINITY : 0;

	up_kmeans_row(rows, up_rng_below(rng, rows->n), s.candidates);
	memcpy(centres, s.candidates, d * sizeof(double));
	if (k > 1)
		sum_potentials(&s, 1, totals);
	while (found < k && totals[best] > 0)
	{
		for (uint32_t u = 1; u <= n_candidates; u++)
			up_kmeans_row(rows, draw_row(&s, s.potentials + best * s.n_chunks, totals[best]),
						  s.candidates + (size_t) u * d);
		sum_potentials(&s, n_candidates + 1, totals);
		best = 1;
		for (uint32_t u = 2; u <= n_candidates; u++)
		{
			if (totals[u] < totals[best])
				best = u;
		}
		memcpy(s.candidates, s.candidates + (size_t) best * d, d * sizeof(double));
		memcpy(centres + (size_t) found * d, s.candidates, d * sizeof(double));
		found++;
	}
	up_free(s.candidates);
	up_free_large(s.potentials);
	return found;
}

#define UP_HASH_NAME                position
#define UP_HASH_OWNER               UpKmeansRows
#define UP_HASH_KEY                 size_t
#define UP_HASH_SLOT                size_t
#define UP_HASH_EQUAL(rows, i, key) ((i) == (key))
#include "num/hash_table.h"

/*
 * k different positions (R. Floyd's sampling without replacement; J. Bentley, CACM 30, 1987): of equal rows, all but
 * one centre come out empty and are re-seeded.
 */
void
up_kmeans_seed_random(const UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres)
{
	UpHashTable taken = {0};
	size_t chosen = 0;

	UP_ASSERT(k <= rows->n);
	position_resize(&taken, rows, 0, k);
	for (size_t j = rows->n - k; j < rows->n; j++)
	{
		size_t i = up_rng_below(rng, j + 1);
		size_t *slot = position_find(&taken, rows, up_mix64(i), i);

		if (*slot != 0)
		{
			i = j; /* taken: j itself cannot be */
			slot = position_find(&taken, rows, up_mix64(i), i);
		}
		*slot = i + 1;
		up_kmeans_row(rows, i, centres + chosen++ * rows->d);
	}
	up_free(taken.slots);
}
