/*
 * test_mlp.c - the multi-layer perceptron: gradients against finite differences, small problems, bytes
 *
 * The network is compiled once more here in double, over plain loops in place of the kernels, so that a central
 * difference with step 1e-5 agrees with the analytic gradient to about 1e-9.
 */
#include "check.h"
#include "arrays.h"

#include "learn/learner.h"

#define UP_MLP_DOUBLE
#define UP_GEMM_UP(n) (((size_t) (n) + 3) / 4 * 4)

static void
up_gemm_nn(double *c, size_t ldc, const double *bias, const double *a, size_t lda, const double *b, size_t ldb,
		   size_t m, size_t n, size_t k)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double sum = bias != NULL ? bias[j] : 0;

			for (size_t l = 0; l < k; l++)
				sum += a[i * lda + l] * b[l * ldb + j];
			c[i * ldc + j] = sum;
		}
}

static void
up_gemm_tn(double *c, size_t ldc, bool add, const double *a, size_t lda, const double *b, size_t ldb, size_t m,
		   size_t n, size_t k)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double sum = add ? c[i * ldc + j] : 0;

			for (size_t l = 0; l < k; l++)
				sum += a[l * lda + i] * b[l * ldb + j];
			c[i * ldc + j] = sum;
		}
}

static void
up_gemm_sums(double *out, bool add, const double *a, size_t lda, size_t m, size_t n)
{
	for (size_t j = 0; j < n; j++)
	{
		out[j] = add ? out[j] : 0;
		for (size_t i = 0; i < m; i++)
			out[j] += a[i * lda + j];
	}
}

static void
up_gemm_transpose(double *b, size_t ldb, const double *a, size_t lda, size_t rows, size_t columns)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < columns; j++)
			b[j * ldb + i] = a[i * lda + j];
}

#define EACH(name, expression)                                                                                 \
	static void name(double *x, size_t n)                                                                      \
	{                                                                                                          \
		for (size_t i = 0; i < n; i++)                                                                         \
			x[i] = (expression);                                                                               \
	}
EACH(up_vec_relu, x[i] > 0 ? x[i] : 0)
EACH(up_vec_tanh, tanh(x[i]))
EACH(up_vec_logistic, 1 / (1 + exp(-x[i])))

#define EACH_BACK(name, expression)                                                                            \
	static void name(double *d, const double *a, size_t n)                                                     \
	{                                                                                                          \
		for (size_t i = 0; i < n; i++)                                                                         \
			d[i] *= (expression);                                                                              \
	}
EACH_BACK(up_vec_relu_back, a[i] > 0)
EACH_BACK(up_vec_tanh_back, 1 - a[i] * a[i])
EACH_BACK(up_vec_logistic_back, a[i] * (1 - a[i]))

#include "learn/mlp/mlp_net.c"

extern const UpLearner up_mlp;

#define N 7 /* rows of a gradient check */

/* The objective of N rows, taken in pieces of `piece`, and its gradient in work->grad. */
static double
objective(const UpMlpNet *net, UpMlpWork *work, const double *x, const double *y, size_t piece, double alpha)
{
	double loss = 0;

	for (size_t i = 0; i < N; i += piece)
	{
		size_t n = UP_MIN(piece, N - i);

		memcpy(work->act[0], x + i * net->sizes[0], n * net->sizes[0] * sizeof(double));
		up_mlp_net_forward(net, work, n);
		loss += up_mlp_net_loss(net, work, y + i, n, 1.0 / N) / N;
		up_mlp_net_backward(net, work, n, i > 0);
	}
	for (uint32_t l = 1; l <= net->n_layers; l++)
		for (size_t i = 0; i < up_mlp_n_weights(net, l); i++)
		{
			double w = up_mlp_weights(net, l)[i];

			loss += 0.5 * alpha / N * w * w;
			work->grad[net->start[l] + i] += alpha / N * w;
		}
	return loss;
}

/* Whether place is a weight or bias, or padding. */
static bool
is_padding(const UpMlpNet *net, size_t place)
{
	uint32_t l = net->n_layers;

	while (net->start[l] > place)
		l--;
	return (place - net->start[l]) % net->ld[l] >= net->sizes[l];
}

