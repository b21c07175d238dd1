/*
 * mlp_train.c - training of a multi-layer perceptron by Adam or stochastic gradient descent
 *
 * Objective over n rows: mean loss (mlp_net.h) plus, for a batch of b rows, alpha / (2 b) times the sum of the squared
 * weights; biases are free. Each pass over the rows goes in batches of shuffled rows. It ends after max_iter passes, or
 * when n_iter_no_change + 1 passes in a row have not improved the training loss (with early_stopping: the score on rows
 * set aside) by tol. Order of steps, rates and rules as scikit-learn's MLPClassifier and MLPRegressor, whose users
 * expect them; the targets of a regression are not scaled either.
 *
 * D. Kingma, J. Ba, "Adam", ICLR 2015; I. Sutskever et al., "On the importance of initialization and momentum", ICML
 * 2013; L. Prechelt, "Early stopping - but when?", 1998.
 *
 * x: n × n_features float4, held for the whole training. Cost: passes × n × weights × 3 multiply-adds, and a step of
 * the optimizer over all weights a batch.
 */
#include "learn/mlp/mlp_train.h"

#include "num/gemm.h"
#include "num/vec_adam.h"

#include <math.h>
#include <string.h>

/* A batch goes through the network in pieces of so many rows at most, fewer for large networks. */
#define PIECE_ROWS     256
#define PIECE_PRODUCTS 64e6

/* A batch of this many multiply-adds or more is cut into parts of so many rows at least: each makes a gradient of its own. */
#define PART_PRODUCTS 1e6
#define PART_ROWS     32
#define MOST_PARTS    8

#define ALIGNMENT 64
#define A_SECOND  1e10 /* multiply-adds */

/* Streams of random numbers. */
enum
{
	DRAW_START,
	DRAW_ORDER,
	DRAW_VALIDATION
};

/* What the parts of a batch have in common. */
typedef struct Batch
{
	UpMlpActivation activation;
	UpMlpOutput output;
	uint32_t n_layers;
	uint32_t sizes[UP_MLP_MAX_HIDDEN + 2];
	size_t piece;    /* rows that go through the network together */
	size_t slot;     /* bytes */
	size_t first, n; /* the batch's places in the order of the rows */
	size_t part_rows;
} Batch;

enum
{
	PARAMS,
	X,
	Y,
	ORDER,
	SLOTS,
	N_ARRAYS
};

typedef struct Training
{
	const UpFit *fit;
	const UpMlpParams *params;
	UpMlpNet *net;
	UpMlpWork *work;
	float *x; /* n × n_features */
	double *y;
	size_t *rows; /* trained on */
	size_t n_rows;
	size_t *validation; /* set aside */
	size_t n_validation;
	size_t batch;
	double *targets;  /* of a piece */
	float *moment[2]; /* adam: first and second; sgd: the velocity */
	float *best;      /* weights with the best score */
	double rate;      /* sgd: of the current pass */
	uint64_t steps;
	uint64_t seen;
	double *losses;
	double *scores;
	uint32_t iterations;
	Batch shared;
	void *arrays[N_ARRAYS];
} Training;

static size_t
piece_rows(const uint32_t *sizes, uint32_t n_layers)
{
	double products = up_mlp_net_bytes(sizes, n_layers) / sizeof(UpReal);
	double rows = PIECE_PRODUCTS / fmax(products, 1);

	return rows >= PIECE_ROWS ? PIECE_ROWS : rows <= 16 ? 16 : (size_t) rows / 8 * 8;
}

static size_t
batch_rows(const UpValue *given, size_t n)
{
	if (given == NULL || given->type == UP_NULL ||
		(given->type == UP_STRING && strcmp(given->string, "auto") == 0))
		return UP_MIN(n, 200);
	if (given->type != UP_NUMBER || given->number < 1 || given->number != floor(given->number))
		up_fail_with(UP_INVALID_PARAMETER, up_format("Found: %s.", up_value_text(given)),
					 "Leave it out for the smaller of 200 and the number of rows.",
					 "parameter \"batch_size\" must be \"auto\" or an integer of at least 1");
	return given->number < n ? (size_t) given->number : n;
}

