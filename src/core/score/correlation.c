/*
 * correlation.c - the associations of all pairs of columns; see correlation.h
 *
 * Pearson's come out of products of all columns (products.h). A pair whose common rows are so unlike the columns that digits
 * would be lost is summed again around its own means.
 *
 * Spearman: the same products on ranks for columns without missing values. Pairs with missing values have ranks of their
 * own: one walk through each column's order.
 *
 * Columns are ranked, and pairs that need all rows summed up, as parts that workers share. Cost: that of products; sorting O(n d); a
 * pair of ranks with missing values O(n), as a pair with a category.
 */
#include "score/correlation.h"

#include "num/sort.h"
#include "score/column_places.h"
#include "score/products.h"

#include <math.h>
#include <string.h>

#define NO_POSITION UINT32_MAX

/* Seconds, about: of a number that is ranked, of one that is read for products, of a product. */
#define RANKING     1e-7
#define READING     5e-9
#define MULTIPLYING 2e-10

const char *const up_correlate_names[] = {"pearson", "spearman", "correlation_ratio", "cramers_v", NULL};

/* Columns of numbers, within one array or not at all. */
typedef struct Numbers
{
	uint32_t d;
	const double **v;
	size_t n;
} Numbers;

/* What a part of a job is told. */
typedef struct Told
{
	size_t n;
	bool keeps_order;
} Told;

enum
{
	BASE,
	PLACES,
	ORDER,
	KNOWN,
	RANKS,
	RANKS_OF, /* each column's among those of ranks, or NO_POSITION where a value is missing */
	N_RANKING
};

/* ---- ranks ---- */

/* What spearman keeps: the order of each column, and the products of the ranks of complete columns. */
typedef struct Ranked
{
	uint32_t *order; /* d × n; NULL where no pair with missing values needs it */
	size_t *known;
	uint32_t *place; /* among the columns of products */
	UpProducts *products;
} Ranked;

/* Ranks among the rows where other is known too, into ranks by row. */
static void
walk_ranks(const double *v, const double *other, const uint32_t *order, size_t known, double *ranks)
{
	size_t counted = 0;

	for (size_t first = 0, next; first < known; first = next)
	{
		double value = v[order[first]];
		size_t before = counted;

		if (first % 1024 == 0)
			up_tick();
		for (next = first; next < known && v[order[next]] == value; next++)
			counted += !isnan(other[order[next]]);
		for (size_t i = first; i < next; i++)
			ranks[order[i]] = (double) (before + counted + 1) / 2;
	}
}

static void
rank_column(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	const double *v = up_column_at(arrays[BASE], arrays[PLACES], j);
	uint32_t at = ((const uint32_t *) arrays[RANKS_OF])[j];
	double *ranks = at != NO_POSITION ? (double *) arrays[RANKS] + at * t->n : NULL;
	uint32_t *order;

	/* Without missing values nowhere all columns have ranks, and no pair walks through an order. */
	if (!t->keeps_order)
	{
		up_rank_doubles(v, t->n, ranks);
		return;
	}
	order = (uint32_t *) arrays[ORDER] + j * t->n;
	((size_t *) arrays[KNOWN])[j] = up_order_doubles(v, t->n, order);
	if (ranks != NULL)
		walk_ranks(v, v, order, t->n, ranks);
}

static void
look_for_missing(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	const double *v = up_column_at(arrays[BASE], arrays[PLACES], j);
	size_t i = 0;

	for (; i < t->n && !isnan(v[i]); i++)
	{
		if (i % 65536 == 0)
			up_tick();
	}
	((uint32_t *) arrays[RANKS_OF])[j] = i < t->n ? NO_POSITION : 0;
}

