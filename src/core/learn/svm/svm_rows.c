/*
 * svm_rows.c - rows of a kernel matrix in batches; see svm_rows.h
 *
 * What a batch of variables moves is taken off f by columns: a part computes, for some hundred columns, the pieces of the rows that
 * are not kept, TOGETHER at a time as a product of matrices, and subtracts all of them in their order. So an element of f does not
 * depend on how the columns are cut, on which rows are kept, or on who computes them. Cost: columns × (new rows × d + rows).
 *
 * Few are wanted twice while they are dear to keep, so that those of many columns alone are (pays_to_keep). They stand in slots of slabs, each
 * slab as large as all before it; the least recently used row goes.
 */
#include "learn/svm/svm_rows.h"

#include "num/gemm.h"
#include "num/vec_smo.h"

#include <string.h>

#define BATCH        256    /* rows that are taken at a time */
#define TOGETHER     32     /* of them, whose pieces stay in the cache */
#define COLUMNS      512    /* of a part */
#define KEEP_COLUMNS 200    /* that make a row dear enough to be kept */
#define LEAST_WORK   300000 /* multiply-adds for which a part pays */
#define NO_SLOT      UINT32_MAX
#define NOWHERE      UINT32_MAX
#define MOST_SLABS   16
#define SLAB_BYTES   ((size_t) 2 << 20) /* of the first */

/* A row of a batch. */
typedef struct Row
{
	double by;
	float norm;
	uint32_t slot;  /* where it is kept, or NOWHERE */
	uint32_t fresh; /* its place among those that are computed */
	uint32_t given; /* … that the store gave; NOWHERE, as of the others: it is none */
} Row;

struct UpSmoRows
{
	const UpKernelRows *all;
	const UpKernel *kernel;
	UpKernelStore *store;

	/* what is kept */
	uint32_t n_slots, used;
	uint32_t first_slots; /* of the first slab */
	size_t stride;        /* numbers of a slot */
	float *slabs[MOST_SLABS];
	uint32_t *owner;    /* slot → variable */
	uint32_t *batch_of; /* slot → the last batch that used it */
	uint32_t *newer, *older;
	uint32_t newest, oldest, free; /* free ones by older */
	uint32_t *slot_of;             /* variable → slot */
	uint32_t batch;

	/* of a batch */
	Row *rows;
	float *x;     /* BATCH × d: rows that are computed */
	float *given; /* BATCH × columns: rows out of the store, where they are not kept */

	/* of a square, and of the one before: its variables often come again, and are those that move next */
	UpKernelRows *few;
	float *few_x, *few_before, *square;
	uint32_t *few_variables, *place_in_few; /* place → variable, and variable → place or NOWHERE */
	size_t most_few, n_few;
	size_t work; /* since the last tick */
};

/* ---- what is kept ---- */

/* Fresh memory costs more than a row of few columns does, which most rounds want but once. */
static bool
pays_to_keep(const UpKernelRows *all, const UpKernel *kernel, const UpKernelStore *store)
{
	return store != NULL || all->d >= KEEP_COLUMNS || kernel->kind == UP_KERNEL_POLY ||
		   kernel->kind == UP_KERNEL_SIGMOID;
}

UpSmoRows *
up_smo_rows_new(const UpKernelRows *all, const UpKernel *kernel, UpKernelStore *store, size_t bytes)
{
	UpSmoRows *r = up_alloc0(sizeof(UpSmoRows));
	size_t n = all->n, row = UP_SMO_UP(UP_MAX(n, 1)) * sizeof(float);

	r->all = all;
	r->kernel = kernel;
	r->store = store;
	r->stride = UP_SMO_UP(UP_MAX(n, 1));
	r->n_slots = pays_to_keep(all, kernel, store) ? (uint32_t) UP_MIN(bytes / row, n) : 0;
	r->first_slots = (uint32_t) UP_MAX(SLAB_BYTES / row, 1);
	while (((uint64_t) r->first_slots << (MOST_SLABS - 1)) < r->n_slots)
		r->first_slots *= 2;
	r->owner = up_alloc_array(UP_MAX(r->n_slots, 1), sizeof(uint32_t));
	r->batch_of = up_alloc_array(UP_MAX(r->n_slots, 1), sizeof(uint32_t));
	r->newer = up_alloc_array(UP_MAX(r->n_slots, 1), sizeof(uint32_t));
	r->older = up_alloc_array(UP_MAX(r->n_slots, 1), sizeof(uint32_t));
	r->slot_of = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	r->place_in_few = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	for (size_t t = 0; t < n; t++)
	{
		r->slot_of[t] = NO_SLOT;
		r->place_in_few[t] = NOWHERE;
	}
	r->newest = r->oldest = r->free = NO_SLOT;
	r->rows = up_alloc_large_array(BATCH, sizeof(Row));
	r->x = up_alloc_large_array(BATCH * UP_MAX((size_t) all->d, 1), sizeof(float));
	return r;
}

