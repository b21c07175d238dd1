/*
 * tree_shap.c - exact SHAP values of one tree; see tree_shap.h
 *
 * The values are those of path-dependent TreeSHAP (Lundberg, Erion, Lee 2018): where a feature is known its branch is taken, where
 * it is not both are, by their training weight. Shapley's value of feature i is the integral over q in [0, 1] of what knowing i
 * adds where each other feature is known with probability q (Owen 1972). A leaf that x's own branches reach in the features with
 * one = 1 is then reached with the probability Π (q one_f + (1 - q) zero_f) over the features of its path, zero_f the product of
 * their shares of weight. That is a polynomial in q of a degree below the number of features of the path, so that Gauss's
 * quadrature by half as many points is exact; all terms are positive, and nothing is lost by cancellation (the evaluation of linear
 * TreeSHAP, Yu et al. 2022, at points that need no matrix to be inverted).
 *
 * One walk: downwards the path's product at each point, upwards the sums over the leaves below. A split adds to its feature
 *
 *   Σ w_q ((1 - zero) S_hot / (q + (1 - q) zero) - S_cold / (1 - q))
 *
 * and, where the path met the feature before, takes back what the subtree had added there. A feature that x has left stays so:
 * splits by it are means of their branches and add nothing.
 *
 * Cost: O(nodes × points × outputs), points = features or depth, the lesser, / 2; memory O(depth × points).
 */
#include "learn/tree/tree_shap.h"

#include <math.h>
#include <string.h>

#define POINTS_STEP 4 /* points are a multiple of it */
#define TICK_NODES  4096

/* A split on the path from the root. */
typedef struct Step
{
	uint32_t node;
	uint8_t side; /* the child that comes next: 0 left, 1 right, 2 none */
	uint8_t hot;  /* the child that x goes to */
	double share[2];
	double zero; /* of the split's feature above it: 1 not met yet, 0 x has left its branches */
	const double *inverse;
	double *path; /* points: the product so far */
	double *own;  /* points: 1 / the factor of the hot child */
	double *sums; /* 2 × points × outputs, of the children */
} Step;

typedef struct Shap
{
	const UpTree *tree;
	const uint8_t *codes;
	uint32_t n_features, first, n_outputs;
	double factor;
	double *out;
	double *points, *weights, *cold, *cold_weights; /* q, w, 1 - q, w / (1 - q) */
	double *zero;                                   /* of each feature, as in Step */
	const double **inverse; /* of each feature that is met and not left: 1 / its factor */
	Step *steps;
} Shap;

