/*
 * drift.c - whether rows look as those that a model was trained on; see drift.h
 *
 * Of n rows of the reference and m of now, in cells i with shares p and q:
 *
 *   PSI = sum (q - p) log(q / p), half a row added to each cell so that none is empty; about (1 / n + 1 / m) times chi-squared
 *         with cells - 1 degrees of freedom where nothing has changed (B. Yurdakul, Statistical properties of the population
 *         stability index, 2018). Numbers: cells of at least a tenth of the reference, or none of it.
 *   KS  = the largest difference of the shares up to an edge: a lower bound of the statistic over all values, so that its
 *         asymptotic distribution promises at least what it says. Discrete values make it more cautious still.
 *   chi-squared of the table of both. What matters is chi-squared / (n m / (n + m)), which is near the PSI.
 *   missing: the difference of two proportions, unseen: a binomial whose probability is what training rows let expect, the share of
 *         categories that came once (I. J. Good, 1953).
 *
 * Answers are compared with those on rows that the model was trained on, on rows held out, and on mixtures of both, and the
 * nearest counts for each statistic: who of the rows was trained on is not known, and a model is surer of those.
 */
#include "assess/drift.h"

#include "assess/spread.h"
#include "base/text.h"
#include "num/distributions.h"
#include "num/normal.h"

#include <math.h>
#include <string.h>

#define PSI_SHARE 0.1 /* of the reference in a cell, at least */
#define MIXTURES  10  /* steps between held out and trained */
#define EXPECTED  5   /* rows in a cell of chi-squared */

#define UP_PARAMS_OF UpDriftParams
static const UpParam params[] = {
	UP_REAL_PARAM("psi", psi, "0.1", 0, 100, "population stability index that matters"),
	UP_REAL_PARAM("ks", ks, "0.1", 0, 1, "Kolmogorov-Smirnov statistic that matters"),
	UP_REAL_PARAM("chi_squared", chi_squared, "0.1", 0, 100,
				  "chi-squared that matters, for each of the rows that both sides are worth together"),
	UP_REAL_PARAM("unseen", unseen, "0.02", 0, 1, "share of categories never seen in training that matters"),
	UP_REAL_PARAM("missing", missing, "0.05", 0, 1, "difference between shares of missing values that matters"),
	UP_REAL_PARAM("alpha", alpha, "0.01", 0, 0.5,
				  "probability that anything is called drifted where nothing has changed", .min_open = true),
	UP_INT_PARAM("min_rows", min_rows, "30", 1, 1000000, "with fewer rows nothing is judged"),
};

const UpParamTable up_drift_params = {params, UP_LENGTH(params)};

UpDriftParams
up_drift_parse(const UpValue *given)
{
	UpDriftParams p;

	(void) up_params_parse(&up_drift_params, NULL, 0, given, "drift", &p);
	return p;
}

/* ---- statistics ---- */

static double
sum_of(const double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum;
}

double
up_drift_psi(const double *reference, const double *now, size_t n_cells)
{
	double n = sum_of(reference, n_cells) + 0.5 * (double) n_cells;
	double m = sum_of(now, n_cells) + 0.5 * (double) n_cells, psi = 0;

	for (size_t i = 0; i < n_cells; i++)
	{
		double p = (reference[i] + 0.5) / n, q = (now[i] + 0.5) / m;

		psi += (q - p) * log(q / p);
	}
	return psi;
}

double
up_drift_ks(const double *reference, const double *now, size_t n_cells, size_t *where)
{
	double n = sum_of(reference, n_cells), m = sum_of(now, n_cells), below = 0, below_now = 0, most = 0;

	*where = 0;
	for (size_t i = 0; i + 1 < n_cells; i++)
	{
		double gap = fabs((below += reference[i]) / n - (below_now += now[i]) / m);

		if (gap > most)
		{
			most = gap;
			*where = i;
		}
	}
	return most;
}