static void
free_square(UpSmoRows *r)
{
	if (r->few == NULL)
		return;
	for (size_t i = 0; i < r->n_few; i++)
		r->place_in_few[r->few_variables[i]] = NOWHERE;
	up_kernel_rows_free(r->few);
	up_free_large(r->few_x);
	up_free_large(r->few_before);
	up_free_large(r->square);
	up_free(r->few_variables);
	r->few = NULL;
	r->n_few = 0;
}

void
up_smo_rows_free(UpSmoRows *r)
{
	for (int i = 0; i < MOST_SLABS; i++)
		up_free_large(r->slabs[i]);
	up_free(r->owner);
	up_free(r->batch_of);
	up_free(r->newer);
	up_free(r->older);
	up_free(r->slot_of);
	up_free_large(r->rows);
	up_free_large(r->x);
	up_free_large(r->given);
	free_square(r);
	up_free(r->place_in_few);
	up_free(r);
}

/* Slab 0 has the first first_slots slots, slab 1 as many, slab 2 twice as many, and so on. */
typedef struct Slab
{
	uint32_t slab, first;
} Slab;

static inline Slab
slab_of(uint32_t slot, uint32_t first_slots)
{
	uint32_t times = slot / first_slots, slab = times == 0 ? 0 : 32 - (uint32_t) __builtin_clz(times);

	return (Slab){slab, slab == 0 ? 0 : first_slots << (slab - 1)};
}

static inline float *
slot_in(void *const *slabs, uint32_t first_slots, size_t stride, uint32_t slot)
{
	Slab at = slab_of(slot, first_slots);

	return (float *) slabs[at.slab] + (slot - at.first) * stride;
}

static void
unlink_slot(UpSmoRows *r, uint32_t s)
{
	if (r->newer[s] != NO_SLOT)
		r->older[r->newer[s]] = r->older[s];
	else
		r->newest = r->older[s];
	if (r->older[s] != NO_SLOT)
		r->newer[r->older[s]] = r->newer[s];
	else
		r->oldest = r->newer[s];
}

static void
push_slot(UpSmoRows *r, uint32_t s)
{
	r->newer[s] = NO_SLOT;
	r->older[s] = r->newest;
	if (r->newest != NO_SLOT)
		r->newer[r->newest] = s;
	r->newest = s;
	if (r->oldest == NO_SLOT)
		r->oldest = s;
	r->batch_of[s] = r->batch;
}

/* A slot for a variable's row, NO_SLOT: all are in use by this batch. */
static uint32_t
take_slot(UpSmoRows *r, uint32_t variable)
{
	uint32_t slot = r->free;

	if (slot != NO_SLOT)
		r->free = r->older[slot];
	else if (r->used < r->n_slots)
	{
		Slab at = slab_of(r->used, r->first_slots);

		slot = r->used++;
		if (r->slabs[at.slab] == NULL)
			r->slabs[at.slab] = up_alloc_large_array(
				UP_MIN(UP_MAX(at.first, r->first_slots), r->n_slots - at.first) * r->stride, sizeof(float));
	}
	else
	{
		slot = r->oldest;
		if (slot == NO_SLOT || r->batch_of[slot] == r->batch)
			return NO_SLOT;
		unlink_slot(r, slot);
		r->slot_of[r->owner[slot]] = NO_SLOT;
	}
	r->owner[slot] = variable;
	r->slot_of[variable] = slot;
	push_slot(r, slot);
	return slot;
}

void
up_smo_rows_forget(UpSmoRows *r)
{
	for (uint32_t s = r->newest; s != NO_SLOT; s = r->older[s])
		r->slot_of[r->owner[s]] = NO_SLOT;
	r->used = 0;
	r->newest = r->oldest = r->free = NO_SLOT;
}

/* ---- columns that go ---- */

