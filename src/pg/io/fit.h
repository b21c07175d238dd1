/*
 * fit.h - values that are stored in a column of another type: unchanged, or not at all
 */
#ifndef UPROFILE_FIT_H
#define UPROFILE_FIT_H

#include "access/tupdesc.h"

typedef struct UpFit UpFit;

/*
 * How a value of one column goes into another, as assignment does it; NULL if there is no such cast. What evaluates
 * it lives in the current memory context.
 */
extern UpFit *up_fit_new(Form_pg_attribute from, Form_pg_attribute to);
/* Whether every value fits as it is. */
extern bool up_fit_is_plain(const UpFit *f);
/*
 * The value as the other column holds it; it may live until the next call only. Raises an error that names the value,
 * the column and what (the row it is from) if the value would not be the same there.
 */
extern Datum up_fit_value(UpFit *f, Datum value, bool *isnull, const char *(*what)(void *arg), void *arg);

#endif
