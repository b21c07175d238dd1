/*
 * report_model.c - a version of a model as a page for people; see report_model.h
 *
 * Figures are those of an appraisal: of rows that the version held out, beside the best constant answer for the same rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "assess/curves.h"
#include "assess/permutation.h"
#include "assess/report.h"
#include "pg/io/value_pg.h"
#include "pg/models/report_model.h"

#include <math.h>

#define BINS            10
#define MOST_FEATURES   10 /* that are told */
#define MOST_COLUMNS    200
#define MOST_CLASSES    12
#define SHUFFLED_VALUES 400000
#define SHUFFLES        3
#define FEW_ROWS        200
#define NOTHING         1e-12 /* what rounding leaves of 0 */

/* ---- what it is ---- */

static const char *
said(const UpAppraisal *a, const char *column)
{
	return up_rows_text(&a->row, 0, column);
}

static char *
predicted_what(const UpModel *m)
{
	if (m->task == UP_TASK_CLASSIFY)
		return psprintf("Predicts the class of %s, one of %u", m->label_name != NULL ? m->label_name : "a row",
						m->n_classes);
	if (m->task == UP_TASK_REGRESS)
		return psprintf("Predicts the value of %s", m->label_name != NULL ? m->label_name : "a row");
	return pstrdup(m->task == UP_TASK_CLUSTER   ? "Tells the group that a row belongs to"
				   : m->task == UP_TASK_OUTLIER ? "Tells whether a row is unlike the others"
												: "Transforms columns");
}

void
up_report_what_model(UpPage *p, const UpAppraisal *a)
{
	up_page_sentence(p, "class=\"said\"", "%s. Algorithm %s, version %s, trained on %s rows at %s UTC.",
					 predicted_what(a->model), said(a, "algorithm"), said(a, "version"), said(a, "n_rows"),
					 said(a, "trained_at"));
}

/* ---- figures ---- */

/* What the page says of a metric, which a reader may not know. */
typedef struct Known
{
	const char *metric, *words;
} Known;

static const Known known[] = {
	{"accuracy", "share of rows that are right"},
	{"auc", "chance that a positive row scores above another; more is better, 1 is the most"},
	{"average_precision", "precision over all thresholds; more is better"},
	{"balanced_accuracy", "mean share of each class that is right"},
	{"brier", "mean squared error of the probabilities; less is better"},
	{"calibration_error", "how far probabilities are from what happens; less is better"},
	{"f1", "precision and recall in one; more is better"},
	{"kappa", "agreement beyond chance; more is better"},
	{"log_loss", "cost of wrong probabilities; less is better"},
	{"mae", "mean absolute error, in the unit of the target; less is better"},
	{"mape", "mean error as a share of the value; less is better"},
	{"mcc", "correlation of answers and truth; more is better"},
	{"median_absolute_error", "in the unit of the target; less is better"},
	{"precision", "of the rows called positive, the share that are"},
	{"r2", "share of the variance that is explained; more is better"},
	{"recall", "of the positive rows, the share that is found"},
	{"rmse", "root of the mean squared error, in the unit of the target; less is better"},
	{"silhouette", "how far groups are apart, -1 to 1; more is better"},
	{"specificity", "of the other rows, the share that is called so"},
};

static const char *
words_of(const char *metric)
{
	for (size_t i = 0; i < lengthof(known); i++)
	{
		if (strcmp(known[i].metric, metric) == 0)
			return known[i].words;
	}
	return NULL;
}

static void
add_number_cell(UpPage *p, double v)
{
	char shown[UP_NUMBER_TEXT];

	up_html_element(p->h, "td", "class=\"number\"", up_number_shown(fabs(v) < NOTHING ? 0 : v, shown));
}

