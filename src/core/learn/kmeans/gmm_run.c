/*
 * gmm_run.c - expectation-maximization of Gaussian mixtures; see gmm_run.h
 *
 * Maximizes sum over rows of log sum over c of w_c N(x; mu_c, S_c) (Dempster, Laird and Rubin 1977). A pass over the rows is both
 * steps: of a block of rows the responsibilities r under the present mixture, and the sums of the next one. Covariances are
 * summed about the present means, sum r (x - m)(x - m)', and moved to the new ones: next to convergence these are
 * nearly the same, so nothing cancels. Rows of which a component has less than LEAST are not its rows.
 *
 * As in scikit-learn: 10 epsilons are added to the sum of responsibilities, reg_covar to variances, and a run has converged when
 * the mean log-likelihood changes by less than tol.
 *
 * Cost a pass: full n k d^2 / 2 (+ rows of the component d^2 / 2) multiply-adds, tied n (d^2 + k d), else n k d.
 */
#include "learn/kmeans/gmm_run.h"

#include "num/dense.h"
#include "num/gemm_double.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LEAST     1e-24
#define LOG_LEAST (-56.0)
#define LOG_2_PI  1.8378770664093454836

size_t
up_mixture_covariances(UpCovariance type, uint32_t k, uint32_t d)
{
	size_t square = (size_t) d * d;

	return type == UP_COVARIANCE_FULL   ? k * square
		   : type == UP_COVARIANCE_TIED ? square
		   : type == UP_COVARIANCE_DIAG ? (size_t) k * d
										: k;
}

UpMixture
up_mixture_new(UpCovariance type, uint32_t k, uint32_t d)
{
	UpMixture m = {.type = type, .k = k, .d = d};

	m.weights = up_alloc0(k * sizeof(double));
	m.means = up_alloc0((size_t) k * d * sizeof(double));
	m.covariances = up_alloc0(up_mixture_covariances(type, k, d) * sizeof(double));
	m.constant = up_alloc0(k * sizeof(double));
	m.ld = UP_GEMM_DOUBLE_UP(type == UP_COVARIANCE_FULL ? (size_t) k * d : d);
	m.precision = up_alloc0((type <= UP_COVARIANCE_TIED ? d * m.ld : (size_t) k * d) * sizeof(double));
	m.image = up_alloc0((size_t) k * d * sizeof(double));
	return m;
}

/* out (rows of ld) = R^-1, with R of scratch: Cholesky's factor of a covariance. Returns log det R; NaN: not positive. */
static double
invert_factor(const double *covariance, uint32_t d, double *scratch, double *out, size_t ld)
{
	double log_det = 0;
	size_t work = 0;

	memcpy(scratch, covariance, (size_t) d * d * sizeof(double));
	if (up_dense_cholesky(scratch, d, d, 0, NULL) < d)
		return NAN;
	for (uint32_t i = 0; i < d; i++)
		log_det += log(scratch[(size_t) i * d + i]);
	/* Row i of the inverse: R^-1 R = I. */
	for (uint32_t i = 0; i < d; i++)
	{
		double *row = out + i * ld;

		up_tick_work(&work, (size_t) d * (d - i));
		memset(row, 0, d * sizeof(double));
		row[i] = 1;
		for (uint32_t j = i; j < d; j++)
		{
			const double *r = scratch + (size_t) j * d;

			row[j] /= r[j];
			if (j + 1 < d)
				up_vec_axpy(row + j + 1, -row[j], r + j + 1, d - j - 1);
		}
	}
	for (uint32_t i = 0; i < d; i++)
	{
		for (uint32_t j = i; j < d; j++)
		{
			if (!isfinite(out[i * ld + j]))
				return NAN;
		}
	}
	return log_det;
}

/* image = mean P. */
static void
make_image(double *image, const double *mean, const double *p, size_t ld, uint32_t d)
{
	memset(image, 0, d * sizeof(double));
	for (uint32_t i = 0; i < d; i++)
		up_vec_axpy(image + i, mean[i], p + i * ld + i, d - i);
}

static double
deviations(const UpMixture *m, uint32_t c)
{
	double log_det = 0;

	for (uint32_t j = 0; j < m->d; j++)
	{
		double v = m->covariances[m->type == UP_COVARIANCE_DIAG ? (size_t) c * m->d + j : c];

		if (!(v > 0) || !isfinite(1 / sqrt(v)))
			return NAN;
		m->precision[(size_t) c * m->d + j] = 1 / sqrt(v);
		log_det += 0.5 * log(v);
	}
	return log_det;
}

