/*
 * kmeans_lloyd.c - Lloyd's iterations of k-means, and what their centres are worth; see kmeans_run.h
 *
 * Minimizes sum over rows of min over c of |x - m_c|^2: assign every row to its nearest centre, move every centre to
 * the mean of its rows, until no row changes its cluster or the centres move by at most tol. S. Lloyd, "Least
 * squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982).
 *
 * Assignment is exact: the labels are those of all k distances in float8. A row whose nearest centre was nearer than every
 * other by more than the centres have moved since, its own and the farthest moved of the others, keeps it unread (G. Hamerly,
 * "Making k-means even faster", SDM 2010, with one bound for both). The rows that are left are copied together into blocks and looked at
 * coarsely, in float4 (vec_nearest_f32.h); those whose two nearest centres are as good as equally far, once more in float8. Rounding is taken off all bounds. Sums are
 * kept between iterations and corrected by the rows that change their cluster; at the end they are made afresh, so that nothing of the
 * corrections' rounding stays. Bounds and drifts are scaled as the coarse rows are.
 *
 * Rows are passed over in parts, which the number of rows and centres decides: each sums by itself, and the sums are added up in
 * the order of the parts. Cost of an iteration: k d multiply-adds and 2 d bytes for each row that is read, 8 bytes for each that is
 * not.
 */
#include "learn/kmeans/kmeans_run.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define NO_CLUSTER UINT32_MAX

/* Multiply-adds between two ticks: well under a millisecond. */
#define TICK_WORK (UINT64_C(1) << 22)

#define ALIGNMENT  64
#define LINE       64  /* bytes of a cache line */
#define MOST_ASKED 512 /* bytes of a row that memory is asked for before they are read */

/* Rows left over from one step, and those of the next; at the end each may have to be looked at closely, beside those left over of these. */
#define MOST_SOME  (UP_NEAREST_ROWS + UP_KMEANS_CHUNK_ROWS)
#define MOST_CLOSE (UP_NEAREST_ROWS + MOST_SOME)

/* Of sums in float4; more than they lose. */
#define DRIFT_ROUNDING 1e-6f

/* What a pass over the rows is about, the same for all its parts. */
typedef struct Pass
{
	size_t n;
	size_t n_blocks;
	size_t part_blocks;
	uint32_t d;
	uint32_t k;
	bool first;            /* no row has a cluster yet */
	float rounding, least; /* of distances in float4 */
	double scale;
} Pass;

/* Its arrays. */
enum
{
	ROWS,           /* as in UpKmeansRows */
	COARSE,         /* likewise */
	LABELS,         /* likewise */
	CLOSEST,        /* likewise; NULL before clusters are re-seeded */
	KEPT,           /* likewise: a row keeps its cluster as long as this is above the cluster's drift */
	CENTRES,        /* packed (UpNearest) */
	COARSE_CENTRES, /* packed (UpNearestF32) */
	DRIFT, /* float, 2 × k: how far the bounds of its rows have sunk since the beginning, and a little less */
	SUMS, /* double, parts × k × d: of the rows of a cluster in the part, or what is to be added for those that came and went */
	COUNTS, /* int64_t, parts × (k + 1): rows of a cluster likewise; the last is how many rows changed their cluster, or are in the middle */
	INERTIA, /* double, parts */
	N_ARRAYS
};

typedef struct Lloyd
{
	UpKmeansRows *rows;
	UpKmeansRun *run;
	Pass pass;
	uint32_t n_parts;
	void *arrays[N_ARRAYS];
	UpNearest nearest;
	double *sums;     /* k × d */
	uint64_t *counts; /* k */
	double *drift;    /* k */
} Lloyd;

static size_t
blocks_a_step(uint32_t d, uint32_t k)
{
	uint64_t work = (uint64_t) UP_MAX(d, 1) * k * UP_NEAREST_ROWS;

	return UP_MIN(UP_MAX(TICK_WORK / work, 1), UP_KMEANS_CHUNK_BLOCKS);
}

static inline void
add_row(double *sum, const double *row, uint32_t d)
{
	for (uint32_t j = 0; j < d; j++)
		sum[j] += row[j];
}

static inline void
subtract_row(double *sum, const double *row, uint32_t d)
{
	for (uint32_t j = 0; j < d; j++)
		sum[j] -= row[j];
}

