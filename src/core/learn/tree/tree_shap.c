/*
 * tree_shap.c - exact SHAP values of one tree; see tree_nodes.h
 *
 * Path-dependent TreeSHAP (Lundberg, Erion, Lee 2018, algorithm 2): the tree is walked once, and each path carries, for the
 * features met so far, the share of subsets of them of each size that lead here: when a feature is known, its branch; when it is
 * not, both branches by their training weight. A leaf then gives each feature of its path what knowing it adds.
 * Cost: O(leaves × depth^2); memory O(depth^2).
 */
#include "learn/tree/tree_nodes.h"

#include <string.h>

typedef struct Element
{
	int64_t feature;  /* -1: the root's */
	double zero, one; /* share of the paths that go on where the feature is not known, known */
	double weight;
} Element;

typedef struct Shap
{
	const UpTree *tree;
	const uint8_t *codes;
	uint32_t n_features;
	double factor;
	double *out;
	double *expected; /* width */
} Shap;

static void
extend(Element *path, uint32_t length, double zero, double one, int64_t feature)
{
	path[length] = (Element){feature, zero, one, length == 0 ? 1 : 0};
	for (uint32_t i = length; i-- > 0;)
	{
		path[i + 1].weight += one * path[i].weight * (i + 1) / (length + 1);
		path[i].weight = zero * path[i].weight * (length - i) / (length + 1);
	}
}

static void
unwind(Element *path, uint32_t length, uint32_t at)
{
	double one = path[at].one, zero = path[at].zero, next = path[length - 1].weight;

	for (uint32_t i = length - 1; i-- > 0;)
	{
		if (one != 0)
		{
			double kept = path[i].weight;

			path[i].weight = next * length / ((i + 1) * one);
			next = kept - path[i].weight * zero * (length - 1 - i) / length;
		}
		else
			path[i].weight = path[i].weight * length / (zero * (length - 1 - i));
	}
	for (uint32_t i = at; i + 1 < length; i++)
	{
		path[i].feature = path[i + 1].feature;
		path[i].zero = path[i + 1].zero;
		path[i].one = path[i + 1].one;
	}
}

/* The sum of the weights that unwinding would leave. */
static double
unwound_sum(const Element *path, uint32_t length, uint32_t at)
{
	double one = path[at].one, zero = path[at].zero, next = path[length - 1].weight, total = 0;

	for (uint32_t i = length - 1; i-- > 0;)
	{
		if (one != 0)
		{
			double here = next * length / ((i + 1) * one);

			total += here;
			next = path[i].weight - here * zero * (length - 1 - i) / length;
		}
		else
			total += path[i].weight * length / (zero * (length - 1 - i));
	}
	return total;
}

static void
explain_leaf(const Shap *s, uint32_t node, const Element *path, uint32_t length)
{
	const UpTree *t = s->tree;
	const double *values = t->values + (size_t) t->nodes[node].next * t->width;

	for (uint32_t i = 1; i < length; i++)
	{
		double share = unwound_sum(path, length, i) * (path[i].one - path[i].zero) * s->factor;

		for (uint32_t k = 0; k < t->width; k++)
			s->out[(size_t) k * (s->n_features + 1) + (size_t) path[i].feature] += share * values[k];
	}
}

static bool
goes_left(const UpTree *t, uint32_t i, const uint8_t *codes)
{
	const UpNode *node = &t->nodes[i];
	uint8_t code = codes[node->feature];
	const uint8_t *subset;

	if (code == UP_BIN_MISSING)
		return (node->flags & UP_NODE_MISSING_LEFT) != 0;
	if ((node->flags & UP_NODE_SUBSET) == 0)
		return code <= node->bin;
	subset = t->subsets + (size_t) t->subset[i] * 32;
	return (subset[code >> 3] >> (code & 7) & 1) != 0;
}

/* path: the parent's; a copy for this node stands behind it. */
static void
visit(const Shap *s, uint32_t node, const Element *parent, uint32_t length, double zero, double one,
	  int64_t feature)
{
	const UpTree *t = s->tree;
	Element *path = (Element *) parent + length + 1;
	uint32_t hot, cold, at = 1;
	double hot_share, cold_share, zero_before = 1, one_before = 1;

	memcpy(path, parent, length * sizeof(Element));
	extend(path, length, zero, one, feature);
	length++;
	if ((t->nodes[node].flags & UP_NODE_LEAF) != 0)
	{
		explain_leaf(s, node, path, length);
		return;
	}
	hot = goes_left(t, node, s->codes) ? node + 1 : t->nodes[node].next;
	cold = hot == node + 1 ? t->nodes[node].next : node + 1;
	hot_share = t->cover[hot] / t->cover[node];
	cold_share = t->cover[cold] / t->cover[node];
	/* A feature that was met before: its earlier element is taken back, and what it let through is kept. */
	while (at < length && path[at].feature != t->nodes[node].feature)
		at++;
	if (at < length)
	{
		zero_before = path[at].zero;
		one_before = path[at].one;
		unwind(path, length, at);
		length--;
	}
	visit(s, hot, path, length, hot_share * zero_before, one_before, t->nodes[node].feature);
	visit(s, cold, path, length, cold_share * zero_before, 0, t->nodes[node].feature);
}

void
up_tree_explain(const UpTree *t, const uint8_t *codes, uint32_t n_features, double factor, double *out)
{
	uint32_t depth = up_tree_depth(t);
	Shap s = {t, codes, n_features, factor, out, NULL};
	/* Each level has a copy, one longer than the one above; and a place between. */
	Element *paths = up_alloc_array((size_t) (depth + 3) * (depth + 4), sizeof(Element));

	up_tick();
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if ((t->nodes[i].flags & UP_NODE_LEAF) == 0)
			continue;
		for (uint32_t k = 0; k < t->width; k++)
			out[(size_t) k * (n_features + 1) + n_features] +=
				factor * t->cover[i] / t->cover[0] * t->values[(size_t) t->nodes[i].next * t->width + k];
	}
	visit(&s, 0, paths, 0, 1, 1, -1);
	up_free(paths);
}