bool
up_mixture_prepare(UpMixture *m)
{
	uint32_t d = m->d;
	double *scratch = up_alloc_array((size_t) d * d, sizeof(double)), log_det = 0;
	bool positive = true;

	for (uint32_t c = 0; c < m->k && positive; c++)
	{
		if (m->type == UP_COVARIANCE_FULL)
			log_det = invert_factor(m->covariances + (size_t) c * d * d, d, scratch,
									m->precision + (size_t) c * d, m->ld);
		else if (m->type != UP_COVARIANCE_TIED)
			log_det = deviations(m, c);
		else if (c == 0)
			log_det = invert_factor(m->covariances, d, scratch, m->precision, m->ld);
		positive = isfinite(log_det);
		m->constant[c] = log(m->weights[c]) - log_det - 0.5 * d * LOG_2_PI;
		if (positive && m->type <= UP_COVARIANCE_TIED)
			make_image(m->image + (size_t) c * d, m->means + (size_t) c * d,
					   m->precision + (m->type == UP_COVARIANCE_FULL ? (size_t) c * d : 0), m->ld, d);
	}
	up_free(scratch);
	return positive;
}

double *
up_mixture_scratch(const UpMixture *m, size_t rows)
{
	size_t columns = m->type <= UP_COVARIANCE_TIED ? m->ld : 0;

	return up_alloc_array(rows * (columns + m->d + 1), sizeof(double));
}

/* out[i k + c] for all c: y holds n rows of ld, in which component c has its d values at c × step. */
static void
distances_full(const UpMixture *m, const double *y, size_t n, double *out)
{
	uint32_t d = m->d, k = m->k;

	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t c = 0; c < k; c++)
			out[i * k + c] = m->constant[c] -
							 0.5 * up_vec_sqdist(y + i * m->ld + (size_t) c * d, m->image + (size_t) c * d, d);
	}
}

/* The same by columns: t is d × n. scale: NULL: 1. */
static void
distances_columns(const UpMixture *m, const double *t, size_t n, const double *means, const double *scale,
				  double *sum, double *out)
{
	uint32_t d = m->d, k = m->k;

	for (uint32_t c = 0; c < k; c++)
	{
		memset(sum, 0, n * sizeof(double));
		for (uint32_t j = 0; j < d; j++)
		{
			const double *column = t + j * n;
			double mean = means[(size_t) c * d + j], by = scale != NULL ? scale[(size_t) c * d + j] : 1;

			for (size_t i = 0; i < n; i++)
			{
				double gap = (column[i] - mean) * by;

				sum[i] += gap * gap;
			}
		}
		for (size_t i = 0; i < n; i++)
			out[i * k + c] = m->constant[c] - 0.5 * sum[i];
	}
}

static void
transpose(double *t, const double *x, size_t ld, size_t n, uint32_t d)
{
	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j < d; j++)
			t[j * n + i] = x[i * ld + j];
	}
}

/* y = x P, in parts between which it can be cancelled. */
static void
map_rows(const UpMixture *m, const double *x, size_t n, double *y)
{
	size_t part = UP_GEMM_DOUBLE_UP(UP_MAX(UP_TICK_WORK / (n * m->d), 1)), work = 0;

	for (size_t at = 0; at < m->ld; at += part)
	{
		size_t columns = UP_MIN(part, m->ld - at);

		up_gemm_double_nn(y + at, m->ld, x, m->d, m->precision + at, m->ld, n, columns, m->d);
		up_tick_work(&work, n * columns * m->d);
	}
}

void
up_mixture_log_joint(const UpMixture *m, const double *x, size_t n, double *scratch, double *out)
{
	double *y = scratch + n * (m->d + 1), *t = scratch + n;

	UP_ASSERT(n > 0 && n <= UP_GMM_ROWS);
	if (m->type <= UP_COVARIANCE_TIED)
		map_rows(m, x, n, y);
	if (m->type == UP_COVARIANCE_FULL)
	{
		distances_full(m, y, n, out);
		return;
	}
	if (m->type == UP_COVARIANCE_TIED)
		transpose(t, y, m->ld, n, m->d);
	else
		transpose(t, x, m->d, n, m->d);
	distances_columns(m, t, n, m->type == UP_COVARIANCE_TIED ? m->image : m->means,
					  m->type == UP_COVARIANCE_TIED ? NULL : m->precision, scratch, out);
}

