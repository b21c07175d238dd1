/*
 * forest.c - random forests and extra-trees (Breiman 2001; Geurts, Ernst, Wehenkel 2006)
 *
 * Each tree is grown on rows drawn with replacement (or on all, or on a part), trying max_features features at a split; the
 * prediction is the mean of the trees' class shares or values. A tree's random numbers depend on the seed and its own number
 * alone. Rows that a tree did not see measure it: the out-of-bag score. Importance is the mean decrease of impurity.
 *
 * Trees are parts of a job, a batch of them at a time, each written into a slot of its own. How large they become is not known before:
 * one that does not fit says what it takes, and is grown again in the next batch, with larger slots. A part also makes the bytes that the
 * model has of its tree. Trees that are fewer than the processes, and try all features, are each grown by all (tree_shared.h); where some are
 * tried, random numbers are drawn node by node in the order in which one process splits them.
 *
 * Arrays: codes n × n_features bytes. Cost: trees × O(n max_features) a level.
 */
#include "learn/tree/forest_body.h"
#include "learn/tree/grow_params.h"
#include "learn/tree/tree_grow.h"
#include "learn/tree/tree_reuse.h"
#include "learn/tree/tree_shared.h"

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

#define BATCH         48                 /* trees at a time, … */
#define FIRST_BATCH   4                  /* … until it is known how large they become */
#define SLOTS_BYTES   (64 * 1024 * 1024) /* of a batch, unless trees are larger */
#define SECONDS_A_ROW 2e-7               /* and tree, about */

/* Rows of a tree that is grown. */
typedef struct Drawn
{
	uint32_t *times; /* how often a row was */
	uint32_t *rows;
	uint32_t n;
	double *weight;
} Drawn;

/* What parts of the job share beside the arrays, whose places in g are set by each. */
typedef struct Job
{
	UpGrowing g;
	int64_t seed;
	size_t n;
	uint32_t d;
	uint32_t first; /* the number of the first part's tree */
	size_t slot;    /* bytes */
	bool bootstrap;
	bool weighted;
	double max_samples;
} Job;

/* Arrays of a job. A slot: what the tree takes, its importance of d features, the tree. */
enum
{
	CODES,
	LABELS,
	WEIGHTS,
	BINS, /* of each feature n_bins, n_values */
	SLOTS,
	ARRAYS
};

/* What all trees share. */
typedef struct Planting
{
	const UpFit *fit;
	const ForestParams *p;
	UpForest *forest;
	double *y;
	double *row_weight;
	UpTreeGrown *kept; /* trees of a training before, and room for more; or NULL */
	size_t n;
	Job job;
	void *arrays[ARRAYS];
	size_t slots_bytes;
	uint32_t n_grown; /* trees, and what they take */
	double held;
	/* out of bag: sums of predictions, and of how many trees */
	double *oob;
	uint32_t *oob_trees;
} Planting;

static void
draw_rows(const Job *j, const double *row_weight, UpRng *rng, Drawn *drawn)
{
	size_t wanted = isnan(j->max_samples) ? j->n : (size_t) UP_MAX(floor(j->max_samples * (double) j->n), 1);

	drawn->n = 0;
	memset(drawn->times, 0, j->n * sizeof(uint32_t));
	if (j->bootstrap)
	{
		for (size_t i = 0; i < wanted; i++)
			drawn->times[up_rng_below(rng, j->n)]++;
	}
	else
	{
		/* Without replacement: each row with the share of places that are left (Fan, Muller, Rezucha 1962). */
		size_t left = wanted;

		for (size_t i = 0; i < j->n; i++)
		{
			if (wanted == j->n || up_rng_below(rng, j->n - i) < left)
			{
				drawn->times[i] = 1;
				left--;
			}
		}
	}
	for (size_t i = 0; i < j->n; i++)
	{
		if (drawn->times[i] == 0)
			continue;
		drawn->rows[drawn->n++] = (uint32_t) i;
		drawn->weight[i] = drawn->times[i] * (row_weight != NULL ? row_weight[i] : 1);
	}
}

/* large: where others see them. */
static Drawn
new_drawn(size_t n, bool large)
{
	void *(*alloc)(size_t n, size_t size) = large ? up_alloc_large_array : up_alloc_array;

	return (Drawn){.times = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t)),
				   .rows = alloc(UP_MAX(n, 1), sizeof(uint32_t)),
				   .weight = alloc(UP_MAX(n, 1), sizeof(double))};
}

static void
free_drawn(Drawn *drawn, bool large)
{
	void (*release)(void *) = large ? up_free_large : up_free;

	up_free(drawn->times);
	release(drawn->rows);
	release(drawn->weight);
}

