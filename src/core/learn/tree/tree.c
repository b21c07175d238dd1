/*
 * tree.c - one decision tree: CART on binned features
 *
 * Grown by tree_grow.h: each split lessens the impurity of its node most - gini 1 - sum_k p_k^2, entropy - sum_k p_k log2 p_k, or
 * the variance, or the mean distance to the median (Breiman, Friedman, Olshen, Stone 1984). Numbers have at most 255 bins of equally many rows, and one for each
 * value where there are fewer, so that the tree is then the exact one. Categories are split by subsets, missing values go to the
 * side that is better for them.
 *
 * ccp_alpha prunes: with R(t) the weighted impurity of node t as a leaf and R(T_t) that of its leaves, the node of least (R(t) -
 * R(T_t)) / (leaves - 1) becomes a leaf, as long as this is not above ccp_alpha.
 *
 * Arrays: codes n × n_features bytes. Cost: O(n features) a level; pruning O(nodes) a node that is pruned.
 */
#include "learn/tree/forest_body.h"

#include "base/text.h"
#include "num/vec.h"
#include "learn/class_weights.h"
#include "learn/tree/grow_params.h"
#include "learn/tree/tree_absolute.h"
#include "learn/tree/tree_cells.h"
#include "learn/tree/tree_cut.h"
#include "learn/tree/tree_reuse.h"

#include <math.h>
#include <string.h>

/* ---- a tree as nested CASE expressions ---- */

/*
 * A node becomes CASE WHEN condition THEN left ELSE right END. Conditions on what is missing are NULL, which goes right, or are made
 * IS NOT FALSE or IS NOT TRUE, which goes left. Nodes stand in preorder, so one pass with a stack of open nodes writes it.
 */

static void
add_value(UpText *t, double v)
{
	up_text_add(t, v < 0 ? "(" : "");
	up_text_add_number(t, v);
	up_text_add(t, v < 0 ? ")::float8" : "::float8");
}

/* Categories of a node's subset that go left, or those that go right; returns their number. */
static uint32_t
add_side(UpText *out, const UpBinning *b, const uint8_t *subset, bool left, const char *const *values)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->n_values; k++)
	{
		uint8_t code = b->bin_of[k];

		if (((subset[code >> 3] >> (code & 7) & 1) != 0) != left)
			continue;
		up_text_add(out, n++ > 0 ? ", " : "");
		up_text_add_literal(out, values[k]);
	}
	return n;
}

static void
add_condition(UpText *out, const UpForest *f, const UpTree *t, uint32_t i, const UpSqlTerms *terms)
{
	const UpNode *node = &t->nodes[i];
	const UpBinning *b = &f->bins->features[node->feature];
	const char *x = terms->features[node->feature];
	bool missing_left = (node->flags & UP_NODE_MISSING_LEFT) != 0;
	UpText list;

	if ((node->flags & UP_NODE_SUBSET) == 0)
	{
		if (node->bin + 1u >= b->n_bins)
		{
			up_text_add(out, missing_left ? "true" : up_format("%s IS NOT NULL", x));
			return;
		}
		up_text_add(out, missing_left ? "(" : "");
		up_text_add(out, x);
		up_text_add(out, " <= ");
		add_value(out, b->edges[node->bin]);
		up_text_add(out, missing_left ? ") IS NOT FALSE" : "");
		return;
	}
	/* Unseen categories go where missing ones do: the side that they are on is said by the other one's list. */
	up_text_init(&list);
	if (add_side(&list, b, up_tree_subset(t, i), !missing_left, terms->values[node->feature]) == 0)
		up_text_add(out, missing_left ? "true" : "false");
	else
		up_text_add(out, up_format(missing_left ? "(%s IN (%s)) IS NOT TRUE" : "%s IN (%s)", x, list.bytes));
	up_free(list.bytes);
}

static void
add_leaf(UpText *out, const UpForest *f, const double *values, const UpSqlTerms *terms)
{
	uint32_t best = 0;

	if (f->n_classes == 0)
	{
		add_value(out, values[0]);
		return;
	}
	for (uint32_t k = 1; k < f->n_classes; k++)
		best = values[k] > values[best] ? k : best;
	if (terms->class_of != NULL)
		best = terms->class_of(terms->model, values);
	up_text_add(out, terms->labels[best]);
}

