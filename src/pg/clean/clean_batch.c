/*
 * clean_batch.c - texts of a column, asked about by workers and this process; see clean_batch.h
 *
 * Texts are copied to where workers see them, a batch of rows at a time in the same place, with what the rule knows. Parts are runs of
 * rows; each leaves its answers beside the texts, and new values in a room of its own. What fails, and all behind it in its part, stays
 * without an answer, so that the caller meets the failure in its place among the rows.
 */
#include "postgres.h"

#include "utils/datum.h"
#include "utils/memutils.h"

#include "base/rng.h"
#include "pg/clean/clean_batch.h"

#define BATCH_ROWS  32768
#define BATCH_BYTES (1024 * 1024) /* of their texts */
#define PART_ROWS   1024
#define PART_BYTES  (64 * 1024)
#define TICK_BYTES  (64 * 1024)
#define BYTES_A_ROW 64 /* of texts that are as much work as a row is beside its own */
#define ROOM_A_ROW  16 /* for a new value, beside twice as many bytes as its text has */
#define NEW_BYTES   (2 * BATCH_BYTES + BATCH_ROWS * ROOM_A_ROW)
#define PART_SLOTS  1024

typedef struct Asked
{
	size_t at; /* its text, among those of the batch */
	uint32 len;
	bool there;    /* a text that is asked about */
	bool answered; /* and what becomes of it: */
	uint8 verdict;
	union
	{
		Datum value;
		size_t at; /* of the type that has no values of a fixed length, among the new values */
	} out;
} Asked;

typedef enum Array
{
	RULE,
	TEXTS,
	ASKED,
	NEW,
	N_ARRAYS
} Array;

typedef struct Rows
{
	uint32 n;
	uint32 a_part;
} Rows;

struct UpCleanBatch
{
	Rows rows;
	void *arrays[N_ARRAYS];
};

/* ---- a part ---- */

typedef struct Part
{
	const UpTextRule *rule;
	const char *texts;
	Asked *asked;
	char *new;
	size_t new_at; /* where the next value goes, and where the room ends */
	size_t new_end;
	uint32 row;
	uint32 end;
	uint32 last[PART_SLOTS]; /* rows by the hash of their text, from 1 */
} Part;

/* Where the values of the parts from a row on begin, or those before it end. */
static size_t
room_at(const Asked *asked, uint32 row)
{
	return 2 * MAXALIGN(asked[row].at) + (size_t) row * ROOM_A_ROW;
}

static bool
keep_out(Part *p, Asked *a, Datum out)
{
	size_t size;

	a->out.value = out;
	if (p->rule->out_byval)
		return true;
	size = datumGetSize(out, false, p->rule->out_len);
	if (MAXALIGN(size) > p->new_end - p->new_at)
		return false;
	memcpy(p->new + p->new_at, DatumGetPointer(out), size);
	a->out.at = p->new_at;
	p->new_at += MAXALIGN(size);
	return true;
}

static void
ask_row(Part *p, Asked *a)
{
	const char *text = p->texts + a->at;
	uint32 *last = &p->last[up_hash_bytes(text, a->len, 0) % PART_SLOTS];
	const Asked *before = *last > 0 ? &p->asked[*last - 1] : NULL;
	UpCleanVerdict verdict;
	Datum out = (Datum) 0;

	if (before != NULL && before->len == a->len && memcmp(p->texts + before->at, text, a->len) == 0)
	{
		a->verdict = before->verdict;
		a->out = before->out;
	}
	else
	{
		verdict = up_text_rule_ask(p->rule, text, a->len, &out);
		if (up_clean_has_out(verdict) && !keep_out(p, a, out))
			return;
		a->verdict = (uint8) verdict;
		*last = p->row + 1;
	}
	a->answered = true;
}

static void
ask_rows(Part *p, MemoryContext inner)
{
	size_t work = 0;

	for (; p->row < p->end; p->row++)
	{
		Asked *a = &p->asked[p->row];

		if (a->there)
			ask_row(p, a);
		work += a->len + BYTES_A_ROW;
		if (work < TICK_BYTES)
			continue;
		work = 0;
		MemoryContextReset(inner);
		up_tick();
	}
}

static bool
is_of_value(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED);
}

void
up_clean_leave_failure(void)
{
	if (!is_of_value(geterrcode()))
		PG_RE_THROW();
	FlushErrorState();
}

