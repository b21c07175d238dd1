/*
 * test_recommend.c - recommenders: figures worked out by hand or by plain loops, odd data, bytes and damage
 */
#include "check.h"

#include "assess/ranking_k.h"
#include "base/rng.h"
#include "learn/model.h"
#include "learn/recommend/recommend.h"
#include "learn/recommend/recommend_many.h"
#include "num/dense.h"

#define DAY 86400.0

typedef struct Row
{
	uint32_t user, item;
	double weight, days;
} Row;

/* Users 0, 1 have a, b; 2 has a, c; 3 has c, d; 4 has all; weights and times beside. */
static const Row few[] = {{0, 0, 1, 1}, {0, 1, 2, 2}, {1, 0, 1, 3}, {1, 1, 1, 4}, {2, 0, 3, 5}, {2, 2, 1, 6},
						  {3, 2, 1, 7}, {3, 3, 5, 8}, {4, 0, 1, 9}, {4, 1, 1, 9}, {4, 2, 1, 9}, {4, 3, 1, 10}};
static const char *const few_items[] = {"a", "b", "c", "d"};
static const uint32_t few_segments[] = {1, 1, 0, 0, UP_NO_SEGMENT};
static const char *const segment_names[] = {"north", "south"};

static UpRecommendRequest *
request(const char *algorithm, const char *name, double value, const char *other, const char *text)
{
	UpValue *params = up_value_object();

	if (name != NULL)
		up_value_set(params, name, up_value_number(value));
	if (other != NULL)
		up_value_set(params, other, up_value_string(text));
	return up_recommend_request(up_recommender_by_name(algorithm), params);
}

static void
add_rows(UpPairs *e, const Row *rows, size_t n)
{
	up_pairs_init(e, true, true);
	for (size_t i = 0; i < n; i++)
		up_pairs_add(e, rows[i].user, rows[i].item, rows[i].weight, rows[i].days * DAY);
}

static UpRecommendModel *
train_few(const UpRecommendRequest *q, bool segments)
{
	UpPairs events;
	UpRecommendTraining t = {.request = q, .events = &events, .n_users = 5, .n_items = 4, .items = few_items};

	add_rows(&events, few, UP_LENGTH(few));
	if (segments)
	{
		t.segments = few_segments;
		t.n_segments = 2;
		t.segment_names = segment_names;
	}
	return up_recommend_train(&t);
}

static UpHistory *
history(const UpRecommendModel *m, const Row *rows, size_t n, uint32_t segment)
{
	UpPairs events;

	add_rows(&events, rows, n);
	return up_recommend_history(m, &events, segment);
}

/* Drawn events of groups: a user of group g has items of g, and now and then another. */
static UpPairs
drawn(uint32_t n_users, uint32_t n_items, uint32_t groups, uint32_t each, bool reversed)
{
	UpPairs e;
	UpRng rng;
	size_t n;
	Row *rows = up_alloc_array((size_t) n_users * each, sizeof(Row));

	up_rng_init(&rng, 5, 0);
	for (uint32_t u = 0; u < n_users; u++)
	{
		for (uint32_t i = 0; i < each; i++)
		{
			uint32_t item = (uint32_t) up_rng_below(&rng, n_items / groups) * groups + u % groups;

			if (up_rng_below(&rng, 10) == 0)
				item = (uint32_t) up_rng_below(&rng, n_items);
			rows[u * each + i] =
				(Row){u, item, 1 + (double) up_rng_below(&rng, 4), (double) up_rng_below(&rng, 50)};
		}
	}
	n = (size_t) n_users * each;
	up_pairs_init(&e, true, true);
	for (size_t i = 0; i < n; i++)
	{
		const Row *r = &rows[reversed ? n - 1 - i : i];

		up_pairs_add(&e, reversed ? n_users - 1 - r->user : r->user, reversed ? n_items - 1 - r->item : r->item,
					 r->weight, r->days * DAY);
	}
	return e;
}

static const char **
names_of(uint32_t n, bool reversed)
{
	const char **names = up_alloc_array(n, sizeof(char *));

	for (uint32_t i = 0; i < n; i++)
		names[i] = up_format("%05u", reversed ? n - 1 - i : i);
	return names;
}

static UpRecommendModel *
train_drawn(const UpRecommendRequest *q, const UpPairs *e, uint32_t n_users, uint32_t n_items, bool reversed)
{
	UpRecommendTraining t = {.request = q, .events = e, .n_users = n_users, .n_items = n_items};

	t.items = names_of(n_items, reversed);
	return up_recommend_train(&t);
}

