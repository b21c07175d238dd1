/*
 * measure_figures.c - the table of metrics that are aggregates, and their figures; see measure.h
 *
 * Figures read what was collected and change nothing, so that a window can ask after every row. Cost: O(labels), or O(n) where
 * scores are sorted.
 */
#include "assess/measure.h"

#include "assess/ranking.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define MOST_MATRIX   1000                /* labels of a confusion matrix that is written out */
#define MOST_WRITTEN  (128 * 1024 * 1024) /* bytes of its labels there; a jsonb holds twice as many */
#define LEAST_PERCENT 2.220446049250313e-16

void
up_measurement_fail_unclear(const UpMeasurement *m, const char *label)
{
	up_fail_with(
		UP_INVALID_PARAMETER, NULL,
		(m->measure->flags & UP_MEASURE_AVERAGES) != 0
			? "Give {\"positive\": …}, or {\"average\": \"macro\"}, \"micro\" or \"weighted\", as params."
			: "Give {\"positive\": …} as params.",
		"uprofile_%s needs to know which label is the positive one, and there is \"%s\"", m->measure->name,
		label);
}

/* A label that stands for no by itself. */
static bool
is_no(const UpLabelPairs *p, const char *label)
{
	if (p->kind == UP_LABEL_TEXT)
		return strcmp(label, "false") == 0 || strcmp(label, "0") == 0;
	return strcmp(label, "0") == 0 || strcmp(label, "-1") == 0;
}

static bool
is_yes(const UpLabelPairs *p, const char *label)
{
	return strcmp(label, "1") == 0 || (p->kind != UP_LABEL_NUMBER && strcmp(label, "true") == 0);
}

const char *
up_measurement_positive_text(const UpMeasurement *m)
{
	return m->positive->type == UP_STRING ? m->positive->string : up_value_text(m->positive);
}

/*
 * The rank of the positive label, or -1 where no row has it. Without being told: true or 1, where there is at most one other
 * label.
 */
static int64_t
positive_rank(const UpMeasurement *m, const uint32_t *rank)
{
	const UpLabelPairs *p = m->pairs;
	uint32_t n = up_label_pairs_n_labels(p);
	int64_t found = -1;
	uint32_t others = 0;

	if (m->positive != NULL)
		up_measurement_check_positive(m, p->kind);
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);
		bool positive =
			m->positive != NULL ? strcmp(label, up_measurement_positive_text(m)) == 0 : is_yes(p, label);

		if (positive)
			found = rank[i];
		others += !positive;
	}
	if (m->positive != NULL)
		return found;
	for (uint32_t i = 0; i < n; i++)
	{
		const char *label = up_label_pairs_label(p, i);

		if (others > 1 ? !is_yes(p, label) && !is_no(p, label) : found < 0 && !is_no(p, label))
			up_measurement_fail_unclear(m, label);
	}
	if (others > 1)
		up_measurement_fail_unclear(m, up_label_pairs_label(p, 0));
	return found;
}

static UpClassScores
class_scores(const UpMeasurement *m)
{
	UpClassScores scores = {0};
	uint32_t *rank = up_label_pairs_ranks(m->pairs);
	UpMarginals *marginals = up_label_pairs_marginals(m->pairs, rank);

	if (m->average > 0)
		scores = up_marginals_average(marginals, (UpAverage) (m->average - 1));
	else
	{
		int64_t positive = positive_rank(m, rank);

		if (positive >= 0)
			scores = up_marginals_class(marginals, (uint32_t) positive);
	}
	up_free(rank);
	return scores;
}

static double
figure_precision(const UpMeasurement *m)
{
	return class_scores(m).precision;
}

static double
figure_recall(const UpMeasurement *m)
{
	return class_scores(m).recall;
}

static double
figure_f1(const UpMeasurement *m)
{
	return class_scores(m).f1;
}

static UpMarginals *
marginals_of(const UpMeasurement *m)
{
	return up_label_pairs_marginals(m->pairs, up_label_pairs_ranks(m->pairs));
}

static double
figure_accuracy(const UpMeasurement *m)
{
	return up_marginals_accuracy(marginals_of(m));
}

static double
figure_balanced_accuracy(const UpMeasurement *m)
{
	return up_marginals_balanced_accuracy(marginals_of(m));
}

static double
figure_mcc(const UpMeasurement *m)
{
	return up_marginals_mcc(marginals_of(m));
}

static double
figure_kappa(const UpMeasurement *m)
{
	return up_marginals_kappa(marginals_of(m));
}

static double
figure_auc(const UpMeasurement *m)
{
	return up_auc(m->hits, m->n_hits, m->misses, m->n_misses);
}

static double
figure_average_precision(const UpMeasurement *m)
{
	return up_average_precision(m->hits, m->n_hits, m->misses, m->n_misses);
}

