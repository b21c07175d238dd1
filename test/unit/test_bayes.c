/*
 * test_bayes.c - naive Bayes against its definition, parts that merge and come out again, exact contributions, odd data
 */
#include "check.h"
#include "arrays.h"

#include "base/rng.h"
#include "prep/step_encode.h"
#include "learn/learners.h"
#include "learn/combine.h"
#include "learn/bayes/bayes_body.h"
#include "learn/train.h"

#define ROWS 200
#define WIDE 4

static double x[ROWS * WIDE], y[ROWS];
static uint32_t n_values[WIDE] = {0, 0, 5, 0};

/* Two numbers (one far from 0), a category, a number with holes. */
static void
make_rows(uint64_t seed, uint32_t classes, bool holes)
{
	UpRng rng;

	up_rng_init(&rng, seed, 1);
	for (int i = 0; i < ROWS; i++)
	{
		double *row = x + i * WIDE;

		y[i] = (double) (i % (int) classes);
		row[0] = up_rng_normal(&rng) * (1 + y[i]) + y[i];
		row[1] = 1e9 + up_rng_normal(&rng) - 2 * y[i];
		row[2] = (double) up_rng_below(&rng, y[i] > 0 ? 5 : 3);
		row[3] = holes && up_rng_below(&rng, 4) == 0 ? NAN : up_rng_double(&rng) + y[i];
		if (holes && up_rng_below(&rng, 9) == 0)
			row[2] = NAN;
	}
}

static UpFit
fit_of(const UpData *d, const char *param, UpValue *value)
{
	static const char *const names[] = {"a", "b", "c"};
	UpValue *given = up_value_object();
	UpFit fit = {0};

	if (param != NULL)
		up_value_set(given, param, value);
	fit.data = d;
	fit.task = UP_TASK_CLASSIFY;
	fit.params = up_request_parse(up_learner_by_name("bayes"), given)->params;
	fit.n_features = d->n_features;
	fit.n_classes = d->n_classes;
	fit.classes = names;
	fit.info = up_value_object();
	return fit;
}

static UpBayes *
learn(const double *rows, const double *labels, size_t n, uint32_t width, uint32_t classes,
	  const uint32_t *values, const char *param, UpValue *value)
{
	UpData *d = data_from_arrays(rows, labels, n, width, classes);
	UpFit fit;

	d->n_values = values;
	fit = fit_of(d, param, value);
	return up_learner_by_name("bayes")->fit(&fit);
}

/* log p(x_j | c) by two passes over the rows in long double. */
static double
term(int j, int c, double v, double epsilon)
{
	long double n = 0, mean = 0, squares = 0, hits = 0;

	if (isnan(v))
		return 0;
	for (int i = 0; i < ROWS; i++)
	{
		if (y[i] != c || isnan(x[i * WIDE + j]))
			continue;
		n++;
		mean += x[i * WIDE + j];
		hits += x[i * WIDE + j] == v;
	}
	if (n_values[j] > 0)
		return (double) logl((hits + 1) / (n + 5));
	mean /= n;
	for (int i = 0; i < ROWS; i++)
	{
		if (y[i] == c && !isnan(x[i * WIDE + j]))
			squares += (x[i * WIDE + j] - mean) * (x[i * WIDE + j] - mean);
	}
	squares = squares / n + epsilon;
	return (double) (-0.5L * logl(2 * 3.14159265358979323846264338327950288L * squares) -
					 (v - mean) * (v - mean) / (2 * squares));
}

static double
epsilon_of(void)
{
	double largest = 0;

	for (int j = 0; j < WIDE; j++)
	{
		long double n = 0, mean = 0, squares = 0;

		if (n_values[j] > 0)
			continue;
		for (int i = 0; i < ROWS; i++)
		{
			if (isnan(x[i * WIDE + j]))
				continue;
			n++;
			mean += x[i * WIDE + j];
		}
		mean /= n;
		for (int i = 0; i < ROWS; i++)
		{
			if (!isnan(x[i * WIDE + j]))
				squares += (x[i * WIDE + j] - mean) * (x[i * WIDE + j] - mean);
		}
		largest = fmax(largest, (double) (squares / n));
	}
	return largest * 1e-9;
}

