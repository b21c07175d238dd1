/*
 * money.h - amounts of money as numbers
 *
 * A value of type money is a whole number of the currency's smallest unit. How many of these make one is the server's to say, by
 * lc_monetary, as it is when such values are read and written.
 */
#ifndef UPROFILE_MONEY_H
#define UPROFILE_MONEY_H

#include "fmgr.h"

/* 100 where there are two digits behind the point. */
extern double up_money_units(void);
extern double up_money_number(Datum value, double units);
/* direction: to whole units, -1 down, 0 to the nearest, 1 up. False where it is beyond the type. */
extern bool up_money_from_number(double number, double units, int direction, Datum *out);
/* Of a number as text, whatever the locale; fails where it is beyond the type. */
extern Datum up_money_from_digits(const char *digits);

#endif
