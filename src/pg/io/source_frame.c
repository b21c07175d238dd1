/*
 * source_frame.c - a source read into a frame; see source_frame.h
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/io/source_frame.h"

typedef struct Reading
{
	UpSourceFrame *result;
	const UpSourceOrder *order;
	size_t capacity, test_capacity, key_capacity, hash_capacity;
	double *keys; /* 53 bits of the hash of each */
	size_t n_keys;
	UpRowReader *reader;
	MemoryContext row_context;
} Reading;

static void
name_key(UpSourceFrame *s, const UpRowReader *r)
{
	const char *names[UP_MAX_KEY];

	if (r->n_keys == 0)
		return;
	s->key = up_value_array();
	for (int i = 0; i < r->n_keys; i++)
	{
		names[i] = r->attributes[r->keys[i]].name;
		up_value_append(s->key, up_value_string(names[i]));
	}
	s->key_text = up_key_columns_text(r->n_keys, names);
	s->key_title = up_key_columns_title(r->n_keys, names);
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;

	r->reader = up_row_reader_new(desc);
	r->result->frame = up_row_reader_frame(r->reader, r->order->target, r->order->key, r->order->prepare);
	name_key(r->result, r->reader);
	if (r->order->check_target)
		up_row_reader_check_target(r->reader, r->order->task);
	if (r->order->model != NULL)
		up_row_reader_read_for(r->reader, r->result->frame, r->order->model);
}

bool
up_held_out(uint64_t hash, double test_size)
{
	return (double) (hash >> 11) * 0x1p-53 < test_size;
}

/* At least one more place in an array that holds n of them. */
static void *
grown(void *array, size_t n, size_t *capacity, size_t size)
{
	if (n < *capacity)
		return array;
	*capacity = Max(1024, *capacity * 2);
	return array == NULL ? up_alloc_array(*capacity, size) : up_realloc(array, *capacity * size);
}

static void
mark_row(Reading *r, uint64_t hash)
{
	UpSourceFrame *s = r->result;
	size_t row = s->frame->samples->n_rows - 1;
	bool has_key = up_row_reader_has_key(r->reader);

	if (has_key)
	{
		r->keys = grown(r->keys, r->n_keys, &r->key_capacity, sizeof(double));
		r->keys[r->n_keys++] = (double) (hash >> 11);
	}
	if (r->order->hashes)
	{
		s->hashes = grown(s->hashes, row, &r->hash_capacity, sizeof(uint64_t));
		s->hashes[row] = has_key ? hash : UINT64_MAX;
	}
	if (r->order->test_size == 0)
		return;
	s->held_out = grown(s->held_out, row, &r->capacity, 1);
	s->held_out[row] = up_held_out(hash, r->order->test_size);
	if (!s->held_out[row])
		return;
	s->test_hashes = grown(s->test_hashes, s->n_held_out, &r->test_capacity, sizeof(uint64_t));
	s->test_hashes[s->n_held_out++] = r->reader->n_keys > 0 && !has_key ? UINT64_MAX : hash;
}

/* How often a key comes again, by 53 bits of its hash. */
static void
count_repeated(Reading *r)
{
	double *buffer;

	if (r->n_keys == 0)
		return;
	buffer = up_alloc_array(r->n_keys, sizeof(double));
	up_sort_doubles(r->keys, r->n_keys, buffer);
	for (size_t i = 1; i < r->n_keys; i++)
		r->result->n_repeated += r->keys[i] == r->keys[i - 1];
	up_free(buffer);
	up_free(r->keys);
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	UpFrame *f = r->result->frame;
	MemoryContext outer;

	MemoryContextReset(r->row_context);
	slot_getallattrs(slot);
	memcpy(r->reader->values, slot->tts_values, sizeof(Datum) * r->reader->n_attributes);
	memcpy(r->reader->nulls, slot->tts_isnull, sizeof(bool) * r->reader->n_attributes);
	outer = MemoryContextSwitchTo(r->row_context);
	if (!up_row_reader_add(r->reader, f))
		f->n_null_labels++;
	else if (r->order->test_size > 0 || r->reader->n_keys > 0)
	{
		uint64_t hash = up_row_reader_hash(r->reader);

		MemoryContextSwitchTo(r->reader->frame_context);
		mark_row(r, hash);
	}
	MemoryContextSwitchTo(outer);
	if ((f->samples->n_rows & 0x3ff) == 0)
	{
		up_reserve(up_samples_bytes(f->samples) + (2 * r->key_capacity + r->hash_capacity) * sizeof(double),
				   "reading the source");
		up_progress("reading rows", f->samples->n_rows, 0);
	}
}

UpSourceFrame *
up_source_frame_read(const char *query, const UpSourceOrder *order)
{
	Reading r = {0};

	r.result = palloc0(sizeof(UpSourceFrame));
	r.order = order;
	r.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	up_query_stream(query, 0, NULL, NULL, NULL, start_reading, read_row, &r);
	MemoryContextDelete(r.row_context);
	count_repeated(&r);
	return r.result;
}
