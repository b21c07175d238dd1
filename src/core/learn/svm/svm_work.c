/*
 * svm_work.c - losses, gradients and second derivatives of linear support vector machines; see svm_work.h
 *
 * Rows are taken in parts that the data alone decide, and what the parts sum up is added in their order: so the sums are the same
 * for any number of workers. Cost of a pass: n d multiply-adds for scores or a gradient, n for a look along a step, changed rows ×
 * d² / 2 for the matrix.
 *
 * Arrays: n rows of d values; a part has a slot of HEAD + d values.
 */
#include "learn/svm/svm_work.h"

#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define PART_ROWS    8192
#define PART_VALUES  1000000
#define BLOCK_ROWS   512
#define BLOCK_VALUES 32768 /* of a block that is to stay in a cache between its two uses */
#define AXPY_ROWS    64    /* that wide rows are still in the cache when their next columns are read */
#define MOST_GRAMS   32    /* matrices that parts sum up beside each other */
#define GRAM_ROWS    8     /* of a part at least, times the side of its matrix */
#define LISTED_ROWS  32    /* the same where columns are listed, since such rows are soon added */
#define WIDE         192   /* columns from which they are fewer */
#define VERY_WIDE    1024  /* and from which there is one */
#define LOST                                                                                                   \
	1e6 /* what is taken away from an element, in terms of what is left: more loses digits that count */

enum
{
	ROWS, /* dense values, and what is listed */
	STARTS,
	COLUMNS,
	VALUES,
	LABELS,
	COSTS,
	WHOLE, /* costs that the matrix was made with */
	SCORES,
	PRODUCTS,
	VECTOR,
	NOW,
	IN,
	CURVED,
	CURVES,
	SLOTS,
	GRAMS,
	N_ARRAYS
};

/* What the head of a slot holds. */
enum
{
	FIRST_START,
	SECOND_START,
	FIRST_END,
	SECOND_END,
	LOSSES,
	DUAL,
	N_CURVED,
	N_FLIPPED,
	TAKEN = 0, /* whether a part of the matrix has rows that went */
	HEAD = 8
};

typedef struct Pass
{
	size_t n, width, listed, part_rows, stride;
	UpSvmLoss loss;
	double delta, inverse, epsilon;
	double a, unit, bias;
	bool list, to_scores, ahead;
	/* of the matrix */
	size_t ld, gram_rows;
	bool afresh;
} Pass;

static Pass
pass_of(const UpSvmWork *k)
{
	const UpSvmProblem *p = k->p;

	return (Pass){.n = p->n,
				  .width = p->width,
				  .listed = p->rows.listed,
				  .part_rows = k->part_rows,
				  .stride = k->stride,
				  .loss = p->loss,
				  .delta = k->delta,
				  .inverse = k->delta > 0 ? 1 / k->delta : 0,
				  .epsilon = p->epsilon,
				  .list = k->list,
				  .ld = k->ld};
}

static void
run(UpSvmWork *k, uint32_t parts, UpPart fn, const Pass *pass)
{
	const UpSvmProblem *p = k->p;

	up_parallel(parts, fn, pass, sizeof(*pass),
				(void *[]){(void *) p->rows.x, (void *) p->rows.starts, (void *) p->rows.at,
						   (void *) p->rows.values, (void *) p->y, (void *) p->cost, (void *) k->matrix->cost,
						   k->f, k->t, k->v, k->now, k->matrix->in, k->curved, k->curves, k->slots, k->grams},
				N_ARRAYS);
}

static UpRows
rows_of(const Pass *q, void *const *arrays)
{
	return (UpRows){.listed = q->listed,
					.dense = q->width - q->listed,
					.x = arrays[ROWS],
					.starts = arrays[STARTS],
					.at = arrays[COLUMNS],
					.values = arrays[VALUES]};
}

/* The rows of a part, as a range. */
static size_t
part_range(const Pass *q, uint32_t part, size_t *end)
{
	size_t first = part * q->part_rows;

	*end = UP_MIN(first + q->part_rows, q->n);
	return first;
}

static double *
slot_of(const Pass *q, void *const *arrays, uint32_t part)
{
	return (double *) arrays[SLOTS] + part * q->stride;
}