static void
check_gradient(const uint32_t *sizes, uint32_t n_layers, UpMlpActivation activation, UpMlpOutput output,
			   size_t piece, double alpha)
{
	const double h = 1e-5;
	UpMlpNet *net = up_mlp_net_new(sizes, n_layers, activation, output);
	UpMlpWork *work = up_mlp_work_new(net, piece);
	double *x = up_alloc_array((size_t) N * sizes[0] + 1, sizeof(double)), y[N], worst = 0, largest = 0;
	double *grad = up_alloc_array(net->n_padded, sizeof(double));
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	up_mlp_net_start(net, &rng);
	for (size_t i = 0; i < (size_t) N * sizes[0]; i++)
		x[i] = up_rng_normal(&rng);
	for (int i = 0; i < N; i++)
		y[i] = output == UP_MLP_VALUE     ? up_rng_normal(&rng)
			   : output == UP_MLP_SIGMOID ? i % 2
										  : (double) up_rng_below(&rng, sizes[n_layers]);
	objective(net, work, x, y, piece, alpha);
	memcpy(grad, work->grad, net->n_padded * sizeof(double));
	for (size_t i = 0; i < net->n_padded; i++)
	{
		double kept = net->params[i], above, below;

		if (is_padding(net, i))
		{
			CHECK(grad[i] == 0 && net->params[i] == 0);
			continue;
		}
		net->params[i] = kept + h;
		above = objective(net, work, x, y, piece, alpha);
		net->params[i] = kept - h;
		below = objective(net, work, x, y, piece, alpha);
		net->params[i] = kept;
		worst = fmax(worst, fabs((above - below) / (2 * h) - grad[i]));
		largest = fmax(largest, fabs(grad[i]));
	}
	up_check(worst < 1e-8 && largest > 1e-2, __FILE__, __LINE__,
			 "activation %d, output %d, %u layers, pieces of %zu: largest gradient %g, difference %g",
			 activation, output, n_layers, piece, largest, worst);
}

static void
gradients(void)
{
	static const uint32_t shapes[][5] = {{3, 1}, {5, 4, 1}, {2, 7, 3, 1}, {1, 1, 9, 5, 1}};

	for (uint32_t shape = 0; shape < UP_LENGTH(shapes); shape++)
		for (int activation = UP_MLP_IDENTITY; activation <= UP_MLP_RELU; activation++)
			for (int output = UP_MLP_VALUE; output <= UP_MLP_SOFTMAX; output++)
				for (size_t piece = 3; piece <= N; piece += N - 3)
				{
					uint32_t sizes[5], n_layers = shape + 1;

					memcpy(sizes, shapes[shape], sizeof(sizes));
					if (output == UP_MLP_SOFTMAX)
						sizes[n_layers] = 3;
					check_gradient(sizes, n_layers, activation, output, piece, 0);
					check_gradient(sizes, n_layers, activation, output, piece, 0.7);
				}
}

/* log(1 + exp(z)) - y z and its kin at sums where exp would overflow. */
static void
losses_of_large_sums(void)
{
	const uint32_t sizes[] = {1, 1}, three[] = {1, 3};
	UpMlpNet *net = up_mlp_net_new(sizes, 1, UP_MLP_RELU, UP_MLP_SIGMOID);
	UpMlpWork *work = up_mlp_work_new(net, 2);
	const double y[2] = {1, 0};

	work->act[1][0] = -1000;
	work->act[1][net->ld[1]] = -1000;
	CHECK_NEAR(up_mlp_net_loss(net, work, y, 2, 1), 1000, 1e-9);
	CHECK_NEAR(work->delta[0][0], -1, 1e-12);
	net = up_mlp_net_new(three, 1, UP_MLP_RELU, UP_MLP_SOFTMAX);
	work = up_mlp_work_new(net, 1);
	work->act[1][0] = 1000;
	work->act[1][1] = 990;
	work->act[1][2] = 1000;
	CHECK_NEAR(up_mlp_net_loss(net, work, y, 1, 1), 10 + log(2 + exp(-10)), 1e-9);
	CHECK_NEAR(work->delta[0][0], 1 / (2 + exp(-10)), 1e-12);
}

/* ---- the learner ---- */

