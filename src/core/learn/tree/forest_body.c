/*
 * forest_body.c - a forest (or a single tree) in use, as bytes and in words; see forest_body.h
 *
 * Rows are turned into codes once and walk through the trees in blocks (tree_walk.h).
 */
#include "learn/tree/forest_body.h"

#include "base/text.h"
#include "learn/tree/tree_compact.h"
#include "learn/tree/tree_shap.h"

#include <math.h>
#include <string.h>

#define FEWEST_TREES 4 /* that explain in the place of all */

static uint32_t
width_of(const UpForest *f)
{
	return UP_MAX(f->n_classes, 1);
}

/* Means over the trees of one part, for n rows: n × width. */
static void
part_values(const UpForest *f, const double *x, size_t n, double *out)
{
	uint32_t width = width_of(f);

	up_walker_sums(f->walker, f->bins, x, n, 1, NULL, out);
	if (width != 2)
	{
		for (size_t i = 0; i < n * width; i++)
			out[i] /= f->n_trees;
		return;
	}
	/* Sums of the second class stand side by side: spread from the end, they are not in each other's way. */
	for (size_t i = n; i-- > 0;)
	{
		double second = out[i] / f->n_trees;

		out[2 * i + 1] = second;
		out[2 * i] = 1 - second;
	}
}

static double
all_trees(const UpForest *f)
{
	double n = 0;

	for (; f != NULL; f = f->next)
		n += f->n_trees;
	return n;
}

/* Means over all trees: n × width. */
static void
mean_values(const UpForest *f, const double *x, size_t n, double *out)
{
	size_t values = n * width_of(f);
	double share = f->n_trees / all_trees(f), *more;

	part_values(f, x, n, out);
	if (f->next == NULL)
		return;
	more = up_alloc_array(values, sizeof(double));
	for (size_t i = 0; i < values; i++)
		out[i] *= share;
	for (const UpForest *part = f->next; part != NULL; part = part->next)
	{
		part_values(part, x, n, more);
		share = part->n_trees / all_trees(f);
		for (size_t i = 0; i < values; i++)
			out[i] += share * more[i];
	}
	up_free(more);
}

void
up_forest_predict_proba(const void *body, const double *x, size_t n, double *out, double *proba)
{
	const UpForest *f = body;
	uint32_t width = width_of(f);

	mean_values(f, x, n, proba);
	for (size_t i = 0; i < n; i++)
	{
		const double *v = proba + i * width;
		uint32_t best = 0;

		for (uint32_t k = 1; k < f->n_classes; k++)
			best = v[k] > v[best] ? k : best;
		out[i] = f->n_classes > 0 ? best : v[0];
	}
}

void
up_forest_predict(const void *body, const double *x, size_t n, double *out)
{
	size_t values_n = n * width_of(body);
	double small[64], *values = values_n <= UP_LENGTH(small) ? small : up_alloc_array(values_n, sizeof(double));

	up_forest_predict_proba(body, x, n, out, values);
	if (values != small)
		up_free(values);
}

void
up_forest_proba(const void *body, const double *x, size_t n, double *out)
{
	mean_values(body, x, n, out);
}

static void
put_part(const UpForest *f, UpWriter *w)
{
	up_put_bins(w, f->bins);
	up_put_tree_count(w, f->n_trees, f->next != NULL);
	up_put_trees(w, f->trees, f->n_trees, f->importance, f->bins->n_features);
}

void
up_forest_write(const void *body, UpWriter *w)
{
	for (const UpForest *f = body; f != NULL; f = f->next)
		put_part(f, w);
}

static UpForest *
get_part(UpReader *r, const UpShape *shape, bool *more)
{
	UpForest *f = up_alloc0(sizeof(UpForest));

	f->n_classes = shape->n_classes;
	f->bins = up_get_bins(r, shape->n_features);
	f->n_trees = up_get_tree_count(r, 1000000, more);
	f->trees = up_get_trees(r, f->bins, f->n_trees, width_of(f), f->n_classes > 0, &f->importance);
	f->walker = up_walker_new(f->trees, f->n_trees, shape->n_features);
	return f;
}

