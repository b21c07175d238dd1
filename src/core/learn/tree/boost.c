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

#include "base/rng.h"
#include "num/vec.h"
#include "learn/class_weights.h"
#include "learn/reuse.h"
#include "learn/tree/tree_grow.h"
#include "learn/tree/grow_params.h"

#include <math.h>
#include <string.h>

typedef struct BoostParams
{
	int loss; /* 0: auto, else 1 + UpLoss */
	double quantile;
	double learning_rate;
	int64_t n_estimators;
	int64_t max_leaf_nodes;
	int64_t max_depth;
	int64_t min_samples_leaf;
	double l2_regularization;
	double min_child_weight;
	double min_gain;
	double subsample;
	double colsample;
	bool early_stopping;
	double validation_fraction;
	int64_t n_iter_no_change;
	double tol;
	UpValue *monotone;
	UpValue *class_weight;
} BoostParams;

#define MOST_GROWING 8

/* A boosting that can go on: the same rounds begin one of more rounds, and the first of them are one of fewer. */
typedef struct Rounds
{
	BoostParams how; /* but for n_estimators */
	bool whole;      /* nothing has interrupted a round */
	uint32_t n_trees, capacity;
	UpTree **trees;
	double *scores; /* after all of them */
	UpRng rng;
	size_t bytes;
} Rounds;

/* What trainings on the same rows share. */
typedef struct Kept
{
	UpBins *bins;
	uint8_t *codes, *transposed;
	double *y;
	uint32_t n_growing, next_growing;
	Rounds growing[MOST_GROWING];
} Kept;

/* What a training works on. */
typedef struct Boosting
{
	const UpFit *fit;
	const BoostParams *p;
	UpBoost *b;
	size_t n;
	uint8_t *codes, *transposed; /* row by row; feature by feature */
	double *y, *weight, *scores, *gradient, *hessian, *buffer;
	double *before; /* scores before the round, where it may have to be halved, or NULL */
	double most;    /* that a leaf may move scores by */
	uint32_t *train, *held, *sample;
	uint32_t n_train, n_held;
	int8_t *monotone;
	UpRng rng;
	Rounds *rounds; /* that it begins with, or NULL */
} Boosting;

/* ---- the rounds of gradient boosting: steps that cannot raise the loss, early stopping, the start ---- */

/*
 * Classes begin at even odds (all scores 0), not at their shares: from the share of a rare class, where p (1 - p) is next to
 * nothing, a Newton step jumps far beyond the least loss or no leaf has the hessian it needs; from even odds small leaves are found
 * first and scores stay moderate (as XGBoost until 1.7, whose answers on rare classes this equals). After few rounds scores have not
 * come down to the shares yet: where the loss of the training rows then is above that of constant shares, and only there (elsewhere
 * it would make rows of another share worse), the start is moved until the probabilities of each class sum to its rows; were that not
 * enough, all trees are halved until the loss is not above.
 *
 * A Newton step knows the curvature where it begins. While a score moves by t, the hessians of the logistic and the Poisson loss
 * grow by no more than e^t: a step of t = learning_rate G / (H + l2) cannot raise the loss of its rows while learning_rate e^t <= 2.
 * Steps are cut to 1, which is within that bound at the usual rates. Where it proves nothing (several classes, whose trees move at
 * once, high rates, rows left out by subsample, leaves of quantiles) the loss is looked at after each round, and a round that raised
 * it is halved until it does not.
 */

#define MOST_HALVINGS 10 /* the last of them takes the round away, or all */
#define MOST_REFITS   50

/* Rows of one round: all, or each with the share of places left. */
static uint32_t
draw_rows(Boosting *w)
{
	uint32_t wanted = (uint32_t) UP_MAX(w->p->subsample * w->n_train, 1), n = 0;

	for (uint32_t i = 0; i < w->n_train; i++)
	{
		if (wanted - n == w->n_train - i || up_rng_below(&w->rng, w->n_train - i) < wanted - n)
			w->sample[n++] = w->train[i];
	}
	return n;
}

