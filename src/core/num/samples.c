/*
 * samples.c - rows of numbers in blocks; see samples.h
 */
#include "num/samples.h"

#include <math.h>
#include <string.h>

#define BLOCK_BYTES (512 * 1024)
#define CHUNK_SHARE 8                  /* memory is made for an eighth more, … */
#define CHUNK_BYTES (64 * BLOCK_BYTES) /* … but at once for no more than this */
#define FIRST_ROWS  16
#define SEEN_BLOCKS 8    /* that rows are to be seen from on: fewer are soon moved */
#define MOVED_ROWS  4096 /* in a part, at least */
#define LOOK_ROWS   32   /* show that most columns cannot be narrow */

UpSamples *
up_samples_new(uint32_t n_columns)
{
	UpSamples *s = up_alloc0(sizeof(UpSamples));

	s->n_columns = n_columns;
	while (s->shift < 16 && up_samples_row_bytes(s) << (s->shift + 1) <= BLOCK_BYTES)
		s->shift++;
	s->block_capacity = 4;
	s->blocks = up_alloc_array(s->block_capacity, sizeof(UpSampleBlock));
	return s;
}

/* Memory that stays until all is freed, of large pieces: of many rows there are thousands of blocks. */
static char *
take(UpSamples *s, size_t bytes)
{
	bytes = (bytes + UP_LINE_BYTES - 1) / UP_LINE_BYTES * UP_LINE_BYTES;
	if (s->left < bytes)
	{
		size_t share = UP_MIN(s->made / CHUNK_SHARE, CHUNK_BYTES);
		size_t size = UP_MAX(share / bytes, 1) * bytes;

		if (s->n_chunks == s->chunk_capacity)
		{
			s->chunk_capacity = UP_MAX(2 * s->chunk_capacity, 4);
			s->chunks = s->chunks == NULL ? up_alloc_array(s->chunk_capacity, sizeof(char *))
										  : up_realloc(s->chunks, s->chunk_capacity * sizeof(char *));
		}
		s->chunks[s->n_chunks] = up_alloc(size);
		s->n_chunks++;
		s->made += size;
		s->left = size;
	}
	s->left -= bytes;
	/* From the end to the beginning of the chunk. */
	return s->chunks[s->n_chunks - 1] + s->left;
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

static bool
is_narrow(double v)
{
	return v == (double) (float) v || isnan(v);
}

/* Which columns of the rows hold a value that float4 does not; n_wide of them. A loop that the compiler can lay over vectors. */
static uint32_t
find_wide(const double *rows, size_t n, size_t width, uint64_t *wide)
{
	uint32_t n_wide = 0;

	for (size_t i = 0; i < n; i++)
	{
		const double *row = rows + i * width;

		for (size_t j = 0; j < width; j++)
			wide[j] |= (uint64_t) (row[j] == row[j]) & (uint64_t) (row[j] != (double) (float) row[j]);
	}
	for (size_t j = 0; j < width; j++)
		n_wide += wide[j] != 0;
	return n_wide;
}

static size_t
packed_bytes(size_t width, uint32_t n_wide)
{
	if (n_wide == 0)
		return width * sizeof(float);
	/* Each row begins where a float8 may. */
	return (n_wide + (width - n_wide + 1) / 2) * sizeof(double);
}

static size_t
packing_size(size_t width)
{
	return sizeof(UpPacking) + 2 * width * sizeof(uint32_t);
}

/* Rows of both kinds take longer to read: for less than a quarter of their space, and an eighth of all, it is not worth it. */
static bool
pays_to_pack(size_t rows, size_t width, uint32_t n_wide)
{
	size_t packed = packed_bytes(width, n_wide), whole = width * sizeof(double);

	return packed <= whole / 4 * 3 && rows * packed + packing_size(width) <= rows * whole / 8 * 7;
}

static UpPacking *
set_packing(UpPacking *p, size_t width, const uint64_t *wide, uint32_t n_wide)
{
	uint32_t at[2] = {n_wide, 0};

	p->n_wide = n_wide;
	p->columns = (uint32_t *) (p + 1);
	p->places = p->columns + width;
	p->row_bytes = packed_bytes(width, n_wide);
	for (uint32_t j = 0; j < width; j++)
	{
		p->places[j] = at[wide[j] != 0]++;
		p->columns[p->places[j]] = j;
	}
	return p;
}

/* The packing of a block; the one of a block before is used again where it is the same. */
static const UpPacking *
packing_of(UpSamples *s, const uint64_t *wide, uint32_t n_wide)
{
	size_t width = (size_t) s->n_columns + 1;
	const UpPacking *last = s->n_blocks > 1 ? s->blocks[s->n_blocks - 2].packing : NULL;
	bool same = last != NULL && last->n_wide == n_wide;

	for (size_t j = 0; same && j < width; j++)
		same = (last->places[j] < n_wide) == (wide[j] != 0);
	if (same)
		return last;
	return set_packing((UpPacking *) take(s, packing_size(width)), width, wide, n_wide);
}

/* Bytes from one row to the next. */
static size_t
stride(const UpSamples *s, const UpPacking *p)
{
	return p != NULL ? p->row_bytes : up_samples_row_bytes(s);
}

static void
pack_rows(const UpPacking *p, size_t width, const double *rows, size_t n, char *to)
{
	if (p->n_wide == 0)
	{
		float *narrow = (float *) to;

		for (size_t i = 0; i < n * width; i++)
			narrow[i] = (float) rows[i];
		return;
	}
	for (size_t i = 0; i < n; i++)
	{
		const double *row = rows + i * width;
		double *wide = (double *) (to + i * p->row_bytes);
		float *narrow = (float *) (wide + p->n_wide);

		for (size_t j = 0; j < p->n_wide; j++)
			wide[j] = row[p->columns[j]];
		for (size_t j = p->n_wide; j < width; j++)
			narrow[j - p->n_wide] = (float) row[p->columns[j]];
	}
}

void
up_samples_unpack(const UpSamples *s, uint64_t i, uint32_t n, double *row)
{
	const UpSampleBlock *b = up_samples_block(s, i);
	const UpPacking *p = b->packing;
	const char *from = b->rows + up_samples_place(s, i) * p->row_bytes;
	const double *wide = (const double *) from;
	const float *narrow = (const float *) (wide + p->n_wide);
	uint32_t n_narrow = s->n_columns + 1 - p->n_wide;
	const uint32_t *columns = p->columns;

	if (p->n_wide == 0)
	{
		for (uint32_t j = 0; j < n; j++)
			row[j] = narrow[j];
		return;
	}
	for (uint32_t j = 0; j < p->n_wide; j++)
	{
		if (columns[j] < n)
			row[columns[j]] = wide[j];
	}
	columns += p->n_wide;
	for (uint32_t j = 0; j < n_narrow; j++)
	{
		if (columns[j] < n)
			row[columns[j]] = narrow[j];
	}
}

/* The last block is full. True if it was packed, so that its memory is free for the next. */
static bool
pack(UpSamples *s)
{
	UpSampleBlock *b = &s->blocks[s->n_blocks - 1];
	size_t width = (size_t) s->n_columns + 1, n = up_samples_block_rows(s);
	uint64_t *wide = up_alloc0(width * sizeof(uint64_t));
	const double *rows = (const double *) b->rows;
	uint32_t n_wide = find_wide(rows, UP_MIN(n, LOOK_ROWS), width, wide);
	bool pays = pays_to_pack(n, width, n_wide);

	if (pays)
	{
		n_wide = find_wide(rows, n, width, wide);
		pays = pays_to_pack(n, width, n_wide);
	}
	if (pays)
	{
		const UpPacking *p = packing_of(s, wide, n_wide);
		char *to = take(s, n * p->row_bytes);

		pack_rows(p, width, rows, n, to);
		b->rows = to;
		b->packing = p;
	}
	up_free(wide);
	return pays;
}

bool
up_samples_packed(const UpSamples *s)
{
	for (size_t i = 0; i < s->n_blocks; i++)
	{
		if (s->blocks[i].packing != NULL)
			return true;
	}
	return false;
}

static void
widen(UpSamples *s, uint64_t i)
{
	UpSampleBlock *b = &s->blocks[i >> s->shift];
	size_t width = (size_t) s->n_columns + 1;
	uint64_t first = i >> s->shift << s->shift;
	size_t n = (size_t) UP_MIN(up_samples_block_rows(s), s->n_rows - first);
	char *rows = take(s, up_samples_block_rows(s) * up_samples_row_bytes(s));

	for (size_t j = 0; j < n; j++)
		up_samples_unpack(s, first + j, (uint32_t) width, (double *) rows + j * width);
	b->rows = rows;
	b->packing = NULL;
}

void
up_samples_set(UpSamples *s, uint64_t i, uint32_t column, double v)
{
	const UpSampleBlock *b = up_samples_block(s, i);

	UP_ASSERT(s->lent == NULL);
	if (b->packing != NULL && b->packing->places[column] >= b->packing->n_wide && !is_narrow(v))
		widen(s, i);
	if (b->packing == NULL)
		up_samples_row(s, i)[column] = v;
	else
	{
		char *value =
			b->rows + up_samples_place(s, i) * b->packing->row_bytes + up_samples_offset(b->packing, column);

		if (b->packing->places[column] < b->packing->n_wide)
			*(double *) value = v;
		else
			*(float *) value = (float) v;
	}
}

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static UpSampleBlock *
add_block(UpSamples *s)
{
	if (s->n_blocks == s->block_capacity)
	{
		s->block_capacity *= 2;
		s->blocks = up_realloc(s->blocks, s->block_capacity * sizeof(UpSampleBlock));
	}
	s->blocks[s->n_blocks].packing = NULL;
	return &s->blocks[s->n_blocks++];
}

static void free_rows(UpSamples *s);

/* A large array that blocks stand in. Of one too many, parts of jobs are not told. */
static void
add_home(UpSamples *s, char *start, size_t size)
{
	if (s->n_homes == UP_MOST_HOMES)
		return;
	s->homes[s->n_homes] = start;
	s->home_bytes[s->n_homes++] = size;
}

/* Where the blocks of rows that stand one after the other begin. */
static void
set_blocks(UpSamples *s, char *whole, UpPacking *packing)
{
	s->whole = whole;
	s->packing_of_whole = packing;
	s->n_homes = 0;
	add_home(s, whole, (size_t) s->n_rows * stride(s, packing));
	s->n_blocks = s->block_capacity =
		UP_MAX((size_t) ((s->n_rows + up_samples_block_rows(s) - 1) >> s->shift), 1);
	up_free(s->blocks);
	s->blocks = up_alloc_array(s->n_blocks, sizeof(UpSampleBlock));
	for (size_t i = 0; i < s->n_blocks; i++)
		s->blocks[i] = (UpSampleBlock){whole + i * up_samples_block_rows(s) * stride(s, packing), packing};
}

/* All blocks, which are full and not packed, go to an array that grows with those to come. */
static bool
begin_growing(UpSamples *s)
{
	size_t size = up_samples_block_rows(s) * up_samples_row_bytes(s);
	char *whole;

	if (up_samples_packed(s))
		return false;
	whole = up_alloc_growing((s->n_blocks + 1) * size);
	if (whole == NULL)
		return false;
	for (size_t i = 0; i < s->n_blocks; i++)
		memcpy(whole + i * size, s->blocks[i].rows, size);
	free_rows(s);
	set_blocks(s, whole, NULL);
	return true;
}

/* One more block behind the others; false: not there. */
static bool
grow_whole(UpSamples *s)
{
	size_t size = up_samples_block_rows(s) * up_samples_row_bytes(s), end = s->n_blocks * size;

	if (!s->grows_seen || s->n_blocks < SEEN_BLOCKS)
		return false;
	s->grows_seen = s->whole == NULL ? begin_growing(s) : up_grow_large(s->whole, end + size);
	if (s->grows_seen)
	{
		add_block(s)->rows = s->whole + end;
		s->home_bytes[0] = end + size;
	}
	return s->grows_seen;
}

/* Makes space for row number n_rows: grows the first block, or adds one. */
static void
grow_capacity(UpSamples *s)
{
	UP_ASSERT(s->n_rows <= (uint64_t) UP_MAX(s->n_blocks, 1) << s->shift);
	if (s->n_rows >> s->shift > 0)
	{
		char *rows = s->blocks[s->n_blocks - 1].rows;

		if (grow_whole(s))
			return;

		if (!pack(s))
			rows = take(s, up_samples_block_rows(s) * up_samples_row_bytes(s));
		add_block(s)->rows = rows;
		return;
	}
	if (s->n_blocks == 1 && s->n_rows < s->first_capacity)
		return;
	s->first_capacity = UP_MIN(up_samples_block_rows(s), s->n_blocks == 0 ? FIRST_ROWS : s->first_capacity * 2);
	if (s->n_blocks == 0)
	{
		s->first = up_alloc(s->first_capacity * up_samples_row_bytes(s));
		(void) add_block(s);
	}
	else
		s->first = up_realloc(s->first, s->first_capacity * up_samples_row_bytes(s));
	s->blocks[0].rows = s->first;
}

double *
up_samples_add(UpSamples *s)
{
	uint64_t in_block = s->n_rows & (up_samples_block_rows(s) - 1);

	UP_ASSERT(s->n_rows < UINT64_MAX && s->lent == NULL);
	if (in_block == 0 || s->n_rows < up_samples_block_rows(s))
		grow_capacity(s);
	return up_samples_row(s, s->n_rows++);
}

static void
add_copy(UpSamples *s, const UpSamples *from, uint64_t i, double *space)
{
	/* The row is read before another is added: the two may be one, and adding packs. */
	const double *row = up_samples_read(from, i, space);

	if (row != space)
		memcpy(space, row, up_samples_row_bytes(s));
	memcpy(up_samples_add(s), space, up_samples_row_bytes(s));
}

void
up_samples_clear(UpSamples *s)
{
	for (size_t i = 0; i < s->n_chunks; i++)
		up_free(s->chunks[i]);
	up_free_large(s->whole);
	up_free(s->packing_of_whole);
	s->whole = NULL;
	s->packing_of_whole = NULL;
	s->n_chunks = s->made = s->left = s->taken = 0;
	s->n_homes = 0;
	s->n_rows = 0;
	s->n_blocks = 0;
	if (s->first != NULL)
		add_block(s)->rows = s->first;
}

void
up_samples_append(UpSamples *s, const UpSamples *other)
{
	uint64_t n = other->n_rows; /* s and other may be one */
	double *space = up_samples_space(s);
	size_t work = 0;

	UP_ASSERT(s->n_columns == other->n_columns);
	for (uint64_t i = 0; i < n; i++)
	{
		up_tick_work(&work, s->n_columns + 1);
		add_copy(s, other, i, space);
	}
	up_free(space);
}

/* The last block, which rows are added to, has space for all that it can hold. */
static void
complete_capacity(UpSamples *s)
{
	if (s->n_blocks != 1 || s->first_capacity == up_samples_block_rows(s))
		return;
	s->first_capacity = up_samples_block_rows(s);
	s->first = s->blocks[0].rows = up_realloc(s->first, s->first_capacity * up_samples_row_bytes(s));
}

void
up_samples_take_over(UpSamples *s, const UpSamples *other)
{
	/* All blocks but the last are full. They come before the last of s, which must be its own: that of other goes row by row. */
	size_t full = other->n_rows > 0 ? (size_t) ((other->n_rows - 1) >> s->shift) : 0;
	double *space = up_samples_space(s);

	UP_ASSERT(s->n_columns == other->n_columns && s != other && s->lent == NULL);
	for (uint64_t i = (uint64_t) full << s->shift; i < other->n_rows; i++)
		add_copy(s, other, i, space);
	up_free(space);
	if (full == 0)
		return;
	complete_capacity(s);
	s->grows_seen = false;
	for (uint32_t i = 0; i < other->n_homes; i++)
		add_home(s, other->homes[i], other->home_bytes[i]);
	for (size_t i = 0; i < full; i++)
	{
		(void) add_block(s);
		s->taken += up_samples_block_rows(s) * stride(s, other->blocks[i].packing);
	}
	s->blocks[s->n_blocks - 1] = s->blocks[s->n_blocks - 1 - full];
	memcpy(s->blocks + s->n_blocks - 1 - full, other->blocks, full * sizeof(UpSampleBlock));
	s->n_rows += (uint64_t) full << s->shift;
}

UpSamples *
up_samples_reordered(const UpSamples *s, const size_t *order)
{
	UpSamples *to = up_samples_new(s->n_columns);
	double *space = up_samples_space(s);
	size_t work = 0;

	for (uint64_t i = 0; i < s->n_rows; i++)
	{
		up_tick_work(&work, s->n_columns + 1);
		if (i + UP_SAMPLES_AHEAD < s->n_rows)
			up_samples_ask(s, order[i + UP_SAMPLES_AHEAD], 0, s->n_columns + 1);
		add_copy(to, s, order[i], space);
	}
	up_free(space);
	return to;
}

double *
up_samples_space(const UpSamples *s)
{
	return up_alloc_array((size_t) s->n_columns + 1, sizeof(double));
}

size_t
up_samples_bytes(const UpSamples *s)
{
	if (s->whole != NULL)
		return (size_t) s->n_rows * stride(s, s->packing_of_whole);
	return s->first_capacity * up_samples_row_bytes(s) + s->made + s->taken;
}

/* Gives back what rows stand in. */
static void
free_rows(UpSamples *s)
{
	up_free(s->first);
	for (size_t i = 0; i < s->n_chunks; i++)
		up_free(s->chunks[i]);
	up_free(s->chunks);
	up_free_large(s->whole);
	up_free(s->packing_of_whole);
	s->first = s->whole = NULL;
	s->chunks = NULL;
	s->packing_of_whole = NULL;
	s->n_chunks = s->chunk_capacity = s->first_capacity = s->made = s->left = s->taken = 0;
}

void
up_samples_free(UpSamples *s)
{
	if (s == NULL)
		return;
	free_rows(s);
	up_free(s->blocks);
	up_free(s);
}

/* ---- in one large array ------------------------------------------------------------------------------------------ */

/* One packing for all rows, if it pays; else NULL. */
static UpPacking *
common_packing(const UpSamples *s)
{
	size_t width = (size_t) s->n_columns + 1;
	size_t n = (size_t) s->n_rows;
	uint64_t *wide = up_alloc0(width * sizeof(uint64_t));
	UpPacking *p = NULL;
	uint32_t n_wide = 0;

	for (size_t i = 0; i < s->n_blocks && pays_to_pack(n, width, n_wide); i++)
	{
		const UpSampleBlock *b = &s->blocks[i];
		uint64_t rows = UP_MIN(up_samples_block_rows(s), s->n_rows - ((uint64_t) i << s->shift));

		up_tick();
		for (size_t j = 0; b->packing != NULL && j < width; j++)
			wide[j] |= b->packing->places[j] < b->packing->n_wide;
		n_wide = find_wide((const double *) b->rows, b->packing == NULL ? (size_t) rows : 0, width, wide);
	}
	if (pays_to_pack(n, width, n_wide))
		p = set_packing(up_alloc(packing_size(width)), width, wide, n_wide);
	up_free(wide);
	return p;
}

void
up_samples_grow_seen(UpSamples *s)
{
	s->grows_seen = true;
}

void
up_samples_stand(UpSamples *s, void *whole, uint64_t n_rows)
{
	UP_ASSERT(s->n_rows == 0 && s->whole == NULL);
	free_rows(s);
	s->grows_seen = false;
	s->n_rows = n_rows;
	set_blocks(s, whole, NULL);
}

bool
up_samples_in_one(const UpSamples *s)
{
	/* Those that came when it could not grow any more stand behind others. */
	size_t last = s->n_blocks - 1;

	return s->whole != NULL &&
		   s->blocks[last].rows == s->whole + last * up_samples_block_rows(s) * stride(s, s->packing_of_whole);
}

void
up_samples_move(UpSamples *s)
{
	up_samples_move_in_order(s, NULL);
}

typedef struct Moving
{
	UpSamplesForm rows;
	const UpPacking *packing; /* or NULL; of rows that are not lent */
	size_t size, n;
	bool in_order;
} Moving;

enum
{
	WHOLE = UP_SAMPLES_ARRAYS,
	ORDER,
	N_ARRAYS
};

static void
move_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Moving *m = fixed;
	const UpSamples *s = up_samples_open(&m->rows, arrays);
	const size_t *order = m->in_order ? arrays[ORDER] : NULL;
	UpSamplesPart rows = up_samples_part(m->n, MOVED_ROWS, part);
	size_t width = (size_t) s->n_columns + 1, work = 0;
	char *whole = arrays[WHOLE];
	double *space = up_samples_space(s);

	for (size_t i = rows.first; i < rows.end; i++)
	{
		const double *row;

		up_tick_work(&work, width);
		if (order != NULL && i + UP_SAMPLES_AHEAD < rows.end)
			up_samples_ask(s, order[i + UP_SAMPLES_AHEAD], 0, s->n_columns + 1);
		row = up_samples_read(s, order != NULL ? order[i] : i, space);
		if (m->packing != NULL)
			pack_rows(m->packing, width, row, 1, whole + i * m->size);
		else
			memcpy(whole + i * m->size, row, m->size);
	}
	up_free(space);
}

