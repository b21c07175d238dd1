/*
 * samples_bytes.c - rows of numbers that travel; see samples.h
 *
 * The number of columns, of rows, and the values, row after row. Where a block is packed the number of columns is marked, and the
 * values come block after block: whether it is packed, then which of its columns are float8, then its rows as they stand.
 */
#include "num/samples.h"

#include <math.h>

#define IN_BLOCKS UINT32_C(0x80000000)

static void
put_block(UpWriter *w, const UpSamples *s, const UpSampleBlock *b, size_t rows)
{
	size_t width = (size_t) s->n_columns + 1;
	const UpPacking *p = b->packing;

	if (p == NULL)
	{
		up_put_f64_array_any(w, (const double *) b->rows, rows * width);
		return;
	}
	for (size_t j = 0; j < width; j++)
		up_put_u8(w, p->places[j] < p->n_wide);
	for (size_t i = 0; i < rows; i++)
	{
		const char *row = b->rows + i * p->row_bytes;

		up_put_f64_array_any(w, (const double *) row, p->n_wide);
		up_put_f32_array(w, (const float *) (row + p->n_wide * sizeof(double)), width - p->n_wide);
	}
}

void
up_put_samples(UpWriter *w, const UpSamples *s)
{
	bool packed = up_samples_packed(s);

	up_put_u32(w, packed ? s->n_columns | IN_BLOCKS : s->n_columns);
	up_put_u64(w, s->n_rows);
	for (size_t i = 0; (uint64_t) i << s->shift < s->n_rows; i++)
	{
		uint64_t first = (uint64_t) i << s->shift;

		up_tick();
		if (packed)
			up_put_u8(w, s->blocks[i].packing != NULL);
		put_block(w, s, &s->blocks[i], (size_t) UP_MIN(up_samples_block_rows(s), s->n_rows - first));
	}
}

static void
get_block(UpReader *r, UpSamples *s, size_t rows, bool packed, uint8_t *wide)
{
	size_t width = (size_t) s->n_columns + 1;

	for (size_t j = 0; j < width; j++)
		wide[j] = !packed || up_get_bool(r);
	for (size_t i = 0; i < rows; i++)
	{
		double *row = up_samples_add(s);

		for (size_t j = 0; j < width; j++)
			row[j] = wide[j] ? up_get_f64_any(r) : NAN;
		for (size_t j = 0; packed && j < width; j++)
		{
			if (!wide[j])
				row[j] = up_get_f32_any(r);
		}
	}
}

UpSamples *
up_get_samples(UpReader *r)
{
	uint32_t n_columns = up_get_u32(r);
	bool in_blocks = (n_columns & IN_BLOCKS) != 0;
	size_t width = (size_t) (n_columns & ~IN_BLOCKS) + 1;
	uint64_t n = up_get_count64(r, width * (in_blocks ? sizeof(float) : sizeof(double)), "rows");
	UpSamples *s = up_samples_new(n_columns & ~IN_BLOCKS);
	uint8_t *wide = up_alloc_array(n > 0 ? width : 1, 1);

	while (s->n_rows < n)
	{
		up_tick();
		get_block(r, s, (size_t) UP_MIN(up_samples_block_rows(s), n - s->n_rows), in_blocks && up_get_bool(r),
				  wide);
	}
	up_free(wide);
	return s;
}
