/*
 * batch.c - trainings on all folds of a validation, shared out to workers by the fold; see batch.h
 *
 * Each process that takes part (a lane) opens the validation from its image and claims segments, which are trainings on one fold, until
 * there are none (batch_plan.h).
 *
 * Failures of core are caught without a subtransaction, which no process may begin while others work with it: what core holds goes with
 * its memory (platform.h).
 */
#include "postgres.h"

#include "access/parallel.h"
#include "utils/memutils.h"

#include "assess/validate_image.h"
#include "pg/large_memory.h"
#include "pg/models/batch.h"
#include "pg/models/batch_plan.h"
#include "pg/module.h"
#include "pg/warnings.h"
#include "pg/workers.h"

#define WORTH           0.1           /* seconds of work that are shared out */
#define SECONDS_A_VALUE 3e-9          /* of the quickest learner, for each number of the rows and training */
#define BESIDE          1.3           /* memory of a lane, to what is kept of a fold */
#define PATHS_ROOM      (1024 * 1024) /* for the solutions that a cut hands over */
#define SLOT            4096          /* for what a training with one metric says */
#define LARGE_SLOT      16384
#define WAIT            200 /* microseconds */

enum
{
	NOT_RUN, /* all zeros: since one before it failed */
	SCORED,
	TOO_LARGE, /* more metrics than a slot holds */
	FAILED
};

/* What one training on one fold said. */
typedef struct Slot
{
	uint32 state;
	uint32 len;
	uint32 n_metrics, n_warnings;
	bool constant;
	double size, seconds;
	uint8 bytes[FLEXIBLE_ARRAY_MEMBER];
} Slot;

typedef struct Fixed
{
	UpBatchRow row; /* of trainings */
	uint32 n_folds, n_of_repeat, slot_size;
	size_t image_len;
	size_t allowed; /* bytes that a worker may hold */
} Fixed;

enum
{
	BOARD = UP_IMAGE_ARRAYS,
	IMAGE,
	SLOTS,
	ROOMS,
	N_ARRAYS
};

/* A process at work. */
typedef struct Lane
{
	const Fixed *fixed;
	UpValidation *v;
	UpRequest *const *requests;
	const double *shares;
	UpBatchBoard *board;
	uint8 *slots; /* fold × n + training */
	uint8 *rooms;
	const UpBatch *batch; /* of the leader, else NULL */
	uint32 before;        /* trainings that were done before the board's */
	uint32 fold;          /* that is prepared, or UINT32_MAX */
	uint32 training, at;  /* that is being done, and its fold */
} Lane;

/* Of the leader, while lanes are at work. */
static const UpBatch *leading;
static uint32 done_before;

/* ---- what a training says ---- */

static Slot *
slot_of(uint8 *slots, const Fixed *f, uint32 fold, uint32 training)
{
	return (Slot *) (slots + ((size_t) fold * f->row.n + training) * f->slot_size);
}

typedef struct Said
{
	UpWriter w;
	uint32 n;
	size_t most;
} Said;

/* What does not fit is left out. */
static void
hear_warning(void *arg, const char *hint, const char *message)
{
	Said *said = arg;
	size_t len = said->w.len;

	up_put_text(&said->w, message);
	up_put_text(&said->w, hint);
	if (said->w.len > said->most)
		said->w.len = len;
	else
		said->n++;
}

static void
put_metrics(UpWriter *w, const UpValue *metrics, Slot *slot)
{
	slot->n_metrics = 0;
	for (uint32_t i = 0; i < metrics->n; i++)
	{
		if (metrics->items[i]->type != UP_NUMBER)
			continue;
		up_put_text(w, metrics->keys[i]);
		up_put_bytes(w, &metrics->items[i]->number, sizeof(double));
		slot->n_metrics++;
	}
}