static void
run_parts(const Lloyd *s, UpPart fn)
{
	up_parallel(s->n_parts, fn, &s->pass, sizeof(s->pass), s->arrays, N_ARRAYS);
}

/* The blocks from first to end - 1 of a part. */
static size_t
part_end(const Pass *p, uint32_t part, size_t *first)
{
	*first = UP_MIN(part * p->part_blocks, p->n_blocks);
	return UP_MIN(*first + p->part_blocks, p->n_blocks);
}

static inline UpNearest
centres_of(const Pass *p, void *const *arrays)
{
	return (UpNearest){.k = p->k, .d = p->d, .packed = arrays[CENTRES]};
}

static void
start(Lloyd *s, UpKmeansRows *rows, UpKmeansRun *run)
{
	uint32_t k = run->k, d = rows->d;
	size_t values = (size_t) k * UP_MAX(d, 1), sizes[N_ARRAYS] = {0}, total = 0;
	char *at;

	*s = (Lloyd){.rows = rows, .run = run};
	s->n_parts = up_kmeans_parts(rows->n, k);
	s->pass = (Pass){.n = rows->n, .n_blocks = rows->n_blocks, .d = d, .k = k};
	s->pass.part_blocks = (rows->n_blocks + s->n_parts - 1) / s->n_parts;
	s->sums = up_alloc0(values * sizeof(double));
	s->counts = up_alloc0(k * sizeof(uint64_t));
	s->drift = up_alloc0(k * sizeof(double));
	s->pass.scale = rows->scale;
	s->arrays[ROWS] = rows->x;
	s->arrays[COARSE] = rows->coarse;
	s->arrays[LABELS] = rows->labels;
	s->arrays[CLOSEST] = rows->closest;
	s->arrays[KEPT] = rows->kept;
	/* One large array holds the rest. */
	sizes[CENTRES] = up_nearest_values(k, d) * sizeof(double);
	sizes[COARSE_CENTRES] = up_nearest_values(k, d) * sizeof(float);
	sizes[DRIFT] = 2 * (size_t) k * sizeof(float);
	sizes[SUMS] = s->n_parts * values * sizeof(double);
	sizes[COUNTS] = s->n_parts * (k + (size_t) 1) * sizeof(int64_t);
	sizes[INERTIA] = s->n_parts * sizeof(double);
	for (int a = CENTRES; a < N_ARRAYS; a++)
		total += (sizes[a] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	at = up_alloc_large(total);
	for (int a = CENTRES; a < N_ARRAYS; a++)
	{
		s->arrays[a] = at;
		at += (sizes[a] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	}
	s->nearest = (UpNearest){.k = k, .d = d, .packed = s->arrays[CENTRES]};
}

static void
finish(Lloyd *s)
{
	up_free_large(s->arrays[CENTRES]);
	up_free(s->drift);
	up_free(s->counts);
	up_free(s->sums);
}

/* Adds the parts' sums and counts to those of all. Returns the parts' numbers of rows that changed. */
static size_t
add_parts(Lloyd *s)
{
	size_t k = s->run->k, values = k * s->rows->d, changed = 0;

	for (uint32_t part = 0; part < s->n_parts; part++)
	{
		const int64_t *counts = (int64_t *) s->arrays[COUNTS] + part * (k + 1);

		up_tick();
		up_vec_axpy(s->sums, 1.0, (double *) s->arrays[SUMS] + part * values, values);
		for (size_t c = 0; c < k; c++)
			s->counts[c] += (uint64_t) counts[c];
		changed += (size_t) counts[k];
	}
	return changed;
}

/* ---- every row to its nearest centre ---- */

/* A row that has another nearest centre now. */
typedef struct Move
{
	uint32_t row, label;
} Move;

/* One part of it, and space for blocks of rows that are looked at. */
typedef struct Search
{
	const Pass *pass;
	UpNearest nearest;
	UpNearestF32 coarse_nearest;
	const double *x; /* of the part, as all that follow */
	const int16_t *coarse;
	uint32_t *labels;
	float *kept;
	const float *drift, *less;
	double *sums;
	int64_t *counts;
	float *coarse_block;
	double *block;          /* likewise, for those that are looked at closely */
	size_t n_some, n_close; /* rows that are left to look at, and of them those to be looked at closely */
	uint32_t some[MOST_SOME];
	uint32_t close[MOST_CLOSE];
	uint32_t found[UP_NEAREST_ROWS];
	float gap[UP_NEAREST_ROWS];
	size_t n_moves;
	Move moves[UP_NEAREST_ROWS];
} Search;

/* Memory is asked for a row of so many bytes. */
static inline void
ask_for(const void *row, size_t bytes)
{
	for (size_t at = 0; at < UP_MIN(bytes, MOST_ASKED); at += LINE)
		__builtin_prefetch((const char *) row + at);
}

/* Row i belongs to this cluster, by so much; if that is another one, its values are asked for, to be moved later. */
static inline void
settle_row(Search *s, size_t i, uint32_t label, float gap)
{
	s->kept[i] = gap + s->less[label];
	if (label == s->labels[i])
		return;
	s->moves[s->n_moves++] = (Move){(uint32_t) i, label};
	ask_for(s->x + i * s->pass->d, s->pass->d * sizeof(double));
}

/* The rows that belong to another cluster now, from one sum to the other. */
static void
move_rows(Search *s)
{
	uint32_t d = s->pass->d;

	for (size_t m = 0; m < s->n_moves; m++)
	{
		uint32_t i = s->moves[m].row, label = s->moves[m].label, from = s->labels[i];
		const double *row = s->x + (size_t) i * d;

		if (from != NO_CLUSTER)
		{
			subtract_row(s->sums + (size_t) from * d, row, d);
			s->counts[from]--;
		}
		add_row(s->sums + (size_t) label * d, row, d);
		s->counts[label]++;
		s->labels[i] = label;
	}
	s->counts[s->pass->k] += (int64_t) s->n_moves;
	s->n_moves = 0;
}

/* Of n rows from the first on, those that have to be looked at are noted, and asked for. */
static void
sift_block(Search *s, size_t first, size_t n)
{
	uint32_t *some = s->some + s->n_some, at = (uint32_t) first, d = s->pass->d;
	size_t found = 0;

	if (s->pass->first || n < UP_NEAREST_ROWS)
	{
		for (uint32_t r = 0; r < n; r++)
		{
			some[found] = at + r;
			found += s->pass->first || !(s->kept[first + r] > s->drift[s->labels[first + r]]);
		}
	}
	else
		found = up_vec_sift_f32(s->kept + first, s->labels + first, s->drift, s->pass->k, at, some);
	for (size_t r = 0; r < found; r++)
		ask_for(s->coarse + (size_t) some[r] * d, d * sizeof(int16_t));
	s->n_some += found;
}

/* Looks at n of the rows noted, from place at on. */
static void
look_at_block(Search *s, size_t at, size_t n)
{
	const int16_t *rows[UP_NEAREST_ROWS];
	uint32_t d = s->pass->d;

	for (size_t r = 0; r < UP_NEAREST_ROWS; r++)
		rows[r] = s->coarse + (size_t) s->some[at + UP_MIN(r, n - 1)] * d;
	up_vec_columns_i16(rows, d, s->coarse_block);
	up_vec_nearest_f32(&s->coarse_nearest, s->coarse_block, s->found, s->gap);
	for (size_t r = 0; r < n; r++)
	{
		bool fits = d == 0 || *rows[r] != UP_NEAREST_OUTSIDE;

		if (fits && s->gap[r] > 0)
			settle_row(s, s->some[at + r], s->found[r], s->gap[r]);
		else
			s->close[s->n_close++] = s->some[at + r];
	}
	move_rows(s);
}

/* Looks at n rows that were not told apart. */
static void
look_closely(Search *s, size_t at, size_t n)
{
	const double *rows[UP_NEAREST_ROWS];

	for (size_t r = 0; r < UP_NEAREST_ROWS; r++)
		rows[r] = s->x + (size_t) s->close[at + UP_MIN(r, n - 1)] * s->pass->d;
	up_vec_columns(rows, s->pass->d, s->block);
	up_vec_nearest_gaps(&s->nearest, s->block, s->found, NULL, s->gap);
	for (size_t r = 0; r < n; r++)
		settle_row(s, s->close[at + r], s->found[r], s->gap[r] * (float) s->pass->scale);
	move_rows(s);
}

/* Looks at the rows noted: whole blocks of them, and in the end all. Returns how many are left, which come first then. */
static size_t
look_at_noted(Search *s, void (*look)(Search *s, size_t at, size_t n), uint32_t *noted, size_t n, bool all)
{
	size_t at = 0;

	for (; at + UP_NEAREST_ROWS <= n || (all && at < n); at += UP_NEAREST_ROWS)
		look(s, at, UP_MIN(n - at, UP_NEAREST_ROWS));
	if (at >= n)
		return 0;
	memmove(noted, noted + at, (n - at) * sizeof(uint32_t));
	return n - at;
}

static void
look_at_some(Search *s, bool all)
{
	s->n_some = look_at_noted(s, look_at_block, s->some, s->n_some, all);
	s->n_close = look_at_noted(s, look_closely, s->close, s->n_close, all);
}

static void
assign_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *pass = fixed;
	size_t values = (size_t) pass->k * pass->d, first, end = part_end(pass, part, &first);
	size_t step = blocks_a_step(pass->d, pass->k), row = first * UP_NEAREST_ROWS;
	UpArena *arena = up_arena_enter();
	Search *s = up_alloc0(sizeof(Search));

	s->pass = pass;
	s->nearest = centres_of(pass, arrays);
	s->coarse_nearest = (UpNearestF32){pass->k, pass->d, arrays[COARSE_CENTRES], pass->rounding, pass->least};
	s->x = (double *) arrays[ROWS] + row * pass->d;
	s->coarse = (int16_t *) arrays[COARSE] + row * pass->d;
	s->labels = (uint32_t *) arrays[LABELS] + row;
	s->kept = (float *) arrays[KEPT] + row;
	s->drift = arrays[DRIFT];
	s->less = s->drift + pass->k;
	s->sums = (double *) arrays[SUMS] + part * values;
	s->counts = (int64_t *) arrays[COUNTS] + part * (pass->k + (size_t) 1);
	s->block = up_kmeans_block_space(pass->d);
	s->coarse_block = up_alloc_array((size_t) UP_MAX(pass->d, 1) * UP_NEAREST_ROWS, sizeof(float));
	memset(s->sums, 0, values * sizeof(double));
	memset(s->counts, 0, (pass->k + (size_t) 1) * sizeof(int64_t));
	for (size_t b = first; b < end; b += step)
	{
		up_tick();
		for (size_t c = b; c < UP_MIN(end, b + step); c++)
			sift_block(s, c * UP_NEAREST_ROWS - row, UP_MIN(pass->n - c * UP_NEAREST_ROWS, UP_NEAREST_ROWS));
		look_at_some(s, b + step >= end);
	}
	up_arena_leave(arena);
}

/* Every row to its nearest centre. Returns how many changed. */
static size_t
assign_rows(Lloyd *s)
{
	UpNearestF32 coarse = {s->run->k, s->rows->d, s->arrays[COARSE_CENTRES], 0, 0};

	up_nearest_set(&s->nearest, s->run->centres, s->run->k);
	up_nearest_f32_set(&coarse, s->run->centres, s->rows->scale);
	s->pass.rounding = coarse.rounding;
	s->pass.least = coarse.least;
	run_parts(s, assign_part);
	s->pass.first = false;
	return add_parts(s);
}

/* ---- clusters without a row ---- */

/* Distances of all rows to their centres into closest, 0 after the last row. */
static void
measure_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *pass = fixed;
	size_t step = blocks_a_step(pass->d, pass->k), first, end = part_end(pass, part, &first);
	UpNearest nearest = centres_of(pass, arrays);
	double *closest = arrays[CLOSEST], *block = up_kmeans_block_space(pass->d);
	uint32_t unused[UP_NEAREST_ROWS];

	for (size_t b = first; b < end; b++)
	{
		if ((b - first) % step == 0)
			up_tick();
		up_kmeans_block(arrays[ROWS], pass->n, pass->d, b, block);
		up_vec_nearest(&nearest, block, unused, closest + b * UP_NEAREST_ROWS);
	}
	for (size_t i = pass->n; first < end && end == pass->n_blocks && i < pass->n_blocks * UP_NEAREST_ROWS; i++)
		closest[i] = 0;
	up_free(block);
}

