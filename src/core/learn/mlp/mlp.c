/*
 * mlp.c - the multi-layer perceptron as a learner: parameters, prediction, bytes
 *
 * Any number of fully connected hidden layers; two classes are one unit with the logistic function, more classes a
 * softmax, a regression is the unit's value. Networks and their arrays: mlp_net.h; training: mlp_train.c.
 *
 * Prediction converts blocks of rows to float4 and goes through the layers; small blocks need no allocation. A row's
 * result does not depend on the rows around it. Cost: one multiply-add a weight and row.
 */
#include "learn/mlp/mlp_train.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define STACK_VALUES 4096 /* scratch that prediction takes on the stack */
#define BLOCK_ROWS   128  /* rows of a block when that is not enough */

static const char *const activations[] = {"identity", "logistic", "tanh", "relu", NULL};
static const char *const outputs[] = {"identity", "logistic", "softmax"};
static const char *const solvers[] = {"adam", "sgd", NULL};
static const char *const learning_rates[] = {"constant", "invscaling", "adaptive", NULL};

#define UP_PARAMS_OF UpMlpParams

static const UpParam mlp_params[] = {
	UP_TREE_PARAM("hidden_layer_sizes", hidden_layer_sizes, "null", "integer or array of integers",
				  "units of each hidden layer; without it, one layer of 100"),
	UP_CHOICE_PARAM("activation", activation, "relu", activations, "function of the hidden units"),
	UP_CHOICE_PARAM("solver", solver, "adam", solvers, "Adam, or stochastic gradient descent with momentum"),
	UP_REAL_PARAM("alpha", alpha, "0.0001", 0, 1e9,
				  "weight of the squared weights in the objective, divided by the rows of a batch"),
	UP_TREE_PARAM(
		"batch_size", batch_size, "null", "integer or \"auto\"",
		"rows of a step, at most all; auto, and without it: the smaller of 200 and the number of rows"),
	UP_CHOICE_PARAM("learning_rate", learning_rate, "constant", learning_rates,
					"sgd: constant; invscaling: divided by (rows seen)^power_t; adaptive: divided by 5 when "
					"progress stops"),
	UP_REAL_PARAM("learning_rate_init", learning_rate_init, "0.001", 0, 1e6, "step size", .min_open = true),
	UP_REAL_PARAM("power_t", power_t, "0.5", 0, 10, "exponent of the learning rate invscaling"),
	UP_INT_PARAM("max_iter", max_iter, "200", 1, 1000000, "most passes over the rows"),
	UP_BOOL_PARAM("shuffle", shuffle, "true",
				  "shuffle the rows before each pass; without it, they keep an order given by their content"),
	UP_REAL_PARAM("tol", tol, "0.0001", 0, 1e9, "improvement of loss or score that counts as progress"),
	UP_INT_PARAM("n_iter_no_change", n_iter_no_change, "10", 1, 1000000,
				 "training ends after more passes than this without progress"),
	UP_BOOL_PARAM("early_stopping", early_stopping, "false",
				  "judge progress by the score on rows set aside, and keep the best weights"),
	UP_REAL_PARAM("validation_fraction", validation_fraction, "0.1", 0, 0.99,
				  "share of the rows set aside, of every class alike", .min_open = true),
	UP_REAL_PARAM("momentum", momentum, "0.9", 0, 1, "sgd: share of the last step that is kept"),
	UP_BOOL_PARAM("nesterovs_momentum", nesterovs_momentum, "true", "sgd: Nesterov's form of momentum"),
	UP_REAL_PARAM("beta_1", beta_1, "0.9", 0, 0.999999, "adam: decay of the mean gradient"),
	UP_REAL_PARAM("beta_2", beta_2, "0.999", 0, 0.999999, "adam: decay of the mean squared gradient"),
	UP_REAL_PARAM("epsilon", epsilon, "1e-8", 0, 1, "adam: added to the root of the mean squared gradient",
				  .min_open = true),
};

