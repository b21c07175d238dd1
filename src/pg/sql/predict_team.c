/*
 * predict_team.c - rows that wait for their answers, computed by this process or by workers beside it; see predict_call.h
 *
 * Inputs stand in memory that workers see, so that nothing is copied for them; each process computes one stretch of the rows. A model is full of
 * pointers: a worker reads it from its bytes when it comes to it first, and keeps it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "assess/predict_rows.h"
#include "pg/large_memory.h"
#include "pg/sql/predict_call.h"

#define MEASURED_ROWS 64     /* from so many on, the time that they take tells of others */
#define WORTH         0.0005 /* seconds of rows that are shared out: others have to be waken for them */
#define START_WORTH   0.1 /* … and for which workers start, read the model and see memory that is new to them */
#define BEGINNINGS    6   /* such rows take so many times what it takes to lay the model out */
#define TIMES         3   /* blocks in a row that a model is asked before its bytes are made for workers */
#define KEPT_MODELS   8   /* that a worker has read */

enum
{
	INPUTS,
	NUMBERS,
	MODEL, /* its bytes */
	N_ARRAYS
};

typedef struct Job
{
	uint64 number; /* of the model's bytes */
	size_t n_bytes;
	int answer;
	size_t n, a_part;
} Job;

/* A model that jobs ask; number 0: none. */
typedef struct JobModel
{
	uint64 number;
	const UpModel *model;
	MemoryContext context;
} JobModel;

static JobModel own;               /* of the process that posts the job */
static JobModel kept[KEPT_MODELS]; /* of a worker, which has read them; they go with it */

static uint64 last_number;

static const UpModel *
model_of(const Job *job, const void *bytes)
{
	static int oldest;
	JobModel *m;
	MemoryContext outer;

	if (own.number == job->number)
		return own.model;
	for (m = kept; m < kept + KEPT_MODELS; m++)
	{
		if (m->number == job->number)
			return m->model;
	}
	m = &kept[oldest];
	oldest = (oldest + 1) % KEPT_MODELS;
	if (m->context == NULL)
		m->context = AllocSetContextCreate(TopMemoryContext, "uprofile model of a job", ALLOCSET_DEFAULT_SIZES);
	m->number = 0;
	MemoryContextReset(m->context);
	outer = MemoryContextSwitchTo(m->context);
	m->model = up_get_model(bytes, job->n_bytes);
	MemoryContextSwitchTo(outer);
	up_large_keep(m->context);
	m->number = job->number;
	return m->model;
}

static void
compute_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	const UpModel *m = model_of(job, arrays[MODEL]);
	const UpBlockAnswer *answer = &up_block_answers[job->answer];
	size_t first = part * job->a_part;

	answer->compute(m, (const double *) arrays[INPUTS] + first * m->pipeline->n_inputs,
					Min(job->a_part, job->n - first), (double *) arrays[NUMBERS] + first * answer->width(m));
}

/* Rows of a part: as many parts as processes. */
static size_t
compute_shared(UpWaitingRows *w, const UpModel *m, size_t n)
{
	Job job = {w->number, w->n_bytes, (int) (w->answer - up_block_answers), n, 0};

	w->processes = Max(w->processes, (int) up_workers());
	job.a_part = (n + up_workers() - 1) / up_workers();
	own.number = w->number;
	own.model = m;
	up_parallel((uint32_t) ((n + job.a_part - 1) / job.a_part), compute_part, &job, sizeof(job),
				(void *[]){w->inputs, w->numbers, w->bytes}, N_ARRAYS);
	own.number = 0;
	return job.a_part;
}

/* ---- models for workers ---- */

static void
forget_bytes(UpWaitingRows *w)
{
	up_free_large(w->bytes);
	w->bytes = NULL;
}

static void
make_bytes(UpWaitingRows *w, const UpModel *m)
{
	MemoryContext outer = MemoryContextSwitchTo(w->context);

	w->bytes = up_model_for_parts(m, &w->n_bytes);
	w->number = ++last_number;
	MemoryContextSwitchTo(outer);
}

static bool
may_have_bytes(const UpModelUse *use, uint32 processes)
{
	return processes * use->bytes <= up_memory_limit();
}