#define TEXT(name, value)   up_value_set(given, name, up_value_string(value))
#define NUMBER(name, value) up_value_set(given, name, up_value_number(value))
#define BOOL(name, value)   up_value_set(given, name, up_value_bool(value))

typedef struct Trained
{
	UpFit fit;
	void *body;
	UpValue *info;
} Trained;

static UpValue *
layers_of(double a, double b)
{
	UpValue *array = up_value_array();

	up_value_append(array, up_value_number(a));
	if (b > 0)
		up_value_append(array, up_value_number(b));
	return array;
}

static UpFit
fit_for(const double *x, const double *y, size_t n, uint32_t d, uint32_t n_classes, const UpValue *given)
{
	UpFit fit = {0};
	void *params = up_alloc0(up_mlp.params_size);

	up_params_parse(&up_mlp.params, NULL, 0, given, "algorithm \"mlp\"", params);
	fit.data = data_from_arrays(x, y, n, d, n_classes);
	fit.task = n_classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
	fit.params = params;
	fit.n_features = d;
	fit.n_classes = n_classes;
	fit.info = up_value_object();
	return fit;
}

static Trained
train(const double *x, const double *y, size_t n, uint32_t d, uint32_t n_classes, const UpValue *given)
{
	Trained t = {.fit = fit_for(x, y, n, d, n_classes, given)};

	t.body = up_mlp.fit(&t.fit);
	t.info = up_value_object();
	up_mlp.describe(t.body, t.info);
	return t;
}

static double
number(const Trained *t, const char *key)
{
	const UpValue *v = up_value_get(t->info, key);

	up_check(v != NULL && v->type == UP_NUMBER, __FILE__, __LINE__, "no number \"%s\"", key);
	return v != NULL ? v->number : NAN;
}

static double
accuracy(const Trained *t, const double *x, const double *y, size_t n)
{
	double *out = up_alloc_array(n, sizeof(double)), right = 0;

	up_mlp.predict(t->body, x, n, out);
	for (size_t i = 0; i < n; i++)
		right += out[i] == y[i];
	return right / n;
}

static const double xor_x[] = {0, 0, 0, 1, 1, 0, 1, 1};
static const double xor_y[] = {0, 1, 1, 0};

static void
xor_problem(void)
{
	static const char *const names[] = {"relu", "tanh", "logistic"};

	for (int i = 0; i < 3; i++)
		for (int sgd = 0; sgd < 2; sgd++)
		{
			UpValue *given = up_value_object();
			Trained t;
			double p[8];

			TEXT("activation", names[i]);
			up_value_set(given, "hidden_layer_sizes", up_value_number(16));
			TEXT("solver", sgd ? "sgd" : "adam");
			NUMBER("learning_rate_init", sgd ? 0.3 : 0.03);
			NUMBER("max_iter", 3000);
			NUMBER("n_iter_no_change", 300);
			NUMBER("tol", 1e-6);
			t = train(xor_x, xor_y, 4, 2, 2, given);
			up_check(accuracy(&t, xor_x, xor_y, 4) == 1, __FILE__, __LINE__, "%s, sgd %d: XOR is not solved",
					 names[i], sgd);
			up_mlp.proba(t.body, xor_x, 4, p);
			for (int r = 0; r < 4; r++)
			{
				CHECK_NEAR(p[2 * r] + p[2 * r + 1], 1, 1e-12);
				CHECK_NEAR(p[2 * r + 1], xor_y[r], 0.1);
			}
		}
}

/* Three overlapping bells in the plane. */
static void
make_bells(double *x, double *y, size_t n, uint64_t seed)
{
	static const double centres[3][2] = {{0, 0}, {3, 0}, {0, 3}};
	UpRng rng;

	up_rng_init(&rng, seed, 0);
	for (size_t i = 0; i < n; i++)
	{
		y[i] = i % 3;
		for (int j = 0; j < 2; j++)
			x[2 * i + j] = centres[i % 3][j] + up_rng_normal(&rng);
	}
}

