/*
 * held_out.c - the rows that a version held out of its training; see held_out.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/query.h"
#include "pg/io/source_frame.h"
#include "pg/models/design.h"
#include "pg/models/held_out.h"
#include "pg/models/recommender_source.h"

UpHeldOut *
up_held_out_load(const char *schema, int64 id)
{
	UpHeldOut *h = palloc0(sizeof(UpHeldOut));
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	UpHoldout split;
	UpRows r = up_query(true,
						psprintf("SELECT version, source, key_column, key_form, test_size, holdout, task FROM "
								 "%s.uprofile_model_versions WHERE id = $1",
								 schema),
						1, &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("a version of a model is not there")));
	if (strcmp(TextDatumGetCString(up_rows_get(&r, 0, "task", &isnull)), UP_RECOMMEND_TASK) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("a recommender holds out events, not users")));
	h->version = DatumGetInt32(up_rows_get(&r, 0, "version", &isnull));
	h->source = TextDatumGetCString(up_rows_get(&r, 0, "source", &isnull));
	h->test_size = DatumGetFloat8(up_rows_get(&r, 0, "test_size", &isnull));
	h->key = up_rows_text(&r, 0, "key_column");
	h->key_form = up_rows_text(&r, 0, "key_form");
	value = up_rows_get(&r, 0, "holdout", &isnull);
	h->list = isnull ? NULL : DatumGetByteaPP(value);
	if (up_design_split(schema, id, &split) && split.method == UP_SPLIT_TIME)
	{
		h->time_column = split.column;
		h->cut = split.cut;
	}
	return h;
}

bool
up_held_out_has_key(const UpHeldOut *h, TupleDesc columns, char **form)
{
	AttrNumber numbers[UP_MAX_KEY];
	int n = h->key != NULL ? up_key_columns_try(h->key, columns, numbers) : 0;

	*form = n > 0 && h->key_form != NULL ? up_key_columns_form(n, numbers, columns) : NULL;
	if (*form != NULL && strcmp(*form, h->key_form) == 0)
		*form = NULL;
	return n > 0 && *form == NULL;
}

int
up_held_out_other_form(const UpHeldOut *h, const char *form)
{
	errdetail("Rows are held out by the text of the key \"%s\": it is %s here, and was %s in the training "
			  "of version %d.",
			  h->key, form, h->key_form, h->version);
	return errhint("Cast it in the source to what it was.");
}

bool
up_hash_listed(const bytea *list, uint64_t hash)
{
	size_t low = 0, high = list != NULL ? VARSIZE_ANY_EXHDR(list) / 8 : 0;

	while (low < high)
	{
		size_t mid = low + (high - low) / 2;
		const unsigned char *bytes = (const unsigned char *) VARDATA_ANY(list) + mid * 8;
		uint64_t v = 0;

		for (int byte = 0; byte < 8; byte++)
			v |= (uint64_t) bytes[byte] << (8 * byte);
		if (v == hash)
			return true;
		if (v < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool
up_held_out_row(const UpHeldOut *h, const UpRowReader *reader, uint64_t hash)
{
	for (int i = 0; h->time_column != NULL && i < reader->n_attributes; i++)
	{
		UpAttribute *a = &reader->attributes[i];

		if (a->source < UP_FROM_TEXT && strcmp(a->name, h->time_column) == 0)
			return !reader->nulls[i] && up_attribute_number(a, reader->values[i]) >= h->cut;
	}
	if (h->list != NULL)
		return (h->key == NULL) == (reader->n_keys == 0) && up_hash_listed(h->list, hash);
	if (reader->n_keys > 0)
		return up_row_reader_has_key(reader) && up_held_out(hash, h->test_size);
	return false;
}
