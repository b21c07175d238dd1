/*
 * card.c - a model card; see card.h
 *
 * What the registry and the model say is told as it stands there. Figures are measured anew, with intervals, on the rows that the
 * version held out, which its stored source or the one that is given must still have; where that cannot be read, the card says why and
 * tells the figures of the training. Everything that comes from data is escaped, so that no name, label or text changes the page.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "assess/curves.h"
#include "assess/permutation.h"
#include "assess/report.h"
#include "pg/io/query.h"
#include "pg/io/value_pg.h"
#include "pg/models/appraisal.h"
#include "pg/models/card.h"
#include "pg/models/design.h"

#include <math.h>

#define FEW_ROWS        200  /* held out: figures are rough */
#define FEW_OF_CLASS    30   /* held out, of one class */
#define RARE_CLASS      0.05 /* of the rows */
#define MOST_FEATURES   10   /* that are told */
#define MOST_COLUMNS    100
#define MOST_GROUPS     50
#define MOST_CLASSES    20
#define SHUFFLED_VALUES 2000000 /* rows × columns that importance is measured on */
#define SHUFFLES        3
#define BINS            10
#define MISCALIBRATED   0.05
#define LONGEST_VALUE   200
#define LONGEST_NOTE    1000
#define NOTHING         1e-12 /* what rounding leaves of 0 */

typedef struct Card
{
	const UpCardOrder *order;
	const UpAppraisal *a;
	UpReport *report;
	double calibration_error; /* NaN: unknown */
	StringInfoData text;
} Card;

/* ---- words ---- */

/* One line of text in which nothing is markup, of at most so many bytes. */
static char *
plain_to(const char *s, int longest)
{
	StringInfoData t;
	int len = (int) strlen(s), shown = len;

	if (len > longest)
		shown = pg_mbcliplen(s, len, longest);
	initStringInfo(&t);
	for (int i = 0; i < shown; i++)
	{
		if (strchr("\\`*_{}[]<>()#+!|~&$", s[i]) != NULL)
			appendStringInfoChar(&t, '\\');
		appendStringInfoChar(&t, (unsigned char) s[i] < ' ' ? ' ' : s[i]);
	}
	if (shown < len)
		appendStringInfoString(&t, "…");
	return t.data;
}

static char *
plain(const char *s)
{
	return plain_to(s, LONGEST_VALUE);
}

/* A block of text as it stands, between fences that are longer than any run of backticks in it. */
static void
add_block(StringInfo t, const char *language, const char *s)
{
	int fence = 3, run = 0;

	for (const char *c = s; *c != '\0'; c++)
	{
		run = *c == '`' ? run + 1 : 0;
		fence = Max(fence, run + 1);
	}
	for (int i = 0; i < fence; i++)
		appendStringInfoChar(t, '`');
	appendStringInfo(t, "%s\n%s\n", language, s);
	for (int i = 0; i < fence; i++)
		appendStringInfoChar(t, '`');
	appendStringInfoString(t, "\n\n");
}

static char *
number(double v)
{
	if (fabs(v) < NOTHING)
		v = 0;
	return isnan(v)          ? pstrdup("")
		   : fabs(v) >= 1e15 ? psprintf("%.4g", v)
		   : fabs(v) >= 1000 ? psprintf("%.0f", v)
							 : psprintf("%.4g", v);
}

static char *
interval(double low, double high)
{
	return isnan(low) ? pstrdup("") : psprintf("%s to %s", number(low), number(high));
}

static char *
text_of(const Card *c, const char *column)
{
	return up_rows_text(&c->a->row, 0, column);
}

/* ---- the sections ---- */

