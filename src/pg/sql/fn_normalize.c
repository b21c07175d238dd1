/*
 * fn_normalize.c - uprofile_normalize: a table with its numeric columns scaled
 *
 * Two runs of the source under one snapshot: the first one sums up (or, for methods that need all values, collects), the
 * second one writes. NULL stays NULL and NaN stays NaN; neither counts.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/params.h"
#include "base/platform.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"
#include "pg/io/replay.h"
#include "pg/io/rows.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/io/table_writer.h"
#include "pg/io/tuple_data.h"
#include "pg/io/value_pg.h"
#include "prep/prepare.h"

#include <math.h>

#define BLOCK_VALUES 1024
#define MAKER        "uprofile_normalize"

/* What is known of one column, and how it is scaled. */
typedef struct Scaled
{
	int attribute;
	bool is_float8;
	int offset; /* within the data of a tuple of fixed layout */
	uint64 n;
	double minimum, maximum;
	double *values; /* all of them, or those of a block */
	size_t n_values;
	size_t capacity;
	UpScaleSums sums;
	UpScale scale;
} Scaled;

typedef struct Normalizing
{
	UpRowReader *reader;
	Scaled *columns;
	int n_columns;
	bool holds_values;
	UpTableWriter *writer;
	Datum *values;
	bool *nulls;
	uint64 rows;
	/* Tuples whose columns all have a fixed width are read and rewritten in place, without being taken apart. */
	enum
	{
		LAYOUT_UNKNOWN,
		LAYOUT_FIXED,
		LAYOUT_OTHER
	} layout;
	HeapTupleData copy;
} Normalizing;

static bool
is_number(const UpAttribute *a)
{
	return a->name[0] != '\0' && a->kind == UP_COLUMN_NUMBER && a->source <= UP_FROM_MONEY;
}

/* The columns that are scaled: those that were named, or every numeric one. */
static void
choose_columns(Normalizing *z, ArrayType *names)
{
	Datum *elements;
	bool *nulls;
	int n = 0;

	z->columns = palloc0(sizeof(Scaled) * Max(z->reader->n_attributes, 1));
	if (names == NULL)
	{
		for (int i = 0; i < z->reader->n_attributes; i++)
		{
			if (is_number(&z->reader->attributes[i]))
				z->columns[z->n_columns++].attribute = i;
		}
	}
	else
		deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		char *name = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
		int found;

		if (name == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a column's name must not be NULL")));
		found = up_row_reader_find(z->reader, name, "source");
		if (!is_number(&z->reader->attributes[found]))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" is of type %s, which is no number", name,
								   format_type_be(z->reader->attributes[found].type)),
							z->reader->attributes[found].type == TEXTOID
								? errhint("Name numeric columns, or select what its texts say, as "
										  "nullif(translate(%s, ', ', ''), '')::double precision AS %s.",
										  quote_identifier(name), quote_identifier(name))
								: errhint("Name numeric columns.")));
		for (int j = 0; j < z->n_columns; j++)
		{
			if (z->columns[j].attribute == found)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column \"%s\" is named twice", name)));
		}
		z->columns[z->n_columns++].attribute = found;
	}
	if (z->n_columns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the source has no numeric column to scale"),
				 errhint("Text that holds numbers becomes such by uprofile_clean.")));
	for (int i = 0; i < z->n_columns; i++)
		z->columns[i].is_float8 = z->reader->attributes[z->columns[i].attribute].source == UP_FROM_FLOAT8;
}

/* The source with its scaled columns as double precision: the shape of the destination. */
static char *
destination_query(const Normalizing *z, const char *query)
{
	StringInfoData s;

	initStringInfo(&s);
	appendStringInfoString(&s, "SELECT ");
	for (int i = 0; i < z->reader->n_attributes; i++)
	{
		const char *name = quote_identifier(z->reader->attributes[i].name), *cast = "::pg_catalog.float8";
		bool scaled = false;

		if (z->reader->attributes[i].source == UP_FROM_MONEY)
			cast = "::pg_catalog.numeric::pg_catalog.float8";

		for (int j = 0; j < z->n_columns; j++)
			scaled = scaled || z->columns[j].attribute == i;
		appendStringInfo(&s, "%s%s%s%s%s", i > 0 ? ", " : "", name, scaled ? cast : "", scaled ? " AS " : "",
						 scaled ? name : "");
	}
	appendStringInfo(&s, " FROM (%s) AS uprofile_source", query);
	return s.data;
}

