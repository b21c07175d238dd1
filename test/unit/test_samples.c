/*
 * test_samples.c - rows in blocks, their canonical order, and seeded random numbers
 */
#include "check.h"

#include "base/rng.h"
#include "num/samples.h"

static UpSamples *
make(uint32_t width, size_t n, uint64_t seed)
{
	UpSamples *s = up_samples_new(width);
	UpRng rng;

	up_rng_init(&rng, seed, 0);
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);

		for (uint32_t j = 0; j <= width; j++)
			row[j] = (double) up_rng_below(&rng, 50);
	}
	return s;
}

/* Growing from the first rows over many blocks keeps every value where it was. */
static void
test_growth(void)
{
	static const uint32_t widths[] = {0, 1, 20, 3000};

	for (size_t k = 0; k < UP_LENGTH(widths); k++)
	{
		size_t n = 200000 / (widths[k] + 1) + 40;
		UpSamples *s = make(widths[k], n, 1);
		double *space = up_samples_space(s);
		UpRng rng;
		bool same = s->n_rows == n;

		up_rng_init(&rng, 1, 0);
		for (size_t i = 0; i < n; i++)
		{
			const double *row = up_samples_read(s, i, space);

			for (uint32_t j = 0; j <= widths[k]; j++)
				same = same && row[j] == (double) up_rng_below(&rng, 50);
		}
		CHECK(same);
		CHECK(up_samples_bytes(s) >= n * (widths[k] + 1) * sizeof(float));
		up_free(space);
		up_samples_free(s);
	}
}

/* Any order of arrival gives the same sequence of contents. */
static void
test_canonical_order(void)
{
	size_t n = 5000, a[5000], b[5000];
	UpSamples *s = make(2, n, 3), *shuffled = up_samples_new(2);
	size_t order[5000];
	bool same = true;
	UpRng rng;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	up_rng_init(&rng, 7, 0);
	up_rng_shuffle(&rng, order, n);
	for (size_t i = 0; i < n; i++)
		memcpy(up_samples_add(shuffled), up_samples_row(s, order[i]), 3 * sizeof(double));
	/* -0 and 0 are one value, and so are all NaN */
	up_samples_row(s, order[0])[1] = 0.0;
	up_samples_row(shuffled, 0)[1] = -0.0;
	up_samples_row(s, order[1])[1] = NAN;
	up_samples_row(shuffled, 1)[1] = -NAN;
	up_samples_canonical_order(s, a);
	up_samples_canonical_order(shuffled, b);
	for (size_t i = 0; i < n; i++)
	{
		for (int j = 0; j < 3; j++)
		{
			double u = up_samples_row(s, a[i])[j], v = up_samples_row(shuffled, b[i])[j];

			same = same && (u == v || (isnan(u) && isnan(v)));
		}
		order[a[i]] = n;
	}
	CHECK(same);
	for (size_t i = 0; i < n; i++)
		same = same && order[i] == n;
	CHECK(same); /* every row once */
}

static void
test_travel(void)
{
	UpSamples *s = make(3, 100, 5), *back;
	UpWriter w;
	UpReader r;
	bool same = true;

	up_samples_row(s, 7)[2] = NAN;
	up_samples_append(s, s);
	CHECK(s->n_rows == 200);
	up_writer_init(&w);
	up_put_samples(&w, s);
	up_reader_init(&r, w.bytes, w.len, "aggregate state");
	back = up_get_samples(&r);
	up_get_end(&r);
	/* Few rows travel as they always did: two numbers, then the values. */
	CHECK(!up_samples_packed(s) && w.len == 4 + 8 + 200 * 4 * sizeof(double));
	CHECK(back->n_rows == 200 && isnan(up_samples_row(back, 107)[2]));
	for (size_t i = 0; i < 200; i++)
		same = same && memcmp(up_samples_row(back, i), up_samples_row(s, i), 2 * sizeof(double)) == 0;
	CHECK(same);
	up_reader_init(&r, w.bytes, w.len - 1, "aggregate state");
	CHECK_FAILS(UP_CORRUPT, "damaged aggregate state", up_get_samples(&r));
}

/* ---- packed blocks ---- */

#define PACKED_WIDTH 7

