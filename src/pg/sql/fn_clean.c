/*
 * fn_clean.c - uprofile_clean and uprofile_clean_rules
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/clean/clean_propose.h"
#include "pg/clean/clean_report.h"
#include "pg/clean/clean_run.h"
#include "pg/clean/clean_write.h"
#include "pg/io/source_query.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"

PG_FUNCTION_INFO_V1(uprofile_clean);
Datum
uprofile_clean(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	char *source = up_text_argument(fcinfo, 0, "source"), *destination = up_text_argument(fcinfo, 1, NULL),
		 *key = up_text_argument(fcinfo, 2, NULL);
	bool dry_run = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4), replace = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
	UpValue *given = NULL;
	UpCleanRules *rules = NULL;
	UpCleanTarget *target = NULL;
	UpCleanTable *t;
	int level;

	if (destination == NULL && !dry_run)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("destination must not be NULL"),
						errhint("Name a table to be created, or use dry_run => true.")));
	if (!dry_run)
		PreventCommandIfReadOnly("uprofile_clean()");
	if (!PG_ARGISNULL(3))
	{
		given = up_value_from_jsonb(PG_GETARG_JSONB_P(3));
		rules = up_clean_rules_parse(given);
	}
	if (destination != NULL)
		target = up_clean_target(destination, replace, dry_run);
	t = up_clean_table_read(up_source_query(source), key, !dry_run);
	level = up_clean_text_settings();
	if (rules == NULL)
	{
		given = up_clean_propose(t);
		rules = up_clean_rules_parse(given);
	}
	up_clean_run(t, rules);
	if (dry_run && target != NULL)
		up_clean_check_target(t, target);
	if (!dry_run)
		up_clean_write(t, target, source, given);
	up_clean_report(t, srf);
	AtEOXact_GUC(true, level);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_clean_rules);
Datum
uprofile_clean_rules(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile_clean_rules", ALLOCSET_DEFAULT_SIZES);
	char *source = up_text_argument(fcinfo, 0, "source"), *key = up_text_argument(fcinfo, 1, NULL), *text;
	Datum result;

	MemoryContextSwitchTo(inner);
	text = up_value_text(up_clean_propose(up_clean_table_read(up_source_query(source), key, false)));
	MemoryContextSwitchTo(outer);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
	MemoryContextDelete(inner);
	PG_RETURN_DATUM(result);
}