/* ---- sums of the next mixture ---- */

/* What one part of a pass works on. */
typedef struct Sums
{
	const UpMixture *m;
	const double *x;
	size_t d_ld, g_ld;
	double *scratch;
	double *joint;   /* UP_GMM_ROWS × k */
	double *block;   /* UP_GMM_ROWS × d_ld: rows */
	double *squares; /* as many: diag and spherical */
	double *packed;  /* UP_GMM_ROWS × g_ld: full */
	double *n;       /* k */
	double *first;   /* k × d_ld: sums of rows */
	double *second;  /* full: k × g_ld × g_ld about the present means; diag, spherical: k × d_ld */
	double *log_likelihood;
	size_t work;
} Sums;

/* A pass over the rows, for its parts: each sums by itself, and the sums are added up in their order. */
typedef struct Pass
{
	UpCovariance type;
	uint32_t k, d;
	size_t ld;
	size_t n, part_rows;
	bool labelled; /* the responsibilities are the labels' */
} Pass;

enum
{
	ROWS,
	LABELS,  /* or anything */
	MIXTURE, /* constant, means, image, precision */
	SUMS,    /* a slot a part: n, first, second, log-likelihood */
	N_ARRAYS
};

#define PART_ROWS  4096 /* at least */
#define MOST_PARTS 32

/* All of a run. */
typedef struct Em
{
	const UpGmmRows *rows;
	UpMixture *m;
	Pass pass;
	uint32_t n_parts;
	void *arrays[N_ARRAYS];
	Sums s; /* of all parts */
} Em;

static size_t
second_values(UpCovariance type, uint32_t k, uint32_t d)
{
	return type == UP_COVARIANCE_FULL ? k * UP_SYRK_PAD((size_t) d) * UP_SYRK_PAD((size_t) d)
									  : k * UP_GEMM_DOUBLE_UP((size_t) d);
}

static size_t
slot_values(UpCovariance type, uint32_t k, uint32_t d)
{
	return k + k * UP_GEMM_DOUBLE_UP((size_t) d) + second_values(type, k, d) + 1;
}

static size_t
precision_values(const UpMixture *m)
{
	return m->type <= UP_COVARIANCE_TIED ? m->d * m->ld : (size_t) m->k * m->d;
}

/* Sums that stand in a slot. */
static Sums
sums_at(const UpMixture *m, double *slot)
{
	Sums s = {.m = m, .d_ld = UP_GEMM_DOUBLE_UP(m->d), .g_ld = UP_SYRK_PAD((size_t) m->d)};

	s.n = slot;
	s.first = s.n + m->k;
	s.second = s.first + m->k * s.d_ld;
	s.log_likelihood = s.second + second_values(m->type, m->k, m->d);
	return s;
}

static void
new_em(Em *em, const UpGmmRows *rows, UpMixture *m)
{
	size_t mixture = m->k + 2 * (size_t) m->k * m->d + precision_values(m);
	size_t slot = slot_values(m->type, m->k, m->d);

	*em = (Em){.rows = rows, .m = m};
	em->n_parts = (uint32_t) UP_MIN(UP_MAX(rows->n / PART_ROWS, 1), MOST_PARTS);
	em->pass = (Pass){.type = m->type, .k = m->k, .d = m->d, .ld = m->ld, .n = rows->n};
	em->pass.part_rows = (rows->n + em->n_parts - 1) / em->n_parts;
	em->arrays[ROWS] = em->arrays[LABELS] = rows->x;
	em->arrays[MIXTURE] = up_alloc_large_array(mixture, sizeof(double));
	em->arrays[SUMS] = up_alloc_large_array(em->n_parts * slot, sizeof(double));
	em->s = sums_at(m, up_alloc_array(slot, sizeof(double)));
}

/* The mixture as parts read it. */
static void
post_mixture(const Em *em)
{
	const UpMixture *m = em->m;
	double *at = em->arrays[MIXTURE];
	size_t means = (size_t) m->k * m->d;

	memcpy(at, m->constant, m->k * sizeof(double));
	memcpy(at + m->k, m->means, means * sizeof(double));
	memcpy(at + m->k + means, m->image, means * sizeof(double));
	memcpy(at + m->k + 2 * means, m->precision, precision_values(m) * sizeof(double));
}