static void
add_what(Card *c)
{
	StringInfo t = &c->text;
	const UpModel *m = c->a->model;
	char *comment = text_of(c, "comment"), *target = m->label_name;

	appendStringInfo(t, "# Model card: %s, version %s\n\n", plain(c->order->name), text_of(c, "version"));
	if (comment != NULL)
		appendStringInfo(t, "%s\n\n", plain(comment));
	appendStringInfo(t, "%s Owner: %s.\n\n",
					 text_of(c, "deployed")[0] == 't'
						 ? "This version is deployed."
						 : "This version is not deployed: predictions by name use another.",
					 plain(text_of(c, "owner")));
	appendStringInfoString(t, "## What it predicts\n\n");
	if (m->task == UP_TASK_CLASSIFY)
	{
		appendStringInfo(t, "The class of %s, one of %u: ", target != NULL ? plain(target) : "a row",
						 m->n_classes);
		for (uint32_t k = 0; k < Min(m->n_classes, MOST_CLASSES); k++)
			appendStringInfo(t, "%s%s", k > 0 ? ", " : "", plain(m->classes[k]));
		appendStringInfo(t, "%s.\n\n", m->n_classes > MOST_CLASSES ? " and more" : "");
	}
	else if (m->task == UP_TASK_REGRESS)
		appendStringInfo(t, "The value of %s.\n\n", target != NULL ? plain(target) : "a row");
	else
		appendStringInfoString(t, m->task == UP_TASK_CLUSTER ? "The cluster that a row belongs to.\n\n"
								  : m->task == UP_TASK_OUTLIER
									  ? "Whether a row is unlike those that it was trained on.\n\n"
									  : "Nothing: it transforms columns.\n\n");
	if (text_of(c, "event_target") != NULL)
		appendStringInfo(t, "That is %s of a user's events in the %s after an anchor.\n\n",
						 plain(text_of(c, "event_target")), plain(text_of(c, "horizon")));
}

static void
add_columns(StringInfo t, const UpPipeline *p)
{
	if (p->n_steps == 0)
		return;
	appendStringInfoString(t, "| column | kind |\n|---|---|\n");
	for (uint32_t i = 0; i < Min(p->n_steps, MOST_COLUMNS); i++)
		appendStringInfo(t, "| %s | %s |\n", plain(p->steps[i].name), up_column_kind_name(p->steps[i].kind));
	if (p->n_steps > MOST_COLUMNS)
		appendStringInfo(t, "\nand %u more columns.\n", p->n_steps - MOST_COLUMNS);
	appendStringInfoString(t, "\n");
	for (uint32_t i = 0; i < Min(p->left_out->n, MOST_COLUMNS); i++)
	{
		if (p->left_out->items[i]->type == UP_STRING)
			appendStringInfo(t, "- left out: %s (%s)\n", plain(p->left_out->keys[i]),
							 plain(p->left_out->items[i]->string));
	}
	appendStringInfoString(t, p->left_out->n > 0 ? "\n" : "");
}

/* What chose the rows that were held out. */
static char *
held_out_how(Card *c, const char *key)
{
	UpHoldout split;

	if (!up_design_split(c->order->schema, c->order->id, &split))
		return psprintf("the hash of %s", key != NULL ? plain(key) : "the row itself");
	if (split.method == UP_SPLIT_TIME)
		return psprintf("the order of %s", plain(split.column));
	return psprintf("method %s%s%s", up_split_method_names[split.method], split.column != NULL ? " of " : "",
					split.column != NULL ? plain(split.column) : "");
}

static bool
held_out_none(const Card *c)
{
	return strcmp(text_of(c, "n_test_rows"), "0") == 0;
}

static char *
held_out(Card *c)
{
	if (held_out_none(c))
		return pstrdup("No row was held out.");
	return psprintf("Held out: %s rows, a share of %s by %s.", text_of(c, "n_test_rows"),
					text_of(c, "test_size"), held_out_how(c, text_of(c, "key_column")));
}

static void
add_data(Card *c)
{
	StringInfo t = &c->text;
	char *version = text_of(c, "extension_version"), *seconds = text_of(c, "seconds");

	appendStringInfo(t, "## Data\n\nTrained on %s rows on %s UTC by %s%s%s%s%s. %s\n\n", text_of(c, "n_rows"),
					 text_of(c, "trained_at"), plain(text_of(c, "trained_by")), seconds != NULL ? ", in " : "",
					 seconds != NULL ? seconds : "", seconds != NULL ? " seconds, with uprofile " : "",
					 seconds != NULL && version != NULL ? plain(version) : "", held_out(c));
	/* The source of a version trained on events says the same for each anchor. */
	if (text_of(c, "event_target") != NULL)
	{
		appendStringInfoString(t, "Events:\n\n");
		add_block(t, "sql", text_of(c, "events"));
		if (text_of(c, "features") != NULL)
		{
			appendStringInfoString(t, "Features, of the events before an anchor:\n\n");
			add_block(t, "sql", text_of(c, "features"));
		}
	}
	else
		add_block(t, "sql", text_of(c, "source"));
	add_columns(t, c->a->model->pipeline);
}

