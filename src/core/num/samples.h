/*
 * samples.h - rows of numbers in blocks
 *
 * n_columns float8 values a row and one label, row after row in blocks of at most about 512 kB, so that growing
 * never copies what is there and no allocation nears 1 GB. NaN stands for a missing value. Samples know nothing
 * of names or categories; a frame (prep/frame.h) does.
 *
 * A block that is full is packed: a column whose values are all exact as float4 is kept as such, so that flags, codes,
 * counts and real columns take half the space. What is read is always what was put in, bit for bit (but for the bits of a NaN).
 */
#ifndef UPROFILE_SAMPLES_H
#define UPROFILE_SAMPLES_H

#include "base/codec.h"

#include <string.h>

#define UP_LINE_BYTES 64 /* of a cache line */
#define UP_MOST_HOMES 16 /* processes of a parallel scan whose rows stay where they are */

/* How the rows of a block stand: n_wide float8 values, then the other columns as float4. */
typedef struct UpPacking
{
	uint32_t n_wide;
	uint32_t *columns; /* whose value stands at each place */
	uint32_t *places;  /* of each column */
	size_t row_bytes;
} UpPacking;

typedef struct UpSampleBlock
{
	char *rows;
	const UpPacking *packing; /* NULL: n_columns + 1 float8 values a row, features, then the label */
} UpSampleBlock;

typedef struct UpSamples
{
	uint32_t n_columns;
	uint64_t n_rows;
	unsigned shift;        /* a full block holds 1 << shift rows */
	size_t first_capacity; /* rows that the first block has space for: it starts small and grows */
	size_t n_blocks;
	size_t block_capacity;
	UpSampleBlock *blocks; /* the last one is never packed */
	char *first;           /* memory that the first block grew in */
	size_t n_chunks, chunk_capacity;
	char **chunks; /* memory of the others */
	size_t made;   /* bytes of all chunks, … */
	size_t left;   /* … and what is left of the last one */
	size_t taken;  /* bytes of blocks that are another's */
	char *whole;   /* a large array that rows stand in from the first on, one after the other, or NULL */
	UpPacking *packing_of_whole;
	bool grows_seen; /* rows to come are to stand there, too */
	uint32_t n_homes;
	char *homes[UP_MOST_HOMES]; /* large arrays that blocks stand in, its own or another's; … */
	size_t home_bytes[UP_MOST_HOMES];
	struct UpLent *lent; /* what parts of jobs are told of them, or NULL */
} UpSamples;

extern UpSamples *up_samples_new(uint32_t n_columns);
/* Space for one more row of n_columns + 1 values, counted as added; the caller fills it before he adds another. */
extern double *up_samples_add(UpSamples *s);
/* No rows any more, and memory for as many. */
extern void up_samples_clear(UpSamples *s);
extern void up_samples_append(UpSamples *s, const UpSamples *other); /* same n_columns */
/* The same, but blocks stay where they are: other, which is not used any more, must be there as long as s. */
extern void up_samples_take_over(UpSamples *s, const UpSamples *other);
/* A copy whose row i is row order[i] of s. */
extern UpSamples *up_samples_reordered(const UpSamples *s, const size_t *order);
extern size_t up_samples_bytes(const UpSamples *s);
extern void up_samples_free(UpSamples *s);
/*
 * Many rows that are added from now on, unless they are packed, stand in one large array that other processes see, as long
 * as it can grow; whether all do.
 */
extern void up_samples_grow_seen(UpSamples *s);
extern bool up_samples_in_one(const UpSamples *s);
/* These rows of s, which has none, stand one after the other in a large array, which is its own from now on. Nothing may be added any more. */
extern void up_samples_stand(UpSamples *s, void *whole, uint64_t n_rows);
/*
 * All rows in one large array: the same samples, moved into one that other processes can see, how the rows stand there, and
 * samples of theirs over it, which has so many bytes and stays theirs. Nothing may be added any more.
 */