/* How far a leaf may go, and whether the loss must be looked at after each round; see the top. */
static void
bound_steps(Boosting *w)
{
	const UpLossSpec *s = &w->b->loss;
	double rate = w->p->learning_rate;
	bool proved = rate <= 1;

	w->most = INFINITY;
	if (s->loss == UP_LOSS_LOG || s->loss == UP_LOSS_POISSON)
	{
		/* At rate 1 as far as a Newton step from even odds. */
		w->most = UP_MAX(1, 2 * rate);
		proved = s->n_outputs == 1 && rate * exp(w->most) <= 2;
	}
	if (!proved || w->p->subsample < 1 || up_loss_leaf_is_quantile(s))
		w->before = up_alloc_array(UP_MAX(w->n, 1) * s->n_outputs, sizeof(double));
}

/* A tree's step, times the learning rate, into its leaves and the scores of all rows. */
static void
take_step(Boosting *w, const UpGrown *grown, uint32_t output)
{
	UpTree *t = grown->tree;
	uint32_t d = w->b->bins->n_features, outputs = w->b->loss.n_outputs;

	UP_ASSERT(output < outputs);
	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
	{
		uint32_t first = grown->leaf_first[leaf], n = grown->leaf_first[leaf + 1] - first;

		if (up_loss_leaf_is_quantile(&w->b->loss))
			t->values[leaf] =
				up_loss_leaf_quantile(&w->b->loss, w->y, w->scores, grown->rows + first, n, w->buffer);
		t->values[leaf] *= w->p->learning_rate;
		/* A leaf without gradient and hessian is 0/0. */
		if (isnan(t->values[leaf]))
			t->values[leaf] = 0;
		t->values[leaf] = UP_MIN(UP_MAX(t->values[leaf], -w->most), w->most);
		if (!isfinite(t->values[leaf]))
			t->values[leaf] = 0;
	}
	if (w->p->subsample == 1)
	{
		for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
		{
			for (uint32_t r = grown->leaf_first[leaf]; r < grown->leaf_first[leaf + 1]; r++)
				w->scores[(size_t) grown->rows[r] * outputs + output] += t->values[leaf];
		}
	}
	for (uint32_t i = 0; i < (w->p->subsample == 1 ? w->n_held : w->n_train + w->n_held); i++)
	{
		uint32_t r = w->p->subsample == 1 || i >= w->n_train
						 ? w->held[w->p->subsample == 1 ? i : i - w->n_train]
						 : w->train[i];

		if ((i & 0xffff) == 0)
			up_tick();
		w->scores[(size_t) r * outputs + output] += *up_tree_walk(t, w->codes + (size_t) r * d);
	}
}

static void
grow_round(Boosting *w, UpGrowing *g)
{
	UpBoost *b = w->b;

	g->rows = w->train;
	g->n_rows = w->n_train;
	if (w->p->subsample < 1)
	{
		g->rows = w->sample;
		g->n_rows = draw_rows(w);
	}
	/* All gradients of a round are at the scores before it. */
	for (uint32_t output = 0; output < b->loss.n_outputs; output++)
	{
		double *gradient = w->gradient + (size_t) output * w->n, *hessian = w->hessian + (size_t) output * w->n;

		up_loss_gradients(&b->loss, output, w->y, w->weight, w->scores, g->rows, g->n_rows, gradient, hessian);
	}
	for (uint32_t output = 0; output < b->loss.n_outputs; output++)
	{
		UpGrown grown;

		g->y = w->gradient + (size_t) output * w->n;
		g->weight = w->hessian + (size_t) output * w->n;
		grown = up_tree_grow(g);
		take_step(w, &grown, output);
		b->trees[b->n_trees++] = grown.tree;
		up_free(grown.rows);
		up_free(grown.leaf_first);
	}
}