static UpRng
random_of(const Job *j, uint32_t number)
{
	UpRng rng;

	up_rng_init(&rng, j->seed, 1000 + (uint64_t) number);
	return rng;
}

/* What a process takes that grows a tree: drawn rows and their columns (tree_cells.h). */
static size_t
bytes_of_growing(size_t n, size_t d)
{
	return n * (d + d / 7 + 52);
}

/* The tree of this number; its decreases of impurity are added to importance. */
static UpTree *
plant(const Job *j, void *const *arrays, const UpBins *bins, uint32_t number, double *importance)
{
	const double *row_weight = j->weighted ? arrays[WEIGHTS] : NULL;
	Drawn drawn = new_drawn(j->n, j->g.shares);
	UpRng rng = random_of(j, number);
	UpGrowing g = j->g;
	UpGrown grown;

	draw_rows(j, row_weight, &rng, &drawn);
	g.bins = bins;
	g.codes = arrays[CODES];
	g.y = arrays[LABELS];
	g.weight = drawn.weight;
	g.rows = drawn.rows;
	g.n_rows = drawn.n;
	g.rng = &rng;
	g.importance = importance;
	grown = up_tree_grow(&g);
	up_free(grown.rows);
	up_free(grown.leaf_first);
	free_drawn(&drawn, j->g.shares);
	return grown.tree;
}

/*
 * A C library gives memory back to the system where that is more than twice the largest piece that ever came back to it at once, and each page is
 * cleared when it is taken again: of all trees, 4 % of their time and more. So such a piece comes back before a tree is grown.
 */
static void
hold_memory(const Job *j)
{
	size_t bytes = UP_MIN(bytes_of_growing(j->n, j->d), up_memory_limit() / 64);

	/* Beyond the setting it would be a file. */
	if (up_large_held() + bytes <= up_memory_limit())
		up_free(up_alloc(bytes));
}

/* A part of the job. */
static void
plant_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	const uint32_t *binning = arrays[BINS];
	UpBins bins = {j->d, up_alloc0(UP_MAX(j->d, 1) * sizeof(UpBinning))};
	char *slot = (char *) arrays[SLOTS] + part * j->slot;
	double *importance = (double *) (void *) (slot + sizeof(uint64_t));
	size_t head = sizeof(uint64_t) + j->d * sizeof(double);
	uint64_t taken;
	UpTree *tree;

	for (uint32_t f = 0; f < j->d; f++)
	{
		bins.features[f].n_bins = binning[2 * f];
		bins.features[f].n_values = binning[2 * f + 1];
	}
	memset(importance, 0, j->d * sizeof(double));
	hold_memory(j);
	tree = plant(j, arrays, &bins, j->first + part, importance);
	up_tree_write_ahead(tree);
	taken = head + up_tree_pack(tree, slot + head, j->slot - head);
	memcpy(slot, &taken, sizeof(taken));
}

