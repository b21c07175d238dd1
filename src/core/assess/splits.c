/*
 * splits.c - dealing rows out to folds; see splits.h
 *
 * All of it follows from the rows' canonical order and the seed, so the order of arrival changes nothing. Cost: O(n) and a
 * sort; by groups O(n × folds).
 */
#include "assess/splits.h"

#include "base/params.h"
#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define FOLD_STREAM UINT64_C(0x666f6c6473)

const char *const up_split_method_names[] = {"auto",  "hash", "random", "stratified",
											 "group", "time", "column", NULL};

typedef struct SplitParams
{
	int method;
	UpValue *column;
	int64_t folds;
	int64_t repeats;
	int64_t seed;
} SplitParams;

#define UP_PARAMS_OF SplitParams
static const UpParam split_params[] = {
	UP_CHOICE_PARAM("method", method, "auto", up_split_method_names, "how rows are dealt out to folds"),
	UP_TREE_PARAM("column", column, "null", "text", "the column of the group, the time or the fold"),
	UP_INT_PARAM("folds", folds, "null", 2, UP_FOLDS_LIMIT, "how many", .nullable = true),
	UP_INT_PARAM("repeats", repeats, "1", 1, 1000, "how often, with other random numbers each"),
	UP_INT_PARAM("seed", seed, "null", -9007199254740992.0, 9007199254740992.0,
				 "start of everything that is random", .nullable = true),
};

bool
up_split_check_column(UpSplitMethod method, const UpValue *column)
{
	bool wants = method == UP_SPLIT_TIME || method == UP_SPLIT_COLUMN;

	if (column != NULL && column->type != UP_STRING)
		up_fail(UP_INVALID_PARAMETER, "parameter \"column\" of split must be of type text, not %s",
				up_value_type_name(column));
	if (wants && column == NULL)
		up_fail_with(
			UP_INVALID_PARAMETER, NULL,
			up_format("Name it: {\"method\": \"%s\", \"column\": \"…\"}.", up_split_method_names[method]),
			"a split by method \"%s\" needs a column", up_split_method_names[method]);
	if (column != NULL && !wants && method != UP_SPLIT_GROUP)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Methods with a column: group, time, column.",
					 "a split by method \"%s\" has no column", up_split_method_names[method]);
	return wants;
}

UpSplit
up_split_parse(const UpValue *given, int64_t folds, int64_t seed)
{
	UpParamTable table = {split_params, UP_LENGTH(split_params)};
	bool wants_column;
	SplitParams p;
	UpSplit s = {0};

	up_params_parse(&table, NULL, 0, given, "split", &p);
	wants_column = up_split_check_column(p.method, p.column);
	if (p.folds != INT64_MIN && folds != 0 && p.folds != folds)
		up_fail(UP_INVALID_PARAMETER, "split gives another number of folds than the argument folds");
	if (p.repeats > 1 && (wants_column))
		up_fail(UP_INVALID_PARAMETER, "a split by method \"%s\" is the same at every repetition",
				up_split_method_names[p.method]);
	s.method = p.method;
	s.column = p.column != NULL ? p.column->string : NULL;
	s.folds = p.folds != INT64_MIN ? p.folds : folds != 0 ? folds : UP_FOLDS_DEFAULT;
	s.repeats = p.repeats;
	s.seed = (uint64_t) (p.seed != INT64_MIN ? p.seed : seed);
	return s;
}

/* One repetition in the making. */
typedef struct Deal
{
	const UpSplitRows *rows;
	uint32_t k;
	UpRng rng;
	uint64_t salt;
	uint16_t *fold_of;
	size_t next; /* the fold of the next row, 0 … k - 1 */
} Deal;

/* Rows given as numbers 0 … n - 1 in canonical order. */
static void
deal_out(Deal *d, const size_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		d->fold_of[d->rows->order[numbers[i]]] = (uint16_t) (d->next + 1);
		d->next = d->next + 1 == d->k ? 0 : d->next + 1;
	}
}

static size_t *
all_numbers(size_t n)
{
	size_t *numbers = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	for (size_t i = 0; i < n; i++)
		numbers[i] = i;
	return numbers;
}

