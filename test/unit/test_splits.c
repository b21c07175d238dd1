/*
 * test_splits.c - sizes, balance, whole groups, the order of time, and what a seed decides
 */
#include "check.h"

#include "assess/splits.h"
#include "base/rng.h"

#define ROWS 1003

static size_t order[ROWS];
static double labels[ROWS], column[ROWS];
static uint64_t hashes[ROWS];

/* Rows in an order of their own; a fifth of class 0, a tenth of class 1, the rest of class 2. */
static UpSplitRows
rows_of(size_t n)
{
	UpSplitRows r = {.n_rows = n, .order = order, .n = n, .labels = labels, .n_classes = 3};

	for (size_t i = 0; i < n; i++)
	{
		order[i] = n - 1 - i;
		labels[i] = i % 10 < 2 ? 0 : i % 10 == 2 ? 1 : 2;
		hashes[i] = up_mix64(i + 1);
		column[i] = 0;
	}
	r.hashes = hashes;
	r.column = column;
	return r;
}

static UpSplitFolds *
made(int method, int64_t folds, uint64_t seed, const UpSplitRows *r)
{
	UpSplit s = {.method = method, .folds = folds, .repeats = 1, .seed = seed};

	return up_split_make(&s, r);
}

static void
count(const UpSplitFolds *f, size_t n, size_t *of_fold)
{
	for (uint32_t fold = 0; fold <= f->n_folds; fold++)
		of_fold[fold] = 0;
	for (size_t i = 0; i < n; i++)
	{
		uint16_t fold = f->fold_of[0][i];

		CHECK(fold <= f->n_folds);
		of_fold[fold]++;
	}
}

static void
test_random(void)
{
	UpSplitRows r = rows_of(ROWS);
	UpSplitFolds *f = made(UP_SPLIT_RANDOM, 5, 1, &r), *same = made(UP_SPLIT_RANDOM, 5, 1, &r),
				 *other = made(UP_SPLIT_RANDOM, 5, 2, &r);
	size_t of_fold[6], differ = 0;

	count(f, ROWS, of_fold);
	CHECK(of_fold[0] == 0);
	for (int i = 1; i <= 5; i++)
		CHECK(of_fold[i] == 200 || of_fold[i] == 201);
	CHECK(memcmp(f->fold_of[0], same->fold_of[0], ROWS * sizeof(uint16_t)) == 0);
	for (size_t i = 0; i < ROWS; i++)
		differ += f->fold_of[0][i] != other->fold_of[0][i];
	CHECK(differ > ROWS / 2);
	for (size_t i = 0; i < ROWS; i++)
		CHECK(up_fold_tries(f, 0, f->fold_of[0][i], i) && !up_fold_trains(f, 0, f->fold_of[0][i], i) &&
			  up_fold_trains(f, 0, f->fold_of[0][i] % 5 + 1, i));
}

/* Rows that are not split are in no fold. */
static void
test_some_rows(void)
{
	UpSplitRows r = rows_of(ROWS);
	UpSplitFolds *f;

	r.n = 500;
	f = made(UP_SPLIT_STRATIFIED, 4, 1, &r);
	for (size_t i = 0; i < ROWS; i++)
	{
		bool in = i >= ROWS - 500;

		CHECK((f->fold_of[0][i] != UP_FOLD_NONE) == in);
		CHECK(in || (!up_fold_trains(f, 0, 1, i) && !up_fold_tries(f, 0, 1, i)));
	}
}

static void
test_stratified(void)
{
	UpSplitRows r = rows_of(ROWS);
	UpSplitFolds *f = made(UP_SPLIT_STRATIFIED, 7, 3, &r);
	size_t of_class[3][8] = {{0}}, total[3] = {0}, of_fold[8];

	count(f, ROWS, of_fold);
	for (size_t i = 0; i < ROWS; i++)
	{
		of_class[(int) labels[i]][f->fold_of[0][order[i]]]++;
		total[(int) labels[i]]++;
	}
	for (int fold = 1; fold <= 7; fold++)
	{
		CHECK(of_fold[fold] == ROWS / 7 || of_fold[fold] == ROWS / 7 + 1);
		for (int c = 0; c < 3; c++)
			CHECK(of_class[c][fold] == total[c] / 7 || of_class[c][fold] == total[c] / 7 + 1);
	}
}