/* Whole numbers, fractions, one value of many that float4 has not, missing ones, zeros of both signs, what float4 cannot reach. */
static double
hard_value(size_t i, uint32_t column)
{
	switch (column)
	{
		case 0:
			return (double) (i % 1000) - 500;
		case 1:
			return (double) i / 3;
		case 2:
			return i % 5000 == 4999 ? 16777217 : (double) (i % 7) / 4;
		case 3:
			return i % 3 == 0 ? NAN : (double) (i % 11);
		case 4:
			return i % 2 == 0 ? -0.0 : 0.0;
		case 5:
			return i % 100000 == 70000 ? 1e300 : 1;
		case 6:
			return i < 90000 ? 0.5 : 1e-310;
		default:
			return (double) (i % 2);
	}
}

static void
add_hard(UpSamples *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);

		for (uint32_t j = 0; j <= PACKED_WIDTH; j++)
			row[j] = hard_value(i, j);
	}
}

static UpSamples *
make_hard(size_t n)
{
	UpSamples *s = up_samples_new(PACKED_WIDTH);

	add_hard(s, n);
	return s;
}

static bool
is_same(double u, double v)
{
	return isnan(u) ? isnan(v) : memcmp(&u, &v, sizeof(u)) == 0;
}

static bool
is_same_row(const double *u, const double *v)
{
	bool same = true;

	for (uint32_t j = 0; j <= PACKED_WIDTH; j++)
		same = same && is_same(u[j], v[j]);
	return same;
}

/* Whether row i, read in every way that there is, is the hard row number of. */
static bool
is_hard_row(const UpSamples *s, size_t i, size_t of)
{
	double space[PACKED_WIDTH + 1], some[3];
	const double *row = up_samples_read(s, i, space);
	bool same = true;

	up_samples_ask(s, i, 2, 3);
	up_samples_values(s, i, 2, 3, some);
	for (uint32_t j = 0; j <= PACKED_WIDTH; j++)
		same = same && is_same(row[j], hard_value(of, j)) &&
			   is_same(up_samples_value(s, i, j), hard_value(of, j)) &&
			   (j < 2 || j > 4 || is_same(some[j - 2], hard_value(of, j)));
	return same;
}

static void
test_packing(void)
{
	size_t n = 120000, *order = up_alloc_array(n, sizeof(size_t)), packed = 0;
	UpSamples *s = make_hard(n), *turned;
	bool same = true;

	for (size_t i = 0; i < n; i++)
	{
		same = same && is_hard_row(s, i, i);
		order[i] = n - 1 - i;
	}
	CHECK(same);
	for (size_t i = 0; i < s->n_blocks; i++)
		packed += s->blocks[i].packing != NULL;
	CHECK(packed == s->n_blocks - 1 && s->n_blocks > 10);
	CHECK(up_samples_bytes(s) < n * (PACKED_WIDTH + 1) * sizeof(double) * 9 / 10);
	turned = up_samples_reordered(s, order);
	up_samples_append(turned, turned);
	for (size_t i = 0; i < 2 * n; i++)
		same = same && is_hard_row(turned, i, n - 1 - i % n);
	up_samples_move_in_order(s, order);
	for (size_t i = 0; i < n; i++)
		same = same && is_hard_row(s, i, n - 1 - i);
	CHECK(same && s->whole != NULL && s->n_rows == n);
	up_samples_free(turned);
	up_samples_free(s);
}

/* Rows that are taken over are there as if they had been appended, and others can be added before and after. */
static void
check_taken_over(const UpSamples *rows, const UpSamples *over, bool narrow)
{
	static const size_t before[] = {0, 5, 3000, 16384};

	for (size_t k = 0; k < UP_LENGTH(before); k++)
	{
		UpSamples *s = make(PACKED_WIDTH, before[k], narrow ? 1 : 7),
				  *t = make(PACKED_WIDTH, before[k], narrow ? 1 : 7);
		size_t *order_s, *order_t;
		double a[PACKED_WIDTH + 1], b[PACKED_WIDTH + 1];
		bool same = true;

		up_samples_append(s, rows);
		up_samples_append(s, rows);
		up_samples_take_over(t, over);
		up_samples_append(t, rows);
		CHECK(s->n_rows == t->n_rows);
		order_s = up_alloc_array(UP_MAX(s->n_rows, 1), sizeof(size_t));
		order_t = up_alloc_array(UP_MAX(s->n_rows, 1), sizeof(size_t));
		up_samples_canonical_order(s, order_s);
		up_samples_canonical_order(t, order_t);
		for (size_t i = 0; i < s->n_rows; i++)
			same = same && is_same_row(up_samples_read(s, order_s[i], a), up_samples_read(t, order_t[i], b));
		CHECK(same);
		up_free(order_s);
		up_free(order_t);
		up_samples_clear(t);
		CHECK(up_samples_bytes(t) == t->first_capacity * (PACKED_WIDTH + 1) * sizeof(double));
		up_samples_free(s);
		up_samples_free(t);
	}
}

