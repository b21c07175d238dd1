/*
 * make_rows.c - rows for solvers: dense, or with features listed that are nearly always 0; see make_rows.h
 *
 * What is listed is decided by the first rows, which are any rows, since their order is that of a hash. However the others are, they are
 * kept exactly: a feature that was taken wrongly for one that is nearly always 0 has a long list.
 */
#include "prep/make_rows.h"

#include "num/vec_syrk.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_ROWS  256 /* that decide */
#define BLOCK_ROWS 64
/*
 * A feature is listed that is not 0 in this share of rows at most; one that is 0 or 1 up to the second: of each text a row has one value,
 * so that all rows have as many entries.
 */
#define RARE       0.25
#define FLAG       0.95
#define ENTRY_COST 3 /* of a pass, in dense values */
#define WORTH      2 /* how many times the work of listed rows a dense pass must be */

/* ---- the order of columns ---- */

/* How often a feature is not 0, and whether it is 1 then. */
typedef struct Filled
{
	uint32_t feature, rows;
	bool flag, dense;
} Filled;

/* Listed columns stand before dense ones. */
static int
compare_filled(const void *a, const void *b)
{
	const Filled *p = a, *q = b;

	return p->dense != q->dense ? p->dense - q->dense
		   : p->rows != q->rows ? (p->rows < q->rows) - (p->rows > q->rows)
								: (p->feature > q->feature) - (p->feature < q->feature);
}

/* All features and the constant, of which a value in each row stands. */
static Filled *
count_filled(const UpData *d, size_t n)
{
	Filled *filled = up_alloc0(((size_t) d->n_features + 1) * sizeof(Filled));
	double *x = up_alloc_array(BLOCK_ROWS * d->n_features, sizeof(double));

	for (uint32_t j = 0; j <= d->n_features; j++)
		filled[j] = (Filled){.feature = j, .flag = j < d->n_features};
	for (size_t i = 0; i < n; i++)
	{
		const double *row = x + i % BLOCK_ROWS * d->n_features;

		if (i % BLOCK_ROWS == 0)
			up_data_rows(d, i, UP_MIN(BLOCK_ROWS, n - i), x);
		for (uint32_t j = 0; j < d->n_features; j++)
		{
			filled[j].rows += row[j] != 0;
			filled[j].flag = filled[j].flag & ((row[j] == 0) | (row[j] == 1));
		}
	}
	filled[d->n_features].rows = (uint32_t) n;
	up_free(x);
	return filled;
}

UpRowsPlan
up_plan_rows(const UpData *d, bool may_list)
{
	size_t n = UP_MIN(d->n_rows, SEEN_ROWS), width = (size_t) d->n_features + 1, dense = 0, sum = 0;
	UpRowsPlan plan = {.work = (double) width};
	Filled *filled;

	if (!may_list || n == 0)
		return plan;
	filled = count_filled(d, n);
	for (size_t c = 0; c < width; c++)
	{
		filled[c].dense = (double) filled[c].rows > (filled[c].flag ? FLAG : RARE) * (double) n;
		dense += filled[c].dense;
	}
	qsort(filled, width, sizeof(Filled), compare_filled);
	/* Dense values are taken by eight: the rarest fill that up. */
	dense = UP_SYRK_PAD(UP_MAX(dense, 1));
	for (size_t c = 0; c + dense < width; c++)
		sum += filled[c].rows;
	plan.entries = (double) sum / (double) n;
	if (dense < width && WORTH * ((double) dense + ENTRY_COST * plan.entries) <= plan.work)
	{
		plan.work = (double) dense + ENTRY_COST * plan.entries;
		plan.listed = width - dense;
		plan.features = up_alloc_array(width, sizeof(uint32_t));
		for (size_t c = 0; c < width; c++)
			plan.features[c] = filled[c].feature;
	}
	up_free(filled);
	return plan;
}

/* ---- entries ---- */

typedef struct Entries
{
	size_t n, space;
	uint32_t *at;
	double *values; /* NULL: 1 each */
} Entries;

