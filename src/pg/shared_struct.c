/*
 * shared_struct.c - pieces of the server's main shared memory; see shared_struct.h
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"
#include "utils/memutils.h"

#include "pg/shared_struct.h"

void
up_find_shared(void (*find)(void))
{
	MemoryContext outer = CurrentMemoryContext;

	PG_TRY();
	{
		LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
		find();
		LWLockRelease(AddinShmemInitLock);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(outer);
		FlushErrorState();
		if (LWLockHeldByMe(AddinShmemInitLock))
		{
			HOLD_INTERRUPTS(); /* what the error has let go, and the release lets go once more */
			LWLockRelease(AddinShmemInitLock);
		}
	}
	PG_END_TRY();
}
