/*
 * fn_sequences.c - uprofile_sequences: what many users did in the same order
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "mine/items.h"
#include "mine/sequences.h"
#include "pg/io/srf.h"
#include "pg/io/trails.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"
#include "pg/sql/mine_arguments.h"

/* Which step each item belongs to, from 1. */
static Datum
steps_array(const uint32_t *codes, uint32_t n)
{
	Datum *steps = palloc(sizeof(Datum) * n);
	Datum array;
	int32 step = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		step += (int32) (codes[i] & 1);
		steps[i] = Int32GetDatum(step);
	}
	array = PointerGetDatum(construct_array(steps, (int) n, INT4OID, 4, true, TYPALIGN_INT));
	pfree(steps);
	return array;
}

static void
return_sequences(UpSrf *srf, UpTrailSource *read, const UpSequences *s)
{
	uint32_t *items = palloc(sizeof(uint32_t) * UP_LONGEST_SEQUENCE);

	for (uint32_t i = 0; i < s->n; i++)
	{
		const uint32_t *codes = s->codes + s->starts[i];
		uint32_t len = up_sequences_len(s, i);
		Datum values[5];
		bool nulls[5] = {false};

		if ((i & 1023) == 0)
			up_progress("returning sequences", i, s->n);
		for (uint32_t j = 0; j < len; j++)
			items[j] = codes[j] / 2;
		values[0] = up_trails_texts(read, items, len);
		values[1] = steps_array(codes, len);
		values[2] = Int64GetDatum(s->counts[i]);
		values[3] = Float8GetDatum((double) s->counts[i] / read->trails.n_users);
		values[4] = BoolGetDatum(s->truncated);
		up_srf_row(srf, values, nulls);
		pfree(DatumGetPointer(values[0]));
		pfree(DatumGetPointer(values[1]));
	}
}

PG_FUNCTION_INFO_V1(uprofile_sequences);
Datum
uprofile_sequences(PG_FUNCTION_ARGS)
{
	static const char *const targets[] = {"frequent", "closed", NULL};
	UpSrf *srf = up_srf_begin_work(fcinfo);
	const char *source = up_text_argument(fcinfo, 0, "source");
	const char *user_key = up_text_argument(fcinfo, 1, "user_key");
	const char *event_time = up_text_argument(fcinfo, 2, "event_time");
	const char *item = up_text_argument(fcinfo, 3, "item");
	double support = up_user_support_argument(fcinfo, 4);
	UpSequenceOptions o = {.deadline = up_mine_time(fcinfo, 12)};
	UpTrailSource *read;
	UpSequences found;

	o.min_len = (uint32_t) up_mine_count(fcinfo, 5, "min_len", false, 1, UP_LONGEST_SEQUENCE);
	o.max_len = (uint32_t) up_mine_count(fcinfo, 6, "max_len", false, 0, UP_LONGEST_SEQUENCE);
	up_mine_check_lengths(o.min_len, o.max_len);
	o.closed = up_mine_choice(fcinfo, 10, "target", targets, NULL) == 1;
	o.max_sequences = (uint32_t) up_mine_count(fcinfo, 11, "max_sequences", true, 1, UP_MINE_MOST);
	read = up_trails_read(source, user_key, event_time, item);
	o.max_gap = up_trails_interval(read, up_interval_argument(fcinfo, 7), "max_gap", UP_ANY_TIME);
	o.min_gap = up_trails_interval(read, up_interval_argument(fcinfo, 8), "min_gap", 0);
	o.span = up_trails_interval(read, up_interval_argument(fcinfo, 9), "span", UP_ANY_TIME);
	o.min_count = (uint32_t) Min(up_min_count(support, read->trails.n_users), UINT32_MAX - 1);
	up_mine_sequences(&read->trails, &o, &found);
	return_sequences(srf, read, &found);
	if (found.ended)
		up_warn("Raise min_support or time_budget, or lower max_len.",
				"the time budget ended the search: only what was found until then is returned");
	else if (found.truncated)
		up_warn(found.short_of_memory ? "Raise min_support or uprofile.max_memory, or lower max_len."
									  : "Raise min_support or max_sequences, or lower max_len.",
				"there are more than %u sequences: only the %u most frequent are returned", found.n, found.n);
	return up_srf_end_work(srf);
}
