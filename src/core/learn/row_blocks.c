/*
 * row_blocks.c - rows added to sums block by block; see row_blocks.h
 *
 * Rows that come many at a time are summed where they stand, as far as they fill blocks; others are held until they do. A job has a part for some
 * columns each, whose values it counts for medians, and one for each block: what the former find does not depend on the order, but to add up what
 * blocks have counted would cost an eighth of counting. Cost: that of the sums, a copy of each row that is held, and for each block a merge of sums.
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
	HELD,    /* features and label of each row, one after the other */
	ROWS,    /* those of a frame that follow, or NULL: … */
	ORDER,   /* … where each stands, … */
	PLACES,  /* … and where a row of them has the features */
	LACKING, /* of each of them: a feature is missing that is to be filled in */
	FLAGS,   /* of the features, as UpStream takes them */
	SUMS,    /* of each block: so many bytes have room, … */
	DONE,    /* … and what became of it */
	NEAR,    /* what is counted of each feature */
	N_ARRAYS
};

typedef struct Done
{
	uint64_t bytes;   /* of the sums; more than there is room for: there are none */
	uint64_t lacking; /* rows */
} Done;

typedef struct Work
{
	uint16_t learner;
	uint32_t n;      /* features */
	uint32_t label;  /* where a row of a frame has it */
	bool beside;     /* its features stand beside each other */
	bool fills;      /* values that are missing: rows that lack one are in no sum, and values are counted */
	size_t block;    /* rows */
	size_t n_rows;   /* of the job: … */
	size_t n_held;   /* … these, … */
	size_t first;    /* … and then from this one of the order on */
	size_t width;    /* from one row of a frame to the next */
	uint32_t blocks; /* of them */
	size_t room;     /* for the sums of a block */
} Work;

struct UpRowBlocks
{
	UpRowSums *sums;
	Work work;
	size_t room_held; /* rows */
	uint32_t at_once; /* blocks */
	void *arrays[N_ARRAYS];
};

static size_t
block_rows(uint32_t n)
{
	return UP_MAX(UP_MIN(BLOCK_VALUES / ((size_t) n + 1), MOST_ROWS), LEAST_ROWS);
}

static bool
stand_beside(const UpRowSums *s)
{
	for (uint32_t j = 1; j < s->n; j++)
	{
		if (s->places[j] != s->places[0] + j)
			return false;
	}
	return true;
}

UpRowBlocks *
up_row_blocks_begin(UpRowSums *s, bool many)
{
	UpRowBlocks *b = up_alloc0(sizeof(UpRowBlocks));
	const UpLearner *learner = s->request->learner;
	Work *w = &b->work;
	size_t a_block, row = ((size_t) s->n + 1) * sizeof(double);

	b->sums = s;
	w->learner = learner->number;
	w->n = s->n;
	w->beside = stand_beside(s);
	w->fills = s->values != NULL;
	w->block = block_rows(s->n);
	w->room = learner->stream->bytes(s->n) * (learner->stream->labels != NULL ? CLASSES_ROOM : 1);
	a_block = w->room + (many ? 0 : w->block * row);
	b->at_once = (uint32_t) UP_MAX(UP_MIN(up_memory_limit() / MEMORY_SHARE / a_block, MOST_BLOCKS), 1);
	b->room_held = (many ? 1 : b->at_once) * w->block;
	b->arrays[HELD] = up_alloc_large_array(b->room_held, row);
	b->arrays[PLACES] =
		memcpy(up_alloc_large_array(s->n, sizeof(uint32_t)), s->places, s->n * sizeof(uint32_t));
	b->arrays[LACKING] = up_alloc_large(b->at_once * w->block);
	b->arrays[FLAGS] = memcpy(up_alloc_large(s->n), s->flags, s->n);
	b->arrays[SUMS] = up_alloc_large_array(b->at_once, w->room);
	b->arrays[DONE] = up_alloc_large_array(b->at_once, sizeof(Done));
	b->arrays[NEAR] = up_alloc_large_zeroed(w->fills ? s->n : 1, UP_NEAR_FLAT_BYTES);
	return b;
}

/* ---- parts ---- */