static void
begin_table(UpPage *p, const char *caption, const char *head)
{
	up_html_open(p->h, "div", "class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"");
	up_html_open(p->h, "table", NULL);
	up_html_open(p->h, "caption", NULL);
	up_html_element(p->h, "span", NULL, caption);
	up_html_close(p->h);
	up_html_raw(p->h, head);
	up_html_open(p->h, "tbody", NULL);
}

static void
end_table(UpPage *p)
{
	up_html_close(p->h);
	up_html_close(p->h);
	up_html_close(p->h);
}

static void
add_figures(UpPage *p, const UpReport *r, const char *caption, bool constant)
{
	begin_table(p, caption,
				constant
					? "<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\" class=\"number\">Model</th>"
					  "<th scope=\"col\" class=\"number\">Best constant</th></tr></thead>"
					: "<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\" "
					  "class=\"number\">Model</th></tr></thead>");
	for (uint32_t i = 0; i < r->n; i++)
	{
		const UpFigure *f = &r->figures[i];

		/* Cells of the matrix have their own place. */
		if (strchr(f->metric, '[') != NULL || strcmp(f->metric, "rows") == 0)
			continue;
		up_html_open(p->h, "tr", NULL);
		up_html_open(p->h, "th", "scope=\"row\"");
		up_page_value(p, f->metric);
		if (words_of(f->metric) != NULL)
			up_html_element(p->h, "small", "class=\"note\"", words_of(f->metric));
		up_html_close(p->h);
		add_number_cell(p, f->value);
		if (constant)
			add_number_cell(p, f->baseline);
		up_html_close(p->h);
	}
	end_table(p);
}

const char *
up_report_of_training(const char *tested)
{
	return strcmp(tested, "0") == 0 ? "Figures of the training, on the rows trained on"
									: "Figures of the training, on rows held out";
}

static void
add_stored_figures(UpPage *p, const UpAppraisal *a)
{
	UpReport *r;

	if (a->model->task == UP_TASK_CLASSIFY || a->model->task == UP_TASK_REGRESS)
		up_page_sentence(p, "class=\"said\"",
						 "Figures could not be measured again: %s. These are of the training.", a->why_not);
	r = up_report_of(up_value_from_jsonb(
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(said(a, "metrics"))))));
	if (r->n > 0)
		add_figures(p, r, up_report_of_training(said(a, "n_test_rows")), false);
	else
		up_page_sentence(p, NULL, "No figures were measured at its training.");
}

/* Of two classes how many rows of each got which answer. */
static void
add_answers(UpPage *p, const UpAppraisal *a, int64 least)
{
	const UpPredictions *s = a->predictions;
	size_t cells[2][2] = {{0}};

	for (size_t i = 0; i < s->n; i++)
	{
		if (s->actual[i] < 2 && s->predicted[i] < 2)
			cells[(int) s->actual[i]][(int) s->predicted[i]]++;
	}
	for (int k = 0; k < 4; k++)
	{
		if (cells[k / 2][k % 2] > 0 && cells[k / 2][k % 2] < (size_t) least)
		{
			up_page_sentence(p, "class=\"said\"",
							 "Rows by what is so and what the model said are not shown: there are too few of a "
							 "kind.");
			return;
		}
	}
	begin_table(p, "Rows by what is so and what the model said", "");
	up_html_raw(p->h, "<tr><th scope=\"col\">It is</th>");
	for (int k = 0; k < 2; k++)
	{
		up_html_open(p->h, "th", "scope=\"col\" class=\"number\"");
		up_html_text(p->h, "said ");
		up_page_value(p, a->model->classes[k]);
		up_html_close(p->h);
	}
	up_html_raw(p->h, "</tr>");
	for (int k = 0; k < 2; k++)
	{
		up_html_open(p->h, "tr", NULL);
		up_html_value_element(p->h, "th", "scope=\"row\"", up_page_text(a->model->classes[k]));
		add_number_cell(p, (double) cells[k][0]);
		add_number_cell(p, (double) cells[k][1]);
		up_html_close(p->h);
	}
	end_table(p);
}

/* ---- curves ---- */

static UpScored *
scored(const UpAppraisal *a)
{
	const UpPredictions *s = a->predictions;
	uint8_t *hit = up_alloc_array(s->n, 1);
	double *score = up_alloc_array(s->n, sizeof(double));

	for (size_t i = 0; i < s->n; i++)
	{
		hit[i] = s->actual[i] == 1;
		score[i] = s->proba[i * s->labels->n + 1];
	}
	return up_scored_new(s->n, hit, score, s->weights);
}