/* The best rule possible, the nearest centre, is right in .902 of 10^6 rows. */
static void
three_classes(void)
{
	static double x[1200], y[600], fresh_x[6000], fresh_y[3000], p[9000];
	UpValue *given = up_value_object();
	Trained t;

	make_bells(x, y, 600, 1);
	make_bells(fresh_x, fresh_y, 3000, 2);
	NUMBER("max_iter", 500);
	t = train(x, y, 600, 2, 3, given);
	CHECK(accuracy(&t, fresh_x, fresh_y, 3000) > 0.88);
	CHECK(number(&t, "n_parameters") == 3 * 100 + 101 * 3);
	CHECK(up_value_get(t.info, "converged")->boolean && up_test_warnings == 0);
	CHECK(strcmp(up_value_get(t.info, "output")->string, "softmax") == 0);
	CHECK(up_value_get(t.info, "loss_curve")->n == number(&t, "iterations"));
	CHECK(up_value_get(t.info, "validation_scores") == NULL);
	up_mlp.proba(t.body, fresh_x, 3000, p);
	for (int i = 0; i < 3000; i++)
		CHECK_NEAR(p[3 * i] + p[3 * i + 1] + p[3 * i + 2], 1, 1e-12);
}

static void
make_waves(double *x, double *y, size_t n, uint64_t seed)
{
	UpRng rng;

	up_rng_init(&rng, seed, 0);
	for (size_t i = 0; i < n; i++)
	{
		x[2 * i] = 4 * up_rng_double(&rng) - 2;
		x[2 * i + 1] = 4 * up_rng_double(&rng) - 2;
		y[i] = sin(2 * x[2 * i]) + 0.5 * x[2 * i + 1] * x[2 * i + 1] + 10;
	}
}

static double
r_squared(const Trained *t, const double *x, const double *y, size_t n)
{
	double *out = up_alloc_array(n, sizeof(double)), mean = 0, residual = 0, total = 0;

	up_mlp.predict(t->body, x, n, out);
	for (size_t i = 0; i < n; i++)
		mean += y[i] / n;
	for (size_t i = 0; i < n; i++)
	{
		residual += (y[i] - out[i]) * (y[i] - out[i]);
		total += (y[i] - mean) * (y[i] - mean);
	}
	return 1 - residual / total;
}

static void
regression(void)
{
	static double x[4000], y[2000], fresh_x[2000], fresh_y[1000];

	make_waves(x, y, 2000, 1);
	make_waves(fresh_x, fresh_y, 1000, 2);
	for (int tanh_units = 0; tanh_units < 2; tanh_units++)
	{
		UpValue *given = up_value_object();
		Trained t;

		up_value_set(given, "hidden_layer_sizes", layers_of(40, 20));
		TEXT("activation", tanh_units ? "tanh" : "relu");
		NUMBER("learning_rate_init", 0.01);
		NUMBER("batch_size", 64);
		t = train(x, y, 2000, 2, 0, given);
		CHECK(r_squared(&t, fresh_x, fresh_y, 1000) > 0.97);
		CHECK(strcmp(up_value_get(t.info, "output")->string, "identity") == 0);
		CHECK(up_value_get(t.info, "layers")->n == 4);
	}
}

/* No hidden layer and squared loss: least squares, here with an exact answer y = 2 a - b + 3. */
static void
no_hidden_layer(void)
{
	static double x[400], y[200];
	UpValue *given = up_value_object();
	const double at[2] = {5, 7};
	double out;
	Trained t;
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (int i = 0; i < 200; i++)
	{
		x[2 * i] = up_rng_normal(&rng);
		x[2 * i + 1] = up_rng_normal(&rng);
		y[i] = 2 * x[2 * i] - x[2 * i + 1] + 3;
	}
	up_value_set(given, "hidden_layer_sizes", up_value_array());
	NUMBER("alpha", 0);
	NUMBER("learning_rate_init", 0.05);
	NUMBER("max_iter", 2000);
	NUMBER("n_iter_no_change", 2000);
	t = train(x, y, 200, 2, 0, given);
	up_mlp.predict(t.body, at, 1, &out);
	CHECK_NEAR(out, 2 * 5 - 7 + 3, 1e-3);
	CHECK(number(&t, "n_parameters") == 3);
}

/*
 * One unit, no hidden layer, one step of plain gradient descent over all rows: the first loss is that of the starting
 * weights, and the second that of the weights after the step, both computed here.
 */