static UpMixture
posted_mixture(const Pass *p, double *at)
{
	UpMixture m = {.type = p->type, .k = p->k, .d = p->d, .ld = p->ld};
	size_t means = (size_t) m.k * m.d;

	m.constant = at;
	m.means = at + m.k;
	m.image = m.means + means;
	m.precision = m.image + means;
	return m;
}

/* From log joints to responsibilities, in place. Returns the sum of the log-likelihoods. */
static double
respond(double *joint, size_t n, uint32_t k)
{
	double all = 0;

	for (size_t i = 0; i < n; i++)
	{
		double *p = joint + i * k, most = p[0], sum = 0;

		for (uint32_t c = 1; c < k; c++)
			most = p[c] > most ? p[c] : most;
		for (uint32_t c = 0; c < k; c++)
		{
			double below = p[c] - most;

			p[c] = below < LOG_LEAST ? 0 : exp(below);
			sum += p[c];
		}
		all += most + log(sum);
		for (uint32_t c = 0; c < k; c++)
			p[c] /= sum;
	}
	return all;
}

/* sum r (x - m)(x - m)' of the rows that a component has. */
static void
add_outer(Sums *s, size_t first, size_t n)
{
	uint32_t d = s->m->d, k = s->m->k;

	for (uint32_t c = 0; c < k; c++)
	{
		const double *mean = s->m->means + (size_t) c * d;
		size_t packed = 0;

		for (size_t i = 0; i < n; i++)
		{
			double r = s->joint[i * k + c], root;
			const double *x = s->x + (first + i) * d;
			double *to = s->packed + packed * s->g_ld;

			if (r < LEAST)
				continue;
			root = sqrt(r);
			for (uint32_t j = 0; j < d; j++)
				to[j] = root * (x[j] - mean[j]);
			packed++;
		}
		up_tick_work(&s->work, packed * d * d / 2);
		if (packed > 0)
			up_vec_syrk(s->second + c * s->g_ld * s->g_ld, s->g_ld, s->packed, packed);
	}
}

/* Responsibilities of n rows stand in joint. */
static void
add_block(Sums *s, size_t first, size_t n)
{
	uint32_t d = s->m->d, k = s->m->k;

	for (size_t i = 0; i < n; i++)
	{
		memcpy(s->block + i * s->d_ld, s->x + (first + i) * d, d * sizeof(double));
		for (uint32_t c = 0; c < k; c++)
			s->n[c] += s->joint[i * k + c];
	}
	up_gemm_double_tn(s->first, s->d_ld, true, s->joint, k, s->block, s->d_ld, k, s->d_ld, n);
	if (s->m->type == UP_COVARIANCE_FULL)
		add_outer(s, first, n);
	else if (s->m->type != UP_COVARIANCE_TIED)
	{
		for (size_t i = 0; i < n * s->d_ld; i++)
			s->squares[i] = s->block[i] * s->block[i];
		up_gemm_double_tn(s->second, s->d_ld, true, s->joint, k, s->squares, s->d_ld, k, s->d_ld, n);
	}
}

static void
pass_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *p = fixed;
	uint32_t k = p->k, d = p->d;
	UpMixture m = posted_mixture(p, arrays[MIXTURE]);
	double *slot = (double *) arrays[SUMS] + part * slot_values(p->type, k, d);
	size_t end = UP_MIN(p->n, (part + (size_t) 1) * p->part_rows);
	const uint32_t *labels = arrays[LABELS];
	Sums s = sums_at(&m, slot);

	s.x = arrays[ROWS];
	s.scratch = up_mixture_scratch(&m, UP_GMM_ROWS);
	s.joint = up_alloc_array((size_t) UP_GMM_ROWS * k, sizeof(double));
	s.block = up_alloc0(UP_GMM_ROWS * s.d_ld * sizeof(double));
	s.squares = up_alloc0(UP_GMM_ROWS * s.d_ld * sizeof(double));
	s.packed = up_alloc0(UP_GMM_ROWS * s.g_ld * sizeof(double));
	memset(slot, 0, slot_values(p->type, k, d) * sizeof(double));
	for (size_t first = part * p->part_rows; first < end; first += UP_GMM_ROWS)
	{
		size_t n = UP_MIN(end - first, UP_GMM_ROWS);

		up_tick_work(&s.work, n * k * ((size_t) d * (p->type <= UP_COVARIANCE_TIED ? d : 1) + 16));
		if (p->labelled)
		{
			memset(s.joint, 0, n * k * sizeof(double));
			for (size_t i = 0; i < n; i++)
				s.joint[i * k + labels[first + i]] = 1;
		}
		else
		{
			up_mixture_log_joint(&m, s.x + first * d, n, s.scratch, s.joint);
			*s.log_likelihood += respond(s.joint, n, k);
		}
		add_block(&s, first, n);
	}
	up_free(s.packed);
	up_free(s.squares);
	up_free(s.block);
	up_free(s.joint);
	up_free(s.scratch);
}