static double
training_loss(const Boosting *w)
{
	return up_loss_mean(&w->b->loss, w->y, w->weight, w->scores, w->train, w->n_train);
}

/* Halves the last round's trees until they do not raise the loss of the training rows; returns that loss. */
static double
keep_loss(Boosting *w, double loss_before)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;
	double loss = training_loss(w);

	/* !(<=): a loss beyond all numbers is a rise as well. */
	for (int tries = 1; !(loss <= loss_before) && tries <= MOST_HALVINGS; tries++)
	{
		double share = tries < MOST_HALVINGS ? 0.5 : 0;

		for (uint32_t t = b->n_trees - outputs; t < b->n_trees; t++)
		{
			for (uint32_t leaf = 0; leaf < b->trees[t]->n_leaves; leaf++)
				b->trees[t]->values[leaf] *= share;
		}
		for (size_t i = 0; i < w->n * outputs; i++)
			w->scores[i] = w->before[i] + share * (w->scores[i] - w->before[i]);
		loss = training_loss(w);
	}
	return loss;
}

/* Takes the trees from n_trees on away again, from the scores as well. */
static void
drop_trees(Boosting *w, uint32_t n_trees)
{
	UpBoost *b = w->b;
	uint32_t d = b->bins->n_features, outputs = b->loss.n_outputs;

	for (uint32_t t = n_trees; t < b->n_trees; t++)
	{
		up_tick();
		for (size_t i = 0; i < w->n; i++)
			w->scores[i * outputs + t % outputs] -= *up_tree_walk(b->trees[t], w->codes + i * d);
	}
	b->n_trees = n_trees;
}

static void
run_rounds(Boosting *w, UpGrowing *g, uint32_t n_rounds)
{
	UpBoost *b = w->b;
	double best = INFINITY, now = training_loss(w);
	uint32_t best_trees = 0, without = 0, rounds = 0, least = b->n_trees;
	size_t n_scores = w->n * b->loss.n_outputs;

	for (; rounds < n_rounds; rounds++)
	{
		up_progress("boosting: rounds", rounds, n_rounds);
		if (w->before != NULL)
			memcpy(w->before, w->scores, n_scores * sizeof(double));
		grow_round(w, g);
		if (w->before != NULL)
			now = keep_loss(w, now);
		if (w->n_held == 0)
			continue;
		double loss = up_loss_mean(&b->loss, w->y, w->weight, w->scores, w->held, w->n_held);

		if (loss < best - w->p->tol)
		{
			best = loss;
			best_trees = b->n_trees;
			without = 0;
		}
		else if (++without >= w->p->n_iter_no_change)
			break;
	}
	if (w->n_held > 0)
	{
		drop_trees(w, UP_MAX(best_trees, UP_MAX(least, b->loss.n_outputs)));
		up_value_set(w->fit->info, "validation_loss", up_value_number(best));
	}
	up_value_set(w->fit->info, "rounds", up_value_number(b->n_trees / b->loss.n_outputs));
}

/* Moves the start to where the probabilities of each class sum to its rows, which lowers the loss; see the top. */
static void
refit_start(Boosting *w)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;
	double *moves = up_alloc_array(outputs, sizeof(double));

	for (int step = 0; step < MOST_REFITS; step++)
	{
		double most = up_loss_refit(&b->loss, w->y, w->weight, w->scores, w->train, w->n_train, moves);

		for (uint32_t k = 0; k < outputs; k++)
			b->start[k] += moves[k];
		for (size_t i = 0; i < w->n * outputs; i++)
			w->scores[i] += moves[i % outputs];
		if (most < 1e-6)
			break;
	}
	up_free(moves);
}

/* Trees whose leaves may be changed: those that other trainings share stay as they are. */
static void
own_trees(UpBoost *b)
{
	for (uint32_t t = 0; t < b->n_trees; t++)
	{
		UpTree *tree = up_alloc(sizeof(UpTree));

		*tree = *b->trees[t];
		tree->values = up_alloc_array((size_t) tree->n_leaves * tree->width, sizeof(double));
		memcpy(tree->values, b->trees[t]->values, (size_t) tree->n_leaves * tree->width * sizeof(double));
		b->trees[t] = tree;
	}
}