/* How many of each class go aside: in proportion, by largest remainder, and never all of a class. */
static void
validation_quotas(const Training *t, size_t n, size_t wanted, size_t *quota)
{
	uint32_t k = t->fit->n_classes;
	size_t *count = up_alloc0((size_t) k * sizeof(size_t));
	size_t given = 0;

	for (size_t i = 0; i < n; i++)
		count[(uint32_t) t->y[i]]++;
	for (uint32_t c = 0; c < k; c++)
	{
		quota[c] = count[c] < 2 ? 0 : (size_t) ((double) wanted * count[c] / n);
		given += quota[c];
	}
	while (given < wanted)
	{
		double most = 0;
		uint32_t best = k;

		for (uint32_t c = 0; c < k; c++)
		{
			double rest = (double) wanted * count[c] / n - quota[c];

			if (quota[c] + 1 < count[c] && (best == k || rest > most))
			{
				most = rest;
				best = c;
			}
		}
		if (best == k)
			break;
		quota[best]++;
		given++;
	}
}

/* Divides the rows into those trained on and those set aside. */
static void
choose_rows(Training *t, size_t n)
{
	size_t wanted = t->params->early_stopping ? (size_t) ceil(t->params->validation_fraction * n) : 0;
	bool stratified = t->fit->task == UP_TASK_CLASSIFY;
	size_t *order = up_alloc_array(n, sizeof(size_t)), *quota = NULL;
	UpRng rng;

	t->rows = up_alloc_large_array(n, sizeof(size_t));
	t->validation = up_alloc_array(wanted + 1, sizeof(size_t));
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	if (wanted > 0)
	{
		up_rng_init(&rng, t->fit->seed, DRAW_VALIDATION);
		up_rng_shuffle(&rng, order, n);
	}
	if (wanted > 0 && stratified)
	{
		quota = up_alloc_array(t->fit->n_classes, sizeof(size_t));
		validation_quotas(t, n, wanted, quota);
	}
	for (size_t i = 0; i < n; i++)
	{
		size_t *left = stratified && wanted > 0 ? &quota[(uint32_t) t->y[order[i]]] : &wanted;

		/* One row at least is trained on. */
		if (*left > 0 && (t->n_rows > 0 || i + 1 < n))
		{
			(*left)--;
			t->validation[t->n_validation++] = order[i];
		}
		else
			t->rows[t->n_rows++] = order[i];
	}
}

static void
read_rows(Training *t, size_t n)
{
	size_t d = t->fit->n_features, block = UP_MAX(1, 65536 / UP_MAX(d, 1));

	t->x = up_alloc_large_array(n * UP_MAX(d, 1), sizeof(float));
	t->y = up_alloc_large_array(n, sizeof(double));
	for (size_t i = 0; i < n; i += block)
	{
		size_t rows = UP_MIN(block, n - i);

		up_data_rows_f32(t->fit->data, i, rows, t->x + i * d);
		up_data_labels(t->fit->data, i, rows, t->y + i);
		up_progress("reading rows", i, n);
		up_tick();
	}
}

static uint32_t
parts_of(const UpMlpNet *net, size_t n)
{
	if ((double) n * (double) net->n_padded < PART_PRODUCTS)
		return 1;
	return (uint32_t) UP_MIN(UP_MAX(n / PART_ROWS, 1), MOST_PARTS);
}

/* ---- parts of a batch: what one needs stands in its slot, its gradient first ---- */

