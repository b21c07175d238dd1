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
		UpRng rng;
		bool same = s->n_rows == n;

		up_rng_init(&rng, 1, 0);
		for (size_t i = 0; i < n; i++)
		{
			for (uint32_t j = 0; j <= widths[k]; j++)
				same = same && up_samples_row(s, i)[j] == (double) up_rng_below(&rng, 50);
		}
		CHECK(same);
		CHECK(up_samples_bytes(s) >= n * (widths[k] + 1) * sizeof(double));
		up_samples_free(s);
	}
}

/* Any order of arrival gives the same sequence of contents. */
/* Rows that stand one after the other in a large array are the same ones. */
static void
test_moved(void)
{
	static const uint32_t widths[] = {0, 1, 20, 3000};

	for (size_t k = 0; k < UP_LENGTH(widths); k++)
	{
		size_t n = 200000 / (widths[k] + 1) + 40, size = (widths[k] + 1) * sizeof(double);
		UpSamples *s = make(widths[k], n, 1), *moved = make(widths[k], n, 1), *over;
		bool same = true;

		up_samples_move(moved);
		over = up_samples_over(moved->whole, n, widths[k]);
		for (size_t i = 0; i < n; i++)
			same = same && memcmp(up_samples_row(s, i), up_samples_row(moved, i), size) == 0 &&
				   up_samples_row(moved, i) == up_samples_row(over, i);
		CHECK(same && moved->n_rows == n && over->n_rows == n && up_samples_bytes(moved) == n * size);
		up_samples_free(s);
		up_samples_free(moved);
	}
}

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
	CHECK(back->n_rows == 200 && isnan(up_samples_row(back, 107)[2]));
	for (size_t i = 0; i < 200; i++)
		same = same && memcmp(up_samples_row(back, i), up_samples_row(s, i), 2 * sizeof(double)) == 0;
	CHECK(same);
	up_reader_init(&r, w.bytes, w.len - 1, "aggregate state");
	CHECK_FAILS(UP_CORRUPT, "damaged aggregate state", up_get_samples(&r));
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
		{"growth", test_growth}, {"moved", test_moved},           {"canonical order", test_canonical_order},
		{"travel", test_travel}, {"random numbers", test_random},
	};

	return up_run_tests("samples", tests, UP_LENGTH(tests));
}
