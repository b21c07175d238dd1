/*
 * left_out.c - what is told of columns that are not used; see left_out.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "pg/io/left_out.h"

#define MOST_TOLD 20 /* columns by name, for each reason: the model knows the others */

/* Those from the i-th on that are left out for the same reason, which no earlier one is. */
static void
append_reason(StringInfo s, const UpValue *columns, uint32_t i)
{
	const char *why = columns->items[i]->string;
	uint32_t n = 0;

	for (uint32_t j = 0; j < i; j++)
	{
		if (strcmp(columns->items[j]->string, why) == 0)
			return;
	}
	appendStringInfoString(s, i > 0 ? "; " : "");
	for (uint32_t j = i; j < columns->n; j++)
	{
		if (strcmp(columns->items[j]->string, why) == 0 && n++ < MOST_TOLD)
			appendStringInfo(s, "%s\"%s\"", n > 1 ? ", " : "", columns->keys[j]);
	}
	if (n > MOST_TOLD)
		appendStringInfo(s, ", and %u more", n - MOST_TOLD);
	appendStringInfo(s, " (%s)", why);
}

void
up_notice_left_out(const UpValue *columns)
{
	StringInfoData s;

	if (columns->n == 0)
		return;
	if (columns->n == 1)
	{
		ereport(NOTICE, (errmsg("column \"%s\" is left out: %s", columns->keys[0], columns->items[0]->string)));
		return;
	}
	initStringInfo(&s);
	for (uint32_t i = 0; i < columns->n; i++)
		append_reason(&s, columns, i);
	ereport(NOTICE, (errmsg("%u columns are left out: %s", columns->n, s.data)));
	pfree(s.data);
}