static double
sum_heads(const UpSvmWork *k, int at)
{
	double sum = 0;

	for (uint32_t part = 0; part < k->parts; part++)
		sum += k->slots[part * k->stride + (size_t) at];
	return sum;
}

/* The vectors of all slots, to out. */
static void
sum_vectors(const UpSvmWork *k, double *out)
{
	memset(out, 0, k->p->width * sizeof(double));
	for (uint32_t part = 0; part < k->parts; part++)
		up_vec_axpy(out, 1, k->slots + part * k->stride + HEAD, k->p->width);
}

/* ---- losses and their derivatives ---- */

typedef struct Loss
{
	double z, sign; /* sign: -1 times the derivative of z by the score */
	double above;   /* max(z, 0) */
	double slope;
	double curvature;
} Loss;

/* Without branches, as the side that a row is on cannot be foretold. square and epsilon are constants where it is used. */
static inline __attribute__((always_inline)) Loss
loss_of(const Pass *q, double y, double f, bool square, bool epsilon)
{
	Loss l;

	if (epsilon)
	{
		l.sign = y > f ? 1 : -1;
		l.z = fabs(y - f) - q->epsilon;
	}
	else
	{
		l.sign = y;
		l.z = 1 - y * f;
	}
	l.above = l.z > 0 ? l.z : 0;
	if (square)
	{
		l.slope = 2 * l.above;
		l.curvature = l.z > 0 ? 2 : 0;
	}
	else
	{
		double slope = l.above * q->inverse;

		l.slope = slope < 1 ? slope : 1;
		l.curvature = ((l.z > 0) & (l.z < q->delta)) ? q->inverse : 0;
	}
	return l;
}

#define ROWS_AT_ONCE 4

static inline __attribute__((always_inline)) void
along_rows(const Pass *q, const double *y, const double *cost, const double *f, const double *t, double a,
		   size_t n, bool square, bool epsilon, double *sums)
{
	double first[ROWS_AT_ONCE] = {0}, second[ROWS_AT_ONCE] = {0};

	for (size_t i = 0; i < n; i += ROWS_AT_ONCE)
	{
		size_t rows = UP_MIN(ROWS_AT_ONCE, n - i);

		for (size_t j = 0; j < rows; j++)
		{
			double d = t != NULL ? t[i + j] : q->unit;
			Loss l = loss_of(q, y[i + j], f[i + j] + a * d, square, epsilon);

			first[j] -= cost[i + j] * l.slope * l.sign * d;
			second[j] += cost[i + j] * l.curvature * d * d;
		}
	}
	sums[0] += (first[0] + first[1]) + (first[2] + first[3]);
	sums[1] += (second[0] + second[1]) + (second[2] + second[3]);
}

/* First and second derivatives of the losses of rows at a, added to sums; t: NULL for the unit. */
static void
along(const Pass *q, const double *y, const double *cost, const double *f, const double *t, double a, size_t n,
	  double *sums)
{
	if (q->loss == UP_SVM_EPSILON)
		along_rows(q, y, cost, f, t, a, n, false, true, sums);
	else if (q->delta == 0)
		along_rows(q, y, cost, f, t, a, n, true, false, sums);
	else
		along_rows(q, y, cost, f, t, a, n, false, false, sums);
}

/* ---- what there is to know of rows ---- */

/* Places of a block's rows that have a slope, and what they weigh in the gradient. */
typedef struct Sloped
{
	uint32_t rows[BLOCK_ROWS];
	double weights[BLOCK_ROWS];
	size_t n;
} Sloped;

/* A block as a look sees it. */
typedef struct Block
{
	const double *y, *cost, *f;
	const uint8_t *in;
	uint8_t *now;
	uint32_t *curved; /* NULL: they are not listed */
	double *curves;
	size_t first, n, n_curved;
} Block;

