/*
 * test_validate.c - trainings on a fold that another process goes on with: the same scores as without
 */
#include "check.h"

#include "assess/metrics.h"
#include "assess/validate_image.h"
#include "base/rng.h"
#include "learn/learners.h"

#define ROWS 700

static UpFrame *
make_frame(void)
{
	UpFrame *f = up_frame_new(3, true, UP_LABEL_TEXT, "y");
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	up_frame_set_column(f, 0, "a", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 1, "b", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 2, "c", UP_COLUMN_CATEGORY);
	for (int i = 0; i < ROWS; i++)
	{
		double *row = up_samples_add(f->samples), a = up_rng_normal(&rng), b = up_rng_normal(&rng);
		const char *text = i % 5 < 2 ? "x" : "yy", *label = a + b / 2 + up_rng_normal(&rng) > 0 ? "yes" : "no";

		row[0] = a;
		row[1] = i % 11 > 0 ? b : NAN;
		row[2] = up_frame_category(f, 2, text, strlen(text));
		row[3] = up_frame_label(f, label, strlen(label));
	}
	return f;
}

static UpRequest *
request(const char *algorithm, double C, bool intercept)
{
	UpValue *params = up_value_object();
	UpRequest *q;

	if (up_learner_by_name(algorithm)->path != NULL && strcmp(up_learner_by_name(algorithm)->path, "C") == 0)
	{
		up_value_set(params, "C", up_value_number(C));
		up_value_set(params, "fit_intercept", up_value_bool(intercept));
	}
	if (strcmp(algorithm, "svm") == 0)
		up_value_set(params, "probability", up_value_bool(true));
	up_value_set(params, "seed", up_value_number(7));
	q = up_request_parse(up_learner_by_name(algorithm), params);
	return q;
}

static UpValidation *
make_validation(const char *algorithm, uint8_t *held_out)
{
	UpTraining t = {.request = request(algorithm, 1, true), .frame = make_frame(), .held_out = held_out};
	UpSplit split = {.method = UP_SPLIT_STRATIFIED, .folds = 4, .repeats = 2, .seed = 3};
	UpValidation *v = up_validation_new(&t);
	UpSplitRows rows = up_validation_rows(v);

	up_validation_split(v, up_split_make(&split, &rows));
	up_validation_share(v, up_measure_by_name("log_loss"), 64 << 20);
	up_validation_path(v, 10);
	return v;
}

static double
score(UpValidation *v, const UpRequest *q, uint32_t fold, double share)
{
	UpFoldScore s = up_validate(v, q, 1, fold, share);

	CHECK(s.size > 0 && !s.constant);
	return up_value_get(s.metrics, "log_loss")->number;
}

static const double Cs[] = {0.3, 1, 3, 2, 0.5, 4, 1.5, 5, 2.5, 1};

/* All trainings on a fold by one process, and by three, each of which knows of the one before its solutions alone. */
static void
go_on(const char *algorithm, double share)
{
	uint8_t *held_out = up_alloc0(ROWS);
	UpValidation *v, *other = NULL;
	double whole[UP_LENGTH(Cs)], parts[UP_LENGTH(Cs)];
	void *arrays[UP_IMAGE_ARRAYS];
	UpWriter image, solutions;
	UpReader r;

	held_out[5] = held_out[77] = 1;
	v = make_validation(algorithm, held_out);
	for (uint32_t i = 0; i < UP_LENGTH(Cs); i++)
	{
		up_validation_stage(v, i / 4);
		whole[i] = score(v, request(algorithm, Cs[i], i % 6 != 5), 2, share);
	}
	up_validation_let_go(v);
	up_writer_init(&image);
	up_put_validation(&image, v, arrays);
	for (uint32_t i = 0; i < UP_LENGTH(Cs); i++)
	{
		if (i % 4 == 0)
		{
			UpValidation *before = other;

			up_reader_init(&r, image.bytes, image.len, "validation");
			other = up_get_validation(&r, arrays);
			if (before != NULL)
			{
				up_writer_init(&solutions);
				up_put_validation_paths(&solutions, before, 5);
				up_reader_init(&r, solutions.bytes, solutions.len, "solutions");
				up_get_validation_paths(&r, other, 5);
				up_get_end(&r);
				up_validation_let_go(before);
			}
			up_validation_stage(other, i / 4);
		}
		parts[i] = score(other, request(algorithm, Cs[i], i % 6 != 5), 2, share);
	}
	CHECK(memcmp(whole, parts, sizeof(whole)) == 0);
	/* As if nothing had been. */
	up_validation_stage(v, 0);
	CHECK(score(v, request(algorithm, Cs[0], true), 2, share) == whole[0]);
	up_validation_let_go(other);
	up_validation_let_go(v);
}

static void
test_going_on(void)
{
	go_on("logistic", 1);
	go_on("svm", 1);
	go_on("bayes", 1);
	go_on("logistic", 1.0 / 3);
}

static void
test_requests(void)
{
	UpWriter w;
	UpReader r;
	UpRequest *q = request("logistic", 3, false), *back;

	up_writer_init(&w);
	up_put_request(&w, q);
	up_reader_init(&r, w.bytes, w.len, "request");
	back = up_get_request(&r);
	up_get_end(&r);
	CHECK(back->learner == q->learner && back->common.seed == 7);
	CHECK(up_value_equal(back->values, q->values));
}

/* Rows that could not all grow where others see them are moved before they are lent. */
static void
test_stopped_growing(void)
{
	enum
	{
		N = 120000,
		D = 20
	};
	UpFrame *f = up_frame_new(D, false, UP_LABEL_NUMBER, NULL);
	UpTraining t = {.request = request("bayes", 1, true), .frame = f};
	UpSplit split = {.method = UP_SPLIT_STRATIFIED, .folds = 2, .repeats = 1};
	void *arrays[UP_IMAGE_ARRAYS];
	UpValidation *v;
	UpSplitRows rows;
	UpWriter image;
	bool same = true;
	UpRng rng;

	up_rng_init(&rng, 2, 0);
	up_samples_grow_seen(f->samples);
	for (uint64_t i = 0; i < N; i++)
	{
		double *row = up_samples_add(f->samples);

		for (uint32_t j = 0; j < D; j++)
			row[j] = up_rng_double(&rng);
		row[D] = (double) (i % 2);
	}
	CHECK(f->samples->whole != NULL && !up_samples_in_one(f->samples));
	v = up_validation_new(&t);
	rows = up_validation_rows(v);
	up_validation_split(v, up_split_make(&split, &rows));
	up_writer_init(&image);
	up_put_validation(&image, v, arrays);
	CHECK(up_samples_in_one(f->samples) && arrays[UP_IMAGE_ROWS] == f->samples->whole);
	up_rng_init(&rng, 2, 0);
	for (uint64_t i = 0; i < N; i++)
	{
		for (uint32_t j = 0; j < D; j++)
			same = same && up_samples_value(f->samples, i, j) == up_rng_double(&rng);
	}
	CHECK(same);
}

int
main(void)
{
	static const UpTest tests[] = {{"going on", test_going_on},
								   {"requests", test_requests},
								   {"rows that stopped growing", test_stopped_growing}};

	return up_run_tests("validate", tests, UP_LENGTH(tests));
}
