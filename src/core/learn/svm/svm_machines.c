/*
 * svm_machines.c - trained kernel machines: used, written, read; see svm_machines.h
 *
 * Support vectors are float4, as they were in training. Cost of a decision: vectors × (features + coefficients).
 */
#include "learn/svm/svm_machines.h"

#include "num/vec_smo.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define READ_ROWS 256
#define SECONDS_A_NUMBER                                                                                       \
	1.8e-11            /* of a machine of two classes: rows² × columns, of which few go into the kernel */
#define SINGLE_TIMES 3 /* as many rows become support vectors */

UpKernel
up_machines_kernel(const UpKernelParams *k, const UpKernelRows *rows, const char *owner)
{
	UpKernel kernel = {.kind = k->kernel, .gamma = 1, .coef0 = k->coef0, .degree = k->degree};

	if (k->kernel != UP_KERNEL_LINEAR)
		kernel.gamma = up_kernel_gamma(k->gamma, rows, owner);
	return kernel;
}

/* Of the kernel's rows: as many as wanted, as there are, and as half of the memory takes. */
static double
cache_bytes(const UpKernelParams *k, double n_rows)
{
	double wanted = (double) k->cache_size * 1024 * 1024, all = n_rows * UP_MAX(n_rows, 2) * sizeof(float);

	return UP_MIN(UP_MIN(wanted, all), (double) (up_memory_limit() / 2));
}

double
up_machines_bytes(const UpKernelParams *k, double n_rows, uint32_t n_features)
{
	return n_rows * ((double) n_features * sizeof(float) + 100) + cache_bytes(k, n_rows);
}

UpKernelRows *
up_machines_load(const UpData *data)
{
	uint32_t d = data->n_features;
	UpKernelRows *rows;

	if (data->n_rows > INT32_MAX / 2)
		up_fail(UP_LIMIT, "a kernel machine can be trained on at most %d rows", INT32_MAX / 2);
	rows = up_kernel_rows_new(data->n_rows, d);
	for (UpDataBlock b = up_data_blocks(data, READ_ROWS, false); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
			up_kernel_rows_set(rows, b.first + i, b.x + i * d);
	}
	return rows;
}

UpSmoProblem
up_machines_problem(const UpKernelParams *k, const UpKernelRows *rows, const UpKernel *kernel, double tol,
					int64_t max_iter)
{
	UpSmoProblem p = {
		.rows = rows, .kernel = kernel, .tol = tol, .max_iter = max_iter, .shrinking = k->shrinking};

	p.cache_bytes = (size_t) cache_bytes(k, (double) UP_SMO_UP(rows->n));
	return p;
}

void
up_machines_add(UpMachinesReport *report, const UpSmoResult *r)
{
	report->objective += r->objective;
	report->violation = UP_MAX(report->violation, r->violation);
	report->iterations += r->iterations;
	report->converged = report->converged && r->converged;
}

UpMachines *
up_machines_single(const UpKernelRows *rows, const UpKernel *kernel, const double *a, double bias)
{
	UpMachines *m = up_alloc0(sizeof(UpMachines));
	uint32_t *kept = up_alloc_array(UP_MAX(rows->n, 1), sizeof(uint32_t));
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
	{
		if (a[i] != 0)
			kept[n++] = (uint32_t) i;
	}
	m->kernel = *kernel;
	m->vectors = up_kernel_rows_pick(rows, kept, n);
	m->n_machines = m->n_coefs = 1;
	m->coef = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t s = 0; s < n; s++)
		m->coef[s] = a[kept[s]];
	m->machines = up_alloc0(sizeof(UpMachine));
	m->machines[0].bias = bias;
	up_free(kept);
	return m;
}

void
up_machines_tell(const UpMachinesReport *report, const UpFit *fit, int64_t max_iter)
{
	up_value_set(fit->info, "solver", up_value_string("smo"));
	up_value_set(fit->info, "objective", up_value_number(report->objective));
	up_value_set(fit->info, "violation", up_value_number(isfinite(report->violation) ? report->violation : 0));
	up_value_set(fit->info, "iterations", up_value_number((double) report->iterations));
	up_value_set(fit->info, "converged", up_value_bool(report->converged));
	if (!report->converged)
		up_warn("Raise max_iter or tol, or scale the features.",
				"training of the support vector machine stopped at max_iter = %lld with a violation of %.3g",
				(long long) max_iter, report->violation);
}

double
up_machines_seconds(const UpKernelParams *k, double n_rows, uint32_t n_features)
{
	double number =
		k->kernel == UP_KERNEL_POLY || k->kernel == UP_KERNEL_SIGMOID ? 2 * SECONDS_A_NUMBER : SECONDS_A_NUMBER;

	return n_rows * n_rows * ((double) n_features + 20) * number;
}

