/*
 * fn_interests.c - the type uprofile_interest: interests that fade, and what is read from them
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/sql/interest_value.h"

/* ---- the type -------------------------------------------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(uprofile_interest_in);
Datum
uprofile_interest_in(PG_FUNCTION_ARGS)
{
	Datum json = DirectFunctionCall1(jsonb_in, CStringGetDatum(PG_GETARG_CSTRING(0)));
	UpInterests v;

	up_interests_parse(&v, up_value_from_jsonb(DatumGetJsonbP(json)));
	return up_interest_make(&v);
}

PG_FUNCTION_INFO_V1(uprofile_interest_out);
Datum
uprofile_interest_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(up_interests_text(up_interest_read(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(uprofile_interest_recv);
Datum
uprofile_interest_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int len = message->len - message->cursor;
	bytea *flat = palloc(len + VARHDRSZ);

	SET_VARSIZE(flat, len + VARHDRSZ);
	pq_copymsgbytes(message, VARDATA(flat), len);
	(void) up_interest_read(PointerGetDatum(flat));
	PG_RETURN_BYTEA_P(flat);
}

PG_FUNCTION_INFO_V1(uprofile_interest_send);
Datum
uprofile_interest_send(PG_FUNCTION_ARGS)
{
	return byteasend(fcinfo);
}

/* The same items, weights and settings are the same bytes. */
static bool
is_equal(FunctionCallInfo fcinfo)
{
	bytea *a = PG_GETARG_BYTEA_PP(0), *b = PG_GETARG_BYTEA_PP(1);

	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		   memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

PG_FUNCTION_INFO_V1(uprofile_interest_eq);
Datum
uprofile_interest_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_equal(fcinfo));
}

PG_FUNCTION_INFO_V1(uprofile_interest_ne);
Datum
uprofile_interest_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!is_equal(fcinfo));
}

PG_FUNCTION_INFO_V1(uprofile_interest_hash);
Datum
uprofile_interest_hash(PG_FUNCTION_ARGS)
{
	bytea *a = PG_GETARG_BYTEA_PP(0);

	return hash_any((unsigned char *) VARDATA_ANY(a), (int) VARSIZE_ANY_EXHDR(a));
}

/* ---- changed --------------------------------------------------------------------------------------------------- */

PG_FUNCTION_INFO_V1(uprofile_interest_empty);
Datum
uprofile_interest_empty(PG_FUNCTION_ARGS)
{
	int32 max_items = PG_GETARG_INT32(1);
	UpInterests v;

	if (max_items < 1 || max_items > UP_INTERESTS_MOST)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_items must be from 1 to %d, not %d", UP_INTERESTS_MOST, max_items)));
	up_interests_init(&v, up_half_life(PG_GETARG_INTERVAL_P(0)), (uint32_t) max_items);
	return up_interest_make(&v);
}

PG_FUNCTION_INFO_V1(uprofile_interest_add);
Datum
uprofile_interest_add(PG_FUNCTION_ARGS)
{
	UpInterests *v;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	v = up_interest_read(PG_GETARG_DATUM(0));
	up_interest_add(v, PG_GETARG_TEXT_PP(1), PG_GETARG_FLOAT8(2), PG_GETARG_TIMESTAMPTZ(3));
	return up_interest_make(v);
}

PG_FUNCTION_INFO_V1(uprofile_interest_plus);
Datum
uprofile_interest_plus(PG_FUNCTION_ARGS)
{
	UpInterests *v = up_interest_read(PG_GETARG_DATUM(0));

	up_interests_merge(v, up_interest_read(PG_GETARG_DATUM(1)));
	return up_interest_make(v);
}

/* ---- read ------------------------------------------------------------------------------------------------------ */

static TimestampTz
moment_argument(FunctionCallInfo fcinfo, int argument)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(argument);

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("\"at\" must not be infinite")));
	return at;
}

/* The first n, heaviest first. */
static Datum
items_at(FunctionCallInfo fcinfo, int64 n, TimestampTz at)
{
	const UpInterests *v = up_interest_read(PG_GETARG_DATUM(0));
	uint32_t *order = up_interests_order(v);
	UpSrf *srf = up_srf_begin(fcinfo);

	for (uint32_t i = 0; i < v->n && i < n; i++)
	{
		const UpInterest *item = &v->items[order[i]];
		Datum values[2] = {PointerGetDatum(cstring_to_text_with_len(item->item, (int) item->len)),
						   Float8GetDatum(up_interests_weight(v, &item->weight, at))};
		bool nulls[2] = {false, false};

		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(uprofile_interest_at);
Datum
uprofile_interest_at(PG_FUNCTION_ARGS)
{
	return items_at(fcinfo, UP_INTERESTS_MOST, moment_argument(fcinfo, 1));
}

PG_FUNCTION_INFO_V1(uprofile_interest_top);
Datum
uprofile_interest_top(PG_FUNCTION_ARGS)
{
	int32 n = PG_GETARG_INT32(1);

	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("n must not be negative, but is %d", n)));
	return items_at(fcinfo, n, moment_argument(fcinfo, 2));
}

PG_FUNCTION_INFO_V1(uprofile_interest_of);
Datum
uprofile_interest_of(PG_FUNCTION_ARGS)
{
	const UpInterests *v = up_interest_read(PG_GETARG_DATUM(0));
	text *item = PG_GETARG_TEXT_PP(1);
	const UpInterest *found = up_interests_find(v, VARDATA_ANY(item), VARSIZE_ANY_EXHDR(item));

	PG_RETURN_FLOAT8(found == NULL ? 0 : up_interests_weight(v, &found->weight, moment_argument(fcinfo, 2)));
}

PG_FUNCTION_INFO_V1(uprofile_interest_error);
Datum
uprofile_interest_error(PG_FUNCTION_ARGS)
{
	const UpInterests *v = up_interest_read(PG_GETARG_DATUM(0));

	PG_RETURN_FLOAT8(up_interests_weight(v, &v->dropped, moment_argument(fcinfo, 1)));
}