static uint32_t
hidden_size(const UpValue *given, const UpValue *whole)
{
	double n = given->type == UP_NUMBER ? given->number : 0;

	if (!(n >= 1 && n <= UP_MLP_MAX_UNITS && n == floor(n)))
		up_fail_with(
			UP_INVALID_PARAMETER, up_format("Found: %s.", up_value_text(whole)),
			"Write [64, 32] for two hidden layers, the first of 64 units.",
			"parameter \"hidden_layer_sizes\" must be an integer or an array of integers, each from 1 to %d",
			UP_MLP_MAX_UNITS);
	return (uint32_t) n;
}

static uint32_t
hidden_sizes(const UpValue *given, uint32_t *sizes)
{
	if (given == NULL || given->type == UP_NULL)
	{
		sizes[0] = 100;
		return 1;
	}
	if (given->type != UP_ARRAY)
	{
		sizes[0] = hidden_size(given, given);
		return 1;
	}
	if (given->n > UP_MLP_MAX_HIDDEN)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Use fewer hidden layers.",
					 "parameter \"hidden_layer_sizes\" has %u layers, more than the possible %d", given->n,
					 UP_MLP_MAX_HIDDEN);
	for (uint32_t i = 0; i < given->n; i++)
		sizes[i] = hidden_size(given->items[i], given);
	return given->n;
}

static UpMlpOutput
output_of(UpTask task, uint32_t n_classes)
{
	return task == UP_TASK_REGRESS ? UP_MLP_VALUE : n_classes == 2 ? UP_MLP_SIGMOID : UP_MLP_SOFTMAX;
}

/* Puts inputs and outputs around the hidden sizes at sizes[1]; returns the layers of weights. */
static uint32_t
frame_sizes(uint32_t *sizes, uint32_t n_hidden, uint32_t n_features, UpMlpOutput output, uint32_t n_classes)
{
	sizes[0] = n_features;
	sizes[n_hidden + 1] = output == UP_MLP_SOFTMAX ? n_classes : 1;
	return n_hidden + 1;
}

static void *
mlp_fit(const UpFit *fit)
{
	const UpMlpParams *p = fit->params;
	UpMlpBody *body = up_alloc0(sizeof(UpMlpBody));
	UpMlpOutput output = output_of(fit->task, fit->n_classes);
	uint32_t sizes[UP_MLP_MAX_HIDDEN + 2], n_layers;

	body->task = fit->task;
	body->n_classes = fit->n_classes;
	n_layers = frame_sizes(sizes, hidden_sizes(p->hidden_layer_sizes, sizes + 1), fit->n_features, output,
						   fit->n_classes);
	if (fit->task == UP_TASK_CLASSIFY && fit->n_classes < 2)
	{
		/* Nothing to learn: the answer is the one class that there is. */
		body->converged = true;
		return body;
	}
	up_reserve(UP_MIN(up_mlp_net_bytes(sizes, n_layers), 1e18), "weights of a neural network");
	body->net = up_mlp_net_new(sizes, n_layers, (UpMlpActivation) p->activation, output);
	up_mlp_train(body, fit);
	return body;
}

/*
 * Goes on from the weights that there are: one pass over the new rows, or as many as max_iter says this time. More would
 * let the old rows be forgotten.
 */
static void *
mlp_update(const void *old, const UpFit *fit)
{
	UpMlpParams p = *(const UpMlpParams *) fit->params;
	const UpMlpBody *from = old;
	UpMlpBody *body = up_alloc(sizeof(UpMlpBody));
	uint32_t sizes[UP_MLP_MAX_HIDDEN + 2], n = hidden_sizes(p.hidden_layer_sizes, sizes);
	UpFit again = *fit;

	*body = *from;
	if (from->net == NULL)
		return body;
	if (n != from->net->n_layers - 1 || memcmp(sizes, from->net->sizes + 1, n * sizeof(uint32_t)) != 0 ||
		p.activation != (int) from->net->activation)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change them.",
					 "hidden_layer_sizes and activation cannot be changed by an update");
	if (fit->given == NULL || up_value_get(fit->given, "max_iter") == NULL)
		p.max_iter = 1;
	/* That a pass is not the last one needed is no surprise here. */
	p.quiet = true;
	again.params = &p;
	body->net = up_mlp_net_new(from->net->sizes, from->net->n_layers, from->net->activation, from->net->output);
	memcpy(body->net->params, from->net->params, from->net->n_padded * sizeof(float));
	up_mlp_train_on(body, &again);
	return body;
}

