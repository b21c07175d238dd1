/*
 * frequent.c - frequent item sets as published, plainly: the peer of jobs_mining.py
 *
 *   frequent eclat|lcm min_count < pairs > sets
 *
 * Reads lines "basket,item" of numbers, writes a line a set, "item item … (count)", as the programs of the FIMI workshops do, and to
 * standard error the number of sets and the peak of its memory in kilobytes.
 *   eclat: intersections of bit sets (Zaki 2000)
 *   lcm:   each basket delivered to its items (Uno, Asai, Uchida, Arimura 2004), baskets cut to frequent items
 *
 *   cc -O3 -march=native -o frequent frequent.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Pair
{
	uint32_t basket, item;
} Pair;

static uint32_t min_count, n_rows, k;
static uint32_t *starts, *cells;   /* rows of items 0 … k - 1, ascending, rarest first */
static uint32_t *names, *supports; /* of these */
static uint32_t set[1000], len;
static char *out;
static size_t out_len;
static unsigned long n_sets;

static void
put_number(uint32_t v)
{
	char digits[12];
	int n = 0;

	do
		digits[n++] = (char) ('0' + v % 10);
	while ((v /= 10) > 0);
	while (n > 0)
		out[out_len++] = digits[--n];
}

static void
put_set(uint32_t count)
{
	if (out_len > 1 << 20)
	{
		fwrite(out, 1, out_len, stdout);
		out_len = 0;
	}
	for (uint32_t i = 0; i < len; i++)
	{
		put_number(names[set[i]]);
		out[out_len++] = ' ';
	}
	out[out_len++] = '(';
	put_number(count);
	n_sets++;
	out[out_len++] = ')';
	out[out_len++] = '\n';
}

/* Candidates: bit sets one after the other. */
static void
eclat(uint32_t n, const uint32_t *items, const uint32_t *counts, const uint64_t *bits, size_t words)
{
	uint64_t *next = malloc((n + 1) * words * sizeof(uint64_t));
	uint32_t *next_items = malloc(2 * (n + 1) * sizeof(uint32_t)), *next_counts = next_items + n + 1;

	for (uint32_t a = 0; a < n; a++)
	{
		uint32_t m = 0;

		set[len++] = items[a];
		put_set(counts[a]);
		for (uint32_t b = a + 1; b < n; b++)
		{
			uint64_t *both = next + m * words;
			uint32_t count = 0;

			for (size_t w = 0; w < words; w++)
			{
				both[w] = bits[a * words + w] & bits[b * words + w];
				count += (uint32_t) __builtin_popcountll(both[w]);
			}
			if (count < min_count)
				continue;
			next_items[m] = items[b];
			next_counts[m++] = count;
		}
		if (m > 0)
			eclat(m, next_items, next_counts, next, words);
		len--;
	}
	free(next);
	free(next_items);
}

/* rows: places in cells, from where on items may follow; n of them. */
static void
lcm(uint32_t from, const uint32_t *rows, uint32_t n)
{
	uint32_t *counts = calloc(2 * (size_t) k + 1, sizeof(uint32_t)), *first = counts + k, *places;
	size_t total = 0;

	for (uint32_t r = 0; r < n; r++)
		for (const uint32_t *c = cells + rows[r]; *c != UINT32_MAX; c++)
			counts[*c]++;
	for (uint32_t i = from; i < k; i++)
	{
		first[i] = (uint32_t) total;
		total += counts[i] >= min_count ? counts[i] : 0;
	}
	places = malloc((total + 1) * sizeof(uint32_t));
	for (uint32_t r = 0; r < n; r++)
		for (const uint32_t *c = cells + rows[r]; *c != UINT32_MAX; c++)
		{
			if (counts[*c] >= min_count)
				places[first[*c]++] = (uint32_t) (c + 1 - cells);
		}
	for (uint32_t i = from; i < k; i++)
	{
		if (counts[i] < min_count)
			continue;
		set[len++] = i;
		put_set(counts[i]);
		lcm(i + 1, places + first[i] - counts[i], counts[i]);
		len--;
	}
	free(places);
	free(counts);
}