static void
add_method(Card *c)
{
	appendStringInfo(&c->text, "## Method\n\n%s (%s), %u features, seed %lld.\n\n",
					 plain(text_of(c, "algorithm")), plain(c->a->model->learner->help), c->a->model->n_features,
					 (long long) c->a->model->seed);
	add_block(&c->text, "json", text_of(c, "params"));
}

static bool
is_cell(const char *metric)
{
	return strchr(metric, '[') != NULL || strcmp(metric, "rows") == 0;
}

static void
add_stored_figures(Card *c)
{
	StringInfo t = &c->text;
	UpReport *r = up_report_of(up_value_from_jsonb(
		DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_of(c, "metrics"))))));

	appendStringInfo(t, "Of the training%s; they could not be measured again: %s.\n\n",
					 r->n > 0 && held_out_none(c) ? ", on the rows trained on" : "", plain(c->a->why_not));
	appendStringInfoString(t, r->n > 0 ? "| metric | value |\n|---|---|\n" : "None was measured.\n");
	for (uint32_t i = 0; i < r->n; i++)
	{
		if (!is_cell(r->figures[i].metric))
			appendStringInfo(t, "| %s | %s |\n", plain(r->figures[i].metric), number(r->figures[i].value));
	}
	appendStringInfoString(t, "\n");
}

static size_t *
places_of(const UpMeasured *r, int64 group, size_t *n)
{
	size_t *places = up_alloc_array(Max(r->n, 1), sizeof(size_t));

	*n = 0;
	for (size_t i = 0; i < r->n; i++)
	{
		if (group < 0 || r->group_of[r->rows[i]] == (uint32_t) group)
			places[(*n)++] = i;
	}
	return places;
}

static void
add_figures(Card *c)
{
	StringInfo t = &c->text;
	size_t n, *places;

	appendStringInfoString(t, "## Figures\n\n");
	if (c->a->measured == NULL)
	{
		add_stored_figures(c);
		return;
	}
	places = places_of(c->a->measured, -1, &n);
	if (c->a->predictions != NULL)
		c->report = up_report(c->a->predictions, places, n, c->order->resamples, c->order->seed);
	else
		c->report = up_report_of(up_evaluate_clusters(c->a->measured->binding, c->a->measured->rows, n));
	appendStringInfo(t, "On %zu rows that it was not trained on%s.\n\n", n,
					 c->order->resamples > 0 ? ", with intervals that hold 95 % of the samples of them" : "");
	appendStringInfoString(t, "| metric | value | interval | best constant |\n|---|---|---|---|\n");
	for (uint32_t i = 0; i < c->report->n; i++)
	{
		const UpFigure *f = &c->report->figures[i];

		if (!is_cell(f->metric))
			appendStringInfo(t, "| %s | %s | %s | %s |\n", plain(f->metric), number(f->value),
							 interval(f->low, f->high), number(f->baseline));
	}
	appendStringInfoString(t, "\n");
}

/* The figure by which versions are compared; NULL where it was not measured. */
static const UpFigure *
main_figure(const Card *c, const UpReport *r)
{
	const char *names[] = {c->a->model->task == UP_TASK_REGRESS ? "rmse"
						   : c->a->model->n_classes == 2        ? "auc"
																: "log_loss",
						   "accuracy"};

	for (int k = 0; k < 2; k++)
	{
		for (uint32_t i = 0; r != NULL && i < r->n; i++)
		{
			if (strcmp(r->figures[i].metric, names[k]) == 0)
				return &r->figures[i];
		}
	}
	return NULL;
}