/*
 * The mean of the weights, by the rows behind each (McMahan et al. 2017, federated averaging). It stands for both only where they began
 * with the same weights, so that a unit of one is that unit of the other (UP_L_ONE_START), and are not too far from each other.
 */
static void *
mlp_average(const void *p, double rows_p, const void *q, double rows_q)
{
	const UpMlpBody *a = p, *b = q;
	double share = rows_q / (rows_p + rows_q);
	UpMlpBody *body = up_alloc0(sizeof(UpMlpBody));
	UpMlpNet *net;

	body->task = a->task;
	body->n_classes = a->n_classes;
	body->converged = a->converged && b->converged;
	if (a->net == NULL)
		return body;
	UP_ASSERT(b->net != NULL);
	if (a->net->n_padded != b->net->n_padded || a->net->n_layers != b->net->n_layers ||
		a->net->activation != b->net->activation ||
		memcmp(a->net->sizes, b->net->sizes, (a->net->n_layers + 1) * sizeof(uint32_t)) != 0)
		up_fail_with(UP_WRONG_KIND, NULL, "Train both with the same params.",
					 "the models have different layers");
	net = up_mlp_net_new(a->net->sizes, a->net->n_layers, a->net->activation, a->net->output);
	for (size_t i = 0; i < net->n_padded; i++)
		net->params[i] = (float) (a->net->params[i] + share * ((double) b->net->params[i] - a->net->params[i]));
	body->net = net;
	return body;
}

/* Turns the last layer's sums of one row into what is asked for. */
typedef void (*Answer)(const UpMlpBody *body, const float *z, double *out);

static void
answer_label(const UpMlpBody *body, const float *z, double *out)
{
	uint32_t best = 0;

	if (body->net->output == UP_MLP_VALUE)
	{
		*out = z[0];
		return;
	}
	if (body->net->output == UP_MLP_SIGMOID)
	{
		*out = z[0] > 0;
		return;
	}
	for (uint32_t j = 1; j < body->n_classes; j++)
		if (z[j] > z[best])
			best = j;
	*out = best;
}

static void
answer_proba(const UpMlpBody *body, const float *z, double *out)
{
	if (body->net->output == UP_MLP_SIGMOID)
	{
		out[1] = up_sigmoid(z[0]);
		out[0] = up_sigmoid(-(double) z[0]);
		return;
	}
	for (uint32_t j = 0; j < body->n_classes; j++)
		out[j] = z[j];
	up_vec_softmax(out, body->n_classes);
}

/* The units of the last hidden layer. */
static void
answer_hidden(const UpMlpBody *body, const float *z, double *out)
{
	for (uint32_t j = 0; j < body->net->sizes[body->net->n_layers - 1]; j++)
		out[j] = z[j];
}

static void
answer_block(const UpMlpBody *body, const double *x, size_t n, double *out, size_t stride, Answer answer,
			 float *scratch)
{
	const UpMlpNet *net = body->net;
	uint32_t layer = answer == answer_hidden ? net->n_layers - 1 : net->n_layers;
	size_t ld = net->ld[layer], values = n * net->sizes[0], width = n * up_mlp_net_width(net);
	float *buffers[2] = {scratch + values, scratch + values + width};
	const float *z;

	for (size_t i = 0; i < values; i++)
		scratch[i] = (float) x[i];
	z = up_mlp_net_infer_to(net, layer, scratch, n, buffers);
	for (size_t i = 0; i < n; i++, z += ld, out += stride)
	{
		for (uint32_t j = 0; j < net->sizes[layer]; j++)
			if (!isfinite(z[j]))
				up_fail_with(UP_INVALID_DATA, NULL,
							 "Give the features in the scale that the model was trained on.",
							 "the neural network's output is beyond the range of float4");
		answer(body, z, out);
	}
}