static Ranked *
ranked_new(const Numbers *x)
{
	Ranked *r = up_alloc0(sizeof(Ranked));
	const double **columns = up_alloc_array(UP_MAX(x->d, 1), sizeof(double *));
	Told t = {.n = x->n};
	void *arrays[N_RANKING] = {(void *) (uintptr_t) x->v[0], up_column_places(x->v, x->d)};
	uint32_t complete = 0;
	double *ranks;

	r->known = up_alloc_large_array(UP_MAX(x->d, 1), sizeof(size_t));
	r->place = up_alloc_large_array(UP_MAX(x->d, 1), sizeof(uint32_t));
	arrays[RANKS_OF] = r->place;
	up_parallel(x->d, look_for_missing, &t, sizeof(t), arrays, N_RANKING);
	for (uint32_t j = 0; j < x->d; j++)
		r->place[j] = r->place[j] != NO_POSITION ? complete++ : NO_POSITION;
	t.keeps_order = complete < x->d;
	r->order = t.keeps_order ? up_alloc_large_array(x->d * x->n, sizeof(uint32_t)) : NULL;
	ranks = up_alloc_large_array(UP_MAX(complete * x->n, 1), sizeof(double));
	arrays[ORDER] = r->order;
	arrays[KNOWN] = r->known;
	arrays[RANKS] = ranks;
	up_progress("ranks of columns", 0, x->d);
	up_parallel(x->d, rank_column, &t, sizeof(t), arrays, N_RANKING);
	for (uint32_t k = 0; k < complete; k++)
		columns[k] = ranks + k * x->n;
	r->products = up_products_new(complete);
	up_products_add(r->products, columns, x->n);
	up_free_large(ranks);
	up_free_large(arrays[PLACES]);
	return r;
}

/* ---- pairs that need all rows ---- */

typedef enum Kind
{
	CATEGORIES, /* one or two */
	DOUBTFUL,
	RANKED
} Kind;

typedef struct Task
{
	uint32_t a, b; /* columns of all */
	uint32_t x, y; /* among the numbers */
	uint32_t values_a, values_b;
	Kind kind;
	double value, p_value;
	uint64_t n;
} Task;

typedef struct Tasks
{
	Task *each;
	size_t n, capacity, told;
} Tasks;

static void
add_task(Tasks *t, Task task)
{
	if (t->n == t->capacity)
	{
		size_t capacity = UP_MAX(2 * t->capacity, 64);
		Task *more;

		up_reserve(capacity * sizeof(Task), "pairs of columns");
		more = up_alloc_large_array(capacity, sizeof(Task));
		if (t->n > 0)
			memcpy(more, t->each, t->n * sizeof(Task));
		up_free_large(t->each);
		t->each = more;
		t->capacity = capacity;
	}
	t->each[t->n++] = task;
}

enum
{
	TASKS = 2,
	TASK_ORDER,
	TASK_KNOWN,
	N_TASKING
};

static UpScore
spearman_of_pair(void *const *arrays, const Task *t, const double *a, const double *b, size_t n)
{
	const uint32_t *order = arrays[TASK_ORDER];
	const size_t *known = arrays[TASK_KNOWN];
	double *ra = up_alloc_array(UP_MAX(n, 1), sizeof(double)),
		   *rb = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpVariable x = {ra, 0}, y = {rb, 0};
	size_t both = 0;
	UpScore s;

	walk_ranks(a, b, order + t->x * n, known[t->x], ra);
	walk_ranks(b, a, order + t->y * n, known[t->y], rb);
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(a[i]) || isnan(b[i]))
			continue;
		ra[both] = ra[i];
		rb[both++] = rb[i];
	}
	s = up_score_correlation(&x, &y, both, false);
	up_free(ra);
	up_free(rb);
	return s;
}