/* Both steps up to the new mixture; labels: the responsibilities are theirs. */
static void
pass(Em *em, const uint32_t *labels)
{
	size_t slot = slot_values(em->pass.type, em->pass.k, em->pass.d);

	em->pass.labelled = labels != NULL;
	em->arrays[LABELS] = labels != NULL ? (void *) labels : (void *) em->rows->x;
	post_mixture(em);
	up_parallel(em->n_parts, pass_part, &em->pass, sizeof(em->pass), em->arrays, N_ARRAYS);
	memcpy(em->s.n, em->arrays[SUMS], slot * sizeof(double));
	for (uint32_t part = 1; part < em->n_parts; part++)
		up_vec_axpy(em->s.n, 1.0, (double *) em->arrays[SUMS] + part * slot, slot);
}

/* ---- the next mixture ---- */

static void
full_covariance(const Sums *s, UpMixture *m, uint32_t c, const double *mean, double n)
{
	uint32_t d = m->d;
	const double *g = s->second + c * s->g_ld * s->g_ld, *old = m->means + (size_t) c * d;
	double *to = m->covariances + (size_t) c * d * d;

	for (uint32_t i = 0; i < d; i++)
	{
		for (uint32_t j = i; j < d; j++)
			to[(size_t) i * d + j] = g[i * s->g_ld + j] / n - (mean[i] - old[i]) * (mean[j] - old[j]);
		to[(size_t) i * d + i] = UP_MAX(to[(size_t) i * d + i], 0);
	}
}

static void
variances(const Sums *s, UpMixture *m, uint32_t c, const double *mean, double n)
{
	uint32_t d = m->d;
	double sum = 0;

	for (uint32_t j = 0; j < d; j++)
	{
		double v = UP_MAX(s->second[c * s->d_ld + j] / n - mean[j] * mean[j], 0);

		if (m->type == UP_COVARIANCE_DIAG)
			m->covariances[(size_t) c * d + j] = v;
		sum += v;
	}
	if (m->type == UP_COVARIANCE_SPHERICAL)
		m->covariances[c] = sum / d;
}

static void
tied_covariance(const Sums *s, UpMixture *m, const double *total, double all)
{
	uint32_t d = m->d;

	memcpy(m->covariances, total, (size_t) d * d * sizeof(double));
	for (uint32_t c = 0; c < m->k; c++)
	{
		const double *mean = m->means + (size_t) c * d;

		for (uint32_t i = 0; i < d; i++)
			up_vec_axpy(m->covariances + (size_t) i * d + i, -s->n[c] * mean[i], mean + i, d - i);
	}
	up_vec_scale(m->covariances, 1 / all, (size_t) d * d);
	for (uint32_t i = 0; i < d; i++)
		m->covariances[(size_t) i * d + i] = UP_MAX(m->covariances[(size_t) i * d + i], 0);
}

static void
add_to_variances(UpMixture *m, double v)
{
	size_t values = up_mixture_covariances(m->type, m->k, m->d), square = (size_t) m->d * m->d;

	if (m->type > UP_COVARIANCE_TIED)
	{
		for (size_t i = 0; i < values; i++)
			m->covariances[i] += v;
		return;
	}
	for (size_t at = 0; at < values; at += square)
	{
		for (uint32_t i = 0; i < m->d; i++)
			m->covariances[at + (size_t) i * m->d + i] += v;
	}
}

/* Of covariances that are not positive even so (columns that depend on each other, on a large scale) all are made wider. */
static void
make_positive(UpMixture *m, double spread, UpGmmRun *run)
{
	double v = UP_MAX(spread, DBL_MIN * 1e30) * 1e-12;

	for (int i = 0; !up_mixture_prepare(m); i++, v *= 10)
	{
		if (i == 30)
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "the covariances of the mixture are not numbers that can be worked with");
		add_to_variances(m, v);
		run->widened = true;
	}
}

