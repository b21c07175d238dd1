/*
 * test_pipeline.c - columns to features, computed by hand: imputing, encoding, standardizing, leaving out
 */
#include "check.h"

#include "base/params.h"
#include "prep/pipeline.h"

#define MISSING NAN

/* Columns: amount (number), kind (category), flag (boolean), when (time). */
static UpFrame *
make_frame(void)
{
	static const double amount[] = {1, MISSING, 4, 10, 5, 0}, flag[] = {0, 1, 1, MISSING, 0, 1},
						when[] = {100, 200, MISSING, 400, 400, 100};
	static const char *const kind[] = {"z", "b", NULL, "z", "a", "b"};
	UpFrame *f = up_frame_new(4, true, UP_LABEL_NONE, NULL);

	up_frame_set_column(f, 0, "amount", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 1, "kind", UP_COLUMN_CATEGORY);
	up_frame_set_column(f, 2, "flag", UP_COLUMN_BOOLEAN);
	up_frame_set_column(f, 3, "when", UP_COLUMN_TIME);
	for (int i = 0; i < 6; i++)
	{
		double *row = up_samples_add(f->samples);

		row[0] = amount[i];
		row[1] = kind[i] == NULL ? MISSING : up_frame_category(f, 1, kind[i], 1);
		row[2] = flag[i];
		row[3] = when[i];
		row[4] = 0;
	}
	up_frame_sort_codes(f);
	return f;
}

static const size_t order[] = {0, 1, 2, 3, 4, 5};

static void
test_encode(void)
{
	UpPipelineOptions options = {0};
	UpFrame *f = make_frame();
	UpPipeline *p = up_pipeline_fit(f, order, 6, &options);
	double out[6];

	/* median of 0 1 4 5 10; kinds a, b, z in the order of bytes; b and z occur twice: b */
	CHECK(p->n_features == 6);
	CHECK(strcmp(up_value_text(up_pipeline_feature_names(p)->items[1]), "\"kind=a\"") == 0);
	up_pipeline_encode(p, up_samples_row(f->samples, 1), out);
	CHECK_NEAR(out[0], 4, 0);
	CHECK(out[1] == 0 && out[2] == 1 && out[3] == 0 && out[4] == 1 && out[5] == 200);
	up_pipeline_encode(p, up_samples_row(f->samples, 2), out);
	CHECK(out[1] == 0 && out[2] == 1 && out[3] == 0);
	/* median of 100 100 200 400 400 */
	CHECK_NEAR(out[5], 200, 0);
	up_pipeline_encode(p, up_samples_row(f->samples, 3), out);
	CHECK(out[3] == 1 && out[4] == 1);
}

static void
test_zscore(void)
{
	UpPipelineOptions options = {.zscore = true};
	UpFrame *f = make_frame();
	UpPipeline *p = up_pipeline_fit(f, order, 6, &options);
	double out[6];

	/* imputed: 1 4 4 10 5 0: mean 4, squares 9 + 0 + 0 + 36 + 1 + 16 = 62 */
	up_pipeline_encode(p, up_samples_row(f->samples, 3), out);
	CHECK_NEAR(out[0], 6 / sqrt(62.0 / 6), 1e-15);
	CHECK(out[3] == 1);
}

/* Six rows fitted are four rows fitted when only these are in the order. */
static void
test_rows_that_count(void)
{
	static const size_t some[] = {3, 4, 5};
	UpPipelineOptions options = {0};
	UpFrame *f = make_frame();
	UpPipeline *p = up_pipeline_fit(f, some, 3, &options);
	double out[6];

	/* the median of 10 5 0; a, b and z are seen once each: the first; flags 0 and 1: 0 */
	CHECK_NEAR(p->steps[0].fill, 5, 0);
	up_pipeline_encode(p, up_samples_row(f->samples, 2), out);
	CHECK(out[1] == 1 && out[2] == 0 && out[3] == 0);
}

