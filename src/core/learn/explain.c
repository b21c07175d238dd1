/*
 * explain.c - what each feature adds to a prediction; see explain.h
 *
 * Learners that know their exact SHAP values (Lundberg, Lee 2017) tell them. A plane's are w_j (x_j - mean_j). Of others Shapley's
 * values are taken of the game v(S) = f(x where j in S, the training mean elsewhere), whose base value is f at the means: up to
 * EXACT features that differ from their mean, over all sets of them; with more, as the mean of marginal contributions along random
 * orders, each walked there and back (Castro, Gómez, Tejada 2009; Mitchell et al. 2022), seeded, so that one row always has one
 * explanation. Along every order contributions sum to f(x) - f(means), so that they do on the whole.
 *
 * Columns are players as well: one that is several features, such as the categories of a text, is there as a whole or not at all.
 *
 * Cost: 2^a predictions, or about as many as the limits say.
 */
#include "learn/explain.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define EXACT       11
#define EVALUATIONS 8000
/* Of columns: for every user of a profile at each refresh. */
#define COLUMNS_EXACT       7
#define COLUMNS_EVALUATIONS 200
#define COLUMNS_NODES       10000 /* of trees */
#define BLOCK_ROWS          64
#define SAMPLE              10000

bool
up_explain_needs_means(const UpLearner *learner, UpTask task)
{
	return learner->explain == NULL &&
		   (task == UP_TASK_CLASSIFY || task == UP_TASK_REGRESS || task == UP_TASK_OUTLIER);
}

/* The rows stand in the order of their hashes, so that the first of them are a sample. */
double *
up_explain_means(const UpData *data)
{
	size_t n = UP_MIN(data->n_rows, SAMPLE);
	double *means = up_alloc0(UP_MAX(data->n_features, 1) * sizeof(double)),
		   *row = up_alloc_array(UP_MAX(data->n_features, 1), sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		if (i % 256 == 0)
			up_tick();
		up_data_rows(data, i, 1, row);
		for (uint32_t j = 0; j < data->n_features; j++)
			means[j] += (row[j] - means[j]) / (double) (i + 1);
	}
	up_free(row);
	return means;
}

static bool
has_scores(const UpModel *m)
{
	return m->learner->raw_scores != NULL && m->learner->n_outputs != NULL &&
		   m->learner->n_outputs(m->body) > 0;
}

uint32_t
up_explain_outputs(const UpModel *m)
{
	if (has_scores(m))
		return m->learner->n_outputs(m->body);
	if (m->task == UP_TASK_REGRESS)
		return 1;
	if (m->task != UP_TASK_CLASSIFY || m->learner->proba == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Models that classify, do regression or find outliers have.",
					 "a %s model of algorithm \"%s\" has no score that features could contribute to",
					 up_task_name(m->task), m->learner->name);
	return m->n_classes > 2 ? m->n_classes : 1;
}

/* Scores of n rows: n × outputs. */
static void
scores(const UpModel *m, uint32_t outputs, const double *x, size_t n, double *out)
{
	double *proba;

	if (has_scores(m))
	{
		for (size_t i = 0; i < n; i++)
			m->learner->raw_scores(m->body, x + i * m->n_features, out + i * outputs);
		return;
	}
	if (m->task == UP_TASK_REGRESS)
	{
		m->learner->predict(m->body, x, n, out);
		return;
	}
	proba = up_alloc_array(n * UP_MAX(m->n_classes, 1), sizeof(double));
	m->learner->proba(m->body, x, n, proba);
	for (size_t i = 0; i < n; i++)
	{
		if (outputs == 1)
			out[i] = proba[i * m->n_classes + m->n_classes - 1];
		else
			memcpy(out + i * outputs, proba + i * m->n_classes, outputs * sizeof(double));
	}
	up_free(proba);
}

/* A game: rows that mix x and the means. */
typedef struct Game
{
	const UpModel *m;
	uint32_t outputs, d;
	const double *x, *means;
	uint32_t n_players;
	const uint32_t *player_of; /* of each feature, ascending; NULL: each is one */
	uint32_t *first;           /* n_players + 1: where the features of a player begin */
	uint32_t *active;          /* players that differ from their means */
	uint32_t n_active;
	uint32_t exact, evaluations; /* the limits */
	double *out;                 /* outputs × (n_players + 1) */
} Game;

static void
add(Game *g, uint32_t player, const double *with, const double *without, double weight)
{
	for (uint32_t o = 0; o < g->outputs; o++)
		g->out[(size_t) o * (g->n_players + 1) + player] += weight * (with[o] - without[o]);
}

/* The player's features as they are. */
static void
join_in(const Game *g, uint32_t player, double *row)
{
	for (uint32_t j = g->first[player]; j < g->first[player + 1]; j++)
		row[j] = g->x[j];
}

