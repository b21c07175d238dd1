/*
 * bpr.c - Bayesian personalized ranking: factors by which what a user has comes before what he has not
 *
 * Maximizes sum over users u, items i that u has, items j that u has not, of log s(x_u . (y_i - y_j) + b_i - b_j), s the logistic
 * function, less lambda / 2 times the squares of what takes part, by stochastic gradient steps: an interaction (u, i) drawn evenly, j
 * drawn evenly among the items that u has not (S. Rendle et al., "BPR: Bayesian personalized ranking from implicit
 * feedback", UAI 2009). An iteration has as many steps as there are interactions.
 *
 * Users are not kept: who asks takes the same steps from zero on the items as they are, always the same draws. x is then a sum of what each
 * item of the history added, which is what a score's reasons are. Cost: k a step.
 */
#include <math.h>
#include <string.h>

#include "learn/recommend/factors.h"
#include "num/vec.h"

#define TRIES        32   /* draws of an item that a user has not */
#define FEWEST_STEPS 500  /* of who asks */
#define MOST_STEPS   5000 /* 1 ms or so */
#define LEAST_SCALE  1e-30

/* Factors must not change sign by it. */
#define MOST_REGULARIZATION 0.5

typedef struct BprParams
{
	int64_t factors;
	double learning_rate;
	double regularization;
	int64_t iterations;
} BprParams;

#define UP_PARAMS_OF BprParams
static const UpParam bpr_params[] = {
	UP_INT_PARAM("factors", factors, "64", 1, UP_FACTORS_LIMIT, "numbers that stand for a user and an item"),
	UP_REAL_PARAM("learning_rate", learning_rate, "0.05", 0, 1, "length of a step", .min_open = true),
	UP_REAL_PARAM("regularization", regularization, "0.01", 0, MOST_REGULARIZATION,
				  "weight of the squares of the factors"),
	UP_INT_PARAM("iterations", iterations, "25", 1, 10000, "rounds of as many steps as there are interactions"),
};

typedef struct Bpr
{
	UpFactors *items; /* with biases */
	double rate;
	double regularization;
	uint32_t rounds; /* of who asks */
	uint64_t seed;
} Bpr;

