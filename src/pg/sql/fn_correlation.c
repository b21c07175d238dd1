/*
 * fn_correlation.c - uprofile_correlation: the associations of all pairs of columns
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/left_out.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/source_columns.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"
#include "score/correlation.h"

#include <math.h>

typedef struct Emitting
{
	UpSrf *srf;
	const UpSourceColumns *columns;
	MemoryContext row;
} Emitting;

static char **
text_array(ArrayType *array, const char *what, int *n)
{
	Datum *items = up_texts_of(array, what, n);
	char **texts = palloc(sizeof(char *) * Max(*n, 1));

	for (int i = 0; i < *n; i++)
		texts[i] = TextDatumGetCString(items[i]);
	return texts;
}

/* The query with only these columns, in this order. */
static char *
narrow_query(const char *query, ArrayType *columns)
{
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	StringInfoData s;
	int n;
	char **names = text_array(columns, "columns", &n);

	if (n < 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("columns has %d name%s, and a pair needs two", n, n == 1 ? "" : "s")));
	initStringInfo(&s);
	for (int i = 0; i < n; i++)
	{
		up_row_reader_find(reader, names[i], "");
		for (int j = 0; j < i; j++)
		{
			if (strcmp(names[i], names[j]) == 0)
				ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
								errmsg("column \"%s\" is given more than once", names[i])));
		}
		appendStringInfo(&s, "%ss.%s", i == 0 ? "SELECT " : ", ", quote_identifier(names[i]));
	}
	appendStringInfo(&s, " FROM (%s) AS s", query);
	return s.data;
}

static unsigned
chosen_methods(ArrayType *array)
{
	unsigned chosen = 0;
	int n, n_names = 0;
	char **given = text_array(array, "methods", &n);

	while (up_correlate_names[n_names] != NULL)
		n_names++;
	if (n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("methods is empty"),
						errhint("Leave it out for all of them.")));
	for (int i = 0; i < n; i++)
	{
		int at = 0;

		while (at < n_names && strcmp(given[i], up_correlate_names[at]) != 0)
			at++;
		if (at == n_names)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("method \"%s\" does not exist", given[i]),
					 errdetail("Methods: pearson, spearman, correlation_ratio, cramers_v."),
					 up_hint_nearest(up_nearest_name(given[i], up_correlate_names, n_names), NULL)));
		chosen |= 1u << at;
	}
	return chosen;
}

static void
emit_pair(void *arg, uint32_t a, uint32_t b, const UpScore *score)
{
	Emitting *e = arg;
	MemoryContext outer = MemoryContextSwitchTo(e->row);
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = CStringGetTextDatum(e->columns->names[a]);
	values[1] = CStringGetTextDatum(e->columns->names[b]);
	values[2] = CStringGetTextDatum(score->how);
	values[3] = Float8GetDatum(score->value);
	nulls[3] = isnan(score->value);
	values[4] = Float8GetDatum(score->p_value);
	nulls[4] = isnan(score->p_value);
	values[5] = Int64GetDatum((int64) score->n);
	up_srf_row(e->srf, values, nulls);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(e->row);
}

/* ---- rows that are not held ---- */

static void
begin_sums(void *arg, const UpSourceColumns *c)
{
	*(UpCorrelating **) arg = up_correlating_new(c->n_used);
}

static void
add_rows(void *arg, const double *const *v, const double *labels, size_t n)
{
	up_correlating_add(*(UpCorrelating **) arg, v, n);
}

static bool
wants_more(void *arg)
{
	return up_correlating_again(*(UpCorrelating **) arg);
}

/* Ranks need all rows at a time; categories are such too. */
static UpSourceColumns *
read_columns(const char *query, unsigned methods, UpCorrelating **correlating)
{
	UpColumnSums sums = {begin_sums, add_rows, wants_more, correlating};

	if ((methods & UP_CORRELATE_SPEARMAN) == 0 && (methods & UP_CORRELATE_PEARSON) != 0)
		return up_source_columns_sum(query, NULL, &sums);
	return up_source_columns_read(query, NULL, up_correlate_seconds(1, 1, methods));
}

/* ---- columns without a pair -------------------------------------------------------------------------------------- */

/* Whether a method that was chosen measures a pair with this column, where there are so many others of numbers and of categories. */
static bool
is_measured(unsigned methods, bool category, uint32_t numbers, uint32_t categories)
{
	unsigned same = category ? UP_CORRELATE_CRAMERS_V : UP_CORRELATE_PEARSON | UP_CORRELATE_SPEARMAN;

	return ((methods & same) != 0 && (category ? categories : numbers) > 0) ||
		   ((methods & UP_CORRELATE_CORRELATION_RATIO) != 0 && (category ? numbers : categories) > 0);
}

static bool
is_category(const UpSourceColumns *c, uint32_t i)
{
	return !c->summed && c->columns[i].n_values > 0;
}

/* What is not among the pairs is told; where there are none at all, why. */
static void
tell_left_out(const UpSourceColumns *c, unsigned methods)
{
	uint32_t categories = 0, left_out = 0;
	UpValue *columns = up_value_object();
	bool *out = palloc0(Max(c->n_used, 1));

	for (uint32_t i = 0; i < c->n_used; i++)
		categories += is_category(c, i);
	for (uint32_t i = 0; i < c->n_used; i++)
	{
		bool category = is_category(c, i);

		out[i] = !is_measured(methods, category, c->n_used - categories - !category, categories - category);
		left_out += out[i];
	}
	if (left_out == c->n_used)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no pair of columns can be measured"),
			 errdetail("Columns of numbers: %u, of categories: %u.", c->n_used - categories, categories),
			 errhint("pearson and spearman need two of numbers, correlation_ratio one of each, cramers_v two "
					 "of categories.")));
	for (uint32_t i = 0; i < c->n_used; i++)
	{
		if (out[i])
			up_value_set(columns, c->names[i],
						 up_value_string("no method that was asked for measures a pair with it"));
	}
	up_notice_left_out(columns);
}

PG_FUNCTION_INFO_V1(uprofile_correlation);
Datum
uprofile_correlation(PG_FUNCTION_ARGS)
{
	unsigned methods = UP_CORRELATE_ALL;
	UpCorrelating *correlating = NULL;
	UpSourceColumns *c;
	char *query;
	Emitting e;

	e.srf = up_srf_begin_work(fcinfo);
	query = up_source_query(up_text_argument(fcinfo, 0, "source"));
	if (!PG_ARGISNULL(1))
		query = narrow_query(query, PG_GETARG_ARRAYTYPE_P(1));
	if (!PG_ARGISNULL(2))
		methods = chosen_methods(PG_GETARG_ARRAYTYPE_P(2));
	c = read_columns(query, methods, &correlating);
	e.columns = c;
	e.row = AllocSetContextCreate(e.srf->work, "uprofile pair", ALLOCSET_DEFAULT_SIZES);
	if (c->summed)
	{
		tell_left_out(c, methods);
		up_correlating_finish(correlating, emit_pair, &e);
		up_source_columns_end(c);
		return up_srf_end_work(e.srf);
	}
	up_workers_begin(up_correlate_seconds(c->n_used, c->n, methods));
	up_source_columns_arrange(c);
	up_source_columns_extract(c);
	tell_left_out(c, methods);
	up_correlate(c->columns, c->n_used, c->n, methods, emit_pair, &e);
	up_workers_end();
	up_source_columns_end(c);
	return up_srf_end_work(e.srf);
}
