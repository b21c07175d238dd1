/*
 * test_assignment.c - assignments against brute force, and a set that counts its members
 */
#include "check.h"

#include "base/rng.h"
#include "num/assignment.h"
#include "num/sketch_members.h"

/* The largest sum over all ways to give rows from row on columns that are free; each row may go without. */
static double
best(const double *value, uint32_t rows, uint32_t columns, uint32_t row, unsigned taken, uint32_t without)
{
	double most = -INFINITY;

	if (row == rows)
		return 0;
	if (without > 0)
		most = best(value, rows, columns, row + 1, taken, without - 1);
	for (uint32_t j = 0; j < columns; j++)
	{
		if ((taken & 1u << j) == 0)
			most = fmax(most, value[row * columns + j] +
								  best(value, rows, columns, row + 1, taken | 1u << j, without));
	}
	return most;
}

static double
sum_of(const double *value, uint32_t rows, uint32_t columns, const uint32_t *column_of)
{
	uint32_t assigned = 0;
	unsigned taken = 0;
	double sum = 0;

	for (uint32_t i = 0; i < rows; i++)
	{
		if (column_of[i] == UP_UNASSIGNED)
			continue;
		CHECK(column_of[i] < columns && (taken & 1u << column_of[i]) == 0);
		taken |= 1u << column_of[i];
		sum += value[i * columns + column_of[i]];
		assigned++;
	}
	CHECK(assigned == UP_MIN(rows, columns));
	return sum;
}

static void
test_brute_force(void)
{
	double value[49];
	uint32_t column_of[7];
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	for (int round = 0; round < 3000; round++)
	{
		uint32_t rows = 1 + round % 6, columns = 1 + round / 6 % 6;

		/* Counts with many ties, numbers, and numbers below zero. */
		for (uint32_t i = 0; i < rows * columns; i++)
		{
			double v = up_rng_normal(&rng);

			value[i] = round % 3 == 0 ? floor(fabs(v) * 2) : round % 3 == 1 ? v : v * 1e9;
		}
		up_assign(value, rows, columns, column_of);
		CHECK_NEAR(sum_of(value, rows, columns, column_of),
				   best(value, rows, columns, 0, 0, rows > columns ? rows - columns : 0), 1e-5);
	}
}

static void
test_edges(void)
{
	static const double one[] = {0}, row[] = {1, 3, 2}, zeros[9] = {0};
	uint32_t column_of[3] = {7, 7, 7};

	up_assign(one, 0, 3, column_of);
	CHECK(column_of[0] == 7);
	up_assign(one, 1, 0, column_of);
	CHECK(column_of[0] == UP_UNASSIGNED);
	up_assign(one, 1, 1, column_of);
	CHECK(column_of[0] == 0);
	up_assign(row, 1, 3, column_of);
	CHECK(column_of[0] == 1);
	up_assign(row, 3, 1, column_of);
	CHECK(column_of[0] == UP_UNASSIGNED && column_of[1] == 0 && column_of[2] == UP_UNASSIGNED);
	up_assign(zeros, 3, 3, column_of);
	CHECK(column_of[0] + column_of[1] + column_of[2] == 3);
}

/* Large, and the answer is known: a hidden permutation. */
static void
test_large(void)
{
	enum
	{
		N = 400
	};
	double *value = up_alloc_array(N * N, sizeof(double));
	size_t hidden[N];
	uint32_t column_of[N];
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	for (size_t i = 0; i < N; i++)
		hidden[i] = i;
	up_rng_shuffle(&rng, hidden, N);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			value[i * N + j] = hidden[i] == j ? 2 : up_rng_double(&rng);
	up_assign(value, N, N, column_of);
	for (size_t i = 0; i < N; i++)
		CHECK(column_of[i] == hidden[i]);
}

static void
test_members(void)
{
	UpMembers *m = up_members_new(), *copy;
	UpWriter w;
	UpRng rng;
	int changes = 0;

	CHECK(up_members_count(m) == 0);
	up_rng_init(&rng, 1, 0);
	for (int i = 0; i < 1000; i++)
	{
		uint64_t hash = up_rng_next(&rng);

		CHECK(up_members_add(m, hash));
		CHECK(!up_members_add(m, hash));
	}
	CHECK(up_members_count(m) == 1000);
	for (int i = 1000; i < 200000; i++)
		changes += up_members_add(m, up_rng_next(&rng));
	CHECK_NEAR(up_members_count(m), 200000, 200000 * 4.0 / 32);
	CHECK(changes < 8 * UP_MEMBERS_KEPT);
	up_writer_init(&w);
	up_put_members(&w, m);
	copy = up_members_of(w.bytes, w.len);
	CHECK(copy->n == m->n && memcmp(copy->least, m->least, sizeof(m->least)) == 0);
	/* Twice the same, and a count that is not there. */
	for (size_t len = 0; len < w.len; len++)
		CHECK(up_members_of(w.bytes, len) == NULL);
	memcpy(w.bytes + 4, w.bytes + 12, 8);
	CHECK(up_members_of(w.bytes, w.len) == NULL);
	w.bytes[2] = 1;
	CHECK(up_members_of(w.bytes, w.len) == NULL);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"brute force", test_brute_force},
		{"edges", test_edges},
		{"large", test_large},
		{"members", test_members},
	};

	return up_run_tests("assignment", tests, UP_LENGTH(tests));
}