static void
deal_random(Deal *d)
{
	size_t *numbers = all_numbers(d->rows->n);

	up_rng_shuffle(&d->rng, numbers, d->rows->n);
	deal_out(d, numbers, d->rows->n);
	up_free(numbers);
}

/* Numbers of the rows by ascending value, equal ones in canonical order; NaN last. Returns how many are not NaN. */
static size_t
sorted_numbers(const double *v, size_t n, size_t *numbers)
{
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	size_t known = up_order_doubles(v, n, order);

	for (size_t i = 0; i < n; i++)
		numbers[i] = order[i];
	up_free(order);
	return known;
}

static void
deal_shuffled(Deal *d, size_t *numbers, size_t n)
{
	up_tick();
	up_rng_shuffle(&d->rng, numbers, n);
	deal_out(d, numbers, n);
}

/* Rows of a class go to different folds. */
static void
deal_classes(Deal *d, size_t *numbers)
{
	const UpSplitRows *r = d->rows;
	size_t *end = up_alloc0(r->n_classes * sizeof(size_t)), first = 0;

	for (size_t i = 0; i < r->n; i++)
		end[(uint32_t) r->labels[i]]++;
	for (uint32_t c = 0; c < r->n_classes; c++)
	{
		size_t n = end[c];

		end[c] = first;
		first += n;
	}
	for (size_t i = 0; i < r->n; i++)
		numbers[end[(uint32_t) r->labels[i]]++] = i;
	for (uint32_t c = 0; c < r->n_classes; c++)
	{
		first = c > 0 ? end[c - 1] : 0;
		deal_shuffled(d, numbers + first, end[c] - first);
	}
	up_free(end);
}

/* So many rows of neighbouring values as there are folds go to different ones. */
static void
deal_values(Deal *d, size_t *numbers)
{
	const UpSplitRows *r = d->rows;

	sorted_numbers(r->labels, r->n, numbers);
	for (size_t first = 0; first < r->n; first += d->k)
		deal_shuffled(d, numbers + first, UP_MIN(d->k, r->n - first));
}

static void
deal_stratified(Deal *d)
{
	size_t *numbers = up_alloc_array(UP_MAX(d->rows->n, 1), sizeof(size_t));

	if (d->rows->n_classes > 0)
		deal_classes(d, numbers);
	else
		deal_values(d, numbers);
	up_free(numbers);
}

static void
deal_by_hash(Deal *d)
{
	for (size_t i = 0; i < d->rows->n; i++)
	{
		size_t row = d->rows->order[i];
		double share = (double) (up_mix64(d->rows->hashes[row] + d->salt) >> 11) * 0x1p-53;

		d->fold_of[row] = (uint16_t) (1 + (uint32_t) (share * d->k));
	}
}

/* ---- groups ---- */

typedef struct Group
{
	size_t first, n; /* among the rows by group */
	uint64_t tie;
} Group;

static int
compare_groups(const void *a, const void *b)
{
	const Group *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->tie < y->tie ? -1 : x->tie > y->tie;
}

/* The column's values in canonical order. */
static double *
column_values(const UpSplitRows *r)
{
	double *v = up_alloc_array(UP_MAX(r->n, 1), sizeof(double));

	for (size_t i = 0; i < r->n; i++)
		v[i] = r->column[r->order[i]];
	return v;
}

/* The groups, numbers: rows by group. A row without a group is one of its own. */
static Group *
find_groups(Deal *d, size_t *numbers, size_t *n_groups)
{
	const UpSplitRows *r = d->rows;
	double *v = column_values(r);
	size_t known = sorted_numbers(v, r->n, numbers);
	Group *groups = up_alloc_array(UP_MAX(r->n, 1), sizeof(Group));

	*n_groups = 0;
	for (size_t first = 0, last; first < r->n; first = last)
	{
		for (last = first + 1; last < known && v[numbers[last]] == v[numbers[first]];)
			last++;
		groups[(*n_groups)++] = (Group){first, last - first, up_rng_next(&d->rng)};
	}
	up_free(v);
	return groups;
}

/* How the folds fill up: rows, and of each class. */
typedef struct Filling
{
	uint32_t n_classes;
	double *rows;  /* k */
	double *class; /* k × n_classes */
	double *total; /* n_classes */
	double *own;   /* n_classes: of the group */
} Filling;