extern void up_samples_move(UpSamples *s);
/* The same, row i being row order[i] of those before. */
extern void up_samples_move_in_order(UpSamples *s, const size_t *order);
extern void up_put_samples_form(UpWriter *w, const UpSamples *s);
extern UpSamples *up_samples_over(UpReader *r, void *whole, size_t size);
/* Room for one row: n_columns + 1 values. */
extern double *up_samples_space(const UpSamples *s);
/* Changes one value of a row, wherever it stands. */
extern void up_samples_set(UpSamples *s, uint64_t i, uint32_t column, double v);
/* The first n values of a row of a packed block. */
extern void up_samples_unpack(const UpSamples *s, uint64_t i, uint32_t n, double *row);

static inline const UpSampleBlock *
up_samples_block(const UpSamples *s, uint64_t i)
{
	UP_ASSERT((i >> s->shift) < s->n_blocks);
	return &s->blocks[i >> s->shift];
}

/* Of a full block. */
static inline size_t
up_samples_block_rows(const UpSamples *s)
{
	return (size_t) 1 << s->shift;
}

static inline size_t
up_samples_row_bytes(const UpSamples *s)
{
	return ((size_t) s->n_columns + 1) * sizeof(double);
}

static inline size_t
up_samples_place(const UpSamples *s, uint64_t i)
{
	return (size_t) (i & ((UINT64_C(1) << s->shift) - 1));
}

/* Where a row of the last block stands, which may be written: a row that was just added, or one of few. */
static inline double *
up_samples_row(const UpSamples *s, uint64_t i)
{
	const UpSampleBlock *b = up_samples_block(s, i);

	UP_ASSERT(b->packing == NULL);
	return (double *) b->rows + up_samples_place(s, i) * ((size_t) s->n_columns + 1);
}

/* A row, where it stands or unpacked into the space. */
static inline const double *
up_samples_read(const UpSamples *s, uint64_t i, double *space)
{
	if (up_samples_block(s, i)->packing == NULL)
		return up_samples_row(s, i);
	up_samples_unpack(s, i, s->n_columns + 1, space);
	return space;
}

/* Where a column stands in a packed row. */
static inline size_t
up_samples_offset(const UpPacking *p, uint32_t column)
{
	uint32_t place = p->places[column], n_wide = UP_MIN(place, p->n_wide);

	return n_wide * sizeof(double) + (place - n_wide) * sizeof(float);
}

static inline double
up_samples_packed_value(const UpPacking *p, const char *row, uint32_t column)
{
	const char *value = row + up_samples_offset(p, column);

	return p->places[column] < p->n_wide ? *(const double *) value : *(const float *) value;
}

/* n values of a row from a column on; the label follows the features. */
static inline void
up_samples_values(const UpSamples *s, uint64_t i, uint32_t column, uint32_t n, double *v)
{
	const UpSampleBlock *b = up_samples_block(s, i);
	const char *row;

	if (b->packing == NULL)
	{
		memcpy(v, up_samples_row(s, i) + column, n * sizeof(double));
		return;
	}
	if (column == 0)
	{
		up_samples_unpack(s, i, n, v);
		return;
	}
	row = b->rows + up_samples_place(s, i) * b->packing->row_bytes;
	for (uint32_t j = 0; j < n; j++)
		v[j] = up_samples_packed_value(b->packing, row, column + j);
}

static inline double
up_samples_value(const UpSamples *s, uint64_t i, uint32_t column)
{
	const UpSampleBlock *b = up_samples_block(s, i);

	if (b->packing == NULL)
		return up_samples_row(s, i)[column];
	return up_samples_packed_value(b->packing, b->rows + up_samples_place(s, i) * b->packing->row_bytes,
								   column);
}

/* Rows that may stand anywhere are asked for so many before they are read. */
#define UP_SAMPLES_AHEAD 8
/*
 * Asks the processor for n values of a row that is read soon, from a column on. A compiler may take the call of a function that
 * does nothing else for one without effect, so it is always inline.
 */