static void
test_definition(void)
{
	for (uint32_t classes = 2; classes <= 3; classes++)
	{
		UpBayes *b;
		double epsilon, got[3], contributions[3 * (WIDE + 1)], raw[3];

		make_rows(classes, classes, true);
		epsilon = epsilon_of();
		b = learn(x, y, ROWS, WIDE, classes, n_values, NULL, NULL);
		for (int i = 0; i < ROWS; i++)
		{
			double want[3], sum = 0;

			for (uint32_t c = 0; c < classes; c++)
			{
				double rows = 0;

				for (int r = 0; r < ROWS; r++)
					rows += y[r] == c;
				want[c] = log(rows / ROWS);
				for (int j = 0; j < WIDE; j++)
				{
					double t = term(j, (int) c, x[i * WIDE + j], epsilon);

					CHECK_NEAR(up_bayes_term(b, c, (uint32_t) j, x[i * WIDE + j]), t, 1e-10 * (1 + fabs(t)));
					want[c] += t;
				}
			}
			up_bayes_proba(b, x + i * WIDE, 1, got);
			for (uint32_t c = 0; c < classes; c++)
			{
				double of = 0;

				for (uint32_t k = 0; k < classes; k++)
					of += exp(want[k] - want[c]);
				CHECK_NEAR(got[c], 1 / of, 1e-11);
				sum += got[c];
			}
			CHECK_NEAR(sum, 1, 1e-12);
			/* Contributions add up to the scores. */
			up_bayes_explain(b, x + i * WIDE, contributions);
			up_bayes_raw_scores(b, x + i * WIDE, raw);
			for (uint32_t o = 0; o < up_bayes_n_outputs(b); o++)
			{
				double total = 0;

				for (int j = 0; j <= WIDE; j++)
					total += contributions[o * (WIDE + 1) + (uint32_t) j];
				CHECK_NEAR(total, raw[o], 1e-9 * (1 + fabs(raw[o])));
				CHECK_NEAR(raw[o], classes == 2 ? want[1] - want[0] : want[o], 1e-9 * (1 + fabs(raw[o])));
			}
		}
	}
}

/* Over the rows trained on, each feature's contributions have a mean of 0: the marginals are theirs. */
static void
test_contributions(void)
{
	static const char *const distributions[] = {"gaussian", "bernoulli", "multinomial", "categorical"};

	for (size_t l = 0; l < UP_LENGTH(distributions); l++)
	{
		double sum[3 * (WIDE + 1)] = {0}, out[3 * (WIDE + 1)];
		UpBayes *b;

		make_rows(9, 3, true);
		for (int i = 0; l > 0 && i < ROWS * WIDE; i++)
			x[i] = floor(fabs(fmod(x[i], 7)));
		b = learn(x, y, ROWS, WIDE, 3, n_values, "distribution", up_value_string(distributions[l]));
		for (int i = 0; i < ROWS; i++)
		{
			up_bayes_explain(b, x + i * WIDE, out);
			for (int j = 0; j < 3 * (WIDE + 1); j++)
				sum[j] += out[j] / ROWS;
		}
		for (int o = 0; o < 3; o++)
		{
			for (int j = 0; j < WIDE; j++)
				CHECK_NEAR(sum[o * (WIDE + 1) + j], 0, 1e-9);
		}
		up_bayes_importance(b, out);
		CHECK_NEAR(out[0] + out[1] + out[2] + out[3], 1, 1e-12);
		CHECK(out[0] >= 0 && out[1] >= 0 && out[2] >= 0 && out[3] >= 0);
	}
}

static void
check_same(const UpBayes *a, const UpBayes *b, double tolerance)
{
	double p[ROWS * 3], q[ROWS * 3];

	up_bayes_proba(a, x, ROWS, p);
	up_bayes_proba(b, x, ROWS, q);
	for (uint32_t i = 0; i < ROWS * a->sums->n_classes; i++)
		CHECK_NEAR(p[i], q[i], tolerance);
}

