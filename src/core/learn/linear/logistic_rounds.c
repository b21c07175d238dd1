/*
 * logistic_rounds.c - conjugate gradients for the steps of logistic regression; see logistic_rounds.h
 *
 * A round costs a pass over the rows, so that there should be few of them. Two things make them fewer.
 *
 * Features being standardized, second derivatives are about W ⊗ I, W = sum of c (diag(p) - p p') being how outputs hang together:
 * the preconditioner is (W ⊗ I + penalty)⁻¹, by the eigenvectors of W. For ten classes that halves the rounds of the diagonal alone.
 *
 * And the second derivatives are nearly those of the step before. Each of its rounds found a direction and the product with it: the last of
 * these correct the preconditioner, as steps and changes of the gradient do in L-BFGS (J. Morales, J. Nocedal, "Automatic preconditioning
 * by limited memory quasi-Newton updating", SIAM J. Optim. 10, 2000).
 */
#include "learn/linear/logistic_rounds.h"

#include "num/eigen.h"
#include "num/vec.h"

#include <string.h>

#define MOST_KEPT   20   /* products that correct the preconditioner */
#define KEPT_SHARE  16   /* of the rows' memory, that they may take */
#define MOST_TWINED 128  /* outputs whose eigenvectors cost next to nothing */
#define FLAT        1e-8 /* of the greatest eigenvalue */
#define SAMPLE_ROWS 4096

struct UpLogisticRounds
{
	UpLogisticWork *w;
	bool twined;     /* outputs are weighed against each other */
	double *scale;   /* dims: what a value is divided by, in coordinates of the vectors where twined */
	double *vectors; /* k × k, a row each */
	double *matrix, *values;
	double *residual, *scaled, *turned, *direction, *product; /* dims */
	/* A ring of 2 kept places: those of earlier steps, and those that come in this one. */
	size_t kept, first, known;
	double *directions, *products, *curves, *alphas;
};

UpLogisticRounds *
up_logistic_rounds(UpLogisticWork *w)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticRounds *x = up_alloc0(sizeof(UpLogisticRounds));
	size_t dims = w->dims, k = w->k, places;

	x->w = w;
	x->twined = k > 1 && k <= MOST_TWINED && p->center == NULL;
	x->kept = UP_MIN(MOST_KEPT, p->n * p->ld / (KEPT_SHARE * dims));
	places = 2 * x->kept;
	up_reserve((6 + 2 * places) * dims * sizeof(double), "logistic regression");
	x->scale = up_alloc_array(6 * dims, sizeof(double));
	x->residual = x->scale + dims;
	x->scaled = x->residual + dims;
	x->turned = x->scaled + dims;
	x->direction = x->turned + dims;
	x->product = x->direction + dims;
	x->directions = up_alloc_array(UP_MAX(2 * places * dims, 1), sizeof(double));
	x->products = x->directions + places * dims;
	x->curves = up_alloc_array(UP_MAX(2 * places, 1), sizeof(double));
	x->alphas = x->curves + places;
	if (x->twined)
	{
		x->vectors = up_alloc_array(2 * k * k + k, sizeof(double));
		x->matrix = x->vectors + k * k;
		x->values = x->matrix + k * k;
	}
	return x;
}

/* About the upper triangle of W: by some rows, which stand for all. */
static void
twine(UpLogisticRounds *x)
{
	const UpLogisticWork *w = x->w;
	size_t k = w->k, step = UP_MAX(w->p->n / SAMPLE_ROWS, 1);

	memset(x->matrix, 0, k * k * sizeof(double));
	for (size_t i = 0; i < w->p->n; i += step)
	{
		const double *prob = w->prob + i * k, cost = (double) step * w->p->cost[i];

		if ((i / step & 0xff) == 0)
			up_tick();
		for (size_t a = 0; a < k; a++)
		{
			double weight = cost * prob[a], *row = x->matrix + a * k;

			row[a] += weight;
			for (size_t b = a; b < k; b++)
				row[b] -= weight * prob[b];
		}
	}
}

/* The preconditioner where theta is. */
static void
prepare(UpLogisticRounds *x)
{
	const UpLogisticWork *w = x->w;
	const UpLogisticProblem *p = w->p;

	if (!x->twined)
	{
		up_logistic_diagonal(w, x->scale);
		for (size_t i = 0; i < w->dims; i++)
			x->scale[i] = UP_MAX(x->scale[i], 1e-300);
		return;
	}
	twine(x);
	up_eigen_symmetric(x->matrix, w->k, w->k, x->values, x->vectors);
	for (uint32_t b = 0; b < w->k; b++)
	{
		for (size_t j = 0; j < w->per; j++)
		{
			double curve = UP_MAX(x->values[b], 0) + (j < p->d ? p->l2[j] : 0);

			/* Along it nothing curves, and no gradient points. */
			if (!(curve > FLAT * x->values[0]))
				curve = UP_MAX(x->values[0], 1e-300);
			x->scale[b * w->per + j] = curve;
		}
	}
}

