/*
 * boost.c - gradient boosting of trees on histograms
 *
 * Each round grows a tree (of k classes, k trees) on the gradients g and hessians h of the loss at the scores so far, splits
 * gaining 1/2 [G_l^2 / (H_l + l2) + G_r^2 / (H_r + l2) - G^2 / (H + l2)], and adds -learning_rate G / (H + l2) to the rows of each
 * leaf (Friedman 2001; Chen, Guestrin 2016; best leaf first: Ke et al. 2017). Columns are as they are: categories by subsets,
 * missing values to the better side. Early stopping watches the loss of rows that are held out.
 *
 * Arrays: codes n × n_features bytes; scores n × outputs. Cost: rounds × O(n n_features) a level.
 */
#include "learn/tree/boost_body.h"

#include "num/vec.h"
#include "learn/class_weights.h"
#include "learn/reuse.h"
#include "learn/tree/boost_rounds.h"
#include "learn/tree/grow_params.h"

#include <math.h>
#include <string.h>

#define SECONDS_OF_ONE 2e-9 /* a row and feature take a round */
#define MOST_COLUMNS   32   /* features of which a copy one by one pays */

/* ---- the learner ---- */

static const char *const losses[] = {"auto",    "log_loss", "squared_error", "absolute_error", "quantile",
									 "poisson", NULL};

#define UP_PARAMS_OF UpBoostParams
static const UpParam boost_params[] = {
	UP_CHOICE_PARAM("loss", loss, "auto", losses, "what is minimized; auto: log_loss, or squared_error"),
	UP_REAL_PARAM("quantile", quantile, "0.5", 0, 1, "loss quantile: which one"),
	UP_REAL_PARAM("learning_rate", learning_rate, "0.1", 0, 1000, "share of each tree's step that is taken",
				  .min_open = true),
	UP_INT_PARAM("n_estimators", n_estimators, "100", 1, 100000, "rounds"),
	UP_INT_PARAM("max_leaf_nodes", max_leaf_nodes, "31", 2, 1000000,
				 "leaves of a tree, grown best first; null: any number", .nullable = true),
	UP_INT_PARAM("max_depth", max_depth, "null", 1, 1000000, "depth at most; null: any", .nullable = true),
	UP_INT_PARAM("min_samples_leaf", min_samples_leaf, "20", 1, 1e9, "rows that a leaf must have"),
	UP_REAL_PARAM("l2_regularization", l2_regularization, "1", 0, 1e300, "added to the hessian of a leaf"),
	UP_REAL_PARAM("min_child_weight", min_child_weight, "null", 0, 1e300,
				  "hessian that a leaf must have; null: 1, of more than two classes 0.1", .nullable = true),
	UP_REAL_PARAM("min_gain", min_gain, "0", 0, 1e300, "least gain of a split"),
	UP_REAL_PARAM("subsample", subsample, "1", 0, 1, "share of the rows that each round sees",
				  .min_open = true),
	UP_REAL_PARAM("colsample", colsample, "1", 0, 1, "share of the features tried at a split",
				  .min_open = true),
	UP_BOOL_PARAM("early_stopping", early_stopping, "false",
				  "holds rows out and ends when their loss does not fall any more"),
	UP_REAL_PARAM("validation_fraction", validation_fraction, "0.1", 0, 0.9,
				  "early_stopping: share of the rows held out", .min_open = true),
	UP_INT_PARAM("n_iter_no_change", n_iter_no_change, "10", 1, 100000,
				 "early_stopping: rounds without a fall"),
	UP_REAL_PARAM("tol", tol, "1e-7", 0, 1e300, "early_stopping: a fall by less is none"),
	UP_TREE_PARAM("monotone", monotone, "null", "object of column and -1, 0 or 1, or array of these",
				  "of features: whether the prediction may only fall (-1) or rise (1) with it"),
	UP_TREE_PARAM("class_weight", class_weight, "null", "balanced, or object of class and weight",
				  "weights of the classes; null: 1 each"),
};

