/*
 * baskets_together.c - a table of baskets read by this process and workers; see baskets_together.h
 *
 * A part is some pages of the table, read as if it were all of it: into a source of its own, whose dictionaries number what these pages hold.
 * It leaves an image of that in its place. Parts are taken over in the order of their pages, so that all keys are numbered by first
 * appearance in the table. Pages are read a step after the other, in the same places.
 *
 * Cost: of one process a look-up for each key of a part, and two reads and a write a row.
 */
#include "postgres.h"

#include "access/table.h"
#include "port/atomics.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/baskets_together.h"
#include "pg/io/page_parts.h"

#define SECONDS_A_ROW 1e-7
#define PART_PAGES    128
#define STEP_PARTS    32
#define STEP_BYTES    (32 * 1024 * 1024) /* of places */
#define MEMORY_SHARE  8                  /* of the memory setting, that places take at most */
#define LOOK_ROWS     1024               /* between two looks at the clock and at what has room */
/*
 * Bytes of the place for each page. A row takes 8, and each of its keys 8, or 16 and its text, at most. So rows always have room, as they take
 * 28 bytes of a page beside their text; and items of arrays if each takes 4 bytes there, or if they come again. Others, and numbers whose text is
 * long, are read by one process where there is none.
 */
#define NUMBER_ROOM BLCKSZ
#define TEXT_ROOM   (2 * BLCKSZ)
#define ARRAY_ROOM  (4 * BLCKSZ)

/* One of the columns. */
typedef struct Column
{
	AttrNumber number;
	UpKeyForm form;
	Oid type, output;
	Oid element; /* of arrays, whose elements these are */
	int16 element_len;
	bool element_by_value;
	char element_align;
} Column;

typedef struct Work
{
	Oid table;
	BlockNumber first, end; /* pages of this step */
	Column basket, item;
	size_t room;     /* of a place */
	double deadline; /* or 0 */
} Work;

/* What all parts see and change. */
typedef struct Board
{
	pg_atomic_uint32 unfit; /* there is something that parts do not read */
	pg_atomic_uint32 late;
} Board;

enum
{
	BOARD,
	SNAPSHOT,
	PLACES,
	N_ARRAYS
};

/* What begins the place of a part; images of the baskets' and the items' keys follow, and the rows. */
typedef struct PartHead
{
	uint64 n_rows;
	uint64 n_pairs;
	uint64 pairs; /* whether rows are those */
} PartHead;

/* ---- parts ---- */

static void
begin_column(UpKeyColumn *c, const Column *from)
{
	UpAttribute *a = palloc0(sizeof(UpAttribute));

	a->type = from->type;
	if (from->form == UP_KEY_TEXT)
		fmgr_info(from->output, &a->output);
	*c = (UpKeyColumn){.attribute = a,
					   .form = from->form,
					   .element = from->element,
					   .element_len = from->element_len,
					   .element_by_value = from->element_by_value,
					   .element_align = from->element_align};
	up_keys_init(&c->keys, c->form != UP_KEY_DATUM);
}

/* Whether a value stands in its row as it is: what is compressed, or elsewhere, has no bounds. */
static inline bool
is_plain(const TupleTableSlot *slot, int i)
{
	const void *value = DatumGetPointer(slot->tts_values[i]);

	return TupleDescAttr(slot->tts_tupleDescriptor, i)->attlen != -1 ||
		   !(VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value));
}

/* Rows as pairs, or where each basket begins and all items. */
static size_t
rows_bytes(const UpBaskets *b)
{
	return (b->pairs != NULL ? 2 * b->n_pairs : b->n_baskets + 1 + b->n_pairs) * sizeof(uint32);
}

static size_t
image_bytes(const UpBasketSource *s)
{
	return sizeof(PartHead) + up_keys_image_bytes(&s->basket.keys) + up_keys_image_bytes(&s->item.keys) +
		   rows_bytes(&s->baskets);
}

