/*
 * boost_body.c - trained boosting in use and as bytes; see boost_body.h
 *
 * Rows are turned into codes once and walk through the trees in blocks (tree_walk.h).
 *
 * The mean of two models, by the rows behind each, adds shares of their scores: the trees of both, with what their leaves hold
 * multiplied by the share. Each keeps the bins that it was grown with.
 */
#include "learn/tree/boost_body.h"

#include "learn/tree/tree_shap.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

void
up_boost_scores(const UpBoost *b, const double *x, size_t n, double *scores)
{
	double *more;

	up_walker_sums(b->walker, b->bins, x, n, b->loss.n_outputs, b->start, scores);
	if (b->next == NULL)
		return;
	more = up_alloc_array(n * b->loss.n_outputs, sizeof(double));
	for (const UpBoost *part = b->next; part != NULL; part = part->next)
	{
		up_walker_sums(part->walker, part->bins, x, n, part->loss.n_outputs, part->start, more);
		up_vec_axpy(scores, 1, more, n * b->loss.n_outputs);
	}
	up_free(more);
}

static double
answer_of(const UpLossSpec *loss, const double *scores)
{
	uint32_t best = 0;

	if (loss->n_classes == 0)
		return up_loss_value(loss, scores[0]);
	if (loss->n_outputs == 1)
		return loss->n_classes == 2 && scores[0] > 0;
	for (uint32_t k = 1; k < loss->n_outputs; k++)
		best = scores[k] > scores[best] ? k : best;
	return best;
}

/* out, proba: NULL where they are not asked for. */
static void
answer(const UpBoost *b, const double *x, size_t n, double *out, double *proba)
{
	double *scores = up_alloc_array(n * b->loss.n_outputs, sizeof(double));

	up_boost_scores(b, x, n, scores);
	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = answer_of(&b->loss, scores + i * b->loss.n_outputs);
	for (size_t i = 0; proba != NULL && i < n; i++)
		up_loss_proba(&b->loss, scores + i * b->loss.n_outputs, proba + i * b->loss.n_classes);
	up_free(scores);
}

void
up_boost_predict(const void *body, const double *x, size_t n, double *out)
{
	answer(body, x, n, out, NULL);
}

void
up_boost_proba(const void *body, const double *x, size_t n, double *out)
{
	answer(body, x, n, NULL, out);
}

void
up_boost_predict_proba(const void *body, const double *x, size_t n, double *out, double *proba)
{
	answer(body, x, n, out, proba);
}

static void
put_part(const UpBoost *b, UpWriter *w)
{
	up_put_u8(w, (uint8_t) b->loss.loss);
	up_put_f64(w, b->loss.quantile);
	up_put_bins(w, b->bins);
	up_put_f64_array(w, b->start, b->loss.n_outputs);
	up_put_tree_count(w, b->n_trees, b->next != NULL);
	UP_ASSERT(b->n_trees > 0 && b->n_trees % b->loss.n_outputs == 0);
	up_put_trees(w, b->trees, b->n_trees, b->importance, b->bins->n_features);
}

void
up_boost_write(const void *body, UpWriter *w)
{
	for (const UpBoost *b = body; b != NULL; b = b->next)
		put_part(b, w);
}

static UpBoost *
get_part(UpReader *r, const UpShape *shape, bool *more)
{
	UpBoost *b = up_alloc0(sizeof(UpBoost));
	uint8_t loss = up_get_u8(r);

	if (loss > UP_LOSS_POISSON || (loss == UP_LOSS_LOG) != (shape->n_classes > 0))
		up_corrupt(r, "loss of boosting");
	b->loss.loss = (UpLoss) loss;
	b->loss.n_classes = shape->n_classes;
	b->loss.n_outputs = shape->n_classes > 2 ? shape->n_classes : 1;
	b->loss.quantile = up_get_f64(r);
	b->bins = up_get_bins(r, shape->n_features);
	b->start = up_alloc_array(b->loss.n_outputs, sizeof(double));
	up_get_f64_array(r, b->start, b->loss.n_outputs);
	b->n_trees = up_get_tree_count(r, 10000000, more);
	if (b->n_trees % b->loss.n_outputs != 0)
		up_corrupt(r, "number of trees");
	b->trees = up_get_trees(r, b->bins, b->n_trees, 1, false, &b->importance);
	b->walker = up_walker_new(b->trees, b->n_trees, shape->n_features);
	return b;
}

void *
up_boost_read(UpReader *r, const UpShape *shape)
{
	bool more;
	UpBoost *first = get_part(r, shape, &more);
	size_t parts = 1;

	for (UpBoost *last = first; more; last = last->next)
	{
		up_walker_reserve(++parts, shape->n_features);
		last->next = get_part(r, shape, &more);
		if (last->next->loss.loss != first->loss.loss || last->next->loss.quantile != first->loss.quantile)
			up_corrupt(r, "loss of boosting");
	}
	return first;
}