static void
test_popularity(void)
{
	UpRecommendModel *m = train_few(request("popularity", "smoothing", 2, NULL, NULL), true);
	UpHistory nobody = {.segment = UP_NO_SEGMENT}, *some;
	double out[4];
	uint32_t top[4], north = up_recommend_segment(m, "north"), south = up_recommend_segment(m, "south");
	uint8_t owned[4] = {1, 0, 0, 0};

	CHECK(up_recommend_score(m, &nobody, out) == UP_BY_ALL);
	CHECK_NEAR(out[0], 4.0 / 5, 1e-12);
	CHECK_NEAR(out[3], 2.0 / 5, 1e-12);
	CHECK(north == 0 && south == 1 && up_recommend_segment(m, "west") == UP_NO_SEGMENT);
	/* Users 0 and 1 are of the south: a and b twice each, and two users as all are. */
	nobody.segment = south;
	CHECK(up_recommend_score(m, &nobody, out) == UP_BY_SEGMENT);
	CHECK_NEAR(out[0], (2 + 2 * 0.8) / 4, 1e-12);
	CHECK_NEAR(out[1], (2 + 2 * 0.6) / 4, 1e-12);
	CHECK_NEAR(out[2], 2 * 0.6 / 4, 1e-12);
	CHECK(up_recommend_top(m, out, owned, 4, top) == 3 && top[0] == 1 && top[1] == 2 && top[2] == 3);
	CHECK(up_recommend_top(m, out, NULL, 1, top) == 1 && top[0] == 0);
	CHECK(up_recommend_top(m, out, NULL, 0, top) == 0);
	/* A user's history is passed over. */
	some = history(m, few, 2, north);
	CHECK(some->n == 2 && up_recommend_score(m, some, out) == UP_BY_SEGMENT && out[2] > out[1]);
	CHECK(up_recommend_item(m, "c") == 2 && up_recommend_item(m, "e") == UP_NO_ITEM);
	CHECK_FAILS(UP_WRONG_KIND, "knows no similar items", up_recommend_similar(m, 0, out));
	m = train_few(request("popularity", NULL, 0, "by", "weight"), false);
	nobody.segment = UP_NO_SEGMENT;
	CHECK(up_recommend_score(m, &nobody, out) == UP_BY_ALL && fabs(out[3] - 6.0 / 5) < 1e-12);
}

static void
test_half_life(void)
{
	UpRecommendModel *m = train_few(request("popularity", "half_life", 3, NULL, NULL), false);
	UpHistory nobody = {.segment = UP_NO_SEGMENT}, *h;
	static const Row repeated[] = {{0, 2, 2, 10}, {0, 1, 1, 4}, {0, 2, 4, 7}, {0, 1, 8, NAN}};
	double out[4];

	up_recommend_score(m, &nobody, out);
	/* d: days 8 and 10 of 10. */
	CHECK_NEAR(out[3], (exp2(-2 / 3.0) + 1) / 5, 1e-12);
	m = train_few(request("item_knn", "half_life", 3, NULL, NULL), false);
	h = history(m, repeated, 4, UP_NO_SEGMENT);
	CHECK(h->n == 2 && h->items[0] == 1 && h->items[1] == 2);
	/* Without a time: as old as the oldest. */
	CHECK_NEAR(h->weights[0], 9 * exp2(-2.0), 1e-12);
	CHECK_NEAR(h->weights[1], 2 + 4 * exp2(-1.0), 1e-12);
	CHECK_NEAR(h->recency[0], exp2(-2.0), 1e-12);
	CHECK_NEAR(h->recency[1], 1, 0);
}

/* Similarities as they are scored by a history of one item. */
static void
knn_row(const char *similarity, double shrinkage, double *out)
{
	UpRecommendModel *m =
		train_few(request("item_knn", "shrinkage", shrinkage, "similarity", similarity), false);

	up_recommend_similar(m, 0, out);
}