static void
choose_loss(UpBoosting *w)
{
	const UpBoostParams *p = w->p;
	UpLossSpec *s = &w->b->loss;
	bool classify = w->fit->task == UP_TASK_CLASSIFY;

	if (p->loss != 0 && (p->loss == 1) != classify)
		up_fail_with(UP_INVALID_PARAMETER,
					 classify ? "Allowed: log_loss."
							  : "Allowed: squared_error, absolute_error, quantile, poisson.",
					 NULL, "loss \"%s\" of algorithm \"boost\" does not fit a %s", losses[p->loss],
					 classify ? "classification" : "regression");
	s->loss = p->loss == 0 ? (classify ? UP_LOSS_LOG : UP_LOSS_SQUARED) : (UpLoss) (p->loss - 1);
	s->n_classes = w->fit->n_classes;
	s->n_outputs = classify && s->n_classes > 2 ? s->n_classes : 1;
	s->quantile = p->quantile;
	for (size_t i = 0; s->loss == UP_LOSS_POISSON && i < w->n; i++)
	{
		if (w->y[i] < 0)
			up_fail_with(UP_INVALID_DATA, NULL, "Use the loss squared_error.",
						 "the loss \"poisson\" needs a target that is not negative, and a value is %g",
						 w->y[i]);
	}
}

#define OWNER "algorithm \"boost\""

static void
set_direction(UpBoosting *w, uint32_t feature, const UpValue *v)
{
	double m = v->type == UP_NUMBER ? v->number : NAN;

	if (m != -1 && m != 0 && m != 1)
		up_fail(UP_INVALID_PARAMETER, "parameter \"monotone\" of " OWNER " must hold -1, 0 or 1, not %s",
				up_value_text(v));
	/* Of a column that was not selected. */
	if (feature == w->fit->n_features)
		return;
	w->monotone[feature] = (int8_t) m;
	if (m != 0 && w->b->bins->features[feature].n_values > 0)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Give directions to numbers and times.",
					 "%s is a category, which has no direction", up_feature_called(w->fit->pipeline, feature));
}

/* Of columns by their names, or of all features in their order. */
static void
choose_directions(UpBoosting *w)
{
	const UpValue *v = w->p->monotone;
	const UpPipeline *p = w->fit->pipeline;
	uint32_t d = w->fit->n_features;
	bool named = p != NULL && p->by_name;

	if (v == NULL)
		return;
	if (w->b->loss.n_outputs > 1)
		up_fail(UP_INVALID_PARAMETER,
				"parameter \"monotone\" of " OWNER " needs a regression or two classes, and there are %u",
				w->fit->n_classes);
	if (v->type == UP_OBJECT && !named)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "Give an array of -1, 0 and 1, one for each feature in their order.",
					 "parameter \"monotone\" of " OWNER " names features, which arrays do not");
	if (v->type != UP_OBJECT && (v->type != UP_ARRAY || v->n != d))
		up_fail_with(
			UP_INVALID_PARAMETER, up_format("The model has %u features.", d),
			named ? "Name columns, as in {\"age\": 1}, or give -1, 0 or 1 for each feature, in their order."
				  : "Give -1, 0 or 1 for each feature, in their order.",
			"parameter \"monotone\" of " OWNER " is %s", up_value_text(v));
	w->monotone = up_alloc0(UP_MAX(d, 1) * sizeof(int8_t));
	for (uint32_t i = 0; i < v->n; i++)
		set_direction(w, v->type == UP_OBJECT ? up_pipeline_feature_of(p, v->keys[i], "monotone", OWNER) : i,
					  v->items[i]);
}

static void
hold_out(UpBoosting *w)
{
	size_t held = w->p->early_stopping ? (size_t) (w->p->validation_fraction * (double) w->n) : 0;
	size_t *order = NULL;
	uint8_t *is_held = NULL;

	if (held > 0)
	{
		order = up_alloc_large_array(w->n, sizeof(size_t));
		is_held = up_alloc_large_zeroed(w->n, 1);
		w->held = up_alloc_large_array(held, sizeof(uint32_t));
		for (size_t i = 0; i < w->n; i++)
			order[i] = i;
		up_rng_shuffle(&w->rng, order, w->n);
	}
	for (size_t i = 0; i < held; i++)
	{
		w->held[w->n_held++] = (uint32_t) order[i];
		is_held[order[i]] = 1;
	}
	/* In the order in which they stand, which is faster to read. */
	for (size_t i = 0; i < w->n; i++)
	{
		if (held == 0 || !is_held[i])
			w->train[w->n_train++] = (uint32_t) i;
	}
	up_free_large(is_held);
	up_free_large(order);
}

/* Scores that the trees so far give to all rows. */
static void
score_all(UpBoosting *w, const UpBoost *before)
{
	for (UpDataBlock b = up_data_blocks(w->fit->data, 256, false); up_data_next(&b);)
		up_boost_scores(before, b.x, b.n, w->scores + b.first * before->loss.n_outputs);
}

