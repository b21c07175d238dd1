/*
 * clean_parse.c - a text in the type that rule type gives it; see clean_parse.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "clean/repair.h"
#include "pg/clean/clean_parse.h"

#include <math.h>

#define NUMBER_LENGTH 1000 /* bytes of a text that can be a number */
#define WHOLE_DIGITS  18   /* of a bigint, surely */

/* Digits as up_repair_number leaves them, as a bigint. */
static bool
whole_number(const char *digits, Datum *out)
{
	const char *c = digits + (*digits == '-');
	size_t n = strspn(c, "0123456789");

	if (strchr(c, 'e') != NULL)
	{
		double v = strtod(digits, NULL);

		*out = Int64GetDatum((int64) (fabs(v) < 1e15 ? v : 0));
		return fabs(v) < 1e15 && v == rint(v);
	}
	if (c[n] == '.' && c[n + 1 + strspn(c + n + 1, "0")] != '\0')
		return false;
	*out = Int64GetDatum((int64) strtoll(digits, NULL, 10));
	return n - strspn(c, "0") <= WHOLE_DIGITS;
}

static bool
parse_number(const UpCleanRule *rule, const char *unit, const char *text, size_t len, Datum *out)
{
	char digits[NUMBER_LENGTH + 4];
	double v;

	if (len > NUMBER_LENGTH || !up_repair_number(text, len, rule->decimal == 1 ? ',' : '.', unit, digits))
		return false;
	if (rule->to_type == UP_TYPE_INTEGER)
		return whole_number(digits, out);
	if (rule->to_type == UP_TYPE_NUMBER)
	{
		*out = DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid),
								   Int32GetDatum(-1));
		return true;
	}
	v = strtod(digits, NULL);
	*out = Float8GetDatum(v);
	return isfinite(v);
}

static bool
parse_date(const UpCleanRule *rule, const char *text, size_t len, Datum *out)
{
	UpMoment m;
	int64 days, micros;

	if (!up_repair_date(text, len, (UpDateOrder) rule->date_order, &m))
		return false;
	days = date2j(m.year, m.month, m.day) - POSTGRES_EPOCH_JDATE;
	micros = days * USECS_PER_DAY + m.micros;
	switch (rule->to_type)
	{
		case UP_TYPE_DATE: /* a time of day would be lost */
			*out = DateADTGetDatum((DateADT) days);
			return m.micros == 0 && !m.has_zone;
		case UP_TYPE_TIMESTAMP: /* and so would a zone */
			*out = TimestampGetDatum(micros);
			return !m.has_zone;
		default:
			*out = TimestampTzGetDatum(micros - (int64) m.zone * SECS_PER_MINUTE * USECS_PER_SEC);
			return true;
	}
}

bool
up_clean_parse(const UpCleanRule *rule, const char *unit, const char *text, size_t len, Datum *out)
{
	bool flag;

	if (rule->to_type == UP_TYPE_BOOLEAN)
	{
		bool good = up_repair_boolean(text, len, &flag);

		*out = BoolGetDatum(good && flag);
		return good;
	}
	if (rule->to_type <= UP_TYPE_FLOAT)
		return parse_number(rule, unit, text, len, out);
	return parse_date(rule, text, len, out);
}

const char *
up_clean_parsed_text(const UpCleanRule *rule, Datum value)
{
	static const PGFunction output[] = {numeric_out,   int8out,         float8out, date_out,
										timestamp_out, timestamptz_out, boolout};

	return DatumGetCString(DirectFunctionCall1(output[rule->to_type], value));
}