static void
add_groups(Card *c)
{
	StringInfo t = &c->text;
	const UpFigure *whole = main_figure(c, c->report);

	if (c->order->by == NULL || c->a->measured == NULL || c->a->predictions == NULL || whole == NULL)
		return;
	appendStringInfo(
		t, "## Groups by %s\n\n| %s | rows | %s | interval | best constant |\n|---|---|---|---|---|\n",
		plain(c->order->by), plain(c->order->by), plain(whole->metric));
	for (uint32_t g = 0; g < Min(c->a->measured->n_groups, MOST_GROUPS); g++)
	{
		UpArena *arena = up_arena_enter();
		size_t n, *places = places_of(c->a->measured, g, &n);
		UpFigure none = {.value = NAN, .low = NAN, .high = NAN, .baseline = NAN};
		const UpFigure *f = &none;
		char *line;

		if (n > 0)
		{
			UpReport *r = up_report(c->a->predictions, places, n, c->order->resamples, c->order->seed);

			for (uint32_t i = 0; i < r->n; i++)
				f = strcmp(r->figures[i].metric, whole->metric) == 0 ? &r->figures[i] : f;
		}
		line = psprintf("| %s | %zu | %s | %s | %s |\n",
						c->a->measured->groups[g] != NULL ? plain(c->a->measured->groups[g]) : "NULL", n,
						number(f->value), interval(f->low, f->high), number(f->baseline));
		up_arena_suspend(arena);
		appendStringInfoString(t, n > 0 ? line : "");
		up_arena_resume(arena);
		up_arena_leave(arena);
	}
	if (c->a->measured->n_groups > MOST_GROUPS)
		appendStringInfo(t, "\nand %u more groups.\n", c->a->measured->n_groups - MOST_GROUPS);
	appendStringInfoString(t, "\n");
}

/* Of two classes the second: are its probabilities what happens? */
static void
add_calibration(Card *c)
{
	StringInfo t = &c->text;
	const UpPredictions *p = c->a->predictions;
	UpBin bins[BINS];
	uint8_t *hit;
	double *score, error = 0;

	if (p == NULL || p->proba == NULL || c->a->model->n_classes != 2 || p->n == 0)
		return;
	hit = up_alloc_array(p->n, 1);
	score = up_alloc_array(p->n, sizeof(double));
	for (size_t i = 0; i < p->n; i++)
	{
		hit[i] = p->actual[i] == 1;
		score[i] = p->proba[i * p->labels->n + 1];
	}
	up_calibration_curve(up_scored_new(p->n, hit, score, p->weights), BINS, false, bins);
	appendStringInfo(t,
					 "## Calibration\n\nProbabilities of %s, and how often it was so.\n\n| predicted | "
					 "observed | rows |\n|---|---|---|\n",
					 plain(c->a->model->classes[1]));
	for (int k = 0; k < BINS; k++)
	{
		if (bins[k].rows == 0)
			continue;
		appendStringInfo(t, "| %.3f | %.3f | %zu |\n", bins[k].score, bins[k].hits / (double) bins[k].rows,
						 bins[k].rows);
		error += fabs(bins[k].hits - bins[k].score * (double) bins[k].rows);
	}
	c->calibration_error = error / (double) p->n;
	appendStringInfo(t, "\nExpected calibration error: %s.\n\n", number(c->calibration_error));
}

/* What the model loses when a column is shuffled, on rows that it does not know. */
static void
add_importance(Card *c)
{
	StringInfo t = &c->text;
	const UpPipeline *p = c->a->model->pipeline;
	double *mean, *deviation;
	size_t n;
	bool *told;

	if (c->a->predictions == NULL || p->n_steps < 2 || !p->by_name || p->n_steps > SHUFFLED_VALUES / 100)
		return;
	n = Min(c->a->measured->n, (size_t) SHUFFLED_VALUES / p->n_steps);
	mean = up_alloc_array(p->n_steps, sizeof(double));
	deviation = up_alloc_array(p->n_steps, sizeof(double));
	told = palloc0(p->n_steps);
	up_permutation_importance(c->a->measured->binding, c->a->measured->rows, n, SHUFFLES, c->order->seed, mean,
							  deviation);
	appendStringInfo(t,
					 "## What matters most\n\nHow much %s falls when a column is shuffled.\n\n| column | loss "
					 "|\n|---|---|\n",
					 c->a->model->task == UP_TASK_REGRESS ? "R²" : "accuracy");
	for (uint32_t k = 0; k < Min(p->n_steps, MOST_FEATURES); k++)
	{
		uint32_t best = UINT32_MAX;

		for (uint32_t j = 0; j < p->n_steps; j++)
		{
			if (!told[j] && (best == UINT32_MAX || mean[j] > mean[best]))
				best = j;
		}
		told[best] = true;
		appendStringInfo(t, "| %s | %s |\n", plain(p->steps[best].name), number(mean[best]));
	}
	appendStringInfoString(t, "\n");
}

/* ---- limits ---- */

