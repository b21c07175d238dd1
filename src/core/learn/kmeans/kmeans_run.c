/*
 * kmeans_run.c - the rows of k-means, one after the other and centred, and runs over them; see kmeans_run.h
 *
 * Subtracting the column means changes no distance in exact arithmetic, and keeps digits where values are large and
 * their differences small; where few rows are so far off that the mean is far from all others, a median does.
 *
 * Cost: two passes over n × d values. Memory that is new costs more than to read it many times, and iterations wait for
 * memory more than they compute: rows stand there once, row-major, and once more in a quarter of the space. What the
 * kernels take is made of them a block at a time.
 */
#include "learn/kmeans/kmeans_run.h"

#include "num/sort.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define ALIGNMENT 64 /* a vector that crosses a cache line is read twice */

#define MOST_PARTS 64
#define PART_ROWS  8192 /* at least, and as many for each centre as make its sums cheap */
#define PART_SHARE 16
_Static_assert(PART_ROWS % UP_KMEANS_CHUNK_ROWS == 0, "a part takes whole chunks");

/* Of a column that has rows far off. */
#define SAMPLE_ROWS 255
#define TAIL_SHARE  20     /* one in so many, at either end, may be far off */
#define FAR_OFF     0x1p20 /* times what lies between the tails: that many digits would be lost */
#define AT_ONCE     16     /* columns of the rows drawn */
#define WORK        16     /* of a value, which is read from anywhere and sorted, for up_tick_work */

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

enum
{
	LOADED = UP_DATA_ARRAYS,
	ORIGIN, /* the first row; behind it the sums of each chunk */
	N_LOADING_ARRAYS
};

/* Takes rows over; of each chunk the sums of (x - first row) by column. */
static void
load_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpData *data = up_data_open(fixed, arrays);
	uint32_t d = data->n_features;
	const double *origin = arrays[ORIGIN];
	UpSamplesPart rows = up_samples_part(data->n_rows, PART_ROWS, part);

	for (size_t first = rows.first; first < rows.end; first += UP_KMEANS_CHUNK_ROWS)
	{
		size_t n = UP_MIN(rows.end - first, UP_KMEANS_CHUNK_ROWS);
		double *row = (double *) arrays[LOADED] + first * d,
			   *sums = (double *) arrays[ORIGIN] + (1 + first / UP_KMEANS_CHUNK_ROWS) * d;

		up_tick();
		up_data_rows(data, first, n, row);
		memset(sums, 0, d * sizeof(double));
		for (size_t i = 0; i < n; i++, row += d)
		{
			for (uint32_t j = 0; j < d; j++)
				sums[j] += row[j] - origin[j];
		}
	}
}

/* Takes all rows over; the sums of their chunks make the means. */
static void
load_and_average(UpKmeansRows *rows, const UpData *data)
{
	uint32_t d = rows->d;
	size_t chunks = (rows->n + UP_KMEANS_CHUNK_ROWS - 1) / UP_KMEANS_CHUNK_ROWS;
	double *origin = up_alloc_large_array((chunks + 1) * UP_MAX(d, 1), sizeof(double)), *sums = origin + d;
	void *arrays[N_LOADING_ARRAYS];
	UpDataForm form = up_data_form(data, arrays);

	arrays[LOADED] = rows->x;
	arrays[ORIGIN] = origin;
	up_data_rows(data, 0, 1, origin);
	up_parallel(up_samples_parts(rows->n, PART_ROWS), load_part, &form, sizeof(form), arrays, N_LOADING_ARRAYS);
	for (size_t c = 0; c < chunks; c++)
	{
		for (uint32_t j = 0; j < d; j++)
			rows->shift[j] += sums[c * d + j];
	}
	for (uint32_t j = 0; j < d; j++)
		rows->shift[j] = origin[j] + rows->shift[j] / (double) rows->n;
	up_free_large(origin);
}

/* Of n rows, evenly drawn, the values of some columns, column by column. */
static void
sample_columns(const UpKmeansRows *rows, uint32_t first, uint32_t here, double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		const double *row = rows->x + (size_t) ((uint64_t) rows->n * i / n) * rows->d + first;

		for (uint32_t j = 0; j < here; j++)
			v[j * n + i] = row[j];
	}
}

/* Whether a mean lies between the tails of these values, as nearly all do, and so not far from their median. */
static bool
is_among(const double *v, size_t n, size_t tail, double mean)
{
	size_t below = 0, above = 0;

	for (size_t i = 0; i < n; i++)
	{
		below += v[i] <= mean;
		above += v[i] >= mean;
	}
	return below > tail && above > tail;
}

/* The mean of a column, or the median of these values of it, which are sorted then. */
static double
mean_or_median(double mean, double *v, size_t n, size_t tail)
{
	double range;

	if (is_among(v, n, tail, mean))
		return mean;
	up_sort_doubles(v, n, NULL);
	range = v[n - 1 - tail] - v[tail];
	return range > 0 && fabs(mean - v[n / 2]) > FAR_OFF * range ? v[n / 2] : mean;
}