/* Sees to it that the loss of the training rows is not above the constant's, which the scores constant give. */
static void
end_below(Boosting *w, double loss, const double *constant)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;

	if (training_loss(w) <= loss)
		return;
	refit_start(w);
	if (w->rounds != NULL)
		own_trees(b);
	for (int tries = 1; !(training_loss(w) <= loss) && tries <= MOST_HALVINGS; tries++)
	{
		double share = tries < MOST_HALVINGS ? 0.5 : 0;

		for (uint32_t t = 0; t < b->n_trees; t++)
		{
			for (uint32_t leaf = 0; leaf < b->trees[t]->n_leaves; leaf++)
				b->trees[t]->values[leaf] *= share;
		}
		for (size_t i = 0; i < w->n * outputs; i++)
			w->scores[i] = constant[i % outputs] + share * (w->scores[i] - b->start[i % outputs]);
		memcpy(b->start, constant, outputs * sizeof(double));
		if (share > 0)
			refit_start(w);
	}
}

/* The start as the score of all rows. */
static void
set_scores(Boosting *w)
{
	uint32_t outputs = w->b->loss.n_outputs;

	for (size_t i = 0; i < w->n * outputs; i++)
		w->scores[i] = w->b->start[i % outputs];
}

/* ---- rounds that trainings share ---- */

static bool
grows_alike(const BoostParams *a, const BoostParams *b)
{
	BoostParams x, y;

	/* With what lies between the fields. */
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x.n_estimators = y.n_estimators = 0;
	x.monotone = x.class_weight = y.monotone = y.class_weight = NULL;
	return memcmp(&x, &y, sizeof(BoostParams)) == 0 && up_value_equal(a->monotone, b->monotone) &&
		   up_value_equal(a->class_weight, b->class_weight);
}

static void
forget_rounds(UpReuse *reuse, Rounds *s)
{
	for (uint32_t t = 0; t < s->n_trees; t++)
	{
		up_free(s->trees[t]->nodes);
		up_free(s->trees[t]->values);
		up_free(s->trees[t]->cover);
		up_free(s->trees[t]->subsets);
		up_free(s->trees[t]->subset);
		up_free(s->trees[t]);
	}
	up_free(s->trees);
	up_free(s->scores);
	up_reuse_give_back(reuse, s->bytes);
	memset(s, 0, sizeof(Rounds));
}

/* The rounds that these parameters go on from, none at first; NULL: nothing is kept. */
static Rounds *
find_rounds(Boosting *w)
{
	UpReuse *reuse = w->fit->reuse;
	Kept *kept = reuse != NULL ? reuse->kept : NULL;
	size_t bytes = w->n * w->b->loss.n_outputs * sizeof(double);
	Rounds *s;
	void *before;

	if (kept == NULL || w->n_held > 0)
		return NULL;
	for (uint32_t i = 0; i < kept->n_growing; i++)
	{
		if (kept->growing[i].whole && grows_alike(&kept->growing[i].how, w->p))
			return &kept->growing[i];
	}
	s = &kept->growing[kept->next_growing];
	if (kept->n_growing == MOST_GROWING)
		forget_rounds(reuse, s);
	if (!up_reuse_take(reuse, bytes))
		return NULL;
	kept->n_growing = UP_MAX(kept->n_growing, kept->next_growing + 1);
	kept->next_growing = (kept->next_growing + 1) % MOST_GROWING;
	before = up_arena_visit(reuse->arena);
	memcpy(&s->how, w->p, sizeof(BoostParams));
	s->how.monotone = w->p->monotone != NULL ? up_value_copy(w->p->monotone) : NULL;
	s->how.class_weight = w->p->class_weight != NULL ? up_value_copy(w->p->class_weight) : NULL;
	s->scores = up_alloc_array(UP_MAX(bytes, 1), 1);
	up_arena_return(before);
	memcpy(s->scores, w->scores, bytes);
	s->rng = w->rng;
	s->bytes = bytes;
	s->whole = true;
	return s;
}

