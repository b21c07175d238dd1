/*
 * numeric_double.c - numeric as double precision; see numeric_double.h
 *
 * The server makes a text of a numeric, and reads a double from it: 120 ns. What tables hold are mostly amounts of a few digits; these need
 * one division (Clinger 1990): a whole number up to 2^53 and a power of ten up to 10^22 are doubles to the last digit, so their quotient, or
 * product, is the nearest one. All others go the server's way.
 *
 * The bytes of a numeric are those that tables keep: a header of 16 bits (and 16 more, a weight, if its first bit is not set), then digits to
 * base 10,000, the first of which counts 10,000^weight.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/numeric_double.h"

#define BASE_DIGITS       4 /* decimal ones, of a digit to base 10,000 */
#define MOST_DIGITS       5
#define EXACT_WHOLE       (UINT64CONST(1) << 53)
#define EXACT_POWER       22
#define KIND              0xC000 /* bits of the header: 0 above, 0x4000 below zero; … */
#define NEGATIVE          0x4000
#define SHORT             0x8000 /* … it holds the weight; all of them: no number */
#define NOT_A_NUMBER      0xC000
#define SHORT_NEGATIVE    0x2000
#define SHORT_WEIGHT      0x003F
#define SHORT_WEIGHT_SIGN 0x0040

static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
											   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
											   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The bytes may stand anywhere. */
static uint16
word_at(const char *bytes, int i)
{
	uint16 word;

	memcpy(&word, bytes + i * sizeof(uint16), sizeof(uint16));
	return word;
}

/* false: it is to go the server's way. */
static bool
from_digits(const char *bytes, int words, double *result)
{
	uint16 header = words > 0 ? word_at(bytes, 0) : NOT_A_NUMBER;
	bool negative;
	int weight, first, n, power;
	uint64 whole = 0;

	if ((header & KIND) == NOT_A_NUMBER)
		return false;
	if ((header & KIND) == SHORT)
	{
		first = 1;
		negative = (header & SHORT_NEGATIVE) != 0;
		weight = (header & SHORT_WEIGHT) | ((header & SHORT_WEIGHT_SIGN) != 0 ? ~SHORT_WEIGHT : 0);
	}
	else
	{
		first = 2;
		negative = (header & KIND) == NEGATIVE;
		weight = words > 1 ? (int16) word_at(bytes, 1) : 0;
	}
	n = words - first;
	if (n < 0 || n > MOST_DIGITS)
		return false;
	power = BASE_DIGITS * (weight - (n - 1));
	for (int i = 0; i < n; i++)
	{
		uint16 digit = word_at(bytes, first + i);

		/* The last two decimal digits of amounts are none: 18 digits fit into 64 bits. */
		if (i < MOST_DIGITS - 1)
			whole = whole * 10000 + digit;
		else if (digit % 100 != 0)
			return false;
		else
		{
			whole = whole * 100 + digit / 100;
			power += 2;
		}
	}
	if (whole > EXACT_WHOLE || power > EXACT_POWER || power < -EXACT_POWER)
		return false;
	*result = power < 0 ? (double) whole / powers[-power] : (double) whole * powers[power];
	if (negative)
		*result = -*result;
	return true;
}

/* false: it is to go the server's way. */
static bool
from_value(Datum value, double *result)
{
	const struct varlena *v = (const struct varlena *) DatumGetPointer(value);

	if (!VARATT_IS_EXTENDED(v))
		return from_digits(VARDATA(v), (int) ((VARSIZE(v) - VARHDRSZ) / sizeof(uint16)), result);
	return VARATT_IS_SHORT(v) && !VARATT_IS_EXTERNAL(v) &&
		   from_digits(VARDATA_SHORT(v), (int) (VARSIZE_SHORT(v) - VARHDRSZ_SHORT) / 2, result);
}

double
up_numeric_double(Datum value)
{
	double result;

	if (from_value(value, &result))
		return result;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
}

double
up_numeric_cast(Datum value)
{
	double result;

	if (from_value(value, &result))
		return result;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
}

bool
up_numeric_is_nan(Datum value)
{
	const struct varlena *v = (const struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v))
		return numeric_is_nan(DatumGetNumeric(value));
	return VARSIZE_ANY_EXHDR(v) >= sizeof(uint16) && word_at(VARDATA_ANY(v), 0) == NOT_A_NUMBER;
}