static bool
has(const uint32_t *items, size_t n, uint32_t item)
{
	size_t low = 0, high = n;

	while (low < high)
	{
		size_t mid = low + (high - low) / 2;

		if (items[mid] == item)
			return true;
		if (items[mid] < item)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* An item that is not among these n; UP_NO_ITEM: none was found. */
static uint32_t
draw_other(UpRng *rng, const uint32_t *items, size_t n, uint32_t n_items)
{
	for (int i = 0; i < TRIES; i++)
	{
		uint32_t item = (uint32_t) up_rng_below(rng, n_items);

		if (!has(items, n, item))
			return item;
	}
	return UP_NO_ITEM;
}

/* One step of user x and items i, j; whether j came before i. */
static bool
step(float *x, UpFactors *items, uint32_t i, uint32_t j, const BprParams *p)
{
	float *yi = up_factors_row(items, i), *yj = up_factors_row(items, j);
	double margin = items->bias[i] - items->bias[j] + (double) up_factors_dot(x, yi, items->ld) -
					(double) up_factors_dot(x, yj, items->ld);
	double pull = up_sigmoid(-margin), rate = p->learning_rate;
	float along = (float) (rate * pull), keep = (float) (1 - rate * p->regularization);

	for (uint32_t f = 0; f < items->ld; f++)
	{
		float user = x[f], first = yi[f], second = yj[f];

		x[f] = keep * user + along * (first - second);
		yi[f] = keep * first + along * user;
		yj[f] = keep * second - along * user;
	}
	items->bias[i] += rate * (pull - p->regularization * items->bias[i]);
	items->bias[j] += rate * (-pull - p->regularization * items->bias[j]);
	return margin <= 0;
}

static uint32_t *
users_of(const UpInteractions *x)
{
	uint32_t *users = up_alloc_array(x->starts[x->n_users], sizeof(uint32_t));

	for (uint32_t u = 0; u < x->n_users; u++)
	{
		for (size_t i = x->starts[u]; i < x->starts[u + 1]; i++)
			users[i] = u;
	}
	return users;
}

/* The share of pairs in the last iteration that stood the wrong way round. */
static double
take_steps(const UpRecommendFit *fit, UpFactors *users, UpFactors *items, UpRng *rng)
{
	const BprParams *p = fit->params;
	const UpInteractions *x = fit->data;
	size_t n = x->starts[x->n_users], work = 0, wrong = 0, steps = 0;
	uint32_t *user_of = users_of(x);

	for (int64_t round = 0; round < p->iterations; round++)
	{
		up_progress("bpr: rounds", (uint64_t) round, (uint64_t) p->iterations);
		wrong = steps = 0;
		for (size_t s = 0; s < n; s++)
		{
			size_t at = (size_t) up_rng_below(rng, n), first;
			uint32_t u = user_of[at], j;

			first = x->starts[u];
			up_tick_work(&work, 64 + 4 * (size_t) items->ld);
			j = draw_other(rng, x->items + first, x->starts[u + 1] - first, x->n_items);
			if (j == UP_NO_ITEM)
				continue;
			steps++;
			wrong += step(up_factors_row(users, u), items, x->items[at], j, p);
		}
	}
	return steps > 0 ? (double) wrong / (double) steps : 0;
}

static void *
bpr_fit(const UpRecommendFit *fit)
{
	const BprParams *p = fit->params;
	const UpInteractions *x = fit->data;
	uint32_t k = (uint32_t) p->factors;
	Bpr *b = up_alloc0(sizeof(*b));
	UpFactors *users;
	UpArena *arena;
	UpRng rng;
	double wrong;

	up_reserve(up_factors_bytes(x->n_users, k) + up_factors_bytes(x->n_items, k) +
				   x->starts[x->n_users] * sizeof(uint32_t),
			   "the factors of users and items");
	b->items = up_factors_new(x->n_items, k, true);
	b->rate = p->learning_rate;
	b->regularization = p->regularization;
	b->rounds = (uint32_t) p->iterations;
	b->seed = fit->seed;
	arena = up_arena_enter();
	users = up_factors_new(x->n_users, k, false);
	up_rng_init(&rng, fit->seed, 0);
	up_factors_draw(b->items, 0.1 / sqrt(k), &rng);
	up_factors_draw(users, 0.1 / sqrt(k), &rng);
	wrong = take_steps(fit, users, b->items, &rng);
	up_arena_leave(arena);
	up_value_set(fit->info, "wrong_pairs", up_value_number(wrong));
	return b;
}

static void
bpr_write(const void *body, UpWriter *w)
{
	const Bpr *b = body;

	up_put_f64(w, b->rate);
	up_put_f64(w, b->regularization);
	up_put_u32(w, b->rounds);
	up_put_u64(w, b->seed);
	up_put_factors(w, b->items);
}

static void *
bpr_read(UpReader *r, uint32_t n_items, uint32_t n_segments)
{
	Bpr *b = up_alloc0(sizeof(*b));

	(void) n_segments;
	b->rate = up_get_f64(r);
	b->regularization = up_get_f64(r);
	b->rounds = up_get_u32(r);
	b->seed = up_get_u64(r);
	if (!(b->rate > 0 && b->rate <= 1) ||
		!(b->regularization >= 0 && b->regularization <= MOST_REGULARIZATION) || b->rounds < 1 ||
		b->rounds > 10000)
		up_corrupt(r, "parameters");
	b->items = up_get_factors(r, n_items, true);
	return b;
}

static void
bpr_describe(const void *body, UpValue *info)
{
	const Bpr *b = body;

	up_value_set(info, "factors", up_value_number(b->items->k));
}

/* What is held of x and its parts in units of scale becomes what it stands for. */
static void
rescale(double *x, double *parts, size_t k, size_t n, double scale)
{
	up_vec_scale(x, scale, k);
	if (parts != NULL)
		up_vec_scale(parts, scale, n * k);
}

/*
 * Who asks. parts: what each item of the history added to x, h->n × k, or NULL. Everything shrinks in each step: x = scale times what is
 * held, so that only what takes part is touched.
 */
static void
ask(const Bpr *b, const UpHistory *h, double *x, double *parts)
{
	const UpFactors *items = b->items;
	uint32_t k = items->k, steps = (uint32_t) UP_MIN((uint64_t) h->n * b->rounds, MOST_STEPS);
	double scale = 1, keep = 1 - b->rate * b->regularization;
	size_t work = 0;
	UpRng rng;

	memset(x, 0, k * sizeof(double));
	if (parts != NULL)
		memset(parts, 0, (size_t) h->n * k * sizeof(double));
	up_rng_init(&rng, b->seed, 1);
	steps = UP_MAX(steps, FEWEST_STEPS);
	/* Each item of the history in turn. */
	for (uint32_t s = 0; h->n > 0 && s < steps; s++)
	{
		uint32_t place = s % h->n, i = h->items[place], j = draw_other(&rng, h->items, h->n, items->n);
		double margin, along;
		const float *yi, *yj;

		up_tick_work(&work, 64 + 2 * (size_t) k);
		if (j == UP_NO_ITEM)
			continue;
		yi = up_factors_row(items, i);
		yj = up_factors_row(items, j);
		margin = 0;
		for (uint32_t f = 0; f < k; f++)
			margin += x[f] * (double) (yi[f] - yj[f]);
		along = b->rate * up_sigmoid(-(margin * scale + items->bias[i] - items->bias[j]));
		scale *= keep;
		if (scale < LEAST_SCALE)
		{
			rescale(x, parts, k, h->n, scale);
			scale = 1;
		}
		for (uint32_t f = 0; f < k; f++)
			x[f] += along / scale * (double) (yi[f] - yj[f]);
		for (uint32_t f = 0; parts != NULL && f < k; f++)
			parts[(size_t) place * k + f] += along / scale * (double) (yi[f] - yj[f]);
	}
	rescale(x, parts, k, h->n, scale);
}

static void
bpr_score(const void *body, const UpHistory *h, double *out)
{
	const Bpr *b = body;
	double *x = up_alloc_array(b->items->k, sizeof(double));

	ask(b, h, x, NULL);
	up_factors_score(b->items, x, out);
	up_free(x);
}

static bool
bpr_reason(const void *body, const UpHistory *h, uint32_t item, double *out)
{
	const Bpr *b = body;
	uint32_t k = b->items->k;
	const float *y = up_factors_row(b->items, item);
	double *x = up_alloc_array(k, sizeof(double)), *parts;
	bool any = false;

	up_reserve((size_t) h->n * k * sizeof(double), "the reasons of a recommendation");
	parts = up_alloc_array((size_t) h->n * k, sizeof(double));
	ask(b, h, x, parts);
	for (uint32_t i = 0; i < h->n; i++)
	{
		out[i] = 0;
		for (uint32_t f = 0; f < k; f++)
			out[i] += parts[(size_t) i * k + f] * (double) y[f];
		any |= out[i] != 0;
	}
	up_free(parts);
	up_free(x);
	return any;
}

static void
bpr_similar(const void *body, uint32_t item, double *out)
{
	up_factors_similar(((const Bpr *) body)->items, item, out);
}

static uint32_t
bpr_vector_length(const void *body)
{
	return ((const Bpr *) body)->items->k;
}

static void
bpr_vector(const void *body, const UpHistory *h, double *out)
{
	ask(body, h, out, NULL);
}

const UpRecommender up_recommend_bpr = {
	.name = "bpr",
	.number = 4,
	.help = "Bayesian personalized ranking: factors that put what a user has before what he has not",
	.params = {bpr_params, UP_LENGTH(bpr_params)},
	.params_size = sizeof(BprParams),
	.fit = bpr_fit,
	.write = bpr_write,
	.read = bpr_read,
	.describe = bpr_describe,
	.score = bpr_score,
	.reason = bpr_reason,
	.similar = bpr_similar,
	.vector_length = bpr_vector_length,
	.vector = bpr_vector,
};