static void
one_step_of_descent(void)
{
	const double x[3] = {1, 2, -1}, y[3] = {0.5, -1, 2};
	UpValue *given = up_value_object();
	double at[2] = {0, 1}, first[2], w, b, loss = 0, gw = 0, gb = 0;
	UpValue *curve;
	Trained t;

	up_value_set(given, "hidden_layer_sizes", up_value_array());
	TEXT("solver", "sgd");
	NUMBER("momentum", 0);
	BOOL("nesterovs_momentum", false);
	NUMBER("alpha", 0.3);
	NUMBER("learning_rate_init", 1e-9);
	NUMBER("max_iter", 1);
	t = train(x, y, 3, 1, 0, given);
	up_mlp.predict(t.body, at, 2, first);
	b = first[0];
	w = first[1] - first[0];
	CHECK(fabs(b) <= sqrt(3) && fabs(w) <= sqrt(3) && b != 0 && w != 0);
	for (int i = 0; i < 3; i++)
	{
		double error = w * x[i] + b - y[i];

		loss += error * error / 6;
		gw += error * x[i] / 3;
		gb += error / 3;
	}
	gw += 0.3 / 3 * w;
	curve = up_value_get(t.info, "loss_curve");
	CHECK_NEAR(curve->items[0]->number, loss + 0.3 / 6 * w * w, 1e-5);

	NUMBER("learning_rate_init", 0.1);
	t = train(x, y, 3, 1, 0, given);
	up_mlp.predict(t.body, at, 2, first);
	CHECK_NEAR(first[0], b - 0.1 * gb, 1e-6);
	CHECK_NEAR(first[1] - first[0], w - 0.1 * gw, 2e-6);
}

static void
early_stopping(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object(), *scores;
	Trained t;

	make_bells(x, y, 600, 1);
	BOOL("early_stopping", true);
	NUMBER("validation_fraction", 0.25);
	NUMBER("max_iter", 1000);
	NUMBER("learning_rate_init", 0.01);
	t = train(x, y, 600, 2, 3, given);
	scores = up_value_get(t.info, "validation_scores");
	CHECK(scores != NULL && scores->n == number(&t, "iterations"));
	CHECK(up_value_get(t.info, "converged")->boolean);
	CHECK(number(&t, "iterations") > 11 && number(&t, "iterations") < 300);
	CHECK(number(&t, "best_validation_score") > 0.85);
	/* 150 rows are set aside: scores are multiples of 1/150. */
	for (uint32_t i = 0; i < scores->n; i++)
		CHECK_NEAR(scores->items[i]->number * 150, round(scores->items[i]->number * 150), 1e-9);

	make_waves(x, y, 600, 1);
	t = train(x, y, 600, 2, 0, given);
	CHECK(number(&t, "best_validation_score") > 0.8);

	/* Too few rows to set one aside. */
	t = train(xor_x, xor_y, 1, 2, 0, given);
	CHECK(up_value_get(t.info, "validation_scores") == NULL);
	CHECK(up_value_get(t.fit.info, "early_stopping_note") != NULL);
}

static void
not_converged(void)
{
	UpValue *given = up_value_object();
	Trained t;

	NUMBER("max_iter", 3);
	t = train(xor_x, xor_y, 4, 2, 2, given);
	CHECK(up_test_warnings == 1);
	CHECK(!up_value_get(t.info, "converged")->boolean);
	CHECK(number(&t, "iterations") == 3);
}

/* Each time progress stops the rate is divided by 5, until it is below 1e-6: 0.1 takes 8 divisions. */
static void
learning_rates_of_sgd(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object();
	Trained t;

	make_bells(x, y, 600, 1);
	TEXT("solver", "sgd");
	TEXT("learning_rate", "adaptive");
	NUMBER("learning_rate_init", 0.1);
	NUMBER("n_iter_no_change", 2);
	NUMBER("max_iter", 3000);
	t = train(x, y, 600, 2, 3, given);
	CHECK(up_value_get(t.info, "converged")->boolean);
	CHECK(number(&t, "iterations") >= 8 * 3);
	CHECK(accuracy(&t, x, y, 600) > 0.88);

	TEXT("learning_rate", "invscaling");
	NUMBER("learning_rate_init", 0.5);
	t = train(x, y, 600, 2, 3, given);
	CHECK(accuracy(&t, x, y, 600) > 0.85);
}