enum
{
	KEEP,
	SLOTS,
	SHORTEN_SLABS,
	SHORTEN_ARRAYS = SHORTEN_SLABS + MOST_SLABS
};

typedef struct Shorten
{
	size_t n, stride;
	uint32_t first_slots, n_slots, part_slots;
} Shorten;

static void
shorten_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Shorten *q = fixed;
	const uint32_t *keep = arrays[KEEP], *slots = arrays[SLOTS];
	uint32_t end = UP_MIN(part * q->part_slots + q->part_slots, q->n_slots);

	for (uint32_t i = part * q->part_slots; i < end; i++)
	{
		float *row = slot_in(arrays + SHORTEN_SLABS, q->first_slots, q->stride, slots[i]);

		up_tick();
		for (size_t t = 0; t < q->n; t++)
			row[t] = row[keep[t]];
	}
}

static void
run(const UpSmoRows *r, uint32_t parts, UpPart fn, const void *fixed, size_t size, void **arrays, int slabs)
{
	for (int i = 0; i < MOST_SLABS; i++)
		arrays[slabs + i] = r->slabs[i];
	up_parallel(parts, fn, fixed, size, arrays, (uint32_t) slabs + MOST_SLABS);
}

void
up_smo_rows_shorten(UpSmoRows *r, const uint32_t *keep, size_t n, const uint32_t *index, size_t n_before)
{
	Shorten job = {.n = n, .stride = r->stride, .first_slots = r->first_slots};
	uint32_t *places, *slots;
	void *arrays[SHORTEN_ARRAYS];
	size_t k = 0;

	if (r->used == 0)
		return;
	arrays[KEEP] = places = up_alloc_large_array(UP_MAX(n, 1), sizeof(uint32_t));
	arrays[SLOTS] = slots = up_alloc_large_array(r->used, sizeof(uint32_t));
	for (size_t at = 0; at < n_before; at++)
	{
		uint32_t slot = r->slot_of[index[at]];

		if (k < n && keep[k] == at)
		{
			k++;
			continue;
		}
		if (slot == NO_SLOT)
			continue;
		unlink_slot(r, slot);
		r->slot_of[index[at]] = NO_SLOT;
		r->older[slot] = r->free;
		r->free = slot;
	}
	memcpy(places, keep, n * sizeof(uint32_t));
	for (uint32_t s = r->newest; s != NO_SLOT; s = r->older[s])
		slots[job.n_slots++] = s;
	job.part_slots = (uint32_t) UP_MAX(LEAST_WORK / UP_MAX(n, 1), 1);
	run(r, (job.n_slots + job.part_slots - 1) / job.part_slots, shorten_part, &job, sizeof(job), arrays,
		SHORTEN_SLABS);
	up_free_large(places);
	up_free_large(slots);
}

/* ---- rows that are taken off ---- */

enum
{
	ROWS,
	FRESH,
	GIVEN,
	SAMPLES,
	NORMS,
	SUMS,
	APPLY_SLABS,
	APPLY_ARRAYS = APPLY_SLABS + MOST_SLABS
};

typedef struct Apply
{
	UpKernel kernel;
	size_t n, ld, columns, stride, given_stride;
	uint32_t d, n_rows, first_slots;
} Apply;

/* The pieces of rows first … first + n: those that are not kept or given are computed. */
static void
find_pieces(const Apply *q, void *const *arrays, uint32_t first, uint32_t n, size_t column, size_t columns,
			float *scratch, const float **pieces)
{
	const Row *rows = (const Row *) arrays[ROWS] + first;
	const float *norms = (const float *) arrays[NORMS] + column;
	uint32_t n_fresh = 0, first_fresh = 0;
	size_t padded = UP_SMO_UP(columns);

	for (uint32_t i = 0; i < n; i++)
	{
		if (rows[i].fresh != NOWHERE && n_fresh++ == 0)
			first_fresh = rows[i].fresh;
	}
	if (n_fresh > 0)
		up_gemm_nn(scratch, q->columns, NULL, (const float *) arrays[FRESH] + (size_t) first_fresh * q->d, q->d,
				   (const float *) arrays[SAMPLES] + column, q->ld, n_fresh, padded, q->d);
	for (uint32_t i = 0; i < n; i++)
	{
		float *kept = rows[i].slot == NOWHERE
						  ? NULL
						  : slot_in(arrays + APPLY_SLABS, q->first_slots, q->stride, rows[i].slot) + column;

		pieces[i] = kept;
		if (rows[i].given != NOWHERE)
			pieces[i] = (const float *) arrays[GIVEN] + rows[i].given * q->given_stride + column;
		if (rows[i].fresh != NOWHERE)
		{
			float *piece = scratch + (rows[i].fresh - first_fresh) * q->columns;

			up_kernel_finish(&q->kernel, norms, rows[i].norm, piece, columns);
			pieces[i] = piece;
		}
		if (kept != NULL && pieces[i] != kept)
			memcpy(kept, pieces[i], padded * sizeof(float));
	}
}