/*
 * By how much a group would add to what is to be small: the squares of the folds' shares of all rows, and of the rows of each
 * class. (a + b)² - a² = b (2 a + b).
 */
static double
added(const Filling *f, uint32_t fold, const Group *g, const uint32_t *classes, size_t n_classes, double n)
{
	double sum = (double) g->n * (2 * f->rows[fold] + (double) g->n) / (n * n);

	for (size_t i = 0; i < n_classes; i++)
	{
		uint32_t c = classes[i];

		sum += f->own[c] * (2 * f->class[(size_t) fold * f->n_classes + c] + f->own[c]) /
			   (f->total[c] * f->total[c]);
	}
	return sum;
}

static void
place_group(Deal *d, Filling *f, const Group *g, const size_t *numbers, uint32_t *classes)
{
	const UpSplitRows *r = d->rows;
	size_t n_classes = 0;
	uint32_t best = 0;
	double least = INFINITY;

	for (size_t i = 0; i < g->n && f->n_classes > 0; i++)
	{
		uint32_t c = (uint32_t) r->labels[numbers[g->first + i]];

		if (f->own[c]++ == 0)
			classes[n_classes++] = c;
	}
	for (uint32_t fold = 0; fold < d->k; fold++)
	{
		double more = added(f, fold, g, classes, n_classes, (double) r->n);

		if (more < least)
		{
			least = more;
			best = fold;
		}
	}
	f->rows[best] += (double) g->n;
	for (size_t i = 0; i < n_classes; i++)
	{
		f->class[(size_t) best * f->n_classes + classes[i]] += f->own[classes[i]];
		f->own[classes[i]] = 0;
	}
	for (size_t i = 0; i < g->n; i++)
		d->fold_of[r->order[numbers[g->first + i]]] = (uint16_t) (best + 1);
}

/* The largest groups first, each to where it fits best. */
static void
deal_groups(Deal *d)
{
	const UpSplitRows *r = d->rows;
	size_t *numbers = up_alloc_array(UP_MAX(r->n, 1), sizeof(size_t)), n_groups, work = 0;
	Group *groups = find_groups(d, numbers, &n_groups);
	Filling f = {.n_classes = r->n_classes};
	uint32_t *classes = up_alloc_array((size_t) r->n_classes + 1, sizeof(uint32_t));

	if (n_groups < d->k)
		up_fail_with(UP_INVALID_DATA, NULL, "Ask for fewer folds.",
					 "%u folds need at least as many groups, and there %s %zu", d->k,
					 n_groups == 1 ? "is" : "are", n_groups);
	f.rows = up_alloc0(d->k * sizeof(double));
	f.class = up_alloc0(((size_t) d->k * f.n_classes + 1) * sizeof(double));
	f.total = up_alloc0(((size_t) f.n_classes + 1) * sizeof(double));
	f.own = up_alloc0(((size_t) f.n_classes + 1) * sizeof(double));
	for (size_t i = 0; i < r->n && f.n_classes > 0; i++)
		f.total[(uint32_t) r->labels[i]]++;
	up_sort(groups, n_groups, sizeof(Group), compare_groups);
	for (size_t i = 0; i < n_groups; i++)
	{
		place_group(d, &f, &groups[i], numbers, classes);
		up_tick_work(&work, (size_t) d->k * 4 + groups[i].n);
	}
	up_free(groups);
	up_free(numbers);
}

/* ---- columns ---- */

/* Folds of the same size, each after all that came before; rows of one time stay together, in the later fold. */
static void
deal_by_time(Deal *d)
{
	const UpSplitRows *r = d->rows;
	size_t *numbers = up_alloc_array(UP_MAX(r->n, 1), sizeof(size_t)), size = r->n / (d->k + 1), end = r->n;
	double *v = column_values(r);
	size_t known = sorted_numbers(v, r->n, numbers);

	if (known < r->n)
		up_fail(UP_INVALID_DATA, "%zu row%s no time to be ordered by", r->n - known,
				r->n - known == 1 ? " has" : "s have");
	for (uint32_t fold = d->k; fold > 0; fold--)
	{
		size_t first = r->n - (d->k - fold + 1) * size;

		while (first > 0 && first < r->n && v[numbers[first]] == v[numbers[first - 1]])
			first--;
		if (first == 0 || first >= end)
			up_fail_with(UP_INVALID_DATA, NULL, "Ask for fewer folds, or order by a finer time.",
						 "the rows have too few different times for %u folds", d->k);
		for (size_t i = first; i < end; i++)
			d->fold_of[r->order[numbers[i]]] = (uint16_t) fold;
		end = first;
	}
	for (size_t i = 0; i < end; i++)
		d->fold_of[r->order[numbers[i]]] = UP_FOLD_NEVER;
	up_free(numbers);
	up_free(v);
}

