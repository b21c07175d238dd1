/*
 * packed_masked_kernel.h - bands of packed sets as words of bits, for one width of words; see packed_sets.c
 *
 * Included once a width, with these defined: MASKED(name) the functions' names, Word the type of a word.
 */

/* Those of a range, each to its count; ends: where the next one of each count goes. */
static void
MASKED(place)(UpPackedReader *r, const UpPackedRange *range, uint32_t *ends)
{
	const UpPackedSets *p = r->sets;
	uint32_t n_counts = range->end - range->least, n_lengths = range->longest - range->shortest + 1;
	const Word longer = (Word) 1 << r->item_bits;
	Word *way = r->way, *words = r->words, without[8 * sizeof(Word)];

	for (uint32_t item = 0; item < r->item_bits; item++)
		without[item] = ~(longer >> (item + 1));
	r->counts[0] = p->counts[0];
	way[0] = longer - 1;
	for (const UpPackedBlock *b = p->first; b != NULL; b = b->next)
	{
		const uint8_t *at = b->bytes, *to = b->bytes + b->used;

		up_tick();
		while (at < to)
		{
			uint32_t len, item, less, count;

			at = get(at, &len, &item, &less);
			r->counts[len + 1] = count = r->counts[len] - less;
			way[len + 1] = (way[len] & without[item]) + longer;
			if (count - range->least < n_counts && len + 1 - range->shortest < n_lengths)
				words[ends[count - range->least]++] = way[len + 1];
		}
	}
}

static void
MASKED(insert)(Word *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
	{
		Word moved = v[i];
		uint32_t j = i;

		for (; j > 0 && v[j - 1] > moved; j--)
			v[j] = v[j - 1];
		v[j] = moved;
	}
}

/* The items of a word, the first of them the highest bit of all. */
static inline Word
MASKED(items)(const UpPackedReader *r, Word word)
{
	return ~word << (8 * sizeof(Word) - r->item_bits);
}

/* By digits of 8 bits, lowest first; one that all share is passed over. */
static void
MASKED(sort)(Word *v, Word *scratch, uint32_t n)
{
	uint32_t places[sizeof(Word)][256];
	Word *from = v, *to = scratch;

	if (n <= INSERTED)
	{
		MASKED(insert)(v, n);
		return;
	}
	memset(places, 0, sizeof(places));
	for (uint32_t i = 0; i < n; i++)
		for (size_t d = 0; d < sizeof(Word); d++)
			places[d][(uint8_t) (v[i] >> 8 * d)]++;
	for (size_t d = 0; d < sizeof(Word); d++)
	{
		uint32_t *place = places[d], at = 0;
		Word *swap = from;

		if (place[(uint8_t) (from[0] >> 8 * d)] == n)
			continue;
		for (int k = 0; k < 256; k++)
		{
			uint32_t here = place[k];

			place[k] = at;
			at += here;
		}
		for (uint32_t i = 0; i < n; i++)
			to[place[(uint8_t) (from[i] >> 8 * d)]++] = from[i];
		if (n > TICK_WORDS)
			up_tick();
		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(Word));
}

/* The words of each count in order; most: of one. */
static void
MASKED(sort_counts)(UpPackedReader *r, uint32_t most)
{
	Word *words = r->words, *scratch = up_alloc_array(UP_MAX(most, 1), sizeof(Word));

	for (uint32_t i = r->width, start = 0; i-- > 0; start = r->ends[i])
	{
		if ((i & 255) == 0)
			up_tick();
		MASKED(sort)(words + start, scratch, r->ends[i] - start);
	}
	up_free(scratch);
}

/* The next one, out of its word, whose first item is the highest bit. */
static const UpItemset *
MASKED(tell)(UpPackedReader *r)
{
	UpItemset *set = r->set;
	Word word = ((const Word *) r->words)[r->at], left = MASKED(items)(r, word);
	uint32_t n = 0, first = 0;

	while (r->ends[r->count - r->least] <= r->at)
		r->count--;
	r->at++;
	set->count = r->count;
	set->len = (uint32_t) (word >> r->item_bits);
	for (size_t part = sizeof(Word) / sizeof(uint64_t); part-- > 0; first += 64)
	{
		for (uint64_t bits = reversed((uint64_t) (left >> 64 * part)); bits != 0; bits &= bits - 1)
			set->items[n++] = first + (uint32_t) __builtin_ctzll(bits);
	}
	return set;
}

#undef MASKED
#undef Word
