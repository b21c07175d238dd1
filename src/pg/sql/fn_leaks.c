/*
 * fn_leaks.c - uprofile_leaks: the columns of a source that know the target
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/io/source_columns.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/models/leaks.h"
#include "pg/sql/arguments.h"

#include <math.h>

typedef struct Leaks
{
	UpSrf *srf;
	const UpSourceColumns *columns;
	const char *query;
	bool *skipped;    /* of the used columns: those of the key, and the time of the label */
	int64 label_time; /* which column that is; -1: none */
	const char *label_time_name;
	UpLeak *leaks; /* of the columns */
	double threshold;
} Leaks;

static void
send_leak(const Leaks *l, const char *column, const UpLeak *leak, const char *detail)
{
	Datum values[] = {CStringGetTextDatum(column), CStringGetTextDatum(up_leak_names[leak->reason]),
					  Float8GetDatum(leak->score), CStringGetTextDatum(detail)};
	bool nulls[lengthof(values)] = {false};

	up_srf_row(l->srf, values, nulls);
}

/* The columns of the key are no features; they are marked, not looked at. */
static void
mark_key(Leaks *l, const char *key, TupleDesc columns)
{
	AttrNumber numbers[UP_MAX_KEY];
	int n = key != NULL ? up_key_columns(key, columns, numbers) : 0;

	l->skipped = palloc0(Max(l->columns->n_used, 1));
	for (int i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j < l->columns->n_used; j++)
			l->skipped[j] =
				l->skipped[j] ||
				strcmp(l->columns->names[j], NameStr(TupleDescAttr(columns, numbers[i] - 1)->attname)) == 0;
	}
}

static const UpColumn *
column_of(const Leaks *l, uint32_t j)
{
	return &l->columns->frame->columns[l->columns->used[j]];
}

static void
find_label_time(Leaks *l)
{
	l->label_time = -1;
	if (l->label_time_name == NULL)
		return;
	for (uint32_t j = 0; j < l->columns->n_used; j++)
	{
		if (strcmp(l->columns->names[j], l->label_time_name) != 0)
			continue;
		if (up_column_reading(column_of(l, j)) != UP_COLUMN_TIME)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" is no time", l->label_time_name)));
		l->label_time = j;
		l->skipped[j] = true;
		return;
	}
	(void) up_row_reader_find(up_row_reader_new(up_query_columns(l->query)), l->label_time_name, "label_time");
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("column \"%s\" cannot be used", l->label_time_name)));
}

/* What the column that tells most, but for this one, reaches. */
static double
next_best(const UpLeak *leaks, uint32_t n, uint32_t but)
{
	double best = 0;

	for (uint32_t j = 0; j < n; j++)
		best = j == but ? best : Max(best, leaks[j].strength);
	return best;
}

/* By workers, where that takes long: nothing here may look into a table. */
static void
look_at_columns(Leaks *l, UpSourceColumns *c)
{
	l->leaks = palloc0(sizeof(UpLeak) * Max(c->n_used, 1));
	up_workers_begin(up_leak_seconds(c->n_used, c->n));
	up_source_columns_arrange(c);
	up_source_columns_extract(c);
	up_progress("looking for leaks", 0, c->n_used);
	up_leak_columns(c->columns, l->skipped, c->n_used, &c->target, c->class_values, c->n, c->n, l->threshold,
					l->leaks);
	up_workers_end();
}

static void
send_columns(const Leaks *l)
{
	const UpSourceColumns *c = l->columns;

	for (uint32_t j = 0; j < c->n_used; j++)
	{
		const UpLeak *leak = &l->leaks[j];
		UpLeak later = {UP_LEAK_TIME, 0, 0};

		if (leak->reason != UP_LEAK_NONE)
			send_leak(l, c->names[j], leak,
					  leak->reason == UP_LEAK_KEY
						  ? up_leak_text(c->names[j], leak)
						  : psprintf("%s; the next column reaches %.3f", up_leak_text(c->names[j], leak),
									 next_best(l->leaks, c->n_used, j)));
		if (l->label_time < 0 || l->skipped[j] || up_column_reading(column_of(l, j)) != UP_COLUMN_TIME)
			continue;
		later.score = up_leak_later(c->columns[j].v, c->columns[l->label_time].v, c->n);
		if (later.score > 0)
			send_leak(l, c->names[j], &later, up_leak_text(c->names[j], &later));
	}
}

/* Text with so many values that it is no category: whether it is another one in every row. */
static void
send_unique_texts(const Leaks *l, const char *key)
{
	const UpFrame *f = l->columns->frame;
	TupleDesc columns = up_query_columns(l->query);
	AttrNumber numbers[UP_MAX_KEY];
	int n_keys = key != NULL ? up_key_columns(key, columns, numbers) : 0;

	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		const UpColumn *c = &f->columns[i];
		const char *name = quote_identifier(c->name);
		bool is_key = false, isnull;
		int64 known, different;
		UpRows r;

		for (int k = 0; k < n_keys; k++)
			is_key = is_key || strcmp(c->name, NameStr(TupleDescAttr(columns, numbers[k] - 1)->attname)) == 0;
		if (is_key || c->dictionary == NULL || !c->dictionary->overflowed)
			continue;
		r = up_query_in_path(
			psprintf("SELECT pg_catalog.count(s.%s) AS known, pg_catalog.count(DISTINCT s.%s) AS "
					 "different FROM (%s) AS s",
					 name, name, l->query));
		known = DatumGetInt64(up_rows_get(&r, 0, "known", &isnull));
		different = DatumGetInt64(up_rows_get(&r, 0, "different", &isnull));
		if (known == different)
		{
			UpLeak leak = {UP_LEAK_KEY, 1, 0};

			send_leak(l, c->name, &leak, psprintf("column \"%s\" has another value in every row", c->name));
		}
	}
}

PG_FUNCTION_INFO_V1(uprofile_leaks);
Datum
uprofile_leaks(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *target, *key;
	TupleDesc columns;
	UpSourceColumns *c;
	Leaks l = {.srf = srf};

	l.query = up_source_query(up_text_argument(fcinfo, 0, "source"));
	target = up_text_argument(fcinfo, 1, "target");
	key = up_text_argument(fcinfo, 2, NULL);
	l.label_time_name = up_text_argument(fcinfo, 3, NULL);
	if (PG_ARGISNULL(4) || !(PG_GETARG_FLOAT8(4) >= 0.5 && PG_GETARG_FLOAT8(4) <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("threshold must be from 0.5 to 1")));
	l.threshold = PG_GETARG_FLOAT8(4);
	columns = up_query_columns(l.query);
	c = up_source_columns_read(l.query, target, up_leak_seconds(1, 1));
	l.columns = c;
	mark_key(&l, key, columns);
	find_label_time(&l);
	look_at_columns(&l, c);
	send_columns(&l);
	up_source_columns_end(c);
	send_unique_texts(&l, key);
	return up_srf_end_work(srf);
}