static size_t
aligned(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *
take(char **at, size_t bytes)
{
	void *p = *at;

	*at = (char *) ((uintptr_t) p + aligned(bytes)); /* also from NULL */
	return p;
}

/* ld and start: space for a number a layer. */
static UpMlpNet
shared_net(const Batch *b, float *params, size_t *ld, size_t *start)
{
	UpMlpNet net = {.activation = b->activation, .output = b->output, .n_layers = b->n_layers};

	net.sizes = (uint32_t *) b->sizes;
	net.ld = ld;
	net.start = start;
	net.params = params;
	ld[0] = b->sizes[0];
	start[0] = 0;
	for (uint32_t l = 1; l <= b->n_layers; l++)
	{
		ld[l] = UP_GEMM_UP(b->sizes[l]);
		start[l] = net.n_padded;
		net.n_padded += ((size_t) b->sizes[l - 1] + 1) * ld[l];
	}
	return net;
}

/* A slot cut up; at NULL: how many bytes it has. act: space for a pointer a layer. */
static size_t
slot_work(const UpMlpNet *net, size_t piece, char *at, UpMlpWork *work, UpReal **act, double **loss,
		  double **targets)
{
	size_t width = up_mlp_net_width(net), transposed = 1;
	char *begin = at;

	for (uint32_t l = 2; l <= net->n_layers; l++)
		transposed = UP_MAX(transposed, net->sizes[l] * net->ld[l - 1]);
	work->rows = piece;
	work->act = act;
	work->grad = take(&at, net->n_padded * sizeof(UpReal));
	*loss = take(&at, sizeof(double));
	*targets = take(&at, piece * sizeof(double));
	for (uint32_t l = 0; l <= net->n_layers; l++)
		act[l] = take(&at, UP_MAX(net->ld[l], 1) * piece * sizeof(UpReal));
	for (int i = 0; i < 2; i++)
		work->delta[i] = take(&at, width * piece * sizeof(UpReal));
	work->transposed = take(&at, transposed * sizeof(UpReal));
	return (size_t) ((uintptr_t) at - (uintptr_t) begin);
}

static void
batch_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Batch *b = fixed;
	size_t ld[UP_MLP_MAX_HIDDEN + 2], start[UP_MLP_MAX_HIDDEN + 2], d = b->sizes[0];
	UpReal *act[UP_MLP_MAX_HIDDEN + 2];
	UpMlpNet net = shared_net(b, arrays[PARAMS], ld, start);
	const size_t *order = (size_t *) arrays[ORDER] + b->first;
	size_t begin = part * b->part_rows, end = UP_MIN(b->n, begin + b->part_rows);
	double *loss, *targets;
	UpMlpWork work = {0};

	slot_work(&net, b->piece, (char *) arrays[SLOTS] + part * b->slot, &work, act, &loss, &targets);
	*loss = 0;
	for (size_t i = begin; i < end; i += b->piece)
	{
		size_t m = UP_MIN(b->piece, end - i);

		for (size_t r = 0; r < m; r++)
		{
			memcpy(act[0] + r * d, (float *) arrays[X] + order[i + r] * d, d * sizeof(float));
			targets[r] = ((double *) arrays[Y])[order[i + r]];
		}
		up_mlp_net_forward(&net, &work, m);
		*loss += up_mlp_net_loss(&net, &work, targets, m, 1.0 / b->n);
		up_mlp_net_backward(&net, &work, m, i > begin);
	}
}

/* The weights move to where workers see them, until training ends. */
static void
prepare_parts(Training *t)
{
	UpMlpNet *net = t->net;
	Batch *b = &t->shared;
	UpReal *act[UP_MLP_MAX_HIDDEN + 2];
	double *loss, *targets;
	UpMlpWork work = {0};
	uint32_t parts = parts_of(net, t->batch);

	UP_ASSERT(net->n_layers < UP_LENGTH(act));
	b->activation = net->activation;
	b->output = net->output;
	b->n_layers = net->n_layers;
	memcpy(b->sizes, net->sizes, (net->n_layers + 1) * sizeof(uint32_t));
	b->piece = UP_MIN(t->work->rows, (t->batch + parts - 1) / parts);
	b->slot = slot_work(net, b->piece, NULL, &work, act, &loss, &targets);
	t->arrays[X] = t->x;
	t->arrays[Y] = t->y;
	t->arrays[ORDER] = t->rows;
	t->arrays[PARAMS] = up_alloc_large_array(net->n_padded, sizeof(UpReal));
	memcpy(t->arrays[PARAMS], net->params, net->n_padded * sizeof(UpReal));
	t->arrays[SLOTS] = parts > 1 ? up_alloc_large(parts * b->slot) : NULL;
}