/* A mean that few rows have drawn far away from all others costs these their digits: the median does not. */
static void
shift_to_most(UpKmeansRows *rows)
{
	double v[AT_ONCE * SAMPLE_ROWS];
	size_t n = UP_MIN(rows->n, SAMPLE_ROWS), tail = UP_MAX(n / TAIL_SHARE, 1), work = 0;

	for (uint32_t first = 0; first < rows->d && n > 2 * tail; first += AT_ONCE)
	{
		uint32_t here = UP_MIN(AT_ONCE, rows->d - first);

		up_tick_work(&work, WORK * n * here);
		sample_columns(rows, first, here, v, n);
		for (uint32_t j = 0; j < here; j++)
			rows->shift[first + j] = mean_or_median(rows->shift[first + j], v + j * n, n, tail);
	}
}

typedef struct Centring
{
	size_t n, part_rows;
	uint32_t d;
} Centring;

/* Rows, shifts, and of each part the sums of squares by column. */
static void
centre_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Centring *c = fixed;
	const double *shift = arrays[1];
	double *squares = (double *) arrays[2] + (size_t) part * c->d;
	size_t first = UP_MIN(part * c->part_rows, c->n), end = UP_MIN(first + c->part_rows, c->n);
	double *row = (double *) arrays[0] + first * c->d;

	memset(squares, 0, c->d * sizeof(double));
	for (size_t i = first; i < end; i++, row += c->d)
	{
		if (i % UP_KMEANS_CHUNK_ROWS == 0)
			up_tick();
		for (uint32_t j = 0; j < c->d; j++)
		{
			row[j] -= shift[j];
			squares[j] += row[j] * row[j];
		}
	}
}

/* Returns the sum of squares of what remains. */
static double
subtract_shift(UpKmeansRows *rows)
{
	uint32_t parts = up_kmeans_parts(rows->n, 1), d = rows->d;
	Centring c = {rows->n, (rows->n + parts - 1) / parts, d};
	double *shift = up_alloc_large_array((size_t) d * (parts + 1), sizeof(double)), *squares = shift + d;
	double total = 0;

	memcpy(shift, rows->shift, d * sizeof(double));
	up_parallel(parts, centre_part, &c, sizeof(c), (void *[]){rows->x, shift, squares}, 3);
	for (size_t i = 0; i < (size_t) parts * d; i++)
		total += squares[i];
	up_free_large(shift);
	return total;
}

typedef struct Coarsening
{
	size_t n, part_rows;
	uint32_t d;
	double scale;
} Coarsening;

static void
coarsen_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Coarsening *c = fixed;
	size_t end = UP_MIN((part + (size_t) 1) * c->part_rows, c->n);

	for (size_t i = part * c->part_rows; i < end; i += UP_KMEANS_CHUNK_ROWS)
	{
		up_tick();
		up_nearest_f32_rows((double *) arrays[0] + i * c->d, UP_MIN(end - i, UP_KMEANS_CHUNK_ROWS), c->d,
							c->scale, (int16_t *) arrays[1] + i * c->d);
	}
}

static void
make_coarse(UpKmeansRows *rows)
{
	uint32_t parts = up_kmeans_parts(rows->n, 1);
	Coarsening c = {rows->n, (rows->n + parts - 1) / parts, rows->d, rows->scale};

	up_parallel(parts, coarsen_part, &c, sizeof(c), (void *[]){rows->x, rows->coarse}, 2);
}

UpKmeansRows *
up_kmeans_load(const UpData *data, const char *what)
{
	UpKmeansRows *rows = up_alloc0(sizeof(UpKmeansRows));
	size_t capacity;
	double squares;

	rows->n = data->n_rows;
	rows->d = data->n_features;
	rows->n_blocks = blocks_of(rows->n);
	capacity = rows->n_blocks * UP_NEAREST_ROWS;
	rows->x = aligned_array(rows->n * rows->d);
	rows->coarse = (int16_t *) aligned_array((rows->n * rows->d * sizeof(int16_t)) / sizeof(double) + 1);
	rows->labels = up_alloc_large_array(capacity, sizeof(uint32_t));
	rows->kept = up_alloc_large_array(capacity, sizeof(float));
	rows->shift = up_alloc0(UP_MAX(rows->d, 1) * sizeof(double));
	rows->trial.d = rows->d;
	rows->trial.packed = aligned_array(up_nearest_values(UP_NEAREST_TRIALS, rows->d));

	load_and_average(rows, data);
	shift_to_most(rows);
	squares = subtract_shift(rows);
	/* No squared distance exceeds 4 times this, and no sum of them n times that. */
	if (!isfinite(squares * 4 * (double) rows->n))
		up_fail_with(UP_INVALID_DATA, "The sum of squared deviations does not fit into double precision.",
					 "Scale the columns first.", "the values are too large for %s", what);
	rows->mean_variance = rows->d > 0 ? squares / (double) rows->n / rows->d : 0;
	rows->scale = up_nearest_f32_scale(rows->mean_variance);
	make_coarse(rows);
	return rows;
}