/* Whether every column of the source has a fixed width and those to be scaled are float8; then where they are. */
static void
find_layout(Normalizing *z, TupleDesc desc)
{
	z->layout = LAYOUT_OTHER;
	if (desc->natts != z->reader->n_attributes)
		return;
	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attlen <= 0 || TupleDescAttr(desc, i)->attisdropped)
			return;
	}
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];

		if (!c->is_float8 || TupleDescAttr(desc, c->attribute)->atttypid != FLOAT8OID)
			return;
		c->offset = up_column_offset(desc, c->attribute);
	}
	z->layout = LAYOUT_FIXED;
}

/* The tuple of a slot that can be read in place, or NULL. */
static HeapTuple
plain_tuple(Normalizing *z, TupleTableSlot *slot)
{
	HeapTuple tuple;
	int columns = slot->tts_tupleDescriptor->natts;

	if (z->layout == LAYOUT_UNKNOWN)
		find_layout(z, slot->tts_tupleDescriptor);
	tuple = z->layout == LAYOUT_FIXED ? up_plain_tuple(slot, columns) : NULL;
	/* A table may have lost columns at its end. */
	return tuple != NULL && HeapTupleHeaderGetNatts(tuple->t_data) == columns ? tuple : NULL;
}

static inline double
number_of(const Normalizing *z, const Scaled *c, TupleTableSlot *slot)
{
	Datum value = slot->tts_values[c->attribute];

	return c->is_float8 ? DatumGetFloat8(value)
						: up_attribute_number(&z->reader->attributes[c->attribute], value);
}

/* Twice the room, or, where memory has less for each column, half a column's share of what is left. */
static void
grow(Normalizing *z, Scaled *c)
{
	size_t held = 0, most = up_memory_limit() / sizeof(double), more = c->capacity;

	for (int i = 0; i < z->n_columns; i++)
		held += z->columns[i].capacity;
	if (held + more * z->n_columns > most)
		more = Max((most - Min(held, most)) / z->n_columns / 2, BLOCK_VALUES);
	up_reserve((held + more) * sizeof(double), "the columns of the source");
	c->capacity += more;
	c->values = up_realloc(c->values, c->capacity * sizeof(double));
}

static void
check_finite(const Normalizing *z, const Scaled *c, size_t from)
{
	for (size_t i = from; i < c->n_values; i++)
	{
		if (isinf(c->values[i]))
			up_attribute_infinite(&z->reader->attributes[c->attribute], c->values[i]);
	}
}

/* An infinite value, or a larger capacity. */
static void
close_block(Normalizing *z, Scaled *c)
{
	check_finite(z, c, c->capacity == BLOCK_VALUES || !z->holds_values ? 0 : c->n_values / 2);
	if (!z->holds_values)
	{
		up_scale_sums_add(&c->sums, c->values, c->n_values);
		c->n_values = 0;
		return;
	}
	grow(z, c);
}

/* A value for each column that has one. */
static void
count_values(void *arg, TupleTableSlot *slot)
{
	Normalizing *z = arg;

	up_tick();
	slot_getallattrs(slot);
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];

		c->n += !slot->tts_isnull[c->attribute] && !isnan(number_of(z, c, slot));
	}
}

/* Values that may be too many to be held are counted, and their arrays made for as many. */
static void
check_memory(Normalizing *z, UpReading *reading)
{
	double limit = (double) up_memory_limit() / sizeof(double);
	uint64 n = 0;

	/* What grows has up to twice the room that it needs. */
	if (!z->holds_values || 2 * up_reading_n_rows(reading) * z->n_columns < limit ||
		!up_reading_measure(reading, count_values, z))
		return;
	for (int i = 0; i < z->n_columns; i++)
		n += z->columns[i].n;
	up_reserve(n * sizeof(double), "the columns of the source");
	for (int i = 0; i < z->n_columns; i++)
		z->columns[i].capacity = Max(z->columns[i].n + 1, BLOCK_VALUES);
}