static void *
moved(void *old, size_t n, size_t space, size_t size)
{
	void *larger = up_alloc_large_array(space, size);

	if (n > 0)
		memcpy(larger, old, n * size);
	up_free_large(old);
	return larger;
}

/* Space for so many more. */
static void
make_space(Entries *e, size_t more)
{
	size_t needed = e->n + more;

	if (needed <= e->space)
		return;
	e->space = UP_MAX(needed, e->space + e->space / 2);
	e->at = moved(e->at, e->n, e->space, sizeof(uint32_t));
	if (e->values != NULL)
		e->values = moved(e->values, e->n, e->space, sizeof(double));
}

static void
begin_values(Entries *e)
{
	e->values = up_alloc_large_array(e->space, sizeof(double));
	for (size_t i = 0; i < e->n; i++)
		e->values[i] = 1;
}

/* Those of one row; there is space for as many as there are columns. */
static void
list_row(Entries *e, const double *row, const uint32_t *features, uint32_t n_listed)
{
	size_t n = e->n;
	bool ones = true;

	for (uint32_t c = 0; c < n_listed; c++)
	{
		double v = row[features[c]];

		e->at[n] = c;
		n += v != 0;
		ones = ones & ((v == 0) | (v == 1));
	}
	if (!ones && e->values == NULL)
		begin_values(e);
	for (; e->values != NULL && e->n < n; e->n++)
		e->values[e->n] = row[features[e->at[e->n]]];
	e->n = n;
}

static void
make_listed(const UpData *d, const UpRowsPlan *plan, double constant, UpRows *r)
{
	const uint32_t *dense_features = plan->features + plan->listed;
	size_t dense = r->dense, constant_at = 0, *starts = up_alloc_large_array(d->n_rows + 1, sizeof(size_t));
	double *x = up_alloc_large_array(UP_MAX(d->n_rows, 1), dense * sizeof(double)),
		   *block = up_alloc_array(BLOCK_ROWS * d->n_features, sizeof(double));
	Entries e = {0};

	while (dense_features[constant_at] != d->n_features)
		constant_at++;
	make_space(&e, (size_t) ((double) d->n_rows * (plan->entries + 1)));
	for (size_t first = 0; first < d->n_rows; first += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, d->n_rows - first);

		up_tick();
		up_data_rows(d, first, n, block);
		for (size_t i = 0; i < n; i++)
		{
			const double *row = block + i * d->n_features;
			double *to = x + (first + i) * dense;

			starts[first + i] = e.n;
			make_space(&e, r->listed);
			list_row(&e, row, plan->features, (uint32_t) r->listed);
			for (size_t j = 0; j < dense; j++)
				to[j] = j == constant_at ? constant : row[dense_features[j]];
		}
	}
	starts[d->n_rows] = e.n;
	up_free(block);
	r->x = x;
	r->starts = starts;
	r->at = e.at;
	r->values = e.values;
}

/* ---- */

UpMadeRows
up_make_rows(const UpData *d, const UpRowsPlan *plan, double constant, double *labels)
{
	size_t width = (size_t) d->n_features + 1;
	UpMadeRows m = {.columns = up_alloc_array(width, sizeof(uint32_t))};

	for (uint32_t c = 0; c < width; c++)
		m.columns[plan->features != NULL ? plan->features[c] : c] = c;
	m.rows.listed = plan->listed;
	m.rows.dense = UP_MAX(width - plan->listed, UP_ROWS_MIN);
	if (plan->listed > 0)
	{
		make_listed(d, plan, constant, &m.rows);
		up_data_all_labels(d, labels);
	}
	else
		m.rows.x = up_data_padded(d, d->n_rows, m.rows.dense, constant, labels);
	return m;
}

void
up_made_rows_free(UpMadeRows *m)
{
	up_free_large((double *) m->rows.x);
	up_free_large((size_t *) m->rows.starts);
	up_free_large((uint32_t *) m->rows.at);
	up_free_large((double *) m->rows.values);
	up_free(m->columns);
}
