/*
 * test_clusters.c - clusters keep their numbers where they are still there, and new ones get others
 */
#include "check.h"

#include "assess/clusters.h"
#include "assess/silhouette.h"
#include "base/rng.h"
#include "learn/learners.h"
#include "learn/train.h"

#define ROWS 600

typedef struct Blob
{
	double x, y;
	int rows;
} Blob;

static UpFrame *
frame_of(const Blob *blobs, int n)
{
	UpFrame *f = up_frame_new(3, true, UP_LABEL_NONE, NULL);
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	/* One that is no feature comes first. */
	up_frame_set_column(f, 0, "id", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 1, "x", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 2, "y", UP_COLUMN_NUMBER);
	for (int b = 0; b < n; b++)
	{
		for (int i = 0; i < blobs[b].rows; i++)
		{
			double *row = up_samples_add(f->samples);

			row[0] = 1000 * i;
			row[1] = blobs[b].x + up_rng_normal(&rng) * 0.3;
			row[2] = blobs[b].y + up_rng_normal(&rng) * 0.3;
		}
	}
	return f;
}

static UpModel *
train(UpFrame *f, int k)
{
	UpValue *params = up_value_object(), *exclude = up_value_array();
	UpTraining t = {.frame = f};

	up_value_append(exclude, up_value_string("id"));
	up_value_set(params, "exclude", exclude);
	up_value_set(params, "k", up_value_number(k));
	t.request = up_request_parse(up_learner_by_name("kmeans"), params);
	return up_train(&t);
}

/* A model as it is read back. */
static UpModel *
stored(const UpModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	return up_get_model(w.bytes, w.len);
}

static int
number_at(const UpModel *m, double x, double y)
{
	double inputs[] = {x, y}, out = -1;

	up_model_predict(stored(m), inputs, 1, &out);
	return (int) out;
}

static const Blob three[] = {{0, 0, 300}, {10, 0, 200}, {0, 10, 100}};

/* Sizes change places; the numbers stay. */
static void
test_sizes_swap(void)
{
	static const Blob swapped[] = {{0, 0, 100}, {10, 0, 150}, {0, 10, 350}};
	UpModel *before = train(frame_of(three, 3), 3), *now;
	UpFrame *f = frame_of(swapped, 3);

	CHECK(number_at(before, 0, 0) == 0 && number_at(before, 10, 0) == 1 && number_at(before, 0, 10) == 2);
	now = train(f, 3);
	CHECK(number_at(now, 0, 0) == 2 && number_at(now, 0, 10) == 0);
	CHECK(up_clusters_keep(f, stored(before), up_clusters_next(before), now) == NULL);
	CHECK(number_at(now, 0, 0) == 0 && number_at(now, 10, 0) == 1 && number_at(now, 0, 10) == 2);
	CHECK(up_clusters_next(now) == 3);
	/* And those of that version in turn. */
	f = frame_of(three, 3);
	before = now;
	now = train(f, 3);
	CHECK(up_clusters_keep(f, stored(before), 3, now) == NULL);
	CHECK(number_at(now, 0, 0) == 0 && number_at(now, 10, 0) == 1 && number_at(now, 0, 10) == 2);
	CHECK(now->learner->clusters(now->body).numbers == NULL);
}

/* One goes far away: what it is nearest to is still there, though smaller, and it is new. */
static void
test_moves_away(void)
{
	static const Blob moved[] = {{0, 40, 300}, {10, 0, 200}, {0, 10, 100}};
	UpModel *before = train(frame_of(three, 3), 3), *now;
	UpFrame *f = frame_of(moved, 3);
	char *said;

	now = train(f, 3);
	said = up_clusters_keep(f, stored(before), 3, now);
	CHECK(strcmp(said, "clusters that go on: 1, 2; gone: 0; new: 3") == 0);
	CHECK(number_at(now, 10, 0) == 1 && number_at(now, 0, 10) == 2 && number_at(now, 0, 40) == 3);
	/* It comes back: 0 was given away once, and does not come again. */
	f = frame_of(three, 3);
	before = now;
	now = train(f, 3);
	said = up_clusters_keep(f, stored(before), up_clusters_next(before), now);
	CHECK(strcmp(said, "clusters that go on: 1, 2; gone: 3; new: 4") == 0);
	CHECK(number_at(now, 0, 0) == 4);
}