void
up_samples_move_in_order(UpSamples *s, const size_t *order)
{
	UpPacking *p = common_packing(s);
	UpSamples *lent = p == NULL ? up_samples_lend_to_workers(s) : NULL;
	void *arrays[N_ARRAYS];
	Moving m = {
		.rows = up_samples_form(s, arrays), .packing = p, .size = stride(s, p), .n = (size_t) s->n_rows};

	UP_ASSERT(p == NULL || s->lent == NULL);
	arrays[WHOLE] = up_alloc_large_array(UP_MAX(m.n, 1), m.size);
	arrays[ORDER] = (void *) order;
	m.in_order = order != NULL;
	up_parallel(up_samples_parts(m.n, MOVED_ROWS), move_part, &m, sizeof(m), arrays, N_ARRAYS);
	up_samples_take_back(lent);
	free_rows(s);
	set_blocks(s, arrays[WHOLE], p);
}

/* Which of the columns are float8; nothing where all are, row after row. */
void
up_put_samples_form(UpWriter *w, const UpSamples *s)
{
	const UpPacking *p = s->packing_of_whole;

	UP_ASSERT(up_samples_in_one(s));
	up_put_u32(w, s->n_columns);
	up_put_u64(w, s->n_rows);
	up_put_u8(w, p != NULL);
	for (uint32_t j = 0; p != NULL && j <= s->n_columns; j++)
		up_put_u8(w, p->places[j] < p->n_wide);
}

UpSamples *
up_samples_over(UpReader *r, void *whole, size_t size)
{
	uint32_t n_columns = up_get_u32(r);
	size_t width = (size_t) n_columns + 1;
	uint64_t n_rows = up_get_u64(r);
	bool packed = up_get_bool(r);
	UpPacking *p = NULL;
	UpSamples *s;

	if (width > (packed ? r->len - r->pos : size / sizeof(double)))
		up_corrupt(r, "number of columns");
	s = up_samples_new(n_columns);
	if (packed)
	{
		uint64_t *wide = up_alloc_array(width, sizeof(uint64_t));
		uint32_t n_wide = 0;

		for (size_t j = 0; j < width; j++)
			n_wide += (uint32_t) (wide[j] = up_get_bool(r));
		p = set_packing(up_alloc(packing_size(width)), width, wide, n_wide);
		up_free(wide);
	}
	if (n_rows > size / stride(s, p))
		up_corrupt(r, "number of rows");
	s->n_rows = n_rows;
	set_blocks(s, whole, p);
	/* It is not theirs to free. */
	s->whole = NULL;
	s->taken = (size_t) n_rows * stride(s, p);
	return s;
}