double
up_drift_chi_squared(const double *reference, const double *now, size_t n_cells, double *df)
{
	double n = sum_of(reference, n_cells), m = sum_of(now, n_cells), least = UP_MIN(n, m) / (n + m);
	double rest = 0, rest_now = 0, chi2 = 0;
	size_t kept = 0;

	for (size_t i = 0; i <= n_cells; i++)
	{
		double a = i < n_cells ? reference[i] : rest, b = i < n_cells ? now[i] : rest_now, off;

		if (i < n_cells && (a + b) * least < EXPECTED)
		{
			rest += a;
			rest_now += b;
			continue;
		}
		if (a + b == 0)
			continue;
		off = b - (a + b) * m / (n + m);
		chi2 += off * off * (n + m) * (n + m) / ((a + b) * m * n);
		kept++;
	}
	*df = kept > 1 ? (double) (kept - 1) : 1;
	return chi2;
}

double
up_kolmogorov_tail(double x)
{
	double sum = 0;

	if (!(x > 0))
		return 1;
	if (x < 1)
	{
		/* The other series, which converges fast here. */
		for (int k = 1; k < 20; k += 2)
			sum += exp(-k * k * 9.8696044010893586 / (8 * x * x));
		return 1 - sum * 2.5066282746310002 / x;
	}
	for (int k = 1; k < 20; k++)
		sum += (k % 2 == 1 ? 2 : -2) * exp(-2.0 * k * k * x * x);
	return sum;
}

/* The probability that chance exceeds x (in units of its scale, or as a share of rows). */
static double
tail_of(UpChance chance, double scale, double df, double x)
{
	switch (chance)
	{
		case UP_CHANCE_CHI2:
			return up_chi2_tail(x, df);
		case UP_CHANCE_KS:
			return up_kolmogorov_tail(x);
		case UP_CHANCE_NORMAL:
			return 2 * up_normal_tail(x);
		default:
			return x >= 1 ? 0 : up_beta_share(x * df + 1, df - x * df, scale);
	}
}

double
up_drift_critical(UpChance chance, double scale, double df, double alpha)
{
	double low = 0, high = chance == UP_CHANCE_SHARE ? 1 : 10;

	while (chance != UP_CHANCE_SHARE && tail_of(chance, scale, df, high) > alpha)
		high *= 2;
	for (int i = 0; i < 60 && high - low > 1e-10 * high; i++)
	{
		double mid = (low + high) / 2;

		if (tail_of(chance, scale, df, mid) > alpha)
			low = mid;
		else
			high = mid;
	}
	return chance == UP_CHANCE_SHARE ? high : scale * high;
}

/* ---- words ---- */

static char *
percent(double share)
{
	return share == 0 ? up_strdup("0") : up_format("%.3g %%", 100 * share);
}

static char *
number_text(const UpStep *step, double v)
{
	if (step != NULL && step->kind == UP_COLUMN_TIME && fabs(v) < 1e12)
	{
		UpText day;

		up_text_init(&day);
		up_text_add_day(&day, floor(v / 86400));
		return day.bytes;
	}
	return fabs(v) >= 10000 && fabs(v) < 1e15 ? up_format("%.0f", v) : up_format("%.4g", v);
}

/* What a category is called. */
static char *
category_text(const UpModel *m, const UpStep *step, uint32_t category)
{
	if (step == NULL && m->task == UP_TASK_CLUSTER)
		return up_format("cluster %u", category);
	if (step == NULL && m->task == UP_TASK_OUTLIER)
		return up_strdup(category != 0 ? "inside" : "outliers");
	if (step == NULL)
		return category < m->n_classes ? up_format("'%s'", m->classes[category]) : up_strdup("others");
	if (step->kind == UP_COLUMN_BOOLEAN)
		return up_strdup(category != 0 ? "true" : "false");
	if (step->kind == UP_COLUMN_CATEGORY && category < step->n_categories)
		return up_format("'%s'", step->categories[category]);
	return up_strdup("a group of values");
}

/* ---- measuring ---- */

