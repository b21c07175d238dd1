/*
 * mlp_net.c - the layers of a multi-layer perceptron (see mlp_net.h for the arrays)
 *
 * Forward: a_0 = x, z_l = a_{l-1} W_l + b_l, a_l = f(z_l); the last layer's z is turned into a value, a probability or
 * a softmax by the loss. Backward (Rumelhart, Hinton, Williams 1986): d_L = (output - target) scale for each of the
 * three losses, W_l' = a_{l-1}' d_l, b_l' = column sums of d_l, d_{l-1} = (d_l W_l') f'(z_{l-1}), where f' is computed
 * from a = f(z). Start: X. Glorot, Y. Bengio, AISTATS 2010, in scikit-learn's form.
 *
 * Cost of n rows: about n times the number of weights multiply-adds forward, twice that backward.
 */
#include "learn/mlp/mlp_net.h"

#ifndef UP_MLP_DOUBLE
#include "num/gemm.h"
#include "num/vec_adam.h"
#endif

#include <math.h>
#include <string.h>

UP_MLP_SCOPE UpMlpNet *
up_mlp_net_new(const uint32_t *sizes, uint32_t n_layers, UpMlpActivation activation, UpMlpOutput output)
{
	UpMlpNet *net = up_alloc0(sizeof(UpMlpNet));

	net->activation = activation;
	net->output = output;
	net->n_layers = n_layers;
	net->sizes = up_alloc_array(n_layers + 1, sizeof(uint32_t));
	net->ld = up_alloc_array(n_layers + 1, sizeof(size_t));
	net->start = up_alloc_array(n_layers + 1, sizeof(size_t));
	memcpy(net->sizes, sizes, (n_layers + 1) * sizeof(uint32_t));
	net->ld[0] = sizes[0];
	net->start[0] = 0;
	for (uint32_t l = 1; l <= n_layers; l++)
	{
		net->ld[l] = UP_GEMM_UP(sizes[l]);
		net->start[l] = net->n_padded;
		net->n_padded += ((size_t) sizes[l - 1] + 1) * net->ld[l];
	}
	net->params = up_alloc_array(UP_MAX(net->n_padded, 1), sizeof(UpReal));
	memset(net->params, 0, net->n_padded * sizeof(UpReal));
	return net;
}

UP_MLP_SCOPE double
up_mlp_net_bytes(const uint32_t *sizes, uint32_t n_layers)
{
	double n = 0;

	for (uint32_t l = 1; l <= n_layers; l++)
		n += (sizes[l - 1] + 1.0) * UP_GEMM_UP(sizes[l]);
	return n * sizeof(UpReal);
}

UP_MLP_SCOPE double
up_mlp_work_bytes(const uint32_t *sizes, uint32_t n_layers, size_t rows)
{
	double values = sizes[0], widest = 0, transposed = 0;

	for (uint32_t l = 1; l <= n_layers; l++)
	{
		values += UP_GEMM_UP(sizes[l]);
		widest = fmax(widest, UP_GEMM_UP(sizes[l]));
		if (l > 1)
			transposed = fmax(transposed, (double) sizes[l] * UP_GEMM_UP(sizes[l - 1]));
	}
	return ((values + 2 * widest) * rows + transposed) * sizeof(UpReal) + up_mlp_net_bytes(sizes, n_layers);
}

UP_MLP_SCOPE void
up_mlp_net_start(UpMlpNet *net, UpRng *rng)
{
	double factor = net->activation == UP_MLP_LOGISTIC ? 2 : 6;

	for (uint32_t l = 1; l <= net->n_layers; l++)
	{
		double bound = sqrt(factor / ((double) net->sizes[l - 1] + net->sizes[l]));
		UpReal *row = up_mlp_weights(net, l);

		/* The last row is the biases. */
		for (size_t i = 0; i <= net->sizes[l - 1]; i++, row += net->ld[l])
			for (uint32_t j = 0; j < net->sizes[l]; j++)
				row[j] = (UpReal) (bound * (2 * up_rng_double(rng) - 1));
	}
}

