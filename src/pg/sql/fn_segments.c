/*
 * fn_segments.c - uprofile_segments, uprofile_overlap, uprofile_segment_members, uprofile_tgi and uprofile_migration
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/profiles/segment_log.h"
#include "pg/profiles/segment_tables.h"

static UpSegments *
begin(FunctionCallInfo fcinfo)
{
	return up_segments_begin(up_schema_of_function(fcinfo->flinfo->fn_oid),
							 text_to_cstring(PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(uprofile_segments);
Datum
uprofile_segments(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpSegments *s = begin(fcinfo);

	up_segment_log_read(s, srf);
	up_segments_end(s);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_overlap);
Datum
uprofile_overlap(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpSegments *s = begin(fcinfo);

	up_segment_overlap(s, srf);
	up_segments_end(s);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_segment_members);
Datum
uprofile_segment_members(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpSegments *s = begin(fcinfo);

	up_segment_members(s, text_to_cstring(PG_GETARG_TEXT_PP(1)), srf);
	up_segments_end(s);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_tgi);
Datum
uprofile_tgi(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpSegments *s;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return up_srf_end_work(srf);
	s = begin(fcinfo);
	up_segment_tgi(s, text_to_cstring(PG_GETARG_TEXT_PP(1)),
				   PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)), srf);
	up_segments_end(s);
	return up_srf_end_work(srf);
}

PG_FUNCTION_INFO_V1(uprofile_migration);
Datum
uprofile_migration(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin_work(fcinfo);
	UpSegments *s = begin(fcinfo);

	up_segment_migration(s, PG_GETARG_TIMESTAMPTZ(1), srf);
	up_segments_end(s);
	return up_srf_end_work(srf);
}