static void
test_item_knn(void)
{
	UpRecommendModel *m;
	UpHistory *h;
	double out[4], reasons[2];
	double l1 = log(2.0), l2 = log(3.0), l3 = log(4.0);

	/* a: users 0, 1, 2, 4 (weights 1, 1, 3, 1); c: users 2, 3, 4. */
	knn_row("cosine", 0, out);
	CHECK_NEAR(out[2], (l3 * l1 + l1 * l1) / sqrt((3 * l1 * l1 + l3 * l3) * 3 * l1 * l1), 1e-6);
	CHECK_NEAR(out[1], (l1 * l2 + 2 * l1 * l1) / sqrt((3 * l1 * l1 + l3 * l3) * (2 * l1 * l1 + l2 * l2)), 1e-6);
	CHECK_NEAR(out[0], 0, 0);
	knn_row("jaccard", 1, out);
	CHECK_NEAR(out[1], 3.0 / 4 * 3 / 4, 1e-6);
	CHECK_NEAR(out[2], 2.0 / 5 * 2 / 3, 1e-6);
	knn_row("llr", 0, out);
	/* a and b: both 3, a alone 1, b alone 0, none 1: 2 sum k log (k n / row / column). */
	CHECK_NEAR(out[1], 1 - 1 / (1 + 2 * (3 * log(3 * 5.0 / 12) + log(1 * 5.0 / 8) + log(1 * 5.0 / 2))), 1e-6);
	CHECK_NEAR(out[2], 0, 0); /* rarer than by chance */
	m = train_few(request("item_knn", "k", 1, "weighting", "linear"), false);
	h = history(m, few, 2, UP_NO_SEGMENT);
	CHECK(up_recommend_score(m, h, out) == UP_BY_HISTORY);
	CHECK(up_recommend_reason(m, h, 0, reasons) == UP_BY_HISTORY && reasons[0] == 0);
	CHECK_NEAR(reasons[1], out[0], 1e-12);
	CHECK(up_recommend_reason(m, h, 3, reasons) == UP_BY_ALL);
	/* User 4 has all: without him nobody has b and c. */
	m = train_few(request("item_knn", "max_items", 3, NULL, NULL), false);
	up_recommend_similar(m, 1, out);
	CHECK(out[2] == 0 && out[0] > 0 && up_value_get(m->summary, "users_left_out")->number == 1);
}

