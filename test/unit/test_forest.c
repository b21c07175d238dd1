/*
 * test_forest.c - forests as bytes, on rows in parts and blocks, and in blocks of predictions
 */
#include "check.h"
#include "arrays.h"
#include "codes.h"

#include "base/rng.h"
#include "learn/learners.h"
#include "learn/tree/forest_body.h"
#include "learn/tree/tree_compact.h"
#include "learn/tree/tree_grow.h"
#include "learn/train.h"

#include <string.h>

#define ROWS 3000
#define WIDE 6

/* What is trained on, and how. */
typedef struct Case
{
	uint32_t classes; /* 0: regression */
	const char *weights[2];
	double weight; /* of the first two classes */
	bool missing, categories;
	int tried; /* features at a split; 0: by default */
	int depth; /* 0: full trees */
} Case;

static double x[ROWS * WIDE], y[ROWS];

static void
make_rows(const Case *c)
{
	UpRng rng;

	up_rng_init(&rng, 7 + c->classes, 1);
	for (int i = 0; i < ROWS; i++)
	{
		double *row = x + i * WIDE;
		double sum = 0;

		for (int j = 0; j < WIDE; j++)
		{
			row[j] = c->categories && j == 0 ? (double) up_rng_below(&rng, 9) : up_rng_normal(&rng);
			sum += row[j];
			if (c->missing && up_rng_below(&rng, 10) == 0)
				row[j] = NAN;
		}
		y[i] = sum + up_rng_normal(&rng);
		if (c->classes > 0)
			y[i] = UP_MIN(UP_MAX(floor(y[i]) + 1, 0), c->classes - 1.0);
	}
}

static UpData *
data_of(const Case *c)
{
	UpData *d = data_from_arrays(x, y, ROWS, WIDE, c->classes);
	uint32_t *values = up_alloc0(WIDE * sizeof(uint32_t));

	values[0] = c->categories ? 9 : 0;
	d->n_values = values;
	return d;
}

static UpForest *
train(const Case *c, double weight)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	const UpLearner *forest = up_learner_by_name("forest");
	UpValue *given = up_value_object(), *weights = up_value_object();
	UpFit fit = {0};

	up_value_set(given, "n_estimators", up_value_number(5));
	if (c->tried > 0)
		up_value_set(given, "max_features", up_value_number(c->tried));
	if (c->depth > 0)
		up_value_set(given, "max_depth", up_value_number(c->depth));
	for (uint32_t k = 0; k < c->classes && weight != 1; k++)
		up_value_set(weights, names[k], up_value_number(weight));
	if (c->classes > 0 && weight != 1)
		up_value_set(given, "class_weight", weights);
	fit.data = data_of(c);
	fit.task = c->classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
	fit.params = up_request_parse(forest, given)->params;
	fit.n_features = WIDE;
	fit.n_classes = c->classes;
	fit.classes = names;
	fit.info = up_value_object();
	return forest->fit(&fit);
}

static void
check_equal(const UpTree *a, const UpTree *b, double factor)
{
	CHECK(a->n_nodes == b->n_nodes && a->n_leaves == b->n_leaves && a->width == b->width);
	CHECK(memcmp(a->nodes, b->nodes, a->n_nodes * sizeof(UpNode)) == 0);
	CHECK(memcmp(a->values, b->values, (size_t) a->n_leaves * a->width * sizeof(double)) == 0);
	for (uint32_t i = 0; i < a->n_nodes; i++)
	{
		CHECK(a->cover[i] * factor == b->cover[i]);
		if ((a->nodes[i].flags & UP_NODE_SUBSET) != 0)
			CHECK(memcmp(a->subsets + (size_t) a->subset[i] * 32, b->subsets + (size_t) b->subset[i] * 32,
						 32) == 0);
	}
}

/* Fails in words, or predicts. lasting: nothing of trees is looked at before it is used. */
static void
read_damaged(const UpWriter *w, const UpShape *shape, bool lasting)
{
	UpArena *arena = up_arena_enter();
	UpReader r;

	up_reader_init(&r, memcpy(up_alloc(w->len), w->bytes, w->len), w->len, "model");
	r.lasting = lasting;
	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		UpForest *f = up_forest_read(&r, shape);
		double out[4];

		CHECK(r.kept == lasting);
		for (int i = 0; i < 20; i++)
			up_forest_proba(f, x + i * WIDE, 1, out);
		for (uint32_t t = 0; t < f->n_trees; t++)
			up_tree_open(f->trees[t]);
		up_forest_proba(f, x, 1, out);
	}
	up_test_catching = false;
	up_arena_leave(arena);
}