/* Moves the rows into one array, and opens its form; to be read as samples over that. */
static UpReader
move_and_open(UpSamples *s)
{
	UpWriter w;
	UpReader r;

	up_samples_move(s);
	up_writer_init(&w);
	up_put_samples_form(&w, s);
	up_reader_init(&r, w.bytes, w.len, "image");
	return r;
}

/* Rows that stand one after the other in a large array are the same ones, there and in samples over it. */
static void
test_moved(void)
{
	static const size_t numbers[] = {0, 1, 1000, 50000};

	for (size_t k = 0; k < 2 * UP_LENGTH(numbers); k++)
	{
		size_t n = numbers[k / 2];
		bool narrow = k % 2 == 1, same = true;
		UpSamples *s = narrow ? make(PACKED_WIDTH, n, 1) : make_hard(n), *over;
		UpSamples *as_before = narrow ? make(PACKED_WIDTH, n, 1) : make_hard(n);
		double a[PACKED_WIDTH + 1], b[PACKED_WIDTH + 1], c[PACKED_WIDTH + 1];
		UpReader r = move_and_open(s);

		over = up_samples_over(&r, s->whole, UP_MAX(n, 1) * (PACKED_WIDTH + 1) * sizeof(double));
		up_get_end(&r);
		CHECK(s->n_rows == n && over->n_rows == n && over->n_columns == PACKED_WIDTH);
		CHECK(!narrow || n < 1000 || up_samples_bytes(s) == n * (PACKED_WIDTH + 1) * sizeof(float));
		for (size_t i = 0; i < n; i++)
		{
			const double *x = up_samples_read(as_before, i, a), *y = up_samples_read(s, i, b),
						 *z = up_samples_read(over, i, c);

			same = same && is_same_row(x, y) && is_same_row(x, z);
			for (uint32_t j = 0; j <= PACKED_WIDTH; j++)
				same = same && is_same(x[j], up_samples_value(over, i, j));
		}
		CHECK(same);
		check_taken_over(as_before, over, narrow);
		up_samples_free(s);
		up_samples_free(as_before);
	}
}

/* A form that says more than the array holds is refused before anything is read. */
static void
check_too_little(UpSamples *s)
{
	UpReader first = move_and_open(s), r = first;

	CHECK_FAILS(UP_CORRUPT, "damaged image", (void) up_samples_over(&first, s->whole, up_samples_bytes(s) - 1));
	memset((uint8_t *) r.bytes, 0xff, sizeof(uint32_t));
	CHECK_FAILS(UP_CORRUPT, "damaged image", (void) up_samples_over(&r, s->whole, up_samples_bytes(s)));
	up_samples_free(s);
}

static void
test_over_too_little(void)
{
	check_too_little(make_hard(50000));
	check_too_little(make(PACKED_WIDTH, 50000, 1));
}

/* Cleared samples begin anew, whatever their blocks were. */
static void
test_clear(void)
{
	size_t n = 50000;
	UpSamples *s = make_hard(n);
	bool same = true;

	for (int again = 0; again < 3; again++)
	{
		up_samples_clear(s);
		CHECK(s->n_rows == 0);
		add_hard(s, n / (size_t) (1 + 10 * again));
		for (size_t i = 0; i < s->n_rows; i++)
			same = same && is_hard_row(s, i, i);
	}
	CHECK(same);
	up_samples_clear(s);
	up_samples_clear(s);
	up_samples_free(s);
	s = up_samples_new(2);
	up_samples_clear(s);
	CHECK(s->n_rows == 0 && up_samples_add(s) != NULL);
	up_samples_free(s);
}

