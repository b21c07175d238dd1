/*
 * module.c - the library's entry: magic and settings
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/guc.h"

#include "pg/hand_over.h"
#include "pg/module.h"
#include "pg/wake.h"

#define RESTART_SECONDS 5

PG_MODULE_MAGIC;

int up_max_memory_kb;
int up_max_workers;
int up_processors;
bool up_debug_workers;
bool up_show_progress;
double up_deploy_margin;
bool up_block_predictions;
int up_max_continuous_workers;
int up_continuous_interval_ms;

void _PG_init(void);

/* The process that refreshes continuous profiles through others; see pg/profiles/launcher.c. */
static void
register_launcher(void)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	/* Not on a standby, before it is promoted. */
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = RESTART_SECONDS;
	strlcpy(worker.bgw_library_name, "uprofile", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "uprofile_launcher_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "uprofile launcher", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "uprofile launcher", sizeof(worker.bgw_type));
	RegisterBackgroundWorker(&worker);
}

void
_PG_init(void)
{
	DefineCustomIntVariable(
		"uprofile.max_memory", "Memory that one training, mining or reading function may take.",
		"Rows that it does not hold stand in temporary files; what cannot work so refuses with an error that "
		"says how much it needs.",
		&up_max_memory_kb, 1024 * 1024, 1024, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"uprofile.max_workers", "Parallel workers that one training, mining or reading function may use.",
		"They count among max_parallel_workers. -1: as many as max_parallel_workers_per_gather.",
		&up_max_workers, -1, -1, 1024, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"uprofile.processors", "Processors that a call's processes may count on.",
		"A call has no more workers than that less one, but one at least. 0: those that the "
		"session's process may run on.",
		&up_processors, 0, 0, 4096, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("uprofile.debug_workers", "Starts parallel workers for work of any size.",
							 "For tests: what is done soon takes longer with them.", &up_debug_workers, false,
							 PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomBoolVariable("uprofile.progress",
							 "Reports the progress of long work as notices, at most one a second.", NULL,
							 &up_show_progress, false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("uprofile.block_predictions",
							 "Predicts blocks of rows together where a plan computes predictions.",
							 "The results are the same; plans show it as Custom Scan (uprofile predict).",
							 &up_block_predictions, true, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable(
		"uprofile.deploy_margin",
		"By how much a new version may be worse than the deployed one and still take its place.",
		"A share of the figure that the deployed version reaches on the same rows; 0: not at all.",
		&up_deploy_margin, 0, 0, 1, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"uprofile.max_continuous_workers",
		"Background workers that refresh profiles with the policy refresh = continuous; 0: none.",
		"They take the library in shared_preload_libraries, and places among max_worker_processes.",
		&up_max_continuous_workers, 2, 0, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("uprofile.continuous_interval",
							"Least time between two refreshes of a continuous profile.",
							"What changes meanwhile is refreshed at once after it.", &up_continuous_interval_ms,
							1000, 10, 3600000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved("uprofile");
#else
	EmitWarningsOnPlaceholders("uprofile");
#endif
	up_stream_init();
	up_workers_init();
	up_hand_over_init();

	up_predict_init();
	up_arrays_init();
	up_describe_plan_init();
	/* pg_upgrade wants to be alone. */
	if (process_shared_preload_libraries_in_progress && !IsBinaryUpgrade)
	{
		up_wake_init();
		register_launcher();
	}
}