/* merge = whole; subtract = rest; update = merge. */
static void
test_parts(void)
{
	static const char *const distributions[] = {"gaussian", "bernoulli", "multinomial", "categorical"};
	const UpLearner *bayes = up_learner_by_name("bayes");

	for (size_t l = 0; l < UP_LENGTH(distributions); l++)
	{
		UpValue *d = up_value_string(distributions[l]);
		UpBayes *whole, *first, *rest, *left;
		bool kept[3];
		UpData *more;
		UpFit fit;

		make_rows(17, 3, true);
		for (int i = 0; l > 0 && i < ROWS * WIDE; i++)
			x[i] = floor(fabs(fmod(x[i], 7)));
		whole = learn(x, y, ROWS, WIDE, 3, n_values, "distribution", d);
		first = learn(x, y, 70, WIDE, 3, n_values, "distribution", d);
		rest = learn(x + 70 * WIDE, y + 70, ROWS - 70, WIDE, 3, n_values, "distribution", d);
		check_same(bayes->merge(first, rest), whole, 1e-11);
		check_same(bayes->merge(rest, first), whole, 1e-11);
		left = bayes->subtract(whole, first, kept);
		check_same(left, rest, 1e-10);
		CHECK(kept[0] && kept[1] && kept[2]);
		for (int k = 0; k < 3; k++)
			CHECK(left->sums->rows[k] == rest->sums->rows[k]);
		more = data_from_arrays(x + 70 * WIDE, y + 70, ROWS - 70, WIDE, 3);
		more->n_values = n_values;
		fit = fit_of(more, "distribution", d);
		check_same(bayes->update(first, &fit), whole, 1e-11);
		/* What was never there cannot be taken away: the rest is not in the part, nor twice in the whole. */
		CHECK_FAILS(UP_INVALID_DATA, "was not trained on", bayes->subtract(first, rest, kept));
		CHECK_FAILS(UP_INVALID_DATA, "was not trained on",
					bayes->subtract(bayes->subtract(left, first, kept), first, kept));
	}
}

/* Bytes of sums, cut or flipped, are an error or sums that can be finished. */
static bool
reads(const uint8_t *bytes, size_t len, const UpFit *fit)
{
	const UpStream *stream = up_learner_by_name("bayes")->stream;
	volatile bool good = false;
	UpArena *arena = up_arena_enter();
	UpReader r;

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		void *sums;
		uint32_t n;

		up_reader_init(&r, bytes, len, "aggregate state");
		sums = stream->read(&r, WIDE, NULL);
		up_get_end(&r);
		(void) stream->labels(sums, &n);
		if (n == 3)
			(void) stream->finish(sums, fit);
		good = true;
	}
	up_test_catching = false;
	up_arena_leave(arena);
	return good;
}

/* One pass over rows that are not held: the same model; parts merge and travel. */
static void
test_stream(void)
{
	const UpLearner *bayes = up_learner_by_name("bayes");
	const UpStream *stream = bayes->stream;
	void *sums, *first, *second;
	UpData *d;
	UpBayes *whole;
	UpReader r;
	UpWriter w;
	UpFit fit;
	double *labels;
	uint8_t *copy;
	uint32_t n;

	make_rows(23, 3, false);
	d = data_from_arrays(x, y, ROWS, WIDE, 3);
	fit = fit_of(d, NULL, NULL);
	whole = bayes->fit(&fit);
	sums = stream->start(WIDE, NULL);
	first = stream->start(WIDE, NULL);
	second = stream->start(WIDE, NULL);
	for (int i = ROWS - 1; i >= 0; i--)
	{
		stream->add(sums, x + i * WIDE, 10 * y[i] - 5);
		stream->add(i % 3 == 1 || i < 30 ? first : second, x + i * WIDE, 10 * y[i] - 5);
	}
	labels = stream->labels(sums, &n);
	CHECK(n == 3 && labels[0] == -5 && labels[1] == 5 && labels[2] == 15);
	check_same(stream->finish(sums, &fit), whole, 1e-11);
	up_writer_init(&w);
	stream->write(first, &w);
	up_reader_init(&r, w.bytes, w.len, "aggregate state");
	first = stream->read(&r, WIDE, NULL);
	up_get_end(&r);
	stream->merge(second, first);
	check_same(stream->finish(second, &fit), whole, 1e-11);
	stream->add(second, x, -5);
	stream->merge(second, stream->start(WIDE, NULL));
	CHECK(((UpBayes *) stream->finish(second, &fit))->sums->rows[0] == whole->sums->rows[0] + 1);
	CHECK(stream->usable(up_request_parse(bayes, NULL)->params));
	CHECK(!stream->usable(fit_of(d, "distribution", up_value_string("bernoulli")).params));
	copy = up_alloc(w.len);
	for (size_t i = 0; i < w.len; i++)
	{
		CHECK(!reads(w.bytes, i, &fit));
		memcpy(copy, w.bytes, w.len);
		copy[i] ^= (uint8_t) (1 << i % 8);
		(void) reads(copy, w.len, &fit);
	}
	CHECK(reads(w.bytes, w.len, &fit));
}