double *
up_kmeans_closest(UpKmeansRows *rows)
{
	if (rows->closest == NULL)
		rows->closest = aligned_array(rows->n_blocks * UP_NEAREST_ROWS);
	return rows->closest;
}

static bool
has_content(const UpKmeansRows *rows, size_t i, const double *row)
{
	for (uint32_t j = 0; j < rows->d; j++)
	{
		if (row[j] != rows->x[i * rows->d + j])
			return false;
	}
	return true;
}

#define UP_HASH_NAME                content
#define UP_HASH_OWNER               UpKmeansRows
#define UP_HASH_KEY                 const double *
#define UP_HASH_SLOT                size_t
#define UP_HASH_EQUAL(rows, i, row) has_content(rows, i, row)
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
	UpHashTable table = {0};
	uint32_t found = 0;

	UP_ASSERT(limit > 0);
	content_resize(&table, rows, 0, limit);
	for (size_t i = 0; i < rows->n && found < limit; i++)
	{
		size_t *slot;

		if (i % UP_KMEANS_CHUNK_ROWS == 0)
			up_tick();
		for (uint32_t j = 0; j < rows->d; j++)
			row[j] = rows->x[i * rows->d + j] + 0.0; /* -0 becomes 0 */
		slot = content_find(&table, rows, up_hash_bytes(row, bytes, 0), row);
		if (*slot == 0)
		{
			*slot = i + 1;
			found++;
		}
	}
	up_free(table.slots);
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
	size_t n, n_blocks, n_chunks, part_chunks;
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
	double *closest = arrays[TRIAL_CLOSEST], *potentials = arrays[TRIAL_POTENTIALS];
	double *block = up_kmeans_block_space(t->d);
	size_t first_chunk = part * t->part_chunks;

	for (size_t c = first_chunk; c < UP_MIN(t->n_chunks, first_chunk + t->part_chunks); c++)
	{
		size_t first = c * UP_KMEANS_CHUNK_BLOCKS;

		up_tick();
		for (uint32_t u = 0; u < t->m; u++)
			potentials[u * t->n_chunks + c] = 0;
		for (size_t b = first; b < UP_MIN(t->n_blocks, first + UP_KMEANS_CHUNK_BLOCKS); b++)
		{
			double sums[UP_NEAREST_TRIALS];

			up_kmeans_block(arrays[TRIAL_ROWS], t->n, t->d, b, block);
			up_vec_nearest_trials(&trial, block, closest + b * UP_NEAREST_ROWS, sums);
			for (uint32_t u = 0; u < t->m; u++)
				potentials[u * t->n_chunks + c] += sums[u];
		}
	}
	up_free(block);
}

/* The potential of each of m candidates. */
static void
sum_potentials(Seeding *s, uint32_t m, double *totals)
{
	UpKmeansRows *rows = s->rows;
	Trials t = {.n = rows->n, .n_blocks = rows->n_blocks, .n_chunks = s->n_chunks, .d = rows->d, .m = m};
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
	size_t first, end;

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
	end = UP_MIN(rows->n, first + UP_KMEANS_CHUNK_ROWS);
	last = first;
	for (size_t i = first; i < end; i++)
	{
		double share = UP_MIN(up_vec_sqdist(rows->x + i * rows->d, s->candidates, rows->d), rows->closest[i]);

		if (!(share > 0))
			continue;
		last = i;
		if (r < share)
			break;
		r -= share;
	}
	return last;
}

uint32_t
up_kmeans_seed_greedy(UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres)
{
	uint32_t d = rows->d, n_candidates = 2 + (uint32_t) log((double) k), found = 1, best = 0;
	Seeding s = {.rows = rows, .rng = rng};
	double totals[UP_NEAREST_TRIALS], *closest;

	s.n_chunks = (rows->n_blocks + UP_KMEANS_CHUNK_BLOCKS - 1) / UP_KMEANS_CHUNK_BLOCKS;
	s.potentials = up_alloc_large_array(s.n_chunks * UP_NEAREST_TRIALS, sizeof(double));
	s.candidates = up_alloc_array((size_t) UP_NEAREST_TRIALS * UP_MAX(d, 1), sizeof(double));
	closest = up_kmeans_closest(rows);
	for (size_t i = 0; i < rows->n_blocks * UP_NEAREST_ROWS; i++)
		closest[i] = i < rows->n ? INFINITY : 0;

	memcpy(s.candidates, rows->x + up_rng_below(rng, rows->n) * d, d * sizeof(double));
	memcpy(centres, s.candidates, d * sizeof(double));
	if (k > 1)
		sum_potentials(&s, 1, totals);
	while (found < k && totals[best] > 0)
	{
		for (uint32_t u = 1; u <= n_candidates; u++)
			memcpy(s.candidates + (size_t) u * d,
				   rows->x + draw_row(&s, s.potentials + best * s.n_chunks, totals[best]) * d,
				   d * sizeof(double));
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
		memcpy(centres + chosen++ * rows->d, rows->x + i * rows->d, rows->d * sizeof(double));
	}
	up_free(taken.slots);
}
