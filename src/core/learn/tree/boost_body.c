/*
 * boost_body.c - trained boosting in use and as bytes; see boost_body.h
 *
 * Rows are turned into codes once and walk through the trees in blocks (tree_walk.h).
 */
#include "learn/tree/boost_body.h"

#include "learn/tree/tree_shap.h"

#include <math.h>
#include <string.h>

void
up_boost_scores(const UpBoost *b, const double *x, size_t n, double *scores)
{
	up_walker_sums(b->walker, b->bins, x, n, b->loss.n_outputs, b->start, scores);
}

void
up_boost_proba(const void *body, const double *x, size_t n, double *out)
{
	const UpBoost *b = body;
	double *scores = up_alloc_array(n * b->loss.n_outputs, sizeof(double));

	up_boost_scores(b, x, n, scores);
	for (size_t i = 0; i < n; i++)
		up_loss_proba(&b->loss, scores + i * b->loss.n_outputs, out + i * b->loss.n_classes);
	up_free(scores);
}

void
up_boost_predict(const void *body, const double *x, size_t n, double *out)
{
	const UpBoost *b = body;
	double *scores = up_alloc_array(n * b->loss.n_outputs, sizeof(double));

	up_boost_scores(b, x, n, scores);
	for (size_t i = 0; i < n; i++)
	{
		const double *s = scores + i * b->loss.n_outputs;
		uint32_t best = 0;

		if (b->loss.n_classes == 0)
			out[i] = up_loss_value(&b->loss, s[0]);
		else if (b->loss.n_outputs == 1)
			out[i] = b->loss.n_classes == 2 && s[0] > 0;
		else
		{
			for (uint32_t k = 1; k < b->loss.n_outputs; k++)
				best = s[k] > s[best] ? k : best;
			out[i] = best;
		}
	}
	up_free(scores);
}

void
up_boost_write(const void *body, UpWriter *w)
{
	const UpBoost *b = body;

	up_put_u8(w, (uint8_t) b->loss.loss);
	up_put_f64(w, b->loss.quantile);
	up_put_bins(w, b->bins);
	up_put_f64_array(w, b->start, b->loss.n_outputs);
	up_put_u32(w, b->n_trees);
	UP_ASSERT(b->n_trees > 0 && b->n_trees % b->loss.n_outputs == 0);
	up_put_trees(w, b->trees, b->n_trees, b->importance, b->bins->n_features);
}

void *
up_boost_read(UpReader *r, const UpShape *shape)
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
	b->n_trees = up_get_count(r, 6, 10000000, "trees");
	if (b->n_trees == 0 || b->n_trees % b->loss.n_outputs != 0)
		up_corrupt(r, "number of trees");
	b->trees = up_get_trees(r, b->bins, b->n_trees, 1, false, &b->importance);
	b->walker = up_walker_new(b->trees, b->n_trees, shape->n_features);
	return b;
}

void
up_boost_describe(const void *body, UpValue *info)
{
	const UpBoost *b = body;
	double leaves = 0;

	for (uint32_t t = 0; t < b->n_trees; t++)
		leaves += b->trees[t]->n_leaves;
	up_value_set(info, "trees", up_value_number(b->n_trees));
	up_value_set(info, "leaves", up_value_number(leaves));
	up_value_set(info, "start", up_value_numbers(b->start, b->loss.n_outputs));
	up_value_set(info, "importance", up_value_numbers(b->importance, b->bins->n_features));
}

void
up_boost_importance(const void *body, double *out)
{
	const UpBoost *b = body;

	memcpy(out, b->importance, b->bins->n_features * sizeof(double));
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

void
up_boost_explain(const void *body, const double *x, double *out)
{
	const UpBoost *b = body;
	uint32_t d = b->bins->n_features;
	uint8_t *codes = up_alloc_array(UP_MAX(d, 1), 1);
	UpShapPoints kept = {0};

	memset(out, 0, (size_t) b->loss.n_outputs * (d + 1) * sizeof(double));
	up_bins_encode(b->bins, x, 1, codes);
	for (uint32_t output = 0; output < b->loss.n_outputs; output++)
		out[(size_t) output * (d + 1) + d] = b->start[output];
	for (uint32_t t = 0; t < b->n_trees; t++)
	{
		up_tree_open(b->trees[t]);
		up_tree_explain(b->trees[t], codes, d, 0, 1, &kept, out + (size_t) (t % b->loss.n_outputs) * (d + 1));
	}
	up_free(codes);
}