/* One variable in its reference: an input, or answers. */
typedef struct Measured
{
	const UpModel *model;
	const UpDriftParams *params;
	UpDrift *drift;
	const UpStep *step; /* NULL: answers */
	const char *column;
	const char *kind;
	const UpSpread *spread; /* the cells */
	UpSpreadCounts counts;  /* of now */
	size_t n_cells;
	double reference[UP_SPREAD_POINTS + 2]; /* counts, those of a mixture as rows of it are worth */
	double now[UP_SPREAD_POINTS + 2];
	double mean;                        /* of the reference */
	const UpSpread *trained, *held_out; /* answers on rows of both kinds; NULL: there are none */
	double n_trained, n_held_out, worth;
	const char *against; /* of answers: which rows */
	char *unseen_text;   /* categories: the most frequent of those unseen */
	bool unseen_last;    /* the last cell is of those */
} Measured;

static void
add_row(Measured *x, const char *statistic, double value, double least, UpChance chance, double scale,
		double df, char *detail)
{
	UpDrift *d = x->drift;
	UpDriftRow row = {x->column, x->kind, x->step == NULL, statistic, value, least, chance, scale,
					  df,        NAN,     false,           detail};

	if (d->n == d->capacity)
	{
		d->capacity = UP_MAX(d->capacity * 2, 64);
		d->rows = d->rows == NULL ? up_alloc_array(d->capacity, sizeof(UpDriftRow))
								  : up_realloc(d->rows, d->capacity * sizeof(UpDriftRow));
	}
	d->rows[d->n++] = row;
}

static char *
with_reference(const Measured *x, char *said)
{
	return x->against != NULL ? up_format("%s on the rows %s", said, x->against) : said;
}

static char *
means_text(const Measured *x)
{
	return with_reference(
		x, up_format("mean %s, was %s", number_text(x->step, x->counts.mean), number_text(x->step, x->mean)));
}

/* The category whose share changed most. */
static char *
category_change(const Measured *x)
{
	double n = sum_of(x->reference, x->n_cells), m = sum_of(x->now, x->n_cells), most = -1;
	size_t where = 0;
	char *name;

	for (size_t i = 0; i < x->n_cells; i++)
	{
		double gap = fabs(x->now[i] / m - x->reference[i] / n);

		if (gap > most)
		{
			most = gap;
			where = i;
		}
	}
	if (where < x->spread->n_points)
		name = category_text(x->model, x->step, x->spread->categories[where]);
	else
		name = up_strdup(x->unseen_last && where == x->n_cells - 1 ? "unseen ones" : "the rest");
	return with_reference(
		x, up_format("%s %s, was %s", name, percent(x->now[where] / m), percent(x->reference[where] / n)));
}

static char *
up_to_text(const Measured *x, size_t where)
{
	double n = sum_of(x->reference, x->n_cells), m = sum_of(x->now, x->n_cells);
	double below = sum_of(x->reference, where + 1), below_now = sum_of(x->now, where + 1);

	if (x->spread->n_points == 0)
		return means_text(x);
	return with_reference(x, up_format("%s up to %s, was %s", percent(below_now / m),
									   number_text(x->step, x->spread->edges[where]), percent(below / n)));
}

/* Neighbours are taken together up to a tenth of the reference, but what it does not have stays alone. */
static size_t
psi_cells(const Measured *x, double *reference, double *now)
{
	double least = PSI_SHARE * (1 - 1e-9) * sum_of(x->reference, x->n_cells);
	size_t n = 0;
	bool open = false;

	for (size_t i = 0; i < x->n_cells; i++)
	{
		if (!x->spread->numbers || !open || x->reference[i] == 0)
		{
			reference[n] = now[n] = 0;
			n++;
		}
		reference[n - 1] += x->reference[i];
		now[n - 1] += x->now[i];
		open = x->reference[i] > 0 && reference[n - 1] < least;
	}
	return n;
}

static double
psi_of(const Measured *x, double *df)
{
	double reference[UP_SPREAD_POINTS + 2], now[UP_SPREAD_POINTS + 2];
	size_t n = psi_cells(x, reference, now);

	*df = (double) UP_MAX(n, 2) - 1;
	return up_drift_psi(reference, now, n);
}

static double
ks_of(const Measured *x, double *where)
{
	size_t cell;
	double d = up_drift_ks(x->reference, x->now, x->n_cells, &cell);

	*where = (double) cell;
	return d;
}

static double
chi_squared_of(const Measured *x, double *df)
{
	return up_drift_chi_squared(x->reference, x->now, x->n_cells, df);
}