__attribute__((always_inline)) static inline void
up_samples_ask(const UpSamples *s, uint64_t i, uint32_t column, uint32_t n)
{
	const UpSampleBlock *b = up_samples_block(s, i);
	const UpPacking *p = b->packing;
	const char *from, *end;

	if (p == NULL)
	{
		from = (const char *) (up_samples_row(s, i) + column);
		end = from + n * sizeof(double);
	}
	else if (p->n_wide == 0)
	{
		from = b->rows + up_samples_place(s, i) * p->row_bytes + column * sizeof(float);
		end = from + n * sizeof(float);
	}
	else
	{
		from = b->rows + up_samples_place(s, i) * p->row_bytes;
		if (n == 1)
			from += up_samples_offset(p, column);
		end = from + (n == 1 ? 1 : p->row_bytes);
	}
	for (; from < end; from += UP_LINE_BYTES)
		__builtin_prefetch(from);
}

/*
 * Rows that parts of a job read (up_parallel). The job's fixed values hold the form, its first arrays are those of the rows; a
 * part opens them, and has samples that it only reads. Workers see them from lend to take_back, if they stand where workers
 * can: nearly all in few large arrays. Otherwise the caller does all parts. Rows that are lent stay as they are.
 */
#define UP_SAMPLES_ARRAYS (UP_MOST_HOMES + 2)
typedef struct UpSamplesForm
{
	uint32_t n_columns;
	bool lent;
	uint64_t n_rows;
} UpSamplesForm;
/*
 * How many of n rows a part takes: least, or a multiple of it where these would be more than so many parts, each of which
 * lists all blocks when it opens the rows.
 */
#define UP_SAMPLES_PARTS 64
static inline size_t
up_samples_part_rows(uint64_t n, size_t least)
{
	uint64_t parts = (n + least - 1) / least;

	return (size_t) UP_MAX((parts + UP_SAMPLES_PARTS - 1) / UP_SAMPLES_PARTS, 1) * least;
}

/* How many parts these are. */
static inline uint32_t
up_samples_parts(uint64_t n, size_t least)
{
	size_t rows = up_samples_part_rows(n, least);

	return (uint32_t) ((n + rows - 1) / rows);
}

/* What one of them takes: from first to before end. */
typedef struct UpSamplesPart
{
	size_t first, end;
} UpSamplesPart;

static inline UpSamplesPart
up_samples_part(uint64_t n, size_t least, uint32_t part)
{
	size_t rows = up_samples_part_rows(n, least), first = part * rows;

	return (UpSamplesPart){first, (size_t) UP_MIN(first + rows, n)};
}

/* Whether it is so; then what is lent goes with the memory that is current. */
extern bool up_samples_lend(UpSamples *s);
/* The same where workers stand by and they are not lent already: s, or NULL where there is nothing to take back. */
extern UpSamples *up_samples_lend_to_workers(UpSamples *s);
extern void up_samples_take_back(UpSamples *s); /* or NULL */
extern UpSamplesForm up_samples_form(const UpSamples *s, void **arrays);
extern const UpSamples *up_samples_open(const UpSamplesForm *form, void *const *arrays);

/* Whether a block is packed: what version 0.1.0 does not read. */
extern bool up_samples_packed(const UpSamples *s);
extern void up_put_samples(UpWriter *w, const UpSamples *s);
extern UpSamples *up_get_samples(UpReader *r);

/*
 * The canonical order: positions of the rows sorted by a 64-bit hash of their content, then by content (equal rows
 * are interchangeable). The same set of rows gives the same sequence of rows, whatever order they arrived in.
 * order receives n_rows positions.
 */
extern void up_samples_canonical_order(const UpSamples *s, size_t *order);
/* The same by these columns alone (n_columns is the label's): as if there were no others. */
extern void up_samples_order_by(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, size_t *order);

#endif
