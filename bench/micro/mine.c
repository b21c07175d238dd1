/*
 * mine.c - times grouping, item sets and rules alone, without a server
 *
 *   mine pairs.txt min_count [min_confidence [miner [target]]]
 *
 * File: lines "basket item" of whole numbers (a heading is skipped; comma or blank between). Build:
 *
 *   cc -std=gnu11 -O3 -Isrc/core -Itest/unit -o build/mine bench/micro/mine.c $(find src/core -name "*.c") \
 *      test/unit/platform_libc.c -lm
 */
#include "check.h"

#include "mine/miner.h"
#include "mine/rules.h"

#include <stdlib.h>
#include <sys/resource.h>

static double
now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
}

/* Baskets and items of the file, as they stand there. */
static size_t
read_pairs(const char *path, long (**pairs)[2])
{
	FILE *f = fopen(path, "r");
	size_t n = 0, room = 1 << 20;
	char line[200];

	if (f == NULL)
	{
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	*pairs = malloc(room * sizeof(**pairs));
	while (fgets(line, sizeof(line), f) != NULL)
	{
		if (n == room)
			*pairs = realloc(*pairs, (room *= 2) * sizeof(**pairs));
		n += sscanf(line, "%ld%*[ ,\t]%ld", &(*pairs)[n][0], &(*pairs)[n][1]) == 2;
	}
	fclose(f);
	return n;
}

int
main(int argc, char **argv)
{
	long(*pairs)[2];
	size_t n = argc < 3 ? 0 : read_pairs(argv[1], &pairs);
	double start = now(), grouped, mined;
	UpKeys baskets, items;
	UpBaskets b;
	UpMining options = {.min_len = 1, .max_sets = 100000000};
	UpItemsets sets;
	uint32_t *number;

	if (n == 0)
	{
		fprintf(stderr, "usage: mine pairs.txt min_count [min_confidence [miner [target]]]\n");
		return 2;
	}
	up_test_memory_limit = (size_t) 8 << 30;
	up_keys_init(&baskets, false);
	up_keys_init(&items, false);
	up_baskets_init(&b);
	for (size_t i = 0; i < n; i++)
		up_baskets_add(&b, up_keys_number(&baskets, pairs[i][0]), up_keys_number(&items, pairs[i][1]));
	up_baskets_group(&b);
	grouped = now();
	number = up_alloc_array(b.n_items, sizeof(uint32_t));
	for (uint32_t i = 0; i < b.n_items; i++)
		number[i] = i;
	options.number = number;
	options.n_numbers = b.n_items;
	options.miner = argc > 4 ? up_miner_find(argv[4]) : NULL;
	options.target = argc > 5 ? (UpTarget) atoi(argv[5]) : UP_ALL_FREQUENT;
	options.min_count = (uint32_t) up_min_count(atof(argv[2]), b.n_baskets);
	up_mine_itemsets(&b, &options, &sets);
	mined = now();
	printf("%zu rows, %u baskets, %u items: grouped in %.3f s; %u item sets in %.3f s\n", n, b.n_baskets,
		   b.n_items, grouped - start, sets.n, mined - grouped);
	if (argc > 3 && atof(argv[3]) > 0)
	{
		UpRuleOptions rule_options = {.n_baskets = b.n_baskets,
									  .n_items = b.n_items,
									  .max_rhs = 1,
									  .min_len = 2,
									  .max_p_value = 1,
									  .min_confidence = atof(argv[3]),
									  .max_rules = 100000};
		UpRules rules;

		up_mine_rules(&sets, &rule_options, &rules);
		printf("%u rules%s in %.3f s\n", rules.n, rules.truncated ? " (cut)" : "", now() - mined);
	}
	return 0;
}
