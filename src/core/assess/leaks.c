/*
 * leaks.c - columns that know the answer; see leaks.h
 *
 * Each is one look at a column beside the target. What a few rows would show by chance is not told: a class needs
 * LEAST_OF_CLASS rows, and a value of a category ROWS_A_VALUE of them on the average.
 */
#include "assess/leaks.h"

#include "assess/ranking.h"
#include "num/sort.h"
#include "score/column_places.h"

#include <math.h>
#include <string.h>

#define LEAST_OF_CLASS  5
#define ROWS_A_VALUE    5
#define KEY_ROWS        50
#define SECONDS_A_VALUE 6e-8 /* about, to look at it */
#define KEY_CHANCES     100 /* … and those drawn from as many: 25 numbers would come again, twice as many apart */
#define KEY_SPREAD      2 /* times as many numbers as rows between the least and the greatest */

const char *const up_leak_names[] = {NULL,   "equal",       "one_to_one", "missing", "auc",
									 "rule", "correlation", "key",        "time"};

/* Rows where x is known. */
typedef struct Known
{
	double *x, *y;
	size_t n;
} Known;

static void
take(UpLeak *leak, UpLeakReason reason, double score, double threshold)
{
	leak->strength = UP_MAX(leak->strength, UP_MIN(score, 1));
	if (leak->reason == UP_LEAK_NONE && score >= threshold)
	{
		leak->reason = reason;
		leak->score = score;
	}
}

/* Where x is missing (or known) y must be one and the same: the share of the rows of that value that are there; else 0. */
static double
one_value(const UpVariable *x, const double *y, size_t n, bool where_missing)
{
	double value = NAN;
	size_t of_value = 0, rows = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (isnan(x->v[i]) != where_missing)
			continue;
		if (rows++ == 0)
			value = y[i];
		else if (y[i] != value)
			return 0;
	}
	if (rows < LEAST_OF_CLASS || n - rows < LEAST_OF_CLASS)
		return 0;
	for (size_t i = 0; i < n; i++)
		of_value += y[i] == value;
	return (double) rows / (double) of_value;
}

/* Missing where the target is one value, and known where it is another; nearly so says nothing that a value would not say. */
static void
look_at_missing(const UpVariable *x, const UpVariable *y, size_t n, double threshold, UpLeak *leak)
{
	double score = UP_MAX(one_value(x, y->v, n, true), one_value(x, y->v, n, false));

	if (score >= threshold)
		take(leak, UP_LEAK_MISSING, score, threshold);
}

static bool
is_constant(const double *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		if (v[i] != v[0])
			return false;
	}
	return true;
}