static const double diagonal[] = {0, 1};

static void
add_roc(UpPage *p, const UpScored *s)
{
	UpCurve *roc = up_roc_curve(s);
	UpChart chart = {
		.title =
			"ROC curve: of the rows of the class the share that is found, over the share of the others that is "
			"called so as well, at every threshold",
		.x = up_axis("others called so (share)", 0, 1),
		.y = up_axis("found (share)", 0, 1),
		.n = 2};

	chart.lines[0] = (UpChartLine){.name = "the model", .n = roc->n, .x = roc->x, .y = roc->y};
	chart.lines[1] = (UpChartLine){.name = "chance", .n = 2, .x = diagonal, .y = diagonal};
	up_chart(p->h, &chart);
}

static void
add_calibration(UpPage *p, const UpScored *s, int64 least)
{
	UpBin bins[BINS];
	double x[BINS], y[BINS];
	UpChart chart = {.title = "Calibration: how often it was so, by ranges of the predicted probability",
					 .x = up_axis("predicted probability", 0, 1),
					 .y = up_axis("how often it was so (share)", 0, 1),
					 .n = 2};
	size_t n = 0;

	up_calibration_curve(s, BINS, false, bins);
	for (int k = 0; k < BINS; k++)
	{
		if (bins[k].rows == 0 || bins[k].rows < (size_t) least)
			continue;
		x[n] = bins[k].score;
		y[n++] = bins[k].hits / bins[k].weight;
	}
	chart.lines[0] = (UpChartLine){.name = "the model", .n = n, .x = x, .y = y, .points = true};
	chart.lines[1] = (UpChartLine){.name = "as predicted", .n = 2, .x = diagonal, .y = diagonal};
	up_chart(p->h, &chart);
}

/* Of numbers: what is so, by tenths of the predictions. */
typedef struct Told
{
	double predicted, actual;
} Told;

static int
by_prediction(const void *a, const void *b)
{
	double x = ((const Told *) a)->predicted, y = ((const Told *) b)->predicted;

	return (x > y) - (x < y);
}

static void
add_tenths(UpPage *p, const UpPredictions *s)
{
	Told *told = up_alloc_array(s->n, sizeof(Told));
	double x[BINS], y[BINS], ends[2] = {INFINITY, -INFINITY};
	UpChart chart = {.title = "What is so, by tenths of the predictions: means", .n = 2};

	for (size_t i = 0; i < s->n; i++)
		told[i] = (Told){.predicted = s->predicted[i], .actual = s->actual[i]};
	qsort(told, s->n, sizeof(Told), by_prediction);
	for (size_t k = 0; k < BINS; k++)
	{
		size_t from = s->n * k / BINS, to = s->n * (k + 1) / BINS;

		x[k] = y[k] = 0;
		for (size_t i = from; i < to; i++)
		{
			x[k] += told[i].predicted / (double) (to - from);
			y[k] += told[i].actual / (double) (to - from);
		}
		ends[0] = fmin(ends[0], fmin(x[k], y[k]));
		ends[1] = fmax(ends[1], fmax(x[k], y[k]));
	}
	if (!isfinite(ends[1] - ends[0]))
		return;
	chart.x = up_axis("predicted, mean of a tenth of the rows", ends[0], ends[1]);
	chart.y = up_axis("what is so, mean", ends[0], ends[1]);
	chart.lines[0] = (UpChartLine){.name = "the model", .n = BINS, .x = x, .y = y, .points = true};
	chart.lines[1] = (UpChartLine){.name = "as predicted", .n = 2, .x = ends, .y = ends};
	up_chart(p->h, &chart);
}