/* EASE over more items than a block has, against one Cholesky factor of the whole. */
static void
test_ease(void)
{
	enum
	{
		USERS = 90,
		ITEMS = 150
	};
	UpPairs e = drawn(USERS, ITEMS, 3, 20, false);
	UpRecommendModel *m =
		train_drawn(request("ease", "regularization", 7, NULL, NULL), &e, USERS, ITEMS, false);
	bool *has = up_alloc0(USERS * ITEMS);
	double *gram = up_alloc0(ITEMS * ITEMS * sizeof(double)),
		   *inverse = up_alloc0(ITEMS * ITEMS * sizeof(double));
	double out[ITEMS], worst = 0;

	for (size_t i = 0; i < e.n; i++)
		has[e.pairs[2 * i] * ITEMS + e.pairs[2 * i + 1]] = true;
	for (size_t i = 0; i < ITEMS; i++)
	{
		for (size_t j = 0; j < ITEMS; j++)
		{
			for (size_t u = 0; u < USERS; u++)
				gram[i * ITEMS + j] += has[u * ITEMS + i] && has[u * ITEMS + j];
		}
		gram[i * ITEMS + i] += 7;
		inverse[i * ITEMS + i] = 1;
	}
	CHECK(up_dense_cholesky(gram, ITEMS, ITEMS, 0, NULL) == ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		up_dense_solve(gram, ITEMS, ITEMS, NULL, inverse + i * ITEMS);
	for (uint32_t j = 0; j < ITEMS; j++)
	{
		up_recommend_similar(m, j, out);
		for (size_t i = 0; i < ITEMS; i++)
		{
			if (i != j)
				worst = UP_MAX(worst, fabs(out[i] + inverse[j * ITEMS + i] / inverse[i * ITEMS + i]));
		}
	}
	CHECK_NEAR(worst, 0, 1e-7);
	up_test_memory_limit = 300000;
	CHECK_FAILS(UP_LIMIT, "150 items are too many for algorithm \"ease\"",
				train_drawn(request("ease", NULL, 0, NULL, NULL), &e, USERS, ITEMS, false));
	up_test_memory_limit = (size_t) 1 << 30;
}

/* The best for a user of group g that he has not are of g; what adds to a score is its whole, but for a bias. */
static void
check_groups(const char *algorithm, const char *name, double value, double *share)
{
	enum
	{
		USERS = 120,
		ITEMS = 60
	};
	UpPairs e = drawn(USERS, ITEMS, 3, 12, false);
	UpRecommendModel *m = train_drawn(request(algorithm, name, value, NULL, NULL), &e, USERS, ITEMS, false);
	double scores[ITEMS], reasons[64], right = 0;

	for (uint32_t u = 0; u < USERS; u++)
	{
		uint8_t owned[ITEMS] = {0};
		uint32_t top[5];
		UpPairs mine;
		UpHistory *h;
		double sum = 0;

		up_pairs_init(&mine, true, true);
		for (size_t i = u * 12; i < u * 12 + 12; i++)
			up_pairs_add(&mine, 0, e.pairs[2 * i + 1], e.weights[i], e.times[i]);
		h = up_recommend_history(m, &mine, UP_NO_SEGMENT);
		CHECK(up_recommend_score(m, h, scores) == UP_BY_HISTORY);
		for (uint32_t i = 0; i < h->n; i++)
			owned[h->items[i]] = 1;
		CHECK(up_recommend_top(m, scores, owned, 5, top) == 5);
		for (int i = 0; i < 5; i++)
			right += top[i] % 3 == u % 3;
		CHECK(up_recommend_reason(m, h, top[0], reasons) == UP_BY_HISTORY);
		for (uint32_t i = 0; i < h->n; i++)
			sum += reasons[i];
		if (strcmp(algorithm, "als") == 0 || strcmp(algorithm, "ease") == 0 ||
			strcmp(algorithm, "item_knn") == 0)
			up_check(fabs(sum - scores[top[0]]) < 1e-5, __FILE__, __LINE__, "%s: reasons %g of %g", algorithm,
					 sum, scores[top[0]]);
	}
	*share = right / (5 * USERS);
}

static void
test_groups(void)
{
	static const char *const algorithms[] = {"item_knn", "als", "bpr", "ease"};

	for (size_t i = 0; i < UP_LENGTH(algorithms); i++)
	{
		double share;

		check_groups(algorithms[i], i == 3 ? "regularization" : NULL, 20, &share);
		up_check(share > 0.85, __FILE__, __LINE__, "%s: %g are of the user's group", algorithms[i], share);
	}
}

static void
test_als(void)
{
	UpPairs e = drawn(80, 40, 2, 10, false);
	UpValue *params = up_value_object();
	UpRecommendModel *a, *b;

	up_value_set(params, "factors", up_value_number(5));
	up_value_set(params, "iterations", up_value_number(40));
	up_value_set(params, "cg_steps", up_value_number(10));
	a = train_drawn(up_recommend_request(&up_recommend_als, params), &e, 80, 40, false);
	up_value_set(params, "solver", up_value_string("cholesky"));
	b = train_drawn(up_recommend_request(&up_recommend_als, params), &e, 80, 40, false);
	CHECK_NEAR(up_value_get(a->summary, "loss")->number / up_value_get(b->summary, "loss")->number, 1, 1e-4);
	CHECK(up_recommend_vector_length(a) == 5);
}

/* Ratings 3 + u + i + u i / 4 of biases and one factor come back. */
static void
test_mf(void)
{
	UpPairs e;
	UpValue *params = up_value_object();
	UpRecommendModel *m;
	UpHistory *h;
	double out[20], reasons[20];
	static const Row rated[] = {{0, 1, 1, 1}, {0, 1, -4, 2}, {0, 1, -2, 2}};

	up_pairs_init(&e, true, false);
	for (uint32_t u = 0; u < 30; u++)
	{
		for (uint32_t i = 0; i < 20; i++)
		{
			double a = (u % 7) - 3.0, b = (i % 5) - 2.0;

			if ((u * 7 + i * 3) % 4 > 0)
				up_pairs_add(&e, u, i, 3 + a + b + a * b / 4, NAN);
		}
	}
	up_value_set(params, "factors", up_value_number(2));
	up_value_set(params, "regularization", up_value_number(1e-4));
	up_value_set(params, "iterations", up_value_number(60));
	m = train_drawn(up_recommend_request(&up_recommend_mf, params), &e, 30, 20, false);
	CHECK(up_value_get(m->summary, "rmse")->number < 0.02);
	{
		UpPairs mine;

		up_pairs_init(&mine, true, false);
		for (uint32_t i = 0; i < 20; i += 2)
			up_pairs_add(&mine, 0, i, 3 + 2 + (i % 5 - 2.0) + 2 * (i % 5 - 2.0) / 4, NAN);
		h = up_recommend_history(m, &mine, UP_NO_SEGMENT);
	}
	up_recommend_score(m, h, out);
	for (uint32_t i = 0; i < 20; i++)
		CHECK_NEAR(out[i], 5 + (i % 5 - 2.0) * 1.5, 0.05);
	CHECK(up_recommend_reason(m, h, 1, reasons) == UP_BY_HISTORY);
	/* The latest of a pair counts; the mean of those of one time. */
	h = history(m, rated, 3, UP_NO_SEGMENT);
	CHECK(h->n == 1 && h->weights[0] == -3);
	/* Popularity beside ratings takes them as such. */
	{
		UpRecommendRequest *q = request("popularity", NULL, 0, NULL, NULL);
		UpPairs few_rated;

		q->ratings = true;
		add_rows(&few_rated, rated, 3);
		m = train_drawn(q, &few_rated, 1, 2, false);
		CHECK(m->popular->counts[1] == 1);
		CHECK(history(m, rated, 3, UP_NO_SEGMENT)->n == 1);
	}
	CHECK_FAILS(UP_INVALID_PARAMETER, "takes no half-life", request("mf", "half_life", 3, NULL, NULL));
}

/* ---- odd data ---- */

/* What each recommender says of them are finite numbers. */
static void
check_odd(const UpRecommender *r, const Row *rows, size_t n, uint32_t n_users, uint32_t n_items)
{
	UpPairs e;
	UpRecommendModel *m;
	UpHistory *h;
	double out[4], reasons[4];
	UpRecommendTraining t = {.events = &e, .n_users = n_users, .n_items = n_items, .items = few_items};

	add_rows(&e, rows, n);
	t.request = up_recommend_request(r, NULL);
	m = up_recommend_train(&t);
	h = history(m, rows, 1, UP_NO_SEGMENT);
	up_recommend_score(m, h, out);
	for (uint32_t i = 0; i < n_items; i++)
		up_check(isfinite(out[i]), __FILE__, __LINE__, "%s: score %g", r->name, out[i]);
	up_recommend_reason(m, h, 0, reasons);
	up_value_text(up_recommend_info(m));
}

static void
check_refused(const UpRecommender *r)
{
	static const Row negative[] = {{0, 0, -1, 1}}, zero[] = {{0, 0, 0, 1}}, vast[] = {{0, 0, 1e300, 1}};

	CHECK_FAILS(UP_INVALID_DATA, "no events", check_odd(r, zero, 0, 1, 1));
	CHECK_FAILS(UP_INVALID_DATA, "must not exceed", check_odd(r, vast, 1, 1, 1));
	if (r->ratings)
		return;
	CHECK_FAILS(UP_INVALID_DATA, "must be above 0", check_odd(r, negative, 1, 1, 1));
	CHECK_FAILS(UP_INVALID_DATA, "must be above 0", check_odd(r, zero, 1, 1, 1));
}

static void
test_odd(void)
{
	static const Row one[] = {{0, 0, 1, 1}}, same[] = {{0, 0, 1, 1}, {0, 0, 1, 1}, {1, 0, 1, 1}};
	static const Row whole[] = {{0, 0, 1, 1}, {0, 1, 1, 1}, {0, 2, 1, 1}, {0, 3, 1, 1}};
	static const Row huge[] = {{0, 0, 1e15, 1}, {0, 1, 1e-300, 1}, {1, 1, 1e15, 1}, {1, 3, 1, 1}};

	for (int i = 0; i < up_n_recommenders; i++)
	{
		const UpRecommender *r = up_recommenders[i];

		check_odd(r, one, 1, 1, 1);
		check_odd(r, same, 3, 2, 1);
		check_odd(r, whole, 4, 1, 4);
		check_odd(r, huge, 4, 2, 4);
		check_odd(r, whole, 1, 3, 4); /* users and items without an event */
		check_refused(r);
	}
}

static void
test_refused(void)
{
	UpPairs e;

	up_pairs_init(&e, true, true);
	CHECK_FAILS(UP_INVALID_DATA, "weights of events must be finite", up_pairs_add(&e, 0, 0, NAN, 0));
	CHECK_FAILS(UP_INVALID_DATA, "times of events must be finite", up_pairs_add(&e, 0, 0, 1, INFINITY));
	CHECK_FAILS(UP_INVALID_PARAMETER, "recommender \"ALs\" does not exist", up_recommender_by_name("ALs"));
	CHECK(strcmp(up_test_hint, "Perhaps you meant \"als\".") == 0);
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no parameter \"factor\"", request("als", "factor", 3, NULL, NULL));
}

