/*
 * holdout.c - which rows are held out of a training; see holdout.h
 *
 * All follows from the rows' canonical order and the seed, not from the order of arrival.
 */
#include "assess/holdout.h"

#include "base/params.h"
#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define HOLDOUT_STREAM UINT64_C(0x686f6c64)

typedef struct HoldoutParams
{
	int method;
	UpValue *column;
	int64_t seed;
	double gap;
} HoldoutParams;

#define UP_PARAMS_OF HoldoutParams
static const UpParam holdout_params[] = {
	UP_CHOICE_PARAM("method", method, "hash", up_split_method_names,
					"how the rows that are held out are chosen"),
	UP_TREE_PARAM("column", column, "null", "text", "the column of the group, the time or the rows"),
	UP_INT_PARAM("seed", seed, "null", -9007199254740992.0, 9007199254740992.0,
				 "start of everything that is random", .nullable = true),
	UP_REAL_PARAM("gap", gap, "0", 0, 1e300, "of a time, between training and hold-out: in its units, seconds"),
};

UpHoldout
up_holdout_parse(const UpValue *given, int64_t seed)
{
	UpParamTable table = {holdout_params, UP_LENGTH(holdout_params)};
	UpHoldout h = {.cut = NAN};
	HoldoutParams p;

	up_params_parse(&table, NULL, 0, given, "split", &p);
	h.method = p.method == UP_SPLIT_AUTO ? UP_SPLIT_HASH : p.method;
	up_split_check_column(h.method, p.column);
	if (p.gap > 0 && h.method != UP_SPLIT_TIME)
		up_fail(UP_INVALID_PARAMETER, "a split by method \"%s\" has no gap", up_split_method_names[h.method]);
	h.column = p.column != NULL ? p.column->string : NULL;
	h.seed = (uint64_t) (p.seed != INT64_MIN ? p.seed : seed);
	h.gap = p.gap;
	return h;
}

UpValue *
up_holdout_value(const UpHoldout *h)
{
	UpValue *v = up_value_object();

	up_value_set(v, "method", up_value_string(up_split_method_names[h->method]));
	if (h->column != NULL)
		up_value_set(v, "column", up_value_string(h->column));
	if (h->method == UP_SPLIT_TIME)
	{
		up_value_set(v, "cut", up_value_number(h->cut));
		up_value_set(v, "gap", up_value_number(h->gap));
	}
	else
		up_value_set(v, "seed", up_value_number((double) (int64_t) h->seed));
	return v;
}

static double
number_of(const UpValue *v, const char *key, double otherwise)
{
	const UpValue *n = up_value_get(v, key);

	return n != NULL && n->type == UP_NUMBER ? n->number : otherwise;
}

bool
up_holdout_read(const UpValue *v, UpHoldout *h)
{
	const UpValue *method, *column;
	double seed;

	if (v == NULL || v->type != UP_OBJECT)
		return false;
	method = up_value_get(v, "method");
	column = up_value_get(v, "column");
	*h = (UpHoldout){.method = -1, .gap = number_of(v, "gap", 0), .cut = number_of(v, "cut", NAN)};
	seed = number_of(v, "seed", 0);
	if (!(fabs(seed) <= 9007199254740992.0) || method == NULL || method->type != UP_STRING)
		return false;
	h->seed = (uint64_t) (int64_t) seed;
	h->column = column != NULL && column->type == UP_STRING ? column->string : NULL;
	for (int i = 0; up_split_method_names[i] != NULL; i++)
	{
		if (strcmp(up_split_method_names[i], method->string) == 0)
			h->method = i;
	}
	return h->method > UP_SPLIT_AUTO && (h->method != UP_SPLIT_TIME || h->column != NULL);
}

bool
up_holdout_same(const UpHoldout *a, const UpHoldout *b)
{
	bool same_column =
		a->column == NULL || b->column == NULL ? a->column == b->column : strcmp(a->column, b->column) == 0;

	return a->method == b->method && same_column && (a->method == UP_SPLIT_TIME || a->seed == b->seed);
}

