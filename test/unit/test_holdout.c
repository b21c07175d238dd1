/*
 * test_holdout.c - rows held out of a training: how many, of what, and again
 */
#include "check.h"

#include "assess/holdout.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define N 1000

static size_t order[N];
static double labels[N], column[N];
static uint8_t kind[N], kept[N];

static UpSplitRows
rows_of(uint32_t n_classes)
{
	return (UpSplitRows){
		.n_rows = N, .order = order, .n = N, .labels = labels, .n_classes = n_classes, .column = column};
}

static size_t
count(uint8_t what)
{
	size_t n = 0;

	for (int i = 0; i < N; i++)
		n += kind[i] == what;
	return n;
}

static void
make(void)
{
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (int i = 0; i < N; i++)
	{
		order[i] = (size_t) i;
		labels[i] = up_rng_double(&rng) < 0.1 ? 1 : 0;
		column[i] = i / 10; /* groups of 10 */
	}
	up_rng_shuffle(&rng, order, N);
}

static void
test_shares(void)
{
	static const int methods[] = {UP_SPLIT_RANDOM, UP_SPLIT_STRATIFIED, UP_SPLIT_GROUP};
	UpSplitRows rows = rows_of(2);

	make();
	for (int m = 0; m < 3; m++)
	{
		UpHoldout h = {.method = methods[m], .seed = 3, .cut = NAN};

		up_holdout_mark(&h, 0.2, &rows, NULL, kind);
		CHECK(count(UP_ROW_HELD_OUT) == 200 ||
			  (m == 1 && count(UP_ROW_HELD_OUT) >= 199 && count(UP_ROW_HELD_OUT) <= 201));
		/* What was held out is held out again, with any seed. */
		memcpy(kept, kind, N);
		h.seed = 4;
		up_holdout_mark(&h, 0.2, &rows, kept, kind);
		CHECK(memcmp(kept, kind, N) == 0);
		up_holdout_mark(&h, 0.2, &rows, NULL, kind);
		CHECK(memcmp(kept, kind, N) != 0);
	}
}

static void
test_stratified(void)
{
	UpSplitRows rows = rows_of(2);
	UpHoldout h = {.method = UP_SPLIT_STRATIFIED, .cut = NAN};
	double all = 0, held = 0;

	make();
	up_holdout_mark(&h, 0.25, &rows, NULL, kind);
	for (int i = 0; i < N; i++)
	{
		all += labels[i];
		held += kind[order[i]] == UP_ROW_HELD_OUT ? labels[i] : 0;
	}
	CHECK(fabs(held - 0.25 * all) < 1);
	/* Of numbers the means are alike. */
	for (int i = 0; i < N; i++)
		labels[i] = i * i;
	rows.n_classes = 0;
	up_holdout_mark(&h, 0.25, &rows, NULL, kind);
	CHECK(count(UP_ROW_HELD_OUT) == 250);
}

static void
test_groups(void)
{
	UpSplitRows rows = rows_of(2);
	UpHoldout h = {.method = UP_SPLIT_GROUP, .cut = NAN};

	make();
	up_holdout_mark(&h, 0.3, &rows, NULL, kind);
	CHECK(count(UP_ROW_HELD_OUT) == 300);
	for (int i = 1; i < N; i++)
		CHECK(column[i] != column[i - 1] || kind[i] == kind[i - 1]);
}

static void
test_times(void)
{
	UpSplitRows rows = rows_of(2);
	UpHoldout h = {.method = UP_SPLIT_TIME, .gap = 10, .cut = NAN};

	make();
	up_holdout_mark(&h, 0.25, &rows, NULL, kind);
	CHECK_NEAR(h.cut, 75, 0);
	CHECK(count(UP_ROW_HELD_OUT) == 250);
	/* What is just a gap before the cut is trained on: 65, and not 66. */
	CHECK(count(UP_ROW_LEFT) == 90);
	CHECK(kind[650] == UP_ROW_TRAINED && kind[660] == UP_ROW_LEFT && kind[750] == UP_ROW_HELD_OUT);
	h.cut = 99;
	h.gap = 0;
	up_holdout_mark(&h, 0.25, &rows, NULL, kind);
	CHECK(count(UP_ROW_HELD_OUT) == 10 && count(UP_ROW_LEFT) == 0);
}

static void
test_values(void)
{
	UpHoldout h = {.method = UP_SPLIT_TIME, .column = "day", .gap = 3, .cut = 7.5}, back;
	UpValue *v = up_holdout_value(&h);

	CHECK(up_holdout_read(v, &back) && up_holdout_same(&h, &back) && back.cut == 7.5 && back.gap == 3);
	h = (UpHoldout){.method = UP_SPLIT_RANDOM, .seed = (uint64_t) -5};
	CHECK(up_holdout_read(up_holdout_value(&h), &back) && up_holdout_same(&h, &back));
	CHECK(!up_holdout_read(NULL, &back));
	CHECK(!up_holdout_read(up_value_number(1), &back));
	CHECK(!up_holdout_read(up_value_object(), &back));
	up_value_set(v, "method", up_value_string("nothing"));
	CHECK(!up_holdout_read(v, &back));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"shares", test_shares}, {"stratified", test_stratified}, {"groups", test_groups},
		{"times", test_times},   {"values", test_values},
	};

	return up_run_tests("holdout", tests, UP_LENGTH(tests));
}