/* A value of any row may be changed, to what a packed block holds and to what it does not. */
static void
test_set(void)
{
	size_t n = 50000, row = 100;
	UpSamples *s = make_hard(n);
	bool same = true;

	CHECK(s->blocks[0].packing != NULL);
	up_samples_set(s, row, 0, 7);
	up_samples_set(s, row, 1, 0.1);
	up_samples_set(s, row, 3, NAN);
	CHECK(s->blocks[0].packing != NULL);
	CHECK(up_samples_value(s, row, 0) == 7 && up_samples_value(s, row, 1) == 0.1 &&
		  isnan(up_samples_value(s, row, 3)));
	up_samples_set(s, row, 0, 0.1);
	CHECK(s->blocks[0].packing == NULL);
	CHECK(up_samples_value(s, row, 0) == 0.1 && up_samples_value(s, row, 1) == 0.1);
	up_samples_set(s, row, 0, hard_value(row, 0));
	up_samples_set(s, row, 1, hard_value(row, 1));
	up_samples_set(s, row, 3, hard_value(row, 3));
	up_samples_set(s, n - 1, 0, 0.1);
	CHECK(up_samples_value(s, n - 1, 0) == 0.1);
	for (size_t i = 0; i < n - 1; i++)
		same = same && is_hard_row(s, i, i);
	CHECK(same);
	up_samples_free(s);
}

static void
test_packed_travel(void)
{
	size_t n = 40000;
	UpSamples *s = make_hard(n), *back;
	UpWriter w;
	UpReader r;
	bool same = true;

	up_writer_init(&w);
	up_put_samples(&w, s);
	CHECK(w.len < n * (PACKED_WIDTH + 1) * sizeof(double) * 8 / 10);
	CHECK(up_samples_packed(s));
	up_reader_init(&r, w.bytes, w.len, "aggregate state");
	back = up_get_samples(&r);
	up_get_end(&r);
	CHECK(back->n_rows == n && back->blocks[0].packing != NULL);
	for (size_t i = 0; i < n; i++)
		same = same && is_hard_row(back, i, i);
	CHECK(same);
	for (size_t len = 0; len < w.len; len += len < 100 ? 1 : 100003)
	{
		up_reader_init(&r, w.bytes, len, "aggregate state");
		CHECK_FAILS(UP_CORRUPT, "damaged aggregate state", up_get_samples(&r));
	}
}

/* The canonical order does not tell how a row stands. */
static void
test_packed_order(void)
{
	size_t n = 30000, *a = up_alloc_array(2 * n, sizeof(size_t)), *b = up_alloc_array(2 * n, sizeof(size_t));
	UpSamples *s = make_hard(n), *wide = make_hard(n);
	static const uint32_t columns[] = {3, 0, PACKED_WIDTH};
	bool same = true;

	up_samples_append(s, s);
	up_samples_append(wide, wide);
	for (size_t i = 0; i < 2 * n; i += 1000)
	{
		double v = up_samples_value(wide, i, 0);

		up_samples_set(wide, i, 0, 0.1);
		up_samples_set(wide, i, 0, v);
	}
	CHECK(s->blocks[0].packing != NULL && wide->blocks[0].packing == NULL);
	up_samples_canonical_order(s, a);
	up_samples_canonical_order(wide, b);
	CHECK(memcmp(a, b, 2 * n * sizeof(size_t)) == 0);
	up_samples_order_by(s, columns, UP_LENGTH(columns), a);
	up_samples_order_by(wide, columns, UP_LENGTH(columns), b);
	for (size_t i = 0; i < 2 * n; i++)
		same = same && a[i] == b[i];
	CHECK(same);
}

/* Rows that pack to nothing, where others see them as long as that can be. */
static UpSamples *
make_seen(size_t n, uint64_t seed)
{
	UpSamples *s = up_samples_new(20);
	UpRng rng;

	up_rng_init(&rng, seed, 0);
	up_samples_grow_seen(s);
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);

		for (uint32_t j = 0; j < 20; j++)
			row[j] = up_rng_double(&rng);
		row[20] = (double) up_rng_below(&rng, 3);
	}
	return s;
}

static bool
are_rows_of(const UpSamples *s, uint64_t first, uint64_t n, uint64_t seed)
{
	UpRng rng;
	bool same = true;

	up_rng_init(&rng, seed, 0);
	for (uint64_t i = first; i < first + n; i++)
	{
		for (uint32_t j = 0; j < 20; j++)
			same = same && up_samples_value(s, i, j) == up_rng_double(&rng);
		same = same && up_samples_value(s, i, 20) == (double) up_rng_below(&rng, 3);
	}
	return same;
}

/* Few, many, and more than can be seen; they are moved, and cleared, as others are. */
static void
test_seen(void)
{
	static const size_t rows[] = {1, 5000, 20000, 50000, 131072, 200000};

	for (size_t k = 0; k < UP_LENGTH(rows); k++)
	{
		UpSamples *s = make_seen(rows[k], 7);

		CHECK(up_samples_in_one(s) == (rows[k] >= 20000 && rows[k] <= 50000));
		CHECK(are_rows_of(s, 0, rows[k], 7));
		CHECK(up_samples_bytes(s) >= rows[k] * 21 * sizeof(double));
		up_samples_move(s);
		CHECK(up_samples_in_one(s) && are_rows_of(s, 0, rows[k], 7));
		up_samples_clear(s);
		CHECK(s->n_rows == 0 && !up_samples_in_one(s));
		up_samples_add(s)[0] = 3;
		CHECK(up_samples_value(s, 0, 0) == 3);
		up_samples_free(s);
	}
}