/* One hold-out in the making. */
typedef struct Marking
{
	const UpHoldout *h;
	const UpSplitRows *rows;
	const uint8_t *kept;
	uint8_t *kind;
	double share;
	UpRng rng;
} Marking;

static bool
is_kept(const Marking *m, size_t row)
{
	return m->kept != NULL && m->kept[row];
}

/* Of rows first … last - 1, by their numbers in canonical order, so many: those that are kept come first. */
static void
hold_out(Marking *m, size_t *numbers, size_t first, size_t last, size_t wanted)
{
	const size_t *order = m->rows->order;

	up_rng_shuffle(&m->rng, numbers + first, last - first);
	for (int turn = 0; turn < 2; turn++)
	{
		for (size_t i = first; i < last && wanted > 0; i++)
		{
			size_t row = order[numbers[i]];

			if (is_kept(m, row) != (turn == 0) || m->kind[row] == UP_ROW_HELD_OUT)
				continue;
			m->kind[row] = UP_ROW_HELD_OUT;
			wanted--;
		}
	}
}

/* Rows by ascending value, equal ones in canonical order; NaN last. */
static size_t *
sorted_rows(const double *v, size_t n, size_t *known)
{
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	size_t *numbers = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	*known = up_order_doubles(v, n, order);
	for (size_t i = 0; i < n; i++)
		numbers[i] = order[i];
	up_free(order);
	return numbers;
}

static double *
column_in_order(const UpSplitRows *r)
{
	double *v = up_alloc_array(UP_MAX(r->n, 1), sizeof(double));

	for (size_t i = 0; i < r->n; i++)
		v[i] = r->column[r->order[i]];
	return v;
}

static void
mark_random(Marking *m)
{
	size_t *numbers = up_alloc_array(UP_MAX(m->rows->n, 1), sizeof(size_t));

	for (size_t i = 0; i < m->rows->n; i++)
		numbers[i] = i;
	hold_out(m, numbers, 0, m->rows->n, (size_t) llround(m->share * (double) m->rows->n));
	up_free(numbers);
}

/* So many of each class; of numbers, of each stretch of neighbouring ones. What is rounded is carried on to the next. */
static void
mark_stratified(Marking *m)
{
	const UpSplitRows *r = m->rows;
	size_t known, stretch = (size_t) ceil(1 / UP_MAX(m->share, 1e-6)), held = 0;
	size_t *numbers = sorted_rows(r->labels, r->n, &known);

	for (size_t first = 0, last; first < r->n; first = last)
	{
		size_t wanted;

		last = UP_MIN(first + stretch, r->n);
		if (r->n_classes > 0)
		{
			for (last = first + 1; last < r->n && r->labels[numbers[last]] == r->labels[numbers[first]];)
				last++;
		}
		wanted = (size_t) llround(m->share * (double) (r->n_classes > 0 ? last - first : last));
		wanted = r->n_classes > 0 ? wanted : wanted - UP_MIN(held, wanted);
		hold_out(m, numbers, first, last, UP_MIN(wanted, last - first));
		held += UP_MIN(wanted, last - first);
		up_tick();
	}
	up_free(numbers);
}

typedef struct Group
{
	size_t first, n;
	bool kept;
} Group;