static void
add_curves(UpPage *p, const UpAppraisal *a, int64 least)
{
	const UpPredictions *s = a->predictions;
	UpScored *ordered;

	if (s != NULL && a->model->task == UP_TASK_REGRESS && s->n >= BINS * (size_t) least)
		add_tenths(p, s);
	if (s == NULL || s->proba == NULL || a->model->n_classes != 2 || s->labels->n != 2 || s->n == 0)
		return;
	ordered = scored(a);
	if (ordered->hits <= 0 || ordered->hits >= ordered->all)
		return;
	up_html_open(p->h, "div", "class=\"pair\"");
	add_roc(p, ordered);
	add_calibration(p, ordered, least);
	up_html_close(p->h);
	up_html_open(p->h, "p", "class=\"note\"");
	up_html_text(p->h, "Left, or above: what is found at every threshold; the nearer to the upper left corner "
					   "the better. Then: "
					   "whether probabilities are what happens; the nearer to the broken line the better. The "
					   "class that counts is ");
	up_page_value(p, a->model->classes[1]);
	up_html_text(p->h, ".");
	up_html_close(p->h);
}

/* ---- what matters ---- */

/* A share for each step of the pipeline; false where nothing is known. *of: what it is. */
static bool
importance_of(const UpAppraisal *a, double *out, const char **of)
{
	const UpModel *m = a->model;
	const UpPipeline *l = m->pipeline;
	double *own, *deviation, sum = 0;

	if (m->learner->importance != NULL)
	{
		own = palloc0(sizeof(double) * Max(m->n_features, 1));
		m->learner->importance(m->body, own);
		for (uint32_t j = 0; j < m->n_features; j++)
			out[up_pipeline_step_of(l, j)] += own[j];
		*of = "What matters most: the share of what the model has learned that is due to each column";
		return true;
	}
	if (a->predictions == NULL || l->n_steps > SHUFFLED_VALUES / 1000)
		return false;
	deviation = palloc0(sizeof(double) * l->n_steps);
	up_permutation_importance(a->measured->binding, a->measured->rows,
							  Min(a->measured->n, (size_t) SHUFFLED_VALUES / l->n_steps), SHUFFLES, 0, out,
							  deviation);
	for (uint32_t j = 0; j < l->n_steps; j++)
		sum += out[j] = Max(out[j], 0);
	for (uint32_t j = 0; j < l->n_steps && sum > 0; j++)
		out[j] /= sum;
	*of = "What matters most: each column's share of what the model loses when columns are shuffled";
	return sum > 0;
}

static void
add_importance(UpPage *p, const UpAppraisal *a)
{
	const UpPipeline *l = a->model->pipeline;
	double *share, most = 0;
	const char *of;

	if (!l->by_name || l->n_steps == 0)
		return;
	share = palloc0(sizeof(double) * l->n_steps);
	if (!importance_of(a, share, &of))
		return;
	begin_table(p, of,
				"<thead><tr><th scope=\"col\">Column</th><th scope=\"col\" class=\"number\">Share</th>"
				"<th scope=\"col\">From 0 to the greatest</th></tr></thead>");
	for (int told = 0; told < MOST_FEATURES; told++)
	{
		uint32_t best = 0;
		char shown[UP_NUMBER_TEXT];

		for (uint32_t j = 1; j < l->n_steps; j++)
			best = share[j] > share[best] ? j : best;
		if (!(share[best] > 0))
			break;
		most = told == 0 ? share[best] : most;
		up_html_open(p->h, "tr", NULL);
		up_html_value_element(p->h, "th", "scope=\"row\"", up_page_text(l->steps[best].name));
		up_html_element(p->h, "td", "class=\"number\"", up_share_shown(share[best], shown));
		up_html_open(p->h, "td", "class=\"bars\"");
		up_chart_bar(p->h, share[best] / most, "Share of importance");
		up_html_close(p->h);
		up_html_close(p->h);
		share[best] = 0;
	}
	end_table(p);
}

/* Whether figures would be those of too few rows, or of too few of a class. */
static bool
is_of_few(const UpAppraisal *a, int64 least)
{
	const UpPredictions *s = a->predictions;
	size_t *rows;

	if (s->n < (size_t) least)
		return true;
	if (a->model->task != UP_TASK_CLASSIFY)
		return false;
	rows = palloc0(sizeof(size_t) * Max(s->labels->n, 1));
	for (size_t i = 0; i < s->n; i++)
	{
		if (s->actual[i] >= 0 && s->actual[i] < s->labels->n)
			rows[(size_t) s->actual[i]]++;
	}
	for (size_t k = 0; k < s->labels->n; k++)
	{
		if (rows[k] > 0 && rows[k] < (size_t) least)
			return true;
	}
	return false;
}