static void
odd_data(void)
{
	static double x[60], y[30], out[90];
	UpValue *given = up_value_object();
	Trained t;

	NUMBER("max_iter", 50);
	/* One row. */
	t = train(xor_x, xor_y, 1, 2, 0, given);
	up_mlp.predict(t.body, xor_x, 1, out);
	CHECK(isfinite(out[0]));
	/* Constant features: the classes' shares are learned. */
	for (int i = 0; i < 30; i++)
	{
		x[2 * i] = x[2 * i + 1] = 1;
		y[i] = i % 3 == 0;
	}
	NUMBER("max_iter", 2000);
	t = train(x, y, 30, 2, 2, given);
	up_mlp.proba(t.body, x, 1, out);
	CHECK_NEAR(out[1], 1.0 / 3, 0.02);
	/* No features at all. */
	t = train(x, y, 30, 0, 2, given);
	up_mlp.proba(t.body, x, 3, out);
	CHECK_NEAR(out[1], 1.0 / 3, 0.02);
	CHECK(out[1] == out[5]);
	/* One class. */
	memset(y, 0, sizeof(y));
	t = train(x, y, 30, 2, 1, given);
	up_mlp.predict(t.body, x, 30, out);
	CHECK(out[0] == 0 && out[29] == 0);
	up_mlp.proba(t.body, x, 30, out);
	CHECK(out[0] == 1 && out[29] == 1);
	CHECK(up_value_get(t.info, "constant")->boolean);
	/* Two classes, set aside in proportion although one has a single row. */
	y[7] = 1;
	BOOL("early_stopping", true);
	NUMBER("validation_fraction", 0.9);
	t = train(x, y, 30, 2, 2, given);
	up_mlp.proba(t.body, x, 1, out);
	CHECK(out[1] > 0);
}

static void
divergence(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object();

	make_waves(x, y, 600, 1);
	TEXT("solver", "sgd");
	NUMBER("learning_rate_init", 1000);
	CHECK_FAILS(UP_INVALID_DATA, "training of the neural network diverged", train(x, y, 600, 2, 0, given));
	CHECK(strstr(up_test_hint, "learning_rate_init") != NULL);
	/* Beyond float4. */
	NUMBER("learning_rate_init", 0.001);
	x[7] = 1e300;
	CHECK_FAILS(UP_INVALID_DATA, "diverged", train(x, y, 600, 2, 0, given));
}

static void
prediction_out_of_range(void)
{
	UpValue *given = up_value_object();
	const double far[2] = {1e300, -1e300};
	double out;
	Trained t;

	t = train(xor_x, xor_y, 4, 2, 2, given);
	CHECK_FAILS(UP_INVALID_DATA, "beyond the range", up_mlp.predict(t.body, far, 1, &out));
}

static void
cancellation(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object();

	make_bells(x, y, 600, 1);
	NUMBER("max_iter", 100000);
	NUMBER("tol", 0);
	NUMBER("n_iter_no_change", 100000);
	up_test_cancel_after = 100;
	CHECK_FAILS(UP_LIMIT, "cancelled by the test", train(x, y, 600, 2, 3, given));
	up_test_cancel_after = 0;
}

static void
memory_limit(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object();
	size_t limit = up_test_memory_limit;

	make_bells(x, y, 600, 1);
	up_value_set(given, "hidden_layer_sizes", layers_of(65536, 65536));
	CHECK_FAILS(UP_LIMIT, "weights of a neural network", train(x, y, 600, 2, 3, given));
	up_test_memory_limit = 10000;
	up_value_set(given, "hidden_layer_sizes", up_value_number(4));
	CHECK_FAILS(UP_LIMIT, "weights of a neural network", train(x, y, 600, 2, 3, given));
	up_test_memory_limit = limit;
}

static UpWriter
bytes_of(const void *body)
{
	UpWriter w;

	up_writer_init(&w);
	up_mlp.write(body, &w);
	return w;
}

static void *
body_from(const uint8_t *bytes, size_t len, UpTask task, uint32_t n_features, uint32_t n_classes)
{
	UpShape shape = {task, n_features, n_classes, NULL};
	UpReader r;
	void *body;

	up_reader_init(&r, bytes, len, "model");
	body = up_mlp.read(&r, &shape);
	up_get_end(&r);
	return body;
}