static void
fill_slot(Slot *slot, size_t room, const UpFoldScore *score, const Said *said)
{
	UpWriter w;

	up_writer_init(&w);
	put_metrics(&w, score->metrics, slot);
	slot->size = (double) score->size;
	slot->constant = score->constant;
	slot->state = w.len <= room ? SCORED : TOO_LARGE;
	if (slot->state == SCORED && w.len + said->w.len <= room)
	{
		slot->n_warnings = said->n;
		up_put_bytes(&w, said->w.bytes, said->w.len);
	}
	slot->len = (uint32) w.len;
	if (slot->state == SCORED)
		memcpy(slot->bytes, w.bytes, w.len);
	up_free(w.bytes);
}

static void
fill_failed(Slot *slot, size_t room, const ErrorData *e)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_u32(&w, (uint32) e->sqlerrcode);
	up_put_text(&w, e->message);
	up_put_text(&w, e->detail);
	up_put_text(&w, e->hint);
	if (w.len > room)
	{
		w.len = 0;
		up_put_u32(&w, (uint32) e->sqlerrcode);
		up_put_text(&w, e->message);
		up_put_text(&w, NULL);
		up_put_text(&w, NULL);
	}
	slot->len = (uint32) w.len;
	memcpy(slot->bytes, w.bytes, w.len);
	slot->state = FAILED;
}

/* ---- trainings ---- */

/* Of core, about rows and parameters; nothing else is at stake. */
static bool
can_be_caught(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_INVALID_PARAMETER_VALUE || sqlerrcode == ERRCODE_DATA_EXCEPTION ||
		   sqlerrcode == ERRCODE_ARRAY_SUBSCRIPT_ERROR || sqlerrcode == ERRCODE_WRONG_OBJECT_TYPE ||
		   sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}

static void
tell_now(const UpBatch *b, uint32 training, uint32 fold)
{
	if (b != NULL && b->now != NULL)
		b->now(b->arg, training, fold);
}

static void
say_training(void *arg)
{
	const Lane *l = arg;

	/* The leader's caller says it, whose context is that of a worker's failure as well. */
	if (l->batch == NULL)
		errcontext("training %u on fold %u", l->training + 1, l->at + 1);
	else
		tell_now(l->batch, l->training, l->at);
}

static void
fails_first(UpBatchBoard *board, uint64 pair)
{
	uint64 first = pg_atomic_read_u64(&board->failed);

	while (pair < first && !pg_atomic_compare_exchange_u64(&board->failed, &first, pair))
		;
}

/* The stage of a row of trainings that this one is in. */
static uint32
stage_of(const Fixed *f, uint32 training)
{
	uint32 stage = 0;

	while (stage < f->row.n_cuts && f->row.cuts[stage] <= training)
		stage++;
	return stage;
}

static void
tell_progress(const Lane *l)
{
	const UpBatch *b = l->batch;
	uint32 done;

	if (b == NULL || b->phase == NULL)
		return;
	done = l->before + pg_atomic_read_u32(&l->board->done);
	up_stage(b->phase, b->done + (b->by_fold ? done : done / b->n_folds), b->planned);
}