static inline __attribute__((always_inline)) void
look_at(const Pass *q, Block *b, Sloped *s, bool square, bool epsilon, double *head)
{
	size_t n = 0, curved = 0, flipped = 0;
	double losses = 0, dual = 0;

	for (size_t i = 0; i < b->n; i++)
	{
		Loss l = loss_of(q, b->y[i], b->f[i], square, epsilon);
		double pull = b->cost[i] * l.slope, bend = b->cost[i] * l.curvature;
		uint8_t now = bend > 0;

		s->rows[n] = (uint32_t) i;
		s->weights[n] = -pull * l.sign;
		n += pull > 0;
		losses += b->cost[i] * (square ? l.above * l.above : l.above);
		dual += pull * (l.z + l.sign * (b->f[i] - q->bias));
		flipped += now != b->in[i];
		b->now[i] = now;
		if (b->curved != NULL)
		{
			b->curved[b->n_curved + curved] = (uint32_t) (b->first + i);
			b->curves[b->n_curved + curved] = bend;
		}
		curved += now;
	}
	s->n = n;
	b->n_curved += curved;
	head[LOSSES] += losses;
	head[DUAL] += dual;
	head[N_CURVED] += (double) curved;
	head[N_FLIPPED] += (double) flipped;
}

static void
look_at_block(const Pass *q, Block *b, Sloped *s, double *head)
{
	if (q->loss == UP_SVM_EPSILON)
		look_at(q, b, s, false, true, head);
	else if (q->delta == 0)
		look_at(q, b, s, true, false, head);
	else
		look_at(q, b, s, false, false, head);
}

static void
add_sloped(const UpRows *rows, size_t first, const Sloped *s, double *sums)
{
	for (size_t at = 0; at < s->n; at += AXPY_ROWS)
		up_rows_axpy(rows, first, s->rows + at, s->weights + at, UP_MIN(AXPY_ROWS, s->n - at), sums);
}

/* The block of rows from first on, whose scores are f: what they sum up goes to the slot. */
static void
look_at_rows(const Pass *q, void *const *arrays, const UpRows *rows, size_t first, size_t n, const double *f,
			 Block *b, Sloped *s, double *slot)
{
	b->first = first;
	b->n = n;
	b->y = (const double *) arrays[LABELS] + first;
	b->cost = (const double *) arrays[COSTS] + first;
	b->f = f;
	b->in = (const uint8_t *) arrays[IN] + first;
	b->now = (uint8_t *) arrays[NOW] + first;
	look_at_block(q, b, s, slot);
	add_sloped(rows, first, s, slot + HEAD);
}

/* Before the first block of a part. */
static Block
begin_blocks(const Pass *q, void *const *arrays, size_t first)
{
	return (Block){.curved = q->list ? (uint32_t *) arrays[CURVED] + first : NULL,
				   .curves = q->list ? (double *) arrays[CURVES] + first : NULL};
}

/* ---- scores ---- */

/* Rows of a block that stays in a cache until it is read again. */
static size_t
block_rows(const Pass *q)
{
	return UP_MAX(UP_MIN(BLOCK_ROWS, BLOCK_VALUES / q->width), 8);
}

static void
products_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t end, first = part_range(q, part, &end), work = 0, most = q->ahead ? block_rows(q) : BLOCK_ROWS;
	double *slot = slot_of(q, arrays, part), *out = arrays[q->to_scores ? SCORES : PRODUCTS];
	const double *y = arrays[LABELS], *cost = arrays[COSTS], *f = arrays[SCORES];
	UpRows rows = rows_of(q, arrays);
	Block b = begin_blocks(q, arrays, first);
	Sloped *s = q->ahead ? up_alloc(sizeof(Sloped)) : NULL;
	double there[BLOCK_ROWS];

	memset(slot, 0, q->stride * sizeof(double));
	for (size_t n; first < end; first += n)
	{
		n = UP_MIN(most, end - first);
		up_tick_work(&work, n * q->width);
		up_rows_dot(&rows, first, n, arrays[VECTOR], out + first);
		if (q->to_scores)
			continue;
		along(q, y + first, cost + first, f + first, out + first, 0, n, slot + FIRST_START);
		along(q, y + first, cost + first, f + first, out + first, 1, n, slot + FIRST_END);
		if (!q->ahead)
			continue;
		for (size_t i = 0; i < n; i++)
			there[i] = f[first + i] + out[first + i];
		look_at_rows(q, arrays, &rows, first, n, there, &b, s, slot);
	}
	up_free(s);
}

void
up_svm_scores(UpSvmWork *k, const double *v)
{
	Pass pass = pass_of(k);

	memcpy(k->v, v, k->p->width * sizeof(double));
	pass.to_scores = true;
	run(k, k->parts, products_part, &pass);
}

