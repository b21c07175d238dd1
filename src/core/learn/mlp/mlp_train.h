/*
 * mlp_train.h - the multi-layer perceptron's parameters, its body and its training
 */
#ifndef UPROFILE_MLP_TRAIN_H
#define UPROFILE_MLP_TRAIN_H

#include "learn/learner.h"
#include "learn/mlp/mlp_net.h"

#define UP_MLP_MAX_HIDDEN 64
#define UP_MLP_MAX_UNITS  65536

typedef struct UpMlpParams
{
	UpValue *hidden_layer_sizes; /* NULL: one layer of 100 */
	int activation;              /* UpMlpActivation */
	int solver;
	double alpha;
	UpValue *batch_size; /* NULL: min(200, rows) */
	int learning_rate;
	double learning_rate_init;
	double power_t;
	int64_t max_iter;
	bool shuffle;
	double tol;
	int64_t n_iter_no_change;
	bool early_stopping;
	double validation_fraction;
	double momentum;
	bool nesterovs_momentum;
	double beta_1;
	double beta_2;
	double epsilon;
	bool quiet; /* no parameter: that max_iter ends the training is expected */
} UpMlpParams;

/* Indexes of the choices of solver and learning_rate. */
enum
{
	UP_MLP_ADAM,
	UP_MLP_SGD
};
enum
{
	UP_MLP_CONSTANT,
	UP_MLP_INVSCALING,
	UP_MLP_ADAPTIVE
};

typedef struct UpMlpBody
{
	UpTask task;
	uint32_t n_classes;
	UpMlpNet *net; /* NULL: all rows had one class */
	bool converged;
	uint32_t iterations; /* passes over the rows */
	double *losses;      /* of each of them */
	uint32_t n_scores;   /* with early stopping: iterations, else 0 */
	double *scores;      /* accuracy or R² on the rows that were set aside */
} UpMlpBody;

/* Units of the hidden layers, at most UP_MLP_MAX_HIDDEN; returns their number. Fails on anything else. */
/* Trains body->net, which is new, and fills in the rest. */
extern void up_mlp_train(UpMlpBody *body, const UpFit *fit);
/* The same from the weights that body->net has. */
extern void up_mlp_train_on(UpMlpBody *body, const UpFit *fit);

#endif
