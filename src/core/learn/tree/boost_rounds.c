/*
 * boost_rounds.c - the rounds of gradient boosting: steps that cannot raise the loss, the start, rounds that trainings share
 *
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
#include "learn/tree/boost_rounds.h"

#include "learn/reuse.h"
#include "learn/tree/boost_loss.h"
#include "learn/tree/boost_scores.h"

#include <math.h>
#include <string.h>

#define MOST_HALVINGS 10 /* the last of them takes the round away, or all */
#define MOST_REFITS   50

/* Rows of one round: all, or each with the share of places left. */
static uint32_t
draw_rows(UpBoosting *w)
{
	uint32_t wanted = up_boost_round_rows(w), n = 0;

	for (uint32_t i = 0; i < w->n_train; i++)
	{
		if (wanted - n == w->n_train - i || up_rng_below(&w->rng, w->n_train - i) < wanted - n)
			w->sample[n++] = w->train[i];
	}
	return n;
}

/* How far a leaf may go, and whether the loss must be looked at after each round; see the top. */
static void
bound_steps(UpBoosting *w)
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
		w->before = up_alloc_large_array(UP_MAX(w->n, 1) * s->n_outputs, sizeof(double));
}

/* The rows of a tree leaf by leaf; first: n_leaves + 1 places. */
static uint32_t *
rows_by_leaf(const UpBoosting *w, const UpGrowing *g, uint32_t n_leaves, uint32_t *first)
{
	uint32_t *rows = up_alloc_large_array(UP_MAX(g->n_rows, 1), sizeof(uint32_t));

	memset(first, 0, ((size_t) n_leaves + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < g->n_rows; i++)
		first[w->leaf_of[g->rows[i]] + 1]++;
	for (uint32_t leaf = 0; leaf < n_leaves; leaf++)
		first[leaf + 1] += first[leaf];
	for (uint32_t i = 0; i < g->n_rows; i++)
		rows[first[w->leaf_of[g->rows[i]]]++] = g->rows[i];
	for (uint32_t leaf = n_leaves; leaf > 0; leaf--)
		first[leaf] = first[leaf - 1];
	first[0] = 0;
	return rows;
}

/* Leaves that are quantiles of what is left of their rows. */
static void
set_quantiles(UpBoosting *w, const UpGrowing *g, UpTree *t)
{
	uint32_t *first = up_alloc_array((size_t) t->n_leaves + 1, sizeof(uint32_t));
	uint32_t *rows = rows_by_leaf(w, g, t->n_leaves, first);

	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
		t->values[leaf] = up_loss_leaf_quantile(&w->b->loss, w->y, w->weight, w->scores, rows + first[leaf],
												first[leaf + 1] - first[leaf], w->buffer);
	up_free_large(rows);
	up_free(first);
}

/* The step of a tree on g->rows, times the learning rate, into its leaves and the scores of all rows. */
static void
take_step(UpBoosting *w, const UpGrowing *g, UpTree *t, uint32_t output)
{
	bool last = output + 1 == w->b->loss.n_outputs;
	uint32_t d = w->b->bins->n_features, outputs = w->b->loss.n_outputs;
	bool some = w->p->subsample < 1;

	UP_ASSERT(output < outputs);
	if (up_loss_leaf_is_quantile(&w->b->loss))
		set_quantiles(w, g, t);
	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
	{
		double value = t->values[leaf] * w->p->learning_rate;

		/* A leaf without gradient and hessian is 0/0. */
		value = isnan(value) ? 0 : UP_MIN(UP_MAX(value, -w->most), w->most);
		t->values[leaf] = isfinite(value) ? value : 0;
	}
	w->ready = w->flows && last;
	if (!some)
		up_boost_add_leaves(w, t, output, g->rows, g->n_rows, w->ready);
	for (uint32_t i = 0; i < (some ? w->n_train : 0) + w->n_held; i++)
	{
		uint32_t r = i < w->n_held ? w->held[i] : w->train[i - w->n_held];

		if ((i & 0xffff) == 0)
			up_tick();
		w->scores[(size_t) r * outputs + output] += *up_tree_walk(t, w->codes + (size_t) r * d);
	}
}

/* Grown by the general way, which also draws features. */
static UpTree *
grow_generally(UpBoosting *w, const UpGrowing *g)
{
	UpGrown grown = up_tree_grow(g);

	for (uint32_t leaf = 0; leaf < grown.tree->n_leaves; leaf++)
	{
		for (uint32_t i = grown.leaf_first[leaf]; i < grown.leaf_first[leaf + 1]; i++)
			w->leaf_of[grown.rows[i]] = leaf;
	}
	up_free(grown.rows);
	up_free(grown.leaf_first);
	return grown.tree;
}

static void
grow_round(UpBoosting *w, UpGrowing *g)
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
	if (!w->ready)
		up_boost_gradients(w, g->rows, g->n_rows);
	for (uint32_t output = 0; output < b->loss.n_outputs; output++)
	{
		UpTree *t = NULL;

		g->y = w->gradient + (size_t) output * w->n;
		g->weight = w->hessian + (size_t) output * w->n;
		if (w->grower != NULL)
			t = up_boost_tree(w->grower, g, w->measured + output * up_boost_blocks(w, g->n_rows), w->leaf_of);
		if (t == NULL)
			t = grow_generally(w, g);
		take_step(w, g, t, output);
		b->trees[b->n_trees++] = t;
	}
}

