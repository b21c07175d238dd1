/*
 * predict_rows.c - a model's answers of many rows, in blocks; see predict_rows.h
 *
 * The first blocks tell how long all of them take. Where that pays for workers, each process predicts some blocks of a round: of rows that workers
 * see it reads the inputs itself, others are laid out. A model in memory is full of pointers, so that a part reads it from its bytes: a round has no more parts than there are
 * processes. How blocks make parts changes no answer, as a block is predicted by itself wherever it is.
 */
#include "assess/predict_rows.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   1024
#define ROUND_VALUES 4000000 /* of inputs and answers */
#define BEGINNINGS   6 /* all of it takes so many times what it takes a part to begin, or one process does it */

#define NOWHERE UINT32_MAX

enum
{
	MODEL = UP_SAMPLES_ARRAYS, /* its bytes */
	INPUTS,                    /* of a round; or NULL, where parts read them: … */
	ORDER,                     /* … all rows, … */
	PLACES,                    /* … and where each input stands in one; NOWHERE: its column has none */
	PREDICTED,
	PROBA,
	N_ARRAYS
};

typedef struct Job
{
	UpSamplesForm samples;
	size_t first; /* of the order */
	size_t n, a_part, model_bytes;
	bool proba;
} Job;

/* proba: n × classes, or NULL. */
static void
predict_blocks(const UpModel *m, const double *inputs, size_t n, double *predicted, double *proba)
{
	for (size_t at = 0; at < n; at += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, n - at);
		const double *block = inputs + at * m->pipeline->n_inputs;

		up_tick();
		if (proba != NULL)
			up_model_predict_proba(m, block, count, predicted + at, proba + at * m->n_classes);
		else
			up_model_predict(m, block, count, predicted + at);
	}
}

/* As up_bound_inputs lays them out. */
static void
read_inputs(const Job *job, void *const *arrays, const UpSamples *samples, uint32_t n_inputs, size_t first,
			size_t n, double *inputs)
{
	const size_t *rows = (const size_t *) arrays[ORDER] + job->first + first;
	const uint32_t *places = arrays[PLACES];

	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_row(samples, rows[i]);

		if (i + UP_SAMPLES_AHEAD < n)
			up_samples_ask(samples, rows[i + UP_SAMPLES_AHEAD], 0, samples->n_columns);
		for (uint32_t j = 0; j < n_inputs; j++)
			*inputs++ = places[j] != NOWHERE ? row[places[j]] : NAN;
	}
}

static void
predict_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	bool kept;
	const UpModel *m = up_get_model_on(arrays[MODEL], job->model_bytes, &kept);
	uint32_t n_inputs = m->pipeline->n_inputs;
	size_t first = part * job->a_part, end = UP_MIN(first + job->a_part, job->n);
	const UpSamples *samples = arrays[INPUTS] == NULL ? up_samples_open(&job->samples, arrays) : NULL;
	double *space = samples != NULL ? up_alloc_array(BLOCK_ROWS, UP_MAX(n_inputs, 1) * sizeof(double)) : NULL;

	for (size_t at = first; at < end; at += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, end - at);

		if (samples != NULL)
			read_inputs(job, arrays, samples, n_inputs, at, n, space);
		predict_blocks(m, samples != NULL ? space : (const double *) arrays[INPUTS] + at * n_inputs, n,
					   (double *) arrays[PREDICTED] + at,
					   job->proba ? (double *) arrays[PROBA] + at * m->n_classes : NULL);
	}
	up_free(space);
}

/* Where each input stands in a row, a large array; NULL: some are more than a value of it. */
static uint32_t *
places_of(const UpBinding *b)
{
	const UpPipeline *p = b->model->pipeline;
	uint32_t *places = up_alloc_large_array(UP_MAX(p->n_inputs, 1), sizeof(uint32_t)), n = 0;

	for (uint32_t j = 0; j < p->n_steps; j++)
	{
		const UpColumn *c = &b->frame->columns[b->columns[j]];

		if (b->values[j] != NULL)
		{
			up_free_large(places);
			return NULL;
		}
		for (uint32_t k = 0; k < p->steps[j].width; k++)
			places[n++] = k < c->width ? c->first + k : NOWHERE;
	}
	return places;
}

/* Where workers see the rows, parts read them; else their inputs are laid out, so many a round. Returns what is to be taken back. */
static UpSamples *
share_rows(const UpBinding *b, const size_t *rows, size_t n, size_t a_round, Job *job, void **arrays)
{
	UpSamples *samples = b->frame->samples, *lent = up_samples_lend_to_workers(samples);
	uint32_t *places = samples->lent != NULL ? places_of(b) : NULL;

	job->samples = up_samples_form(samples, arrays);
	if (places == NULL)
	{
		arrays[INPUTS] =
			up_alloc_large_array(a_round, UP_MAX(b->model->pipeline->n_inputs, 1) * sizeof(double));
		return lent;
	}
	arrays[PLACES] = places;
	arrays[ORDER] = memcpy(up_alloc_large_array(n, sizeof(size_t)), rows, n * sizeof(size_t));
	return lent;
}

