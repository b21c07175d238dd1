/*
 * row_blocks.c - rows added to sums block by block; see row_blocks.h
 *
 * Rows are laid into a large array until some blocks are full. A job then has a part for each of these blocks, and one for some columns each,
 * whose values it counts for medians: what these find does not depend on the order, but to add up what blocks have counted would cost an
 * eighth of counting. Cost: that of the sums, a copy of each row, and for each block a merge of sums.
 */
#include "learn/row_blocks.h"

#include "learn/learners.h"

#include <math.h>
#include <string.h>

#define BLOCK_VALUES 196608
#define LEAST_ROWS   256 /* of a block */
#define MOST_ROWS    8192
#define MOST_BLOCKS  16    /* at a time, … */
#define MEMORY_SHARE 16    /* … in this part of the memory, but one in any case */
#define NEAR_COLUMNS 8     /* of a part that counts values: a cache line of a row */
#define CLASSES_ROOM 10    /* bytes of sums are told of two classes: there are to be up to 20 */
#define MOST_VALUE   1e150 /* whose squares add up to a number that is finite */
#define TICK_ROWS    1024

enum
{
	ROWS,  /* features and label of each, one after the other */
	FLAGS, /* of the features, as UpStream takes them */
	SUMS,  /* of each block: so many bytes have room … */
	BYTES, /* … and so many are there; more: they have not found any */
	NEAR,  /* what is counted of each feature */
	N_ARRAYS
};

typedef struct Work
{
	uint16_t learner;
	uint32_t n;      /* features */
	bool fills;      /* values that are missing: rows that lack one are in no sum, and values are counted */
	size_t block;    /* rows */
	size_t n_rows;   /* that are there */
	uint32_t blocks; /* of them */
	size_t room;     /* for the sums of a block */
} Work;

struct UpRowBlocks
{
	UpRowSums *sums;
	Work work;
	size_t most; /* rows that there is room for */
	void *arrays[N_ARRAYS];
};

static size_t
block_rows(uint32_t n)
{
	return UP_MAX(UP_MIN(BLOCK_VALUES / ((size_t) n + 1), MOST_ROWS), LEAST_ROWS);
}

UpRowBlocks *
up_row_blocks_begin(UpRowSums *s)
{
	UpRowBlocks *b = up_alloc0(sizeof(UpRowBlocks));
	const UpLearner *learner = s->request->learner;
	Work *w = &b->work;
	size_t a_block;

	b->sums = s;
	w->learner = learner->number;
	w->n = s->n;
	w->fills = s->values != NULL;
	w->block = block_rows(s->n);
	w->room = learner->stream->bytes(s->n) * (learner->stream->labels != NULL ? CLASSES_ROOM : 1);
	a_block = w->block * (s->n + 1) * sizeof(double) + w->room;
	w->blocks = (uint32_t) UP_MAX(UP_MIN(up_memory_limit() / MEMORY_SHARE / a_block, MOST_BLOCKS), 1);
	b->most = w->blocks * w->block;
	b->arrays[ROWS] = up_alloc_large_array(b->most * (s->n + 1), sizeof(double));
	b->arrays[FLAGS] = memcpy(up_alloc_large(s->n), s->flags, s->n);
	b->arrays[SUMS] = up_alloc_large_array(w->blocks, w->room);
	b->arrays[BYTES] = up_alloc_large_array(w->blocks, sizeof(uint64_t));
	b->arrays[NEAR] = up_alloc_large_zeroed(w->fills ? s->n : 1, UP_NEAR_FLAT_BYTES);
	return b;
}

/* ---- parts ---- */

static inline const double *
row_of(const Work *w, void *const *arrays, size_t i)
{
	return (const double *) arrays[ROWS] + i * ((size_t) w->n + 1);
}

static inline bool
is_complete(const double *x, uint32_t n)
{
	/* What is not a number makes the sum none, and nothing else does: all others are finite. */
	double sum = 0;

	for (uint32_t j = 0; j < n; j++)
		sum += x[j] * 0;
	return !isnan(sum);
}

static void *
sums_of_block(const Work *w, void *const *arrays, uint32_t block)
{
	const UpStream *stream = up_learner_by_number(w->learner)->stream;
	void *sums = stream->start(w->n, arrays[FLAGS]);
	size_t first = block * w->block, end = UP_MIN(first + w->block, w->n_rows);

	for (size_t i = first; i < end; i++)
	{
		const double *x = row_of(w, arrays, i);

		if (i % TICK_ROWS == 0)
			up_tick();
		if (!w->fills || is_complete(x, w->n))
			stream->add(sums, x, x[w->n]);
	}
	return sums;
}