static inline const double *
held_row(const Work *w, void *const *arrays, size_t i)
{
	return (const double *) arrays[HELD] + i * ((size_t) w->n + 1);
}

/* One that is not held. */
static inline const double *
frame_row(const Work *w, void *const *arrays, size_t i)
{
	return (const double *) arrays[ROWS] +
		   ((const size_t *) arrays[ORDER])[w->first + i - w->n_held] * w->width;
}

/* So many features of a row, where they stand or in the space. */
static inline const double *
features_of(const Work *w, void *const *arrays, size_t i, uint32_t first, uint32_t n, double *space)
{
	const uint32_t *places = arrays[PLACES];
	const double *row;

	if (i < w->n_held)
		return held_row(w, arrays, i) + first;
	row = frame_row(w, arrays, i);
	if (w->beside)
		return row + places[first];
	for (uint32_t j = 0; j < n; j++)
		space[j] = row[places[first + j]];
	return space;
}

static inline double
label_of(const Work *w, void *const *arrays, size_t i)
{
	return i < w->n_held ? held_row(w, arrays, i)[w->n] : frame_row(w, arrays, i)[w->label];
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

static inline bool
is_large(const double *x, uint32_t n, double label)
{
	uint32_t large = fabs(label) > MOST_VALUE;

	for (uint32_t j = 0; j < n; j++)
		large += fabs(x[j]) > MOST_VALUE;
	return large > 0;
}

/* NULL: a value is too large for sums that are finite, unless any will do. */
static void *
sums_of_block(const Work *w, void *const *arrays, uint32_t block, bool any)
{
	const UpStream *stream = up_learner_by_number(w->learner)->stream;
	void *sums = stream->start(w->n, arrays[FLAGS]);
	Done *done = (Done *) arrays[DONE] + block;
	double *space = up_alloc_array(w->n, sizeof(double));
	size_t first = block * w->block, end = UP_MIN(first + w->block, w->n_rows);

	done->lacking = 0;
	for (size_t i = first; i < end; i++)
	{
		const double *x = features_of(w, arrays, i, 0, w->n, space);
		double label = label_of(w, arrays, i);
		bool lacks = w->fills && !is_complete(x, w->n);

		if (i % TICK_ROWS == 0)
			up_tick();
		if (!any && is_large(x, w->n, label))
			return NULL;
		if (!lacks)
			stream->add(sums, x, label);
		if (i < w->n_held)
			continue;
		((uint8_t *) arrays[LACKING])[i] = lacks;
		done->lacking += lacks;
	}
	up_free(space);
	return sums;
}

/* Sums that are infinite have no bytes: who makes a model of them tells why it cannot. */
static void
add_block(const Work *w, void *const *arrays, uint32_t block)
{
	Done *done = (Done *) arrays[DONE] + block;
	void *sums = sums_of_block(w, arrays, block, false);
	UpWriter bytes;

	done->bytes = UINT64_MAX;
	if (sums == NULL)
		return;
	up_writer_init(&bytes);
	up_learner_by_number(w->learner)->stream->write(sums, &bytes);
	done->bytes = bytes.len;
	if (bytes.len <= w->room)
		memcpy((char *) arrays[SUMS] + block * w->room, bytes.bytes, bytes.len);
}

static void
count_columns(const Work *w, void *const *arrays, uint32_t first)
{
	uint32_t n = UP_MIN(w->n - first, NEAR_COLUMNS);
	UpNearValues values[NEAR_COLUMNS];
	double space[NEAR_COLUMNS];
	char *flat = (char *) arrays[NEAR] + first * UP_NEAR_FLAT_BYTES;

	for (uint32_t j = 0; j < n; j++)
		up_near_values_of_flat(&values[j], flat + j * UP_NEAR_FLAT_BYTES);
	for (size_t i = 0; i < w->n_rows; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		up_near_values_add(values, features_of(w, arrays, i, first, n, space), n);
	}
	for (uint32_t j = 0; j < n; j++)
		up_near_values_to_flat(&values[j], flat + j * UP_NEAR_FLAT_BYTES);
}

static uint32_t
column_parts(const Work *w)
{
	return w->fills ? (w->n + NEAR_COLUMNS - 1) / NEAR_COLUMNS : 0;
}

/* UpPart: columns, which take longest, then blocks. */
static void
add_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Work *w = fixed;

	if (part < column_parts(w))
		count_columns(w, arrays, part * NEAR_COLUMNS);
	else
		add_block(w, arrays, part - column_parts(w));
}