static char *
tree_sql(const void *body, const UpSqlTerms *terms)
{
	const UpForest *f = body;
	const UpTree *t = f->trees[0];
	/* Open nodes: true while their left side is written. */
	bool *left = up_alloc_array((size_t) t->n_nodes + 1, sizeof(bool));
	uint32_t n_open = 0;
	UpText out;

	up_tree_open(f->trees[0]);
	up_text_init(&out);
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if (i % 256 == 0)
			up_tick();
		if ((t->nodes[i].flags & UP_NODE_LEAF) == 0)
		{
			up_text_add(&out, "CASE WHEN ");
			add_condition(&out, f, t, i, terms);
			up_text_add(&out, "\nTHEN ");
			left[n_open++] = true;
			continue;
		}
		add_leaf(&out, f, t->values + (size_t) t->nodes[i].next * t->width, terms);
		/* Right sides that end here end their nodes; a left side goes over to the right one. */
		for (; n_open > 0 && !left[n_open - 1]; n_open--)
			up_text_add(&out, " END");
		if (n_open > 0)
		{
			left[n_open - 1] = false;
			up_text_add(&out, "\nELSE ");
		}
	}
	up_free(left);
	return out.bytes;
}

/* ---- training ---- */

typedef struct TreeParams
{
	UpGrowParams grow;
	double ccp_alpha;
} TreeParams;

#define SECONDS_A_CODE 1e-7 /* about, to grow a tree */

#define UP_PARAMS_OF TreeParams
static const UpParam tree_params[] = {
	UP_GROW_PARAMS(TreeParams, "null"),
	UP_REAL_PARAM("ccp_alpha", ccp_alpha, "0", 0, 1e300,
				  "prunes subtrees that lessen impurity by less for each of their leaves"),
};

/* What pruning knows of a node. */
typedef struct Pruned
{
	double *sums; /* weight, then class weights; or weight, sum and sum of squares */
	double own;   /* R(t) */
	double below; /* R(T_t) */
	uint32_t leaves;
	uint32_t parent;
	uint32_t first_leaf, last_leaf;
	double median; /* absolute error */
	bool leaf;
} Pruned;

static double
impurity(const UpGrowing *g, const double *s, double total)
{
	double w = s[0], value = 0;

	if (g->criterion == UP_SQUARED_ERROR)
		return UP_MAX(s[2] - s[1] * s[1] / w, 0) / total;
	for (uint32_t k = 0; k < g->n_classes; k++)
	{
		double p = s[1 + k] / w;

		value += g->criterion == UP_GINI ? p * (1 - p) : p > 0 ? -p * log2(p) : 0;
	}
	return value * w / total;
}

static Pruned *
measure_nodes(const UpGrowing *g, const UpGrown *grown, double center)
{
	const UpTree *t = grown->tree;
	uint32_t n_sums = 1 + (up_grows_classes(g) ? g->n_classes : 2);
	Pruned *nodes = up_alloc0((size_t) t->n_nodes * sizeof(Pruned));

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		nodes[i].sums = up_alloc0(n_sums * sizeof(double));
		nodes[i].leaf = (t->nodes[i].flags & UP_NODE_LEAF) != 0;
		if (!nodes[i].leaf)
		{
			nodes[i + 1].parent = nodes[t->nodes[i].next].parent = i;
			continue;
		}
		for (uint32_t r = grown->leaf_first[t->nodes[i].next]; r < grown->leaf_first[t->nodes[i].next + 1]; r++)
		{
			uint32_t row = grown->rows[r];
			double w = g->weight != NULL ? g->weight[row] : 1, y = g->y[row];

			nodes[i].sums[0] += w;
			if (up_grows_classes(g))
				nodes[i].sums[1 + (uint32_t) y] += w;
			else
			{
				nodes[i].sums[1] += w * (y - center);
				nodes[i].sums[2] += w * (y - center) * (y - center);
			}
		}
	}
	for (uint32_t i = t->n_nodes; i-- > 1;)
	{
		for (uint32_t k = 0; k < n_sums; k++)
			nodes[nodes[i].parent].sums[k] += nodes[i].sums[k];
	}
	for (uint32_t i = t->n_nodes; i-- > 0;)
	{
		/* Rows of a node stand leaf by leaf: those of its first leaf to those of its last one. */
		if (nodes[i].leaf)
			nodes[i].first_leaf = nodes[i].last_leaf = t->nodes[i].next;
		else
		{
			nodes[i].first_leaf = nodes[i + 1].first_leaf;
			nodes[i].last_leaf = nodes[t->nodes[i].next].last_leaf;
		}
		up_tick();
		if (g->criterion == UP_ABSOLUTE_ERROR)
		{
			uint32_t from = grown->leaf_first[nodes[i].first_leaf],
					 to = grown->leaf_first[nodes[i].last_leaf + 1];

			nodes[i].own =
				up_absolute_error(g, grown->rows + from, to - from, &nodes[i].median) / nodes[0].sums[0];
		}
		else
			nodes[i].own = impurity(g, nodes[i].sums, nodes[0].sums[0]);
		if (nodes[i].leaf)
		{
			nodes[i].below = nodes[i].own;
			nodes[i].leaves = 1;
		}
		if (i > 0)
		{
			nodes[nodes[i].parent].below += nodes[i].below;
			nodes[nodes[i].parent].leaves += nodes[i].leaves;
		}
	}
	return nodes;
}