/* The same events in another order, of users and items numbered otherwise, give the same bytes. */
static void
test_order(void)
{
	for (int i = 0; i < up_n_recommenders; i++)
	{
		UpRecommendRequest *q = up_recommend_request(up_recommenders[i], NULL);
		UpWriter w[2];

		for (int reversed = 0; reversed < 2; reversed++)
		{
			UpPairs e = drawn(50, 24, 3, 9, reversed);

			up_writer_init(&w[reversed]);
			up_put_recommender(&w[reversed], train_drawn(q, &e, 50, 24, reversed));
		}
		up_check(w[0].len == w[1].len && memcmp(w[0].bytes, w[1].bytes, w[0].len) == 0, __FILE__, __LINE__,
				 "%s: the order of events does not show", up_recommenders[i]->name);
	}
}

/* Histories of all users at once, and vectors of these, are those of each. Every seventh item came after the training. */
static void
test_many(void)
{
	enum
	{
		USERS = 150,
		ITEMS = 60
	};
	UpPairs e = drawn(USERS, ITEMS, 3, 80, false), mine;
	uint32_t number[ITEMS], length;

	for (uint32_t i = 0; i < ITEMS; i++)
		number[i] = i % 7 == 0 ? UP_NO_ITEM : i;
	for (int i = 0; i < 2 * up_n_recommenders; i++)
	{
		UpRecommendModel *m =
			train_drawn(up_recommend_request(up_recommenders[i / 2], NULL), &e, USERS, ITEMS, false);
		double *weights = e.weights, *vectors, *vector;
		UpInteractions *x;

		e.weights = i % 2 == 0 ? weights : NULL;
		x = up_recommend_histories(m, &e, USERS, number);
		CHECK((x == NULL) == m->recommender->ratings);
		up_test_memory_limit = 100000;
		CHECK(up_recommend_histories(m, &e, USERS, number) == NULL);
		up_test_memory_limit = (size_t) 1 << 30;
		length = up_recommend_vector_length(m);
		vectors = up_alloc_array(USERS * length + 1, sizeof(double));
		vector = up_alloc_array(length + 1, sizeof(double));
		if (x != NULL && length > 0)
			up_recommend_vectors(m, x, vectors);
		for (uint32_t u = 0; x != NULL && u < USERS; u++)
		{
			uint64_t at = x->starts[u];
			UpHistory *h;

			up_pairs_init(&mine, e.weights != NULL, true);
			for (size_t k = 80 * (size_t) u; k < 80 * ((size_t) u + 1); k++)
			{
				if (number[e.pairs[2 * k + 1]] != UP_NO_ITEM)
					up_pairs_add(&mine, 0, e.pairs[2 * k + 1], e.weights != NULL ? e.weights[k] : 1,
								 e.times[k]);
			}
			h = up_recommend_history(m, &mine, UP_NO_SEGMENT);
			CHECK(h->n == x->starts[u + 1] - at &&
				  memcmp(h->items, x->items + at, h->n * sizeof(uint32_t)) == 0 &&
				  memcmp(h->weights, x->weights + at, h->n * sizeof(double)) == 0);
			if (length > 0)
				up_recommend_vector(m, h, vector);
			CHECK(memcmp(vector, vectors + (size_t) u * length, length * sizeof(double)) == 0);
		}
		e.weights = weights;
	}
}