static double
total(const UpMeasurement *m)
{
	return m->sum.sum + m->sum.rest;
}

static double
figure_mean(const UpMeasurement *m)
{
	return total(m) / (double) m->n;
}

static double
figure_root_mean(const UpMeasurement *m)
{
	return sqrt(total(m) / (double) m->n);
}

static double
figure_r2(const UpMeasurement *m)
{
	return m->squares > 0 ? 1 - total(m) / m->squares : NAN;
}

static double
figure_median(const UpMeasurement *m)
{
	size_t n = m->n_hits;
	double *sorted, *buffer, median;

	up_reserve(2 * n * sizeof(double), "sorting the errors");
	sorted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	buffer = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	memcpy(sorted, m->hits, n * sizeof(double));
	up_sort_doubles(sorted, n, buffer);
	median = sorted[(n - 1) / 2] / 2 + sorted[n / 2] / 2;
	up_free(sorted);
	up_free(buffer);
	return median;
}

static double
term_log_loss(double actual, double predicted)
{
	return up_log_loss_term(actual != 0 ? predicted : 1 - predicted);
}

static double
term_square(double actual, double predicted)
{
	return (actual - predicted) * (actual - predicted);
}

static double
term_absolute(double actual, double predicted)
{
	return fabs(actual - predicted);
}

static double
term_percent(double actual, double predicted)
{
	return fabs(actual - predicted) / UP_MAX(fabs(actual), LEAST_PERCENT);
}

#define UP_MEASURE_PLAIN 0
#define UP_MEASURE_ASKED 0
#define term_none        NULL
#define UP_MEASURE(name, number, family, figure, term, flags, told, comment)                                   \
	{#name, number, UP_MEASURE_##family, figure_##figure, term_##term, UP_MEASURE_##flags | UP_MEASURE_##told},

const UpMeasure up_measures[] = {
#include "assess/metrics.list"
};
const int up_n_measures = UP_LENGTH(up_measures);

const UpMeasure *
up_measure_by_name(const char *name)
{
	for (int i = 0; i < up_n_measures; i++)
	{
		if (strcmp(up_measures[i].name, name) == 0)
			return &up_measures[i];
	}
	return NULL;
}

const UpMeasure *
up_measure_by_number(uint16_t number)
{
	for (int i = 0; i < up_n_measures; i++)
	{
		if (up_measures[i].number == number)
			return &up_measures[i];
	}
	return NULL;
}

/* Bytes of a label in JSON. */
static size_t
written_size(const char *label)
{
	size_t size = 0;

	for (const char *c = label; *c != '\0'; c++)
		size += (unsigned char) *c < 0x20 ? 6 : *c == '"' || *c == '\\' ? 2 : 1;
	return size;
}

/* Every label is written once a row and once for its own: refused before that is more than a value can be. */
static void
check_written_size(const char *const *label, uint32_t n)
{
	size_t labels = 0, most = MOST_WRITTEN / ((size_t) n + 1);

	for (uint32_t i = 0; i < n; i++)
	{
		labels += written_size(label[i]);
		if (labels > most)
			up_fail_with(
				UP_LIMIT,
				up_format("Each of the %u labels is written %u times; their texts may be %zu bytes in all.", n,
						  n + 1, most),
				"Compare shorter labels, such as numbers or md5(label).",
				"a confusion matrix of labels this long is not written out");
	}
}

UpValue *
up_measurement_confusion(const UpMeasurement *m)
{
	UpValue *all = up_value_object(), **rows;
	uint32_t n = up_label_pairs_n_labels(m->pairs), *rank;
	const char **label;

	if (n > MOST_MATRIX)
		up_fail(UP_LIMIT, "a confusion matrix of %u labels is not written out, the most are %d", n,
				MOST_MATRIX);
	rank = up_label_pairs_ranks(m->pairs);
	label = up_alloc_array(UP_MAX(n, 1), sizeof(char *));
	rows = up_alloc_array(UP_MAX((size_t) n * n, 1), sizeof(UpValue *));
	for (uint32_t i = 0; i < n; i++)
		label[rank[i]] = up_label_pairs_label(m->pairs, i);
	check_written_size(label, n);
	for (uint32_t i = 0; i < n; i++)
	{
		UpValue *row = up_value_object();

		up_tick();
		for (uint32_t j = 0; j < n; j++)
		{
			rows[(size_t) i * n + j] = up_value_number(0);
			up_value_add(row, label[j], rows[(size_t) i * n + j]);
		}
		up_value_add(all, label[i], row);
	}
	for (uint32_t i = 0; i < m->pairs->n_pairs; i++)
	{
		const UpLabelPair *pair = &m->pairs->pairs[i];

		rows[(size_t) rank[pair->actual] * n + rank[pair->predicted]]->number = (double) pair->rows;
	}
	return all;
}