/* Sums that are infinite have no bytes: who makes a model of them tells why it cannot. */
static bool
has_bytes(const Work *w, void *const *arrays, uint32_t block)
{
	size_t first = block * w->block, end = UP_MIN(first + w->block, w->n_rows);
	const double *v = row_of(w, arrays, first);
	size_t n = (end - first) * ((size_t) w->n + 1), large = 0;

	for (size_t i = 0; i < n; i++)
		large += fabs(v[i]) > MOST_VALUE;
	return large == 0;
}

static void
add_block(const Work *w, void *const *arrays, uint32_t block)
{
	UpWriter bytes;
	void *sums;

	if (!has_bytes(w, arrays, block))
	{
		((uint64_t *) arrays[BYTES])[block] = UINT64_MAX;
		return;
	}
	sums = sums_of_block(w, arrays, block);
	up_writer_init(&bytes);
	up_learner_by_number(w->learner)->stream->write(sums, &bytes);
	((uint64_t *) arrays[BYTES])[block] = bytes.len;
	if (bytes.len <= w->room)
		memcpy((char *) arrays[SUMS] + block * w->room, bytes.bytes, bytes.len);
}

static void
count_columns(const Work *w, void *const *arrays, uint32_t first)
{
	uint32_t n = UP_MIN(w->n - first, NEAR_COLUMNS);
	UpNearValues values[NEAR_COLUMNS];
	char *flat = (char *) arrays[NEAR] + first * UP_NEAR_FLAT_BYTES;

	for (uint32_t j = 0; j < n; j++)
		up_near_values_of_flat(&values[j], flat + j * UP_NEAR_FLAT_BYTES);
	for (size_t i = 0; i < w->n_rows; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		up_near_values_add(values, row_of(w, arrays, i) + first, n);
	}
	for (uint32_t j = 0; j < n; j++)
		up_near_values_to_flat(&values[j], flat + j * UP_NEAR_FLAT_BYTES);
}

/* UpPart: blocks, then columns. */
static void
add_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Work *w = fixed;

	if (part < w->blocks)
		add_block(w, arrays, part);
	else
		count_columns(w, arrays, (part - w->blocks) * NEAR_COLUMNS);
}

/* ---- the whole ---- */

static void
merge_block(UpRowBlocks *b, uint32_t block)
{
	const UpStream *stream = b->sums->request->learner->stream;
	uint64_t len = ((const uint64_t *) b->arrays[BYTES])[block];
	UpArena *arena = up_arena_enter();
	UpReader r;
	void *sums;

	if (len > b->work.room)
		sums = sums_of_block(&b->work, b->arrays, block);
	else
	{
		up_reader_init(&r, (const char *) b->arrays[SUMS] + block * b->work.room, len, "sums");
		sums = stream->read(&r, b->work.n, b->sums->flags);
	}
	up_arena_suspend(arena);
	stream->merge(b->sums->sums, sums);
	up_arena_resume(arena);
	up_arena_leave(arena);
}

static void
add_rows(UpRowBlocks *b)
{
	Work *w = &b->work;
	uint32_t parts;

	if (w->n_rows == 0)
		return;
	w->blocks = (uint32_t) ((w->n_rows + w->block - 1) / w->block);
	parts = w->blocks + (w->fills ? (w->n + NEAR_COLUMNS - 1) / NEAR_COLUMNS : 0);
	up_parallel(parts, add_part, w, sizeof(*w), b->arrays, N_ARRAYS);
	for (uint32_t i = 0; i < w->blocks; i++)
		merge_block(b, i);
	w->n_rows = 0;
}

void
up_row_blocks_add(UpRowBlocks *b, UpFrame *waiting, const double *row)
{
	UpRowSums *s = b->sums;
	double *x = (double *) b->arrays[ROWS] + b->work.n_rows * ((size_t) s->n + 1);

	for (uint32_t j = 0; j < s->n; j++)
		x[j] = row[s->places[j]];
	x[s->n] = row[waiting->n_values];
	if (b->work.fills && !is_complete(x, s->n))
		memcpy(up_samples_add(waiting->samples), row, up_samples_row_bytes(waiting->samples));
	else
		s->n_rows++;
	if (++b->work.n_rows == b->most)
		add_rows(b);
}

void
up_row_blocks_end(UpRowBlocks *b)
{
	add_rows(b);
	for (uint32_t j = 0; b->work.fills && j < b->sums->n; j++)
		up_near_values_of_flat(&b->sums->values[j], (char *) b->arrays[NEAR] + j * UP_NEAR_FLAT_BYTES);
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(b->arrays[i]);
	up_free(b);
}