static void
test_cancel(void)
{
	UpPairs e = drawn(2000, 300, 3, 40, false);

	for (int i = 1; i < up_n_recommenders; i++)
	{
		up_test_ticks = 0;
		up_test_cancel_after = 5;
		CHECK_FAILS(UP_LIMIT, "cancel",
					train_drawn(up_recommend_request(up_recommenders[i], NULL), &e, 2000, 300, false));
		up_test_cancel_after = 0;
	}
}

/* ---- bytes ---- */

static void
use(const UpRecommendModel *m)
{
	static const Row rows[] = {{0, 0, 2, 3}, {0, 2, 1, 40}};
	double *out = up_alloc_array(m->n_items, sizeof(double)), reasons[2], *vector;
	uint32_t top[3], length = up_recommend_vector_length(m);
	UpHistory *h;

	if (m->n_items < 3)
		return;
	h = history(m, rows, 2, m->n_segments > 0 ? 0 : UP_NO_SEGMENT);
	up_value_text(up_recommend_info(m));
	up_recommend_score(m, h, out);
	for (uint32_t i = 0; i < m->n_items; i++)
		CHECK(isfinite(out[i]));
	CHECK(up_recommend_top(m, out, NULL, 3, top) == 3);
	up_recommend_reason(m, h, top[0], reasons);
	up_recommend_score(m, &(UpHistory){.segment = h->segment}, out);
	CHECK(isfinite(out[0]));
	if (m->recommender->similar != NULL)
		up_recommend_similar(m, 1, out);
	vector = up_alloc_array(UP_MAX(length, 1), sizeof(double));
	if (length > 0)
		up_recommend_vector(m, h, vector);
	up_recommend_item(m, "b");
}

/* Reads (and uses) bytes; true if that failed, whatever with. */
static bool
fails(const uint8_t *bytes, size_t len)
{
	volatile bool failed = false;
	UpArena *arena = up_arena_enter();

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
		use(up_get_recommender(bytes, len));
	else
		failed = true;
	up_test_catching = false;
	up_arena_leave(arena);
	return failed;
}