/* The sum of the losses of a batch; its gradient in work. */
static double
gradient_in_parts(Training *t, const size_t *rows, size_t n, uint32_t parts)
{
	Batch *b = &t->shared;
	double loss = 0;

	b->first = (size_t) (rows - t->rows);
	b->n = n;
	b->part_rows = (n + parts - 1) / parts;
	parts = (uint32_t) ((n + b->part_rows - 1) / b->part_rows);
	up_parallel(parts, batch_part, b, sizeof(*b), t->arrays, N_ARRAYS);
	for (uint32_t part = 0; part < parts; part++)
	{
		const char *slot = (const char *) t->arrays[SLOTS] + part * b->slot;
		const UpReal *grad = (const UpReal *) slot;

		loss += *(const double *) (slot + aligned(t->net->n_padded * sizeof(UpReal)));
		for (size_t i = 0; i < t->net->n_padded && part == 0; i++)
			t->work->grad[i] = grad[i];
		for (size_t i = 0; i < t->net->n_padded && part > 0; i++)
			t->work->grad[i] += grad[i];
	}
	return loss;
}

static void
prepare(Training *t)
{
	size_t n = t->fit->data->n_rows;
	size_t piece = UP_MIN(piece_rows(t->net->sizes, t->net->n_layers), n);
	double need = up_mlp_work_bytes(t->net->sizes, t->net->n_layers, piece);

	need += 3.0 * t->net->n_padded * sizeof(UpReal) + 2.0 * t->params->max_iter * sizeof(double);
	up_reserve(need < 1e18 ? (size_t) need : (size_t) 1e18, "weights of a neural network");
	read_rows(t, n);
	choose_rows(t, n);
	t->batch = batch_rows(t->params->batch_size, t->n_rows);
	t->work = up_mlp_work_new(t->net, piece);
	t->targets = up_alloc_array(piece, sizeof(double));
	for (int i = 0; i < 2; i++)
	{
		t->moment[i] = up_alloc_array(t->net->n_padded, sizeof(float));
		memset(t->moment[i], 0, t->net->n_padded * sizeof(float));
	}
	t->best = t->n_validation > 0 ? up_alloc_array(t->net->n_padded, sizeof(float)) : NULL;
	t->losses = up_alloc_array(t->params->max_iter, sizeof(double));
	t->scores = up_alloc_array(t->params->max_iter, sizeof(double));
	t->rate = t->params->learning_rate_init;
	prepare_parts(t);
}

static void
gather(const Training *t, const size_t *rows, size_t n)
{
	size_t d = t->fit->n_features;
	UpReal *x = t->work->act[0];

	for (size_t i = 0; i < n; i++)
	{
		memcpy(x + i * d, t->x + rows[i] * d, d * sizeof(float));
		t->targets[i] = t->y[rows[i]];
	}
}

/* One block of weights or of biases; returns the sum of squares before the step. */
static double
step_block(const Training *t, size_t first, size_t n, double decay)
{
	const UpMlpParams *p = t->params;
	float *w = t->net->params + first;
	const float *g = t->work->grad + first;

	if (p->solver == UP_MLP_ADAM)
	{
		/* An epsilon of zero in float4 would divide the padding's zeros by zero. */
		UpAdamStep step = {
			.beta_1 = (float) p->beta_1,
			.beta_2 = (float) p->beta_2,
			.epsilon = (float) fmax(p->epsilon, 1e-30),
			.rate = (float) (p->learning_rate_init * sqrt(1 - pow(p->beta_2, t->steps)) /
							 (1 - pow(p->beta_1, t->steps))),
			.decay = (float) decay,
		};

		return up_vec_adam(w, t->moment[0] + first, t->moment[1] + first, g, n, &step);
	}

	UpMomentumStep step = {
		.rate = (float) t->rate,
		.momentum = (float) p->momentum,
		.decay = (float) decay,
		.nesterov = p->nesterovs_momentum,
	};

	return up_vec_momentum(w, t->moment[0] + first, g, n, &step);
}

