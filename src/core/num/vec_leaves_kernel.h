/*
 * vec_leaves_kernel.h - leaves of rows by vectors of bytes; a template, written out in vec_leaves.c
 *
 *   UP_LEAVES_NAME    the function that is made
 *   UP_LEAVES_TARGET  its attributes
 *   UP_LEAVES_BYTES   of a vector
 */
#define VECTORS (UP_LEAVES_ROWS / UP_LEAVES_BYTES)

UP_LEAVES_TARGET static void
UP_LEAVES_NAME(const UpLeavesSplit *splits, uint32_t n_splits, const uint8_t *subsets, const int8_t *codes,
			   uint8_t *says)
{
	typedef int8_t Bytes __attribute__((vector_size(UP_LEAVES_BYTES)));
	typedef uint8_t Numbers __attribute__((vector_size(UP_LEAVES_BYTES)));
	/* Rows that wait at right sides, the innermost last; all there, though not all are seen. */
	Bytes waiting[UP_LEAVES_MOST], here;
	Numbers said, leaf;

	for (uint32_t v = 0; v < VECTORS; v++)
	{
		uint32_t n_waiting = 0;

		said = leaf = (Numbers){0};
		here = (Bytes) (said == leaf);
		for (const UpLeavesSplit *s = splits; s < splits + n_splits; s++)
		{
			const int8_t *column = codes + s->column + (size_t) v * UP_LEAVES_BYTES;
			Bytes code, right;

			if (s->subset < 0)
			{
				memcpy(&code, column, sizeof(code));
				right = (code > s->bin) & here;
			}
			else
			{
				int8_t in[UP_LEAVES_BYTES];

				for (uint32_t i = 0; i < UP_LEAVES_BYTES; i++)
					in[i] = in_subset(subsets + (size_t) s->subset * 32, column[i]);
				memcpy(&right, in, sizeof(right));
				right &= here;
			}
			waiting[n_waiting++] = right;
			here &= ~right;
			for (uint32_t k = s->leaves; k > 0; k--)
			{
				said |= (Numbers) here & leaf;
				leaf += 1;
				if (n_waiting > 0)
					here = waiting[--n_waiting];
			}
		}
		memcpy(says + (size_t) v * UP_LEAVES_BYTES, &said, sizeof(said));
	}
}

#undef VECTORS
#undef UP_LEAVES_NAME
#undef UP_LEAVES_TARGET
#undef UP_LEAVES_BYTES