/* ---- the whole ---- */

static void
merge_block(UpRowBlocks *b, uint32_t block)
{
	const UpStream *stream = b->sums->request->learner->stream;
	uint64_t len = ((const Done *) b->arrays[DONE])[block].bytes;
	UpArena *arena = up_arena_enter();
	UpReader r;
	void *sums;

	if (len > b->work.room)
		sums = sums_of_block(&b->work, b->arrays, block, true);
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

/* Rows of a frame that lack a value wait; all others of them are in the sums. */
static void
let_wait(UpRowBlocks *b, UpFrame *waiting)
{
	const Work *w = &b->work;
	const Done *done = b->arrays[DONE];
	uint64_t lacking = 0;

	for (uint32_t i = 0; i < w->blocks; i++)
		lacking += done[i].lacking;
	b->sums->n_rows += w->n_rows - w->n_held - lacking;
	for (size_t i = w->n_held; lacking > 0 && i < w->n_rows; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (!((const uint8_t *) b->arrays[LACKING])[i])
			continue;
		memcpy(up_samples_add(waiting->samples), frame_row(w, b->arrays, i),
			   up_samples_row_bytes(waiting->samples));
		lacking--;
	}
}

/* Those that are held, and then rows of a frame, so many in all. */
static void
add_rows(UpRowBlocks *b, UpFrame *waiting, size_t n)
{
	Work *w = &b->work;

	w->n_rows = n;
	w->blocks = (uint32_t) ((n + w->block - 1) / w->block);
	up_parallel(column_parts(w) + w->blocks, add_part, w, sizeof(*w), b->arrays, N_ARRAYS);
	for (uint32_t i = 0; i < w->blocks; i++)
		merge_block(b, i);
	if (n > w->n_held)
		let_wait(b, waiting);
	w->n_held = 0;
}

static void
hold_row(UpRowBlocks *b, UpFrame *waiting, const double *row)
{
	UpRowSums *s = b->sums;
	double *x = (double *) b->arrays[HELD] + b->work.n_held++ * ((size_t) s->n + 1);

	for (uint32_t j = 0; j < s->n; j++)
		x[j] = row[s->places[j]];
	x[s->n] = row[waiting->n_values];
	if (b->work.fills && !is_complete(x, s->n))
		memcpy(up_samples_add(waiting->samples), row, up_samples_row_bytes(waiting->samples));
	else
		s->n_rows++;
}

void
up_row_blocks_add(UpRowBlocks *b, UpFrame *waiting, const double *row)
{
	hold_row(b, waiting, row);
	if (b->work.n_held == b->room_held)
		add_rows(b, waiting, b->work.n_held);
}

void
up_row_blocks_add_many(UpRowBlocks *b, UpFrame *waiting, const double *values, size_t width,
					   const size_t *order, size_t n)
{
	Work *w = &b->work;

	UP_ASSERT(b->room_held == w->block);
	b->arrays[ROWS] = (void *) values;
	b->arrays[ORDER] = (void *) order;
	w->width = width;
	w->label = waiting->n_values;
	w->first = 0;
	while (w->n_held + n - w->first >= w->block)
	{
		size_t blocks = UP_MIN((w->n_held + n - w->first) / w->block, b->at_once);
		size_t next = w->first + blocks * w->block - w->n_held;

		add_rows(b, waiting, blocks * w->block);
		w->first = next;
	}
	for (size_t i = w->first; i < n; i++)
		hold_row(b, waiting, values + order[i] * width);
	b->arrays[ROWS] = b->arrays[ORDER] = NULL;
}

void
up_row_blocks_end(UpRowBlocks *b)
{
	if (b->work.n_held > 0)
		add_rows(b, NULL, b->work.n_held);
	for (uint32_t j = 0; b->work.fills && j < b->sums->n; j++)
		up_near_values_of_flat(&b->sums->values[j], (char *) b->arrays[NEAR] + j * UP_NEAR_FLAT_BYTES);
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(b->arrays[i]);
	up_free(b);
}
