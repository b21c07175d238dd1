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
	Word *way = r->way, *words = r->words, without[8 * sizeof(Word)], waiting[WAITING] = {0};
	uint32_t places[WAITING] = {0}, n = 0;

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
			if (count - range->least >= n_counts || len + 1 - range->shortest >= n_lengths)
				continue;
			/* What is written at random is fetched first; the words that wait at the beginning are none, and are overwritten. */
			words[places[n % WAITING]] = waiting[n % WAITING];
			waiting[n % WAITING] = way[len + 1];
			places[n % WAITING] = ends[count - range->least]++;
			__builtin_prefetch(&words[places[n % WAITING]], 1);
			n++;
		}
	}
	for (uint32_t i = 0; i < UP_MIN(n, WAITING); i++)
		words[places[i]] = waiting[i];
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

/* By some digits of 8 bits, lowest first; one that all share is passed over. A few by all digits. */
static void
MASKED(sort_digits)(Word *v, Word *scratch, uint32_t n, unsigned first, unsigned end)
{
	uint32_t places[sizeof(uint64_t)][256];
	Word *from = v, *to = scratch;

	if (n <= INSERTED)
	{
		MASKED(insert)(v, n);
		return;
	}
	memset(places, 0, (end - first) * sizeof(places[0]));
	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t digits = (uint64_t) (v[i] >> 8 * first);

		for (unsigned d = 0; d < end - first; d++)
			places[d][(uint8_t) (digits >> 8 * d)]++;
	}
	for (unsigned d = first; d < end; d++)
	{
		uint32_t *place = places[d - first], at = 0;
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

/* Words below 256 to the power of n_digits: by the highest digits, in which few agree, and those by what is below. */
static void
MASKED(sort)(Word *v, Word *scratch, uint32_t n, unsigned n_digits)
{
	unsigned below = n_digits > HIGH_DIGITS ? n_digits - HIGH_DIGITS : 0;

	MASKED(sort_digits)(v, scratch, n, below, n_digits);
	if (n <= INSERTED || below == 0)
		return;
	for (uint32_t start = 0, end; start < n; start = end)
	{
		Word high = v[start] >> 8 * below;

		for (end = start + 1; end < n && v[end] >> 8 * below == high; end++)
			;
		if (end - start > 1)
			MASKED(sort)(v + start, scratch, end - start, below);
	}
}

/* The words of each count in order; most: of one. */
static void
MASKED(sort_counts)(UpPackedReader *r, uint32_t most)
{
	Word *words = r->words, *scratch = up_alloc_array(UP_MAX(most, 1), sizeof(Word));
	unsigned n_digits = (r->item_bits + 32 - (unsigned) __builtin_clz(r->sets->longest | 1) + 7) / 8;

	for (uint32_t i = r->width, start = 0; i-- > 0; start = r->ends[i])
	{
		if ((i & 255) == 0)
			up_tick();
		MASKED(sort)(words + start, scratch, r->ends[i] - start, n_digits);
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
