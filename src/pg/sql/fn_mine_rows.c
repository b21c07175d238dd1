/*
 * fn_mine_rows.c - what named mines found, as rows: uprofile_mine_sets, uprofile_mine_rules
 *
 * Rules are made of the sets when they are read: that takes about as long as reading so many rows, and a refresh writes none.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/mines/mine.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"
#include "pg/sql/mine_result.h"
#include "pg/sql/mined_rules.h"

/* False where it was never refreshed, or is none that the caller may use. */
static bool
get_result(FunctionCallInfo fcinfo, const char **schema, UpMineResult *r)
{
	bytea *bytes;

	*schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	up_registry_guard(*schema, AccessShareLock);
	bytes = up_mine_sets(*schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (bytes == NULL)
		return false;
	up_mine_result_get(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), r);
	return true;
}

PG_FUNCTION_INFO_V1(uprofile_mine_sets);
Datum
uprofile_mine_sets(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpMineResult r = {0};
	const char *schema;
	size_t capacity = 0;
	char *array = NULL;

	if (!get_result(fcinfo, &schema, &r))
		return up_srf_end_work(srf);
	for (uint32_t i = 0; i < r.sets.n; i++)
	{
		const UpItemset *set = r.sets.sets[i];
		size_t room = up_mined_array_room(r.items, set->items, set->len);
		Datum values[3];
		bool nulls[3] = {false};

		if (room > capacity)
		{
			capacity = Max(2 * room, 1024);
			array = MemoryContextAllocHuge(CurrentMemoryContext, capacity);
		}
		up_mined_array(r.items, set->items, set->len, array);
		values[0] = PointerGetDatum(array);
		values[1] = Int64GetDatum(set->count);
		values[2] = Float8GetDatum((double) set->count / (double) r.n_baskets);
		up_srf_row(srf, values, nulls);
		if ((i & 1023) == 0)
			up_progress("returning item sets", i, r.sets.n);
	}
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_mine_rules);
Datum
uprofile_mine_rules(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	Oid type = TEXTOID;
	Datum name = PG_GETARG_DATUM(0);
	UpMineResult r = {0};
	const char *schema;
	UpRules rules;
	UpRows d;
	bool isnull;

	if (!get_result(fcinfo, &schema, &r))
		return up_srf_end_work(srf);
	d = up_query(true,
				 psprintf("SELECT min_confidence, max_rhs, max_rules FROM %s.uprofile_mine_definitions WHERE "
						  "name = $1",
						  schema),
				 1, &type, &name, NULL);
	if (d.n == 0)
		return up_srf_end_work(srf);
	up_mine_result_rules(&r, DatumGetFloat8(up_rows_get(&d, 0, "min_confidence", &isnull)),
						 DatumGetInt32(up_rows_get(&d, 0, "max_rhs", &isnull)),
						 DatumGetInt64(up_rows_get(&d, 0, "max_rules", &isnull)), &rules);
	up_mined_rules_return(srf, &rules, r.items, rules.truncated);
	return up_srf_end_work(srf);
}
