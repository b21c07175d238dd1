/*
 * fn_card.c - uprofile_card: what is to be known of a version, as markdown
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "assess/report.h"
#include "pg/models/card.h"
#include "pg/models/registry.h"
#include "pg/progress.h"
#include "pg/sql/arguments.h"

PG_FUNCTION_INFO_V1(uprofile_card);
Datum
uprofile_card(PG_FUNCTION_ARGS)
{
	int32 resamples = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);
	UpCall *call = up_call_begin_function(fcinfo);
	char *card;
	UpCardOrder order = {.schema = up_schema_of_function(fcinfo->flinfo->fn_oid)};

	if (resamples != 0 && (resamples < UP_RESAMPLES_LEAST || resamples > UP_RESAMPLES_MOST))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bootstrap must be 0, or from %d to %d, not %d", UP_RESAMPLES_LEAST,
							   UP_RESAMPLES_MOST, resamples)));
	order.name = up_text_argument(fcinfo, 0, "model");
	if (PG_ARGISNULL(1))
		order.id = up_registry_deployed(order.schema, order.name);
	else
	{
		up_registry_find(order.schema, order.name);
		order.id = up_registry_version(order.schema, order.name, PG_GETARG_INT32(1));
	}
	order.source = PG_ARGISNULL(2) ? NULL : up_text_argument(fcinfo, 2, NULL);
	order.by = PG_ARGISNULL(3) ? NULL : up_text_argument(fcinfo, 3, NULL);
	order.resamples = (uint32) resamples;
	order.seed = PG_ARGISNULL(5) ? 0 : (uint64) PG_GETARG_INT64(5);
	card = up_card(&order);
	up_call_end(call);
	PG_RETURN_TEXT_P(cstring_to_text(card));
}
