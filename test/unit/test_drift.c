/*
 * test_drift.c - drift: its statistics against scipy 1.10 and their formulas, spreads, and what is found
 */
#include "check.h"

#include "assess/drift.h"
#include "assess/spread.h"
#include "base/rng.h"
#include "learn/learners.h"
#include "learn/train.h"

static const double before[] = {400, 300, 200, 100}, now[] = {30, 50, 40, 30};

static void
test_statistics(void)
{
	size_t where;
	double df;

	CHECK_NEAR(up_drift_psi(before, now, 4), 0.22906648472829924, 1e-14);
	CHECK_NEAR(up_drift_ks(before, now, 4, &where), 0.2, 1e-14); /* ks_2samp of as many of each */
	CHECK(where == 0);
	CHECK_NEAR(up_drift_chi_squared(before, now, 4, &df), 28.745918164522816, 1e-12); /* chi2_contingency */
	CHECK(df == 3);
	CHECK(up_drift_psi(before, before, 4) == 0 && up_drift_ks(before, before, 4, &where) == 0);
}

/* What is expected to be below 5 is one cell: as chi2_contingency of [[995, 5], [140, 10]] without correction. */
static void
test_rare_cells(void)
{
	double a[] = {995, 3, 1, 1}, b[] = {140, 2, 4, 4}, df;

	(void) up_drift_chi_squared(a, b, 4, &df);
	CHECK(df == 1);
}

static void
test_chance(void)
{
	static const double x[] = {0.3, 0.8, 0.99, 1.01, 1.5, 2.5};
	static const double tails[] = {0.9999906941986655,  0.5441424115741981,   0.2808738392255489,
								   0.25943416909359746, 0.022217962616525127, 7.453306344157342e-06};

	for (size_t i = 0; i < UP_LENGTH(x); i++)
		CHECK_NEAR(up_kolmogorov_tail(x[i]) / tails[i], 1, 1e-12);
	CHECK_NEAR(up_drift_critical(UP_CHANCE_KS, 1, 0, 1e-4), 2.2252513961950457, 1e-8);
	CHECK_NEAR(up_drift_critical(UP_CHANCE_CHI2, 2, 9, 1e-7), 2 * 50.17180040205774, 1e-7);
	CHECK_NEAR(up_drift_critical(UP_CHANCE_NORMAL, 1, 0, 1e-7), 5.326723886384496, 1e-8);
	/* binom.isf(1e-4, 200, 0.01): above 9 of 200 chance comes rarer than once in 10,000. */
	CHECK(ceil(200 * up_drift_critical(UP_CHANCE_SHARE, 0.01, 200, 1e-4)) == 9);
	CHECK(up_drift_critical(UP_CHANCE_SHARE, 1, 200, 1e-4) == 1);
}

static void
test_spreads(void)
{
	UpSpread s = {0};
	UpSpreadCounts c;
	double v[1000], zeros[] = {0, 0, 0, -0.5, 3, NAN, 7}, kinds[] = {0, 1, 1, 5, 1, NAN, 0},
					lost[] = {NAN, NAN};

	for (int i = 0; i < 1000; i++)
		v[i] = i < 970 ? 0 : i;
	up_spread_fit(&s, 0, UP_SPREAD_POINTS, v, 1000);
	/* A value that is most of all stands between edges of its own. */
	CHECK(s.n_points == 2 && s.edges[1] == 0 && s.edges[0] < 0 && s.counts[0] == 0 && s.counts[1] == 970 &&
		  s.counts[2] == 30);
	up_spread_count(&s, zeros, 7, &c);
	CHECK(c.counts[0] == 1 && c.counts[1] == 3 && c.counts[2] == 2 && c.missing == 1);
	memset(&s, 0, sizeof(s));
	for (int i = 0; i < 1000; i++)
		v[i] = 999 - i;
	up_spread_fit(&s, 0, UP_SPREAD_POINTS, v, 1000);
	CHECK(s.n_points == 19 && s.edges[0] == 50 && s.counts[0] == 51 && s.counts[19] == 49);
	CHECK_NEAR(s.mean, 499.5, 1e-9);
	CHECK_NEAR(s.deviation, 288.6749902572095, 1e-9);
	memset(&s, 0, sizeof(s));
	up_spread_fit(&s, 7, UP_SPREAD_POINTS, kinds, 7);
	CHECK(!s.numbers && s.n_points == 3 && s.categories[0] == 1 && s.counts[0] == 3 && s.categories[2] == 5 &&
		  s.once == 1 && s.missing == 1);
	memset(&s, 0, sizeof(s));
	up_spread_fit(&s, 0, UP_SPREAD_POINTS, lost, 2);
	CHECK(s.n_points == 0 && s.missing == 2 && s.counts[0] == 0);
}

/* Rows whose number is moved by so many deviations, with a third category in so many of 100. */
static UpFrame *
make_rows(int n, int seed, double moved, int strange, int missing)
{
	UpFrame *f = up_frame_new(3, true, UP_LABEL_BOOLEAN, "y");
	UpRng rng;

	up_rng_init(&rng, (uint64_t) seed, 0);
	up_frame_set_column(f, 0, "a", UP_COLUMN_NUMBER);
	up_frame_set_column(f, 1, "b", UP_COLUMN_CATEGORY);
	up_frame_set_column(f, 2, "c", UP_COLUMN_BOOLEAN);
	for (int i = 0; i < n; i++)
	{
		double *row = up_samples_add(f->samples);
		int of_100 = (int) (up_rng_double(&rng) * 100);

		row[0] = 50 + 10 * (up_rng_normal(&rng) + moved);
		if (up_rng_double(&rng) * 100 < missing)
			row[0] = NAN;
		row[1] = up_frame_category(f, 1, of_100 < strange ? "FR" : of_100 % 3 == 0 ? "DE" : "AT", 2);
		row[2] = up_rng_double(&rng) < 0.3;
		row[3] = row[2] + up_rng_normal(&rng) > 0.5;
	}
	up_frame_sort_codes(f);
	return f;
}

