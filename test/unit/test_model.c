/*
 * test_model.c - models of every learner as bytes: they come back the same, and damage is found
 *
 * Every byte of a small model is flipped and every length is cut. As it is, the checksum finds it: an error. With the
 * checksum made to fit, what matters is that nothing is believed: an error, or an answer that is a finite number.
 */
#include "check.h"

#include "assess/out_of_fold.h"
#include "assess/spread.h"
#include "base/rng.h"
#include "learn/learners.h"
#include "learn/model.h"
#include "learn/train.h"

static bool with_kernel;

static UpFrame *
make_frame(const UpLearner *learner, bool by_name)
{
	bool labelled = (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0;
	bool numbers = (learner->abilities & UP_L_CLASSIFY) == 0;
	UpLabelKind kind = !labelled ? UP_LABEL_NONE
					   : numbers ? UP_LABEL_NUMBER
					   : by_name ? UP_LABEL_TEXT
								 : UP_LABEL_BOOLEAN;
	UpFrame *f = up_frame_new(2, by_name, kind, by_name && labelled ? "y" : NULL);
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	if (by_name)
	{
		up_frame_set_column(f, 0, "a", UP_COLUMN_NUMBER);
		up_frame_set_column(f, 1, "b", UP_COLUMN_CATEGORY);
	}
	for (int i = 0; i < 40; i++)
	{
		double *row = up_samples_add(f->samples);
		bool hit = i % 2 == 0;

		row[0] = up_rng_normal(&rng) + (hit ? 2 : 0);
		row[1] = !by_name ? up_rng_normal(&rng) : up_frame_category(f, 1, i % 3 == 0 ? "x" : "z", 1);
		row[2] = !labelled  ? 0
				 : numbers  ? row[0] + i * 0.25
				 : !by_name ? hit
							: up_frame_label(f, hit ? "yes" : "no", hit ? 3 : 2);
	}
	return f;
}

static UpModel *
train(const UpLearner *learner, bool by_name)
{
	UpValue *params = up_value_object();
	UpTraining t = {0};

	if (strcmp(learner->name, "mlp") == 0)
	{
		up_value_set(params, "hidden_layer_sizes", up_value_number(2));
		up_value_set(params, "max_iter", up_value_number(3));
	}
	/* Small models: each of their bytes is damaged in turn. */
	if (strcmp(learner->name, "forest") == 0 || strcmp(learner->name, "boost") == 0)
		up_value_set(params, "n_estimators", up_value_number(2));
	if (strcmp(learner->name, "boost") == 0)
		up_value_set(params, "min_samples_leaf", up_value_number(3));
	if (strcmp(learner->name, "kmeans") == 0 || strcmp(learner->name, "gmm") == 0)
		up_value_set(params, "k", up_value_number(2));
	if (strcmp(learner->name, "svm") == 0)
		up_value_set(params, "probability", up_value_bool(true));
	if (strcmp(learner->name, "svm") == 0 && with_kernel)
		up_value_set(params, "kernel", up_value_string("rbf"));
	t.request = up_request_parse(learner, params);
	t.frame = make_frame(learner, by_name);
	return up_train(&t);
}

/* All that a model can be asked for must be finite numbers. */
static void
use(const UpModel *m)
{
	double inputs[64] = {0.5, 0}, out[64];
	uint32_t n;

	if (m->pipeline->n_inputs > UP_LENGTH(inputs) || m->n_features > UP_LENGTH(out) ||
		m->n_classes > UP_LENGTH(out))
		return;
	up_value_text(up_model_info(m));
	if (m->learner->transform != NULL)
	{
		up_model_transform(m, inputs, 1, out, false);
		CHECK(isfinite(out[0]));
		return;
	}
	if (m->learner->importance != NULL)
		m->learner->importance(m->body, out);
	if (m->learner->membership != NULL && m->learner->clusters(m->body).k <= UP_LENGTH(out))
	{
		up_model_membership(m, inputs, 1, out);
		CHECK(isfinite(out[0]));
	}
	if (m->learner->explain != NULL && (m->learner->n_outputs(m->body) * (m->n_features + 1) <= UP_LENGTH(out)))
		m->learner->explain(m->body, inputs, out);
	if (m->learner->coefficients != NULL)
		m->learner->coefficients(m->body, &n);
	up_model_predict(m, inputs, 1, out);
	if (m->adjust != NULL && m->adjust->level > 0)
		up_adjust_interval(m->adjust, out[0], out + 1, out + 2);
	CHECK(isfinite(out[0]) && (m->task != UP_TASK_CLASSIFY || (out[0] >= 0 && out[0] < m->n_classes)));
	if (m->task == UP_TASK_CLASSIFY)
	{
		up_model_proba(m, inputs, 1, out);
		for (uint32_t i = 0; i < m->n_classes; i++)
			CHECK(out[i] >= 0 && out[i] <= 1 + 1e-9);
	}
}

/* Reads (and uses) bytes; true if that failed, whatever with. */
static bool
fails(const uint8_t *bytes, size_t len)
{
	volatile bool failed = false;
	UpArena *arena = up_arena_enter();

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
		use(up_get_model(bytes, len));
	else
		failed = true;
	up_test_catching = false;
	up_arena_leave(arena);
	return failed;
}

static void
fix_crc(uint8_t *bytes, size_t len)
{
	uint32_t crc = up_crc32c(bytes + UP_MODEL_HEADER_BYTES, len - UP_MODEL_HEADER_BYTES);
	uint32_t payload = (uint32_t) (len - UP_MODEL_HEADER_BYTES);

	for (int i = 0; i < 4; i++)
	{
		bytes[16 + i] = (uint8_t) (payload >> (8 * i));
		bytes[20 + i] = (uint8_t) (crc >> (8 * i));
	}
}

static void
damage(const UpModel *m)
{
	const UpLearner *learner = m->learner;
	UpWriter w, again;
	uint8_t *copy;

	up_writer_init(&w);
	up_put_model(&w, m);
	up_writer_init(&again);
	up_put_model(&again, up_get_model(w.bytes, w.len));
	up_check(again.len == w.len && memcmp(again.bytes, w.bytes, w.len) == 0, __FILE__, __LINE__,
			 "%s: bytes read and written again are the same", learner->name);
	CHECK(!fails(w.bytes, w.len));
	copy = up_alloc(w.len);
	for (size_t cut = 0; cut < w.len; cut++)
	{
		memcpy(copy, w.bytes, cut);
		if (!fails(copy, cut))
			up_check(false, __FILE__, __LINE__, "%s: cut at %zu was read", learner->name, cut);
		if (cut > UP_MODEL_HEADER_BYTES)
		{
			fix_crc(copy, cut);
			if (!fails(copy, cut))
				up_check(false, __FILE__, __LINE__, "%s: cut at %zu, checksum fitted, was read", learner->name,
						 cut);
		}
	}
	for (size_t i = 0; i < w.len; i++)
	{
		for (int bit = 0; bit < 8; bit += i < UP_MODEL_HEADER_BYTES ? 1 : 3)
		{
			memcpy(copy, w.bytes, w.len);
			copy[i] ^= (uint8_t) (1 << bit);
			if (!fails(copy, w.len))
				up_check(false, __FILE__, __LINE__, "%s: byte %zu flipped was read", learner->name, i);
			fix_crc(copy, w.len);
			(void) fails(copy, w.len); /* use checks what comes out */
		}
	}
	up_free(copy);
}

static void
test_damage(void)
{
	for (int i = 0; i < up_n_learners; i++)
	{
		damage(train(up_learners[i], false));
		damage(train(up_learners[i], true));
	}
}

/* What adjusts answers: maps, a threshold, widths. */
static void
test_adjusted(void)
{
	static const char *const asked[][3] = {{"bayes", "calibrate", "isotonic"},
										   {"logistic", "calibrate", "sigmoid"},
										   {"logistic", "threshold", "f1"},
										   {"linear", "intervals", NULL}};

	for (size_t i = 0; i < UP_LENGTH(asked); i++)
	{
		const UpLearner *learner = up_learner_by_name(asked[i][0]);
		UpValue *params = up_value_object();
		UpTraining t = {0};

		up_value_set(params, asked[i][1],
					 asked[i][2] != NULL ? up_value_string(asked[i][2]) : up_value_number(0.8));
		t.request = up_request_parse(learner, params);
		t.frame = make_frame(learner, i == 1);
		damage(up_train_whole(&t));
	}
}

static void
plan(UpValue *prepare, const char *column, const char *key, const char *choice, const char *number_key,
	 double number)
{
	UpValue *p = up_value_object();

	up_value_set(p, key, up_value_string(choice));
	if (number_key != NULL)
		up_value_set(p, number_key, up_value_number(number));
	up_value_set(prepare, column, p);
}

/* A model whose columns are prepared in every way that there is. */
static UpModel *
train_prepared(void)
{
	static const char *const names[] = {"quantile", "power", "capped", "ordered", "hash",
										"target",   "time",  "words",  "array"};
	static const UpColumnKind kinds[] = {UP_COLUMN_NUMBER,   UP_COLUMN_NUMBER,   UP_COLUMN_CATEGORY,
										 UP_COLUMN_CATEGORY, UP_COLUMN_CATEGORY, UP_COLUMN_CATEGORY,
										 UP_COLUMN_TIME,     UP_COLUMN_CATEGORY, UP_COLUMN_ARRAY};
	UpValue *params = up_value_object(), *prepare = up_value_object(), *select = up_value_object();
	UpFrame *f = up_frame_new(9, true, UP_LABEL_BOOLEAN, "y");
	UpTraining t = {0};
	uint32_t width, limit;

	plan(prepare, "quantile", "scale", "quantile", "n_quantiles", 4);
	plan(prepare, "power", "scale", "yeo_johnson", NULL, 0);
	plan(prepare, "capped", "encode", "one_hot", "max_categories", 2);
	plan(prepare, "ordered", "encode", "ordinal", NULL, 0);
	plan(prepare, "hash", "encode", "hash", "buckets", 3);
	plan(prepare, "target", "encode", "target", NULL, 0);
	plan(prepare, "time", "encode", "cyclic", NULL, 0);
	plan(prepare, "words", "encode", "words", "buckets", 2);
	plan(prepare, "array", "scale", "robust", NULL, 0);
	up_value_set(select, "method", up_value_string("variance"));
	up_value_set(select, "k", up_value_number(15));
	up_value_set(params, "prepare", prepare);
	up_value_set(params, "select", select);
	up_value_set(params, "probability", up_value_bool(true));
	for (uint32_t i = 0; i < 9; i++)
	{
		UpPlan p = up_prepare_plan(prepare, names[i]);

		up_frame_set_column(f, i, names[i], up_prepare_kind(&p, names[i], kinds[i], &width, &limit));
		up_frame_set_width(f, i, i == 8 ? 2 : width);
	}
	for (int i = 0; i < 40; i++)
	{
		const char *text = (const char *[]){"u", "v", "w", "x"}[i * i % 7 % 4];
		double *row = up_samples_add(f->samples);

		row[0] = i;
		row[1] = i % 5 == 0 ? NAN : i * i;
		row[2] = up_frame_category(f, 2, text, 1);
		row[3] = up_frame_category(f, 3, text, 1);
		row[4] = row[5] = up_frame_hash(text, 1);
		row[6] = i * 1e5;
		up_frame_words(text, 1, 2, row + 7);
		row[9] = i % 3;
		row[10] = i % 4;
		row[11] = i % 2;
	}
	t.request = up_request_parse(up_learner_by_name("svm"), params);
	t.frame = f;
	return up_train(&t);
}

static void
test_prepared(void)
{
	UpModel *m = train_prepared();

	CHECK(m->pipeline->n_inputs == 11 && m->n_features == 15);
	damage(m);
}

/* Models that keep what they were trained on: with and without answers on rows held out. */
static void
test_distribution(void)
{
	static const char *const algorithms[] = {"tree", "linear", "kmeans", "one_class", "pipeline"};

	for (size_t i = 0; i < UP_LENGTH(algorithms); i++)
	{
		UpModel *m = train(up_learner_by_name(algorithms[i]), true), *back;
		size_t rows[40];
		UpWriter w;
		char *why;

		for (size_t r = 0; r < 40; r++)
			rows[r] = r;
		up_writer_init(&w);
		up_put_model(&w, m);
		m = up_get_model(w.bytes, w.len);
		m->distribution = up_distribution_fit(up_bind_frame(make_frame(m->learner, true), m, &why), rows, 30,
											  rows + 30, i % 2 * 10);
		up_writer_init(&w);
		up_put_model(&w, m);
		back = up_get_model(w.bytes, w.len);
		CHECK(back->format == UP_MAX(5, m->learner->format) && back->distribution->n_rows == 30);
		damage(m);
	}
}

static void
test_kernel(void)
{
	with_kernel = true;
	damage(train(up_learner_by_name("svm"), false));
	damage(train(up_learner_by_name("svm"), true));
	with_kernel = false;
}

/* Clusters with numbers of their own take another format. */
static void
with_numbers(UpModel *m)
{
	static const uint32_t numbers[] = {4, 1};
	UpClusters clusters = {2, numbers, 5};
	double inputs[64] = {0}, out = -1;
	UpWriter w;

	m->learner->set_numbers(m->body, &clusters);
	damage(m);
	up_writer_init(&w);
	up_put_model(&w, m);
	CHECK(w.bytes[4] == 4);
	up_model_predict(up_get_model(w.bytes, w.len), inputs, 1, &out);
	CHECK(out == 4 || out == 1);
	w.bytes[4] = 3;
	CHECK_FAILS(UP_CORRUPT, "", up_get_model(w.bytes, w.len));
	w.bytes[4] = 2;
	CHECK_FAILS(UP_CORRUPT, "", up_get_model(w.bytes, w.len));
}

static void
test_numbers(void)
{
	with_numbers(train(up_learner_by_name("kmeans"), false));
	with_numbers(train(up_learner_by_name("kmeans"), true));
}

static void
test_versions(void)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, train(up_learners[0], false));
	w.bytes[4] = UP_MODEL_FORMAT + 1;
	CHECK_FAILS(UP_NEWER_FORMAT, up_format("has format %d", UP_MODEL_FORMAT + 1), up_get_model(w.bytes, w.len));
	w.bytes[4] = UP_MODEL_FORMAT;
	w.bytes[7] = 0x77;
	CHECK_FAILS(UP_NEWER_FORMAT, "algorithm", up_get_model(w.bytes, w.len));
}