/* to: the outputs of from by the eigenvectors, or back. */
static void
turn(const UpLogisticRounds *x, const double *from, double *to, bool back)
{
	size_t k = x->w->k, per = x->w->per, work = 0;

	memset(to, 0, k * per * sizeof(double));
	for (size_t a = 0; a < k; a++)
	{
		up_tick_work(&work, k * per);
		for (size_t b = 0; b < k; b++)
			up_vec_axpy(to + a * per, x->vectors[back ? b * k + a : a * k + b], from + b * per, per);
	}
}

static void
precondition_plainly(UpLogisticRounds *x, double *v)
{
	size_t dims = x->w->dims;

	if (!x->twined)
	{
		for (size_t i = 0; i < dims; i++)
			v[i] /= x->scale[i];
		return;
	}
	turn(x, v, x->turned, false);
	for (size_t i = 0; i < dims; i++)
		x->turned[i] /= x->scale[i];
	turn(x, x->turned, v, true);
}

static size_t
place(const UpLogisticRounds *x, size_t i)
{
	return (x->first + i) % (2 * x->kept);
}

/* scaled = the preconditioner times the residual: the two loops of L-BFGS over what is known. */
static void
precondition(UpLogisticRounds *x)
{
	size_t dims = x->w->dims, work = 0;

	memcpy(x->scaled, x->residual, dims * sizeof(double));
	for (size_t i = x->known; i-- > 0;)
	{
		size_t at = place(x, i);

		up_tick_work(&work, 2 * dims);
		x->alphas[at] = up_vec_dot(x->directions + at * dims, x->scaled, dims) / x->curves[at];
		up_vec_axpy(x->scaled, -x->alphas[at], x->products + at * dims, dims);
	}
	precondition_plainly(x, x->scaled);
	for (size_t i = 0; i < x->known; i++)
	{
		size_t at = place(x, i);
		double beta = up_vec_dot(x->products + at * dims, x->scaled, dims) / x->curves[at];

		up_tick_work(&work, 2 * dims);
		up_vec_axpy(x->scaled, x->alphas[at] - beta, x->directions + at * dims, dims);
	}
}

/* What a round found is known from the next step on. */
static void
note(UpLogisticRounds *x, size_t *fresh, double curve)
{
	size_t at, dims = x->w->dims;

	if (*fresh == x->kept)
		return;
	at = place(x, x->known + *fresh);
	memcpy(x->directions + at * dims, x->direction, dims * sizeof(double));
	memcpy(x->products + at * dims, x->product, dims * sizeof(double));
	x->curves[at] = curve;
	++*fresh;
}

/* Of all that is known the latest stay. */
static void
keep_latest(UpLogisticRounds *x, size_t fresh)
{
	size_t all = x->known + fresh, gone = all > x->kept ? all - x->kept : 0;

	if (x->kept == 0)
		return;
	x->first = place(x, gone);
	x->known = all - gone;
}

bool
up_logistic_rounds_solve(UpLogisticRounds *x, const double *g, double precision, size_t most, double *step)
{
	size_t dims = x->w->dims, fresh = 0;
	double old, aim;
	bool found = false;

	prepare(x);
	memset(step, 0, dims * sizeof(double));
	for (size_t i = 0; i < dims; i++)
		x->residual[i] = -g[i];
	precondition(x);
	memcpy(x->direction, x->scaled, dims * sizeof(double));
	old = up_vec_dot(x->residual, x->scaled, dims);
	aim = precision * precision * old;
	for (size_t round = 0; round < most && !found; round++)
	{
		double curve, a, now;

		up_logistic_times(x->w, x->direction, x->product);
		curve = up_vec_dot(x->direction, x->product, dims);
		if (!(curve > 0))
		{
			found = true;
			break;
		}
		note(x, &fresh, curve);
		a = old / curve;
		up_vec_axpy(step, a, x->direction, dims);
		up_vec_axpy(x->residual, -a, x->product, dims);
		precondition(x);
		now = up_vec_dot(x->residual, x->scaled, dims);
		found = now <= aim;
		for (size_t i = 0; i < dims; i++)
			x->direction[i] = x->scaled[i] + now / old * x->direction[i];
		old = now;
	}
	keep_latest(x, fresh);
	return found;
}