UpMachines *
up_machines_fit_single(const UpFit *fit, const UpKernelParams *k, const char *owner, double tol,
					   int64_t max_iter, UpFillProblem fill)
{
	size_t n = fit->data->n_rows;
	UpKernelRows *rows;
	UpKernel kernel;
	double *values = up_alloc0(UP_MAX(4 * n, 1) * sizeof(double));
	UpMachinesReport report = {.converged = true};
	UpKernelStores *kept = fit->reuse != NULL ? fit->reuse->kept : NULL, *stores;
	UpSmoProblem problem;
	UpSmoResult r;
	UpMachines *m;

	up_workers_begin(SINGLE_TIMES * up_machines_seconds(k, (double) n, fit->n_features));
	rows = up_machines_load(fit->data);
	kernel = up_machines_kernel(k, rows, owner);
	problem = up_machines_problem(k, rows, &kernel, tol, max_iter == INT64_MIN ? -1 : max_iter);
	stores = up_kernel_stores(fit->reuse, &kept, &kernel, 1);
	if (stores != NULL)
	{
		fit->reuse->kept = stores;
		problem.store = &stores->stores[0];
	}
	problem.p = values;
	problem.y = values + n;
	problem.cost = values + 2 * n;
	problem.a = values + 3 * n;
	fill(fit, values, values + n, values + 2 * n, &problem);
	r = up_smo_solve(&problem);
	up_workers_end();
	up_machines_add(&report, &r);
	m = up_machines_single(rows, &kernel, problem.a, r.bias);
	up_machines_tell(&report, fit, problem.max_iter);
	up_kernel_rows_free(rows);
	up_free(values);
	return m;
}

/* Kernel values of one row with all vectors. */
static void
compare(const UpMachines *m, const double *x, float *narrow, float *out)
{
	narrow[0] = 0;
	for (uint32_t f = 0; f < m->vectors->d; f++)
		narrow[f] = (float) x[f];
	up_kernel_row(&m->kernel, m->vectors, narrow, out);
}

static double
weigh(const double *coef, const float *k, size_t n)
{
	double sum[8] = {0};

	for (size_t s = 0; s + 8 <= n; s += 8)
	{
		for (size_t l = 0; l < 8; l++)
			sum[l] += coef[s + l] * (double) k[s + l];
	}
	for (size_t s = n / 8 * 8; s < n; s++)
		sum[0] += coef[s] * (double) k[s];
	return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void
decide_row(const UpMachines *m, const float *k, double *out)
{
	size_t n = m->vectors->n;
	uint32_t at = 0;

	if (m->of_class == NULL)
	{
		out[0] = weigh(m->coef, k, n) + m->machines[0].bias;
		return;
	}
	for (uint32_t a = 0; a < m->n_classes; a++)
	{
		for (uint32_t b = a + 1; b < m->n_classes; b++, at++)
		{
			uint32_t fa = m->of_class[a], fb = m->of_class[b];

			/* Of class a its coefficients against b, and the other way round. */
			out[at] = weigh(m->coef + (b - 1) * n + fa, k + fa, m->of_class[a + 1] - fa) +
					  weigh(m->coef + a * n + fb, k + fb, m->of_class[b + 1] - fb) + m->machines[at].bias;
		}
	}
	UP_ASSERT(at == m->n_machines);
}

void
up_machines_decide(const void *body, const double *x, size_t n, double *out)
{
	const UpMachines *m = body;
	size_t work = 0, d = m->vectors->d, wide = UP_MAX(d, 1), padded = UP_SMO_UP(UP_MAX(m->vectors->n, 1));
	float small[2048],
		*buffer = wide + padded <= UP_LENGTH(small) ? small : up_alloc_array(wide + padded, sizeof(float));

	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, m->vectors->n * (d + 8));
		compare(m, x + i * d, buffer + padded, buffer);
		decide_row(m, buffer, out + i * m->n_machines);
	}
	if (buffer != small)
		up_free(buffer);
}

void
up_machines_raw_scores(const void *body, const double *x, double *out)
{
	up_machines_decide(body, x, 1, out);
}

uint32_t
up_machines_n_outputs(const void *body)
{
	(void) body;
	return 1;
}

/* u8 kernel | gamma, coef0 | u16 degree | u32 vectors | their values, row by row, float4 | coefs | biases | first of each class. */
void
up_machines_write(const void *body, UpWriter *w)
{
	const UpMachines *m = body;
	size_t n = m->vectors->n, d = m->vectors->d;
	float *x = up_alloc_array(UP_MAX(d, 1), sizeof(float));

	up_put_u8(w, (uint8_t) m->kernel.kind);
	up_put_f64(w, m->kernel.gamma);
	up_put_f64(w, m->kernel.coef0);
	up_put_u16(w, (uint16_t) m->kernel.degree);
	up_put_u32(w, (uint32_t) n);
	for (size_t s = 0; s < n; s++)
	{
		up_kernel_rows_get(m->vectors, s, x);
		up_put_f32_array(w, x, d);
	}
	up_put_f64_array(w, m->coef, n * m->n_coefs);
	for (uint32_t i = 0; i < m->n_machines; i++)
	{
		up_put_f64(w, m->machines[i].bias);
		if (m->probability)
		{
			up_put_f64(w, m->machines[i].sigmoid.a);
			up_put_f64(w, m->machines[i].sigmoid.b);
		}
	}
	for (uint32_t a = 1; m->of_class != NULL && a < m->n_classes; a++)
		up_put_u32(w, m->of_class[a]);
	up_free(x);
}

