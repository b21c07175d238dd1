/*
 * tree_lanes_kernel.h - walks side by side; a template, written out in tree_walk.c for each kind of slot
 *
 *   UP_WALK_NAME   the function that is made
 *   UP_WALK_SLOT   the type of a slot
 *
 * NAME(roots, further, codes, width, n, said): walk i begins at roots[i * further] with the codes at codes + i * width, and writes
 * what its leaf says to said[i].
 */
#define UP_WALK_CONCAT(a, b) a##b
#define UP_WALK_NAMED(a, b)  UP_WALK_CONCAT(a, b)
#define step_of              UP_WALK_NAMED(UP_WALK_NAME, _step)

/* In numbers, lest the compiler make a branch of it. A leaf's far is 0 and beyond, so it stays. */
static inline const UP_WALK_SLOT *
step_of(const UP_WALK_SLOT *slot, const uint8_t *codes)
{
	ptrdiff_t beyond = -(ptrdiff_t) (codes[slot->code] > slot->bin);

	return slot + 1 + (((ptrdiff_t) slot->far - 1) & beyond);
}

static void
UP_WALK_NAME(const UP_WALK_SLOT *const *roots, size_t further, const uint8_t *codes, size_t width, size_t n,
			 uint32_t *said)
{
	const UP_WALK_SLOT *at[LANES];
	size_t row[LANES], next = UP_MIN(n, LANES);

	/* Lanes that are too many go with the first. */
	for (size_t lane = 0; lane < LANES && n > 0; lane++)
	{
		row[lane] = lane < n ? lane : 0;
		at[lane] = roots[row[lane] * further];
	}
	while (next + LANES <= n)
	{
		for (int k = 0; k < STEPS; k++)
		{
#pragma GCC unroll 16
			for (int lane = 0; lane < LANES; lane++)
				at[lane] = step_of(at[lane], codes + row[lane] * width);
		}
		/* Who has arrived begins anew; all write what they would say, the last time is the one that holds. */
#pragma GCC unroll 16
		for (int lane = 0; lane < LANES; lane++)
		{
			size_t arrived = at[lane]->far == 0, mask = 0 - arrived;
			ptrdiff_t change = (const char *) roots[next * further] - (const char *) at[lane];

			memcpy(said + row[lane], at[lane] + 1, sizeof(uint32_t));
			at[lane] =
				(const UP_WALK_SLOT *) (const void *) ((const char *) at[lane] + (change & (ptrdiff_t) mask));
			row[lane] += (next - row[lane]) & mask;
			next += arrived;
		}
	}
	/* The last ones, still side by side. */
	for (bool under_way = n > 0; under_way;)
	{
		under_way = false;
#pragma GCC unroll 16
		for (int lane = 0; lane < LANES; lane++)
			at[lane] = step_of(at[lane], codes + row[lane] * width);
		for (int lane = 0; lane < LANES; lane++)
		{
			if (at[lane]->far != 0)
			{
				under_way = true;
				continue;
			}
			memcpy(said + row[lane], at[lane] + 1, sizeof(uint32_t));
			if (next == n)
				continue;
			row[lane] = next++;
			at[lane] = roots[row[lane] * further];
			under_way = true;
		}
	}
}

#undef UP_WALK_CONCAT
#undef UP_WALK_NAMED
#undef step_of
#undef UP_WALK_NAME
#undef UP_WALK_SLOT