static UpFrame *
frame_of(int from, int to, bool with_city)
{
	static const char *const cities[] = {"Ulm", "Bonn", "Kiel"};
	UpFrame *f = up_frame_new(3, true, UP_LABEL_TEXT, "y");

	up_frame_set_column(f, 0, "city", UP_COLUMN_CATEGORY);
	up_frame_set_column(f, 1, "age", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 2, "member", UP_COLUMN_BOOLEAN);
	for (int i = from; i < to; i++)
	{
		double *row = up_samples_add(f->samples);
		/* Rows from 60 on live in one more city, rows from 80 on are of one more class. */
		const char *city = i >= 60 && i % 2 == 0 ? "Aachen" : cities[i % 3];
		const char *label = i >= 80 ? "maybe" : i % 4 == 0 ? "no" : "yes";

		row[0] = with_city ? up_frame_category(f, 0, city, strlen(city)) : NAN;
		row[1] = 20 + i % 17;
		row[2] = i % 5 == 0 ? NAN : i % 3 == 0;
		row[3] = up_frame_label(f, label, strlen(label));
	}
	return f;
}

static UpModel *
model_of(UpFrame *f, const char *param, UpValue *value)
{
	UpValue *given = up_value_object();
	UpTraining t = {0};

	if (param != NULL)
		up_value_set(given, param, value);
	t.request = up_request_parse(up_learner_by_name("bayes"), given);
	t.frame = f;
	return up_train(&t);
}

/* Inputs of row i for a model, whose cities stand by number. */
static void
check_models(const UpModel *a, const UpModel *b)
{
	CHECK(a->n_classes == b->n_classes);
	for (uint32_t k = 0; k < a->n_classes; k++)
		CHECK(strcmp(a->classes[k], b->classes[k]) == 0);
	for (uint32_t city = 0; city < b->pipeline->steps[0].n_categories; city++)
	{
		double p[3], q[3], row[3] = {city, 30.5, city % 2};
		const char *name = b->pipeline->steps[0].categories[city];

		up_model_proba(b, row, 1, q);
		row[0] = up_step_category(&a->pipeline->steps[0], name, strlen(name));
		CHECK(!isnan(row[0]));
		up_model_proba(a, row, 1, p);
		for (uint32_t k = 0; k < a->n_classes; k++)
			CHECK_NEAR(p[k], q[k], 1e-11);
	}
}

/* Through bytes, as models meet. */
static UpModel *
travelled(const UpModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	return up_get_model(w.bytes, w.len);
}

static void
test_models(void)
{
	UpModel *whole = travelled(model_of(frame_of(0, 100, true), NULL, NULL));
	UpModel *first = travelled(model_of(frame_of(0, 60, true), NULL, NULL));
	UpModel *rest = travelled(model_of(frame_of(60, 100, true), NULL, NULL));
	UpModel *last = model_of(frame_of(80, 100, true), NULL, NULL), *m;

	CHECK(first->n_classes == 2 && whole->n_classes == 3 && last->n_classes == 1);
	check_models(travelled(up_model_merge(first, rest)), whole);
	check_models(travelled(up_model_merge(rest, first)), whole);
	CHECK(up_value_get(up_model_merge(first, rest)->summary, "rows")->number == 100);
	check_models(travelled(up_model_subtract(whole, first)), rest);
	/* With the last rows goes a class. */
	check_models(travelled(up_model_subtract(whole, last)), model_of(frame_of(0, 80, true), NULL, NULL));
	m = travelled(up_model_subtract(whole, rest));
	check_models(m, first);
	CHECK(up_model_info(m) != NULL && up_value_get(m->summary, "rows")->number == 60);

	CHECK_FAILS(UP_INVALID_DATA, "no row would be left", up_model_subtract(whole, whole));
	CHECK_FAILS(UP_INVALID_DATA, "was not trained on", up_model_subtract(first, last));
	CHECK_FAILS(UP_WRONG_KIND, "different params",
				up_model_subtract(whole, model_of(frame_of(0, 60, true), "alpha", up_value_number(2))));
	/* A part that knows no city at all. */
	m = travelled(up_model_merge(first, model_of(frame_of(60, 80, false), NULL, NULL)));
	CHECK(m->n_features == 3 && up_value_get(m->summary, "rows")->number == 80);
	check_models(up_model_subtract(m, model_of(frame_of(60, 80, false), NULL, NULL)), first);
}