static void
reproducibility(void)
{
	static double x[1200], y[600];
	UpValue *given = up_value_object();
	UpWriter one, two, other;
	Trained t;

	make_bells(x, y, 600, 1);
	NUMBER("max_iter", 20);
	BOOL("early_stopping", true);
	t = train(x, y, 600, 2, 3, given);
	one = bytes_of(t.body);
	two = bytes_of(up_mlp.fit(&t.fit));
	t.fit.seed = 1;
	other = bytes_of(up_mlp.fit(&t.fit));
	CHECK(one.len == two.len && memcmp(one.bytes, two.bytes, one.len) == 0);
	CHECK(one.len != other.len || memcmp(one.bytes, other.bytes, one.len) != 0);
}

/* A row's prediction has the same bits alone and among others. */
static void
rows_alone_and_together(void)
{
	static double x[1200], y[600], all[1800], one[3];
	UpValue *given = up_value_object();
	Trained t;

	make_bells(x, y, 600, 1);
	NUMBER("max_iter", 20);
	TEXT("activation", "tanh");
	t = train(x, y, 600, 2, 3, given);
	up_mlp.proba(t.body, x, 600, all);
	for (int i = 0; i < 600; i++)
	{
		up_mlp.proba(t.body, x + 2 * i, 1, one);
		CHECK(memcmp(one, all + 3 * i, sizeof(one)) == 0);
	}
}

static Trained
small_model(uint32_t n_classes)
{
	static double x[120], y[60];
	UpValue *given = up_value_object();

	make_bells(x, y, 60, 1);
	for (int i = 0; n_classes == 2 && i < 60; i++)
		y[i] = y[i] > 0;
	up_value_set(given, "hidden_layer_sizes", layers_of(5, 3));
	NUMBER("max_iter", 4);
	BOOL("early_stopping", true);
	return train(x, y, 60, 2, n_classes, given);
}

static void
bytes_round_trip(void)
{
	for (uint32_t n_classes = 0; n_classes <= 3; n_classes++)
	{
		Trained t = small_model(n_classes);
		UpTask task = n_classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
		UpWriter w = bytes_of(t.body), again;
		void *copy = body_from(w.bytes, w.len, task, 2, n_classes);
		UpValue *info = up_value_object();
		double a[4], b[4];

		again = bytes_of(copy);
		CHECK(again.len == w.len && memcmp(again.bytes, w.bytes, w.len) == 0);
		up_mlp.describe(copy, info);
		CHECK(up_value_equal(info, t.info));
		up_mlp.predict(t.body, xor_x, 4, a);
		up_mlp.predict(copy, xor_x, 4, b);
		CHECK(memcmp(a, b, sizeof(a)) == 0);
	}
}

static bool
finite_or_refused(const uint8_t *bytes, size_t len)
{
	volatile bool good = true;
	double out[12];

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		void *body = body_from(bytes, len, UP_TASK_CLASSIFY, 2, 3);
		UpValue *info = up_value_object();

		up_mlp.describe(body, info);
		up_mlp.proba(body, xor_x, 4, out);
		for (int i = 0; i < 12; i++)
			good = good && isfinite(out[i]);
	}
	else
		good = up_test_code == UP_CORRUPT || up_test_code == UP_INVALID_DATA;
	up_test_catching = false;
	return good;
}

static void
damaged_bytes(void)
{
	Trained t = small_model(3);
	UpWriter w = bytes_of(t.body);

	for (size_t len = 0; len < w.len; len++)
		CHECK_FAILS(UP_CORRUPT, "", body_from(w.bytes, len, UP_TASK_CLASSIFY, 2, 3));
	for (size_t i = 0; i < w.len; i++)
		for (int bit = 0; bit < 8; bit++)
		{
			w.bytes[i] ^= 1 << bit;
			up_check(finite_or_refused(w.bytes, w.len), __FILE__, __LINE__, "byte %zu, bit %d", i, bit);
			w.bytes[i] ^= 1 << bit;
		}
	/* Another shape than the envelope says. */
	CHECK_FAILS(UP_CORRUPT, "", body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 3, 3));
	CHECK_FAILS(UP_CORRUPT, "", body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 2, 4));
	CHECK_FAILS(UP_CORRUPT, "does not fit the number of classes",
				body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 2, 1));
	CHECK_FAILS(UP_CORRUPT, "neither classifies", body_from(w.bytes, w.len, UP_TASK_CLUSTER, 2, 3));
}

