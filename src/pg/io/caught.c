/*
 * caught.c - work that may fail; see caught.h
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "pg/io/caught.h"

bool
up_must_rethrow(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_T_R_SERIALIZATION_FAILURE);
}

ErrorData *
up_attempt_any(UpWork work, void *of)
{
	MemoryContext outer = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile e = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(outer);
	PG_TRY();
	{
		work(of);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(outer);
		e = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	CurrentResourceOwner = owner;
	return e;
}

ErrorData *
up_attempt(UpWork work, void *of)
{
	ErrorData *e = up_attempt_any(work, of);

	if (e != NULL && up_must_rethrow(e->sqlerrcode))
		ReThrowError(e);
	return e;
}

/* The text without the lines that show the statement; NULL where no others are there. */
static char *
without(const char *text, const char *statement)
{
	const char *shown = strstr(text, statement), *end;
	size_t begin;

	if (shown == NULL)
		return pstrdup(text);
	for (begin = (size_t) (shown - text); begin > 0 && text[begin - 1] != '\n'; begin--)
		;
	end = shown + strlen(statement);
	end += strcspn(end, "\n");
	/* One line feed stays between what was before and what comes after. */
	if (*end == '\n')
		end++;
	else if (begin > 0)
		begin--;
	return begin == 0 && *end == '\0' ? NULL : psprintf("%.*s%s", (int) begin, text, end);
}

void
up_rethrow_without(const char *statement, MemoryContext context)
{
	ErrorData *e;

	MemoryContextSwitchTo(context);
	e = CopyErrorData();
	FlushErrorState();
	if (e->context != NULL)
		e->context = without(e->context, statement);
	if (e->internalquery != NULL && strcmp(e->internalquery, statement) == 0)
	{
		e->internalquery = NULL;
		e->internalpos = 0;
	}
	ReThrowError(e);
}

char *
up_error_told(const ErrorData *e)
{
	const char *detail = e->detail != NULL ? e->detail : "", *hint = e->hint != NULL ? e->hint : "";

	if (detail[0] == '\0' && hint[0] == '\0')
		return pstrdup(e->message);
	return psprintf("%s (%s%s%s)", e->message, detail, detail[0] != '\0' && hint[0] != '\0' ? " " : "", hint);
}