static void
read_vectors(UpReader *r, UpMachines *m, size_t n, uint32_t d)
{
	float *x = up_alloc_array(UP_MAX(d, 1), sizeof(float));
	double *wide = up_alloc_array(UP_MAX(d, 1), sizeof(double));

	m->vectors = up_kernel_rows_new(n, d);
	for (size_t s = 0; s < n; s++)
	{
		double norm = 0;

		up_get_f32_array(r, x, d);
		for (uint32_t f = 0; f < d; f++)
		{
			wide[f] = (double) x[f];
			norm += wide[f] * wide[f];
		}
		if (!(norm < 9e36))
			up_corrupt(r, "support vector");
		up_kernel_rows_set(m->vectors, s, wide);
	}
	up_free(x);
	up_free(wide);
}

static void
read_classes(UpReader *r, UpMachines *m, size_t n)
{
	m->of_class = up_alloc0(((size_t) m->n_classes + 1) * sizeof(uint32_t));
	m->of_class[m->n_classes] = (uint32_t) n;
	for (uint32_t a = 1; a < m->n_classes; a++)
	{
		m->of_class[a] = up_get_u32(r);
		if (m->of_class[a] < m->of_class[a - 1] || m->of_class[a] > n)
			up_corrupt(r, "classes of the support vectors");
	}
}

UpMachines *
up_machines_read(UpReader *r, uint32_t n_features, uint32_t n_classes, bool probability)
{
	UpMachines *m = up_alloc0(sizeof(UpMachines));
	uint8_t kind = up_get_u8(r);
	size_t n, left;

	if (kind > UP_KERNEL_SIGMOID)
		up_corrupt(r, "kernel");
	m->kernel.kind = kind;
	m->kernel.gamma = up_get_f64(r);
	m->kernel.coef0 = up_get_f64(r);
	m->kernel.degree = up_get_u16(r);
	if (!(m->kernel.gamma > 0 && m->kernel.gamma < 1e15) || fabs(m->kernel.coef0) > 1e15 ||
		m->kernel.degree > 1000)
		up_corrupt(r, "kernel");
	m->n_classes = n_classes;
	m->n_coefs = n_classes > 2 ? n_classes - 1 : 1;
	m->n_machines = n_classes > 2 ? n_classes * (n_classes - 1) / 2 : 1;
	n = up_get_u32(r);
	left = r->len - r->pos;
	if (n > left / sizeof(double) || (n > 0 && n_features > left / sizeof(float) / n) ||
		(n > 0 && m->n_coefs > left / sizeof(double) / n) || m->n_machines > left / sizeof(double))
		up_corrupt(r, "number of support vectors");
	read_vectors(r, m, n, n_features);
	m->coef = up_alloc_array(UP_MAX(n * m->n_coefs, 1), sizeof(double));
	up_get_f64_array(r, m->coef, n * m->n_coefs);
	m->machines = up_alloc0(m->n_machines * sizeof(UpMachine));
	m->probability = probability;
	for (uint32_t i = 0; i < m->n_machines; i++)
	{
		m->machines[i].bias = up_get_f64(r);
		if (m->probability)
		{
			m->machines[i].sigmoid.a = up_get_f64(r);
			m->machines[i].sigmoid.b = up_get_f64(r);
		}
	}
	if (n_classes > 2)
		read_classes(r, m, n);
	return m;
}

void
up_machines_describe(const void *body, UpValue *info)
{
	const UpMachines *m = body;
	double *biases = up_alloc_array(m->n_machines, sizeof(double));

	for (uint32_t i = 0; i < m->n_machines; i++)
		biases[i] = m->machines[i].bias;
	up_value_set(info, "kernel", up_value_string(up_kernel_names[m->kernel.kind]));
	if (m->kernel.kind != UP_KERNEL_LINEAR)
		up_value_set(info, "gamma", up_value_number(m->kernel.gamma));
	/* Of a linear machine solved in the primal, the training has told. */
	if (up_value_get(info, "support_vectors") == NULL)
		up_value_set(info, "support_vectors", up_value_number((double) m->vectors->n));
	if (m->n_machines == 1)
		up_value_set(info, "intercept", up_value_number(biases[0]));
	else
		up_value_set(info, "intercept", up_value_numbers(biases, m->n_machines));
	up_free(biases);
}

/* ---- what pairs of classes say ---- */

#define LEAST_PAIR 1e-7 /* probabilities of a pair stay as far from 0 and 1 */
#define ROUNDS     100

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
