/*
 * fairness.c - how a classifier treats groups of rows; see fairness.h
 *
 * Selection rates are compared for demographic parity (their ratio is what the four-fifths rule asks for), true positive rates
 * for equal opportunity, both rates for equalized odds (Hardt, Price, Srebro 2016); the gap between what is predicted and what
 * happens is that of calibration within groups. Sums over the rows: O(n).
 */
#include "assess/fairness.h"

#include <math.h>
#include <stddef.h>

bool
up_fairness_applies(const UpPredictions *p)
{
	return p != NULL && p->model->task == UP_TASK_CLASSIFY && p->model->n_classes == 2;
}

UpTreated
up_fairness_group(const UpPredictions *p, const size_t *places, size_t n)
{
	/* [actual][predicted], each positive or not; labels that the model does not know are not. */
	double sums[2][2] = {{0, 0}, {0, 0}}, proba = 0, all, positives, selected;
	UpTreated t;

	for (size_t i = 0; i < n; i++)
	{
		size_t at = places[i];
		double weight = p->weights != NULL ? p->weights[at] : 1;

		if (i % 4096 == 0)
			up_tick();
		sums[p->actual[at] == 1][p->predicted[at] == 1] += weight;
		if (p->proba != NULL)
			proba += weight * p->proba[at * p->labels->n + 1];
	}
	positives = sums[1][0] + sums[1][1];
	selected = sums[0][1] + sums[1][1];
	all = positives + sums[0][0] + sums[0][1];
	t.selection_rate = all > 0 ? selected / all : NAN;
	t.true_positive_rate = positives > 0 ? sums[1][1] / positives : NAN;
	t.false_positive_rate = all > positives ? sums[0][1] / (all - positives) : NAN;
	t.calibration_gap = all > 0 && p->proba != NULL ? (proba - positives) / all : NAN;
	return t;
}

static void
add(UpReport *r, const char *metric, double value)
{
	if (!isnan(value))
		r->figures[r->n++] = (UpFigure){metric, value, NAN, NAN, NAN};
}

static UpReport *
report_new(void)
{
	UpReport *r = up_alloc0(sizeof(UpReport));

	r->figures = up_alloc_array(5, sizeof(UpFigure));
	return r;
}

UpReport *
up_fairness_figures(const UpTreated *t)
{
	UpReport *r = report_new();

	add(r, "selection_rate", t->selection_rate);
	add(r, "true_positive_rate", t->true_positive_rate);
	add(r, "false_positive_rate", t->false_positive_rate);
	add(r, "calibration_gap", t->calibration_gap);
	return r;
}

/* The smallest and the largest, without those that are NaN; returns how many there are. */
static uint32_t
range_of(const UpTreated *groups, uint32_t n, size_t figure, double *least, double *most)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		double v = *(const double *) ((const char *) &groups[i] + figure);

		if (isnan(v))
			continue;
		*least = found == 0 || v < *least ? v : *least;
		*most = found == 0 || v > *most ? v : *most;
		found++;
	}
	return found;
}

static double
difference(const UpTreated *groups, uint32_t n, size_t figure)
{
	double least = 0, most = 0;

	return range_of(groups, n, figure, &least, &most) > 1 ? most - least : NAN;
}

UpReport *
up_fairness_between(const UpTreated *groups, uint32_t n)
{
	UpReport *r = report_new();
	double least = 0, most = 0, chances = difference(groups, n, offsetof(UpTreated, true_positive_rate)),
		   alarms = difference(groups, n, offsetof(UpTreated, false_positive_rate));

	add(r, "selection_rate_difference", difference(groups, n, offsetof(UpTreated, selection_rate)));
	if (range_of(groups, n, offsetof(UpTreated, selection_rate), &least, &most) > 1 && most > 0)
		add(r, "selection_rate_ratio", least / most);
	add(r, "equal_opportunity_difference", chances);
	add(r, "equalized_odds_difference", isnan(chances) || isnan(alarms) ? NAN : fmax(chances, alarms));
	add(r, "calibration_difference", difference(groups, n, offsetof(UpTreated, calibration_gap)));
	return r;
}

uint32_t
up_fairness_hide(const size_t *sizes, uint32_t n, size_t least, bool *hidden)
{
	size_t rows = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		hidden[i] = sizes[i] > 0 && sizes[i] < least;
		rows += hidden[i] ? sizes[i] : 0;
		count += hidden[i];
	}
	while (count > 0 && (count == 1 || rows < least))
	{
		int64_t smallest = -1;

		for (uint32_t i = 0; i < n; i++)
		{
			if (!hidden[i] && sizes[i] > 0 && (smallest < 0 || sizes[i] < sizes[smallest]))
				smallest = i;
		}
		if (smallest < 0)
			break;
		hidden[smallest] = true;
		rows += sizes[smallest];
		count++;
	}
	return count;
}
