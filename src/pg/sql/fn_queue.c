/*
 * fn_queue.c - uprofile_queue_state: what waits on a profile's queue
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "pg/models/registry.h"
#include "pg/models/shared.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

/* The caller's own, or those of a profile that is shared with him. */
static List *
watches_of(const char *schema, const char *profile)
{
	List *watches = up_watch_list(schema, profile);
	UpAsRole before;

	if (watches != NIL || !up_shared_profile(schema, profile))
		return watches;
	up_shared_begin(&before, schema);
	watches = up_watch_list(schema, profile);
	up_as_role_end(&before);
	return watches;
}

PG_FUNCTION_INFO_V1(uprofile_queue_state);
Datum
uprofile_queue_state(PG_FUNCTION_ARGS)
{
	Oid namespace = get_func_namespace(fcinfo->flinfo->fn_oid);
	char *profile = text_to_cstring(PG_GETARG_TEXT_PP(0));
	List *watches = watches_of(up_schema_of_function(fcinfo->flinfo->fn_oid), profile);
	Oid owner = up_watch_profile_owner(namespace, profile);
	List *seen = NIL;
	UpQueued total = {0};
	Datum values[3];
	bool nulls[3] = {false, false, false};
	TupleDesc desc;
	ListCell *cell;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "uprofile_queue_state does not return a row");
	foreach (cell, watches)
	{
		Relation queue = up_watch_open_queue(lfirst(cell), owner, AccessShareLock);

		if (queue == NULL)
			continue;
		if (!list_member_oid(seen, RelationGetRelid(queue)))
			up_queue_count(queue, &total);
		seen = lappend_oid(seen, RelationGetRelid(queue));
		table_close(queue, AccessShareLock);
	}
	values[0] = Int64GetDatum(total.n);
	values[1] = TimestampTzGetDatum(total.oldest);
	values[2] = BoolGetDatum(total.all);
	nulls[0] = nulls[2] = seen == NIL;
	nulls[1] = total.oldest == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
