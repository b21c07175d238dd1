/*
 * keys.c - users by their keys; see keys.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "pg/profiles/keys.h"
#include "pg/servers.h"

#define SHOWN 200 /* bytes of a key in an error */

/* ---- rows and arrays --------------------------------------------------------------------------------------------- */

void
up_key_rows_init(UpKeyRows *rows, int n_parts, const Oid *types)
{
	memset(rows, 0, sizeof(UpKeyRows));
	rows->n_parts = n_parts;
	for (int i = 0; i < n_parts; i++)
	{
		rows->types[i] = types[i];
		get_typlenbyvalalign(types[i], &rows->lens[i], &rows->byvals[i], &rows->aligns[i]);
	}
	rows->capacity = 64;
	rows->values = palloc(sizeof(Datum) * (Size) (rows->capacity * n_parts));
}

Datum *
up_key_rows_copy(const UpKeyRows *rows, const Datum *key)
{
	Datum *copy = palloc(sizeof(Datum) * (Size) rows->n_parts);

	for (int i = 0; i < rows->n_parts; i++)
		copy[i] = datumCopy(key[i], rows->byvals[i], rows->lens[i]);
	return copy;
}

static Datum *
next_row(UpKeyRows *rows)
{
	if (rows->n == rows->capacity)
	{
		rows->capacity *= 2;
		rows->values = repalloc_huge(rows->values, sizeof(Datum) * (Size) (rows->capacity * rows->n_parts));
	}
	return rows->values + rows->n++ * rows->n_parts;
}

void
up_key_rows_add(UpKeyRows *rows, const Datum *key)
{
	Datum *row = next_row(rows);

	for (int i = 0; i < rows->n_parts; i++)
		row[i] = datumCopy(key[i], rows->byvals[i], rows->lens[i]);
}

void
up_key_rows_take(UpKeyRows *rows, const UpKeys *keys)
{
	up_key_rows_init(rows, keys->n_parts, keys->types);
	rows->n = keys->n;
	rows->capacity = Max(keys->n, 1);
	rows->values = repalloc_huge(rows->values, sizeof(Datum) * (Size) (rows->capacity * rows->n_parts));
	for (int part = 0; part < keys->n_parts && keys->n > 0; part++)
	{
		Datum *values;
		bool *nulls;
		int n;

		deconstruct_array(DatumGetArrayTypeP(keys->arrays[part]), rows->types[part], rows->lens[part],
						  rows->byvals[part], rows->aligns[part], &values, &nulls, &n);
		Assert(n == keys->n);
		for (int i = 0; i < n; i++)
			rows->values[(int64) i * rows->n_parts + part] = values[i];
	}
}

typedef struct Order
{
	int n;
	FmgrInfo compare[UP_MAX_KEY];
	Oid collations[UP_MAX_KEY];
} Order;

static int
compare_keys(const void *a, const void *b, void *arg)
{
	Order *order = arg;
	const Datum *x = a, *y = b;
	int result = 0;

	for (int i = 0; i < order->n && result == 0; i++)
		result = DatumGetInt32(FunctionCall2Coll(&order->compare[i], order->collations[i], x[i], y[i]));
	return result;
}

void
up_key_rows_make_unique(UpKeyRows *rows, const UpKey *key)
{
	Size width = sizeof(Datum) * (Size) rows->n_parts;
	Order order = {rows->n_parts};
	int64 n = 0;

	for (int i = 0; i < order.n; i++)
	{
		order.collations[i] = key->parts[i].collation;
		fmgr_info(lookup_type_cache(rows->types[i], TYPECACHE_CMP_PROC)->cmp_proc, &order.compare[i]);
	}
	qsort_arg(rows->values, (size_t) rows->n, width, compare_keys, &order);
	for (int64 i = 0; i < rows->n; i++)
	{
		Datum *row = rows->values + i * rows->n_parts, *last = rows->values + (n - 1) * rows->n_parts;

		if (n > 0 && compare_keys(row, last, &order) == 0)
			continue;
		memmove(rows->values + n++ * rows->n_parts, row, width);
	}
	rows->n = n;
}

UpKeys
up_key_rows_some(const UpKeyRows *rows, int64 from, int64 n)
{
	UpKeys keys = {n, rows->n_parts};
	Datum *values = palloc_extended(sizeof(Datum) * (Size) Max(n, 1), MCXT_ALLOC_HUGE);

	for (int part = 0; part < rows->n_parts; part++)
	{
		for (int64 i = 0; i < n; i++)
			values[i] = rows->values[(from + i) * rows->n_parts + part];
		keys.types[part] = rows->types[part];
		keys.arrays[part] = PointerGetDatum(construct_array(
			values, (int) n, rows->types[part], rows->lens[part], rows->byvals[part], rows->aligns[part]));
	}
	pfree(values);
	return keys;
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

void
up_key_output_init(UpKeyOutput *o, int n, const Oid *types)
{
	o->n = n;
	for (int i = 0; i < n; i++)
	{
		Oid output;
		bool is_varlena;

		o->types[i] = types[i];
		getTypeOutputInfo(types[i], &output, &is_varlena);
		fmgr_info(output, &o->output[i]);
	}
}

const char *
up_key_shown(UpKeyOutput *o, const Datum *key)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < o->n; i++)
	{
		char *part = OutputFunctionCall(&o->output[i], key[i]);
		int len = (int) strlen(part), shown = len <= SHOWN ? len : pg_mbcliplen(part, len, SHOWN);

		appendStringInfo(&text, "%s%.*s%s", i > 0 ? ", " : "", shown, part, shown < len ? "…" : "");
	}
	return o->n > 1 ? psprintf("(%s)", text.data) : text.data;
}

char *
up_key_stored(UpKeyOutput *o, const Datum *key)
{
	TupleDesc desc;
	bool nulls[UP_MAX_KEY] = {false};

	if (o->n == 1)
		return OutputFunctionCall(&o->output[0], key[0]);
	desc = CreateTemplateTupleDesc(o->n);
	for (int i = 0; i < o->n; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), NULL, o->types[i], -1, 0);
	return OidOutputFunctionCall(F_RECORD_OUT,
								 HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(up_columns_done(desc)),
																   unconstify(Datum *, key), nulls)));
}