/* For lists of curved rows, where they are wanted. */
static void
make_lists(UpSvmWork *k)
{
	if (!k->list || k->curved != NULL)
		return;
	k->curved = up_alloc_large_array(UP_MAX(k->p->n, 1), sizeof(uint32_t));
	k->curves = up_alloc_large_array(UP_MAX(k->p->n, 1), sizeof(double));
}

void
up_svm_direct(UpSvmWork *k, const double *v, UpSvmAlong *at_start, UpSvmAlong *at_end)
{
	Pass pass = pass_of(k);

	UP_ASSERT(k->step == 0);
	memcpy(k->v, v, k->p->width * sizeof(double));
	pass.ahead = k->told = !k->far && !k->p->free_bias;
	k->told_delta = k->delta;
	make_lists(k);
	run(k, k->parts, products_part, &pass);
	at_start->first = sum_heads(k, FIRST_START);
	at_start->second = sum_heads(k, SECOND_START);
	at_end->first = sum_heads(k, FIRST_END);
	at_end->second = sum_heads(k, SECOND_END);
}

/* f of rows gets what is pending. */
static void
move(const Pass *q, double *f, const double *t, size_t n)
{
	if (q->unit != 0)
	{
		for (size_t i = 0; i < n; i++)
			f[i] += q->a * q->unit;
	}
	else if (q->a != 0)
		up_vec_axpy(f, q->a, t, n);
}

static void
move_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t end, first = part_range(q, part, &end);

	move(q, (double *) arrays[SCORES] + first, (const double *) arrays[PRODUCTS] + first, end - first);
}

static void
settle(UpSvmWork *k)
{
	Pass pass = pass_of(k);

	if (k->step == 0)
		return;
	pass.a = k->step;
	pass.unit = k->unit;
	run(k, k->parts, move_part, &pass);
	k->step = 0;
}

static void
along_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t end, first = part_range(q, part, &end);
	double *slot = slot_of(q, arrays, part);
	const double *y = arrays[LABELS], *cost = arrays[COSTS], *f = arrays[SCORES], *t = arrays[PRODUCTS];

	up_tick();
	memset(slot, 0, HEAD * sizeof(double));
	along(q, y + first, cost + first, f + first, q->unit != 0 ? NULL : t + first, q->a, end - first, slot);
}

UpSvmAlong
up_svm_along(UpSvmWork *k, double a, double unit)
{
	Pass pass = pass_of(k);
	UpSvmAlong at;

	settle(k);
	k->told = false;
	pass.a = a;
	pass.unit = unit;
	run(k, k->parts, along_part, &pass);
	at.first = sum_heads(k, FIRST_START);
	at.second = sum_heads(k, SECOND_START);
	return at;
}

/* ---- gradients ---- */

static void
look_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t end, first = part_range(q, part, &end), work = 0;
	double *slot = slot_of(q, arrays, part), *f = arrays[SCORES];
	Block b = begin_blocks(q, arrays, first);
	Sloped *s = up_alloc(sizeof(Sloped));
	UpRows rows = rows_of(q, arrays);

	memset(slot, 0, q->stride * sizeof(double));
	for (size_t n; first < end; first += n)
	{
		n = UP_MIN(BLOCK_ROWS, end - first);
		up_tick_work(&work, n * q->width);
		move(q, f + first, (const double *) arrays[PRODUCTS] + first, n);
		look_at_rows(q, arrays, &rows, first, n, f + first, &b, s, slot);
	}
	up_free(s);
}

void
up_svm_look(UpSvmWork *k, double bias, double *g)
{
	Pass pass = pass_of(k);

	if (k->told && k->step == 1 && k->unit == 0 && k->told_delta == k->delta)
		settle(k);
	else
	{
		make_lists(k);
		pass.a = k->step;
		pass.unit = k->step != 0 ? k->unit : 0;
		pass.bias = bias;
		run(k, k->parts, look_part, &pass);
		k->step = 0;
	}
	k->told = false;
	sum_vectors(k, g);
	k->losses = sum_heads(k, LOSSES);
	k->dual = sum_heads(k, DUAL);
	k->n_curved = (size_t) sum_heads(k, N_CURVED);
	k->n_flipped = (size_t) sum_heads(k, N_FLIPPED);
}