/* Whole groups, in random order, while they fit better than they do not. A row without a group is one of its own. */
static void
mark_groups(Marking *m)
{
	const UpSplitRows *r = m->rows;
	double *v = column_in_order(r), wanted = m->share * (double) r->n, held = 0;
	size_t known, n_groups = 0, *numbers = sorted_rows(v, r->n, &known);
	Group *groups = up_alloc_array(UP_MAX(r->n, 1), sizeof(Group));
	size_t *turn = up_alloc_array(UP_MAX(r->n, 1), sizeof(size_t));

	for (size_t first = 0, last; first < r->n; first = last)
	{
		Group *g = &groups[n_groups];

		g->kept = is_kept(m, r->order[numbers[first]]);
		for (last = first + 1; last < known && v[numbers[last]] == v[numbers[first]]; last++)
			g->kept = g->kept || is_kept(m, r->order[numbers[last]]);
		g->first = first;
		g->n = last - first;
		turn[n_groups] = n_groups;
		n_groups++;
	}
	up_rng_shuffle(&m->rng, turn, n_groups);
	for (size_t i = 0; i < 2 * n_groups; i++)
	{
		const Group *g = &groups[turn[i % n_groups]];

		if (g->kept != (i < n_groups) || held + (double) g->n / 2 > wanted)
			continue;
		for (size_t j = 0; j < g->n; j++)
			m->kind[r->order[numbers[g->first + j]]] = UP_ROW_HELD_OUT;
		held += (double) g->n;
	}
	up_free(turn);
	up_free(groups);
	up_free(numbers);
	up_free(v);
}

static void
mark_by_time(Marking *m, UpHoldout *h)
{
	const UpSplitRows *r = m->rows;
	double *v = column_in_order(r);
	size_t known, *numbers = sorted_rows(v, r->n, &known);

	if (known < r->n)
		up_fail(UP_INVALID_DATA, "%zu row%s no time to be ordered by", r->n - known,
				r->n - known == 1 ? " has" : "s have");
	if (isnan(h->cut) && r->n > 0)
		h->cut = v[numbers[UP_MIN((size_t) llround((1 - m->share) * (double) r->n), r->n - 1)]];
	for (size_t i = 0; i < r->n; i++)
		m->kind[r->order[i]] = v[i] >= h->cut                         ? UP_ROW_HELD_OUT
							   : h->gap > 0 && v[i] > h->cut - h->gap ? UP_ROW_LEFT
																	  : UP_ROW_TRAINED;
	up_free(numbers);
	up_free(v);
}

/* Rows with a number above 0, or true. */
static void
mark_by_column(Marking *m)
{
	for (size_t i = 0; i < m->rows->n; i++)
	{
		size_t row = m->rows->order[i];

		m->kind[row] = m->rows->column[row] > 0 ? UP_ROW_HELD_OUT : UP_ROW_TRAINED;
	}
}

static void
check_kinds(const UpHoldout *h, const UpSplitRows *rows, const uint8_t *kind)
{
	size_t counts[3] = {0, 0, 0};

	for (size_t i = 0; i < rows->n; i++)
		counts[kind[rows->order[i]]]++;
	if (rows->n == 0)
		return;
	if (counts[UP_ROW_HELD_OUT] == 0)
		up_fail_with(UP_INVALID_DATA, NULL, "Use another method or test_size.",
					 "a split by method \"%s\" holds out none of %zu rows", up_split_method_names[h->method],
					 rows->n);
	if (counts[UP_ROW_TRAINED] == 0)
		up_fail_with(UP_INVALID_DATA, NULL, "Use another method or test_size.",
					 "a split by method \"%s\" leaves none of %zu rows to train on",
					 up_split_method_names[h->method], rows->n);
}

void
up_holdout_mark(UpHoldout *h, double share, const UpSplitRows *rows, const uint8_t *kept, uint8_t *kind)
{
	Marking m = {.h = h, .rows = rows, .kept = kept, .kind = kind, .share = share};

	UP_ASSERT(h->method != UP_SPLIT_AUTO);
	if (rows->n >= UINT32_MAX)
		up_fail(UP_LIMIT, "more rows than the %u that can be split", UINT32_MAX - 1);
	memset(kind, UP_ROW_TRAINED, rows->n_rows);
	up_rng_init(&m.rng, h->seed, HOLDOUT_STREAM);
	switch (h->method)
	{
		case UP_SPLIT_STRATIFIED:
			mark_stratified(&m);
			break;
		case UP_SPLIT_GROUP:
			mark_groups(&m);
			break;
		case UP_SPLIT_TIME:
			mark_by_time(&m, h);
			break;
		case UP_SPLIT_COLUMN:
			mark_by_column(&m);
			break;
		default:
			mark_random(&m);
	}
	check_kinds(h, rows, kind);
}
