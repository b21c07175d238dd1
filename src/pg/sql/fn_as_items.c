/*
 * fn_as_items.c - uprofile_as_items: rows as items that can be mined
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/row_items.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/sql/arguments.h"

static void
return_item(void *arg, uint64 row, const char *key, int column, const char *item)
{
	Datum values[2];
	bool nulls[2] = {false, false};

	values[0] = CStringGetTextDatum(key);
	values[1] = CStringGetTextDatum(item);
	up_srf_row(arg, values, nulls);
	pfree(DatumGetPointer(values[0]));
	pfree(DatumGetPointer(values[1]));
}

PG_FUNCTION_INFO_V1(uprofile_as_items);
Datum
uprofile_as_items(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *key = up_text_argument(fcinfo, 1, "key");
	const UpValue *bins = PG_ARGISNULL(2) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(2));

	up_row_items_each(up_row_items_begin(source, key, bins, NULL, NULL), return_item, srf);
	return up_srf_end_work(srf);
}
