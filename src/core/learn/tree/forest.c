/*
 * forest.c - random forests and extra-trees (Breiman 2001; Geurts, Ernst, Wehenkel 2006)
 *
 * Each tree is grown on rows drawn with replacement (or on all, or on a part), trying max_features features at a split; the
 * prediction is the mean of the trees' class shares or values. A tree's random numbers depend on the seed and its own number
 * alone. Rows that a tree did not see measure it: the out-of-bag score. Importance is the mean decrease of impurity.
 *
 * Arrays: codes n × n_features bytes. Cost: trees × O(n max_features) a level.
 */
#include "learn/tree/forest_body.h"
#include "learn/tree/grow_params.h"
#include "learn/tree/tree_grow.h"
#include "learn/tree/tree_reuse.h"

#include "num/vec.h"
#include "learn/class_weights.h"
#include <math.h>
#include <string.h>

typedef struct ForestParams
{
	UpGrowParams grow;
	int64_t n_estimators;
	bool bootstrap;
	double max_samples; /* a share; NaN: as many as there are rows */
	bool oob_score;
} ForestParams;

#define UP_PARAMS_OF ForestParams
static const UpParam forest_params[] = {
	UP_INT_PARAM("n_estimators", n_estimators, "100", 1, 100000, "trees"),
	UP_GROW_PARAMS(ForestParams, "auto"),
	UP_BOOL_PARAM(
		"bootstrap", bootstrap, "true",
		"each tree sees rows drawn with replacement; false: all rows, or max_samples of them without"),
	UP_REAL_PARAM("max_samples", max_samples, "null", 0, 1,
				  "share of the rows that each tree sees; null: as many as there are", .nullable = true,
				  .min_open = true),
	UP_BOOL_PARAM("oob_score", oob_score, "false",
				  "measures each row by the trees that did not see it: accuracy, or r2"),
};

/* What all trees share. */
typedef struct Planting
{
	const UpFit *fit;
	const ForestParams *p;
	UpForest *forest;
	UpTreeRows of;
	double *y;
	double *row_weight;
	UpTreeGrown *kept; /* trees of a training before, and room for more; or NULL */
	size_t n;
	/* of one tree */
	uint32_t *drawn; /* how often a row was */
	uint32_t *rows;
	double *weight;
	/* out of bag: sums of predictions, and of how many trees */
	double *oob;
	uint32_t *oob_trees;
} Planting;

static uint32_t
draw_rows(Planting *w, UpRng *rng)
{
	size_t wanted =
		isnan(w->p->max_samples) ? w->n : (size_t) UP_MAX(floor(w->p->max_samples * (double) w->n), 1);
	uint32_t n_rows = 0;

	memset(w->drawn, 0, w->n * sizeof(uint32_t));
	if (w->p->bootstrap)
	{
		for (size_t i = 0; i < wanted; i++)
			w->drawn[up_rng_below(rng, w->n)]++;
	}
	else
	{
		/* Without replacement: each row with the share of places that are left (Fan, Muller, Rezucha 1962). */
		size_t left = wanted;

		for (size_t i = 0; i < w->n; i++)
		{
			if (wanted == w->n || up_rng_below(rng, w->n - i) < left)
			{
				w->drawn[i] = 1;
				left--;
			}
		}
	}
	for (size_t i = 0; i < w->n; i++)
	{
		if (w->drawn[i] == 0)
			continue;
		w->rows[n_rows++] = (uint32_t) i;
		w->weight[i] = w->drawn[i] * (w->row_weight != NULL ? w->row_weight[i] : 1);
	}
	return n_rows;
}

static void
measure_out_of_bag(Planting *w, const UpTree *t)
{
	uint32_t d = w->forest->bins->n_features;

	for (size_t i = 0; i < w->n; i++)
	{
		const double *values;

		if (w->drawn[i] > 0)
			continue;
		values = up_tree_walk(t, w->of.codes + i * d);
		for (uint32_t k = 0; k < t->width; k++)
			w->oob[i * t->width + k] += values[k];
		w->oob_trees[i]++;
	}
}