/* Rows that stand in an array already. */
static void
test_stand(void)
{
	UpSamples *from = make_seen(30000, 7), *s = up_samples_new(20);
	double *whole = up_alloc_large_array(40000, 21 * sizeof(double));

	up_samples_grow_seen(s);
	for (size_t i = 0; i < 30000; i++)
		memcpy(whole + i * 21, up_samples_row(from, i), 21 * sizeof(double));
	up_samples_stand(s, whole, 30000);
	CHECK(s->n_rows == 30000 && up_samples_in_one(s) && are_rows_of(s, 0, 30000, 7));
	CHECK(up_samples_bytes(s) == 30000 * 21 * sizeof(double));
	up_samples_clear(s);
	up_samples_add(s)[0] = 3;
	CHECK(s->n_rows == 1 && up_samples_value(s, 0, 0) == 3);
	up_samples_free(s);
	up_samples_free(from);
}

/* What parts of jobs see is what there is. */
static void
test_lent(void)
{
	UpSamples *s = make_seen(50000, 7), *other = make_seen(60000, 8), *alone = make(20, 30000, 9);
	size_t n = 110000, *before = up_alloc_array(n, sizeof(size_t)), *lent = up_alloc_array(n, sizeof(size_t));
	void *arrays[UP_SAMPLES_ARRAYS];
	UpSamplesForm form;
	const UpSamples *seen;
	bool same = true;

	form = up_samples_form(alone, arrays);
	CHECK(!up_samples_lend(alone) && up_samples_open(&form, arrays) == alone);
	up_samples_take_over(s, other);
	CHECK(!up_samples_in_one(s));
	up_samples_canonical_order(s, before);
	CHECK(up_samples_lend(s));
	form = up_samples_form(s, arrays);
	seen = up_samples_open(&form, arrays);
	CHECK(seen != s && seen->n_rows == n);
	for (uint64_t i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j <= 20; j++)
			same = same && up_samples_value(seen, i, j) == up_samples_value(s, i, j);
	}
	CHECK(same);
	up_samples_canonical_order(s, lent);
	CHECK(memcmp(before, lent, n * sizeof(size_t)) == 0);
	up_samples_take_back(s);
	up_samples_take_back(s);
	form = up_samples_form(s, arrays);
	CHECK(up_samples_open(&form, arrays) == s);
	/* Of blocks most of which stand elsewhere nothing is lent. */
	up_samples_append(s, s);
	CHECK(!up_samples_lend(s));
}

/* What many processes filled is lent as it stands, and stays as it is as long as it is lent. */
static void
test_many_homes(void)
{
	UpSamples *s = make_seen(40000, 1);
	bool same = true;

	for (uint64_t seed = 2; seed <= UP_MOST_HOMES; seed++)
		up_samples_take_over(s, make_seen(40000, seed));
	CHECK(up_samples_lend(s) && s->n_homes == UP_MOST_HOMES);
	for (uint64_t seed = 1; seed <= UP_MOST_HOMES; seed++)
	{
		void *arrays[UP_SAMPLES_ARRAYS];
		UpSamplesForm form = up_samples_form(s, arrays);
		const UpSamples *seen = up_samples_open(&form, arrays);

		for (uint64_t i = seed; i < s->n_rows; i += 1000)
			same = same && up_samples_value(seen, i, 3) == up_samples_value(s, i, 3);
	}
	CHECK(same);
	up_samples_take_back(s);
	/* Of one more home nothing is known, and it has too many blocks for copies. */
	up_samples_take_over(s, make_seen(40000, 0));
	CHECK(!up_samples_lend(s));
}

