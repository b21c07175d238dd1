/*
 * moment.h - what a call site has looked up holds for a moment
 */
#ifndef UPROFILE_MOMENT_H
#define UPROFILE_MOMENT_H

#include "postgres.h"

/* What makes a look-up stale: another snapshot, other rights, an undone subtransaction. Compared with memcmp. */
typedef struct UpMoment
{
	TransactionId xmin;
	TransactionId xmax;
	uint32 xcnt;
	int32 subxcnt;
	uint64 completed;
	CommandId command;
	LocalTransactionId transaction;
	SubTransactionId subtransaction;
	Oid user_id;
} UpMoment;

extern UpMoment up_this_moment(void);

#endif