static void
do_task(const void *fixed, void *const *arrays, uint32_t part)
{
	const Told *told = fixed;
	Task *t = (Task *) arrays[TASKS] + part;
	const double *a = up_column_at(arrays[BASE], arrays[PLACES], t->a),
				 *b = up_column_at(arrays[BASE], arrays[PLACES], t->b);
	UpVariable x = {a, t->values_a}, y = {b, t->values_b};
	UpScore s;

	up_tick();
	s = t->kind == RANKED ? spearman_of_pair(arrays, t, a, b, told->n)
						  : up_score_correlation(&x, &y, told->n, false);
	t->value = s.value;
	t->p_value = s.p_value;
	t->n = s.n;
}

/* What of a pair is not known yet; names: of what is. */
typedef struct Found
{
	UpScore scores[2];
	bool waits[2];
} Found;

static const char *
name_of(const UpVariable *a, const UpVariable *b, int which)
{
	if (a->n_values == 0 && b->n_values == 0)
		return which == 0 ? "pearson" : "spearman";
	return a->n_values > 0 && b->n_values > 0 ? "cramers_v" : "correlation_ratio";
}

typedef struct Pairs
{
	const UpVariable *columns;
	const uint32_t *place;
	unsigned methods;
	const UpProducts *products;
	const Ranked *ranked;
} Pairs;

static Found
look_at_pair(const Pairs *p, uint32_t a, uint32_t b)
{
	const UpVariable *x = &p->columns[a], *y = &p->columns[b];
	bool two = x->n_values == 0 && y->n_values == 0, categories = x->n_values > 0 && y->n_values > 0;
	Found f = {.waits = {false}};
	const Ranked *r = p->ranked;

	if (!two)
	{
		f.waits[0] = (p->methods & (categories ? UP_CORRELATE_CRAMERS_V : UP_CORRELATE_CORRELATION_RATIO)) != 0;
		f.scores[0].how = f.waits[0] ? name_of(x, y, 0) : NULL;
		return f;
	}
	if ((p->methods & UP_CORRELATE_PEARSON) != 0)
		f.scores[0] = up_products_correlation(p->products, p->place[a], p->place[b], &f.waits[0]);
	if (r == NULL)
		return f;
	f.waits[1] = r->place[p->place[a]] == NO_POSITION || r->place[p->place[b]] == NO_POSITION;
	if (!f.waits[1])
	{
		bool doubtful;

		/* Ranks of a column are all of them: nothing is in doubt. */
		f.scores[1] =
			up_products_correlation(r->products, r->place[p->place[a]], r->place[p->place[b]], &doubtful);
	}
	f.scores[1].how = name_of(x, y, 1);
	return f;
}

/* The pairs that need all rows, in order; then what they give. */
static Tasks
do_tasks(const Pairs *p, uint32_t n_columns, size_t n)
{
	const double **v = up_alloc_array(UP_MAX(n_columns, 1), sizeof(double *));
	Told told = {.n = n};
	Tasks t = {0};
	void *arrays[N_TASKING];

	for (uint32_t a = 0; a < n_columns; a++)
	{
		v[a] = p->columns[a].v;
		up_tick();
		for (uint32_t b = a + 1; b < n_columns; b++)
		{
			Found f = look_at_pair(p, a, b);
			bool two = p->columns[a].n_values == 0 && p->columns[b].n_values == 0;

			for (int i = 0; i < 2; i++)
			{
				if (f.waits[i])
					add_task(&t, (Task){.a = a,
										.b = b,
										.x = p->place[a],
										.y = p->place[b],
										.values_a = p->columns[a].n_values,
										.values_b = p->columns[b].n_values,
										.kind = !two     ? CATEGORIES
												: i == 0 ? DOUBTFUL
														 : RANKED});
			}
		}
	}
	if (t.n == 0)
		return t;
	up_progress("pairs of columns", 0, t.n);
	arrays[BASE] = (void *) (uintptr_t) v[0];
	arrays[PLACES] = up_column_places(v, n_columns);
	arrays[TASKS] = t.each;
	arrays[TASK_ORDER] = p->ranked != NULL ? p->ranked->order : NULL;
	arrays[TASK_KNOWN] = p->ranked != NULL ? p->ranked->known : NULL;
	for (size_t first = 0; first < t.n; first += UINT32_MAX / 2)
	{
		arrays[TASKS] = t.each + first;
		up_parallel((uint32_t) UP_MIN(UINT32_MAX / 2, t.n - first), do_task, &told, sizeof(told), arrays,
					N_TASKING);
	}
	up_free_large(arrays[PLACES]);
	return t;
}

