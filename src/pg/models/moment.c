/*
 * moment.c - see moment.h
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/snapmgr.h"

#include "pg/models/moment.h"

UpMoment
up_this_moment(void)
{
	Snapshot snapshot = GetActiveSnapshot();
	UpMoment m;

	memset(&m, 0, sizeof(m));
	m.xmin = snapshot->xmin;
	m.xmax = snapshot->xmax;
	m.xcnt = snapshot->xcnt;
	m.subxcnt = snapshot->subxcnt;
	m.completed = snapshot->snapXactCompletionCount;
	m.command = snapshot->curcid;
#if PG_VERSION_NUM >= 170000
	m.transaction = MyProc->vxid.lxid;
#else
	m.transaction = MyProc->lxid;
#endif
	m.subtransaction = GetCurrentSubTransactionId();
	m.user_id = GetUserId();
	return m;
}