static void
ask_part(const void *fixed, void *const *arrays, uint32 part)
{
	const Rows *rows = fixed;
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile texts", ALLOCSET_DEFAULT_SIZES);
	Part *p = palloc0(sizeof(Part));

	p->rule = arrays[RULE];
	p->texts = arrays[TEXTS];
	p->asked = arrays[ASKED];
	p->new = arrays[NEW];
	p->row = part * rows->a_part;
	p->end = Min(p->row + rows->a_part, rows->n);
	p->new_at = room_at(p->asked, p->row);
	p->new_end = room_at(p->asked, p->end);
	MemoryContextSwitchTo(inner);
	PG_TRY();
	{
		ask_rows(p, inner);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(outer);
		up_clean_leave_failure();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
}

/* ---- a batch ---- */

static UpCleanBatch *
call_workers(UpCleanTable *t, double seconds)
{
	MemoryContext outer;
	UpCleanBatch *b;

	up_workers_begin(seconds);
	if (up_workers() == 1)
	{
		up_workers_end();
		return NULL;
	}
	outer = MemoryContextSwitchTo(t->context);
	b = palloc0(sizeof(UpCleanBatch));
	b->arrays[TEXTS] = up_alloc_large(BATCH_BYTES);
	b->arrays[ASKED] = up_alloc_large_array(BATCH_ROWS + 1, sizeof(Asked));
	b->arrays[NEW] = up_alloc_large(NEW_BYTES);
	MemoryContextSwitchTo(outer);
	return b;
}

UpCleanBatch *
up_clean_batch_begin(UpCleanTable *t, const UpTextRule *rule, double seconds)
{
	size_t size = rule->size + BATCH_BYTES + (BATCH_ROWS + 1) * sizeof(Asked) + NEW_BYTES;

	if (t->bytes + size > up_memory_limit())
		return NULL;
	if (t->batch == NULL)
		t->batch = call_workers(t, seconds);
	if (t->batch != NULL)
		t->batch->arrays[RULE] = memcpy(up_alloc_large(rule->size), rule, rule->size);
	return t->batch;
}

/* Copies texts for as many rows as there is room for; how many bytes they have. */
static size_t
fill(UpCleanBatch *b, const UpCleanTable *t, const UpCleanValues *v, size_t first)
{
	char *texts = b->arrays[TEXTS];
	Asked *a = b->arrays[ASKED];
	uint32 n = 0, most = (uint32) Min(BATCH_ROWS, t->n_rows - first);
	size_t bytes = 0;

	for (; n < most; n++, a++)
	{
		const char *text;
		size_t row = first + n, len;

		memset(a, 0, sizeof(*a));
		a->at = bytes;
		if (t->removed[row] || v->nulls[row])
			continue;
		text = up_clean_characters(v, v->values[row], &len);
		if (len > BATCH_BYTES - bytes)
			break;
		memcpy(texts + bytes, text, len);
		a->len = (uint32) len;
		a->there = true;
		bytes += len;
	}
	a->at = bytes;
	b->rows.n = n;
	return bytes;
}

size_t
up_clean_batch_ask(UpCleanBatch *b, const UpCleanTable *t, const UpCleanValues *v, size_t first)
{
	size_t bytes = fill(b, t, v, first);
	uint32 n = b->rows.n;

	b->rows.a_part = (uint32) Max(1, Min(PART_ROWS, n * (uint64) PART_BYTES / Max(bytes, 1)));
	up_parallel((n + b->rows.a_part - 1) / b->rows.a_part, ask_part, &b->rows, sizeof(Rows), b->arrays,
				N_ARRAYS);
	return n;
}

bool
up_clean_batch_answer(const UpCleanBatch *b, size_t i, UpCleanAnswer *answer)
{
	const UpTextRule *rule = b->arrays[RULE];
	const Asked *a = (const Asked *) b->arrays[ASKED] + i;

	if (!a->answered)
		return false;
	answer->verdict = (UpCleanVerdict) a->verdict;
	answer->out = a->out.value;
	if (up_clean_has_out(answer->verdict) && !rule->out_byval)
		answer->out = PointerGetDatum((char *) b->arrays[NEW] + a->out.at);
	return true;
}

void
up_clean_batch_end(UpCleanBatch *b)
{
	up_free_large(b->arrays[RULE]);
	b->arrays[RULE] = NULL;
}

void
up_clean_batch_leave(UpCleanTable *t)
{
	if (t->batch == NULL)
		return;
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(t->batch->arrays[i]);
	pfree(t->batch);
	t->batch = NULL;
	up_workers_end();
}
