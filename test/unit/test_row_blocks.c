/*
 * test_row_blocks.c - rows summed up block by block, beside the same rows added one after the other
 */
#include "check.h"

#include "base/rng.h"
#include "learn/learners.h"
#include "learn/row_blocks.h"

#define ROWS 20500 /* two blocks, and half of one */
#define WIDE 3

extern size_t up_test_memory_limit;

/* Named columns; of the last one every ninth value is missing. */
static UpFrame *
new_frame(void)
{
	UpFrame *f = up_frame_new(WIDE + 1, true, UP_LABEL_NUMBER, "y");

	up_frame_set_column(f, 0, "id", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 1, "a", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 2, "b", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 3, "c", UP_COLUMN_NUMBER);
	return f;
}

static void
set_row(UpRng *rng, int i, bool classes, double *row)
{
	row[0] = i;
	row[1] = up_rng_normal(rng) + 1e6;
	row[2] = up_rng_normal(rng) * 3;
	row[3] = i % 9 == 0 ? NAN : i % 7;
	row[4] = classes ? (double) (i % 3) : row[1] - 1e6 + 2 * row[2] + up_rng_normal(rng);
}

/* without: another column that is no feature, or NULL. */
static UpRequest *
request_of(const UpLearner *learner, const char *without)
{
	UpValue *params = up_value_object(), *names = up_value_array();

	up_value_append(names, up_value_string("id"));
	if (without != NULL)
		up_value_append(names, up_value_string(without));
	up_value_set(params, "exclude", names);
	return up_request_parse(learner, params);
}

/* As it is read back: its inputs are the columns that it uses. */
static UpModel *
travelled(const UpModel *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_model(&w, m);
	return up_get_model(w.bytes, w.len);
}

/* n rows from first on, each somewhere in a wider array, as those of a step stand. */
static void
add_step(UpRowBlocks *b, UpFrame *waiting, const UpSamples *rows, size_t first, size_t n)
{
	const size_t width = WIDE + 4, away = n / 2;
	double *values = up_alloc_large_array(n, width * sizeof(double));
	size_t *order = up_alloc_large_array(n, sizeof(size_t));
	double *space = up_samples_space(rows);

	for (size_t i = 0; i < n; i++)
	{
		order[i] = (i + away) % n;
		memcpy(values + order[i] * width, up_samples_read(rows, first + i, space), up_samples_row_bytes(rows));
	}
	up_free(space);
	up_row_blocks_add_many(b, waiting, values, width, order, n);
	up_free_large(values);
	up_free_large(order);
}

/* The bytes of a model of the same rows, as they come by steps of so many and then all others, or (0) one by one. */
static UpWriter
trained_in_steps(const UpLearner *learner, const char *without, size_t step)
{
	UpRequest *q = request_of(learner, without);
	UpFrame *f = new_frame(), *waiting = new_frame();
	UpRowBlocks *b;
	UpRowSums *s;
	UpWriter bytes;
	UpRng rng;
	double row[WIDE + 2];

	up_rng_init(&rng, 7, 0);
	for (int i = 0; i < ROWS; i++)
		set_row(&rng, i, learner->stream->labels != NULL, up_samples_add(f->samples));
	s = up_row_sums_new(q, NULL, f, NULL);
	b = up_row_blocks_begin(s, step > 0);
	for (size_t i = 0; step == 0 && i < ROWS; i++)
		up_row_blocks_add(b, waiting, up_samples_read(f->samples, i, row));
	for (size_t i = 0, n = step; step > 0 && i < ROWS; i += n)
	{
		n = i < 3 * step ? UP_MIN(step, ROWS - i) : ROWS - i;
		add_step(b, waiting, f->samples, i, n);
	}
	up_row_blocks_end(b);
	CHECK(s->n_rows + waiting->samples->n_rows == ROWS);
	CHECK(s->values == NULL || s->n_rows < ROWS);
	up_writer_init(&bytes);
	up_put_model(&bytes, up_row_sums_train(s, waiting, true));
	return bytes;
}

/* However rows come, in steps of fewer than a block has, or of more. */
static void
steps_are_the_same(void)
{
	static const UpLearner *const learners[] = {&up_linear, &up_bayes};
	static const char *const without[] = {NULL, "b"};
	static const size_t steps[] = {1, 300, 8192, 9000, ROWS};

	for (size_t l = 0; l < UP_LENGTH(learners); l++)
	{
		for (size_t w = 0; w < UP_LENGTH(without); w++)
		{
			UpWriter x = trained_in_steps(learners[l], without[w], 0);

			for (size_t i = 0; i < UP_LENGTH(steps); i++)
			{
				UpWriter y = trained_in_steps(learners[l], without[w], steps[i]);

				CHECK(x.len == y.len && memcmp(x.bytes, y.bytes, x.len) == 0);
			}
		}
	}
}