/* One step on these rows; returns the sum of their losses, the penalty included. */
static double
train_batch(Training *t, const size_t *rows, size_t n)
{
	double loss = 0, squares = 0;
	uint32_t parts = parts_of(t->net, n);

	if (parts > 1)
		loss = gradient_in_parts(t, rows, n, parts);
	for (size_t i = 0; i < n && parts == 1; i += t->work->rows)
	{
		size_t m = UP_MIN(t->work->rows, n - i);

		gather(t, rows + i, m);
		up_mlp_net_forward(t->net, t->work, m);
		loss += up_mlp_net_loss(t->net, t->work, t->targets, m, 1.0 / n);
		up_mlp_net_backward(t->net, t->work, m, i > 0);
	}
	t->steps++;
	for (uint32_t l = 1; l <= t->net->n_layers; l++)
	{
		size_t first = t->net->start[l], weights = up_mlp_n_weights(t->net, l);

		squares += step_block(t, first, weights, t->params->alpha / n);
		step_block(t, first + weights, t->net->ld[l], 0);
		up_tick();
	}
	return loss + 0.5 * t->params->alpha * squares;
}

static double
train_pass(Training *t, UpRng *rng)
{
	double loss = 0;

	if (t->params->shuffle)
		up_rng_shuffle(rng, t->rows, t->n_rows);
	for (size_t i = 0; i < t->n_rows; i += t->batch)
		loss += train_batch(t, t->rows + i, UP_MIN(t->batch, t->n_rows - i));
	t->seen += t->n_rows;
	if (t->params->solver == UP_MLP_SGD && t->params->learning_rate == UP_MLP_INVSCALING)
		t->rate = t->params->learning_rate_init / pow(t->seen + 1.0, t->params->power_t);
	return loss / t->n_rows;
}

/* The class with the largest sum; of one unit, class 1 if its odds are better than even. */
static uint32_t
winner(const UpMlpNet *net, const UpReal *z)
{
	uint32_t best = 0;

	if (net->output == UP_MLP_SIGMOID)
		return z[0] > 0;
	for (uint32_t j = 1; j < net->sizes[net->n_layers]; j++)
		if (z[j] > z[best])
			best = j;
	return best;
}

/* Accuracy, or R², on the rows set aside. */
static double
validation_score(Training *t)
{
	double right = 0, mean = 0, residual = 0, total = 0;
	size_t ld = t->net->ld[t->net->n_layers];

	for (size_t i = 0; i < t->n_validation; i++)
		mean += t->y[t->validation[i]] / t->n_validation;
	for (size_t i = 0; i < t->n_validation; i += t->work->rows)
	{
		size_t m = UP_MIN(t->work->rows, t->n_validation - i);

		gather(t, t->validation + i, m);
		up_mlp_net_forward(t->net, t->work, m);
		for (size_t r = 0; r < m; r++)
		{
			const UpReal *z = t->work->act[t->net->n_layers] + r * ld;
			double y = t->targets[r];

			if (t->net->output == UP_MLP_VALUE)
			{
				residual += (y - z[0]) * (y - z[0]);
				total += (y - mean) * (y - mean);
			}
			else
				right += winner(t->net, z) == (uint32_t) y;
		}
	}
	if (t->net->output != UP_MLP_VALUE)
		return right / t->n_validation;
	return total > 0 ? 1 - residual / total : residual > 0 ? 0 : 1;
}

static void
check_finite(const Training *t, double loss)
{
	bool finite = isfinite(loss);

	for (size_t i = 0; finite && i < t->net->n_padded; i++)
		finite = isfinite(t->net->params[i]);
	if (!finite)
		up_fail_with(
			UP_INVALID_DATA, NULL,
			"Scale the features (uprofile_scaler, or {\"scale\": \"zscore\"} in the row form) and a "
			"regression's target, or lower learning_rate_init.",
			"training of the neural network diverged: the loss is not finite after %u passes over the rows",
			t->iterations + 1);
}