/* Parts are no more than so many, and each but the last has a multiple of the rows that it is to have at least. */
static void
test_part_rows(void)
{
	static const uint64_t numbers[] = {0, 1, 8192, 8193, 524288, 524289, 100000000, 5000000000};

	for (size_t k = 0; k < UP_LENGTH(numbers); k++)
	{
		uint64_t n = numbers[k], rows = up_samples_part_rows(n, 8192), seen = 0;
		uint32_t parts = up_samples_parts(n, 8192);

		CHECK(rows > 0 && rows % 8192 == 0 && parts <= UP_SAMPLES_PARTS);
		CHECK(n > 524288 || rows == 8192);
		for (uint32_t part = 0; part < parts; part++)
		{
			UpSamplesPart p = up_samples_part(n, 8192, part);

			CHECK(p.first == seen && p.end > p.first && p.end - p.first <= rows);
			seen = p.end;
		}
		CHECK(seen == n);
	}
}

/* However many rows are equal: it can be cancelled all the time. */
static void
test_equal_ticks(void)
{
	size_t n = 1000000, *order = up_alloc_array(n, sizeof(size_t));
	UpSamples *s = up_samples_new(1);
	long before;

	for (size_t i = 0; i < n; i++)
		memcpy(up_samples_add(s), (double[]){1, 2}, 2 * sizeof(double));
	before = up_test_ticks;
	up_samples_canonical_order(s, order);
	/* Each of some eight loops, once in 16384 rows. */
	CHECK(up_test_ticks - before > 8 * (long) n / 16384);
	up_samples_free(s);
}

/* The order is that of hashes and then contents, however many rows are alike. */
static void
test_alike_order(void)
{
	static const uint64_t different[] = {1, 2, 7, 5000};
	size_t n = 40000, *order = up_alloc_array(n, sizeof(size_t));

	for (size_t k = 0; k < UP_LENGTH(different); k++)
	{
		UpSamples *s = up_samples_new(1);
		uint64_t *seen = up_alloc0(n * sizeof(uint64_t)), changes = 0;
		bool ascending = true;
		UpRng rng;

		up_rng_init(&rng, k, 0);
		for (size_t i = 0; i < n; i++)
		{
			double *row = up_samples_add(s);

			row[0] = row[1] = (double) up_rng_below(&rng, different[k]);
		}
		up_samples_canonical_order(s, order);
		for (size_t i = 0; i < n; i++)
		{
			bool new = i == 0 || up_samples_value(s, order[i], 0) != up_samples_value(s, order[i - 1], 0);

			seen[order[i]]++;
			changes += new;
			ascending = ascending && (new || order[i] > order[i - 1]);
		}
		for (size_t i = 0; i < n; i++)
			ascending = ascending && seen[i] == 1;
		CHECK(ascending && changes <= different[k]);
		up_samples_free(s);
	}
}

/* The same numbers for ever; even, and within bounds. */
static void
test_random(void)
{
	UpRng a, b;
	size_t counts[10] = {0};
	double sum = 0, squares = 0;

	up_rng_init(&a, 42, 0);
	up_rng_init(&b, 42, 0);
	CHECK(up_rng_next(&a) == up_rng_next(&b));
	up_rng_init(&b, 42, 1);
	CHECK(up_rng_next(&a) != up_rng_next(&b));
	for (int i = 0; i < 100000; i++)
	{
		double v = up_rng_normal(&a), u = up_rng_double(&a);

		counts[up_rng_below(&a, 10)]++;
		sum += v;
		squares += v * v;
		if (!(u >= 0 && u < 1))
			CHECK(false);
	}
	CHECK_NEAR(sum / 1e5, 0, 0.02);
	CHECK_NEAR(squares / 1e5, 1, 0.03);
	for (int i = 0; i < 10; i++)
		CHECK_NEAR((double) counts[i], 1e4, 500);
	CHECK(up_hash_bytes("abc", 3, 0) == up_hash_bytes("abc", 3, 0));
	CHECK(up_hash_bytes("abc", 3, 0) != up_hash_bytes("abc", 3, 1));
	CHECK(up_hash_bytes("abc", 3, 0) != up_hash_bytes("abd", 3, 0));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"growth", test_growth},
		{"canonical order", test_canonical_order},
		{"travel", test_travel},
		{"packing", test_packing},
		{"moved", test_moved},
		{"set", test_set},
		{"over too little", test_over_too_little},
		{"clear", test_clear},
		{"packed travel", test_packed_travel},
		{"packed order", test_packed_order},
		{"seen", test_seen},
		{"stand", test_stand},
		{"lent", test_lent},
		{"many homes", test_many_homes},
		{"rows of parts", test_part_rows},
		{"ticks of equal rows", test_equal_ticks},
		{"alike order", test_alike_order},
		{"random numbers", test_random},
	};

	return up_run_tests("samples", tests, UP_LENGTH(tests));
}
