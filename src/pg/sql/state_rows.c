/*
 * state_rows.c - rows of a partial aggregation that the whole takes as they stand; see state.h
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "pg/hand_over.h"
#include "pg/large_memory.h"
#include "pg/sql/state.h"

#define HANDED_LEAST (1024 * 1024) /* bytes of rows */

/* States whose rows the whole of their plan takes, in this process. */
static dlist_head staying = DLIST_STATIC_INIT(staying);

static void
state_gone(void *state)
{
	UpState *s = state;

	if (!s->taken)
		dlist_delete(&s->node);
}

bool
up_state_rows_can_stay(const UpState *s)
{
	return !s->by_name && s->label_kind != UP_LABEL_TEXT && !up_request_streams(s->request, s->label_kind);
}

void
up_state_begin_partial(UpState *s, bool worker)
{
	if (!pg_strong_random(&s->token, sizeof(s->token)) || s->token == 0)
		return;
	s->hands_over = worker;
	if (worker)
		return;
	s->expanded.flat_is_small = true;
	s->rows_context =
		AllocSetContextCreate(s->expanded.header.eoh_context, "uprofile rows", ALLOCSET_DEFAULT_SIZES);
	dlist_push_head(&staying, &s->node);
	s->gone.func = state_gone;
	s->gone.arg = s;
	MemoryContextRegisterResetCallback(s->expanded.header.eoh_context, &s->gone);
}

bool
up_state_put_staying(UpWriter *w, const UpState *s)
{
	/* What was taken is not there again. */
	if (s->token == 0 || s->hands_over || (s->frame == NULL && !s->taken))
		return false;
	up_put_u8(w, HOLDS_STAYING);
	up_put_u64(w, s->token);
	return true;
}

UpFrame *
up_state_get_staying(UpReader *r)
{
	uint64_t token = up_get_u64(r);
	dlist_iter i;

	dlist_foreach(i, &staying)
	{
		UpState *s = dlist_container(UpState, node, i.cur);
		UpFrame *f = s->frame;

		if (s->token != token || f == NULL)
			continue;
		dlist_delete(&s->node);
		s->taken = true;
		s->frame = NULL;
		MemoryContextSetParent(s->rows_context, CurrentMemoryContext);
		s->rows_context = s->expanded.header.eoh_context;
		return f;
	}
	up_corrupt(r, "rows of this process");
}

/* Of all bytes of a state. */
static uint64
seal_of(const uint8_t *bytes, size_t len, uint64_t token)
{
	return hash_bytes_extended(bytes, (int) len, token);
}

/* A worker that runs ahead of the leader, as with many groups, leaves no more in memory than the leader's half. */
static void
move_to_be_seen(UpSamples *rows)
{
	size_t waiting = up_hand_over_waiting();

	PG_TRY();
	{
		up_large_be_seen(waiting + up_samples_bytes(rows) > up_memory_limit() / 2 ? UP_SEEN_IN_FILE : UP_SEEN);
		up_samples_move(rows);
	}
	PG_FINALLY();
	{
		up_large_be_seen(UP_NOT_SEEN);
	}
	PG_END_TRY();
}

bool
up_state_in_one_array(const UpState *s)
{
	UpSamples *rows = s->frame != NULL ? s->frame->samples : NULL;

	if (!s->hands_over || rows == NULL)
		return false;
	if (!up_samples_in_one(rows) && up_samples_bytes(rows) >= HANDED_LEAST)
		move_to_be_seen(rows);
	return up_samples_in_one(rows);
}

bool
up_state_put_handed(UpWriter *w, const UpState *s)
{
	const UpSamples *rows = s->frame->samples;
	size_t before = w->len;

	up_put_u8(w, HOLDS_HANDED);
	up_put_u64(w, s->token);
	up_put_samples_form(w, rows);
	if (up_hand_over(s->token, seal_of(w->bytes, w->len, s->token), rows->whole))
		return true;
	w->len = before;
	return false;
}

UpFrame *
up_state_get_handed(UpReader *r, const UpState *s)
{
	uint64_t token = up_get_u64(r);
	size_t size;
	void *rows = up_take_over(token, seal_of(r->bytes, r->len, token), &size);
	UpSamples *whole;
	UpFrame *f;

	if (rows == NULL)
		up_corrupt(r, "rows of a worker");
	whole = up_samples_over(r, rows, size);
	if (whole->n_columns != s->n_features)
		up_corrupt(r, "rows of a worker");
	f = up_frame_new(s->n_features, false, s->label_kind, NULL);
	up_samples_take_over(f->samples, whole);
	return f;
}
