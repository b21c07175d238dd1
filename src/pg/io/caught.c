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