void
up_report_worth(UpPage *p, const UpAppraisal *a, int64 least)
{
	const UpPredictions *s = a->predictions;

	if (s != NULL && s->n > 0 && is_of_few(a, least))
	{
		up_page_sentence(
			p, "class=\"said\"",
			"Its figures are not shown: they would be those of too few rows, of all or of a class.");
		add_importance(p, a);
		return;
	}
	if (s == NULL || s->n == 0)
		add_stored_figures(p, a);
	else
	{
		size_t *places = up_alloc_array(s->n, sizeof(size_t));

		for (size_t i = 0; i < s->n; i++)
			places[i] = i;
		add_figures(p, up_report(s, places, s->n, 0, 0),
					psprintf("Figures on %zu rows that it was not trained on%s", s->n,
							 s->n < FEW_ROWS ? ": few, so that they are rough" : ""),
					true);
		if (a->model->task == UP_TASK_CLASSIFY && s->labels->n == 2)
			add_answers(p, a, least);
	}
	add_curves(p, a, least);
	add_importance(p, a);
}

/* ---- the page of a version ---- */

static void
add_facts(UpPage *p, const UpAppraisal *a)
{
	const UpModel *m = a->model;

	up_html_open(p->h, "dl", "class=\"facts\"");
	up_page_fact(
		p, "Version",
		psprintf("%s, %s", said(a, "version"), said(a, "deployed")[0] == 't' ? "deployed" : "not deployed"));
	up_page_fact(p, "About it", said(a, "comment"));
	up_page_fact(p, "Algorithm", psprintf("%s: %s", said(a, "algorithm"), m->learner->help));
	up_page_fact(p, "Target", m->label_name);
	if (m->task == UP_TASK_CLASSIFY)
	{
		up_html_element(p->h, "dt", NULL, "Classes");
		up_html_open(p->h, "dd", NULL);
		for (uint32_t k = 0; k < Min(m->n_classes, MOST_CLASSES); k++)
		{
			up_html_text(p->h, k > 0 ? ", " : "");
			up_page_value(p, m->classes[k]);
		}
		up_html_text(p->h, m->n_classes > MOST_CLASSES ? " and more" : "");
		up_html_close(p->h);
	}
	up_page_fact(p, "Rows", psprintf("%s trained on, %s held out", said(a, "n_rows"), said(a, "n_test_rows")));
	up_page_fact(p, "Trained", psprintf("%s UTC by %s", said(a, "trained_at"), said(a, "trained_by")));
	up_page_fact(p, "Owner", said(a, "owner"));
	up_page_fact(p, "Key", said(a, "key_column"));
	up_page_fact(p, "Said then", said(a, "note"));
	up_html_close(p->h);
}

static void
add_columns(UpPage *p, const UpAppraisal *a)
{
	const UpPipeline *l = a->model->pipeline;

	if (!l->by_name || l->n_steps == 0)
		return;
	begin_table(p, "Columns that it sees",
				"<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Kind</th></tr></thead>");
	for (uint32_t j = 0; j < Min(l->n_steps, MOST_COLUMNS); j++)
	{
		up_html_open(p->h, "tr", NULL);
		up_html_value_element(p->h, "th", "scope=\"row\"", up_page_text(l->steps[j].name));
		up_html_element(p->h, "td", NULL, up_column_kind_name(l->steps[j].kind));
		up_html_close(p->h);
	}
	end_table(p);
	if (l->n_steps > MOST_COLUMNS)
		up_page_sentence(p, NULL, "And %u more columns.", l->n_steps - MOST_COLUMNS);
}

