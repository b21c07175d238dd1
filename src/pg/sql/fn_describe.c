/*
 * fn_describe.c - uprofile_describe
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/sql/arguments.h"
#include "pg/sql/describing.h"
#include "pg/io/value_pg.h"
#include "num/sketch_distinct.h"

#include <math.h>

#define OUTPUTS 23

/* A number as the column's own type would show it. */
static char *
shown(const UpAttribute *a, double v)
{
	char buffer[MAXDATELEN + 1];
	int utc = 0;

	if (a->source == UP_FROM_BOOL)
		return pstrdup(v != 0 ? "true" : "false");
	if (a->source == UP_FROM_DATE)
		return pstrdup(
			JsonEncodeDateTime(buffer, DateADTGetDatum((DateADT) (v / SECS_PER_DAY)), DATEOID, NULL));
	if (a->source == UP_FROM_TIMESTAMP)
		return pstrdup(JsonEncodeDateTime(buffer, TimestampGetDatum((Timestamp) rint(v * USECS_PER_SEC)),
										  a->type, a->type == TIMESTAMPTZOID ? &utc : NULL));
	return up_value_text(up_value_number(v));
}

static UpValue *
frequent_values(const UpAttribute *a, const UpColumnFacts *f)
{
	UpValue *list = up_value_array();

	for (uint32_t i = 0; i < f->n_top; i++)
	{
		UpValue *entry = up_value_object();
		const UpTopValue *top = &f->top[i];

		up_value_set(entry, "value",
					 f->is_text                   ? up_value_string(top->text)
					 : f->kind == UP_FACT_TIME    ? up_value_string(shown(a, top->number))
					 : f->kind == UP_FACT_BOOLEAN ? up_value_bool(top->number != 0)
												  : up_value_number(top->number));
		up_value_set(entry, "count", up_value_number((double) top->count));
		up_value_set(entry, "share", up_value_number(rint(1e6 * (double) top->count / (double) f->rows) / 1e6));
		up_value_append(list, entry);
	}
	return list;
}

static char *
error_of(const UpColumnFacts *f)
{
	StringInfoData s;

	if (f->rank_error == 0 && !f->is_text)
		return pstrdup("whole numbers beyond 2^53 are told apart as far as double precision goes");
	initStringInfo(&s);
	appendStringInfo(&s, "distinct_values: standard error %.1f %%", 100 * UP_DISTINCT_ERROR);
	if (f->rank_error > 0)
		appendStringInfo(&s, "; quantiles and outliers: ranks within %.2f %% of the rows", 100 * f->rank_error);
	if (f->top_error > 0)
		appendStringInfo(&s, "; most_frequent: counts up to " UINT64_FORMAT " short", f->top_error);
	return s.data;
}

static void
put_text(Datum *values, bool *nulls, int at, const char *t)
{
	nulls[at] = t == NULL || t[0] == '\0';
	if (!nulls[at])
		values[at] = CStringGetTextDatum(t);
}

static void
put_number(Datum *values, bool *nulls, int at, double v)
{
	nulls[at] = isnan(v);
	values[at] = Float8GetDatum(v);
}

/* Moments and quantiles: of numbers and booleans. */
static void
put_numbers(const UpColumnFacts *f, Datum *values, bool *nulls)
{
	bool is_number = !f->is_text && f->kind != UP_FACT_TIME && f->kind < UP_FACT_ARRAY;

	put_number(values, nulls, 9, is_number ? f->mean : NAN);
	put_number(values, nulls, 10, is_number ? f->deviation : NAN);
	put_number(values, nulls, 11, is_number ? f->skew : NAN);
	for (int q = 0; q < UP_FACT_QUANTILES; q++)
		put_number(values, nulls, 12 + q, is_number ? f->quantiles[q] : NAN);
	values[19] = Int64GetDatum((int64) f->outliers);
	nulls[19] = !is_number || isnan(f->quantiles[0]);
}

static void
facts_row(UpSrf *srf, const UpAttribute *a, const UpColumnFacts *f, const UpColumnFacts *all)
{
	Datum values[OUTPUTS];
	bool nulls[OUTPUTS] = {false};
	bool known = f->rows > f->missing && f->kind < UP_FACT_ARRAY;

	put_text(values, nulls, 0, a->name);
	put_text(values, nulls, 1, format_type_be(a->type));
	put_text(values, nulls, 2, up_fact_kind_name(f->kind));
	values[3] = Int64GetDatum((int64) f->rows);
	values[4] = Int64GetDatum((int64) f->missing);
	values[5] = Int64GetDatum((int64) rint(f->distinct));
	values[6] = BoolGetDatum(f->exact);
	nulls[5] = nulls[6] = f->kind >= UP_FACT_ARRAY;
	put_text(values, nulls, 7,
			 !known              ? NULL
			 : f->is_text        ? f->min_text
			 : isnan(f->minimum) ? NULL
								 : shown(a, f->minimum));
	put_text(values, nulls, 8,
			 !known              ? NULL
			 : f->is_text        ? f->max_text
			 : isnan(f->maximum) ? NULL
								 : shown(a, f->maximum));
	put_numbers(f, values, nulls);
	nulls[20] = !known || f->n_top == 0 || f->top[0].count < 2;
	if (!nulls[20])
		values[20] = JsonbPGetDatum(up_value_to_jsonb(frequent_values(a, f)));
	put_text(values, nulls, 21, f->exact ? NULL : error_of(f));
	put_text(values, nulls, 22, up_column_advice(f, all));
	up_srf_row(srf, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_describe);
Datum
uprofile_describe(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *target = PG_ARGISNULL(1) ? NULL : up_text_argument(fcinfo, 1, NULL);
	int target_at = -1;
	UpDescribing *d = up_describe_source(up_source_query(source), target, &target_at);
	UpColumnFacts *facts = up_summaries_finish(d->summaries, d->reader->n_attributes, target_at);

	for (int i = 0; i < d->reader->n_attributes; i++)
		facts_row(srf, &d->reader->attributes[i], &facts[i], facts);
	return up_srf_end_work(srf);
}
