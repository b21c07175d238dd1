/*
 * test_pipeline.c - columns to features, computed by hand: imputing, encoding, standardizing, leaving out
 */
#include "check.h"

#include "base/params.h"
#include "prep/step_encode.h"
#include "prep/pipeline_codec.h"
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
	UpPipelineOptions options = {.scale = 1 + UP_SCALE_ZSCORE};
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
	CHECK_NEAR(p->steps[0].fill[0], 5, 0);
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
	UpValue *key;
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
	key = up_value_array();
	up_value_append(key, up_value_string("number"));
	options.key = key;
	CHECK_FAILS(UP_INVALID_DATA, "no column is left", up_pipeline_fit(texts(600, 256), many, 600, &options));
}

static void
test_travel(void)
{
	UpPipelineOptions options = {.scale = 1 + UP_SCALE_ZSCORE};
	UpPipeline *p = up_pipeline_fit(make_frame(), order, 6, &options), *back;
	double inputs[] = {MISSING, 2, 1, 300}, a[6], b[6];
	UpWriter w;
	UpReader r;

	up_writer_init(&w);
	up_put_pipeline(&w, p, false);
	up_reader_init(&r, w.bytes, w.len, "model");
	back = up_get_pipeline(&r, 2);
	up_get_end(&r);
	up_pipeline_encode(back, inputs, b);
	for (int i = 0; i < 3; i++)
		p->steps[1].category_of[i] = i;
	up_pipeline_encode(p, inputs, a);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	for (volatile size_t len = 0; len < w.len; len++)
	{
		up_reader_init(&r, w.bytes, len, "model");
		CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_pipeline(&r, 2));
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
	up_put_pipeline(&a, up_pipeline_fit(whole, rows, 100, &options), false);
	up_writer_init(&b);
	up_put_pipeline(&b, up_pipeline_fit(second, rows, 100, &options), false);
	CHECK(a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0);
	CHECK_FAILS(UP_LENGTH_MISMATCH, "rows have 4 features in one part and 2",
				up_frame_merge(make_frame(), texts(5, 2)));
}

/* One column of a kind, read under a plan. */
static UpFrame *
one_column(const char *plan_key, const char *plan_text, UpColumnKind kind, const char *const *texts,
		   const double *v, const double *labels, size_t n, UpValue **prepare)
{
	UpFrame *f =
		up_frame_new(1, true, labels != NULL ? UP_LABEL_NUMBER : UP_LABEL_NONE, labels != NULL ? "y" : NULL);
	UpValue *plan = up_value_object();
	uint32_t width, limit;
	UpPlan parsed;

	*prepare = up_value_object();
	if (plan_key != NULL)
		up_value_set(plan, plan_key, up_value_string(plan_text));
	up_value_set(*prepare, "c", plan);
	parsed = up_prepare_plan(*prepare, "c");
	kind = up_prepare_kind(&parsed, "c", kind, &width, &limit);
	up_frame_set_column(f, 0, "c", kind);
	if (kind == UP_COLUMN_CATEGORY)
		up_frame_set_limit(f, 0, limit);
	up_frame_set_width(f, 0, width);
	for (size_t i = 0; i < n; i++)
	{
		const char *text = texts != NULL ? texts[i] : NULL;
		double value = text == NULL                 ? (v != NULL ? v[i] : MISSING)
					   : kind == UP_COLUMN_HASH     ? up_frame_hash(text, strlen(text))
					   : kind == UP_COLUMN_CATEGORY ? up_frame_category(f, 0, text, strlen(text))
													: 0;
		double *row = up_samples_add(f->samples);

		row[0] = value;
		row[width] = labels != NULL ? labels[i] : 0;
		if (kind == UP_COLUMN_WORDS && text != NULL)
			up_frame_words(text, strlen(text), width, row);
	}
	up_frame_sort_codes(f);
	return f;
}

