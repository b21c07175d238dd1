/*
 * numeric_double.h - numeric as double precision
 */
#ifndef UPROFILE_NUMERIC_DOUBLE_H
#define UPROFILE_NUMERIC_DOUBLE_H

#include "postgres.h"

/* The nearest double, as the server's own cast gives it; infinite beyond its range. */
extern double up_numeric_double(Datum value);
/* The same, beyond it the error that the cast raises. */
extern double up_numeric_cast(Datum value);
/* The server's own test copies a value that is kept short, as tables keep them. */
extern bool up_numeric_is_nan(Datum value);

#endif