/* Bins, codes and labels: those that are kept, or made and, where there is room, kept. */
static void
read_rows(UpBoosting *w, const UpBoost *before)
{
	const UpData *d = w->fit->data;
	UpReuse *reuse = w->fit->reuse;
	UpBoostKept *kept = reuse != NULL ? reuse->kept : NULL;
	void *memory = NULL;
	bool keep = kept == NULL && up_reuse_take(reuse, w->n * (2 * (size_t) d->n_features + sizeof(double)));

	if (keep)
		memory = up_arena_visit(reuse->arena);
	if (kept == NULL)
		w->b->bins = up_bins_rows(d, before != NULL ? before->bins : NULL, &w->codes,
								  d->n_features <= MOST_COLUMNS ? &w->transposed : NULL, &w->y);
	else
	{
		w->b->bins = kept->bins;
		w->codes = kept->codes;
		w->transposed = kept->transposed;
		w->y = kept->y;
	}
	if (!keep)
		return;
	kept = up_alloc0(sizeof(UpBoostKept));
	kept->bins = w->b->bins;
	kept->codes = w->codes;
	kept->transposed = w->transposed;
	kept->y = w->y;
	up_arena_return(memory);
	reuse->kept = kept;
}

/* before: what is updated, or NULL. */
static void
prepare(UpBoosting *w, const UpBoost *before)
{
	const UpData *d = w->fit->data;
	size_t n = UP_MAX(d->n_rows, 1), outputs = w->fit->n_classes > 2 ? w->fit->n_classes : 1;
	double *weight;

	w->n = d->n_rows;
	read_rows(w, before);
	w->scores = up_alloc_large_array(n * outputs, sizeof(double));
	w->gradient = up_alloc_large_array(n * outputs, sizeof(double));
	w->hessian = up_alloc_large_array(n * outputs, sizeof(double));
	w->train = up_alloc_large_array(n, sizeof(uint32_t));
	if (w->p->subsample < 1)
		w->sample = up_alloc_large_array(n, sizeof(uint32_t));
	w->leaf_of = up_alloc_large_array(n, sizeof(uint32_t));
	choose_loss(w);
	if (up_loss_leaf_is_quantile(&w->b->loss))
		w->buffer = up_alloc_large_array(2 * n, sizeof(double));
	choose_directions(w);
	weight = up_row_weights(w->p->class_weight, w->fit, w->y, w->n, "algorithm \"boost\"");
	if (weight != NULL)
		w->weight = memcpy(up_alloc_large_array(n, sizeof(double)), weight, w->n * sizeof(double));
	up_free(weight);
	up_rng_init(&w->rng, w->fit->seed, 77);
	hold_out(w);
	w->b->start = up_alloc0(outputs * sizeof(double));
	if (before != NULL)
	{
		if (w->b->loss.loss != before->loss.loss || w->b->loss.quantile != before->loss.quantile)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change it.",
						 "the loss of boosting cannot be changed by an update");
		memcpy(w->b->start, before->start, outputs * sizeof(double));
		score_all(w, before);
		return;
	}
	if (w->fit->task != UP_TASK_CLASSIFY || w->fit->n_classes > 1)
		up_loss_start(&w->b->loss, w->y, w->weight, w->train, w->n_train, w->b->start);
}

static void
set_growing(UpBoosting *w, UpGrowing *g)
{
	const UpBoostParams *p = w->p;

	g->bins = w->b->bins;
	g->codes = w->codes;
	g->transposed = w->transposed;
	g->n_all = w->n;
	g->criterion = UP_GRADIENT;
	g->max_depth = p->max_depth == INT64_MIN ? UINT32_MAX : (uint32_t) p->max_depth;
	g->max_leaf_nodes = p->max_leaf_nodes == INT64_MIN ? 0 : (uint32_t) p->max_leaf_nodes;
	g->min_samples_split = 2;
	g->min_samples_leaf = (double) p->min_samples_leaf;
	/* Of several classes a score begins with a hessian of 1/k a row, and each has its own tree. */
	g->min_weight = !isnan(p->min_child_weight) ? p->min_child_weight : w->b->loss.n_outputs > 1 ? 0.1 : 1;
	g->min_decrease = p->min_gain;
	g->l2 = p->l2_regularization;
	g->max_features = (uint32_t) UP_MAX(floor(p->colsample * w->b->bins->n_features), 1);
	g->monotone = w->monotone;
	g->rng = &w->rng;
	g->importance = w->b->importance;
}

static void
set_blocks(UpBoosting *w, const UpGrowing *g)
{
	uint32_t rows = up_boost_round_rows(w);

	w->block_rows = UP_MAX(up_boost_block_rows(g, rows), 1);
	if (w->grower != NULL)
		w->measured = up_alloc_large_array((size_t) up_boost_blocks(w, rows) * w->b->loss.n_outputs,
										   sizeof(UpBoostMeasure));
}