/* Grows what is missing of n_trees; in the memory of what is kept. */
static void
grow_missing(Boosting *w, UpGrowing *g, uint32_t n_trees)
{
	Rounds *s = w->rounds;
	UpBoost *b = w->b;
	double *scores = w->scores;
	size_t bytes = 0;
	void *before = up_arena_visit(w->fit->reuse->arena);

	s->whole = false;
	if (s->capacity < n_trees)
		s->trees = s->trees == NULL ? up_alloc_array(n_trees, sizeof(UpTree *))
									: up_realloc(s->trees, (size_t) n_trees * sizeof(UpTree *));
	s->capacity = UP_MAX(s->capacity, n_trees);
	b->trees = s->trees;
	b->n_trees = s->n_trees;
	w->scores = s->scores;
	w->rng = s->rng;
	run_rounds(w, g, (n_trees - s->n_trees) / b->loss.n_outputs);
	for (; s->n_trees < n_trees; s->n_trees++)
		bytes += up_tree_bytes(s->trees[s->n_trees]);
	s->rng = w->rng;
	/* Where there is no room for them they serve this once. */
	s->whole = up_reuse_take(w->fit->reuse, bytes);
	s->bytes += s->whole ? bytes : 0;
	w->scores = scores;
	up_arena_return(before);
}

/* The first n_rounds of the rounds that are kept, and the scores after them. */
static void
take_rounds(Boosting *w, UpGrowing *g, uint32_t n_rounds)
{
	Rounds *s = w->rounds;
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs, n_trees = n_rounds * outputs, d = b->bins->n_features;
	UpTree **trees = b->trees;

	if (s->n_trees < n_trees)
		grow_missing(w, g, n_trees);
	b->trees = trees;
	b->n_trees = n_trees;
	memcpy(b->trees, s->trees, n_trees * sizeof(UpTree *));
	if (s->n_trees == n_trees)
	{
		memcpy(w->scores, s->scores, w->n * outputs * sizeof(double));
		return;
	}
	for (uint32_t t = 0; t < n_trees; t++)
	{
		up_tick();
		for (size_t i = 0; i < w->n; i++)
			w->scores[i * outputs + t % outputs] += *up_tree_walk(b->trees[t], w->codes + i * d);
	}
}

/* Grows the trees of n_rounds on what is prepared; an update goes on from the scores that there are. */
static void
grow_rounds(Boosting *w, UpGrowing *g, uint32_t n_rounds, bool update)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;
	bool even = b->loss.loss == UP_LOSS_LOG && !update;
	double loss, *constant = up_alloc0(outputs * sizeof(double));

	UP_ASSERT(b->n_trees % outputs == 0);
	if (!update)
		set_scores(w);
	loss = training_loss(w);
	/* A classifier begins at even odds, see the top. */
	if (even)
	{
		memcpy(constant, b->start, outputs * sizeof(double));
		memset(b->start, 0, outputs * sizeof(double));
		set_scores(w);
	}
	bound_steps(w);
	w->rounds = update ? NULL : find_rounds(w);
	if (w->rounds != NULL)
		take_rounds(w, g, n_rounds);
	else
		run_rounds(w, g, n_rounds);
	if (even)
		end_below(w, loss, constant);
	up_value_set(w->fit->info, "start_loss", up_value_number(loss));
	up_value_set(w->fit->info, "training_loss", up_value_number(training_loss(w)));
	up_free(constant);
}

/* ---- the learner ---- */

static const char *const losses[] = {"auto",    "log_loss", "squared_error", "absolute_error", "quantile",
									 "poisson", NULL};