static void
zero_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t end, first = part_range(q, part, &end), work = 0;
	double *slot = slot_of(q, arrays, part);
	const double *y = arrays[LABELS], *cost = arrays[COSTS];
	Sloped *s = up_alloc(sizeof(Sloped));
	UpRows rows = rows_of(q, arrays);

	memset(slot, 0, q->stride * sizeof(double));
	for (size_t n; first < end; first += n)
	{
		n = UP_MIN(BLOCK_ROWS, end - first);
		s->n = 0;
		for (size_t i = 0; i < n; i++)
		{
			s->rows[s->n] = (uint32_t) i;
			s->weights[s->n] = -2 * cost[first + i] * y[first + i];
			s->n += cost[first + i] > 0;
		}
		up_tick_work(&work, n * q->width);
		add_sloped(&rows, first, s, slot + HEAD);
	}
	up_free(s);
}

void
up_svm_gradient_at_zero(UpSvmWork *k, double *g)
{
	Pass pass = pass_of(k);

	run(k, k->parts, zero_part, &pass);
	sum_vectors(k, g);
}

/* ---- products with a matrix that is not made ---- */

/* The curved rows of a part; how many. */
static size_t
curved_of(const Pass *q, void *const *arrays, uint32_t part, const uint32_t **rows, const double **curves)
{
	size_t end, first = part_range(q, part, &end), n = 0;

	*rows = (const uint32_t *) arrays[CURVED] + first;
	*curves = (const double *) arrays[CURVES] + first;
	for (size_t i = first; i < end; i++)
		n += ((const uint8_t *) arrays[NOW])[i];
	return n;
}

static void
times_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t block = block_rows(q), work = 0, n;
	double *slot = slot_of(q, arrays, part), t[BLOCK_ROWS];
	UpRows rows = rows_of(q, arrays);
	const double *curves;
	const uint32_t *curved;

	memset(slot, 0, q->stride * sizeof(double));
	n = curved_of(q, arrays, part, &curved, &curves);
	for (size_t first = 0; first < n; first += block)
	{
		size_t count = UP_MIN(block, n - first);

		up_tick_work(&work, count * q->width);
		up_rows_dot_at(&rows, curved + first, count, arrays[VECTOR], t);
		for (size_t i = 0; i < count; i++)
			t[i] *= curves[first + i];
		up_rows_axpy(&rows, 0, curved + first, t, count, slot + HEAD);
	}
}

void
up_svm_times(UpSvmWork *k, const double *v, double *out)
{
	Pass pass = pass_of(k);

	memcpy(k->v, v, k->p->width * sizeof(double));
	run(k, k->parts, times_part, &pass);
	sum_vectors(k, out);
}

static void
diagonal_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	double *slot = slot_of(q, arrays, part);
	size_t work = 0, n;
	UpRows rows = rows_of(q, arrays);
	const double *curves;
	const uint32_t *curved;

	memset(slot, 0, q->stride * sizeof(double));
	n = curved_of(q, arrays, part, &curved, &curves);
	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, q->width);
		up_rows_add_squares(&rows, curved[i], curves[i], slot + HEAD);
	}
}

void
up_svm_diagonal(UpSvmWork *k, double *out)
{
	Pass pass = pass_of(k);

	run(k, k->parts, diagonal_part, &pass);
	sum_vectors(k, out);
}

/* ---- the matrix ---- */

static void
gram_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Pass *q = fixed;
	size_t first = part * q->gram_rows, end = UP_MIN(first + q->gram_rows, q->n);
	double *gram = (double *) arrays[GRAMS] + 2 * part * q->ld * q->ld;
	UpRows rows = rows_of(q, arrays);
	UpRowsGram come = up_rows_gram(&rows, gram), gone = {0};
	const uint8_t *now = arrays[NOW];
	const double *cost = arrays[WHOLE];
	uint8_t *in = arrays[IN];

	for (size_t i = first; i < end; i++)
	{
		if (now[i] && (q->afresh || !in[i]))
			up_rows_gram_add(&come, i, cost[i]);
		else if (in[i] && !now[i] && !q->afresh)
		{
			if (gone.gram == NULL)
				gone = up_rows_gram(&rows, gram + q->ld * q->ld);
			up_rows_gram_add(&gone, i, cost[i]);
		}
		in[i] = now[i];
	}
	up_rows_gram_end(&come);
	*slot_of(q, arrays, part) = gone.gram != NULL;
	if (gone.gram != NULL)
		up_rows_gram_end(&gone);
}

