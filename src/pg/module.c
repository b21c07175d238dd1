/*
 * module.c - the library's entry: magic and settings
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"

#include "pg/module.h"

PG_MODULE_MAGIC;

int up_max_memory_kb;
bool up_show_progress;

void _PG_init(void);

void
_PG_init(void)
{
	DefineCustomIntVariable(
		"uprofile.max_memory", "Memory that one training, mining or reading function may take.",
		"A function that would need more refuses with an error that says how much.", &up_max_memory_kb,
		1024 * 1024, 1024, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomBoolVariable("uprofile.progress",
							 "Reports the progress of long work as notices, at most one a second.", NULL,
							 &up_show_progress, false, PGC_USERSET, 0, NULL, NULL, NULL);
#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved("uprofile");
#else
	EmitWarningsOnPlaceholders("uprofile");
#endif
}