static void
fix_crc(uint8_t *bytes, size_t len)
{
	uint32_t payload = (uint32_t) (len - UP_RECOMMEND_HEADER_BYTES);
	uint32_t crc = up_crc32c(bytes + UP_RECOMMEND_HEADER_BYTES, payload);

	for (int i = 0; i < 4; i++)
	{
		bytes[16 + i] = (uint8_t) (payload >> (8 * i));
		bytes[20 + i] = (uint8_t) (crc >> (8 * i));
	}
}

static void
damage(const UpRecommendModel *m)
{
	const char *name = m->recommender->name;
	UpWriter w, again;
	uint8_t *copy;

	up_writer_init(&w);
	up_put_recommender(&w, m);
	up_writer_init(&again);
	up_put_recommender(&again, up_get_recommender(w.bytes, w.len));
	up_check(again.len == w.len && memcmp(again.bytes, w.bytes, w.len) == 0, __FILE__, __LINE__,
			 "%s: bytes read and written again are the same", name);
	CHECK(!fails(w.bytes, w.len));
	copy = up_alloc(w.len);
	for (size_t cut = 0; cut < w.len; cut++)
	{
		memcpy(copy, w.bytes, cut);
		if (!fails(copy, cut))
			up_check(false, __FILE__, __LINE__, "%s: cut at %zu was read", name, cut);
		if (cut <= UP_RECOMMEND_HEADER_BYTES)
			continue;
		fix_crc(copy, cut);
		if (!fails(copy, cut))
			up_check(false, __FILE__, __LINE__, "%s: cut at %zu, checksum fitted, was read", name, cut);
	}
	for (size_t i = 0; i < w.len; i++)
	{
		for (int bit = 0; bit < 8; bit += i < UP_RECOMMEND_HEADER_BYTES ? 1 : 3)
		{
			memcpy(copy, w.bytes, w.len);
			copy[i] ^= (uint8_t) (1 << bit);
			if (!fails(copy, w.len))
				up_check(false, __FILE__, __LINE__, "%s: byte %zu flipped was read", name, i);
			fix_crc(copy, w.len);
			(void) fails(copy, w.len); /* use checks what comes out */
		}
	}
	up_free(copy);
}

/* With segments, ages, and two factors. */
static UpRecommendModel *
train_small(const UpRecommender *r)
{
	UpValue *params = up_value_object();

	for (int p = 0; p < r->params.n; p++)
	{
		if (strcmp(r->params.params[p].name, "factors") == 0)
			up_value_set(params, "factors", up_value_number(2));
	}
	if (!r->ratings)
		up_value_set(params, "half_life", up_value_number(9));
	return train_few(up_recommend_request(r, params), true);
}

static void
test_damage(void)
{
	for (int i = 0; i < up_n_recommenders; i++)
		damage(train_small(up_recommenders[i]));
}

#define GOLDEN      "test/data/golden_recommend_1.csv"
#define GOLDEN_LINE 8192

/* What a user who has a (weight 2) and c is told of all four items. */
static void
score_golden(const UpRecommendModel *m, double *scores)
{
	static const Row rows[] = {{0, 0, 2, 9}, {0, 2, 1, 10}};

	up_recommend_score(m, history(m, rows, 2, up_recommend_segment(m, "south")), scores);
}

/* Recommenders written by earlier versions load, and score as they did: lines of name, hex, four scores. */
static void
test_golden(void)
{
	FILE *file = fopen(GOLDEN, "r");
	char line[GOLDEN_LINE], name[64], hex[GOLDEN_LINE];
	uint8_t bytes[GOLDEN_LINE / 2];
	double want[4], got[4];
	int n = 0;

	if (file == NULL)
	{
		CHECK(!"tests run in the root of the project");
		return;
	}
	while (fgets(line, sizeof(line), file) != NULL)
	{
		if (sscanf(line, "%63[^,],%8191[^,],%lf %lf %lf %lf", name, hex, &want[0], &want[1], &want[2],
				   &want[3]) != 6)
			continue;
		for (size_t i = 0; hex[2 * i] != '\0'; i++)
			sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
		score_golden(up_get_recommender(bytes, strlen(hex) / 2), got);
		for (int i = 0; i < 4; i++)
			CHECK_NEAR(got[i], want[i], 1e-5);
		n++;
	}
	fclose(file);
	CHECK(n == 7);
}

