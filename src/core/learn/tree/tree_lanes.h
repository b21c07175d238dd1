/*
 * tree_lanes.h - walks side by side; a template, written out in tree_walk.c for each kind of slot
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
#define alone                UP_WALK_NAMED(UP_WALK_NAME, _alone)

/* In numbers, lest the compiler make a branch of it. A leaf's far is 0 and beyond, so it stays. */
static inline const UP_WALK_SLOT *
step_of(const UP_WALK_SLOT *slot, const uint8_t *codes)
{
	ptrdiff_t beyond = -(ptrdiff_t) (codes[slot->code] > slot->bin);

	return slot + 1 + (((ptrdiff_t) slot->far - 1) & beyond);
}

static inline void
alone(const UP_WALK_SLOT *at, const uint8_t *codes, uint32_t *said)
{
	while (at->far != 0)
		at = step_of(at, codes);
	memcpy(said, at + 1, sizeof(uint32_t));
}

static void
UP_WALK_NAME(const UP_WALK_SLOT *const *roots, size_t further, const uint8_t *codes, size_t width, size_t n,
			 uint32_t *said)
{
	const UP_WALK_SLOT *at[LANES];
	size_t row[LANES], next = UP_MIN(n, LANES);

	for (size_t lane = 0; lane < next; lane++)
	{
		at[lane] = roots[lane * further];
		row[lane] = lane;
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
	for (size_t lane = 0; lane < UP_MIN(n, LANES); lane++)
		alone(at[lane], codes + row[lane] * width, said + row[lane]);
	for (; next < n; next++)
		alone(roots[next * further], codes + next * width, said + next);
}

#undef UP_WALK_CONCAT
#undef UP_WALK_NAMED
#undef step_of
#undef alone
#undef UP_WALK_NAME
#undef UP_WALK_SLOT