static double
training_loss(const UpBoosting *w)
{
	return up_boost_loss(w, w->train, w->n_train);
}

/* Halves the last round's trees until they do not raise the loss of the training rows; returns that loss. */
static double
keep_loss(UpBoosting *w, double loss_before)
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
drop_trees(UpBoosting *w, uint32_t n_trees)
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
run_rounds(UpBoosting *w, UpGrowing *g, uint32_t n_rounds)
{
	UpBoost *b = w->b;
	double best = INFINITY, now = w->before != NULL ? training_loss(w) : NAN;
	uint32_t best_trees = 0, without = 0, rounds = 0, least = b->n_trees;
	size_t n_scores = w->n * b->loss.n_outputs;

	w->ready = false;
	for (; rounds < n_rounds; rounds++)
	{
		up_progress("boosting: rounds", rounds, n_rounds);
		if (w->before != NULL)
			memcpy(w->before, w->scores, n_scores * sizeof(double));
		w->flows = w->before == NULL && w->p->subsample >= 1 && rounds + 1 < n_rounds;
		grow_round(w, g);
		if (w->before != NULL)
			now = keep_loss(w, now);
		if (w->n_held == 0)
			continue;
		double loss = up_boost_loss(w, w->held, w->n_held);

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
refit_start(UpBoosting *w)
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
		b->trees[t] = up_boost_share_of_tree(b->trees[t], 1);
}

/*
 * Sees to it that the loss of the training rows is not above the constant's, which the scores constant give, if there are; returns what it
 * is then.
 */
static double
end_below(UpBoosting *w, double loss, const double *constant)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;
	double now = training_loss(w);

	if (now <= loss || constant == NULL)
		return now;
	refit_start(w);
	if (w->rounds != NULL)
		own_trees(b);
	now = training_loss(w);
	for (int tries = 1; !(now <= loss) && tries <= MOST_HALVINGS; tries++)
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
		now = training_loss(w);
	}
	return now;
}

/* The start as the score of all rows. */
static void
set_scores(UpBoosting *w)
{
	uint32_t outputs = w->b->loss.n_outputs;

	for (size_t i = 0; i < w->n * outputs; i++)
		w->scores[i] = w->b->start[i % outputs];
}

/* ---- rounds that trainings share ---- */

static bool
grows_alike(const UpBoostParams *a, const UpBoostParams *b)
{
	UpBoostParams x, y;

	/* With what lies between the fields. */
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x.n_estimators = y.n_estimators = 0;
	x.monotone = x.class_weight = y.monotone = y.class_weight = NULL;
	return memcmp(&x, &y, sizeof(UpBoostParams)) == 0 && up_value_equal(a->monotone, b->monotone) &&
		   up_value_equal(a->class_weight, b->class_weight);
}

static void
forget_rounds(UpReuse *reuse, UpBoostRounds *s)
{
	for (uint32_t t = 0; t < s->n_trees; t++)
	{
		up_tree_free_nodes(s->trees[t]);
		up_free(s->trees[t]);
	}
	up_free(s->trees);
	up_free(s->scores);
	up_reuse_give_back(reuse, s->bytes);
	memset(s, 0, sizeof(UpBoostRounds));
}

/* The rounds that these parameters go on from, none at first; NULL: nothing is kept. */
static UpBoostRounds *
find_rounds(UpBoosting *w)
{
	UpReuse *reuse = w->fit->reuse;
	UpBoostKept *kept = reuse != NULL ? reuse->kept : NULL;
	size_t bytes = w->n * w->b->loss.n_outputs * sizeof(double);
	UpBoostRounds *s;
	void *before;

	if (kept == NULL || w->n_held > 0)
		return NULL;
	for (uint32_t i = 0; i < kept->n_growing; i++)
	{
		if (kept->growing[i].whole && grows_alike(&kept->growing[i].how, w->p))
			return &kept->growing[i];
	}
	s = &kept->growing[kept->next_growing];
	if (kept->n_growing == UP_BOOST_MOST_GROWING)
		forget_rounds(reuse, s);
	if (!up_reuse_take(reuse, bytes))
		return NULL;
	kept->n_growing = UP_MAX(kept->n_growing, kept->next_growing + 1);
	kept->next_growing = (kept->next_growing + 1) % UP_BOOST_MOST_GROWING;
	before = up_arena_visit(reuse->arena);
	memcpy(&s->how, w->p, sizeof(UpBoostParams));
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
grow_missing(UpBoosting *w, UpGrowing *g, uint32_t n_trees)
{
	UpBoostRounds *s = w->rounds;
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
take_rounds(UpBoosting *w, UpGrowing *g, uint32_t n_rounds)
{
	UpBoostRounds *s = w->rounds;
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
void
up_boost_rounds(UpBoosting *w, UpGrowing *g, uint32_t n_rounds, bool update)
{
	UpBoost *b = w->b;
	uint32_t outputs = b->loss.n_outputs;
	bool even = b->loss.loss == UP_LOSS_LOG && !update;
	double loss, now, *constant = up_alloc0(outputs * sizeof(double));

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
	now = end_below(w, loss, even ? constant : NULL);
	up_value_set(w->fit->info, "start_loss", up_value_number(loss));
	up_value_set(w->fit->info, "training_loss", up_value_number(now));
	up_free(constant);
}