void *
up_model_for_parts(const UpModel *m, size_t *n)
{
	UpModel bare = *m;
	UpWriter w;
	void *bytes;

	bare.distribution = NULL;
	bare.summary = up_value_object();
	up_writer_init(&w);
	up_put_model(&w, &bare);
	*n = w.len;
	bytes = memcpy(up_alloc_large(w.len), w.bytes, w.len);
	up_free(w.bytes);
	return bytes;
}

/* Where the answers go. */
typedef struct Answers
{
	UpStanding order;
	double *predicted;
	double *proba; /* or NULL */
	uint32_t n_classes, width;
} Answers;

/* Those of n rows from the first on, to their places: probabilities into wider rows. */
static void
spread(const Answers *a, size_t first, size_t n, const double *predicted, const double *proba)
{
	for (size_t i = 0; i < n; i++)
	{
		size_t at = up_standing_place(&a->order, first + i);

		a->predicted[at] = predicted[i];
		for (uint32_t j = 0; a->proba != NULL && j < a->width; j++)
			a->proba[at * a->width + j] = j < a->n_classes ? proba[i * a->n_classes + j] : 0;
	}
}

/* Rows of a round: whole blocks. */
static size_t
round_rows(const UpModel *m, size_t n)
{
	size_t values = m->pipeline->n_inputs + m->n_classes + 1, blocks = ROUND_VALUES / values / BLOCK_ROWS;

	return UP_MIN(UP_MAX(blocks, 1), (n + BLOCK_ROWS - 1) / BLOCK_ROWS) * BLOCK_ROWS;
}

/* About how long the other rows take, and how long it takes a part to begin: of two blocks the first one lays the model out. */
typedef struct Pace
{
	double first, second; /* seconds of a block */
	double preparing;     /* of the model's bytes; to read them takes about as long */
} Pace;

static bool
is_worth_it(const Pace *p, size_t n)
{
	double whole = p->second * (double) n / BLOCK_ROWS;

	return whole > BEGINNINGS * (p->preparing + UP_MAX(p->first - p->second, 0));
}

/* The rows from the next one on, by workers. False: it is not done. */
static bool
predict_shared(const UpBinding *b, size_t next, size_t n, Pace *pace, const Answers *answers)
{
	const UpModel *m = b->model;
	size_t a_round = round_rows(m, n - next), blocks = a_round / BLOCK_ROWS;
	void *arrays[N_ARRAYS] = {NULL};
	Job job = {.proba = answers->proba != NULL,
			   .a_part = (blocks + up_workers() - 1) / up_workers() * BLOCK_ROWS};
	double began = up_seconds();
	UpSamples *lent = NULL;
	bool done;

	arrays[MODEL] = up_model_for_parts(m, &job.model_bytes);
	pace->preparing = up_seconds() - began;
	done = up_workers() * job.model_bytes <= up_memory_limit() && is_worth_it(pace, n - next);
	if (done)
	{
		lent = share_rows(b, answers->order.rows + next, n - next, a_round, &job, arrays);
		arrays[PREDICTED] = up_alloc_large_array(a_round, sizeof(double));
		arrays[PROBA] = up_alloc_large_array(a_round, UP_MAX(m->n_classes, 1) * sizeof(double));
	}
	for (size_t first = next; done && first < n; first += job.n)
	{
		job.n = UP_MIN(a_round, n - first);
		up_progress("predicting rows", first, n);
		job.first = first - next;
		if (arrays[INPUTS] != NULL)
			up_bound_inputs(b, answers->order.rows + first, job.n, arrays[INPUTS]);
		up_parallel((uint32_t) ((job.n + job.a_part - 1) / job.a_part), predict_part, &job, sizeof(job), arrays,
					N_ARRAYS);
		spread(answers, first, job.n, arrays[PREDICTED], arrays[PROBA]);
	}
	up_samples_take_back(lent);
	for (int a = MODEL; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
	return done;
}

void
up_bound_predict(const UpBinding *b, const size_t *rows, size_t n, double *predicted, double *proba,
				 uint32_t width)
{
	const UpModel *m = b->model;
	double *inputs = up_alloc_array(BLOCK_ROWS, UP_MAX(m->pipeline->n_inputs, 1) * sizeof(double));
	double *block = up_alloc_array(BLOCK_ROWS, UP_MAX(m->n_classes, 1) * sizeof(double)), labels[BLOCK_ROWS],
		   began;
	Answers answers = {up_bound_standing(b, rows, n), predicted, proba, m->n_classes, width};
	Pace pace = {0};

	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, n - first);

		began = up_seconds();
		up_progress("predicting rows", first, n);
		up_bound_inputs(b, answers.order.rows + first, count, inputs);
		predict_blocks(m, inputs, count, labels, proba != NULL ? block : NULL);
		spread(&answers, first, count, labels, block);
		*(first == 0 ? &pace.first : &pace.second) = up_seconds() - began;
		if (first == BLOCK_ROWS && n - first > count && is_worth_it(&pace, n))
		{
			size_t next = first + count;
			bool done = false;

			up_workers_begin(pace.second * (double) (n - next) / BLOCK_ROWS);
			if (up_workers() > 1)
				done = predict_shared(b, next, n, &pace, &answers);
			up_workers_end();
			if (done)
				break;
		}
	}
	up_standing_free(&answers.order);
	up_free(inputs);
	up_free(block);
}
