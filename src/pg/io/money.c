/*
 * money.c - amounts of money as numbers; see money.h
 */
#include "postgres.h"

#include "utils/cash.h"
#include "utils/fmgrprotos.h"

#include "pg/io/money.h"
#include "pg/io/numeric_double.h"

#include <math.h>

#define EXACT                                                                                                  \
	9007199254740992.0 /* whole numbers up to here are double precision's own, so that one division is right */

double
up_money_units(void)
{
	/* The header with the server's own access to the locale needs those of ICU; a cast from the smallest unit tells as well. */
	return rint(1 / up_numeric_double(DirectFunctionCall1(cash_numeric, CashGetDatum(1))));
}

double
up_money_number(Datum value, double units)
{
	double amount = (double) DatumGetCash(value);

	if (fabs(amount) <= EXACT)
		return amount / units;
	return up_numeric_double(DirectFunctionCall1(cash_numeric, value));
}

Datum
up_money_from_digits(const char *digits)
{
	return DirectFunctionCall1(numeric_cash,
							   DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

bool
up_money_from_number(double number, double units, int direction, Datum *out)
{
	double whole = rint(number * units);

	/* Not floor and ceil: 1.13 * 100 is below 113, and 113 / 100 is what 1.13 is. */
	if (direction < 0 && whole / units > number)
		whole--;
	else if (direction > 0 && whole / units < number)
		whole++;
	if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0))
		return false;
	*out = CashGetDatum((Cash) whole);
	return true;
}