/* All sets of the active features: v[set × outputs]. */
static void
play_exactly(Game *g)
{
	uint32_t a = g->n_active;
	size_t sets = (size_t) 1 << a;
	double *v = up_alloc_array(sets * g->outputs, sizeof(double)),
		   *rows = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(g->d, 1), sizeof(double)), weight[EXACT + 1];

	for (size_t first = 0; first < sets; first += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, sets - first);

		up_tick();
		for (size_t i = 0; i < n; i++)
		{
			memcpy(rows + i * g->d, g->means, g->d * sizeof(double));
			for (uint32_t k = 0; k < a; k++)
			{
				if (((first + i) >> k & 1) != 0)
					join_in(g, g->active[k], rows + i * g->d);
			}
		}
		scores(g->m, g->outputs, rows, n, v + first * g->outputs);
	}
	/* Of a set of s: s! (a - s - 1)! / a!. */
	for (uint32_t s = 0; s < a; s++)
	{
		weight[s] = 1.0 / a;
		for (uint32_t k = 1; k <= s; k++)
			weight[s] *= (double) k / (a - k);
	}
	for (size_t set = 0; set < sets; set++)
	{
		for (uint32_t k = 0; k < a; k++)
		{
			if ((set >> k & 1) == 0)
				add(g, g->active[k], v + (set | (size_t) 1 << k) * g->outputs, v + set * g->outputs,
					weight[__builtin_popcountll(set)]);
		}
	}
	up_free(v);
	up_free(rows);
}

/* From the means to x along an order, there or back; the marginal contributions count weight. */
static void
walk(Game *g, const size_t *order, bool back, double weight, double *rows, double *v)
{
	uint32_t a = g->n_active;
	double *row = up_alloc_array(UP_MAX(g->d, 1), sizeof(double));

	memcpy(row, g->means, g->d * sizeof(double));
	for (uint32_t first = 0; first <= a; first += BLOCK_ROWS - 1)
	{
		/* The last row of a block is the first of the next. */
		uint32_t n = (uint32_t) UP_MIN(BLOCK_ROWS, a - first + 1);

		up_tick();
		for (uint32_t i = 0; i < n; i++)
		{
			if (first + i > 0 && (i > 0 || first == 0))
			{
				uint32_t k = first + i - 1;

				join_in(g, g->active[order[back ? a - 1 - k : k]], row);
			}
			memcpy(rows + (size_t) i * g->d, row, g->d * sizeof(double));
		}
		scores(g->m, g->outputs, rows, n, v);
		for (uint32_t i = 1; i < n; i++)
		{
			uint32_t k = first + i - 1;

			add(g, g->active[order[back ? a - 1 - k : k]], v + (size_t) i * g->outputs,
				v + (size_t) (i - 1) * g->outputs, weight);
		}
		if (n < BLOCK_ROWS)
			break;
	}
	up_free(row);
}

static void
play_orders(Game *g)
{
	uint32_t pairs = (uint32_t) UP_MIN(UP_MAX(g->evaluations / (2 * g->n_active), 2), 500);
	size_t *order = up_alloc_array(g->n_active, sizeof(size_t));
	double *rows = up_alloc_array((size_t) BLOCK_ROWS * g->d, sizeof(double)),
		   *v = up_alloc_array((size_t) BLOCK_ROWS * g->outputs, sizeof(double));
	UpRng rng;

	up_rng_init(&rng, (uint64_t) g->m->seed, 4242);
	for (uint32_t r = 0; r < pairs; r++)
	{
		for (uint32_t k = 0; k < g->n_active; k++)
			order[k] = k;
		up_rng_shuffle(&rng, order, g->n_active);
		walk(g, order, false, 0.5 / pairs, rows, v);
		walk(g, order, true, 0.5 / pairs, rows, v);
	}
	up_free(order);
	up_free(rows);
	up_free(v);
}

static double *
stored_means(const UpModel *m)
{
	const UpValue *v = up_value_get(m->summary, "feature_means");
	double *means = up_alloc0(UP_MAX(m->n_features, 1) * sizeof(double));

	if (v == NULL || v->type != UP_ARRAY || v->n != m->n_features)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew.",
					 "the model was trained by a version that did not keep the means of its features");
	for (uint32_t j = 0; j < m->n_features; j++)
		means[j] = v->items[j]->type == UP_NUMBER ? v->items[j]->number : 0;
	return means;
}