static void
look_at_equal(const Known *k, const UpVariable *y, const double *class_values, UpLeak *leak)
{
	if (y->n_values > 0 && class_values == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
	{
		if (k->x[i] != (y->n_values > 0 ? class_values[(uint32_t) k->y[i]] : k->y[i]))
			return;
	}
	take(leak, UP_LEAK_EQUAL, 1, 1);
}

/* Of a column of few values: the most frequent class of each. */
static void
look_at_rule(const Known *k, uint32_t n_values, uint32_t n_classes, double threshold, UpLeak *leak,
			 double *rule)
{
	double *counts = up_alloc0((size_t) n_values * n_classes * sizeof(double));
	double *of_class = up_alloc0((size_t) n_classes * sizeof(double)), right = 0, most = 0, score;
	uint32_t values = 0, classes = 0, cells = 0;

	for (size_t i = 0; i < k->n; i++)
	{
		counts[(size_t) k->x[i] * n_classes + (size_t) k->y[i]]++;
		of_class[(uint32_t) k->y[i]]++;
	}
	for (uint32_t v = 0; v < n_values; v++)
	{
		double best = 0;

		for (uint32_t c = 0; c < n_classes; c++)
		{
			cells += counts[(size_t) v * n_classes + c] > 0;
			best = UP_MAX(best, counts[(size_t) v * n_classes + c]);
		}
		values += best > 0;
		right += best;
	}
	for (uint32_t c = 0; c < n_classes; c++)
	{
		classes += of_class[c] > 0;
		most = UP_MAX(most, of_class[c]);
	}
	up_free(counts);
	up_free(of_class);
	if ((double) k->n - most < LEAST_OF_CLASS)
		return;
	score = (right - most) / ((double) k->n - most);
	if (cells == values && values == classes)
		take(leak, UP_LEAK_ONE_TO_ONE, score, threshold);
	*rule = score;
}

/* Of two classes and a number. */
static void
look_at_order(const Known *k, double threshold, UpLeak *leak)
{
	double *hits = up_alloc_array(k->n, sizeof(double)), *misses = up_alloc_array(k->n, sizeof(double)), auc;
	size_t n_hits = 0, n_misses = 0;

	for (size_t i = 0; i < k->n; i++)
	{
		if (k->y[i] > 0)
			hits[n_hits++] = k->x[i];
		else
			misses[n_misses++] = k->x[i];
	}
	if (UP_MIN(n_hits, n_misses) >= LEAST_OF_CLASS)
	{
		auc = up_auc(hits, n_hits, misses, n_misses);
		auc = UP_MAX(auc, 1 - auc);
		if (auc >= threshold)
			take(leak, UP_LEAK_AUC, auc, threshold);
		leak->strength = UP_MAX(leak->strength, 2 * auc - 1);
	}
	up_free(hits);
	up_free(misses);
}

static void
look_at_correlation(const Known *k, const UpVariable *x, const UpVariable *y, double threshold, UpLeak *leak)
{
	UpVariable a = {k->x, x->n_values}, b = {k->y, y->n_values};
	double r;

	/* So many categories tell anything of so few rows. */
	if ((size_t) x->n_values * ROWS_A_VALUE > k->n)
		return;
	up_tick();
	r = fabs(up_score_correlation(&a, &b, k->n, false).value);
	if (x->n_values == 0 && y->n_values == 0)
		r = fmax(r, fabs(up_score_correlation(&a, &b, k->n, true).value));
	if (!isnan(r))
		take(leak, UP_LEAK_CORRELATION, r, threshold);
}

/*
 * Whole numbers, all different, with few gaps: they count rows, and say when a row was made at best. Of rows that were drawn as few gaps are between
 * those of all; and there are as many of them as would show numbers that come again (of m numbers n²/2m).
 */
static void
look_at_key(Known *k, size_t n, size_t all, UpLeak *leak)
{
	double known = (double) k->n, rows = known / (double) n * (double) all;

	if (leak->reason != UP_LEAK_NONE || k->n < KEY_ROWS || (all > n && known * known < KEY_CHANCES * rows))
		return;
	for (size_t i = 0; i < k->n; i++)
	{
		if (k->x[i] != floor(k->x[i]))
			return;
	}
	up_sort_doubles(k->x, k->n, NULL);
	if (k->x[k->n - 1] - k->x[0] >= KEY_SPREAD * rows)
		return;
	for (size_t i = 1; i < k->n; i++)
	{
		if (k->x[i] == k->x[i - 1])
			return;
	}
	leak->reason = UP_LEAK_KEY;
	leak->score = (double) k->n / (double) n;
}

static Known
known_rows(const UpVariable *x, const UpVariable *y, size_t n)
{
	Known k = {up_alloc_array(UP_MAX(n, 1), sizeof(double)), up_alloc_array(UP_MAX(n, 1), sizeof(double)), 0};

	for (size_t i = 0; i < n; i++)
	{
		if (isnan(x->v[i]))
			continue;
		k.x[k.n] = x->v[i];
		k.y[k.n++] = y->v[i];
	}
	return k;
}

/* Numbers of few different values as codes; 0: there are more. */
static uint32_t
codes_of(const Known *k, const UpVariable *x, double *codes)
{
	UpVariable v = {k->x, x->n_values};
	double values[UP_SCORE_VALUES];
	uint32_t n = 0;

	if (x->n_values > 0)
	{
		memcpy(codes, k->x, k->n * sizeof(double));
		return x->n_values;
	}
	for (size_t i = 0; i < k->n; i++)
	{
		uint32_t at = 0;

		while (at < n && values[at] != k->x[i])
			at++;
		if (at == UP_SCORE_VALUES)
			return 0;
		if (at == n)
			values[n++] = k->x[i];
	}
	return up_score_codes(&v, k->n, codes);
}

static void
look_at_classes(const Known *k, const UpVariable *x, const UpVariable *y, double threshold, UpLeak *leak)
{
	double *codes = up_alloc_array(UP_MAX(k->n, 1), sizeof(double));
	uint32_t n_codes = codes_of(k, x, codes);
	Known coded = {codes, k->y, k->n};
	double rule = 0;

	if (n_codes > 0 && (size_t) n_codes * ROWS_A_VALUE <= k->n)
		look_at_rule(&coded, n_codes, y->n_values, threshold, leak, &rule);
	up_free(codes);
	look_at_correlation(k, x, y, threshold, leak);
	take(leak, UP_LEAK_RULE, rule, threshold);
	if (x->n_values == 0 && y->n_values == 2)
		look_at_order(k, threshold, leak);
}

UpLeak
up_leak(const UpVariable *x, const UpVariable *y, const double *class_values, size_t n, size_t all,
		double threshold)
{
	UpLeak leak = {UP_LEAK_NONE, 0, 0};
	Known k;

	if (n < UP_LEAK_ROWS || is_constant(y->v, n))
		return leak;
	look_at_missing(x, y, n, threshold, &leak);
	k = known_rows(x, y, n);
	if (k.n >= UP_LEAK_ROWS && !is_constant(k.x, k.n) && !is_constant(k.y, k.n))
	{
		up_tick();
		if (x->n_values == 0)
			look_at_equal(&k, y, class_values, &leak);
		if (y->n_values > 0)
			look_at_classes(&k, x, y, threshold, &leak);
		else
			look_at_correlation(&k, x, y, threshold, &leak);
		if (x->n_values == 0)
			look_at_key(&k, n, all, &leak);
	}
	up_free(k.x);
	up_free(k.y);
	return leak;
}

/* ---- columns as parts ---- */

enum
{
	BASE, /* values of the first column */
	PLACES,
	COLUMNS,
	TARGET,
	CLASS_VALUES, /* or NULL */
	N_ARRAYS
};

typedef struct Looking
{
	size_t n, all; /* rows, of so many */
	uint32_t target_values;
	double threshold;
} Looking;

typedef struct Looked
{
	uint32_t n_values;
	bool skipped;
	UpLeak leak;
} Looked;

static void
look_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Looking *l = fixed;
	Looked *c = (Looked *) arrays[COLUMNS] + part;
	UpVariable x = {up_column_at(arrays[BASE], arrays[PLACES], part), c->n_values};
	UpVariable y = {arrays[TARGET], l->target_values};

	if (!c->skipped)
		c->leak = up_leak(&x, &y, arrays[CLASS_VALUES], l->n, l->all, l->threshold);
}