/* The cells of n rows of the reference and m of now. mix: puts the reference that is nearest by a statistic in place; or NULL. */
typedef double (*Statistic)(const Measured *x, double *with);
typedef void (*Mix)(Measured *x, Statistic statistic);

static void
measure_cells(Measured *x, double n, double m, Mix mix)
{
	double value, with;

	if (mix != NULL)
		mix(x, psi_of);
	value = psi_of(x, &with);
	add_row(x, "psi", value, x->params->psi, UP_CHANCE_CHI2, 1 / n + 1 / m, with,
			x->spread->numbers ? means_text(x) : category_change(x));
	if (mix != NULL)
		mix(x, x->spread->numbers ? ks_of : chi_squared_of);
	if (x->spread->numbers)
	{
		value = ks_of(x, &with);
		add_row(x, "ks", value, x->params->ks, UP_CHANCE_KS, sqrt(1 / n + 1 / m), 0,
				up_to_text(x, (size_t) with));
		return;
	}
	value = chi_squared_of(x, &with);
	add_row(x, "chi_squared", value, x->params->chi_squared * n * m / (n + m), UP_CHANCE_CHI2, 1, with,
			category_change(x));
}

static void
measure_missing(Measured *x, uint32_t missing, uint32_t n)
{
	double m = (double) x->counts.n, was = (double) missing / n, is = (double) x->counts.missing / m;
	double pooled = ((double) missing + (double) x->counts.missing) / (n + m);

	add_row(x, "missing", fabs(is - was), x->params->missing, UP_CHANCE_NORMAL,
			sqrt(pooled * (1 - pooled) * (1 / (double) n + 1 / m)), 0,
			up_format("%s missing, was %s", percent(is), percent(was)));
}

/* Those that are known now, where any were known. */
static void
fill_now(Measured *x)
{
	x->n_cells = x->spread->n_points + 1;
	for (size_t i = 0; i < x->n_cells; i++)
		x->now[i] = (double) x->counts.counts[i];
}

static void
measure_unseen(Measured *x, double known)
{
	double m = known + (double) x->counts.unseen, share = m > 0 ? (double) x->counts.unseen / m : 0;
	double expected = (x->spread->once + 1) / (sum_of(x->reference, x->n_cells) + 1);

	if (m > 0)
		add_row(x, "unseen", share, x->params->unseen, UP_CHANCE_SHARE, UP_MIN(expected, 1), m,
				x->counts.unseen > 0 ? x->unseen_text : up_strdup("none"));
}

static void
measure_input(Measured *x)
{
	const UpSpread *s = x->spread;
	uint32_t n = s->missing;
	double known;
	bool categories = x->step->kind == UP_COLUMN_CATEGORY && !x->step->other;

	fill_now(x);
	for (size_t i = 0; i < x->n_cells; i++)
	{
		x->reference[i] = s->counts[i];
		n += s->counts[i];
	}
	x->mean = s->mean;
	known = sum_of(x->now, x->n_cells);
	if (categories && n > s->missing)
		measure_unseen(x, known);
	/* Those beyond the ones that are kept, if there are any, and those that were never seen are cells of their own. */
	x->unseen_last = x->counts.unseen > 0;
	if (!s->numbers && x->reference[s->n_points] == 0 && x->now[s->n_points] == 0)
		x->n_cells--;
	if (x->unseen_last)
	{
		x->reference[x->n_cells] = 0;
		x->now[x->n_cells++] = (double) x->counts.unseen;
	}
	if (n > s->missing && known + (double) x->counts.unseen > 0)
		measure_cells(x, n - s->missing, known + (double) x->counts.unseen, NULL);
	if (n > 0)
		measure_missing(x, s->missing, n);
}

/* The answers on rows of both kinds, in this mixture: as many as there are of the rarer kind, so that no mixture is surer. */
static void
mixed(Measured *x, double w)
{
	for (size_t i = 0; i < x->n_cells; i++)
		x->reference[i] = x->worth * ((w > 0 ? w * x->trained->counts[i] / x->n_trained : 0) +
									  (w < 1 ? (1 - w) * x->held_out->counts[i] / x->n_held_out : 0));
	x->mean = (w > 0 ? w * x->trained->mean : 0) + (w < 1 ? (1 - w) * x->held_out->mean : 0);
	x->against = w == 0 ? "held out" : w == 1 ? "trained on" : "trained on and held out";
}