/* Whether the model's bytes are there; they are made for one that is asked again and again. */
static bool
has_bytes(UpWaitingRows *w, const UpModelUse *use)
{
	/* Models of folds go from row to row. */
	if (use->identity == 0 || use->whole != NULL)
		return false;
	if (w->model != use->identity)
	{
		forget_bytes(w);
		w->model = use->identity;
		w->times = 0;
	}
	if (w->bytes != NULL)
		return true;
	if (++w->times < TIMES || !may_have_bytes(use, up_workers()))
		return false;
	make_bytes(w, use->model);
	return true;
}

/* ---- rows ---- */

static void
free_rows(double *rows, bool shared)
{
	if (shared)
		up_free_large(rows);
	else
		up_free(rows);
}

static double *
room_for(double *rows, Size *size, Size needed, bool was_shared, bool shared)
{
	if (was_shared == shared && needed <= *size)
		return rows;
	free_rows(rows, was_shared);
	*size = 0;
	rows = shared ? up_alloc_large(needed) : MemoryContextAllocHuge(CurrentMemoryContext, needed);
	*size = needed;
	return rows;
}

void
up_waiting_room(UpWaitingRows *w, const UpModel *m, int n, bool shared)
{
	Size row = sizeof(double) * (Size) n;
	double *inputs = w->inputs, *numbers = w->numbers;
	MemoryContext outer = MemoryContextSwitchTo(w->context);

	/* A failure in between leaves neither twice. */
	w->inputs = w->numbers = NULL;
	w->inputs = room_for(inputs, &w->inputs_size, row * Max(m->pipeline->n_inputs, 1), w->shared, shared);
	w->numbers = room_for(numbers, &w->numbers_size, row * Max(w->answer->width(m), 1), w->shared, shared);
	w->shared = shared;
	MemoryContextSwitchTo(outer);
}

/* By workers that start for these rows alone: while rows are handed on to what writes, none may stand by. */
static size_t
compute_at_once(UpWaitingRows *w, const UpModelUse *use, size_t n)
{
	const UpModel *m = use->model;
	UpWaitingRows shared = {.answer = w->answer, .context = w->context};
	size_t a_part = n;

	up_workers_begin(up_waiting_pace(w) * (double) n);
	if (up_workers() > 1 && may_have_bytes(use, up_workers()))
	{
		up_waiting_room(&shared, m, (int) n, true);
		make_bytes(&shared, m);
		memcpy(shared.inputs, w->inputs, n * m->pipeline->n_inputs * sizeof(double));
		a_part = compute_shared(&shared, m, n);
		memcpy(w->numbers, shared.numbers, n * w->answer->width(m) * sizeof(double));
		w->processes = Max(w->processes, shared.processes);
		up_waiting_free(&shared);
	}
	else
	{
		w->alone = true;
		w->answer->compute(m, w->inputs, n, w->numbers);
	}
	up_workers_end();
	return a_part;
}

static void
note_seconds(UpWaitingRows *w, int n, double seconds)
{
	w->pace[1] = w->pace[0];
	w->pace[0] = seconds / n;
	w->beginning = Max(w->beginning, seconds - up_waiting_pace(w) * n);
}

size_t
up_waiting_compute(UpWaitingRows *w, const UpModelUse *use, int n)
{
	size_t rows = (size_t) n;
	double began = n >= MEASURED_ROWS ? up_seconds() : 0;

	if (w->shared && up_waiting_pace(w) * n >= WORTH && has_bytes(w, use))
		return compute_shared(w, use->model, rows);
	if (!w->shared && up_waiting_starts(w, n))
		return compute_at_once(w, use, rows);
	w->answer->compute(use->model, w->inputs, rows, w->numbers);
	if (n >= MEASURED_ROWS)
		note_seconds(w, n, up_seconds() - began);
	return rows;
}

double
up_waiting_pace(const UpWaitingRows *w)
{
	/* The first rows lay the model out. */
	return Min(w->pace[0], w->pace[1]);
}

bool
up_waiting_starts(const UpWaitingRows *w, int n)
{
	double seconds = up_waiting_pace(w) * n;

	return !w->alone && seconds >= START_WORTH && seconds >= BEGINNINGS * w->beginning;
}

void
up_waiting_free(UpWaitingRows *w)
{
	free_rows(w->inputs, w->shared);
	free_rows(w->numbers, w->shared);
	forget_bytes(w);
	w->inputs = w->numbers = NULL;
	w->inputs_size = w->numbers_size = 0;
	w->shared = false;
}