/* The row farthest from its centre, of those that have company in their cluster; n if none has any distance. */
static size_t
farthest_row(const Lloyd *s)
{
	const UpKmeansRows *rows = s->rows;
	double most = 0;
	size_t farthest = rows->n;

	for (size_t i = 0; i < rows->n; i++)
	{
		if (i % UP_KMEANS_CHUNK_ROWS == 0)
			up_tick();
		if (rows->closest[i] > most && s->counts[rows->labels[i]] > 1)
		{
			most = rows->closest[i];
			farthest = i;
		}
	}
	return farthest;
}

/* Row i goes to cluster label, wherever its nearest centre is. */
static void
move_row(Lloyd *s, size_t i, uint32_t label)
{
	UpKmeansRows *rows = s->rows;
	uint32_t from = rows->labels[i], d = rows->d;
	const double *row = rows->x + i * d;

	subtract_row(s->sums + (size_t) from * d, row, d);
	s->counts[from]--;
	/* What rounding left in the sum of an empty cluster. */
	memset(s->sums + (size_t) label * d, 0, d * sizeof(double));
	add_row(s->sums + (size_t) label * d, row, d);
	s->counts[label]++;
	rows->labels[i] = label;
	rows->kept[i] = -INFINITY;
}

/*
 * An empty cluster gets the row that is farthest from every centre, counting those given away before it. Returns how
 * many rows moved.
 */