/* Whether the last pass improved on *best by tol, and the new best. */
static bool
improved(Training *t, double *best)
{
	uint32_t last = t->iterations - 1;
	double gain;

	if (t->n_validation == 0)
	{
		gain = *best - t->losses[last];
		*best = fmin(*best, t->losses[last]);
		return !(gain < t->params->tol);
	}
	t->scores[last] = validation_score(t);
	gain = t->scores[last] - *best;
	if (gain > 0)
	{
		*best = t->scores[last];
		memcpy(t->best, t->net->params, t->net->n_padded * sizeof(float));
	}
	return !(gain < t->params->tol);
}

/* Returns whether the stopping rule was met. */
static bool
train_passes(Training *t)
{
	double best = t->n_validation > 0 ? -INFINITY : INFINITY;
	int64_t idle = 0;
	UpRng rng;

	up_rng_init(&rng, t->fit->seed, DRAW_ORDER);
	while (t->iterations < t->params->max_iter)
	{
		double loss = train_pass(t, &rng);

		check_finite(t, loss);
		t->losses[t->iterations++] = loss;
		idle = improved(t, &best) ? 0 : idle + 1;
		up_progress("training", t->iterations, t->params->max_iter);
		if (idle <= t->params->n_iter_no_change)
			continue;
		if (t->params->solver != UP_MLP_SGD || t->params->learning_rate != UP_MLP_ADAPTIVE || t->rate <= 1e-6)
			return true;
		t->rate /= 5;
		idle = 0;
	}
	return false;
}

/* How long one process takes for what can be shared out: nothing, where batches are too small. */
static double
seconds_of(const Training *t)
{
	size_t n = t->fit->data->n_rows, batch = batch_rows(t->params->batch_size, n);

	if (n == 0 || parts_of(t->net, batch) == 1)
		return 0;
	return 3.0 * (double) t->params->max_iter * (double) n * (double) t->net->n_padded / A_SECOND;
}

void
up_mlp_train_on(UpMlpBody *body, const UpFit *fit)
{
	UpArena *arena = up_arena_enter();
	Training t = {.fit = fit, .params = fit->params, .net = body->net};
	UpReal *params = body->net->params;

	UP_ASSERT(body->net != NULL);
	up_workers_begin(seconds_of(&t));
	prepare(&t);
	t.net->params = t.arrays[PARAMS];
	if (t.params->early_stopping && t.n_validation == 0)
	{
		const char *what = "too few rows to set some aside for early_stopping: the training loss decides";

		up_arena_suspend(arena);
		up_value_set(fit->info, "early_stopping_note", up_value_string(what));
		up_arena_resume(arena);
		up_warn(NULL, "%s", what);
	}
	body->converged = train_passes(&t);
	if (t.best != NULL)
		memcpy(t.net->params, t.best, t.net->n_padded * sizeof(float));
	memcpy(params, t.net->params, t.net->n_padded * sizeof(UpReal));
	t.net->params = params;
	up_workers_end();
	if (!body->converged && !t.params->quiet)
		up_warn("Raise max_iter, or scale the features.",
				"training of the neural network stopped at max_iter = %lld before it converged",
				(long long) t.params->max_iter);

	up_arena_suspend(arena);
	body->iterations = t.iterations;
	body->n_scores = t.n_validation > 0 ? t.iterations : 0;
	body->losses = up_alloc_array(UP_MAX(t.iterations, 1), sizeof(double));
	body->scores = up_alloc_array(UP_MAX(body->n_scores, 1), sizeof(double));
	memcpy(body->losses, t.losses, t.iterations * sizeof(double));
	memcpy(body->scores, t.scores, body->n_scores * sizeof(double));
	up_arena_resume(arena);
	up_arena_leave(arena);
}

void
up_mlp_train(UpMlpBody *body, const UpFit *fit)
{
	UpRng rng;

	up_rng_init(&rng, fit->seed, DRAW_START);
	up_mlp_net_start(body->net, &rng);
	up_mlp_train_on(body, fit);
}
