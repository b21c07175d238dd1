/*
 * test_lent.c - rows that workers see, through all that learners read of them: the same models as from rows that stand anywhere
 */
#include "check.h"

#include "base/rng.h"
#include "learn/learners.h"
#include "learn/model.h"
#include "learn/train.h"

#define COLUMNS 20

typedef struct Param
{
	const char *name, *text; /* or a number */
	double number;
} Param;

/* What differs between trainings. */
typedef struct Case
{
	const char *learner;
	Param params[3];
	UpLabelKind kind;
	size_t rows;
	uint32_t classes;
	bool by_name; /* with a column of weights */
} Case;

/* The rows of two processes, where others see them or not. */
static UpSamples *
make_rows(const Case *c, size_t n, uint64_t seed, bool seen)
{
	UpSamples *s = up_samples_new(COLUMNS);
	UpRng rng;

	up_rng_init(&rng, seed, 0);
	if (seen)
		up_samples_grow_seen(s);
	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);
		uint32_t label = (uint32_t) up_rng_below(&rng, UP_MAX(c->classes, 1));

		for (uint32_t j = 0; j < COLUMNS; j++)
			row[j] = up_rng_normal(&rng) + (j == label % COLUMNS ? 1 + label / COLUMNS : 0);
		row[COLUMNS - 1] = 0.1 + (double) (i % 3);
		row[COLUMNS] = c->kind == UP_LABEL_NONE ? 0 : label;
	}
	return s;
}

static UpFrame *
make_frame(const Case *c, bool seen)
{
	UpFrame *f = up_frame_new(COLUMNS, c->by_name, c->kind, c->by_name ? "y" : NULL);

	for (uint32_t j = 0; c->by_name && j < COLUMNS; j++)
		up_frame_set_column(f, j, j == COLUMNS - 1 ? "w" : up_format("c%u", j), UP_COLUMN_NUMBER);
	f->samples = make_rows(c, c->rows / 2, 1, seen);
	up_samples_take_over(f->samples, make_rows(c, c->rows - c->rows / 2, 2, seen));
	return f;
}

static UpRequest *
request_of(const Case *c)
{
	UpValue *given = up_value_object();

	for (size_t i = 0; i < UP_LENGTH(c->params) && c->params[i].name != NULL; i++)
	{
		const Param *p = &c->params[i];

		up_value_set(given, p->name, p->text != NULL ? up_value_string(p->text) : up_value_number(p->number));
	}
	return up_request_parse(up_learner_by_name(c->learner), given);
}

static UpWriter
bytes_of(const Case *c, bool seen)
{
	UpTraining t = {.request = request_of(c), .frame = make_frame(c, seen)};
	UpWriter w;

	CHECK((t.frame->samples->n_homes == 2) == seen);
	up_test_workers = seen ? 2 : 1;
	up_writer_init(&w);
	up_put_model(&w, up_train(&t));
	CHECK(t.frame->samples->lent == NULL);
	up_test_workers = 1;
	return w;
}

static void
test_same_models(void)
{
	static const Case cases[] = {
		{"boost", {{"n_estimators", NULL, 3}}, UP_LABEL_NUMBER, 36000, 3, false},
		{"boost", {{"n_estimators", NULL, 2}}, UP_LABEL_NUMBER, 36000, 2, false},
		{"boost", {{"n_estimators", NULL, 2}}, UP_LABEL_BOOLEAN, 36000, 2, false},
		{"boost",
		 {{"n_estimators", NULL, 1}, {"task", "classification", 0}},
		 UP_LABEL_NUMBER,
		 36000,
		 32,
		 false},
		{"boost",
		 {{"n_estimators", NULL, 1}, {"task", "classification", 0}},
		 UP_LABEL_NUMBER,
		 36000,
		 33,
		 false},
		{"boost", {{"n_estimators", NULL, 2}}, UP_LABEL_NUMBER, 36000, 1000, false},
		{"boost", {{"n_estimators", NULL, 2}, {"weight", "w", 0}}, UP_LABEL_NUMBER, 36000, 2, true},
		{"kmeans",
		 {{"k", NULL, 4}, {"n_init", NULL, 2}, {"max_iter", NULL, 5}},
		 UP_LABEL_NONE,
		 36000,
		 4,
		 false},
		{"logistic", {{"max_iter", NULL, 20}}, UP_LABEL_BOOLEAN, 36000, 2, false},
		{"logistic", {{"max_iter", NULL, 10}}, UP_LABEL_NUMBER, 36000, 3, false},
		{"logistic", {{"max_iter", NULL, 10}, {"weight", "w", 0}}, UP_LABEL_NUMBER, 36000, 2, true},
		{"svm", {{"max_iter", NULL, 20}}, UP_LABEL_BOOLEAN, 36000, 2, false},
		{"svm", {{"max_iter", NULL, 5}, {"weight", "w", 0}}, UP_LABEL_NUMBER, 36000, 3, true},
		{"svm",
		 {{"kernel", "rbf", 0}, {"max_iter", NULL, 100}, {"max_rows", NULL, 1000}},
		 UP_LABEL_BOOLEAN,
		 36000,
		 2,
		 false},
	};

	for (size_t k = 0; k < UP_LENGTH(cases); k++)
	{
		UpArena *arena = up_arena_enter();
		UpWriter lent = bytes_of(&cases[k], true), alone = bytes_of(&cases[k], false);

		up_check(lent.len == alone.len && memcmp(lent.bytes, alone.bytes, lent.len) == 0, __FILE__, __LINE__,
				 "case %zu, %s: other bytes", k, cases[k].learner);
		up_arena_leave(arena);
	}
}

/* What a failure left behind is not believed. */
static void
test_after_failure(void)
{
	static const Case c = {"boost", {{"n_estimators", NULL, 2}}, UP_LABEL_NUMBER, 36000, 3, false};
	UpTraining t = {.request = request_of(&c), .frame = make_frame(&c, true)};
	UpWriter alone, again;

	up_test_workers = 2;
	up_test_cancel_after = up_test_ticks + 20;
	CHECK_FAILS(UP_LIMIT, "cancelled", (void) up_train(&t));
	CHECK(t.frame->samples->lent != NULL);
	up_test_cancel_after = 0;
	up_test_workers = 1;
	up_writer_init(&again);
	up_put_model(&again, up_train(&t));
	alone = bytes_of(&c, false);
	CHECK(again.len == alone.len && memcmp(again.bytes, alone.bytes, again.len) == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"same models", test_same_models},
		{"after a failure", test_after_failure},
	};

	return up_run_tests("lent", tests, UP_LENGTH(tests));
}