double
up_correlate_seconds(uint32_t n_columns, size_t n, unsigned methods)
{
	double d = n_columns, seconds = READING * d + MULTIPLYING * d * d;

	if ((methods & UP_CORRELATE_SPEARMAN) != 0)
		seconds += RANKING * d;
	return seconds * (double) n;
}

void
up_correlate(const UpVariable *columns, uint32_t n_columns, size_t n, unsigned methods, UpCorrelateFn found,
			 void *arg)
{
	UpArena *arena = up_arena_enter();
	Numbers x = {.v = up_alloc_array(UP_MAX(n_columns, 1), sizeof(double *)), .n = n};
	uint32_t *place = up_alloc_array(UP_MAX(n_columns, 1), sizeof(uint32_t));
	UpProducts *products;
	Pairs pairs = {columns, place, methods, NULL, NULL};
	Tasks tasks;

	for (uint32_t j = 0; j < n_columns; j++)
	{
		place[j] = x.d;
		if (columns[j].n_values == 0)
			x.v[x.d++] = columns[j].v;
	}
	if ((methods & UP_CORRELATE_PEARSON) != 0 && x.d > 1)
	{
		pairs.products = products = up_products_new(x.d);
		up_progress("products of columns", 0, 0);
		up_products_add(products, x.v, n);
	}
	if ((methods & UP_CORRELATE_SPEARMAN) != 0 && x.d > 1)
		pairs.ranked = ranked_new(&x);
	tasks = do_tasks(&pairs, n_columns, n);
	for (uint32_t a = 0; a < n_columns; a++)
	{
		for (uint32_t b = a + 1; b < n_columns; b++)
		{
			Found f = look_at_pair(&pairs, a, b);

			up_tick();
			for (int i = 0; i < 2; i++)
			{
				if (f.waits[i])
				{
					const Task *t = &tasks.each[tasks.told++];

					f.scores[i] = (UpScore){t->value, t->p_value, t->n, name_of(&columns[a], &columns[b], i)};
				}
				if (f.scores[i].how == NULL)
					continue;
				up_arena_suspend(arena);
				found(arg, a, b, &f.scores[i]);
				up_arena_resume(arena);
			}
		}
	}
	up_arena_leave(arena);
}

/* ---- rows that are not held ---- */

struct UpCorrelating
{
	uint32_t d;
	UpProducts *products;
	UpDoubts *doubts;
	bool again;
};

UpCorrelating *
up_correlating_new(uint32_t d)
{
	UpCorrelating *c = up_alloc0(sizeof(UpCorrelating));

	c->d = d;
	c->products = up_products_new(d);
	return c;
}

void
up_correlating_add(UpCorrelating *c, const double *const *v, size_t n)
{
	if (c->again)
		up_doubts_add(c->doubts, v, n);
	else
		up_products_add(c->products, v, n);
}

bool
up_correlating_again(UpCorrelating *c)
{
	if (c->again)
		return false;
	c->doubts = up_products_doubts(c->products);
	c->again = c->doubts != NULL;
	return c->again;
}

void
up_correlating_finish(UpCorrelating *c, UpCorrelateFn found, void *arg)
{
	for (uint32_t a = 0; a < c->d; a++)
	{
		for (uint32_t b = a + 1; b < c->d; b++)
		{
			bool doubtful;
			UpScore s = up_products_correlation(c->products, a, b, &doubtful);

			up_tick();
			if (doubtful)
				s = up_doubts_next(c->doubts);
			found(arg, a, b, &s);
		}
	}
}