static UpFrame *
texts(int n, int different)
{
	UpFrame *f = up_frame_new(2, true, UP_LABEL_NONE, NULL);

	up_frame_set_column(f, 0, "text", UP_COLUMN_CATEGORY);
	up_frame_set_column(f, 1, "number", UP_COLUMN_NUMBER);
	for (int i = 0; i < n; i++)
	{
		char *text = up_format("t%d", i % different);
		double code = up_frame_category(f, 0, text, strlen(text));
		double *row = up_samples_add(f->samples);

		row[0] = code;
		row[1] = i;
		row[2] = 0;
	}
	up_frame_sort_codes(f);
	return f;
}

static void
test_left_out(void)
{
	UpPipelineOptions options = {0};
	size_t many[600];

	for (size_t i = 0; i < 600; i++)
		many[i] = i;
	CHECK(up_pipeline_fit(texts(600, 255), many, 600, &options)->n_features == 256);
	CHECK(up_pipeline_fit(texts(600, 256), many, 600, &options)->n_features == 1);
	CHECK(up_value_get(up_pipeline_fit(texts(600, 256), many, 600, &options)->left_out, "text") != NULL);
	/* nine of ten different: nearly a key; with nine rows nobody can tell */
	CHECK(up_pipeline_fit(texts(10, 9), many, 10, &options)->n_features == 1);
	CHECK(up_pipeline_fit(texts(10, 8), many, 10, &options)->n_features == 9);
	CHECK(up_pipeline_fit(texts(9, 9), many, 9, &options)->n_features == 10);
	options.key = "number";
	CHECK_FAILS(UP_INVALID_DATA, "no column is left", up_pipeline_fit(texts(600, 256), many, 600, &options));
}

static void
test_travel(void)
{
	UpPipelineOptions options = {.zscore = true};
	UpPipeline *p = up_pipeline_fit(make_frame(), order, 6, &options), *back;
	double inputs[] = {MISSING, 2, 1, 300}, a[6], b[6];
	UpWriter w;
	UpReader r;

	up_writer_init(&w);
	up_put_pipeline(&w, p);
	up_reader_init(&r, w.bytes, w.len, "model");
	back = up_get_pipeline(&r);
	up_get_end(&r);
	up_pipeline_encode(back, inputs, b);
	for (int i = 0; i < 3; i++)
		p->steps[1].category_of[i] = i;
	up_pipeline_encode(p, inputs, a);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	for (volatile size_t len = 0; len < w.len; len++)
	{
		up_reader_init(&r, w.bytes, len, "model");
		CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_pipeline(&r));
	}
}

/* Two parts with other dictionaries are, merged, what one frame would be. */
static void
test_merge(void)
{
	UpFrame *whole = texts(100, 30), *first = texts(40, 30), *second = texts(100, 30);
	size_t rows[100];
	UpPipelineOptions options = {0};
	UpWriter a, b;

	for (size_t i = 0; i < 100; i++)
		rows[i] = i;
	/* the second part: rows 99 down to 40 */
	for (uint64_t i = 0; i < 60; i++)
		memcpy(up_samples_row(second->samples, i), up_samples_row(whole->samples, 99 - i), 3 * sizeof(double));
	second->samples->n_rows = 60;
	up_frame_merge(second, first);
	up_frame_sort_codes(second);
	up_writer_init(&a);
	up_put_pipeline(&a, up_pipeline_fit(whole, rows, 100, &options));
	up_writer_init(&b);
	up_put_pipeline(&b, up_pipeline_fit(second, rows, 100, &options));
	CHECK(a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0);
	CHECK_FAILS(UP_LENGTH_MISMATCH, "rows have 4 features in one part and 2",
				up_frame_merge(make_frame(), texts(5, 2)));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"encode", test_encode},     {"z-scores", test_zscore}, {"rows that count", test_rows_that_count},
		{"left out", test_left_out}, {"travel", test_travel},   {"merge", test_merge},
	};

	return up_run_tests("pipeline", tests, UP_LENGTH(tests));
}