static bool
explain_plane(const UpModel *m, Game *g)
{
	double *w, base;

	if (m->learner->plane == NULL)
		return false;
	w = up_alloc_array(UP_MAX(g->d, 1), sizeof(double));
	for (uint32_t o = 0; o < g->outputs; o++)
	{
		double *out = g->out + (size_t) o * (g->d + 1);

		if (!m->learner->plane(m->body, o, w, &base))
		{
			up_free(w);
			return false;
		}
		for (uint32_t j = 0; j < g->d; j++)
		{
			out[j] = w[j] * (g->x[j] - g->means[j]);
			base += w[j] * g->means[j];
		}
		out[g->d] = base;
	}
	up_free(w);
	return true;
}

/* Who plays: the features of each, and those that differ from their means. */
static void
seat_players(Game *g)
{
	g->first = up_alloc_array(g->n_players + 1, sizeof(uint32_t));
	g->active = up_alloc_array(UP_MAX(g->n_players, 1), sizeof(uint32_t));
	for (uint32_t k = 0, j = 0; k < g->n_players; k++)
	{
		bool differs = false;

		for (g->first[k] = j; j < g->d && (g->player_of == NULL ? j == k : g->player_of[j] == k); j++)
			differs = differs || g->x[j] != g->means[j];
		if (differs)
			g->active[g->n_active++] = k;
		g->first[k + 1] = j;
	}
}

static void
play(Game *g)
{
	double *base = up_alloc_array(g->outputs, sizeof(double));

	seat_players(g);
	scores(g->m, g->outputs, g->means, 1, base);
	for (uint32_t o = 0; o < g->outputs; o++)
		g->out[(size_t) o * (g->n_players + 1) + g->n_players] = base[o];
	if (g->n_active > 0 && g->n_active <= g->exact)
		play_exactly(g);
	else if (g->n_active > 0)
		play_orders(g);
	up_free(g->first);
	up_free(g->active);
	up_free(base);
}

void
up_explain(const UpModel *m, const double *x, double *out)
{
	Game g = {.m = m, .d = m->n_features, .n_players = m->n_features, .x = x, .out = out};

	g.exact = EXACT;
	g.evaluations = EVALUATIONS;
	g.outputs = up_explain_outputs(m);
	memset(out, 0, (size_t) g.outputs * (g.d + 1) * sizeof(double));
	if (m->learner->explain != NULL)
	{
		m->learner->explain(m->body, x, out);
		return;
	}
	g.means = stored_means(m);
	if (!explain_plane(m, &g))
		play(&g);
	up_free((void *) g.means);
}

/* What the features of each column add, summed up. */
static void
add_up(const UpModel *m, const double *x, const uint32_t *column_of, uint32_t n_columns, uint32_t outputs,
	   double *out)
{
	double *each = up_alloc_array((size_t) outputs * (m->n_features + 1), sizeof(double));

	if (m->learner->explain_some != NULL)
		m->learner->explain_some(m->body, x, COLUMNS_NODES, each);
	else
		up_explain(m, x, each);
	for (uint32_t o = 0; o < outputs; o++)
	{
		const double *of = each + (size_t) o * (m->n_features + 1);

		for (uint32_t j = 0; j < m->n_features; j++)
			out[(size_t) o * (n_columns + 1) + column_of[j]] += of[j];
		out[(size_t) o * (n_columns + 1) + n_columns] = of[m->n_features];
	}
	up_free(each);
}

bool
up_explain_can(const UpModel *m)
{
	const UpValue *v = up_value_get(m->summary, "feature_means");

	if (m->task != UP_TASK_CLASSIFY && m->task != UP_TASK_REGRESS && m->task != UP_TASK_OUTLIER)
		return false;
	if (!has_scores(m) &&
		(m->task == UP_TASK_OUTLIER || (m->task == UP_TASK_CLASSIFY && !up_model_has_proba(m))))
		return false;
	return m->learner->explain != NULL || (v != NULL && v->type == UP_ARRAY && v->n == m->n_features);
}

void
up_explain_columns(const UpModel *m, const double *x, const uint32_t *column_of, uint32_t n_columns,
				   double *out)
{
	Game g = {.m = m, .d = m->n_features, .n_players = n_columns, .player_of = column_of, .x = x, .out = out};
	double *w = up_alloc_array(UP_MAX(g.d, 1), sizeof(double)), base;

	g.exact = COLUMNS_EXACT;
	g.evaluations = COLUMNS_EVALUATIONS;
	g.outputs = up_explain_outputs(m);
	memset(out, 0, (size_t) g.outputs * (n_columns + 1) * sizeof(double));
	if (m->learner->explain != NULL || (m->learner->plane != NULL && m->learner->plane(m->body, 0, w, &base)))
		add_up(m, x, column_of, n_columns, g.outputs, out);
	else
	{
		g.means = stored_means(m);
		play(&g);
		up_free((void *) g.means);
	}
	up_free(w);
}