#define UP_PARAMS_OF BoostParams
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
	UP_TREE_PARAM("monotone", monotone, "null", "array of -1, 0 and 1",
				  "of each feature: whether the prediction may only fall (-1) or rise (1) with it"),
	UP_TREE_PARAM("class_weight", class_weight, "null", "balanced, or object of class and weight",
				  "weights of the classes; null: 1 each"),
};

static void
choose_loss(Boosting *w)
{
	const BoostParams *p = w->p;
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

static void
choose_directions(Boosting *w)
{
	const UpValue *v = w->p->monotone;
	uint32_t d = w->fit->n_features;

	if (v == NULL)
		return;
	if (v->type != UP_ARRAY || v->n != d || w->b->loss.n_outputs > 1)
		up_fail_with(UP_INVALID_PARAMETER,
					 up_format("The model has %u features%s.", d,
							   w->b->loss.n_outputs > 1 ? " and more than two classes" : ""),
					 "Give -1, 0 or 1 for each feature, in their order.",
					 "parameter \"monotone\" of algorithm \"boost\" is %s", up_value_text(v));
	w->monotone = up_alloc_array(UP_MAX(d, 1), sizeof(int8_t));
	for (uint32_t j = 0; j < d; j++)
	{
		double m = v->items[j]->type == UP_NUMBER ? v->items[j]->number : NAN;

		if (m != -1 && m != 0 && m != 1)
			up_fail(UP_INVALID_PARAMETER,
					"parameter \"monotone\" of algorithm \"boost\" must hold -1, 0 or 1, not %s",
					up_value_text(v->items[j]));
		w->monotone[j] = (int8_t) m;
		if (m != 0 && w->b->bins->features[j].n_values > 0)
			up_fail(UP_INVALID_PARAMETER, "feature %u is a category, which has no direction", j + 1);
	}
}

static void
hold_out(Boosting *w)
{
	size_t *order = up_alloc_array(UP_MAX(w->n, 1), sizeof(size_t));
	size_t held = w->p->early_stopping ? (size_t) (w->p->validation_fraction * (double) w->n) : 0;

	for (size_t i = 0; i < w->n; i++)
		order[i] = i;
	if (held > 0)
		up_rng_shuffle(&w->rng, order, w->n);
	for (size_t i = 0; i < w->n; i++)
	{
		if (i < held)
			w->held[w->n_held++] = (uint32_t) order[i];
		else
			w->train[w->n_train++] = (uint32_t) order[i];
	}
	up_free(order);
}

/* Scores that the trees so far give to all rows. */
static void
score_all(Boosting *w, const UpBoost *before)
{
	for (UpDataBlock b = up_data_blocks(w->fit->data, 256, false); up_data_next(&b);)
		up_boost_scores(before, b.x, b.n, w->scores + b.first * before->loss.n_outputs);
}

/* The codes feature by feature. */
static uint8_t *
transpose_codes(const uint8_t *codes, size_t n_rows, size_t d)
{
	uint8_t *transposed = up_alloc_array(UP_MAX(n_rows, 1), UP_MAX(d, 1));

	for (size_t first = 0; first < n_rows; first += 256)
	{
		size_t n = UP_MIN(256, n_rows - first);

		up_tick();
		for (size_t j = 0; j < d; j++)
		{
			for (size_t i = 0; i < n; i++)
				transposed[j * n_rows + first + i] = codes[(first + i) * d + j];
		}
	}
	return transposed;
}

/* Bins, codes and labels: those that are kept, or made and, where there is room, kept. */
static void
read_rows(Boosting *w, const UpBoost *before)
{
	const UpData *d = w->fit->data;
	UpReuse *reuse = w->fit->reuse;
	Kept *kept = reuse != NULL ? reuse->kept : NULL;
	void *memory = NULL;
	bool keep = kept == NULL && up_reuse_take(reuse, w->n * (2 * (size_t) d->n_features + sizeof(double)));

	if (keep)
		memory = up_arena_visit(reuse->arena);
	if (kept == NULL)
	{
		w->b->bins = up_bins_rows(d, before != NULL ? before->bins : NULL, &w->codes, &w->y);
		w->transposed = transpose_codes(w->codes, w->n, d->n_features);
	}
	else
	{
		w->b->bins = kept->bins;
		w->codes = kept->codes;
		w->transposed = kept->transposed;
		w->y = kept->y;
	}
	if (!keep)
		return;
	kept = up_alloc0(sizeof(Kept));
	kept->bins = w->b->bins;
	kept->codes = w->codes;
	kept->transposed = w->transposed;
	kept->y = w->y;
	up_arena_return(memory);
	reuse->kept = kept;
}

/* before: what is updated, or NULL. */
static void
prepare(Boosting *w, const UpBoost *before)
{
	const UpData *d = w->fit->data;
	size_t n = UP_MAX(d->n_rows, 1), outputs = w->fit->n_classes > 2 ? w->fit->n_classes : 1;

	w->n = d->n_rows;
	w->scores = up_alloc_array(n * outputs, sizeof(double));
	w->gradient = up_alloc_array(n * outputs, sizeof(double));
	w->hessian = up_alloc_array(n * outputs, sizeof(double));
	w->buffer = up_alloc_array(2 * n, sizeof(double));
	w->train = up_alloc_array(n, sizeof(uint32_t));
	w->held = up_alloc_array(n, sizeof(uint32_t));
	w->sample = up_alloc_array(n, sizeof(uint32_t));
	read_rows(w, before);
	choose_loss(w);
	choose_directions(w);
	w->weight = up_row_weights(w->p->class_weight, w->fit, w->y, w->n, "algorithm \"boost\"");
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
set_growing(Boosting *w, UpGrowing *g)
{
	const BoostParams *p = w->p;

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

/* Boosting of n_rounds, after those of before (or NULL). */
static UpBoost *
boost(const UpFit *fit, const UpBoost *before, uint32_t n_rounds)
{
	Boosting w = {.fit = fit, .p = fit->params, .b = up_alloc0(sizeof(UpBoost))};
	uint32_t d = fit->data->n_features, n_before = before != NULL ? before->n_trees : 0;
	size_t outputs = fit->n_classes > 2 ? fit->n_classes : 1;
	UpGrowing g = {0};

	if (fit->data->n_rows > UINT32_MAX / 2)
		up_fail(UP_LIMIT, "boosting can be trained on at most %u rows", UINT32_MAX / 2);
	up_reserve(fit->data->n_rows * (2 * d + 60 + 32 * outputs), "boosting");
	prepare(&w, before);
	w.b->importance = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	w.b->trees = up_alloc0((n_rounds * outputs + n_before) * sizeof(UpTree *));
	for (uint32_t t = 0; t < n_before; t++)
		w.b->trees[w.b->n_trees++] = before->trees[t];
	set_growing(&w, &g);
	grow_rounds(&w, &g, n_rounds, before != NULL);
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
	return boost(fit, NULL, (uint32_t) ((const BoostParams *) fit->params)->n_estimators);
}

/* More rounds on the new rows, from the scores that they have so far. */
static void *
boost_update(const void *body, const UpFit *fit)
{
	const UpBoost *before = body;
	uint32_t rounds = up_growth_trees(fit, ((const BoostParams *) fit->params)->n_estimators,
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
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE,
	.help = "gradient boosting of trees on histograms",
	.params = {boost_params, UP_LENGTH(boost_params)},
	.params_size = sizeof(BoostParams),
	.path = "n_estimators",
	.fit = boost_fit,
	.predict = up_boost_predict,
	.proba = up_boost_proba,
	.write = up_boost_write,
	.read = up_boost_read,
	.describe = up_boost_describe,
	.importance = up_boost_importance,
	.update = boost_update,
	.explain = up_boost_explain,
	.raw_scores = up_boost_raw_scores,
	.n_outputs = up_boost_n_outputs,
};