static void
maximize(Em *em, const UpGmmLimits *limits, UpGmmRun *run)
{
	Sums *s = &em->s;
	UpMixture *m = em->m;
	uint32_t d = m->d;
	double *mean = up_alloc_array(d, sizeof(double)), all = 0;

	for (uint32_t c = 0; c < m->k; c++)
	{
		s->n[c] += 10 * DBL_EPSILON;
		all += s->n[c];
	}
	for (uint32_t c = 0; c < m->k; c++)
	{
		up_tick_work(&s->work, (size_t) d * d);
		for (uint32_t j = 0; j < d; j++)
			mean[j] = s->first[c * s->d_ld + j] / s->n[c];
		if (m->type == UP_COVARIANCE_FULL)
			full_covariance(s, m, c, mean, s->n[c]);
		else if (m->type != UP_COVARIANCE_TIED)
			variances(s, m, c, mean, s->n[c]);
		memcpy(m->means + (size_t) c * d, mean, d * sizeof(double));
		m->weights[c] = s->n[c] / all;
	}
	if (m->type == UP_COVARIANCE_TIED)
		tied_covariance(s, m, em->rows->total, all);
	add_to_variances(m, limits->reg_covar);
	make_positive(m, em->rows->spread, run);
	up_free(mean);
}

void
up_gmm_total(UpGmmRows *rows)
{
	uint32_t d = rows->d;
	size_t ld = UP_SYRK_PAD((size_t) d);
	double *g = up_alloc0(ld * ld * sizeof(double)), *packed = up_alloc0(UP_GMM_ROWS * ld * sizeof(double));

	rows->total = up_alloc0((size_t) d * d * sizeof(double));
	for (size_t first = 0; first < rows->n; first += UP_GMM_ROWS)
	{
		size_t n = UP_MIN(rows->n - first, UP_GMM_ROWS);

		up_tick();
		for (size_t i = 0; i < n; i++)
			memcpy(packed + i * ld, rows->x + (first + i) * d, d * sizeof(double));
		up_vec_syrk(g, ld, packed, n);
	}
	for (uint32_t i = 0; i < d; i++)
		memcpy(rows->total + (size_t) i * d + i, g + i * ld + i, (d - i) * sizeof(double));
	up_free(g);
	up_free(packed);
}

void
up_gmm_score(const UpGmmRows *rows, UpGmmRun *run)
{
	UpMixture *m = &run->mixture;
	uint32_t k = m->k;
	double *scratch = up_mixture_scratch(m, UP_GMM_ROWS),
		   *joint = up_alloc_array((size_t) UP_GMM_ROWS * k, sizeof(double)), all = 0;
	size_t work = 0;

	memset(run->sizes, 0, k * sizeof(uint64_t));
	for (size_t first = 0; first < rows->n; first += UP_GMM_ROWS)
	{
		size_t n = UP_MIN(rows->n - first, UP_GMM_ROWS);

		up_tick_work(&work, n * k * ((size_t) rows->d * (m->type <= UP_COVARIANCE_TIED ? rows->d : 1) + 16));
		up_mixture_log_joint(m, rows->x + first * rows->d, n, scratch, joint);
		for (size_t i = 0; i < n; i++)
		{
			const double *p = joint + i * k;
			uint32_t most = 0;

			for (uint32_t c = 1; c < k; c++)
				most = p[c] > p[most] ? c : most;
			run->sizes[most]++;
		}
		all += respond(joint, n, k);
	}
	run->log_likelihood = all / (double) rows->n;
	up_free(scratch);
	up_free(joint);
}

void
up_gmm_run(const UpGmmRows *rows, const uint32_t *labels, const UpGmmLimits *limits, UpGmmRun *run)
{
	Em em;

	new_em(&em, rows, &run->mixture);
	pass(&em, labels);
	maximize(&em, limits, run);
	run->bound = -INFINITY;
	run->converged = false;
	for (run->iterations = 0; run->iterations < limits->max_iter && !run->converged;)
	{
		double before = run->bound;

		up_progress("mixture", limits->done + run->iterations, limits->total);
		pass(&em, NULL);
		run->bound = *em.s.log_likelihood / (double) rows->n;
		maximize(&em, limits, run);
		run->iterations++;
		run->converged = fabs(run->bound - before) < limits->tol;
	}
	up_free_large(em.arrays[SUMS]);
	up_free_large(em.arrays[MIXTURE]);
	up_free(em.s.n);
}
