/*
 * tree_sql.c - a tree as nested CASE expressions
 *
 * A node becomes CASE WHEN condition THEN left ELSE right END. Conditions on what is missing are NULL, which goes right, or are made
 * IS NOT FALSE or IS NOT TRUE, which goes left. Nodes stand in preorder, so one pass with a stack of open nodes writes it.
 */
#include "learn/tree/forest.h"

#include "base/text.h"

#include <string.h>

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
	if (add_side(&list, b, t->subsets + (size_t) t->subset[i] * 32, !missing_left,
				 terms->values[node->feature]) == 0)
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
	up_text_add(out, terms->labels[best]);
}

char *
up_tree_sql(const void *body, const UpSqlTerms *terms)
{
	const UpForest *f = body;
	const UpTree *t = f->trees[0];
	/* Open nodes: true while their left side is written. */
	bool *left = up_alloc_array((size_t) t->n_nodes + 1, sizeof(bool));
	uint32_t n_open = 0;
	UpText out;

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