/* The column's different numbers from 0 on are the folds; below, and NULL: never tried on. */
static void
deal_by_column(Deal *d)
{
	const UpSplitRows *r = d->rows;
	size_t *numbers = up_alloc_array(UP_MAX(r->n, 1), sizeof(size_t));
	double *v = column_values(r), last = -1;
	size_t known = sorted_numbers(v, r->n, numbers);

	d->k = 0;
	for (size_t i = 0; i < r->n; i++)
	{
		double number = i < known ? v[numbers[i]] : -1;
		bool tried = number >= 0;

		if (tried && (d->k == 0 || number != last))
		{
			if (d->k++ == UP_FOLDS_LIMIT)
				up_fail(UP_LIMIT, "the column of the split has more than %d different numbers", UP_FOLDS_LIMIT);
			last = number;
		}
		d->fold_of[r->order[numbers[i]]] = tried ? (uint16_t) d->k : UP_FOLD_NEVER;
	}
	if (d->k == 0)
		up_fail_with(UP_INVALID_DATA, NULL,
					 "Numbers from 0 on are folds; rows of negative numbers are never tried on.",
					 "the column of the split names no fold");
	up_free(numbers);
	up_free(v);
}

static void
deal_rows(Deal *d, UpSplitMethod method)
{
	switch (method)
	{
		case UP_SPLIT_HASH:
			deal_by_hash(d);
			break;
		case UP_SPLIT_STRATIFIED:
			deal_stratified(d);
			break;
		case UP_SPLIT_GROUP:
			deal_groups(d);
			break;
		case UP_SPLIT_TIME:
			deal_by_time(d);
			break;
		case UP_SPLIT_COLUMN:
			deal_by_column(d);
			break;
		default:
			deal_random(d);
	}
}

UpSplitFolds *
up_split_make(const UpSplit *split, const UpSplitRows *rows)
{
	UpSplitFolds *f = up_alloc0(sizeof(UpSplitFolds));

	UP_ASSERT(split->method != UP_SPLIT_AUTO);
	if (rows->n >= UINT32_MAX)
		up_fail(UP_LIMIT, "more rows than the %u that can be split", UINT32_MAX - 1);
	if (split->method != UP_SPLIT_COLUMN && (uint64_t) split->folds > rows->n)
		up_fail_with(UP_INVALID_DATA, NULL, "Ask for fewer folds.",
					 "%lld folds need at least as many rows, and there %s %zu", (long long) split->folds,
					 rows->n == 1 ? "is" : "are", rows->n);
	f->n_folds = (uint32_t) split->folds;
	f->n_repeats = (uint32_t) split->repeats;
	f->ordered = split->method == UP_SPLIT_TIME;
	f->n_rows = rows->n_rows;
	f->fold_of = up_alloc_array(f->n_repeats, sizeof(uint16_t *));
	up_reserve((size_t) f->n_repeats * rows->n_rows * sizeof(uint16_t), "splitting the rows");
	for (uint32_t repeat = 0; repeat < f->n_repeats; repeat++)
	{
		Deal d = {.rows = rows, .k = f->n_folds, .salt = up_mix64(split->seed) + repeat + FOLD_STREAM};

		up_rng_init(&d.rng, split->seed, FOLD_STREAM + repeat);
		f->fold_of[repeat] = d.fold_of = up_alloc_array(UP_MAX(rows->n_rows, 1), sizeof(uint16_t));
		memset(d.fold_of, 0xff, rows->n_rows * sizeof(uint16_t));
		deal_rows(&d, (UpSplitMethod) split->method);
		f->n_folds = d.k;
	}
	return f;
}