static UpModel *
make_model(const char *algorithm)
{
	UpTraining t = {.request = up_request_parse(up_learner_by_name(algorithm), NULL)};
	size_t trained[2000], held_out[500];
	UpModel *m;
	UpWriter w;
	char *why;

	t.frame = make_rows(2500, 1, 0, 0, 5);
	for (size_t i = 0; i < 2500; i++)
		i < 2000 ? (trained[i] = i) : (held_out[i - 2000] = i);
	up_writer_init(&w);
	up_put_model(&w, up_train(&t));
	m = up_get_model(w.bytes, w.len);
	m->distribution = up_distribution_fit(up_bind_frame(t.frame, m, &why), trained, 2000, held_out, 500);
	up_writer_init(&w);
	up_put_model(&w, m);
	return up_get_model(w.bytes, w.len);
}

static UpDrift *
measure(const UpModel *m, UpFrame *f, const UpDriftParams *p)
{
	size_t n = f->samples->n_rows, *rows = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	char **why;
	UpBinding *b = up_bind_what_fits(f, m, &why);

	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	return up_drift_measure(b, why, rows, n, p);
}

static const UpDriftRow *
find(const UpDrift *d, const char *column, const char *statistic)
{
	for (size_t i = 0; i < d->n; i++)
	{
		if (d->rows[i].column != NULL && strcmp(d->rows[i].column, column) == 0 &&
			strcmp(d->rows[i].statistic, statistic) == 0)
			return &d->rows[i];
	}
	CHECK(false);
	return NULL;
}

static void
test_found(void)
{
	UpDriftParams p = up_drift_parse(NULL);
	UpModel *m = make_model("tree");

	for (int n = 200; n <= 20000; n *= 10)
	{
		UpDrift *d = measure(m, make_rows(n, n, 1, 0, 5), &p);

		CHECK(find(d, "a", "psi")->drifted && find(d, "a", "ks")->drifted && !find(d, "b", "psi")->drifted);
		CHECK(d->largest != NULL && strcmp(d->largest->column, "a") == 0 && d->n_columns == 4);
		d = measure(m, make_rows(n, n, 0, 10, 5), &p);
		CHECK(find(d, "b", "unseen")->drifted && !find(d, "a", "ks")->drifted && d->n_drifted == 1);
		CHECK(strncmp(find(d, "b", "unseen")->detail, "'FR' ", 5) == 0);
		d = measure(m, make_rows(n, n, 0, 0, 40), &p);
		CHECK(find(d, "a", "missing")->drifted && !find(d, "a", "psi")->drifted);
	}
}

/* Rows of the model's own, and others that are like them. */
static void
test_false_alarms(void)
{
	static const char *const algorithms[] = {"tree", "logistic", "forest"};
	UpDriftParams p = up_drift_parse(NULL);
	int alarms = 0;

	for (size_t i = 0; i < UP_LENGTH(algorithms); i++)
	{
		UpModel *m = make_model(algorithms[i]);

		CHECK(measure(m, make_rows(2500, 1, 0, 0, 5), &p)->n_drifted == 0);
		for (int seed = 2; seed < 40; seed++)
			alarms += measure(m, make_rows(seed % 2 == 0 ? 30 : 400, seed, 0, 0, 5), &p)->n_drifted > 0;
	}
	CHECK(alarms <= 2);
}

static void
test_too_little(void)
{
	UpDriftParams p = up_drift_parse(NULL);
	UpModel *m = make_model("tree");
	UpFrame *f = up_frame_new(1, true, UP_LABEL_NONE, NULL);
	UpDrift *d = measure(m, make_rows(29, 3, 5, 0, 0), &p);

	CHECK(!d->judged && d->n == 0 && d->n_rows == 29);
	d = measure(m, make_rows(0, 3, 0, 0, 0), &p);
	CHECK(!d->judged && d->n_rows == 0);
	d = measure(m, make_rows(100, 3, 0, 0, 100), &p);
	CHECK(find(d, "a", "missing")->drifted && d->n_drifted >= 1);
	/* Columns that are not there. */
	up_frame_set_column(f, 0, "b", UP_COLUMN_NUMBER);
	for (int i = 0; i < 50; i++)
		up_samples_add(f->samples)[0] = i;
	d = measure(m, f, &p);
	CHECK(find(d, "a", "column")->drifted && find(d, "b", "column")->drifted &&
		  find(d, "c", "column")->drifted);
	CHECK(strcmp(find(d, "b", "column")->detail, "column \"b\" is a number now, and was a category") == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"statistics", test_statistics}, {"rare cells", test_rare_cells}, {"chance", test_chance},
		{"spreads", test_spreads},       {"what is found", test_found},   {"false alarms", test_false_alarms},
		{"too little", test_too_little},
	};

	return up_run_tests("drift", tests, UP_LENGTH(tests));
}