static void
write_image(const UpBasketSource *s, char *place)
{
	const UpBaskets *b = &s->baskets;
	uint32 *rows;

	*(PartHead *) place = (PartHead){s->n_rows, b->n_pairs, b->pairs != NULL};
	place += sizeof(PartHead);
	up_keys_write_image(&s->basket.keys, place);
	place += up_keys_image_bytes(&s->basket.keys);
	up_keys_write_image(&s->item.keys, place);
	rows = (uint32 *) (place + up_keys_image_bytes(&s->item.keys));
	if (b->pairs != NULL)
	{
		memcpy(rows, b->pairs, rows_bytes(b));
		return;
	}
	memcpy(rows, b->starts, b->n_baskets * sizeof(uint32));
	rows[b->n_baskets] = (uint32) b->n_pairs;
	memcpy(rows + b->n_baskets + 1, b->items, b->n_pairs * sizeof(uint32));
}

/* Whether the part may go on. */
static bool
look(const Work *w, Board *board, const UpBasketSource *s)
{
	up_tick();
	if (image_bytes(s) > w->room)
		pg_atomic_write_u32(&board->unfit, 1);
	if (w->deadline > 0 && up_seconds() >= w->deadline)
		pg_atomic_write_u32(&board->late, 1);
	return pg_atomic_read_u32(&board->unfit) == 0 && pg_atomic_read_u32(&board->late) == 0;
}

/* false: it is not to be used. */
static bool
read_rows(const Work *w, Board *board, UpPageScan *scan, UpBasketSource *s)
{
	const TupleTableSlot *slot = scan->slot;
	int basket = w->basket.number - 1, item = w->item.number - 1, n = Max(basket, item) + 1;

	while (up_page_scan_next(scan))
	{
		slot_getsomeattrs(scan->slot, n);
		if ((++s->n_rows & (LOOK_ROWS - 1)) == 0 && !look(w, board, s))
			return false;
		if (slot->tts_isnull[basket] || slot->tts_isnull[item])
			continue;
		if (!is_plain(slot, basket) || !is_plain(slot, item))
		{
			pg_atomic_write_u32(&board->unfit, 1);
			return false;
		}
		up_baskets_take(s, slot->tts_values[basket], slot->tts_values[item]);
	}
	return look(w, board, s);
}

/* UpPart */
static void
read_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Work *w = fixed;
	BlockNumber first = w->first + part * PART_PAGES;
	UpBasketSource s = {0};
	UpPageScan scan;

	begin_column(&s.basket, &w->basket);
	begin_column(&s.item, &w->item);
	up_baskets_init(&s.baskets);
	s.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile basket row", ALLOCSET_DEFAULT_SIZES);
	up_page_scan_begin(&scan, w->table, arrays[SNAPSHOT], first, Min(first + PART_PAGES, w->end));
	if (read_rows(w, arrays[BOARD], &scan, &s))
		write_image(&s, (char *) arrays[PLACES] + part * w->room);
	up_page_scan_end(&scan);
}

/* ---- the whole ---- */

static void
take_rows(UpBaskets *b, const PartHead *head, const uint32 *rows, const uint32 *basket, uint32 n_baskets,
		  const uint32 *item)
{
	const uint32 *items = rows + n_baskets + 1;

	if (head->pairs)
	{
		for (uint64 i = 0; i < head->n_pairs; i++)
			up_baskets_add(b, basket[rows[2 * i]], item[rows[2 * i + 1]]);
		return;
	}
	for (uint32 local = 0; local < n_baskets; local++)
	{
		for (uint32 i = rows[local]; i < rows[local + 1]; i++)
			up_baskets_add(b, basket[local], item[items[i]]);
	}
}

/* Puts what a part has found behind what there is. */
static void
take_part(UpBasketSource *s, const char *place)
{
	const PartHead *head = (const PartHead *) place;
	const void *baskets = head + 1, *items, *rows;
	uint32 n_baskets = up_keys_in_image(baskets);
	uint32 *basket = up_alloc_array(Max(n_baskets, 1), sizeof(uint32)), *item;

	items = up_keys_take_image(&s->basket.keys, baskets, basket);
	item = up_alloc_array(Max(up_keys_in_image(items), 1), sizeof(uint32));
	rows = up_keys_take_image(&s->item.keys, items, item);
	take_rows(&s->baskets, head, rows, basket, n_baskets, item);
	s->n_rows += head->n_rows;
	up_free(basket);
	up_free(item);
	up_tick();
}