static void
count_row(void *arg, TupleTableSlot *slot)
{
	Normalizing *z = arg;
	HeapTuple tuple = plain_tuple(z, slot);
	const char *data = tuple != NULL ? up_tuple_data(tuple) : NULL;

	if (tuple == NULL)
		slot_getallattrs(slot);
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];
		double v;

		if (tuple == NULL && slot->tts_isnull[c->attribute])
			continue;
		v = tuple != NULL ? *(const double *) (data + c->offset) : number_of(z, c, slot);
		if (isnan(v))
			continue;
		c->values[c->n_values++] = v;
		if (unlikely(c->n_values == c->capacity))
			close_block(z, c);
	}
	if ((++z->rows & 0xffff) == 0)
		up_progress("reading rows", z->rows, 0);
}

/* The tuple again, with the scaled values in the place of the old ones. */
static void
write_tuple(Normalizing *z, HeapTuple tuple)
{
	char *data;

	if (z->copy.t_data == NULL)
		z->copy.t_data = palloc(MaxHeapTupleSize);
	z->copy.t_len = tuple->t_len;
	memcpy(z->copy.t_data, tuple->t_data, tuple->t_len);
	data = up_tuple_data(&z->copy);
	for (int i = 0; i < z->n_columns; i++)
	{
		double *v = (double *) (data + z->columns[i].offset);

		*v = up_scaled(&z->columns[i].scale, *v);
	}
	up_table_writer_add_tuple(z->writer, &z->copy);
}

static void
write_row(void *arg, TupleTableSlot *slot)
{
	Normalizing *z = arg;
	HeapTuple tuple = plain_tuple(z, slot);

	if (tuple != NULL)
	{
		write_tuple(z, tuple);
		return;
	}

	slot_getallattrs(slot);
	memcpy(z->values, slot->tts_values, sizeof(Datum) * z->reader->n_attributes);
	memcpy(z->nulls, slot->tts_isnull, sizeof(bool) * z->reader->n_attributes);
	for (int i = 0; i < z->n_columns; i++)
	{
		const Scaled *c = &z->columns[i];

		if (!z->nulls[c->attribute])
			z->values[c->attribute] = Float8GetDatum(up_scaled(&c->scale, number_of(z, c, slot)));
	}
	up_table_writer_add(z->writer, z->values, z->nulls);
}

/* From the values themselves: by workers, who see a copy, where memory has room for that beside the values. */
static void
fit_values(Normalizing *z, const UpScaleOptions *options)
{
	UpScaleColumn *fits = palloc0(sizeof(UpScaleColumn) * z->n_columns);
	size_t n = 0, held = 0;
	double *copy = NULL;

	for (int i = 0; i < z->n_columns; i++)
	{
		check_finite(z, &z->columns[i], 0);
		n += z->columns[i].n_values;
		held += z->columns[i].capacity;
	}
	up_workers_begin(up_scale_seconds(options->method, (double) n));
	if (up_workers() > 1 && (held + n) * sizeof(double) <= up_memory_limit())
		copy = up_alloc_large_array(n, sizeof(double));
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];

		fits[i] =
			(UpScaleColumn){.v = c->values, .n = c->n_values, .name = z->reader->attributes[c->attribute].name};
		if (copy == NULL)
			continue;
		n -= c->n_values;
		fits[i].v = memcpy(copy + n, c->values, c->n_values * sizeof(double));
		up_free(c->values);
	}
	up_scale_fit_columns(options, fits, (uint32_t) z->n_columns);
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];

		c->n = c->n_values;
		c->minimum = fits[i].minimum;
		c->maximum = fits[i].maximum;
		c->scale = fits[i].scale;
		if (copy == NULL)
			up_free(c->values);
	}
	up_free_large(copy);
	up_workers_end();
}

static void
fit_columns(Normalizing *z, const UpScaleOptions *options)
{
	if (z->holds_values)
	{
		fit_values(z, options);
		return;
	}
	for (int i = 0; i < z->n_columns; i++)
	{
		Scaled *c = &z->columns[i];

		close_block(z, c);
		up_free(c->values);
		c->n = c->sums.n;
		c->minimum = c->sums.minimum;
		c->maximum = c->sums.maximum;
		c->scale.method = options->method;
		if (c->n > 0)
			c->scale = up_scale_from_sums(options, &c->sums, z->reader->attributes[c->attribute].name);
	}
}