/* Sums of what the parts have: false if so much went that what is left is not exact. */
static bool
add_grams(UpSvmWork *k, uint32_t parts)
{
	size_t ld = k->ld, size = ld * ld;
	double *h = k->matrix->h, *gone = h + size;
	bool exact = true;

	for (uint32_t part = 0; part < parts; part++)
	{
		const double *gram = k->grams + 2 * part * size;

		up_tick();
		up_vec_axpy(h, 1, gram, size);
		if (k->slots[part * k->stride + TAKEN] == 0)
			continue;
		up_vec_axpy(h, -1, gram + size, size);
		for (size_t j = 0; j < ld; j++)
			gone[j] += gram[size + j * ld + j];
	}
	for (size_t j = 0; j < ld; j++)
		exact = exact && gone[j] <= LOST * h[j * ld + j];
	return exact;
}

static bool
change_matrix(UpSvmWork *k, bool afresh)
{
	size_t changed = afresh ? k->n_curved : k->n_flipped;
	size_t least = (k->p->rows.listed > 0 ? LISTED_ROWS : GRAM_ROWS) * k->ld;
	uint32_t parts = (uint32_t) UP_MIN(changed / least + 1, k->most_grams);
	Pass pass = pass_of(k);

	if (afresh)
		memset(k->matrix->h, 0, up_svm_matrix_values(k->p->width) * sizeof(double));
	pass.afresh = afresh;
	pass.gram_rows = (k->p->n + parts - 1) / parts;
	parts = (uint32_t) ((k->p->n + pass.gram_rows - 1) / pass.gram_rows);
	run(k, parts, gram_part, &pass);
	return add_grams(k, parts);
}

const double *
up_svm_matrix(UpSvmWork *k, double *factor)
{
	struct UpSvmMatrix *m = k->matrix;
	size_t size = k->ld * k->ld;
	bool afresh = m->h == NULL || !m->known || k->n_flipped >= k->n_curved;

	if (k->grams == NULL)
	{
		k->most_grams = k->ld <= WIDE ? MOST_GRAMS : k->ld <= VERY_WIDE ? 4 : 1;
		k->grams = up_alloc_large_array(2 * (size_t) k->most_grams * size, sizeof(double));
	}
	if (m->h == NULL)
		m->h = up_alloc_array(up_svm_matrix_values(k->p->width), sizeof(double));
	m->known = false;
	if ((afresh || k->n_flipped > 0) && !change_matrix(k, afresh))
		change_matrix(k, true);
	m->known = true;
	*factor = k->delta > 0 ? 1 / k->delta : 2;
	return m->h;
}

/* ---- */

void
up_svm_work_init(UpSvmWork *k, const UpSvmProblem *p, double *scores)
{
	size_t n = UP_MAX(p->n, 1);

	memset(k, 0, sizeof(*k));
	k->p = p;
	k->f = scores;
	k->ld = UP_SYRK_PAD(p->width);
	k->part_rows = UP_MAX(UP_MIN(PART_ROWS, PART_VALUES / p->width), BLOCK_ROWS);
	k->parts = (uint32_t) ((p->n + k->part_rows - 1) / k->part_rows);
	k->stride = HEAD + p->width;
	k->t = up_alloc_large_array(n, sizeof(double));
	k->v = up_alloc_large_array(p->width, sizeof(double));
	k->now = p->end != NULL ? p->end->now : up_alloc_large(n);
	k->slots = up_alloc_large_array(UP_MAX(k->parts, MOST_GRAMS), k->stride * sizeof(double));
	k->matrix = p->matrix;
	if (k->matrix == NULL)
	{
		k->matrix = &k->own;
		k->own.cost = p->cost;
		k->own.in = up_alloc_large_zeroed(n, 1);
	}
	if (p->end == NULL || !p->end->known)
		memset(scores, 0, p->n * sizeof(double));
	up_tick();
}

void
up_svm_work_free(UpSvmWork *k)
{
	settle(k);
	up_free_large(k->t);
	up_free_large(k->v);
	if (k->p->end == NULL)
		up_free_large(k->now);
	up_free_large(k->slots);
	up_free_large(k->curved);
	up_free_large(k->curves);
	up_free_large(k->grams);
	if (k->matrix == &k->own)
	{
		up_free_large(k->own.in);
		up_free(k->own.h);
	}
}