static void
apply_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Apply *q = fixed;
	size_t column = part * q->columns, columns = UP_MIN(q->columns, q->n - column), work = 0;
	float *scratch = up_alloc_array(TOGETHER * q->columns, sizeof(float));
	const float *pieces[TOGETHER];
	double by[TOGETHER];

	up_tick();
	for (uint32_t first = 0; first < q->n_rows; first += TOGETHER)
	{
		uint32_t n = UP_MIN(TOGETHER, q->n_rows - first);

		up_tick_work(&work, n * columns * ((size_t) q->d + 8));
		find_pieces(q, arrays, first, n, column, columns, scratch, pieces);
		for (uint32_t i = 0; i < n; i++)
			by[i] = ((const Row *) arrays[ROWS])[first + i].by;
		up_smo_take(((double *) arrays[SUMS]) + column, pieces, by, n, columns);
	}
}

/* A variable's sample; each value of a column of its own is a line of cache, unless they are side by side in few. */
static void
get_sample(UpSmoRows *r, uint32_t variable, const float *few, float *x)
{
	size_t d = r->all->d;

	if (r->place_in_few[variable] != NOWHERE)
		memcpy(x, few + r->place_in_few[variable] * d, d * sizeof(float));
	else
	{
		up_tick_work(&r->work, 32 * d);
		up_kernel_rows_get(r->all, variable, x);
	}
}

/* Where the row of a move is, or will be. Returns how many of the batch are computed with it. */
static void
place_row(UpSmoRows *r, const UpKernelRows *over, const uint32_t *places, bool keep, UpSmoMove move, Row *row,
		  uint32_t *n_fresh, uint32_t *n_given)
{
	uint32_t slot = keep ? r->slot_of[move.variable] : NO_SLOT;

	*row = (Row){move.by, r->all->norms[move.variable], slot, NOWHERE, NOWHERE};
	if (slot != NO_SLOT)
	{
		unlink_slot(r, slot);
		push_slot(r, slot);
		return;
	}
	if (r->store != NULL && r->given == NULL)
		r->given = up_alloc_large_array(BATCH * r->stride, sizeof(float));
	if (up_kernel_store_get(r->store, move.variable, places, over->n, r->given + *n_given * r->stride))
		row->given = (*n_given)++;
	else
	{
		row->fresh = (*n_fresh)++;
		get_sample(r, move.variable, r->few_x, r->x + (size_t) row->fresh * r->all->d);
	}
}

/* Whole rows, as long as there is room. */
static void
store_rows(UpSmoRows *r, const UpSmoMove *moves, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
	{
		if (r->rows[i].slot != NO_SLOT && r->rows[i].fresh != NOWHERE)
			up_kernel_store_put(r->store, moves[i].variable,
								slot_in((void *const *) r->slabs, r->first_slots, r->stride, r->rows[i].slot),
								r->all->n);
	}
}

static void
apply_batch(UpSmoRows *r, const UpKernelRows *over, const uint32_t *places, bool keep, const UpSmoMove *moves,
			uint32_t n, double *f)
{
	Apply job = {.kernel = *r->kernel,
				 .n = over->n,
				 .ld = over->ld,
				 .stride = r->stride,
				 .given_stride = r->stride,
				 .d = over->d,
				 .n_rows = n,
				 .first_slots = r->first_slots};
	void *arrays[APPLY_ARRAYS] = {r->rows, r->x, NULL, over->xt, over->norms, f};
	uint32_t n_fresh = 0, n_given = 0;
	size_t work;

	r->batch++;
	for (uint32_t i = 0; i < n; i++)
		place_row(r, over, places, keep, moves[i], &r->rows[i], &n_fresh, &n_given);
	for (uint32_t i = 0; keep && i < n; i++)
	{
		if (r->rows[i].slot == NO_SLOT)
			r->rows[i].slot = take_slot(r, moves[i].variable);
	}
	arrays[GIVEN] = r->given;
	work = n_fresh * ((size_t) over->d + 8) + n;
	job.columns = UP_SMO_UP(UP_MIN(UP_MAX(LEAST_WORK / work, 64), COLUMNS));
	run(r, (uint32_t) ((over->n + job.columns - 1) / job.columns), apply_part, &job, sizeof(job), arrays,
		APPLY_SLABS);
	if (keep && r->store != NULL && over->n == r->all->n)
		store_rows(r, moves, n);
}