static void
empty_column(UpKeyColumn *c)
{
	up_keys_free(&c->keys);
	up_keys_init(&c->keys, c->form != UP_KEY_DATUM);
	c->any = false;
}

static void
empty_source(UpBasketSource *s)
{
	empty_column(&s->basket);
	empty_column(&s->item);
	up_free(s->baskets.pairs);
	up_baskets_release(&s->baskets);
	up_baskets_init(&s->baskets);
	s->n_rows = 0;
}

/* false: there was something that parts do not read. */
static bool
read_pages(UpBasketSource *s, Work *w, BlockNumber n_pages, uint32 places, void *const *arrays)
{
	Board *board = arrays[BOARD];

	for (w->end = 0; w->end < n_pages;)
	{
		uint32 parts;

		w->first = w->end;
		w->end = Min(w->first + places * PART_PAGES, n_pages);
		parts = (w->end - w->first + PART_PAGES - 1) / PART_PAGES;
		up_parallel(parts, read_part, w, sizeof(*w), arrays, N_ARRAYS);
		if (pg_atomic_read_u32(&board->unfit) != 0)
			return false;
		s->late = pg_atomic_read_u32(&board->late) != 0;
		if (s->late)
			return true;
		for (uint32 part = 0; part < parts; part++)
			take_part(s, (const char *) arrays[PLACES] + part * w->room);
		up_progress("reading baskets", s->n_rows, 0);
	}
	return true;
}

static bool
read_table(UpBasketSource *s, Work *w, Relation table, BlockNumber n_pages, uint32 places)
{
	void *arrays[N_ARRAYS];
	Board *board;
	bool done;

	arrays[BOARD] = board = up_alloc_large(sizeof(Board));
	pg_atomic_init_u32(&board->unfit, 0);
	pg_atomic_init_u32(&board->late, 0);
	arrays[SNAPSHOT] = up_pages_snapshot(table);
	arrays[PLACES] = up_alloc_large_array(places, w->room);
	done = read_pages(s, w, n_pages, places, arrays);
	for (int i = 0; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
	if (!done)
		empty_source(s);
	else if (!s->late)
		up_pages_tell_read(table, n_pages);
	return done;
}

/* false: parts cannot have it. Texts are made within them by the server alone. */
static bool
set_column(Column *to, const UpKeyColumn *c, AttrNumber number)
{
	*to = (Column){number,     c->form,        c->attribute->type,  c->attribute->output.fn_oid,
				   c->element, c->element_len, c->element_by_value, c->element_align};
	return number > 0 && (c->form != UP_KEY_TEXT || c->attribute->output.fn_oid < FirstGenbkiObjectId);
}

static size_t
page_room(const UpBasketSource *s)
{
	if (OidIsValid(s->item.element))
		return ARRAY_ROOM;
	return s->basket.form == UP_KEY_DATUM && s->item.form == UP_KEY_DATUM ? NUMBER_ROOM : TEXT_ROOM;
}

bool
up_baskets_read_together(UpBasketSource *s, Oid table, const AttrNumber *numbers, double n_rows)
{
	Work w = {.table = table, .room = PART_PAGES * page_room(s), .deadline = s->deadline};
	uint32 places = (uint32) Min(Min(STEP_BYTES, up_memory_limit() / MEMORY_SHARE) / w.room, STEP_PARTS);
	Relation relation;
	BlockNumber n_pages;
	bool done = false;

	if (!set_column(&w.basket, &s->basket, numbers[0]) || !set_column(&w.item, &s->item, numbers[1]) ||
		places < 2)
		return false;
	relation = table_open(table, AccessShareLock);
	n_pages = up_pages_can_be_shared(relation) ? RelationGetNumberOfBlocks(relation) : 0;
	if (n_pages > PART_PAGES)
	{
		up_workers_begin(n_rows * SECONDS_A_ROW);
		done = up_workers() > 1 && read_table(s, &w, relation, n_pages, places);
		up_workers_end();
	}
	table_close(relation, NoLock);
	return done;
}