/* No bytes that are changed are believed further than they can be. */
static void
damage(UpWriter *w, const UpShape *shape, UpRng *rng)
{
	for (size_t first = WIDE * 256 * 8, at = first; at < w->len; at += 1 + w->len / 300)
	{
		uint8_t *place = &w->bytes[first + up_rng_below(rng, (uint32_t) (w->len - first - 2))], before[2];

		memcpy(before, place, 2);
		place[0] = (uint8_t) up_rng_next(rng);
		if (up_rng_below(rng, 2) == 0)
			place[1] = (uint8_t) up_rng_next(rng);
		read_damaged(w, shape, false);
		read_damaged(w, shape, true);
		memcpy(place, before, 2);
		w->bytes[at] ^= (uint8_t) (1 << at % 8);
		read_damaged(w, shape, false);
		read_damaged(w, shape, true);
		w->bytes[at] ^= (uint8_t) (1 << at % 8);
	}
}

/* Trees as they were read predict what grown ones do, row by row and laid out, and are written as they were. */
static void
check_read(const UpForest *f, UpForest *again, const UpWriter *w)
{
	uint32_t width = UP_MAX(f->n_classes, 1);
	static double expected[ROWS * 4], all[ROWS * 4], one[4], answers[ROWS], labels[ROWS];
	UpWriter twice;

	up_writer_init(&twice);
	up_forest_write(again, &twice);
	CHECK(twice.len == w->len && memcmp(twice.bytes, w->bytes, w->len) == 0);
	up_forest_proba(f, x, ROWS, expected);
	for (int i = 0; i < 32; i++)
	{
		up_forest_proba(again, x + i * WIDE, 1, one);
		CHECK(again->trees[0]->nodes == NULL);
		CHECK(memcmp(one, expected + i * width, width * sizeof(double)) == 0);
	}
	up_forest_proba(again, x, ROWS, all);
	CHECK(memcmp(all, expected, ROWS * width * sizeof(double)) == 0);
	memset(all, 0, sizeof(all));
	up_forest_predict(again, x, ROWS, answers);
	up_forest_predict_proba(again, x, ROWS, labels, all);
	CHECK(memcmp(all, expected, ROWS * width * sizeof(double)) == 0);
	CHECK(memcmp(labels, answers, ROWS * sizeof(double)) == 0);
}

/* Written and read, trees are the same to the last bit; where rows count as whole ones, a node takes few bytes. */
static void
test_bytes(void)
{
	static const Case cases[] = {
		{.classes = 2, .weight = 1},   {.classes = 2, .weight = 0.3, .missing = true},
		{.classes = 4, .weight = 1},   {.classes = 4, .weight = 0.3, .categories = true},
		{.classes = 0, .weight = 1},   {.classes = 2, .weight = 1, .missing = true, .categories = true},
		{.classes = 3, .weight = 300},
	};

	for (size_t k = 0; k < UP_LENGTH(cases); k++)
	{
		const Case *c = &cases[k];
		UpShape shape = {.n_features = WIDE, .n_classes = c->classes};
		UpForest *f, *again;
		uint32_t nodes = 0;
		UpWriter w;
		UpReader r;
		UpRng rng;

		make_rows(c);
		up_rng_init(&rng, k, 2);
		f = train(c, c->weight);
		up_writer_init(&w);
		up_forest_write(f, &w);
		up_reader_init(&r, w.bytes, w.len, "model");
		again = up_forest_read(&r, &shape);
		CHECK(r.pos == w.len);
		check_read(f, again, &w);
		for (uint32_t t = 0; t < f->n_trees; t++)
		{
			up_tree_open(again->trees[t]);
			check_equal(f->trees[t], again->trees[t], 1);
			nodes += f->trees[t]->n_nodes;
		}
		CHECK(nodes > 200);
		if (c->weight == 1 && c->classes == 2 && !c->categories)
			CHECK(w.len < 2.5 * nodes + WIDE * 256 * 8);
		damage(&w, &shape, &rng);
	}
}

/* A forest of parts that nobody merged: what they take is bounded before it is taken. */
static void
test_many_parts(void)
{
	Case c = {.classes = 2, .weight = 1, .depth = 1};
	UpShape shape = {.n_features = WIDE, .n_classes = 2};
	size_t limit = up_test_memory_limit;
	UpWriter part, bins, all;
	UpForest *f;
	UpReader r;

	make_rows(&c);
	f = train(&c, 1);
	up_writer_init(&part);
	up_forest_write(f, &part);
	up_writer_init(&bins);
	up_put_bins(&bins, f->bins);
	up_writer_init(&all);
	part.bytes[bins.len + 3] |= 128;
	for (int i = 0; i < 200; i++)
		up_put_bytes(&all, part.bytes, part.len);
	part.bytes[bins.len + 3] &= 127;
	up_put_bytes(&all, part.bytes, part.len);
	up_reader_init(&r, all.bytes, all.len, "model");
	f = up_forest_read(&r, &shape);
	CHECK(r.pos == all.len && f->next != NULL);
	up_test_memory_limit = 1 << 20;
	up_reader_init(&r, all.bytes, all.len, "model");
	CHECK_FAILS(UP_LIMIT, "the parts of a model of trees", up_forest_read(&r, &shape));
	up_test_memory_limit = limit;
}

