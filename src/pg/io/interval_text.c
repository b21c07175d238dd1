/*
 * interval_text.c - intervals that users write; see interval_text.h
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "pg/io/interval_text.h"

typedef struct Spelled
{
	const char *text, *what;
} Spelled;

/* The server's error knows the text alone. */
static void
reword(void *of)
{
	const Spelled *s = of;

	if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
		return;
	errmsg(geterrcode() == ERRCODE_INVALID_DATETIME_FORMAT ? "%s is \"%s\", which is no interval"
														   : "%s is \"%s\", which is out of range",
		   s->what, s->text);
	errhint("For example \"20 seconds\", \"2 hours\" or \"7 days\".");
}

Interval *
up_interval_of(const char *text, const char *what)
{
	Spelled s = {text, what};
	ErrorContextCallback context = {.previous = error_context_stack, .callback = reword, .arg = &s};
	Datum interval;

	error_context_stack = &context;
	interval = DirectFunctionCall3(interval_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
								   Int32GetDatum(-1));
	error_context_stack = context.previous;
	return DatumGetIntervalP(interval);
}