static void
claimed_sizes(void)
{
	UpWriter w;

	/* 64 layers of 65536 units, in a few bytes. */
	up_writer_init(&w);
	up_put_u8(&w, 1);
	up_put_u8(&w, UP_MLP_RELU);
	up_put_u32(&w, 64);
	for (int i = 0; i < 64; i++)
		up_put_u32(&w, 65536);
	CHECK_FAILS(UP_CORRUPT, "weights are more than the bytes",
				body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 100000, 65535));
	w.bytes[2] = 65;
	CHECK_FAILS(UP_CORRUPT, "hidden layers", body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 2, 2));
	w.bytes[2] = 0;
	w.bytes[1] = 9;
	CHECK_FAILS(UP_CORRUPT, "activation 9 is unknown", body_from(w.bytes, w.len, UP_TASK_CLASSIFY, 2, 2));
}

static void
parameter_errors(void)
{
	UpValue *given = up_value_object();

	up_value_set(given, "hidden_layer_sizes", up_value_string("64"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "\"hidden_layer_sizes\" must be an integer or an array of integers",
				train(xor_x, xor_y, 4, 2, 2, given));
	up_value_set(given, "hidden_layer_sizes", layers_of(3, 0.5));
	CHECK_FAILS(UP_INVALID_PARAMETER, "Found: [3, 0.5].", train(xor_x, xor_y, 4, 2, 2, given));
	up_value_set(given, "hidden_layer_sizes", up_value_number(0));
	CHECK_FAILS(UP_INVALID_PARAMETER, "each from 1 to 65536", train(xor_x, xor_y, 4, 2, 2, given));
	up_value_set(given, "hidden_layer_sizes", up_value_number(4));
	TEXT("batch_size", "large");
	CHECK_FAILS(UP_INVALID_PARAMETER, "\"batch_size\" must be", train(xor_x, xor_y, 4, 2, 2, given));
	NUMBER("batch_size", 0);
	CHECK_FAILS(UP_INVALID_PARAMETER, "\"batch_size\" must be", train(xor_x, xor_y, 4, 2, 2, given));
}

/* Batches larger than a piece, and larger than the rows, train like any other. */
static void
batch_sizes(void)
{
	static double x[1200], y[600];
	static const double sizes[] = {1, 7, 256, 257, 600, 1e9};

	make_bells(x, y, 600, 1);
	for (size_t i = 0; i < UP_LENGTH(sizes); i++)
	{
		UpValue *given = up_value_object();
		Trained t;

		NUMBER("batch_size", sizes[i]);
		NUMBER("learning_rate_init", 0.01);
		NUMBER("max_iter", sizes[i] > 200 ? 300 : 30);
		up_value_set(given, "hidden_layer_sizes", up_value_number(20));
		t = train(x, y, 600, 2, 3, given);
		up_check(accuracy(&t, x, y, 600) > 0.87, __FILE__, __LINE__, "batch size %g", sizes[i]);
	}
}

static const UpTest tests[] = {
	{"gradients equal finite differences", gradients},
	{"losses of large sums", losses_of_large_sums},
	{"XOR", xor_problem},
	{"three classes", three_classes},
	{"regression", regression},
	{"no hidden layer is least squares", no_hidden_layer},
	{"one step of descent", one_step_of_descent},
	{"early stopping", early_stopping},
	{"a warning when max_iter ends training", not_converged},
	{"learning rates of sgd", learning_rates_of_sgd},
	{"odd data", odd_data},
	{"divergence is an error", divergence},
	{"prediction out of range is an error", prediction_out_of_range},
	{"cancellation", cancellation},
	{"memory limit", memory_limit},
	{"the same seed gives the same bytes", reproducibility},
	{"a row's prediction does not depend on other rows", rows_alone_and_together},
	{"bytes round trip", bytes_round_trip},
	{"damaged bytes", damaged_bytes},
	{"claimed sizes", claimed_sizes},
	{"parameter errors", parameter_errors},
	{"batch sizes", batch_sizes},
};

int
main(void)
{
	return up_run_tests("mlp", tests, UP_LENGTH(tests));
}