static void
answer_rows(const UpMlpBody *body, const double *x, size_t n, double *out, size_t stride, Answer answer)
{
	float stack[STACK_VALUES] __attribute__((aligned(64)));
	size_t d = body->net->sizes[0], row = d + 2 * up_mlp_net_width(body->net);
	size_t block = STACK_VALUES / row;
	float *scratch = stack;

	if (block < n)
	{
		block = BLOCK_ROWS;
		scratch = up_alloc_array(block * row, sizeof(float));
	}
	for (size_t i = 0; i < n; i += block)
	{
		answer_block(body, x + i * d, UP_MIN(block, n - i), out + i * stride, stride, answer, scratch);
		if (n > block)
			up_tick();
	}
	if (scratch != stack)
		up_free(scratch);
}

static void
mlp_predict(const void *opaque, const double *x, size_t n, double *out)
{
	const UpMlpBody *body = opaque;

	if (body->net != NULL)
		answer_rows(body, x, n, out, 1, answer_label);
	else
		memset(out, 0, n * sizeof(double));
}

static void
mlp_proba(const void *opaque, const double *x, size_t n, double *out)
{
	const UpMlpBody *body = opaque;

	if (body->net != NULL)
		answer_rows(body, x, n, out, body->n_classes, answer_proba);
	else
		for (size_t i = 0; i < n; i++)
			out[i] = 1;
}

static uint32_t
mlp_embedding(const void *opaque, const char **why)
{
	const UpMlpBody *body = opaque;

	if (body->net == NULL)
		*why = "All rows had one class, so that nothing was learned.";
	else if (body->net->n_layers < 2)
		*why = "This network has no hidden layers.";
	else
		return body->net->sizes[body->net->n_layers - 1];
	return 0;
}

static void
mlp_embed(const void *opaque, const double *x, size_t n, double *out)
{
	const UpMlpBody *body = opaque;

	answer_rows(body, x, n, out, body->net->sizes[body->net->n_layers - 1], answer_hidden);
}

/*
 * u8 whether there is a network | u8 activation | u32 hidden layers | u32 units of each | weights and biases of each
 * layer, float4 without padding | u8 converged | u32 iterations | losses | u32 scores | scores.
 */
static void
mlp_write(const void *opaque, UpWriter *w)
{
	const UpMlpBody *body = opaque;
	const UpMlpNet *net = body->net;

	up_put_u8(w, net != NULL);
	if (net == NULL)
		return;
	up_put_u8(w, (uint8_t) net->activation);
	up_put_u32(w, net->n_layers - 1);
	for (uint32_t l = 1; l < net->n_layers; l++)
		up_put_u32(w, net->sizes[l]);
	for (uint32_t l = 1; l <= net->n_layers; l++)
		for (size_t i = 0; i <= net->sizes[l - 1]; i++)
			up_put_f32_array(w, up_mlp_weights(net, l) + i * net->ld[l], net->sizes[l]);
	up_put_u8(w, body->converged);
	up_put_u32(w, body->iterations);
	up_put_f64_array(w, body->losses, body->iterations);
	up_put_u32(w, body->n_scores);
	up_put_f64_array(w, body->scores, body->n_scores);
}

static UpMlpNet *
read_net(UpReader *r, const UpShape *shape)
{
	uint8_t activation = up_get_u8(r);
	uint32_t sizes[UP_MLP_MAX_HIDDEN + 2], n_hidden, n_layers;
	UpMlpOutput output = output_of(shape->task, shape->n_classes);
	double values = 0;
	UpMlpNet *net;

	if (activation > UP_MLP_RELU)
		up_corrupt(r, up_format("activation %u is unknown", activation));
	n_hidden = up_get_count(r, sizeof(uint32_t), UP_MLP_MAX_HIDDEN, "hidden layers");
	for (uint32_t l = 1; l <= n_hidden; l++)
	{
		sizes[l] = up_get_u32(r);
		if (sizes[l] < 1 || sizes[l] > UP_MLP_MAX_UNITS)
			up_corrupt(r, up_format("a hidden layer has %u units", sizes[l]));
	}
	n_layers = frame_sizes(sizes, n_hidden, shape->n_features, output, shape->n_classes);
	for (uint32_t l = 1; l <= n_layers; l++)
		values += (sizes[l - 1] + 1.0) * sizes[l];
	if (values * sizeof(float) > r->len - r->pos)
		up_corrupt(r, up_format("%.0f weights are more than the bytes that are left", values));
	net = up_mlp_net_new(sizes, n_layers, (UpMlpActivation) activation, output);
	for (uint32_t l = 1; l <= n_layers; l++)
		for (size_t i = 0; i <= sizes[l - 1]; i++)
			up_get_f32_array(r, up_mlp_weights(net, l) + i * net->ld[l], sizes[l]);
	return net;
}

