/*
 * texts.c - pieces of text; see texts.h
 */
#include "postgres.h"

#include "parser/scansup.h"

#include "pg/io/texts.h"

char *
up_trimmed(const char *from, const char *to)
{
	while (from < to && scanner_isspace(*from))
		from++;
	while (to > from && scanner_isspace(to[-1]))
		to--;
	return pnstrdup(from, (Size) (to - from));
}

char *
up_notes_joined(char *first, char *second)
{
	if (first == NULL || second == NULL)
		return first != NULL ? first : second;
	return psprintf("%s; %s", first, second);
}