static size_t
reseed_empty(Lloyd *s)
{
	UpKmeansRows *rows = s->rows;
	size_t moved = 0;
	double *block = NULL;

	for (uint32_t c = 0; c < s->run->k; c++)
	{
		size_t i;

		if (s->counts[c] > 0)
			continue;
		if (block == NULL)
		{
			block = up_kmeans_block_space(rows->d);
			s->arrays[CLOSEST] = up_kmeans_closest(rows);
			run_parts(s, measure_part);
		}
		i = farthest_row(s);
		if (i == rows->n)
			break;
		move_row(s, i, c);
		moved++;

		up_nearest_set(&rows->trial, rows->x + i * rows->d, 1);
		for (size_t b = 0; b < rows->n_blocks; b++)
		{
			double unused;

			if (b % UP_KMEANS_CHUNK_BLOCKS == 0)
				up_tick();
			up_kmeans_block(rows->x, rows->n, rows->d, b, block);
			up_vec_nearest_trials(&rows->trial, block, rows->closest + b * UP_NEAREST_ROWS, &unused);
		}
	}
	up_free(block);
	return moved;
}

/* ---- the centres move ---- */

/*
 * Centres become the means of their rows. Returns the sum of their squared shifts. The bounds of a cluster's rows sink by what its
 * centre has moved and the most that another has.
 */