/* Another k: the larger part keeps the number of one that is split, and the larger of two that become one. */
static void
test_other_k(void)
{
	static const Blob four[] = {{0, -1.5, 200}, {0, 1.5, 100}, {30, 0, 150}, {0, 30, 150}};
	UpFrame *f = frame_of(four, 4);
	UpModel *coarse = train(f, 3), *fine = train(f, 4);

	CHECK(number_at(coarse, 0, -1.5) == 0 && number_at(coarse, 0, 1.5) == 0);
	CHECK(up_clusters_keep(f, stored(coarse), 3, fine) != NULL);
	CHECK(number_at(fine, 0, -1.5) == 0 && number_at(fine, 0, 1.5) == 3);
	CHECK(number_at(fine, 30, 0) == number_at(coarse, 30, 0));
	CHECK(number_at(fine, 0, 30) == number_at(coarse, 0, 30));
	coarse = train(f, 3);
	CHECK(strstr(up_clusters_keep(f, stored(fine), 4, coarse), "gone: 3; new: none") != NULL);
	CHECK(number_at(coarse, 0, 0) == 0);
	CHECK(up_clusters_next(coarse) == 4);
}

/* Nothing in common: all are new. A version that cannot see the rows, or none, as well. */
static void
test_nothing_left(void)
{
	UpModel *before = train(frame_of(three, 3), 3), *now;
	UpFrame *f = frame_of(three, 3), *other = up_frame_new(2, true, UP_LABEL_NONE, NULL);

	up_frame_set_column(other, 0, "id", UP_COLUMN_NUMBER);
	up_frame_set_column(other, 1, "z", UP_COLUMN_NUMBER);
	for (int i = 0; i < 20; i++)
	{
		double *row = up_samples_add(other->samples);

		row[0] = 0;
		row[1] = i / 10 * 100 + i;
	}
	now = train(other, 2);
	CHECK(strcmp(up_clusters_keep(other, stored(before), 3, now),
				 "clusters are numbered anew: column \"x\" is missing") == 0);
	CHECK(now->learner->clusters(now->body).numbers[0] == 3 && up_clusters_next(now) == 5);
	now = train(f, 3);
	CHECK(strcmp(up_clusters_keep(f, NULL, 7, now), "clusters are numbered anew") == 0);
	CHECK(up_clusters_next(now) == 10);
	CHECK_FAILS(UP_LIMIT, "used up", up_clusters_keep(f, NULL, UP_CLUSTER_NUMBERS - 2, now));
}

/* Numbers in any order stay with their clusters. */
static void
test_any_order(void)
{
	static const uint32_t orders[][3] = {{5, 3, 1}, {1, 3, 5}, {3, 5, 1}, {3, 1, 5}, {5, 1, 3}, {1, 5, 3}};

	for (size_t i = 0; i < UP_LENGTH(orders); i++)
	{
		UpFrame *f = frame_of(three, 3);
		UpModel *before = train(f, 3), *now = train(f, 3);
		UpClusters clusters = {3, orders[i], 6};

		before->learner->set_numbers(before->body, &clusters);
		CHECK(up_clusters_keep(f, stored(before), 6, now) == NULL);
		CHECK(memcmp(now->learner->clusters(now->body).numbers, orders[i], sizeof(orders[i])) == 0);
		CHECK(up_clusters_next(now) == 6);
	}
}

/* Rows without any structure: the same rows keep all numbers, whatever k. */
static void
test_same_rows(void)
{
	static const Blob one[] = {{0, 0, ROWS}};

	for (int k = 1; k <= 16; k++)
	{
		UpFrame *f = frame_of(one, 1);
		UpModel *before = train(f, k), *now = train(f, k);

		CHECK(up_clusters_keep(f, stored(before), (uint32_t) k, now) == NULL);
		CHECK(now->learner->clusters(now->body).numbers == NULL);
	}
}

static void
test_dense(void)
{
	double clusters[] = {7, 2000000000, 7, 0, 12};

	CHECK(up_clusters_dense(clusters, 5) == 4);
	CHECK(clusters[0] == 1 && clusters[1] == 3 && clusters[2] == 1 && clusters[3] == 0 && clusters[4] == 2);
	CHECK(up_clusters_dense(clusters, 0) == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"sizes change places", test_sizes_swap},
		{"one moves away", test_moves_away},
		{"another k", test_other_k},
		{"nothing is left", test_nothing_left},
		{"numbers in any order", test_any_order},
		{"the same rows", test_same_rows},
		{"places among numbers", test_dense},
	};

	return up_run_tests("clusters", tests, UP_LENGTH(tests));
}
