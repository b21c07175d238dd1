/*
 * fn_held_out.c - uprofile_held_out(model, source): the keys of the rows that the deployed version held out of its training
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "num/sort.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/models/held_out.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/servers.h"

typedef struct Keys
{
	const UpHeldOut *held;
	UpRowReader *reader;
	TupleDesc desc; /* of a key of several columns */
	FmgrInfo record_out;
	MemoryContext row_context, outer;
	size_t n, capacity;
	char **texts;
} Keys;

static void
start_keys(void *arg, TupleDesc columns)
{
	Keys *k = arg;
	Oid output;
	bool is_varlena;
	char *form;

	if (!up_held_out_has_key(k->held, columns, &form) && form != NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("no row of the source is known to have been held out"),
						up_held_out_other_form(k->held, form)));
	k->reader = up_row_reader_new(columns);
	(void) up_row_reader_frame(k->reader, NULL, k->held->key, NULL);
	if (k->reader->n_keys < 2)
		return;
	k->desc = CreateTemplateTupleDesc(k->reader->n_keys);
	for (int i = 0; i < k->reader->n_keys; i++)
		TupleDescCopyEntry(k->desc, (AttrNumber) (i + 1), columns, (AttrNumber) (k->reader->keys[i] + 1));
	k->desc = BlessTupleDesc(up_columns_done(k->desc));
	getTypeOutputInfo(RECORDOID, &output, &is_varlena);
	fmgr_info(output, &k->record_out);
}

/* The text of the key: its type's, or that of a row of all its columns. */
static char *
key_text(Keys *k)
{
	UpRowReader *r = k->reader;
	Datum values[UP_MAX_KEY];
	bool nulls[UP_MAX_KEY] = {false};

	if (r->n_keys == 1)
		return up_attribute_text(&r->attributes[r->keys[0]], r->values[r->keys[0]]);
	for (int i = 0; i < r->n_keys; i++)
		values[i] = r->values[r->keys[i]];
	return OutputFunctionCall(&k->record_out, HeapTupleGetDatum(heap_form_tuple(k->desc, values, nulls)));
}

static void
read_key(void *arg, TupleTableSlot *slot)
{
	Keys *k = arg;
	UpRowReader *r = k->reader;

	MemoryContextReset(k->row_context);
	slot_getallattrs(slot);
	memcpy(r->values, slot->tts_values, sizeof(Datum) * r->n_attributes);
	memcpy(r->nulls, slot->tts_isnull, sizeof(bool) * r->n_attributes);
	MemoryContextSwitchTo(k->row_context);
	if (up_row_reader_has_key(r) && up_held_out_row(k->held, r, up_row_reader_hash(r)))
	{
		char *text = key_text(k);

		MemoryContextSwitchTo(k->outer);
		if (k->n == k->capacity)
		{
			k->capacity *= 2;
			up_reserve(k->capacity * sizeof(char *), "the keys that were held out");
			k->texts = repalloc_huge(k->texts, k->capacity * sizeof(char *));
		}
		k->texts[k->n++] = pstrdup(text);
	}
	MemoryContextSwitchTo(k->outer);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

PG_FUNCTION_INFO_V1(uprofile_held_out);
Datum
uprofile_held_out(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Keys k = {0};

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("model and source must not be NULL")));
	k.held = up_held_out_load(schema, up_registry_deployed(schema, up_text_argument(fcinfo, 0, NULL)));
	if (k.held->key == NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("version %d was trained without a key: rows have no name", k.held->version),
						errhint("Train with key => '…', or measure with rows => 'held_out'.")));
	k.outer = CurrentMemoryContext;
	k.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	k.capacity = 1024;
	k.texts = palloc(k.capacity * sizeof(char *));
	up_query_stream(up_source_query(up_text_argument(fcinfo, 1, NULL)), 0, NULL, NULL, NULL, start_keys,
					read_key, &k);
	up_sort(k.texts, k.n, sizeof(char *), compare_texts);
	for (size_t i = 0; i < k.n; i++)
	{
		Datum value;
		bool isnull = false;

		if (i > 0 && strcmp(k.texts[i], k.texts[i - 1]) == 0)
			continue;
		value = CStringGetTextDatum(k.texts[i]);
		up_srf_row(srf, &value, &isnull);
	}
	return up_srf_end_work(srf);
}