static double
move_centres(Lloyd *s)
{
	uint32_t d = s->rows->d, k = s->run->k, farthest = 0;
	double shift = 0, *moved = up_alloc0(k * sizeof(double)), second = 0;

	for (uint32_t c = 0; c < k; c++)
	{
		double *centre = s->run->centres + (size_t) c * d;
		const double *sum = s->sums + (size_t) c * d;
		double n = (double) s->counts[c];

		if (s->counts[c] == 0)
			continue;
		for (uint32_t j = 0; j < d; j++)
		{
			double mean = sum[j] / n;

			moved[c] += (mean - centre[j]) * (mean - centre[j]);
			centre[j] = mean;
		}
		shift += moved[c];
		moved[c] = sqrt(moved[c]);
	}
	for (uint32_t c = 1; c < k; c++)
		farthest = moved[c] > moved[farthest] ? c : farthest;
	for (uint32_t c = 0; c < k; c++)
		second = c != farthest && moved[c] > second ? moved[c] : second;
	for (uint32_t c = 0; c < k; c++)
	{
		float *drift = s->arrays[DRIFT];

		s->drift[c] += s->rows->scale * (moved[c] + (c == farthest ? second : moved[farthest]));
		drift[c] = (float) s->drift[c] * (1 + DRIFT_ROUNDING);
		drift[k + c] = (float) s->drift[c] * (1 - DRIFT_ROUNDING);
	}
	up_free(moved);
	return shift;
}

/* Sums of the labels as they are: by chunks of rows, as exact as one gets without much ado. */
static void
sum_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *pass = fixed;
	uint32_t d = pass->d, k = pass->k;
	size_t values = (size_t) k * d, first, end = part_end(pass, part, &first) * UP_NEAREST_ROWS;
	/* Adding up a chunk costs k d additions, which many rows share. */
	size_t chunk = UP_MAX(UP_KMEANS_CHUNK_ROWS, 4 * (size_t) k);
	const double *x = arrays[ROWS];
	const uint32_t *labels = arrays[LABELS];
	double *sums = (double *) arrays[SUMS] + part * values,
		   *few = up_alloc_array(UP_MAX(values, 1), sizeof(double));

	end = UP_MIN(end, pass->n);
	memset(sums, 0, values * sizeof(double));
	memset((int64_t *) arrays[COUNTS] + part * (k + (size_t) 1), 0, (k + (size_t) 1) * sizeof(int64_t));
	for (size_t at = first * UP_NEAREST_ROWS; at < end; at += chunk)
	{
		memset(few, 0, values * sizeof(double));
		for (size_t i = at; i < UP_MIN(end, at + chunk); i++)
		{
			if (i % UP_KMEANS_CHUNK_ROWS == 0)
				up_tick();
			add_row(few + (size_t) labels[i] * d, x + i * d, d);
		}
		up_vec_axpy(sums, 1.0, few, values);
	}
	up_free(few);
}