/* Of values so far apart that neither their distance nor their sum is a number. */
static void
test_far_fills(void)
{
	const double far[] = {-1.7e308, 1.7e308, MISSING, -1.5e308, 1.5e308};
	const double high[] = {1.7e308, 1.7e308, MISSING, 1.5e308, 1.7e308};
	UpValue *prepare;
	double out[1];

	for (int i = 0; i < 4; i++)
	{
		const char *how = i % 2 == 0 ? "median" : "mean";
		UpFrame *f = one_column("impute", how, UP_COLUMN_NUMBER, NULL, i < 2 ? far : high, NULL, 5, &prepare);
		UpPipelineOptions options = {.prepare = prepare};
		UpPipeline *p = up_pipeline_fit(f, order, 5, &options);

		up_pipeline_encode(p, up_samples_row(f->samples, 2), out);
		CHECK_NEAR(out[0] / 1e308, i < 2 ? 0 : i == 2 ? 1.7 : 1.65, 1e-14);
	}
}

/* Landmarks so far apart; the last row is none that they are found by. */
static void
test_far_quantiles(void)
{
	const double far[] = {-1.7e308, 1.7e308, -0.85e308};
	UpValue *prepare;
	UpFrame *f = one_column("scale", "quantile", UP_COLUMN_NUMBER, NULL, far, NULL, 3, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p = up_pipeline_fit(f, order, 2, &options);
	double out[1];

	up_pipeline_encode(p, up_samples_row(f->samples, 2), out);
	CHECK_NEAR(out[0], 0.25, 1e-14);
}

static const size_t eight[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const char *const cities[] = {"Rome", "Oslo", "Rome", NULL, "Oslo", "Rome", "Bern", "Pisa"};

/* A pipeline that has travelled: what prediction sees. */
static UpPipeline *
travelled(const UpPipeline *p)
{
	UpWriter w;
	UpReader r;
	UpPipeline *back;

	up_writer_init(&w);
	up_put_pipeline(&w, p, false);
	up_reader_init(&r, w.bytes, w.len, "model");
	back = up_get_pipeline(&r, 2);
	up_get_end(&r);
	for (volatile size_t len = 0; len < w.len; len++)
	{
		up_reader_init(&r, w.bytes, len, "model");
		CHECK_FAILS(UP_CORRUPT, "damaged model", up_get_pipeline(&r, 2));
	}
	return back;
}

static void
test_cap(void)
{
	UpValue *prepare, *plan;
	UpFrame *f = one_column("encode", "one_hot", UP_COLUMN_CATEGORY, cities, NULL, NULL, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p;
	double out[8], v;

	plan = up_value_get(prepare, "c");
	up_value_set(plan, "max_categories", up_value_number(2));
	up_value_set(plan, "indicator", up_value_bool(true));
	p = up_pipeline_fit(f, eight, 8, &options);
	/* Oslo, Rome, the others; missing: Rome */
	CHECK(p->n_features == 4);
	up_pipeline_encode(p, up_samples_row(f->samples, 6), out);
	CHECK(out[0] == 0 && out[1] == 0 && out[2] == 1 && out[3] == 0);
	up_pipeline_encode(p, up_samples_row(f->samples, 3), out);
	CHECK(out[0] == 0 && out[1] == 1 && out[2] == 0 && out[3] == 1);
	p = travelled(p);
	v = up_step_category(&p->steps[0], "Paris", 5);
	up_pipeline_encode(p, &v, out);
	CHECK(out[0] == 0 && out[1] == 0 && out[2] == 1 && out[3] == 0);
	v = up_step_category(&p->steps[0], "Oslo", 4);
	up_pipeline_encode(p, &v, out);
	CHECK(out[0] == 1 && out[1] == 0 && out[2] == 0);
}

static void
test_order(void)
{
	static const char *const sizes[] = {"small", "large", "medium", NULL, "small", "small", "large", "medium"};
	UpValue *prepare, *order = up_value_array();
	UpFrame *f = one_column("encode", "ordinal", UP_COLUMN_CATEGORY, sizes, NULL, NULL, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p;
	double out;

	p = travelled(up_pipeline_fit(f, eight, 8, &options));
	out = up_step_category(&p->steps[0], "small", 5);
	up_pipeline_encode(p, &out, &out);
	CHECK(out == 2); /* by bytes: large, medium, small */
	up_value_append(order, up_value_string("small"));
	up_value_append(order, up_value_string("medium"));
	up_value_set(up_value_get(prepare, "c"), "order", order);
	CHECK_FAILS(UP_INVALID_PARAMETER, "lacks the value \"large\"", up_pipeline_fit(f, eight, 8, &options));
	up_value_append(order, up_value_string("large"));
	p = travelled(up_pipeline_fit(f, eight, 8, &options));
	out = up_step_category(&p->steps[0], "large", 5);
	up_pipeline_encode(p, &out, &out);
	CHECK(out == 2);
	out = up_step_category(&p->steps[0], "huge", 4);
	up_pipeline_encode(p, &out, &out);
	CHECK(out == 0); /* as if missing: small, the most frequent */
}

/* (n_c m_c + s m) / (n_c + s) with s = 2; and out of fold for the rows of training. */
static void
test_target(void)
{
	static const double y[] = {1, 0, 1, 1, 0, 0, 1, 0};
	UpValue *prepare;
	UpFrame *f = one_column("encode", "target", UP_COLUMN_CATEGORY, cities, NULL, y, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare, .labels = y, .n_classes = 2, .seed = 3};
	UpPipeline *p, *back;
	double out, rome = up_frame_hash("Rome", 4), nowhere = up_frame_hash("Nowhere", 7), none = MISSING;

	up_value_set(up_value_get(prepare, "c"), "smooth", up_value_number(2));
	p = up_pipeline_fit(f, eight, 8, &options);
	back = travelled(p);
	/* Rome: 1 1 0, the mean is 1/2 */
	up_pipeline_encode(back, &rome, &out);
	CHECK_NEAR(out, (2 + 2 * 0.5) / 5, 1e-15);
	up_pipeline_encode(back, &nowhere, &out);
	CHECK_NEAR(out, 0.5, 1e-15);
	up_pipeline_encode(back, &none, &out);
	CHECK_NEAR(out, 0.5, 1e-15);
	for (size_t i = 0; i < 8; i++)
	{
		double sum = 0, n = 0, all = 0, n_all = 0;

		for (size_t j = 0; j < 8; j++)
		{
			if (p->folds[j] == p->folds[i])
				continue;
			all += y[j];
			n_all++;
			if (cities[i] != NULL && cities[j] != NULL && strcmp(cities[i], cities[j]) == 0)
			{
				sum += y[j];
				n++;
			}
		}
		up_pipeline_encode_training(p, up_samples_row(f->samples, i), i, &out);
		CHECK_NEAR(out, n > 0 ? (sum + 2 * all / n_all) / (n + 2) : all / n_all, 1e-14);
	}
	options.labels = NULL;
	CHECK_FAILS(UP_INVALID_PARAMETER, "as there is none", up_pipeline_fit(f, eight, 8, &options));
}

static void
test_words(void)
{
	static const char *const texts[] = {"red Red, RED!", "blue red", "", "x", "y", "z", "red", "blue"};
	UpValue *prepare;
	UpFrame *f = one_column("encode", "words", UP_COLUMN_CATEGORY, texts, NULL, NULL, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p = travelled(up_pipeline_fit(f, eight, 8, &options));
	double out[64], sum = 0, most = 0, none[64];

	CHECK(p->n_features == 64 && p->n_inputs == 64);
	up_pipeline_encode(p, up_samples_row(f->samples, 0), out);
	for (int j = 0; j < 64; j++)
	{
		sum += out[j];
		most = UP_MAX(most, out[j]);
		none[j] = MISSING;
	}
	CHECK(sum == 3 && most == 3);
	up_pipeline_encode(p, none, out);
	CHECK(out[0] == 0 && out[63] == 0);
}

static void
test_hash(void)
{
	UpValue *prepare;
	UpFrame *f = one_column("encode", "hash", UP_COLUMN_CATEGORY, cities, NULL, NULL, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p = travelled(up_pipeline_fit(f, eight, 8, &options));
	double a[64], b[64], ones = 0, rome = up_frame_hash("Rome", 4), none = MISSING;

	up_pipeline_encode(p, up_samples_row(f->samples, 0), a);
	up_pipeline_encode(p, &rome, b);
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	for (int j = 0; j < 64; j++)
		ones += a[j];
	CHECK(ones == 1);
	up_pipeline_encode(p, &none, b);
	for (int j = 0; j < 64; j++)
		CHECK(b[j] == 0);
}

/* 2000-01-01 was a Saturday; the phases of a day at noon. */
static void
test_cyclic(void)
{
	static const double times[] = {43200, 43200 + 7 * 86400.0, 0, MISSING, 100, 200, 300, 400};
	UpValue *prepare;
	UpFrame *f = one_column("encode", "cyclic", UP_COLUMN_TIME, NULL, times, NULL, 8, &prepare);
	UpPipelineOptions options = {.prepare = prepare};
	UpPipeline *p = travelled(up_pipeline_fit(f, eight, 8, &options));
	double a[6], b[6];

	CHECK(p->n_features == 6);
	up_pipeline_encode(p, &times[0], a);
	CHECK_NEAR(a[0], 0, 1e-12);
	CHECK_NEAR(a[1], -1, 1e-12);
	up_pipeline_encode(p, &times[1], b);
	CHECK_NEAR(a[2], b[2], 1e-12);
	CHECK_NEAR(a[3], b[3], 1e-12);
	CHECK_NEAR(b[5], cos(2 * 3.14159265358979323846 * 7.5 / 366), 1e-12);
}

/* An array's width is known when the first one comes; rows before it, and parts without any, lack it. */
static void
test_arrays(void)
{
	UpFrame *f = up_frame_new(2, true, UP_LABEL_NONE, NULL),
			*other = up_frame_new(2, true, UP_LABEL_NONE, NULL);
	UpPipelineOptions options = {.scale = 1 + UP_SCALE_ZSCORE};
	UpPipeline *p;
	double out[4];

	up_frame_set_column(f, 0, "v", UP_COLUMN_ARRAY);
	up_frame_set_column(f, 1, "n", UP_COLUMN_NUMBER);
	up_frame_set_column(other, 0, "v", UP_COLUMN_ARRAY);
	up_frame_set_column(other, 1, "n", UP_COLUMN_NUMBER);
	up_samples_add(f->samples)[0] = 5;
	up_samples_row(f->samples, 0)[1] = 0;
	up_frame_set_width(f, 0, 3);
	memcpy(up_samples_add(f->samples), (double[]){1, 2, 3, 7, 0}, 5 * sizeof(double));
	memcpy(up_samples_add(other->samples), (double[]){9, 0}, 2 * sizeof(double));
	CHECK(up_samples_row(f->samples, 0)[3] == 5 && isnan(up_samples_row(f->samples, 0)[2]));
	up_frame_merge(f, other);
	CHECK(up_samples_row(f->samples, 2)[3] == 9 && isnan(up_samples_row(f->samples, 2)[0]));
	up_frame_merge(other, f);
	CHECK(other->n_values == 4 && up_samples_row(other->samples, 2)[1] == 2);
	p = travelled(up_pipeline_fit(f, (size_t[]){0, 1, 2}, 3, &options));
	CHECK(p->n_features == 4 && p->n_steps == 2 && p->n_inputs == 4);
	up_pipeline_encode(p, (double[]){MISSING, 2, 3, 7}, out);
	/* constant once imputed; 5 7 9: mean 7 */
	CHECK(out[0] == 0 && out[1] == 0 && out[2] == 0);
	CHECK_NEAR(out[3], 0, 1e-15);
	up_frame_set_width(other, 0, 2);
	CHECK_FAILS(UP_LENGTH_MISMATCH, "arrays of 3 elements and of 2", up_frame_merge(f, other));
}

static void
test_native(void)
{
	UpValue *prepare;
	UpFrame *f = one_column(NULL, NULL, UP_COLUMN_CATEGORY, cities, NULL, NULL, 8, &prepare);
	UpPipelineOptions options = {.native = true};
	UpPipeline *p = travelled(up_pipeline_fit(f, eight, 8, &options));
	double v = up_step_category(&p->steps[0], "Rome", 4), out;

	CHECK(p->n_features == 1 && up_pipeline_n_values(p)[0] == 4);
	up_pipeline_encode(p, &v, &out);
	CHECK(out == 3);
	v = up_step_category(&p->steps[0], "Paris", 5);
	up_pipeline_encode(p, &v, &out);
	CHECK(isnan(out));
}

static void
test_selected(void)
{
	UpPipelineOptions options = {0};
	UpPipeline *p = up_pipeline_fit(make_frame(), order, 6, &options);
	double inputs[] = {MISSING, 2, 1, 300}, all[6], some[2];

	p = travelled(p);
	up_pipeline_encode(p, inputs, all);
	up_pipeline_select(p, (uint32_t[]){3, 5}, 2);
	p = travelled(p);
	up_pipeline_encode(p, inputs, some);
	CHECK(some[0] == all[3] && some[1] == all[5] && p->n_features == 2);
	CHECK(strcmp(up_pipeline_feature_names(p)->items[1]->string, "when") == 0);
	CHECK(up_pipeline_step_of(p, 0) == 1 && up_pipeline_step_of(p, 1) == 3);
}

/* What cannot be: unknown keys, choices and columns, encodings that do not fit, constants of another type. */
static void
test_bad_plans(void)
{
	UpValue *prepare;
	UpFrame *f;
	UpPipelineOptions options = {0};

	CHECK_FAILS(UP_INVALID_PARAMETER, "has no parameter \"impuet\"",
				one_column("impuet", "mean", UP_COLUMN_NUMBER, NULL, NULL, NULL, 1, &prepare));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no choice \"onehot\"",
				one_column("encode", "onehot", UP_COLUMN_CATEGORY, NULL, NULL, NULL, 1, &prepare));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has numbers, which cannot be encoded as \"cyclic\"",
				one_column("encode", "cyclic", UP_COLUMN_NUMBER, NULL, NULL, NULL, 1, &prepare));
	CHECK_FAILS(UP_INVALID_PARAMETER, "imputes a constant, but has no",
				one_column("impute", "constant", UP_COLUMN_NUMBER, NULL, NULL, NULL, 1, &prepare));
	f = one_column("fill_value", "many", UP_COLUMN_NUMBER, NULL, (double[]){1}, NULL, 1, &prepare);
	options.prepare = prepare;
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be a number, not \"many\"", up_pipeline_fit(f, eight, 1, &options));
	f = one_column("impute", "none", UP_COLUMN_NUMBER, NULL, (double[]){1, MISSING}, NULL, 2, &prepare);
	options.prepare = prepare;
	CHECK_FAILS(UP_INVALID_DATA, "which this algorithm cannot take", up_pipeline_fit(f, eight, 2, &options));
	up_value_set(prepare, "d", up_value_object());
	CHECK_FAILS(UP_INVALID_PARAMETER, "column \"d\" of parameter \"prepare\" does not exist",
				up_pipeline_fit(f, eight, 2, &options));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"encode", test_encode},
		{"z-scores", test_zscore},
		{"rows that count", test_rows_that_count},
		{"left out", test_left_out},
		{"travel", test_travel},
		{"merge", test_merge},
		{"far fills", test_far_fills},
		{"far quantiles", test_far_quantiles},
		{"cap", test_cap},
		{"order", test_order},
		{"target", test_target},
		{"words", test_words},
		{"hash", test_hash},
		{"cyclic", test_cyclic},
		{"arrays", test_arrays},
		{"native", test_native},
		{"selected", test_selected},
		{"bad plans", test_bad_plans},
	};

	return up_run_tests("pipeline", tests, UP_LENGTH(tests));
}