UP_MLP_SCOPE size_t
up_mlp_net_width(const UpMlpNet *net)
{
	size_t width = 0;

	for (uint32_t l = 1; l <= net->n_layers; l++)
		width = UP_MAX(width, net->ld[l]);
	return width;
}

UP_MLP_SCOPE UpMlpWork *
up_mlp_work_new(const UpMlpNet *net, size_t rows)
{
	UpMlpWork *work = up_alloc0(sizeof(UpMlpWork));
	size_t width = up_mlp_net_width(net), transposed = 1;

	UP_ASSERT(net->n_layers > 0 && rows > 0);
	work->rows = rows;
	work->act = up_alloc_array(net->n_layers + 1, sizeof(UpReal *));
	for (uint32_t l = 0; l <= net->n_layers; l++)
		work->act[l] = up_alloc_array(UP_MAX(net->ld[l], 1), rows * sizeof(UpReal));
	for (int i = 0; i < 2; i++)
		work->delta[i] = up_alloc_array(width, rows * sizeof(UpReal));
	for (uint32_t l = 2; l <= net->n_layers; l++)
		transposed = UP_MAX(transposed, net->sizes[l] * net->ld[l - 1]);
	work->transposed = up_alloc_array(transposed, sizeof(UpReal));
	work->grad = up_alloc_array(UP_MAX(net->n_padded, 1), sizeof(UpReal));
	return work;
}

static void
activate(UpMlpActivation activation, UpReal *x, size_t n)
{
	if (activation == UP_MLP_RELU)
		up_vec_relu(x, n);
	else if (activation == UP_MLP_TANH)
		up_vec_tanh(x, n);
	else if (activation == UP_MLP_LOGISTIC)
		up_vec_logistic(x, n);
}

static void
activate_back(UpMlpActivation activation, UpReal *delta, const UpReal *act, size_t n)
{
	if (activation == UP_MLP_RELU)
		up_vec_relu_back(delta, act, n);
	else if (activation == UP_MLP_TANH)
		up_vec_tanh_back(delta, act, n);
	else if (activation == UP_MLP_LOGISTIC)
		up_vec_logistic_back(delta, act, n);
}

static void
layer_forward(const UpMlpNet *net, uint32_t l, const UpReal *in, UpReal *out, size_t n)
{
	const UpReal *weights = up_mlp_weights(net, l);

	up_gemm_nn(out, net->ld[l], weights + up_mlp_n_weights(net, l), in, net->ld[l - 1], weights, net->ld[l], n,
			   net->ld[l], net->sizes[l - 1]);
	if (l < net->n_layers)
		activate(net->activation, out, n * net->ld[l]);
}

UP_MLP_SCOPE void
up_mlp_net_forward(const UpMlpNet *net, UpMlpWork *work, size_t n)
{
	for (uint32_t l = 1; l <= net->n_layers; l++)
	{
		layer_forward(net, l, work->act[l - 1], work->act[l], n);
		up_tick();
	}
}

UP_MLP_SCOPE const UpReal *
up_mlp_net_infer_to(const UpMlpNet *net, uint32_t layer, const UpReal *x, size_t n, UpReal *buffers[2])
{
	for (uint32_t l = 1; l <= layer; l++)
	{
		UpReal *out = buffers[l % 2];

		layer_forward(net, l, x, out, n);
		x = out;
	}
	return x;
}

UP_MLP_SCOPE const UpReal *
up_mlp_net_infer(const UpMlpNet *net, const UpReal *x, size_t n, UpReal *buffers[2])
{
	return up_mlp_net_infer_to(net, net->n_layers, x, n, buffers);
}

static double
loss_value(const UpReal *z, size_t ld, const double *y, size_t n, double scale, UpReal *delta)
{
	double loss = 0;

	for (size_t i = 0; i < n; i++)
	{
		double error = (double) z[i * ld] - y[i];

		loss += 0.5 * error * error;
		delta[i * ld] = (UpReal) (error * scale);
	}
	return loss;
}