static void
rebuild_sums(Lloyd *s)
{
	memset(s->sums, 0, (size_t) s->run->k * s->rows->d * sizeof(double));
	run_parts(s, sum_part);
	add_parts(s);
}

/* ---- what centres are worth ---- */

static void
score_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *pass = fixed;
	size_t step = blocks_a_step(pass->d, pass->k), first, end = part_end(pass, part, &first);
	UpNearest nearest = centres_of(pass, arrays);
	double distances[UP_KMEANS_CHUNK_ROWS], *inertia = (double *) arrays[INERTIA] + part;
	double *block = up_kmeans_block_space(pass->d);
	float gaps[UP_KMEANS_CHUNK_ROWS];
	uint32_t *labels = arrays[LABELS];
	int64_t *counts = (int64_t *) arrays[COUNTS] + part * (pass->k + (size_t) 1);

	*inertia = 0;
	memset(counts, 0, (pass->k + (size_t) 1) * sizeof(int64_t));
	for (size_t b = first; b < end; b += step)
	{
		size_t at = b * UP_NEAREST_ROWS, blocks = UP_MIN(end - b, step);
		size_t n = UP_MIN(pass->n - at, blocks * UP_NEAREST_ROWS);

		up_tick();
		for (size_t c = 0; c < blocks; c++)
		{
			size_t r = c * UP_NEAREST_ROWS;

			up_kmeans_block(arrays[ROWS], pass->n, pass->d, b + c, block);
			up_vec_nearest_gaps(&nearest, block, labels + at + r, distances + r, gaps + r);
		}
		for (size_t i = at; i < at + n; i++)
		{
			UP_ASSERT(labels[i] < pass->k);
			counts[labels[i]]++;
			counts[pass->k] += gaps[i - at] == -INFINITY;
		}
		*inertia += up_vec_sum(distances, n);
	}
	up_free(block);
}

static void
score_centres(Lloyd *s)
{
	UpKmeansRun *run = s->run;
	size_t k = run->k;

	up_nearest_set(&s->nearest, run->centres, run->k);
	run_parts(s, score_part);
	run->inertia = 0;
	run->ties = 0;
	memset(run->sizes, 0, k * sizeof(uint64_t));
	for (uint32_t part = 0; part < s->n_parts; part++)
	{
		run->inertia += ((double *) s->arrays[INERTIA])[part];
		for (size_t c = 0; c < k; c++)
			run->sizes[c] += (uint64_t) ((int64_t *) s->arrays[COUNTS])[part * (k + 1) + c];
		run->ties += (uint64_t) ((int64_t *) s->arrays[COUNTS])[part * (k + 1) + k];
	}
}

void
up_kmeans_score(UpKmeansRows *rows, UpKmeansRun *run)
{
	Lloyd s;

	start(&s, rows, run);
	score_centres(&s);
	finish(&s);
}

void
up_kmeans_lloyd(UpKmeansRows *rows, const UpKmeansLimits *limits, UpKmeansRun *run)
{
	Lloyd s;

	start(&s, rows, run);
	memset(s.arrays[DRIFT], 0, 2 * run->k * sizeof(float));
	s.pass.first = true;
	for (size_t i = 0; i < rows->n; i++)
		rows->labels[i] = NO_CLUSTER;

	run->converged = false;
	run->iterations = 0;
	while (!run->converged && run->iterations < limits->max_iter)
	{
		size_t changed;

		up_progress("k-means", limits->done + run->iterations, limits->total);
		changed = assign_rows(&s);
		changed += reseed_empty(&s);
		run->converged = move_centres(&s) <= limits->tol || changed == 0;
		run->iterations++;
	}
	rebuild_sums(&s);
	move_centres(&s);
	score_centres(&s);
	finish(&s);
}
