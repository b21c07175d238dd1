/*
 * test_scaler.c - scalers against arithmetic; scikit-learn's numbers are compared through SQL in test/specs/scaler.py
 */
#include "check.h"

#include "learn/model.h"
#include "learn/train.h"

extern const UpLearner up_scaler;

static UpModel *
fit(const double *x, size_t n, uint32_t width, UpValue *params)
{
	UpFrame *f = up_frame_new(width, false, UP_LABEL_NONE, NULL);
	UpTraining t = {0};

	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(f->samples);

		memcpy(row, x + i * width, width * sizeof(double));
		row[width] = 0;
	}
	t.request = up_request_parse(&up_scaler, params);
	t.frame = f;
	return up_train(&t);
}

static UpValue *
method(const char *name)
{
	UpValue *v = up_value_object();

	up_value_set(v, "method", up_value_string(name));
	return v;
}

static void
test_methods(void)
{
	static const double x[] = {1, 5, 2, 5, 3, 5, 4, 5, 10, 5};
	static const double probe[] = {4, 5};
	double out[2];

	/* mean 4, squares 9 + 4 + 1 + 0 + 36 = 50, variance 10 */
	up_model_transform(fit(x, 5, 2, NULL), x, 1, out, false);
	CHECK_NEAR(out[0], -3 / sqrt(10), 1e-15);
	CHECK_NEAR(out[1], 0, 0);
	up_model_transform(fit(x, 5, 2, method("minmax")), probe, 1, out, false);
	CHECK_NEAR(out[0], 3.0 / 9, 1e-15);
	CHECK_NEAR(out[1], 0, 0);
	up_model_transform(fit(x, 5, 2, method("maxabs")), probe, 1, out, false);
	CHECK_NEAR(out[0], 0.4, 1e-15);
	CHECK_NEAR(out[1], 0, 0);
	/* median 3, quartiles 2 and 4 */
	up_model_transform(fit(x, 5, 2, method("robust")), probe, 1, out, false);
	CHECK_NEAR(out[0], 0.5, 1e-15);
	CHECK_NEAR(out[1], 0, 0);
}

static void
test_inverse(void)
{
	static const char *const methods[] = {"zscore", "minmax", "maxabs", "robust"};
	static const double x[] = {1, 7, -2, 7, 8, 7, 3, 7};
	double out[2];

	for (size_t i = 0; i < UP_LENGTH(methods); i++)
	{
		UpModel *m = fit(x, 4, 2, method(methods[i]));

		up_model_transform(m, x + 4, 1, out, false);
		up_model_transform(m, out, 1, out, true);
		CHECK_NEAR(out[0], 8, 1e-14);
		CHECK_NEAR(out[1], 7, 0);
	}
}

static void
test_large_values(void)
{
	/* 1e9 + {0, 1, 2, …, 7} / 4: mean 1e9 + 7/8, variance 21/64 */
	double x[8], out;

	for (int i = 0; i < 8; i++)
		x[i] = 1e9 + i / 4.0;
	for (int i = 0; i < 8; i++)
	{
		up_model_transform(fit(x, 8, 1, NULL), x + i, 1, &out, false);
		CHECK_NEAR(out, (i / 4.0 - 7.0 / 8) / sqrt(21.0 / 64), 1e-12);
	}
}

/* One stream, and the same rows in two parts merged, in either order and after a journey as bytes. */
static void
test_merge(void)
{
	const UpStream *s = up_scaler.stream;
	UpRequest *request = up_request_parse(&up_scaler, NULL);
	void *whole = s->start(1, NULL), *first = s->start(1, NULL), *second = s->start(1, NULL),
		 *empty = s->start(1, NULL);
	UpWriter w;
	UpReader r;
	double a, b, probe = 1e6;

	for (int i = 0; i < 3000; i++)
	{
		double x = 1e6 + (i * 37) % 101;

		s->add(whole, &x, 0);
		s->add(i < 1100 ? first : second, &x, 0);
	}
	up_writer_init(&w);
	s->write(second, &w);
	up_reader_init(&r, w.bytes, w.len, "aggregate state");
	s->merge(empty, s->read(&r, 1, NULL));
	s->merge(empty, first);
	up_model_transform(
		up_train_from_sums(request, &(UpSumsOfRows){whole, UP_LABEL_NONE, 1, 3000, 0, 0, NULL, NULL, false}),
		&probe, 1, &a, false);
	up_model_transform(
		up_train_from_sums(request, &(UpSumsOfRows){empty, UP_LABEL_NONE, 1, 3000, 0, 0, NULL, NULL, false}),
		&probe, 1, &b, false);
	CHECK_NEAR(a, b, 1e-12);
}

static void
test_bad_parameters(void)
{
	static const double x[] = {1, 2};
	UpValue *range = up_value_object();

	CHECK_FAILS(UP_INVALID_PARAMETER, "has no choice \"zscor\"", fit(x, 2, 1, method("zscor")));
	up_value_set(range, "feature_range", up_value_numbers((const double[]){2, 1}, 2));
	CHECK_FAILS(UP_INVALID_PARAMETER, "feature_range", fit(x, 2, 1, range));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"methods", test_methods},
		{"inverse", test_inverse},
		{"values around 1e9", test_large_values},
		{"merged sums", test_merge},
		{"bad parameters", test_bad_parameters},
	};

	return up_run_tests("scaler", tests, UP_LENGTH(tests));
}