/* Weights that many a word cannot hold are counted in parts, and change nothing but the weights. */
static void
test_parts(void)
{
	Case c = {.classes = 2, .weight = 1, .tried = 2};

	for (int missing = 0; missing < 2; missing++)
	{
		UpForest *a, *b;

		c.missing = missing > 0;
		make_rows(&c);
		a = train(&c, 1);
		b = train(&c, 256);
		for (uint32_t t = 0; t < a->n_trees; t++)
			check_equal(a->trees[t], b->trees[t], 256);
	}
}

/* Rows that are gathered on the way down grow the tree that they grow where they lie; what is laid out by feature lies. */
static void
test_blocks(void)
{
	for (uint32_t classes = 0; classes < 4; classes += classes == 0 ? 2 : 1)
	{
		Case c = {.classes = classes, .missing = classes == 3};
		uint32_t rows[ROWS];
		uint8_t *codes = up_alloc_array(ROWS, WIDE), *transposed = up_alloc_array(ROWS, WIDE);
		UpGrowing g = {.codes = codes,
					   .y = y,
					   .rows = rows,
					   .n_rows = ROWS,
					   .n_all = ROWS,
					   .n_classes = classes,
					   .criterion = classes > 0 ? UP_GINI : UP_SQUARED_ERROR,
					   .max_depth = UINT32_MAX,
					   .min_samples_split = 2,
					   .min_samples_leaf = 1,
					   .max_features = 2};
		UpGrown grown[2];

		make_rows(&c);
		g.bins = bins_and_codes(data_of(&c), codes);
		for (uint32_t i = 0; i < ROWS; i++)
		{
			rows[i] = i;
			for (int j = 0; j < WIDE; j++)
				transposed[j * ROWS + i] = codes[i * WIDE + j];
		}
		for (int k = 0; k < 2; k++)
		{
			UpRng rng;

			up_rng_init(&rng, 3, 1);
			g.rng = &rng;
			g.transposed = k > 0 ? transposed : NULL;
			grown[k] = up_tree_grow(&g);
		}
		check_equal(grown[0].tree, grown[1].tree, 1);
		CHECK(memcmp(grown[0].rows, grown[1].rows, sizeof(rows)) == 0);
	}
}

/* Few rows, a block, single rows after it, and the sums of plain walks are the same numbers, of full trees, small ones, and both. */
static void
test_walks(void)
{
	static const Case cases[] = {
		{.classes = 2, .weight = 1, .missing = true},
		{.classes = 3, .weight = 1},
		{.classes = 0, .weight = 1, .categories = true},
		{.classes = 2, .weight = 1, .missing = true, .categories = true, .depth = 1},
		{.classes = 3, .weight = 1, .missing = true, .categories = true, .depth = 5},
		{.classes = 0, .weight = 1, .missing = true, .categories = true, .depth = 6},
		{.classes = 3, .weight = 1, .categories = true, .depth = 8},
		{.classes = 0, .weight = 1, .missing = true, .depth = 10},
	};

	for (size_t k = 0; k < UP_LENGTH(cases); k++)
	{
		UpForest *f;
		uint32_t width = UP_MAX(cases[k].classes, 1);
		static double few[4 * 3], all[ROWS * 3], some[ROWS * 3];

		make_rows(&cases[k]);
		f = train(&cases[k], 1);
		up_forest_proba(f, x, 4, few);
		up_forest_proba(f, x, ROWS, all);
		CHECK(memcmp(few, all, 4 * width * sizeof(double)) == 0);
		/* Blocks that end anywhere. */
		for (size_t i = 0, n; i < ROWS; i += n)
		{
			n = UP_MIN(17 + i, ROWS - i);
			up_forest_proba(f, x + i * WIDE, n, some + i * width);
		}
		CHECK(memcmp(some, all, ROWS * width * sizeof(double)) == 0);
		for (int i = 0; i < ROWS; i++)
		{
			double one[3], sum = 0;
			uint8_t codes[WIDE];

			up_forest_proba(f, x + i * WIDE, 1, one);
			CHECK(memcmp(one, all + i * width, width * sizeof(double)) == 0);
			up_bins_encode(f->bins, x + i * WIDE, 1, codes);
			for (uint32_t t = 0; t < f->n_trees; t++)
				sum += up_tree_walk(f->trees[t], codes)[width - 1];
			CHECK(one[width - 1] == sum / f->n_trees);
		}
	}
}