/* The same rows in another order, in two frames that are merged: the same model, to the byte. */
static void
test_order_of_rows(void)
{
	for (int i = 1; i < up_n_learners; i++)
	{
		UpFrame *f = make_frame(up_learners[i], true), *first = make_frame(up_learners[i], true),
				*second = make_frame(up_learners[i], true);
		UpTraining t = {0};
		UpWriter a, b;

		first->samples->n_rows = 13;
		for (uint64_t row = 13; row < 40; row++)
			memcpy(up_samples_row(second->samples, 39 - row), up_samples_row(f->samples, row),
				   3 * sizeof(double));
		second->samples->n_rows = 27;
		up_frame_merge(second, first);
		t.request = up_request_parse(up_learners[i], NULL);
		t.frame = f;
		up_writer_init(&a);
		up_put_model(&a, up_train(&t));
		t.frame = second;
		up_writer_init(&b);
		up_put_model(&b, up_train(&t));
		up_check(a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0, __FILE__, __LINE__,
				 "%s: the same bytes from rows in another order", up_learners[i]->name);
	}
}

/* A column that is there and cannot be used is not said to be missing. */
static void
test_weight_left_out(void)
{
	const UpLearner *learner = up_learner_by_name("boost");
	UpValue *params = up_value_object();
	UpTraining t = {.frame = make_frame(learner, true)};

	up_value_set(t.frame->left_out, "place", up_value_string("type point cannot be used"));
	up_value_set(params, "weight", up_value_string("place"));
	t.request = up_request_parse(learner, params);
	CHECK_FAILS(UP_WRONG_KIND, "weight column \"place\" is left out: type point cannot be used", up_train(&t));
	up_value_set(params, "weight", up_value_string("plaice"));
	t.request = up_request_parse(learner, params);
	CHECK_FAILS(UP_INVALID_PARAMETER, "column \"plaice\" of parameter \"weight\" does not exist", up_train(&t));
	CHECK(strstr(up_test_hint, "\"place\"") != NULL);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"damage", test_damage},
		{"damage of prepared columns", test_prepared},
		{"damage of kernels", test_kernel},
		{"damage of what adjusts answers", test_adjusted},
		{"damage of distributions", test_distribution},
		{"numbers of clusters", test_numbers},
		{"versions", test_versions},
		{"order of rows", test_order_of_rows},
		{"a weight that is left out", test_weight_left_out},
	};

	return up_run_tests("model", tests, UP_LENGTH(tests));
}