/* The mixture that is nearest to now. */
static void
mix_nearest(Measured *x, Statistic statistic)
{
	double best = INFINITY, at = 1, with;

	for (int step = x->trained != NULL ? MIXTURES : 0; step >= (x->held_out != NULL ? 0 : MIXTURES); step--)
	{
		double value;

		mixed(x, (double) step / MIXTURES);
		value = statistic(x, &with);
		if (!(value < best))
			continue;
		best = value;
		at = (double) step / MIXTURES;
	}
	mixed(x, at);
}

static void
measure_answers(Measured *x, const UpDistribution *d, bool labels, const double *v, size_t n)
{
	x->trained = labels ? d->trained.labels : d->trained.scores;
	x->held_out = labels ? d->held_out.labels : d->held_out.scores;
	x->n_trained = d->trained.n;
	x->n_held_out = d->held_out.n;
	x->spread = x->held_out != NULL ? x->held_out : x->trained;
	if (v == NULL || x->spread == NULL)
		return;
	x->worth = x->held_out == NULL  ? x->n_trained
			   : x->trained == NULL ? x->n_held_out
									: UP_MIN(x->n_trained, x->n_held_out);
	x->kind = labels || x->model->task != UP_TASK_CLASSIFY ? "prediction" : "probability";
	up_spread_count(x->spread, v, n, &x->counts);
	fill_now(x);
	if (!x->spread->numbers && x->now[x->n_cells - 1] == 0 &&
		(x->trained == NULL || x->trained->counts[x->n_cells - 1] == 0) &&
		(x->held_out == NULL || x->held_out->counts[x->n_cells - 1] == 0))
		x->n_cells--;
	measure_cells(x, x->worth, (double) n, mix_nearest);
}

/* ---- categories that were never seen ---- */

/* The three most frequent of them, from their codes in the frame. */
static char *
unseen_text(const UpBinding *b, uint32_t input, const size_t *rows, size_t n)
{
	const UpPipeline *p = b->model->pipeline;
	uint32_t i = (uint32_t) (up_input_step(p, input) - p->steps);
	const UpColumn *c = &b->frame->columns[b->columns[i]];
	uint32_t *counts = up_alloc0(((size_t) c->dictionary->n + 1) * sizeof(uint32_t));
	size_t known = 0;
	char *said = NULL;

	for (size_t r = 0; r < n; r++)
	{
		double raw = up_samples_value(b->frame->samples, rows[r], c->first);

		known += !isnan(raw);
		if (!isnan(raw) && isnan(b->values[i][(uint32_t) raw]))
			counts[(uint32_t) raw]++;
	}
	for (int k = 0; k < 3; k++)
	{
		uint32_t best = 0;

		for (uint32_t code = 1; code < c->dictionary->n; code++)
		{
			if (counts[code] > counts[best])
				best = code;
		}
		if (counts[best] == 0)
			break;
		said = up_format("%s%s'%.60s' %s", said != NULL ? said : "", said != NULL ? ", " : "",
						 c->dictionary->texts[best], percent((double) counts[best] / (double) known));
		counts[best] = 0;
	}
	up_free(counts);
	return said;
}

/* ---- all of it ---- */

static const char *
column_name(const UpStep *step, uint32_t input)
{
	return step->width == 1 ? step->name : up_format("%s[%u]", step->name, input - step->source + 1);
}

static void
measure_inputs(Measured x, const UpBinding *b, char *const *why, const size_t *rows, size_t n)
{
	const UpPipeline *p = b->model->pipeline;
	const UpDistribution *d = b->model->distribution;
	double *v = up_alloc_array(UP_MAX(n, 1), sizeof(double));

	for (uint32_t i = 0; i < d->n_inputs; i++)
	{
		const UpSpread *s = &d->inputs[i];

		up_tick();
		x.step = up_input_step(p, s->input);
		x.column = column_name(x.step, s->input);
		x.kind = up_column_kind_name(x.step->kind);
		x.spread = s;
		if (why[x.step - p->steps] != NULL)
			continue;
		up_bound_values(b, s->input, rows, n, -1, v);
		up_spread_count(s, v, n, &x.counts);
		x.unseen_text = x.counts.unseen > 0 ? unseen_text(b, s->input, rows, n) : NULL;
		measure_input(&x);
	}
	up_free(v);
}

