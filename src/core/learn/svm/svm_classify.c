/*
 * svm_classify.c - classes by kernel machines: one against one, votes, probabilities; see svm_machines.h
 *
 * C-SVC (Cortes, Vapnik 1995) in the dual, a machine for each pair of classes; the class that most of them choose wins, of equal
 * ones the first (Knerr et al. 1990; LIBSVM). Probabilities: a sigmoid a machine over decisions of rows that it was not trained
 * on, five folds (Platt 2000; Lin, Lin, Weng 2007); of more classes those of all pairs are coupled by minimizing sum_i sum_{j != i}
 * (r_ji p_i - r_ij p_j)² over p that sum to 1 (Wu, Lin, Weng 2004).
 */
#include "learn/svm/svm_machines.h"

#include "base/rng.h"
#include "num/vec_smo.h"

#include <math.h>
#include <string.h>

#define FOLDS      5
#define LEAST_PAIR 1e-7 /* probabilities of a pair stay as far from 0 and 1 */
#define ROUNDS     100

/* The rows of two classes, as a problem. */
typedef struct Pair
{
	const UpMachinesFit *f;
	const UpKernel *kernel;
	uint32_t *at; /* rows of f */
	size_t n;
	double *y, *p, *cost, *a;
	UpKernelRows *rows;
} Pair;

static void
pair_init(Pair *pair, const UpMachinesFit *f, const UpKernel *kernel, uint32_t plus, uint32_t minus)
{
	size_t all = UP_MAX(f->rows->n, 1);

	memset(pair, 0, sizeof(*pair));
	pair->f = f;
	pair->kernel = kernel;
	pair->at = up_alloc_array(all, sizeof(uint32_t));
	pair->y = up_alloc_array(all, sizeof(double));
	pair->p = up_alloc_array(all, sizeof(double));
	pair->cost = up_alloc_array(all, sizeof(double));
	pair->a = up_alloc0(all * sizeof(double));
	for (size_t i = 0; i < f->rows->n; i++)
	{
		if (f->y[i] != plus && f->y[i] != minus)
			continue;
		pair->at[pair->n] = (uint32_t) i;
		pair->y[pair->n] = f->y[i] == plus ? 1 : -1;
		pair->p[pair->n] = -1;
		pair->cost[pair->n++] = f->cost[i];
	}
	pair->rows = up_kernel_rows_pick(f->rows, pair->at, pair->n);
}

static void
pair_free(Pair *pair)
{
	up_kernel_rows_free(pair->rows);
	up_free(pair->at);
	up_free(pair->y);
	up_free(pair->p);
	up_free(pair->cost);
	up_free(pair->a);
}

static UpSmoResult
pair_solve(const Pair *pair)
{
	UpSmoProblem p = up_machines_problem(pair->f->k, pair->rows, pair->kernel, pair->f->tol, pair->f->max_iter);

	p.y = pair->y;
	p.p = pair->p;
	p.cost = pair->cost;
	p.a = pair->a;
	return up_smo_solve(&p);
}

/* Stratified: the rows of each class go round the folds in a random order. Returns the number of folds; 0: too few rows. */
static int
choose_folds(const Pair *pair, uint64_t stream, uint8_t *fold)
{
	size_t *order = up_alloc_array(UP_MAX(pair->n, 1), sizeof(size_t)), seen[2] = {0, 0}, n_plus = 0, fewest;
	int folds;
	UpRng rng;

	for (size_t i = 0; i < pair->n; i++)
	{
		order[i] = i;
		n_plus += pair->y[i] > 0;
	}
	fewest = UP_MIN(n_plus, pair->n - n_plus);
	folds = fewest < 2 ? 0 : (int) UP_MIN(fewest, FOLDS);
	up_rng_init(&rng, pair->f->fit->seed, 100 + stream);
	up_rng_shuffle(&rng, order, pair->n);
	for (size_t i = 0; folds > 0 && i < pair->n; i++)
		fold[order[i]] = (uint8_t) (seen[pair->y[order[i]] > 0]++ % (size_t) folds);
	up_free(order);
	return folds;
}

