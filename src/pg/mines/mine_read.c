/*
 * mine_read.c - the baskets of a mine's source; see mine.h
 *
 * The source is stored text: it is read as the mine's owner, under the search_path that it was given under.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/rng.h"
#include "pg/io/as_role.h"
#include "pg/io/baskets_read.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/mines/mine.h"

/* The rows that count. */
static const char *
rows_in_window(const UpMine *m)
{
	const char *query;
	UpRowReader *reader;
	const UpAttribute *a;

	if (m->since == NULL || m->event_time == NULL)
		return m->source;
	query = up_source_query(m->source);
	reader = up_row_reader_new(up_query_columns(query));
	a = &reader->attributes[up_row_reader_find(reader, m->event_time, "event_time")];
	if (a->source != UP_FROM_DATE && a->source != UP_FROM_TIMESTAMP)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("event_time column \"%s\" has type %s, which is no time", a->name,
							   format_type_be(a->type)),
						errhint("Cast it to timestamptz in the source.")));
	return psprintf(
		"SELECT * FROM (%s) AS w WHERE w.%s OPERATOR(pg_catalog.>=) CAST('%s' AS pg_catalog.timestamptz)",
		query, quote_identifier(m->event_time), m->since);
}

/* What the text of a basket is known by: two hashes of 64 bits. */
static uint32_t
add_digest(UpKeys *keys, const char *text, size_t len)
{
	uint64_t digest[2] = {up_hash_bytes(text, len, 1), up_hash_bytes(text, len, 2)};

	return up_keys_bytes(keys, digest, sizeof(digest));
}

static void
digest_baskets(UpBasketSource *s, UpKeys *keys)
{
	up_keys_init(keys, true);
	for (uint32_t i = 0; i < s->basket.keys.n; i++)
	{
		size_t len;
		const char *text = up_key_column_text(&s->basket, i, &len);

		if (add_digest(keys, text, len) != i)
			elog(ERROR, "two baskets have the same digest");
		if (s->basket.form == UP_KEY_DATUM)
			pfree(unconstify(char *, text));
		if ((i & 4095) == 0)
			up_tick();
	}
	up_keys_free(&s->basket.keys);
}

/* Those that were asked for, whether they are there or not. */
static void
digest_touched(UpBasketSource *s, const UpMineChanges *c, UpKeys *touched)
{
	Oid type = get_element_type(c->array_type);
	int16 len;
	bool by_value;
	char align;
	Datum *values;
	bool *nulls;
	int n;

	get_typlenbyvalalign(type, &len, &by_value, &align);
	deconstruct_array(DatumGetArrayTypeP(c->keys), type, len, by_value, align, &values, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		const char *text = up_key_column_value_text(&s->basket, values[i]);

		add_digest(touched, text, strlen(text));
		pfree(unconstify(char *, text));
		if ((i & 4095) == 0)
			up_tick();
	}
}

/* Items by the numbers that the mine gave them; new ones get the next. */
static void
number_items(UpMine *m, UpBasketSource *s)
{
	uint32_t n = s->item.keys.n;
	uint32_t *number = up_alloc_array(Max(n, 1), sizeof(uint32_t));

	up_baskets_name_items(s);
	for (uint32_t i = 0; i < n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&s->item.keys, i, &len);

		number[i] = up_keys_bytes(&m->items, text, len);
	}
	up_baskets_renumber(&s->baskets, number, m->items.n);
	up_free(number);
	up_keys_free(&s->item.keys);
	s->item.keys = m->items;
	m->standing.n_items = m->items.n;
}

UpBasketSource *
up_mine_read(UpMine *m, const UpMineChanges *c, UpKeys *touched, UpKeys *keys)
{
	UpAsRole before;
	UpBasketSource *s;

	up_keys_init(touched, true);
	up_as_role_begin(&before, m->owner, m->source_path);
	if (c->full != NULL)
		s = up_baskets_read_rows(rows_in_window(m), m->basket, m->item, 0);
	else
	{
		s = up_baskets_read_query(psprintf("SELECT s.%s, s.%s FROM (%s) AS s WHERE s.%s OPERATOR(pg_catalog.=) "
										   "ANY ($1)",
										   quote_identifier(m->basket), quote_identifier(m->item),
										   up_source_query(rows_in_window(m)), quote_identifier(m->basket)),
								  1, &c->array_type, &c->keys);
		digest_touched(s, c, touched);
	}
	/* Texts are made by functions of their types, which are the owner's affair as well. */
	digest_baskets(s, keys);
	number_items(m, s);
	up_as_role_end(&before);
	up_baskets_group(&s->baskets);
	return s;
}
