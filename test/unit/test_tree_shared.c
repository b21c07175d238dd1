/*
 * test_tree_shared.c - a tree whose nodes are shared out is the tree that one process grows, to the last bit
 */
#include "check.h"

#include "base/rng.h"
#include "learn/tree/tree_grow.h"

#include <math.h>
#include <string.h>

#define ROWS 40000
#define WIDE 7

static uint8_t codes[ROWS * WIDE];
static double y[ROWS], weights[ROWS];
static uint32_t rows[ROWS];
static UpBinning features[WIDE];
static UpBins bins = {WIDE, features};

/* The first feature is a category, the second one misses values; the others are numbers, the last one's of few rows. */
static void
make_rows(uint32_t classes)
{
	UpRng rng;

	up_rng_init(&rng, 5 + classes, 1);
	for (uint32_t f = 0; f < WIDE; f++)
		features[f] = (UpBinning){.n_bins = f == 0 ? 12 : 200, .n_values = f == 0 ? 12 : 0};
	for (uint32_t i = 0; i < ROWS; i++)
	{
		uint8_t *row = codes + (size_t) i * WIDE;
		double sum = 0;

		for (uint32_t f = 0; f < WIDE; f++)
		{
			row[f] = (uint8_t) up_rng_below(&rng, features[f].n_bins);
			sum += (double) row[f] / features[f].n_bins;
		}
		row[1] = up_rng_below(&rng, 10) == 0 ? UP_BIN_MISSING : row[1];
		row[WIDE - 1] = i % 1000 == 0 ? row[WIDE - 1] : 0;
		sum += up_rng_normal(&rng) / 4 + (row[0] % 3 == 0);
		y[i] = classes > 0 ? (double) ((uint32_t) (sum * classes) % classes) : sum;
		weights[i] = up_rng_double(&rng) + 0.5;
		rows[i] = (i * 7919) % ROWS;
	}
}

static void
check_equal(const UpGrown *a, const UpGrown *b, bool inner)
{
	const UpTree *s = a->tree, *t = b->tree;
	size_t values = t->width * sizeof(double);

	CHECK(s->n_nodes == t->n_nodes && s->n_leaves == t->n_leaves && s->width == t->width &&
		  s->n_subsets == t->n_subsets);
	CHECK(memcmp(s->nodes, t->nodes, t->n_nodes * sizeof(UpNode)) == 0);
	CHECK(memcmp(s->cover, t->cover, t->n_nodes * sizeof(double)) == 0);
	CHECK(memcmp(s->values, t->values, t->n_leaves * values) == 0);
	CHECK(memcmp(a->rows, b->rows, sizeof(rows)) == 0);
	CHECK(memcmp(a->leaf_first, b->leaf_first, ((size_t) t->n_leaves + 1) * sizeof(uint32_t)) == 0);
	if (t->n_subsets > 0)
		CHECK(memcmp(s->subsets, t->subsets, (size_t) t->n_subsets * 32) == 0);
	for (uint32_t i = 0; i < t->n_nodes; i++)
		CHECK((t->nodes[i].flags & UP_NODE_SUBSET) == 0 || s->subset[i] == t->subset[i]);
	if (!inner)
		return;
	CHECK(memcmp(a->gain, b->gain, t->n_nodes * sizeof(double)) == 0);
	CHECK(memcmp(a->inner, b->inner, t->n_nodes * values) == 0);
}

/* limit: of the memory, where what waits is grown in more goes. */
static void
compare(UpGrowing g, bool weighted, size_t limit)
{
	size_t before = up_test_memory_limit;
	UpGrown grown[2];
	double importance[2][WIDE] = {{0}};

	make_rows(g.n_classes);
	g.bins = &bins;
	g.codes = codes;
	g.n_all = g.n_rows = ROWS;
	g.rows = rows;
	g.y = y;
	g.weight = weighted ? weights : NULL;
	g.min_samples_split = 2;
	g.min_samples_leaf = UP_MAX(g.min_samples_leaf, 1);
	g.max_depth = g.max_depth > 0 ? g.max_depth : UINT32_MAX;
	g.max_features = WIDE;
	for (int k = 0; k < 2; k++)
	{
		g.shares = k > 0;
		g.importance = importance[k];
		up_test_memory_limit = k > 0 ? limit : before;
		grown[k] = up_tree_grow(&g);
		up_test_memory_limit = before;
	}
	check_equal(&grown[0], &grown[1], g.inner);
	CHECK(grown[0].tree->n_leaves > 1 && memcmp(importance[0], importance[1], sizeof(importance[0])) == 0);
}

static void
test_classes(void)
{
	for (int weighted = 0; weighted < 2; weighted++)
	{
		compare((UpGrowing){.criterion = UP_GINI, .n_classes = 2}, weighted > 0, up_test_memory_limit);
		compare((UpGrowing){.criterion = UP_ENTROPY, .n_classes = 2, .min_samples_leaf = 20}, weighted > 0,
				up_test_memory_limit);
		compare((UpGrowing){.criterion = UP_GINI, .n_classes = 10, .min_decrease = 1e-5}, weighted > 0,
				up_test_memory_limit);
	}
}

static void
test_numbers(void)
{
	for (int weighted = 0; weighted < 2; weighted++)
	{
		compare((UpGrowing){.criterion = UP_SQUARED_ERROR}, weighted > 0, up_test_memory_limit);
		compare((UpGrowing){.criterion = UP_ABSOLUTE_ERROR, .max_depth = 9}, weighted > 0,
				up_test_memory_limit);
	}
}

static void
test_limits(void)
{
	for (UpCriterion c = UP_GINI; c <= UP_ABSOLUTE_ERROR; c++)
	{
		uint32_t classes = c == UP_GINI || c == UP_ENTROPY ? 3 : 0;

		compare((UpGrowing){.criterion = c, .n_classes = classes, .max_depth = 7, .inner = true}, false,
				up_test_memory_limit);
		compare((UpGrowing){.criterion = c, .n_classes = classes, .max_leaf_nodes = 60}, true,
				up_test_memory_limit);
	}
	compare((UpGrowing){.criterion = UP_SQUARED_ERROR}, true, 1 << 20);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"classes", test_classes},
		{"numbers", test_numbers},
		{"depth, leaves, memory", test_limits},
	};

	return up_run_tests("tree shared out", tests, UP_LENGTH(tests));
}