/* Decisions of the rows of one fold by a machine trained on the others. */
static void
decide_fold(const Pair *pair, const uint8_t *fold, int held, double *decisions)
{
	uint32_t *kept = up_alloc_array(UP_MAX(pair->n, 1), sizeof(uint32_t)), n = 0;
	float *x = up_alloc_array(UP_MAX(pair->rows->d, 1), sizeof(float)), *k;
	Pair part = *pair;
	UpSmoResult r;

	for (size_t i = 0; i < pair->n; i++)
	{
		if (fold[i] != held)
			kept[n++] = (uint32_t) i;
	}
	part.n = n;
	part.rows = up_kernel_rows_pick(pair->rows, kept, n);
	part.y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	part.p = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	part.cost = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	part.a = up_alloc0(UP_MAX(n, 1) * sizeof(double));
	for (uint32_t i = 0; i < n; i++)
	{
		part.y[i] = pair->y[kept[i]];
		part.p[i] = -1;
		part.cost[i] = pair->cost[kept[i]];
	}
	r = pair_solve(&part);
	k = up_alloc_array(UP_SMO_UP(UP_MAX(n, 1)), sizeof(float));
	for (size_t i = 0; i < pair->n; i++)
	{
		if (fold[i] != held)
			continue;
		up_tick();
		up_kernel_rows_get(pair->rows, i, x);
		up_kernel_row(pair->kernel, part.rows, x, k);
		decisions[i] = r.bias;
		for (uint32_t s = 0; s < n; s++)
			decisions[i] += part.a[s] * part.y[s] * (double) k[s];
	}
	up_kernel_rows_free(part.rows);
	up_free(part.y);
	up_free(part.p);
	up_free(part.cost);
	up_free(part.a);
	up_free(kept);
	up_free(x);
	up_free(k);
}

static UpPlatt
pair_sigmoid(const Pair *pair, uint64_t stream, double bias)
{
	uint8_t *fold = up_alloc0(UP_MAX(pair->n, 1));
	double *decisions = up_alloc0(UP_MAX(pair->n, 1) * sizeof(double));
	int folds = choose_folds(pair, stream, fold);
	UpPlatt sigmoid;

	for (int held = 0; held < folds; held++)
		decide_fold(pair, fold, held, decisions);
	/* Too few rows to set some aside: the side is all that is known. */
	for (size_t i = 0; folds == 0 && i < pair->n; i++)
		decisions[i] = bias + pair->y[i];
	sigmoid = up_platt_fit(pair->n, decisions, pair->y);
	up_free(fold);
	up_free(decisions);
	return sigmoid;
}

/* What the pairs have found, until the vectors are known. */
typedef struct Found
{
	double *coef; /* n_coefs × rows */
	bool *used;   /* rows */
} Found;

static void
train_pair(const UpMachinesFit *f, const UpKernel *kernel, uint32_t plus, uint32_t minus, uint32_t number,
		   UpMachines *m, Found *found, UpMachinesReport *report)
{
	size_t n = f->rows->n;
	Pair pair;
	UpSmoResult r;

	pair_init(&pair, f, kernel, plus, minus);
	r = pair_solve(&pair);
	up_machines_add(report, &r);
	m->machines[number].bias = r.bias;
	for (size_t i = 0; i < pair.n; i++)
	{
		uint32_t mine = pair.y[i] > 0 ? plus : minus, other = pair.y[i] > 0 ? minus : plus;
		uint32_t row = m->n_coefs == 1 ? 0 : other < mine ? other : other - 1;

		if (pair.a[i] == 0)
			continue;
		found->used[pair.at[i]] = true;
		found->coef[row * n + pair.at[i]] = pair.a[i] * pair.y[i];
	}
	if (f->probability)
		m->machines[number].sigmoid = pair_sigmoid(&pair, number, r.bias);
	pair_free(&pair);
}

/* Vectors class by class, in the order of the rows. */
static void
collect(const UpMachinesFit *f, const Found *found, UpMachines *m)
{
	uint32_t *kept = up_alloc_array(UP_MAX(f->rows->n, 1), sizeof(uint32_t)), n = 0;

	if (m->n_classes > 2)
		m->of_class = up_alloc0(((size_t) m->n_classes + 1) * sizeof(uint32_t));
	for (uint32_t a = 0; a < (m->n_classes > 2 ? m->n_classes : 1); a++)
	{
		if (m->of_class != NULL)
			m->of_class[a] = n;
		for (size_t i = 0; i < f->rows->n; i++)
		{
			if (found->used[i] && (m->n_classes <= 2 || f->y[i] == a))
				kept[n++] = (uint32_t) i;
		}
	}
	if (m->of_class != NULL)
		m->of_class[m->n_classes] = n;
	m->vectors = up_kernel_rows_pick(f->rows, kept, n);
	m->coef = up_alloc_array(UP_MAX((size_t) n * m->n_coefs, 1), sizeof(double));
	for (uint32_t row = 0; row < m->n_coefs; row++)
	{
		for (uint32_t s = 0; s < n; s++)
			m->coef[(size_t) row * n + s] = found->coef[row * f->rows->n + kept[s]];
	}
	up_free(kept);
}

