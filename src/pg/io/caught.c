/*
 * caught.c - errors caught in a subtransaction; see caught.h
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "pg/io/caught.h"

ErrorData *
up_caught(MemoryContext outer, ResourceOwner owner)
{
	ErrorData *e;

	MemoryContextSwitchTo(outer);
	e = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(outer);
	CurrentResourceOwner = owner;
	return e;
}

bool
up_must_rethrow(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED) ||
		   category == ERRCODE_TO_CATEGORY(ERRCODE_T_R_SERIALIZATION_FAILURE);
}