void
up_boost_describe(const void *body, UpValue *info)
{
	const UpBoost *b = body;
	double trees = 0, leaves = 0, parts = 0;
	double *start = up_alloc0(b->loss.n_outputs * sizeof(double));
	double *importance = up_alloc_array(UP_MAX(b->bins->n_features, 1), sizeof(double));

	for (const UpBoost *part = b; part != NULL; part = part->next)
	{
		parts++;
		trees += part->n_trees;
		for (uint32_t t = 0; t < part->n_trees; t++)
			leaves += part->trees[t]->n_leaves;
		up_vec_axpy(start, 1, part->start, b->loss.n_outputs);
	}
	up_boost_importance(body, importance);
	if (b->next != NULL)
		up_value_set(info, "parts", up_value_number(parts));
	up_value_set(info, "trees", up_value_number(trees));
	up_value_set(info, "leaves", up_value_number(leaves));
	up_value_set(info, "start", up_value_numbers(start, b->loss.n_outputs));
	up_value_set(info, "importance", up_value_numbers(importance, b->bins->n_features));
}

/* Of parts, the mean by their trees. */
void
up_boost_importance(const void *body, double *out)
{
	const UpBoost *b = body;
	double all = 0;

	if (b->next == NULL)
	{
		memcpy(out, b->importance, b->bins->n_features * sizeof(double));
		return;
	}
	for (const UpBoost *part = b; part != NULL; part = part->next)
		all += part->n_trees;
	memset(out, 0, b->bins->n_features * sizeof(double));
	for (const UpBoost *part = b; part != NULL; part = part->next)
		up_vec_axpy(out, part->n_trees / all, part->importance, b->bins->n_features);
}

uint32_t
up_boost_n_outputs(const void *body)
{
	return ((const UpBoost *) body)->loss.n_outputs;
}

void
up_boost_raw_scores(const void *body, const double *x, double *out)
{
	up_boost_scores(body, x, 1, out);
}

static void
explain_part(const UpBoost *b, const double *x, uint8_t *codes, double *out)
{
	uint32_t d = b->bins->n_features;
	UpShapPoints kept = {0};

	up_bins_encode(b->bins, x, 1, codes);
	for (uint32_t output = 0; output < b->loss.n_outputs; output++)
		out[(size_t) output * (d + 1) + d] += b->start[output];
	for (uint32_t t = 0; t < b->n_trees; t++)
	{
		up_tree_open(b->trees[t]);
		up_tree_explain(b->trees[t], codes, d, 0, 1, &kept, out + (size_t) (t % b->loss.n_outputs) * (d + 1));
	}
}

void
up_boost_explain(const void *body, const double *x, double *out)
{
	const UpBoost *b = body;
	uint32_t d = b->bins->n_features;
	uint8_t *codes = up_alloc_array(UP_MAX(d, 1), 1);

	memset(out, 0, (size_t) b->loss.n_outputs * (d + 1) * sizeof(double));
	for (const UpBoost *part = b; part != NULL; part = part->next)
		explain_part(part, x, codes, out);
	up_free(codes);
}

/* ---- a mean ------------------------------------------------------------------------------------------------------- */

UpTree *
up_boost_share_of_tree(UpTree *t, double share)
{
	UpTree *copy = up_alloc(sizeof(UpTree));
	size_t n = (size_t) t->n_leaves * t->width;

	up_tree_open(t);
	*copy = *t;
	copy->written = NULL;
	copy->n_written = 0;
	copy->values = up_alloc_array(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		copy->values[i] = share * t->values[i];
	return copy;
}

static UpBoost *
share_of_part(const UpBoost *b, double share)
{
	UpBoost *part = up_alloc(sizeof(UpBoost));

	*part = *b;
	part->next = NULL;
	part->start = up_alloc_array(b->loss.n_outputs, sizeof(double));
	for (uint32_t k = 0; k < b->loss.n_outputs; k++)
		part->start[k] = share * b->start[k];
	part->trees = up_alloc_array(b->n_trees, sizeof(UpTree *));
	for (uint32_t t = 0; t < b->n_trees; t++)
	{
		if (t % 64 == 0)
			up_tick();
		part->trees[t] = up_boost_share_of_tree(b->trees[t], share);
	}
	part->walker = up_walker_new(part->trees, part->n_trees, part->bins->n_features);
	return part;
}

void *
up_boost_average(const void *a, double rows_a, const void *b, double rows_b)
{
	UpBoost *first = NULL, **end = &first;

	for (int side = 0; side < 2; side++)
	{
		for (const UpBoost *part = side == 0 ? a : b; part != NULL; part = part->next)
		{
			up_tick();
			*end = share_of_part(part, (side == 0 ? rows_a : rows_b) / (rows_a + rows_b));
			end = &(*end)->next;
		}
	}
	return first;
}