static void
train_once(Lane *l, uint32 fold, uint32 training)
{
	const Fixed *f = l->fixed;
	Slot *slot = slot_of(l->slots, f, fold, training);
	size_t room = f->slot_size - offsetof(Slot, bytes);
	MemoryContext outer = CurrentMemoryContext;
	Said said = {.most = room};
	UpHear before = up_warn_to((UpHear){hear_warning, &said});
	ErrorContextCallback context = {.callback = say_training, .arg = l, .previous = error_context_stack};
	int depth = up_workers_depth();
	double start = up_seconds();

	l->training = training;
	l->at = fold;
	error_context_stack = &context;
	up_writer_init(&said.w);
	PG_TRY();
	{
		UpFoldScore score;

		tell_progress(l);
		up_validation_stage(l->v, stage_of(f, training));
		score = up_validate(l->v, l->requests[training], fold / f->n_of_repeat, 1 + fold % f->n_of_repeat,
							l->shares[training]);
		fill_slot(slot, room, &score, &said);
	}
	PG_CATCH();
	{
		ErrorData *e;

		(void) up_warn_to(before);
		MemoryContextSwitchTo(outer);
		e = CopyErrorData();
		/* Workers that it has begun are to be ended by who undoes all. */
		if (!can_be_caught(e->sqlerrcode) || up_workers_began_since(depth))
			PG_RE_THROW();
		FlushErrorState();
		up_workers_return(depth);
		fill_failed(slot, room, e);
		fails_first(l->board, (uint64) training * f->n_folds + fold);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	tell_now(l->batch, UINT32_MAX, UINT32_MAX);
	(void) up_warn_to(before);
	up_free(said.w.bytes);
	slot->seconds = up_seconds() - start;
	pg_atomic_fetch_add_u32(&l->board->done, 1);
}

/* Those that come after one that failed are left out. */
static void
train_row(Lane *l, uint32 fold, uint32 first, uint32 end)
{
	for (uint32 i = first; i < end; i++)
	{
		if ((uint64) i * l->fixed->n_folds + fold > pg_atomic_read_u64(&l->board->failed))
			break;
		train_once(l, fold, i);
	}
}

/* ---- segments ---- */

static void
await_segment(UpBatchBoard *board, uint32 number)
{
	while (pg_atomic_read_u32(&board->segments[number].state) != UP_SEGMENT_DONE)
	{
		up_tick();
		pg_usleep(WAIT);
	}
	pg_read_barrier();
}

/* Hands the solutions over; false: there is no room for them. */
static bool
hand_over(Lane *l, UpBatchSegment *s)
{
	UpWriter w;
	bool fits;

	up_writer_init(&w);
	up_put_validation_paths(&w, l->v, s->fold);
	fits = w.len <= PATHS_ROOM;
	if (fits)
		memcpy(l->rooms + (size_t) s->room * PATHS_ROOM, w.bytes, w.len);
	s->len = (uint32) w.len;
	up_free(w.bytes);
	return fits;
}

static void
take_over(Lane *l, const UpBatchSegment *before)
{
	UpReader r;

	up_reader_init(&r, l->rooms + (size_t) before->room * PATHS_ROOM, before->len, "solutions");
	up_get_validation_paths(&r, l->v, before->fold);
}

static void
finish_segment(UpBatchSegment *s)
{
	pg_write_barrier();
	pg_atomic_write_u32(&s->state, UP_SEGMENT_DONE);
}

static void
do_segment(Lane *l, uint32 number)
{
	UpBatchBoard *board = l->board;
	UpBatchSegment *s = &board->segments[number];
	uint32 is_free = UP_SEGMENT_FREE;
	bool goes_on;

	if (s->follows > 0)
		await_segment(board, s->follows - 1);
	/* Who did the one before may have gone on with it. */
	if (!pg_atomic_compare_exchange_u32(&s->state, &is_free, UP_SEGMENT_TAKEN))
		return;
	if (l->fold != s->fold)
		up_validation_let_go(l->v);
	l->fold = s->fold;
	if (s->follows > 0)
		take_over(l, &board->segments[s->follows - 1]);
	for (;;)
	{
		UpBatchSegment *next = s->next > 0 ? &board->segments[s->next - 1] : NULL;

		train_row(l, s->fold, s->first, s->end);
		is_free = UP_SEGMENT_FREE;
		goes_on = next != NULL && !hand_over(l, s) &&
				  pg_atomic_compare_exchange_u32(&next->state, &is_free, UP_SEGMENT_TAKEN);
		finish_segment(s);
		if (!goes_on)
			break;
		s = next;
	}
}

/* ---- lanes ---- */

static void
open_validation(Lane *l, void *const *arrays)
{
	const Fixed *f = l->fixed;
	UpRequest **requests = palloc(sizeof(UpRequest *) * f->row.n);
	double *shares = palloc(sizeof(double) * f->row.n);
	UpReader r;

	up_reader_init(&r, arrays[IMAGE], f->image_len, "validation");
	l->v = up_get_validation(&r, arrays);
	for (uint32 i = 0; i < f->row.n; i++)
	{
		shares[i] = up_get_f64(&r);
		requests[i] = up_get_request(&r);
	}
	l->requests = requests;
	l->shares = shares;
}

static void
work(Lane *l, void *const *arrays)
{
	uint32 number = pg_atomic_fetch_add_u32(&l->board->next, 1);

	if (number >= l->board->n_segments)
		return;
	open_validation(l, arrays);
	for (; number < l->board->n_segments; number = pg_atomic_fetch_add_u32(&l->board->next, 1))
		do_segment(l, number);
}

/* UpPart. Nothing of what the leader makes here is for others to see. */
static void
work_in_lane(const void *fixed, void *const *arrays, uint32_t part)
{
	const Fixed *f = fixed;
	bool leads = !IsParallelWorker();
	Lane l = {.fixed = f,
			  .board = arrays[BOARD],
			  .slots = arrays[SLOTS],
			  .rooms = arrays[ROOMS],
			  .batch = leads ? leading : NULL,
			  .before = leads ? done_before : 0,
			  .fold = UINT32_MAX};

	up_large_allow(f->allowed + (leads ? up_large_held() : 0));
	PG_TRY();
	{
		work(&l, arrays);
	}
	PG_FINALLY();
	{
		up_large_allow(0);
	}
	PG_END_TRY();
}

/* ---- memory ---- */

/* Ways of preparing the rows; way_of (or NULL): which one a training has. */
static uint32
n_ways(const UpBatch *b, uint32 *way_of)
{
	const char **ways = palloc(sizeof(char *) * b->n);
	uint32 n = 0;

	for (uint32 i = 0; i < b->n; i++)
	{
		char *way = up_validation_way(b->requests[i], b->shares[i]);
		uint32 k = 0;

		while (k < n && strcmp(ways[k], way) != 0)
			k++;
		if (k == n)
			ways[n++] = way;
		if (way_of != NULL)
			way_of[i] = k;
	}
	pfree(ways);
	return n;
}

/* Bytes of what is kept of a fold, and of what the learner holds beside. */
static double
lane_needs(const UpBatch *b)
{
	double kept = up_validation_needs(b->validation) * n_ways(b, NULL), holds = 0;

	for (uint32 i = 0; i < b->n && b->learner->holds != NULL; i++)
	{
		double h =
			b->learner->holds(b->requests[i]->params, (double) b->samples->n_rows, b->samples->n_columns);

		holds = Max(holds, h);
	}
	return BESIDE * kept + holds;
}

bool
up_batch_fits(const UpValidation *v, double ways)
{
	return up_validation_needs(v) * ways <= (double) up_memory_limit() / 2;
}

/* So many lanes as memory allows. */
static uint32
lanes_that_fit(const UpBatch *b, uint32 n, Fixed *f)
{
	double limit = (double) up_memory_limit(), needs = lane_needs(b), left;

	/* The rows stand twice for a moment. */
	if (!up_samples_in_one(b->samples) && 2.0 * (double) up_samples_bytes(b->samples) > limit)
		return 1;
	left = limit - Max((double) up_large_held(), (double) up_samples_bytes(b->samples)) -
		   32.0 * (double) b->samples->n_rows;
	n = left < needs ? 1 : (uint32) Min((double) n, left / Max(needs, 1));
	f->allowed = (size_t) Max(left / n, 1);
	return n;
}

/* ---- the whole ---- */

/* What is done by this process alone, whose learners may share their own work out. */
static void
train_alone(UpBatch *b, const Fixed *f, uint8 *slots, uint32 first, uint32 end, UpBatchBoard *board)
{
	Lane l = {.fixed = f,
			  .v = b->validation,
			  .requests = b->requests,
			  .shares = b->shares,
			  .board = board,
			  .slots = slots,
			  .batch = b};

	for (uint32 fold = first; fold < end; fold++)
	{
		up_validation_let_go(l.v);
		train_row(&l, fold, 0, f->row.n);
	}
	up_validation_let_go(l.v);
}

static void
put_image(UpBatch *b, void **arrays, Fixed *f)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_validation(&w, b->validation, arrays);
	for (uint32 i = 0; i < b->n; i++)
	{
		up_put_f64(&w, b->shares[i]);
		up_put_request(&w, b->requests[i]);
	}
	arrays[IMAGE] = up_alloc_large(Max(w.len, 1));
	memcpy(arrays[IMAGE], w.bytes, w.len);
	f->image_len = w.len;
	up_free(w.bytes);
}