static void *
mlp_read(UpReader *r, const UpShape *shape)
{
	UpMlpBody *body = up_alloc0(sizeof(UpMlpBody));
	bool has_net = up_get_bool(r);

	body->task = shape->task;
	body->n_classes = shape->n_classes;
	if (shape->task != UP_TASK_CLASSIFY && shape->task != UP_TASK_REGRESS)
		up_corrupt(r, "a neural network neither classifies nor does regression");
	if (has_net != (shape->task == UP_TASK_REGRESS || shape->n_classes > 1))
		up_corrupt(r, "a neural network does not fit the number of classes");
	body->converged = true;
	if (!has_net)
		return body;
	body->net = read_net(r, shape);
	body->converged = up_get_bool(r);
	body->iterations = up_get_count(r, sizeof(double), UINT32_MAX, "losses");
	body->losses = up_alloc_array(UP_MAX(body->iterations, 1), sizeof(double));
	up_get_f64_array(r, body->losses, body->iterations);
	body->n_scores = up_get_count(r, sizeof(double), body->iterations, "validation scores");
	if (body->n_scores != 0 && body->n_scores != body->iterations)
		up_corrupt(r, "there are fewer validation scores than losses");
	body->scores = up_alloc_array(UP_MAX(body->n_scores, 1), sizeof(double));
	up_get_f64_array(r, body->scores, body->n_scores);
	return body;
}

static void
mlp_describe(const void *opaque, UpValue *info)
{
	const UpMlpBody *body = opaque;
	const UpMlpNet *net = body->net;
	UpValue *layers = up_value_array();
	double n_parameters = 0, best = INFINITY;

	if (net == NULL)
	{
		up_value_set(info, "constant", up_value_bool(true));
		return;
	}
	for (uint32_t l = 0; l <= net->n_layers; l++)
	{
		up_value_append(layers, up_value_number(net->sizes[l]));
		if (l > 0)
			n_parameters += (net->sizes[l - 1] + 1.0) * net->sizes[l];
	}
	up_value_set(info, "layers", layers);
	up_value_set(info, "activation", up_value_string(activations[net->activation]));
	up_value_set(info, "output", up_value_string(outputs[net->output]));
	up_value_set(info, "n_parameters", up_value_number(n_parameters));
	up_value_set(info, "converged", up_value_bool(body->converged));
	up_value_set(info, "iterations", up_value_number(body->iterations));
	if (body->iterations == 0)
		return;
	for (uint32_t i = 0; i < body->iterations; i++)
		best = fmin(best, body->losses[i]);
	up_value_set(info, "loss", up_value_number(body->losses[body->iterations - 1]));
	up_value_set(info, "best_loss", up_value_number(best));
	up_value_set(info, "loss_curve", up_value_numbers(body->losses, body->iterations));
	if (body->n_scores > 0)
	{
		double best_score = -INFINITY;

		for (uint32_t i = 0; i < body->n_scores; i++)
			best_score = fmax(best_score, body->scores[i]);
		up_value_set(info, "best_validation_score", up_value_number(best_score));
		up_value_set(info, "validation_scores", up_value_numbers(body->scores, body->n_scores));
	}
}

const UpLearner up_mlp = {
	.name = "mlp",
	.number = 4,
	.abilities = UP_L_CLASSIFY | UP_L_REGRESS | UP_L_SCALE | UP_L_ONE_START,
	.help = "neural network with fully connected layers (multi-layer perceptron)",
	.params = {mlp_params, UP_LENGTH(mlp_params)},
	.params_size = sizeof(UpMlpParams),
	.fit = mlp_fit,
	.predict = mlp_predict,
	.proba = mlp_proba,
	.write = mlp_write,
	.read = mlp_read,
	.describe = mlp_describe,
	.update = mlp_update,
	.average = mlp_average,
	.embedding = mlp_embedding,
	.embed = mlp_embed,
};