/* By blocks, or one after the other. */
static UpModel *
trained(const UpLearner *learner, bool blocks)
{
	bool classes = learner->stream->labels != NULL;
	UpRequest *q = request_of(learner, NULL);
	UpFrame *f = new_frame(), *waiting = new_frame();
	UpRowBlocks *b = NULL;
	UpRowSums *s = NULL;
	double row[WIDE + 2];
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	for (int i = 0; i < ROWS; i++)
	{
		set_row(&rng, i, classes, row);
		if (i < 1000)
			memcpy(up_samples_add(f->samples), row, sizeof(row));
		else if (!blocks)
			up_row_sums_add(s, f, row);
		else
			up_row_blocks_add(b, waiting, row);
		if (i != 999)
			continue;
		s = blocks ? up_row_sums_new(q, NULL, f, NULL) : up_row_sums_begin(q, f);
		CHECK(s != NULL && s->n == WIDE);
		b = blocks ? up_row_blocks_begin(s, false) : NULL;
		for (uint64_t j = 0; blocks && j < f->samples->n_rows; j++)
			up_row_blocks_add(b, waiting, up_samples_row(f->samples, j));
	}
	if (blocks)
		up_row_blocks_end(b);
	CHECK(s->n_rows + (blocks ? waiting : f)->samples->n_rows == ROWS);
	CHECK(s->values == NULL || s->n_rows < ROWS);
	return travelled(up_row_sums_train(s, blocks ? waiting : f, true));
}

static void
check_same(const UpLearner *learner)
{
	UpModel *one = trained(learner, false), *blocks = trained(learner, true), *again;
	UpWriter x, y;
	double in[WIDE] = {1e6 + 1, 2, NAN}, a[3], b[3];

	if (one->n_classes > 0)
	{
		up_model_proba(one, in, 1, a);
		up_model_proba(blocks, in, 1, b);
	}
	else
	{
		up_model_predict(one, in, 1, a);
		up_model_predict(blocks, in, 1, b);
	}
	for (uint32_t k = 0; k < UP_MAX(one->n_classes, 1); k++)
		CHECK_NEAR(a[k], b[k], 1e-9);
	for (uint32_t i = 0; i < one->pipeline->n_steps; i++)
		CHECK(one->pipeline->steps[i].impute == blocks->pipeline->steps[i].impute);

	/* Of how many blocks are summed up at a time nothing depends. */
	up_test_memory_limit = (size_t) 4 << 20;
	again = trained(learner, true);
	up_test_memory_limit = (size_t) 1 << 30;
	up_writer_init(&x);
	up_writer_init(&y);
	up_put_model(&x, blocks);
	up_put_model(&y, again);
	CHECK(x.len == y.len && memcmp(x.bytes, y.bytes, x.len) == 0);
}

static void
blocks_are_the_same(void)
{
	check_same(&up_linear);
	check_same(&up_bayes);
}

/* A column that only rows held out know has no median, and rows are needed. */
static void
unknown_columns_need_rows(void)
{
	UpRequest *q = request_of(&up_linear, NULL);
	UpFrame *f = new_frame();
	uint8_t held_out[40];

	for (int i = 0; i < 40; i++)
	{
		double *row = up_samples_add(f->samples);

		row[0] = row[1] = row[2] = row[4] = i;
		row[3] = i < 10 ? i : NAN;
		held_out[i] = i < 10;
	}
	CHECK(up_row_sums_new(q, NULL, f, held_out) == NULL);
	held_out[9] = 0;
	CHECK(up_row_sums_new(q, NULL, f, held_out) != NULL);
}

static void
keys_are_no_features(void)
{
	UpRequest *q = request_of(&up_linear, NULL);
	UpValue *key = up_value_array();
	UpFrame *f = new_frame();

	for (int i = 0; i < 40; i++)
	{
		double *row = up_samples_add(f->samples);

		row[0] = row[1] = row[2] = row[3] = row[4] = i;
	}
	up_value_append(key, up_value_string("b"));
	CHECK(up_row_sums_new(q, key, f, NULL)->n == WIDE - 1);
}

/* The failure is that of the learner, once all rows are there. */
static void
too_large_values_wait(bool many)
{
	UpRequest *q = request_of(&up_bayes, NULL);
	UpFrame *f = new_frame(), *waiting = new_frame();
	UpSamples *rows = up_samples_new(WIDE + 1);
	double space[WIDE + 2];
	UpRowBlocks *b;
	UpRowSums *s;
	UpRng rng;

	up_rng_init(&rng, 6, 0);
	set_row(&rng, 1, true, up_samples_add(f->samples));
	s = up_row_sums_new(q, NULL, f, NULL);
	b = up_row_blocks_begin(s, many);
	for (int i = 0; i < ROWS; i++)
	{
		double *row = up_samples_add(rows);

		set_row(&rng, i, true, row);
		row[2] *= 1e200;
	}
	for (uint64_t i = 0; !many && i < ROWS; i++)
		up_row_blocks_add(b, waiting, up_samples_read(rows, i, space));
	if (many)
		add_step(b, waiting, rows, 0, ROWS);
	up_row_blocks_end(b);
	CHECK(s->n_rows == ROWS);
	CHECK_FAILS(UP_INVALID_DATA, "the values of feature \"b\" are too large for naive Bayes",
				up_row_sums_train(s, waiting, true));
}

static void
all_too_large_values_wait(void)
{
	too_large_values_wait(false);
	too_large_values_wait(true);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"blocks are the same", blocks_are_the_same},
		{"steps are the same", steps_are_the_same},
		{"unknown columns need rows", unknown_columns_need_rows},
		{"keys are no features", keys_are_no_features},
		{"too large values wait", all_too_large_values_wait},
	};

	return up_run_tests("row blocks", tests, UP_LENGTH(tests));
}