/* Values: the means of the folds are alike. */
static void
test_stratified_values(void)
{
	UpSplitRows r = rows_of(1000);
	UpSplitFolds *f;
	double mean[6] = {0};

	for (size_t i = 0; i < 1000; i++)
		labels[i] = (double) (i * i);
	r.n_classes = 0;
	f = made(UP_SPLIT_STRATIFIED, 5, 3, &r);
	for (size_t i = 0; i < 1000; i++)
		mean[f->fold_of[0][order[i]]] += labels[i] / 200;
	for (int fold = 1; fold <= 5; fold++)
		CHECK_NEAR(mean[fold], 999.0 * 1999 / 6, 2000);
}

static void
test_hash(void)
{
	UpSplitRows r = rows_of(ROWS), less = r;
	UpSplitFolds *f = made(UP_SPLIT_HASH, 5, 0, &r), *g;
	size_t of_fold[6];

	count(f, ROWS, of_fold);
	for (int i = 1; i <= 5; i++)
		CHECK(of_fold[i] > 150 && of_fold[i] < 250);
	/* Whatever other rows there are. */
	less.n = 100;
	g = made(UP_SPLIT_HASH, 5, 0, &less);
	for (size_t i = 0; i < 100; i++)
		CHECK(f->fold_of[0][order[i]] == g->fold_of[0][order[i]]);
	/* Rows below a share of the hash, which are held out, leave no fold empty. */
	for (size_t i = 0; i < ROWS; i++)
		hashes[i] = hashes[i] / 2 + (UINT64_C(1) << 63);
	count(made(UP_SPLIT_HASH, 5, 0, &r), ROWS, of_fold);
	for (int i = 1; i <= 5; i++)
		CHECK(of_fold[i] > 150);
}

static void
test_groups(void)
{
	UpSplitRows r = rows_of(ROWS);
	UpSplitFolds *f;
	uint16_t of_group[40] = {0};
	size_t of_fold[6], of_class[3][6] = {{0}}, total[3] = {0};

	/* Groups of one class; of different sizes; and some rows without one. */
	for (size_t i = 0; i < ROWS; i++)
	{
		size_t row = order[i];

		column[row] = i < 10 ? NAN : (double) (up_mix64(i) % 12 + 12 * (size_t) labels[i]);
	}
	f = made(UP_SPLIT_GROUP, 5, 1, &r);
	count(f, ROWS, of_fold);
	for (size_t i = 0; i < ROWS; i++)
	{
		uint16_t *of = &of_group[isnan(column[order[i]]) ? 39 : (int) column[order[i]]];

		if (!isnan(column[order[i]]))
			CHECK(*of == 0 || *of == f->fold_of[0][order[i]]);
		*of = f->fold_of[0][order[i]];
		of_class[(int) labels[i]][*of]++;
		total[(int) labels[i]]++;
	}
	for (int fold = 1; fold <= 5; fold++)
	{
		CHECK(of_fold[fold] > 150 && of_fold[fold] < 260);
		for (int c = 0; c < 3; c++)
			CHECK(of_class[c][fold] * 5 > total[c] / 2 && of_class[c][fold] * 5 < total[c] * 2);
	}
	for (size_t i = 0; i < ROWS; i++)
		column[i] = (double) (i % 4);
	CHECK_FAILS(UP_INVALID_DATA, "5 folds need at least as many groups, and there are 4",
				made(UP_SPLIT_GROUP, 5, 1, &r));
}