static void
add_rare_classes(Card *c)
{
	const UpPredictions *p = c->a->predictions;
	uint32_t width = p->labels->n, told = 0;
	double *rows = palloc0(Max(width, 1) * sizeof(double));

	for (size_t i = 0; i < p->n; i++)
		rows[(uint32_t) p->actual[i]]++;
	for (uint32_t k = 0; k < width && told < MOST_CLASSES; k++)
	{
		if (k >= c->a->model->n_classes)
			appendStringInfo(&c->text, "- Class %s came in %.0f rows, and the model does not know it.\n",
							 plain(p->labels->texts[k]), rows[k]);
		else if (rows[k] < FEW_OF_CLASS || rows[k] < RARE_CLASS * (double) p->n)
			appendStringInfo(&c->text, "- Class %s is rare: %.0f of %zu rows. Figures about it are rough.\n",
							 plain(p->labels->texts[k]), rows[k], p->n);
		else
			continue;
		told++;
	}
}

static void
add_against_constant(Card *c)
{
	const UpFigure *f = main_figure(c, c->report);
	bool less;

	if (f == NULL || isnan(f->baseline))
		return;
	less = strcmp(f->metric, "rmse") == 0 || strcmp(f->metric, "log_loss") == 0;
	if (less ? f->value >= f->baseline : f->value <= f->baseline)
		appendStringInfo(&c->text, "- It is no better than a constant answer: %s %s, and %s of the constant.\n",
						 plain(f->metric), number(f->value), number(f->baseline));
	else if (!isnan(f->low) && f->low <= f->baseline && f->baseline <= f->high)
		appendStringInfo(
			&c->text,
			"- It may be no better than a constant answer: the interval of %s, %s, holds the constant's %s.\n",
			plain(f->metric), interval(f->low, f->high), number(f->baseline));
}

static void
add_drift(Card *c)
{
	StringInfo t = &c->text;
	int told = 0;

	if (c->a->drift == NULL)
		return;
	if (c->a->drift->judged && c->a->drift->n_drifted == 0)
		appendStringInfo(
			t, "- The source still looks as the training did: none of %u columns and answers has drifted.\n",
			c->a->drift->n_columns);
	for (size_t i = 0; i < c->a->drift->n && told < MOST_FEATURES; i++)
	{
		const UpDriftRow *r = &c->a->drift->rows[i];

		if (!r->drifted)
			continue;
		appendStringInfo(t, "- Drift: %s of %s is %s: %s.\n", plain(r->statistic),
						 r->answers          ? "its answers"
						 : r->column != NULL ? plain(r->column)
											 : "a column",
						 number(r->value), plain(r->detail));
		told++;
	}
}

static void
add_limits(Card *c)
{
	StringInfo t = &c->text;
	char *note = text_of(c, "note");

	appendStringInfoString(t, "## Limits\n\n");
	if (note != NULL)
		appendStringInfo(t, "- Said at its training: %s.\n", plain_to(note, LONGEST_NOTE));
	if (c->a->measured == NULL)
		appendStringInfoString(t, "- Nothing is known of how it does on today's rows.\n");
	if (c->a->measured != NULL && c->a->predictions != NULL && c->a->measured->n < FEW_ROWS)
		appendStringInfo(t, "- The test set is small: %zu rows.\n", c->a->measured->n);
	if (c->a->predictions != NULL && c->a->model->task == UP_TASK_CLASSIFY)
		add_rare_classes(c);
	add_against_constant(c);
	if (c->calibration_error > MISCALIBRATED)
		appendStringInfo(t, "- Its probabilities are off by %s on average.\n", number(c->calibration_error));
	if (c->a->held->key == NULL && c->a->model->label_name != NULL)
		appendStringInfoString(t, "- It has no key: rows of one user may stand on both sides of the test.\n");
	add_drift(c);
	appendStringInfoString(t, "- Figures hold for rows like these, and say nothing of what causes what.\n");
}

char *
up_card(const UpCardOrder *order)
{
	UpAppraisalOrder appraised = {.schema = order->schema,
								  .name = order->name,
								  .id = order->id,
								  .source = order->source,
								  .by = order->by,
								  .drift = true};
	Card c = {.order = order, .a = up_appraise(&appraised), .calibration_error = NAN};

	initStringInfo(&c.text);
	add_what(&c);
	add_data(&c);
	add_method(&c);
	add_figures(&c);
	add_groups(&c);
	add_calibration(&c);
	add_importance(&c);
	add_limits(&c);
	return c.text.data;
}
