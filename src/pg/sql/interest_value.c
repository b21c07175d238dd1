/*
 * interest_value.c - values of the type uprofile_interest; see interest_value.h
 *
 * A value is the bytes of mine/interests.c behind a varlena header.
 */
#include "postgres.h"

#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/written.h"
#include "pg/sql/interest_value.h"

UpInterests *
up_interest_read(Datum value)
{
	bytea *flat = DatumGetByteaPP(value);
	UpInterests *v = palloc0(sizeof(UpInterests));
	UpReader r;

	up_reader_init(&r, VARDATA_ANY(flat), VARSIZE_ANY_EXHDR(flat), "value of interests");
	up_interests_get(&r, v);
	if (v->n > v->max_items)
		up_corrupt(&r, "more items than max_items");
	up_get_end(&r);
	return v;
}

Datum
up_interest_make(UpInterests *v)
{
	UpWriter w;

	up_interests_trim(v);
	up_writer_init(&w);
	up_interests_put(&w, v);
	return PointerGetDatum(up_written(&w, "a value of interests", "Use shorter items, or fewer (max_items)."));
}

void
up_interest_add(UpInterests *v, text *item, double weight, TimestampTz event_time)
{
	if (TIMESTAMP_NOT_FINITE(event_time))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("the time of an event must not be infinite")));
	up_interests_add(v, VARDATA_ANY(item), VARSIZE_ANY_EXHDR(item), weight, event_time);
}

int64
up_half_life(const Interval *half_life)
{
	/* As EXTRACT (epoch FROM …) says it: years of 365.25 days, months of 30. */
	int64 days = half_life->day + (int64) (half_life->month % 12) * DAYS_PER_MONTH, seconds;

	seconds =
		days * SECS_PER_DAY + half_life->month / 12 * INT64CONST(31557600) + half_life->time / USECS_PER_SEC;
	if (half_life->time % USECS_PER_SEC != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a half-life must be of whole seconds")));
	if (seconds < 1 || seconds > UP_INTERESTS_HALF_LIVES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a half-life must be from 1 second to 1000 years"),
						errhint("For example interval '30 days': after these, an event counts half.")));
	return seconds;
}