void
up_smo_rows_apply(UpSmoRows *r, const UpKernelRows *over, const uint32_t *places, bool keep,
				  const UpSmoMove *moves, size_t n_moves, double *f)
{
	for (size_t first = 0; first < n_moves; first += BATCH)
		apply_batch(r, over, places, keep, moves + first, (uint32_t) UP_MIN(BATCH, n_moves - first), f);
}

/* ---- squares ---- */

enum
{
	SQUARE_ROWS,
	SQUARE_SAMPLES,
	SQUARE_NORMS,
	SQUARE_OUT,
	SQUARE_ARRAYS
};

typedef struct Square
{
	UpKernel kernel;
	size_t n, ld, part_rows;
	uint32_t d;
} Square;

static void
square_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Square *q = fixed;
	size_t first = part * q->part_rows, n = UP_MIN(q->part_rows, q->n - first), stride = UP_SMO_UP(q->n);
	float *out = (float *) arrays[SQUARE_OUT] + first * stride;
	const float *norms = arrays[SQUARE_NORMS];

	up_tick();
	up_gemm_nn(out, stride, NULL, (const float *) arrays[SQUARE_ROWS] + first * q->d, q->d,
			   arrays[SQUARE_SAMPLES], q->ld, n, stride, q->d);
	for (size_t i = 0; i < n; i++)
		up_kernel_finish(&q->kernel, norms, norms[first + i], out + i * stride, q->n);
}

/* Room for the square of n variables. */
static void
make_square(UpSmoRows *r, size_t n)
{
	size_t d = r->all->d;

	if (n <= r->most_few)
		return;
	free_square(r);
	r->most_few = n;
	r->few = up_kernel_rows_new(n, r->all->d);
	r->few_x = up_alloc_large_array(UP_MAX(n * d, 1), sizeof(float));
	r->few_before = up_alloc_large_array(UP_MAX(n * d, 1), sizeof(float));
	r->square = up_alloc_large_array(UP_SMO_UP(n) * n, sizeof(float));
	r->few_variables = up_alloc_array(n, sizeof(uint32_t));
}

/* The samples of these variables, row by row and column by column. */
static void
take_samples(UpSmoRows *r, const uint32_t *variables, size_t n)
{
	size_t d = r->all->d;
	float *before = r->few_x;

	r->few_x = r->few_before;
	r->few_before = before;
	for (size_t i = 0; i < n; i++)
		get_sample(r, variables[i], before, r->few_x + i * d);
	for (size_t i = 0; i < r->n_few; i++)
		r->place_in_few[r->few_variables[i]] = NOWHERE;
	for (size_t i = 0; i < n; i++)
	{
		r->few_variables[i] = variables[i];
		r->place_in_few[variables[i]] = (uint32_t) i;
		r->few->norms[i] = r->all->norms[variables[i]];
	}
	r->n_few = n;
	for (size_t f = 0; f < d; f++)
	{
		float *column = r->few->xt + f * r->few->ld;

		for (size_t i = 0; i < n; i++)
			column[i] = r->few_x[i * d + f];
	}
}

const float *
up_smo_rows_square(UpSmoRows *r, const uint32_t *variables, size_t n)
{
	Square job = {.kernel = *r->kernel, .n = n, .d = r->all->d};

	make_square(r, n);
	take_samples(r, variables, n);
	job.ld = r->few->ld;
	job.part_rows = UP_MAX(LEAST_WORK / UP_MAX(n * ((size_t) r->all->d + 8), 1), 8);
	up_parallel((uint32_t) ((n + job.part_rows - 1) / job.part_rows), square_part, &job, sizeof(job),
				(void *[]){r->few_x, r->few->xt, r->few->norms, r->square}, SQUARE_ARRAYS);
	return r->square;
}