static void
test_kinds(void)
{
	UpWriter w;
	uint8_t model[UP_MODEL_HEADER_BYTES] = UP_MODEL_MAGIC;

	up_writer_init(&w);
	up_put_recommender(&w, train_few(request("popularity", NULL, 0, NULL, NULL), false));
	CHECK(up_is_recommender(w.bytes, w.len) && !up_is_recommender(model, sizeof(model)));
	CHECK_FAILS(UP_WRONG_KIND, "this is a recommender", up_get_model(w.bytes, w.len));
	CHECK_FAILS(UP_WRONG_KIND, "this is a model that predicts", up_get_recommender(model, sizeof(model)));
	w.bytes[4] = 99;
	CHECK_FAILS(UP_NEWER_FORMAT, "the recommender has format 99", up_get_recommender(w.bytes, w.len));
	w.bytes[4] = 1;
	w.bytes[6] = 99;
	CHECK_FAILS(UP_NEWER_FORMAT, "(number 99) is not known", up_get_recommender(w.bytes, w.len));
}

/* Ranks 2 and 4 are hits, of 3 that are relevant. */
static void
test_ranking(void)
{
	static const char *const recommended[] = {"x", "b", NULL, "a", "b"}, *const relevant[] = {"a", "b", "c",
																							  "b"};
	static const double grades[] = {3, 1, 2, 0.5}, bad[] = {1, -1, 1, 1};
	UpRanked *r = up_ranked(recommended, 5, relevant, NULL, 4),
			 *graded = up_ranked(recommended, 5, relevant, grades, 4);
	UpRanked *none = up_ranked(recommended, 5, NULL, NULL, 0), *empty = up_ranked(NULL, 0, relevant, NULL, 4);
	double best = 1 + 1 / log2(3) + 0.5;

	CHECK(r->n_relevant == 3 && r->gains[4] == 0);
	CHECK_NEAR(up_precision_at(r, 4), 0.5, 1e-15);
	CHECK_NEAR(up_precision_at(r, 10), 0.2, 1e-15);
	CHECK_NEAR(up_precision_at(r, UP_ALL_RANKS), 0.4, 1e-15);
	CHECK_NEAR(up_recall_at(r, 2), 1 / 3.0, 1e-15);
	CHECK_NEAR(up_recall_at(r, UP_ALL_RANKS), 2 / 3.0, 1e-15);
	CHECK(up_hit_at(r, 1) == 0 && up_hit_at(r, 2) == 1);
	CHECK(up_reciprocal_rank_at(r, 1) == 0 && up_reciprocal_rank_at(r, 10) == 0.5);
	CHECK_NEAR(up_average_precision_at(r, 10), (1 / 2.0 + 2 / 4.0) / 3, 1e-15);
	CHECK_NEAR(up_average_precision_at(r, 2), (1 / 2.0) / 2, 1e-15);
	CHECK_NEAR(up_ndcg_at(r, 10), (1 / log2(3) + 1 / log2(5)) / best, 1e-15);
	CHECK_NEAR(up_ndcg_at(graded, 10), (1 / log2(3) + 3 / log2(5)) / (3 + 2 / log2(3) + 0.5), 1e-15);
	CHECK_NEAR(up_ndcg_at(graded, 2), (1 / log2(3)) / (3 + 2 / log2(3)), 1e-15);
	CHECK(isnan(up_ndcg_at(none, 10)) && isnan(up_recall_at(none, 3)) && isnan(up_hit_at(none, 3)));
	CHECK(up_ndcg_at(empty, 10) == 0 && up_precision_at(empty, UP_ALL_RANKS) == 0 && up_hit_at(empty, 1) == 0);
	CHECK_FAILS(UP_INVALID_DATA, "must be finite and not negative",
				up_ranked(recommended, 5, relevant, bad, 4));
	CHECK_NEAR(up_coverage((const uint8_t[]){1, 0, 1, 1}, 4), 0.75, 0);
	CHECK_NEAR(up_novelty_term(1, 8), 3, 1e-15);
	CHECK_NEAR(up_novelty_term(0, 8), 4, 1e-15);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"popularity", test_popularity},
		{"half-life", test_half_life},
		{"item-kNN by hand", test_item_knn},
		{"EASE against one factor", test_ease},
		{"groups are found", test_groups},
		{"ALS by both solvers", test_als},
		{"ratings come back", test_mf},
		{"odd data", test_odd},
		{"what is refused", test_refused},
		{"order of events", test_order},
		{"many users at once", test_many},
		{"cancelling", test_cancel},
		{"damage", test_damage},
		{"recommenders of earlier versions", test_golden},
		{"kinds of models", test_kinds},
		{"ranking metrics", test_ranking},
	};

	return up_run_tests("recommend", tests, UP_LENGTH(tests));
}