/* Columns that cannot be compared. True if there are none. */
static bool
say_unbound(Measured x, const UpPipeline *p, char *const *why)
{
	bool all = true;

	for (uint32_t i = 0; i < p->n_steps; i++)
	{
		if (why[i] == NULL)
			continue;
		all = false;
		x.column = p->steps[i].name;
		x.step = &p->steps[i];
		x.kind = up_column_kind_name(x.step->kind);
		add_row(&x, "column", NAN, NAN, UP_CHANCE_NONE, 0, 0, up_strdup(why[i]));
		x.drift->rows[x.drift->n - 1].drifted = true;
	}
	return all;
}

/* Every threshold; what is only scaled is found once for all rows. */
static void
set_thresholds(UpDrift *d, double alpha)
{
	double unit[UP_CHANCE_SHARE][UP_SPREAD_POINTS + 2] = {{0}};

	for (size_t i = 0; i < d->n; i++)
	{
		UpDriftRow *r = &d->rows[i];
		double *known = &unit[r->chance % UP_CHANCE_SHARE][(size_t) UP_MIN(r->df, UP_SPREAD_POINTS + 1)];

		up_tick();
		if (r->chance == UP_CHANCE_NONE)
			continue;
		if (r->chance == UP_CHANCE_SHARE)
			r->threshold = up_drift_critical(r->chance, r->scale, r->df, alpha);
		else
		{
			if (*known == 0)
				*known = up_drift_critical(r->chance, 1, r->df, alpha);
			r->threshold = r->scale * *known;
		}
		r->threshold = UP_MAX(r->threshold, r->least);
		r->drifted = r->value > r->threshold;
	}
}

/* The largest PSI of what has drifted, or of all. */
static bool
larger_psi(const UpDriftRow *r, const UpDriftRow *other)
{
	if (strcmp(r->statistic, "psi") != 0)
		return false;
	return other == NULL || (r->drifted && !other->drifted) ||
		   (r->drifted == other->drifted && r->value > other->value);
}

static void
decide(UpDrift *d, const UpDriftParams *p)
{
	size_t tests = 0;
	bool drifted = false;

	for (size_t i = 0; i < d->n; i++)
		tests += d->rows[i].chance != UP_CHANCE_NONE;
	set_thresholds(d, p->alpha / (double) UP_MAX(tests, 1));
	for (size_t i = 0; i < d->n; i++)
	{
		const UpDriftRow *r = &d->rows[i];

		/* All answers are one. */
		if (i == 0 || r->answers != r[-1].answers || (!r->answers && r->column != r[-1].column))
		{
			d->n_columns++;
			drifted = false;
		}
		d->n_drifted += r->drifted && !drifted;
		drifted = drifted || r->drifted;
		if (larger_psi(r, d->largest))
			d->largest = r;
	}
}

UpDrift *
up_drift_measure(const UpBinding *b, char *const *why, size_t *rows, size_t n, const UpDriftParams *p)
{
	const UpModel *m = b->model;
	UpDrift *d = up_alloc0(sizeof(UpDrift));
	Measured x = {.model = m, .params = p, .drift = d, .column = m->label_name};
	UpAnswered a;
	bool all;

	n = up_thin_rows(rows, n, UP_SPREAD_ROWS);
	d->n_rows = n;
	d->judged = n >= (size_t) p->min_rows;
	if (!d->judged)
		return d;
	measure_inputs(x, b, why, rows, n);
	all = say_unbound(x, m->pipeline, why);
	if (all)
	{
		a = up_answer(b, rows, up_thin_rows(rows, n, UP_ANSWER_ROWS));
		measure_answers(&x, m->distribution, true, a.labels, a.n);
		measure_answers(&x, m->distribution, false, a.scores, a.n);
		up_answered_free(&a);
	}
	decide(d, p);
	return d;
}
