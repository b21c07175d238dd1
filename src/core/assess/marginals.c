/*
 * marginals.c - accuracy, precision, recall, F1, specificity, MCC, kappa; see marginals.h
 *
 * precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN), specificity = TN / (TN + FP).
 */
#include "assess/marginals.h"

#include <math.h>

UpMarginals *
up_marginals_new(uint32_t n_classes)
{
	UpMarginals *m = up_alloc0(sizeof(UpMarginals));

	m->n_classes = n_classes;
	m->hits = up_alloc0(UP_MAX((size_t) n_classes, 1) * sizeof(double));
	m->actual = up_alloc0(UP_MAX((size_t) n_classes, 1) * sizeof(double));
	m->predicted = up_alloc0(UP_MAX((size_t) n_classes, 1) * sizeof(double));
	return m;
}

static double
share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static double
all_hits(const UpMarginals *m)
{
	double hits = 0;

	for (uint32_t k = 0; k < m->n_classes; k++)
		hits += m->hits[k];
	return hits;
}

/* Rows that neither are of the class nor are predicted as it. */
static double
true_negatives(const UpMarginals *m, uint32_t k)
{
	return m->n - m->actual[k] - m->predicted[k] + m->hits[k];
}

double
up_marginals_accuracy(const UpMarginals *m)
{
	return share(all_hits(m), m->n);
}

UpClassScores
up_marginals_class(const UpMarginals *m, uint32_t k)
{
	UpClassScores s = {0};

	UP_ASSERT(k < m->n_classes);
	s.precision = share(m->hits[k], m->predicted[k]);
	s.recall = share(m->hits[k], m->actual[k]);
	s.f1 = share(2 * m->hits[k], m->predicted[k] + m->actual[k]);
	s.specificity = share(true_negatives(m, k), m->n - m->actual[k]);
	s.support = (uint64_t) m->actual[k];
	return s;
}

/* TN / (TN + FP), both summed over the classes. */
static double
micro_specificity(const UpMarginals *m)
{
	double hits = 0, negatives = 0;

	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		hits += true_negatives(m, k);
		negatives += m->n - m->actual[k];
	}
	return share(hits, negatives);
}

UpClassScores
up_marginals_average(const UpMarginals *m, UpAverage average)
{
	UpClassScores sum = {0};
	double weights = 0;

	if (average == UP_AVERAGE_MICRO)
	{
		sum.precision = sum.recall = sum.f1 = up_marginals_accuracy(m);
		sum.specificity = micro_specificity(m);
		sum.support = (uint64_t) m->n;
		return sum;
	}
	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		UpClassScores s = up_marginals_class(m, k);
		double weight = average == UP_AVERAGE_MACRO ? 1 : m->actual[k];

		/* A class that neither occurs nor is predicted does not count. */
		if (m->actual[k] + m->predicted[k] == 0)
			continue;
		weights += weight;
		sum.precision += weight * s.precision;
		sum.recall += weight * s.recall;
		sum.f1 += weight * s.f1;
		sum.specificity += weight * s.specificity;
		sum.support += s.support;
	}
	sum.precision = share(sum.precision, weights);
	sum.recall = share(sum.recall, weights);
	sum.f1 = share(sum.f1, weights);
	sum.specificity = share(sum.specificity, weights);
	return sum;
}

double
up_marginals_balanced_accuracy(const UpMarginals *m)
{
	double sum = 0, classes = 0;

	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		if (m->actual[k] == 0)
			continue;
		sum += m->hits[k] / m->actual[k];
		classes++;
	}
	return share(sum, classes);
}

/* sum a p, sum a^2 and sum p^2: whole numbers, exact up to 2^53. */
static void
squares(const UpMarginals *m, double *both, double *actual, double *predicted)
{
	*both = *actual = *predicted = 0;
	for (uint32_t k = 0; k < m->n_classes; k++)
	{
		*both += m->actual[k] * m->predicted[k];
		*actual += m->actual[k] * m->actual[k];
		*predicted += m->predicted[k] * m->predicted[k];
	}
}

double
up_marginals_mcc(const UpMarginals *m)
{
	double both, actual, predicted, below;

	squares(m, &both, &actual, &predicted);
	below = sqrt(m->n * m->n - actual) * sqrt(m->n * m->n - predicted);
	return below > 0 ? (all_hits(m) * m->n - both) / below : 0;
}

double
up_marginals_kappa(const UpMarginals *m)
{
	double both, actual, predicted;

	squares(m, &both, &actual, &predicted);
	/* Chance alone agrees always: all rows are of one class, and predicted as it. */
	if (!(m->n * m->n - both > 0))
		return NAN;
	return (all_hits(m) * m->n - both) / (m->n * m->n - both);
}