static void
add_versions(UpPage *p, void *arg)
{
	static const UpPageColumn columns[] = {
		{"version", "Version", UP_CELL_NUMBER},    {"deployed", "Deployed", UP_CELL_VALUE},
		{"algorithm", "Algorithm", UP_CELL_VALUE}, {"trained_at", "Trained (UTC)", UP_CELL_TIME},
		{"rows_trained", "Rows", UP_CELL_NUMBER},  {"metric", "Figure", UP_CELL_VALUE},
		{"value", "Value", UP_CELL_NUMBER}};
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum((const char *) arg);
	UpRows r = up_query(
		true,
		psprintf("SELECT version::float8, CASE WHEN deployed THEN 'yes' ELSE 'no' END AS deployed, algorithm, "
				 "to_char(trained_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS trained_at, "
				 "rows_trained::float8, m.metric, (metrics ->> m.metric)::float8 AS value "
				 "FROM %s.uprofile_models LEFT JOIN LATERAL (SELECT x AS metric FROM "
				 "unnest(ARRAY['auc', 'accuracy', 'rmse', 'silhouette']) WITH ORDINALITY u (x, at) "
				 "WHERE jsonb_typeof(metrics -> x) = 'number' ORDER BY at LIMIT 1) m ON true "
				 "WHERE model = $1 ORDER BY version DESC LIMIT 20",
				 p->schema),
		1, &type, &name, NULL);

	up_page_table(p, "The newest versions, each with a figure of its training", &r, lengthof(columns), columns,
				  NULL);
}

static void
add_drift(UpPage *p, const UpAppraisal *a)
{
	const UpDrift *d = a->drift;

	if (d == NULL || !d->judged)
	{
		up_page_sentence(p, NULL, "Whether its source still looks as it did at the training is not known.");
		return;
	}
	up_page_sentence(p, NULL,
					 "%u of the %u columns and answers that were compared with the training have drifted.",
					 (unsigned) d->n_drifted, (unsigned) d->n_columns);
	if (d->n_drifted == 0)
		return;
	begin_table(p, "What has drifted since the training",
				"<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Statistic</th><th scope=\"col\" "
				"class=\"number\">Value</th>"
				"<th scope=\"col\" class=\"number\">Threshold</th><th scope=\"col\" "
				"class=\"wide\">How</th></tr></thead>");
	for (size_t i = 0; i < d->n; i++)
	{
		const UpDriftRow *r = &d->rows[i];

		if (!r->drifted)
			continue;
		up_html_open(p->h, "tr", NULL);
		up_html_value_element(p->h, "th", "scope=\"row\"",
							  r->answers          ? "its answers"
							  : r->column != NULL ? up_page_text(r->column)
												  : "");
		up_html_value_element(p->h, "td", NULL, r->statistic);
		add_number_cell(p, r->value);
		add_number_cell(p, r->threshold);
		up_html_value_element(p->h, "td", NULL, up_page_text(r->detail));
		up_html_close(p->h);
	}
	end_table(p);
}

/* The min_group of the profile that the model is one of. */
static int64
least_of(const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r = up_query(true,
						psprintf("SELECT max((policy ->> 'min_group')::float8) AS least FROM "
								 "%s.uprofile_profiles WHERE starts_with($1, profile || '.')",
								 schema),
						1, &type, &value, NULL);
	double least = up_page_number(&r, 0, "least");

	return isnan(least) ? 1 : (int64) least;
}

char *
up_report_model(const char *schema, const char *name, int64 id)
{
	static const char *const sections[][2] = {{"worth", "What it is worth"},
											  {"drift", "Drift"},
											  {"made", "What it is made of"},
											  {"versions", "Versions"}};
	UpAppraisalOrder order = {.schema = schema, .name = name, .id = id, .drift = true};
	UpAppraisal *a = up_appraise(&order);
	UpPage page, *p = &page;

	up_page_begin(p, schema, "Model", name);
	up_report_what_model(p, a);
	up_page_sections(p, lengthof(sections), sections);
	add_facts(p, a);
	up_html_element(p->h, "h2", "id=\"worth\"", sections[0][1]);
	up_report_worth(p, a, least_of(schema, name));
	up_html_element(p->h, "h2", "id=\"drift\"", sections[1][1]);
	add_drift(p, a);
	up_html_element(p->h, "h2", "id=\"made\"", sections[2][1]);
	up_page_details(p, "Parameters", said(a, "params"));
	up_page_details(p, "Source", said(a, "source"));
	add_columns(p, a);
	up_html_element(p->h, "h2", "id=\"versions\"", sections[3][1]);
	up_page_try(p, add_versions, unconstify(char *, name));
	return up_page_end(p);
}