/* scikit-learn's TimeSeriesSplit(5) of 1003 rows: test sets of 167 rows, the first after 168. */
static void
test_time(void)
{
	UpSplitRows r = rows_of(ROWS);
	UpSplitFolds *f;

	for (size_t i = 0; i < ROWS; i++)
		column[i] = (double) i;
	f = made(UP_SPLIT_TIME, 5, 0, &r);
	CHECK(f->ordered);
	for (size_t i = 0; i < ROWS; i++)
		CHECK(f->fold_of[0][i] == (i < 168 ? 0 : (i - 168) / 167 + 1));
	CHECK(up_fold_trains(f, 0, 1, 0) && !up_fold_trains(f, 0, 1, 168) && !up_fold_trains(f, 0, 1, ROWS - 1));
	CHECK(up_fold_trains(f, 0, 2, 168) && up_fold_tries(f, 0, 1, 168));
	/* Rows of one time are not divided. */
	for (size_t i = 0; i < ROWS; i++)
		column[i] = (double) (i / 50);
	f = made(UP_SPLIT_TIME, 5, 0, &r);
	for (size_t i = 1; i < ROWS; i++)
		CHECK(f->fold_of[0][i] == f->fold_of[0][i - 1] || column[i] > column[i - 1]);
	for (size_t i = 0; i < ROWS; i++)
		column[i] = (double) (i % 3);
	CHECK_FAILS(UP_INVALID_DATA, "too few different times for 5 folds", made(UP_SPLIT_TIME, 5, 0, &r));
	column[5] = NAN;
	CHECK_FAILS(UP_INVALID_DATA, "1 row has no time", made(UP_SPLIT_TIME, 5, 0, &r));
}

static void
test_column(void)
{
	UpSplitRows r = rows_of(9);
	UpSplitFolds *f;
	static const double given[] = {7, 3, -1, 3, 7, NAN, 0, 0, 3};
	static const uint16_t expected[] = {3, 2, 0, 2, 3, 0, 1, 1, 2};

	memcpy(column, given, sizeof(given));
	f = made(UP_SPLIT_COLUMN, 5, 0, &r);
	CHECK(f->n_folds == 3 && memcmp(f->fold_of[0], expected, sizeof(expected)) == 0);
	CHECK(up_fold_trains(f, 0, 1, 2) && !up_fold_tries(f, 0, 1, 2));
	for (size_t i = 0; i < 9; i++)
		column[i] = -1;
	CHECK_FAILS(UP_INVALID_DATA, "names no fold", made(UP_SPLIT_COLUMN, 5, 0, &r));
}

static void
test_few_rows(void)
{
	UpSplitRows r = rows_of(3);

	CHECK_FAILS(UP_INVALID_DATA, "4 folds need at least as many rows, and there are 3",
				made(UP_SPLIT_RANDOM, 4, 0, &r));
	CHECK(made(UP_SPLIT_STRATIFIED, 3, 0, &r)->n_folds == 3);
}

static void
test_parse(void)
{
	UpValue *o = up_value_object();
	UpSplit s = up_split_parse(NULL, 0, 7);

	CHECK(s.method == UP_SPLIT_AUTO && s.folds == 5 && s.repeats == 1 && s.seed == 7 && s.column == NULL);
	up_value_set(o, "folds", up_value_number(3));
	CHECK(up_split_parse(o, 0, 0).folds == 3);
	CHECK_FAILS(UP_INVALID_PARAMETER, "another number of folds", up_split_parse(o, 4, 0));
	up_value_set(o, "method", up_value_string("time"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "needs a column", up_split_parse(o, 0, 0));
	up_value_set(o, "column", up_value_string("at"));
	CHECK(strcmp(up_split_parse(o, 0, 0).column, "at") == 0);
	up_value_set(o, "repeats", up_value_number(2));
	CHECK_FAILS(UP_INVALID_PARAMETER, "the same at every repetition", up_split_parse(o, 0, 0));
	up_value_set(o, "method", up_value_string("random"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no column", up_split_parse(o, 0, 0));
	up_value_set(o, "fold", up_value_number(2));
	CHECK_FAILS(UP_INVALID_PARAMETER, "split has no parameter \"fold\"", up_split_parse(o, 0, 0));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"random", test_random},
		{"some rows", test_some_rows},
		{"stratified", test_stratified},
		{"stratified values", test_stratified_values},
		{"hash", test_hash},
		{"groups", test_groups},
		{"time", test_time},
		{"column", test_column},
		{"few rows", test_few_rows},
		{"parse", test_parse},
	};

	return up_run_tests("splits", tests, UP_LENGTH(tests));
}