static void
test_refused_models(void)
{
	UpModel *m = model_of(frame_of(0, 60, true), NULL, NULL);
	UpFrame *f = frame_of(0, 60, true);
	UpValue *prepare = up_value_object(), *plan = up_value_object();
	UpModel *other;
	UpTraining t = {0};

	up_value_set(plan, "scale", up_value_string("zscore"));
	up_value_set(prepare, "age", plan);
	other = model_of(frame_of(10, 60, true), "prepare", prepare);
	CHECK_FAILS(UP_WRONG_KIND, "prepare column \"age\" differently",
				up_model_subtract(model_of(f, "prepare", prepare), other));
	f->label_name = up_strdup("z");
	CHECK_FAILS(UP_WRONG_KIND, "different targets", up_model_merge(m, model_of(f, NULL, NULL)));
	f = frame_of(0, 60, true);
	f->columns[1].name = up_strdup("years");
	CHECK_FAILS(UP_WRONG_KIND, "does not use column \"age\"", up_model_merge(m, model_of(f, NULL, NULL)));
	t.request = up_request_parse(up_learner_by_name("tree"), NULL);
	t.frame = frame_of(0, 60, true);
	other = up_train(&t);
	CHECK_FAILS(UP_WRONG_KIND, "different algorithms", up_model_merge(m, other));
	CHECK_FAILS(UP_WRONG_KIND, "cannot forget", up_model_subtract(other, other));
	CHECK_FAILS(UP_WRONG_KIND, "cannot be merged", up_model_merge(other, other));
}