/* Gauss and Legendre's points and weights on [0, 1], by Newton's method. */
static void
quadrature(Shap *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
	{
		double x = cos(3.14159265358979323846 * (i + 0.75) / (n + 0.5)), slope = 1;

		for (int round = 0; round < 20; round++)
		{
			double p = x, before = 1, step;

			for (uint32_t k = 2; k <= n; k++)
			{
				double next = ((2.0 * k - 1) * x * p - (k - 1.0) * before) / k;

				before = p;
				p = next;
			}
			slope = n * (x * p - before) / (x * x - 1);
			step = p / slope;
			x -= step;
			if (fabs(step) < 1e-15)
				break;
		}
		s->points[i] = (1 - x) / 2;
		s->cold[i] = (1 + x) / 2;
		s->weights[i] = 1 / ((1 - x * x) * slope * slope);
		s->cold_weights[i] = s->weights[i] / s->cold[i];
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
	subset = up_tree_subset(t, i);
	return (subset[code >> 3] >> (code & 7) & 1) != 0;
}

static inline void
enter(const Shap *s, Step *step, uint32_t node)
{
	const UpTree *t = s->tree;
	uint32_t feature = t->nodes[node].feature;

	step->node = node;
	step->side = 0;
	step->hot = goes_left(t, node, s->codes) ? 0 : 1;
	step->share[0] = t->cover[node + 1] / t->cover[node];
	step->share[1] = t->cover[t->nodes[node].next] / t->cover[node];
	step->zero = s->zero[feature];
	step->inverse = s->inverse[feature];
}

/* The path's product and what is known of the split's feature, for one of its children. */
static inline __attribute__((always_inline)) void
descend(Shap *s, const Step *step, uint8_t side, double *UP_RESTRICT path, uint32_t n)
{
	const double *UP_RESTRICT above = step->path, *UP_RESTRICT inverse = step->inverse;
	double *UP_RESTRICT own = step->own, zero = step->zero * step->share[side];
	uint32_t feature = s->tree->nodes[step->node].feature;

	if (step->zero == 0)
	{
		for (uint32_t i = 0; i < n; i++)
			path[i] = above[i] * step->share[side];
	}
	else if (side != step->hot)
	{
		for (uint32_t i = 0; i < n; i++)
			path[i] = above[i] * inverse[i] * (s->cold[i] * zero);
		s->zero[feature] = 0;
	}
	else
	{
		for (uint32_t i = 0; i < n; i++)
		{
			double here = s->points[i] + s->cold[i] * zero;

			own[i] = 1 / here;
			path[i] = above[i] * inverse[i] * here;
		}
		s->zero[feature] = zero;
		s->inverse[feature] = own;
	}
}

static inline __attribute__((always_inline)) void
add_leaf(const Shap *s, uint32_t node, const double *UP_RESTRICT path, double *UP_RESTRICT sums, uint32_t n)
{
	const UpTree *t = s->tree;
	const double *values = t->values + (size_t) t->nodes[node].next * t->width + s->first;
	double share = s->factor * t->cover[node] / t->cover[0];

	for (uint32_t k = 0; k < s->n_outputs; k++)
	{
		for (uint32_t i = 0; i < n; i++)
			sums[(size_t) k * n + i] = values[k] * path[i];
		s->out[(size_t) k * (s->n_features + 1) + s->n_features] += share * values[k];
	}
}

/* What the split adds to its feature; the sums of its children become one. */
static inline __attribute__((always_inline)) void
leave(Shap *s, const Step *step, double *UP_RESTRICT total, uint32_t n)
{
	uint32_t feature = s->tree->nodes[step->node].feature;
	double kept = 1 - step->zero * step->share[step->hot], before = 1 - step->zero;
	const double *UP_RESTRICT own = step->own, *UP_RESTRICT inverse = step->inverse;

	for (uint32_t k = 0; k < s->n_outputs; k++)
	{
		const double *UP_RESTRICT hot = step->sums + ((size_t) step->hot * s->n_outputs + k) * n,
								  *UP_RESTRICT cold =
									  step->sums + ((size_t) (1 - step->hot) * s->n_outputs + k) * n;
		double *UP_RESTRICT sum = total + (size_t) k * n, added[4] = {0, 0, 0, 0};

		for (uint32_t i = 0; i < n; i++)
			sum[i] = hot[i] + cold[i];
		if (step->zero == 0)
			continue;
		for (uint32_t i = 0; i < n; i += 4)
		{
			for (uint32_t j = 0; j < 4; j++)
				added[j] += s->weights[i + j] *
								(kept * hot[i + j] * own[i + j] - before * sum[i + j] * inverse[i + j]) -
							s->cold_weights[i + j] * cold[i + j];
		}
		s->out[(size_t) k * (s->n_features + 1) + feature] +=
			s->factor * ((added[0] + added[1]) + (added[2] + added[3]));
	}
	s->zero[feature] = step->zero;
	s->inverse[feature] = step->inverse;
}

static inline __attribute__((always_inline)) void
walk(Shap *s, double *total, uint32_t n)
{
	const UpTree *t = s->tree;
	size_t level = 0, nodes = 0;

	enter(s, s->steps, 0);
	for (;;)
	{
		Step *step = s->steps + level;
		uint32_t child;

		if (step->side == 2)
		{
			if (level == 0)
			{
				leave(s, step, total, n);
				return;
			}
			level--;
			leave(s, step, step[-1].sums + (size_t) (step[-1].side - 1) * s->n_outputs * n, n);
			continue;
		}
		child = step->side == 0 ? step->node + 1 : t->nodes[step->node].next;
		descend(s, step, step->side, step[1].path, n);
		if ((t->nodes[child].flags & UP_NODE_LEAF) != 0)
			add_leaf(s, child, step[1].path, step->sums + (size_t) step->side * s->n_outputs * n, n);
		else
		{
			enter(s, step + 1, child);
			level++;
		}
		step->side++;
		if (++nodes % TICK_NODES == 0)
			up_tick();
	}
}

/* The usual numbers of points are constants, so that loops over them become a few vector operations. */
static void
walk_by(Shap *s, double *total, uint32_t n)
{
	switch (n)
	{
		case 4:
			walk(s, total, 4);
			break;
		case 8:
			walk(s, total, 8);
			break;
		case 12:
			walk(s, total, 12);
			break;
		case 16:
			walk(s, total, 16);
			break;
		case 20:
			walk(s, total, 20);
			break;
		default:
			walk(s, total, n);
			break;
	}
}

/* They stand one after the other: points, weights, cold, cold_weights. */
static void
take_points(Shap *s, uint32_t n, UpShapPoints *kept)
{
	if (kept->n == n)
		memcpy(s->points, kept->numbers, 4 * (size_t) n * sizeof(double));
	else
		quadrature(s, n);
	if (kept->n != n && n <= UP_SHAP_POINTS)
	{
		memcpy(kept->numbers, s->points, 4 * (size_t) n * sizeof(double));
		kept->n = n;
	}
}

/* A node's features are at most its depth. */
static uint32_t
points_of(uint32_t depth, uint32_t n_features)
{
	uint32_t n = (UP_MIN(depth, n_features) + 1) / 2;

	return (n + POINTS_STEP - 1) / POINTS_STEP * POINTS_STEP;
}

void
up_tree_explain(const UpTree *t, const uint8_t *codes, uint32_t n_features, uint32_t first, double factor,
				UpShapPoints *kept, double *out)
{
	uint32_t depth = t->depth > 0 ? t->depth : up_tree_depth(t), n = points_of(depth, n_features);
	Shap s = {
		.tree = t, .codes = codes, .n_features = n_features, .first = first, .factor = factor, .out = out};
	size_t a_step;
	double *buffer, *at;

	UP_ASSERT(first < t->width);
	up_tick();
	s.n_outputs = t->width - first;
	if ((t->nodes[0].flags & UP_NODE_LEAF) != 0)
	{
		for (uint32_t k = 0; k < s.n_outputs; k++)
			out[(size_t) k * (n_features + 1) + n_features] += factor * t->values[first + k];
		return;
	}
	a_step = (size_t) n * (2 + 2 * (size_t) s.n_outputs);
	up_reserve(((size_t) depth + 2) * (a_step * sizeof(double) + sizeof(Step)), "explaining a prediction");
	buffer = up_alloc_array(((size_t) depth + 2) * a_step + 5 * (size_t) n + n_features, sizeof(double));
	s.steps = up_alloc_array((size_t) depth + 2, sizeof(Step));
	s.inverse = up_alloc_array(n_features, sizeof(double *));
	for (uint32_t level = 0; level < depth + 2; level++)
	{
		s.steps[level].path = buffer + level * a_step;
		s.steps[level].own = s.steps[level].path + n;
		s.steps[level].sums = s.steps[level].own + n;
	}
	at = buffer + ((size_t) depth + 2) * a_step;
	s.points = at;
	s.weights = at + n;
	s.cold = at + 2 * (size_t) n;
	s.cold_weights = at + 3 * (size_t) n;
	s.zero = at + 5 * (size_t) n;
	take_points(&s, n, kept);
	for (uint32_t i = 0; i < n; i++)
		s.steps[0].path[i] = at[4 * (size_t) n + i] = 1;
	for (uint32_t j = 0; j < n_features; j++)
	{
		s.zero[j] = 1;
		s.inverse[j] = at + 4 * (size_t) n;
	}
	/* The root's sums are not asked for: they go where a step has none below it. */
	walk_by(&s, s.steps[depth + 1].sums, n);
	up_free(buffer);
	up_free(s.steps);
	up_free(s.inverse);
}
