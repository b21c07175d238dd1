/*
 * launcher.c - the background process that starts workers for the databases with continuous profiles
 *
 * It is connected to no database and does nothing but wait: for a transaction that changed a watched table (pg/wake.h),
 * for the next look at the list of databases, once a minute, and for the visits that are due, of which each database
 * with continuous profiles has one a minute as well, for what only time makes due. Every database is visited once to find
 * out whether there are such profiles. A worker ends soon when nothing happens, so that none stands in the way of DROP
 * DATABASE for long; there are at most uprofile.max_continuous_workers.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "pg/module.h"
#include "pg/wake.h"

#define NO_PLACE_MS 1000 /* after which a worker that found no place is tried again */

PGDLLEXPORT void uprofile_launcher_main(Datum unused);

/* Those that can be connected to; the rest is dropped, a template, or left in the middle of a DROP. */
static bool
is_open(Form_pg_database database)
{
	return database->datallowconn && !database->datistemplate && database->datconnlimit >= -1;
}

static void
look_at_databases(void)
{
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;
	Oid *oids;
	int n = 0, capacity = 64;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	oids = palloc(sizeof(Oid) * (Size) capacity);
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (!is_open(database))
			continue;
		if (n == capacity)
			oids = repalloc(oids, sizeof(Oid) * (Size) (capacity *= 2));
		oids[n++] = database->oid;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	up_wake_databases(oids, n);
	CommitTransactionCommand();
}

static bool
start_worker(Oid database)
{
	static bool told = false;
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker.bgw_library_name, "uprofile", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "uprofile_worker_main", sizeof(worker.bgw_function_name));
	snprintf(worker.bgw_name, BGW_MAXLEN, "uprofile worker for database %u", database);
	strlcpy(worker.bgw_type, "uprofile worker", sizeof(worker.bgw_type));
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	worker.bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(&worker, NULL))
	{
		told = false;
		return true;
	}
	if (!told)
		ereport(LOG, (errmsg("no place is left for a worker that refreshes profiles"),
					  errhint("Increase max_worker_processes.")));
	told = true;
	up_wake_not_begun(database);
	return false;
}

/* Starts whom there is work for. The time at which to look again. */
static TimestampTz
start_workers(void)
{
	UpWakeTurn turn;

	for (;;)
	{
		turn = up_wake_turn(up_max_continuous_workers);
		if (!OidIsValid(turn.database))
			return turn.when;
		if (!start_worker(turn.database))
			return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), NO_PLACE_MS);
	}
}

void
uprofile_launcher_main(Datum unused)
{
	TimestampTz next_look = 0;

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	SetConfigOption("application_name", "uprofile", PGC_USERSET, PGC_S_SESSION);
	pgstat_report_activity(STATE_IDLE, NULL);
	up_wake_launch();
	for (;;)
	{
		TimestampTz when = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), UP_WAKE_VISIT_MS);

		if (up_max_continuous_workers > 0)
		{
			if (GetCurrentTimestamp() >= next_look)
			{
				look_at_databases();
				next_look = when;
			}
			when = Min(start_workers(), next_look);
		}
		up_wake_sleep(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), when));
	}
}
