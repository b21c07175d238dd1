/*
 * mlp_net.h - the layers of a multi-layer perceptron: outputs, losses and gradients
 *
 * Arithmetic is in UpReal, float4. A unit test includes mlp_net.c with UP_MLP_DOUBLE, and plain loops in double in
 * place of the kernels, to compare gradients with finite differences; everything is then local to the test.
 *
 * Layer l = 1 … n_layers has sizes[l - 1] inputs and sizes[l] outputs, held with a leading dimension of ld[l] =
 * sizes[l] rounded up to UP_GEMM_PAD: the weights (sizes[l - 1] × ld[l], row-major), then the biases (ld[l]), all
 * layers one after the other in params. The padding is zero and stays so.
 */
#ifndef UPROFILE_MLP_NET_H
#define UPROFILE_MLP_NET_H

#include "base/rng.h"

#ifdef UP_MLP_DOUBLE
typedef double UpReal;
#define UP_MLP_SCOPE static __attribute__((unused))
#else
typedef float UpReal;
#define UP_MLP_SCOPE extern
#endif

typedef enum UpMlpActivation
{
	UP_MLP_IDENTITY,
	UP_MLP_LOGISTIC,
	UP_MLP_TANH,
	UP_MLP_RELU
} UpMlpActivation;

/* What the last layer's sums mean, and the loss of one row. */
typedef enum UpMlpOutput
{
	UP_MLP_VALUE,   /* the value itself; half the squared error */
	UP_MLP_SIGMOID, /* one unit: log odds of class 1; cross-entropy */
	UP_MLP_SOFTMAX  /* a unit a class; cross-entropy */
} UpMlpOutput;

typedef struct UpMlpNet
{
	UpMlpActivation activation; /* of the hidden layers */
	UpMlpOutput output;
	uint32_t n_layers; /* of weights: hidden layers + 1 */
	uint32_t *sizes;   /* n_layers + 1: features, hidden units, outputs */
	size_t *ld;        /* n_layers + 1 */
	size_t *start;     /* n_layers + 1: where a layer begins in params */
	size_t n_padded;   /* length of params */
	UpReal *params;
} UpMlpNet;

/* What a pass over up to rows rows needs beside the network. */
typedef struct UpMlpWork
{
	size_t rows;
	UpReal *
		*act; /* n_layers + 1: the rows' inputs (sizes[0] columns), then the output of every layer (ld[l]) */
	UpReal *delta[2];   /* gradients of the loss in a layer's sums */
	UpReal *transposed; /* the transposed weights of a layer */
	UpReal *grad;       /* like params */
} UpMlpWork;

/* Sizes are copied; params are zeros. */
UP_MLP_SCOPE UpMlpNet *up_mlp_net_new(const uint32_t *sizes, uint32_t n_layers, UpMlpActivation activation,
									  UpMlpOutput output);
/* The bytes that new and work_new will take for these sizes. */
UP_MLP_SCOPE double up_mlp_net_bytes(const uint32_t *sizes, uint32_t n_layers);
UP_MLP_SCOPE double up_mlp_work_bytes(const uint32_t *sizes, uint32_t n_layers, size_t rows);
/* Uniform in ± sqrt(factor / (inputs + outputs)), biases too; factor 2 for the logistic function, else 6. */
UP_MLP_SCOPE void up_mlp_net_start(UpMlpNet *net, UpRng *rng);

static inline UpReal *
up_mlp_weights(const UpMlpNet *net, uint32_t layer)
{
	return net->params + net->start[layer];
}

static inline size_t
up_mlp_n_weights(const UpMlpNet *net, uint32_t layer)
{
	return net->sizes[layer - 1] * net->ld[layer];
}

UP_MLP_SCOPE UpMlpWork *up_mlp_work_new(const UpMlpNet *net, size_t rows);
/* work->act[0] holds n rows; the sums of the last layer end in act[n_layers]. */
UP_MLP_SCOPE void up_mlp_net_forward(const UpMlpNet *net, UpMlpWork *work, size_t n);
/*
 * After forward: the sum of the losses of n rows with targets y, and in work->delta[0] the gradients in the last sums,
 * multiplied by scale.
 */
UP_MLP_SCOPE double up_mlp_net_loss(const UpMlpNet *net, UpMlpWork *work, const double *y, size_t n,
									double scale);
/* After loss: the gradient in work->grad, added to what is there if add. */
UP_MLP_SCOPE void up_mlp_net_backward(const UpMlpNet *net, UpMlpWork *work, size_t n, bool add);

/*
 * The sums of the last layer for n rows of sizes[0] values, without keeping what is between: the result stands in one
 * of two buffers of n × (largest ld) values, with leading dimension ld[n_layers].
 */
UP_MLP_SCOPE const UpReal *up_mlp_net_infer(const UpMlpNet *net, const UpReal *x, size_t n, UpReal *buffers[2]);
/* The same of an earlier layer, through its activation; leading dimension ld[layer]. */
UP_MLP_SCOPE const UpReal *up_mlp_net_infer_to(const UpMlpNet *net, uint32_t layer, const UpReal *x, size_t n,
											   UpReal *buffers[2]);
UP_MLP_SCOPE size_t up_mlp_net_width(const UpMlpNet *net); /* the largest ld */

#endif