static void
plant(Planting *w, uint32_t number, UpGrowing *g)
{
	UpGrown grown;
	UpRng rng;

	up_rng_init(&rng, w->fit->seed, 1000 + (uint64_t) number);
	g->n_rows = draw_rows(w, &rng);
	g->rng = &rng;
	grown = up_tree_grow(g);
	up_free(grown.rows);
	up_free(grown.leaf_first);
	w->forest->trees[number] = grown.tree;
	if (w->oob != NULL)
		measure_out_of_bag(w, grown.tree);
}

/* Accuracy, or r2, over the rows that some tree did not see. */
static void
report_out_of_bag(const Planting *w, UpValue *info)
{
	uint32_t k = w->forest->n_classes, width = UP_MAX(k, 1);
	double hits = 0, n = 0, mean = 0, squares = 0, errors = 0;

	for (size_t i = 0; i < w->n; i++)
	{
		mean += w->oob_trees[i] > 0 ? w->y[i] : 0;
		n += w->oob_trees[i] > 0;
	}
	mean /= UP_MAX(n, 1);
	for (size_t i = 0; i < w->n; i++)
	{
		const double *v = w->oob + i * width;
		uint32_t best = 0;

		if (w->oob_trees[i] == 0)
			continue;
		for (uint32_t c = 1; c < k; c++)
			best = v[c] > v[best] ? c : best;
		hits += best == w->y[i];
		squares += (w->y[i] - mean) * (w->y[i] - mean);
		errors += (v[0] / w->oob_trees[i] - w->y[i]) * (v[0] / w->oob_trees[i] - w->y[i]);
	}
	if (n > 0 && (k > 0 || squares > 0))
		up_value_set(info, "oob_score", up_value_number(k > 0 ? hits / n : 1 - errors / squares));
}

static void
check_params(const ForestParams *p)
{
	if (p->oob_score && !p->bootstrap && isnan(p->max_samples))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Use bootstrap, or max_samples below 1.",
					 "oob_score of algorithm \"forest\" needs rows that a tree does not see");
}

static void
prepare(Planting *w, const UpForest *before, UpGrowing *g)
{
	const UpData *d = w->fit->data;
	UpForest *f = w->forest;

	f->n_classes = w->fit->n_classes;
	f->trees = up_alloc0((size_t) f->n_trees * sizeof(UpTree *));
	f->importance = up_alloc0(UP_MAX(d->n_features, 1) * sizeof(double));
	w->n = d->n_rows;
	w->drawn = up_alloc_array(UP_MAX(w->n, 1), sizeof(uint32_t));
	w->rows = up_alloc_array(UP_MAX(w->n, 1), sizeof(uint32_t));
	w->weight = up_alloc_array(UP_MAX(w->n, 1), sizeof(double));
	if (w->p->oob_score)
	{
		w->oob = up_alloc0(w->n * UP_MAX(f->n_classes, 1) * sizeof(double));
		w->oob_trees = up_alloc0(w->n * sizeof(uint32_t));
	}
	w->of = up_trees_rows(w->fit, before != NULL ? before->bins : NULL);
	f->bins = w->of.bins;
	w->y = w->of.y;
	up_grow_setup(&w->p->grow, w->fit, "algorithm \"forest\"", g);
	w->row_weight = up_row_weights(w->p->grow.class_weight, w->fit, w->y, w->n, "algorithm \"forest\"");
	g->bins = f->bins;
	g->codes = w->of.codes;
	g->y = w->y;
	g->weight = w->weight;
	g->rows = w->rows;
	/* Of forests that differ in their size the smaller one begins the larger. */
	if (w->fit->reuse != NULL && !isnan(w->fit->reuse->path_end) && w->oob == NULL)
		w->kept = up_trees_kept_forest(w->fit->reuse, &w->p->grow,
									   (UpForestDraw){w->p->bootstrap, w->p->max_samples});
}

/* The next tree, and for trainings that come it is kept; false: it was there. */
static bool
plant_next(Planting *w, uint32_t number, UpGrowing *g)
{
	UpTreeGrown *kept = w->kept;
	void *before;

	if (kept != NULL && number < kept->n_trees)
	{
		w->forest->trees[number] = kept->trees[number];
		return false;
	}
	if (kept == NULL || kept->full)
	{
		plant(w, number, g);
		return true;
	}
	before = up_arena_visit(w->fit->reuse->arena);
	plant(w, number, g);
	up_arena_return(before);
	up_trees_keep_next(w->fit->reuse, kept, w->forest->trees[number]);
	return true;
}