/* Trees that are parts of a job are those that one process grows, also where a slot is too small at first. */
static void
test_job(void)
{
	static const Case cases[] = {
		{.classes = 2, .weight = 1},
		{.classes = 4, .weight = 0.3, .categories = true},
		{.classes = 0, .weight = 1, .tried = 2},
	};

	for (size_t k = 0; k < UP_LENGTH(cases); k++)
	{
		UpForest *a, *b;

		make_rows(&cases[k]);
		a = train(&cases[k], cases[k].weight);
		up_test_workers = 3;
		b = train(&cases[k], cases[k].weight);
		up_test_workers = 1;
		CHECK(a->n_trees == b->n_trees);
		CHECK(memcmp(a->importance, b->importance, WIDE * sizeof(double)) == 0);
		for (uint32_t t = 0; t < a->n_trees; t++)
			check_equal(a->trees[t], b->trees[t], 1);
	}
}

#define SPLITS 300000

/* A tree whose splits stand below each other: each has a leaf on its left side. */
static UpTree
chain_of_splits(void)
{
	UpTree t = {.n_nodes = 2 * SPLITS + 1, .n_leaves = SPLITS + 1, .width = 2};

	t.nodes = up_alloc0(t.n_nodes * sizeof(UpNode));
	t.cover = up_alloc_array(t.n_nodes, sizeof(double));
	t.values = up_alloc0((size_t) t.n_leaves * 2 * sizeof(double));
	for (uint32_t i = 0; i < t.n_nodes; i++)
	{
		bool leaf = i % 2 == 1 || i == t.n_nodes - 1;

		t.nodes[i].flags = leaf ? UP_NODE_LEAF : 0;
		t.nodes[i].next = leaf ? i / 2 : i + 2;
		t.cover[i] = leaf ? 1 : SPLITS + 1 - i / 2;
	}
	for (uint32_t i = 0; i < t.n_leaves; i++)
		t.values[2 * i] = 1;
	return t;
}

/* The same as it was written before trees told of lengths. */
static void
put_earlier_chain(UpWriter *w)
{
	up_put_u32(w, 0);
	up_put_u32(w, 2 * SPLITS + 1);
	up_put_u8(w, 1);
	for (int i = 0; i < SPLITS; i++)
		up_put_bytes(w, "\0\0\11", 3);
	up_put_u8(w, 9);
}

/* Whatever is done with a tree of many nodes can be cancelled, and what that takes is bounded. */
static void
test_many_nodes(void)
{
	Case c = {.classes = 2, .weight = 1, .depth = 1};
	double importance[WIDE] = {0}, *read, out = 0;
	UpTree t = chain_of_splits(), *trees = &t, **again;
	const uint8_t codes[WIDE] = {1};
	const long enough = SPLITS / 65536;
	size_t limit = up_test_memory_limit;
	UpWriter w, earlier;
	const UpBins *bins;
	UpReader r;
	long ticks;

	make_rows(&c);
	bins = train(&c, 1)->bins;
	up_writer_init(&w);
	up_put_trees(&w, &trees, 1, importance, WIDE);
	up_reader_init(&r, w.bytes, w.len, "model");
	ticks = up_test_ticks;
	(void) up_get_trees(&r, bins, 1, 2, true, &read);
	CHECK(up_test_ticks - ticks > enough);
	up_reader_init(&r, w.bytes, w.len, "model");
	r.lasting = true;
	again = up_get_trees(&r, bins, 1, 2, true, &read);
	ticks = up_test_ticks;
	up_compact_add(again[0], codes, &out);
	CHECK(up_test_ticks - ticks >= enough && out == 0);
	up_compact_check(again[0]);
	ticks = up_test_ticks;
	up_tree_open(again[0]);
	CHECK(up_test_ticks - ticks >= enough);
	check_equal(&t, again[0], 1);
	up_writer_init(&earlier);
	put_earlier_chain(&earlier);
	up_put_f64_array(&earlier, importance, WIDE);
	up_reader_init(&r, earlier.bytes, earlier.len, "model");
	ticks = up_test_ticks;
	again = up_get_trees(&r, bins, 1, 2, true, &read);
	CHECK(up_test_ticks - ticks >= 6 * enough);
	check_equal(&t, again[0], 1);
	up_test_memory_limit = 1 << 20;
	up_reader_init(&r, w.bytes, w.len, "model");
	CHECK_FAILS(UP_LIMIT, "the trees of a model", up_get_trees(&r, bins, 1, 2, true, &read));
	up_test_memory_limit = limit;
}

int
main(void)
{
	static const UpTest tests[] = {
		{"bytes", test_bytes},           {"rows in parts", test_parts},
		{"rows in blocks", test_blocks}, {"parts of a job", test_job},
		{"walks", test_walks},           {"parts that were forged", test_many_parts},
		{"many nodes", test_many_nodes},
	};

	return up_run_tests("forest", tests, UP_LENGTH(tests));
}
