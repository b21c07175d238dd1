/*
 * compare.c - two models on the same rows; see compare.h
 *
 * Cost: that of all metrics (O(n log n)) twice for each sample.
 */
#include "assess/compare.h"

#include "assess/report.h"
#include "num/distributions.h"

#include <math.h>
#include <string.h>

double
up_mcnemar(double only_a, double only_b)
{
	double n = only_a + only_b, fewer = UP_MIN(only_a, only_b), off = fabs(only_a - only_b) - 1;

	if (n == 0 || only_a == only_b)
		return 1;
	/* Of at most fewer among n at even odds, on either side. */
	if (n < UP_FEW_DISCORDANT)
		return UP_MIN(1, 2 * up_beta_share(n - fewer, fewer + 1, 0.5));
	return up_chi2_tail(off * off / n, 1);
}

/* The class that both are about, of two the second; -1: figures are averages over the classes. */
static int
positive_of(const UpModel *a, const UpModel *b)
{
	return a->n_classes == 2 && b->n_classes == 2 && strcmp(a->classes[1], b->classes[1]) == 0 ? 1 : -1;
}

static void
set_accuracy_test(UpCompared *c, const UpPredictions *a, const UpPredictions *b)
{
	double only_a = 0, only_b = 0;

	for (size_t i = 0; i < a->n; i++)
	{
		bool right_a = a->actual[i] == a->predicted[i], right_b = b->actual[i] == b->predicted[i];

		only_a += right_a && !right_b;
		only_b += right_b && !right_a;
	}
	c->p = up_mcnemar(only_a, only_b);
	c->test = only_a + only_b < UP_FEW_DISCORDANT ? "McNemar, exact" : "McNemar, chi-squared";
}

/* drawn: differences; those that have no meaning are NaN. */
static void
set_bootstrap(UpCompared *c, double *drawn, uint32_t resamples)
{
	size_t above = 0, below = 0, n;

	for (uint32_t i = 0; i < resamples; i++)
	{
		above += drawn[i] >= 0;
		below += drawn[i] <= 0;
	}
	n = up_resampled_interval(drawn, resamples, &c->low, &c->high);
	if (n < UP_RESAMPLES_LEAST || c->test != NULL)
		return;
	c->p = UP_MIN(1, 2 * (double) (UP_MIN(above, below) + 1) / (double) (n + 1));
	c->test = "paired bootstrap";
}

/* Two predictions whose rows are drawn together. */
typedef struct Drawing
{
	const UpComparison *of;
	const UpPredictions *a, *b;
	int positive;
} Drawing;

static void
measure_sample(void *arg, const size_t *chosen, double *figures)
{
	const Drawing *d = arg;
	UpValue *of_a = up_report_measure(d->a, chosen, d->a->n, d->positive);
	UpValue *of_b = up_report_measure(d->b, chosen, d->a->n, d->positive);

	for (uint32_t i = 0; i < d->of->n; i++)
		figures[i] =
			up_report_found(of_b, d->of->figures[i].metric) - up_report_found(of_a, d->of->figures[i].metric);
}

static void
resample(UpComparison *r, const UpPredictions *a, const UpPredictions *b, int positive, uint32_t resamples,
		 uint64_t seed)
{
	Drawing d = {r, a, b, positive};
	double *drawn = up_resample(a->n, r->n, resamples, seed, measure_sample, &d);

	for (uint32_t i = 0; i < r->n; i++)
		set_bootstrap(&r->figures[i], drawn + (size_t) i * resamples, resamples);
	up_free(drawn);
}

/* The figures of either, each once, in the order of the one that has more of them. */
static UpComparison *
figures_of(const UpValue *of_a, const UpValue *of_b)
{
	UpComparison *r = up_alloc0(sizeof(UpComparison));
	const UpValue *more = of_a->n >= of_b->n ? of_a : of_b;

	r->figures = up_alloc_array(UP_MAX(more->n, 1), sizeof(UpCompared));
	for (uint32_t i = 0; i < more->n; i++)
	{
		const char *name = more->keys[i];
		bool is_count = strcmp(name, "rows") == 0;

		if (more->items[i]->type == UP_NUMBER)
			r->figures[r->n++] =
				(UpCompared){.metric = up_strdup(name),
							 .a = is_count ? more->items[i]->number : up_report_found(of_a, name),
							 .b = is_count ? more->items[i]->number : up_report_found(of_b, name),
							 .low = NAN,
							 .high = NAN,
							 .p = NAN};
	}
	return r;
}

UpComparison *
up_compare(const UpPredictions *a, const UpPredictions *b, uint32_t resamples, uint64_t seed)
{
	int positive = positive_of(a->model, b->model);
	size_t *all = up_alloc_array(a->n, sizeof(size_t));
	UpComparison *r;

	UP_ASSERT(a->n == b->n && a->model->task == b->model->task);
	for (size_t i = 0; i < a->n; i++)
		all[i] = i;
	r = figures_of(up_report_measure(a, all, a->n, positive), up_report_measure(b, all, a->n, positive));
	for (uint32_t i = 0; i < r->n; i++)
	{
		/* Counts of rows that weigh something are no draws. */
		if (strcmp(r->figures[i].metric, "accuracy") == 0 && a->weights == NULL)
			set_accuracy_test(&r->figures[i], a, b);
	}
	resample(r, a, b, positive, resamples, seed);
	up_free(all);
	return r;
}
