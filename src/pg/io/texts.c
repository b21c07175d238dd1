/*
 * texts.c - pieces of text; see texts.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"

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

Datum
up_text_array(List *texts)
{
	Datum *values = palloc(sizeof(Datum) * (Size) Max(list_length(texts), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, texts)
		values[n++] = CStringGetTextDatum((char *) lfirst(cell));
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}