/* Folds from first on, before end, by so many processes; what they say goes into the slots. */
static void
share_out(UpBatch *b, Fixed *f, uint8 *slots, uint32 first, uint32 end, uint32 lanes, UpBatchBoard *alone)
{
	size_t size = (size_t) f->n_folds * f->row.n * f->slot_size;
	void *arrays[N_ARRAYS];
	UpBatchBoard *board;

	put_image(b, arrays, f);
	arrays[BOARD] = board = up_batch_board_init(up_alloc_large_zeroed(up_batch_board_size(end - first), 1));
	up_batch_plan(board, &f->row, first, end, lanes);
	arrays[ROOMS] = up_alloc_large((size_t) lanes * PATHS_ROOM);
	arrays[SLOTS] = up_alloc_large_zeroed(size, 1);
	leading = b;
	done_before = pg_atomic_read_u32(&alone->done);
	PG_TRY();
	{
		up_parallel(lanes, work_in_lane, f, sizeof(Fixed), arrays, N_ARRAYS);
	}
	PG_FINALLY();
	{
		leading = NULL;
	}
	PG_END_TRY();
	memcpy(slot_of(slots, f, first, 0), slot_of(arrays[SLOTS], f, first, 0),
		   (size_t) (end - first) * f->row.n * f->slot_size);
	pg_atomic_fetch_add_u32(&alone->done, pg_atomic_read_u32(&board->done));
	if (pg_atomic_read_u64(&board->failed) != UP_BATCH_NO_PAIR)
		fails_first(alone, pg_atomic_read_u64(&board->failed));
	for (int i = UP_IMAGE_ORDER; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
}

/* ---- what came out ---- */

static void
raise_failure(const Slot *slot)
{
	UpReader r;
	int code;
	char *message, *detail, *hint;

	up_reader_init(&r, slot->bytes, slot->len, "failure");
	code = (int) up_get_u32(&r);
	message = up_get_text(&r);
	detail = up_get_text(&r);
	hint = up_get_text(&r);
	ereport(ERROR,
			(errcode(code), errmsg_internal("%s", message),
			 detail != NULL ? errdetail_internal("%s", detail) : 0, hint != NULL ? errhint("%s", hint) : 0));
}

static UpFoldScore
read_slot(const Slot *slot)
{
	UpFoldScore score = {.metrics = up_value_object(), .size = (size_t) slot->size, .constant = slot->constant};
	UpReader r;

	up_reader_init(&r, slot->bytes, slot->len, "score");
	for (uint32 i = 0; i < slot->n_metrics; i++)
	{
		char *name = up_get_text(&r);
		double figure;

		up_get_bytes(&r, &figure, sizeof(double));
		up_value_add(score.metrics, name, up_value_number(figure));
	}
	for (uint32 i = 0; i < slot->n_warnings; i++)
	{
		char *message = up_get_text(&r), *hint = up_get_text(&r);

		up_warn(hint, "%s", message);
	}
	return score;
}

/* In the order of trainings and folds: scores, warnings, and the first failure. */
static void
read_slots(UpBatch *b, const Fixed *f, uint8 *slots, uint32 constant_before)
{
	uint32 *way_of = palloc(sizeof(uint32) * b->n), n_constant = 0;
	bool *counted = palloc0(sizeof(bool) * n_ways(b, way_of) * b->n_folds);

	for (uint32 i = 0; i < b->n; i++)
	{
		for (uint32 fold = 0; fold < b->n_folds; fold++)
		{
			Slot *slot = slot_of(slots, f, fold, i);
			UpFoldScore *score = &b->scores[(size_t) i * b->n_folds + fold];
			bool *seen = &counted[(size_t) way_of[i] * b->n_folds + fold];

			tell_now(b, i, fold);
			if (slot->state == FAILED)
				raise_failure(slot);
			if (slot->state == NOT_RUN)
				elog(ERROR, "training %u was not run on fold %u", i + 1, fold + 1);
			*score = slot->state == SCORED ? read_slot(slot)
										   : up_validate(b->validation, b->requests[i], fold / b->n_of_repeat,
														 1 + fold % b->n_of_repeat, b->shares[i]);
			b->seconds[(size_t) i * b->n_folds + fold] = slot->seconds;
			n_constant += score->constant && !*seen;
			*seen = *seen || score->constant;
		}
	}
	tell_now(b, UINT32_MAX, UINT32_MAX);
	up_validation_add_constant(b->validation,
							   constant_before + n_constant - up_validation_constant(b->validation));
	pfree(way_of);
	pfree(counted);
}

/* Folds first … end - 1 by workers as well, as far as that pays and memory allows; returns the first that is not done. */
static uint32
train_together(UpBatch *b, Fixed *f, uint8 *slots, uint32 first, UpBatchBoard *board)
{
	uint32 n = b->n_folds - first, lanes = Min(up_workers(), n), end = b->n_folds;

	if (lanes > 1)
		lanes = lanes_that_fit(b, lanes, f);
	if (lanes < 2)
		return first;
	/* Of single trainings none can be cut: the last ones share what is within them. */
	if (f->row.n_cuts == 0 && n > lanes)
		end -= n % lanes;
	share_out(b, f, slots, first, end, lanes, board);
	return end;
}

void
up_batch_validate(UpBatch *b)
{
	Fixed f = {.row = up_batch_row(b->n, b->begins), .n_folds = b->n_folds, .n_of_repeat = b->n_of_repeat};
	double seconds = SECONDS_A_VALUE * (double) b->samples->n_rows * b->samples->n_columns * b->n * b->n_folds;
	uint32 first = 0, constant = up_validation_constant(b->validation);
	bool alone;
	UpBatchBoard *board = up_batch_board_init(palloc0(up_batch_board_size(0)));
	uint8 *slots;

	f.slot_size = b->n == 1 && b->n_folds <= 512 ? LARGE_SLOT : SLOT;
	slots = up_alloc0((size_t) b->n * b->n_folds * f.slot_size);
	/* How long it takes shows on the first fold, where it is not clear. */
	if (seconds < WORTH)
	{
		double start = up_seconds();

		train_alone(b, &f, slots, first, first + 1, board);
		first++;
		seconds = (up_seconds() - start) * (b->n_folds - first);
	}
	alone = (seconds < WORTH && !up_debug_workers) || pg_atomic_read_u64(&board->failed) != UP_BATCH_NO_PAIR;
	up_workers_begin(alone ? 0 : seconds);
	if (pg_atomic_read_u64(&board->failed) == UP_BATCH_NO_PAIR && b->n_folds - first > 1)
		first = train_together(b, &f, slots, first, board);
	train_alone(b, &f, slots, first, b->n_folds, board);
	up_workers_end();
	read_slots(b, &f, slots, constant);
	up_free(slots);
	pfree(board);
}