UpMachines *
up_machines_classify(const UpMachinesFit *f, UpMachinesReport *report)
{
	UpMachines *m = up_alloc0(sizeof(UpMachines));
	uint32_t classes = f->fit->n_classes, number = 0;
	Found found;

	m->kernel = up_machines_kernel(f->k, f->rows, "algorithm \"svm\"");
	m->n_classes = classes;
	m->n_coefs = classes > 2 ? classes - 1 : 1;
	m->n_machines = classes > 2 ? classes * (classes - 1) / 2 : 1;
	m->probability = f->probability;
	m->machines = up_alloc0(m->n_machines * sizeof(UpMachine));
	up_reserve(f->rows->n * ((size_t) m->n_coefs + 6) * sizeof(double), "the support vector machine");
	found.coef = up_alloc0(UP_MAX(f->rows->n, 1) * m->n_coefs * sizeof(double));
	found.used = up_alloc0(UP_MAX(f->rows->n, 1));
	if (classes == 2)
		train_pair(f, &m->kernel, 1, 0, 0, m, &found, report);
	for (uint32_t a = 0; classes > 2 && a < classes; a++)
	{
		for (uint32_t b = a + 1; b < classes; b++)
		{
			up_progress("support vector machines", number, m->n_machines);
			train_pair(f, &m->kernel, a, b, number++, m, &found, report);
		}
	}
	collect(f, &found, m);
	up_free(found.coef);
	up_free(found.used);
	return m;
}

void
up_machines_predict(const UpMachines *m, const double *x, size_t n, double *out)
{
	double *decisions = up_alloc_array(m->n_machines, sizeof(double));
	uint32_t *votes = up_alloc_array(UP_MAX(m->n_classes, 1), sizeof(uint32_t));

	for (size_t i = 0; i < n; i++)
	{
		uint32_t at = 0, best = 0;

		up_machines_decide(m, x + i * m->vectors->d, 1, decisions);
		if (m->n_classes <= 2)
		{
			out[i] = m->n_classes == 0 ? decisions[0] : decisions[0] > 0;
			continue;
		}
		memset(votes, 0, m->n_classes * sizeof(uint32_t));
		for (uint32_t a = 0; a < m->n_classes; a++)
		{
			for (uint32_t b = a + 1; b < m->n_classes; b++)
				votes[decisions[at++] > 0 ? a : b]++;
		}
		for (uint32_t a = 1; a < m->n_classes; a++)
			best = votes[a] > votes[best] ? a : best;
		out[i] = best;
	}
	up_free(decisions);
	up_free(votes);
}

/* The minimum, by Wu, Lin and Weng's second method. r: k × k, r_ij of class i against j. */
static void
couple(const double *r, uint32_t k, double *p)
{
	double *q = up_alloc0((size_t) k * k * sizeof(double)), *qp = up_alloc_array(k, sizeof(double));

	for (uint32_t i = 0; i < k; i++)
	{
		p[i] = 1.0 / k;
		for (uint32_t j = 0; j < k; j++)
		{
			if (j == i)
				continue;
			q[(size_t) i * k + i] += r[(size_t) j * k + i] * r[(size_t) j * k + i];
			q[(size_t) i * k + j] = -r[(size_t) j * k + i] * r[(size_t) i * k + j];
		}
	}
	for (int round = 0; round < (int) UP_MAX(ROUNDS, k); round++)
	{
		double pqp = 0, worst = 0;

		for (uint32_t i = 0; i < k; i++)
		{
			qp[i] = 0;
			for (uint32_t j = 0; j < k; j++)
				qp[i] += q[(size_t) i * k + j] * p[j];
			pqp += p[i] * qp[i];
		}
		for (uint32_t i = 0; i < k; i++)
			worst = UP_MAX(worst, fabs(qp[i] - pqp));
		if (worst < 1e-10)
			break;
		for (uint32_t i = 0; i < k; i++)
		{
			double diagonal = q[(size_t) i * k + i], move = (pqp - qp[i]) / diagonal;

			p[i] += move;
			pqp = (pqp + move * (move * diagonal + 2 * qp[i])) / ((1 + move) * (1 + move));
			for (uint32_t j = 0; j < k; j++)
			{
				qp[j] = (qp[j] + move * q[(size_t) i * k + j]) / (1 + move);
				p[j] /= 1 + move;
			}
		}
	}
	up_free(q);
	up_free(qp);
}

void
up_machines_proba(const UpMachines *m, const double *x, size_t n, double *out)
{
	uint32_t k = m->n_classes;
	double *decisions = up_alloc_array(m->n_machines, sizeof(double)),
		   *r = up_alloc0(UP_MAX((size_t) k * k, 1) * sizeof(double));

	for (size_t i = 0; i < n; i++, out += k)
	{
		uint32_t at = 0;

		up_machines_decide(m, x + i * m->vectors->d, 1, decisions);
		if (k == 2)
		{
			out[1] = up_platt_proba(m->machines[0].sigmoid, decisions[0]);
			out[0] = 1 - out[1];
			continue;
		}
		for (uint32_t a = 0; a < k; a++)
		{
			for (uint32_t b = a + 1; b < k; b++, at++)
			{
				double p = up_platt_proba(m->machines[at].sigmoid, decisions[at]);

				p = UP_MIN(UP_MAX(p, LEAST_PAIR), 1 - LEAST_PAIR);
				r[(size_t) a * k + b] = p;
				r[(size_t) b * k + a] = 1 - p;
			}
		}
		couple(r, k, out);
	}
	up_free(decisions);
	up_free(r);
}