void *
up_forest_read(UpReader *r, const UpShape *shape)
{
	bool more;
	UpForest *first = get_part(r, shape, &more);
	size_t parts = 1;

	/* Forged ones take hundreds of times their bytes. */
	for (UpForest *last = first; more; last = last->next)
	{
		up_walker_reserve(++parts, shape->n_features);
		last->next = get_part(r, shape, &more);
	}
	return first;
}

void
up_forest_importance(const void *body, double *out)
{
	const UpForest *f = body;
	double all = all_trees(f);

	memset(out, 0, f->bins->n_features * sizeof(double));
	for (const UpForest *part = f; part != NULL; part = part->next)
	{
		for (uint32_t j = 0; j < f->bins->n_features; j++)
			out[j] += part->importance[j] * (part == f && f->next == NULL ? 1 : part->n_trees / all);
	}
}

/* A tree that nobody has opened is opened for that alone. */
static uint32_t
depth_of(const UpTree *t)
{
	UpTree opened;
	uint32_t depth;

	if (t->nodes != NULL)
		return up_tree_depth(t);
	opened = up_compact_nodes(t);
	depth = up_tree_depth(&opened);
	up_tree_free_nodes(&opened);
	return depth;
}

void
up_forest_describe(const void *body, UpValue *info)
{
	const UpForest *f = body;
	double leaves = 0, depth = 0, *importance = up_alloc_array(UP_MAX(f->bins->n_features, 1), sizeof(double));

	for (const UpForest *part = f; part != NULL; part = part->next)
	{
		for (uint32_t t = 0; t < part->n_trees; t++)
		{
			up_tick();
			leaves += part->trees[t]->n_leaves;
			depth = UP_MAX(depth, depth_of(part->trees[t]));
		}
	}
	up_forest_importance(f, importance);
	if (all_trees(f) > 1)
		up_value_set(info, "trees", up_value_number(all_trees(f)));
	up_value_set(info, "leaves", up_value_number(leaves));
	up_value_set(info, "depth", up_value_number(depth));
	up_value_set(info, "importance", up_value_numbers(importance, f->bins->n_features));
	up_free(importance);
}

uint32_t
up_forest_n_outputs(const void *body)
{
	const UpForest *f = body;

	return f->n_classes > 2 ? f->n_classes : 1;
}

void
up_forest_raw_scores(const void *body, const double *x, double *out)
{
	const UpForest *f = body;
	double two[2];

	if (f->n_classes != 2)
	{
		mean_values(f, x, 1, out);
		return;
	}
	mean_values(f, x, 1, two);
	out[0] = two[1];
}

/* Every step-th tree. */
static void
explain_every(const UpForest *f, const double *x, uint32_t step, double *out)
{
	uint32_t d = f->bins->n_features, all = (uint32_t) all_trees(f), number = 0;
	double factor = 1.0 / ((all + step - 1) / step);
	uint8_t *codes = up_alloc_array(UP_MAX(d, 1), 1);
	UpShapPoints kept = {0};

	memset(out, 0, (size_t) up_forest_n_outputs(f) * (d + 1) * sizeof(double));
	for (const UpForest *part = f; part != NULL; part = part->next)
	{
		up_bins_encode(part->bins, x, 1, codes);
		/* Of two classes the second one is spoken of. */
		for (uint32_t t = 0; t < part->n_trees; t++)
		{
			if (number++ % step != 0)
				continue;
			up_tree_open(part->trees[t]);
			up_tree_explain(part->trees[t], codes, d, f->n_classes == 2 ? 1 : 0, factor, &kept, out);
		}
	}
	up_free(codes);
}

void
up_forest_explain(const void *body, const double *x, double *out)
{
	explain_every(body, x, 1, out);
}