/* method and params → options; the keys are those of params.prepare. */
static UpScaleOptions
scale_options(FunctionCallInfo fcinfo)
{
	UpValue *given =
		PG_ARGISNULL(4) ? up_value_object() : up_value_copy(up_value_from_jsonb(PG_GETARG_JSONB_P(4)));
	UpPlan plan = {0};

	if (given->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be a JSON object, not %s", up_value_type_name(given)),
						errhint("For example '{\"feature_range\": [0, 100]}'.")));
	up_value_set(given, "scale", up_value_string(text_to_cstring(PG_GETARG_TEXT_PP(3))));
	up_params_parse(&up_plan_params, NULL, 0, given, "uprofile_normalize", &plan);
	if (plan.scale == 0)
		plan.scale = 1 + UP_SCALE_ZSCORE;
	return up_plan_scale(&plan, "of the source");
}

static void
report_columns(UpSrf *srf, const Normalizing *z, uint64 written)
{
	for (int i = 0; i < z->n_columns; i++)
	{
		const Scaled *c = &z->columns[i];
		bool linear = (up_scale_traits[c->scale.method] & UP_SCALE_CENTRED) != 0 && c->n > 0;
		Datum values[] = {
			CStringGetTextDatum(z->reader->attributes[c->attribute].name),
			CStringGetTextDatum(up_scale_method_names[c->scale.method]),
			Float8GetDatum(c->scale.center + c->scale.rest),
			Float8GetDatum(c->scale.factor > 0 ? 1 / c->scale.factor : 0),
			Float8GetDatum(c->minimum),
			Float8GetDatum(c->maximum),
			Int64GetDatum((int64) (written - c->n)),
			Int64GetDatum((int64) written),
		};
		bool nulls[] = {false, false, !linear, !linear, c->n == 0, c->n == 0, false, false};

		up_srf_row(srf, values, nulls);
	}
}

/* there: a table of an earlier run, or InvalidOid. */
static UpTableWriter *
open_destination(const char *destination, Oid there, const char *query)
{
	TupleDesc columns;

	if (!OidIsValid(there))
		return up_table_writer_new(destination, query);
	columns = up_query_columns(query);
	up_made_check(there, columns);
	return up_table_writer_replace(there, columns);
}

PG_FUNCTION_INFO_V1(uprofile_normalize);
Datum
uprofile_normalize(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpScaleOptions options;
	Normalizing z = {0};
	UpReading *reading;
	UpReplay *replay;
	uint64 written;
	char *source, *destination, *query;
	Oid there;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("source, destination and method must not be NULL")));
	PreventCommandIfReadOnly("uprofile_normalize()");
	options = scale_options(fcinfo);
	source = text_to_cstring(PG_GETARG_TEXT_PP(0));
	destination = text_to_cstring(PG_GETARG_TEXT_PP(1));
	query = up_source_query(source);
	/* Locked before the snapshot is taken, as it may be what is read. */
	there = up_made_find(up_made_name(destination), MAKER, !PG_ARGISNULL(5) && PG_GETARG_BOOL(5), false);
	reading = up_reading_begin(query);
	z.reader = up_row_reader_new(up_reading_columns(reading));
	choose_columns(&z, PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2));
	z.holds_values = (up_scale_traits[options.method] & UP_SCALE_SUMMED) == 0;
	for (int i = 0; i < z.n_columns; i++)
		z.columns[i].capacity = BLOCK_VALUES;
	check_memory(&z, reading);
	for (int i = 0; i < z.n_columns; i++)
		z.columns[i].values = up_alloc_array(z.columns[i].capacity, sizeof(double));
	z.writer = open_destination(destination, there, destination_query(&z, query));
	replay = up_replay_new(reading);
	up_replay_run(replay, count_row, &z);
	fit_columns(&z, &options);
	z.values = palloc(sizeof(Datum) * z.reader->n_attributes);
	z.nulls = palloc(sizeof(bool) * z.reader->n_attributes);
	up_replay_run(replay, write_row, &z);
	up_replay_end(replay);
	up_made_mark(up_table_writer_table(z.writer), MAKER, source);
	written = up_table_writer_end(z.writer);
	report_columns(srf, &z, written);
	return up_srf_end_work(srf);
}