/* What a training has worked on; codes and labels only where no other may still need them. */
static void
free_rows(UpBoosting *w)
{
	up_free_large(w->scores);
	up_free_large(w->gradient);
	up_free_large(w->hessian);
	up_free_large(w->train);
	up_free_large(w->sample);
	up_free_large(w->measured);
	up_free_large(w->leaf_of);
	up_free_large(w->weight);
	up_free_large(w->buffer);
	up_free_large(w->held);
	up_free_large(w->before);
	if (w->fit->reuse != NULL)
		return;
	up_free_large(w->codes);
	up_free_large(w->transposed);
	up_free_large(w->y);
}

/* UpBoosting of n_rounds, after those of before (or NULL). */
static UpBoost *
boost(const UpFit *fit, const UpBoost *before, uint32_t n_rounds)
{
	UpBoosting w = {.fit = fit, .p = fit->params, .b = up_alloc0(sizeof(UpBoost))};
	uint32_t d = fit->data->n_features, n_before = before != NULL ? before->n_trees : 0;
	size_t outputs = fit->n_classes > 2 ? fit->n_classes : 1;
	UpGrowing g = {0};

	if (fit->data->n_rows > UINT32_MAX / 2)
		up_fail(UP_LIMIT, "boosting can be trained on at most %u rows", UINT32_MAX / 2);
	/* Trainings of a search are too short to start workers for each. */
	up_workers_begin(fit->reuse != NULL || !up_boost_has_parts(fit->data->n_rows, d)
						 ? 0
						 : SECONDS_OF_ONE * (double) fit->data->n_rows * d * n_rounds * (double) outputs);
	prepare(&w, before);
	w.b->importance = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	w.b->next = before != NULL ? before->next : NULL;
	w.b->trees = up_alloc0((n_rounds * outputs + n_before) * sizeof(UpTree *));
	for (uint32_t t = 0; t < n_before; t++)
	{
		up_tree_open(before->trees[t]);
		w.b->trees[w.b->n_trees++] = before->trees[t];
	}
	set_growing(&w, &g);
	if (g.max_features >= d)
		w.grower = up_boost_grower_new(&g);
	set_blocks(&w, &g);
	up_boost_rounds(&w, &g, n_rounds, before != NULL);
	if (w.grower != NULL)
		up_boost_grower_free(w.grower);
	free_rows(&w);
	up_workers_end();
	up_vec_to_shares(w.b->importance, d);
	for (uint32_t j = 0; before != NULL && j < d; j++)
		w.b->importance[j] =
			(before->importance[j] * n_before + w.b->importance[j] * (w.b->n_trees - n_before)) / w.b->n_trees;
	/* What is written needs none. */
	if (fit->reuse == NULL)
		w.b->walker = up_walker_new(w.b->trees, w.b->n_trees, d);
	return w.b;
}

static void *
boost_fit(const UpFit *fit)
{
	return boost(fit, NULL, (uint32_t) ((const UpBoostParams *) fit->params)->n_estimators);
}

/* More rounds on the new rows, from the scores that they have so far. */
static void *
boost_update(const void *body, const UpFit *fit)
{
	const UpBoost *before = body;
	uint32_t rounds = up_growth_trees(fit, ((const UpBoostParams *) fit->params)->n_estimators,
									  before->n_trees / before->loss.n_outputs);
	UpBoost *b;

	if (before->n_trees > 10000000 - (uint64_t) rounds * before->loss.n_outputs)
		up_fail_with(UP_LIMIT, NULL, "Train it anew.", "boosting cannot grow beyond %d trees", 10000000);
	b = boost(fit, before, rounds);
	up_value_set(fit->info, "grown_rounds",
				 up_value_number((b->n_trees - before->n_trees) / b->loss.n_outputs));
	return b;
}

const UpLearner up_boost = {
	.name = "boost",
	.number = 7,
	.format = UP_TREES_FORMAT,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE | UP_L_WEIGHTS,
	.help = "gradient boosting of trees on histograms",
	.params = {boost_params, UP_LENGTH(boost_params)},
	.params_size = sizeof(UpBoostParams),
	.path = "n_estimators",
	.fit = boost_fit,
	.predict = up_boost_predict,
	.proba = up_boost_proba,
	.predict_proba = up_boost_predict_proba,
	.write = up_boost_write,
	.read = up_boost_read,
	.describe = up_boost_describe,
	.importance = up_boost_importance,
	.update = boost_update,
	.explain = up_boost_explain,
	.raw_scores = up_boost_raw_scores,
	.n_outputs = up_boost_n_outputs,
	.average = up_boost_average,
};