static void
prune_links(const UpTree *t, Pruned *nodes, double alpha)
{
	for (;;)
	{
		double least = INFINITY;
		uint32_t weakest = 0;

		up_tick();
		for (uint32_t i = 0; i < t->n_nodes; i++)
		{
			/* Below a node that was pruned: passed over as a whole. */
			if (nodes[i].leaf)
			{
				for (; (t->nodes[i].flags & UP_NODE_LEAF) == 0; i = t->nodes[i].next)
					;
				continue;
			}
			double link = (nodes[i].own - nodes[i].below) / (nodes[i].leaves - 1);

			if (link < least)
			{
				least = link;
				weakest = i;
			}
		}
		if (!(least <= alpha))
			return;
		double gone = nodes[weakest].own - nodes[weakest].below;
		uint32_t fewer = nodes[weakest].leaves - 1;

		nodes[weakest].leaf = true;
		for (uint32_t i = weakest;; i = nodes[i].parent)
		{
			nodes[i].below += gone;
			nodes[i].leaves -= fewer;
			if (i == 0)
				break;
		}
	}
}

/* Of each node, as a leaf. */
static double *
values_of_nodes(const UpGrowing *g, const UpTree *t, const Pruned *nodes, double center)
{
	double *values = up_alloc_array((size_t) t->n_nodes * t->width, sizeof(double));

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		double *own = values + (size_t) i * t->width;

		if (g->criterion == UP_SQUARED_ERROR)
			own[0] = center + nodes[i].sums[1] / nodes[i].sums[0];
		if (g->criterion == UP_ABSOLUTE_ERROR)
			own[0] = nodes[i].median;
		for (uint32_t k = 0; up_grows_classes(g) && k < t->width; k++)
			own[k] = nodes[i].sums[1 + k] / nodes[i].sums[0];
	}
	return values;
}

static UpTree *
prune(const UpGrowing *g, const UpGrown *grown, double alpha)
{
	double center = up_grows_classes(g) ? 0 : g->y[grown->rows[0]], *values;
	const UpTree *t = grown->tree;
	Pruned *nodes = measure_nodes(g, grown, center);
	uint8_t *leaf = up_alloc_array(t->n_nodes, 1);
	UpTree *left;

	prune_links(t, nodes, alpha);
	values = values_of_nodes(g, t, nodes, center);
	for (uint32_t i = 0; i < t->n_nodes; i++)
		leaf[i] = nodes[i].leaf;
	left = up_tree_compact(t, leaf, values);
	up_free(values);
	up_free(leaf);
	up_free(nodes);
	return left;
}

/* Whether a tree of this growing is a deeper one cut off. */
static bool
can_be_cut(const UpGrowing *g)
{
	return g->max_leaf_nodes == 0 && g->max_features >= g->bins->n_features && !g->random_splits;
}

/*
 * The tree, grown; or cut out of a deeper one that is kept. Where the depth is what trainings differ in the first of them grows the
 * deepest one that will be asked for.
 */