static int
by_place(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

static uint32_t *order_counts;

static int
by_count(const void *a, const void *b)
{
	uint32_t x = order_counts[*(const uint32_t *) a], y = order_counts[*(const uint32_t *) b];

	return x < y ? -1 : x > y;
}

static size_t
read_pairs(Pair **pairs)
{
	size_t size = 1 << 20, used = 0, n = 0, room = 1 << 16, got;
	char *text = malloc(size + 1), *at;

	while ((got = fread(text + used, 1, size - used, stdin)) > 0)
	{
		used += got;
		if (used == size)
			text = realloc(text, (size *= 2) + 1);
	}
	text[used] = 0;
	*pairs = malloc(room * sizeof(Pair));
	for (at = text; *at != 0;)
	{
		uint32_t v[2] = {0, 0};

		for (int i = 0; i < 2; i++, at++)
			for (; *at >= '0' && *at <= '9'; at++)
				v[i] = v[i] * 10 + (uint32_t) (*at - '0');
		if (n == room)
			*pairs = realloc(*pairs, (room *= 2) * sizeof(Pair));
		(*pairs)[n++] = (Pair){v[0], v[1]};
	}
	free(text);
	return n;
}

/* Of this program alone: what getrusage says includes who started it. */
static long
peak_memory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[200];
	long kilobytes = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		sscanf(line, "VmHWM: %ld", &kilobytes);
	return kilobytes;
}

int
main(int argc, char **argv)
{
	Pair *pairs;
	size_t n = read_pairs(&pairs), used = 0;
	uint32_t n_items = 0, n_baskets = 0, *counts, *order, *place, *where;

	if (argc < 3)
		return 2;
	min_count = (uint32_t) atoi(argv[2]);
	out = malloc(2 << 20);
	for (size_t i = 0; i < n; i++)
	{
		n_items = pairs[i].item >= n_items ? pairs[i].item + 1 : n_items;
		n_baskets = pairs[i].basket >= n_baskets ? pairs[i].basket + 1 : n_baskets;
	}
	counts = calloc(n_items, sizeof(uint32_t));
	order = malloc(n_items * sizeof(uint32_t));
	place = malloc(n_items * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		counts[pairs[i].item]++;
	for (uint32_t i = 0; i < n_items; i++)
	{
		place[i] = UINT32_MAX;
		if (counts[i] >= min_count)
			order[k++] = i;
	}
	order_counts = counts;
	qsort(order, k, sizeof(uint32_t), by_count);
	names = order;
	supports = malloc((k + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < k; i++)
	{
		place[order[i]] = i;
		supports[i] = counts[order[i]];
	}
	where = calloc(n_baskets + 1, sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
		where[pairs[i].basket] += place[pairs[i].item] != UINT32_MAX;
	starts = malloc((n_baskets + 1) * sizeof(uint32_t));
	for (uint32_t b = 0; b < n_baskets; b++)
	{
		uint32_t here = where[b];

		where[b] = (uint32_t) used;
		if (here > 0)
			starts[n_rows++] = (uint32_t) used;
		used += here + (here > 0);
	}
	cells = malloc((used + 1) * sizeof(uint32_t));
	memset(cells, 0xff, (used + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < n; i++)
	{
		if (place[pairs[i].item] != UINT32_MAX)
			cells[where[pairs[i].basket]++] = place[pairs[i].item];
	}
	free(pairs);
	for (uint32_t r = 0; r < n_rows; r++)
	{
		uint32_t row = 0;

		while (cells[starts[r] + row] != UINT32_MAX)
			row++;
		qsort(cells + starts[r], row, sizeof(uint32_t), by_place);
	}
	if (strcmp(argv[1], "lcm") == 0)
		lcm(0, starts, n_rows);
	else
	{
		size_t words = (n_rows + 63) / 64;
		uint64_t *bits = calloc((size_t) k * words, sizeof(uint64_t));
		uint32_t *items = malloc((k + 1) * sizeof(uint32_t));

		for (uint32_t i = 0; i < k; i++)
			items[i] = i;
		for (uint32_t r = 0; r < n_rows; r++)
			for (const uint32_t *c = cells + starts[r]; *c != UINT32_MAX; c++)
				bits[*c * words + r / 64] |= UINT64_C(1) << (r % 64);
		eclat(k, items, supports, bits, words);
	}
	fwrite(out, 1, out_len, stdout);
	fflush(stdout);
	fprintf(stderr, "%lu %ld\n", n_sets, peak_memory());
	return 0;
}