/* From log odds z: log(1 + exp(z)) - y z. The logarithms of a few rows are taken of their product. */
static double
loss_sigmoid(const UpReal *z, size_t ld, const double *y, size_t n, double scale, UpReal *delta)
{
	double loss = 0, product = 1;

	for (size_t i = 0; i < n; i++)
	{
		double odds = z[i * ld], e = exp(-fabs(odds)), p = (odds < 0 ? e : 1) / (1 + e);

		product *= 1 + e;
		if (i % 512 == 511)
		{
			loss += log(product);
			product = 1;
		}
		loss += fmax(odds, 0) - y[i] * odds;
		delta[i * ld] = (UpReal) ((p - y[i]) * scale);
	}
	return loss + log(product);
}

static double
loss_softmax(const UpReal *z, size_t ld, uint32_t k, const double *y, size_t n, double scale, UpReal *delta)
{
	double loss = 0;

	for (size_t i = 0; i < n; i++, z += ld, delta += ld)
	{
		double max = z[0], sum = 0;

		/* Not fmax, over which gcc 12 fails in its vectorizer for arm64. */
		for (uint32_t j = 1; j < k; j++)
			max = z[j] > max ? z[j] : max;
		for (uint32_t j = 0; j < k; j++)
		{
			double e = exp(z[j] - max);

			sum += e;
			delta[j] = (UpReal) e;
		}
		for (uint32_t j = 0; j < k; j++)
			delta[j] = (UpReal) ((delta[j] / sum - (j == (uint32_t) y[i])) * scale);
		loss += log(sum) + max - z[(uint32_t) y[i]];
	}
	return loss;
}

UP_MLP_SCOPE double
up_mlp_net_loss(const UpMlpNet *net, UpMlpWork *work, const double *y, size_t n, double scale)
{
	size_t ld = net->ld[net->n_layers];
	const UpReal *z = work->act[net->n_layers];
	UpReal *delta = work->delta[0];

	memset(delta, 0, n * ld * sizeof(UpReal));
	if (net->output == UP_MLP_VALUE)
		return loss_value(z, ld, y, n, scale, delta);
	if (net->output == UP_MLP_SIGMOID)
		return loss_sigmoid(z, ld, y, n, scale, delta);
	return loss_softmax(z, ld, net->sizes[net->n_layers], y, n, scale, delta);
}

/* W_l' with leading dimension ld[l - 1] and zeros in the padding, which go on into the gradient below. */
static void
transpose_weights(const UpMlpNet *net, uint32_t l, UpReal *transposed)
{
	size_t inputs = net->sizes[l - 1], below = net->ld[l - 1];

	UP_ASSERT(l > 0 && l <= net->n_layers);
	up_gemm_transpose(transposed, below, up_mlp_weights(net, l), net->ld[l], inputs, net->sizes[l]);
	for (size_t j = 0; inputs < below && j < net->sizes[l]; j++)
		memset(transposed + j * below + inputs, 0, (below - inputs) * sizeof(UpReal));
}

UP_MLP_SCOPE void
up_mlp_net_backward(const UpMlpNet *net, UpMlpWork *work, size_t n, bool add)
{
	UpReal *delta = work->delta[0], *next = work->delta[1];

	for (uint32_t l = net->n_layers; l >= 1; l--)
	{
		UpReal *grad = work->grad + net->start[l];
		size_t ld = net->ld[l], below = net->ld[l - 1];

		up_gemm_tn(grad, ld, add, work->act[l - 1], below, delta, ld, net->sizes[l - 1], ld, n);
		up_gemm_sums(grad + up_mlp_n_weights(net, l), add, delta, ld, n, ld);
		if (l == 1)
			break;
		up_tick();
		transpose_weights(net, l, work->transposed);
		up_gemm_nn(next, below, NULL, delta, ld, work->transposed, below, n, below, net->sizes[l]);
		activate_back(net->activation, next, work->act[l - 1], n * below);
		up_tick();

		UpReal *swap = delta;
		delta = next;
		next = swap;
	}
}