void
up_forest_explain_some(const void *body, const double *x, size_t most_nodes, double *out)
{
	size_t nodes = 0, step;
	uint32_t trees = (uint32_t) all_trees(body);

	for (const UpForest *part = body; part != NULL; part = part->next)
	{
		for (uint32_t t = 0; t < part->n_trees; t++)
			nodes += part->trees[t]->n_nodes;
	}
	step = UP_MAX(UP_MIN((nodes + most_nodes - 1) / most_nodes, (trees + FEWEST_TREES - 1) / FEWEST_TREES), 1);
	explain_every(body, x, (uint32_t) step, out);
}

/* ---- in words ---- */

/* The condition under which a row goes left (or, not left, right). */
static void
add_condition(UpText *out, const UpForest *f, const UpTree *t, uint32_t i, bool left, const UpNames *names)
{
	const UpNode *node = &t->nodes[i];
	const UpBinning *b = &f->bins->features[node->feature];
	bool first = true, missing = ((node->flags & UP_NODE_MISSING_LEFT) != 0) == left;

	up_text_add(out, names->features[node->feature]);
	if ((node->flags & UP_NODE_SUBSET) == 0)
	{
		if (node->bin + 1u >= b->n_bins)
			up_text_add(out, left ? " is known" : " is missing");
		else
		{
			up_text_add(out, left ? " <= " : " > ");
			up_text_add_number(out, b->edges[node->bin]);
			up_text_add(out, missing ? " or missing" : "");
		}
		return;
	}
	up_text_add(out, " in (");
	for (uint32_t k = 0; k < b->n_values; k++)
	{
		const uint8_t *subset = up_tree_subset(t, i);
		uint8_t code = b->bin_of[k];

		if (((subset[code >> 3] >> (code & 7) & 1) != 0) != left)
			continue;
		up_text_add(out, first ? "" : ", ");
		if (names->values != NULL && names->values[node->feature] != NULL)
			up_text_add(out, names->values[node->feature][k]);
		else
			up_text_add_number(out, k);
		first = false;
	}
	up_text_add(out, missing ? ") or missing" : ")");
}

/* The value, or the classes that occur with their shares. */
static void
add_leaf(UpText *out, const UpForest *f, const double *values, const UpNames *names)
{
	bool first = true;

	up_text_add(out, ": ");
	for (uint32_t k = 0; k < width_of(f); k++)
	{
		if (f->n_classes > 0 && values[k] == 0)
			continue;
		up_text_add(out, first ? "" : ", ");
		if (f->n_classes > 0 && names->classes != NULL)
			up_text_add(out, up_format("%s ", names->classes[k]));
		up_text_add(out, up_format("%.6g", values[k]));
		first = false;
	}
	up_text_add(out, "\n");
}

static void
add_tree(UpText *out, const UpForest *f, const UpTree *t, const UpNames *names)
{
	uint32_t *depth = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t)),
			 *parent = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t));

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const UpNode *node = &t->nodes[i];

		if ((node->flags & UP_NODE_LEAF) == 0)
		{
			depth[i + 1] = depth[node->next] = depth[i] + 1;
			parent[i + 1] = parent[node->next] = i;
		}
		if (i > 0)
		{
			for (uint32_t k = 1; k < depth[i]; k++)
				up_text_add(out, "  ");
			add_condition(out, f, t, parent[i], i == parent[i] + 1, names);
		}
		else if ((node->flags & UP_NODE_LEAF) != 0)
			up_text_add(out, "always");
		if ((node->flags & UP_NODE_LEAF) != 0)
			add_leaf(out, f, t->values + (size_t) node->next * t->width, names);
		else if (i > 0)
			up_text_add(out, "\n");
	}
	up_free(depth);
	up_free(parent);
}

char *
up_forest_show(const void *body, const UpNames *names)
{
	const UpForest *f = body;
	UpText out;

	uint32_t number = 0;

	up_text_init(&out);
	for (const UpForest *part = f; part != NULL; part = part->next)
	{
		for (uint32_t t = 0; t < part->n_trees; t++)
		{
			if (all_trees(f) > 1)
				up_text_add(&out, up_format("tree %u\n", ++number));
			up_tree_open(part->trees[t]);
			add_tree(&out, part, part->trees[t], names);
		}
	}
	return out.bytes;
}