static UpGrown
grow(const UpFit *fit, const UpGrowParams *p, UpGrowing *g)
{
	UpTreeGrown *kept = can_be_cut(g) ? up_trees_kept(fit->reuse, p) : NULL;
	uint32_t depth = g->max_depth;
	double *own = g->importance;
	UpGrown deep, cut;
	void *before;

	if (kept != NULL && kept->deep.tree != NULL && kept->depth >= depth)
		return up_tree_cut(&kept->deep, depth, own);
	if (kept == NULL || kept->full || kept->deep.tree != NULL || !(fit->reuse->path_end >= depth))
		return up_tree_grow(g);
	g->max_depth = fit->reuse->path_end < UINT32_MAX ? (uint32_t) fit->reuse->path_end : UINT32_MAX;
	g->inner = true;
	g->importance = up_alloc0(UP_MAX(g->bins->n_features, 1) * sizeof(double));
	before = up_arena_visit(fit->reuse->arena);
	deep = up_tree_grow(g);
	up_arena_return(before);
	cut = up_tree_cut(&deep, depth, own);
	up_trees_keep_deep(fit->reuse, kept, &deep, g->max_depth, g->n_rows);
	return cut;
}

/* Weights of rows where workers see them; NULL: there are none. */
static double *
large_copy(double *weight, size_t n)
{
	double *copy;

	if (weight == NULL)
		return NULL;
	copy = memcpy(up_alloc_large_array(UP_MAX(n, 1), sizeof(double)), weight, n * sizeof(double));
	up_free(weight);
	return copy;
}

static void *
tree_fit(const UpFit *fit)
{
	const TreeParams *p = fit->params;
	const UpData *d = fit->data;
	UpForest *f = up_alloc0(sizeof(UpForest));
	UpTreeRows of;
	uint32_t *rows;
	UpGrowing g = {0};
	UpGrown grown;
	UpRng rng;

	if (d->n_rows > UINT32_MAX / 2)
		up_fail(UP_LIMIT, "a tree can be grown on at most %u rows", UINT32_MAX / 2);
	up_workers_begin(up_bins_seconds(d) + (double) d->n_rows * UP_MAX(d->n_features, 1) * SECONDS_A_CODE);
	of = up_trees_rows(fit, NULL);
	rows = up_alloc_large_array(UP_MAX(d->n_rows, 1), sizeof(uint32_t));
	f->bins = of.bins;
	f->n_classes = fit->n_classes;
	f->n_trees = 1;
	f->trees = up_alloc(sizeof(UpTree *));
	f->importance = up_alloc0(UP_MAX(d->n_features, 1) * sizeof(double));
	up_grow_setup(&p->grow, fit, "algorithm \"tree\"", &g);
	for (size_t i = 0; i < d->n_rows; i++)
		rows[i] = (uint32_t) i;
	up_rng_init(&rng, fit->seed, 1);
	g.bins = f->bins;
	g.codes = of.codes;
	g.y = of.y;
	g.weight =
		large_copy(up_row_weights(p->grow.class_weight, fit, of.y, d->n_rows, "algorithm \"tree\""), d->n_rows);
	g.rows = rows;
	g.n_rows = (uint32_t) d->n_rows;
	g.rng = &rng;
	g.importance = f->importance;
	g.shares = true;
	up_tick();
	grown = grow(fit, &p->grow, &g);
	f->trees[0] = p->ccp_alpha > 0 ? prune(&g, &grown, p->ccp_alpha) : grown.tree;
	up_vec_to_shares(f->importance, d->n_features);
	up_trees_rows_free(&of);
	up_free_large(rows);
	up_free_large((double *) g.weight);
	up_workers_end();
	if (fit->reuse == NULL)
		up_free(grown.rows);
	f->walker = up_walker_new(f->trees, 1, d->n_features);
	return f;
}

const UpLearner up_tree = {
	.name = "tree",
	.number = 5,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE | UP_L_WEIGHTS,
	.help = "decision tree: CART on binned features, with categories and missing values as they are",
	.params = {tree_params, UP_LENGTH(tree_params)},
	.params_size = sizeof(TreeParams),
	.path = "max_depth",
	.fit = tree_fit,
	UP_FOREST_BODY,
	.sql = tree_sql,
};