void
up_leak_columns(const UpVariable *x, const bool *skipped, uint32_t n_columns, const UpVariable *y,
				const double *class_values, size_t n, size_t all, double threshold, UpLeak *leaks)
{
	Looking l = {n, all, y->n_values, threshold};
	Looked *columns;
	const double **v;
	double *classes = NULL;
	ptrdiff_t *places;

	if (n_columns == 0)
		return;
	columns = up_alloc_large_array(n_columns, sizeof(Looked));
	v = up_alloc_array(n_columns, sizeof(double *));
	if (class_values != NULL)
	{
		classes = up_alloc_large_array(UP_MAX(y->n_values, 1), sizeof(double));
		memcpy(classes, class_values, y->n_values * sizeof(double));
	}
	for (uint32_t j = 0; j < n_columns; j++)
	{
		v[j] = x[j].v;
		columns[j] = (Looked){x[j].n_values, skipped[j], {UP_LEAK_NONE, 0, 0}};
	}
	places = up_column_places(v, n_columns);
	up_parallel(n_columns, look_part, &l, sizeof(l),
				(void *[]){(void *) v[0], places, columns, (void *) y->v, classes}, N_ARRAYS);
	for (uint32_t j = 0; j < n_columns; j++)
		leaks[j] = columns[j].leak;
	up_free(v);
	up_free_large(places);
	up_free_large(columns);
	up_free_large(classes);
}

double
up_leak_seconds(uint32_t n_columns, size_t n)
{
	return SECONDS_A_VALUE * n_columns * (double) n;
}

double
up_leak_later(const double *x, const double *t, size_t n)
{
	size_t both = 0, later = 0;

	for (size_t i = 0; i < n; i++)
	{
		both += !isnan(x[i]) && !isnan(t[i]);
		later += x[i] > t[i];
	}
	return both > 0 ? (double) later / (double) both : 0;
}