static void
test_odd(void)
{
	static double constant[50], labels[50], out[100], huge[] = {1e200, -1e200, 3, 4};
	static const double two[] = {0, 1};
	double row[3] = {1e308, -1e308, 4};
	UpValue *prior = up_value_object();
	UpBayes *b;

	for (int i = 0; i < 50; i++)
	{
		constant[i] = 3;
		labels[i] = i % 2;
	}
	/* Nothing varies: the frequencies of the classes. */
	b = learn(constant, labels, 50, 1, 2, NULL, NULL, NULL);
	up_bayes_proba(b, row, 1, out);
	CHECK_NEAR(out[0], 0.5, 1e-12);
	up_bayes_importance(b, out);
	CHECK(out[0] == 0);
	/* One class. */
	b = learn(constant, labels, 1, 1, 1, NULL, NULL, NULL);
	up_bayes_proba(b, row, 1, out);
	CHECK(out[0] == 1);
	/* Values so far out that their squares are infinite. */
	make_rows(3, 3, false);
	b = learn(x, y, ROWS, WIDE, 3, NULL, NULL, NULL);
	up_bayes_proba(b, (double[]){1e308, -1e308, 1e308, 0}, 1, out);
	CHECK_NEAR(out[0] + out[1] + out[2], 1, 1e-12);
	CHECK_FAILS(UP_INVALID_DATA, "values of feature 1 are too large",
				learn(huge, two, 2, 2, 2, NULL, NULL, NULL));
	CHECK_FAILS(UP_INVALID_DATA, "feature 1 is -1, and the multinomial",
				learn((double[]){-1, 1}, two, 2, 1, 2, NULL, "distribution", up_value_string("multinomial")));
	CHECK_FAILS(UP_INVALID_DATA, "feature 1 is 0.5, and the categorical",
				learn((double[]){0.5, 1}, two, 2, 1, 2, NULL, "distribution", up_value_string("categorical")));
	CHECK_FAILS(UP_INVALID_DATA, "feature 1 is 100000, and the categorical",
				learn((double[]){1e5, 1}, two, 2, 1, 2, NULL, "distribution", up_value_string("categorical")));
	/* Probabilities of the classes. */
	up_value_set(prior, "a", up_value_number(0.9));
	CHECK_FAILS(UP_INVALID_PARAMETER, "add up to 0.9",
				learn(constant, labels, 50, 1, 2, NULL, "class_prior", prior));
	up_value_set(prior, "z", up_value_number(0.1));
	CHECK_FAILS(UP_INVALID_PARAMETER, "lacks the class \"b\"",
				learn(constant, labels, 50, 1, 2, NULL, "class_prior", prior));
	up_value_set(prior, "z", up_value_number(0.05));
	up_value_set(prior, "b", up_value_number(0.05));
	b = learn(constant, labels, 50, 1, 2, NULL, "class_prior", prior);
	up_bayes_proba(b, row, 1, out);
	CHECK_NEAR(out[0], 0.9 / 0.95, 1e-12);
	b = learn(constant, (double[]){0, 0, 0, 1}, 4, 1, 2, NULL, "fit_prior", up_value_bool(false));
	up_bayes_proba(b, row, 1, out);
	CHECK_NEAR(out[0], 0.5, 1e-12);
	/* Unseen codes and categories are missing; codes below the largest one count. */
	b = learn((double[]){0, 0, 2, 2}, (double[]){0, 0, 0, 1}, 4, 1, 2, NULL, "distribution",
			  up_value_string("categorical"));
	CHECK_NEAR(up_bayes_term(b, 0, 0, 1), log(1.0 / 6), 1e-12);
	CHECK(up_bayes_term(b, 0, 0, 3) == 0 && up_bayes_term(b, 0, 0, -1) == 0 &&
		  up_bayes_term(b, 0, 0, 0.5) == 0);
	b = learn((double[]){0, 0, 2, 2}, (double[]){0, 0, 0, 1}, 4, 1, 2, (uint32_t[]){3}, NULL, NULL);
	CHECK(up_bayes_term(b, 0, 0, 1) == 0);
	CHECK_NEAR(up_bayes_term(b, 0, 0, 2), log(2.0 / 5), 1e-12);
}

static void
test_words(void)
{
	static const double rows[] = {1, 0, 3, 1, 10, 2, NAN, 2}, labels[] = {0, 0, 1, 1};
	static const char *const names[] = {"age", "city"}, *const cities[] = {"Bonn", "Kiel", "Ulm"};
	const char *const *const values[] = {NULL, cities};
	UpNames named = {.features = names, .values = values}, bare = {.features = names};
	UpBayes *b = learn(rows, labels, 4, 2, 2, (uint32_t[]){0, 3}, NULL, NULL);
	UpBayes *plain = learn((double[]){1, 5, 2, 0}, (double[]){0, 1}, 2, 2, 2, NULL, "distribution",
						   up_value_string("multinomial"));

	CHECK(strcmp(up_bayes_show(b, &named), "a: 2 rows, probability 0.5\n"
										   "  age: mean 2, deviation 1\n"
										   "  city: Bonn 0.4, Kiel 0.4, Ulm 0.2\n"
										   "b: 2 rows, probability 0.5\n"
										   "  age: mean 10, deviation 0\n"
										   "  city: Bonn 0.2, Kiel 0.2, Ulm 0.6\n") == 0);
	CHECK(strcmp(up_bayes_show(plain, &bare), "a: 1 rows, probability 0.5\n"
											  "  age: 0.25 of what is counted\n"
											  "  city: 0.75 of what is counted\n"
											  "b: 1 rows, probability 0.5\n"
											  "  age: 0.75 of what is counted\n"
											  "  city: 0.25 of what is counted\n") == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"definition", test_definition}, {"contributions", test_contributions},
		{"parts", test_parts},           {"stream", test_stream},
		{"models", test_models},         {"refused models", test_refused_models},
		{"odd data", test_odd},          {"words", test_words},
	};

	return up_run_tests("bayes", tests, UP_LENGTH(tests));
}
