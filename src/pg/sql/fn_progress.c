/*
 * fn_progress.c - uprofile_running: the long calls of all sessions, for the view uprofile_progress
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/io/srf.h"
#include "pg/progress.h"

#include <math.h>

PG_FUNCTION_INFO_V1(uprofile_running);
Datum
uprofile_running(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	int n;
	UpCallSeen *seen = up_calls_seen(&n);

	for (int i = 0; i < n; i++)
	{
		const UpCallSeen *s = &seen[i];
		Datum values[8];
		bool nulls[8] = {false};

		values[0] = Int32GetDatum(s->pid);
		values[1] = ObjectIdGetDatum(s->role);
		values[2] = CStringGetTextDatum(s->call);
		nulls[3] = s->object[0] == '\0';
		values[3] = CStringGetTextDatum(s->object);
		values[4] = CStringGetTextDatum(s->phase);
		nulls[5] = isnan(s->share);
		values[5] = Float8GetDatum(s->share);
		values[6] = TimestampTzGetDatum(s->started);
		nulls[7] = isnan(s->seconds_left);
		values[7] = Float8GetDatum(s->seconds_left);
		up_srf_row(srf, values, nulls);
	}
	return (Datum) 0;
}