/* Adds a tree's decreases of impurity; each tree counts alike. */
static void
add_importance(UpForest *f, const double *importance, uint32_t d)
{
	double sum = 0;

	for (uint32_t j = 0; j < d; j++)
		sum += importance[j];
	for (uint32_t j = 0; sum > 0 && j < d; j++)
		f->importance[j] += importance[j] / sum;
}

/* A forest of n_trees on the data, the first of them those of before (or NULL), whose bins it then has. */
static UpForest *
plant_all(const UpFit *fit, const UpForest *before, uint32_t n_trees)
{
	const ForestParams *p = fit->params;
	Planting w = {.fit = fit, .p = p, .forest = up_alloc0(sizeof(UpForest))};
	UpForest *f = w.forest;
	uint32_t d = fit->data->n_features, first = before != NULL ? before->n_trees : 0;
	double *importance = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	UpGrowing g = {0};
	size_t held = 0;

	check_params(p);
	if (fit->data->n_rows > UINT32_MAX / 2)
		up_fail(UP_LIMIT, "a forest can be grown on at most %u rows", UINT32_MAX / 2);
	f->n_trees = n_trees;
	prepare(&w, before, &g);
	for (uint32_t t = 0; t < first; t++)
		f->trees[t] = before->trees[t];
	for (uint32_t j = 0; before != NULL && j < d; j++)
		f->importance[j] = before->importance[j] * first;
	for (uint32_t t = first; t < f->n_trees; t++)
	{
		up_progress("forest: trees", t, f->n_trees);
		memset(importance, 0, d * sizeof(double));
		g.importance = importance;
		if (!plant_next(&w, t, &g))
			continue;
		held += up_tree_bytes(f->trees[t]);
		if (t % 8 == 0)
			up_reserve(held, "the trees of a forest");
		add_importance(f, importance, d);
	}
	up_vec_to_shares(f->importance, d);
	if (w.oob != NULL && before == NULL)
		report_out_of_bag(&w, fit->info);
	up_trees_rows_free(&w.of);
	up_free(w.drawn);
	up_free(w.rows);
	up_free(w.weight);
	up_free(importance);
	f->walker = up_walker_new(f->trees, f->n_trees, d);
	return f;
}

static void *
forest_fit(const UpFit *fit)
{
	return plant_all(fit, NULL, (uint32_t) ((const ForestParams *) fit->params)->n_estimators);
}

/* Trees grown on the new rows stand beside the old ones: so many that each stands for as many rows as they do. */
static void *
forest_update(const void *body, const UpFit *fit)
{
	const UpForest *before = body;
	uint32_t more = up_growth_trees(fit, ((const ForestParams *) fit->params)->n_estimators, before->n_trees);
	UpForest *f;

	if (before->n_trees > 1000000 - more)
		up_fail_with(UP_LIMIT, NULL, "Train it anew.", "a forest cannot grow beyond %d trees", 1000000);
	f = plant_all(fit, before, before->n_trees + more);
	f->next = before->next;
	up_value_set(fit->info, "grown_trees", up_value_number(more));
	return f;
}

/* All trees of both; each keeps the bins that it was grown with. */
static void *
forest_merge(const void *a, const void *b)
{
	UpForest *first = NULL, **end = &first;

	for (int side = 0; side < 2; side++)
	{
		for (const UpForest *f = side == 0 ? a : b; f != NULL; f = f->next)
		{
			*end = up_alloc(sizeof(UpForest));
			**end = *f;
			end = &(*end)->next;
		}
	}
	*end = NULL;
	return first;
}

const UpLearner up_forest = {
	.name = "forest",
	.number = 6,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_NATIVE | UP_L_WEIGHTS,
	.help = "random forest, or extra-trees: many trees on random rows and features",
	.params = {forest_params, UP_LENGTH(forest_params)},
	.params_size = sizeof(ForestParams),
	.path = "n_estimators",
	.fit = forest_fit,
	UP_FOREST_BODY,
	.update = forest_update,
	.merge = forest_merge,
};
