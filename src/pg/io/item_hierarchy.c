/*
 * item_hierarchy.c - items and what they belong to, from a source; see item_hierarchy.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "mine/hierarchy.h"
#include "pg/io/item_hierarchy.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"

typedef struct Reading
{
	UpBasketSource *baskets;
	UpAttribute *item, *parent;
	uint32_t (*pairs)[2];
	size_t n, capacity;
} Reading;

static void
take_pair(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	size_t len;
	const char *text;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return;
	if (r->n == r->capacity)
	{
		r->capacity *= 2;
		up_reserve(r->capacity * sizeof(*r->pairs), "the hierarchy of items");
		r->pairs = up_realloc(r->pairs, r->capacity * sizeof(*r->pairs));
	}
	text = up_baskets_text(r->baskets, r->item, slot->tts_values[0], &len);
	r->pairs[r->n][0] = up_keys_bytes(&r->baskets->item.keys, text, len);
	text = up_baskets_text(r->baskets, r->parent, slot->tts_values[1], &len);
	r->pairs[r->n++][1] = up_keys_bytes(&r->baskets->item.keys, text, len);
	MemoryContextReset(r->baskets->row_context);
}

static void
complain_of_cycle(UpBasketSource *s, const UpHierarchy *h)
{
	StringInfoData text;

	initStringInfo(&text);
	for (uint32_t i = 0; i < h->n_cycle; i++)
	{
		size_t len;
		const char *name = up_baskets_item_text(s, h->cycle[i], &len);

		appendStringInfo(&text, "%s%.*s", i == 0 ? "" : ", ", (int) len, name);
	}
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("the hierarchy of items has a cycle"),
					errdetail("From item to parent: %s.", text.data)));
}

void
up_item_hierarchy_read(UpBasketSource *s, const char *source)
{
	const char *query = up_source_query(source);
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	Reading r = {.baskets = s, .capacity = 1024};
	UpReading *reading;

	up_row_reader_find(reader, "item", "hierarchy");
	up_row_reader_find(reader, "parent", "hierarchy");
	reading = up_reading_begin(psprintf("SELECT s.item, s.parent FROM (%s) AS s", query));
	reader = up_row_reader_new(up_reading_columns(reading));
	r.item = &reader->attributes[0];
	r.parent = &reader->attributes[1];
	up_baskets_check_text(r.item, "item");
	up_baskets_check_text(r.parent, "parent");
	r.pairs = up_alloc_array(r.capacity, sizeof(*r.pairs));
	up_baskets_name_items(s);
	s->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile hierarchy row", ALLOCSET_DEFAULT_SIZES);
	up_reading_run(reading, NULL, take_pair, &r);
	up_reading_end(reading);
	MemoryContextDelete(s->row_context);
	s->hierarchy = palloc0(sizeof(UpHierarchy));
	up_hierarchy_build(s->hierarchy, s->item.keys.n, (const uint32_t(*)[2]) r.pairs, r.n);
	up_free(r.pairs);
	if (s->hierarchy->n_cycle > 0)
		complain_of_cycle(s, s->hierarchy);
	up_hierarchy_extend(s->hierarchy, &s->baskets);
}

UpRelatives *
up_item_relatives(const UpBasketSource *s, const uint32_t *number, uint32_t n_numbers)
{
	UpRelatives *r;

	if (s->hierarchy == NULL)
		return NULL;
	r = palloc(sizeof(UpRelatives));
	up_hierarchy_relatives(s->hierarchy, s->baskets.n_items, number, n_numbers, r);
	return r;
}