static void
measure_out_of_bag(Planting *w, uint32_t number)
{
	const UpTree *t = w->forest->trees[number];
	uint32_t d = w->forest->bins->n_features;
	Drawn drawn = new_drawn(w->n, false);
	UpRng rng = random_of(&w->job, number);

	draw_rows(&w->job, w->row_weight, &rng, &drawn);
	for (size_t i = 0; i < w->n; i++)
	{
		const double *values;

		if (drawn.times[i] > 0)
			continue;
		values = up_tree_walk(t, (const uint8_t *) w->arrays[CODES] + i * d);
		for (uint32_t k = 0; k < t->width; k++)
			w->oob[i * t->width + k] += values[k];
		w->oob_trees[i]++;
	}
	free_drawn(&drawn, false);
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

/* Rows, labels and weights as large arrays, which workers see. */
static void
share_rows(Planting *w, UpTreeRows *of)
{
	uint32_t d = of->bins->n_features, *binning;

	w->arrays[CODES] = of->codes;
	w->arrays[LABELS] = of->y;
	/* What others keep may have been made where workers do not see it. */
	if (of->kept)
	{
		w->arrays[CODES] = memcpy(up_alloc_large_array(UP_MAX(w->n, 1), UP_MAX(d, 1)), of->codes, w->n * d);
		w->arrays[LABELS] =
			memcpy(up_alloc_large_array(UP_MAX(w->n, 1), sizeof(double)), of->y, w->n * sizeof(double));
	}
	w->arrays[BINS] = binning = up_alloc_large_array(UP_MAX(d, 1), 2 * sizeof(uint32_t));
	for (uint32_t f = 0; f < d; f++)
	{
		binning[2 * f] = of->bins->features[f].n_bins;
		binning[2 * f + 1] = of->bins->features[f].n_values;
	}
	w->y = w->arrays[LABELS];
	w->row_weight = up_row_weights(w->p->grow.class_weight, w->fit, w->y, w->n, "algorithm \"forest\"");
	w->arrays[WEIGHTS] = w->arrays[LABELS];
	if (w->row_weight == NULL)
		return;
	w->job.weighted = true;
	w->arrays[WEIGHTS] = up_alloc_large_array(UP_MAX(w->n, 1), sizeof(double));
	memcpy(w->arrays[WEIGHTS], w->row_weight, w->n * sizeof(double));
}

static void
prepare(Planting *w, const UpForest *before)
{
	const UpData *d = w->fit->data;
	UpForest *f = w->forest;
	UpTreeRows of;

	f->n_classes = w->fit->n_classes;
	f->trees = up_alloc0((size_t) f->n_trees * sizeof(UpTree *));
	f->importance = up_alloc0(UP_MAX(d->n_features, 1) * sizeof(double));
	w->n = d->n_rows;
	if (w->p->oob_score)
	{
		w->oob = up_alloc0(w->n * UP_MAX(f->n_classes, 1) * sizeof(double));
		w->oob_trees = up_alloc0(w->n * sizeof(uint32_t));
	}
	of = up_trees_rows(w->fit, before != NULL ? before->bins : NULL);
	f->bins = of.bins;
	up_grow_setup(&w->p->grow, w->fit, "algorithm \"forest\"", &w->job.g);
	w->job.seed = w->fit->seed;
	w->job.n = w->n;
	w->job.d = d->n_features;
	w->job.bootstrap = w->p->bootstrap;
	w->job.max_samples = w->p->max_samples;
	share_rows(w, &of);
	/* Of forests that differ in their size the smaller one begins the larger. */
	if (w->fit->reuse != NULL && !isnan(w->fit->reuse->path_end) && w->oob == NULL)
		w->kept = up_trees_kept_forest(w->fit->reuse, &w->p->grow,
									   (UpForestDraw){w->p->bootstrap, w->p->max_samples});
}

static void
free_arrays(Planting *w)
{
	for (int a = 0; a < ARRAYS; a++)
	{
		if (a != WEIGHTS || w->job.weighted)
			up_free_large(w->arrays[a]);
	}
	up_free(w->row_weight);
	up_free(w->oob);
	up_free(w->oob_trees);
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

/*
 * Trees of one forest are alike in size: after the first few of them what all will take is known, the better the more there are. Counted
 * is what every process makes of them, in their order, so that the answer is the same however many work. Most trees of samples without the rare
 * class are one leaf: their mean is as far off as means of numbers that vary by as much as they are, so that twice that is let pass.
 */
static void
check_memory(Planting *w, uint32_t number)
{
	const UpTree *t = w->forest->trees[number];
	uint32_t left = w->forest->n_trees - number - 1;
	double limit = (double) up_memory_limit(), all;

	w->held += (double) (up_tree_bytes(t) - t->n_written);
	w->n_grown++;
	all = w->held / w->n_grown * (w->n_grown + left);
	if (w->held > limit || (w->n_grown >= FIRST_BATCH && all > limit * (1 + 2 / sqrt(w->n_grown))))
		up_fail_with(UP_LIMIT, NULL,
					 "Raise uprofile.max_memory, or grow fewer or smaller trees: n_estimators, max_depth, "
					 "min_samples_leaf, max_samples.",
					 "a forest of %u trees needs about %.0f MB of memory, more than the %zu MB allowed",
					 w->forest->n_trees, ceil(all / (1024 * 1024)), up_memory_limit() / (1024 * 1024));
}

/* A tree that was grown, or that a slot holds, becomes one of the forest; for trainings that come it is kept. */
static void
take_tree(Planting *w, uint32_t number, UpTree *tree, const void *packed, const double *importance)
{
	UpTreeGrown *kept = w->kept;
	bool keeps = kept != NULL && !kept->full;
	void *before = keeps ? up_arena_visit(w->fit->reuse->arena) : NULL;

	w->forest->trees[number] = tree != NULL ? tree : up_tree_unpack(packed);
	if (keeps)
	{
		up_arena_return(before);
		up_trees_keep_next(w->fit->reuse, kept, w->forest->trees[number]);
	}
	check_memory(w, number);
	if (w->oob != NULL)
		measure_out_of_bag(w, number);
	add_importance(w->forest, importance, w->job.d);
}

/* Grows trees from this number on, each in this process and at once. */
static void
plant_one(Planting *w, uint32_t number, double *importance)
{
	bool keeps = w->kept != NULL && !w->kept->full;
	void *before = keeps ? up_arena_visit(w->fit->reuse->arena) : NULL;
	UpTree *tree;

	memset(importance, 0, w->job.d * sizeof(double));
	tree = plant(&w->job, w->arrays, w->forest->bins, number, importance);
	if (keeps)
		up_arena_return(before);
	take_tree(w, number, tree, NULL, importance);
}

/* Grows a batch of trees from this number on; returns how many there are now. */
static uint32_t
plant_batch(Planting *w, uint32_t number)
{
	uint32_t left = w->forest->n_trees - number, parts, done = 0;
	uint32_t most = w->job.slot == 0 ? FIRST_BATCH : BATCH;
	size_t head = sizeof(uint64_t) + w->job.d * sizeof(double), largest = 0;

	if (w->job.slot == 0)
		w->job.slot = head + 65536 + w->n * 4 * (1 + UP_MAX(w->forest->n_classes, 1));
	w->job.slot = (w->job.slot + 63) / 64 * 64;
	parts = (uint32_t) UP_MIN(UP_MAX(SLOTS_BYTES / w->job.slot, FIRST_BATCH), UP_MIN(left, most));
	if (parts * w->job.slot > w->slots_bytes)
	{
		up_free_large(w->arrays[SLOTS]);
		w->slots_bytes = parts * w->job.slot;
		w->arrays[SLOTS] = up_alloc_large(w->slots_bytes);
	}
	w->job.first = number;
	up_parallel(parts, plant_part, &w->job, sizeof(w->job), w->arrays, ARRAYS);
	for (uint32_t part = 0; part < parts; part++)
	{
		const char *slot = (const char *) w->arrays[SLOTS] + part * w->job.slot;
		uint64_t taken;

		memcpy(&taken, slot, sizeof(taken));
		largest = UP_MAX(largest, taken);
		if (taken <= w->job.slot && done == part)
		{
			take_tree(w, number + part, NULL, slot + head, (const double *) (const void *) (slot + 8));
			done++;
		}
	}
	if (most == FIRST_BATCH || largest > w->job.slot)
		w->job.slot = largest + largest / 4;
	return number + done;
}

/* Counts what the rows take; whether this process grows all trees, since others would not have the memory. */
static bool
grows_alone(const UpFit *fit, bool out_of_bag)
{
	size_t n = fit->data->n_rows, d = fit->data->n_features, workers = up_workers();
	size_t shared = n * (d + 8 + (out_of_bag ? 8 * (size_t) UP_MAX(fit->n_classes, 1) : 0));

	return workers == 1 || shared + workers * bytes_of_growing(n, d) > up_memory_limit();
}

/* Whether all processes grow one tree after the other: there are fewer of them than processes, and each of them can be shared out. */
static bool
shares_each(const Planting *w, uint32_t n_trees)
{
	UpGrowing g = w->job.g;

	g.bins = w->forest->bins;
	g.n_rows = (uint32_t) w->n / 2;
	return n_trees < up_workers() && up_shared_pays(&g);
}

/* A forest of n_trees on the data, the first of them those of before (or NULL), whose bins it then has. */
static UpForest *
plant_all(const UpFit *fit, const UpForest *before, uint32_t n_trees)
{
	const ForestParams *p = fit->params;
	Planting w = {.fit = fit, .p = p, .forest = up_alloc0(sizeof(UpForest))};
	UpForest *f = w.forest;
	uint32_t d = fit->data->n_features, first = before != NULL ? before->n_trees : 0, t = first;
	double *importance = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	double n = (double) fit->data->n_rows;
	bool alone;

	check_params(p);
	if (fit->data->n_rows > UINT32_MAX / 2)
		up_fail(UP_LIMIT, "a forest can be grown on at most %u rows", UINT32_MAX / 2);
	up_workers_begin(up_bins_seconds(fit->data) + n * (n_trees - first) * SECONDS_A_ROW);
	alone = grows_alone(fit, p->oob_score);
	f->n_trees = n_trees;
	prepare(&w, before);
	if (!alone)
		alone = w.job.g.shares = shares_each(&w, n_trees - first);
	for (uint32_t k = 0; k < first; k++)
		f->trees[k] = before->trees[k];
	for (uint32_t j = 0; before != NULL && j < d; j++)
		f->importance[j] = before->importance[j] * first;
	while (t < f->n_trees)
	{
		up_progress("forest: trees", t, f->n_trees);
		if (w.kept != NULL && t < w.kept->n_trees)
		{
			f->trees[t] = w.kept->trees[t];
			t++;
			continue;
		}
		if (!alone)
			t = plant_batch(&w, t);
		else
			plant_one(&w, t++, importance);
	}
	up_vec_to_shares(f->importance, d);
	if (w.oob != NULL && before == NULL)
		report_out_of_bag(&w, fit->info);
	free_arrays(&w);
	up_workers_end();
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
